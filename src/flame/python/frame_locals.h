/*
 * frame_locals.h - the local variables of the frames of a sample, read while the program stands still.
 */
#ifndef FLAME_FRAME_LOCALS_H
#define FLAME_FRAME_LOCALS_H

#include "interpreter.h"

typedef struct flame_local {
    const char *name, *value; /* valid UTF-8; the value as python_value.h writes it */
} flame_local;

typedef struct flame_locals flame_locals;

/* Read them for `sample`, the last that was taken, of a process that is stopped (or a core file): up to 100
 * variables a frame, and in all what 2 million reads of memory give. Of a module its names but those of
 * modules, functions and classes and those that begin with two underscores. FS_MEMORY is the only failure.
 * Cost: some microseconds a variable; memory is read by pages. */
FS_CHECK fs_status flame_locals_read(const flame_interpreter *interpreter, const flame_sample *sample,
                                     flame_locals **locals, fs_error *error);
void flame_locals_free(flame_locals *locals); /* NULL is legal */

/* Of frame `frame` of the sample's thread `thread`; what has no value is not among them. */
const flame_local *flame_locals_of(const flame_locals *locals, size_t thread, size_t frame, size_t *count);

/* The thread's frames were no longer those of the sample: it has no locals. */
bool flame_locals_moved(const flame_locals *locals, size_t thread);

/* There were more than the limits allow. */
bool flame_locals_cut(const flame_locals *locals);

#endif
