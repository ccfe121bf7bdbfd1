/*
 * small_sets.h - the small dissimilarity matrices that the best maps known are recorded for: those of data/
 * and the published ones.
 */
#ifndef SMALL_SETS_H
#define SMALL_SETS_H

#include "mdscale.h"

enum { SMALL_SET_MOST = 64 }; /* objects */

typedef struct small_set {
    const char *name;
    double best; /* the least stress-1 known in two dimensions */
    mds_problem problem;
    double delta[SMALL_SET_MOST * SMALL_SET_MOST];
} small_set;

size_t small_sets_count(void);

/* Set number `index`; false, and a word on the error output, when it cannot be read. */
bool small_set_load(size_t index, small_set *set);

#endif
