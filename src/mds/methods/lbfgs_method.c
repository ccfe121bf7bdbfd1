/* The quasi-Newton method's row in the table of methods, and its solve. */
#include "lbfgs.h"

#include <string.h>

enum { DEFAULT_HISTORY = 8, MOST_HISTORY = 100 };

static const mds_option_info options[] = {
    MDS_OPTION(mds_lbfgs_options, history, MDS_OPTION_COUNT,
               "How many steps are kept to learn the curvature from. Default: 8.", .placeholder = "N",
               .least = 1, .most = MOST_HISTORY),
};

static const mds_option_info statistics[] = {
    MDS_STATISTIC(mds_lbfgs_statistics, evaluations, MDS_OPTION_COUNT,
                  "How many times the loss and its gradient were computed."),
};

static fs_status check(void *given, const mds_option_context *context, fs_error *error)
{
    mds_lbfgs_options *o = given;
    (void)context;
    if (o->history == 0) o->history = DEFAULT_HISTORY;
    if (o->history > MOST_HISTORY)
        return fs_fail(error, FS_ARGUMENT, "a history of %llu steps is more than %d",
                       (unsigned long long)o->history, MOST_HISTORY);
    return FS_OK;
}

unsigned mds_lbfgs_useful_workers(const mds_job *job, unsigned granted)
{
    return mds_gradient_useful_workers(job, granted);
}

void mds_lbfgs_measure(const mds_job *job, mds_workspace *workspace)
{
    const mds_lbfgs_options *o = job->options;
    mds_job sizes = *job;
    mds_lbfgs lbfgs;
    mds_lbfgs_lay_out_memory(&lbfgs, &sizes, (size_t)o->history, workspace);
}

fs_status mds_lbfgs_solve(mds_job *job, fs_error *error)
{
    const mds_lbfgs_options *o = job->options;
    mds_workspace workspace = {.next = job->workspace};
    mds_lbfgs lbfgs;
    (void)error;
    mds_lbfgs_lay_out_memory(&lbfgs, job, (size_t)o->history, &workspace);
    mds_lbfgs_settings settings = {
        .iterations = job->iterations - job->done, .tolerance = job->tolerance, .fraction_to = 1};
    mds_descent_end end = {.stop = MDS_STOP_CONVERGED};
    if (job->transform && mds_transform_pays_coarse(job->transform)) {
        job->transform->coarse = true;
        settings.fraction_to = 0.8;
        end = mds_lbfgs_minimize(&lbfgs, &settings, job->x);
        job->transform->coarse = false;
        settings.iterations -= end.iterations;
        settings.fraction_from = 0.8;
        settings.fraction_to = 1;
    }
    if (end.stop == MDS_STOP_CONVERGED || end.stop == MDS_STOP_LIMIT)
        end = mds_lbfgs_minimize(&lbfgs, &settings, job->x);
    job->stop = end.stop;
    job->gradient = end.gradient;
    mds_lbfgs_statistics found = {.size = sizeof found, .evaluations = lbfgs.evaluations};
    memcpy(job->method_statistics, &found, sizeof found);
    return FS_OK;
}

_Static_assert(sizeof(mds_lbfgs_options) <= MDS_METHOD_STRUCT_SIZE, "options fit");
_Static_assert(sizeof(mds_lbfgs_statistics) <= MDS_METHOD_STRUCT_SIZE, "statistics fit");

const mds_method mds_lbfgs_method = {
    .info = {.size = sizeof(mds_method_info),
             .name = "lbfgs",
             .title = "the quasi-Newton method",
             .summary = "Follows the gradient of a smooth loss, with the curvature learned on the way: the "
                        "quickest way down to a stationary point.",
             .abilities = MDS_ABILITY_WEIGHTS | MDS_ABILITY_MISSING | MDS_ABILITY_ROWS,
             .losses = 1u << MDS_LOSS_SQUARED | 1u << MDS_LOSS_HUBER,
             .levels = MDS_EVERY_LEVEL,
             .starts = MDS_EVERY_START,
             .start = MDS_START_CLASSICAL,
             .iteration = "iteration",
             .step = "step",
             .iterations = 10000,
             .tolerance = 1e-7,
             .tolerance_help = "Stop when a majorization step would move the map by no more than this share "
                               "of its size.",
             .stop_help = "the gradient is as good as zero",
             .options_size = sizeof(mds_lbfgs_options),
             .statistics_size = sizeof(mds_lbfgs_statistics),
             .cost = "n^2 / 2 roots an iteration"},
    MDS_TABLE(options),
    MDS_TABLE(statistics),
    .usual = {10, 750},
    .rows_usual = {20, 250},
    .check = check,
    .useful_workers = mds_lbfgs_useful_workers,
    .measure = mds_lbfgs_measure,
    .solve = mds_lbfgs_solve,
};
