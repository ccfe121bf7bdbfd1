#include "row_sum_cache.h"

#include <string.h>

void mds_row_sum_cache_lay_out(mds_row_sum_cache *cache, size_t n, size_t p, unsigned shift,
                               mds_workspace *workspace)
{
    size_t count = 2 * p + 1, units = (n >> shift) + 1, points = units << shift;
    *cache = (mds_row_sum_cache){.count = count, .shift = shift, .units = units};
    cache->sums = mds_workspace_take(workspace, points, count * sizeof(double));
    cache->error_bounds = mds_workspace_take(workspace, points, sizeof(double));
    cache->most = mds_workspace_take(workspace, points, sizeof(double));
    cache->right_at = mds_workspace_take(workspace, units, sizeof(uint64_t));
    cache->valid = mds_workspace_take(workspace, units, 1);
    if (!cache->sums) return;
    /* Sums that are not known are corrected along with the others of their unit, whatever they are. */
    memset(cache->sums, 0, points * count * sizeof *cache->sums);
    memset(cache->error_bounds, 0, points * sizeof *cache->error_bounds);
    memset(cache->most, 0, points * sizeof *cache->most);
    memset(cache->right_at, 0, units * sizeof *cache->right_at);
    mds_row_sum_cache_invalidate(cache);
}

void mds_row_sum_cache_invalidate(mds_row_sum_cache *cache)
{
    memset(cache->valid, 0, cache->units);
}
