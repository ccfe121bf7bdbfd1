/*
 * sparse_sums.h - losses, gradients and the stress over the pairs of sparse rows (sparse_rows.h).
 *
 * A pass goes through the rows, block by block, and adds up for each object what its pairs do to it. Each
 * pair is met from both ends: twice the roots of a pass over half a matrix, and no sums to be added up
 * afterwards. The same bits at any number of threads. Cost of a pass over m pairs: 2 m roots; 24 m bytes of
 * pairs (with weights 40 m), one after the other, and 2 m points of a map in any order. Memory: 2 n p
 * numbers.
 *
 * `huber` is the threshold of the Huber loss, or infinity for the squared one.
 */
#ifndef MDS_SPARSE_SUMS_H
#define MDS_SPARSE_SUMS_H

#include "kernels.h"
#include "sparse_rows.h"
#include "thread_pool.h"
#include "workspace.h"

/* Points nearer than this coincide, and have no direction from one to the other. */
#define MDS_SPARSE_COINCIDE 1e-145

typedef struct mds_sparse_sums {
    const mds_sparse_rows *rows; /* NULL: there are none */
    mds_thread_pool *pool;
    size_t p;
    double *x, *along; /* n x p: point by point, so that one is found in one place */
    double *loss;      /* by block */
    mds_stress_sums *stress;

    /* During a call. */
    double huber, *to;
    size_t stride;
    bool reweighted;
} mds_sparse_sums;

void mds_sparse_sums_lay_out(mds_sparse_sums *sums, const mds_sparse_rows *rows, size_t p,
                             mds_thread_pool *pool, mds_workspace *workspace);

/* What mds_gradient_compute, mds_gradient_laplacian and mds_source_loss are for other problems. */
double mds_sparse_gradient(mds_sparse_sums *sums, double huber, const double *x, size_t stride, double *to);
double mds_sparse_laplacian(mds_sparse_sums *sums, double huber, const double *x, const double *y,
                            size_t stride, double *to);
double mds_sparse_loss(mds_sparse_sums *sums, double huber, const double *x, size_t stride);

/* The sums that a stress is made of. */
mds_stress_sums mds_sparse_stress(mds_sparse_sums *sums, const double *x, size_t stride);

/* A map point by point (n x p), from its structure of arrays. */
void mds_sparse_points(const double *x, size_t stride, size_t n, size_t p, double *to);

/* The sum of the weights of object i's pairs. */
double mds_sparse_row_weight(const mds_sparse_rows *rows, size_t i);

#endif
