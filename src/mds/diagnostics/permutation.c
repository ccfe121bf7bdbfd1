/* How well the same numbers would fit if they belonged to no pair in particular. */
#include "refits.h"

#include "memory.h"
#include "sized_struct.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MAPS = 100 };

typedef struct permutation {
    size_t n, p;
    double *stress;
    mds_distance_options distances;
} permutation;

/* The known dissimilarities in another order; weights stay with their pairs. */
static void shuffle_pairs(mds_refit_room *room, size_t n, fs_random *random)
{
    double *delta = room->delta;
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (!isnan(delta[i * n + j])) room->scratch[used++] = delta[i * n + j];
    for (size_t k = used; k > 1; k--) {
        size_t other = (size_t)fs_random_below(random, k);
        double kept = room->scratch[k - 1];
        room->scratch[k - 1] = room->scratch[other];
        room->scratch[other] = kept;
    }
    used = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (!isnan(delta[i * n + j])) delta[i * n + j] = delta[j * n + i] = room->scratch[used++];
}

/* The values of each feature in another order of the objects. */
static fs_status shuffle_features(const permutation *q, mds_refit_room *room, fs_random *random,
                                  fs_error *error)
{
    const mds_resample_options *o = &room->refits->options;
    double *to = room->scratch;
    for (size_t i = 0; i < q->n; i++) memcpy(to + i * o->m, o->features + i * o->ldf, o->m * sizeof *to);
    for (size_t k = 0; k < o->m; k++)
        for (size_t i = q->n; i > 1; i--) {
            size_t other = (size_t)fs_random_below(random, i);
            double kept = to[(i - 1) * o->m + k];
            to[(i - 1) * o->m + k] = to[other * o->m + k];
            to[other * o->m + k] = kept;
        }
    mds_error inner;
    if (mds_distances(to, q->n, o->m, o->m, &q->distances, room->delta, q->n, &inner) == MDS_OK) return FS_OK;
    return fs_fail(error, inner.code == MDS_MEMORY ? FS_MEMORY : FS_DATA,
                   "distances of features in another order: %s", inner.message);
}

static fs_status shuffle_one(void *context, mds_refit_room *room, size_t index, fs_error *error)
{
    permutation *q = context;
    fs_random random;
    fs_status status = FS_OK;
    mds_refit_random(room->refits, index, &random);
    mds_refit_copy(room, q->n);
    if (room->refits->options.features)
        status = shuffle_features(q, room, &random, error);
    else
        shuffle_pairs(room, q->n, &random);
    return status ? status
                  : mds_refit_fit(room, q->n, q->p, fs_random_next(&random), &q->stress[index], error);
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void judge(permutation *q, size_t count, mds_permutation *result)
{
    size_t as_good = 0;
    double most = result->observed * (1 + 1e-6); /* equal maps differ by where their descents ended */
    qsort(q->stress, count, sizeof *q->stress, ascending);
    for (size_t b = 0; b < count; b++) {
        as_good += q->stress[b] <= most;
        result->mean += q->stress[b] / (double)count;
    }
    result->maps = count;
    result->smallest = q->stress[0];
    result->p_value = (double)(1 + as_good) / (double)(1 + count);
}

static fs_status run(mds_refits *refits, double *stress, mds_permutation *result, fs_error *error)
{
    const mds_resample_options *o = &refits->options;
    size_t n = refits->problem.n;
    permutation q = {.n = n, .p = refits->p};
    fs_status status =
        mds_struct_take("mds_distance_options", o->distances, &q.distances, sizeof q.distances, error);
    if (status) return status;
    q.distances.size = sizeof q.distances;
    q.distances.threads = 1;
    q.stress = fs_alloc(refits->count, sizeof *q.stress);
    if (!q.stress) return fs_fail_memory(error, "permuting the data", 0);
    status = mds_refits_run(refits, o->features ? n * o->m : n * (n - 1) / 2, shuffle_one, &q, error);
    if (!status &&
        !(result->stop = atomic_load(&refits->cancelled) ? MDS_STOP_CANCELLED : MDS_STOP_CONVERGED)) {
        judge(&q, refits->count, result);
        if (stress) memcpy(stress, q.stress, refits->count * sizeof *stress);
    }
    fs_free(q.stress);
    return status;
}

mds_status mds_permutation_test(const mds_problem *problem, size_t p, double observed,
                                const mds_resample_options *options, double *stress, mds_permutation *result,
                                mds_error *error)
{
    fs_error inner;
    mds_refits refits;
    mds_permutation found = {.size = sizeof found, .observed = observed};
    fs_status status = mds_refits_init(&refits, problem, p, options, DEFAULT_MAPS, &inner);
    if (!status) status = mds_struct_check("mds_permutation", result, &inner);
    if (!status && !(observed >= 0))
        status = fs_fail(&inner, FS_ARGUMENT, "the observed stress-1 %g is not a number from 0 on", observed);
    if (!status && refits.options.features)
        status = mds_matrix_check("features", refits.options.features, refits.problem.n, refits.options.m,
                                  "features", 'm', refits.options.ldf, &inner);
    if (!status) status = run(&refits, stress, &found, &inner);
    if (!status) mds_struct_give(result, &found, sizeof found);
    return mds_report(status, &inner, error);
}
