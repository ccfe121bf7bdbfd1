/*
 * What is asked of mds_fit, checked: the caller's structs are taken, zeros replaced by what they stand for,
 * and what the method does not support is refused with the name of one that does.
 */
#include "fit_call.h"

#include "library.h"
#include "memory.h"
#include "scale.h"
#include "sized_struct.h"
#include "smacof.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_STARTS = 1000000 };

/* ---- what is asked for ---- */

/* The methods that have one of the bits `mask` in the field of their table row that lies `offset` bytes from
 * its beginning: "auto, pattern". */
static void list_methods(size_t offset, unsigned mask, char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; mds_method_row(i) && used < room; i++) {
        const mds_method_info *info = &mds_method_row(i)->info;
        unsigned field;
        memcpy(&field, (const char *)info + offset, sizeof field);
        if (field & mask)
            used += (size_t)snprintf(out + used, room - used, "%s%s", used ? ", " : "", info->name);
    }
}

/* The words for the bits of `mask`: "ratio, interval". */
static void list_bits(unsigned mask, const char *(*name)(int), char *out, size_t room)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; name(i) && used < room; i++)
        if (mask >> i & 1)
            used += (size_t)snprintf(out + used, room - used, "%s%s", used ? ", " : "", name(i));
}

/* One entry for each enum that a method supports a part of. */
static const char *level_name(int value)
{
    return mds_level_name((mds_level)value);
}

static const char *loss_name(int value)
{
    return mds_loss_name((mds_loss)value);
}

static const char *start_name(int value)
{
    return mds_start_name((mds_start)value);
}

/* `offset`: of the field of mds_method_info that has a bit for each value. */
static fs_status check_supported(const char *what, int value, size_t offset, const char *(*name)(int),
                                 const mds_method *method, fs_error *error)
{
    const char *word = value >= 0 ? name(value) : NULL;
    unsigned mask;
    if (!word) return fs_fail(error, FS_ARGUMENT, "%d is not a %s", value, what);
    memcpy(&mask, (const char *)&method->info + offset, sizeof mask);
    if (mask >> value & 1) return FS_OK;
    char supported[200], others[400];
    list_bits(mask, name, supported, sizeof supported);
    list_methods(offset, 1u << value, others, sizeof others);
    return fs_fail(error, FS_UNSUPPORTED, "method %s does not support the %s %s; it does support: %s%s%s",
                   method->info.name, what, word, supported, others[0] ? "; these methods do: " : "", others);
}

static fs_status choose_method(mds_fit_call *f, fs_error *error)
{
    const mds_fit_options *o = &f->options;
    f->method = mds_method_named(o->method);
    if (!f->method) {
        char names[400];
        list_methods(offsetof(mds_method_info, losses), ~0u, names, sizeof names);
        return fs_fail(error, FS_ARGUMENT, "there is no method '%.60s'; there are: %s", o->method, names);
    }
    return FS_OK;
}

/* The method lacks an ability: say which ones have it. */
static fs_status fail_without(const mds_fit_call *f, const char *what, unsigned ability, fs_error *error)
{
    char names[400];
    list_methods(offsetof(mds_method_info, abilities), ability, names, sizeof names);
    return fs_fail(error, FS_UNSUPPORTED, "method %s does not support %s; these do: %s", f->method->info.name,
                   what, names);
}

/* Several starts, all but the first random, and a method that does not start at random. */
static fs_status fail_without_random(const mds_fit_call *f, fs_error *error)
{
    char names[400];
    list_methods(offsetof(mds_method_info, starts), 1u << MDS_START_RANDOM, names, sizeof names);
    return fs_fail(error, FS_UNSUPPORTED,
                   "%u starts: all but the first are random, and method %s does not start at random; these "
                   "do: %s",
                   f->options.starts, f->method->info.name, names);
}

/* The common options: what the method supports, and zeros replaced by what they stand for. */
static fs_status complete_options(mds_fit_call *f, fs_error *error)
{
    mds_fit_options *o = &f->options;
    const mds_method_info *info = &f->method->info;
    fs_status status = check_supported("level", (int)o->level, offsetof(mds_method_info, levels), level_name,
                                       f->method, error);
    if (!status)
        status = check_supported("loss", (int)o->loss, offsetof(mds_method_info, losses), loss_name,
                                 f->method, error);
    if (!status)
        status = check_supported("start", (int)o->start, offsetof(mds_method_info, starts), start_name,
                                 f->method, error);
    if (!status)
        status = mds_level_settings(o->level, o->ties, o->spline_degree, o->spline_knots, &f->level, error);
    if (status) return status;
    if (o->level != MDS_LEVEL_RATIO && o->loss != MDS_LOSS_SQUARED)
        return fs_fail(
            error, FS_UNSUPPORTED,
            "the level %s is for the squared loss, not for %s: disparities are found by least squares",
            mds_level_name(o->level), mds_loss_name(o->loss));
    if (o->starts > 1 && !(info->starts >> MDS_START_RANDOM & 1)) return fail_without_random(f, error);
    if (o->starts > MOST_STARTS)
        return fs_fail(error, FS_ARGUMENT, "%u starts are more than %d", o->starts, MOST_STARTS);
    if (!mds_effort_name(o->effort))
        return fs_fail(error, FS_ARGUMENT, "%d is not an effort", (int)o->effort);
    if (o->effort && !(info->abilities & MDS_ABILITY_STARTS))
        return fail_without(f, "an effort", MDS_ABILITY_STARTS, error);
    if (f->problem.weights && !(info->abilities & MDS_ABILITY_WEIGHTS))
        return fail_without(f, "weights", MDS_ABILITY_WEIGHTS, error);
    if (f->statistics.missing && !(info->abilities & MDS_ABILITY_MISSING))
        return fail_without(f, "missing dissimilarities", MDS_ABILITY_MISSING, error);
    if (o->trace && o->trace_step < 2 * sizeof(size_t))
        return fs_fail(error, FS_ARGUMENT, "the trace's step is %zu; set it to sizeof(mds_iteration)",
                       o->trace_step);
    if (o->outcomes && o->outcome_step < 2 * sizeof(size_t))
        return fs_fail(error, FS_ARGUMENT, "the outcomes' step is %zu; set it to sizeof(mds_outcome)",
                       o->outcome_step);
    if (!(o->max_seconds >= 0))
        return fs_fail(error, FS_ARGUMENT, "the limit of %g seconds is not a number from 0 on",
                       o->max_seconds);
    if (!(o->huber >= 0 && o->huber <= MDS_LARGEST))
        return fs_fail(error, FS_ARGUMENT, "the Huber threshold %g is not a number from 0 to 1e300",
                       o->huber);
    if (o->huber > 0 && o->loss != MDS_LOSS_HUBER)
        return fs_fail(error, FS_ARGUMENT, "a Huber threshold is for the loss huber, not for %s",
                       mds_loss_name(o->loss));
    if (o->start == MDS_START_DEFAULT && f->opened.source) o->start = MDS_START_CLASSICAL;
    if (o->start == MDS_START_DEFAULT && f->method->default_start)
        o->start = f->method->default_start(f->problem.n, f->statistics.pairs, o->effort);
    if (o->start == MDS_START_DEFAULT) o->start = info->start ? info->start : MDS_START_RANDOM;
    if (o->iterations == 0 && f->opened.source && !f->opened.source->sparse)
        o->iterations = f->method->rows_iterations;
    if (o->iterations == 0) o->iterations = info->iterations;
    if (o->tolerance != 0 && !info->tolerance_help)
        return fs_fail(error, FS_UNSUPPORTED, "method %s takes no tolerance; bound its iterations instead",
                       info->name);
    if (o->tolerance == 0) o->tolerance = info->tolerance;
    if (!(o->tolerance >= 0 && o->tolerance < 1))
        return fs_fail(error, FS_ARGUMENT, "the tolerance %g is not between 0 and 1", o->tolerance);
    return FS_OK;
}

/* The method's own options. */
static fs_status take_method_options(mds_fit_call *f, fs_error *error)
{
    const mds_method_info *info = &f->method->info;
    char type[80];
    if ((f->options.method_options && !info->options_size) ||
        (f->options.method_statistics && !info->statistics_size))
        return fs_fail(error, FS_ARGUMENT, "method %s has no options or statistics of its own", info->name);
    snprintf(type, sizeof type, "mds_%s_options", info->name);
    fs_status status =
        mds_struct_take(type, f->options.method_options, f->method_options, info->options_size, error);
    if (status) return status;
    snprintf(type, sizeof type, "mds_%s_statistics", info->name);
    return mds_struct_check(type, f->options.method_statistics, error);
}

/* ---- weights by name ---- */

/* The dissimilarity that counts for a pair of 0: the smallest positive one. */
static double smallest_positive(const mds_problem *problem)
{
    double smallest = HUGE_VAL;
    for (size_t i = 0; i < problem->n; i++)
        for (size_t j = 0; j < i; j++) {
            double delta = problem->delta[i * problem->ld + j];
            if (delta > 0 && delta < smallest) smallest = delta;
        }
    return smallest < HUGE_VAL ? smallest : 1;
}

static double weight_of(const mds_problem *problem, mds_weighting weighting, double least, size_t i, size_t j)
{
    double delta = problem->delta[i * problem->ld + j];
    double weight = problem->weights ? problem->weights[i * problem->ldw + j] : 1;
    if (isnan(delta) || weight == 0) return 0;
    delta = fmax(delta, least);
    return weighting == MDS_WEIGHTING_INVERSE ? weight / delta : weight / delta / delta;
}

/* Multiply the weights by those that have a name; statistics follow. */
static fs_status apply_weighting(mds_fit_call *f, fs_error *error)
{
    mds_weighting weighting = f->options.weighting;
    if (!mds_weighting_name(weighting))
        return fs_fail(error, FS_ARGUMENT, "%d is not a weighting", (int)weighting);
    if (weighting == MDS_WEIGHTING_NONE) return FS_OK;
    if (f->opened.source && f->opened.source->sparse) {
        fs_status status = mds_pairs_weight(&f->opened, weighting, error);
        f->statistics = f->opened.statistics;
        return status;
    }
    if (f->opened.source)
        return fs_fail(error, FS_UNSUPPORTED,
                       "weights by name are for problems that are held as a matrix, and sparse pairs");
    size_t n = f->problem.n, cells;
    f->weighting = fs_size_mul(n, n, &cells) ? fs_alloc(cells, sizeof *f->weighting) : NULL;
    if (!f->weighting) return fs_fail_memory(error, "weighting the pairs", 0);
    double least = smallest_positive(&f->problem);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double weight = i == j ? 0 : weight_of(&f->problem, weighting, least, i, j);
            if (weight > MDS_LARGEST || (weight > 0 && weight < MDS_SMALLEST))
                return fs_fail(error, FS_DATA,
                               "row %zu, column %zu: the dissimilarity is %g, whose %s is out of range; "
                               "scale the data",
                               i + 1, j + 1, f->problem.delta[i * f->problem.ld + j],
                               mds_weighting_name(weighting));
            f->weighting[i * n + j] = weight;
        }
    mds_problem weighted = f->problem;
    weighted.weights = f->weighting;
    weighted.ldw = n;
    return mds_problem_take(&weighted, 0, &f->problem, &f->statistics, error);
}

/* ---- numbers of any magnitude ---- */

static fs_status fail_far_start(const mds_fit_call *f, double largest, double length, fs_error *error)
{
    size_t i = 0, k = 0;
    while (fabs(f->x[i * f->ldx + k]) != largest)
        if (++k == f->p) k = 0, i++;
    return fs_fail(error, FS_DATA,
                   "row %zu, column %zu of the configuration is %g, too large beside the largest "
                   "dissimilarity, %g",
                   i + 1, k + 1, f->x[i * f->ldx + k], length);
}

/* The squared distance of point i of the start from the line through points 0 and `far`; without `far`, from
 * point 0. */
static double off_line(const mds_fit_call *f, size_t i, size_t far)
{
    const double *origin = f->x, *at = f->x + i * f->ldx, *end = f->x + far * f->ldx;
    double along = 0, length = 0, off = 0;
    for (size_t k = 0; k < f->p; k++) {
        along += (at[k] - origin[k]) * (end[k] - origin[k]);
        length += (end[k] - origin[k]) * (end[k] - origin[k]);
    }
    for (size_t k = 0; k < f->p; k++) {
        double rest = at[k] - origin[k] - (length > 0 ? along / length : 0) * (end[k] - origin[k]);
        off += rest * rest;
    }
    return off;
}

/* A gradient is zero where all points are in one place, and does not leave a line that all are on. `largest`:
 * coordinate. */
static fs_status check_spread(const mds_fit_call *f, double largest, fs_error *error)
{
    size_t n = f->problem.n, far = 0;
    double farthest = 0, off = 0;
    if (n < 3 || f->statistics.mean_square == 0 || f->method->any_start) return FS_OK;
    if (largest > 1e150 || (largest > 0 && largest < 1e-140)) return FS_OK; /* squares do not tell */
    for (size_t i = 1; i < n; i++) {
        double distance = off_line(f, i, 0);
        if (distance > farthest) farthest = distance, far = i;
    }
    for (size_t i = 1; far && i < n; i++) off = fmax(off, off_line(f, i, far));
    if (far && (f->p == 1 || off > 1e-24 * farthest)) return FS_OK;
    return fs_fail(error, FS_DATA,
                   "the points of the start are all %s, which method %s cannot leave; pattern can, or start "
                   "elsewhere",
                   far ? "on one line" : "in one place", f->method->info.name);
}

/* What lengths are measured by: the largest dissimilarity. Where all are 0, the start takes its place. */
static double unit_length(mds_fit_call *f, double largest_coordinate)
{
    if (f->statistics.largest > 0) return ldexp(f->statistics.largest, f->statistics.delta_exponent);
    f->statistics.delta_exponent = mds_exponent(largest_coordinate);
    return largest_coordinate > 0 ? largest_coordinate : 4;
}

static void scale_method_options(mds_fit_call *f)
{
    int length = f->statistics.delta_exponent;
    for (size_t i = 0; length && i < f->method->options_count; i++) {
        const mds_option_info *option = &f->method->options[i];
        if (option->kind != MDS_OPTION_LENGTH) continue;
        double *field = (double *)(void *)(f->method_options + option->offset);
        *field = fmax(ldexp(*field, -length), DBL_MIN);
    }
}

/* ---- rows ---- */

static fs_status open_problem(mds_fit_call *f, const mds_problem *problem, fs_error *error)
{
    const mds_kernels *kernels = mds_kernels_for(f->options.isa);
    mds_share *share = f->one_file ? &f->share : NULL;
    fs_status status = mds_problem_open(problem, kernels, f->options.threads, share, &f->opened, error);
    f->problem = f->opened.problem;
    f->statistics = f->opened.statistics;
    return status;
}

/* What cannot be done where the dissimilarities are not held. */
static fs_status check_rows(const mds_fit_call *f, fs_error *error)
{
    const mds_fit_options *o = &f->options;
    if (!f->opened.source) return FS_OK;
    if (!(f->method->info.abilities & MDS_ABILITY_ROWS))
        return fail_without(f, "a problem that is kept as rows (more than 10,000 objects; see mds_problem)",
                            MDS_ABILITY_ROWS, error);
    if (o->level != MDS_LEVEL_RATIO)
        return fs_fail(
            error, FS_UNSUPPORTED,
            "the level %s needs the dissimilarities as a matrix; a problem that is kept as rows has "
            "level ratio",
            mds_level_name(o->level));
    if (f->method == &mds_smacof_method && o->loss == MDS_LOSS_HUBER && f->opened.source->single)
        return fs_fail(
            error, FS_UNSUPPORTED,
            "method smacof has the squared loss where distances are computed from features; lbfgs and "
            "auto have the Huber loss too");
    if (o->loss == MDS_LOSS_ABSOLUTE)
        return fs_fail(error, FS_UNSUPPORTED,
                       "a problem that is kept as rows has the losses squared and huber, not absolute");
    return FS_OK;
}

/* ---- all of it ---- */

fs_status mds_fit_complete(mds_fit_call *f, fs_error *error)
{
    fs_status status = choose_method(f, error);
    if (!status) status = check_rows(f, error);
    if (!status) status = complete_options(f, error);
    return status ? status : take_method_options(f, error);
}

static fs_status take_structs(mds_fit_call *f, const mds_fit_options *options, const mds_result *result,
                              fs_error *error)
{
    fs_status status = mds_struct_take("mds_fit_options", options, &f->options, sizeof f->options, error);
    if (!status) status = mds_struct_take("mds_ranks", f->options.ranks, &f->ranks, sizeof f->ranks, error);
    if (!status) status = mds_share_init(&f->share, f->options.ranks ? &f->ranks : NULL, error);
    if (!status) status = mds_struct_check("mds_result", result, error);
    return status ? status : mds_isa_check(f->options.isa, error);
}

fs_status mds_fit_check(mds_fit_call *f, const mds_problem *problem, const mds_fit_options *options,
                        const mds_result *result, fs_error *error)
{
    double largest = 0;
    fs_status status = take_structs(f, options, result, error);
    f->one_file = mds_share_same(&f->share, status ? 0 : mds_problem_file(problem)); /* asked by every rank */
    if (!status) status = open_problem(f, problem, error);
    if (!status) status = apply_weighting(f, error);
    if (!status) status = mds_fit_complete(f, error);
    if (status) return status;
    bool given = f->options.start == MDS_START_GIVEN;
    status = mds_configuration_check(f->x, f->problem.n, f->p, f->ldx, given ? &largest : NULL, error);
    if (status) return status;
    double length = unit_length(f, largest);
    if (largest > ldexp(length, MDS_SPREAD_LENGTHS)) return fail_far_start(f, largest, length, error);
    if (given && (status = check_spread(f, largest, error))) return status;
    mds_option_context context = {f->problem.n, f->p, length};
    status = f->method->check(f->method_options, &context, error);
    scale_method_options(f);
    return status;
}
