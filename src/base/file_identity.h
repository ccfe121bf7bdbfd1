/*
 * file_identity.h - whether processes, perhaps on several machines, look at one file.
 */
#ifndef FS_FILE_IDENTITY_H
#define FS_FILE_IDENTITY_H

#include <stdint.h>

/* What tells a regular file from all others: a number from its serial number, its size and its time of
 * change. (Machines number their disks in their own ways, so the disk is not looked at.) 0: there is no such
 * file. */
uint64_t fs_file_identity(const char *path);

#endif
