/*
 * flame_dump.h - one careful reading of every stack of a process, for `flame dump` and `pyflame -d`.
 */
#ifndef CLI_FLAME_DUMP_H
#define CLI_FLAME_DUMP_H

#include "interpreter.h"
#include "process.h"
#include "status.h"

typedef struct flame_dumped {
    flame_process *process;
    flame_interpreter *interpreter;
    const flame_sample *sample; /* belongs to the interpreter */
} flame_dumped;

/* `still`: stop the process meanwhile. `action` is the user's command, for messages. fini also on failure. */
FS_CHECK fs_status flame_dump_take(pid_t target, bool still, bool activity, const char *action,
                                   flame_dumped *dumped, fs_error *error);
void flame_dumped_fini(flame_dumped *dumped);

#endif
