/*
 * flame_dump.h - one careful reading of every stack of a process or a core file, for `flame dump` and
 * `pyflame -d`.
 */
#ifndef CLI_FLAME_DUMP_H
#define CLI_FLAME_DUMP_H

#include "asyncio_tasks.h"
#include "core_file.h"
#include "flame_dump_native.h"
#include "frame_locals.h"
#include "interpreter.h"
#include "process.h"
#include "status.h"

typedef struct flame_dump_options {
    bool still;         /* stop the process while it is read */
    bool locals;        /* the frames' local variables too; implies still */
    bool tasks;         /* the tasks of asyncio too; implies still */
    bool native;        /* native frames as well, of all threads; implies still */
    bool native_all;    /* ... those of the interpreter too */
    bool activity;      /* find out which threads run */
    bool calls_only;    /* no frame for garbage collection */
    const char *action; /* the user's command, for messages */
} flame_dump_options;

typedef struct flame_dumped {
    pid_t pid;
    flame_process *process; /* NULL: a core file */
    flame_core *core;
    flame_interpreter *interpreter; /* NULL: it is no Python program (with `native`) */
    flame_sample sample;            /* its frames belong to the interpreter, */
    flame_thread_sample *threads;   /* ... its threads are these */
    flame_thread_sample *before; /* those of one that was taken before the process was stopped, if it was */
    size_t before_count;
    flame_locals *locals;      /* NULL: not asked for, or the process could not be stopped */
    flame_tasks *tasks;        /* likewise */
    flame_dump_native *native; /* likewise */
} flame_dumped;

/* Tries again for a second or less while something moves. fini also on failure. */
FS_CHECK fs_status flame_dump_take(pid_t target, const flame_dump_options *options, flame_dumped *dumped,
                                   fs_error *error);

/* The same of a core file; `executable` may be NULL. */
FS_CHECK fs_status flame_dump_take_core(const char *path, const char *executable,
                                        const flame_dump_options *options, flame_dumped *dumped,
                                        fs_error *error);
void flame_dumped_fini(flame_dumped *dumped);

#endif
