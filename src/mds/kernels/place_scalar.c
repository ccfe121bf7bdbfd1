/* The kernel of placing in plain C. */
#include "kernels_tables.h"

#include <math.h>

void mds_place_scalar(const mds_place_row *row, const double *at, double *sums)
{
    size_t p = row->p, second = MDS_PLACE_SECOND(p);
    double *a = row->scratch;
    for (size_t s = 0; s < MDS_PLACE_SUMS(p); s++) sums[s] = 0;
    for (size_t j = 0; j < row->columns; j++) {
        double d2 = MDS_PLACE_TINY, weight = row->weights[j];
        for (size_t k = 0; k < p; k++) {
            a[k] = at[k] - row->x[k * row->stride + j];
            d2 += a[k] * a[k];
        }
        double d = sqrt(d2), error = row->delta[j] - d, limit = row->threshold;
        double held = fmax(-limit, fmin(limit, error)), pull = weight * held, q = pull / d;
        double bent = pull / fmax(d, MDS_PLACE_NEAR);
        double c = ((fabs(error) > limit ? 0 : weight) + bent) / d / d;
        sums[MDS_PLACE_LOSS] += pull * (2 * error - held);
        sums[MDS_PLACE_WEIGHT] += fabs(error) > limit ? weight * limit / fabs(error) : weight;
        for (size_t k = 0; k < p; k++) {
            sums[MDS_PLACE_GRADIENT + k] -= q * a[k];
            for (size_t l = 0; l <= k; l++) sums[second + k * (k + 1) / 2 + l] += c * a[k] * a[l];
            sums[second + k * (k + 1) / 2 + k] -= bent;
        }
    }
}
