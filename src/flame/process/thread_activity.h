/*
 * thread_activity.h - whether a thread of another process runs, and whether it has run since last time, from
 * two small files of /proc.
 */
#ifndef FLAME_THREAD_ACTIVITY_H
#define FLAME_THREAD_ACTIVITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Running: on a processor, or ready and waiting for one. */
typedef enum flame_activity { FLAME_ACTIVITY_UNKNOWN = 0, FLAME_RUNNING, FLAME_IDLE } flame_activity;

typedef struct thread_activity {
    int schedstat, syscall; /* kept open; 0: not open, -1: cannot be */
    uint64_t time_slices;   /* that it has had, as read last */
    flame_activity activity;
    bool known;
} thread_activity;

void thread_activity_fini(thread_activity *activity);

/* Ask now. `frozen`: the thread is stopped, and what it did before is asked. *still: it has not run since the
 * last call (nor does it run now), as the kernel's count of its time slices shows. Costs half a microsecond
 * for a thread that has slept all along, some more for others. */
flame_activity thread_activity_read(thread_activity *activity, pid_t pid, pid_t tid, bool frozen,
                                    bool *still);

/* Where in the program a thread sleeps: its stack pointer and its program counter. False: it does not sleep,
 * or the kernel does not say. */
bool thread_activity_place(pid_t pid, pid_t tid, uint64_t *stack, uint64_t *counter);

/* How often a thread has gone to sleep (or stopped), by its own doing: preemption does not count. 0: the
 * kernel does not say. */
uint64_t thread_activity_sleeps(pid_t pid, pid_t tid);

#endif
