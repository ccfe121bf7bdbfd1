/*
 * python_find.h - the interpreter of a process: where it is, which version it is, how its memory is laid out.
 */
#ifndef FLAME_PYTHON_FIND_H
#define FLAME_PYTHON_FIND_H

#include "process.h"
#include "python_layout.h"
#include "python_version.h"

/* Where an interpreter was found. */
typedef struct python_runtime {
    uint64_t address;   /* of _PyRuntime */
    uint64_t code_type; /* of PyCode_Type; 0: not known */
    python_layout layout;
    flame_python_version version;
    char *file; /* owned; version.file points to it */
} python_runtime;

/* Search the process's images. As flame_interpreter_open about *state and the message. */
FS_CHECK fs_status python_runtime_find(flame_process *process, python_runtime *runtime,
                                       flame_python_state *state, fs_error *error);
void python_runtime_fini(python_runtime *runtime);

#endif
