/*
 * levels.h - scale levels as callers ask for them, and disparities of their maps.
 */
#ifndef MDS_LEVELS_H
#define MDS_LEVELS_H

#include "problem_statistics.h"
#include "transform.h"

/* Check what a caller has asked for and put defaults in place of zeros. (settings->squares stays 0.) */
FS_CHECK fs_status mds_level_settings(mds_level level, mds_ties ties, unsigned degree, unsigned knots,
                                      mds_transform_settings *settings, fs_error *error);

/* Disparities of a problem with numbers of any magnitude. */
typedef struct mds_level_work {
    mds_problem scaled;
    double *delta, *weights, *x; /* scaled copies, NULL where nothing had to be scaled; the map */
    size_t stride, p;
    mds_transform *transform;
} mds_level_work;

/* For maps of p dimensions. The problem has been checked; it and the pool stay while the work lives.
 * settings->squares is of the scaled problem. On failure there is nothing to be freed. */
FS_CHECK fs_status mds_level_work_create(const mds_problem *problem, const mds_problem_statistics *statistics,
                                         const mds_transform_settings *settings, size_t p,
                                         const mds_kernels *kernels, mds_thread_pool *pool,
                                         mds_level_work *work, fs_error *error);
void mds_level_work_destroy(mds_level_work *work);

/* The disparities of the map, times 2^exponent, in work->transform->disparities, both halves. Returns the
 * exponent by which the map was scaled. */
int mds_level_work_follow(mds_level_work *work, const double *x, size_t ldx, double largest);

/* 0, or the few places (at most p + 1) in which all points of the map lie, though some objects of one place
 * are not alike: what becomes of a level that asks for little and data that hold little. */
size_t mds_heaps(const mds_problem *problem, const double *x, size_t p, size_t stride);

#endif
