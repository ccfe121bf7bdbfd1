/*
 * rough_template.h - the gradient in single precision, with the roots of the processor's estimate. A part of
 * kernel_template.h, which includes it once; no include guard.
 *
 * It is gradient_template.h without the step that makes the estimate a root, and with columns summed in
 * floats: two thirds of the operations. For two and three dimensions, no weights, nothing missing.
 */

struct rough_sums {
    F x[GRADIENT_ROWS][3], g[GRADIENT_ROWS][3], loss[GRADIENT_ROWS];
};

INLINE void rough_add_to(float *to, F v)
{
    F_STORE(to, F_ADD(F_LOAD(to), v));
}

/* `losses`: NULL, or what each point's pairs add to the loss. */
INLINE void rough_columns(struct rough_sums *s, const mds_gradient_rows_single *rows, size_t i, size_t count,
                          size_t j, size_t p, bool masked, float *gradient, float *losses)
{
    F x[3], g[3], column = F_SET(0);
    UNROLL
    for (size_t k = 0; k < p; k++) x[k] = F_LOAD(rows->x + k * rows->stride + j), g[k] = F_SET(0);
    UNROLL
    for (size_t r = 0; r < count; r++) {
        F weight, delta = single_load(rows, i + r, j, MDS_GRADIENT_PLAIN, masked, &weight);
        F a[3], d2 = F_SET(1e-30f);
        UNROLL
        for (size_t k = 0; k < p; k++) a[k] = F_SUB(s->x[r][k], x[k]), d2 = F_FMA(a[k], a[k], d2);
        F inverse = F_ESTIMATE(d2), error = F_FNMA(d2, inverse, delta);
        if (masked) error = F_MUL(weight, error);
        F c = F_MUL(error, inverse);
        s->loss[r] = F_FMA(error, error, s->loss[r]);
        if (losses) column = F_FMA(error, error, column);
        UNROLL
        for (size_t k = 0; k < p; k++) {
            g[k] = r ? F_FMA(c, a[k], g[k]) : F_MUL(c, a[k]);
            s->g[r][k] = F_FNMA(c, a[k], s->g[r][k]);
        }
    }
    UNROLL
    for (size_t k = 0; k < p; k++) rough_add_to(gradient + k * rows->stride + j, g[k]);
    if (losses) rough_add_to(losses + j, column);
}

/* `count` rows from i, which with their last column lie within one vector, or are one row. */
INLINE double rough_rows(const mds_gradient_rows_single *rows, size_t i, size_t count, size_t p,
                         float *gradient, float *losses)
{
    struct rough_sums s;
    size_t n = rows->n, j = i / F_WIDTH * F_WIDTH;
    double loss = 0;
    UNROLL
    for (size_t r = 0; r < count; r++) UNROLL
    for (size_t k = 0; k < p; k++) s.x[r][k] = F_SET(rows->x[k * rows->stride + i + r]);
    while (j < n) {
        size_t end = j + MDS_CHUNK < n ? j + MDS_CHUNK : n;
        UNROLL
        for (size_t r = 0; r < count; r++) {
            s.loss[r] = F_SET(0);
            UNROLL
            for (size_t k = 0; k < p; k++) s.g[r][k] = F_SET(0);
        }
        for (; j < i + count && j < n; j += F_WIDTH)
            rough_columns(&s, rows, i, count, j, p, true, gradient, losses);
        for (; j + F_WIDTH <= end; j += F_WIDTH)
            rough_columns(&s, rows, i, count, j, p, false, gradient, losses);
        if (j < end && end == n) {
            rough_columns(&s, rows, i, count, j, p, true, gradient, losses);
            j = n;
        }
        UNROLL
        for (size_t r = 0; r < count; r++) {
            float row = F_SUM(s.loss[r]);
            loss += (double)row;
            if (losses) losses[i + r] += row;
            UNROLL
            for (size_t k = 0; k < p; k++) gradient[k * rows->stride + i + r] += F_SUM(s.g[r][k]);
        }
    }
    return loss;
}

INLINE double rough_all(const mds_gradient_rows_single *given, size_t p, float *gradient, float *losses)
{
    const mds_gradient_rows_single copy = *given, *rows = &copy; /* `gradient` cannot overlap it */
    size_t i = rows->first, end = i + MDS_GRADIENT_ROWS < rows->n ? i + MDS_GRADIENT_ROWS : rows->n;
    double loss = 0;
    for (; i + GRADIENT_ROWS <= end; i += GRADIENT_ROWS)
        loss += rough_rows(rows, i, GRADIENT_ROWS, p, gradient, losses);
    for (; i < end; i++) loss += rough_rows(rows, i, 1, p, gradient, losses);
    return loss;
}

static double rough_plane(const mds_gradient_rows_single *rows, float *gradient, float *losses)
{
    return losses ? rough_all(rows, 2, gradient, losses) : rough_all(rows, 2, gradient, NULL);
}

static double rough_space(const mds_gradient_rows_single *rows, float *gradient, float *losses)
{
    return losses ? rough_all(rows, 3, gradient, losses) : rough_all(rows, 3, gradient, NULL);
}
