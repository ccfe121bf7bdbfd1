#include "path_start.h"

#include "clock.h"
#include "random.h"

#include <math.h>
#include <string.h>

/* Objects that the pivots cannot tell apart may be joined by a pair: all are moved by such a part of the root
 * mean square of the distances of pairs that are known. */
static const double JITTER = 0.01;

bool mds_path_start_is_for(size_t n, size_t pairs)
{
    return n > 2 && pairs < n * (n - 1) / 4;
}

void mds_path_start_lay_out(mds_path_start *start, const mds_problem *problem, size_t p, size_t stride,
                            mds_thread_pool *pool, mds_workspace *workspace)
{
    const size_t n = problem->n, most = mds_pivot_count(n, p), wanted = 2 * p + 20;
    *start = (mds_path_start){.problem = problem, .stride = stride};
    mds_pivot_map_lay_out(&start->map, n, wanted < most ? wanted : most, p, pool, workspace);
    start->distance = mds_workspace_take(workspace, n, sizeof(double));
    start->waiting = mds_workspace_take(workspace, n, sizeof(double));
    start->nearest = mds_workspace_take(workspace, n, sizeof(double));
    start->x = mds_workspace_take(workspace, stride, p * sizeof(double));
}

static bool is_known(const mds_problem *problem, size_t i, size_t j)
{
    return i != j && !isnan(problem->delta[i * problem->ld + j]) &&
           !(problem->weights && problem->weights[i * problem->ldw + j] == 0);
}

/* ---- paths ---- */

/* Shorten what can be by way of an object that is `here` from the pivot. A missing dissimilarity is NaN: no
 * path over it compares as shorter. */
static void shorten(double here, const double *delta, size_t n, double *distance, double *waiting)
{
    for (size_t j = 0; j < n; j++) {
        const double path = here + delta[j], before = distance[j];
        distance[j] = path < before ? path : before;
        waiting[j] = path < before ? path : waiting[j];
    }
}

static void shorten_weighted(double here, const double *delta, const double *weights, size_t n,
                             double *distance, double *waiting)
{
    for (size_t j = 0; j < n; j++) {
        const double path = weights[j] > 0 ? here + delta[j] : INFINITY, before = distance[j];
        distance[j] = path < before ? path : before;
        waiting[j] = path < before ? path : waiting[j];
    }
}

/* The object that waits nearest; n: none does. */
static size_t nearest_waiting(const double *waiting, size_t n)
{
    enum { LANES = 8 };
    double lane[LANES], least = INFINITY;
    size_t whole = n / LANES * LANES, at = 0;
    for (size_t l = 0; l < LANES; l++) lane[l] = INFINITY;
    for (size_t j = 0; j < whole; j += LANES)
        for (size_t l = 0; l < LANES; l++) lane[l] = waiting[j + l] < lane[l] ? waiting[j + l] : lane[l];
    for (size_t l = 0; l < LANES; l++) least = lane[l] < least ? lane[l] : least;
    for (size_t j = whole; j < n; j++) least = waiting[j] < least ? waiting[j] : least;
    if (least == INFINITY) return n;
    while (waiting[at] > least) at++;
    return at;
}

/* Go on from object i, which is reached: `waiting` has the lengths to those that are not, infinity for the
 * others. Returns the next one; n: there is none. */
static size_t go_on(mds_path_start *start, size_t i)
{
    const mds_problem *problem = start->problem;
    const size_t n = problem->n;
    const double *delta = problem->delta + i * problem->ld;
    const double here = start->distance[i];
    start->waiting[i] = INFINITY;
    if (problem->weights)
        shorten_weighted(here, delta, problem->weights + i * problem->ldw, n, start->distance,
                         start->waiting);
    else
        shorten(here, delta, n, start->distance, start->waiting);
    return nearest_waiting(start->waiting, n);
}

/* The lengths of the shortest paths from an object (Dijkstra 1959); infinity: there is none. */
static void find_paths(mds_path_start *start, size_t from)
{
    const size_t n = start->problem->n;
    for (size_t j = 0; j < n; j++) start->distance[j] = start->waiting[j] = INFINITY;
    start->distance[from] = 0;
    for (size_t i = from; i < n;) i = go_on(start, i);
}

static size_t farthest(const double *distance, size_t n)
{
    size_t far = 0;
    for (size_t i = 1; i < n; i++)
        if (distance[i] > distance[far]) far = i;
    return far;
}

/* False: the time is up. */
static bool find_all_paths(mds_path_start *start, double deadline)
{
    const size_t n = start->problem->n;
    double longest = 0;
    find_paths(start, 0);
    size_t pivot = farthest(start->distance, n);
    for (size_t j = 0; j < n; j++) start->nearest[j] = INFINITY;
    for (size_t a = 0; a < start->map.count; a++) {
        if (fs_clock_seconds() >= deadline) return false;
        find_paths(start, pivot);
        for (size_t j = 0; j < n; j++) {
            const double path = start->distance[j];
            start->map.paths[a * n + j] = (float)path;
            start->nearest[j] = fmin(start->nearest[j], path);
            if (path > longest && path < INFINITY) longest = path;
        }
        pivot = farthest(start->nearest, n);
    }
    /* What hangs together with nothing lies beyond all else. */
    for (size_t k = 0; k < start->map.count * n; k++)
        if (isinf(start->map.paths[k])) start->map.paths[k] = (float)(2 * longest);
    return true;
}

/* ---- how well a map fits ---- */

typedef struct known_sums {
    double delta_d, d2; /* over the pairs that are known */
    size_t pairs;       /* how many those are */
} known_sums;

static known_sums sums_of(const mds_path_start *start, const double *x)
{
    const mds_problem *problem = start->problem;
    known_sums sums = {0};
    for (size_t i = 0; i < problem->n; i++)
        for (size_t j = i + 1; j < problem->n; j++) {
            double d2 = 0;
            if (!is_known(problem, i, j)) continue;
            for (size_t k = 0; k < start->map.p; k++) {
                const double *column = x + k * start->stride;
                const double apart = column[i] - column[j];
                d2 += apart * apart;
            }
            sums.delta_d += problem->delta[i * problem->ld + j] * sqrt(d2);
            sums.d2 += d2;
            sums.pairs++;
        }
    return sums;
}

/* What the best size of the map takes off the sum of squares. */
static double explained(const known_sums *sums)
{
    return sums->d2 > 0 && sums->delta_d > 0 ? sums->delta_d * sums->delta_d / sums->d2 : 0;
}

void mds_path_start_improve(mds_path_start *start, double deadline, double *x)
{
    const size_t n = start->problem->n, p = start->map.p;
    fs_random random;
    if (!find_all_paths(start, deadline)) return;
    memset(start->x, 0, p * start->stride * sizeof *x);
    mds_pivot_map_place(&start->map, start->x, start->stride);
    const known_sums there = sums_of(start, x), here = sums_of(start, start->x);
    if (!(explained(&here) > explained(&there))) return;
    const double size = here.delta_d / here.d2;
    const double jitter = JITTER * size * sqrt(here.d2 / (double)here.pairs);
    fs_random_init(&random, 1);
    for (size_t k = 0; k < p; k++)
        for (size_t i = 0; i < n; i++)
            x[k * start->stride + i] =
                size * start->x[k * start->stride + i] + jitter * (2 * fs_random_unit(&random) - 1);
}
