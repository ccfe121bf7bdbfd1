#include "transform.h"

#include "isotonic.h"
#include "memory.h"
#include "power_curve.h"

#include <math.h>
#include <string.h>

/* ---- the regressions: from sums by group to what is looked up ---- */

static mds_record *records_of(const mds_transform *t)
{
    return (mds_record *)(void *)t->disparities; /* which are of no use before they are filled in */
}

/* Add the slices' sums up, in their order, into the first. */
static void add_slices(mds_transform *t)
{
    size_t room = t->groups->missing + 1;
    for (size_t s = 1; s < t->slices; s++)
        for (size_t g = 0; g < t->groups->count; g++) t->sums[g] += t->sums[s * room + g];
}

/* The means of the groups' distances, made to rise. */
static double fit_steps(mds_transform *t)
{
    mds_record *records = records_of(t);
    size_t count = t->groups->count;
    double square = 0;
    for (size_t g = 0; g < count; g++) {
        double weight = t->groups->weight[g];
        records[g] = (mds_record){.key = t->sums[g] / weight, .weight = weight};
    }
    double squares = mds_isotonic(records, t->length, count);
    bool tertiary = t->lookup == MDS_LOOKUP_SHIFT;
    for (size_t g = 0; g < count; g++) {
        double weight = t->groups->weight[g], mean = t->sums[g] / weight;
        t->low[g] = records[g].key - (tertiary ? mean : 0);
        square += weight * mean * mean;
    }
    if (!tertiary) return squares;
    for (size_t s = 0; s < t->slices; s++) squares += t->square[s]; /* what varies within groups stays */
    return squares - square;
}

struct segment_sort {
    mds_transform *t;
    const uint32_t *begin;
};

enum { SEGMENTS = 64 }; /* groups in a task */

static void sort_segments(void *context, unsigned worker, size_t task)
{
    const struct segment_sort *sort = context;
    const mds_transform *t = sort->t;
    size_t last = (task + 1) * SEGMENTS < t->groups->count ? (task + 1) * SEGMENTS : t->groups->count;
    (void)worker;
    for (size_t g = task * SEGMENTS; g < last; g++)
        if (t->order.size[g] > 1) mds_sort_records(records_of(t) + sort->begin[g], t->order.size[g]);
}

/* Pairs of a group in the order of their distances: all distances, so ordered, made to rise. What a group's
 * become is then what they were, within bounds. */
static double fit_ordered_ties(mds_transform *t)
{
    mds_record *records = records_of(t);
    size_t count = t->groups->count;
    uint32_t *begin = t->next; /* of the first slice's records, the others' behind */
    mds_thread_pool_run(t->pool, t->slices, mds_transform_deal_slice, t);
    for (size_t s = t->slices; s-- > 1;)
        memcpy(begin + s * count, begin + (s - 1) * count, count * sizeof *begin);
    for (size_t g = 0, at = 0; g < count; at += t->order.size[g++]) begin[g] = (uint32_t)at;
    struct segment_sort sort = {t, begin};
    mds_thread_pool_run(t->pool, (count + SEGMENTS - 1) / SEGMENTS, sort_segments, &sort);
    double squares = mds_isotonic(records, t->problem->weights ? t->length : NULL, t->order.pairs);
    for (size_t g = 0; g < count; g++) {
        t->low[g] = records[begin[g]].key;
        t->high[g] = records[begin[g] + t->order.size[g] - 1].key;
    }
    return squares;
}

static double fit_spline(mds_transform *t)
{
    mds_spline *spline = &t->spline[t->groups == &t->order.coarse];
    double squares = mds_spline_fit(spline, t->groups->value, t->sums, t->groups->count);
    for (size_t g = 0; g < t->groups->count; g++) t->low[g] = mds_spline_at(spline, t->groups->value[g]);
    if (t->settings.level == MDS_LEVEL_INTERVAL) {
        double from = spline->knots[0], to = spline->knots[spline->size];
        t->slope = (spline->coefficients[1] - spline->coefficients[0]) / (to - from);
        t->intercept = spline->coefficients[0] - t->slope * from;
    }
    return squares;
}

static double fit_power(mds_transform *t)
{
    const double *logarithms = t->logarithms[t->groups == &t->order.coarse];
    t->power_from = t->power;
    double squares = 0,
           c = mds_power_fit(logarithms, t->groups->weight, t->sums, t->groups->count, &t->power);
    for (size_t g = 0; g < t->groups->count; g++) {
        double value = isinf(logarithms[g]) ? 0 : c * exp(t->power * logarithms[g]);
        t->low[g] = value;
        squares += t->groups->weight[g] * value * value;
    }
    return squares;
}

static double regress(mds_transform *t)
{
    if (t->lookup == MDS_LOOKUP_BOUNDS) return fit_ordered_ties(t);
    mds_thread_pool_run(t->pool, t->slices, mds_transform_sum_slice, t);
    add_slices(t);
    if (t->settings.level == MDS_LEVEL_ORDINAL) return fit_steps(t);
    return t->settings.level == MDS_LEVEL_LOG ? fit_power(t) : fit_spline(t);
}

/* Scale what is looked up once for a group, not for each of its pairs. */
static void scale_tables(mds_transform *t)
{
    size_t count = t->groups->count;
    bool bounds = t->lookup == MDS_LOOKUP_BOUNDS;
    t->low[t->groups->missing] = NAN;
    if (bounds) t->high[t->groups->missing] = NAN;
    t->largest = t->factor * (bounds ? t->high : t->low)[count - 1];
    for (size_t g = 0; t->lookup == MDS_LOOKUP_VALUE && g < count; g++) t->low[g] *= t->factor;
    t->intercept *= t->factor;
    t->slope *= t->factor;
}

/* So many groups of ties are as good as steps, in coarse mode. */
enum { MANY = 512 };

bool mds_transform_pays_coarse(const mds_transform *t)
{
    enum { PAIRS = 1 << 16 };
    return t->order.pairs >= PAIRS &&
           (t->order.coarse.shift > 0 || (t->next && t->order.exact.count >= MANY));
}

static void choose_lookup(mds_transform *t)
{
    bool ordinal = t->settings.level == MDS_LEVEL_ORDINAL;
    t->groups = t->coarse ? &t->order.coarse : &t->order.exact;
    t->lookup = MDS_LOOKUP_VALUE;
    if (ordinal && t->groups->shift == 0 && t->settings.ties == MDS_TIES_TERTIARY)
        t->lookup = MDS_LOOKUP_SHIFT;
    if (t->next && !(t->coarse && t->order.exact.count >= MANY)) {
        t->lookup = MDS_LOOKUP_BOUNDS;
        t->groups = &t->order.exact;
    }
}

static bool in_one_place(const mds_transform *t, const double *x)
{
    for (size_t k = 0; k < t->p; k++)
        for (size_t i = 1; i < t->problem->n; i++)
            if (x[k * t->stride + i] != x[k * t->stride]) return false;
    return true;
}

void mds_transform_follow(mds_transform *t, const double *x)
{
    size_t bytes = t->p * t->stride * sizeof *x;
    if (t->held || t->order.pairs == 0 || in_one_place(t, x)) return;
    if (t->follows && t->coarsely == t->coarse && memcmp(x, t->followed, bytes) == 0) return;
    if (x != t->followed) memcpy(t->followed, x, bytes);
    t->follows = true;
    t->coarsely = t->coarse;
    t->x = x;
    choose_lookup(t);
    double squares = regress(t);
    t->factor = t->settings.squares > 0 && squares > 0 ? sqrt(t->settings.squares / squares) : 1;
    scale_tables(t);
    mds_thread_pool_run(t->pool, t->slices, mds_transform_fill_slice, t);
    for (size_t i = 0; i < t->problem->n; i++) t->disparities[i * t->problem->n + i] = 0;
    for (size_t s = 0; s < t->slices; s++) t->largest = fmax(t->largest, t->most[s]);
}

void mds_transform_mirror(mds_transform *t)
{
    enum { TILE = 64 };
    size_t n = t->problem->n;
    for (size_t bi = 0; bi < n; bi += TILE)
        for (size_t bj = 0; bj <= bi; bj += TILE)
            for (size_t i = bi; i < n && i < bi + TILE; i++)
                for (size_t j = bj; j < i && j < bj + TILE; j++)
                    t->disparities[i * n + j] = t->disparities[j * n + i];
}

/* ---- memory ---- */

/* Rows of about as many pairs each. More slices share the work better, and are more sums to add up. */
static void cut_slices(mds_transform *t)
{
    size_t n = t->problem->n, pairs = n * (n - 1) / 2, groups = t->order.exact.count, row = 0,
           most = pairs >> 15;
    if (most > 4 * pairs / groups) most = 4 * pairs / groups;
    if (most > ((size_t)1 << 24) / groups) most = ((size_t)1 << 24) / groups;
    t->slices = most < 1 ? 1 : most > MDS_TRANSFORM_SLICES ? MDS_TRANSFORM_SLICES : most;
    double before = 0;
    for (size_t s = 0; s < t->slices; s++) {
        t->rows[s] = row;
        while (row < n && before < (double)pairs * (double)(s + 1) / (double)t->slices)
            before += (double)(n - 1 - row++);
    }
    t->rows[t->slices] = n;
}

/* Where the records of each slice begin in each group. */
static void count_records(mds_transform *t)
{
    size_t n = t->problem->n, count = t->order.exact.count;
    for (size_t s = 0; s < t->slices; s++)
        for (size_t i = t->rows[s]; i < t->rows[s + 1]; i++)
            for (size_t j = i + 1; j < n; j++) {
                uint32_t rank = t->order.rank[mds_pair_at(n, i) + j];
                if (rank != t->order.exact.missing) t->next[s * count + rank]++;
            }
    for (size_t g = 0, at = 0; g < count; g++)
        for (size_t s = 0; s < t->slices; s++) {
            size_t records = t->next[s * count + g];
            t->next[s * count + g] = (uint32_t)at;
            at += records;
        }
}

static bool take_logarithms(mds_transform *t)
{
    const mds_groups *groups[] = {&t->order.exact, &t->order.coarse};
    for (size_t c = 0; c < 2; c++) {
        t->logarithms[c] = fs_alloc(groups[c]->count + 1, sizeof(double));
        if (!t->logarithms[c]) return false;
        for (size_t g = 0; g < groups[c]->count; g++) t->logarithms[c][g] = log(groups[c]->value[g]);
    }
    t->power = 1;
    return true;
}

static void make_splines(mds_transform *t)
{
    const mds_groups *groups[] = {&t->order.exact, &t->order.coarse};
    bool line = t->settings.level == MDS_LEVEL_INTERVAL;
    for (size_t c = 0; c < 2; c++)
        mds_spline_init(&t->spline[c], line ? 1 : t->settings.degree, line ? 0 : t->settings.knots,
                        groups[c]->value, groups[c]->weight, groups[c]->count);
}

/* What the order of the pairs asks for. */
static bool take_tables(mds_transform *t)
{
    size_t groups = t->order.exact.count, room = t->order.exact.missing + (size_t)1;
    mds_level level = t->settings.level;
    bool records = level == MDS_LEVEL_ORDINAL && t->settings.ties == MDS_TIES_PRIMARY && t->order.largest > 1;
    cut_slices(t);
    t->low = fs_alloc(room, sizeof(double));
    t->sums = fs_alloc(t->slices * room, sizeof *t->sums);
    if (!t->low || !t->sums) return false;
    if (records) {
        t->high = fs_alloc(room, sizeof(double));
        t->next = fs_alloc_0(t->slices * groups, sizeof *t->next);
        if (!t->high || !t->next) return false;
        count_records(t);
    }
    if (level == MDS_LEVEL_ORDINAL) {
        t->length = fs_alloc(records && t->problem->weights ? t->order.pairs : groups, sizeof *t->length);
        if (!t->length) return false;
    }
    if (level == MDS_LEVEL_INTERVAL || level == MDS_LEVEL_SPLINE) make_splines(t);
    return level != MDS_LEVEL_LOG || take_logarithms(t);
}

void mds_transform_reset(mds_transform *t)
{
    size_t n = t->problem->n;
    t->follows = false;
    for (size_t i = 0; i < n; i++) {
        const uint32_t *rank = t->order.rank + mds_pair_at(n, i);
        const double *from = t->problem->delta + i * t->problem->ld;
        double *to = t->disparities + i * n;
        to[i] = 0;
        for (size_t j = i + 1; j < n; j++) to[j] = rank[j] == t->order.exact.missing ? NAN : from[j];
    }
    mds_transform_mirror(t);
}

fs_status mds_transform_create(const mds_problem *problem, const mds_transform_settings *settings,
                               const mds_kernels *kernels, mds_thread_pool *pool, mds_transform **transform,
                               fs_error *error)
{
    size_t n = problem->n, cells;
    mds_transform *t = *transform = fs_alloc_0(1, sizeof *t);
    fs_status status = FS_OK;
    if (t) {
        *t = (mds_transform){.settings = *settings, .problem = problem, .kernels = kernels, .pool = pool};
        t->p = settings->p;
        t->stride = (n + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE;
        if (fs_size_mul(n, n, &cells)) t->disparities = fs_alloc_aligned(cells, sizeof(double));
        if (fs_size_mul(t->p, t->stride, &cells)) t->followed = fs_alloc(cells, sizeof(double));
    }
    if (!t || !t->disparities || !t->followed)
        status = fs_fail_memory(error, "making room for disparities", 0);
    if (!status) status = mds_pair_order_create(problem, pool, t->disparities, &t->order, error);
    if (!status && t->order.pairs > 0 && t->order.exact.count == 1)
        status = fs_fail(error, FS_DATA,
                         "all dissimilarities are the same, so the level %s leaves nothing for distances to "
                         "follow; take the level ratio",
                         mds_level_name(settings->level));
    if (!status && t->order.pairs > 0 && !take_tables(t))
        status = fs_fail_memory(error, "making room for disparities", 0);
    if (!status) mds_transform_reset(t);
    if (status) {
        mds_transform_destroy(t);
        *transform = NULL;
    }
    return status;
}

void mds_transform_destroy(mds_transform *t)
{
    if (!t) return;
    mds_pair_order_fini(&t->order);
    fs_free(t->disparities);
    fs_free(t->followed);
    fs_free(t->sums);
    fs_free(t->low);
    fs_free(t->high);
    fs_free(t->next);
    fs_free(t->length);
    fs_free(t->logarithms[0]);
    fs_free(t->logarithms[1]);
    fs_free(t);
}
