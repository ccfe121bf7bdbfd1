/* What the dissimilarities become for the distances of a map. */
#include "levels.h"
#include "library.h"
#include "sized_struct.h"
#include "stress.h"

#include <math.h>

struct call {
    mds_problem problem;
    mds_problem_statistics statistics;
    mds_disparity_options options;
    mds_transform_settings settings;
    const double *x;
    size_t p, ldx;
    double largest; /* coordinate */
    double *out;
    size_t ld;
};

static bool counts(const struct call *c, size_t i, size_t j)
{
    const mds_problem *problem = &c->problem;
    return !isnan(problem->delta[i * problem->ld + j]) &&
           (!problem->weights || problem->weights[i * problem->ldw + j] > 0);
}

/* b delta, b = sum w delta d / sum w delta^2, which follows from what is known of the stress. */
static fs_status proportional(const struct call *c, mds_thread_pool *pool, fs_error *error)
{
    mds_stress_work *work;
    mds_stress_values values;
    fs_status status = mds_stress_work_create(&c->problem, &c->statistics, c->p,
                                              mds_kernels_for(c->options.isa), pool, &work, error);
    if (status) return status;
    mds_stress_compute(work, c->x, c->ldx, &values, NULL);
    mds_stress_work_destroy(work);
    double b = values.scale > 0 ? (1 - values.stress1 * values.stress1) / values.scale : 0;
    for (size_t i = 0; i < c->problem.n; i++)
        for (size_t j = 0; j < c->problem.n; j++)
            c->out[i * c->ld + j] = i == j            ? 0
                                    : counts(c, i, j) ? b * c->problem.delta[i * c->problem.ld + j]
                                                      : NAN;
    return FS_OK;
}

static fs_status transformed(const struct call *c, mds_thread_pool *pool, fs_error *error)
{
    mds_level_work work;
    size_t n = c->problem.n;
    fs_status status = mds_level_work_create(&c->problem, &c->statistics, &c->settings, c->p,
                                             mds_kernels_for(c->options.isa), pool, &work, error);
    if (status) return status;
    double factor = ldexp(1, mds_level_work_follow(&work, c->x, c->ldx, c->largest));
    if (c->largest == 0) factor = 0; /* they do not follow points that are all in one place */
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            c->out[i * c->ld + j] = i == j ? 0 : factor * work.transform->disparities[i * n + j];
    mds_level_work_destroy(&work);
    return FS_OK;
}

static fs_status take(struct call *c, const mds_problem *problem, const mds_disparity_options *options,
                      fs_error *error)
{
    mds_disparity_options *o = &c->options;
    fs_status status = mds_struct_take("mds_disparity_options", options, o, sizeof *o, error);
    if (!status) status = mds_problem_take(problem, 0, &c->problem, &c->statistics, error);
    if (!status) status = mds_configuration_check(c->x, c->problem.n, c->p, c->ldx, &c->largest, error);
    if (!status)
        status = mds_matrix_check("the disparities", c->out, c->problem.n, c->problem.n, "objects", 'n',
                                  c->ld, error);
    if (!status) status = mds_isa_check(o->isa, error);
    if (!status)
        status =
            mds_level_settings(o->level, o->ties, o->spline_degree, o->spline_knots, &c->settings, error);
    return status;
}

mds_status mds_disparities(const mds_problem *problem, size_t p, const double *x, size_t ldx,
                           const mds_disparity_options *options, double *disparities, size_t ld,
                           mds_error *error)
{
    fs_error inner;
    mds_thread_pool *pool = NULL;
    struct call c = {.x = x, .p = p, .ldx = ldx, .out = disparities, .ld = ld};
    fs_status status = take(&c, problem, options, &inner);
    if (!status) {
        unsigned workers = c.options.threads ? c.options.threads : mds_available_processors();
        size_t tasks = mds_stress_tasks(c.problem.n);
        status = mds_thread_pool_create(workers < tasks ? workers : (unsigned)tasks, &pool, &inner);
    }
    if (!status)
        status = c.settings.level == MDS_LEVEL_RATIO ? proportional(&c, pool, &inner)
                                                     : transformed(&c, pool, &inner);
    mds_thread_pool_destroy(pool);
    return mds_report(status, &inner, error);
}
