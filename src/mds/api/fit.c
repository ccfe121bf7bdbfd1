#include "library.h"

#include "memory.h"
#include "pattern.h"
#include "scale.h"

#include <float.h>
#include <math.h>

mds_pattern_options mds_pattern_defaults(void)
{
    return (mds_pattern_options){.size = sizeof(mds_pattern_options),
                                 .shrink = 0.5,
                                 .tolerance = 1e-4,
                                 .epochs = 10000,
                                 .point_share = 1,
                                 .dimension_share = 1};
}

/* The caller's options, from whatever version of the struct. */
static fs_status take_options(const mds_pattern_options *given, mds_pattern_options *options, fs_error *error)
{
    *options = mds_pattern_defaults();
    if (given) {
        if (given->size < sizeof(mds_pattern_options))
            return fs_fail(error, FS_ARGUMENT, "the options' `size` is not sizeof(mds_pattern_options)");
        *options = *given;
    }
    return FS_OK;
}

/* Zeros are replaced by what they stand for; `length` is the largest dissimilarity, or what is in its place.
 */
static fs_status complete(mds_pattern_options *options, double length, fs_error *error)
{
    mds_pattern_options defaults = mds_pattern_defaults();
    if (options->radius == 0) options->radius = length / 4;
    if (options->smallest_radius == 0) options->smallest_radius = options->radius * 1e-4;
    if (options->shrink == 0) options->shrink = defaults.shrink;
    if (options->tolerance == 0) options->tolerance = defaults.tolerance;
    if (options->epochs == 0) options->epochs = defaults.epochs;
    if (options->point_share == 0) options->point_share = 1;
    if (options->dimension_share == 0) options->dimension_share = 1;

    if (!(options->radius > 0 && options->radius <= DBL_MAX))
        return fs_fail(error, FS_ARGUMENT, "the start radius %g is not a positive number", options->radius);
    if (options->radius > ldexp(length, MDS_SPREAD_LENGTHS))
        return fs_fail(error, FS_ARGUMENT,
                       "the start radius %g is too large beside the largest dissimilarity, %g",
                       options->radius, length);
    if (!(options->smallest_radius > 0 && options->smallest_radius <= DBL_MAX))
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

/* ---- numbers of any magnitude ---- */

/* What a caller's callback is told while a scaled problem is solved. */
struct relay {
    mds_progress progress;
    void *context;
    int length, loss; /* exponents */
};

static mds_epoch unscaled_epoch(const mds_epoch *epoch, int length, int loss)
{
    mds_epoch unscaled = *epoch;
    unscaled.radius = ldexp(epoch->radius, length);
    unscaled.stress = ldexp(epoch->stress, loss);
    return unscaled;
}

static bool relay_epoch(const mds_epoch *epoch, void *context)
{
    const struct relay *relay = context;
    mds_epoch unscaled = unscaled_epoch(epoch, relay->length, relay->loss);
    return relay->progress(&unscaled, relay->context);
}

/* Solve the problem that is 2^-exponents as large, and scale its answer back. */
static fs_status solve_scaled(const mds_problem *problem, const mds_survey *survey, size_t p,
                              mds_pattern_options options, double *x, size_t ldx, mds_result *result,
                              fs_error *error)
{
    size_t n = problem->n;
    mds_problem scaled = *problem;
    double *delta = NULL, *weights = NULL, *map = NULL;
    int length = survey->delta_exponent;
    int loss = (options.loss == MDS_LOSS_SQUARED ? 2 * length : length) + survey->weight_exponent;
    struct relay relay = {options.progress, options.context, length, loss};
    fs_status status = FS_OK;
    if (length) {
        status = mds_scale_matrix(problem->delta, n, n, problem->ld, length, &delta, error);
        scaled.delta = delta;
        scaled.ld = n;
    }
    if (!status && survey->weight_exponent) {
        status =
            mds_scale_matrix(problem->weights, n, n, problem->ldw, survey->weight_exponent, &weights, error);
        scaled.weights = weights;
        scaled.ldw = n;
    }
    if (!status && options.start_given) status = mds_scale_matrix(x, n, p, ldx, length, &map, error);
    if (!status && !map && !(map = fs_alloc(n, p * sizeof *map)))
        status = fs_fail_memory(error, "scaling the data", 0);
    if (status) goto cleanup;

    options.radius = ldexp(options.radius, -length);
    options.smallest_radius = fmax(ldexp(options.smallest_radius, -length), DBL_MIN);
    if (options.progress) {
        options.progress = relay_epoch;
        options.context = &relay;
    }
    status = mds_pattern_solve(&scaled, survey, p, &options, map, p, result, error);
    if (status) goto cleanup;
    for (size_t i = 0; i < n; i++) mds_scale(map + i * p, p, -length, x + i * ldx);
    for (size_t e = 0; e < result->trace_used; e++)
        options.trace[e] = unscaled_epoch(&options.trace[e], length, loss);
    result->stress = ldexp(result->stress, loss);
    result->start = ldexp(result->start, loss);
    result->radius = ldexp(result->radius, length);
cleanup:
    fs_free(delta);
    fs_free(weights);
    fs_free(map);
    return status;
}

/* ---- the public function ---- */

static fs_status fail_far_start(const double *x, size_t p, size_t ldx, double largest, double length,
                                fs_error *error)
{
    size_t i = 0, k = 0;
    while (fabs(x[i * ldx + k]) != largest)
        if (++k == p) k = 0, i++;
    return fs_fail(error, FS_DATA,
                   "row %zu, column %zu of the configuration is %g, too large beside the largest "
                   "dissimilarity, %g",
                   i + 1, k + 1, x[i * ldx + k], length);
}

/* What lengths are measured by: the largest dissimilarity. Where all are 0, the start takes its place. */
static double measure(double largest_coordinate, mds_survey *survey)
{
    if (survey->largest > 0) return ldexp(survey->largest, survey->delta_exponent);
    survey->delta_exponent = mds_exponent(largest_coordinate);
    return largest_coordinate > 0 ? largest_coordinate : 4;
}

static fs_status search(const mds_problem *problem, size_t p, const mds_pattern_options *given, double *x,
                        size_t ldx, mds_result *result, fs_error *error)
{
    mds_survey survey;
    mds_pattern_options options;
    mds_result unwanted;
    double largest = 0, length;
    fs_status status = take_options(given, &options, error);
    if (status) return status;
    if ((status = mds_problem_survey(problem, 0, &survey, error))) return status;
    if ((status = mds_isa_check(options.isa, error))) return status;
    if ((status =
             mds_configuration_check(x, problem->n, p, ldx, options.start_given ? &largest : NULL, error)))
        return status;
    length = measure(largest, &survey);
    if (largest > ldexp(length, MDS_SPREAD_LENGTHS)) return fail_far_start(x, p, ldx, largest, length, error);
    if ((status = complete(&options, length, error))) return status;
    if (!result) result = &unwanted;
    if (survey.delta_exponent || survey.weight_exponent)
        return solve_scaled(problem, &survey, p, options, x, ldx, result, error);
    return mds_pattern_solve(problem, &survey, p, &options, x, ldx, result, error);
}

mds_status mds_pattern_search(const mds_problem *problem, size_t p, const mds_pattern_options *options,
                              double *x, size_t ldx, mds_result *result, mds_error *error)
{
    fs_error inner;
    return mds_report(search(problem, p, options, x, ldx, result, &inner), &inner, error);
}
