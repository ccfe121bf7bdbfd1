/*
 * rounding.h - what in a square matrix is only rounding, by the precision with which the file was written.
 *
 * One unit in the last place is, for numbers of a type (float32: 2^-23) or printed with eight digits and
 * more, that part of the largest number, times 16, as inner products lose some; for numbers printed with four
 * to seven digits, one and a half in the last digit printed. Whole numbers are exact. In any file a number on
 * the diagonal, or below zero, of at most 2e-5 of the largest is rounding; and on the diagonal one of which a
 * root was taken: no whole number, at most 1.4e-3 of the largest and a twentieth of the least beside it.
 */
#ifndef MDS_ROUNDING_H
#define MDS_ROUNDING_H

#include "table.h"

/* The largest number on the diagonal of the n x n values (rows `ld` apart) that is rounding; `epsilon` as in
 * a table. */
double mds_diagonal_rounding(const double *values, size_t n, size_t ld, double epsilon);

typedef struct mds_repairs {
    size_t diagonal, pairs, negative, mirrored; /* how many were put right */
    double most;                                /* the largest change */
} mds_repairs;

/*
 * Correct the n x n matrix in t->values: pairs that differ by rounding get their mean; unless
 * t->keep_diagonal, a diagonal and negative numbers that are rounding become 0; and where one half has
 * nothing but zeros and the other has something, and the matrix is that of dissimilarities, the other is
 * mirrored. What is more than rounding is left for the caller to complain of. Cost: a few passes.
 */
void mds_table_repair(mds_table *t, mds_repairs *repairs);

#endif
