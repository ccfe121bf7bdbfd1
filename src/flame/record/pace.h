/*
 * pace.h - when to take the next sample. Deadlines are start + k / rate, worked out from k each time, so that
 * no rounding and no lateness ever accumulates; a tick whose whole period was missed is skipped and counted.
 */
#ifndef FLAME_PACE_H
#define FLAME_PACE_H

#include <stdint.h>

typedef struct flame_pace {
    double period;       /* nanoseconds */
    uint64_t start;      /* fs_clock_nanoseconds */
    uint64_t tick;       /* index of the tick being waited for; tick 0 is due at once */
    uint64_t begun;      /* ticks begun */
    uint64_t skipped;    /* ticks whose whole period went by */
    uint64_t late;       /* ticks begun more than half a period (but less than one) after their time */
    uint64_t worst_late; /* nanoseconds */
} flame_pace;

void flame_pace_start(flame_pace *pace, double rate, uint64_t now);

/* When the tick that is waited for is due. */
uint64_t flame_pace_due(const flame_pace *pace);

/* When the one after it is. */
uint64_t flame_pace_next(const flame_pace *pace);

/* The tick begins at `now` (not before it is due): count its lateness and move on to the next. */
void flame_pace_begin(flame_pace *pace, uint64_t now);

/* Recording ends at `end`: the ticks due before it that never began went by. */
void flame_pace_finish(flame_pace *pace, uint64_t end);

/* Forget the time between the tick waited for and `now` (the recorder itself was stopped, or the target was
 * away): the next tick is due at once and nothing is counted as skipped. */
void flame_pace_resume(flame_pace *pace, uint64_t now);

#endif
