/*
 * centred_squares.h - the matrix of inner products that dissimilarities stand for, as an operator.
 *
 * With D2 the squared dissimilarities and J = I - 11^T/n the projection that centres, B = -1/2 J D2 J holds
 * the inner products of the points about their mean, where the dissimilarities are Euclidean distances
 * (Torgerson, "Multidimensional scaling: I. Theory and method", Psychometrika 17, 1952). B is never stored:
 * the upper triangle of the dissimilarities is squared on the way, once for a panel of MDS_PANEL vectors.
 */
#ifndef MDS_CENTRED_SQUARES_H
#define MDS_CENTRED_SQUARES_H

#include "eigenpairs.h"

/* A product is cut into tasks by n alone. Each has sums of its own, added in order. */
enum { MDS_CENTRED_TASKS = 32 };

typedef struct mds_centred_squares {
    const double *delta;   /* n x n, of which the triangle above the diagonal is read */
    const double *weights; /* NULL, or n x n: weight 0 is missing, else they do not count */
    size_t n, ld, ldw;
    double largest;     /* at least the largest dissimilarity; numbers are near 1 (scale.h) */
    double mean_square; /* of the dissimilarities */
    double add;         /* the operator is that of delta + add off the diagonal */
    bool negative;      /* -B in place of B */
    double ridge;       /* so many times J is added to that */
    bool missing;       /* NaN or weight 0 may occur; mds_centred_squares_fill must have been called */
    const mds_kernels *kernels;
    mds_thread_pool *pool;

    size_t tasks, first_row[MDS_CENTRED_TASKS + 1];
    double shift;       /* taken off all squares, which centring undoes: fewer digits are lost */
    double *vectors;    /* the panel to be multiplied, centred */
    double *sums;       /* a panel for each task */
    double *row_square; /* n: the mean of the known squares in a row; only with `missing` */
} mds_centred_squares;

/* Lay out the arrays, and cut the tasks: delta, n, kernels, pool and missing are set. */
void mds_centred_squares_lay_out(mds_centred_squares *squares, mds_workspace *workspace);

/*
 * With `missing`: what stands for a missing square is the mean of the known ones in its row plus that in its
 * column less that of all (at least 0), as if the two points were uncorrelated. One pass over the matrix.
 */
void mds_centred_squares_fill(mds_centred_squares *squares);

/* The operator. `squares` and what it points to live as long. Cost of a product: n^2 / 2 dissimilarities
 * read, each for 2 MDS_PANEL multiply-adds, and n MDS_PANEL / 2 more numbers for each task. */
mds_operator mds_centred_squares_operator(mds_centred_squares *squares);

/* A panel that leans towards the largest eigenvectors, for next to nothing: the product of a few rows, spread
 * over all, with random signs. */
void mds_centred_squares_seed(const mds_centred_squares *squares, double *panel);

#endif
