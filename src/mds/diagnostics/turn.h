/*
 * turn.h - one configuration turned onto another of the same objects.
 */
#ifndef MDS_TURN_H
#define MDS_TURN_H

#include "orthogonal_fit.h"

#include <stdbool.h>
#include <stddef.h>

/* Doubles of work for p dimensions. */
#define MDS_TURN_WORK(p) ((size_t)(p) * (2 * (size_t)(p) + 3) + MDS_ORTHOGONAL_FIT_WORK(p))

/*
 * Move the n x p configuration x by a rotation or reflection and a shift so that the sum of squared distances
 * between its points and those of `reference` (n x p) is the least; with `sized` it is also made larger or
 * smaller. Point `without` (n: none) does not count, and moves with the others. Returns the share of the
 * reference's squares (about its mean) that is left: with `sized`, 1 - R^2. (Schoenemann, "A generalized
 * solution of the orthogonal Procrustes problem", Psychometrika 31, 1966; Schoenemann and Carroll 1970.)
 * Cost: n p^2 + p^3.
 */
double mds_turn(const double *reference, double *x, size_t n, size_t p, size_t without, bool sized,
                double *work);

#endif
