/* The map without each of the objects in turn. */
#include "refits.h"

#include "memory.h"
#include "sized_struct.h"
#include "stability.h"
#include "turn.h"

#include <math.h>
#include <string.h>

enum { ALL_OBJECTS = 200 }; /* so many are all left out by default, else a sample of half as many */

typedef struct jackknife {
    size_t n, p;
    const double *x;  /* n x p, centred */
    double *maps;     /* count x n x p */
    double *stress;   /* count */
    size_t *left_out; /* count: the objects, ascending */
} jackknife;

/* The map without one object, begun at the whole map. */
static fs_status without_one(void *context, mds_refit_room *room, size_t index, fs_error *error)
{
    jackknife *j = context;
    size_t n = j->n, p = j->p, out = j->left_out[index];
    mds_refit_copy(room, out);
    memcpy(room->x, j->x, out * p * sizeof *room->x);
    memcpy(room->x + out * p, j->x + (out + 1) * p, (n - out - 1) * p * sizeof *room->x);
    fs_status status = mds_refit_fit(room, n - 1, p, room->refits->options.seed, &j->stress[index], error);
    if (status) return fs_error_context(error, status, "the map without object %zu", out + 1);
    double *map = j->maps + index * n * p;
    memcpy(map, room->x, out * p * sizeof *map);
    memset(map + out * p, 0, p * sizeof *map);
    memcpy(map + (out + 1) * p, room->x + out * p, (n - out - 1) * p * sizeof *map);
    return FS_OK;
}

/* How far the others are moved, root mean square, by leaving each object out. */
static void fill_influence(const jackknife *j, size_t count, double *work, double *influence)
{
    for (size_t i = 0; i < j->n; i++) influence[i] = (double)NAN;
    for (size_t b = 0; b < count; b++) {
        double *map = j->maps + b * j->n * j->p, sum = 0;
        mds_turn(j->x, map, j->n, j->p, j->left_out[b], false, work);
        for (size_t i = 0; i < j->n; i++)
            for (size_t k = 0; k < j->p && i != j->left_out[b]; k++) {
                double off = map[i * j->p + k] - j->x[i * j->p + k];
                sum += off * off;
            }
        influence[j->left_out[b]] = sqrt(sum / (double)(j->n - 1));
    }
}

/* `count` of n objects, drawn without order and then in order. */
static void draw_objects(const mds_refits *refits, size_t n, size_t count, size_t *objects)
{
    fs_random random;
    size_t used = 0;
    mds_refit_random(refits, 0, &random);
    for (size_t i = 0; i < n && used < count; i++)
        if (fs_random_below(&random, n - i) < count - used) objects[used++] = i;
}

static fs_status run(mds_refits *refits, const double *x, size_t ldx, double *covariances, double *influence,
                     mds_stability *result, fs_error *error)
{
    size_t n = refits->problem.n, p = refits->p, cells;
    jackknife j = {.n = n, .p = p};
    double *centred = fs_alloc(n * p, sizeof *centred), *work = fs_alloc(MDS_TURN_WORK(p), sizeof *work);
    if (refits->count > n) refits->count = n;
    j.x = centred;
    j.maps = fs_size_mul(refits->count, n * p, &cells) ? fs_alloc(cells, sizeof *j.maps) : NULL;
    j.stress = fs_alloc(refits->count, sizeof *j.stress);
    j.left_out = fs_alloc(refits->count, sizeof *j.left_out);
    fs_status status = FS_OK;
    if (!centred || !work || !j.maps || !j.stress || !j.left_out) {
        status = fs_fail_memory(error, "leaving each object out", 0);
        goto cleanup;
    }
    mds_centred_copy(x, n, p, ldx, centred);
    draw_objects(refits, n, refits->count, j.left_out);
    status = mds_refits_run(refits, 0, without_one, &j, error);
    if (status || (result->stop = atomic_load(&refits->cancelled) ? MDS_STOP_CANCELLED : MDS_STOP_CONVERGED))
        goto cleanup;
    if (influence) fill_influence(&j, refits->count, work, influence);
    status = mds_stability_of(centred, n, p, j.maps, refits->count, j.left_out, covariances, result, error);
    if (status == FS_OK) mds_stability_stress(j.stress, refits->count, result);
cleanup:
    fs_free(centred);
    fs_free(work);
    fs_free(j.maps);
    fs_free(j.stress);
    fs_free(j.left_out);
    return status;
}

mds_status mds_jackknife(const mds_problem *problem, size_t p, const double *x, size_t ldx,
                         const mds_resample_options *options, double *covariances, double *influence,
                         mds_stability *result, mds_error *error)
{
    fs_error inner;
    mds_refits refits;
    mds_stability found = {.size = sizeof found};
    fs_status status = mds_refits_init_at(&refits, problem, p, x, ldx, options, 0, result, &inner);
    if (!status) {
        if (refits.count == 0)
            refits.count = refits.problem.n <= ALL_OBJECTS ? refits.problem.n : ALL_OBJECTS / 2;
        status = run(&refits, x, ldx, covariances, influence, &found, &inner);
    }
    if (!status) mds_struct_give(result, &found, sizeof found);
    return mds_report(status, &inner, error);
}
