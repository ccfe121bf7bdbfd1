#include "gradient.h"

#include "exact_sum.h"

#include <math.h>
#include <string.h>

enum {
    TASK_PAIRS = 1 << 15, /* in a task, about: some 20 microseconds, well above what handing it over costs */
    FLOATS = 16           /* rows of floats are padded to a multiple of this */
};

/* By n and p alone, so that the sums do not depend on threads. */
size_t mds_gradient_parts(size_t n, size_t p)
{
    size_t tasks = n / 2 * n / TASK_PAIRS;
    if (tasks > MDS_MOST_PARTS) tasks = MDS_MOST_PARTS;
    while (tasks > 1 && tasks * p > n / 32) tasks--;
    return tasks > 1 ? tasks : 1;
}

unsigned mds_gradient_useful_workers(const mds_job *job, unsigned granted)
{
    size_t tasks = mds_gradient_parts(job->problem->n, job->p);
    return granted < tasks ? granted : (unsigned)tasks;
}

/* ---- memory ---- */

static size_t block_column(size_t block)
{
    return block * MDS_GRADIENT_ROWS / FLOATS * FLOATS;
}

static size_t block_columns(const mds_gradient *g, size_t block)
{
    return g->stride - block_column(block);
}

static size_t block_count(const mds_gradient *g)
{
    return (g->job->problem->n + MDS_GRADIENT_ROWS - 1) / MDS_GRADIENT_ROWS;
}

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
    size_t n = job->problem->n, p = job->p;
    *g = (mds_gradient){.job = job, .threshold = job->huber};
    g->tasks = mds_gradient_parts(n, p);
    g->stride = (n + FLOATS - 1) / FLOATS * FLOATS;
    g->scratch_size = (MDS_GRADIENT_SCRATCH(p) + 7) / 8 * 8;
    g->begin = mds_workspace_take(workspace, g->tasks + 1, sizeof *g->begin);
    g->sums = mds_workspace_take(workspace, g->tasks * g->stride, p * sizeof *g->sums);
    g->loss = mds_workspace_take(workspace, g->tasks, sizeof *g->loss);
    g->scratch = mds_workspace_take(workspace, mds_thread_pool_workers(job->pool),
                                    g->scratch_size * sizeof *g->scratch);
    if (job->source) {
        g->tiles = mds_workspace_take(workspace, mds_thread_pool_workers(job->pool), job->source->scratch);
        if (job->source->single) g->x_single = mds_workspace_take(workspace, g->stride, p * sizeof(float));
    }
    if (g->begin) cut_tasks(g);
}

void mds_gradient_lay_out_single(mds_gradient *g, mds_workspace *workspace)
{
    const mds_job *job = g->job;
    size_t blocks = block_count(g), floats = 0;
    if (job->source) return; /* which says what precision there is */
    g->holds_single = true;
    g->block_at = mds_workspace_take(workspace, blocks, sizeof *g->block_at);
    for (size_t b = 0; b < blocks; b++) {
        if (g->block_at) g->block_at[b] = floats;
        floats += MDS_GRADIENT_ROWS * block_columns(g, b);
    }
    g->x_single = mds_workspace_take(workspace, g->stride, job->p * sizeof *g->x_single);
    g->delta_single = mds_workspace_take(workspace, floats, sizeof *g->delta_single);
    if (job->problem->weights)
        g->weights_single = mds_workspace_take(workspace, floats, sizeof *g->weights_single);
}

/* ---- single precision ---- */

/* Columns of row i of a matrix from `begin` on. */
static void pack_row(const mds_gradient *g, const double *matrix, size_t ld, size_t i, size_t begin,
                     size_t width, int exponent, float *to)
{
    size_t n = g->job->problem->n, count = n - begin;
    const double *from = matrix + i * ld + begin;
    g->job->kernels->relocation.narrow(from, i + 1 < n ? from + ld : NULL, count, ldexp(1, -exponent), to);
    for (size_t c = count; c < width; c++) to[c] = 0;
}

/* The blocks of the tasks that are this rank's. */
static size_t own_blocks(const mds_gradient *g, size_t *first)
{
    size_t first_task, last_task;
    mds_share_own(g->job->share, g->tasks, MDS_SHARE_EVEN, &first_task, &last_task);
    *first = (g->begin[first_task] + MDS_GRADIENT_ROWS - 1) / MDS_GRADIENT_ROWS;
    return (g->begin[last_task] + MDS_GRADIENT_ROWS - 1) / MDS_GRADIENT_ROWS - *first;
}

static void pack_block(void *context, unsigned worker, size_t own)
{
    mds_gradient *g = context;
    size_t block;
    (void)own_blocks(g, &block);
    block += own;
    const mds_problem *problem = g->job->problem;
    size_t n = problem->n, column = block_column(block), width = block_columns(g, block);
    (void)worker;
    for (size_t r = 0; r < MDS_GRADIENT_ROWS; r++) {
        size_t i = block * MDS_GRADIENT_ROWS + r, at = g->block_at[block] + r * width;
        if (i >= n) break;
        pack_row(g, problem->delta, problem->ld, i, column, width, g->length_exponent, g->delta_single + at);
        if (problem->weights)
            pack_row(g, problem->weights, problem->ldw, i, column, width, g->weight_exponent,
                     g->weights_single + at);
    }
}

/* x in single precision; false: these numbers need double. */
static bool pack_map(mds_gradient *g, const double *x)
{
    const mds_job *job = g->job;
    double factor = ldexp(1, -g->length_exponent), most = 0;
    for (size_t k = 0; k < job->p; k++) {
        float *to = g->x_single + k * g->stride;
        const double *from = x + k * job->stride;
        /* Two loops: gcc 12 for AArch64 breaks down over them as one. */
        for (size_t j = 0; j < job->problem->n; j++) most = fmax(most, fabs(factor * from[j]));
        for (size_t j = 0; j < job->problem->n; j++) to[j] = (float)(factor * from[j]);
        for (size_t j = job->problem->n; j < g->stride; j++) to[j] = 0;
    }
    return most < 0x1p40;
}

/* The matrix, once, and x; false: these numbers need double precision. */
static bool prepare_single(mds_gradient *g, const double *x)
{
    const mds_job *job = g->job;
    if (!(job->statistics->largest > 0)) return false;
    if (!g->packed) {
        g->length_exponent = ilogb(job->statistics->largest);
        g->weight_exponent = ilogb(job->statistics->largest_weight);
        size_t first;
        mds_thread_pool_run(job->pool, own_blocks(g, &first), pack_block, g);
        g->packed = true;
    }
    return pack_map(g, x);
}

/* ---- one pass ---- */

static mds_gradient_rows_single rows_single(const mds_gradient *g, double *scratch, size_t first)
{
    const mds_job *job = g->job;
    size_t block = first / MDS_GRADIENT_ROWS, at = g->block_at[block];
    return (mds_gradient_rows_single){.x = g->x_single,
                                      .stride = g->stride,
                                      .n = job->problem->n,
                                      .p = job->p,
                                      .first = first,
                                      .column = block_column(block),
                                      .delta = g->delta_single + at,
                                      .weights = g->weights_single ? g->weights_single + at : NULL,
                                      .ld = block_columns(g, block),
                                      .threshold = (float)ldexp(g->threshold, -g->length_exponent),
                                      .scratch = (float *)(void *)scratch};
}

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

/* The sums of a task that have floats: p rows and one for losses. */
static float *float_sums(const mds_gradient *g, size_t task)
{
    return (float *)(void *)(g->sums + task * g->job->p * g->stride);
}

static void run_task_rough(mds_gradient *g, double *scratch, size_t task)
{
    float *sums = float_sums(g, task), *losses = g->rows_wanted ? sums + g->job->p * g->stride : NULL;
    size_t from = g->begin[task] / FLOATS * FLOATS;
    for (size_t k = 0; k < g->job->p + g->rows_wanted; k++)
        memset(sums + k * g->stride + from, 0, (g->stride - from) * sizeof *sums);
    mds_exact_sum loss = {0};
    for (size_t first = g->begin[task]; first < g->begin[task + 1]; first += MDS_GRADIENT_ROWS) {
        mds_gradient_rows_single rows = rows_single(g, scratch, first);
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
        for (size_t from = first / FLOATS * FLOATS; from < n;) {
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

static void run_task(void *context, unsigned worker, size_t task)
{
    mds_gradient *g = context;
    const mds_job *job = g->job;
    double *sums = g->sums + task * job->p * g->stride, *scratch = g->scratch + worker * g->scratch_size;
    if (g->kernel_rough) {
        run_task_rough(g, scratch, task);
        return;
    }
    size_t stride = g->kernel_single ? g->stride : job->stride, from = g->begin[task] / FLOATS * FLOATS;
    if (from >= stride) from = stride; /* a task without rows */
    for (size_t k = 0; k < job->p; k++) memset(sums + k * stride + from, 0, (stride - from) * sizeof *sums);
    if (job->source) {
        g->loss[task] = sum_source(g, worker, task, sums);
        return;
    }
    mds_exact_sum loss = {0};
    for (size_t first = g->begin[task]; first < g->begin[task + 1]; first += MDS_GRADIENT_ROWS) {
        mds_gradient_rows_single rows;
        if (g->kernel_single) rows = rows_single(g, scratch, first);
        mds_exact_add(&loss,
                      g->kernel_single ? g->kernel_single(&rows, sums) : sum_rows(g, scratch, first, sums));
    }
    g->loss[task] = mds_exact_value(&loss);
}

/* What the tasks have summed, times `factor`, into `to`. Returns the sum of their losses. */
static double add_tasks(const mds_gradient *g, double factor, double *to)
{
    const mds_job *job = g->job;
    size_t n = job->problem->n, stride = g->kernel_single ? g->stride : job->stride;
    mds_exact_sum loss = {0};
    for (size_t t = 0; t < g->tasks; t++) mds_exact_add(&loss, g->loss[t]);
    for (size_t k = 0; k < job->p; k++) {
        double *row = to + k * job->stride;
        memset(row, 0, job->stride * sizeof *row);
        for (size_t t = 0; t < g->tasks; t++) {
            if (g->kernel_rough) {
                const float *sums = float_sums(g, t) + k * g->stride;
                for (size_t j = g->begin[t] / FLOATS * FLOATS; j < n; j++) row[j] += (double)sums[j];
                continue;
            }
            const double *sums = g->sums + (t * job->p * g->stride + k * stride);
            for (size_t j = g->begin[t] / FLOATS * FLOATS; j < n; j++) row[j] += sums[j];
        }
        for (size_t j = 0; j < n; j++) row[j] *= factor;
    }
    return mds_exact_value(&loss);
}

static void run_all_tasks(mds_gradient *g)
{
    const mds_job *job = g->job;
    const mds_shared results[] = {{g->sums, job->p * g->stride * sizeof *g->sums},
                                  {g->loss, sizeof *g->loss}};
    mds_share_run(job->share, job->pool, g->tasks, MDS_SHARE_EVEN, run_task, g, results, 2);
}

static double run_tasks(mds_gradient *g, double factor, double *to)
{
    run_all_tasks(g);
    return add_tasks(g, factor, to);
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
    if (!g->single || !g->holds_single || !rough_kernel(g) || !prepare_single(g, x)) return false;
    g->kernel_rough = rough_kernel(g);
    g->rows_wanted = true;
    run_all_tasks(g);
    g->rows_wanted = false;
    float factor = (float)ldexp(unit, 2 * g->length_exponent);
    memset(losses, 0, n * sizeof *losses);
    for (size_t t = 0; t < g->tasks; t++) {
        const float *sums = float_sums(g, t) + g->job->p * g->stride;
        for (size_t j = g->begin[t] / FLOATS * FLOATS; j < n; j++) losses[j] += factor * sums[j];
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
    if (job->transform) {
        mds_transform_follow(job->transform, x);
        g->packed = g->packed && job->transform->held;
    }
    g->x = x;
    g->kernel_single = NULL;
    g->kernel_rough = NULL;
    if (job->source && job->source->single) {
        g->kernel_single = kernels->single[term][shape_of(job->p)];
        return pack_map(g, x) ? run_tasks(g, 2, to) : (double)NAN;
    }
    if (g->single && g->holds_single && prepare_single(g, x)) {
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
