/*
 * interpreter.h - a CPython interpreter in another process, and one sample of its stacks.
 *
 *     flame_process_open(pid, &process, &error);
 *     flame_interpreter_open(process, NULL, &interpreter, &state, &error);   // again while it is STARTING
 *     for (;;) {
 *         flame_interpreter_sample(interpreter, &sample, &error);
 *         for each sample->threads[i] whose .missed is FLAME_TAKEN:
 *             frames[0] is where it stands, frames[depth - 1] the outermost caller
 *     }
 *
 * A stack is one that existed: it is read twice around the moment when the top frame is read, in one system
 * call, and taken only when both copies are the same (thread_stack.h). A thread that moves too fast for that
 * is read while its processor is held, where it stands still; that takes of its time, so it is done only at
 * some of the samples, and the stack stands for the others as well (`ticks`). What could not be read is
 * missed, and `missed` says why.
 *
 * An interpreter belongs to one thread of the caller at a time.
 */
#ifndef FLAME_INTERPRETER_H
#define FLAME_INTERPRETER_H

#include "frame.h"
#include "process.h"
#include "python_version.h"
#include "status.h"
#include "thread_activity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct flame_interpreter flame_interpreter;

/* Which threads are sampled; the stacks of others are not read. */
typedef enum flame_threads {
    FLAME_THREADS_ALL = 0,
    FLAME_THREADS_AT_WORK, /* that run or hold the interpreter lock; whether who holds that runs is not asked
                            */
    FLAME_THREADS_RUNNING,
    FLAME_THREADS_HOLDER /* that holds the interpreter lock; not for free-threaded builds */
} flame_threads;

typedef struct flame_interpreter_options {
    size_t size;           /* sizeof(flame_interpreter_options) */
    flame_threads threads; /* but for HOLDER this takes a small file read for each thread and sample */
    bool activity;         /* of ALL, say which run */
    bool freeze;           /* stop the process for each sample */
    pid_t only;            /* this kernel thread alone; 0: all */
    uint32_t max_depth; /* innermost frames that are shown; FLAME_TRUNCATED stands for the rest; 0: 20000 */
    uint32_t attempts;  /* to read an unmoving stack before it counts as missed; 0: 24 */
    double budget;      /* part of the program's time that holding its threads may take; 0: 0.006 */
    bool calls_only;    /* leave FLAME_COLLECTION out */
    bool tasks;         /* flame_interpreter_awaiters will be asked */
    uint64_t interval;  /* nanoseconds between samples, when they come regularly; 0: they do not */
} flame_interpreter_options;

/* Find the interpreter of `process` (borrowed until close). `options` may be NULL. On failure *interpreter is
 * NULL, *state (may be NULL) says what kind of failure, and the message names what was found. */
FS_CHECK fs_status flame_interpreter_open(flame_process *process, const flame_interpreter_options *options,
                                          flame_interpreter **interpreter, flame_python_state *state,
                                          fs_error *error);
void flame_interpreter_close(flame_interpreter *interpreter); /* NULL is legal */

const flame_python_version *flame_interpreter_version(const flame_interpreter *interpreter);

/* ---- code objects ---- */

uint32_t flame_interpreter_codes(const flame_interpreter *interpreter);
const flame_code *flame_interpreter_code(const flame_interpreter *interpreter, uint32_t id);

/* ---- samples ---- */

typedef struct flame_thread_sample {
    pid_t tid;           /* of the kernel; 0 when it could not be found out (before 3.11 it is worked out) */
    uint64_t ident;      /* threading.get_ident() */
    int64_t interpreter; /* 0 for the main one, then the subinterpreters */
    bool holds_gil;
    flame_activity activity;   /* UNKNOWN of ALL without options.activity, and of the holder AT_WORK */
    flame_missed missed;       /* depth is 0 unless FLAME_TAKEN */
    uint32_t ticks;            /* that it stands for: this one, and others before at which the thread was not
                                  read; 0: it was not read now, and a later one stands for this */
    uint32_t depth;            /* 0 with FLAME_TAKEN: the thread runs no Python code now */
    const flame_frame *frames; /* frames[0] is the innermost */
} flame_thread_sample;

typedef struct flame_sample {
    const flame_thread_sample *threads;
    size_t count;
    flame_missed missed; /* FLAME_TAKEN, or a kind for which there is nothing in `threads` */
    uint32_t retries;    /* attempts beyond the first, all threads together */
    uint32_t holds;      /* of a thread's processor, see cpu_hold.h */
    uint32_t calls;      /* system calls that read memory */
} flame_sample;

/* Take one sample of all threads (or those that the options ask for). *sample is valid until the next call or
 * close. FS_GONE when the process has ended or called exec (flame_process_life tells which).
 * Cost: one system call for the steady state of a few threads, some microseconds; no allocation then. */
FS_CHECK fs_status flame_interpreter_sample(flame_interpreter *interpreter, const flame_sample **sample,
                                            fs_error *error);

/* ---- threads that stand still (ptrace_stop.h), one by one ---- */

/* Bring the list of threads up to date, without their stacks: before some are stopped. What
 * flame_interpreter_sample says. Cost: one system call. */
FS_CHECK fs_status flame_interpreter_list(flame_interpreter *interpreter, fs_error *error);

/* The stack of a thread that stands still; false when none that was listed runs as `tid`. `activity` is not
 * asked for, `ticks` is 1, `frames` are valid until that thread is read again. Cost: two or three system
 * calls. */
FS_CHECK fs_status flame_interpreter_read_still(flame_interpreter *interpreter, pid_t tid, bool *found,
                                                flame_thread_sample *thread, fs_error *error);

/* The evaluations that run the frames of a thread, innermost first: of one that was just read, or is in the
 * last sample, and still stands as it was. The frames of a stack that is cut may belong to none. False: they
 * cannot be read, or there is no stack. Cost: to 3.10 and from 3.12 on none, else a system call for each. */
bool flame_interpreter_evaluations(flame_interpreter *interpreter, const flame_thread_sample *thread,
                                   const flame_evaluation **evaluations, size_t *count);

/* What stands below the task of asyncio that a thread runs, in place of the thread's own frames. */
typedef struct flame_awaiters {
    uint32_t own;              /* frames of the thread, the innermost ones, that stay: those of the task that
                                  it runs, or of a callback; all, without asyncio */
    const flame_frame *frames; /* then the coroutines of the task that waits for this one, of the one that
                                  waits for that, and so on, innermost first; then the thread's own frames,
                                  with FLAME_EVENT_LOOP for those of the event loop */
    size_t count;
} flame_awaiters;

/* Of a thread that was just read and still stands as it was, of an interpreter with the option `tasks`. Valid
 * until the next call. FS_MEMORY. Cost: some 20 reads of memory that is kept by pages for each task. */
FS_CHECK fs_status flame_interpreter_awaiters(flame_interpreter *interpreter,
                                              const flame_thread_sample *thread, flame_awaiters *awaiters,
                                              fs_error *error);

/* What threading calls the thread of a sample just taken (thread_name.h). False when threading has not
 * started it, or its name could not be read. */
bool flame_interpreter_thread_name(const flame_interpreter *interpreter, const flame_thread_sample *thread,
                                   char *name, size_t room);

/* Line and columns of a frame. Cost: a walk over the line table. */
flame_position flame_interpreter_position(const flame_interpreter *interpreter, const flame_frame *frame);

/* Bytes held for code objects and buffers. */
size_t flame_interpreter_bytes(const flame_interpreter *interpreter);

#endif
