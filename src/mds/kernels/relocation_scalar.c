/* The kernels of relocation in plain C. */
#include "kernels_tables.h"

#include <math.h>

static float distance(const mds_relocation_row *row, const float *at, size_t j)
{
    float sum = MDS_RELOCATION_TINY;
    for (size_t k = 0; k < row->p; k++) {
        float difference = at[k] - row->x[k * row->stride + j];
        sum += difference * difference;
    }
    return sqrtf(sum);
}

void mds_relocation_losses_scalar(const mds_relocation_row *row, const float *places, size_t count,
                                  float *losses)
{
    for (size_t t = 0; t < count; t++) {
        losses[t] = 0;
        for (size_t j = 0; j < row->columns; j++) {
            float error = row->delta[j] - distance(row, places + t * row->p, j);
            losses[t] += row->weights[j] * error * error;
        }
    }
}

void mds_relocation_known_scalar(const mds_relocation_row *row, const float *distances, size_t count,
                                 float *losses)
{
    for (size_t t = 0; t < count; t++) {
        losses[t] = 0;
        for (size_t j = 0; j < row->columns; j++) {
            float error = row->delta[j] - distances[t * row->stride + j];
            losses[t] += row->weights[j] * error * error;
        }
    }
}

void mds_relocation_distances_scalar(const mds_relocation_row *row, const float *place, float *distances)
{
    for (size_t j = 0; j < row->columns; j++) distances[j] = distance(row, place, j);
}

void mds_relocation_narrow_scalar(const double *from, const double *ahead, size_t n, double unit, float *to)
{
    (void)ahead;
    for (size_t j = 0; j < n; j++) to[j] = (float)(unit * from[j]);
}

void mds_relocation_step_scalar(const mds_relocation_row *row, const float *at, float *sums)
{
    for (size_t k = 0; k < row->p; k++) {
        sums[k] = 0;
        for (size_t j = 0; j < row->columns; j++) {
            float x = row->x[k * row->stride + j];
            sums[k] += row->weights[j] * (x + row->delta[j] / distance(row, at, j) * (at[k] - x));
        }
    }
}
