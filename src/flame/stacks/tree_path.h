/*
 * tree_path.h - whole paths in a call tree, several at once.
 *
 * In a large tree each step from a node to its child waits for memory. The steps of one path follow from each
 * other, those of different paths do not: paths that are followed side by side wait together.
 */
#ifndef FLAME_TREE_PATH_H
#define FLAME_TREE_PATH_H

#include "tree.h"

typedef struct flame_tree_walk {
    uint32_t node;         /* how far it has come, */
    const uint32_t *names; /* the names of what is below, */
    size_t count;          /* and how many */
    uint32_t next, tag;    /* the walk's own */
} flame_tree_walk;

enum { FLAME_WALKS = 16 };

/* Move up to FLAME_WALKS walks on as far as there are nodes of their names (or nearly: in the rare case that
 * two children have the same hash, a walk ends there). */
void flame_tree_follow(const flame_tree *tree, flame_tree_walk *walks, size_t count);

/* Go on to the end of a walk's names, making the nodes that are not there. */
FS_CHECK fs_status flame_tree_complete(flame_tree *tree, flame_tree_walk *walk, fs_error *error);

#endif
