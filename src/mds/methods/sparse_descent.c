#include "sparse_descent.h"

#include "checkpoint.h"

#include <math.h>

void mds_sparse_descent_lay_out(mds_sparse_descent *d, mds_job *job, mds_workspace *workspace)
{
    size_t n = job->source->n, p = job->p;
    *d = (mds_sparse_descent){.job = job};
    d->x = mds_workspace_take(workspace, n, p * sizeof *d->x);
    d->order = mds_workspace_take(workspace, n, sizeof *d->order);
    mds_sparse_sums_lay_out(&d->sums, job->source->sparse, p, job->pool, workspace);
}

static void find_weights(mds_sparse_descent *d)
{
    const mds_sparse_rows *rows = d->job->source->sparse;
    d->smallest_weight = rows->weight ? HUGE_VAL : 1;
    d->largest_weight = rows->weight ? 0 : 1;
    for (size_t e = 0; rows->weight && e < rows->begin[rows->n]; e++) {
        d->smallest_weight = fmin(d->smallest_weight, rows->weight[e]);
        d->largest_weight = fmax(d->largest_weight, rows->weight[e]);
    }
}

/* Points in one place have no line to move along. */
static inline void move_pair(double *at, double *other, size_t p, double delta, double mu)
{
    double square = 0;
    for (size_t k = 0; k < p; k++) square += (at[k] - other[k]) * (at[k] - other[k]);
    double d = sqrt(square);
    if (!(d > MDS_SPARSE_COINCIDE)) return;
    double factor = mu * (delta - d) / (2 * d);
    for (size_t k = 0; k < p; k++) {
        double moved = factor * (at[k] - other[k]);
        at[k] += moved;
        other[k] -= moved;
    }
}

static void run_epoch(mds_sparse_descent *d, double step)
{
    const mds_sparse_rows *rows = d->job->source->sparse;
    size_t n = rows->n, p = d->job->p;
    for (size_t i = 0; i < n; i++) d->order[i] = i;
    fs_random_shuffle(&d->job->random, d->order, n);
    for (size_t t = 0; t < n; t++) {
        size_t i = d->order[t];
        for (size_t e = rows->begin[i]; e < rows->begin[i + 1]; e++) {
            size_t j = rows->column[e];
            if (j > i)
                move_pair(d->x + i * p, d->x + j * p, p, rows->delta[e],
                          fmin(1, rows->weight ? step * rows->weight[e] : step));
        }
    }
}

static void give_map(const mds_sparse_descent *d)
{
    const mds_job *job = d->job;
    for (size_t i = 0; i < job->source->n; i++)
        for (size_t k = 0; k < job->p; k++) d->map[k * job->stride + i] = d->x[i * job->p + k];
}

static double epoch_loss(void *context)
{
    mds_sparse_descent *d = context;
    give_map(d);
    return mds_sparse_loss(&d->sums, HUGE_VAL, d->map, d->job->stride);
}

/* The epochs from number *epoch on. */
static bool run_epochs(mds_sparse_descent *d, const mds_sampled_settings *settings, mds_stage *stage,
                       uint64_t *epoch)
{
    mds_job *job = d->job;
    double first = settings->first_step / d->smallest_weight, last = settings->last_step / d->largest_weight;
    double gone = settings->fraction_to - settings->fraction_from;
    bool go_on = true;
    while (*epoch < settings->rounds && go_on) {
        double of = settings->rounds > 1 ? (double)*epoch / (double)(settings->rounds - 1) : 0;
        double step = first * pow(last / first, of);
        run_epoch(d, step);
        ++*epoch;
        double done = settings->fraction_from + gone * (double)*epoch / (double)settings->rounds;
        /* a step is a share, and no length */
        go_on = mds_job_report(job, mds_job_told_loss(job, epoch_loss, d),
                               ldexp(fmin(step, 1), -job->length_exponent), job->source->n, done);
        mds_stage_pass(job, stage);
    }
    return go_on;
}

bool mds_sparse_descend(mds_sparse_descent *d, const mds_sampled_settings *settings, double *x)
{
    mds_job *job = d->job;
    size_t n = job->source->n, p = job->p;
    uint64_t epoch = 0;
    const mds_piece pieces[] = {{d->x, n * p * sizeof *d->x}, MDS_PIECE(epoch)};
    mds_stage stage = MDS_STAGE("listed pairs", pieces);
    stage.result = 1;
    d->map = x;
    find_weights(d);
    mds_sparse_points(x, job->stride, n, p, d->x);
    bool over = mds_stage_begin(job, &stage) == MDS_STAGE_OVER, whole = true;
    if (!over) whole = run_epochs(d, settings, &stage, &epoch);
    give_map(d);
    if (!over && whole) mds_stage_end(job, &stage);
    return whole;
}
