/* The row of majorization in the table of methods: what it takes and what it supports. */
#include "smacof.h"

static const char *const accelerations[] = {"squared", "relaxed", "none", NULL};
static const char *const precisions[] = {"double", "single", NULL};

static const mds_option_info options[] = {
    MDS_OPTION(mds_smacof_options, acceleration, MDS_OPTION_CHOICE,
               "How steps are lengthened: squared extrapolates from two of them, relaxed takes 1.8 of each, "
               "none takes them as they are. Default: squared.",
               .placeholder = "NAME", .choices = accelerations),
    MDS_OPTION(
        mds_smacof_options, precision, MDS_OPTION_CHOICE,
        "In which the dissimilarities are held and distances are computed: single takes half the time, "
        "a copy of a quarter of the matrix's size, and ends about 1e-7 above. Problems that are kept as rows "
        "are not asked. Default: double.",
        .placeholder = "NAME", .choices = precisions),
};

static const mds_option_info statistics[] = {
    MDS_STATISTIC(mds_smacof_statistics, products, MDS_OPTION_COUNT,
                  "How many passes over the pairs went into solving for steps: 0 without weights."),
    MDS_STATISTIC(mds_smacof_statistics, rejected, MDS_OPTION_COUNT,
                  "How many extrapolations would have raised the loss and were not made."),
};

static fs_status check(void *given, const mds_option_context *context, fs_error *error)
{
    const mds_smacof_options *o = given;
    (void)context;
    if ((unsigned)o->acceleration > MDS_ACCELERATION_NONE)
        return fs_fail(error, FS_ARGUMENT, "%d is not an acceleration", (int)o->acceleration);
    if ((unsigned)o->precision > MDS_PRECISION_SINGLE)
        return fs_fail(error, FS_ARGUMENT, "%d is not a precision", (int)o->precision);
    return FS_OK;
}

_Static_assert(sizeof(mds_smacof_options) <= MDS_METHOD_STRUCT_SIZE, "options fit");
_Static_assert(sizeof(mds_smacof_statistics) <= MDS_METHOD_STRUCT_SIZE, "statistics fit");

const mds_method mds_smacof_method = {
    .info = {.size = sizeof(mds_method_info),
             .name = "smacof",
             .title = "majorization",
             .summary = "Moves all points at once to the minimum of a simpler function that lies above the "
                        "loss: the standard method, sure to go down at every step.",
             .abilities = MDS_ABILITY_WEIGHTS | MDS_ABILITY_MISSING | MDS_ABILITY_ROWS,
             .losses = 1u << MDS_LOSS_SQUARED | 1u << MDS_LOSS_ABSOLUTE | 1u << MDS_LOSS_HUBER,
             .levels = MDS_EVERY_LEVEL,
             .starts = MDS_EVERY_START,
             .start = MDS_START_CLASSICAL,
             .iteration = "iteration",
             .step = "step",
             .iterations = 10000,
             .tolerance = 1e-10,
             .tolerance_help = "Stop when an iteration lowers the loss by no more than this share.",
             .stop_help = "an iteration no longer lowered the loss by the tolerance",
             .options_size = sizeof(mds_smacof_options),
             .statistics_size = sizeof(mds_smacof_statistics),
             .cost = "n^2 / 2 roots an iteration; with weights some ten passes over the pairs more"},
    MDS_TABLE(options),
    MDS_TABLE(statistics),
    .usual = {15, 2200},
    .rows_usual = {20, 250},
    .check = check,
    .useful_workers = mds_gradient_useful_workers,
    .measure = mds_smacof_measure,
    .solve = mds_smacof_solve,
};
