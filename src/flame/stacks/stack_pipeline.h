/*
 * stack_pipeline.h - stacks that hardly repeat, read by two threads.
 *
 * One takes lines apart and finds the ids of names; the other, which this starts, puts the stacks into the
 * tree, a few of them side by side (tree_path.h). Each touches its own half of the tree (names; nodes), and
 * stacks stay in order, so the tree is the one that a single thread makes, node for node. Between the two go
 * batches, two of them in turn.
 */
#ifndef FLAME_STACK_PIPELINE_H
#define FLAME_STACK_PIPELINE_H

#include "tree.h"

typedef struct flame_pipeline flame_pipeline;

/* NULL in *pipeline when a second thread is of no use or cannot be had: one processor, no memory. Until
 * flame_pipeline_finish nothing but names may be asked of the tree by anyone else. */
void flame_pipeline_start(flame_tree *tree, bool in_time, flame_pipeline **pipeline);

/* A stack written as frames joined by ';', root first, as flame_builder_text takes it, and its counts. */
FS_CHECK fs_status flame_pipeline_text(flame_pipeline *pipeline, const char *stack, size_t length,
                                       flame_exact after, flame_exact before, fs_error *error);

/* Wait until all is in the tree, and end. NULL is legal. */
FS_CHECK fs_status flame_pipeline_finish(flame_pipeline *pipeline, fs_error *error);

#endif
