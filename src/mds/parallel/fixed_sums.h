/*
 * fixed_sums.h - sums that threads and ranks add to in any order, with the same bits.
 *
 * Each number is rounded to a whole multiple of one unit, a power of two, and those are added as integers, in
 * which no digit is lost, so the order does not matter. The unit is 2^-62 of a bound that nothing that is
 * summed exceeds in size, nor any sum of some of it, on all ranks together: what a number is off by is no
 * more than what a double would round off from a sum that large. (Pre-rounding to a common unit: Demmel and
 * Nguyen, "Parallel reproducible summation", IEEE Trans. Computers 64, 2015.)
 */
#ifndef MDS_FIXED_SUMS_H
#define MDS_FIXED_SUMS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { MDS_FIXED_STRIPES = 64 };

typedef struct mds_fixed_sums {
    uint64_t *sums; /* rows x columns, the caller's memory */
    size_t rows, columns;
    double bound, unit;
    atomic_int busy[MDS_FIXED_STRIPES]; /* columns are added to by one thread at a time */
} mds_fixed_sums;

/* All sums are 0. A bound that is no number above 0 counts as 1. */
void mds_fixed_sums_begin(mds_fixed_sums *sums, double bound);

/* Add values[0] to column `from` of the row, and so on to the last column before `to`. Any number of threads
 * at once. What exceeds the bound counts as something within it. */
void mds_fixed_sums_add(mds_fixed_sums *sums, size_t row, size_t from, size_t to, const double *values);
void mds_fixed_sums_add_floats(mds_fixed_sums *sums, size_t row, size_t from, size_t to, const float *values);

/* The sum of one column. */
static inline double mds_fixed_sums_at(const mds_fixed_sums *sums, size_t row, size_t column)
{
    return (double)(int64_t)sums->sums[row * sums->columns + column] * sums->unit;
}

#endif
