/*
 * cpu_wait.h - how long a process ran, by its CPU-time clock, which remembers threads that have ended; and
 * how long its threads were ready but waited for a CPU (/proc/PID/task/TID/schedstat). The second is what a
 * profiler that never stops its target can cost it.
 */
#ifndef FLAME_CPU_WAIT_H
#define FLAME_CPU_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct flame_cpu_thread {
    pid_t tid;
    uint64_t waited; /* nanoseconds at the last update */
} flame_cpu_thread;

typedef struct flame_cpu_wait {
    flame_cpu_thread *threads; /* by tid */
    size_t count;
    double clock;    /* seconds of CPU before the first update */
    double ran;      /* ... and since */
    uint64_t waited; /* nanoseconds since the first update */
    bool begun;
} flame_cpu_wait;

/* Add what happened since the last update; the first only remembers. How long a thread waited between the
 * last update and its end is lost, and what a process did then that was reaped since. Cost: one small file a
 * thread. */
void flame_cpu_wait_update(flame_cpu_wait *wait, pid_t pid);
void flame_cpu_wait_fini(flame_cpu_wait *wait);

#endif
