#include "library.h"

#include "kernels.h"
#include "memory.h"
#include "scale.h"
#include "thread_pool.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS = 32 }; /* rows in one partial sum */

struct work {
    const mds_problem *problem;
    const mds_kernels *kernels;
    const double *x; /* structure of arrays */
    size_t stride, p, blocks;
    int delta_exponent, weight_exponent; /* the rows are summed times 2^-exponent */
    mds_stress_sums *partial;            /* one for each block of rows */
    double *per_point;                   /* NULL: half of each row is enough */
    double *desks;                       /* for each member: p, and two scaled rows where there are any */
    size_t desk_size;
};

static void add(mds_stress_sums *to, const mds_stress_sums *from)
{
    to->raw += from->raw;
    to->delta2 += from->delta2;
    to->delta_d += from->delta_d;
    to->d2 += from->d2;
    to->absolute += from->absolute;
    to->pairs += from->pairs;
}

/* Row i of a matrix, scaled in `desk` when it must be. */
static const double *scaled_row(const double *matrix, size_t ld, size_t i, size_t n, int exponent,
                                double *desk)
{
    const double *row = matrix + i * ld;
    if (exponent == 0) return row;
    mds_scale(row, n, exponent, desk);
    return desk;
}

static void stress_of_rows(void *context, unsigned member, size_t block)
{
    const struct work *work = context;
    const mds_problem *problem = work->problem;
    size_t n = problem->n, end = (block + 1) * ROWS < n ? (block + 1) * ROWS : n;
    double *at = work->desks + member * work->desk_size, *delta = at + work->p;
    double *weights = delta + (work->desk_size - work->p) / 2;
    mds_stress_sums total = {0};
    for (size_t i = block * ROWS; i < end; i++) {
        for (size_t k = 0; k < work->p; k++) at[k] = work->x[k * work->stride + i];
        mds_pattern_row row = {.x = work->x, .stride = work->stride, .at = at, .p = work->p};
        row.delta = scaled_row(problem->delta, problem->ld, i, n, work->delta_exponent, delta);
        if (problem->weights)
            row.weights = scaled_row(problem->weights, problem->ldw, i, n, work->weight_exponent, weights);
        mds_stress_sums sums = {0};
        work->kernels->stress(&row, i + 1, n, &sums);
        add(&total, &sums);
        if (work->per_point) {
            mds_stress_sums left = {0};
            work->kernels->stress(&row, 0, i, &left);
            work->per_point[i] = sums.raw + left.raw;
        }
    }
    work->partial[block] = total;
}

static void share_out(double *per_point, size_t n)
{
    double total = 0;
    for (size_t i = 0; i < n; i++) total += per_point[i];
    for (size_t i = 0; i < n; i++) per_point[i] = total > 0 ? per_point[i] / total : 0;
}

/* The sums with the dissimilarities times 2^-delta and the map times `factor`. */
static mds_stress_sums sum_rows(struct work *work, mds_team *team, double *soa, const double *x, size_t ldx,
                                int delta, double factor)
{
    for (size_t k = 0; k < work->p; k++)
        for (size_t j = 0; j < work->problem->n; j++) soa[k * work->stride + j] = factor * x[j * ldx + k];
    work->x = soa;
    work->delta_exponent = delta;
    mds_team_run(team, work->blocks, stress_of_rows, work);
    mds_stress_sums total = {0};
    for (size_t b = 0; b < work->blocks; b++) add(&total, &work->partial[b]);
    return total;
}

/* The width of a map along the dimension where it is widest: what distances go by, wherever the map lies. */
static double width_of(const double *x, size_t n, size_t p, size_t ldx)
{
    double widest = 0;
    for (size_t k = 0; k < p; k++) {
        double low = x[k], high = x[k];
        for (size_t i = 1; i < n; i++) {
            low = fmin(low, x[i * ldx + k]);
            high = fmax(high, x[i * ldx + k]);
        }
        widest = fmax(widest, high - low);
    }
    return widest;
}

/* A difference needs one unit for both; what compares the map at its best scale would lose the smaller of the
 * two in it, when they are too far apart, and so is summed with a unit for each. */
static void choose_exponents(const mds_survey *survey, double width, int *delta, int *map)
{
    enum { NEAR = 100 };
    *delta = survey->delta_exponent;
    *map = mds_exponent(width);
    if (survey->largest == 0) *delta = *map;
    if (width == 0) *map = *delta;
    if (abs(*delta - *map) <= NEAR) *delta = *map = *delta > *map ? *delta : *map;
}

static void fill_values(const mds_stress_sums *together, const mds_stress_sums *apart, int delta, int map,
                        int weight, mds_stress_values *values)
{
    int both = delta > map ? delta : map;
    double scale = apart->d2 > 0 ? apart->delta_d / apart->d2 : 0;
    /* At the best scale it is no more than as it stands; the difference of two sums may say so when both are
     * nearly nothing. */
    double residual = fmin(apart->delta2 - scale * apart->delta_d, ldexp(together->raw, 2 * (both - delta)));
    *values = (mds_stress_values){
        .raw = ldexp(together->raw, 2 * both + weight),
        .normalized = apart->delta2 > 0 ? ldexp(sqrt(together->raw / apart->delta2), both - delta) : 0,
        .stress1 = apart->delta2 > 0 && residual > 0 ? sqrt(residual / apart->delta2) : 0,
        .scale = ldexp(scale, delta - map),
        .absolute = ldexp(together->absolute, both + weight),
        .pairs = (size_t)together->pairs,
    };
}

static fs_status stress(const mds_problem *problem, const double *x, size_t p, size_t ldx, unsigned threads,
                        mds_isa isa, mds_stress_values *values, double *per_point, fs_error *error)
{
    mds_survey survey;
    struct work work = {.problem = problem, .p = p, .per_point = per_point};
    double *soa = NULL, largest;
    mds_team *team = NULL;
    fs_status status = mds_problem_survey(problem, 0, &survey, error);
    if (status) return status;
    if (!values) return fs_fail(error, FS_ARGUMENT, "`values` is NULL");
    if ((status = mds_isa_check(isa, error))) return status;
    if ((status = mds_configuration_check(x, problem->n, p, ldx, &largest, error))) return status;
    int delta, map;
    double width = width_of(x, problem->n, p, ldx), points = width > 0; /* a map without width is at 0 */
    choose_exponents(&survey, width, &delta, &map);
    bool rows_scaled = delta || map || survey.weight_exponent;
    size_t n = problem->n, cells;
    work.kernels = mds_kernels_for(isa);
    work.weight_exponent = survey.weight_exponent;
    work.stride = (n + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE;
    work.blocks = (n + ROWS - 1) / ROWS;
    work.desk_size = p + (rows_scaled ? 2 * n : 0);
    unsigned most = threads ? threads : mds_team_processors();
    if ((status = mds_team_create(most < work.blocks ? most : (unsigned)work.blocks, &team, error)))
        return status;
    if (fs_size_mul(p, work.stride, &cells)) soa = fs_alloc_aligned(cells, sizeof(double));
    work.partial = fs_alloc(work.blocks, sizeof *work.partial);
    if (fs_size_mul(mds_team_members(team), work.desk_size, &cells))
        work.desks = fs_alloc(cells, sizeof(double));
    if (!soa || !work.partial || !work.desks) {
        status = fs_fail_memory(error, "computing the stress", 0);
        goto cleanup;
    }
    int both = delta > map ? delta : map;
    mds_stress_sums together = sum_rows(&work, team, soa, x, ldx, both, points * ldexp(1, -both)),
                    apart = together;
    if (per_point) share_out(per_point, n);
    if (delta != map) {
        work.per_point = NULL;
        apart = sum_rows(&work, team, soa, x, ldx, delta, points * ldexp(1, -map));
    }
    fill_values(&together, &apart, delta, map, survey.weight_exponent, values);
cleanup:
    mds_team_destroy(team);
    fs_free(work.desks);
    fs_free(work.partial);
    fs_free(soa);
    return status;
}

mds_status mds_stress(const mds_problem *problem, const double *x, size_t p, size_t ldx, unsigned threads,
                      mds_isa isa, mds_stress_values *values, double *per_point, mds_error *error)
{
    fs_error inner;
    return mds_report(stress(problem, x, p, ldx, threads, isa, values, per_point, &inner), &inner, error);
}
