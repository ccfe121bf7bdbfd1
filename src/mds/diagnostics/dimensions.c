/* Stress by the number of dimensions, and where more of them stop to pay. */
#include "refits.h"

#include "memory.h"
#include "sized_struct.h"

#include <math.h>

typedef struct dimensions {
    size_t n, most;
    double *stress;
} dimensions;

/* The costly ones first, so that no thread is left with one at the end. */
static fs_status fit_one(void *context, mds_refit_room *room, size_t index, fs_error *error)
{
    dimensions *d = context;
    size_t p = d->most - index;
    mds_refit_copy(room, d->n);
    return mds_refit_fit(room, d->n, p, room->refits->options.seed, &d->stress[p - 1], error);
}

/* Where the curve bends most: the largest second difference. */
static size_t elbow_of(const double *stress, size_t most)
{
    size_t elbow = 0;
    double largest = 0;
    for (size_t p = 2; p < most; p++) {
        double bend = stress[p - 2] - 2 * stress[p - 1] + stress[p];
        if (bend > largest) largest = bend, elbow = p;
    }
    return elbow;
}

mds_status mds_stress_by_dimension(const mds_problem *problem, size_t most,
                                   const mds_resample_options *options, double *stress, size_t *elbow,
                                   mds_stop *stop, mds_error *error)
{
    fs_error inner;
    mds_refits refits;
    fs_status status = mds_refits_init(&refits, problem, most, options, most, &inner);
    if (!status && refits.options.count)
        status = fs_fail(&inner, FS_ARGUMENT, "`count` is for maps of one number of dimensions; let it be 0");
    dimensions d = {.n = status ? 0 : refits.problem.n, .most = most};
    if (!status && !(d.stress = fs_alloc(most, sizeof *d.stress)))
        status = fs_fail_memory(&inner, "fitting in several dimensions", 0);
    if (!status) status = mds_refits_run(&refits, 0, fit_one, &d, &inner);
    bool cancelled = !status && atomic_load(&refits.cancelled);
    if (!status && stop) *stop = cancelled ? MDS_STOP_CANCELLED : MDS_STOP_CONVERGED;
    if (!status && !cancelled) {
        for (size_t k = 0; stress && k < most; k++) stress[k] = d.stress[k];
        if (elbow) *elbow = elbow_of(d.stress, most);
    }
    fs_free(d.stress);
    return mds_report(status, &inner, error);
}
