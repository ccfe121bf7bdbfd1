/*
 * line_share.h - where the time of a profile goes, as a list: the lines with the most samples of their own.
 */
#ifndef FLAME_LINE_SHARE_H
#define FLAME_LINE_SHARE_H

#include "frame_name.h"
#include "tree.h"

typedef struct flame_line_share {
    uint32_t name;           /* of the tree */
    double self;             /* samples that end in it */
    double total;            /* samples in which it appears at all, each counted once */
    flame_frame_parts frame; /* its name taken apart; points into the tree */
} flame_line_share;

/* All lines (and, where a name tells no line, all names), those with the most samples of their own first;
 * free *list with fs_free. The tree is finished. O(nodes + names log names), no recursion. */
FS_CHECK fs_status flame_line_shares(const flame_tree *tree, flame_line_share **list, size_t *count,
                                     fs_error *error);

/* The tree of `from` with its counts times `scale`, its frames named by function alone, added to `into`: as
 * `before` counts or `after` counts. */
FS_CHECK fs_status flame_function_merge(const flame_tree *from, double scale, bool before, flame_tree *into,
                                        fs_error *error);

#endif
