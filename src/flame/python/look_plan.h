/*
 * look_plan.h - which samples of a thread are looks, and for how long a look stands for those between.
 *
 * A look takes of the program's time, so there is one in each stretch of samples, at a random one of them:
 * so looks keep time with nothing that the program does. A stretch is counted in samples, not in time, since
 * the thread may wait in between; it is as long as it takes for looks to keep to their part of the time.
 */
#ifndef FLAME_LOOK_PLAN_H
#define FLAME_LOOK_PLAN_H

#include "random.h"

#include <stdbool.h>
#include <stdint.h>

/* All zero: no look was planned yet. */
typedef struct look_plan {
    uint32_t left;    /* samples of this stretch that are still to come */
    uint32_t look_in; /* ... and those of them before the look */
    uint64_t stands;  /* nanoseconds that a look may stand for */
} look_plan;

/* Is the next sample to be a look? `rest`: nanoseconds from look to look, on average; samples come every
 * `interval` nanoseconds, which is not 0. */
bool look_plan_next(look_plan *plan, double rest, uint64_t interval, fs_random *random);

/* Will that say so? False also when it is not known yet. */
bool look_plan_is_next(const look_plan *plan);

/* May a look from `age` nanoseconds ago stand for this sample? */
bool look_plan_stands(const look_plan *plan, uint64_t age);

#endif
