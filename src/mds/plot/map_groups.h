/*
 * map_groups.h - names that repeat, as numbered groups in a sensible order.
 */
#ifndef MDS_MAP_GROUPS_H
#define MDS_MAP_GROUPS_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct mds_groups {
    size_t count;
    const char **names; /* count, borrowed from the caller's list; numbers in their order, else by bytes */
    size_t *sizes;      /* members of each */
    size_t *of;         /* n: the group of each object */
} mds_groups;

/* Errors: FS_MEMORY. Cost: a sort. Free with mds_groups_fini. */
FS_CHECK fs_status mds_groups_init(mds_groups *groups, const char *const *names, size_t n, fs_error *error);
void mds_groups_fini(mds_groups *groups);

#endif
