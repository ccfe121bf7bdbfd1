#include "library.h"

#include "kernels.h"
#include "memory.h"
#include "team.h"

#include <math.h>

enum { ROWS = 32 }; /* rows in one partial sum */

struct work {
    const mds_problem *problem;
    const mds_kernels *kernels;
    const double *x; /* structure of arrays */
    size_t stride, p, blocks;
    mds_stress_sums *partial; /* one for each block of rows */
    double *per_point;        /* NULL: half of each row is enough */
    double *at;               /* members * p */
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

static void stress_of_rows(void *context, unsigned member, size_t block)
{
    const struct work *work = context;
    const mds_problem *problem = work->problem;
    double *at = work->at + member * work->p;
    size_t end = (block + 1) * ROWS < problem->n ? (block + 1) * ROWS : problem->n;
    mds_stress_sums total = {0};
    for (size_t i = block * ROWS; i < end; i++) {
        for (size_t k = 0; k < work->p; k++) at[k] = work->x[k * work->stride + i];
        mds_pattern_row row = {.x = work->x,
                               .stride = work->stride,
                               .at = at,
                               .p = work->p,
                               .delta = problem->delta + i * problem->ld,
                               .weights = problem->weights ? problem->weights + i * problem->ldw : NULL};
        mds_stress_sums sums = {0};
        work->kernels->stress(&row, i + 1, problem->n, &sums);
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

static fs_status stress(const mds_problem *problem, const double *x, size_t p, size_t ldx, unsigned threads,
                        mds_isa isa, mds_stress_values *values, double *per_point, fs_error *error)
{
    mds_survey survey;
    struct work work = {.problem = problem, .p = p, .per_point = per_point};
    double *soa = NULL;
    mds_team *team = NULL;
    fs_status status = mds_problem_survey(problem, 0, &survey, error);
    if (status) return status;
    if (!values) return fs_fail(error, FS_ARGUMENT, "`values` is NULL");
    if ((status = mds_isa_check(isa, error))) return status;
    if ((status = mds_configuration_check(x, problem->n, p, ldx, true, error))) return status;
    size_t n = problem->n, cells;
    work.kernels = mds_kernels_for(isa);
    work.stride = (n + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE;
    work.blocks = (n + ROWS - 1) / ROWS;
    unsigned most = threads ? threads : mds_team_processors();
    if ((status = mds_team_create(most < work.blocks ? most : (unsigned)work.blocks, &team, error)))
        return status;
    if (fs_size_mul(p, work.stride, &cells)) soa = fs_alloc_aligned(cells, sizeof(double));
    work.partial = fs_alloc(work.blocks, sizeof *work.partial);
    work.at = fs_alloc(mds_team_members(team) * p, sizeof(double));
    if (!soa || !work.partial || !work.at) {
        status = fs_fail_memory(error, "computing the stress", 0);
        goto cleanup;
    }
    for (size_t k = 0; k < p; k++)
        for (size_t j = 0; j < n; j++) soa[k * work.stride + j] = x[j * ldx + k];
    work.x = soa;
    mds_team_run(team, work.blocks, stress_of_rows, &work);

    mds_stress_sums total = {0};
    for (size_t b = 0; b < work.blocks; b++) add(&total, &work.partial[b]);
    double scale = total.d2 > 0 ? total.delta_d / total.d2 : 0;
    /* At the best scale it is no more than as it stands; the difference of two sums may say so when both are
     * nearly nothing. */
    double residual = fmin(total.delta2 - scale * total.delta_d, total.raw);
    *values = (mds_stress_values){
        .raw = total.raw,
        .normalized = total.delta2 > 0 ? sqrt(total.raw / total.delta2) : 0,
        .stress1 = total.delta2 > 0 && residual > 0 ? sqrt(residual / total.delta2) : 0,
        .scale = scale,
        .absolute = total.absolute,
        .pairs = (size_t)total.pairs,
    };
    if (per_point) share_out(per_point, n);
cleanup:
    mds_team_destroy(team);
    fs_free(work.at);
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
