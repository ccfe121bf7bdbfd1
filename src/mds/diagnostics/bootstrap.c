/* Maps of data as they might have been: drawn again from the features, or from what the map leaves over. */
#include "refits.h"

#include "memory.h"
#include "sized_struct.h"
#include "stability.h"

#include <math.h>
#include <string.h>

enum { DEFAULT_MAPS = 100 };

typedef struct bootstrap {
    size_t n, p;
    const double *x; /* n x p, centred */
    double *maps, *stress;
    double *residuals; /* of the pairs that count, about their mean and made larger; NULL with features */
    size_t residual_count;
    mds_distance_options distances;
} bootstrap;

static double distance_of(const bootstrap *b, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < b->p; k++) {
        double off = b->x[i * b->p + k] - b->x[j * b->p + k];
        sum += off * off;
    }
    return sqrt(sum);
}

static bool counts(const mds_problem *problem, size_t i, size_t j)
{
    return !isnan(problem->delta[i * problem->ld + j]) &&
           (!problem->weights || problem->weights[i * problem->ldw + j] > 0);
}

/* What the distances are to be, at another level than ratio. */
static fs_status find_disparities(const bootstrap *b, const mds_refits *refits, double **to, fs_error *error)
{
    const mds_fit_options *fit = &refits->fit;
    mds_disparity_options how = {.size = sizeof how,
                                 .level = fit->level,
                                 .ties = fit->ties,
                                 .spline_degree = fit->spline_degree,
                                 .spline_knots = fit->spline_knots,
                                 .threads = refits->options.threads,
                                 .isa = fit->isa};
    mds_error inner;
    *to = fs_alloc(b->n, b->n * sizeof **to);
    if (!*to) return fs_fail_memory(error, "keeping the disparities", b->n * b->n * sizeof **to);
    mds_status status = mds_disparities(&refits->problem, b->p, b->x, b->p, &how, *to, b->n, &inner);
    if (status == MDS_OK) return FS_OK;
    return fs_fail(error, status == MDS_MEMORY ? FS_MEMORY : FS_DATA, "%s", inner.message);
}

/* Residuals are smaller than the errors, since the map has followed these: of all errors so many were free.
 */
static fs_status collect_residuals(bootstrap *b, const mds_refits *refits, fs_error *error)
{
    const mds_problem *problem = &refits->problem;
    size_t n = b->n, pairs = refits->statistics.pairs;
    double sum = 0, bound = (double)(n * b->p) - (double)(b->p * (b->p + 1)) / 2, *disparities = NULL;
    fs_status status = FS_OK;
    if (refits->fit.level != MDS_LEVEL_RATIO && (status = find_disparities(b, refits, &disparities, error)))
        goto cleanup;
    b->residuals = fs_alloc(pairs, sizeof *b->residuals);
    if (!b->residuals) {
        status = fs_fail_memory(error, "keeping the residuals", pairs * sizeof *b->residuals);
        goto cleanup;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            if (!counts(problem, i, j)) continue;
            double wanted = disparities ? disparities[i * n + j] : problem->delta[i * problem->ld + j];
            sum += b->residuals[b->residual_count++] = wanted - distance_of(b, i, j);
        }
    double mean = sum / (double)b->residual_count, all = (double)b->residual_count;
    double larger = sqrt(all / fmax(all - bound, all / 4));
    for (size_t k = 0; k < b->residual_count; k++) b->residuals[k] = larger * (b->residuals[k] - mean);
cleanup:
    fs_free(disparities);
    return status;
}

static void draw_residuals(const bootstrap *b, mds_refit_room *room, fs_random *random)
{
    const mds_problem *problem = &room->refits->problem;
    for (size_t i = 0; i < b->n; i++) {
        room->delta[i * b->n + i] = 0;
        for (size_t j = 0; j < i; j++) {
            double drawn = (double)NAN;
            if (counts(problem, i, j))
                drawn =
                    fmax(0, distance_of(b, i, j) + b->residuals[fs_random_below(random, b->residual_count)]);
            room->delta[i * b->n + j] = room->delta[j * b->n + i] = drawn;
        }
    }
}

/* Features with replacement, then distances; what an object had none of stays missing. */
static fs_status draw_features(const bootstrap *b, mds_refit_room *room, fs_random *random, fs_error *error)
{
    const mds_resample_options *o = &room->refits->options;
    const mds_problem *problem = &room->refits->problem;
    mds_distance_options distances = b->distances;
    mds_column *types = (mds_column *)(void *)(room->scratch + b->n * o->m);
    if (distances.columns) distances.columns = types;
    for (size_t k = 0; k < o->m; k++) {
        size_t from = (size_t)fs_random_below(random, o->m);
        if (distances.columns) types[k] = b->distances.columns[from];
        for (size_t i = 0; i < b->n; i++) room->scratch[i * o->m + k] = o->features[i * o->ldf + from];
    }
    mds_error inner;
    if (mds_distances(room->scratch, b->n, o->m, o->m, &distances, room->delta, b->n, &inner) != MDS_OK)
        return fs_fail(error, inner.code == MDS_MEMORY ? FS_MEMORY : FS_DATA,
                       "distances of features drawn again: %s", inner.message);
    for (size_t i = 0; i < b->n; i++)
        for (size_t j = 0; j < b->n; j++)
            if (isnan(problem->delta[i * problem->ld + j])) room->delta[i * b->n + j] = (double)NAN;
    return FS_OK;
}

static fs_status draw_one(void *context, mds_refit_room *room, size_t index, fs_error *error)
{
    bootstrap *b = context;
    fs_random random;
    mds_refit_random(room->refits, index, &random);
    mds_refit_copy(room, b->n);
    fs_status status = FS_OK;
    if (b->residuals)
        draw_residuals(b, room, &random);
    else
        status = draw_features(b, room, &random, error);
    if (status) return status;
    memcpy(room->x, b->x, b->n * b->p * sizeof *room->x);
    status = mds_refit_fit(room, b->n, b->p, fs_random_next(&random), &b->stress[index], error);
    if (!status) memcpy(b->maps + index * b->n * b->p, room->x, b->n * b->p * sizeof *b->maps);
    return status;
}

static fs_status run(mds_refits *refits, const double *x, size_t ldx, double *covariances, double *stress,
                     mds_stability *result, fs_error *error)
{
    const mds_resample_options *o = &refits->options;
    size_t n = refits->problem.n, p = refits->p, count = refits->count, cells;
    bootstrap b = {.n = n, .p = p};
    double *centred = fs_alloc(n * p, sizeof *centred);
    size_t *missing = fs_alloc(count, sizeof *missing);
    b.x = centred;
    b.maps = fs_size_mul(count, n * p, &cells) ? fs_alloc(cells, sizeof *b.maps) : NULL;
    b.stress = fs_alloc(count, sizeof *b.stress);
    fs_status status =
        mds_struct_take("mds_distance_options", o->distances, &b.distances, sizeof b.distances, error);
    if (status) goto cleanup;
    if (!centred || !missing || !b.maps || !b.stress) {
        status = fs_fail_memory(error, "drawing the data again", 0);
        goto cleanup;
    }
    b.distances.size = sizeof b.distances;
    b.distances.threads = 1;
    mds_centred_copy(x, n, p, ldx, centred);
    for (size_t k = 0; k < count; k++) missing[k] = n;
    if (!o->features) status = collect_residuals(&b, refits, error);
    if (!status) status = mds_refits_run(refits, o->features ? (n + 1) * o->m : 0, draw_one, &b, error);
    if (status || (result->stop = atomic_load(&refits->cancelled) ? MDS_STOP_CANCELLED : MDS_STOP_CONVERGED))
        goto cleanup;
    status = mds_stability_of(centred, n, p, b.maps, count, missing, covariances, result, error);
    if (status == FS_OK) mds_stability_stress(b.stress, count, result);
    if (status == FS_OK && stress) memcpy(stress, b.stress, count * sizeof *stress);
cleanup:
    fs_free(centred);
    fs_free(missing);
    fs_free(b.maps);
    fs_free(b.stress);
    fs_free(b.residuals);
    return status;
}

mds_status mds_bootstrap(const mds_problem *problem, size_t p, const double *x, size_t ldx,
                         const mds_resample_options *options, double *covariances, double *stress,
                         mds_stability *result, mds_error *error)
{
    fs_error inner;
    mds_refits refits;
    mds_stability found = {.size = sizeof found};
    fs_status status = mds_refits_init_at(&refits, problem, p, x, ldx, options, DEFAULT_MAPS, result, &inner);
    if (!status && refits.options.features)
        status = mds_matrix_check("features", refits.options.features, refits.problem.n, refits.options.m,
                                  "features", 'm', refits.options.ldf, &inner);
    if (!status) status = run(&refits, x, ldx, covariances, stress, &found, &inner);
    if (!status) mds_struct_give(result, &found, sizeof found);
    return mds_report(status, &inner, error);
}
