#include "landmark_start.h"

#include "auto.h"
#include "method.h"
#include "random_start.h"
#include "symmetric_eigen.h"

#include <math.h>
#include <string.h>

enum {
    LANDMARKS = MDS_LANDMARKS,
    SIDE = 6,
    NODES = MDS_LANDMARK_NODES,
    STEPS = MDS_LANDMARK_STEPS,
    POINTS = MDS_SINGLE_TILE /* in a task */
};

struct landmarks {
    mds_job *job;
    size_t count, columns; /* columns: padded to MDS_FLOATS */
    size_t tile;           /* bytes of one */
    char *tiles;           /* for each worker */
    double *delta;         /* count x count */
    double *row_loss;
    double *places; /* as job->x, of the landmarks */
    size_t stride;
    double *formula; /* p x count: what Gower's formula multiplies squares with */
    double *squares; /* count: of the landmarks' places */
    float *x;        /* p x columns: the places in single precision */
    float *nodes;    /* NODES x p */
    size_t node_count;
    float *rows; /* for each worker: delta, weights, losses, places */
    size_t row_size;
    mds_problem problem; /* of the landmarks */
    mds_problem_statistics statistics;
    mds_fit_options fit;
    mds_job inner;
};

/* ---- memory ---- */

static void make_inner(struct landmarks *l)
{
    mds_job *job = l->job, *inner = &l->inner;
    size_t n = l->count;
    l->problem = (mds_problem){.size = sizeof l->problem, .n = n, .delta = l->delta, .ld = n};
    l->fit = *job->fit;
    l->fit.progress = NULL;
    l->fit.trace = NULL;
    l->fit.outcomes = NULL;
    l->fit.checkpoint = NULL;
    l->fit.iterations = 10000;
    l->fit.loss = MDS_LOSS_SQUARED;
    *inner = *job;
    inner->fit = &l->fit;
    inner->source = NULL;
    inner->checkpoint = NULL; /* a fit that goes on computes its start anew */
    inner->problem = &l->problem;
    inner->statistics = &l->statistics;
    inner->loss = MDS_LOSS_SQUARED;
    inner->start = MDS_START_RANDOM;
    inner->starts = 0;
    inner->effort = MDS_EFFORT_HIGH; /* they are few, and all else follows their shape */
    inner->tolerance = 0;
    inner->options = NULL;
    inner->iterations = UINT64_MAX;
    inner->done = inner->done_before = 0;
    inner->x = l->places;
    inner->stride = l->stride;
    inner->row_loss = l->row_loss;
    size_t pairs = n * (n - 1) / 2;
    l->statistics = (mds_problem_statistics){.largest = 1,
                                             .largest_weight = 1,
                                             .mean_square = 1,
                                             .weight = (double)pairs,
                                             .pairs = pairs,
                                             .plain = true};
}

static void lay_out(struct landmarks *l, mds_job *job, mds_workspace *workspace)
{
    size_t n = job->source->n, p = job->p, workers = mds_thread_pool_workers(job->pool);
    *l = (struct landmarks){.job = job, .count = n < LANDMARKS ? n : LANDMARKS};
    l->columns = (l->count + MDS_FLOATS - 1) / MDS_FLOATS * MDS_FLOATS;
    l->stride = (l->count + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE;
    l->tile = (job->source->scratch + 63) / 64 * 64;
    l->row_size = (2 * l->columns + NODES + 1 + (NODES + 3) * p + 15) / 16 * 16;
    l->tiles = mds_workspace_take(workspace, workers, l->tile);
    l->delta = mds_workspace_take(workspace, l->count, l->count * sizeof(double));
    l->row_loss = mds_workspace_take(workspace, l->count, sizeof(double));
    l->places = mds_workspace_take(workspace, l->stride, p * sizeof(double));
    l->formula = mds_workspace_take(workspace, l->count, p * sizeof(double));
    l->squares = mds_workspace_take(workspace, l->count, sizeof(double));
    l->x = mds_workspace_take(workspace, l->columns, p * sizeof(float));
    l->nodes = mds_workspace_take(workspace, NODES, p * sizeof(float));
    l->rows = mds_workspace_take(workspace, workers, l->row_size * sizeof(float));
    make_inner(l);
}

void mds_landmark_measure(const mds_job *job, mds_workspace *workspace)
{
    struct landmarks l;
    mds_job sizes = *job;
    lay_out(&l, &sizes, workspace);
    mds_workspace formula = *workspace;
    mds_workspace_take(&formula, job->p, (2 * job->p + 4) * sizeof(double));
    mds_auto_method.measure(&l.inner, workspace);
    if (formula.bytes > workspace->bytes) *workspace = formula;
}

/* ---- the landmarks ---- */

/* Landmark number `number` of them: the first ones where the order is random, else evenly spaced. */
static size_t landmark(const struct landmarks *l, size_t number)
{
    return l->job->source->order ? number : number * l->job->source->n / l->count;
}

/* The dissimilarities of object i to the landmarks; `tile` of its row, or NULL. Missing: 0, and weight 0. */
static void load_row(const struct landmarks *l, unsigned worker, size_t i, const mds_tile *tile, size_t row,
                     float *delta, float *weights)
{
    for (size_t c = 0; c < l->columns; c++) {
        double value = NAN;
        if (c >= l->count)
            delta[c] = 0;
        else if (tile)
            value = tile->delta ? tile->delta[row * tile->ld + c] : (double)tile->single[row * tile->ld + c];
        else
            value = mds_source_pair(l->job->source, l->tiles + worker * l->tile, i, landmark(l, c));
        bool itself = c < l->count && landmark(l, c) == i;
        weights[c] = isnan(value) || itself ? 0 : 1;
        delta[c] = isnan(value) || itself ? 0 : (float)value;
    }
}

static void fill_landmark_row(void *context, unsigned worker, size_t a)
{
    struct landmarks *l = context;
    for (size_t b = a + 1; b < l->count; b++) {
        double value =
            mds_source_pair(l->job->source, l->tiles + worker * l->tile, landmark(l, a), landmark(l, b));
        l->delta[a * l->count + b] = l->delta[b * l->count + a] = value;
    }
    l->delta[a * l->count + a] = 0;
}

/* Statistics of the landmarks; a pair that is missing gets the mean. */
static void measure_landmarks(struct landmarks *l)
{
    size_t n = l->count, known = 0;
    double sum = 0, squares = 0, largest = 0;
    for (size_t c = 0; c < n * n; c++)
        if (!isnan(l->delta[c]) && c % (n + 1)) sum += l->delta[c], known++;
    for (size_t c = 0; c < n * n; c++) {
        if (isnan(l->delta[c])) l->delta[c] = known ? sum / (double)known : 0;
        squares += l->delta[c] * l->delta[c];
        largest = fmax(largest, l->delta[c]);
    }
    l->statistics.largest = largest;
    l->statistics.mean_square = n > 1 ? squares / (double)(n * (n - 1)) : 0;
}

/* ---- the formula ---- */

/* With the landmarks at y_l about their mean, an object at y has d_l^2 = |y|^2 - 2 y . y_l + |y_l|^2, so
 * y = -1/2 (Y'Y)^-1 Y' (d^2 - |y_l|^2). An axis on which the landmarks do not spread tells nothing. */
static void make_formula(struct landmarks *l, double *work)
{
    size_t p = l->job->p, n = l->count;
    double *scatter = work, *values = scatter + p * p, *vectors = values + p, *scratch = vectors + p * p;
    for (size_t k = 0; k < p; k++) {
        double *axis = l->places + k * l->stride, mean = 0;
        for (size_t c = 0; c < n; c++) mean += axis[c] / (double)n;
        for (size_t c = 0; c < n; c++) axis[c] -= mean;
    }
    memset(l->squares, 0, n * sizeof(double));
    memset(l->formula, 0, n * p * sizeof(double));
    for (size_t a = 0; a < p; a++)
        for (size_t b = 0; b < p; b++) {
            double sum = 0;
            for (size_t c = 0; c < n; c++) sum += l->places[a * l->stride + c] * l->places[b * l->stride + c];
            scatter[a * p + b] = sum;
        }
    for (size_t k = 0; k < p; k++)
        for (size_t c = 0; c < n; c++)
            l->squares[c] += l->places[k * l->stride + c] * l->places[k * l->stride + c];
    mds_symmetric_eigen(scatter, p, p, values, vectors, p, scratch);
    for (size_t v = 0; v < p && values[v] > 1e-12 * values[0]; v++)
        for (size_t c = 0; c < n; c++) {
            double along = 0;
            for (size_t k = 0; k < p; k++) along += vectors[v * p + k] * l->places[k * l->stride + c];
            for (size_t k = 0; k < p; k++)
                l->formula[k * n + c] -= 0.5 * vectors[v * p + k] * along / values[v];
        }
}

/* A grid over the landmarks' map in the plane; in other dimensions some of them. */
static void lay_nodes(struct landmarks *l)
{
    size_t p = l->job->p, n = l->count;
    double low[2] = {HUGE_VAL, HUGE_VAL}, high[2] = {-HUGE_VAL, -HUGE_VAL};
    for (size_t k = 0; k < p; k++)
        for (size_t c = 0; c < l->columns; c++) {
            double value = c < n ? l->places[k * l->stride + c] : 0;
            l->x[k * l->columns + c] = (float)value;
            if (k < 2 && c < n) low[k] = fmin(low[k], value), high[k] = fmax(high[k], value);
        }
    l->node_count = p == 2 ? SIDE * SIDE : n < NODES ? n : NODES;
    for (size_t t = 0; t < l->node_count; t++)
        for (size_t k = 0; k < p; k++) {
            double at = ((double)(k ? t / SIDE : t % SIDE) + 0.5) / SIDE;
            l->nodes[t * p + k] = p == 2 ? (float)(low[k] + at * (high[k] - low[k]))
                                         : l->x[k * l->columns + t * n / l->node_count];
        }
}

/* ---- the others ---- */

static void place(const struct landmarks *l, const mds_relocation_row *row, float *losses, size_t i)
{
    mds_job *job = l->job;
    const mds_relocation_kernels *kernels = &job->kernels->relocation;
    size_t p = job->p, count = l->node_count + 1, best = 0;
    float *places = losses + NODES + 1, *at = places + (NODES + 1) * p, *sums = at + p, weight = 0;
    for (size_t k = 0; k < p; k++) {
        double sum = 0;
        for (size_t c = 0; c < l->count; c++) {
            double square = (double)row->delta[c] * (double)row->delta[c];
            if (row->weights[c] > 0) sum += l->formula[k * l->count + c] * (square - l->squares[c]);
        }
        places[k] = (float)sum;
    }
    memcpy(places + p, l->nodes, l->node_count * p * sizeof *places);
    kernels->losses(row, places, count, losses);
    for (size_t t = 1; t < count; t++)
        if (losses[t] < losses[best]) best = t;
    memcpy(at, places + best * p, p * sizeof *at);
    for (size_t c = 0; c < l->count; c++) weight += row->weights[c];
    for (size_t s = 0; s < STEPS && weight > 0; s++) {
        kernels->step(row, at, sums);
        for (size_t k = 0; k < p; k++) at[k] = sums[k] / weight;
    }
    for (size_t k = 0; k < p; k++) job->x[k * job->stride + i] = (double)at[k];
}

static void place_some(void *context, unsigned worker, size_t task)
{
    const struct landmarks *l = context;
    mds_source *source = l->job->source;
    size_t first = task * POINTS, last = first + POINTS < source->n ? first + POINTS : source->n;
    float *delta = l->rows + worker * l->row_size, *weights = delta + l->columns,
          *losses = weights + l->columns;
    mds_tile tile;
    bool tiled = source->order != NULL;
    if (tiled && !mds_source_read(source, l->tiles + worker * l->tile, first, last, 0, l->count, &tile))
        return;
    for (size_t i = first; i < last; i++) {
        load_row(l, worker, i, tiled ? &tile : NULL, i - first, delta, weights);
        mds_relocation_row row = {.x = l->x,
                                  .stride = l->columns,
                                  .delta = delta,
                                  .weights = weights,
                                  .columns = l->columns,
                                  .p = l->job->p};
        place(l, &row, losses, i);
    }
}

/* Ranks share the objects. */
static void place_all(struct landmarks *l)
{
    mds_job *job = l->job;
    size_t n = job->source->n, tasks = (n + POINTS - 1) / POINTS;
    mds_share_run(job->share, job->pool, tasks, MDS_SHARE_EVEN, place_some, l, NULL, 0);
    for (size_t k = 0; k < job->p; k++) {
        const mds_shared axis = {job->x + k * job->stride, POINTS * sizeof *job->x};
        mds_share_hand_over(job->share, tasks, MDS_SHARE_EVEN, &axis, n * sizeof *job->x);
    }
}

fs_status mds_landmark_start(mds_job *job, fs_error *error)
{
    struct landmarks l;
    mds_workspace workspace = {.next = job->workspace};
    lay_out(&l, job, &workspace);
    mds_thread_pool_run(job->pool, l.count, fill_landmark_row, &l);
    fs_status status = mds_share_status(job->share, mds_source_check(job->source, error), error);
    if (status) return status;
    measure_landmarks(&l);
    memset(l.places, 0, job->p * l.stride * sizeof *l.places);
    mds_random_start(&job->random, l.statistics.mean_square, l.count, job->p, l.places, l.stride);
    l.inner.random = job->random;
    l.inner.workspace = workspace.next;
    l.inner.start_loss = mds_job_loss(&l.inner, l.places);
    status = mds_auto_method.solve(&l.inner, error);
    if (status) return status;
    job->random = l.inner.random;
    make_formula(&l, (double *)(void *)workspace.next);
    lay_nodes(&l);
    place_all(&l);
    return mds_share_status(job->share, mds_source_check(job->source, error), error);
}
