/*
 * supervisor.h - the process between the ladder and a command that it measures.
 *
 * The supervisor is the command's parent, and as a "child subreaper" (prctl(2)) it becomes the parent of
 * whatever the command starts and leaves behind, in whatever session or process group that is by then. When
 * the command ends, when the ladder closes `control`, or when the ladder dies, which closes it as well, the
 * supervisor ends all of them, reports how the command ended, and exits.
 */
#ifndef FLAME_SUPERVISOR_H
#define FLAME_SUPERVISOR_H

#include "run_command.h"

#include <sys/resource.h>

/* What the command tells through `started`, which exec closes: once before exec, and again when that failed.
 * It says itself when it began, for on a busy machine the ladder may hear of it late. */
typedef struct flame_start_report {
    double began; /* seconds */
    int number;   /* errno; 0: nothing is wrong yet */
    enum { FLAME_START_FORK, FLAME_START_DIRECTORY, FLAME_START_EXEC } step;
} flame_start_report;

/* What the supervisor tells through `ended`. */
typedef struct flame_end_report {
    double at;  /* seconds */
    int status; /* of wait(2) */
    struct rusage usage;
} flame_end_report;

/* Ends of pipes, all of them closed by exec. */
typedef struct flame_supervisor_ends {
    int output, errors; /* to write: the command's own */
    int started, ended; /* to write: the reports */
    int control;        /* to read: at its end everything is to stop */
} flame_supervisor_ends;

/* For a freshly forked process: start the command, supervise it, exit. Nobody else may hold the other end of
 * `control` but the ladder. */
_Noreturn void flame_supervise(const flame_command_options *options, const flame_supervisor_ends *ends);

#endif
