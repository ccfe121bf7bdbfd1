/*
 * run_command.h - run a command once: measured by the kernel, held to a time limit, its output kept in
 * bounds.
 *
 * The command gets a process group of its own, /dev/null as standard input, and pipes for its output. When
 * it ends, is stopped or runs past its limit, or when this process dies, everything that it started is killed
 * (supervisor.h), so that nothing of it disturbs the next measurement.
 */
#ifndef FLAME_RUN_COMMAND_H
#define FLAME_RUN_COMMAND_H

#include "plan.h"
#include "text.h"

#include <stdint.h>

typedef struct flame_command_options {
    const char *const *words;            /* ended by NULL; words[0] is looked up along PATH */
    const char *directory;               /* NULL: this process's own */
    const flame_pairs_list *environment; /* set (or, NULL values, unset) on top of this process's own */
    double time_limit;                   /* seconds; 0: none */
    /* Called about ten times a second with the seconds so far; false stops the command. May be NULL. */
    bool (*tick)(void *context, double seconds);
    void *context;
} flame_command_options;

/* How a run ended. */
typedef enum flame_ending {
    FLAME_RUN_ENDED = 0, /* by itself; exit_code tells how */
    FLAME_RUN_SIGNALLED, /* by a signal that was not ours */
    FLAME_RUN_TIMED_OUT,
    FLAME_RUN_STOPPED /* `tick` said so */
} flame_ending;

/* What a stream brought: all of it, or its first and last megabyte, between which a line ends. */
typedef struct flame_capture {
    fs_text head;
    fs_text tail;     /* while the command runs; then it has gone into `head` */
    uint64_t dropped; /* bytes that were left out */
} flame_capture;

enum { FLAME_CAPTURE_HEAD = 1 << 20, FLAME_CAPTURE_TAIL = 1 << 20 };

typedef struct flame_command_result {
    flame_ending ending;
    int exit_code;        /* FLAME_RUN_ENDED */
    int signal;           /* FLAME_RUN_SIGNALLED */
    double wall;          /* seconds from the exec to the end of the process */
    double user, system;  /* CPU seconds of it and of the children it waited for */
    uint64_t peak_memory; /* bytes: the largest resident set among them */
    flame_capture output, errors;
} flame_command_result;

/* Run it. FS_NOT_FOUND: no such command, or a script whose interpreter is missing (the message says which);
 * FS_PERMISSION: not executable; FS_IO: no pipe, no process. Whatever the program itself did is FS_OK. The
 * result is to be released with flame_command_fini in every case. */
FS_CHECK fs_status flame_command_run(const flame_command_options *options, flame_command_result *result,
                                     fs_error *error);
void flame_command_fini(flame_command_result *result);

/* Whether it ended by itself with status 0. Otherwise `how` gets "ended with status 3", "was killed by signal
 * 11 (Segmentation fault)", ..., and after `between` the end of its standard error, if it wrote any: at most
 * `bytes`. */
bool flame_command_succeeded(const flame_command_result *result, const flame_command_options *options,
                             const char *between, size_t bytes, fs_text *how);

/* The last lines of a stream, at most `bytes`, as valid UTF-8, appended to `out`. */
void flame_capture_end(const flame_capture *capture, size_t bytes, fs_text *out);

/* What follows "#!" in the first line of the script `program`, cut to `size`; false when that is no script
 * named by a path. */
bool flame_script_line(const char *directory, const char *program, char *line, int size);

#endif
