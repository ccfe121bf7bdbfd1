#include "library.h"

#include "kernels.h"
#include "scale.h"
#include "sized_struct.h"

#include <math.h>
#include <stdlib.h>

enum {
    BLOCK = 256,        /* rows and columns compared at a time, so that both triangles stay in cache */
    SAFE_EXPONENT = 200 /* sums of w delta^2 of numbers to 2^200 neither overflow nor vanish */
};

static fs_status check_value(const char *what, double value, bool missing_allowed, size_t i, size_t j,
                             fs_error *error)
{
    if (value >= 0 && value <= MDS_LARGEST) return FS_OK;
    if (isnan(value)) {
        if (missing_allowed) return FS_OK;
        return fs_fail(error, FS_DATA, "row %zu, column %zu: the %s is not a number", i + 1, j + 1, what);
    }
    if (value < 0)
        return fs_fail(error, FS_DATA, "row %zu, column %zu: the %s is negative (%.17g)", i + 1, j + 1, what,
                       value);
    if (isinf(value))
        return fs_fail(error, FS_DATA,
                       "row %zu, column %zu: the %s is infinite; leave out a pair with NaN or weight 0",
                       i + 1, j + 1, what);
    return fs_fail(error, FS_DATA, "row %zu, column %zu: the %s %g is above 1e300; scale the data down",
                   i + 1, j + 1, what, value);
}

static fs_status check_symmetry(const char *what, double a, double b, double tolerance, size_t i, size_t j,
                                fs_error *error)
{
    if (a == b || (isnan(a) && isnan(b))) return FS_OK;
    if (isnan(a) || isnan(b))
        return fs_fail(error, FS_DATA,
                       "the %s of row %zu, column %zu is %.17g, but that of row %zu, column %zu is %.17g: "
                       "one of them is missing",
                       what, i + 1, j + 1, a, j + 1, i + 1, b);
    double scale = fabs(a) > fabs(b) ? fabs(a) : fabs(b);
    if (fabs(a - b) <= tolerance * scale) return FS_OK;
    return fs_fail(
        error, FS_DATA,
        "not symmetric: the %s of row %zu, column %zu is %.17g, but that of row %zu, column %zu is "
        "%.17g (a relative difference of %.3g, more than %.3g)",
        what, i + 1, j + 1, a, j + 1, i + 1, b, fabs(a - b) / scale, tolerance);
}

/* On the way to the statistics, sums over pairs, of the numbers times the scales. */
struct sums {
    double delta2, weight;
    double delta_scale, weight_scale;
    mds_mirror_kernel *mirror;
    double least_weight; /* but for 0, and where it is */
    size_t row, column;
};

/* Everything about one pair; most never need it. */
static fs_status check_pair(const mds_problem *problem, double tolerance, size_t i, size_t j,
                            mds_problem_statistics *statistics, struct sums *sums, fs_error *error)
{
    double delta = problem->delta[i * problem->ld + j], mirror = problem->delta[j * problem->ld + i];
    double weight = 1;
    fs_status status;
    if ((status = check_value("dissimilarity", delta, true, i, j, error))) return status;
    if ((status = check_value("dissimilarity", mirror, true, j, i, error))) return status;
    if ((status = check_symmetry("dissimilarity", delta, mirror, tolerance, i, j, error))) return status;
    if (problem->weights) {
        weight = problem->weights[i * problem->ldw + j];
        double other = problem->weights[j * problem->ldw + i];
        if ((status = check_value("weight", weight, false, i, j, error))) return status;
        if ((status = check_value("weight", other, false, j, i, error))) return status;
        if ((status = check_symmetry("weight", weight, other, tolerance, i, j, error))) return status;
        if (weight != other) statistics->asymmetric = true;
    }
    if (delta < mirror || delta > mirror) statistics->asymmetric = true;
    if (isnan(delta)) statistics->missing = true;
    if (isnan(delta) || weight == 0) {
        statistics->plain = false;
        return FS_OK;
    }
    if (delta > statistics->largest) statistics->largest = delta;
    if (weight > statistics->largest_weight) statistics->largest_weight = weight;
    if (weight < sums->least_weight) {
        sums->least_weight = weight;
        sums->row = i;
        sums->column = j;
    }
    delta *= sums->delta_scale;
    weight *= sums->weight_scale;
    sums->delta2 += weight * delta * delta;
    sums->weight += weight;
    statistics->pairs++;
    return FS_OK;
}

/* Row i against columns from .. to, all behind i. */
static fs_status check_row(const mds_problem *problem, double tolerance, size_t i, size_t from, size_t to,
                           mds_problem_statistics *statistics, struct sums *sums, fs_error *error)
{
    const double *row = problem->delta + i * problem->ld, *mirror = problem->delta + i;
    double largest = statistics->largest, scale = sums->delta_scale, delta2 = 0;
    size_t pairs = 0;
    for (size_t j = from; j < to; j++) {
        double delta = row[j];
        if (!problem->weights && delta == mirror[j * problem->ld] && delta >= 0 && delta <= MDS_LARGEST) {
            largest = delta > largest ? delta : largest;
            delta2 += (scale * delta) * (scale * delta);
            pairs++;
            continue;
        }
        fs_status status = check_pair(problem, tolerance, i, j, statistics, sums, error);
        if (status) return status;
    }
    statistics->largest = largest > statistics->largest ? largest : statistics->largest;
    statistics->pairs += pairs;
    sums->delta2 += delta2;
    sums->weight += (double)pairs;
    return FS_OK;
}

/* Rows i .. i + MDS_CHECKED - 1 on their way: what most pairs need. */
struct group {
    const mds_problem *problem;
    size_t i;
    double scale;
    mds_mirror_sums sums;
};

/* Its columns from .. to that are behind each row, one by one; false: a pair is not plain. */
static bool check_some(struct group *g, size_t from, size_t to)
{
    size_t ld = g->problem->ld;
    for (size_t r = 0; r < MDS_CHECKED; r++) {
        const double *row = g->problem->delta + (g->i + r) * ld, *image = g->problem->delta + g->i + r;
        for (size_t j = from > g->i + r ? from : g->i + r + 1; j < to; j++) {
            double delta = row[j], scaled = g->scale * delta;
            if (!(delta == image[j * ld] && delta >= 0 && delta <= MDS_LARGEST)) return false;
            g->sums.largest = delta > g->sums.largest ? delta : g->sums.largest;
            g->sums.squares[r] += scaled * scaled;
        }
    }
    return true;
}

/* Rows i .. i + MDS_CHECKED - 1 against columns from .. to. False, and nothing is noted, where a pair is not
 * plain: then each row goes its own way. */
static bool check_rows(const mds_problem *problem, size_t i, size_t from, size_t to,
                       mds_problem_statistics *statistics, struct sums *sums)
{
    struct group g = {.problem = problem, .i = i, .scale = sums->delta_scale};
    size_t begin = from > i ? from : i + MDS_CHECKED, whole = begin;
    if (problem->weights || to < begin) return false;
    whole += (to - begin) / MDS_CHECKED * MDS_CHECKED;
    if (!check_some(&g, from, begin)) return false;
    sums->mirror(problem->delta + i * problem->ld + begin, problem->delta + begin * problem->ld + i,
                 problem->ld, whole - begin, g.scale, &g.sums);
    if (!(g.sums.unlike == 0 && g.sums.least >= 0 && g.sums.largest <= MDS_LARGEST)) return false;
    if (!check_some(&g, whole, to)) return false;
    size_t pairs = MDS_CHECKED * (to - begin) + (from > i ? 0 : MDS_CHECKED * (MDS_CHECKED - 1) / 2);
    for (size_t r = 0; r < MDS_CHECKED; r++) sums->delta2 += g.sums.squares[r];
    if (g.sums.largest > statistics->largest) statistics->largest = g.sums.largest;
    statistics->pairs += pairs;
    sums->weight += (double)pairs;
    return true;
}

/* Whether object i has a pair that counts. */
static bool known(const mds_problem *problem, size_t i)
{
    for (size_t j = 0; j < problem->n; j++)
        if (j != i && !isnan(problem->delta[i * problem->ld + j]) &&
            (!problem->weights || problem->weights[i * problem->ldw + j] > 0))
            return true;
    return false;
}

static fs_status check_pairs(const mds_problem *problem, double tolerance, mds_problem_statistics *statistics,
                             struct sums *sums, fs_error *error)
{
    size_t n = problem->n;
    for (size_t bi = 0; bi < n; bi += BLOCK) {
        size_t ei = bi + BLOCK < n ? bi + BLOCK : n;
        for (size_t i = bi; i < ei; i++) {
            double own = problem->delta[i * problem->ld + i];
            if (isnan(own)) statistics->plain = false;
            if (own != 0 && !isnan(own))
                return fs_fail(error, FS_DATA,
                               "row %zu, column %zu: an object's dissimilarity to itself is %.17g, not 0",
                               i + 1, i + 1, own);
        }
        for (size_t bj = bi; bj < n; bj += BLOCK) {
            size_t ej = bj + BLOCK < n ? bj + BLOCK : n;
            for (size_t i = bi; i < ei; i++) {
                if (i + MDS_CHECKED <= ei && check_rows(problem, i, bj, ej, statistics, sums)) {
                    i += MDS_CHECKED - 1;
                    continue;
                }
                fs_status status =
                    check_row(problem, tolerance, i, bj > i ? bj : i + 1, ej, statistics, sums, error);
                if (status) return status;
            }
        }
    }
    return FS_OK;
}

/* Whether scaling can bring the numbers to where squares and products neither overflow nor vanish. */
static fs_status check_magnitudes(const mds_problem_statistics *statistics, const struct sums *sums,
                                  fs_error *error)
{
    double most = statistics->largest_weight, least = sums->least_weight;
    if (statistics->largest > 0 && statistics->largest < MDS_SMALLEST)
        return fs_fail(error, FS_DATA, "the largest dissimilarity is %g, below 1e-290; scale the data up",
                       statistics->largest);
    if (most > 0 && most < MDS_SMALLEST)
        return fs_fail(error, FS_DATA, "the largest weight is %g, below 1e-290; scale the weights up", most);
    if (least < ldexp(most, -MDS_SPREAD_WEIGHTS))
        return fs_fail(error, FS_DATA,
                       "row %zu, column %zu: the weight %g is too small beside the largest, %g, to count; "
                       "leave the pair out with weight 0",
                       sums->row + 1, sums->column + 1, least, most);
    return FS_OK;
}

fs_status mds_problem_take(const mds_problem *given, double tolerance, mds_problem *problem,
                           mds_problem_statistics *statistics, fs_error *error)
{
    if (!given) return fs_fail(error, FS_ARGUMENT, "the problem is NULL");
    fs_status status = mds_struct_take("mds_problem", given, problem, sizeof *problem, error);
    if (status) return status;
    size_t n = problem->n;
    status = mds_matrix_check("delta", problem->delta, n, n, "objects", 'n', problem->ld, error);
    if (status == FS_OK && problem->weights)
        status = mds_matrix_check("the weights", problem->weights, n, n, "objects", 'n', problem->ldw, error);
    if (status) return status;
    if (!(tolerance >= 0 && tolerance < 1))
        return fs_fail(error, FS_ARGUMENT, "the symmetry tolerance %g is not in [0, 1)", tolerance);
    if (tolerance == 0) tolerance = 1e-9;

    const mds_problem_statistics nothing = {.plain = !problem->weights,
                                            .largest_weight = problem->weights ? 0 : 1};
    mds_mirror_kernel *mirror = mds_kernels_for(MDS_ISA_AUTO)->mirror; /* the same bits at every level */
    struct sums sums = {.delta_scale = 1, .weight_scale = 1, .mirror = mirror, .least_weight = HUGE_VAL};
    *statistics = nothing;
    status = check_pairs(problem, tolerance, statistics, &sums, error);
    if (status) return status;
    if (!statistics->plain && n > 1)
        for (size_t i = 0; i < n; i++)
            if (!known(problem, i))
                return fs_fail(
                    error, FS_DATA,
                    "row %zu: the object has no known dissimilarity, so it cannot be placed; leave "
                    "it out",
                    i + 1);
    status = check_magnitudes(statistics, &sums, error);
    if (status) return status;

    int delta = mds_exponent(statistics->largest), weights = mds_exponent(statistics->largest_weight);
    if (abs(delta) <= SAFE_EXPONENT && abs(weights) <= SAFE_EXPONENT) {
        sums.delta2 = ldexp(sums.delta2, -2 * delta - weights);
        sums.weight = ldexp(sums.weight, -weights);
    } else { /* the sums may have overflowed, or vanished: once more, with the numbers scaled */
        *statistics = nothing;
        sums = (struct sums){
            .delta_scale = ldexp(1, -delta), .weight_scale = ldexp(1, -weights), .mirror = mirror};
        status = check_pairs(problem, tolerance, statistics, &sums, error);
        if (status) return status;
    }
    statistics->largest = ldexp(statistics->largest, -delta);
    statistics->largest_weight = ldexp(statistics->largest_weight, -weights);
    statistics->delta_exponent = delta;
    statistics->weight_exponent = weights;
    statistics->weight = sums.weight;
    statistics->mean_square = sums.weight > 0 ? sums.delta2 / sums.weight : 0;
    return FS_OK;
}

mds_status mds_problem_check(const mds_problem *problem, double tolerance, mds_error *error)
{
    fs_error inner;
    mds_problem taken;
    mds_problem_statistics statistics;
    return mds_report(mds_problem_take(problem, tolerance, &taken, &statistics, &inner), &inner, error);
}

fs_status mds_configuration_check(const double *x, size_t n, size_t p, size_t ldx, double *largest,
                                  fs_error *error)
{
    fs_status status = mds_matrix_check("the configuration", x, n, p, "dimensions", 'p', ldx, error);
    if (status || !largest) return status;
    *largest = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < p; k++) {
            double size = fabs(x[i * ldx + k]);
            if (!(size <= MDS_LARGEST))
                return fs_fail(
                    error, FS_DATA,
                    "row %zu, column %zu of the configuration is %g; finite numbers up to 1e300 are "
                    "needed",
                    i + 1, k + 1, x[i * ldx + k]);
            if (size > *largest) *largest = size;
        }
    return FS_OK;
}
