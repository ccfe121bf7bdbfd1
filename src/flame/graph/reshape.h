/*
 * reshape.h - the same samples as another tree: stacks turned around, cut off below a frame, or with names
 * that are alike in two runs.
 */
#ifndef FLAME_RESHAPE_H
#define FLAME_RESHAPE_H

#include "tree.h"

typedef struct flame_reshape_options {
    bool reverse;            /* the leaf becomes the root */
    const char *const *base; /* only stacks with one of these frames, from its first (outermost) one on */
    size_t base_count;       /* 0: all stacks, whole */
    bool strip_addresses;    /* each "0x" with hexadecimal digits in a name becomes "0x..." */
} flame_reshape_options;

/* A new, finished tree. A tree in time order stays in time order. Cost: O(frames of all distinct stacks). */
FS_CHECK fs_status flame_tree_reshape(const flame_tree *tree, const flame_reshape_options *options,
                                      flame_tree **reshaped, fs_error *error);

#endif
