/* The row of stochastic descent in the table of methods, and the method by itself. */
#include "search_rows.h"
#include "sgd.h"

#include <math.h>
#include <string.h>

static const mds_option_info options[] = {
    MDS_OPTION(mds_sgd_options, first_step, MDS_OPTION_REAL,
               "Step of the first epoch: the share of its error by which a pair is moved. Default: 0.5.",
               .placeholder = "S", .least = 1e-9, .most = 1),
    MDS_OPTION(mds_sgd_options, last_step, MDS_OPTION_REAL,
               "Step of the last epoch; it falls geometrically. Default: 0.001.", .placeholder = "S",
               .least = 1e-9, .most = 1),
};

static const mds_option_info statistics[] = {
    MDS_STATISTIC(mds_sgd_statistics, step, MDS_OPTION_REAL, "The step of the last epoch."),
    MDS_STATISTIC(mds_sgd_statistics, best_epoch, MDS_OPTION_COUNT,
                  "The epoch that the map comes from: the last one, or 0 where the start was better."),
};

static fs_status check(void *given, const mds_option_context *context, fs_error *error)
{
    (void)context;
    mds_sgd_options *o = given;
    if (o->first_step == 0) o->first_step = 0.5;
    if (o->last_step == 0) o->last_step = fmin(0.001, o->first_step);
    if (!(o->first_step > 0 && o->first_step <= 1))
        return fs_fail(error, FS_ARGUMENT, "the first step %g is not in (0, 1]", o->first_step);
    if (!(o->last_step > 0 && o->last_step <= o->first_step))
        return fs_fail(error, FS_ARGUMENT, "the last step %g is not above 0 and at most the first, %g",
                       o->last_step, o->first_step);
    return FS_OK;
}

static double *lay_out(mds_sgd *sgd, mds_job *job, mds_workspace *workspace)
{
    mds_sgd_lay_out(sgd, job, workspace);
    return mds_workspace_take(workspace, job->stride, job->p * sizeof(double));
}

static void measure(const mds_job *job, mds_workspace *workspace)
{
    mds_sgd sgd;
    mds_job copy = *job;
    if (job->source) {
        mds_sampled_measure(job, workspace);
        return;
    }
    lay_out(&sgd, &copy, workspace);
}

static fs_status solve(mds_job *job, fs_error *error)
{
    (void)error;
    const mds_sgd_options *o = job->options;
    mds_sgd sgd;
    mds_workspace workspace = {.next = job->workspace};
    if (job->source) {
        mds_sgd_statistics rounds = {.size = sizeof rounds};
        if (mds_sampled_solve(job, o->first_step, o->last_step)) rounds.best_epoch = job->done;
        rounds.step = o->last_step;
        memcpy(job->method_statistics, &rounds, sizeof rounds);
        return FS_OK;
    }
    double *start = lay_out(&sgd, job, &workspace);
    uint64_t passes = job->iterations - job->done, before = job->done;
    mds_sgd_settings settings = {.passes = passes < UINT32_MAX ? (unsigned)passes : UINT32_MAX,
                                 .first_step = o->first_step,
                                 .last_step = o->last_step,
                                 .fraction_to = 1};
    mds_sgd_statistics ended = {.size = sizeof ended};
    memcpy(start, job->x, job->p * job->stride * sizeof *start);
    if (job->start_loss == 0) {
        job->stop = MDS_STOP_EXACT;
    } else {
        if (mds_sgd_descend(&sgd, &settings, &job->random, job->x)) job->stop = MDS_STOP_CONVERGED;
        ended.best_epoch = job->done - before;
        ended.step = sgd.step;
        if (!(mds_job_loss(job, job->x) < job->start_loss)) {
            memcpy(job->x, start, job->p * job->stride * sizeof *start);
            ended.best_epoch = 0;
        }
    }
    memcpy(job->method_statistics, &ended, sizeof ended);
    return FS_OK;
}

_Static_assert(sizeof(mds_sgd_options) <= MDS_METHOD_STRUCT_SIZE, "options fit");
_Static_assert(sizeof(mds_sgd_statistics) <= MDS_METHOD_STRUCT_SIZE, "statistics fit");

const mds_method mds_sgd_method = {
    .info = {.size = sizeof(mds_method_info),
             .name = "sgd",
             .title = "stochastic descent",
             .summary =
                 "Moves one pair of points at a time towards its dissimilarity, by a step that shrinks; "
                 "finds good maps from random starts, and is quick for many objects.",
             .abilities = MDS_ABILITY_WEIGHTS | MDS_ABILITY_MISSING | MDS_ABILITY_ROWS,
             .losses = 1u << MDS_LOSS_SQUARED,
             .levels = MDS_EVERY_LEVEL,
             .starts = MDS_EVERY_START,
             .iteration = "epoch",
             .step = "step",
             .iterations = 30,
             .stop_help = "the last epoch was done",
             .options_size = sizeof(mds_sgd_options),
             .statistics_size = sizeof(mds_sgd_statistics),
             .start = MDS_START_RANDOM,
             .cost = "n^2 / 2 pairs an epoch, 0.5 ns each; memory: n^2 bytes"},
    MDS_TABLE(options),
    MDS_TABLE(statistics),
    .rows_iterations = 1000,
    .usual = {30, 30},
    .check = check,
    .useful_workers = mds_sgd_useful_workers,
    .measure = measure,
    .solve = solve,
};
