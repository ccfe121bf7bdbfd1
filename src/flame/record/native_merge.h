/*
 * native_merge.h - the Python and the native frames of one thread in one stack, in calling order.
 *
 * Python code is run by a native function of the interpreter's, which evaluates one or several Python frames
 * a call (flame_evaluation). Those frames stand in the merged stack where that call stands in the native one.
 * Which call evaluates which frames is told by an address: from 3.11 on each call has something of the
 * interpreter's in its own part of the native stack (a _PyCFrame; from 3.12 the frame that stands for the
 * call). To 3.10, where nothing tells, both are counted. Where that does not agree nothing is guessed: the
 * native frames come first, then FLAME_NATIVE_UNORDERED, then those of Python.
 */
#ifndef FLAME_NATIVE_MERGE_H
#define FLAME_NATIVE_MERGE_H

#include "frame.h"
#include "native.h"

typedef enum merged_kind { MERGED_PYTHON, MERGED_NATIVE } merged_kind;

typedef struct merged_frame {
    merged_kind kind;
    uint32_t index; /* of the Python stack, or a native place */
} merged_frame;

typedef struct merged_stack {
    merged_frame *frames; /* innermost first */
    size_t count, capacity;
    bool unordered; /* FLAME_NATIVE_UNORDERED is among them */
} merged_stack;

typedef enum place_kind {
    PLACE_NEW, /* not known yet */
    PLACE_OTHER,
    PLACE_SYSTEM,      /* of the libraries that start threads and programs */
    PLACE_INTERPRETER, /* of the interpreter */
    PLACE_EVALUATION   /* ... its function that runs Python code */
} place_kind;

/* What is known of native places, for one process: init with zeros and what is borrowed. */
typedef struct native_merge {
    flame_native *native;
    const char *interpreter; /* the file that it is in, as the process sees it; NULL: no Python */
    bool all;                /* keep the interpreter's own frames */
    uint8_t *kinds;          /* of each place */
    size_t kind_capacity;
    uint32_t *owners; /* of each evaluation in turn */
    size_t owner_capacity;
} native_merge;

void native_merge_fini(native_merge *merge);

/* Merge a stack with the `depth` Python frames that its evaluations run. Without Python frames nothing is
 * left out; else the interpreter's own frames are, and those of the system's libraries that are outside of
 * the outermost Python frame. FS_MEMORY. */
FS_CHECK fs_status native_merge_stack(native_merge *merge, const flame_native_stack *native,
                                      const flame_evaluation *evaluations, size_t evaluation_count,
                                      uint32_t depth, merged_stack *out, fs_error *error);

#endif
