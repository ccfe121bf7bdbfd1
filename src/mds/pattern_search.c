#include "library.h"

#include "pattern.h"

mds_pattern_options mds_pattern_defaults(void)
{
    return (mds_pattern_options){.size = sizeof(mds_pattern_options),
                                 .shrink = 0.5,
                                 .tolerance = 1e-4,
                                 .epochs = 10000,
                                 .point_share = 1,
                                 .dimension_share = 1};
}

/* The caller's options, from whatever version of the struct, with zeros replaced by what they stand for. */
static fs_status complete(const mds_pattern_options *given, const mds_survey *survey,
                          mds_pattern_options *options, fs_error *error)
{
    *options = mds_pattern_defaults();
    if (given) {
        if (given->size < sizeof(mds_pattern_options))
            return fs_fail(error, FS_ARGUMENT, "the options' `size` is not sizeof(mds_pattern_options)");
        *options = *given;
    }
    mds_pattern_options defaults = mds_pattern_defaults();
    if (options->radius == 0) options->radius = survey->largest > 0 ? survey->largest / 4 : 1;
    if (options->smallest_radius == 0) options->smallest_radius = options->radius * 1e-4;
    if (options->shrink == 0) options->shrink = defaults.shrink;
    if (options->tolerance == 0) options->tolerance = defaults.tolerance;
    if (options->epochs == 0) options->epochs = defaults.epochs;
    if (options->point_share == 0) options->point_share = 1;
    if (options->dimension_share == 0) options->dimension_share = 1;

    if (!(options->radius > 0 && options->radius <= 1e150))
        return fs_fail(error, FS_ARGUMENT, "the start radius %g is not a positive number", options->radius);
    if (!(options->smallest_radius > 0 && options->smallest_radius <= 1e150))
        return fs_fail(error, FS_ARGUMENT, "the smallest radius %g is not a positive number",
                       options->smallest_radius);
    if (options->smallest_radius > options->radius)
        return fs_fail(error, FS_ARGUMENT, "the smallest radius %g is above the start radius %g",
                       options->smallest_radius, options->radius);
    if (!(options->shrink > 0 && options->shrink < 1))
        return fs_fail(error, FS_ARGUMENT, "the shrink factor %g is not between 0 and 1", options->shrink);
    if (!(options->tolerance > 0 && options->tolerance < 1))
        return fs_fail(error, FS_ARGUMENT, "the tolerance %g is not between 0 and 1", options->tolerance);
    if (!(options->point_share > 0 && options->point_share <= 1))
        return fs_fail(error, FS_ARGUMENT, "the share of points %g is not in (0, 1]", options->point_share);
    if (!(options->dimension_share > 0 && options->dimension_share <= 1))
        return fs_fail(error, FS_ARGUMENT, "the share of dimensions %g is not in (0, 1]",
                       options->dimension_share);
    if (options->order != MDS_ORDER_NATURAL && options->order != MDS_ORDER_SHUFFLED)
        return fs_fail(error, FS_ARGUMENT, "%d is not an order of points", (int)options->order);
    if (options->loss != MDS_LOSS_SQUARED && options->loss != MDS_LOSS_ABSOLUTE)
        return fs_fail(error, FS_ARGUMENT, "%d is not a loss", (int)options->loss);
    return FS_OK;
}

static fs_status search(const mds_problem *problem, size_t p, const mds_pattern_options *given, double *x,
                        size_t ldx, mds_result *result, fs_error *error)
{
    mds_survey survey;
    mds_pattern_options options;
    mds_result unwanted;
    fs_status status = mds_problem_survey(problem, 0, &survey, error);
    if (status) return status;
    if ((status = complete(given, &survey, &options, error))) return status;
    if ((status = mds_isa_check(options.isa, error))) return status;
    if ((status = mds_configuration_check(x, problem->n, p, ldx, options.start_given, error))) return status;
    return mds_pattern_solve(problem, &survey, p, &options, x, ldx, result ? result : &unwanted, error);
}

mds_status mds_pattern_search(const mds_problem *problem, size_t p, const mds_pattern_options *options,
                              double *x, size_t ldx, mds_result *result, mds_error *error)
{
    fs_error inner;
    return mds_report(search(problem, p, options, x, ldx, result, &inner), &inner, error);
}
