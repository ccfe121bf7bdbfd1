/*
 * Everything is asked of one operator, B + ridge J for the dissimilarities with a constant added
 * (centred_squares.h): the map is its largest eigenpairs, Lingoes's constant the largest eigenvalue of -B,
 * and Cailliez's follows from the smallest eigenvectors of B for a growing constant.
 */
#include "classical.h"

#include "classical_start.h"
#include "clock.h"
#include "panel.h"
#include "symmetric_eigen.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* All eigenvalues of matrices up to this order are computed: a thirtieth of a second. */
enum { SPECTRUM = 500, CAILLIEZ_STEPS = 60 };

struct solve {
    mds_job *job;
    mds_classical scaling;          /* the map's eigenpairs */
    mds_classical least;            /* the pair of the smallest eigenvalue, for a correction */
    double *image;                  /* a panel */
    double *matrix, *values, *work; /* for all eigenvalues */
    mds_classical_statistics statistics;
};

/* ---- memory ---- */

static void init(mds_classical *classical, const mds_job *job, size_t p)
{
    const mds_problem_statistics *s = job->statistics;
    mds_classical_init(classical, job->problem, s->largest, s->mean_square, s->pairs, p, job->kernels,
                       job->pool);
}

static void lay_out(struct solve *solve, const mds_job *job, mds_workspace *workspace)
{
    size_t n = job->problem->n, order = n <= SPECTRUM ? n : 0;
    const mds_classical_options *options = job->options;
    init(&solve->scaling, job, job->p);
    mds_classical_lay_out(&solve->scaling, workspace);
    init(&solve->least, job, 1);
    if (options->correction) mds_classical_lay_out(&solve->least, workspace);
    solve->image = mds_panel_take(workspace, n);
    solve->matrix = mds_workspace_take(workspace, order, order * sizeof(double));
    solve->values = mds_workspace_take(workspace, order, sizeof(double));
    solve->work = mds_workspace_take(workspace, MDS_SYMMETRIC_EIGEN_WORK(1), order * sizeof(double));
}

void mds_classical_measure(const mds_job *job, mds_workspace *workspace)
{
    struct solve solve;
    lay_out(&solve, job, workspace);
}

unsigned mds_classical_useful_workers(const mds_job *job, unsigned granted)
{
    size_t most = job->problem->n / MDS_CHUNK * 2;
    return most < 1 ? 1 : granted < most ? granted : (unsigned)most;
}

/* ---- corrections ---- */

/* The smallest eigenvalue of B, with `add` added to the dissimilarities, among vectors that are centred; its
 * vector becomes column 0 of least.pairs.vectors[0]. */
static double find_least(struct solve *solve, double add, double tolerance)
{
    mds_classical *least = &solve->least;
    double size = least->squares.largest + add;
    least->squares.add = add;
    least->squares.negative = true;
    least->squares.ridge = size * size; /* puts 0, the value of the vector of ones, out of the way */
    least->pairs.tolerance = tolerance;
    mds_classical_find(least);
    return least->squares.ridge - least->pairs.values[0];
}

/* x^T B x, with `add` added to the dissimilarities, for column 0 of least.pairs.vectors[0]. */
static double quadratic_form(struct solve *solve, double add)
{
    mds_classical *least = &solve->least;
    const double *x = least->pairs.vectors[0];
    double sum = 0;
    least->squares.add = add;
    least->squares.negative = false;
    least->squares.ridge = 0;
    mds_operator of = mds_centred_squares_operator(&least->squares);
    of.apply(of.context, x, solve->image);
    for (size_t i = 0; i < least->squares.n; i++) sum += x[i * MDS_PANEL] * solve->image[i * MDS_PANEL];
    return sum;
}

/*
 * Cailliez's constant: the smallest c from which on B(c), of the dissimilarities plus c, has no negative
 * eigenvalue (Cailliez, "The analytical solution of the additive constant problem", Psychometrika 48, 1983,
 * has it as the largest eigenvalue of a nonsymmetric matrix of order 2n). For a centred x of length 1, x^T
 * B(c) x = x^T B x + 2 c x^T B' x + c^2 / 2,  with B' of the dissimilarities, not squared, whose larger root
 * r(x) is at most the constant, and equal for the right x. So x is the smallest eigenvector of B(c), c
 * becomes r(x), and so on: c rises, and its error is squared in each step, of which there are five or so.
 */
static double cailliez(struct solve *solve)
{
    double c = 0, largest = solve->least.squares.largest;
    for (int step = 0; step < CAILLIEZ_STEPS; step++) {
        (void)find_least(solve, c, 1e-8);
        double square = quadratic_form(solve, 0), both = quadratic_form(solve, largest);
        double half = (both - square) / largest - largest / 2; /* 2 x^T B' x */
        double root = half * half - 2 * square;
        double next = root > 0 ? sqrt(root) - half : 0;
        if (next <= c * (1 + 1e-13)) break;
        bool converged = next - c <= 1e-11 * next;
        c = next;
        if (converged) break;
    }
    return c;
}

/* Find the constant and put it where the map's operator has it. */
static void correct(struct solve *solve, mds_correction correction)
{
    const mds_job *job = solve->job;
    if (correction == MDS_CORRECTION_NONE || job->problem->n < 3 || job->statistics->largest == 0) return;
    double least = find_least(solve, 0, 1e-10);
    if (least >= -solve->least.rounding) return;
    if (correction == MDS_CORRECTION_LINGOES) {
        solve->scaling.squares.ridge = -least;
        solve->statistics.constant = ldexp(-least, 2 * job->length_exponent);
    } else {
        double add = cailliez(solve);
        solve->scaling.squares.add = add;
        solve->statistics.constant = ldexp(add, job->length_exponent);
    }
}

/* ---- what is told of the eigenvalues ---- */

/* All of them, falling, by writing the operator out. */
static void find_spectrum(struct solve *solve)
{
    size_t n = solve->job->problem->n, cells = mds_panel_rows(n) * MDS_PANEL;
    double *unit = solve->scaling.seed, *a = solve->matrix;
    mds_operator of = mds_centred_squares_operator(&solve->scaling.squares);
    for (size_t first = 0; first < n; first += MDS_PANEL) {
        size_t columns = n - first < MDS_PANEL ? n - first : MDS_PANEL;
        memset(unit, 0, cells * sizeof *unit);
        for (size_t k = 0; k < columns; k++) unit[(first + k) * MDS_PANEL + k] = 1;
        of.apply(of.context, unit, solve->image);
        for (size_t i = 0; i < n; i++)
            memcpy(a + i * n + first, solve->image + i * MDS_PANEL, columns * sizeof *a);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) a[i * n + j] = a[j * n + i] = (a[i * n + j] + a[j * n + i]) / 2;
    mds_symmetric_eigen(a, n, n, solve->values, NULL, 0, solve->work);
}

static void tell_spectrum(struct solve *solve)
{
    mds_classical_statistics *s = &solve->statistics;
    size_t n = solve->job->problem->n;
    double positive = 0, negative = 0, used = 0, least = solve->values[n - 1];
    for (size_t k = 0; k < n; k++) {
        double value = solve->values[k];
        if (fabs(value) <= solve->scaling.rounding) value = 0;
        *(value > 0 ? &positive : &negative) += fabs(value);
        if (k < s->axes) used += value;
    }
    s->goodness_of_fit = positive > 0 ? used / (positive + negative) : NAN;
    s->goodness_of_fit_positive = positive > 0 ? used / positive : NAN;
    s->negative_share = positive > 0 ? negative / (positive + negative) : NAN;
    s->smallest_eigenvalue = fabs(least) <= solve->scaling.rounding ? 0 : least;
    s->eigenvalues_known = n;
}

/* The statistics, of the caller's numbers. */
static void tell(struct solve *solve)
{
    mds_job *job = solve->job;
    mds_classical_statistics *s = &solve->statistics;
    const mds_eigenpairs *pairs = &solve->scaling.pairs;
    size_t n = job->problem->n, known = pairs->count;
    const double *values = pairs->values;
    s->size = sizeof *s;
    s->goodness_of_fit = s->goodness_of_fit_positive = s->negative_share = s->smallest_eigenvalue = NAN;
    if (job->statistics->largest == 0) {
        known = 0;
    } else if (n <= SPECTRUM) {
        find_spectrum(solve);
        tell_spectrum(solve);
        values = solve->values;
        known = n;
    } else {
        s->eigenvalues_known = known;
        s->smallest_eigenvalue = fmin(pairs->least, 0); /* the vector of ones has 0 */
    }
    for (size_t k = 0; k < s->axes; k++)
        s->residual = fmax(s->residual, pairs->residuals[k] / pairs->values[k]);
    for (size_t k = 0; k < MDS_EIGENVALUES; k++)
        s->eigenvalues[k] = k < known ? ldexp(values[k], 2 * job->length_exponent) : NAN;
    s->smallest_eigenvalue = ldexp(s->smallest_eigenvalue, 2 * job->length_exponent);
    memcpy(job->method_statistics, s, sizeof *s);
}

/* ---- one solve ---- */

/* The loss of the map as it is now. */
static double map_loss(void *context)
{
    struct solve *solve = context;
    mds_job *job = solve->job;
    mds_eigenpairs_vectors(&solve->scaling.pairs);
    (void)mds_classical_map(&solve->scaling, job->x, job->stride);
    return mds_job_loss(job, job->x);
}

/* A projection was solved: tell those who listen. */
static bool watch(void *context)
{
    struct solve *solve = context;
    mds_job *job = solve->job;
    mds_eigenpairs *pairs = &solve->scaling.pairs;
    double worst = 0, loss = mds_job_told_loss(job, map_loss, solve);
    for (size_t k = 0; k < pairs->count; k++)
        worst = fmax(worst, pairs->residuals[k] / fmax(fabs(pairs->values[k]), DBL_MIN));
    job->done = job->done_before + pairs->done - 1; /* the report counts one */
    double fraction = worst < 1 ? log(fmax(worst, 1e-300)) / log(fmin(fmax(job->tolerance, 1e-15), 0.5)) : 0;
    return mds_job_report(job, loss, ldexp(worst, -job->length_exponent), 0, fraction);
}

fs_status mds_classical_solve(mds_job *job, fs_error *error)
{
    (void)error;
    struct solve solve = {.job = job};
    mds_workspace workspace = {.next = job->workspace};
    const mds_classical_options *options = job->options;
    mds_eigenpairs *pairs = &solve.scaling.pairs;
    lay_out(&solve, job, &workspace);
    correct(&solve, options->correction);
    pairs->tolerance = job->tolerance;
    pairs->products = job->iterations - job->done_before;
    pairs->watch = watch;
    pairs->watch_context = &solve;
    job->stop = MDS_STOP_LIMIT;
    mds_classical_find(&solve.scaling);
    solve.statistics.axes = mds_classical_map(&solve.scaling, job->x, job->stride);
    job->done = job->done_before + pairs->done;
    if (pairs->converged) job->stop = MDS_STOP_CONVERGED;
    if (job->statistics->largest == 0) job->stop = MDS_STOP_EXACT;
    tell(&solve);
    return FS_OK;
}
