/*
 * chrome_events.h - what begins and ends in a Chrome trace, as stacks in the order of time (read_chrome.c).
 */
#ifndef FLAME_CHROME_EVENTS_H
#define FLAME_CHROME_EVENTS_H

#include "read_formats.h"

typedef struct flame_trace_event {
    flame_exact at, lasts; /* microseconds */
    uint32_t track;
    uint32_t name;  /* by which an end finds its begin */
    uint32_t frame; /* what the frame is called: the same, or with its place */
    uint32_t order; /* in the input, from 1 */
    char phase;     /* B, E or X */
} flame_trace_event;

/* A frame that is open. */
typedef struct flame_trace_frame {
    uint32_t node, name;
    bool complete; /* ends by itself: */
    flame_exact end;
} flame_trace_frame;

/* All zero but for `in`. */
typedef struct flame_trace_player {
    flame_reading *in;
    flame_trace_frame *stack;
    size_t depth, capacity;
    uint32_t *open; /* by name: how many of the stack an end could be meant for */
    size_t open_count, open_capacity, open_all;
    flame_exact clock;
    uint32_t base;                   /* the node of the thread */
    const flame_trace_event *missed; /* an end whose begin may come yet, at the same time; NULL: none */
} flame_trace_player;

void flame_trace_player_fini(flame_trace_player *player);

/* By track and time. At one time what begins and ends comes as it was written, then what is complete, the
 * longest outermost. */
void flame_trace_events_sort(flame_trace_event *events, size_t count);

/* Count the stacks of one track's events, which are sorted, below `base`. O(count). */
FS_CHECK fs_status flame_trace_play(flame_trace_player *player, uint32_t base,
                                    const flame_trace_event *events, size_t count, fs_error *error);

#endif
