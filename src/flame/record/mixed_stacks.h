/*
 * mixed_stacks.h - inside the record folder: the Python stacks of threads that the native sampler holds, read
 * while they stand still, with the tasks that wait for what they run, and merged with the native ones
 * (native_merge.h) when those are unwound.
 */
#ifndef FLAME_MIXED_STACKS_H
#define FLAME_MIXED_STACKS_H

#include "interpreter.h"
#include "native_merge.h"
#include "native_sampler.h"

typedef struct mixed_stacks mixed_stacks;

typedef struct mixed_stacks_options {
    bool native;     /* with native frames; else Python's alone */
    bool native_all; /* ... the interpreter's own as well */
    bool tasks; /* below a task of asyncio those that wait for it; of an interpreter that was opened so */
} mixed_stacks_options;

/* The first two are borrowed. FS_MEMORY. */
FS_CHECK fs_status mixed_stacks_create(flame_interpreter *interpreter, flame_native *native,
                                       const mixed_stacks_options *options, mixed_stacks **stacks,
                                       fs_error *error);
void mixed_stacks_destroy(mixed_stacks *stacks); /* NULL is legal */

/* For the native sampler's options: `held`, with the stacks as context. */
void mixed_stacks_read(void *stacks, pid_t tid, uint64_t copy);

typedef struct mixed_stack {
    const merged_stack *stack;
    flame_thread_sample
        python;     /* its frames, behind which are those of tasks that wait, which the stack names too;
                       `missed` says why they could not be read, and there is no stack */
    bool is_python; /* it is a thread of Python */
} mixed_stack;

/* The stack of a thread that was taken. Valid until the next call. FS_MEMORY, also when that was lacking in
 * mixed_stacks_read. */
FS_CHECK fs_status mixed_stacks_merge(mixed_stacks *stacks, const flame_native_thread *native,
                                      mixed_stack *mixed, fs_error *error);

#endif
