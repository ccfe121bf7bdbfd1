/*
 * sgd_tiles.h - the kernels of stochastic descent: tiles of pairs that move towards their dissimilarities.
 *
 * Points are kept in groups of MDS_SGD_GROUP, in single precision. A tile holds all pairs between two groups,
 * or all within one, ordered in steps of MDS_SGD_GROUP pairs that share no point, so that the pairs of a step
 * are one operation of a wide vector. The order is the same at every level, so the results differ by rounding
 * only.
 */
#ifndef MDS_SGD_TILES_H
#define MDS_SGD_TILES_H

#include "half.h"

#include <stddef.h>
#include <stdint.h>

enum {
    MDS_SGD_GROUP = 16,
    MDS_SGD_TILE = MDS_SGD_GROUP * MDS_SGD_GROUP,
    MDS_SGD_TOGETHER = 4 /* tiles given to a kernel at once, at most */
};

/* Added to every squared distance, so that coinciding points need no branch (they do not move). */
#define MDS_SGD_TINY 1e-30f

typedef struct mds_sgd_tiles {
    float *x; /* coordinate c of point i is x[c * stride + i]; 64-byte aligned, below 1e15 in magnitude */
    size_t stride; /* a multiple of MDS_SGD_GROUP */
    size_t p;
    size_t count;                 /* tiles, at most MDS_SGD_TOGETHER; no group stands in two of them */
    uint32_t a[MDS_SGD_TOGETHER]; /* the groups of each tile: points a * MDS_SGD_GROUP and on */
    uint32_t b[MDS_SGD_TOGETHER]; /* not used within a group */
    /* count * MDS_SGD_TILE dissimilarities in the order of the steps, mds_sgd_place says where; NaN: missing.
     */
    const mds_half *delta;
    const uint8_t *codes; /* of the kernels that take codes, in place of delta */
    const float *weights; /* the same for weights (then a missing pair has weight 0, not NaN), or NULL */
    float step;
} mds_sgd_tiles;

/* Where in a tile the pair of point `row` of group a and point `column` of group b (or a) stands. Between two
 * groups step k pairs point l with l ^ g(k), g being the Gray code; within one group step k pairs l with l ^
 * k, so that each pair stands twice, and step 0 has none. */
static inline size_t mds_sgd_place(size_t row, size_t column, int within)
{
    size_t step = row ^ column;
    if (!within) step ^= step >> 1, step ^= step >> 2;
    return step * MDS_SGD_GROUP + row;
}

/* How a kernel has the dissimilarities. Where halves would outgrow the caches, codes take half as much: c
 * stands for c^2, which is right to 0.4 % of the largest and better for smaller ones, and 255 for a missing
 * pair. */
enum mds_sgd_kind { MDS_SGD_PLAIN, MDS_SGD_WEIGHTED, MDS_SGD_CODES, MDS_SGD_KINDS };

enum { MDS_SGD_MISSING = 255, MDS_SGD_MOST = MDS_SGD_MISSING - 1 };

/* In the order of the steps, each pair moves along the line through its points: with mu = min(1, step w), by
 * mu (delta - d) / 2 each, apart where that is positive. Roots are right to 11 bits. */
typedef void mds_sgd_kernel(const mds_sgd_tiles *tiles);

#endif
