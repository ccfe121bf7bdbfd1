/*
 * permission.h - why another process's memory may not be read, and what to do about it.
 *
 * Facts from ptrace(2) ("Ptrace access mode checking"), capabilities(7) and the kernel's Yama documentation.
 */
#ifndef FLAME_PERMISSION_H
#define FLAME_PERMISSION_H

#include "status.h"

#include <stdbool.h>
#include <sys/types.h>

/* What decides the kernel's answer. */
typedef struct flame_permission {
    pid_t pid;
    uid_t user;           /* ours (effective) */
    uid_t owner;          /* the target's */
    bool can_trace;       /* we hold CAP_SYS_PTRACE */
    int yama;             /* kernel.yama.ptrace_scope, 0..3; -1: this kernel has no Yama */
    bool container;       /* we run in a container */
    bool filtered;        /* a seccomp filter stands over us */
    bool protected;       /* the target is not dumpable: set-user-id, or it asked the kernel for that */
    bool other_namespace; /* the target lives in another user namespace */
} flame_permission;

/* Gather the facts about `pid`. What cannot be found out keeps its harmless value. */
void flame_permission_read(flame_permission *facts, pid_t pid);

/* Fill `error` (FS_PERMISSION) with the most likely reason and what to do about it; `action` is what the user
 * wanted to run again: "flame record -p 123". */
fs_status flame_permission_explain(const flame_permission *facts, const char *action, fs_error *error);

#endif
