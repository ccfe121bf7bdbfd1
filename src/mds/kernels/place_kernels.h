/*
 * place_kernels.h - one point against all of a map: the loss, its gradient and its second derivatives, in one
 * pass (methods/place_point.h).
 */
#ifndef MDS_PLACE_KERNELS_H
#define MDS_PLACE_KERNELS_H

#include <stddef.h>

/* Added to every squared distance, so that coinciding points need no branch. Lengths are to be about 1. */
#define MDS_PLACE_TINY 1e-60

/* Nearer points of the map than this bend the loss as if they were so far away: the loss has a small peak at
 * each of them, and what its sides are like says nothing about the slope that the peaks stand on. */
#define MDS_PLACE_NEAR 0.02

typedef struct mds_place_row {
    const double *x; /* coordinate k of point j at k * stride + j */
    size_t stride;
    const double *delta, *weights; /* weight 0: missing pairs, and what pads the row; delta is a number */
    size_t columns;                /* a multiple of MDS_STRIDE; all of them are read */
    size_t p;
    double threshold; /* of the Huber loss; HUGE_VAL: squared loss */
    double *scratch;  /* MDS_PLACE_SCRATCH(p) doubles, 64-byte aligned */
} mds_place_row;

/* Where the sums of a row stand: the loss (gradient_kernels.h), the weights w min(1, threshold / |error|) of
 * the squared loss that touches it, half of its gradient, and half of its second derivatives, the lower
 * triangle row by row: (k, l) at MDS_PLACE_SECOND(p) + k (k + 1) / 2 + l. */
enum { MDS_PLACE_LOSS, MDS_PLACE_WEIGHT, MDS_PLACE_GRADIENT };
#define MDS_PLACE_SECOND(p) (MDS_PLACE_GRADIENT + (size_t)(p))
#define MDS_PLACE_SUMS(p)   (MDS_PLACE_SECOND(p) + (size_t)(p) * ((size_t)(p) + 1) / 2)

#define MDS_PLACE_SCRATCH(p) (8 * (MDS_PLACE_SUMS(p) + (size_t)(p) + 1))

/* Fills MDS_PLACE_SUMS(p) sums for a point at `at`, in the kernel's own order. A point that coincides with
 * one of the map feels no pull from it. */
typedef void mds_place_kernel(const mds_place_row *row, const double *at, double *sums);

#endif
