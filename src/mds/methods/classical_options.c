/* The row of classical scaling in the table of methods. */
#include "classical.h"

#include <stddef.h>

static const char *const corrections[] = {"none", "lingoes", "cailliez", NULL};

static const mds_option_info options[] = {
    MDS_OPTION(mds_classical_options, correction, MDS_OPTION_CHOICE,
               "What to add so that no eigenvalue is negative: none; lingoes, a constant to the squared "
               "dissimilarities; cailliez, a constant to the dissimilarities. Default: none.",
               .placeholder = "NAME", .choices = corrections),
};

#define COUNT(field, help)  MDS_STATISTIC(mds_classical_statistics, field, MDS_OPTION_COUNT, help)
#define NUMBER(field, help) MDS_STATISTIC(mds_classical_statistics, field, MDS_OPTION_REAL, help)
#define EIGENVALUE(number)                                                                                   \
    {                                                                                                        \
        .size = sizeof(mds_option_info), .name = "eigenvalue_" #number,                                      \
        .help = "Eigenvalue " #number ", the largest being 1; NaN where it was not computed.",               \
        .kind = MDS_OPTION_REAL,                                                                             \
        .offset = offsetof(mds_classical_statistics, eigenvalues) + ((number)-1) * sizeof(double)            \
    }

static const mds_option_info statistics[] = {
    COUNT(axes, "Axes of the map that are not all 0: positive eigenvalues, at most the dimensions."),
    COUNT(eigenvalues_known, "How many of the eigenvalues were computed."),
    NUMBER(goodness_of_fit, "Sum of the eigenvalues used over the sum of the sizes of all of them."),
    NUMBER(goodness_of_fit_positive, "The same over the sum of the positive ones."),
    NUMBER(smallest_eigenvalue,
           "The smallest eigenvalue met: where not all were computed, it is at most this."),
    NUMBER(negative_share, "The share of the negative eigenvalues in the sum of the sizes of all of them."),
    NUMBER(constant, "What the correction added to the squares, halved (lingoes), or to the dissimilarities "
                     "(cailliez)."),
    NUMBER(residual, "The largest |B v - value v| / |value| of the axes."),
    EIGENVALUE(1),
    EIGENVALUE(2),
    EIGENVALUE(3),
    EIGENVALUE(4),
    EIGENVALUE(5),
    EIGENVALUE(6),
    EIGENVALUE(7),
    EIGENVALUE(8),
    EIGENVALUE(9),
    EIGENVALUE(10),
};

static fs_status check(void *given, const mds_option_context *context, fs_error *error)
{
    (void)context;
    const mds_classical_options *o = given;
    if ((unsigned)o->correction <= MDS_CORRECTION_CAILLIEZ) return FS_OK;
    return fs_fail(error, FS_ARGUMENT, "%d is not a correction", (int)o->correction);
}

_Static_assert(sizeof(mds_classical_options) <= MDS_METHOD_STRUCT_SIZE, "options fit");
_Static_assert(sizeof(mds_classical_statistics) <= MDS_METHOD_STRUCT_SIZE, "statistics fit");

const mds_method mds_classical_method = {
    .info = {.size = sizeof(mds_method_info),
             .name = "classical",
             .title = "classical scaling",
             .summary =
                 "Torgerson's scaling, also called principal coordinates: no iterations on the map and no "
                 "local minima, but it minimises strain, not stress, and far pairs count most.",
             .losses = 1u << MDS_LOSS_SQUARED,
             .levels = 1u << MDS_LEVEL_RATIO,
             .starts = 1u << MDS_START_DEFAULT | 1u << MDS_START_CLASSICAL,
             .iteration = "product",
             .step = "residual",
             .iterations = 1000,
             .tolerance = 1e-10,
             .tolerance_help =
                 "It ends when |B v - value v| is below this share of the value for every axis.",
             .stop_help = "the eigenvectors are right to the tolerance",
             .options_size = sizeof(mds_classical_options),
             .statistics_size = sizeof(mds_classical_statistics),
             .start = MDS_START_CLASSICAL,
             .cost = "5 to 15 products of the matrix with 8 vectors"},
    MDS_TABLE(options),
    MDS_TABLE(statistics),
    .places_itself = true,
    .check = check,
    .useful_workers = mds_classical_useful_workers,
    .measure = mds_classical_measure,
    .solve = mds_classical_solve,
};
