/*
 * perf_events.h - what the kernel tells of all programs of this machine through its perf events
 * (perf_event_open(2)): of each processor as often as asked what runs on it, in the kernel and in the
 * program, and which programs begin, map code and end.
 *
 * One event a processor, on a clock, so that a program that lives for less than a period is seen as often as
 * it runs; one that is counted for itself would have to live for a whole period first. The kernel copies the
 * registers and the top of the stack at that moment; nobody is stopped, and nobody has to be read.
 */
#ifndef FLAME_PERF_EVENTS_H
#define FLAME_PERF_EVENTS_H

#include "process.h"
#include "registers.h"
#include "status.h"

typedef struct flame_events flame_events;

typedef enum flame_event_kind {
    FLAME_EVENT_SAMPLE,
    FLAME_EVENT_BEGIN, /* of a thread, or (tid == pid) of a process */
    FLAME_EVENT_EXEC,
    FLAME_EVENT_MAP, /* code */
    FLAME_EVENT_END, /* of a thread */
    FLAME_EVENT_LOST /* for want of room, or since they took the kernel too long */
} flame_event_kind;

typedef struct flame_event {
    flame_event_kind kind;
    uint64_t time; /* fs_clock_nanoseconds */
    pid_t pid, tid;
    pid_t parent;     /* BEGIN: the process that it is from */
    const char *name; /* EXEC: the program's, at most 15 bytes */
    flame_map map;    /* MAP */
    uint64_t lost;    /* LOST: how many */
    /* SAMPLE: */
    const uint64_t *kernel; /* addresses of the kernel's code, innermost first */
    size_t kernel_count;
    bool has_registers; /* of the program, and its stack from the stack pointer on; else it has none */
    flame_registers registers;
    const uint8_t *stack;
    size_t stack_length;
} flame_event;

/* Begin at once. FS_PERMISSION: not permitted, with what to do; FS_UNSUPPORTED: this kernel has none. Memory:
 * a quarter of a second of samples for each processor. */
FS_CHECK fs_status flame_events_open(double rate, flame_events **events, fs_error *error);
void flame_events_close(flame_events *events); /* NULL is legal */

/* All that came since the last call, in the order of time, but for the latest, which others may still precede
 * (`last`: those too). To be called every hundredth of a second or so. What an event points to is valid
 * during the visit; a visit that fails ends it. FS_MEMORY. */
FS_CHECK fs_status flame_events_read(flame_events *events, bool last,
                                     fs_status (*visit)(void *context, const flame_event *event,
                                                        fs_error *error),
                                     void *context, fs_error *error);

#endif
