/*
 * cpu_wait.h - how long the threads of a process ran, and how long they were ready but waited for a CPU
 * (/proc/PID/task/TID/schedstat). The second is what a profiler that never stops its target can cost it.
 */
#ifndef FLAME_CPU_WAIT_H
#define FLAME_CPU_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct flame_cpu_thread {
    pid_t tid;
    uint64_t ran, waited; /* nanoseconds at the last update */
} flame_cpu_thread;

typedef struct flame_cpu_wait {
    flame_cpu_thread *threads; /* by tid */
    size_t count;
    uint64_t ran, waited; /* nanoseconds since the first update */
    bool begun;
} flame_cpu_wait;

/* Add what happened since the last update; the first only remembers. What a thread did between the last
 * update and its end is lost. Cost: one small file a thread. */
void flame_cpu_wait_update(flame_cpu_wait *wait, pid_t pid);
void flame_cpu_wait_fini(flame_cpu_wait *wait);

#endif
