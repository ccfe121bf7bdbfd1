/*
 * gradient_template.h - the gradient kernels once, for any vector. gradient_precisions.h includes this file
 * twice, for doubles and for floats, with
 *
 *   REAL, VECTOR, LANES   double, V, WIDTH or float, F, F_WIDTH
 *   OP(name), NAME(name)  V_name or F_name; a name for this precision
 *   SHORTEST              what is added to squared distances, so that coinciding points need no branch
 *   ROOTS(s, &d, &r)      d = sqrt(s), r = 1 / sqrt(s)
 *   ADD_TO(to, v)         adds the lanes of v to LANES doubles
 *   ROWS_TYPE             the kernel's argument
 *   COLUMN(rows, j)       where column j of a row is stored
 *   WEIGHTS_LD(rows)      from a row of weights to the next
 *
 * GRADIENT_ROWS rows go side by side, so that columns are loaded and their gradients stored once for all of
 * them. Per pair in the plane there remain 15 operations of the multipliers and four additions.
 */

/* Sums of GRADIENT_ROWS rows or of one, in up to three dimensions. */
struct NAME(sums) {
    VECTOR x[GRADIENT_ROWS][3], g[GRADIENT_ROWS][3], loss;
};

/* Where a row begins, on a boundary of vectors. */
INLINE size_t NAME(first_column)(const ROWS_TYPE *rows, size_t i)
{
    size_t j = i / LANES * LANES;
    return j < rows->from ? rows->from : j;
}

/* 1 in the columns from j that are behind i and before n. */
INLINE VECTOR NAME(columns_behind)(size_t i, size_t j, size_t n)
{
    VECTOR mask = OP(SET)(1);
    if (n - j < LANES) mask = OP(KEEP)(mask, n - j);
    if (i < j) return mask;
    return i + 1 - j >= LANES ? OP(SET)(0) : OP(SUB)(mask, OP(KEEP)(mask, i + 1 - j));
}

/* The dissimilarities and the weights of row i from column j. */
INLINE VECTOR NAME(load)(const ROWS_TYPE *rows, size_t i, size_t j, enum mds_gradient_term term, bool masked,
                         VECTOR *weight)
{
    const REAL *delta_at = rows->delta + (i - rows->first) * rows->ld + COLUMN(rows, j);
    bool part = masked && rows->n - j < LANES;
    if (!masked) __builtin_prefetch(delta_at + GRADIENT_ROWS * rows->ld);
    VECTOR delta = part ? OP(LOAD_PART)(delta_at, rows->n - j) : OP(LOAD)(delta_at);
    *weight = masked ? NAME(columns_behind)(i, j, rows->n) : OP(SET)(1);
    if (term == MDS_GRADIENT_PLAIN) return delta;
    if (rows->weights) {
        const REAL *at = rows->weights + (i - rows->first) * WEIGHTS_LD(rows) + COLUMN(rows, j);
        VECTOR given = part ? OP(LOAD_PART)(at, rows->n - j) : OP(LOAD)(at);
        *weight = masked ? OP(MUL)(*weight, given) : given;
    }
    *weight = OP(NUMBER)(delta, *weight);
    return OP(NUMBER)(delta, delta);
}

/* What the pairs at squared distance d2 add: to the loss, and, multiplied by x_i - x_j, to the gradient of j
 * (halved). */
INLINE VECTOR NAME(factor)(VECTOR d2, VECTOR delta, VECTOR weight, REAL threshold, bool weighted,
                           enum mds_gradient_term term, bool divided, VECTOR *loss)
{
    VECTOR d, inverse;
    ROOTS(d2, divided, &d, &inverse);
    VECTOR error = OP(SUB)(delta, d), pull = error, size = error;
    if (term == MDS_GRADIENT_HUBER) {
        pull = OP(MAX)(OP(MIN)(error, OP(SET)(threshold)), OP(SET)(-threshold));
        size = OP(SUB)(OP(ADD)(error, error), pull);
    }
    if (weighted) pull = OP(MUL)(weight, pull);
    *loss = OP(FMA)(pull, size, *loss);
    return OP(MUL)(pull, inverse);
}

INLINE void NAME(columns)(struct NAME(sums) * s, const ROWS_TYPE *rows, size_t i, size_t count, size_t j,
                          size_t p, enum mds_gradient_term term, bool masked, double *gradient)
{
    VECTOR x[3], g[3];
    UNROLL
    for (size_t k = 0; k < p; k++) x[k] = OP(LOAD)(rows->x + k * rows->stride + j), g[k] = OP(SET)(0);
    UNROLL
    for (size_t r = 0; r < count; r++) {
        VECTOR weight, delta = NAME(load)(rows, i + r, j, term, masked, &weight);
        VECTOR a[3], d2 = OP(SET)(SHORTEST);
        UNROLL
        for (size_t k = 0; k < p; k++) a[k] = OP(SUB)(s->x[r][k], x[k]), d2 = OP(FMA)(a[k], a[k], d2);
        bool weighted = masked || term != MDS_GRADIENT_PLAIN;
        VECTOR c =
            NAME(factor)(d2, delta, weight, rows->threshold, weighted, term, GRADIENT_DIVIDED(r), &s->loss);
        UNROLL
        for (size_t k = 0; k < p; k++) {
            g[k] = r ? OP(FMA)(c, a[k], g[k]) : OP(MUL)(c, a[k]);
            s->g[r][k] = OP(FNMA)(c, a[k], s->g[r][k]);
        }
    }
    UNROLL
    for (size_t k = 0; k < p; k++) ADD_TO(gradient + k * rows->stride + j, g[k]);
}

/* `count` rows from i, which with their last column lie within one vector, or are one row. */
INLINE double NAME(rows_fixed)(const ROWS_TYPE *rows, size_t i, size_t count, size_t p,
                               enum mds_gradient_term term, double *gradient)
{
    struct NAME(sums) s;
    size_t n = rows->n, j = NAME(first_column)(rows, i);
    double loss = 0;
    UNROLL
    for (size_t r = 0; r < count; r++) UNROLL
    for (size_t k = 0; k < p; k++) s.x[r][k] = OP(SET)(rows->x[k * rows->stride + i + r]);
    while (j < n) {
        size_t end = j + MDS_CHUNK < n ? j + MDS_CHUNK : n;
        s.loss = OP(SET)(0);
        UNROLL
        for (size_t r = 0; r < count; r++) UNROLL
        for (size_t k = 0; k < p; k++) s.g[r][k] = OP(SET)(0);
        for (; j < i + count && j < n; j += LANES)
            NAME(columns)(&s, rows, i, count, j, p, term, true, gradient);
        for (; j + LANES <= end; j += LANES) NAME(columns)(&s, rows, i, count, j, p, term, false, gradient);
        if (j < end && end == n) {
            NAME(columns)(&s, rows, i, count, j, p, term, true, gradient);
            j = n;
        }
        loss += (double)OP(SUM)(s.loss);
        UNROLL
        for (size_t r = 0; r < count; r++) UNROLL
        for (size_t k = 0; k < p; k++) gradient[k * rows->stride + i + r] += (double)OP(SUM)(s.g[r][k]);
    }
    return loss;
}

/* Any number of dimensions: differences are taken twice, and the sums of the row are in scratch. */
INLINE void NAME(columns_any)(const ROWS_TYPE *rows, const REAL *along, size_t i, size_t j,
                              enum mds_gradient_term term, bool masked, VECTOR *loss, double *gradient)
{
    const REAL *x = rows->x;
    size_t stride = rows->stride, p = rows->p;
    bool gradient_wanted = term < MDS_GRADIENT_TERMS;
    VECTOR weight, delta = NAME(load)(rows, i, j, term, masked, &weight), d2 = OP(SET)(SHORTEST), c = weight;
    if (term != MDS_GRADIENT_LAPLACIAN)
        for (size_t k = 0; k < p; k++) {
            VECTOR a = OP(SUB)(OP(SET)(x[k * stride + i]), OP(LOAD)(x + k * stride + j));
            d2 = OP(FMA)(a, a, d2);
        }
    if (gradient_wanted) {
        bool weighted = masked || term != MDS_GRADIENT_PLAIN;
        c = NAME(factor)(d2, delta, weight, rows->threshold, weighted, term, false, loss);
    } else if (term == MDS_GRADIENT_REWEIGHTED) {
        VECTOR d, inverse;
        ROOTS(d2, false, &d, &inverse);
        VECTOR error = OP(ABS)(OP(SUB)(delta, d)), most = OP(SET)(rows->threshold);
        c = OP(MUL)(weight, OP(DIV)(most, OP(MAX)(error, most)));
    }
    for (size_t k = 0; k < p; k++) {
        VECTOR a = OP(SUB)(OP(SET)(along[k * stride + i]), OP(LOAD)(along + k * stride + j));
        VECTOR pull = OP(MUL)(c, a), sum = OP(LOAD)(rows->scratch + k * LANES);
        if (!gradient_wanted) {
            *loss = OP(FMA)(pull, a, *loss);
            pull = OP(SUB)(OP(SET)(0), pull);
        }
        ADD_TO(gradient + k * stride + j, pull);
        OP(STORE)(rows->scratch + k * LANES, OP(SUB)(sum, pull));
    }
}

INLINE double NAME(row_any)(const ROWS_TYPE *rows, const REAL *along, size_t i, enum mds_gradient_term term,
                            double *gradient)
{
    size_t n = rows->n, j = NAME(first_column)(rows, i);
    double loss = 0;
    while (j < n) {
        size_t end = j + MDS_CHUNK < n ? j + MDS_CHUNK : n;
        VECTOR sum = OP(SET)(0);
        for (size_t k = 0; k < rows->p; k++) OP(STORE)(rows->scratch + k * LANES, OP(SET)(0));
        if (j <= i) NAME(columns_any)(rows, along, i, j, term, true, &sum, gradient), j += LANES;
        for (; j + LANES <= end; j += LANES)
            NAME(columns_any)(rows, along, i, j, term, false, &sum, gradient);
        if (j < end && end == n) {
            NAME(columns_any)(rows, along, i, j, term, true, &sum, gradient);
            j = n;
        }
        loss += (double)OP(SUM)(sum);
        for (size_t k = 0; k < rows->p; k++)
            gradient[k * rows->stride + i] += (double)OP(SUM)(OP(LOAD)(rows->scratch + k * LANES));
    }
    return loss;
}

INLINE double NAME(all_rows)(const ROWS_TYPE *rows, size_t p, enum mds_gradient_term term, double *gradient)
{
    const ROWS_TYPE copy = *rows; /* `gradient` cannot overlap it */
    rows = &copy;
    size_t i = rows->first, end = i + MDS_GRADIENT_ROWS < rows->n ? i + MDS_GRADIENT_ROWS : rows->n;
    double loss = 0;
    for (; p && i + GRADIENT_ROWS <= end; i += GRADIENT_ROWS)
        loss += NAME(rows_fixed)(rows, i, GRADIENT_ROWS, p, term, gradient);
    for (; i < end; i++)
        loss += p ? NAME(rows_fixed)(rows, i, 1, p, term, gradient)
                  : NAME(row_any)(rows, rows->x, i, term, gradient);
    return loss;
}

#define GRADIENT(name, p, term)                                                                              \
    static double NAME(name)(const ROWS_TYPE *rows, double *gradient)                                        \
    {                                                                                                        \
        return NAME(all_rows)(rows, p, term, gradient);                                                      \
    }

GRADIENT(plane_plain, 2, MDS_GRADIENT_PLAIN)
GRADIENT(space_plain, 3, MDS_GRADIENT_PLAIN)
GRADIENT(any_plain, 0, MDS_GRADIENT_PLAIN)
GRADIENT(plane_weighted, 2, MDS_GRADIENT_WEIGHTED)
GRADIENT(space_weighted, 3, MDS_GRADIENT_WEIGHTED)
GRADIENT(any_weighted, 0, MDS_GRADIENT_WEIGHTED)
GRADIENT(plane_huber, 2, MDS_GRADIENT_HUBER)
GRADIENT(space_huber, 3, MDS_GRADIENT_HUBER)
GRADIENT(any_huber, 0, MDS_GRADIENT_HUBER)
#undef GRADIENT
