/*
 * place_template.h - the kernel of placing for any vector width. Included by kernel_template.h, whose macros
 * it uses, and v_roots of gradient_precisions.h.
 *
 * With a = at - x, d = |a|, e = delta - d, pull = w e (held to the threshold) and q = pull / d, a pair adds
 * -q a to half of the gradient, and (w [e within] + q) / d^2 a a^T - q I to half of the second derivatives,
 * but with pull / MDS_PLACE_NEAR in place of q there where the point is nearer than that.
 */

/* Into sums of vectors: g, h and a as MDS_PLACE_GRADIENT and _SECOND have them; *less collects q. */
INLINE void place_columns(const mds_place_row *row, const double *at, size_t p, size_t j, bool huber, V *sums,
                          V *a, V *less)
{
    V d2 = V_SET(MDS_PLACE_TINY), d, inverse, *g = sums + MDS_PLACE_GRADIENT, *h = sums + MDS_PLACE_SECOND(p);
    UNROLL
    for (size_t k = 0; k < p; k++) {
        a[k] = V_SUB(V_SET(at[k]), V_LOAD(row->x + k * row->stride + j));
        d2 = V_FMA(a[k], a[k], d2);
    }
    v_roots(d2, false, &d, &inverse);
    V weight = V_LOAD(row->weights + j), error = V_SUB(V_LOAD(row->delta + j), d);
    V held = error, within = weight, touching = weight;
    if (huber) {
        V limit = V_SET(row->threshold), size = V_MAX(V_ABS(error), V_SET(MDS_PLACE_TINY));
        held = V_MAX(V_MIN(error, limit), V_SUB(V_SET(0.0), limit));
        within = V_FNMA(weight, V_POSITIVE(V_SUB(size, limit)), weight);
        touching = V_MUL(weight, V_MIN(V_SET(1.0), V_DIV(limit, size)));
    }
    V pull = V_MUL(weight, held), q = V_MUL(pull, inverse);
    V bent = V_MUL(pull, V_MIN(inverse, V_SET(1 / MDS_PLACE_NEAR)));
    sums[MDS_PLACE_LOSS] = V_FMA(pull, V_SUB(V_ADD(error, error), held), sums[MDS_PLACE_LOSS]);
    sums[MDS_PLACE_WEIGHT] = V_ADD(sums[MDS_PLACE_WEIGHT], touching);
    *less = V_ADD(*less, bent);
    V c = V_MUL(V_ADD(within, bent), V_MUL(inverse, inverse));
    UNROLL
    for (size_t k = 0; k < p; k++) {
        V ca = V_MUL(c, a[k]);
        g[k] = V_FNMA(q, a[k], g[k]);
        UNROLL
        for (size_t l = 0; l <= k; l++) h[k * (k + 1) / 2 + l] = V_FMA(ca, a[l], h[k * (k + 1) / 2 + l]);
    }
}

INLINE void place_fixed(const mds_place_row *row, const double *at, size_t p, bool huber, V *sums, V *a,
                        double *out)
{
    V less = V_SET(0.0);
    UNROLL
    for (size_t s = 0; s < MDS_PLACE_SUMS(p); s++) sums[s] = V_SET(0.0);
    for (size_t j = 0; j < row->columns; j += WIDTH) place_columns(row, at, p, j, huber, sums, a, &less);
    UNROLL
    for (size_t s = 0; s < MDS_PLACE_SUMS(p); s++) out[s] = V_SUM(sums[s]);
    for (size_t k = 0; k < p; k++) out[MDS_PLACE_SECOND(p) + k * (k + 1) / 2 + k] -= V_SUM(less);
}

INLINE void place_any(const mds_place_row *row, const double *at, bool huber, double *sums)
{
    if (row->p == 2) {
        V vectors[MDS_PLACE_SUMS(2)], a[2];
        place_fixed(row, at, 2, huber, vectors, a, sums);
    } else if (row->p == 3) {
        V vectors[MDS_PLACE_SUMS(3)], a[3];
        place_fixed(row, at, 3, huber, vectors, a, sums);
    } else {
        V *vectors = (V *)(void *)row->scratch;
        place_fixed(row, at, row->p, huber, vectors, vectors + MDS_PLACE_SUMS(row->p), sums);
    }
}

static void place(const mds_place_row *row, const double *at, double *sums)
{
    if (row->threshold < HUGE_VAL)
        place_any(row, at, true, sums);
    else
        place_any(row, at, false, sums);
}
