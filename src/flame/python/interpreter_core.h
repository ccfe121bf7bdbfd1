/*
 * interpreter_core.h - the interpreter in a core file.
 */
#ifndef FLAME_INTERPRETER_CORE_H
#define FLAME_INTERPRETER_CORE_H

#include "core_file.h"
#include "interpreter.h"
#include "python_find.h"

/* The core as a place to search; both are borrowed. */
python_source flame_core_source(const flame_core *core, const char *name);

/* As flame_interpreter_open; `name` is the core's, for messages. The core is borrowed until close. Nothing
 * moves in it: a sample is exact, and no thread has an activity. */
FS_CHECK fs_status flame_interpreter_open_core(const flame_core *core, const char *name,
                                               flame_interpreter **interpreter, fs_error *error);

#endif
