/*
 * vector_sums.h - sums over configurations, in one order at every level and number of threads.
 */
#ifndef MDS_VECTOR_SUMS_H
#define MDS_VECTOR_SUMS_H

#include <stddef.h>

/* In eight sums, so that they run side by side; count is a multiple of 8. */
static inline double mds_dot(const double *a, const double *b, size_t count)
{
    double sum[8] = {0};
    for (size_t c = 0; c < count; c += 8)
        for (size_t l = 0; l < 8; l++) sum[l] += a[c + l] * b[c + l];
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

/* to += factor * from */
static inline void mds_add_multiple(double *restrict to, double factor, const double *restrict from,
                                    size_t count)
{
    for (size_t c = 0; c < count; c++) to[c] += factor * from[c];
}

#endif
