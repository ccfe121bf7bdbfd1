/*
 * A step is s = V^+ (-gradient / 2): the Guttman transform without the matrix B. Without weights V^+ is 1 /
 * n. The majorizing function along it is a parabola that is lowest at s and at its old height again at 2s,
 * so 1.8 times the step cannot raise the loss either (de Leeuw and Heiser 1980); nor can a step that solves
 * for s only in part, by conjugate gradients.
 *
 * The Huber loss is that of squared errors with the weights w min(1, h / |e|), which touches it at the
 * present errors and lies above it elsewhere. The absolute loss is the Huber loss over 2h, plus h / 2 for
 * each unit of weight: it lies above the absolute loss by that at most, and falls with h, so h is made
 * smaller as the map comes to rest.
 */
#include "smacof.h"

#include "checkpoint.h"
#include "vector_sums.h"

#include <math.h>
#include <string.h>

enum { PRODUCTS = 30 }; /* in one step, at most */

static const double RELAXED = 1.8;

/* Of the absolute loss: h over the root mean square of the dissimilarities; at what gain to make it smaller,
 * by how much; and the least tolerance, as the way to a kink is long. */
static const double FIRST_H = 0.1, LAST_H = 1e-4, H_REST = 1e-3, H_FACTOR = 0.3, ABSOLUTE_TOLERANCE = 1e-6;

struct descent {
    mds_job *job;
    const mds_smacof_options *options;
    mds_gradient gradient;
    mds_laplacian_solve solve;
    size_t cells;
    bool reweighted; /* V changes with x */
    bool solves;     /* V is not n times the identity */
    double tolerance;
    double scale;  /* of the absolute loss, rms of the dissimilarities */
    double loss;   /* at job->x */
    double *slope; /* the gradient there */
    double *step, *second, *trial, *trial_slope;
    double *start; /* of the losses that are not followed exactly, else NULL */
    uint64_t rejected;
};

/* ---- the loss that is followed ---- */

static double followed(const struct descent *d, double loss)
{
    if (d->job->loss != MDS_LOSS_ABSOLUTE) return loss;
    double h = d->gradient.threshold;
    return loss / (2 * h) + d->job->statistics->weight * h / 2;
}

static double evaluate(struct descent *d, const double *x, double *slope)
{
    return followed(d, mds_gradient_compute(&d->gradient, x, slope));
}

/* The step at x: half the gradient there, V divided out. (Of the absolute loss too: 1 / 2h is a factor of
 * both.)
 */
static void find_step(struct descent *d, const double *x, const double *slope, double *step)
{
    if (!d->solves) {
        double factor = -1 / (2 * (double)d->job->problem->n);
        for (size_t c = 0; c < d->cells; c++) step[c] = factor * slope[c];
        return;
    }
    for (size_t c = 0; c < d->cells; c++) d->trial[c] = -slope[c] / 2;
    mds_laplacian_solve_run(&d->solve, d->reweighted, PRODUCTS, x, d->trial, step);
}

/* ---- iterations ---- */

/* Go on from the trial, whose loss is `loss`. */
static void accept(struct descent *d, double loss)
{
    memcpy(d->job->x, d->trial, d->cells * sizeof(double));
    double *spare = d->slope;
    d->slope = d->trial_slope;
    d->trial_slope = spare;
    d->loss = loss;
}

/* How far the descent has come, by how little an iteration gains. */
static double fraction_done(const struct descent *d, double gain)
{
    double way = log(d->tolerance), done = log(gain / d->loss);
    return way < 0 && done < 0 ? fmin(1, done / way) : 0;
}

static bool report(struct descent *d, double before)
{
    return mds_job_report(d->job, d->loss, 0, d->job->problem->n, fraction_done(d, before - d->loss));
}

/* x + factor * step; false where the loss does not fall: the descent is at its end. */
static bool take_step(struct descent *d, double factor)
{
    find_step(d, d->job->x, d->slope, d->step);
    memcpy(d->trial, d->job->x, d->cells * sizeof(double));
    mds_add_multiple(d->trial, factor, d->step, d->cells);
    double loss = evaluate(d, d->trial, d->trial_slope);
    if (!(loss < d->loss)) return false;
    accept(d, loss);
    return true;
}

/* After the steps r = first and second from x - first: to where both lead if each coordinate's error shrinks
 * by one factor, x0 + 2 a r + a^2 v with v = second - r, a = |r| / |v| (SQUAREM of Varadhan and Roland 2008,
 * for which a < 0). Falls back on the second step. */
static bool extrapolate(struct descent *d)
{
    double *x = d->job->x, change = 0;
    double *second = d->second, *first = d->step;
    for (size_t c = 0; c < d->cells; c++) change += (second[c] - first[c]) * (second[c] - first[c]);
    double a = change > 0 ? sqrt(mds_dot(first, first, d->cells) / change) : 1;
    if (a > 1 && isfinite(a)) {
        for (size_t c = 0; c < d->cells; c++)
            d->trial[c] = x[c] - first[c] + 2 * a * first[c] + a * a * (second[c] - first[c]);
        double loss = evaluate(d, d->trial, d->trial_slope);
        if (loss < d->loss) {
            accept(d, loss);
            return true;
        }
        d->rejected++;
    }
    memcpy(d->trial, x, d->cells * sizeof(double));
    mds_add_multiple(d->trial, 1, second, d->cells);
    double loss = evaluate(d, d->trial, d->trial_slope);
    if (!(loss < d->loss)) return false;
    accept(d, loss);
    return true;
}

/* One or two iterations, each reported. False: that was the last, and job->stop says why. */
static bool iterate(struct descent *d)
{
    mds_job *job = d->job;
    mds_acceleration acceleration = d->options->acceleration;
    double before = d->loss;
    job->stop = MDS_STOP_CONVERGED;
    if (!take_step(d, acceleration == MDS_ACCELERATION_RELAXED ? RELAXED : 1)) return false;
    if (!report(d, before)) return false;
    if (acceleration != MDS_ACCELERATION_SQUARED || job->done == job->iterations) return true;
    before = d->loss;
    job->stop = MDS_STOP_CONVERGED;
    find_step(d, job->x, d->slope, d->second);
    return extrapolate(d) && report(d, before);
}

/* Where the absolute loss has come to rest but for h: a smaller one. */
static bool sharpen(struct descent *d, double gain)
{
    double least = LAST_H * d->scale, *h = &d->gradient.threshold;
    if (d->job->loss != MDS_LOSS_ABSOLUTE || *h <= least || gain > H_REST) return false;
    *h = fmax(least, *h * H_FACTOR);
    d->loss = evaluate(d, d->job->x, d->slope);
    return true;
}

static void iterate_to_rest(struct descent *d, mds_stage *stage)
{
    mds_job *job = d->job;
    d->loss = evaluate(d, job->x, d->slope);
    for (;; mds_stage_pass(job, stage)) {
        uint64_t done = job->done;
        double before = d->loss;
        job->stop = MDS_STOP_EXACT;
        if (d->loss == 0) return;
        job->stop = MDS_STOP_LIMIT;
        if (job->done >= job->iterations) return;
        bool more = iterate(d);
        if (!more && job->stop != MDS_STOP_CONVERGED) return;
        double iterations = (double)(job->done > done ? job->done - done : 1);
        double gain = more ? (before - d->loss) / before / iterations : 0;
        if (sharpen(d, gain)) continue;
        job->stop = MDS_STOP_CONVERGED;
        if (gain <= d->tolerance) return;
    }
}

static void descend(struct descent *d)
{
    const mds_piece pieces[] = {{d->job->x, d->cells * sizeof(double)},
                                MDS_PIECE(d->gradient.threshold),
                                MDS_PIECE(d->solve.products),
                                MDS_PIECE(d->rejected)};
    mds_stage stage = MDS_STAGE("majorization", pieces);
    if (mds_stage_begin(d->job, &stage) == MDS_STAGE_OVER) return;
    iterate_to_rest(d, &stage);
    mds_stage_end(d->job, &stage);
}

/* ---- one solve ---- */

static void lay_out(struct descent *d, mds_job *job, mds_workspace *workspace)
{
    *d = (struct descent){.job = job, .options = job->options, .cells = job->p * job->stride};
    d->reweighted = job->loss != MDS_LOSS_SQUARED;
    d->solves = d->reweighted || !job->statistics->plain;
    d->tolerance = job->tolerance;
    if (job->loss == MDS_LOSS_ABSOLUTE) d->tolerance = fmax(d->tolerance, ABSOLUTE_TOLERANCE);
    d->scale = sqrt(job->statistics->mean_square);
    mds_gradient_lay_out(&d->gradient, job, workspace);
    bool single = d->options->precision == MDS_PRECISION_SINGLE && !job->source; /* of a matrix */
    if (single) mds_gradient_lay_out_single(&d->gradient, workspace);
    d->gradient.single = single;
    if (d->solves) mds_laplacian_solve_lay_out(&d->solve, &d->gradient, workspace);
    double **const arrays[] = {&d->slope, &d->step, &d->second, &d->trial, &d->trial_slope};
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++)
        *arrays[a] = mds_workspace_take(workspace, d->cells, sizeof(double));
    if (single || job->loss == MDS_LOSS_ABSOLUTE)
        d->start = mds_workspace_take(workspace, d->cells, sizeof(double));
}

void mds_smacof_measure(const mds_job *job, mds_workspace *workspace)
{
    struct descent d;
    mds_job sizes = *job;
    lay_out(&d, &sizes, workspace);
}

fs_status mds_smacof_solve(mds_job *job, fs_error *error)
{
    struct descent d;
    mds_workspace workspace = {.next = job->workspace};
    (void)error;
    lay_out(&d, job, &workspace);
    if (d.scale == 0) d.scale = job->start_loss / fmax(job->statistics->weight, 1); /* all are 0 */
    d.scale = fmax(d.scale, 1e-30);
    if (job->loss == MDS_LOSS_ABSOLUTE) d.gradient.threshold = FIRST_H * d.scale;
    if (d.start) memcpy(d.start, job->x, d.cells * sizeof(double));
    descend(&d);
    if (d.start && !(mds_job_loss(job, job->x) <= job->start_loss))
        memcpy(job->x, d.start, d.cells * sizeof(double));
    if (job->loss != MDS_LOSS_ABSOLUTE) {
        d.gradient.single = false;
        mds_gradient_compute(&d.gradient, job->x, d.slope);
        job->gradient = mds_gradient_norm(job, job->x, d.slope);
    }
    mds_smacof_statistics found = {
        .size = sizeof found, .products = d.solve.products, .rejected = d.rejected};
    memcpy(job->method_statistics, &found, sizeof found);
    return FS_OK;
}
