/* Sparse pairs: as a matrix, as they are or with the shortest paths along them for the others, or as rows. */
#include "problem_open.h"

#include "exact_sum.h"
#include "memory.h"
#include "scale.h"
#include "sparse_rows.h"

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

static fs_status fail_twice(const mds_problem *p, size_t k, fs_error *error)
{
    return fs_fail(error, FS_DATA, "pair %zu: objects %zu and %zu have been named before", k + 1,
                   p->pairs[k].i, p->pairs[k].j);
}

static fs_status set_pairs(const mds_problem *p, double *delta, double *weights, fs_error *error)
{
    size_t n = p->n;
    for (size_t i = 0; i < n * n; i++) delta[i] = NAN;
    for (size_t i = 0; i < n; i++) delta[i * n + i] = 0;
    for (size_t k = 0; k < p->pair_count; k++) {
        const mds_pair *pair = &p->pairs[k];
        double *cell = &delta[pair->i * n + pair->j];
        if (!isnan(*cell)) return fail_twice(p, k, error);
        *cell = delta[pair->j * n + pair->i] = pair->delta;
        if (weights)
            weights[pair->i * n + pair->j] = weights[pair->j * n + pair->i] =
                pair->weight > 0 ? pair->weight : 1;
    }
    return FS_OK;
}

/* ---- parts ---- */

static fs_status check_connected(const mds_sparse_rows *rows, fs_error *error)
{
    size_t n = rows->n, count, other = 0;
    uint32_t *queue = fs_alloc(n, sizeof *queue), *hops = fs_alloc(n, sizeof *hops);
    bool had = queue && hops;
    count = had ? mds_sparse_reach(rows, 0, queue, hops) : 0;
    while (had && other < n && hops[other] != UINT32_MAX) other++;
    fs_free(queue);
    fs_free(hops);
    if (!had) return fs_fail_memory(error, "following the pairs", n * sizeof *queue);
    if (count == n) return FS_OK;
    return fs_fail(
        error, FS_DATA,
        "no chain of pairs joins object %zu to object 0 (counted from 0), which %zu of %zu objects are "
        "joined to; fit the parts by themselves, or name more pairs",
        other, count, n);
}

/* ---- shortest paths ---- */

/* The two directions of a way may be added in different orders: one of them counts. */
static fs_status fill_paths(const mds_sparse_rows *rows, double *delta, fs_error *error)
{
    size_t n = rows->n;
    fs_status status = FS_OK;
    mds_sparse_heap heap = {.items = fs_alloc(n + 1, sizeof *heap.items),
                            .place = fs_alloc(n, sizeof *heap.place)};
    if (!heap.items || !heap.place) status = fs_fail_memory(error, "following the pairs", 0);
    for (size_t i = 0; i < n && !status; i++) mds_sparse_paths(rows, &heap, i, delta + i * n);
    for (size_t i = 0; i < n && !status; i++)
        for (size_t j = 0; j < i; j++) delta[i * n + j] = delta[j * n + i];
    fs_free(heap.items);
    fs_free(heap.place);
    return status;
}

/* ---- a matrix ---- */

static fs_status check_pairs(const mds_problem *p, fs_error *error)
{
    if (p->pair_count == 0) return fs_fail(error, FS_ARGUMENT, "there are no pairs (pair_count is 0)");
    for (size_t k = 0; k < p->pair_count; k++) {
        fs_status status = check_pair(p, k, error);
        if (status) return status;
    }
    return FS_OK;
}

fs_status mds_pairs_fill(const mds_problem *p, double *delta, double **weights, fs_error *error)
{
    bool paths = p->completion == MDS_COMPLETION_PATHS;
    mds_sparse_rows *rows = NULL;
    fs_status status = check_pairs(p, error);
    if (status) return status;
    if (paths && any_weight(p))
        return fs_fail(error, FS_UNSUPPORTED, "pairs that are completed by shortest paths have no weights");
    if (any_weight(p)) {
        *weights = fs_alloc_0(p->n, p->n * sizeof **weights); /* the size of delta */
        if (!*weights) return fs_fail_memory(error, "weighting the pairs", 0);
    }
    status = set_pairs(p, delta, *weights, error);
    if (!status) status = mds_sparse_rows_create(p->pairs, p->pair_count, p->n, false, &rows, error);
    if (!status) status = check_connected(rows, error);
    if (!status && paths) status = fill_paths(rows, delta, error);
    mds_sparse_rows_destroy(rows);
    return status;
}

/* ---- rows ---- */

/* Pairs of the same objects stand side by side in a row; the list is searched for the second of them. */
static fs_status check_once(const mds_problem *p, const mds_sparse_rows *rows, fs_error *error)
{
    for (size_t i = 0; i < rows->n; i++)
        for (size_t e = rows->begin[i] + 1; e < rows->begin[i + 1]; e++) {
            if (rows->column[e] != rows->column[e - 1]) continue;
            size_t k = p->pair_count, a = i, b = rows->column[e];
            while (k-- > 0)
                if ((p->pairs[k].i == a && p->pairs[k].j == b) || (p->pairs[k].i == b && p->pairs[k].j == a))
                    return fail_twice(p, k, error);
        }
    return FS_OK;
}

/* How large the numbers are; *least_weight: where the smallest weight stands. */
static void measure(const mds_sparse_rows *rows, double *largest, double *largest_weight,
                    double *smallest_weight)
{
    *largest = 0;
    *largest_weight = rows->weight ? 0 : 1;
    *smallest_weight = rows->weight ? HUGE_VAL : 1;
    for (size_t e = 0; e < rows->begin[rows->n]; e++) {
        *largest = fmax(*largest, rows->delta[e]);
        if (rows->weight) *largest_weight = fmax(*largest_weight, rows->weight[e]);
        if (rows->weight) *smallest_weight = fmin(*smallest_weight, rows->weight[e]);
    }
}

static fs_status check_sizes(double largest, double largest_weight, double smallest_weight, fs_error *error)
{
    if (largest > 0 && largest < MDS_SMALLEST)
        return fs_fail(error, FS_DATA, "the largest dissimilarity is %g, below 1e-290; scale the data up",
                       largest);
    if (largest_weight < MDS_SMALLEST)
        return fs_fail(error, FS_DATA, "the largest weight is %g, below 1e-290; scale the weights up",
                       largest_weight);
    if (smallest_weight < ldexp(largest_weight, -MDS_SPREAD_WEIGHTS))
        return fs_fail(error, FS_DATA,
                       "the weight %g is too small beside the largest, %g, to count; leave the pair out",
                       smallest_weight, largest_weight);
    return FS_OK;
}

/* Bring the numbers near 1, and tell what they are like. */
static fs_status take_statistics(mds_opened *o, fs_error *error)
{
    mds_sparse_rows *rows = o->source->sparse;
    double largest, largest_weight, smallest_weight;
    size_t n = rows->n, numbers = rows->begin[n];
    measure(rows, &largest, &largest_weight, &smallest_weight);
    fs_status status = check_sizes(largest, largest_weight, smallest_weight, error);
    if (status) return status;
    int delta = mds_exponent(largest), weight = mds_exponent(largest_weight);
    mds_exact_sum weights = {0}, squares = {0};
    if (delta) mds_scale(rows->delta, numbers, delta, rows->delta);
    if (weight) mds_scale(rows->weight, numbers, weight, rows->weight);
    for (size_t e = 0; e < numbers; e++) {
        double w = rows->weight ? rows->weight[e] : 1;
        mds_exact_add(&weights, w / 2);
        mds_exact_add(&squares, w / 2 * rows->delta[e] * rows->delta[e]);
    }
    o->source->exponent = delta;
    o->source->weight_exponent = weight;
    bool all = numbers == n * (n - 1);
    o->statistics =
        (mds_problem_statistics){.largest = ldexp(largest, -delta),
                                 .largest_weight = ldexp(largest_weight, -weight),
                                 .mean_square = mds_exact_value(&squares) / mds_exact_value(&weights),
                                 .weight = mds_exact_value(&weights),
                                 .pairs = numbers / 2,
                                 .plain = all && !rows->weight,
                                 .missing = !all,
                                 .delta_exponent = delta,
                                 .weight_exponent = weight};
    return FS_OK;
}

fs_status mds_pairs_open(mds_opened *o, fs_error *error)
{
    const mds_problem *p = &o->problem;
    mds_sparse_rows *rows;
    if (p->completion == MDS_COMPLETION_PATHS)
        return fs_fail(error, FS_UNSUPPORTED,
                       "pairs that are completed by shortest paths are kept as a matrix, not as rows");
    if (p->n == 0) return fs_fail(error, FS_ARGUMENT, "there are no objects (n is 0)");
    if (p->n > MDS_SPARSE_MOST)
        return fs_fail(error, FS_UNSUPPORTED, "pairs of %zu objects are more than of %zu", p->n,
                       (size_t)MDS_SPARSE_MOST);
    fs_status status = check_pairs(p, error);
    if (!status) status = mds_sparse_rows_create(p->pairs, p->pair_count, p->n, any_weight(p), &rows, error);
    if (!status) status = mds_source_sparse(rows, &o->source, error);
    if (!status) status = check_once(p, rows, error);
    if (!status) status = check_connected(rows, error);
    return status ? status : take_statistics(o, error);
}

/* ---- weights by name ---- */

/* The dissimilarity that counts for a pair of 0: the smallest positive one. */
static double smallest_positive(const mds_sparse_rows *rows)
{
    double smallest = HUGE_VAL;
    for (size_t e = 0; e < rows->begin[rows->n]; e++)
        if (rows->delta[e] > 0) smallest = fmin(smallest, rows->delta[e]);
    return smallest < HUGE_VAL ? smallest : 1;
}

fs_status mds_pairs_weight(mds_opened *o, mds_weighting weighting, fs_error *error)
{
    mds_sparse_rows *rows = o->source->sparse;
    size_t numbers = rows->begin[rows->n];
    if (!rows->weight) {
        rows->weight = fs_alloc(numbers, sizeof *rows->weight);
        if (!rows->weight)
            return fs_fail_memory(error, "weighting the pairs", numbers * sizeof *rows->weight);
        for (size_t e = 0; e < numbers; e++) rows->weight[e] = 1;
    }
    /* The caller's numbers again: powers of two change no digit. */
    mds_scale(rows->delta, numbers, -o->source->exponent, rows->delta);
    mds_scale(rows->weight, numbers, -o->source->weight_exponent, rows->weight);
    double least = smallest_positive(rows);
    for (size_t i = 0; i < rows->n; i++)
        for (size_t e = rows->begin[i]; e < rows->begin[i + 1]; e++) {
            double delta = fmax(rows->delta[e], least), weight = rows->weight[e] / delta;
            if (weighting == MDS_WEIGHTING_INVERSE_SQUARE) weight /= delta;
            if (!(weight <= MDS_LARGEST && weight >= MDS_SMALLEST))
                return fs_fail(error, FS_DATA,
                               "the dissimilarity of objects %zu and %zu is %g, whose %s is out of range; "
                               "scale the data",
                               i, (size_t)rows->column[e], rows->delta[e], mds_weighting_name(weighting));
            rows->weight[e] = weight;
        }
    return take_statistics(o, error);
}
