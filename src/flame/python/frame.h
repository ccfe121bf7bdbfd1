/*
 * frame.h - what a sample is made of: frames and the code that they run, and what became of a stack that was
 * to be read.
 */
#ifndef FLAME_FRAME_H
#define FLAME_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* ---- code objects ---- */

/* Ids count from 0, are never reused, and name equal code equally: code that is made again and again
 * (exec in a loop) keeps one id. Strings are valid UTF-8 and live as long as the interpreter. */
typedef struct flame_code {
    const char *file;     /* co_filename, as the program knows it */
    const char *name;     /* co_name: "<module>", "<listcomp>", "work" */
    const char *qualname; /* co_qualname from 3.11: "Class.method"; the same as name before */
    uint32_t first_line;
} flame_code;

/* The outermost "function" of a stack whose callers beyond the limit of depth are not shown; it has no file.
 */
#define FLAME_TRUNCATED "[stack truncated]"

/* The "function" that a thread is in while it collects garbage, called by what set that off; likewise. */
#define FLAME_COLLECTION "<garbage collection>"

/* The functions of asyncio that run tasks and callbacks, as one; likewise. */
#define FLAME_EVENT_LOOP "<event loop>"

/* One of these, not a program's function. */
static inline bool flame_code_is_mark(const flame_code *code)
{
    return !code->file[0] &&
           (strcmp(code->name, FLAME_TRUNCATED) == 0 || strcmp(code->name, FLAME_COLLECTION) == 0 ||
            strcmp(code->name, FLAME_EVENT_LOOP) == 0);
}

/* ---- frames ---- */

typedef struct flame_frame {
    uint32_t code;        /* id */
    uint32_t line;        /* 0: the instruction belongs to no line */
    uint32_t instruction; /* offset in the code in bytes, for flame_interpreter_position */
} flame_frame;

/* One call of the interpreter's function that evaluates Python code, which may run several frames. */
typedef struct flame_evaluation {
    uint32_t
        frames;    /* of the stack, next to those of the evaluation before; 0: it is being entered or left */
    uint64_t mark; /* an address in that call's own frame, on the native stack; 0: nothing tells (to 3.10) */
} flame_evaluation;

/* In place of a mark: the frames belong to no such call. So does the outermost frame that the interpreter
 * gives each thread, with which a collection of garbage may be that runs outside of all Python code. */
#define FLAME_NO_EVALUATION UINT64_MAX

typedef struct flame_position {
    uint32_t line, end_line; /* 0: none */
    uint32_t column,
        end_column; /* bytes from 1; 0: not known (before 3.11, or left out by -X no_debug_ranges) */
} flame_position;

/* ---- outcomes ---- */

typedef enum flame_missed {
    FLAME_TAKEN = 0,
    FLAME_MISSED_TORN,      /* it moved while it was read, at every attempt */
    FLAME_MISSED_UNMAPPED,  /* a pointer led nowhere (a thread that ends, memory that was freed) */
    FLAME_MISSED_DEEP,      /* its frames take more memory than is read of a thread */
    FLAME_MISSED_CODE,      /* a code object, name or line table that makes no sense */
    FLAME_MISSED_LIST,      /* the list of threads changed while it was read; the sample has no threads */
    FLAME_MISSED_HELD,      /* with `freeze`: another program holds a thread of it; likewise no threads */
    FLAME_MISSED_UNSTOPPED, /* ... or a thread of it did not stop in time */
    FLAME_MISSED_UNREAD,  /* a thread that is read at some ticks only (interpreter.h), after the last of them
                           */
    FLAME_MISSED_DROPPED, /* the kernel dropped it (perf_events.h) */
    FLAME_MISSED_KINDS    /* how many kinds there are */
} flame_missed;

const char *flame_missed_text(flame_missed missed); /* "the stack moved while it was read", ... */

#endif
