/*
 * perf_script.h - what perf recorded, as text: 'perf script' is run on a recording and read through a pipe.
 */
#ifndef CLI_PERF_SCRIPT_H
#define CLI_PERF_SCRIPT_H

#include "status.h"

#include <stdbool.h>
#include <sys/types.h>

typedef struct perf_script {
    pid_t process;
    int pipe;      /* its standard output; -1 once closed */
    char path[32]; /* a name by which the pipe can be opened */
} perf_script;

/* True when the file begins as perf's recordings do. Standard input is never read for that. */
bool perf_recorded(const char *path);

/* Start 'perf script'. FS_NOT_FOUND when there is no perf; FS_IO when it cannot be run. `processes`: with
 * process numbers. */
FS_CHECK fs_status perf_script_start(perf_script *script, const char *path, bool processes, fs_error *error);

/* After the reading: wait for its end. True when it went well. */
bool perf_script_end(perf_script *script);

#endif
