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
 * A stack is one that existed: all of it is read twice around the moment when the top frame is read, in one
 * system call, and taken only when what was read before agrees with what was read after, or when every step
 * in it is known from stacks that stood still. Otherwise, after a few attempts, it is missed, and `missed`
 * says why. A thread that moves too fast for that is looked at while its processor is taken, where it stands
 * still, and a look may stand for several samples (`age`).
 *
 * An interpreter belongs to one thread of the caller at a time.
 */
#ifndef FLAME_INTERPRETER_H
#define FLAME_INTERPRETER_H

#include "process.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct flame_interpreter flame_interpreter;

/* The outermost "function" of a stack whose callers beyond the limit of depth are not shown; it has no file.
 */
#define FLAME_TRUNCATED "[stack truncated]"

typedef struct flame_interpreter_options {
    size_t size;   /* sizeof(flame_interpreter_options) */
    bool freeze;   /* stop the process for each sample */
    bool activity; /* find out which threads run: a small file read for each thread and sample */
    bool gil_only; /* leave out threads that do not hold the interpreter lock (their stacks are not read) */
    bool running_only; /* leave out threads that do not run (their stacks are not read); implies `activity` */
    pid_t only;        /* this kernel thread alone; 0: all */
    uint32_t max_depth; /* innermost frames that are shown; FLAME_TRUNCATED stands for the rest; 0: 20000 */
    uint32_t attempts;  /* to read an unmoving stack before it counts as missed; 0: 24 */
    bool holder_works;  /* do not ask whether the holder of the interpreter lock runs: it is UNKNOWN */
    uint64_t interval;  /* nanoseconds between samples, when they come regularly; 0: they do not */
} flame_interpreter_options;

/* What flame_interpreter_open found, whether it failed or not. */
typedef enum flame_python_state {
    FLAME_PYTHON_READY = 0,
    FLAME_PYTHON_STARTING, /* an interpreter, not yet initialised: try again in a millisecond */
    FLAME_PYTHON_NONE,     /* no interpreter in this process (yet: a program may still load one, or exec) */
    FLAME_PYTHON_REFUSED,  /* an interpreter that cannot be read: too old, too new, free-threaded, not CPython
                            */
    FLAME_PYTHON_ENDED,    /* the process has ended */
    FLAME_PYTHON_DENIED    /* not permitted */
} flame_python_state;

typedef struct flame_python_version {
    int major, minor, micro; /* micro is -1 when the process does not say */
    char level;              /* 'a', 'b', 'c' or 'f' (final); 0 when the process does not say */
    int serial;
    bool free_threaded;
    char text[40];    /* "3.13.0", "3.14.0b2", "3.9" */
    const char *file; /* the executable or libpython that holds it, as the process sees it */
} flame_python_version;

/* Find the interpreter of `process` (borrowed until close). `options` may be NULL. On failure *interpreter is
 * NULL, *state (may be NULL) says what kind of failure, and the message names what was found. */
FS_CHECK fs_status flame_interpreter_open(flame_process *process, const flame_interpreter_options *options,
                                          flame_interpreter **interpreter, flame_python_state *state,
                                          fs_error *error);
void flame_interpreter_close(flame_interpreter *interpreter); /* NULL is legal */

const flame_python_version *flame_interpreter_version(const flame_interpreter *interpreter);

/* ---- code objects ---- */

/* Ids count from 0, are never reused, and name equal code equally: code that is made again and again
 * (exec in a loop) keeps one id. Strings are valid UTF-8 and live as long as the interpreter. */
typedef struct flame_code {
    const char *file;     /* co_filename, as the program knows it */
    const char *name;     /* co_name: "<module>", "<listcomp>", "work" */
    const char *qualname; /* co_qualname from 3.11: "Class.method"; the same as name before */
    uint32_t first_line;
} flame_code;

uint32_t flame_interpreter_codes(const flame_interpreter *interpreter);
const flame_code *flame_interpreter_code(const flame_interpreter *interpreter, uint32_t id);

/* ---- samples ---- */

typedef enum flame_missed {
    FLAME_TAKEN = 0,
    FLAME_MISSED_TORN,      /* it moved while it was read, at every attempt */
    FLAME_MISSED_UNMAPPED,  /* a pointer led nowhere (a thread that ends, memory that was freed) */
    FLAME_MISSED_DEEP,      /* its frames take more memory than is read of a thread */
    FLAME_MISSED_CODE,      /* a code object, name or line table that makes no sense */
    FLAME_MISSED_LIST,      /* the list of threads changed while it was read; the sample has no threads */
    FLAME_MISSED_HELD,      /* with `freeze`: another program holds a thread of it; likewise no threads */
    FLAME_MISSED_UNSTOPPED, /* ... or a thread of it did not stop in time */
    FLAME_MISSED_KINDS      /* how many kinds there are */
} flame_missed;

const char *flame_missed_text(flame_missed missed); /* "the stack moved while it was read", ... */

typedef struct flame_frame {
    uint32_t code;        /* id */
    uint32_t line;        /* 0: the instruction belongs to no line */
    uint32_t instruction; /* offset in the code in bytes, for flame_interpreter_position */
} flame_frame;

typedef enum flame_activity { FLAME_ACTIVITY_UNKNOWN = 0, FLAME_RUNNING, FLAME_IDLE } flame_activity;

typedef struct flame_thread_sample {
    pid_t tid;           /* of the kernel; 0 when it could not be found out (before 3.11 it is worked out) */
    uint64_t ident;      /* threading.get_ident() */
    int64_t interpreter; /* 0 for the main one, then the subinterpreters */
    bool holds_gil;
    flame_activity activity; /* UNKNOWN unless options.activity */
    flame_missed missed;     /* depth is 0 unless FLAME_TAKEN */
    bool late;    /* what was on top was gone before it could be read: this is what came after it */
    uint64_t age; /* nanoseconds: it moves too fast to be read each time, the frames were seen so long ago */
    uint32_t depth;            /* 0 with FLAME_TAKEN: the thread runs no Python code now */
    const flame_frame *frames; /* frames[0] is the innermost */
} flame_thread_sample;

typedef struct flame_sample {
    const flame_thread_sample *threads;
    size_t count;
    flame_missed missed; /* FLAME_TAKEN, or a kind for which there is nothing in `threads` */
    uint32_t retries;    /* attempts beyond the first, all threads together */
    uint32_t visits;     /* while the thread's processor was taken, see visit.h */
    uint32_t calls;      /* system calls that read memory */
} flame_sample;

/* Take one sample of all threads (or those that the options ask for). *sample is valid until the next call or
 * close. FS_GONE when the process has ended or called exec (flame_process_life tells which).
 * Cost: one system call for the steady state of a few threads, some microseconds; no allocation then. */
FS_CHECK fs_status flame_interpreter_sample(flame_interpreter *interpreter, const flame_sample **sample,
                                            fs_error *error);

typedef struct flame_position {
    uint32_t line, end_line; /* 0: none */
    uint32_t column,
        end_column; /* bytes from 1; 0: not known (before 3.11, or left out by -X no_debug_ranges) */
} flame_position;

/* Line and columns of a frame. Cost: a walk over the line table. */
flame_position flame_interpreter_position(const flame_interpreter *interpreter, const flame_frame *frame);

/* Bytes held for code objects and buffers. */
size_t flame_interpreter_bytes(const flame_interpreter *interpreter);

#endif
