/*
 * pair_facts.h - what the pairs of a map tell: how well each is shown, and numbers that sum that up.
 */
#ifndef MDS_PAIR_FACTS_H
#define MDS_PAIR_FACTS_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/* A map and the data it shows. */
typedef struct mds_pairs {
    size_t n, p;
    const double *x;           /* n x p */
    const double *delta;       /* n x n; NaN: missing */
    const double *weights;     /* n x n, or NULL; 0: missing */
    const double *disparities; /* n x n: what the distances are to be; NULL: the dissimilarities */
} mds_pairs;

bool mds_pair_counts(const mds_pairs *pairs, size_t i, size_t j);
double mds_pair_distance(const mds_pairs *pairs, size_t i, size_t j);
double mds_pair_disparity(const mds_pairs *pairs, size_t i, size_t j);

typedef struct mds_pair_residual {
    size_t i, j;
    double delta, disparity, distance, residual; /* disparity - distance: > 0: the map has them too near */
} mds_pair_residual;

enum { MDS_WORST_PAIRS = 20, MDS_WORST_PARTNERS = 5 };

typedef struct mds_pair_facts {
    size_t pairs;
    double largest_delta, largest_distance; /* the latter also of disparities */
    double smallest_delta;
    double largest_residual;   /* in size */
    double residual_deviation; /* root mean square */
    double stress2;     /* sqrt(sum w (disparity - d)^2 / sum w (d - mean d)^2) (Kruskal and Carroll 1969) */
    double accounted;   /* dispersion accounted for: 1 - sum w (disparity - d)^2 / sum w disparity^2 */
    double congruence;  /* Tucker's, of disparities and distances */
    double correlation; /* Pearson's, of disparities and distances */
    mds_pair_residual worst[MDS_WORST_PAIRS]; /* the largest in size first */
    size_t worst_count;
    size_t *partners; /* n x MDS_WORST_PARTNERS: with whom each object fits worst; n where there are fewer */
} mds_pair_facts;

/* Cost: a pass over the pairs. Errors: FS_MEMORY. Free with mds_pair_facts_fini. */
FS_CHECK fs_status mds_pair_facts_init(mds_pair_facts *facts, const mds_pairs *pairs, fs_error *error);
void mds_pair_facts_fini(mds_pair_facts *facts);

#endif
