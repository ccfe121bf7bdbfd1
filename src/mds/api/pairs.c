/* Sparse pairs as a matrix: as they are, or with the shortest ways along them for the others. */
#include "problem_open.h"

#include "memory.h"
#include "scale.h"

#include <math.h>

/* ---- the pairs ---- */

static fs_status check_pair(const mds_problem *p, size_t k, fs_error *error)
{
    const mds_pair *pair = &p->pairs[k];
    if (pair->i >= p->n || pair->j >= p->n)
        return fs_fail(error, FS_DATA, "pair %zu: there is no object %zu among %zu (counted from 0)", k + 1,
                       pair->i >= p->n ? pair->i : pair->j, p->n);
    if (pair->i == pair->j)
        return fs_fail(error, FS_DATA, "pair %zu is of object %zu and itself", k + 1, pair->i);
    if (!(pair->delta >= 0 && pair->delta <= MDS_LARGEST))
        return fs_fail(error, FS_DATA, "pair %zu (of objects %zu and %zu): the dissimilarity is %g", k + 1,
                       pair->i, pair->j, pair->delta);
    if (!(pair->weight >= 0 && pair->weight <= MDS_LARGEST))
        return fs_fail(error, FS_DATA, "pair %zu (of objects %zu and %zu): the weight is %g", k + 1, pair->i,
                       pair->j, pair->weight);
    return FS_OK;
}

static bool any_weight(const mds_problem *p)
{
    for (size_t k = 0; k < p->pair_count; k++)
        if (p->pairs[k].weight != 0 && p->pairs[k].weight != 1) return true;
    return false;
}

static fs_status set_pairs(const mds_problem *p, double *delta, double *weights, fs_error *error)
{
    size_t n = p->n;
    for (size_t i = 0; i < n * n; i++) delta[i] = NAN;
    for (size_t i = 0; i < n; i++) delta[i * n + i] = 0;
    for (size_t k = 0; k < p->pair_count; k++) {
        const mds_pair *pair = &p->pairs[k];
        fs_status status = check_pair(p, k, error);
        if (status) return status;
        double *cell = &delta[pair->i * n + pair->j];
        if (!isnan(*cell))
            return fs_fail(error, FS_DATA, "pair %zu: objects %zu and %zu have been named before", k + 1,
                           pair->i, pair->j);
        *cell = delta[pair->j * n + pair->i] = pair->delta;
        if (weights)
            weights[pair->i * n + pair->j] = weights[pair->j * n + pair->i] =
                pair->weight > 0 ? pair->weight : 1;
    }
    return FS_OK;
}

/* ---- parts ---- */

/* The objects that pairs join to object 0 are marked; returns how many there are. */
static size_t reach(const double *delta, size_t n, size_t *queue, bool *seen)
{
    size_t count = 1;
    queue[0] = 0;
    seen[0] = true;
    for (size_t at = 0; at < count; at++)
        for (size_t j = 0; j < n; j++)
            if (!seen[j] && !isnan(delta[queue[at] * n + j])) {
                seen[j] = true;
                queue[count++] = j;
            }
    return count;
}

static fs_status check_connected(const double *delta, size_t n, fs_error *error)
{
    size_t *queue = fs_alloc(n, sizeof *queue), other = 0;
    bool *seen = fs_alloc_0(n, sizeof *seen);
    size_t count = queue && seen ? reach(delta, n, queue, seen) : 0;
    while (count && other < n && seen[other]) other++;
    fs_free(queue);
    fs_free(seen);
    if (count == 0) return fs_fail_memory(error, "following the pairs", 0);
    if (count == n) return FS_OK;
    return fs_fail(
        error, FS_DATA,
        "no chain of pairs joins object %zu to object 0 (counted from 0), which %zu of %zu objects are "
        "joined to; fit the parts by themselves, or name more pairs",
        other, count, n);
}

/* ---- shortest ways ---- */

struct graph {
    size_t n, *begin; /* n + 1 */
    size_t *neighbour;
    double *length;
};

static fs_status make_graph(const mds_problem *p, struct graph *g, fs_error *error)
{
    size_t n = g->n = p->n;
    g->begin = fs_alloc_0(n + 2, sizeof *g->begin);
    g->neighbour = fs_alloc(2 * p->pair_count, sizeof *g->neighbour);
    g->length = fs_alloc(2 * p->pair_count, sizeof *g->length);
    if (!g->begin || !g->neighbour || !g->length) return fs_fail_memory(error, "following the pairs", 0);
    for (size_t k = 0; k < p->pair_count; k++) g->begin[p->pairs[k].i + 2]++, g->begin[p->pairs[k].j + 2]++;
    for (size_t i = 2; i < n + 2; i++) g->begin[i] += g->begin[i - 1];
    for (size_t k = 0; k < p->pair_count; k++) {
        const size_t ends[] = {p->pairs[k].i, p->pairs[k].j};
        for (size_t e = 0; e < 2; e++) {
            size_t at = g->begin[ends[e] + 1]++;
            g->neighbour[at] = ends[1 - e];
            g->length[at] = p->pairs[k].delta;
        }
    }
    return FS_OK;
}

/* A binary heap of objects by their distance, which knows where each stands (place 0: not in it). */
struct heap {
    size_t count, *items, *place;
    const double *distance;
};

static void put(struct heap *h, size_t at, size_t item)
{
    h->items[at] = item;
    h->place[item] = at;
}

static void rise(struct heap *h, size_t item)
{
    size_t at = h->place[item] ? h->place[item] : ++h->count;
    for (; at > 1 && h->distance[item] < h->distance[h->items[at / 2]]; at /= 2) put(h, at, h->items[at / 2]);
    put(h, at, item);
}

static size_t take_nearest(struct heap *h)
{
    size_t nearest = h->items[1], last = h->items[h->count--], at = 1;
    for (size_t child = 2; child <= h->count; at = child, child *= 2) {
        if (child < h->count && h->distance[h->items[child + 1]] < h->distance[h->items[child]]) child++;
        if (!(h->distance[h->items[child]] < h->distance[last])) break;
        put(h, at, h->items[child]);
    }
    if (h->count) put(h, at, last);
    h->place[nearest] = 0;
    return nearest;
}

/* Dijkstra's algorithm (Numer. Math. 1, 1959) from one object. */
static void find_ways(const struct graph *g, struct heap *h, size_t from, double *distance)
{
    for (size_t i = 0; i < g->n; i++) distance[i] = HUGE_VAL;
    distance[from] = 0;
    h->distance = distance;
    h->count = 0;
    rise(h, from);
    while (h->count) {
        size_t i = take_nearest(h);
        for (size_t e = g->begin[i]; e < g->begin[i + 1]; e++) {
            double way = distance[i] + g->length[e];
            if (!(way < distance[g->neighbour[e]])) continue;
            distance[g->neighbour[e]] = way;
            rise(h, g->neighbour[e]);
        }
    }
}

/* The two directions of a way may be added in different orders: one of them counts. */
static fs_status fill_ways(const mds_problem *p, double *delta, fs_error *error)
{
    struct graph g = {0};
    size_t n = p->n;
    struct heap h = {.items = fs_alloc(n + 1, sizeof *h.items), .place = fs_alloc_0(n, sizeof *h.place)};
    fs_status status =
        h.items && h.place ? make_graph(p, &g, error) : fs_fail_memory(error, "following the pairs", 0);
    for (size_t i = 0; i < n && !status; i++) find_ways(&g, &h, i, delta + i * n);
    for (size_t i = 0; i < n && !status; i++)
        for (size_t j = 0; j < i; j++) delta[i * n + j] = delta[j * n + i];
    fs_free(g.begin);
    fs_free(g.neighbour);
    fs_free(g.length);
    fs_free(h.items);
    fs_free(h.place);
    return status;
}

fs_status mds_pairs_fill(const mds_problem *p, double *delta, double **weights, fs_error *error)
{
    bool paths = p->completion == MDS_COMPLETION_PATHS;
    if (p->pair_count == 0) return fs_fail(error, FS_ARGUMENT, "there are no pairs (pair_count is 0)");
    if (paths && any_weight(p))
        return fs_fail(error, FS_UNSUPPORTED, "pairs that are completed by shortest ways have no weights");
    if (any_weight(p)) {
        *weights = fs_alloc_0(p->n, p->n * sizeof **weights); /* the size of delta */
        if (!*weights) return fs_fail_memory(error, "weighting the pairs", 0);
    }
    fs_status status = set_pairs(p, delta, *weights, error);
    if (!status) status = check_connected(delta, p->n, error);
    if (!status && paths) status = fill_ways(p, delta, error);
    return status;
}
