#include "stress.h"

#include "levels.h"
#include "memory.h"
#include "problem_open.h"
#include "scale.h"
#include "sized_struct.h"
#include "source_sums.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS = 32 }; /* rows in one partial sum */

struct mds_stress_work {
    const mds_problem *problem;
    const mds_problem_statistics *statistics;
    const mds_kernels *kernels;
    mds_thread_pool *pool;
    size_t stride, p, blocks;
    double *x;                /* the configuration as a structure of arrays */
    mds_stress_sums *partial; /* one for each block of rows */
    double *buffers;          /* for each worker: p coordinates, and two scaled rows */
    size_t buffer_size;
    int delta_exponent; /* the rows are summed times 2^-exponent */
    double *per_point;  /* NULL: half of each row is enough */
};

/* Row i of a matrix, scaled in `buffer` when it must be. */
static const double *scaled_row(const double *matrix, size_t ld, size_t i, size_t n, int exponent,
                                double *buffer)
{
    const double *row = matrix + i * ld;
    if (exponent == 0) return row;
    mds_scale(row, n, exponent, buffer);
    return buffer;
}

static void stress_of_rows(void *context, unsigned worker, size_t block)
{
    const mds_stress_work *work = context;
    const mds_problem *problem = work->problem;
    size_t n = problem->n, end = (block + 1) * ROWS < n ? (block + 1) * ROWS : n;
    double *at = work->buffers + worker * work->buffer_size, *delta = at + work->p, *weights = delta + n;
    mds_stress_sums total = {0};
    for (size_t i = block * ROWS; i < end; i++) {
        for (size_t k = 0; k < work->p; k++) at[k] = work->x[k * work->stride + i];
        mds_pattern_row row = {.x = work->x, .stride = work->stride, .at = at, .p = work->p};
        row.delta = scaled_row(problem->delta, problem->ld, i, n, work->delta_exponent, delta);
        row.ahead = i + 1 < n ? problem->delta + (i + 1) * problem->ld : NULL;
        if (problem->weights)
            row.weights =
                scaled_row(problem->weights, problem->ldw, i, n, work->statistics->weight_exponent, weights);
        mds_stress_sums sums = {0};
        work->kernels->stress(&row, i + 1, n, &sums);
        mds_stress_sums_add(&total, &sums);
        if (work->per_point) {
            mds_stress_sums left = {0};
            work->kernels->stress(&row, 0, i, &left);
            work->per_point[i] = sums.raw + left.raw;
        }
    }
    work->partial[block] = total;
}

static void normalize_shares(double *per_point, size_t n)
{
    double total = 0;
    for (size_t i = 0; i < n; i++) total += per_point[i];
    for (size_t i = 0; i < n; i++) per_point[i] = total > 0 ? per_point[i] / total : 0;
}

/* The sums with the dissimilarities times 2^-delta and the map times `factor`. */
static mds_stress_sums sum_rows(mds_stress_work *work, const double *x, size_t ldx, int delta, double factor)
{
    for (size_t k = 0; k < work->p; k++)
        for (size_t j = 0; j < work->problem->n; j++) work->x[k * work->stride + j] = factor * x[j * ldx + k];
    work->delta_exponent = delta;
    mds_thread_pool_run(work->pool, work->blocks, stress_of_rows, work);
    mds_stress_sums total = {0};
    for (size_t b = 0; b < work->blocks; b++) mds_stress_sums_add(&total, &work->partial[b]);
    return total;
}

/* The width of a map along the dimension where it is widest: what distances go by, wherever the map lies. */
static double width_of(const double *x, size_t n, size_t p, size_t ldx)
{
    double widest = 0;
    for (size_t k = 0; k < p; k++) {
        double low = x[k], high = x[k];
        for (size_t i = 1; i < n; i++) {
            low = fmin(low, x[i * ldx + k]);
            high = fmax(high, x[i * ldx + k]);
        }
        widest = fmax(widest, high - low);
    }
    return widest;
}

/* A difference needs one unit for both; what compares the map at its best scale would lose the smaller of the
 * two in it, when they are too far apart, and so is summed with a unit for each. */
static void choose_exponents(const mds_problem_statistics *statistics, double width, int *delta, int *map)
{
    enum { NEAR = 100 };
    *delta = statistics->delta_exponent;
    *map = mds_exponent(width);
    if (statistics->largest == 0) *delta = *map;
    if (width == 0) *map = *delta;
    if (abs(*delta - *map) <= NEAR) *delta = *map = *delta > *map ? *delta : *map;
}

static void fill_values(const mds_stress_sums *together, const mds_stress_sums *apart, int delta, int map,
                        int weight, mds_stress_values *values)
{
    int both = delta > map ? delta : map;
    double scale = apart->d2 > 0 ? apart->delta_d / apart->d2 : 0;
    /* At the best scale it is no more than as it stands; the difference of two sums may say so when both are
     * nearly nothing. */
    double residual = fmin(apart->delta2 - scale * apart->delta_d, ldexp(together->raw, 2 * (both - delta)));
    *values = (mds_stress_values){
        .size = sizeof *values,
        .raw = ldexp(together->raw, 2 * both + weight),
        .normalized = apart->delta2 > 0 ? ldexp(sqrt(together->raw / apart->delta2), both - delta) : 0,
        .stress1 = apart->delta2 > 0 && residual > 0 ? sqrt(residual / apart->delta2) : 0,
        .scale = ldexp(scale, delta - map),
        .absolute = ldexp(together->absolute, both + weight),
        .pairs = (size_t)together->pairs,
    };
}

/* ---- the parts that fit.c uses too ---- */

size_t mds_stress_tasks(size_t n)
{
    return (n + ROWS - 1) / ROWS;
}

fs_status mds_stress_work_create(const mds_problem *problem, const mds_problem_statistics *statistics,
                                 size_t p, const mds_kernels *kernels, mds_thread_pool *pool,
                                 mds_stress_work **out, fs_error *error)
{
    size_t n = problem->n, cells;
    mds_stress_work *work = *out = fs_alloc_0(1, sizeof *work);
    if (work) {
        *work = (mds_stress_work){.problem = problem,
                                  .statistics = statistics,
                                  .kernels = kernels,
                                  .pool = pool,
                                  .stride = (n + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE,
                                  .p = p,
                                  .blocks = mds_stress_tasks(n),
                                  .buffer_size = p + 2 * n};
        if (fs_size_mul(p, work->stride, &cells)) work->x = fs_alloc_aligned(cells, sizeof(double));
        work->partial = fs_alloc(work->blocks, sizeof *work->partial);
        if (fs_size_mul(mds_thread_pool_workers(pool), work->buffer_size, &cells))
            work->buffers = fs_alloc(cells, sizeof(double));
        if (work->x && work->partial && work->buffers) return FS_OK;
    }
    mds_stress_work_destroy(work);
    *out = NULL;
    return fs_fail_memory(error, "computing the stress", 0);
}

void mds_stress_work_destroy(mds_stress_work *work)
{
    if (!work) return;
    fs_free(work->buffers);
    fs_free(work->partial);
    fs_free(work->x);
    fs_free(work);
}

void mds_stress_compute(mds_stress_work *work, const double *x, size_t ldx, mds_stress_values *values,
                        double *per_point)
{
    size_t n = work->problem->n;
    double width = width_of(x, n, work->p, ldx), points = width > 0; /* a map without width is at 0 */
    int delta, map;
    choose_exponents(work->statistics, width, &delta, &map);
    int both = delta > map ? delta : map;
    work->per_point = per_point;
    mds_stress_sums together = sum_rows(work, x, ldx, both, points * ldexp(1, -both)), apart = together;
    if (per_point) normalize_shares(per_point, n);
    if (delta != map) {
        work->per_point = NULL;
        apart = sum_rows(work, x, ldx, delta, points * ldexp(1, -map));
    }
    fill_values(&together, &apart, delta, map, work->statistics->weight_exponent, values);
}

/* ---- the public function ---- */

struct call {
    mds_opened opened;
    mds_problem problem;
    mds_problem_statistics statistics;
    mds_stress_options options;
    mds_transform_settings settings;
    const double *x;
    size_t p, ldx;
    double largest; /* coordinate */
};

static fs_status judge(const struct call *c, const mds_problem *problem, mds_thread_pool *pool,
                       mds_stress_values *values, fs_error *error)
{
    mds_stress_work *work;
    mds_stress_values computed;
    fs_status status = mds_stress_work_create(problem, &c->statistics, c->p, mds_kernels_for(c->options.isa),
                                              pool, &work, error);
    if (status) return status;
    mds_stress_compute(work, c->x, c->ldx, &computed, c->options.per_point);
    mds_struct_give(values, &computed, sizeof computed);
    mds_stress_work_destroy(work);
    return FS_OK;
}

/* With disparities in place of the dissimilarities. */
static fs_status judge_level(struct call *c, mds_thread_pool *pool, mds_stress_values *values,
                             fs_error *error)
{
    mds_level_work work;
    size_t n = c->problem.n;
    c->settings.squares = c->statistics.weight * c->statistics.mean_square;
    fs_status status = mds_level_work_create(&c->problem, &c->statistics, &c->settings, c->p,
                                             mds_kernels_for(c->options.isa), pool, &work, error);
    if (status) return status;
    (void)mds_level_work_follow(&work, c->x, c->ldx, c->largest);
    mds_scale(work.transform->disparities, n * n, -c->statistics.delta_exponent, work.transform->disparities);
    mds_problem problem = c->problem;
    problem.delta = work.transform->disparities;
    problem.ld = n;
    status = judge(c, &problem, pool, values, error);
    mds_level_work_destroy(&work);
    return status;
}

static fs_status check_rows(const struct call *c, fs_error *error)
{
    const mds_stress_options *o = &c->options;
    if (!c->opened.source && o->sample)
        return fs_fail(error, FS_UNSUPPORTED,
                       "stress is estimated from a sample where a problem is kept as rows");
    if (!c->opened.source) return FS_OK;
    if (o->level != MDS_LEVEL_RATIO || o->per_point)
        return fs_fail(
            error, FS_UNSUPPORTED,
            "a problem that is kept as rows has its stress at level ratio, and no shares of the objects");
    return FS_OK;
}

/* Of a source: the map as a structure of arrays, in its order and unit. */
static fs_status judge_rows(const struct call *c, mds_thread_pool *pool, mds_stress_values *values,
                            fs_error *error)
{
    mds_source *source = c->opened.source;
    size_t n = source->n, stride = (n + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE, cells;
    double *x = fs_size_mul(stride, c->p, &cells) ? fs_alloc_aligned(cells, sizeof *x) : NULL;
    mds_source_work *work = NULL;
    mds_stress_values computed;
    fs_status status =
        x ? mds_source_work_create(source, c->p, mds_kernels_for(c->options.isa), pool, NULL, &work, error)
          : fs_fail_memory(error, "computing the stress", 0);
    for (size_t j = 0; j < n && !status; j++)
        for (size_t k = 0; k < c->p; k++)
            x[k * stride + j] =
                ldexp(c->x[(source->order ? source->order[j] : j) * c->ldx + k], -source->exponent);
    if (!status) {
        mds_source_stress(work, x, stride, c->options.sample ? c->options.sample : MDS_ALL_PAIRS,
                          c->options.seed, &computed);
        status = mds_source_check(source, error);
    }
    if (!status) mds_struct_give(values, &computed, sizeof computed);
    mds_source_work_destroy(work);
    fs_free(x);
    return status;
}

static fs_status take(struct call *c, const mds_problem *problem, const mds_stress_options *options,
                      const mds_stress_values *values, fs_error *error)
{
    mds_stress_options *o = &c->options;
    fs_status status = mds_struct_take("mds_stress_options", options, o, sizeof *o, error);
    if (status) return status;
    if ((status = mds_isa_check(o->isa, error))) return status;
    if ((status = mds_problem_open(problem, mds_kernels_for(o->isa), o->threads, NULL, &c->opened, error)))
        return status;
    c->problem = c->opened.problem;
    c->statistics = c->opened.statistics;
    if (!values) return fs_fail(error, FS_ARGUMENT, "`values` is NULL");
    if ((status = mds_struct_check("mds_stress_values", values, error))) return status;
    if ((status = check_rows(c, error))) return status;
    status = mds_level_settings(o->level, o->ties, o->spline_degree, o->spline_knots, &c->settings, error);
    if (status) return status;
    return mds_configuration_check(c->x, c->problem.n, c->p, c->ldx, &c->largest, error);
}

mds_status mds_stress(const mds_problem *problem, size_t p, const mds_stress_options *options,
                      const double *x, size_t ldx, mds_stress_values *values, mds_error *error)
{
    fs_error inner;
    mds_thread_pool *pool = NULL;
    struct call c = {.x = x, .p = p, .ldx = ldx};
    fs_status status = take(&c, problem, options, values, &inner);
    if (!status) {
        size_t tasks = mds_stress_tasks(c.problem.n);
        unsigned workers = c.options.threads ? c.options.threads : mds_available_processors();
        status = mds_thread_pool_create(workers < tasks ? workers : (unsigned)tasks, &pool, &inner);
    }
    if (!status && c.opened.source)
        status = judge_rows(&c, pool, values, &inner);
    else if (!status)
        status = c.settings.level == MDS_LEVEL_RATIO ? judge(&c, &c.problem, pool, values, &inner)
                                                     : judge_level(&c, pool, values, &inner);
    mds_thread_pool_destroy(pool);
    mds_problem_close(&c.opened);
    return mds_report(status, &inner, error);
}
