/*
 * place_point.h - one new point among the fixed points of a map.
 *
 * Candidates are judged in single precision; descents by Newton's method begin at the best of them that lie
 * apart. Nothing here depends on other new points. mdscale.h (mds_place) tells the rest.
 */
#ifndef MDS_PLACE_POINT_H
#define MDS_PLACE_POINT_H

#include "kernels.h"

#include <stdbool.h>
#include <stdint.h>

enum { MDS_PLACE_CANDIDATES = 64, MDS_PLACE_STARTS_MOST = 64 };

/* The map, prepared once. Lengths are such that the map's width is about 1. */
typedef struct mds_place_map {
    size_t n, p;
    size_t stride;       /* n, padded to a multiple of MDS_FLOATS */
    const double *x;     /* coordinate k of point j at k * stride + j; the mean is 0; 0 behind the last */
    const float *single; /* the same */
    const double *nodes; /* so many candidates, point by point */
    const float *nodes_single;
    size_t node_count; /* at most MDS_PLACE_CANDIDATES */
    double apart;      /* starts are farther from each other than this */
} mds_place_map;

typedef struct mds_place_settings {
    const mds_kernels *kernels;
    mds_loss loss;
    double huber; /* in the map's unit; 0: a tenth of the root mean square of the row */
    size_t starts;
    uint64_t iterations;
    double tolerance;
} mds_place_settings;

/* One point's dissimilarities, `stride` of each; a missing one is 0 and has weight 0. */
typedef struct mds_place_target {
    const double *delta, *weights;
    const float *delta_single, *weights_single;
} mds_place_target;

/* Doubles of work for one point. */
#define MDS_PLACE_WORK(p)                                                                                    \
    (MDS_PLACE_SCRATCH(p) + 2 * MDS_PLACE_SUMS(p) + 2 * (size_t)(p) * (size_t)(p) + 8 * (size_t)(p) +        \
     (size_t)(MDS_PLACE_CANDIDATES + 2) * ((size_t)(p) + 2) + 64)

/* Fill `place` with p coordinates. `work`: MDS_PLACE_WORK(p) doubles, 64-byte aligned. */
void mds_place_point(const mds_place_map *map, const mds_place_target *target,
                     const mds_place_settings *settings, double *work, double *place);

#endif
