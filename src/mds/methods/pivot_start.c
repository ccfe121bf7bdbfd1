#include "pivot_start.h"

#include "exact_sum.h"
#include "sparse_sums.h"
#include "symmetric_eigen.h"

#include <math.h>
#include <string.h>

enum { PIVOTS = 50, TASKS = 16 };

/* Objects that the pivots cannot tell apart may be joined by a pair: all are moved by such a part of the root
 * mean square of the dissimilarities. */
static const double JITTER = 0.01;

struct pivots {
    mds_job *job;
    const mds_sparse_rows *rows;
    size_t n, count;
    uint32_t *pivot;                  /* count */
    uint32_t *queue, *hops, *nearest; /* n each; nearest: hops to the next pivot */
    float *paths;                     /* count x n: from each pivot */
    double *distance;                 /* for each worker: n */
    uint32_t *heap;                   /* for each worker: 2 n + 1 */
    double *column_mean;              /* count: of the squares */
    double mean;
    double *products;                /* for each task: count x count */
    double *values, *vectors, *work; /* of their sum */
    double *factor;                  /* p: of each axis */
    mds_sparse_sums sums;
};

size_t mds_pivot_count(size_t n, size_t p)
{
    size_t wanted = 2 * p + 10 > PIVOTS ? 2 * p + 10 : PIVOTS;
    return n < wanted ? n : wanted;
}

static void lay_out(struct pivots *v, mds_job *job, mds_workspace *workspace)
{
    size_t n = job->source->n, p = job->p, workers = mds_thread_pool_workers(job->pool);
    *v = (struct pivots){.job = job, .rows = job->source->sparse, .n = n, .count = mds_pivot_count(n, p)};
    size_t count = v->count;
    v->pivot = mds_workspace_take(workspace, count, sizeof *v->pivot);
    v->queue = mds_workspace_take(workspace, n, sizeof *v->queue);
    v->hops = mds_workspace_take(workspace, n, sizeof *v->hops);
    v->nearest = mds_workspace_take(workspace, n, sizeof *v->nearest);
    v->paths = mds_workspace_take(workspace, n, count * sizeof *v->paths);
    v->distance = mds_workspace_take(workspace, workers, n * sizeof *v->distance);
    v->heap = mds_workspace_take(workspace, workers, (2 * n + 1) * sizeof *v->heap);
    v->column_mean = mds_workspace_take(workspace, count, sizeof(double));
    v->products = mds_workspace_take(workspace, TASKS, count * count * sizeof(double));
    v->values = mds_workspace_take(workspace, count, sizeof(double));
    v->vectors = mds_workspace_take(workspace, count, count * sizeof(double));
    v->work = mds_workspace_take(workspace, MDS_SYMMETRIC_EIGEN_WORK(count), sizeof(double));
    v->factor = mds_workspace_take(workspace, p, sizeof(double));
    mds_sparse_sums_lay_out(&v->sums, v->rows, p, job->pool, workspace);
}

void mds_pivot_measure(const mds_job *job, mds_workspace *workspace)
{
    struct pivots v;
    mds_job sizes = *job;
    lay_out(&v, &sizes, workspace);
}

/* ---- pivots ---- */

static uint32_t farthest(const uint32_t *hops, size_t n)
{
    size_t far = 0;
    for (size_t i = 1; i < n; i++)
        if (hops[i] > hops[far]) far = i;
    return (uint32_t)far;
}

/* The first is one that lies farthest from object 0. */
static void choose_pivots(struct pivots *v)
{
    (void)mds_sparse_reach(v->rows, 0, v->queue, v->hops);
    v->pivot[0] = farthest(v->hops, v->n);
    memset(v->nearest, 0xff, v->n * sizeof *v->nearest);
    for (size_t a = 0; a + 1 < v->count; a++) {
        (void)mds_sparse_reach(v->rows, v->pivot[a], v->queue, v->hops);
        for (size_t i = 0; i < v->n; i++)
            if (v->hops[i] < v->nearest[i]) v->nearest[i] = v->hops[i];
        v->pivot[a + 1] = farthest(v->nearest, v->n);
    }
}

static void find_paths(void *context, unsigned worker, size_t a)
{
    struct pivots *v = context;
    double *distance = v->distance + worker * v->n;
    mds_sparse_heap heap = {.items = v->heap + worker * (2 * v->n + 1)};
    heap.place = heap.items + v->n + 1;
    mds_sparse_paths(v->rows, &heap, v->pivot[a], distance);
    for (size_t i = 0; i < v->n; i++) v->paths[a * v->n + i] = (float)distance[i];
}

/* ---- the map ---- */

static void average_paths(void *context, unsigned worker, size_t a)
{
    struct pivots *v = context;
    mds_exact_sum sum = {0};
    (void)worker;
    for (size_t i = 0; i < v->n; i++) {
        double path = (double)v->paths[a * v->n + i];
        mds_exact_add(&sum, path * path);
    }
    v->column_mean[a] = mds_exact_value(&sum) / (double)v->n;
}

/* The centred squares of an object. */
static void load_row(const struct pivots *v, size_t i, double *row)
{
    double mean = 0;
    for (size_t a = 0; a < v->count; a++) {
        double path = (double)v->paths[a * v->n + i];
        row[a] = path * path;
        mean += row[a] / (double)v->count;
    }
    for (size_t a = 0; a < v->count; a++) row[a] = -0.5 * (row[a] - mean - v->column_mean[a] + v->mean);
}

static size_t first_of(const struct pivots *v, size_t task)
{
    return v->n / TASKS * task + (task < v->n % TASKS ? task : v->n % TASKS);
}

static void add_products(void *context, unsigned worker, size_t task)
{
    struct pivots *v = context;
    size_t count = v->count;
    double *sums = v->products + task * count * count, *row = v->distance + worker * v->n;
    memset(sums, 0, count * count * sizeof *sums);
    for (size_t i = first_of(v, task); i < first_of(v, task + 1); i++) {
        load_row(v, i, row); /* count <= n numbers */
        for (size_t a = 0; a < count; a++)
            for (size_t b = a; b < count; b++) sums[a * count + b] += row[a] * row[b];
    }
}

/* The singular vectors of the centred squares C, as eigenvectors of C'C. An eigenvalue of the whole matrix,
 * of which C has count of n columns, is about sqrt(n / count) singular values. */
static void find_axes(struct pivots *v)
{
    size_t count = v->count, p = v->job->p;
    double *sum = v->products;
    for (size_t t = 1; t < TASKS; t++)
        for (size_t c = 0; c < count * count; c++) sum[c] += v->products[t * count * count + c];
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < a; b++) sum[a * count + b] = sum[b * count + a];
    mds_symmetric_eigen(sum, count, count, v->values, v->vectors, p < count ? p : count, v->work);
    for (size_t k = 0; k < p; k++) {
        bool there = k < count && v->values[k] > 1e-12 * v->values[0];
        double singular = there ? sqrt(v->values[k]) : 0;
        v->factor[k] = there ? sqrt(sqrt((double)v->n / (double)count) / singular) : 0;
    }
}

static void place_some(void *context, unsigned worker, size_t task)
{
    struct pivots *v = context;
    mds_job *job = v->job;
    double *row = v->distance + worker * v->n;
    for (size_t i = first_of(v, task); i < first_of(v, task + 1); i++) {
        load_row(v, i, row);
        for (size_t k = 0; k < job->p; k++) {
            double along = 0;
            for (size_t a = 0; a < v->count && v->factor[k] > 0; a++)
                along += v->vectors[k * v->count + a] * row[a];
            job->x[k * job->stride + i] = v->factor[k] * along;
        }
    }
}

/* As large as fits the pairs best; then no two objects in one place. */
static void size_map(struct pivots *v)
{
    mds_job *job = v->job;
    mds_stress_sums sums = mds_sparse_stress(&v->sums, job->x, job->stride);
    double scale = sums.d2 > 0 ? sums.delta_d / sums.d2 : 1,
           jitter = JITTER * sqrt(job->statistics->mean_square);
    for (size_t i = 0; i < v->n; i++)
        for (size_t k = 0; k < job->p; k++) {
            double *at = &job->x[k * job->stride + i];
            *at = scale * *at + jitter * (2 * fs_random_unit(&job->random) - 1);
        }
}

void mds_pivot_start(mds_job *job)
{
    struct pivots v;
    mds_workspace workspace = {.next = job->workspace};
    lay_out(&v, job, &workspace);
    choose_pivots(&v);
    mds_thread_pool_run(job->pool, v.count, find_paths, &v);
    mds_thread_pool_run(job->pool, v.count, average_paths, &v);
    for (size_t a = 0; a < v.count; a++) v.mean += v.column_mean[a] / (double)v.count;
    mds_thread_pool_run(job->pool, TASKS, add_products, &v);
    find_axes(&v);
    mds_thread_pool_run(job->pool, TASKS, place_some, &v);
    size_map(&v);
}
