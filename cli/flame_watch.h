/*
 * flame_watch.h - what record, top and pyflame share: exit statuses of a launched command, and the report on
 * how well it was watched.
 */
#ifndef CLI_FLAME_WATCH_H
#define CLI_FLAME_WATCH_H

#include "launch.h"
#include "record.h"

#include <stdbool.h>

/* What a shell exits with when a command cannot be started: 127 not found, 126 not executable. */
int flame_watch_launch_exit(fs_status status);

/* Samples wanted, taken, missed and why, late; what it cost. On standard error. */
void flame_watch_report(const flame_statistics *measured, bool frozen, bool idle);

/* Why there is no sample, on standard error; `empty` says what the moments were like at which there was
 * nothing to take: "every thread slept at each of them". */
void flame_watch_report_nothing(const flame_statistics *measured, const char *empty);

/* Wait for the command to end, handing signals on, and return the exit status: the command's own unless that
 * is 0, then `own`. Says that it waits unless `quiet`. */
int flame_watch_finish(flame_child *child, bool quiet, int own);

/* Complain that a recording failed, and of what may help; `children` were followed too. */
void flame_watch_complain(const fs_error *error, bool children);

#endif
