/*
 * output_destination.h - where a path leads, for output.c: a directory entry or a descriptor; and the
 * temporary names in a directory.
 */
#ifndef FS_OUTPUT_DESTINATION_H
#define FS_OUTPUT_DESTINATION_H

#include "status.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

typedef struct fs_destination {
    int folder;              /* O_PATH descriptor of the directory */
    char name[NAME_MAX + 1]; /* the entry in it */
    struct stat info;        /* of the entry itself; st_mode 0: there is none */
    bool proc;               /* the folder is on /proc: the entry leads to a descriptor of some process */
} fs_destination;

/* Follow `path`, with `links` also the symbolic link that its last part may be, to the entry that opening it
 * for writing would reach. Close place->folder afterwards; it is -1 on failure. */
FS_CHECK fs_status fs_destination_find(const char *path, bool links, fs_destination *place, fs_error *error);

/* A descriptor of its own to write through, for an entry that is no regular file. -1 with errno. */
int fs_destination_open(const fs_destination *place);

enum { FS_TEMPORARY_SIZE = 32 };

/* Give the unnamed file `fd` a temporary name in `folder`. 0, or -1 with errno. */
int fs_temporary_link(int folder, int fd, char name[FS_TEMPORARY_SIZE]);

/* Make and open a file with a temporary name, locked for as long as it is open. -1 with errno. */
int fs_temporary_create(int folder, char name[FS_TEMPORARY_SIZE]);

/* Whether a name is the prefix and 16 hexadecimal digits, as nobody types it: what bears it is ours to
 * remove. */
bool fs_temporary_is_ours(const char *name, const char *prefix);

/* Remove the temporary files in `folder` that are the user's own and whose writer is gone: nobody holds the
 * lock that goes away with a writer, however it ends. */
void fs_temporary_clean(int folder);

#endif
