/* Placing new objects: checks, the map and each row brought to a common unit, rows shared out to threads. */
#include "library.h"

#include "memory.h"
#include "place_point.h"
#include "random.h"
#include "scale.h"
#include "sized_struct.h"
#include "thread_pool.h"

#include <math.h>
#include <string.h>

enum { ROWS = 8 /* in a task */, BATCH = 512 /* rows between two calls of the callback */, NODES = 64 };

/* Widths of the map that an object may be away; squares in single precision hold them. */
#define FARTHEST 0x1p50

struct work {
    const double *x, *delta, *weights; /* the caller's */
    size_t n, p, ldx, count, ld, ldw;
    mds_place_options options;
    const mds_kernels *kernels;
    mds_place_map map;
    double *mean, *low, *high; /* of the map, by dimension */
    double unit;               /* lengths are divided by it: a power of two, about the map's width */
    double *coordinates, *nodes;
    float *single, *nodes_single;
    double *buffers; /* of the workers */
    size_t buffer;   /* doubles for each */
    double *out, *stress;
    size_t ldout, first, end; /* rows of the batch */
};

/* ---- checks ---- */

static fs_status check_number(const char *what, double value, size_t i, size_t j, fs_error *error)
{
    if (value >= 0 && value <= MDS_LARGEST) return FS_OK;
    return fs_fail(error, FS_DATA, "row %zu, column %zu: the %s is %g; it should be a number from 0 to %g",
                   i + 1, j + 1, what, value, MDS_LARGEST);
}

static fs_status check_row(const struct work *work, size_t i, fs_error *error)
{
    bool known = false;
    for (size_t j = 0; j < work->n; j++) {
        double delta = work->delta[i * work->ld + j];
        double weight = work->weights ? work->weights[i * work->ldw + j] : 1;
        fs_status status = check_number("weight", weight, i, j, error);
        if (!status && !isnan(delta)) status = check_number("dissimilarity", delta, i, j, error);
        if (status) return status;
        if (work->unit > 0 && delta / FARTHEST > work->unit)
            return fs_fail(error, FS_DATA,
                           "row %zu, column %zu: the dissimilarity is %g, but the map is only %g wide: are "
                           "the two in the same unit?",
                           i + 1, j + 1, delta, work->unit);
        known = known || (!isnan(delta) && weight > 0);
    }
    if (known) return FS_OK;
    return fs_fail(error, FS_DATA,
                   "new object %zu has no known dissimilarity to any object of the map, so it could be "
                   "anywhere",
                   i + 1);
}

static fs_status check_options(const mds_place_options *options, fs_error *error)
{
    if (!mds_loss_name(options->loss))
        return fs_fail(error, FS_ARGUMENT, "%d is not a loss", (int)options->loss);
    if (!(options->huber >= 0 && options->huber <= MDS_LARGEST))
        return fs_fail(error, FS_ARGUMENT, "huber is %g; it should be a positive number", options->huber);
    if (options->starts > MDS_PLACE_STARTS_MOST)
        return fs_fail(error, FS_ARGUMENT, "starts is %u; the most is %d", options->starts,
                       MDS_PLACE_STARTS_MOST);
    if (!(options->tolerance >= 0 && options->tolerance <= 1))
        return fs_fail(error, FS_ARGUMENT, "tolerance is %g; it should be between 0 and 1",
                       options->tolerance);
    return mds_isa_check(options->isa, error);
}

static fs_status check_arguments(const struct work *work, fs_error *error)
{
    double largest;
    fs_status status = check_options(&work->options, error);
    if (!status) status = mds_configuration_check(work->x, work->n, work->p, work->ldx, &largest, error);
    if (!status && work->count)
        status =
            mds_matrix_check("delta", work->delta, work->count, work->n, "objects", 'n', work->ld, error);
    if (!status && work->count && work->weights)
        status = mds_matrix_check("weights", work->weights, work->count, work->n, "objects", 'n', work->ldw,
                                  error);
    if (!status && work->count)
        status =
            mds_matrix_check("out", work->out, work->count, work->p, "dimensions", 'p', work->ldout, error);
    return status;
}

/* ---- the map ---- */

/* Mean, bounds and unit. */
static void measure(struct work *work)
{
    double width = 0;
    for (size_t k = 0; k < work->p; k++) {
        double mean = 0, low = HUGE_VAL, high = -HUGE_VAL;
        for (size_t j = 0; j < work->n; j++) {
            double value = work->x[j * work->ldx + k];
            mean += (value - mean) / (double)(j + 1);
            low = fmin(low, value);
            high = fmax(high, value);
        }
        work->mean[k] = mean;
        work->low[k] = low;
        work->high[k] = high;
        width = fmax(width, high - low);
    }
    int exponent = 0;
    if (width > 0) (void)frexp(width, &exponent);
    work->unit = width > 0 ? ldexp(1, exponent) : 0;
}

/* A map in one place has no width: the largest dissimilarity of the object is its unit. */
static double unit_of(const struct work *work, size_t i)
{
    if (work->unit > 0) return work->unit;
    double largest = 0;
    int exponent = 0;
    for (size_t j = 0; j < work->n; j++)
        if (work->delta[i * work->ld + j] > largest) largest = work->delta[i * work->ld + j];
    if (largest > 0) (void)frexp(largest, &exponent);
    return ldexp(1, exponent);
}

/* Nodes of a grid over the map and a fifth of its width around it; or objects of the map, drawn. */
static void make_nodes(struct work *work)
{
    size_t n = work->n, p = work->p, side = p == 1 ? NODES : p == 2 ? 8 : 4;
    double width = 0;
    work->map.node_count = p > 3 && n < NODES ? n : NODES;
    for (size_t k = 0; k < p; k++) width = fmax(width, (work->high[k] - work->low[k]) / work->unit);
    if (!(work->unit > 0)) width = 1;
    fs_random random;
    fs_random_init(&random, work->options.seed);
    for (size_t i = 0; i < work->map.node_count; i++) {
        size_t rest = i, object = n <= NODES ? i : fs_random_below(&random, n);
        for (size_t k = 0; k < p; k++) {
            double *node = &work->nodes[i * p + k];
            if (p > 3) {
                *node = work->coordinates[k * work->map.stride + object];
            } else {
                double middle = (work->low[k] / 2 + work->high[k] / 2 - work->mean[k]) /
                                (work->unit > 0 ? work->unit : 1);
                double span =
                    fmax(work->unit > 0 ? (work->high[k] - work->low[k]) / work->unit : 0, width / 4);
                *node = middle + 1.4 * span * (((double)(rest % side) + 0.5) / (double)side - 0.5);
            }
            rest /= side;
            work->nodes_single[i * p + k] = (float)*node;
        }
    }
    work->map.apart = p == 1 ? 0.03 * width : p == 2 ? 0.25 * width : p == 3 ? 0.4 * width : 0.1 * width;
}

static fs_status prepare(struct work *work, unsigned workers, fs_error *error)
{
    size_t n = work->n, p = work->p, stride, cells, total;
    bool fits = fs_size_add(n, MDS_FLOATS - 1, &stride);
    stride = stride / MDS_FLOATS * MDS_FLOATS;
    fits = fits && fs_size_mul(stride, p, &cells) && p < (size_t)1 << 28 && fs_size_mul(p, p, &total);
    work->mean = fs_alloc(p, 3 * sizeof *work->mean);
    work->nodes = fs_alloc(NODES, p * sizeof *work->nodes);
    work->nodes_single = fs_alloc(NODES, p * sizeof *work->nodes_single);
    work->buffer = (MDS_PLACE_WORK(p) + 3 * stride + p + 63) / 8 * 8;
    work->buffers = fits ? fs_alloc_aligned(workers, work->buffer * sizeof(double)) : NULL;
    work->coordinates = fits ? fs_alloc_aligned(cells, sizeof *work->coordinates) : NULL;
    work->single = fits ? fs_alloc_aligned(cells, sizeof *work->single) : NULL;
    if (!work->mean || !work->nodes || !work->nodes_single || !work->buffers || !work->coordinates ||
        !work->single)
        return fs_fail_memory(error, "placing objects", 0);
    work->low = work->mean + p;
    work->high = work->low + p;
    measure(work);
    memset(work->coordinates, 0, cells * sizeof *work->coordinates);
    memset(work->single, 0, cells * sizeof *work->single);
    for (size_t j = 0; j < n && work->unit > 0; j++)
        for (size_t k = 0; k < p; k++) {
            double value = (work->x[j * work->ldx + k] - work->mean[k]) / work->unit;
            work->coordinates[k * stride + j] = value;
            work->single[k * stride + j] = (float)value;
        }
    work->map = (mds_place_map){.n = n,
                                .p = p,
                                .stride = stride,
                                .x = work->coordinates,
                                .single = work->single,
                                .nodes = work->nodes,
                                .nodes_single = work->nodes_single};
    make_nodes(work);
    return FS_OK;
}

/* ---- rows ---- */

/* The row in the map's unit and its weights, the largest of which becomes 1; returns the mapped object at
 * dissimilarity 0, or n. */
static size_t load_row(const struct work *work, size_t i, double unit, double *delta, double *weights,
                       float *singles)
{
    size_t n = work->n, stride = work->map.stride, twin = n;
    double heaviest = 0;
    float *single = singles, *weights_single = singles + stride;
    for (size_t j = 0; j < n; j++) {
        double value = work->delta[i * work->ld + j];
        double weight = isnan(value) ? 0 : work->weights ? work->weights[i * work->ldw + j] : 1;
        if (twin == n && value == 0 && weight > 0) twin = j;
        heaviest = fmax(heaviest, weight);
        delta[j] = isnan(value) ? 0 : value / unit;
        weights[j] = weight;
    }
    int exponent;
    (void)frexp(heaviest, &exponent);
    for (size_t j = 0; j < stride; j++) {
        delta[j] = j < n ? delta[j] : 0;
        weights[j] = j < n ? ldexp(weights[j], -exponent) : 0;
        single[j] = (float)delta[j];
        weights_single[j] = (float)weights[j];
    }
    return twin;
}

static void place_row(const struct work *work, size_t i, double *buffer)
{
    size_t p = work->p, stride = work->map.stride;
    double unit = unit_of(work, i), *delta = buffer, *weights = delta + stride;
    float *singles = (float *)(void *)(weights + stride);
    double *place = weights + 2 * stride, *own = place + (p + 7) / 8 * 8;
    mds_place_target target = {
        .delta = delta, .weights = weights, .delta_single = singles, .weights_single = singles + stride};
    size_t twin = load_row(work, i, unit, delta, weights, singles);
    if (twin < work->n) {
        for (size_t k = 0; k < p; k++) place[k] = work->coordinates[k * stride + twin];
    } else {
        const mds_place_options *o = &work->options;
        mds_place_settings settings = {.kernels = work->kernels,
                                       .loss = o->loss,
                                       .huber = o->huber / unit,
                                       .starts = o->starts ? o->starts : 4,
                                       .iterations = o->iterations ? o->iterations : 200,
                                       .tolerance = o->tolerance > 0 ? o->tolerance : 1e-9};
        mds_place_point(&work->map, &target, &settings, own, place);
    }
    if (work->stress) {
        mds_pattern_row row = {.x = work->coordinates,
                               .stride = stride,
                               .at = place,
                               .delta = delta,
                               .weights = weights,
                               .p = p};
        mds_stress_sums sums = {0};
        work->kernels->stress(&row, 0, work->n, &sums);
        work->stress[i] = sums.raw > 0 ? sqrt(sums.raw / sums.delta2) : 0;
    }
    for (size_t k = 0; k < p; k++)
        work->out[i * work->ldout + k] =
            twin < work->n ? work->x[twin * work->ldx + k] : work->mean[k] + unit * place[k];
}

static void place_rows(void *context, unsigned worker, size_t task)
{
    const struct work *work = context;
    size_t first = work->first + task * ROWS, end = first + ROWS < work->end ? first + ROWS : work->end;
    for (size_t i = first; i < end; i++) place_row(work, i, work->buffers + worker * work->buffer);
}

static bool ask(const struct work *work)
{
    if (!work->options.progress) return true;
    mds_iteration iteration = {.size = sizeof iteration,
                               .iteration = work->end,
                               .moves = work->end,
                               .fraction = (double)work->end / (double)work->count};
    return work->options.progress(&iteration, work->options.context);
}

static void place_all(struct work *work, mds_thread_pool *pool)
{
    size_t batch = work->options.progress ? BATCH : work->count;
    for (work->end = 0; work->end < work->count;) {
        work->first = work->end;
        work->end = work->count - work->first < batch ? work->count : work->first + batch;
        mds_thread_pool_run(pool, (work->end - work->first + ROWS - 1) / ROWS, place_rows, work);
        if (!ask(work)) break;
    }
    for (size_t i = work->end; i < work->count; i++) {
        for (size_t k = 0; k < work->p; k++) work->out[i * work->ldout + k] = NAN;
        if (work->stress) work->stress[i] = NAN;
    }
}

static fs_status place_objects(struct work *work, const mds_place_options *given, fs_error *error)
{
    mds_thread_pool *pool = NULL;
    fs_status status =
        mds_struct_take("mds_place_options", given, &work->options, sizeof work->options, error);
    if (!status) status = check_arguments(work, error);
    if (status || work->count == 0) return status;
    work->kernels = mds_kernels_for(work->options.isa);
    size_t tasks = (work->count + ROWS - 1) / ROWS;
    unsigned workers = work->options.threads ? work->options.threads : mds_available_processors();
    status = mds_thread_pool_create(workers < tasks ? workers : (unsigned)tasks, &pool, error);
    if (!status) status = prepare(work, mds_thread_pool_workers(pool), error);
    for (size_t i = 0; i < work->count && !status; i++) status = check_row(work, i, error);
    if (!status) place_all(work, pool);
    mds_thread_pool_destroy(pool);
    fs_free(work->mean);
    fs_free(work->nodes);
    fs_free(work->nodes_single);
    fs_free(work->buffers);
    fs_free(work->coordinates);
    fs_free(work->single);
    return status;
}

mds_status mds_place(const double *map, size_t n, size_t p, size_t ldmap, const double *delta, size_t count,
                     size_t ld, const double *weights, size_t ldw, const mds_place_options *options,
                     double *out, size_t ldout, double *stress, mds_error *error)
{
    fs_error inner;
    struct work work = {.x = map,
                        .n = n,
                        .p = p,
                        .ldx = ldmap,
                        .delta = delta,
                        .count = count,
                        .ld = ld,
                        .weights = weights,
                        .ldw = ldw,
                        .out = out,
                        .ldout = ldout,
                        .stress = stress};
    return mds_report(place_objects(&work, options, &inner), &inner, error);
}
