/*
 * Pairs are dealt from the matrix into buckets by the leading bits of their dissimilarities, and each bucket
 * is sorted in place. Slices of rows have places of their own in each bucket, so nothing depends on threads.
 */
#include "pair_order.h"

#include "memory.h"

#include <math.h>
#include <string.h>

enum { SLICES = 16, BUCKETS = 4096, MOST_GROUPS = 1 << 23, MOST_COARSE = 1 << 15, COARSE_PAIRS = 32 };

struct sorting {
    const mds_problem *problem;
    mds_pair_order *order;
    mds_record *records;
    uint64_t least, most; /* bits of positive dissimilarities */
    unsigned bucket_shift;
    unsigned shift; /* of different values to groups */
    size_t slice_rows[SLICES + 1];
    uint64_t slice_least[SLICES], slice_most[SLICES];
    size_t place[SLICES][BUCKETS + 1]; /* counts, then where the next one goes */
    size_t bucket[BUCKETS + 2];        /* where each begins */
    size_t before[BUCKETS + 1];        /* different values in the bucket, then before it */
};

/* Whether a pair counts. */
static bool known(const mds_problem *problem, size_t i, size_t j)
{
    return !isnan(problem->delta[i * problem->ld + j]) &&
           (!problem->weights || problem->weights[i * problem->ldw + j] > 0);
}

static size_t bucket_of(const struct sorting *s, double delta)
{
    return delta > 0 ? 1 + (size_t)((mds_key_bits(delta) - s->least) >> s->bucket_shift) : 0;
}

static void find_range(void *context, unsigned worker, size_t slice)
{
    struct sorting *s = context;
    const mds_problem *problem = s->problem;
    uint64_t least = UINT64_MAX, most = 0;
    (void)worker;
    for (size_t i = s->slice_rows[slice]; i < s->slice_rows[slice + 1]; i++)
        for (size_t j = i + 1; j < problem->n; j++) {
            double delta = problem->delta[i * problem->ld + j];
            if (!(delta > 0)) continue;
            uint64_t bits = mds_key_bits(delta);
            least = bits < least ? bits : least;
            most = bits > most ? bits : most;
        }
    s->slice_least[slice] = least;
    s->slice_most[slice] = most;
}

static void count_buckets(void *context, unsigned worker, size_t slice)
{
    struct sorting *s = context;
    (void)worker;
    for (size_t i = s->slice_rows[slice]; i < s->slice_rows[slice + 1]; i++)
        for (size_t j = i + 1; j < s->problem->n; j++)
            if (known(s->problem, i, j))
                s->place[slice][bucket_of(s, s->problem->delta[i * s->problem->ld + j])]++;
}

static void deal(void *context, unsigned worker, size_t slice)
{
    struct sorting *s = context;
    size_t n = s->problem->n;
    (void)worker;
    for (size_t i = s->slice_rows[slice]; i < s->slice_rows[slice + 1]; i++)
        for (size_t j = i + 1; j < n; j++) {
            if (!known(s->problem, i, j)) continue;
            double delta = fabs(s->problem->delta[i * s->problem->ld + j]); /* no -0 */
            s->records[s->place[slice][bucket_of(s, delta)]++] =
                (mds_record){.key = delta, .pair = mds_pair_at(n, i) + j};
        }
}

static void sort_bucket(void *context, unsigned worker, size_t bucket)
{
    struct sorting *s = context;
    mds_record *records = s->records + s->bucket[bucket];
    size_t count = s->bucket[bucket + 1] - s->bucket[bucket], different = count > 0;
    (void)worker;
    mds_sort_records(records, count);
    for (size_t r = 1; r < count; r++) different += records[r].key > records[r - 1].key;
    s->before[bucket] = different;
}

static void rank_bucket(void *context, unsigned worker, size_t bucket)
{
    struct sorting *s = context;
    size_t value = s->before[bucket];
    (void)worker;
    for (size_t r = s->bucket[bucket]; r < s->bucket[bucket + 1]; r++) {
        if (r > s->bucket[bucket]) value += s->records[r].key > s->records[r - 1].key;
        s->order->rank[s->records[r].pair] = (uint32_t)(value >> s->shift);
    }
}

/* Rows of about as many pairs each. */
static void cut_slices(struct sorting *s)
{
    size_t n = s->problem->n, row = 0;
    double all = (double)n * (double)(n - 1) / 2, before = 0;
    for (size_t slice = 0; slice < SLICES; slice++) {
        s->slice_rows[slice] = row;
        while (row < n && before < all * (double)(slice + 1) / SLICES) before += (double)(n - 1 - row++);
    }
    s->slice_rows[SLICES] = n;
}

static void sort(struct sorting *s, mds_thread_pool *pool)
{
    cut_slices(s);
    mds_thread_pool_run(pool, SLICES, find_range, s);
    s->least = UINT64_MAX;
    for (size_t slice = 0; slice < SLICES; slice++) {
        s->least = s->slice_least[slice] < s->least ? s->slice_least[slice] : s->least;
        s->most = s->slice_most[slice] > s->most ? s->slice_most[slice] : s->most;
    }
    while (s->most > s->least && (s->most - s->least) >> s->bucket_shift >= BUCKETS) s->bucket_shift++;
    mds_thread_pool_run(pool, SLICES, count_buckets, s);
    size_t at = 0;
    for (size_t b = 0; b <= BUCKETS; b++) {
        s->bucket[b] = at;
        for (size_t slice = 0; slice < SLICES; slice++) {
            size_t count = s->place[slice][b];
            s->place[slice][b] = at;
            at += count;
        }
    }
    s->bucket[BUCKETS + 1] = s->order->pairs = at;
    mds_thread_pool_run(pool, SLICES, deal, s);
    mds_thread_pool_run(pool, BUCKETS + 1, sort_bucket, s);
}

/* ---- groups ---- */

static bool take_groups(mds_groups *groups, size_t count, unsigned shift)
{
    groups->count = count;
    groups->shift = shift;
    groups->value = fs_alloc_0(count + 1, sizeof *groups->value);
    groups->weight = fs_alloc_0(count + 1, sizeof *groups->weight);
    return groups->value && groups->weight;
}

/* Values and weights of the groups, in the order of the records. */
static void fill_exact(const struct sorting *s)
{
    mds_pair_order *order = s->order;
    for (size_t r = 0; r < order->pairs; r++) {
        size_t pair = (size_t)s->records[r].pair, g = order->rank[pair];
        order->size[g]++;
        order->exact.value[g] += (s->records[r].key - order->exact.value[g]) / order->size[g];
        order->exact.weight[g] += 1;
    }
    for (size_t g = 0; g < order->exact.count; g++)
        order->largest = order->size[g] > order->largest ? order->size[g] : order->largest;
}

/* With weights: row by row, as they lie. */
static void fill_weights(const struct sorting *s)
{
    const mds_problem *problem = s->problem;
    mds_pair_order *order = s->order;
    memset(order->exact.weight, 0, order->exact.count * sizeof(double));
    for (size_t i = 0; i < problem->n; i++)
        for (size_t j = i + 1; j < problem->n; j++)
            if (known(problem, i, j))
                order->exact.weight[order->rank[mds_pair_at(problem->n, i) + j]] +=
                    problem->weights[i * problem->ldw + j];
}

static void fill_coarse(mds_pair_order *order)
{
    mds_groups *to = &order->coarse;
    for (size_t g = 0; g < order->exact.count; g++) {
        size_t c = g >> to->shift;
        to->weight[c] += order->exact.weight[g];
        to->value[c] += (order->exact.value[g] - to->value[c]) * (order->exact.weight[g] / to->weight[c]);
    }
}

/* Pairs that do not count have a rank behind all groups, the exact and the coarse ones. */
static void mark_missing(const struct sorting *s)
{
    mds_pair_order *order = s->order;
    size_t n = s->problem->n;
    uint32_t rank = (uint32_t)(order->coarse.count << order->coarse.shift);
    order->exact.missing = rank;
    order->coarse.missing = (uint32_t)order->coarse.count;
    if (order->pairs == n * (n - 1) / 2) return;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (!known(s->problem, i, j)) order->rank[mds_pair_at(n, i) + j] = rank;
}

static fs_status make_groups(struct sorting *s, mds_thread_pool *pool, fs_error *error)
{
    mds_pair_order *order = s->order;
    size_t values = 0, count;
    for (size_t b = 0; b <= BUCKETS; b++) {
        size_t different = s->before[b];
        s->before[b] = values;
        values += different;
    }
    while ((values + (1u << s->shift) - 1) >> s->shift > MOST_GROUPS) s->shift++;
    count = (values + (1u << s->shift) - 1) >> s->shift;
    unsigned coarse = 0;
    size_t most = order->pairs / COARSE_PAIRS < MOST_COARSE ? order->pairs / COARSE_PAIRS : MOST_COARSE;
    if (most < 256) most = 256;
    while ((count + (1u << coarse) - 1) >> coarse > most) coarse++;
    order->size = fs_alloc_0(count + 1, sizeof *order->size);
    if (!order->size || !take_groups(&order->exact, count, 0) ||
        !take_groups(&order->coarse, (count + (1u << coarse) - 1) >> coarse, coarse))
        return fs_fail_memory(error, "ordering the dissimilarities", 0);
    mds_thread_pool_run(pool, BUCKETS + 1, rank_bucket, s);
    fill_exact(s);
    if (s->problem->weights) fill_weights(s);
    fill_coarse(order);
    mark_missing(s);
    return FS_OK;
}

fs_status mds_pair_order_create(const mds_problem *problem, mds_thread_pool *pool, void *room,
                                mds_pair_order *order, fs_error *error)
{
    size_t n = problem->n;
    *order = (mds_pair_order){.n = n};
    if (n > MDS_ORDER_MOST)
        return fs_fail(error, FS_UNSUPPORTED, "levels but ratio are for up to %d objects, not %zu",
                       MDS_ORDER_MOST, n);
    struct sorting *s = fs_alloc_0(1, sizeof *s);
    order->rank = fs_alloc(n * (n - 1) / 2 + 1, sizeof *order->rank);
    fs_status status = FS_OK;
    if (s && order->rank) {
        s->problem = problem;
        s->order = order;
        s->records = room;
        sort(s, pool);
        status = make_groups(s, pool, error);
    } else {
        status = fs_fail_memory(error, "ordering the dissimilarities", 0);
    }
    fs_free(s);
    if (status) mds_pair_order_fini(order);
    return status;
}

void mds_pair_order_fini(mds_pair_order *order)
{
    fs_free(order->rank);
    fs_free(order->size);
    fs_free(order->exact.value);
    fs_free(order->exact.weight);
    fs_free(order->coarse.value);
    fs_free(order->coarse.weight);
    *order = (mds_pair_order){.n = order->n};
}
