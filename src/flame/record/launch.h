/*
 * launch.h - start the command to be recorded as if nobody watched: same environment, same standard
 * streams, same process group (so the terminal's foreground group and Ctrl-Z stay as they are), default
 * signals. The child is not tied to this process: if the recorder dies, the command runs on. While this
 * process lives it is the parent of what the command leaves behind (PR_SET_CHILD_SUBREAPER), as init is
 * otherwise: so it is known.
 */
#ifndef FLAME_LAUNCH_H
#define FLAME_LAUNCH_H

#include "status.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct flame_child {
    pid_t pid;
    int pidfd;   /* readable once the child has ended */
    bool reaped; /* ... and was waited for: */
    int status;  /* as a shell shows it */
} flame_child;

typedef struct flame_launch_options {
    const sigset_t *mask; /* signal mask of the child; NULL: this process's own */
    int input;            /* descriptor to become standard input; -1: untouched */
    int output;           /* standard output and error; -1: untouched */
} flame_launch_options;

/* Start arguments[0], looked up along PATH, with `arguments` (ends with NULL). Returns once the new program
 * runs. FS_NOT_FOUND: no such command (127 in a shell); FS_PERMISSION: found but not executable (126). */
FS_CHECK fs_status flame_launch(char *const *arguments, const flame_launch_options *options,
                                flame_child *child, fs_error *error);

/* Whether the child has ended; reaps it if so. Does not wait. */
bool flame_child_ended(flame_child *child);

/* What the command, or a process of its, started and left behind when it ended, and what still runs; reaps
 * what does not. Ascending; free with fs_free. */
FS_CHECK fs_status flame_child_orphans(const flame_child *child, pid_t **pids, size_t *count,
                                       fs_error *error);

/* The exit status a shell would show: 0..255, 128+n after death by signal n. Only after it has ended. */
int flame_child_exit(const flame_child *child);

/* Close what is held; the process itself is left alone. */
void flame_child_fini(flame_child *child);

#endif
