/*
 * power_curve.h - the power of given numbers that is nearest to others.
 */
#ifndef MDS_POWER_CURVE_H
#define MDS_POWER_CURVE_H

#include <stddef.h>

enum { MDS_POWER_MOST = 16 };

/* Find c and b, 0 <= b <= 16, for which c x^b has the least sum of weight (y - c x^b)^2, given sums[g], those
 * of weight y, at logarithms[g] = log x[g] (-infinity where x is 0, and c x^b too). Newton's method from
 * *power on; a maximum of the correlation near by. Returns c; O(count) exponentials a step. */
double mds_power_fit(const double *logarithms, const double *weight, const double *sums, size_t count,
                     double *power);

#endif
