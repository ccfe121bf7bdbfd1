/*
 * timeline.h - which stack each thread had when, for recordings that keep the order in time. Ticks at which
 * nothing of a thread was taken are gaps. Memory: 16 bytes whenever a thread's stack is another one.
 */
#ifndef FLAME_TIMELINE_H
#define FLAME_TIMELINE_H

#include "status.h"

#include <stddef.h>
#include <stdint.h>

/* One stack at `count` ticks in a row, the first of which is `tick`. */
typedef struct flame_stretch {
    uint64_t tick;
    uint32_t node; /* of the calls (calls.h) */
    uint32_t count;
} flame_stretch;

typedef struct flame_timeline {
    flame_stretch *items; /* of all threads */
    size_t count, capacity;
} flame_timeline;

void flame_timeline_fini(flame_timeline *timeline);

/* At `count` ticks from `tick` on a thread's stack is `node`. *last is the thread's own, 0 before its first.
 */
FS_CHECK fs_status flame_timeline_add(flame_timeline *timeline, size_t *last, uint64_t tick, uint32_t count,
                                      uint32_t node, fs_error *error);

#endif
