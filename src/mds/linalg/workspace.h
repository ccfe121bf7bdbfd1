/*
 * workspace.h - one block of memory for all the arrays of a solve.
 *
 * What an algorithm needs is laid out twice by the same code: first without a block, which adds the sizes up,
 * then in the block that was allocated for them.
 */
#ifndef MDS_WORKSPACE_H
#define MDS_WORKSPACE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct mds_workspace {
    char *next; /* NULL: only the sizes are wanted */
    size_t bytes;
    bool too_large; /* no address space holds it */
} mds_workspace;

/* `count` elements of `size` bytes, aligned to a cache line, with at least 64 readable bytes behind the last
 * one; NULL when only the sizes are wanted. */
void *mds_workspace_take(mds_workspace *workspace, size_t count, size_t size);

#endif
