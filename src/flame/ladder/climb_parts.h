/*
 * climb_parts.h - what the files of a climb share: its state, one run, and the results that it takes up.
 */
#ifndef FLAME_CLIMB_PARTS_H
#define FLAME_CLIMB_PARTS_H

#include "climb.h"
#include "run_command.h"
#include "scratch.h"

/* What the climb knows about a rung beside its results. */
typedef struct flame_climb_rung {
    const flame_rung_plan *plan;
    flame_rung *rung;
    const char *const *words;                    /* with the scratch directory filled in */
    const char *answer_path[FLAME_ANSWERS_MOST]; /* of the file answers, by rule */
    bool chosen;                                 /* to be measured in this climb */
    int wanted;                                  /* runs */
    double estimate;                             /* seconds for one run */
} flame_climb_rung;

typedef struct flame_climb_state {
    const flame_plan *plan;
    const flame_climb_options *options;
    flame_ladder *ladder;
    flame_climb_rung *rungs;
    flame_scratch scratch;
    fs_arena arena;
    bool estimated; /* every rung has its estimate, so the time left can be told */
    double began;
    double total, done; /* seconds, estimated from what went before */
    double expected;    /* seconds of what runs now */
    char doing[160];    /* for the progress line */
} flame_climb_state;

/* Tell of the progress (a flame_command_options.tick). False: stop. */
bool flame_climb_tick(void *context, double seconds);

/* How `words`, the rung's own or with others before them, are run: in its directory, with its environment. */
flame_command_options flame_climb_command(const flame_climb_rung *r, const char *const *words);

bool flame_climb_wants_profile(const flame_climb_state *c, const flame_climb_rung *r);

/* Run the rung under a recorder, again and again while it is short, until there are enough samples, and write
 * its folded stacks into the report. What goes wrong is noted in its results; FS_MEMORY is the only failure.
 */
FS_CHECK fs_status flame_climb_record(flame_climb_state *c, flame_climb_rung *r, fs_error *error);

/* Run the rung once and check its answer; the run is kept when it took at least `least` seconds. *seconds:
 * wall time. What the rung does wrong is noted in its results; FS_MEMORY is the only failure. */
FS_CHECK fs_status flame_climb_run(flame_climb_state *c, flame_climb_rung *r, double least, double *seconds,
                                   fs_error *error);

/* Take over what an earlier climb into the report has measured, where --resume and --only keep it. */
FS_CHECK fs_status flame_climb_take_up(flame_climb_state *c, fs_error *error);

/* flame_report_claim, with the files that this climb reads: they must outlive its report. */
FS_CHECK fs_status flame_climb_claim(flame_climb_state *c, fs_error *error);

/* Make a directory and those above it. */
FS_CHECK fs_status flame_climb_make_directory(const char *path, fs_arena *arena, fs_error *error);

#endif
