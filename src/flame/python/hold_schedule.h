/*
 * hold_schedule.h - at which ticks a running thread is held.
 *
 * To hold a thread takes of the program's time, so there is one held sample in each window of ticks, at a
 * random one of them, so in step with nothing that the program does. A window is counted in ticks, not in
 * time, since the threads may wait in between; it is as long as it takes for holds to keep to their part of
 * the time.
 */
#ifndef FLAME_HOLD_SCHEDULE_H
#define FLAME_HOLD_SCHEDULE_H

#include "random.h"

#include <stdbool.h>
#include <stdint.h>

/* All zero: no held sample was scheduled yet. */
typedef struct hold_schedule {
    uint32_t window;  /* ticks of the last window that was begun */
    uint32_t left;    /* ... that are still to come */
    uint32_t hold_in; /* ... and those of them before the held one */
} hold_schedule;

/* Is the next tick's sample to be a held one? `rest`: nanoseconds from one of those to the next, on average;
 * ticks come every `interval` nanoseconds, which is not 0. */
bool hold_schedule_next(hold_schedule *schedule, double rest, uint64_t interval, fs_random *random);

/* Will that say so? False also when it is not known yet. */
bool hold_schedule_is_next(const hold_schedule *schedule);

#endif
