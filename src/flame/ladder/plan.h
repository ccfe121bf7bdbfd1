/*
 * plan.h - what to climb: a job, written several ways.
 *
 * A plan is a JSON file; docs/ladders.md is its manual. Everything is checked when it is read, so that a
 * climb of an hour does not fail on a misspelt key: errors name file, line and column.
 */
#ifndef FLAME_PLAN_H
#define FLAME_PLAN_H

#include "memory.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>

/* Words with a value: the environment, and what {name} stands for in commands. */
typedef struct flame_pairs_list {
    const char **names;
    const char **values;
    size_t count;
} flame_pairs_list;

typedef enum flame_answer_kind {
    FLAME_ANSWER_JSON = 0, /* keys of a JSON line that the program prints */
    FLAME_ANSWER_REGEX,    /* what a regular expression captures in the output */
    FLAME_ANSWER_FILE,     /* a file that the program writes */
    FLAME_ANSWER_OUTPUT    /* all that it prints to standard output */
} flame_answer_kind;

typedef enum flame_better {
    FLAME_BETTER_NONE = 0, /* another number is a wrong one */
    FLAME_BETTER_LOWER,
    FLAME_BETTER_HIGHER
} flame_better;

typedef struct flame_answer_rule {
    flame_answer_kind kind;
    const char **keys; /* FLAME_ANSWER_JSON */
    size_t key_count;
    const char *text; /* the pattern, or the path of the file, relative to the rung's directory */
    double tolerance; /* numbers a and b agree when |a - b| <= max(absolute, tolerance * max(|a|, |b|)) */
    double absolute;
    bool whole_exact;    /* no tolerance was given: whole numbers must be equal */
    flame_better better; /* a number on this side of the first rung's is an answer too */
} flame_answer_rule;

typedef enum flame_profile_kind {
    FLAME_PROFILE_AUTO = 0,
    FLAME_PROFILE_PYTHON, /* these two mean the same as auto, which tells by itself */
    FLAME_PROFILE_NATIVE,
    FLAME_PROFILE_OFF
} flame_profile_kind;

enum { FLAME_ANSWERS_MOST = 16 }; /* of a plan, those of its rungs included */

typedef struct flame_rung_plan {
    const char *name;
    const char *slug;      /* the name as part of a file name; unique in the plan */
    const char *note;      /* NULL: none */
    const char *job;       /* rungs of one job are compared with each other; "" unless told */
    const char **words;    /* the command, ended by NULL; {scratch} still stands in it */
    const char *command;   /* the same as one line, for people */
    const char *directory; /* where it starts */
    flame_pairs_list environment;
    size_t answer_first, answer_count; /* which of the plan's rules hold for it */
    bool own_answer;                   /* they are its own */
    const char **sources;              /* files to show; paths as written */
    size_t source_count;
    int runs; /* 0: as many as suit the time it takes */
    int warmup;
    double time_limit; /* seconds for one run */
    flame_profile_kind profile;
} flame_rung_plan;

typedef struct flame_plan {
    const char *path;
    const char *title;
    const char *note; /* NULL: none */
    const char *time; /* the JSON key that holds the seconds; "wall" and "cpu": the kernel's clocks */
    bool time_given;  /* the plan names it, so a rung without it fails */
    flame_answer_rule *answers; /* those for all rungs, then those of single rungs */
    size_t answer_count;        /* 0: no answer is compared */
    const char ***prepare;      /* commands to run once before the climb, each ended by NULL */
    size_t prepare_count;
    const char *directory;  /* where they start */
    const char ***versions; /* commands whose first line is shown with the machine, each ended by NULL */
    size_t version_count;
    flame_rung_plan *rungs;
    size_t rung_count;
    bool quick; /* the quick form was asked for */
    fs_arena arena;
} flame_plan;

/* Read and check `path`. With `quick`, the plan's "quick" object takes effect. `overrides` (may be NULL) take
 * the place of the plan's "values". FS_FORMAT: "path: line L, column C: what is wrong and what would be
 * right". Free with flame_plan_destroy. */
FS_CHECK fs_status flame_plan_read(const char *path, bool quick, const flame_pairs_list *overrides,
                                   flame_plan **plan, fs_error *error);
void flame_plan_destroy(flame_plan *plan); /* NULL is legal */

#endif
