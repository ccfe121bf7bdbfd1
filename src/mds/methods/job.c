#include "job.h"

#include "exact_sum.h"

#include <math.h>
#include <string.h>

bool mds_job_report(mds_job *job, double loss, double step, uint64_t moves, double fraction)
{
    const mds_fit_options *fit = job->fit;
    mds_iteration iteration = {.size = sizeof iteration,
                               .iteration = ++job->done,
                               .loss = ldexp(loss, job->loss_exponent),
                               .step = ldexp(step, job->length_exponent),
                               .moves = moves};
    iteration.fraction = fmin(1, fmax(fraction, (double)job->done / (double)job->iterations));
    if (fit->trace && job->trace_used < fit->trace_capacity) {
        mds_iteration written = iteration;
        if (fit->trace_step < written.size) written.size = fit->trace_step;
        memcpy((char *)fit->trace + job->trace_used++ * fit->trace_step, &written, written.size);
    }
    return !fit->progress || fit->progress(&iteration, fit->context);
}

void mds_job_row(const mds_job *job, const double *x, size_t i, double *at, mds_pattern_row *row)
{
    const mds_problem *problem = job->problem;
    for (size_t k = 0; k < job->p; k++) at[k] = x[k * job->stride + i];
    row->x = x;
    row->at = at;
    row->delta = problem->delta + i * problem->ld;
    row->weights = problem->weights ? problem->weights + i * problem->ldw : NULL;
}

double mds_pair_loss(mds_loss loss, double weight, double error)
{
    return loss == MDS_LOSS_SQUARED ? weight * error * error : weight * fabs(error);
}

/* ---- the loss of a configuration ---- */

enum { ROWS = 32 }; /* in one task */

struct loss_sum {
    mds_job *job;
    const double *x;
};

static void sum_rows(void *context, unsigned worker, size_t block)
{
    const struct loss_sum *sum = context;
    mds_job *job = sum->job;
    size_t n = job->problem->n, end = (block + 1) * ROWS < n ? (block + 1) * ROWS : n;
    mds_pattern_row row = {.stride = job->stride, .p = job->p};
    for (size_t i = block * ROWS; i < end; i++) {
        mds_job_row(job, sum->x, i, job->row_point + worker * job->row_point_size, &row);
        mds_stress_sums sums = {0};
        job->kernels->stress(&row, i + 1, n, &sums);
        job->row_loss[i] = job->loss == MDS_LOSS_SQUARED ? sums.raw : sums.absolute;
    }
}

double mds_job_loss(mds_job *job, const double *x)
{
    struct loss_sum work = {job, x};
    size_t n = job->problem->n;
    mds_thread_pool_run(job->pool, (n + ROWS - 1) / ROWS, sum_rows, &work);
    mds_exact_sum sum = {0};
    for (size_t i = 0; i < n; i++) mds_exact_add(&sum, job->row_loss[i]);
    return mds_exact_value(&sum);
}
