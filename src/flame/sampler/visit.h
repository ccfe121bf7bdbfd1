/*
 * visit.h - looking at a thread from the processor that it runs on.
 *
 * While the caller runs on that processor, the thread cannot: all that is read of it stands still, though
 * nobody has stopped it and nothing can be left stopped. It is the scheduler that makes it wait, as it does
 * for any other program, for as long as the visit lasts: some twenty microseconds.
 */
#ifndef FLAME_VISIT_H
#define FLAME_VISIT_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct flame_visit {
    cpu_set_t home;     /* where the caller may run otherwise */
    uint64_t runtime;   /* the caller's time slice before, nanoseconds; 0: the system's */
    long interruptions; /* of the caller, when it arrived */
    double busy;        /* seconds of processor time, likewise */
    int stat;           /* the thread's file in /proc */
    int processor;
    bool sliced; /* the time slice was changed */
} flame_visit;

/* Go there. False, and nothing has changed: the thread does not run, or it runs where the caller may not. */
bool flame_visit_begin(flame_visit *visit, pid_t pid, pid_t tid);

/* Has the thread waited from the beginning of the visit until now? */
bool flame_visit_undisturbed(const flame_visit *visit);

/* Go back. Returns how long the caller had the processor, in nanoseconds. */
double flame_visit_end(flame_visit *visit);

#endif
