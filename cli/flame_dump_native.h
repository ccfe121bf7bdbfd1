/*
 * flame_dump_native.h - the native stacks of a process that was stopped for a moment, for `flame dump
 * --native`: copied meanwhile, unwound and merged with the Python frames afterwards.
 */
#ifndef CLI_FLAME_DUMP_NATIVE_H
#define CLI_FLAME_DUMP_NATIVE_H

#include "interpreter.h"
#include "native_merge.h"
#include "native_names.h"

typedef struct flame_dump_native flame_dump_native;

/* A thread of the process; those of Python come in the order of the sample, then the others. */
typedef struct flame_dump_thread {
    pid_t tid;
    flame_activity activity;
    merged_stack stack;
    bool copied; /* false: it ended, or did not stop, and `stack` is empty */
} flame_dump_thread;

/* `process` is borrowed. Notes which threads run. */
FS_CHECK fs_status flame_dump_native_create(flame_process *process, flame_dump_native **native,
                                            fs_error *error);
void flame_dump_native_destroy(flame_dump_native *native); /* NULL is legal */

/* While all threads are stopped (flame_freeze): copy their registers and stacks. `interpreter` may be NULL,
 * and the sample was taken while they were. */
FS_CHECK fs_status flame_dump_native_copy(flame_dump_native *native, flame_interpreter *interpreter,
                                          const flame_sample *sample, fs_error *error);

/* Afterwards: unwind and merge. `all`: with the interpreter's own frames. */
FS_CHECK fs_status flame_dump_native_merge(flame_dump_native *native, flame_interpreter *interpreter,
                                           const flame_sample *sample, bool all, fs_error *error);

const flame_dump_thread *flame_dump_native_threads(const flame_dump_native *native, size_t *count);

/* The function and the place in the source of a native frame. */
FS_CHECK fs_status flame_dump_native_name(flame_dump_native *native, uint32_t place,
                                          native_function *function, uint32_t *line, fs_error *error);

#endif
