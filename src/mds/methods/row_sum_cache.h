/*
 * row_sum_cache.h - the row errors that pattern search has summed, kept up to date with the points that move.
 *
 * Trying a point sums its row error at 2p + 1 positions over all n columns. Where only m points have moved
 * since it was last tried, and the radius is the same, the sums change in m columns only: take off what those
 * columns gave before, add what they give now. That is 2m columns in place of n, and it takes the same
 * decisions: the bound on the rounding error grows with every such change and is stored with the sums. At the
 * larger radii, where most epochs are spent, few points move.
 *
 * Memory: n (2p + 3) doubles for the sums, and a log of the last n moves or so.
 */
#ifndef MDS_ROW_SUM_CACHE_H
#define MDS_ROW_SUM_CACHE_H

#include "kernels.h"
#include "workspace.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct mds_row_sum_cache {
    size_t n, p, count;
    double *sums;         /* n * count */
    double *error_bounds; /* n */
    uint64_t
        *valid_at; /* n: how many moves there had been when the sums were right, or UINT64_MAX: not valid */

    /* The log of moves: entry e is move `first + e` of all. Coordinates are structures of arrays. */
    uint64_t first;
    size_t used, capacity;
    size_t *moved;           /* which point */
    double *from, *to;       /* p * capacity */
    double *delta, *weights; /* capacity: gathered for the point at hand */
} mds_row_sum_cache;

/* The cache's arrays. With a block (workspace.h) the cache is empty and ready afterwards. */
void mds_row_sum_cache_lay_out(mds_row_sum_cache *cache, size_t n, size_t p, mds_workspace *workspace);

/* The radius has changed: no stored sum holds any longer. O(n). */
void mds_row_sum_cache_invalidate(mds_row_sum_cache *cache);

/* Point i has been tried where it is: its 2p + 1 sums, each within `error_bound` of the truth. */
void mds_row_sum_cache_store(mds_row_sum_cache *cache, size_t i, const double *sums, double error_bound);

/* Point i moves, in coordinate k, to `value`; `at` is where it was. */
void mds_row_sum_cache_move(mds_row_sum_cache *cache, size_t i, const double *at, size_t k, double value);

/* The columns that have moved since the sums of a point were stored. */
typedef struct mds_row_change {
    mds_pattern_row before, after; /* rows of `columns` columns for a pattern kernel */
    size_t columns;
    double error_bound; /* of the stored sums */
} mds_row_change;

/* Whether it pays to bring the stored sums of point i up to date rather than sum them anew. If so, *change
 * holds the columns, and `sums` the sums as they were stored. `row` is the point's row. */
bool mds_row_sum_cache_lookup(mds_row_sum_cache *cache, size_t i, const mds_pattern_row *row,
                              mds_row_change *change, double *sums);

#endif
