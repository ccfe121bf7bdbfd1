/*
 * process_freeze.h - stopping every thread of another process for a moment, by ptrace.
 */
#ifndef FLAME_PROCESS_FREEZE_H
#define FLAME_PROCESS_FREEZE_H

#include "status.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

typedef struct flame_freezer flame_freezer;

FS_CHECK fs_status flame_freezer_create(pid_t pid, flame_freezer **freezer, fs_error *error);
void flame_freezer_destroy(flame_freezer *freezer); /* thaws it first; NULL is legal */

/* Stop every thread until flame_thaw (PTRACE_SEIZE and PTRACE_INTERRUPT): the kernel lets the threads go by
 * itself should this process die meanwhile. All calls must come from the same thread of the caller. Costs
 * tens of microseconds and a little for each thread. FS_PERMISSION: a debugger holds one; FS_DATA: one waits
 * for a disk and does not stop within some milliseconds (a second where the machine is busy and it waits for
 * a CPU), and none is held; FS_GONE. Where there are several threads, the signal SIGRTMAX - 2 is taken for an
 * alarm. */
FS_CHECK fs_status flame_freeze(flame_freezer *freezer, fs_error *error);
void flame_thaw(flame_freezer *freezer);

/* Has waitid told of an end? Of a thread that is held it tells of its stops too, asked or not. */
static inline bool flame_wait_is_end(const siginfo_t *info)
{
    return info->si_code == CLD_EXITED || info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED;
}

#endif
