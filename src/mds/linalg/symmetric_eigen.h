/*
 * symmetric_eigen.h - all eigenvalues of a small symmetric matrix, with or without its eigenvectors.
 */
#ifndef MDS_SYMMETRIC_EIGEN_H
#define MDS_SYMMETRIC_EIGEN_H

#include <stddef.h>

/* Doubles of work that a matrix of order n needs. */
#define MDS_SYMMETRIC_EIGEN_WORK(n) (4 * (size_t)(n))

/*
 * The eigenvalues of the n x n matrix a (leading dimension ld), which is destroyed, in falling order, and,
 * when `vectors` is not NULL, eigenvectors of length 1 to the first `count` of them: row k of `vectors` (n x
 * n; the other rows are scratch) belongs to values[k]. Both triangles of `a` are read and must agree. Each
 * value is right to within a few n eps times the largest in size, and the vectors are orthogonal to within n
 * eps, multiple values or not. Householder's tridiagonal form, then QL with implicit shifts (Golub and Van
 * Loan, Matrix Computations, section 8.3). Cost: 2 n^3 multiply-adds, and 3 n^3 more for vectors. All numbers
 * must be finite, and their squares must not overflow.
 */
void mds_symmetric_eigen(double *a, size_t n, size_t ld, double *values, double *vectors, size_t count,
                         double *work);

#endif
