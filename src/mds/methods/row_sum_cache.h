/*
 * row_sum_cache.h - the row errors that pattern search has summed, kept until their points are tried again.
 *
 * Trying a point sums its row error at 2p + 1 positions over all n columns. Where only m points have moved
 * since, and the radius is the same, the sums change in m columns only: take off what those columns gave
 * before, add what they give now. That is 2m columns in place of n, and it takes the same decisions: the
 * bound on the rounding error grows with every such change and is stored with the sums. At the larger radii,
 * where most epochs are spent, few points move.
 *
 * Where points are tried in their natural order, the sums of a tile of MDS_ROW_TILE points stand side by
 * side, and a change kernel corrects all of them at once: what one moved point is to the points of a tile
 * lies in one cache line of its own row of the matrix. In another order each point is corrected on its own.
 *
 * Memory: n (2p + 3) doubles.
 */
#ifndef MDS_ROW_SUM_CACHE_H
#define MDS_ROW_SUM_CACHE_H

#include "kernels.h"
#include "workspace.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct mds_row_sum_cache {
    size_t count;   /* sums of a point */
    unsigned shift; /* 2^shift points are corrected together, a unit: MDS_ROW_TILE or 1 */
    size_t units;
    double *sums;         /* of point l of unit u at try t: [((u * count + t) << shift) + l] */
    double *error_bounds; /* n */
    double *most;         /* n: no sum of the point is larger */
    uint64_t *right_at;   /* units: how many moves there had been when its sums were right */
    unsigned char *valid; /* units: bit l: the sums of point l are there */
} mds_row_sum_cache;

/* The cache's arrays, for units of 2^shift points. With a block (workspace.h) the cache is empty and ready
 * afterwards. */
void mds_row_sum_cache_lay_out(mds_row_sum_cache *cache, size_t n, size_t p, unsigned shift,
                               mds_workspace *workspace);

/* The radius has changed: no stored sum holds any longer. O(n). */
void mds_row_sum_cache_invalidate(mds_row_sum_cache *cache);

static inline unsigned mds_row_sum_cache_bit(const mds_row_sum_cache *cache, size_t i)
{
    return 1u << (i & ((1u << cache->shift) - 1));
}

static inline bool mds_row_sum_cache_has(const mds_row_sum_cache *cache, size_t i)
{
    return cache->valid[i >> cache->shift] & mds_row_sum_cache_bit(cache, i);
}

/* The sums of point i: try t at [t << shift]. Those of a unit begin with the first of its points. */
static inline double *mds_row_sum_cache_of(const mds_row_sum_cache *cache, size_t i)
{
    size_t unit = i >> cache->shift;
    return cache->sums + (unit * cache->count << cache->shift) + (i - (unit << cache->shift));
}

/* The sums of point i are known, as of the time of its unit: written to what is returned, as above. */
static inline double *mds_row_sum_cache_keep(mds_row_sum_cache *cache, size_t i, double error_bound,
                                             double most)
{
    cache->error_bounds[i] = error_bound;
    cache->most[i] = most;
    cache->valid[i >> cache->shift] |= (unsigned char)mds_row_sum_cache_bit(cache, i);
    return mds_row_sum_cache_of(cache, i);
}

/* Point i has moved: its row error is another one. */
static inline void mds_row_sum_cache_drop(mds_row_sum_cache *cache, size_t i)
{
    cache->valid[i >> cache->shift] &= (unsigned char)~mds_row_sum_cache_bit(cache, i);
}

#endif
