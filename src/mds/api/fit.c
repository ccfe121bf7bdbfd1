/*
 * What every method needs, done once: numbers of any magnitude are scaled to near 1, the start is placed,
 * threads and memory are had; then the method iterates, and its map is scaled back and judged.
 */
#include "fit_call.h"

#include "checkpoint.h"
#include "classical_start.h"
#include "clock.h"
#include "landmark_start.h"
#include "library.h"
#include "memory.h"
#include "path_start.h"
#include "pivot_start.h"
#include "random_start.h"
#include "scale.h"
#include "sized_struct.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ESTIMATE = 1 << 16 };

/* ---- threads and memory ---- */

static fs_status scale_problem(mds_fit_call *f, fs_error *error)
{
    size_t n = f->problem.n;
    int length = f->statistics.delta_exponent, weight = f->statistics.weight_exponent;
    fs_status status = FS_OK;
    f->measured = f->problem;
    if (length && !f->opened.source) { /* a source scales by itself */
        status = mds_scale_matrix(f->problem.delta, n, n, f->problem.ld, length, &f->scaled_delta, error);
        f->measured.delta = f->scaled_delta;
        f->measured.ld = n;
    }
    if (!status && weight && !f->opened.source) {
        status =
            mds_scale_matrix(f->problem.weights, n, n, f->problem.ldw, weight, &f->scaled_weights, error);
        f->measured.weights = f->scaled_weights;
        f->measured.ldw = n;
    }
    f->scaled = f->measured;
    return status;
}

/* Disparities take the dissimilarities' place, in the method's problem and in what is judged at the end. */
static fs_status prepare_level(mds_fit_call *f, fs_error *error)
{
    if (f->level.level == MDS_LEVEL_RATIO) return FS_OK;
    f->level.p = f->p;
    f->level.squares = f->statistics.weight * f->statistics.mean_square;
    fs_status status =
        mds_transform_create(&f->measured, &f->level, f->job.kernels, f->pool, &f->transform, error);
    if (status) return status;
    f->job.transform = f->transform;
    f->problem.delta = f->scaled.delta = f->transform->disparities;
    f->problem.ld = f->scaled.ld = f->problem.n;
    return FS_OK;
}

/* Starts that are tried here, one after the other; some methods try several themselves. */
static unsigned start_count(const mds_fit_call *f)
{
    bool by_method = f->method->info.abilities & MDS_ABILITY_STARTS;
    return by_method || f->options.starts == 0 ? 1 : f->options.starts;
}

static void lay_out(mds_fit_call *f, mds_workspace *workspace)
{
    mds_job *job = &f->job;
    size_t n = f->problem.n;
    job->row_point_size = (f->p + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE;
    job->x = mds_workspace_take(workspace, job->stride, f->p * sizeof(double));
    f->best = mds_workspace_take(workspace, job->stride, f->p * sizeof(double));
    job->row_loss = mds_workspace_take(workspace, n + MDS_LOSS_ROWS, sizeof(double));
    job->row_point =
        mds_workspace_take(workspace, mds_thread_pool_workers(f->pool), job->row_point_size * sizeof(double));
    job->workspace = workspace->next; /* behind these */
}

/* The classical start of a matrix, and what improves it where much is missing. */
typedef struct matrix_start {
    mds_classical classical;
    mds_path_start by_paths;
    bool mostly_missing;
} matrix_start;

/* It works in the method's memory, before the method does. */
static void lay_out_start(mds_fit_call *f, matrix_start *start, mds_workspace *workspace)
{
    const mds_problem_statistics *s = &f->statistics;
    mds_workspace beside = *workspace; /* one after the other */
    mds_classical_init(&start->classical, &f->measured, s->largest, s->mean_square, s->pairs, f->p,
                       f->job.kernels, f->pool);
    mds_classical_lay_out(&start->classical, &beside);
    start->mostly_missing = mds_path_start_is_for(f->problem.n, s->pairs);
    if (start->mostly_missing)
        mds_path_start_lay_out(&start->by_paths, &f->measured, f->p, f->job.stride, f->pool, workspace);
    if (beside.bytes > workspace->bytes) workspace->bytes = beside.bytes;
    workspace->too_large = workspace->too_large || beside.too_large;
}

bool mds_fit_measure(mds_fit_call *f, size_t *bytes)
{
    mds_workspace workspace = {0};
    matrix_start start;
    if (f->problem.n > SIZE_MAX / 1024 || f->p > SIZE_MAX / 1024 / 8) return false;
    lay_out(f, &workspace);
    mds_workspace beside = workspace;
    f->method->measure(&f->job, &workspace);
    bool classical = f->options.start == MDS_START_CLASSICAL && !f->method->places_itself;
    if (classical && f->opened.source && f->opened.source->sparse)
        mds_pivot_measure(&f->job, &beside);
    else if (classical && f->opened.source)
        mds_landmark_measure(&f->job, &beside);
    else if (classical)
        lay_out_start(f, &start, &beside);
    *bytes = beside.bytes > workspace.bytes ? beside.bytes : workspace.bytes;
    return !workspace.too_large && !beside.too_large;
}

/* Ranks that are not bound to processors of their own share those of their machine. */
static unsigned available_processors(const mds_ranks *ranks)
{
    unsigned available = mds_available_processors();
    long all = sysconf(_SC_NPROCESSORS_ONLN);
    if (!ranks || ranks->local < 2 || (long)available < all) return available;
    return available / ranks->local > 1 ? available / ranks->local : 1;
}

void mds_fit_make_job(mds_fit_call *f)
{
    size_t n = f->problem.n;
    mds_job *job = &f->job;
    const mds_fit_options *o = &f->options;
    f->measured = f->scaled = f->problem; /* for their sizes */
    *job = (mds_job){.problem = &f->scaled,
                     .source = f->opened.source,
                     .statistics = &f->statistics,
                     .p = f->p,
                     .level = o->level,
                     .loss = o->loss,
                     .iterations = o->iterations,
                     .tolerance = o->tolerance,
                     .huber = ldexp(o->huber, -f->statistics.delta_exponent),
                     .effort = o->effort,
                     .start = o->start,
                     .starts = o->starts,
                     .options = f->method_options,
                     .kernels = mds_kernels_for(o->isa),
                     .share = &f->share,
                     .stride = (n + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE,
                     .method_statistics = f->method_statistics,
                     .fit = o};
    job->length_exponent = f->statistics.delta_exponent;
    job->loss_exponent =
        (o->loss == MDS_LOSS_ABSOLUTE ? 1 : 2) * f->statistics.delta_exponent + f->statistics.weight_exponent;
    if (o->huber == 0) job->huber = sqrt(f->statistics.mean_square) / 10;
}

fs_status mds_fit_prepare(mds_fit_call *f, bool judged, fs_error *error)
{
    mds_job *job = &f->job;
    const mds_fit_options *o = &f->options;
    mds_fit_make_job(f);
    unsigned granted = o->threads ? o->threads : available_processors(o->ranks);
    fs_status status = mds_thread_pool_create(f->method->useful_workers(job, granted), &f->pool, error);
    if (status) return status;
    job->pool = f->pool;

    size_t bytes;
    if (!mds_fit_measure(f, &bytes))
        return fs_fail(error, FS_ARGUMENT, "n = %zu by p = %zu is too large for this machine", f->problem.n,
                       f->p);
    status = mds_fit_check_memory(f, bytes, error);
    if (status) return status;
    f->block = fs_alloc_aligned(1, bytes);
    if (!f->block) return fs_fail_memory(error, "preparing the fit", bytes);
    mds_workspace workspace = {.next = f->block};
    lay_out(f, &workspace);

    f->share.strict = f->opened.source != NULL; /* which may fail to be read */
    if (f->opened.source)
        status =
            mds_source_work_create(f->opened.source, f->p, job->kernels, f->pool, &f->share, &f->rows, error);
    else if (judged)
        status = mds_stress_work_create(&f->problem, &f->statistics, f->p, job->kernels, f->pool, &f->stress,
                                        error);
    if (!status) status = scale_problem(f, error);
    return status ? status : prepare_level(f, error);
}

/* ---- the solve ---- */

enum { IDENTITY = 4096 }; /* bytes, more than it ever has */

/* Which of the caller's objects stands at place j of the method's. */
static size_t object_at(const mds_fit_call *f, size_t j)
{
    const mds_source *source = f->opened.source;
    return source && source->order ? source->order[j] : j;
}

/* Start number `number`: the first is what was asked for, the others are random, each with a seed of its own.
 */
static fs_status place_start(mds_fit_call *f, unsigned number, fs_error *error)
{
    mds_job *job = &f->job;
    double factor = ldexp(1, -f->statistics.delta_exponent);
    memset(job->x, 0, f->p * job->stride * sizeof *job->x);
    fs_random_init(&job->random, f->options.seed + number * UINT64_C(0x9e3779b97f4a7c15));
    job->start = number == 0 ? f->options.start : MDS_START_RANDOM;
    if (f->method->places_itself) return FS_OK;
    if (job->start == MDS_START_CLASSICAL && job->source && job->source->sparse) {
        mds_pivot_start(job);
        return FS_OK;
    }
    if (job->start == MDS_START_CLASSICAL && job->source) return mds_landmark_start(job, error);
    if (job->start == MDS_START_CLASSICAL) {
        matrix_start start;
        mds_workspace workspace = {.next = job->workspace};
        lay_out_start(f, &start, &workspace);
        mds_classical_start(&start.classical, job->x, job->stride);
        if (start.mostly_missing) mds_path_start_improve(&start.by_paths, job->deadline, job->x);
        return FS_OK;
    }
    if (job->start == MDS_START_RANDOM) {
        mds_random_start(&job->random, f->statistics.mean_square, f->problem.n, f->p, job->x, job->stride);
        return FS_OK;
    }
    for (size_t j = 0; j < f->problem.n; j++)
        for (size_t k = 0; k < f->p; k++)
            job->x[k * job->stride + j] = factor * f->x[object_at(f, j) * f->ldx + k];
    return FS_OK;
}

static void hand_over_map(const mds_fit_call *f)
{
    double factor = ldexp(1, f->statistics.delta_exponent);
    for (size_t j = 0; j < f->problem.n; j++)
        for (size_t k = 0; k < f->p; k++)
            f->x[object_at(f, j) * f->ldx + k] = factor * f->job.x[k * f->job.stride + j] + 0.0; /* no -0 */
}

static size_t map_bytes(const mds_fit_call *f)
{
    return f->p * f->job.stride * sizeof *f->job.x;
}

/* A pass over all pairs of a source takes as long as an iteration: what is only told, or compared, is
 * estimated. */
static double loss_of(mds_fit_call *f, const double *x)
{
    if (!f->rows) return mds_job_loss(&f->job, x);
    double huber = f->job.loss == MDS_LOSS_HUBER ? f->job.huber : 0;
    return mds_source_loss(f->rows, x, f->job.stride, huber, ESTIMATE, f->options.seed);
}

static fs_status run_start(mds_fit_call *f, unsigned number, unsigned count, fs_error *error)
{
    mds_job *job = &f->job;
    fs_status status = place_start(f, number, error);
    if (status) return status;
    job->share_from = (double)number / count;
    job->share_size = 1.0 / count;
    job->done_before = job->done;
    job->gradient = job->end_loss = NAN;
    job->iterations = job->done + f->options.iterations;
    if (job->iterations < job->done) job->iterations = UINT64_MAX;
    const mds_problem_statistics *s = &f->statistics;
    job->start_loss = f->method->places_itself ? s->weight * s->mean_square : loss_of(f, job->x);
    job->told_loss = job->start_loss;
    if (number == 0) memcpy(f->best, job->x, map_bytes(f));
    job->told_at = fs_clock_seconds();
    return f->method->solve(job, error);
}

/* How many starts have ended in a map as good as the best, now that one more has. */
static unsigned count_best(const mds_job *job, double ended, double best)
{
    if (!mds_job_as_good(job, ended, best)) return job->best_count;
    return mds_job_as_good(job, best, ended) ? job->best_count + 1 : 1;
}

/* A fit that was ended early may have left a map worse than the first start, which is then the result. */
static double keep_start(mds_fit_call *f, unsigned number, double ended)
{
    mds_job *job = &f->job;
    if (number > 0 || f->method->places_itself || ended <= job->start_loss) return ended;
    memcpy(job->x, f->best, map_bytes(f));
    job->gradient = NAN;
    return job->start_loss;
}

/* The last disparities, in the caller's unit, and what they tell. */
static void judge_level(mds_fit_call *f, mds_result *result)
{
    mds_transform *transform = f->transform;
    int exponent = f->statistics.delta_exponent;
    transform->held = transform->coarse = false;
    mds_transform_follow(transform, f->job.x);
    result->heaps = mds_heaps(&f->measured, f->job.x, f->p, f->job.stride);
    if (f->level.level == MDS_LEVEL_INTERVAL) {
        result->slope = transform->slope; /* has no unit */
        result->intercept = ldexp(transform->intercept, exponent);
    }
    if (f->level.level == MDS_LEVEL_LOG) result->power = transform->power;
    if (exponent)
        mds_scale(transform->disparities, f->problem.n * f->problem.n, -exponent, transform->disparities);
}

static void fill_stress(const mds_stress_values *values, mds_result *result)
{
    result->raw = values->raw;
    result->normalized = values->normalized;
    result->stress1 = values->stress1;
    result->scale = values->scale;
    result->absolute = values->absolute;
    result->pairs = values->pairs;
    result->sampled_pairs = values->sampled_pairs;
    result->normalized_error = values->normalized_error;
    result->stress1_error = values->stress1_error;
}

/* The stress of the map of a source, in the caller's unit. */
static fs_status judge_rows(mds_fit_call *f, mds_result *result, fs_error *error)
{
    mds_stress_values values;
    size_t sample = f->options.stress_sample;
    if (sample == 0) sample = mds_job_samples(&f->job) ? MDS_STRESS_SAMPLE : MDS_ALL_PAIRS;
    mds_source_stress(f->rows, f->job.x, f->job.stride, sample, f->options.seed, &values);
    fill_stress(&values, result);
    result->loss = values.raw;
    if (f->job.loss == MDS_LOSS_HUBER)
        result->loss =
            ldexp(mds_source_loss(f->rows, f->job.x, f->job.stride, f->job.huber, sample, f->options.seed),
                  f->job.loss_exponent);
    return mds_share_status(&f->share, mds_source_check(f->opened.source, error), error);
}

/* What the starts so far have led to; the best map is in f->best. */
struct ends {
    double loss, start_loss, gradient;
    mds_stop stop;
    unsigned number; /* the start that is next */
};

/* Start number ends->number has ended: count it, and keep its map if it is the best. */
static void take_end(mds_fit_call *f, unsigned count, struct ends *ends)
{
    mds_job *job = &f->job;
    unsigned number = ends->number++;
    double ended = isnan(job->end_loss) ? loss_of(f, job->x) : job->end_loss;
    if (job->ended) ended = keep_start(f, number, ended);
    if (count > 1 || !job->outcomes)
        mds_job_start_ended(job, job->start, ended, job->done - job->done_before, job->stop);
    if (number == 0) ends->start_loss = job->start_loss;
    if (count > 1) job->best_count = count_best(job, ended, ends->loss);
    if (!(ended < ends->loss || number == 0)) return;
    ends->loss = ended;
    ends->stop = job->stop;
    ends->gradient = job->gradient;
    if (count > 1) job->best_start = number;
    memcpy(f->best, job->x, map_bytes(f));
}

static fs_status run_starts(mds_fit_call *f, struct ends *ends, fs_error *error)
{
    mds_job *job = &f->job;
    unsigned count = start_count(f);
    const mds_piece pieces[] = {{ends, sizeof *ends},
                                {f->best, map_bytes(f)},
                                {f->method_statistics, f->method->info.statistics_size}};
    mds_stage stage = MDS_STAGE("starts", pieces, .nests = true);
    *ends = (struct ends){.loss = HUGE_VAL, .gradient = NAN, .stop = MDS_STOP_LIMIT};
    memset(f->best, 0, map_bytes(f));
    (void)mds_stage_begin(job, &stage);
    while (ends->number < count && !(job->ended && ends->number > 0)) {
        fs_status status = run_start(f, ends->number, count, error);
        if (status) return status;
        take_end(f, count, ends);
        if (job->ended) ends->stop = job->asked;
        mds_stage_pass(job, &stage);
    }
    const mds_checkpoint *checkpoint = job->checkpoint;
    if (checkpoint && checkpoint->status)
        return fs_fail(error, checkpoint->status, "%s", checkpoint->error.message);
    return FS_OK;
}

/* All ranks are to fit the same. */
static fs_status compare_ranks(mds_fit_call *f, const char *identity, fs_error *error)
{
    const mds_fit_options *o = &f->options;
    char first[IDENTITY], own[IDENTITY];
    snprintf(own, sizeof own,
             "%sprogress, trace, checkpoints, limit of time: %d %d %d %d\n"
             "sample for the stress: %zu\n",
             identity, o->progress != NULL, o->trace != NULL, o->checkpoint != NULL, o->max_seconds > 0,
             o->stress_sample);
    memcpy(first, own, sizeof own);
    mds_share_from(&f->share, 0, first, sizeof first);
    fs_status status = FS_OK;
    if (mds_share_count(&f->share) > f->problem.n)
        status = fs_fail(error, FS_ARGUMENT, "%u ranks are more than there are objects, %zu: start fewer",
                         mds_share_count(&f->share), f->problem.n);
    else if (strcmp(first, own) != 0)
        status = mds_identity_differs(first, strlen(first), own,
                                      "started with other data or options than rank 0", error);
    return mds_share_status(&f->share, status, error);
}

/* What ranks and checkpoints know the fit by. */
static fs_status prepare_identity(mds_fit_call *f, fs_error *error)
{
    char identity[IDENTITY - 200] = "";
    const mds_fit_options *o = &f->options;
    if (!o->checkpoint && !o->resume && !f->share.ranks) return FS_OK;
    mds_fit_identity(f, identity, sizeof identity);
    fs_status status = FS_OK;
    if (f->opened.source) /* which was read for it */
        status = mds_share_status(&f->share, mds_source_check(f->opened.source, error), error);
    if (status) return status;
    if (f->share.ranks) status = compare_ranks(f, identity, error);
    if (status || (!o->checkpoint && !o->resume)) return status;
    return mds_share_status(&f->share, mds_checkpoint_create(&f->job, identity, error), error);
}

static fs_status solve(mds_fit_call *f, mds_result *result, fs_error *error)
{
    mds_job *job = &f->job;
    double begun = fs_clock_seconds();
    job->deadline = f->options.max_seconds > 0 ? begun + f->options.max_seconds : HUGE_VAL;
    struct ends ends;
    fs_status status = prepare_identity(f, error);
    if (!status) status = mds_share_status(&f->share, run_starts(f, &ends, error), error);
    if (status) return status;
    memcpy(job->x, f->best, map_bytes(f));
    if (!f->rows) hand_over_map(f);
    *result = (mds_result){.size = sizeof *result,
                           .loss = ldexp(ends.loss, job->loss_exponent),
                           .start_loss = ldexp(ends.start_loss, job->loss_exponent),
                           .iterations = job->done,
                           .seconds = fs_clock_seconds() - begun,
                           .method = f->method->info.name,
                           .trace_used = job->trace_used,
                           .stop = ends.stop,
                           .isa = job->kernels->isa,
                           .threads = mds_thread_pool_workers(f->pool),
                           .best_start = job->best_start,
                           .starts = job->outcomes,
                           .best_count = job->best_count ? job->best_count : 1,
                           .gradient = ends.gradient};
    if (f->transform) judge_level(f, result);
    if (f->rows) {
        status = judge_rows(f, result, error);
        if (!status) hand_over_map(f);
        return status;
    }
    if (!f->stress) return FS_OK;
    mds_stress_values values;
    mds_stress_compute(f->stress, f->x, f->ldx, &values, NULL);
    fill_stress(&values, result);
    return FS_OK;
}

void mds_fit_close(mds_fit_call *f)
{
    mds_share_fini(&f->share);
    mds_checkpoint_destroy(f->job.checkpoint);
    mds_stress_work_destroy(f->stress);
    mds_transform_destroy(f->transform);
    fs_free(f->block);
    fs_free(f->weighting);
    fs_free(f->scaled_delta);
    fs_free(f->scaled_weights);
    mds_source_work_destroy(f->rows);
    mds_problem_close(&f->opened);
    mds_thread_pool_destroy(f->pool);
}

mds_status mds_fit(const mds_problem *problem, size_t p, const mds_fit_options *options, double *x,
                   size_t ldx, mds_result *result, mds_error *error)
{
    fs_error inner;
    mds_fit_call f = {.p = p, .x = x, .ldx = ldx};
    mds_result found;
    fs_status status = mds_fit_check(&f, problem, options, result, &inner);
    if (!status) status = mds_fit_prepare(&f, result != NULL, &inner);
    status = mds_share_status(&f.share, status, &inner);
    if (!status) status = solve(&f, &found, &inner);
    if (!status) {
        mds_struct_give(result, &found, sizeof found);
        mds_struct_give(f.options.method_statistics, f.method_statistics, f.method->info.statistics_size);
    }
    mds_fit_close(&f);
    return mds_report(status, &inner, error);
}
