/*
 * refits.h - many small fits of data that differ a little, one after the other on each processor.
 *
 * A replicate is one task: it makes its own data in the room of the worker that runs it, fits a map with one
 * thread, and writes what is wanted where its number says. So results depend on the number alone, not on who
 * computed it.
 */
#ifndef MDS_REFITS_H
#define MDS_REFITS_H

#include "library.h"
#include "random.h"

#include <stdatomic.h>

typedef struct mds_refits mds_refits;

/* What one worker has for itself. */
typedef struct mds_refit_room {
    mds_refits *refits;
    double *delta, *weights; /* n x n; weights are NULL without */
    double *x;               /* n x p */
    double *scratch;         /* what the caller of mds_refits_create asked for */
    bool leads;              /* the calling thread, which tells the caller how far things are */
} mds_refit_room;

/* Replicate number `index`: FS_OK, or the first failure ends them all. */
typedef fs_status mds_refit(void *context, mds_refit_room *room, size_t index, fs_error *error);

struct mds_refits {
    mds_problem problem; /* the caller's, checked */
    mds_problem_statistics statistics;
    mds_resample_options options;
    mds_fit_options fit; /* of a replicate */
    size_t p;            /* the most dimensions of one */
    size_t count, scratch;
    unsigned workers;
    mds_refit_room *rooms;
    atomic_size_t done;
    atomic_bool stopped, cancelled;
    double told; /* the fraction that the caller knows */

    mds_refit *run;
    void *context;
    atomic_flag failing;
    fs_error error; /* of the first that failed */
};

/* Check what every function of this kind takes. `count`: replicates where the options leave it open. */
FS_CHECK fs_status mds_refits_init(mds_refits *refits, const mds_problem *problem, size_t p,
                                   const mds_resample_options *options, size_t count, fs_error *error);

/* The same for what is told of the configuration x (n x p, leading dimension ldx) in `result`: these are
 * checked, too, and replicates begin near x. */
FS_CHECK fs_status mds_refits_init_at(mds_refits *refits, const mds_problem *problem, size_t p,
                                      const double *x, size_t ldx, const mds_resample_options *options,
                                      size_t count, const mds_stability *result, fs_error *error);

/* Let replicates begin at a map that is near: which method does that best, unless the caller names one. */
void mds_refits_near(mds_refits *refits);

/* Run replicates 0 ... count - 1; each worker has `scratch` doubles. When the caller cancels,
 * refits->cancelled is set and the rest does not count. */
FS_CHECK fs_status mds_refits_run(mds_refits *refits, size_t scratch, mds_refit *run, void *context,
                                  fs_error *error);

/* Inside a replicate: fit what is in `room` (n objects, p dimensions; from room->x if the start says so).
 * *stress1 is that of the map, which is in room->x. */
FS_CHECK fs_status mds_refit_fit(mds_refit_room *room, size_t n, size_t p, uint64_t seed, double *stress1,
                                 fs_error *error);

/* A generator for replicate `index`, the same whoever runs it. */
void mds_refit_random(const mds_refits *refits, size_t index, fs_random *random);

/* Copy the caller's dissimilarities and weights into the room, without object `without` (n: with all). */
void mds_refit_copy(mds_refit_room *room, size_t without);

#endif
