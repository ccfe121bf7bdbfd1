#include "gradient.h"

#include "exact_sum.h"
#include "gradient_single.h"

#include <math.h>
#include <string.h>

enum {
    TASK_PAIRS = 1 << 15 /* in a task, about: some 20 microseconds, well above what handing it over costs */
};

/* By n and p alone, so that the sums do not depend on threads. Of many objects so many that handing in the n
 * p sums of a part costs a few hundredths of what summing them does. */
size_t mds_gradient_parts(size_t n, size_t p)
{
    size_t tasks = n / 2 * n / TASK_PAIRS, many = n / 64 / (p > 2 ? p : 2);
    if (tasks > MDS_MOST_PARTS) tasks = MDS_MOST_PARTS;
    if (n >= MDS_MANY_OBJECTS && many > tasks) return many;
    while (tasks > 1 && tasks * p > n / 32) tasks--;
    return tasks > 1 ? tasks : 1;
}

unsigned mds_gradient_useful_workers(const mds_job *job, unsigned granted)
{
    bool sparse = job->source && job->source->sparse;
    size_t tasks = sparse ? job->source->sparse->blocks : mds_gradient_parts(job->problem->n, job->p);
    return granted < tasks ? granted : (unsigned)tasks;
}

/* ---- memory ---- */

/* Tasks of as many pairs each as whole blocks of rows allow. */
static void cut_tasks(mds_gradient *g)
{
    const mds_source *source = g->job->source;
    size_t n = g->job->problem->n, row = 0;
    size_t rows = source && source->tiled ? source->tile_rows : MDS_GRADIENT_ROWS;
    double all = (double)n * (double)n / 2, before = 0;
    for (size_t t = 0; t < g->tasks; t++) {
        g->begin[t] = row < n ? row : n;
        for (; row < n && before < all * (double)(t + 1) / (double)g->tasks; row += rows)
            before += (double)rows * (double)(n - row);
    }
    g->begin[g->tasks] = n;
}

void mds_gradient_lay_out(mds_gradient *g, const mds_job *job, mds_workspace *workspace)
{
    mds_gradient_lay_out_parts(g, job, mds_gradient_parts(job->problem->n, job->p), workspace);
}

void mds_gradient_lay_out_parts(mds_gradient *g, const mds_job *job, size_t parts, mds_workspace *workspace)
{
    size_t n = job->problem->n, p = job->p, workers = mds_thread_pool_workers(job->pool);
    *g = (mds_gradient){.job = job, .threshold = job->huber};
    if (job->source && job->source->sparse) {
        mds_sparse_sums_lay_out(&g->sparse, job->source->sparse, p, job->pool, workspace);
        return;
    }
    g->tasks = parts;
    g->many = parts > MDS_MOST_PARTS;
    g->stride = (n + MDS_GRADIENT_FLOATS - 1) / MDS_GRADIENT_FLOATS * MDS_GRADIENT_FLOATS;
    g->scratch_size = (MDS_GRADIENT_SCRATCH(p) + 7) / 8 * 8;
    g->begin = mds_workspace_take(workspace, g->tasks + 1, sizeof *g->begin);
    g->sums = mds_workspace_take(workspace, (g->many ? workers : g->tasks) * g->stride, p * sizeof *g->sums);
    g->loss = mds_workspace_take(workspace, g->tasks, sizeof *g->loss);
    g->scratch = mds_workspace_take(workspace, workers, g->scratch_size * sizeof *g->scratch);
    g->totals = (mds_fixed_sums){.rows = p, .columns = g->stride};
    if (g->many) g->totals.sums = mds_workspace_take(workspace, g->stride, p * sizeof *g->totals.sums);
    if (job->source) {
        g->tiles = mds_workspace_take(workspace, workers, job->source->scratch);
        if (job->source->single) g->x_single = mds_workspace_take(workspace, g->stride, p * sizeof(float));
    }
    if (g->begin) cut_tasks(g);
}

/* ---- one pass ---- */

static double sum_rows(const mds_gradient *g, double *scratch, size_t first, double *sums)
{
    const mds_job *job = g->job;
    const mds_problem *problem = job->problem;
    mds_gradient_rows rows = {.x = g->x,
                              .stride = job->stride,
                              .n = problem->n,
                              .p = job->p,
                              .first = first,
                              .delta = problem->delta + first * problem->ld,
                              .weights = problem->weights ? problem->weights + first * problem->ldw : NULL,
                              .ld = problem->ld,
                              .ldw = problem->ldw,
                              .threshold = g->threshold,
                              .along = g->along,
                              .scratch = scratch};
    return g->kernel(&rows, sums);
}

/* The sums of a task; of many tasks, those that its worker has at hand. */
static double *sums_at(const mds_gradient *g, size_t number)
{
    return g->sums + number * g->job->p * g->stride;
}

/* The same where they are floats: p rows and one for losses. */
static float *float_sums(const mds_gradient *g, size_t number)
{
    return (float *)(void *)sums_at(g, number);
}

static void run_task_rough(mds_gradient *g, double *scratch, size_t number, size_t task)
{
    float *sums = float_sums(g, number), *losses = g->rows_wanted ? sums + g->job->p * g->stride : NULL;
    size_t from = g->begin[task] / MDS_GRADIENT_FLOATS * MDS_GRADIENT_FLOATS;
    for (size_t k = 0; k < g->job->p + g->rows_wanted; k++)
        memset(sums + k * g->stride + from, 0, (g->stride - from) * sizeof *sums);
    mds_exact_sum loss = {0};
    for (size_t first = g->begin[task]; first < g->begin[task + 1]; first += MDS_GRADIENT_ROWS) {
        mds_gradient_rows_single rows = mds_gradient_packed_rows(g, scratch, first);
        mds_exact_add(&loss, g->kernel_rough(&rows, sums, losses));
    }
    g->loss[task] = mds_exact_value(&loss);
}

/* The strips of a tile, each MDS_GRADIENT_ROWS rows. */
static void sum_tile(const mds_gradient *g, double *scratch, const mds_tile *tile, size_t first, size_t last,
                     size_t from, size_t to, double *sums, mds_exact_sum *loss)
{
    const mds_job *job = g->job;
    for (size_t i = first; i < last; i += MDS_GRADIENT_ROWS) {
        size_t at = (i - first) * tile->ld;
        if (g->kernel_single) {
            mds_gradient_rows_single rows = {.x = g->x_single,
                                             .stride = g->stride,
                                             .n = to,
                                             .p = job->p,
                                             .first = i,
                                             .from = from,
                                             .column = from,
                                             .delta = tile->single + at,
                                             .ld = tile->ld,
                                             .threshold = (float)g->threshold,
                                             .scratch = (float *)(void *)scratch};
            mds_exact_add(loss, g->kernel_single(&rows, sums));
            continue;
        }
        mds_gradient_rows rows = {.x = g->x,
                                  .stride = job->stride,
                                  .n = to,
                                  .p = job->p,
                                  .first = i,
                                  .from = from,
                                  .column = from,
                                  .delta = tile->delta + at,
                                  .ld = tile->ld,
                                  .threshold = g->threshold,
                                  .along = g->along,
                                  .scratch = scratch};
        mds_exact_add(loss, g->kernel(&rows, sums));
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The rows of a task from the source: by blocks of rows, each with the columns from its diagonal on. Returns
 * the loss. */
static double sum_source(const mds_gradient *g, unsigned worker, size_t task, double *sums)
{
    mds_source *source = g->job->source;
    double *scratch = g->scratch + worker * g->scratch_size;
    char *room = g->tiles + worker * source->scratch;
    size_t n = source->n, end = g->begin[task + 1];
    mds_exact_sum loss = {0};
    for (size_t first = g->begin[task]; first < end;) {
        size_t last = least((first / source->tile_rows + 1) * source->tile_rows, end);
        for (size_t from = first / MDS_GRADIENT_FLOATS * MDS_GRADIENT_FLOATS; from < n;) {
            size_t to = least(n, from + source->tile_columns);
            mds_tile tile;
            if (!mds_source_read(source, room, first, last, from, to, &tile)) return NAN;
            sum_tile(g, scratch, &tile, first, last, from, to, sums, &loss);
            from = to;
        }
        first = last;
    }
    return mds_exact_value(&loss);
}

static size_t sums_stride(const mds_gradient *g)
{
    return g->kernel_single ? g->stride : g->job->stride;
}

/* Of many tasks: add what one has summed to the totals. */
static void hand_in(mds_gradient *g, unsigned worker, size_t task)
{
    size_t n = g->job->problem->n, p = g->job->p,
           from = g->begin[task] / MDS_GRADIENT_FLOATS * MDS_GRADIENT_FLOATS;
    const float *floats = float_sums(g, worker);
    for (size_t k = 0; k < p; k++) {
        if (g->kernel_rough)
            mds_fixed_sums_add_floats(&g->totals, k, from, n, floats + k * g->stride + from);
        else
            mds_fixed_sums_add(&g->totals, k, from, n, sums_at(g, worker) + k * sums_stride(g) + from);
    }
    if (g->rows_wanted) mds_fixed_sums_add_floats(&g->row_losses, 0, from, n, floats + p * g->stride + from);
}

static void sum_task(mds_gradient *g, unsigned worker, size_t number, size_t task)
{
    const mds_job *job = g->job;
    double *sums = sums_at(g, number), *scratch = g->scratch + worker * g->scratch_size;
    if (g->kernel_rough) {
        run_task_rough(g, scratch, number, task);
        return;
    }
    size_t stride = sums_stride(g), from = g->begin[task] / MDS_GRADIENT_FLOATS * MDS_GRADIENT_FLOATS;
    if (from >= stride) from = stride; /* a task without rows */
    for (size_t k = 0; k < job->p; k++) memset(sums + k * stride + from, 0, (stride - from) * sizeof *sums);
    if (job->source) {
        g->loss[task] = sum_source(g, worker, task, sums);
        return;
    }
    mds_exact_sum loss = {0};
    for (size_t first = g->begin[task]; first < g->begin[task + 1]; first += MDS_GRADIENT_ROWS) {
        mds_gradient_rows_single rows;
        if (g->kernel_single) rows = mds_gradient_packed_rows(g, scratch, first);
        mds_exact_add(&loss,
                      g->kernel_single ? g->kernel_single(&rows, sums) : sum_rows(g, scratch, first, sums));
    }
    g->loss[task] = mds_exact_value(&loss);
}

static void run_task(void *context, unsigned worker, size_t task)
{
    mds_gradient *g = context;
    sum_task(g, worker, g->many ? worker : task, task);
    if (g->many) hand_in(g, worker, task);
}

/* What the tasks have summed, times `factor`, into `to`. */
static void add_tasks(const mds_gradient *g, double factor, double *to)
{
    const mds_job *job = g->job;
    size_t n = job->problem->n, stride = sums_stride(g);
    for (size_t k = 0; k < job->p; k++) {
        double *row = to + k * job->stride;
        memset(row, 0, job->stride * sizeof *row);
        for (size_t j = 0; j < n && g->many; j++) row[j] = mds_fixed_sums_at(&g->totals, k, j);
        for (size_t t = 0; t < g->tasks && !g->many; t++) {
            if (g->kernel_rough) {
                const float *sums = float_sums(g, t) + k * g->stride;
                for (size_t j = g->begin[t] / MDS_GRADIENT_FLOATS * MDS_GRADIENT_FLOATS; j < n; j++)
                    row[j] += (double)sums[j];
                continue;
            }
            const double *sums = g->sums + (t * job->p * g->stride + k * stride);
            for (size_t j = g->begin[t] / MDS_GRADIENT_FLOATS * MDS_GRADIENT_FLOATS; j < n; j++)
                row[j] += sums[j];
        }
        for (size_t j = 0; j < n; j++) row[j] *= factor;
    }
}

/* Returns the sum of the tasks' losses. */
static double run_few_tasks(mds_gradient *g)
{
    const mds_job *job = g->job;
    const mds_shared results[] = {{g->loss, sizeof *g->loss},
                                  {g->sums, job->p * g->stride * sizeof *g->sums}};
    mds_share_run(job->share, job->pool, g->tasks, MDS_SHARE_EVEN, run_task, g, results, g->many ? 1 : 2);
    mds_exact_sum loss = {0};
    for (size_t t = 0; t < g->tasks; t++) mds_exact_add(&loss, g->loss[t]);
    return mds_exact_value(&loss);
}

/* By so many powers of two the kernel at hand has smaller lengths, or weights, than the job. */
static int exponent_of(const mds_gradient *g, int packed)
{
    return g->kernel_rough || (g->kernel_single && !g->job->source) ? packed : 0;
}

/* At least the longest distance, as the kernel has it. */
static double longest(const mds_gradient *g)
{
    const mds_job *job = g->job;
    const double *x = g->along ? g->along : g->x;
    double squares = 0;
    for (size_t k = 0; k < job->p; k++) {
        double least = HUGE_VAL, most = -HUGE_VAL;
        for (size_t j = 0; j < job->problem->n; j++) {
            least = fmin(least, x[k * job->stride + j]);
            most = fmax(most, x[k * job->stride + j]);
        }
        squares += (most - least) * (most - least);
    }
    return ldexp(sqrt(squares), -exponent_of(g, g->length_exponent));
}

/*
 * The same of many tasks, whose sums are added in a unit that takes a bound (fixed_sums.h). By Cauchy's
 * inequality a pull on a point, or a part of one, is at most sqrt(n w loss), and the loss at most
 * n^2 w (d + delta)^2 / 2, for the largest of each. Disparities may be larger than the largest dissimilarity,
 * and of features only a sample was looked at, so the loss tells whether that was a bound; else the pass is
 * made again. The same holds of the Laplacian and its y'Vy.
 */
static double run_many_tasks(mds_gradient *g)
{
    const mds_job *job = g->job;
    const mds_problem_statistics *s = job->statistics;
    double n = (double)job->problem->n,
           pairs = n * ldexp(s->largest_weight, -exponent_of(g, g->weight_exponent));
    double length = longest(g) + (g->along ? 0 : ldexp(s->largest, -exponent_of(g, g->length_exponent)));
    double row_bound = pairs * n / 2 * length * length, bound = sqrt(pairs * row_bound);
    for (bool held = false; !held;) {
        mds_fixed_sums_begin(&g->totals, 2 * bound);
        if (g->rows_wanted) mds_fixed_sums_begin(&g->row_losses, 2 * row_bound);
        row_bound = run_few_tasks(g);
        bound = sqrt(pairs * row_bound);
        held = bound <= g->totals.bound && (!g->rows_wanted || row_bound <= g->row_losses.bound);
        if (!(bound < HUGE_VAL)) break; /* nothing to be told */
    }
    mds_share_add(job->share, g->totals.sums, job->p * g->stride);
    if (g->rows_wanted) mds_share_add(job->share, g->row_losses.sums, g->stride);
    return row_bound;
}

static double run_all_tasks(mds_gradient *g)
{
    return g->many ? run_many_tasks(g) : run_few_tasks(g);
}

static double run_tasks(mds_gradient *g, double factor, double *to)
{
    double loss = run_all_tasks(g);
    add_tasks(g, factor, to);
    return loss;
}

static size_t shape_of(size_t p)
{
    return p == 2 ? 0 : p == 3 ? 1 : 2;
}

/* NULL: there is none for this problem, or it is not wanted. */
static mds_gradient_kernel_rough *rough_kernel(const mds_gradient *g)
{
    const mds_job *job = g->job;
    bool fits = job->loss == MDS_LOSS_SQUARED && job->statistics->plain && (job->p == 2 || job->p == 3);
    return g->rough && fits ? job->kernels->gradient.rough[shape_of(job->p)] : NULL;
}

bool mds_gradient_row_losses(mds_gradient *g, const double *x, double unit, float *losses)
{
    size_t n = g->job->problem->n;
    if (!g->single || !g->holds_single || !rough_kernel(g) || !mds_gradient_pack(g, x)) return false;
    g->x = x;
    g->along = NULL;
    g->kernel_rough = rough_kernel(g);
    g->rows_wanted = true;
    (void)run_all_tasks(g);
    g->rows_wanted = false;
    float factor = (float)ldexp(unit, 2 * g->length_exponent);
    memset(losses, 0, n * sizeof *losses);
    for (size_t j = 0; j < n && g->many; j++)
        losses[j] = factor * (float)mds_fixed_sums_at(&g->row_losses, 0, j);
    for (size_t t = 0; t < g->tasks && !g->many; t++) {
        const float *sums = float_sums(g, t) + g->job->p * g->stride;
        for (size_t j = g->begin[t] / MDS_GRADIENT_FLOATS * MDS_GRADIENT_FLOATS; j < n; j++)
            losses[j] += factor * sums[j];
    }
    return true;
}

double mds_gradient_compute(mds_gradient *g, const double *x, double *to)
{
    const mds_job *job = g->job;
    enum mds_gradient_term term = job->loss != MDS_LOSS_SQUARED ? MDS_GRADIENT_HUBER
                                  : job->statistics->plain      ? MDS_GRADIENT_PLAIN
                                                                : MDS_GRADIENT_WEIGHTED;
    const mds_gradient_kernels *kernels = &job->kernels->gradient;
    if (g->sparse.rows)
        return mds_sparse_gradient(&g->sparse, term == MDS_GRADIENT_HUBER ? g->threshold : HUGE_VAL, x,
                                   job->stride, to);
    if (job->transform) {
        mds_transform_follow(job->transform, x);
        g->packed = g->packed && job->transform->held;
    }
    g->x = x;
    g->along = NULL;
    g->kernel_single = NULL;
    g->kernel_rough = NULL;
    if (job->source && job->source->single) {
        g->kernel_single = kernels->single[term][shape_of(job->p)];
        return mds_gradient_pack_map(g, x) ? run_tasks(g, 2, to) : (double)NAN;
    }
    if (g->single && g->holds_single && mds_gradient_pack(g, x)) {
        g->kernel_single = kernels->single[term][shape_of(job->p)];
        g->kernel_rough = rough_kernel(g);
        int weight = g->weight_exponent, length = g->length_exponent;
        return ldexp(run_tasks(g, ldexp(2, weight + length), to), weight + 2 * length);
    }
    g->kernel = kernels->gradient[term][shape_of(job->p)];
    return run_tasks(g, 2, to);
}

double mds_gradient_laplacian(mds_gradient *g, bool reweighted, const double *x, const double *y, double *to)
{
    if (g->sparse.rows)
        return mds_sparse_laplacian(&g->sparse, reweighted ? g->threshold : HUGE_VAL, x, y, g->job->stride,
                                    to);
    g->x = x;
    g->along = y;
    g->kernel_single = NULL;
    g->kernel_rough = NULL;
    g->kernel = g->job->kernels->gradient.laplacian[reweighted];
    return run_tasks(g, 1, to);
}

double mds_gradient_norm(const mds_job *job, const double *x, const double *gradient)
{
    size_t n = job->problem->n;
    double gradient2 = 0, size2 = 0;
    for (size_t k = 0; k < job->p; k++) {
        double mean = 0;
        for (size_t j = 0; j < n; j++) mean += x[k * job->stride + j];
        mean /= (double)n;
        for (size_t j = 0; j < n; j++) {
            double at = x[k * job->stride + j] - mean, slope = gradient[k * job->stride + j];
            size2 += at * at;
            gradient2 += slope * slope;
        }
    }
    if (n < 2 || gradient2 == 0) return 0;
    double weight = 4 * job->statistics->weight / (double)(n - 1); /* 2 n mean w */
    return sqrt(gradient2) / (weight * sqrt(size2));
}

/* The sum of the weights of point i's pairs. */
static double row_weight(const mds_job *job, size_t i)
{
    const mds_problem *problem = job->problem;
    const double *weights = problem->weights ? problem->weights + i * problem->ldw : NULL;
    double sum = 0;
    if (job->statistics->plain) return (double)(problem->n - 1);
    if (job->source && job->source->sparse) return mds_sparse_row_weight(job->source->sparse, i);
    if (job->source)
        return fmax(1, 2 * job->statistics->weight / (double)problem->n); /* as if all had as many */
    for (size_t j = 0; j < problem->n; j++) { /* above the diagonal, where disparities are */
        double delta = problem->delta[j > i ? i * problem->ld + j : j * problem->ld + i];
        if (j != i && !isnan(delta)) sum += weights ? weights[j] : 1;
    }
    return sum;
}

void mds_gradient_inverse_weights(const mds_job *job, double *to)
{
    size_t n = job->problem->n, stride = job->stride;
    memset(to, 0, job->p * stride * sizeof *to);
    for (size_t i = 0; i < n && n > 1; i++) to[i] = (double)(n - 1) / (2 * (double)n * row_weight(job, i));
    for (size_t k = 1; k < job->p; k++) memcpy(to + k * stride, to, stride * sizeof *to);
}
