/*
 * memory_limit.h - how much more memory this process can have, so that what does not fit is refused before it
 * is begun: memory that nobody has touched yet is promised to anybody.
 */
#ifndef FS_MEMORY_LIMIT_H
#define FS_MEMORY_LIMIT_H

#include "status.h"

typedef struct fs_memory_limit {
    double bytes;   /* that can still be had; HUGE_VAL: nothing is known */
    const char *by; /* what leaves no more: "this machine", ... */
} fs_memory_limit;

/*
 * The least of what the machine has available and can swap out (/proc/meminfo), of what the control groups of
 * this process and those above them leave (cgroup v1 and v2; a file's pages in memory do not count), and of
 * what is left of the address space (RLIMIT_AS). `root`: "", or a folder that has proc and sys, for tests.
 */
fs_memory_limit fs_memory_left(const char *root);

/* FS_MEMORY where `needed` bytes are more than can be had: that `what` takes so much, and how many objects
 * would fit, where memory goes with that power of their number (0: not known). Little is not looked at: its
 * allocation will tell. */
FS_CHECK fs_status fs_memory_check(double needed, const char *what, double objects, double power,
                                   fs_error *error);

#endif
