/*
 * stack_builder.h - the node of a whole stack, found fast when stacks repeat.
 *
 * Profiles repeat themselves: the same stack comes again, or one that shares its beginning with the line
 * before. So a whole stack's text is looked up first (a bounded table; a text is kept only when it comes a
 * second time, so that stacks that never repeat cost a slot and no copy), and otherwise the path of the
 * previous stack is taken as far as the two agree.
 */
#ifndef FLAME_STACK_BUILDER_H
#define FLAME_STACK_BUILDER_H

#include "tree.h"

typedef struct flame_path_step {
    size_t end;    /* of the frame's text in `previous` */
    uint32_t node; /* its place in the tree */
} flame_path_step;

struct flame_stack_slot;

typedef struct flame_builder {
    flame_tree *tree;
    bool in_time;

    char *previous; /* the text whose path is held */
    size_t previous_length, previous_capacity;
    flame_path_step *path;
    size_t depth, path_capacity;

    struct flame_stack_slot *slots;
    size_t slot_mask, slots_used;
    fs_arena texts; /* of stacks that came again */
} flame_builder;

FS_CHECK fs_status flame_builder_init(flame_builder *builder, flame_tree *tree, bool in_time,
                                      fs_error *error);
void flame_builder_fini(flame_builder *builder);

/* The node of a stack written as frames joined by ';', root first, annotations taken off. Empty frames at the
 * end do not count; an empty stack is the root. */
FS_CHECK fs_status flame_builder_folded(flame_builder *builder, const char *stack, size_t length,
                                        uint32_t *node, fs_error *error);

/* Look a key (any bytes that determine the stack) up in the table: true and *node when it is known. If not,
 * flame_builder_remember says where it led. Both are no-ops in time order. */
bool flame_builder_recall(const flame_builder *builder, const char *key, size_t length, uint64_t hash,
                          uint32_t *node);
void flame_builder_remember(flame_builder *builder, const char *key, size_t length, uint64_t hash,
                            uint32_t node);

#endif
