/* Where random starts end: the local minima, told apart by how far they can be turned onto each other. */
#include "refits.h"

#include "memory.h"
#include "principal_axes.h"
#include "sized_struct.h"
#include "stability.h"
#include "turn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_STARTS = 100 };

/* Maps count as one when 1 - R^2 is at most this after turning and sizing... */
static const double apart = 0.005;
/* ... and their stress differs by no more than this share. */
static const double stress_apart = 0.002;

typedef struct minima {
    size_t n, p;
    double *maps, *stress;
} minima;

static fs_status start_one(void *context, mds_refit_room *room, size_t index, fs_error *error)
{
    minima *m = context;
    fs_random random;
    mds_refit_random(room->refits, index, &random);
    mds_refit_copy(room, m->n);
    fs_status status = mds_refit_fit(room, m->n, m->p, fs_random_next(&random), &m->stress[index], error);
    if (!status) mds_centred_copy(room->x, m->n, m->p, m->p, m->maps + index * m->n * m->p);
    return status;
}

typedef struct ranked {
    double stress;
    size_t index;
} ranked;

static int lower_first(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    if (a->stress != b->stress) return a->stress < b->stress ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* From the lowest stress up, each map joins the first group whose lowest map it matches. */
static size_t group_maps(const minima *m, const ranked *order, size_t count, size_t *group, size_t *leaders,
                         double *trial, double *work)
{
    size_t groups = 0, cells = m->n * m->p;
    for (size_t k = 0; k < count; k++) {
        size_t index = order[k].index, g = 0;
        for (; g < groups; g++) {
            double best = m->stress[leaders[g]];
            if (m->stress[index] - best > stress_apart * best + 1e-7) continue;
            memcpy(trial, m->maps + index * cells, cells * sizeof *trial);
            if (mds_turn(m->maps + leaders[g] * cells, trial, m->n, m->p, m->n, true, work) <= apart) break;
        }
        if (g == groups) leaders[groups++] = index;
        group[index] = g;
    }
    return groups;
}

static fs_status sort_out(minima *m, size_t count, double *maps, double *stress, size_t *group,
                          mds_minima *result, fs_error *error)
{
    size_t cells = m->n * m->p;
    ranked *order = fs_alloc(count, sizeof *order);
    size_t *leaders = fs_alloc(count, sizeof *leaders), *of = fs_alloc(count, sizeof *of);
    double *room = fs_alloc(cells + MDS_TURN_WORK(m->p), sizeof *room);
    fs_status status = FS_OK;
    if (!order || !leaders || !of || !room) {
        status = fs_fail_memory(error, "comparing maps", 0);
        goto cleanup;
    }
    for (size_t k = 0; k < count; k++) order[k] = (ranked){m->stress[k], k};
    qsort(order, count, sizeof *order, lower_first);
    result->groups = group_maps(m, order, count, of, leaders, room, room + cells);
    result->starts = count;
    result->smallest = order[0].stress;
    status = mds_principal_axes(m->maps + leaders[0] * cells, m->n, m->p, m->p, error);
    if (status) goto cleanup;
    for (size_t k = 0; k < count; k++) {
        result->best_count += of[k] == 0;
        double *map = m->maps + k * cells; /* all turned alike, so that they can be looked at side by side */
        if (k != leaders[0])
            mds_turn(m->maps + leaders[0] * cells, map, m->n, m->p, m->n, false, room + cells);
    }
    if (group) memcpy(group, of, count * sizeof *group);
    if (stress) memcpy(stress, m->stress, count * sizeof *stress);
    if (maps) memcpy(maps, m->maps, count * cells * sizeof *maps);
cleanup:
    fs_free(order);
    fs_free(leaders);
    fs_free(of);
    fs_free(room);
    return status;
}

mds_status mds_local_minima(const mds_problem *problem, size_t p, const mds_resample_options *options,
                            double *maps, double *stress, size_t *group, mds_minima *result, mds_error *error)
{
    fs_error inner;
    mds_refits refits;
    mds_minima found = {.size = sizeof found};
    size_t cells;
    fs_status status = mds_refits_init(&refits, problem, p, options, DEFAULT_STARTS, &inner);
    if (!status) status = mds_struct_check("mds_minima", result, &inner);
    if (status) return mds_report(status, &inner, error);
    minima m = {.n = refits.problem.n, .p = p};
    mds_refits_near(&refits);
    refits.fit.start = MDS_START_RANDOM;
    if (fs_size_mul(refits.count, m.n, &cells) && fs_size_mul(cells, p, &cells))
        m.maps = fs_alloc(cells, sizeof *m.maps);
    m.stress = fs_alloc(refits.count, sizeof *m.stress);
    if (!m.maps || !m.stress) status = fs_fail_memory(&inner, "keeping the maps of all starts", 0);
    if (!status) status = mds_refits_run(&refits, 0, start_one, &m, &inner);
    if (!status && !(found.stop = atomic_load(&refits.cancelled) ? MDS_STOP_CANCELLED : MDS_STOP_CONVERGED))
        status = sort_out(&m, refits.count, maps, stress, group, &found, &inner);
    fs_free(m.maps);
    fs_free(m.stress);
    if (!status) mds_struct_give(result, &found, sizeof found);
    return mds_report(status, &inner, error);
}
