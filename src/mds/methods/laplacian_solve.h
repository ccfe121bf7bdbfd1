/*
 * laplacian_solve.h - V s = b for the Laplacian V of the weights, by conjugate gradients (Hestenes and
 * Stiefel 1952) with the diagonal of V in front.
 *
 * V is never stored and no pseudo-inverse is made: a product with it is one pass over half of the matrix.
 * Where the pairs that count fall into parts without a pair between them, V has a null space for each part; b
 * must sum to 0 over each (a gradient does), and the solution leaves each part's centroid, weighted by the
 * diagonal, where it was.
 */
#ifndef MDS_LAPLACIAN_SOLVE_H
#define MDS_LAPLACIAN_SOLVE_H

#include "gradient.h"

typedef struct mds_laplacian_solve {
    mds_gradient *gradient;
    size_t cells;
    double *inverse_diagonal; /* p x stride */
    double *residual, *preconditioned, *direction, *product;
    bool prepared;
    uint64_t products; /* with V, so far */
} mds_laplacian_solve;

void mds_laplacian_solve_lay_out(mds_laplacian_solve *solve, mds_gradient *gradient,
                                 mds_workspace *workspace);

/* solution = the s that makes s'Vs - 2 s'b small: lower with each product with V, of which there are at most
 * `most`, until the residual is 1e-4 of b. So s'Vs = s'b at whatever product it ends. `reweighted`, x: as
 * mds_gradient_laplacian. */
void mds_laplacian_solve_run(mds_laplacian_solve *solve, bool reweighted, unsigned most, const double *x,
                             const double *b, double *solution);

#endif
