/*
 * thread_stack_private.h - what the files that work out one thread's stack share: the walk along a chain of
 * frames (thread_walk.c), the steps in it that are known (thread_steps.c), and what is made of both
 * (thread_stack.c).
 */
#ifndef FLAME_THREAD_STACK_PRIVATE_H
#define FLAME_THREAD_STACK_PRIVATE_H

#include "thread_stack.h"

enum {
    INNER = 4,  /* frames from the top on that are read twice where others need not be */
    CONTEXT = 3 /* frames above a callee that make it another callee */
};

/* ---- thread_walk.c ---- */

typedef struct frame_header {
    uint64_t previous, code, counter;
    uint8_t owner;
} frame_header;

typedef struct stack_walk {
    uint64_t generation, generation_before;
    bool has_before;
    bool asked;         /* some code needed more than the counter */
    int64_t changed;    /* index of the outermost shown frame that is not what it was there; -1: none */
    bool root_moved;    /* the outermost frame is another, or has another link, in the other copy */
    bool root_suspends; /* the outermost frame is a generator's or coroutine's */
    int64_t moved;      /* index of the outermost shown frame that differs between the copies; -1: none */
    uint32_t top_code;  /* id of the innermost shown frame's; UINT32_MAX: not known */
    bool entering;      /* the top frame is one of the interpreter's own */
    uint32_t repaired;  /* links that were put back: what lies beyond may be of the past */
    uint32_t root_code; /* id of the outermost shown frame's code */
    bool orphan_called; /* a generator of thread->orphan_code has a caller */
} stack_walk;

frame_header frame_parse(const python_layout *layout, const uint8_t *frame);

/* On the interpreter's data stack frames lie one after the other, and a waiting one does not change at all.
 */
bool frame_on_data_stack(const python_layout *layout, const frame_header *frame);

/* On the data stack all frames come in a span or two anyway, so all are read twice. */
bool frames_read_twice(const python_layout *layout);

/* Read this frame from now on; `raw` counts from the top. False when out of memory. */
bool stack_want_frame(const stack_reader *reader, stack_thread *thread, uint64_t address, size_t raw,
                      bool stacked);

/* The address of the top frame, as the thread state says that was read; 0 with STACK_OK: there is none. */
uint64_t stack_top_frame(const stack_reader *reader, stack_thread *thread, stack_outcome *outcome);

/* Walk the chain in one of the copies, into thread->out. STACK_AGAIN: something on it was not read. */
stack_outcome stack_walk_copy(stack_reader *reader, stack_thread *thread, uint64_t top, unsigned copy,
                              stack_walk *state);

/* Follow the chain from `frame` on in the other process, adding what it is made of to what will be read.
 * STACK_AGAIN when that went well. */
stack_outcome stack_explore(stack_reader *reader, stack_thread *thread, uint64_t frame);

/* What was taken for this code object is another: read it again. STACK_AGAIN when that went well. */
stack_outcome stack_code_renew(stack_reader *reader, stack_thread *thread, code_entry **entry);

/* ---- thread_steps.c ---- */

/* Step i is that from frame i + 1 to frame i. The end of the chain counts as one too: nobody calls that
 * frame. What step i calls, as a number: the frame's code, and what that has called in turn, up to `context`
 * frames. A wrapper that all kinds of functions go through is another thing for each of them. */
uint64_t step_callee(const stack_thread *thread, uint32_t i, uint32_t context);

bool step_known(const stack_reader *reader, const stack_thread *thread, uint32_t i);
bool step_known_with(const stack_reader *reader, const stack_thread *thread, uint32_t i, uint32_t context);

/* False when out of memory. */
bool step_learn(stack_reader *reader, const stack_thread *thread, uint32_t i);

/* The stack as a number. */
uint64_t stack_hash(const stack_thread *thread);

/* Who called this frame when it said so last; 0: not known. */
void links_forget(stack_thread *thread);
uint64_t link_remembered(const stack_thread *thread, uint64_t frame, uint64_t code);

/* Remember the callers of frames that lose their link when they are left: all but those on the data stack.
 * False when out of memory. */
bool links_remember(const stack_reader *reader, stack_thread *thread);

#endif
