/*
 * orthogonal_fit.h - the rotation or reflection that brings one set of points nearest to another.
 */
#ifndef MDS_ORTHOGONAL_FIT_H
#define MDS_ORTHOGONAL_FIT_H

#include <stddef.h>

/* Doubles of work. */
#define MDS_ORTHOGONAL_FIT_WORK(p) (2 * (size_t)(p) * (size_t)(p) + (size_t)(p))

/*
 * For the p x p matrix a = X^T Y (row by row, destroyed), the orthogonal matrix t that maximises trace(t^T
 * a), which is the one for which |X t - Y| is the least: u v^T from the singular value decomposition a = u s
 * v^T (Schoenemann, Psychometrika 31, 1966). Returns that trace, the sum of the singular values. One-sided
 * Jacobi rotations (Golub and Van Loan, section 8.6); where a is singular, any t that completes it. All
 * numbers must be finite and their squares in range. Cost: some 10 p^3.
 */
double mds_orthogonal_fit(double *a, size_t p, double *t, double *work);

#endif
