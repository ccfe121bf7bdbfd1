#include "sparse_rows.h"

#include "memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 14 /* numbers in a block, about: some 50 microseconds of a pass */ };

void mds_sparse_rows_destroy(mds_sparse_rows *rows)
{
    if (!rows) return;
    fs_free(rows->begin);
    fs_free(rows->column);
    fs_free(rows->delta);
    fs_free(rows->weight);
    fs_free(rows->first);
    fs_free(rows);
}

size_t mds_sparse_count(const mds_sparse_rows *rows)
{
    return rows->begin[rows->n] / 2;
}

/* ---- rows ---- */

struct item {
    uint32_t column;
    double delta, weight;
};

static int by_column(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return x->column < y->column ? -1 : x->column > y->column;
}

static bool in_order(const mds_sparse_rows *rows, size_t i)
{
    for (size_t e = rows->begin[i] + 1; e < rows->begin[i + 1]; e++)
        if (rows->column[e] < rows->column[e - 1]) return false;
    return true;
}

/* `items`: room for the longest row. */
static void sort_row(mds_sparse_rows *rows, size_t i, struct item *items)
{
    size_t begin = rows->begin[i], count = rows->begin[i + 1] - begin;
    for (size_t e = 0; e < count; e++)
        items[e] = (struct item){rows->column[begin + e], rows->delta[begin + e],
                                 rows->weight ? rows->weight[begin + e] : 1};
    qsort(items, count, sizeof *items, by_column);
    for (size_t e = 0; e < count; e++) {
        rows->column[begin + e] = items[e].column;
        rows->delta[begin + e] = items[e].delta;
        if (rows->weight) rows->weight[begin + e] = items[e].weight;
    }
}

static fs_status sort_rows(mds_sparse_rows *rows, fs_error *error)
{
    size_t longest = 0;
    for (size_t i = 0; i < rows->n; i++)
        if (!in_order(rows, i) && rows->begin[i + 1] - rows->begin[i] > longest)
            longest = rows->begin[i + 1] - rows->begin[i];
    if (longest == 0) return FS_OK;
    struct item *items = fs_alloc(longest, sizeof *items);
    if (!items) return fs_fail_memory(error, "ordering the pairs", longest * sizeof *items);
    for (size_t i = 0; i < rows->n; i++)
        if (!in_order(rows, i)) sort_row(rows, i, items);
    fs_free(items);
    return FS_OK;
}

/* Where each object's numbers begin; begin[i + 1] is then moved on while they are filled in, so that it ends
 * as the beginning of the next. */
static void fill_rows(mds_sparse_rows *rows, const mds_pair *pairs, size_t count)
{
    size_t n = rows->n, *begin = rows->begin;
    for (size_t k = 0; k < count; k++) begin[pairs[k].i + 2]++, begin[pairs[k].j + 2]++;
    for (size_t i = 2; i < n + 2; i++) begin[i] += begin[i - 1];
    for (size_t k = 0; k < count; k++) {
        const size_t ends[] = {pairs[k].i, pairs[k].j};
        for (size_t e = 0; e < 2; e++) {
            size_t at = begin[ends[e] + 1]++;
            rows->column[at] = (uint32_t)ends[1 - e];
            rows->delta[at] = pairs[k].delta;
            if (rows->weight) rows->weight[at] = pairs[k].weight > 0 ? pairs[k].weight : 1;
        }
    }
}

/* By the numbers of pairs alone, so that sums by block do not depend on threads. */
static fs_status cut_blocks(mds_sparse_rows *rows, fs_error *error)
{
    size_t n = rows->n, most = rows->begin[n] / BLOCK + n / BLOCK + 3;
    rows->first = fs_alloc(most, sizeof *rows->first);
    if (!rows->first) return fs_fail_memory(error, "ordering the pairs", 0);
    rows->first[0] = 0;
    for (size_t i = 0; i < n; i++) {
        size_t from = rows->first[rows->blocks];
        if (rows->begin[i + 1] - rows->begin[from] + (i + 1 - from) >= BLOCK || i + 1 == n)
            rows->first[++rows->blocks] = i + 1;
    }
    return FS_OK;
}

fs_status mds_sparse_rows_create(const mds_pair *pairs, size_t count, size_t n, bool weighted,
                                 mds_sparse_rows **out, fs_error *error)
{
    mds_sparse_rows *rows = *out = fs_alloc_0(1, sizeof *rows);
    size_t numbers = 0;
    if (rows && fs_size_mul(count, 2, &numbers)) {
        rows->n = n;
        rows->begin = fs_alloc_0(n + 2, sizeof *rows->begin);
        rows->column = fs_alloc(numbers, sizeof *rows->column);
        rows->delta = fs_alloc(numbers, sizeof *rows->delta);
        if (weighted) rows->weight = fs_alloc(numbers, sizeof *rows->weight);
    }
    fs_status status = FS_OK;
    if (!rows || !rows->begin || !rows->column || !rows->delta || (weighted && !rows->weight))
        status = fs_fail_memory(error, "ordering the pairs", numbers * (weighted ? 20 : 12));
    if (!status) {
        fill_rows(rows, pairs, count);
        status = sort_rows(rows, error);
    }
    if (!status) status = cut_blocks(rows, error);
    if (!status) return FS_OK;
    mds_sparse_rows_destroy(rows);
    *out = NULL;
    return status;
}

mds_sparse_rows mds_sparse_rows_sizes(size_t n, size_t count)
{
    return (mds_sparse_rows){.n = n, .blocks = count / BLOCK * 2 + n / BLOCK + 1};
}

/* ---- the graph ---- */

size_t mds_sparse_reach(const mds_sparse_rows *rows, uint32_t from, uint32_t *queue, uint32_t *hops)
{
    size_t count = 1;
    memset(hops, 0xff, rows->n * sizeof *hops);
    queue[0] = from;
    hops[from] = 0;
    for (size_t at = 0; at < count; at++) {
        uint32_t i = queue[at];
        for (size_t e = rows->begin[i]; e < rows->begin[i + 1]; e++) {
            uint32_t j = rows->column[e];
            if (hops[j] != UINT32_MAX) continue;
            hops[j] = hops[i] + 1;
            queue[count++] = j;
        }
    }
    return count;
}

static void put(mds_sparse_heap *h, size_t at, uint32_t item)
{
    h->items[at] = item;
    h->place[item] = (uint32_t)at;
}

static void rise(mds_sparse_heap *h, uint32_t item)
{
    size_t at = h->place[item] ? h->place[item] : ++h->count;
    for (; at > 1 && h->distance[item] < h->distance[h->items[at / 2]]; at /= 2) put(h, at, h->items[at / 2]);
    put(h, at, item);
}

static uint32_t take_nearest(mds_sparse_heap *h)
{
    uint32_t nearest = h->items[1], last = h->items[h->count--];
    size_t at = 1;
    for (size_t child = 2; child <= h->count; at = child, child *= 2) {
        if (child < h->count && h->distance[h->items[child + 1]] < h->distance[h->items[child]]) child++;
        if (!(h->distance[h->items[child]] < h->distance[last])) break;
        put(h, at, h->items[child]);
    }
    if (h->count) put(h, at, last);
    h->place[nearest] = 0;
    return nearest;
}

void mds_sparse_paths(const mds_sparse_rows *rows, mds_sparse_heap *heap, size_t from, double *distance)
{
    for (size_t i = 0; i < rows->n; i++) distance[i] = HUGE_VAL;
    memset(heap->place, 0, rows->n * sizeof *heap->place);
    distance[from] = 0;
    heap->distance = distance;
    heap->count = 0;
    rise(heap, (uint32_t)from);
    while (heap->count) {
        size_t i = take_nearest(heap);
        for (size_t e = rows->begin[i]; e < rows->begin[i + 1]; e++) {
            uint32_t j = rows->column[e];
            double path = distance[i] + rows->delta[e];
            if (!(path < distance[j])) continue;
            distance[j] = path;
            rise(heap, j);
        }
    }
}
