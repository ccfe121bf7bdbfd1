/*
 * swaps.h - pairs of points that sit in each other's place.
 *
 * Descent moves points a little at a time and cannot carry one through the middle of the others. Two points
 * that have changed places are the commonest way for a small map to be wrong, and exchanging them is easy to
 * judge: only the pairs with one of the two change.
 */
#ifndef MDS_SWAPS_H
#define MDS_SWAPS_H

#include "job.h"
#include "workspace.h"

typedef struct mds_swap {
    size_t first, second;
    double change; /* of the loss, before anything else moves */
} mds_swap;

enum { MDS_SWAPS_MOST = 64 };

typedef struct mds_swaps {
    const mds_job *job;
    double *distance; /* n x n, of the configuration that is searched */
    size_t count;
    mds_swap best[MDS_SWAPS_MOST]; /* ascending by change, then by first and second */
} mds_swaps;

void mds_swaps_lay_out(mds_swaps *swaps, const mds_job *job, mds_workspace *workspace);

/* The `wanted` <= MDS_SWAPS_MOST exchanges that raise the loss of x the least, or lower it the most. O(n^3 /
 * 2), on the calling thread. */
void mds_swaps_find(mds_swaps *swaps, const double *x, size_t wanted);

/* Exchange the two points in x. */
void mds_swaps_apply(const mds_swaps *swaps, const mds_swap *swap, double *x);

#endif
