#include "row_sum_cache.h"

#include <string.h>

/* Sums are brought up to date when at most this share of the columns has moved (1 in so many): both ways of
 * the change are summed, and the dissimilarities are gathered one by one. */
enum { PAYS = 3 };

static const uint64_t INVALID = UINT64_MAX;

static void *take_zeroed(mds_workspace *workspace, size_t count, size_t size)
{
    void *taken = mds_workspace_take(workspace, count, size);
    return taken ? memset(taken, 0, count * size) : NULL;
}

void mds_row_sum_cache_lay_out(mds_row_sum_cache *cache, size_t n, size_t p, mds_workspace *workspace)
{
    /* Twice what is looked back at, so that dropping entries is rare; a vector more, since kernels load past
     * the last column. */
    size_t count = 2 * p + 1, capacity = (2 * (n / PAYS) / MDS_STRIDE + 4) * MDS_STRIDE;
    *cache = (mds_row_sum_cache){.n = n, .p = p, .count = count, .capacity = capacity};
    cache->sums = mds_workspace_take(workspace, n, count * sizeof(double));
    cache->error_bounds = mds_workspace_take(workspace, n, sizeof(double));
    cache->valid_at = mds_workspace_take(workspace, n, sizeof(uint64_t));
    cache->from = take_zeroed(workspace, capacity, p * sizeof(double));
    cache->to = take_zeroed(workspace, capacity, p * sizeof(double));
    cache->moved = mds_workspace_take(workspace, capacity, sizeof(size_t));
    cache->delta = take_zeroed(workspace, capacity, sizeof(double));
    cache->weights = take_zeroed(workspace, capacity, sizeof(double));
    if (cache->valid_at) mds_row_sum_cache_invalidate(cache);
}

void mds_row_sum_cache_invalidate(mds_row_sum_cache *cache)
{
    for (size_t i = 0; i < cache->n; i++) cache->valid_at[i] = INVALID;
}

void mds_row_sum_cache_store(mds_row_sum_cache *cache, size_t i, const double *sums, double error_bound)
{
    memcpy(cache->sums + i * cache->count, sums, cache->count * sizeof *sums);
    cache->error_bounds[i] = error_bound;
    cache->valid_at[i] = cache->first + cache->used;
}

/* Drop the older half of the log. */
static void drop_half(mds_row_sum_cache *cache)
{
    size_t drop = cache->used / 2, kept = cache->used - drop;
    memmove(cache->moved, cache->moved + drop, kept * sizeof *cache->moved);
    for (size_t k = 0; k < cache->p; k++) {
        double *from = cache->from + k * cache->capacity, *to = cache->to + k * cache->capacity;
        memmove(from, from + drop, kept * sizeof *from);
        memmove(to, to + drop, kept * sizeof *to);
    }
    cache->first += drop;
    cache->used = kept;
}

void mds_row_sum_cache_move(mds_row_sum_cache *cache, size_t i, const double *at, size_t k, double value)
{
    if (cache->used + MDS_STRIDE >= cache->capacity) drop_half(cache);
    size_t entry = cache->used++;
    cache->moved[entry] = i;
    for (size_t c = 0; c < cache->p; c++) {
        cache->from[c * cache->capacity + entry] = at[c];
        cache->to[c * cache->capacity + entry] = c == k ? value : at[c];
    }
    cache->valid_at[i] = INVALID;
}

bool mds_row_sum_cache_lookup(mds_row_sum_cache *cache, size_t i, const mds_pattern_row *row,
                              mds_row_change *change, double *sums)
{
    uint64_t valid_at = cache->valid_at[i];
    if (valid_at == INVALID || valid_at < cache->first) return false;
    size_t begin = (size_t)(valid_at - cache->first), columns = cache->used - begin;
    if (columns > cache->n / PAYS) return false;
    const size_t *moved = cache->moved + begin;
    for (size_t e = 0; e < columns; e++) cache->delta[e] = row->delta[moved[e]];
    if (row->weights)
        for (size_t e = 0; e < columns; e++) cache->weights[e] = row->weights[moved[e]];
    change->before = *row;
    change->before.stride = cache->capacity;
    change->before.delta = cache->delta;
    change->before.weights = row->weights ? cache->weights : NULL;
    change->after = change->before;
    change->before.x = cache->from + begin;
    change->after.x = cache->to + begin;
    change->columns = columns;
    change->error_bound = cache->error_bounds[i];
    memcpy(sums, cache->sums + i * cache->count, cache->count * sizeof *sums);
    return true;
}
