/*
 * eigenpairs.h - the algebraically largest eigenvalues of a symmetric operator, and their eigenvectors.
 *
 * Block Lanczos: a basis grows by panels, each the operator's image of an earlier one made orthogonal to all
 * of them, and the operator's projection on what was multiplied so far (of order 200 or so at most, small
 * beside n) is solved as a dense matrix, whose largest eigenvalues converge to the operator's. When the basis
 * is full it is replaced by the best approximations in it and goes on from there (thick restart; Wu and
 * Simon, "Thick-restart Lanczos method for large symmetric eigenvalue problems", SIAM J. Matrix Anal. Appl.
 * 22, 2000). All panels are kept orthogonal to within rounding, so there are no spurious copies. As many
 * panels as the wanted vectors fill begin the basis, so an eigenvalue may be as often multiple as it likes.
 * Where n is not much larger than what is wanted, the operator is written out as a matrix instead, and that
 * is solved.
 */
#ifndef MDS_EIGENPAIRS_H
#define MDS_EIGENPAIRS_H

#include "kernels.h"
#include "thread_pool.h"
#include "workspace.h"

#include <stdbool.h>
#include <stdint.h>

/* y = A v for panels of n rows (panel.h), with a symmetric A. The sizes of A's cells must be ordinary: their
 * squares are summed. */
typedef struct mds_operator {
    void (*apply)(void *context, const double *v, double *y);
    void *context;
    double rounding; /* A v is known no better than to this, for a v of length 1 */
} mds_operator;

typedef struct mds_eigenpairs {
    /* Wanted. */
    size_t n, count;    /* count <= n */
    double tolerance;   /* residuals |A v - value v| <= tolerance |value|, or what rounding permits */
    uint64_t products;  /* the most applications of the operator */
    const double *seed; /* NULL, or a panel whose columns lean towards the wanted vectors */
    const mds_kernels *kernels;
    mds_thread_pool *pool;
    /* NULL, or called after each product that brought a new approximation, which is in `values` and
     * `residuals`, and in `vectors` after mds_eigenpairs_vectors. False: stop. */
    bool (*watch)(void *context);
    void *watch_context;

    /* Found. */
    double *values;    /* count, falling */
    double *residuals; /* count: |A v - value v| */
    double **vectors;  /* panels, MDS_PANEL vectors in each; (count + MDS_PANEL - 1) / MDS_PANEL of them */
    double least;      /* the smallest value met: the smallest of A is at most this */
    uint64_t done;     /* products used */
    bool converged;

    struct mds_eigen_basis *basis;
} mds_eigenpairs;

/* Lay out all arrays; n, count, kernels and pool are set. */
void mds_eigenpairs_lay_out(mds_eigenpairs *pairs, mds_workspace *workspace);

/* Find them. Deterministic: the same bits at any number of threads, and at every vector level of the kernels
 * (plain C, which does not fuse multiplication and addition, differs within the rounding). Cost of a product:
 * the operator's, and with a basis of m columns 4 n m MDS_PANEL multiply-adds. */
void mds_eigenpairs_find(mds_eigenpairs *pairs, const mds_operator *of);

/* For `watch`: bring `vectors` up to date. */
void mds_eigenpairs_vectors(mds_eigenpairs *pairs);

#endif
