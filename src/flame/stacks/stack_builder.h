/*
 * stack_builder.h - the node of a whole stack, found fast when stacks repeat.
 *
 * Profiles repeat themselves: the same stack comes again, or one that shares its beginning with the one
 * before. So a whole stack is looked up by its hash first (what is found is compared with the tree, frame by
 * frame, so that no text need be kept), and otherwise the path of the previous stack is taken as far as the
 * two agree. A builder is fed either texts or name ids, and in time order takes no short cut that
 * would lose it.
 */
#ifndef FLAME_STACK_BUILDER_H
#define FLAME_STACK_BUILDER_H

#include "tree.h"

typedef struct flame_path_step {
    size_t end;    /* of the frame's text in `previous`; unused with names */
    uint32_t name; /* unused with texts */
    uint32_t node;
} flame_path_step;

struct flame_known;

typedef struct flame_builder {
    flame_tree *tree;
    bool in_time;
    struct flame_known *known; /* stacks that came before, by hash */
    size_t known_mask, known_used;
    size_t repeated; /* texts that came before */
    char *previous;  /* the text whose path is held */
    size_t previous_length, previous_capacity;
    flame_path_step *path;
    size_t depth, path_capacity;
} flame_builder;

void flame_builder_init(flame_builder *builder, flame_tree *tree, bool in_time);
void flame_builder_fini(flame_builder *builder);

/* The node of a stack written as frames joined by ';', root first; annotations are taken off. Empty frames at
 * the end do not count; an empty stack is the root. */
FS_CHECK fs_status flame_builder_text(flame_builder *builder, const char *stack, size_t length,
                                      uint32_t *node, fs_error *error);

/* The node of a stack of interned names, root first. */
FS_CHECK fs_status flame_builder_names(flame_builder *builder, const uint32_t *names, size_t count,
                                       uint32_t *node, fs_error *error);

/* The same of names that stand innermost first; they are put in the other order. */
FS_CHECK fs_status flame_builder_inner_first(flame_builder *builder, uint32_t *names, size_t count,
                                             uint32_t *node, fs_error *error);

#endif
