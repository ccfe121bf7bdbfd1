/*
 * difference.h - what changed between two profiles.
 *
 * Read the older profile into a tree with flame_read_options.before set and the newer one into the same tree
 * without; or read a folded file whose lines carry two counts. Then finish the tree.
 */
#ifndef FLAME_DIFFERENCE_H
#define FLAME_DIFFERENCE_H

#include "tree.h"

/* Scale the `before` counts so that their sum equals that of `after`: shares are compared instead of
 * absolute samples. Does nothing when either sum is 0. Totals are worked out again. O(nodes). */
void flame_tree_normalize(flame_tree *tree);

/* One function, over all the places it is called from. Totals count a function once where it calls itself. */
typedef struct flame_function_change {
    uint32_t name;
    double self_before, self_after;
    double total_before, total_after;
} flame_function_change;

/* The changes of all functions, by size of the change in self samples (then of total, then by name), largest
 * first; `*changes` has flame_tree_names entries, free it with fs_free. A vanished function has total_after
 * 0, a new one total_before 0. O(nodes + names log names). */
FS_CHECK fs_status flame_tree_changes(const flame_tree *tree, flame_function_change **changes, size_t *count,
                                      fs_error *error);

#endif
