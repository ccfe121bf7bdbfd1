/*
 * supervisor.h - the process between the ladder and a command that it measures.
 *
 * The supervisor is the command's parent, and as a "child subreaper" (prctl(2)) it becomes the parent of
 * whatever the command starts and leaves behind, in whatever session or process group that is by then. When
 * the command ends, when the ladder shuts its end of the channel down, or when the ladder dies, the
 * supervisor ends all of them, reports how the command ended, and exits.
 */
#ifndef FLAME_SUPERVISOR_H
#define FLAME_SUPERVISOR_H

#include "run_command.h"

#include <sys/resource.h>

/* What comes through the channel, a socket that keeps messages apart. The command tells itself when it began,
 * for on a busy machine the ladder may hear of it late, and why exec failed; the supervisor tells of the end.
 */
typedef struct flame_run_message {
    enum { FLAME_RUN_BEGAN, FLAME_RUN_NOT_STARTED, FLAME_RUN_OVER } kind;
    enum { FLAME_START_FORK, FLAME_START_DIRECTORY, FLAME_START_EXEC } step; /* that failed */
    int number;                                                              /* errno of the failure */
    int status;                                                              /* of wait(2), when it is over */
    double at;                                                               /* seconds */
    struct rusage usage;
} flame_run_message;

/* For a freshly forked process: start the command, supervise it, exit. `output`, `errors`: the ends to write
 * of the command's pipes; `channel`: this side's end. All of them are closed by exec. Nobody but the ladder
 * may hold the other end of the channel. */
_Noreturn void flame_supervise(const flame_command_options *options, int output, int errors, int channel);

#endif
