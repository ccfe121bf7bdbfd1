#include "levels.h"

#include "memory.h"
#include "scale.h"

#include <math.h>
#include <string.h>

fs_status mds_level_settings(mds_level level, mds_ties ties, unsigned degree, unsigned knots,
                             mds_transform_settings *settings, fs_error *error)
{
    if (!mds_level_name(level)) return fs_fail(error, FS_ARGUMENT, "%d is not a level", (int)level);
    if (!mds_ties_name(ties)) return fs_fail(error, FS_ARGUMENT, "%d is not a treatment of ties", (int)ties);
    if (ties && level != MDS_LEVEL_ORDINAL)
        return fs_fail(error, FS_ARGUMENT, "%s ties are for the level ordinal, not for %s",
                       mds_ties_name(ties), mds_level_name(level));
    if ((degree || knots) && level != MDS_LEVEL_SPLINE)
        return fs_fail(error, FS_ARGUMENT, "a degree or knots are for the level spline, not for %s",
                       mds_level_name(level));
    if (degree > MDS_SPLINE_DEGREE)
        return fs_fail(error, FS_ARGUMENT, "splines have a degree of at most %d, not %u", MDS_SPLINE_DEGREE,
                       degree);
    if (knots > MDS_SPLINE_KNOTS)
        return fs_fail(error, FS_ARGUMENT, "splines have at most %d interior knots, not %u", MDS_SPLINE_KNOTS,
                       knots);
    *settings = (mds_transform_settings){
        .level = level, .ties = ties, .degree = degree ? degree : 2, .knots = knots ? knots : 3};
    return FS_OK;
}

fs_status mds_level_work_create(const mds_problem *problem, const mds_problem_statistics *statistics,
                                const mds_transform_settings *settings, size_t p, const mds_kernels *kernels,
                                mds_thread_pool *pool, mds_level_work *work, fs_error *error)
{
    size_t n = problem->n, cells;
    fs_status status = FS_OK;
    *work = (mds_level_work){
        .scaled = *problem, .p = p, .stride = (n + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE};
    if (statistics->delta_exponent) {
        status = mds_scale_matrix(problem->delta, n, n, problem->ld, statistics->delta_exponent, &work->delta,
                                  error);
        work->scaled.delta = work->delta;
        work->scaled.ld = n;
    }
    if (!status && statistics->weight_exponent) {
        status = mds_scale_matrix(problem->weights, n, n, problem->ldw, statistics->weight_exponent,
                                  &work->weights, error);
        work->scaled.weights = work->weights;
        work->scaled.ldw = n;
    }
    if (!status) {
        if (fs_size_mul(p, work->stride, &cells)) work->x = fs_alloc_aligned(cells, sizeof(double));
        if (!work->x) status = fs_fail_memory(error, "computing disparities", 0);
    }
    if (!status) {
        memset(work->x, 0, cells * sizeof(double));
        mds_transform_settings own = *settings;
        own.p = p;
        status = mds_transform_create(&work->scaled, &own, kernels, pool, &work->transform, error);
    }
    if (status) mds_level_work_destroy(work);
    return status;
}

void mds_level_work_destroy(mds_level_work *work)
{
    mds_transform_destroy(work->transform);
    fs_free(work->delta);
    fs_free(work->weights);
    fs_free(work->x);
    *work = (mds_level_work){.p = 0};
}

int mds_level_work_follow(mds_level_work *work, const double *x, size_t ldx, double largest)
{
    int exponent = mds_exponent(largest);
    double factor = ldexp(1, -exponent);
    for (size_t k = 0; k < work->p; k++)
        for (size_t j = 0; j < work->scaled.n; j++) work->x[k * work->stride + j] = factor * x[j * ldx + k];
    mds_transform_follow(work->transform, work->x);
    mds_transform_mirror(work->transform);
    return exponent;
}

/* ---- degenerate maps ---- */

/* Of the root mean square of all distances: what is nearer is in one place. Of that of the dissimilarities:
 * what is farther is not alike. */
static const double NEAR = 0.15, UNLIKE = 0.3;

static double distance(const double *x, size_t p, size_t stride, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < p; k++)
        sum += (x[k * stride + i] - x[k * stride + j]) * (x[k * stride + i] - x[k * stride + j]);
    return sqrt(sum);
}

static double root_mean_square_distance(const double *x, size_t n, size_t p, size_t stride)
{
    double sum = 0;
    for (size_t k = 0; k < p; k++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++) mean += x[k * stride + i] / (double)n;
        for (size_t i = 0; i < n; i++) sum += (x[k * stride + i] - mean) * (x[k * stride + i] - mean);
    }
    return sqrt(2 * sum / (double)n);
}

/* Whether two objects near point `first` in the map are not alike. */
static bool unlike(const mds_problem *problem, const double *x, size_t p, size_t stride, size_t first,
                   double radius, double least)
{
    for (size_t j = 0; j < problem->n; j++)
        if (problem->delta[first * problem->ld + j] > least && distance(x, p, stride, first, j) < radius)
            return true;
    return false;
}

size_t mds_heaps(const mds_problem *problem, const double *x, size_t p, size_t stride)
{
    enum { MOST = 16 };
    size_t n = problem->n, first[MOST], heaps = 0, known = 0;
    double radius = NEAR * root_mean_square_distance(x, n, p, stride), squares = 0;
    if (p + 1 > MOST || n <= p + 1) return 0;
    for (size_t i = 0; i < n; i++) {
        size_t heap = 0;
        while (heap < heaps && !(distance(x, p, stride, i, first[heap]) < radius)) heap++;
        if (heap < heaps) continue;
        if (heaps == p + 1) return 0;
        first[heaps++] = i;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double delta = problem->delta[i * problem->ld + j];
            if (isnan(delta)) continue;
            squares += delta * delta;
            known++;
        }
    double least = UNLIKE * sqrt(squares / (double)(known ? known : 1));
    for (size_t heap = 0; heap < heaps; heap++)
        if (unlike(problem, x, p, stride, first[heap], radius, least)) return heaps;
    return 0;
}
