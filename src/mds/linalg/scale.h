/*
 * scale.h - numbers of any magnitude, brought near 1 by a power of two.
 *
 * Methods square what they are given and multiply it by weights, which overflows above 1e154 and vanishes
 * below 1e-154. So whoever calls a method hands it numbers near 1, and scales the answer back. A power of two
 * changes no digit: the answer for data 2^k times as large is 2^k times as large, bit by bit. Ordinary
 * numbers are left as they are, and nothing is copied.
 */
#ifndef MDS_SCALE_H
#define MDS_SCALE_H

#include "status.h"

#include <stddef.h>

/* Accepted at all. Room is left above for sums of a few, and below for the digits of differences. */
#define MDS_LARGEST  1e300
#define MDS_SMALLEST 1e-290

/* How many times (as a power of two) a starting point or a radius may exceed the largest dissimilarity, and
 * the largest weight a smaller one, so that no square or product of scaled numbers leaves the range. */
enum { MDS_SPREAD_LENGTHS = 300, MDS_SPREAD_WEIGHTS = 600 };

/* The exponent e for numbers up to `largest` in size, which MDS_LARGEST and MDS_SMALLEST bound: 0 if they are
 * ordinary (or all 0), else such that largest * 2^-e is in [0.5, 1). */
int mds_exponent(double largest);

/* to[i] = from[i] * 2^-exponent; `to` may be `from`. */
void mds_scale(const double *from, size_t count, int exponent, double *to);

/* The same for a matrix, into a new one without gaps: *copy, to be freed with fs_free. */
FS_CHECK fs_status mds_scale_matrix(const double *from, size_t rows, size_t columns, size_t ld, int exponent,
                                    double **copy, fs_error *error);

#endif
