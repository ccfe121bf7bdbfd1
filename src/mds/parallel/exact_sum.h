/*
 * exact_sum.h - a sum that carries its rounding errors along (Neumaier 1974).
 *
 * Added in one fixed order, the numbers give the same bits on every processor and at any number of threads,
 * and the result is that of about twice the precision.
 */
#ifndef MDS_EXACT_SUM_H
#define MDS_EXACT_SUM_H

#include <math.h>

typedef struct mds_exact_sum {
    double sum, lost;
} mds_exact_sum;

static inline void mds_exact_add(mds_exact_sum *to, double value)
{
    double sum = to->sum + value;
    to->lost += fabs(to->sum) >= fabs(value) ? (to->sum - sum) + value : (value - sum) + to->sum;
    to->sum = sum;
}

static inline double mds_exact_value(const mds_exact_sum *of)
{
    return of->sum + of->lost;
}

#endif
