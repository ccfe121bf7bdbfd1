#include "swaps.h"

#include <math.h>

void mds_swaps_lay_out(mds_swaps *swaps, const mds_job *job, mds_workspace *workspace)
{
    size_t n = job->problem->n;
    swaps->job = job;
    swaps->distance = mds_workspace_take(workspace, n, n * sizeof(double));
}

static void fill_distances(mds_swaps *swaps, const double *x)
{
    size_t n = swaps->job->problem->n, p = swaps->job->p, stride = swaps->job->stride;
    for (size_t i = 0; i < n; i++) {
        double *row = swaps->distance + i * n;
        row[i] = 0;
        for (size_t j = 0; j < i; j++) {
            double sum = 0;
            for (size_t k = 0; k < p; k++) {
                double difference = x[k * stride + i] - x[k * stride + j];
                sum += difference * difference;
            }
            row[j] = swaps->distance[j * n + i] = sqrt(sum);
        }
    }
}

/* With squared loss and no weights the squares cancel: (a - e)^2 + (b - d)^2 - (a - d)^2 - (b - e)^2 =
 * 2 (a - b)(d - e). */
static double plain_change(const double *a, const double *b, const double *d, const double *e, size_t from,
                           size_t to)
{
    double even = 0, odd = 0;
    size_t j = from;
    for (; j + 2 <= to; j += 2) {
        even += (a[j] - b[j]) * (d[j] - e[j]);
        odd += (a[j + 1] - b[j + 1]) * (d[j + 1] - e[j + 1]);
    }
    if (j < to) even += (a[j] - b[j]) * (d[j] - e[j]);
    return 2 * (even + odd);
}

static double pair_loss(const mds_job *job, double weight, double error)
{
    return job->loss == MDS_LOSS_HUBER ? mds_huber_pair_loss(job->huber, weight, error)
                                       : mds_pair_loss(job->loss, weight, error);
}

/* What the pairs of one point gain by its distances becoming `after`. */
static double row_change(const mds_job *job, size_t i, size_t other, const double *before,
                         const double *after)
{
    const mds_problem *problem = job->problem;
    const double *delta = problem->delta + i * problem->ld;
    const double *weights = problem->weights ? problem->weights + i * problem->ldw : NULL;
    double sum = 0;
    for (size_t j = 0; j < problem->n; j++) {
        double weight = weights ? weights[j] : 1;
        if (j == i || j == other || isnan(delta[j]) || weight == 0) continue;
        sum += pair_loss(job, weight, delta[j] - after[j]) - pair_loss(job, weight, delta[j] - before[j]);
    }
    return sum;
}

static double change(const mds_swaps *swaps, size_t i, size_t k)
{
    const mds_job *job = swaps->job;
    const mds_problem *problem = job->problem;
    size_t n = problem->n;
    const double *d = swaps->distance + i * n, *e = swaps->distance + k * n;
    if (!job->statistics->plain || job->loss != MDS_LOSS_SQUARED)
        return row_change(job, i, k, d, e) + row_change(job, k, i, e, d);
    const double *a = problem->delta + i * problem->ld, *b = problem->delta + k * problem->ld;
    return plain_change(a, b, d, e, 0, i) + plain_change(a, b, d, e, i + 1, k) +
           plain_change(a, b, d, e, k + 1, n);
}

/* Keep it where it belongs among the best; pairs come in ascending order, so an equal one goes behind. */
static void keep(mds_swaps *swaps, size_t wanted, mds_swap swap)
{
    size_t at = swaps->count;
    if (at == wanted && !(swap.change < swaps->best[at - 1].change)) return;
    if (at < wanted)
        swaps->count++;
    else
        at--;
    for (; at > 0 && swap.change < swaps->best[at - 1].change; at--) swaps->best[at] = swaps->best[at - 1];
    swaps->best[at] = swap;
}

void mds_swaps_find(mds_swaps *swaps, const double *x, size_t wanted)
{
    size_t n = swaps->job->problem->n;
    swaps->count = 0;
    if (wanted == 0) return;
    fill_distances(swaps, x);
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++) keep(swaps, wanted, (mds_swap){i, k, change(swaps, i, k)});
}

void mds_swaps_apply(const mds_swaps *swaps, const mds_swap *swap, double *x)
{
    size_t stride = swaps->job->stride;
    for (size_t k = 0; k < swaps->job->p; k++) {
        double *axis = x + k * stride, moved = axis[swap->first];
        axis[swap->first] = axis[swap->second];
        axis[swap->second] = moved;
    }
}
