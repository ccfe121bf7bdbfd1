/*
 * process_private.h - what the files of this room share about a process.
 */
#ifndef FLAME_PROCESS_PRIVATE_H
#define FLAME_PROCESS_PRIVATE_H

#include "process.h"

struct flame_process {
    pid_t pid;
    int handle;        /* pidfd; -1 where the kernel has none */
    int memory;        /* /proc/PID/mem */
    uint64_t started;  /* clock ticks since boot */
    uint64_t stack;    /* where the program's stack begins */
    uint64_t landmark; /* an address that is mapped as long as this program image lives; 0: none */
    flame_reader reader;

    pid_t *frozen; /* threads that this process holds in a ptrace stop */
    int *signals;  /* the signal each was about to receive, handed on when it is let go */
    size_t frozen_count, frozen_capacity;
};

#endif
