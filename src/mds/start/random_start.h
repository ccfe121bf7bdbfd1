/*
 * random_start.h - a configuration drawn from a seed.
 */
#ifndef MDS_RANDOM_START_H
#define MDS_RANDOM_START_H

#include "random.h"

#include <stddef.h>

/* Fill x (a structure of arrays: coordinate k of point j is x[k * stride + j]) with n points of p
 * coordinates, uniform in a cube centred at the origin of the size that makes the mean squared distance
 * `mean_square`. Drawn point by point. */
void mds_random_start(fs_random *random, double mean_square, size_t n, size_t p, double *x, size_t stride);

#endif
