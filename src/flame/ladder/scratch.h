/*
 * scratch.h - the directory in which a climb's commands may leave files, below TMPDIR or /tmp.
 *
 * It is removed at the end of the climb. What a killed ladder left is removed by the next one: a directory
 * that is in use is locked (flock), and a lock ends with its process.
 */
#ifndef FLAME_SCRATCH_H
#define FLAME_SCRATCH_H

#include "memory.h"
#include "status.h"

typedef struct flame_scratch {
    const char *path; /* NULL: none */
    int lock;
} flame_scratch;

/* Make one, its path in `arena`, and remove those that are left over. */
FS_CHECK fs_status flame_scratch_make(flame_scratch *scratch, fs_arena *arena, fs_error *error);

/* Remove it with all that is in it, on its own file system, following no links. */
void flame_scratch_remove(flame_scratch *scratch);

#endif
