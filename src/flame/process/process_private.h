/*
 * process_private.h - what the files of this folder share about a process.
 */
#ifndef FLAME_PROCESS_PRIVATE_H
#define FLAME_PROCESS_PRIVATE_H

#include "process.h"

#include <time.h>

/* A thread that this process has seized by ptrace. */
typedef struct flame_ptrace_hold {
    pid_t tid;
    int signal;   /* that it was about to receive, handed on when it is let go */
    bool stopped; /* it has been seen to stand still */
} flame_ptrace_hold;

struct flame_process {
    pid_t pid;
    int handle;        /* pidfd; -1 where the kernel has none */
    int memory;        /* /proc/PID/mem */
    uint64_t started;  /* clock ticks since boot */
    uint64_t stack;    /* where the program's stack begins */
    uint64_t landmark; /* an address that is mapped as long as this program image lives; 0: none */
    flame_reader reader;

    flame_ptrace_hold
        *holds; /* while it is frozen, all its threads; else those that could not be let go yet */
    size_t hold_count, hold_capacity;
    bool frozen;
    timer_t alarm; /* see process_freeze.c */
    bool has_alarm;
};

/* Let go of all threads, also of those that take a while. */
void process_release(flame_process *process);

#endif
