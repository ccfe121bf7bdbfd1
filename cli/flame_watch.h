/*
 * flame_watch.h - what record, top and pyflame share: options, exit statuses of a launched command, and the
 * report on how well it was watched.
 */
#ifndef CLI_FLAME_WATCH_H
#define CLI_FLAME_WATCH_H

#include "launch.h"
#include "record.h"

#include <stdbool.h>

/* What the rows of watch_option_rows.h set. */
typedef struct watch_settings {
    int64_t pid, thread;
    double rate;        /* 0: the command's usual one */
    const char *budget; /* "0.6%"; NULL: the usual one */
    bool children, idle, cpu, gil, freeze, inlines, tasks;
    bool native;             /* native frames of Python programs too */
    const char *native_what; /* "all": the interpreter's own as well; NULL */
} watch_settings;

extern watch_settings watch_setting;

/* COMMAND_OK, or COMMAND_USAGE after complaining: a process or a command (count words), one kind of moments,
 * a budget that makes sense. `example` is a whole command line. */
int flame_watch_check(int count, const char *example);

/* The defaults, the settings and the signals to wait with. */
void flame_watch_options(flame_recorder_options *options);

/* Attach to watch_setting.pid; `name` is the command's, for messages: "flame record". */
FS_CHECK fs_status flame_watch_attach(flame_recorder *recorder, const char *name, fs_error *error);

/* What a shell exits with when a command cannot be started: 127 not found, 126 not executable. */
int flame_watch_launch_exit(fs_status status);

/* Samples, the ticks they stand for, what was missed and why, late; what it cost. On standard error. */
void flame_watch_report(const flame_statistics *measured, bool frozen, bool idle);

/* Why there is no sample, on standard error; `empty` says what the moments were like at which there was
 * nothing to take: "every thread slept at each of them". */
void flame_watch_report_nothing(const flame_statistics *measured, const char *empty);

/* Wait for the command to end, handing signals on, and return the exit status: the command's own unless that
 * is 0, then `own`. Says that it waits unless `quiet`. */
int flame_watch_finish(flame_child *child, bool quiet, int own);

/* End the command: SIGTERM, and SIGKILL if it is still there after five seconds. Returns the command's exit
 * status, but `own` when it died of that or exited with 0. */
int flame_watch_kill(flame_child *child, int own);

/* Name what the command left behind and what still runs, on standard error. */
void flame_watch_tell_orphans(const flame_child *child);

/* Complain that a process could not be read to the end, if it could not. */
void flame_watch_complain_barred(const flame_statistics *measured);

/* Complain that a recording failed, and of what may help; `children` were followed too. */
void flame_watch_complain(const fs_error *error, bool children);

#endif
