/*
 * monotone_spline.h - rising splines, nearest to given numbers.
 *
 * A spline is sum_k c_k I_k with c_k >= 0, where I_k is the sum of the B-splines from number k on (I-splines:
 * Ramsay, "Monotone regression splines in action", Statistical Science 3, 1988; I_0 is the constant 1), so it
 * rises and is nowhere negative. Degree 1 without knots is the straight line.
 */
#ifndef MDS_MONOTONE_SPLINE_H
#define MDS_MONOTONE_SPLINE_H

#include <stddef.h>

enum {
    MDS_SPLINE_DEGREE = 5,
    MDS_SPLINE_KNOTS = 20,
    MDS_SPLINE_SIZE = MDS_SPLINE_DEGREE + MDS_SPLINE_KNOTS + 1
};

typedef struct mds_spline {
    unsigned degree, size;                                 /* coefficients: degree + interior knots + 1 */
    double knots[MDS_SPLINE_SIZE + MDS_SPLINE_DEGREE + 1]; /* with those at the ends, each degree + 1 times */
    double gram[MDS_SPLINE_SIZE][MDS_SPLINE_SIZE];         /* sum weight I_k I_l over the points */
    double coefficients[MDS_SPLINE_SIZE];                  /* of the B-splines; rising */
} mds_spline;

/* For points x[0] < x[1] < ...: interior knots at their quantiles by weight; fewer where points are few. */
void mds_spline_init(mds_spline *spline, unsigned degree, unsigned knots, const double *x,
                     const double *weight, size_t count);

/* Fit values at x[g] (the points of mds_spline_init), given their sums over the weights of each. Returns sum
 * weight f^2. O(count degree). */
double mds_spline_fit(mds_spline *spline, const double *x, const double *sums, size_t count);

double mds_spline_at(const mds_spline *spline, double x);

#endif
