/*
 * tree.h - the call tree that every flame graph, table and difference is made from.
 *
 * A node is a frame under a particular caller. Nodes live in one array, node 0 is the root ("all"), and a
 * parent always has a smaller index than its children, so a loop from the end adds totals upward and no
 * walk needs recursion, however deep the stacks are. Names are interned: equal names have equal ids, ids
 * count from 0 in order of first appearance.
 *
 * Counts come in pairs so that one tree can hold a difference: `before` and `after`. A plain profile fills
 * `after` only.
 */
#ifndef FLAME_TREE_H
#define FLAME_TREE_H

#include "exact_count.h"
#include "memory.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLAME_NONE UINT32_MAX

/* What a frame is, from the annotations that profilers append to names (_[k] and so on). */
typedef enum flame_kind {
    FLAME_PLAIN = 0,
    FLAME_KERNEL,  /* _[k] */
    FLAME_INLINED, /* _[i] */
    FLAME_JIT,     /* _[j] */
    FLAME_WAKER    /* _[w] */
} flame_kind;

/* "_[k]" and so on; "" for a plain frame. */
const char *flame_kind_annotation(unsigned kind);

typedef struct flame_name {
    const char *text; /* NUL-terminated, without the annotation; any bytes but NUL */
    uint32_t length;
    uint8_t kind; /* flame_kind */
} flame_name;

typedef struct flame_node {
    uint32_t parent;  /* FLAME_NONE for the root */
    uint32_t name;    /* index into names; FLAME_NONE for the root */
    uint32_t child;   /* first child in order of appearance, or FLAME_NONE */
    uint32_t sibling; /* next child of the same parent, or FLAME_NONE */
} flame_node;

typedef struct flame_counts {
    double self_after, self_before;   /* samples that end here */
    double total_after, total_before; /* self plus all below; 0 before flame_tree_finish */
} flame_counts;

typedef struct flame_tree flame_tree;

struct fs_text;

/* What a name is called instead, in `out` (any bytes but NUL). */
typedef fs_status (*flame_rename)(void *context, const char *name, size_t length, struct fs_text *out,
                                  fs_error *error);

FS_CHECK fs_status flame_tree_create(flame_tree **tree, fs_error *error);
void flame_tree_destroy(flame_tree *tree); /* NULL is legal */

/* Id of a name (bytes, any but NUL), interned on first sight. With `annotated`, a trailing _[x] is taken off
 * and becomes the kind. */
FS_CHECK fs_status flame_tree_name(flame_tree *tree, const char *text, size_t length, bool annotated,
                                   uint32_t *id, fs_error *error);

/* The same for the frames of a stack, annotated: frame i is the text up to ends[i], one byte behind frame
 * i - 1; the first begins at `start`. */
FS_CHECK fs_status flame_tree_frames(flame_tree *tree, const char *stack, size_t start, const size_t *ends,
                                     size_t count, uint32_t *ids, fs_error *error);

/* From now on flame_tree_name gives each name that it is asked for another one, without its annotation, so
 * that those that become equal are one; each name is changed once. NULL ends that. FS_MEMORY. */
FS_CHECK fs_status flame_tree_rename(flame_tree *tree, flame_rename rename, void *context, fs_error *error);

/* Have room for that many nodes, if it can be had: growing a large tree may copy it. What is not used is not
 * touched. */
void flame_tree_expect(flame_tree *tree, size_t nodes);

/* The child of `parent` with this name, made on first sight. Amortised O(1). */
FS_CHECK fs_status flame_tree_child(flame_tree *tree, uint32_t parent, uint32_t name, uint32_t *node,
                                    fs_error *error);

/* A child of `parent` that is made anew even if one of that name exists, unless it is the most recent child
 * and no sample of the parent itself came after it: the order in time is kept (flame charts). */
FS_CHECK fs_status flame_tree_child_in_time(flame_tree *tree, uint32_t parent, uint32_t name, uint32_t *node,
                                            fs_error *error);

/* Add samples that end at `node`. Whole counts and their sums stay exact beyond 2^53 (flame_tree_exact); that
 * takes memory, and when there is none flame_tree_failed tells. */
void flame_tree_add(flame_tree *tree, uint32_t node, double after, double before);
void flame_tree_add_exact(flame_tree *tree, uint32_t node, flame_exact after, flame_exact before);
bool flame_tree_failed(const flame_tree *tree);

typedef enum flame_sum {
    FLAME_SELF_AFTER = 0,
    FLAME_SELF_BEFORE,
    FLAME_TOTAL_AFTER,
    FLAME_TOTAL_BEFORE
} flame_sum;

/* A node's counts: all, one, and one exactly. */
flame_counts flame_tree_counts(const flame_tree *tree, uint32_t node);
double flame_tree_count(const flame_tree *tree, uint32_t node, flame_sum which);
flame_exact flame_tree_exact(const flame_tree *tree, uint32_t node, flame_sum which);

/* True when a count or a sum is beyond 2^53, so that the doubles of flame_tree_counts may be rounded. */
bool flame_tree_is_large(const flame_tree *tree);

/* Multiply every `before` count, self and total. O(nodes). */
void flame_tree_scale_before(flame_tree *tree, double factor);

/* Work out the totals. Call again after adding more. O(nodes). */
void flame_tree_finish(flame_tree *tree);

uint32_t flame_tree_nodes(const flame_tree *tree);
const flame_node *flame_tree_node(const flame_tree *tree, uint32_t node);
void flame_tree_prefetch(const flame_tree *tree, uint32_t node); /* it and its counts are wanted soon */
uint32_t flame_tree_names(const flame_tree *tree);
const flame_name *flame_tree_name_of(const flame_tree *tree, uint32_t name);
size_t flame_tree_bytes(const flame_tree *tree); /* memory held */

/* True when any node has a `before` count. */
bool flame_tree_is_diff(const flame_tree *tree);

/* True when the nodes were made by flame_tree_child_in_time. Then a node lasts from flame_tree_start, counted
 * in samples since the beginning, for total_after samples; a gap between two children is the parent's own. */
bool flame_tree_in_time(const flame_tree *tree);
flame_exact flame_tree_start(const flame_tree *tree, uint32_t node);

#endif
