/*
 * sparse_descent.h - stochastic descent over the pairs of sparse rows.
 *
 * An epoch takes every pair once and moves both of its points along their line, by half of mu (delta - d)
 * each, where mu = min(1, step * weight): Zheng, Pawar, Goodman, "Graph drawing by stochastic gradient
 * descent", arXiv:1710.04626. The objects come in a new random order in each epoch, and with each object the
 * pairs that it has with later ones. One thread does it all; an epoch takes about as long as one pass of a
 * gradient. Memory: n (3 p + 1) numbers.
 */
#ifndef MDS_SPARSE_DESCENT_H
#define MDS_SPARSE_DESCENT_H

#include "job.h"
#include "sampled.h"
#include "sparse_sums.h"
#include "workspace.h"

typedef struct mds_sparse_descent {
    mds_job *job;
    double *x;   /* n x p: point by point */
    double *map; /* where it is to be left */
    size_t *order;
    double smallest_weight, largest_weight;
    mds_sparse_sums sums; /* for the loss that is told */
} mds_sparse_descent;

void mds_sparse_descent_lay_out(mds_sparse_descent *descent, mds_job *job, mds_workspace *workspace);

/* settings->rounds epochs from x (as job->x), the first step being for the smallest weight and the last one
 * for the largest. The loss may end higher than it was. False when it was to stop early, as job->stop says.
 */
bool mds_sparse_descend(mds_sparse_descent *descent, const mds_sampled_settings *settings, double *x);

#endif
