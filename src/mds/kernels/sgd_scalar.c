/* Stochastic descent in plain C, one pair after the other; see sgd_tiles.h. */
#include "kernels_tables.h"

#include <math.h>
#include <stdbool.h>

static void move_pair(const mds_sgd_tiles *tiles, size_t i, size_t j, float delta, float weight)
{
    float s = MDS_SGD_TINY, half = 0.5f * fminf(tiles->step * weight, 1);
    if (isnan(delta)) return;
    for (size_t c = 0; c < tiles->p; c++) {
        float difference = tiles->x[c * tiles->stride + j] - tiles->x[c * tiles->stride + i];
        s += difference * difference;
    }
    float factor = half - half * delta / sqrtf(s);
    for (size_t c = 0; c < tiles->p; c++) {
        float *from = &tiles->x[c * tiles->stride + i], *to = &tiles->x[c * tiles->stride + j];
        float move = factor * (*to - *from);
        *from += move;
        *to -= move;
    }
}

/* A dissimilarity, NaN where it is missing. */
static float delta_of(const mds_sgd_tiles *tiles, size_t at, bool codes)
{
    if (!codes) return mds_half_value(tiles->delta[at]);
    float code = tiles->codes[at];
    return code < MDS_SGD_MISSING ? code * code : NAN;
}

static void between(const mds_sgd_tiles *tiles, bool codes)
{
    for (size_t t = 0; t < tiles->count; t++)
        for (size_t step = 0; step < MDS_SGD_GROUP; step++)
            for (size_t lane = 0; lane < MDS_SGD_GROUP; lane++) {
                size_t at = t * MDS_SGD_TILE + step * MDS_SGD_GROUP + lane;
                move_pair(tiles, tiles->a[t] * MDS_SGD_GROUP + lane,
                          tiles->b[t] * MDS_SGD_GROUP + (lane ^ step ^ (step >> 1)),
                          delta_of(tiles, at, codes), tiles->weights ? tiles->weights[at] : 1);
            }
}

static void within(const mds_sgd_tiles *tiles, bool codes)
{
    for (size_t t = 0; t < tiles->count; t++)
        for (size_t step = 1; step < MDS_SGD_GROUP; step++)
            for (size_t lane = 0; lane < MDS_SGD_GROUP; lane++) {
                size_t at = t * MDS_SGD_TILE + step * MDS_SGD_GROUP + lane;
                if ((lane ^ step) < lane) continue; /* a pair stands twice */
                move_pair(tiles, tiles->a[t] * MDS_SGD_GROUP + lane,
                          tiles->a[t] * MDS_SGD_GROUP + (lane ^ step), delta_of(tiles, at, codes),
                          tiles->weights ? tiles->weights[at] : 1);
            }
}

void mds_sgd_between_scalar(const mds_sgd_tiles *tiles)
{
    between(tiles, false);
}

void mds_sgd_within_scalar(const mds_sgd_tiles *tiles)
{
    within(tiles, false);
}

void mds_sgd_between_codes_scalar(const mds_sgd_tiles *tiles)
{
    between(tiles, true);
}

void mds_sgd_within_codes_scalar(const mds_sgd_tiles *tiles)
{
    within(tiles, true);
}

void mds_square_root_single_scalar(float *values, size_t n)
{
    for (size_t j = 0; j < n; j++) values[j] = sqrtf(values[j]);
}
