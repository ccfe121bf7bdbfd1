/*
 * tree_walk.h - a call tree depth first without recursion, with the path at hand.
 */
#ifndef FLAME_TREE_WALK_H
#define FLAME_TREE_WALK_H

#include "tree.h"

/* The next node in pre-order, children in order of appearance; FLAME_NONE at the end.
 * *depth is kept (0 at the root). O(1) amortised over a whole walk. */
static inline uint32_t flame_tree_next(const flame_tree *tree, uint32_t node, uint32_t *depth)
{
    const flame_node *at = flame_tree_node(tree, node);
    if (at->child != FLAME_NONE) {
        ++*depth;
        return at->child;
    }
    while (node != 0) {
        if (at->sibling != FLAME_NONE) return at->sibling;
        node = at->parent;
        at = flame_tree_node(tree, node);
        --*depth;
    }
    return FLAME_NONE;
}

#endif
