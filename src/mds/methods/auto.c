#include "auto.h"

#include "pattern.h"
#include "search.h"
#include "search_rows.h"
#include "unidimensional.h"

#include <math.h>
#include <string.h>

/* ---- one dimension ---- */

/* Everything hangs on the order of the points there, which has a method of its own. */
static bool on_a_line(const mds_job *job)
{
    return job->p == 1 && job->loss == MDS_LOSS_SQUARED;
}

/* Order by order, where there are disparities: the best order for those at hand, then the best of those for
 * it, as long as that lowers the loss. The first are the dissimilarities themselves. `best` is room for a
 * map. */
static fs_status solve_line_by_level(mds_job *job, double *best, fs_error *error)
{
    enum { ROUNDS = 50 };
    mds_transform *transform = job->transform;
    double start_loss = job->start_loss, least = start_loss;
    size_t bytes = job->stride * sizeof *best;
    fs_status status = FS_OK;
    memcpy(best, job->x, bytes);
    mds_transform_reset(transform);
    for (unsigned round = 0; round < ROUNDS && !status && !job->ended; round++) {
        transform->held = true;
        job->start_loss = mds_job_loss(job, job->x);
        status = mds_unidimensional_solve(job, error);
        transform->held = false;
        mds_job_follow(job, job->x);
        double loss = mds_job_loss(job, job->x);
        if (round > 0 && !(loss < (1 - 1e-9) * least)) break;
        if (loss < least) memcpy(best, job->x, bytes);
        least = fmin(loss, least);
        job->starts = 1;
    }
    transform->held = false;
    memcpy(job->x, best, bytes);
    job->start_loss = start_loss;
    return status;
}

static fs_status solve_line(mds_job *job, fs_error *error)
{
    if (!job->transform) return mds_unidimensional_solve(job, error);
    unsigned starts = job->starts;
    void *block = job->workspace;
    mds_workspace workspace = {.next = block};
    double *best = mds_workspace_take(&workspace, job->stride, sizeof *best);
    job->workspace = workspace.next;
    fs_status status = solve_line_by_level(job, best, error);
    job->workspace = block;
    job->starts = starts;
    return status;
}

static void measure_line(const mds_job *job, mds_workspace *workspace)
{
    if (job->level != MDS_LEVEL_RATIO) mds_workspace_take(workspace, job->stride, sizeof(double));
    mds_unidimensional_measure(job, workspace);
}

/* An order that is the best for its own disparities need not be the best of all: few objects are searched
 * from there as in the plane. */
static bool search_from_line(const mds_job *job)
{
    return job->transform && mds_search_plan_for(job).small && !job->ended;
}

/* ---- losses without a gradient ---- */

/* The best maps by squared loss are starts for a pattern search of the loss itself. */
typedef struct pattern_stage {
    mds_job squared; /* the same job with that loss */
    mds_fit_options options_of_squared;
    const mds_job *job;
    mds_pattern_options options;
} pattern_stage;

/* The caller may stop the search for starts, too. What it lowers is another loss: the one that is told is
 * that of the first start. */
static bool tell_of_squared(const mds_iteration *iteration, void *context)
{
    const mds_job *job = ((const pattern_stage *)context)->job;
    mds_iteration told = *iteration;
    told.loss = ldexp(job->start_loss, job->loss_exponent);
    told.fraction = iteration->fraction / 2;
    return job->fit->progress(&told, job->fit->context);
}

static void make_squared(pattern_stage *stage, const mds_job *job)
{
    stage->job = job;
    stage->options_of_squared = *job->fit;
    stage->options_of_squared.trace = NULL;
    if (job->fit->progress) {
        stage->options_of_squared.progress = tell_of_squared;
        stage->options_of_squared.context = stage;
    }
    stage->squared = *job;
    stage->squared.loss = MDS_LOSS_SQUARED;
    stage->squared.fit = &stage->options_of_squared;
}

/* The defaults, and in small problems to the last digits. */
static mds_pattern_options pattern_options(const mds_job *job, bool small)
{
    const mds_option_context context = {job->problem->n, job->p, fmax(job->statistics->largest, 0x1p-100)};
    mds_pattern_options options = {.size = sizeof options};
    fs_error never;
    (void)!mds_pattern_method.check(&options, &context, &never);
    if (small) options.smallest_radius = 1e-8 * context.length;
    return options;
}

/* Lower the absolute loss of x as far as a smooth one can: the Huber loss, nearer to it each time. */
static void polish_by_huber(mds_search *s, mds_job *squared, double *x)
{
    double unit = sqrt(squared->statistics->mean_square);
    squared->loss = MDS_LOSS_HUBER;
    for (double threshold = 0.1; threshold > 1e-5 && !s->stopped; threshold /= 3) {
        squared->huber = s->lbfgs.gradient.threshold = threshold * unit;
        mds_search_polish(s, x, 1e-2 * threshold, s->plan.iterations);
    }
    squared->loss = MDS_LOSS_SQUARED;
}

/* Lower the absolute loss of start number `i` of `count` by pattern search; job->x is left at the end. */
static fs_status descend(mds_search *s, mds_job *job, unsigned i, unsigned count, fs_error *error)
{
    job->done_before = job->done;
    job->iterations = job->done + job->fit->iterations;
    if (job->iterations < job->done) job->iterations = UINT64_MAX;
    job->tolerance = mds_pattern_method.info.tolerance; /* auto's is of the gradient */
    job->share_from = 0.5 + 0.5 * i / count;
    job->share_size = 0.5 / count;
    memcpy(job->x, s->found[i].x, mds_search_bytes(s));
    job->start_loss = mds_job_loss(job, job->x);
    return s->stopped ? FS_OK : mds_pattern_solve(job, error);
}

static fs_status search_by_pattern(mds_search *s, mds_job *job, pattern_stage *stage, void *workspace,
                                   fs_error *error)
{
    double start_loss = job->start_loss;
    for (unsigned i = 0; i < s->kept; i++) polish_by_huber(s, &stage->squared, s->found[i].x);
    job->done += stage->squared.done;
    fs_status status = FS_OK;
    double best = start_loss, losses[MDS_SEARCH_KEPT]; /* the start may be better than where it led */
    memcpy(s->trial, job->x, mds_search_bytes(s));
    stage->options = pattern_options(job, s->plan.small);
    job->options = &stage->options;
    job->workspace = workspace;
    job->stop = s->stopped ? stage->squared.stop : MDS_STOP_CONVERGED;
    mds_stop stop = job->stop;
    unsigned tried = 0;
    for (unsigned i = 0; i < s->kept && !status && (i == 0 || !s->stopped); i++, tried++) {
        status = descend(s, job, i, s->kept, error);
        s->stopped |= job->stop == MDS_STOP_CANCELLED || job->stop == MDS_STOP_TIME;
        losses[i] = mds_job_loss(job, job->x);
        mds_job_start_ended(job, s->found[i].start ? MDS_START_RANDOM : job->start, losses[i],
                            job->done - job->done_before, job->stop);
        if (!(losses[i] < best)) continue;
        best = losses[i];
        stop = job->stop;
        job->best_start = i;
        memcpy(s->trial, job->x, mds_search_bytes(s));
    }
    memcpy(job->x, s->trial, mds_search_bytes(s));
    job->best_count = 0;
    for (unsigned i = 0; i < tried; i++) job->best_count += mds_job_as_good(job, losses[i], best);
    job->start_loss = start_loss;
    if (!s->stopped) job->stop = stop;
    return status;
}

/* ---- the method ---- */

static fs_status check(void *options, const mds_option_context *context, fs_error *error)
{
    (void)options, (void)context, (void)error;
    return FS_OK;
}

static unsigned useful_workers(const mds_job *job, unsigned granted)
{
    if (job->source) return granted;
    if (on_a_line(job) || mds_search_plan_for(job).small) return 1;
    return mds_gradient_useful_workers(job, granted);
}

static void measure(const mds_job *job, mds_workspace *workspace)
{
    mds_search search;
    mds_job sizes = *job;
    mds_workspace line = *workspace;
    if (job->source) {
        mds_search_rows_measure(job, workspace);
        return;
    }
    if (on_a_line(job)) measure_line(job, &line);
    if (on_a_line(job) && (job->level == MDS_LEVEL_RATIO || !mds_search_plan_for(job).small)) {
        *workspace = line;
        return;
    }
    if (job->loss == MDS_LOSS_ABSOLUTE) sizes.loss = MDS_LOSS_SQUARED;
    mds_search_lay_out(&search, &sizes, workspace);
    if (workspace->bytes < line.bytes) *workspace = line; /* one after the other */
    if (job->loss != MDS_LOSS_ABSOLUTE) return;
    const mds_pattern_options options = pattern_options(job, search.plan.small);
    sizes.options = &options;
    mds_pattern_measure(&sizes, workspace);
}

/* Where the map fits but for a little, the loss may be as flat as the fourth power of what is left. */
static void polish_at_end(mds_search *s, mds_found *best)
{
    if (s->stopped) return;
    if (s->limited) s->job->stop = MDS_STOP_LIMIT;
    if (s->limited) return;
    s->job->done_before = s->job->done;
    bool flat = best->loss < (s->plan.small ? 1e-8 : 1e-6) * s->squares;
    double tolerance = flat ? 1e-5 * s->plan.fine : s->plan.fine;
    if (flat || s->plan.small) best->loss = mds_search_polish(s, best->x, tolerance, s->job->iterations);
}

static fs_status solve(mds_job *job, fs_error *error)
{
    pattern_stage stage;
    mds_search search;
    mds_workspace workspace = {.next = job->workspace};
    if (job->source) {
        mds_search_rows(job);
        return FS_OK;
    }
    if (on_a_line(job)) {
        fs_status status = solve_line(job, error);
        if (status || !search_from_line(job)) return status;
    }
    bool by_pattern = job->loss == MDS_LOSS_ABSOLUTE;
    job->stop = MDS_STOP_EXACT;
    if (job->start_loss == 0) return FS_OK;
    if (job->statistics->mean_square == 0) { /* one place for all */
        memset(job->x, 0, job->p * job->stride * sizeof *job->x);
        return FS_OK;
    }
    if (by_pattern) make_squared(&stage, job);
    mds_search_lay_out(&search, by_pattern ? &stage.squared : job, &workspace);
    (search.plan.small ? mds_search_small : mds_search_large)(&search);
    if (by_pattern) return search_by_pattern(&search, job, &stage, workspace.next, error);

    mds_found *best = &search.found[0];
    polish_at_end(&search, best);
    if (best->loss == 0) job->stop = MDS_STOP_EXACT;
    job->best_start = best->start;
    job->best_count = mds_search_agreed(&search);
    memcpy(job->x, best->x, mds_search_bytes(&search));
    double loss;
    job->gradient = mds_lbfgs_gradient(&search.lbfgs, job->x, &loss);
    if (loss > 1e-8 * search.squares) job->end_loss = loss; /* what is nearly 0 is summed with more care */
    return FS_OK;
}

const mds_method mds_auto_method = {
    .info = {.size = sizeof(mds_method_info),
             .name = "auto",
             .title = "automatic search",
             .summary =
                 "The best map, for those who do not want to choose: descents from several starts, and a "
                 "search for better maps near the best.",
             .abilities = MDS_ABILITY_WEIGHTS | MDS_ABILITY_MISSING | MDS_ABILITY_STARTS | MDS_ABILITY_ROWS,
             .losses = 1u << MDS_LOSS_SQUARED | 1u << MDS_LOSS_HUBER | 1u << MDS_LOSS_ABSOLUTE,
             .levels = MDS_EVERY_LEVEL,
             .starts = MDS_EVERY_START,
             .iteration = "iteration",
             .step = "step",
             .iterations = 10000,
             .tolerance_help =
                 "Stop when a majorization step would move the map by no more than this share of its size. "
                 "Default: 1e-9 for up to 120 objects, 3e-4 for more (effort high: 1e-5).",
             .stop_help = "the gradient is as good as zero",
             .cost = "see docs/choosing.md: up to 120 objects some milliseconds, above about 110 passes over "
                     "the pairs"},
    .usual = {60, 700},
    .rows_usual = {1, 60},
    .check = check,
    .default_start = mds_search_default_start,
    .useful_workers = useful_workers,
    .measure = measure,
    .solve = solve,
};
