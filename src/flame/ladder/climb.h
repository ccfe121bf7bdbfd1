/*
 * climb.h - measure the rungs of a plan: warmed up, interleaved, checked, recorded.
 *
 * Each rung is run once or more to warm up, which also tells how long it takes; then the runs go round the
 * rungs, forth and back, so that a noisy hour of the machine falls on all alike. Every run's answer is
 * checked against the first rung of its job. Afterwards each rung is recorded for its flame graph.
 *
 * A rung that fails is left out from then on; the others are still measured.
 */
#ifndef FLAME_CLIMB_H
#define FLAME_CLIMB_H

#include "ladder.h"

typedef struct flame_climb_options {
    const char *report;      /* directory for the results; made when it is not there */
    int runs;                /* instead of the plan's; 0: the plan's */
    bool resume;             /* keep what an earlier climb into `report` has measured */
    const char *const *only; /* names of the rungs to measure; the others keep what they have */
    size_t only_count;       /* 0: all */
    bool profile;            /* record flame graphs */
    const char *recorder;    /* path of flame itself; NULL: Python rungs are not recorded */
    /* Called about ten times a second. fraction: of the whole climb, negative when it is not known yet.
     * False ends the climb; what was measured stays. */
    bool (*progress)(void *context, double fraction, const char *detail);
    void *context;
} flame_climb_options;

/* Climb. `ladder` is filled with what was measured even on failure, and is to be released with
 * flame_ladder_fini. ladder->interrupted: `progress` ended it. Saves report/ladder.json after each round.
 * FS_ARGUMENT: an unknown name in `only`; FS_IO: the report cannot be written. What a rung does wrong is not
 * an error. */
FS_CHECK fs_status flame_climb(const flame_plan *plan, const flame_climb_options *options,
                               flame_ladder *ladder, fs_error *error);

/* How many runs suit a rung that takes this long, when nobody says: 3 from 20 s on, 5 else, and up to 20
 * while they take two seconds together. */
int flame_climb_runs(double seconds);

#endif
