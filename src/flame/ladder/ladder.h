/*
 * ladder.h - what a climb found: every run, the figures made from them, and the machine they hold for.
 *
 * Written as ladder.json after each round and at the end, read back by --resume, --only and --check.
 */
#ifndef FLAME_LADDER_H
#define FLAME_LADDER_H

#include "answer.h"
#include "machine.h"
#include "output.h"
#include "plan.h"
#include "text.h"

#include <stdint.h>

typedef struct flame_run {
    double time; /* seconds that count: the program's own, or the kernel's */
    double wall;
    double user, system;  /* CPU seconds */
    uint64_t peak_memory; /* bytes */
} flame_run;

typedef enum flame_rung_state {
    FLAME_RUNG_WAITING = 0, /* not measured (yet) */
    FLAME_RUNG_DONE,
    FLAME_RUNG_WRONG, /* measured, but its answer is not the first rung's */
    FLAME_RUNG_FAILED
} flame_rung_state;

typedef enum flame_time_source {
    FLAME_TIME_WALL = 0, /* of the process */
    FLAME_TIME_CPU,
    FLAME_TIME_OWN /* the program said it */
} flame_time_source;

/* Medians over the runs. `spread` is half the distance between the quartiles. */
typedef struct flame_figures {
    double time, low, high, spread; /* seconds: median, first and third quartile */
    double least, most;
    double cpu;           /* median CPU seconds, user and system */
    uint64_t peak_memory; /* the largest of all runs */
    double over_first;    /* times faster than the job's first rung; 0: cannot be said */
    double over_previous; /* than the rung before it in the job that has the right answer; 0: as above */
} flame_figures;

typedef struct flame_rung {
    const char *name, *slug, *note, *job, *command; /* never NULL; the plan's, or the ladder's arena's */
    flame_rung_state state;
    fs_text problem; /* one line: why it is wrong or failed */
    fs_text errors;  /* the end of its standard error, when it failed */
    fs_text better;  /* done with another answer: "lower stress: 12.3, the first rung's 13.1"; or empty */
    bool own_answer; /* the plan has an answer for this rung alone, so no other is held against it */
    flame_time_source source;
    flame_run *runs;
    size_t run_count, run_capacity;
    flame_answer *answers; /* one for each of the plan's rules; NULL until it answered */
    size_t answer_count;
    bool finished;         /* all runs that were wanted are there */
    flame_figures figures; /* valid when run_count > 0; flame_ladder_reckon */
    double samples;        /* in its flame graph; 0: none */
    fs_text recorder;      /* "flame record" ("perf" by earlier versions), or "" */
    fs_text no_profile;    /* why there is none */
} flame_rung;

typedef struct flame_ladder {
    const char *title, *note, *started; /* never NULL; started: local date and time, ISO 8601 */
    flame_machine machine;
    bool quick, interrupted;
    bool compares;     /* the plan names an answer for all rungs */
    const char *files; /* what reports have written into their folder: names, each ended by a newline */
    flame_rung *rungs;
    size_t rung_count;
    fs_arena arena; /* strings and rungs */
} flame_ladder;

/* An empty result for `plan`, which has to outlive it. Free with flame_ladder_fini, also after a failure. */
FS_CHECK fs_status flame_ladder_init(flame_ladder *ladder, const flame_plan *plan, fs_error *error);
void flame_ladder_fini(flame_ladder *ladder);

/* Add a run, and work the figures of its rung out anew. */
FS_CHECK fs_status flame_rung_add(flame_rung *rung, const flame_run *run, fs_error *error);
void flame_rung_clear(flame_rung *rung); /* forget runs, answers, state and profile */

/* Medians and quartiles of each rung, speed-ups between them. */
void flame_ladder_reckon(flame_ladder *ladder);

/* The rung that the job of rung `index` is measured against: its first that gave an answer without failing;
 * SIZE_MAX when there is none. */
size_t flame_ladder_first(const flame_ladder *ladder, size_t index);

/* What the answers of a rung's job are held against: the first of its rungs that gave one, did not fail and
 * has no answer of its own, or else `rung` itself. NULL: none. */
flame_rung *flame_ladder_reference(const flame_ladder *ladder, const flame_rung *rung);

/* The file in the report for one of a rung's answers, if it is too long for ladder.json; by the number of its
 * rule, from 0. NULL: out of memory. */
char *flame_answer_file(const char *slug, size_t rule, fs_arena *arena);

/* ladder.json: into an output that somebody else commits, or as a file. */
void flame_ladder_write_to(const flame_ladder *ladder, fs_output *output);
FS_CHECK fs_status flame_ladder_write(const flame_ladder *ladder, const char *path, fs_error *error);
FS_CHECK fs_status flame_ladder_read(const char *path, flame_ladder *ladder, fs_error *error);

/* Whether a JSON file is a result (and not a plan). */
bool flame_ladder_is_result(const char *path);

bool flame_same_job(const flame_rung *a, const flame_rung *b);

/* The rung of this name, or NULL. */
flame_rung *flame_ladder_rung(const flame_ladder *ladder, const char *name);

/* ---- comparing with an earlier climb ---- */

typedef enum flame_verdict {
    FLAME_SAME = 0, /* within the spread, or less than the margin */
    FLAME_FASTER,
    FLAME_SLOWER,
    FLAME_BROKEN,  /* had the right answer, and has it no longer */
    FLAME_NEW,     /* the earlier climb has no time for it */
    FLAME_MISSING, /* this climb has no time for it */
    FLAME_KEPT     /* its time is the earlier climb's own: --only and --resume keep it */
} flame_verdict;

/* Slower: the middle halves of the runs do not meet, and the median rose by more than `margin` (0.05: 5%).
 * *change: new median over old; 0 when it cannot be said. */
flame_verdict flame_rung_compare(const flame_rung *before, const flame_rung *now, double margin,
                                 double *change);

#endif
