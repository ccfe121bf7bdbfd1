/*
 * proc_files.h - what stands between us and other processes: the files of /proc, pidfds, and the reason when
 * one of them cannot be had.
 */
#ifndef FLAME_PROC_FILES_H
#define FLAME_PROC_FILES_H

#include "status.h"

#include <stdbool.h>
#include <sys/types.h>

/* FS_OK when /proc is there and shows the processes of our own pid namespace; else the message says what to
 * do. Cost: a readlink. */
FS_CHECK fs_status flame_proc_check(fs_error *error);

/* No descriptor was left in this process or on this machine (EMFILE, ENFILE), or no memory for one. */
bool flame_no_descriptor(int reason);

/* A file of /proc could not be opened or read for `reason`, an errno: FS_GONE when it or its process is not
 * there, FS_PERMISSION, FS_MEMORY, else FS_IO. */
fs_status flame_proc_failed(const char *path, int reason, fs_error *error);

/* A small file of /proc whole, NUL-terminated, or what of it has `room`. `length` may be NULL. Errors: those
 * of flame_proc_failed. */
FS_CHECK fs_status flame_proc_read(const char *path, char *text, size_t room, size_t *length,
                                   fs_error *error);

/* One that is asked again and again: /proc/PID/task/TID/NAME kept open (-1 and errno), and read anew from its
 * start, NUL-terminated. False, with an empty text, when nothing can be read. */
int flame_proc_thread_open(pid_t pid, pid_t tid, const char *name);
bool flame_proc_read_again(int file, char *text, size_t room);

/* A pidfd, or -1 and errno. By number, for C libraries without the wrapper. */
int flame_pidfd_open(pid_t pid);

/* It could not be had for `reason`: FS_NOT_FOUND when there is no such process, FS_IO without a descriptor,
 * FS_UNSUPPORTED when this kernel or container has no such call. */
fs_status flame_pidfd_failed(pid_t pid, int reason, fs_error *error);

#endif
