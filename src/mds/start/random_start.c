#include "random_start.h"

#include <math.h>

void mds_random_start(fs_random *random, double mean_square, size_t n, size_t p, double *x, size_t stride)
{
    double half = sqrt(1.5 * mean_square / (double)p);
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k < p; k++) x[k * stride + j] = half * (2 * fs_random_unit(random) - 1);
}
