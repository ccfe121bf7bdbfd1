/*
 * What a fit of sparse pairs will need: its own sizes, and its steps at the rates of this machine, measured
 * over a ring of which each object is joined to so many neighbours, in a random order.
 */
#include "fit_plan_pairs.h"

#include "clock.h"
#include "fit_call.h"
#include "gradient.h"
#include "memory.h"
#include "memory_limit.h"
#include "pivot_map.h"

#include <math.h>

enum { OBJECTS = 50000, NEIGHBOURS = 64, RUNS = 5 };

/* What fits of grids, rings and neighbours in the plane and on a sheet took; and how many numbers of each
 * coordinate a step of the quasi-Newton method goes through beside the pairs. */
enum { LEAST_PASSES = 100, MOST_PASSES = 2000, VECTORS = 45 };

/* Seconds of one thread. */
struct rates {
    double open;         /* for each pair, to read it and put it in order */
    double reach, paths; /* for each pair, of a search breadth first, and of Dijkstra's algorithm */
    double pass;         /* for each pair, of a gradient */
    double vector;       /* for each number that a step goes through beside */
};

static double seconds_since(double began)
{
    return fs_clock_thread_cpu_seconds() - began;
}

/* ---- rates ---- */

static fs_status make_ring(size_t n, size_t neighbours, mds_pair **pairs, fs_error *error)
{
    size_t *order = fs_alloc(n, sizeof *order);
    fs_random random;
    *pairs = fs_alloc(n, neighbours * sizeof **pairs);
    if (!order || !*pairs) {
        fs_free(order);
        return fs_fail_memory(error, "measuring this machine", n * neighbours * sizeof **pairs);
    }
    fs_random_init(&random, 1);
    for (size_t i = 0; i < n; i++) order[i] = i;
    fs_random_shuffle(&random, order, n);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < neighbours; k++)
            (*pairs)[i * neighbours + k] =
                (mds_pair){.i = order[i], .j = order[(i + k + 1) % n], .delta = (double)(k + 1)};
    fs_free(order);
    return FS_OK;
}

static void measure_passes(mds_fit_call *f, double pairs, struct rates *rates)
{
    mds_gradient gradient;
    mds_workspace workspace = {.next = f->job.workspace};
    size_t cells = f->p * f->job.stride;
    mds_gradient_lay_out(&gradient, &f->job, &workspace); /* the method has room for more */
    double *slope = mds_workspace_take(&workspace, cells, sizeof *slope);
    rates->pass = rates->vector = HUGE_VAL;
    for (int r = 0; r < RUNS; r++) {
        double began = fs_clock_thread_cpu_seconds();
        (void)mds_gradient_compute(&gradient, f->job.x, slope);
        rates->pass = fmin(rates->pass, seconds_since(began) / pairs);
        began = fs_clock_thread_cpu_seconds();
        for (size_t c = 0; c < cells; c++) f->job.x[c] -= 1e-6 * slope[c];
        rates->vector = fmin(rates->vector, seconds_since(began) / (double)cells);
    }
}

static fs_status measure_graph(const mds_sparse_rows *rows, double pairs, struct rates *rates,
                               fs_error *error)
{
    size_t n = rows->n;
    uint32_t *room = fs_alloc(n + 1, 2 * sizeof *room);
    double *distance = fs_alloc(n, sizeof *distance);
    if (room && distance) {
        double began = fs_clock_thread_cpu_seconds();
        (void)mds_sparse_reach(rows, 0, room, room + n);
        rates->reach = seconds_since(began) / pairs;
        mds_sparse_heap heap = {.items = room, .place = room + n + 1};
        began = fs_clock_thread_cpu_seconds();
        mds_sparse_paths(rows, &heap, 0, distance);
        rates->paths = seconds_since(began) / pairs;
    }
    bool measured = room && distance;
    fs_free(room);
    fs_free(distance);
    return measured ? FS_OK : fs_fail_memory(error, "measuring this machine", n * 16);
}

static fs_status measure_rates(const mds_plan_options *o, struct rates *rates, fs_error *error)
{
    size_t n = o->n < OBJECTS ? o->n : OBJECTS, neighbours = (o->pairs + o->n / 2) / o->n;
    neighbours = neighbours < 1 ? 1 : neighbours > NEIGHBOURS ? NEIGHBOURS : neighbours;
    double pairs = (double)(n * neighbours);
    mds_pair *ring = NULL;
    double *x = fs_alloc_0(n, o->p * sizeof *x);
    fs_status status = x ? make_ring(n, neighbours, &ring, error) : fs_fail_memory(error, "measuring", 0);
    if (status) {
        fs_free(ring);
        fs_free(x);
        return status;
    }
    const mds_problem problem = {.size = sizeof problem,
                                 .n = n,
                                 .pairs = ring,
                                 .pair_count = n * neighbours,
                                 .storage = MDS_STORAGE_ROWS};
    const mds_fit_options options = {
        .size = sizeof options, .method = o->method, .start = MDS_START_RANDOM, .threads = 1, .isa = o->isa};
    mds_fit_call f = {.p = o->p, .x = x, .ldx = o->p};
    double began = fs_clock_thread_cpu_seconds();
    status = mds_fit_check(&f, &problem, &options, NULL, error);
    rates->open = seconds_since(began) / pairs;
    if (!status) status = mds_fit_prepare(&f, true, error);
    if (!status) measure_passes(&f, pairs, rates);
    if (!status) status = measure_graph(f.opened.source->sparse, pairs, rates, error);
    mds_fit_close(&f);
    fs_free(ring);
    fs_free(x);
    return status;
}

/* ---- memory ---- */

/* `rows` and `source` have the sizes that layouts go by, and nothing else. */
static fs_status count_memory(const mds_plan_options *o, mds_fit_call *f, mds_plan_result *r, fs_error *error)
{
    double n = (double)o->n, pairs = (double)o->pairs;
    size_t bytes;
    fs_status status =
        mds_thread_pool_create(f->method->useful_workers(&f->job, o->threads), &f->pool, error);
    if (status) return status;
    f->job.pool = f->pool;
    if (!mds_fit_measure(f, &bytes))
        return fs_fail(error, FS_ARGUMENT, "n = %zu by p = %zu is too large for this machine", o->n, o->p);
    r->input = pairs * sizeof(mds_pair);
    /* Beside the method: the pairs from both ends, the caller's map, and what the stress is summed in. */
    r->memory = (double)bytes + 24 * pairs + 8 * n + 3 * 8 * n * (double)o->p + r->input;
    double left = fs_memory_left("").bytes;
    r->machine = left < HUGE_VAL ? left : 0;
    return FS_OK;
}

static fs_status complete(const mds_plan_options *o, mds_source *source, mds_fit_call *f, fs_error *error)
{
    f->opened.source = source;
    f->problem = (mds_problem){.size = sizeof f->problem, .n = o->n};
    f->options =
        (mds_fit_options){.size = sizeof f->options, .method = o->method, .effort = o->effort, .isa = o->isa};
    f->statistics = (mds_problem_statistics){.largest = 1,
                                             .largest_weight = 1,
                                             .mean_square = 0.5,
                                             .weight = (double)o->pairs,
                                             .pairs = o->pairs,
                                             .missing = true};
    fs_status status = mds_fit_complete(f, error);
    if (status) return status;
    const mds_option_context context = {o->n, o->p, 1};
    status = f->method->check(f->method_options, &context, error);
    if (!status) mds_fit_make_job(f);
    return status;
}

/* ---- stages ---- */

static mds_plan_stage stage_of(const mds_plan_options *o, double least, double most, double seconds)
{
    double pairs = (double)o->pairs;
    return (mds_plan_stage){.least = least,
                            .most = most,
                            .pairs = pairs,
                            .multiply_adds = 2 * pairs * (3 * (double)o->p + 1),
                            .roots = 2 * pairs,
                            .bytes = 24 * pairs + 8 * (double)o->n * (double)o->p,
                            .seconds = seconds};
}

static void plan_stages(const mds_plan_options *o, const mds_fit_call *f, const struct rates *rates,
                        mds_plan_result *r)
{
    double n = (double)o->n, p = (double)o->p, pairs = (double)o->pairs, threads = r->threads;
    double pivots = (double)mds_pivot_count(o->n, o->p), pass = rates->pass * pairs / threads;
    r->start = stage_of(o, 1, 1,
                        rates->open * pairs + pivots * pairs * (rates->reach + rates->paths / threads) +
                            n * pivots * (pivots / 2 + p) * rates->vector / threads);
    r->start.roots = 0;
    if (f->method->rows_iterations) /* epochs, on one thread */
        r->passes =
            stage_of(o, (double)f->options.iterations, (double)f->options.iterations, rates->pass * pairs);
    else
        r->passes = stage_of(o, LEAST_PASSES, MOST_PASSES, pass + VECTORS * n * p * rates->vector);
    r->stress = stage_of(o, 1, 1, pass);
    const mds_plan_stage *stages[] = {&r->start, &r->passes, &r->stress};
    for (size_t s = 0; s < sizeof stages / sizeof *stages; s++) {
        r->least_seconds += stages[s]->least * stages[s]->seconds;
        r->most_seconds += stages[s]->most * stages[s]->seconds;
    }
}

fs_status mds_plan_pairs(const mds_plan_options *o, mds_plan_result *r, fs_error *error)
{
    mds_sparse_rows rows = mds_sparse_rows_sizes(o->n, o->pairs);
    mds_source source = {.n = o->n, .sparse = &rows};
    mds_fit_call f = {.p = o->p};
    struct rates rates = {0};
    *r = (mds_plan_result){.size = sizeof *r, .ranks = o->ranks, .rows = true};
    fs_status status = complete(o, &source, &f, error);
    if (!status) status = count_memory(o, &f, r, error);
    if (!status) status = measure_rates(o, &rates, error);
    if (!status) {
        r->method = f.method->info.name;
        r->threads = r->shared = o->threads;
        r->isa = mds_kernels_for(o->isa)->isa;
        plan_stages(o, &f, &rates, r);
    }
    mds_thread_pool_destroy(f.pool);
    return status;
}
