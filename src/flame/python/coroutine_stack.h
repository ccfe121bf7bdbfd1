/*
 * coroutine_stack.h - the stack of a coroutine that waits: its frame, that of what it awaits, and so on.
 */
#ifndef FLAME_COROUTINE_STACK_H
#define FLAME_COROUTINE_STACK_H

#include "still_frames.h"

typedef struct coroutine_stack {
    still_frame *frames; /* outermost first; the caller frees them with fs_free */
    size_t count, capacity;
    uint64_t running; /* address of the frame that is on a thread's stack, with all that it awaits; 0: none */
    bool done;        /* the coroutine has ended */
    bool failed;      /* out of memory */
} coroutine_stack;

/* Fill a zeroed stack from a coroutine (or a generator of the old kind). */
void coroutine_stack_read(object_memory *memory, uint64_t coroutine, coroutine_stack *stack);

#endif
