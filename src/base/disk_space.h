/*
 * disk_space.h - whether a file that is to be written has room on its disk.
 */
#ifndef FS_DISK_SPACE_H
#define FS_DISK_SPACE_H

#include "status.h"

/* FS_IO where the disk that `path` is on, or will be, has less than `needed` bytes free. What is no regular
 * file (a pipe, a device), and a folder that is not there, are left to whoever opens them. */
FS_CHECK fs_status fs_disk_check(const char *path, double needed, fs_error *error);

#endif
