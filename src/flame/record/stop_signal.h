/*
 * stop_signal.h - inside the record folder: being woken when a thread stops that was asked to while it waited
 * for a processor. The kernel tells the tracer by SIGCHLD, which is blocked meanwhile and read from a
 * descriptor.
 */
#ifndef FLAME_STOP_SIGNAL_H
#define FLAME_STOP_SIGNAL_H

#include <signal.h>
#include <stdbool.h>

typedef struct flame_stop_signal {
    int file;                /* -1: none */
    sigset_t before;         /* the calling thread's signal mask */
    struct sigaction action; /* ... and what the process did about SIGCHLD */
    sigset_t waiting;        /* the mask while waiting: that of the caller, and SIGCHLD stays blocked */
    bool has_waiting;
} flame_stop_signal;

/* `waiting` (may be NULL) is the mask that the caller waits with. Threads that were there before this call
 * must block SIGCHLD themselves. Without descriptors left the stops are only seen at the next tick. */
void flame_stop_signal_open(flame_stop_signal *stops, const sigset_t *waiting);
void flame_stop_signal_close(flame_stop_signal *stops);

/* Forget the signals until now. */
void flame_stop_signal_drain(const flame_stop_signal *stops);

#endif
