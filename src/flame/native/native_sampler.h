/*
 * native_sampler.h - samples of the native stacks of a process: all threads that run, each stopped for the
 * copy of its registers and the top of its stack, and unwound after it runs again.
 *
 * A thread that is ready but waits for a processor stops when it gets one, and until then its stack does not
 * change: nobody waits for it, and what is then copied stands for all the samples that came meanwhile
 * (`ticks`).
 */
#ifndef FLAME_NATIVE_SAMPLER_H
#define FLAME_NATIVE_SAMPLER_H

#include "native.h"

typedef struct flame_native_sampler flame_native_sampler;

typedef struct flame_native_sampler_options {
    bool idle;  /* sleeping threads too: they are stopped once each time they fall asleep */
    pid_t only; /* this kernel thread alone; 0: all */
    /* Called for each thread while it stands still, once its registers and stack were copied; NULL: nobody
     * is. `copy` counts the copies of that thread. */
    void (*held)(void *context, pid_t tid, uint64_t copy);
    void *context;
} flame_native_sampler_options;

/* `process` and `native` are borrowed until destroy. Without `native` (NULL) what `held` reads is all that is
 * wanted: stacks are neither copied nor unwound, and have no depth. */
FS_CHECK fs_status flame_native_sampler_create(flame_process *process, flame_native *native,
                                               const flame_native_sampler_options *options,
                                               flame_native_sampler **sampler, fs_error *error);
void flame_native_sampler_destroy(flame_native_sampler *sampler); /* lets all threads go; NULL is legal */

typedef enum flame_native_outcome {
    FLAME_NATIVE_TAKEN,
    FLAME_NATIVE_COPY_SHORT, /* the stack is deeper than what was copied; more is copied from now on */
    FLAME_NATIVE_HELD,       /* another tracer has the thread */
    FLAME_NATIVE_UNSTOPPED   /* it did not stop in time */
} flame_native_outcome;

typedef struct flame_native_thread {
    pid_t tid;
    bool running; /* or ready to, when it was asked to stop */
    flame_native_outcome outcome;
    uint32_t ticks; /* how many samples it stands for; 0: it has not stopped yet, and a later one stands for
                       this */
    bool earlier;   /* it stands for samples before this one, since the thread was asked to stop */
    uint32_t depth; /* 0 unless FLAME_NATIVE_TAKEN */
    const uint32_t *places; /* innermost first */
    const uint64_t *frames; /* as in flame_native_stack */
    flame_native_end end;
    uint64_t copy; /* number of the one that it is from */
} flame_native_thread;

typedef struct flame_native_sample {
    const flame_native_thread *threads;
    size_t count;
    double held; /* seconds that threads stood still, added up */
} flame_native_sample;

/* Valid until the next call. FS_GONE: the process has ended or called exec (flame_process_life tells which).
 * FS_PERMISSION: it may not be stopped any more. Cost: some fifteen microseconds a thread that runs, a
 * microsecond for one that sleeps. */
FS_CHECK fs_status flame_native_sampler_take(flame_native_sampler *sampler, flame_native_sample *sample,
                                             fs_error *error);

/* Copy and let go the threads that were asked to stop and did so later. True while there are others. Call it
 * when the signal SIGCHLD tells of a stop; what is copied comes with the next sample. */
bool flame_native_sampler_collect(flame_native_sampler *sampler);

/* Let go the threads that were asked to stop, once each has (a second at most): before the caller is busy
 * with something else. What they stood for is lost. */
void flame_native_sampler_rest(flame_native_sampler *sampler);

#endif
