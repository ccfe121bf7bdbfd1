#include "pivot_start.h"

#include "pivot_map.h"
#include "sparse_sums.h"

#include <math.h>
#include <string.h>

/* Objects that the pivots cannot tell apart may be joined by a pair: all are moved by such a part of the root
 * mean square of the dissimilarities. */
static const double JITTER = 0.01;

struct pivots {
    mds_job *job;
    const mds_sparse_rows *rows;
    size_t n, count;
    mds_pivot_map map;
    uint32_t *pivot;                  /* count */
    uint32_t *queue, *hops, *nearest; /* n each; nearest: hops to the next pivot */
    double *distance;                 /* for each worker: n */
    uint32_t *heap;                   /* for each worker: 2 n + 1 */
    mds_sparse_sums sums;
};

static void lay_out(struct pivots *v, mds_job *job, mds_workspace *workspace)
{
    size_t n = job->source->n, p = job->p, workers = mds_thread_pool_workers(job->pool);
    *v = (struct pivots){.job = job, .rows = job->source->sparse, .n = n, .count = mds_pivot_count(n, p)};
    mds_pivot_map_lay_out(&v->map, n, v->count, p, job->pool, workspace);
    v->pivot = mds_workspace_take(workspace, v->count, sizeof *v->pivot);
    v->queue = mds_workspace_take(workspace, n, sizeof *v->queue);
    v->hops = mds_workspace_take(workspace, n, sizeof *v->hops);
    v->nearest = mds_workspace_take(workspace, n, sizeof *v->nearest);
    v->distance = mds_workspace_take(workspace, workers, n * sizeof *v->distance);
    v->heap = mds_workspace_take(workspace, workers, (2 * n + 1) * sizeof *v->heap);
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
    for (size_t i = 0; i < v->n; i++) v->map.paths[a * v->n + i] = (float)distance[i];
}

/* ---- the map ---- */

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
    mds_pivot_map_place(&v.map, job->x, job->stride);
    size_map(&v);
}
