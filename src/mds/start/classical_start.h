/*
 * classical_start.h - classical scaling (Torgerson 1952; Gower 1966): the configuration whose inner products
 * are nearest to those that the dissimilarities stand for, from the largest eigenpairs of the matrix of
 * centred_squares.h. Quickly as a start for other methods; to the last digits for the method of that name.
 */
#ifndef MDS_CLASSICAL_START_H
#define MDS_CLASSICAL_START_H

#include "centred_squares.h"
#include "eigenpairs.h"

typedef struct mds_classical {
    mds_centred_squares squares;
    mds_eigenpairs pairs;
    size_t p;
    double *seed;    /* a panel */
    double rounding; /* eigenvalues up to this are 0 */
} mds_classical;

/* What the scaling is of. The largest dissimilarity and the mean square are those of the pairs that count
 * (`pairs` of them), and near 1 (scale.h). Pairs that are missing, or of weight 0, are estimated
 * (centred_squares.h); other weights do not count. */
void mds_classical_init(mds_classical *classical, const mds_problem *problem, double largest,
                        double mean_square, size_t pairs, size_t p, const mds_kernels *kernels,
                        mds_thread_pool *pool);

/* Lay the arrays out, in a block or for their sizes. */
void mds_classical_lay_out(mds_classical *classical, mds_workspace *workspace);

/* Find the eigenpairs, with classical->pairs.tolerance and at most so many .products. The same bits at any
 * number of threads. Cost: 5 to 15 products (centred_squares.h) of ordinary data. */
void mds_classical_find(mds_classical *classical);

/* The map of the eigenpairs found last, a structure of arrays (job.h): column k is the eigenvector times the
 * root of its value, reflected as principal_axes.h has it, or 0 where the value is not positive. Returns how
 * many columns are not. */
size_t mds_classical_map(const mds_classical *classical, double *x, size_t stride);

/* A start for other methods: the map with residuals of 1e-3; axes without extent, on which no method would
 * move anything, get a little. */
void mds_classical_start(mds_classical *classical, double *x, size_t stride);

#endif
