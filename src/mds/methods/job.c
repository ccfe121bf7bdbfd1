#include "job.h"

#include "clock.h"
#include "exact_sum.h"

#include <math.h>
#include <string.h>

static bool end(mds_job *job, mds_stop stop)
{
    job->stop = job->asked = stop;
    job->ended = true;
    return true;
}

/* What has ended rank 0 ends all, where there is something that may. */
static bool has_ended(mds_job *job)
{
    const mds_fit_options *fit = job->fit;
    bool may = fit->progress || fit->checkpoint || fit->max_seconds > 0;
    uint64_t asked = job->ended ? 1 + (uint64_t)job->asked : 0;
    if (may) asked = mds_share_agree(job->share, asked);
    if (job->share->failed) asked = 1 + (uint64_t)MDS_STOP_CANCELLED;
    if (asked) end(job, (mds_stop)(asked - 1));
    return job->ended;
}

bool mds_job_time_is_up(mds_job *job)
{
    if (!job->ended && isfinite(job->deadline) && fs_clock_seconds() >= job->deadline)
        end(job, MDS_STOP_TIME);
    return has_ended(job);
}

bool mds_job_report(mds_job *job, double loss, double step, uint64_t moves, double fraction)
{
    const mds_fit_options *fit = job->fit;
    bool told = fit->progress && mds_share_rank(job->share) == 0;
    if (has_ended(job)) return false;
    mds_iteration iteration = {.size = sizeof iteration,
                               .iteration = ++job->done,
                               .loss = ldexp(loss, job->loss_exponent),
                               .step = ldexp(step, job->length_exponent),
                               .moves = moves};
    double used = (double)(job->done - job->done_before) / (double)(job->iterations - job->done_before);
    fraction = fmin(1, fmax(fraction, used));
    fraction = job->share_from + job->share_size * fraction;
    iteration.fraction = job->fraction = fmin(1, fmax(job->fraction, fraction)); /* a guess never goes back */
    if (fit->trace && job->trace_used < fit->trace_capacity) {
        mds_iteration written = iteration;
        if (fit->trace_step < written.size) written.size = fit->trace_step;
        memcpy((char *)fit->trace + job->trace_used++ * fit->trace_step, &written, written.size);
    }
    bool leave = job->leaving || (told && !fit->progress(&iteration, fit->context));
    if (leave && (job->leaving || !fit->checkpoint)) end(job, MDS_STOP_CANCELLED);
    job->leaving = leave;
    return !mds_job_time_is_up(job);
}

double mds_job_told_loss(mds_job *job, double (*sum)(void *context), void *context)
{
    double now = fs_clock_seconds();
    if (mds_share_agree(job->share, job->fit->trace || (job->fit->progress && now - job->told_at > 0.1))) {
        job->told_loss = sum(context);
        job->told_at = now;
    }
    return job->told_loss;
}

void mds_job_start_ended(mds_job *job, mds_start start, double loss, uint64_t iterations, mds_stop stop)
{
    const mds_fit_options *fit = job->fit;
    mds_outcome outcome = {.size = sizeof outcome,
                           .start = start,
                           .stop = stop,
                           .loss = ldexp(loss, job->loss_exponent),
                           .iterations = iterations};
    if (fit->outcomes && job->outcomes < fit->outcome_capacity) {
        if (fit->outcome_step < outcome.size) outcome.size = fit->outcome_step;
        memcpy((char *)fit->outcomes + job->outcomes * fit->outcome_step, &outcome, outcome.size);
    }
    job->outcomes++;
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

bool mds_job_as_good(const mds_job *job, double loss, double best)
{
    double unit = job->statistics->weight * job->statistics->mean_square; /* sum w delta^2 */
    if (job->loss == MDS_LOSS_ABSOLUTE)
        unit = sqrt(job->statistics->weight * unit); /* at least sum w delta */
    double a = unit > 0 ? loss / unit : loss, b = unit > 0 ? best / unit : best;
    if (job->loss != MDS_LOSS_ABSOLUTE) a = sqrt(a), b = sqrt(b);
    return a <= b * (1 + 1e-5) || a <= b + 1e-7;
}

bool mds_job_samples(const mds_job *job)
{
    const mds_source *source = job->source;
    if (!source || source->sparse) return false;
    double n = (double)source->n, pair = (double)source->pair_cost + 16 * (double)job->p + 16;
    return n * n / 2 * pair > 1e12;
}

double mds_pair_loss(mds_loss loss, double weight, double error)
{
    return loss == MDS_LOSS_SQUARED ? weight * error * error : weight * fabs(error);
}

double mds_huber_pair_loss(double h, double weight, double error)
{
    double size = fabs(error);
    return weight * (size <= h ? size * size : h * (2 * size - h));
}

/* ---- the loss of a configuration ---- */

enum { ROWS = MDS_LOSS_ROWS };

struct loss_sum {
    mds_job *job;
    const double *x;
};

/* The columns behind i of its row, for the one loss that the stress kernel does not sum. */
static double huber_row(const mds_job *job, const double *x, size_t i)
{
    const mds_problem *problem = job->problem;
    const double *delta = problem->delta + i * problem->ld;
    mds_exact_sum sum = {0};
    for (size_t j = i + 1; j < problem->n; j++) {
        double weight = problem->weights ? problem->weights[i * problem->ldw + j] : 1, d2 = 0;
        if (isnan(delta[j])) continue;
        for (size_t k = 0; k < job->p; k++) {
            double difference = x[k * job->stride + i] - x[k * job->stride + j];
            d2 += difference * difference;
        }
        mds_exact_add(&sum, mds_huber_pair_loss(job->huber, weight, delta[j] - sqrt(d2)));
    }
    return mds_exact_value(&sum);
}

static void sum_rows(void *context, unsigned worker, size_t block)
{
    const struct loss_sum *sum = context;
    mds_job *job = sum->job;
    size_t n = job->problem->n, end = (block + 1) * ROWS < n ? (block + 1) * ROWS : n;
    mds_pattern_row row = {.stride = job->stride, .p = job->p};
    for (size_t i = block * ROWS; i < end; i++) {
        if (job->loss == MDS_LOSS_HUBER) {
            job->row_loss[i] = huber_row(job, sum->x, i);
            continue;
        }
        mds_job_row(job, sum->x, i, job->row_point + worker * job->row_point_size, &row);
        row.ahead = i + 1 < n ? row.delta + job->problem->ld : NULL;
        mds_stress_sums sums = {0};
        job->kernels->stress(&row, i + 1, n, &sums);
        job->row_loss[i] = job->loss == MDS_LOSS_SQUARED ? sums.raw : sums.absolute;
    }
}

void mds_job_follow(const mds_job *job, const double *x)
{
    if (!job->transform) return;
    mds_transform_follow(job->transform, x);
    mds_transform_mirror(job->transform);
}

double mds_job_largest(const mds_job *job)
{
    return job->transform ? fmax(job->statistics->largest, job->transform->largest)
                          : job->statistics->largest;
}

double mds_job_loss(mds_job *job, const double *x)
{
    struct loss_sum work = {job, x};
    if (job->transform) mds_transform_follow(job->transform, x);
    size_t n = job->problem->n;
    const mds_shared rows = {job->row_loss, ROWS * sizeof *job->row_loss};
    mds_share_run(job->share, job->pool, (n + ROWS - 1) / ROWS, MDS_SHARE_TRIANGLE, sum_rows, &work, &rows,
                  1);
    mds_exact_sum sum = {0};
    for (size_t i = 0; i < n; i++) mds_exact_add(&sum, job->row_loss[i]);
    return mds_exact_value(&sum);
}
