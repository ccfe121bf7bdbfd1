/*
 * stability.h - what maps of one set of objects that differ a little have in common.
 */
#ifndef MDS_STABILITY_H
#define MDS_STABILITY_H

#include "mdscale.h"
#include "status.h"

/*
 * `maps`: count configurations of n x p, one behind the other. They are turned and moved onto their average,
 * in turn until it changes no more (Gower, "Generalized Procrustes analysis", Psychometrika 40, 1975), and
 * the average onto x; map b has no object missing[b] (n: it has all), and its place for that one is the
 * average's. Fills the measures of `result` and covariances (n x p x p) about the average; NULL: none.
 */
FS_CHECK fs_status mds_stability_of(const double *x, size_t n, size_t p, double *maps, size_t count,
                                    const size_t *missing, double *covariances, mds_stability *result,
                                    fs_error *error);

/* Mean, deviation and the middle 95 % of `count` numbers, which are sorted on the way. */
void mds_stability_stress(double *stress, size_t count, mds_stability *result);

/* Copies the n x p configuration x (leading dimension ldx) to `to` and moves its mean to 0. */
void mds_centred_copy(const double *x, size_t n, size_t p, size_t ldx, double *to);

#endif
