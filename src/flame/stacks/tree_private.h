/*
 * tree_private.h - what a call tree is made of, for tree.c, tree_counts.c and tree_path.c alone.
 */
#ifndef FLAME_TREE_PRIVATE_H
#define FLAME_TREE_PRIVATE_H

#include "hash.h"
#include "name_table.h"

enum { AFTER, BEFORE, SIDES };                              /* of a pair of counts */
enum { START = FLAME_TOTAL_BEFORE + 1, RESTS = START + 1 }; /* what may lack something, behind the sums */

/* Of one side. A node's own count and its total are wanted together. */
typedef struct flame_node_counts {
    double self, total;
} flame_node_counts;

/* Part of the hash beside the node, so that nearly all that do not match are passed over without a look at
 * them. */
typedef struct flame_child_slot {
    uint32_t tag;
    uint32_t node; /* FLAME_NONE: empty */
} flame_child_slot;

/* Making nodes touches only what is needed for it: counts lie apart and are set to 0 when one is added to a
 * later node, for most nodes are no stack's end; those of `before` exist in a difference only. */
struct flame_tree {
    flame_node *nodes;
    uint32_t *last; /* the most recent child of each node, or FLAME_NONE */
    double *start;  /* in time: samples before the node began; NULL until the first such node */
    flame_node_counts *counts[SIDES];
    size_t node_count, node_capacity;
    size_t counted; /* nodes whose counts are set; later ones have none */

    flame_names names;
    struct renames *renaming; /* NULL: names stay as they are */

    flame_child_slot *child_table; /* nodes but first children, hashed by parent and name */
    size_t child_mask, child_used;

    /* What the counts and the start of a node lack (exact_count.h); NULL until one lacks something. */
    double (*rests)[RESTS];
    size_t rest_count, rest_capacity;

    flame_exact clock; /* samples added so far */
    uint32_t current;  /* the node that samples were added to most recently */
    bool in_time;
    bool large, failed;
};

/* Of a child by its parent and name: says where in the table it is, and is its tag. */
static inline uint32_t flame_child_hash(uint32_t parent, uint32_t name)
{
    return (uint32_t)flame_hash_fold((uint64_t)parent << 32 | name, 0x9E3779B97F4A7C15u);
}

/* Room for `need` nodes; false: no memory. */
bool flame_tree_reserve(flame_tree *tree, size_t need);

/* Room for what the counts of `count` nodes lack; false, and tree->failed, without memory. */
bool flame_tree_reserve_rests(flame_tree *tree, size_t count);

#endif
