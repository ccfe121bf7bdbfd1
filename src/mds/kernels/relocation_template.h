/*
 * relocation_template.h - the kernels of relocation for any vector width. Included by kernel_template.h,
 * whose macros it uses.
 *
 * Four places are judged side by side, so that a dissimilarity is loaded once for four.
 */

INLINE F relocation_distance2(const mds_relocation_row *row, const float *at, size_t p, size_t j)
{
    F sum = F_SET(MDS_RELOCATION_TINY);
    for (size_t k = 0; k < p; k++) {
        F difference = F_SUB(F_SET(at[k]), F_LOAD(row->x + k * row->stride + j));
        sum = F_FMA(difference, difference, sum);
    }
    return sum;
}

INLINE void relocation_four(const mds_relocation_row *row, const float *const at[4], size_t p, float out[4])
{
    F sum[4] = {F_SET(0.0f), F_SET(0.0f), F_SET(0.0f), F_SET(0.0f)};
    for (size_t j = 0; j < row->columns; j += F_WIDTH) {
        F delta = F_LOAD(row->delta + j), weight = F_LOAD(row->weights + j);
        for (size_t q = 0; q < 4; q++) {
            F distance2 = relocation_distance2(row, at[q], p, j);
            F error = F_FNMA(distance2, F_ESTIMATE(distance2), delta);
            sum[q] = F_FMA(F_MUL(weight, error), error, sum[q]);
        }
    }
    for (size_t q = 0; q < 4; q++) out[q] = F_SUM(sum[q]);
}

static void relocation_losses(const mds_relocation_row *row, const float *places, size_t count, float *losses)
{
    for (size_t t = 0; t < count; t += 4) {
        const float *at[4];
        float sums[4];
        for (size_t q = 0; q < 4; q++) at[q] = places + (t + q < count ? t + q : t) * row->p;
        if (row->p == 2)
            relocation_four(row, at, 2, sums);
        else if (row->p == 3)
            relocation_four(row, at, 3, sums);
        else
            relocation_four(row, at, row->p, sums);
        for (size_t q = 0; q < 4 && t + q < count; q++) losses[t + q] = sums[q];
    }
}

INLINE void relocation_known_four(const mds_relocation_row *row, const float *const at[4], float out[4])
{
    F sum[4] = {F_SET(0.0f), F_SET(0.0f), F_SET(0.0f), F_SET(0.0f)};
    for (size_t j = 0; j < row->columns; j += F_WIDTH) {
        F delta = F_LOAD(row->delta + j), weight = F_LOAD(row->weights + j);
        for (size_t q = 0; q < 4; q++) {
            F error = F_SUB(delta, F_LOAD(at[q] + j));
            sum[q] = F_FMA(F_MUL(weight, error), error, sum[q]);
        }
    }
    for (size_t q = 0; q < 4; q++) out[q] = F_SUM(sum[q]);
}

static void relocation_known(const mds_relocation_row *row, const float *distances, size_t count,
                             float *losses)
{
    for (size_t t = 0; t < count; t += 4) {
        const float *at[4];
        float sums[4];
        for (size_t q = 0; q < 4; q++) at[q] = distances + (t + q < count ? t + q : t) * row->stride;
        relocation_known_four(row, at, sums);
        for (size_t q = 0; q < 4 && t + q < count; q++) losses[t + q] = sums[q];
    }
}

static void relocation_distances(const mds_relocation_row *row, const float *place, float *distances)
{
    for (size_t j = 0; j < row->columns; j += F_WIDTH) {
        F distance2 = relocation_distance2(row, place, row->p, j);
        F_STORE(distances + j, F_MUL(distance2, F_ESTIMATE(distance2)));
    }
}

static void relocation_narrow(const double *from, const double *ahead, size_t n, double unit, float *to)
{
    size_t j = 0;
    if (!ahead) ahead = from;
    V factor = V_SET(unit);
    for (; j + F_WIDTH <= n; j += F_WIDTH) {
        for (size_t line = 0; line < F_WIDTH; line += MDS_STRIDE) __builtin_prefetch(ahead + j + line);
        V low = V_MUL(factor, V_LOAD(from + j)), high = V_MUL(factor, V_LOAD(from + j + WIDTH));
        F_STORE(to + j, F_FROM(low, high));
    }
    for (; j < n; j++) to[j] = (float)(unit * from[j]);
}

/* Coordinates first and second, which may be one. */
INLINE void relocation_step_two(const mds_relocation_row *row, const float *at, size_t p, size_t first,
                                size_t second, float *sums)
{
    F a = F_SET(0.0f), b = a;
    for (size_t j = 0; j < row->columns; j += F_WIDTH) {
        F inverse = F_ESTIMATE(relocation_distance2(row, at, p, j));
        F ratio = F_MUL(F_LOAD(row->delta + j), inverse), weight = F_LOAD(row->weights + j);
        F x = F_LOAD(row->x + first * row->stride + j), y = F_LOAD(row->x + second * row->stride + j);
        a = F_FMA(weight, F_FMA(ratio, F_SUB(F_SET(at[first]), x), x), a);
        b = F_FMA(weight, F_FMA(ratio, F_SUB(F_SET(at[second]), y), y), b);
    }
    sums[first] = F_SUM(a);
    sums[second] = F_SUM(b);
}

static void relocation_step(const mds_relocation_row *row, const float *at, float *sums)
{
    if (row->p == 2) {
        relocation_step_two(row, at, 2, 0, 1, sums);
        return;
    }
    for (size_t k = 0; k < row->p; k += 2)
        relocation_step_two(row, at, row->p, k, k + 1 < row->p ? k + 1 : k, sums);
}

#define RELOCATION_KERNELS                                                                                   \
    {                                                                                                        \
        relocation_losses, relocation_step, relocation_known, relocation_distances, relocation_narrow        \
    }
