#include "pivot_map.h"

#include "exact_sum.h"
#include "symmetric_eigen.h"

#include <math.h>
#include <string.h>

enum { PIVOTS = 50, TASKS = 16 };

size_t mds_pivot_count(size_t n, size_t p)
{
    const size_t wanted = 2 * p + 10 > PIVOTS ? 2 * p + 10 : PIVOTS;
    return n < wanted ? n : wanted;
}

void mds_pivot_map_lay_out(mds_pivot_map *map, size_t n, size_t count, size_t p, mds_thread_pool *pool,
                           mds_workspace *workspace)
{
    *map = (mds_pivot_map){.n = n, .count = count, .p = p, .pool = pool};
    map->paths = mds_workspace_take(workspace, n, count * sizeof *map->paths);
    map->column_mean = mds_workspace_take(workspace, count, sizeof(double));
    map->products = mds_workspace_take(workspace, TASKS, count * count * sizeof(double));
    map->row = mds_workspace_take(workspace, TASKS, count * sizeof(double));
    map->values = mds_workspace_take(workspace, count, sizeof(double));
    map->vectors = mds_workspace_take(workspace, count, count * sizeof(double));
    map->work = mds_workspace_take(workspace, MDS_SYMMETRIC_EIGEN_WORK(count), sizeof(double));
    map->factor = mds_workspace_take(workspace, p, sizeof(double));
}

static void average_paths(void *context, unsigned worker, size_t a)
{
    mds_pivot_map *map = context;
    mds_exact_sum sum = {0};
    (void)worker;
    for (size_t i = 0; i < map->n; i++) {
        const double path = (double)map->paths[a * map->n + i];
        mds_exact_add(&sum, path * path);
    }
    map->column_mean[a] = mds_exact_value(&sum) / (double)map->n;
}

/* The centred squares of an object. */
static void load_row(const mds_pivot_map *map, size_t i, double *row)
{
    double mean = 0;
    for (size_t a = 0; a < map->count; a++) {
        const double path = (double)map->paths[a * map->n + i];
        row[a] = path * path;
        mean += row[a] / (double)map->count;
    }
    for (size_t a = 0; a < map->count; a++) row[a] = -0.5 * (row[a] - mean - map->column_mean[a] + map->mean);
}

static size_t first_of(const mds_pivot_map *map, size_t task)
{
    return map->n / TASKS * task + (task < map->n % TASKS ? task : map->n % TASKS);
}

static void add_products(void *context, unsigned worker, size_t task)
{
    mds_pivot_map *map = context;
    const size_t count = map->count;
    double *sums = map->products + task * count * count, *row = map->row + task * count;
    (void)worker;
    memset(sums, 0, count * count * sizeof *sums);
    for (size_t i = first_of(map, task); i < first_of(map, task + 1); i++) {
        load_row(map, i, row);
        for (size_t a = 0; a < count; a++)
            for (size_t b = a; b < count; b++) sums[a * count + b] += row[a] * row[b];
    }
}

/* The singular vectors of the centred squares C, as eigenvectors of C'C. An eigenvalue of the whole matrix,
 * of which C has count of n columns, is about sqrt(n / count) singular values. */
static void find_axes(mds_pivot_map *map)
{
    const size_t count = map->count, p = map->p;
    double *sum = map->products;
    for (size_t t = 1; t < TASKS; t++)
        for (size_t c = 0; c < count * count; c++) sum[c] += map->products[t * count * count + c];
    for (size_t a = 0; a < count; a++)
        for (size_t b = 0; b < a; b++) sum[a * count + b] = sum[b * count + a];
    mds_symmetric_eigen(sum, count, count, map->values, map->vectors, p < count ? p : count, map->work);
    for (size_t k = 0; k < p; k++) {
        const bool there = k < count && map->values[k] > 1e-12 * map->values[0];
        const double singular = there ? sqrt(map->values[k]) : 0;
        map->factor[k] = there ? sqrt(sqrt((double)map->n / (double)count) / singular) : 0;
    }
}

typedef struct placing {
    mds_pivot_map *map;
    double *x;
    size_t stride;
} placing;

static void place_some(void *context, unsigned worker, size_t task)
{
    const placing *to = context;
    const mds_pivot_map *map = to->map;
    double *row = map->row + task * map->count;
    (void)worker;
    for (size_t i = first_of(map, task); i < first_of(map, task + 1); i++) {
        load_row(map, i, row);
        for (size_t k = 0; k < map->p; k++) {
            double along = 0;
            for (size_t a = 0; a < map->count && map->factor[k] > 0; a++)
                along += map->vectors[k * map->count + a] * row[a];
            to->x[k * to->stride + i] = map->factor[k] * along;
        }
    }
}

void mds_pivot_map_place(mds_pivot_map *map, double *x, size_t stride)
{
    placing to = {.map = map, .x = x, .stride = stride};
    mds_thread_pool_run(map->pool, map->count, average_paths, map);
    map->mean = 0;
    for (size_t a = 0; a < map->count; a++) map->mean += map->column_mean[a] / (double)map->count;
    mds_thread_pool_run(map->pool, TASKS, add_products, map);
    find_axes(map);
    mds_thread_pool_run(map->pool, TASKS, place_some, &to);
}
