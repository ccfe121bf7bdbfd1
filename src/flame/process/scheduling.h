/*
 * scheduling.h - what the kernel's scheduler tells of a thread, and what may be asked of it.
 */
#ifndef FLAME_SCHEDULING_H
#define FLAME_SCHEDULING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Ask for time slices of that length for the calling thread (Linux 6.12 and later, others ignore it): who
 * asks for less at a time is served sooner on a busy machine. Needs no right and takes nothing from others. 0
 * gives the default back. Nothing is asked where another policy than the usual one was set. */
void flame_time_slice_request(uint64_t nanoseconds);

/* Let the calling thread come before others wherever it is ready, if that is permitted (root, RLIMIT_NICE):
 * for one that holds threads of others. Returns the nice value that it had, for flame_priority_restore. */
int flame_priority_raise(void);
void flame_priority_restore(int nice);

/* /proc/PID/task/TID/schedstat (the kernel's Documentation/scheduler/sched-stats.rst). */
typedef struct flame_schedstat {
    uint64_t ran;    /* nanoseconds on a processor */
    uint64_t waited; /* nanoseconds ready, but waiting for one */
    uint64_t slices; /* time slices on a processor; kernels that do not count say 0 */
} flame_schedstat;

/* A descriptor to read them from, -1 and errno when there is none. */
int flame_schedstat_open(pid_t pid, pid_t tid);

/* Read them now; false when the thread has ended. Half a microsecond. */
bool flame_schedstat_read(int file, flame_schedstat *stat);

#endif
