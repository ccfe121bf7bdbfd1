/*
 * still_frames.h - frames and threads of an interpreter that stands still (stopped, or a core file): what is
 * read belongs together, so it is read piece by piece as it is needed.
 */
#ifndef FLAME_STILL_FRAMES_H
#define FLAME_STILL_FRAMES_H

#include "python_object.h"

typedef struct still_frame {
    uint64_t address, previous, code;
    uint64_t counter; /* as python_counter says */
    bool shown;       /* it runs Python code: not one of the interpreter's own */
} still_frame;

/* False: it cannot be read. */
bool still_frame_read(object_memory *memory, uint64_t address, still_frame *frame);

/* Where its variables' slots begin. */
uint64_t still_frame_slots(const object_memory *memory, uint64_t address);

typedef struct still_thread {
    uint64_t state, interpreter; /* addresses of PyThreadState and PyInterpreterState */
    int64_t interpreter_id;
    uint64_t ident;
    uint64_t top; /* frame; 0: none */
} still_thread;

/* Call `visit` for each thread of each interpreter, in their order. */
void still_threads(object_memory *memory, uint64_t runtime,
                   void (*visit)(void *context, const still_thread *), void *context);

#endif
