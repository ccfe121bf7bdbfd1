/*
 * transform.h - disparities: what the dissimilarities become at a scale level, for the distances of a
 * configuration.
 *
 * Of all numbers that a level allows (a rising line, the same order, ...) the disparities are the ones
 * nearest to the distances: d^ = argmin sum w (d^ - d)^2. They are then scaled so that sum w d^^2 stays what
 * it was for the dissimilarities. For the loss as a function of the configuration alone,
 *
 *     L(x) = min over d^ of sum w (d^ - d(x))^2,    sum w d^^2 = s,
 *
 * that has two consequences, because what a level allows is a cone. The gradient of L is that of the loss
 * with these disparities held fixed. And at the best scale of x, L / s is the square of Kruskal's stress-1
 * ("Multi- dimensional scaling by optimizing goodness of fit to a nonmetric hypothesis", Psychometrika 29,
 * 1964). So a method that asks for new disparities wherever it computes the loss or its gradient minimises
 * stress-1, and needs to know nothing else of levels.
 */
#ifndef MDS_TRANSFORM_H
#define MDS_TRANSFORM_H

#include "kernels.h"
#include "monotone_spline.h"
#include "pair_order.h"

enum { MDS_TRANSFORM_SLICES = 16 };

/* What the disparity of a pair is, by its group g and its distance d. */
enum mds_lookup {
    MDS_LOOKUP_VALUE, /* low[g] */
    MDS_LOOKUP_SHIFT, /* d + low[g]: tertiary ties */
    MDS_LOOKUP_BOUNDS /* d, but at least low[g] and at most high[g]: primary ties */
};

typedef struct mds_transform_settings {
    mds_level level; /* not ratio */
    mds_ties ties;
    unsigned degree, knots; /* of the spline */
    double squares;         /* s; 0: disparities as large as the distances */
    size_t p;               /* of the configurations that are followed */
} mds_transform_settings;

typedef struct mds_transform {
    mds_transform_settings settings;
    const mds_problem *problem; /* dissimilarities near 1 (scale.h), and weights */
    const mds_kernels *kernels;
    mds_thread_pool *pool;
    mds_pair_order order;
    double *disparities; /* n x n; at first the dissimilarities; NaN for pairs that do not count */

    /* May be changed between calls of mds_transform_follow. */
    bool held; /* the disparities stay as they are */
    bool
        coarse; /* at most 2^15 groups: a step function of the dissimilarities, found several times as fast */

    /* Found by the last call. */
    double largest;                 /* disparity */
    double intercept, slope, power; /* of the levels that have them; those of interval are of d^ as scaled */
    double power_from;              /* what the search for the power began at: the one before */

    /* Sums over slices of rows, so that they do not depend on threads. */
    size_t rows[MDS_TRANSFORM_SLICES + 1];
    size_t slices;
    double *sums;       /* for each slice: of w d, by group */
    double *low, *high; /* by group (enum mds_lookup) */
    uint32_t *next;     /* primary ties, for each slice and group: where the slice's next record goes */
    uint32_t *length;   /* for mds_isotonic */
    mds_spline spline[2];
    double *logarithms[2]; /* of the values of the groups, exact and coarse */
    double square[MDS_TRANSFORM_SLICES], most[MDS_TRANSFORM_SLICES]; /* sum w d^2, largest disparity */

    double *followed; /* the configuration that disparities follow, */
    bool follows;     /* if they do, */
    bool coarsely;    /* and how: for the same one again there is nothing to do */

    /* During a call. */
    const double *x;
    size_t p, stride;
    const mds_groups *groups;
    enum mds_lookup lookup;
    double factor;
} mds_transform;

/* The problem must stay while the transform lives, and its numbers be near 1 (scale.h). FS_DATA: all
 * dissimilarities are the same. Memory: n^2 doubles and n^2 / 2 uint32 (with weights, for ties that are
 * ordered by distance, twice that), and at most 2^23 numbers a few times. Cost: the sort of pair_order.h. */
FS_CHECK fs_status mds_transform_create(const mds_problem *problem, const mds_transform_settings *settings,
                                        const mds_kernels *kernels, mds_thread_pool *pool,
                                        mds_transform **transform, fs_error *error);
void mds_transform_destroy(mds_transform *transform); /* NULL is legal */

/* Bring the disparities i < j up to date with the configuration x (n x p, laid out as in job.h); where all
 * its points are in one place they stay. `stride` is n rounded up to MDS_STRIDE. The same bits at any number
 * of threads and level of instructions. Two passes over the pairs (ties ordered by distance: and a sort of
 * them). */
void mds_transform_follow(mds_transform *transform, const double *x);

/* Whether a descent is quicker for beginning in coarse mode. */
bool mds_transform_pays_coarse(const mds_transform *transform);

/* Back to the dissimilarities themselves. */
void mds_transform_reset(mds_transform *transform);

/* Copy disparities i < j to j, i. */
void mds_transform_mirror(mds_transform *transform);

/* ---- transform_rows.c: passes over the pairs of a slice ---- */

mds_task mds_transform_sum_slice, mds_transform_deal_slice, mds_transform_fill_slice;

#endif
