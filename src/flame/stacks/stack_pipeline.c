#include "stack_pipeline.h"

#include "byte_marks.h"
#include "hash.h"
#include "memory.h"
#include "tree_path.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

enum { BATCHES = 3, BATCH_NAMES = 16 * 1024 };

typedef struct batch_stack {
    size_t shared; /* frames that it has in common with the stack before it */
    size_t depth;  /* its names, from the root */
    flame_exact after, before;
} batch_stack;

typedef struct stack_batch {
    uint32_t *names;
    size_t name_count, name_capacity;
    batch_stack *stacks;
    size_t stack_count, stack_capacity;
} stack_batch;

struct flame_pipeline {
    flame_tree *tree;
    bool in_time;

    stack_batch batches[BATCHES]; /* in turn */
    size_t filling;               /* the one that is filled */
    sem_t filled, empty;          /* how many of them; a batch without a stack is the end */
    char *previous;               /* the stack before, and where its frames end */
    size_t previous_length, previous_capacity;
    size_t *ends, depth, end_capacity;
    uint32_t *names; /* of the frames */
    size_t name_capacity;

    pthread_t builder;
    atomic_bool failed; /* the builder did, for these reasons */
    fs_status status;
    fs_error error;
};

/* ---- the builder ---- */

typedef struct node_path {
    uint32_t *nodes; /* of the stack before, by depth */
    size_t capacity;
} node_path;

/* Put stacks into the tree one by one, each from where it leaves the one before. */
static fs_status build_in_time(flame_tree *tree, const stack_batch *batch, node_path *path, fs_error *error)
{
    const uint32_t *names = batch->names;
    for (size_t i = 0; i < batch->stack_count; i++) {
        const batch_stack *stack = &batch->stacks[i];
        if (!FS_GROW(path->nodes, path->capacity, stack->depth))
            return fs_fail_memory(error, "reading a deep stack", stack->depth);
        uint32_t node = stack->shared ? path->nodes[stack->shared - 1] : 0;
        for (size_t k = stack->shared; k < stack->depth; k++) {
            fs_status status = flame_tree_child_in_time(tree, node, names[k], &node, error);
            if (status) return status;
            path->nodes[k] = node;
        }
        flame_tree_add_exact(tree, node, stack->after, stack->before);
        names += stack->depth;
    }
    return FS_OK;
}

/* The same for a few stacks, followed side by side from what all of them share with the one before. */
static fs_status build_group(flame_tree *tree, const batch_stack *stacks, size_t count, const uint32_t *names,
                             node_path *path, fs_error *error)
{
    flame_tree_walk walks[FLAME_WALKS];
    size_t shared = stacks[0].shared, depth = stacks[count - 1].depth;
    if (!FS_GROW(path->nodes, path->capacity, depth))
        return fs_fail_memory(error, "reading a deep stack", depth);
    for (size_t i = 0; i < count; i++) {
        if (stacks[i].shared < shared) shared = stacks[i].shared;
        walks[i] = (flame_tree_walk){.node = shared ? path->nodes[shared - 1] : 0,
                                     .names = names + shared,
                                     .count = stacks[i].depth - shared};
        names += stacks[i].depth;
    }
    flame_tree_follow(tree, walks, count);
    for (size_t i = 0; i < count; i++) {
        fs_status status = flame_tree_complete(tree, &walks[i], error);
        if (status) return status;
        flame_tree_add_exact(tree, walks[i].node, stacks[i].after, stacks[i].before);
    }
    for (uint32_t node = walks[count - 1].node; depth > shared; node = flame_tree_node(tree, node)->parent)
        path->nodes[--depth] = node;
    return FS_OK;
}

static fs_status build(const flame_pipeline *pipeline, const stack_batch *batch, node_path *path,
                       fs_error *error)
{
    if (pipeline->in_time) return build_in_time(pipeline->tree, batch, path, error);
    const uint32_t *names = batch->names;
    for (size_t i = 0, n; i < batch->stack_count; i += n) {
        n = batch->stack_count - i < FLAME_WALKS ? batch->stack_count - i : FLAME_WALKS;
        fs_status status = build_group(pipeline->tree, batch->stacks + i, n, names, path, error);
        if (status) return status;
        for (size_t k = 0; k < n; k++) names += batch->stacks[i + k].depth;
    }
    return FS_OK;
}

static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0 && errno == EINTR) continue;
}

static void *run_builder(void *context)
{
    flame_pipeline *pipeline = context;
    node_path path = {0};
    for (size_t turn = 0;; turn = (turn + 1) % BATCHES) {
        stack_batch *batch = &pipeline->batches[turn];
        wait_for(&pipeline->filled);
        if (batch->stack_count == 0) break;
        if (!pipeline->status) pipeline->status = build(pipeline, batch, &path, &pipeline->error);
        if (pipeline->status) atomic_store(&pipeline->failed, true);
        batch->name_count = batch->stack_count = 0;
        sem_post(&pipeline->empty);
    }
    fs_free(path.nodes);
    return NULL;
}

/* ---- the reader ---- */

void flame_pipeline_start(flame_tree *tree, bool in_time, flame_pipeline **pipeline)
{
    cpu_set_t processors;
    *pipeline = NULL;
    if (sched_getaffinity(0, sizeof processors, &processors) != 0 || CPU_COUNT(&processors) < 2) return;
    flame_pipeline *made = fs_alloc_0(1, sizeof *made);
    if (!made) return;
    made->tree = tree;
    made->in_time = in_time;
    sem_init(&made->filled, 0, 0);
    sem_init(&made->empty, 0, BATCHES - 1); /* beside the one that is filled */
    if (pthread_create(&made->builder, NULL, run_builder, made) == 0) {
        *pipeline = made;
        return;
    }
    sem_destroy(&made->filled);
    sem_destroy(&made->empty);
    fs_free(made);
}

/* Hand the batch over, and have the next one when it is empty. */
static fs_status turn(flame_pipeline *pipeline, fs_error *error)
{
    sem_post(&pipeline->filled);
    pipeline->filling = (pipeline->filling + 1) % BATCHES;
    wait_for(&pipeline->empty);
    if (!atomic_load(&pipeline->failed)) return FS_OK;
    if (error) *error = pipeline->error;
    return pipeline->status;
}

/* How many frames of the stack before this one begins with; *at becomes where the next one begins. */
static size_t shared_frames(const flame_pipeline *pipeline, const char *stack, size_t length, size_t *at)
{
    size_t most = length < pipeline->previous_length ? length : pipeline->previous_length, common = 0;
    const char *previous = pipeline->previous;
    while (common + 8 <= most && flame_hash_word(stack + common) == flame_hash_word(previous + common))
        common += 8;
    while (common < most && stack[common] == previous[common]) common++;
    size_t low = 0, high = pipeline->depth; /* the frames that end within what is common */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pipeline->ends[middle] <= common)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0 && pipeline->ends[low - 1] < length && stack[pipeline->ends[low - 1]] != ';')
        low--; /* "ab" is not "abc" */
    *at = low ? pipeline->ends[low - 1] + 1 : 0;
    return low;
}

/* Where the frames of the text from `at` on end, behind those that it shares with the stack before. */
static fs_status find_ends(flame_pipeline *pipeline, const char *stack, size_t at, size_t length,
                           fs_error *error)
{
    char last[FLAME_MARKED] = {0};
    size_t depth = pipeline->depth;
    for (; at < length; at += FLAME_MARKED) {
        if (!FS_GROW(pipeline->ends, pipeline->end_capacity, depth + FLAME_MARKED + 1))
            return fs_fail_memory(error, "reading a deep stack", depth);
        const char *block = stack + at;
        if (length - at < FLAME_MARKED) block = memcpy(last, block, length - at);
        for (uint64_t marks = flame_byte_marks(block, ';'); marks; marks &= marks - 1)
            pipeline->ends[depth++] = at + (size_t)__builtin_ctzll(marks);
    }
    pipeline->ends[depth++] = length;
    pipeline->depth = depth;
    return FS_OK;
}

fs_status flame_pipeline_text(flame_pipeline *pipeline, const char *stack, size_t length, flame_exact after,
                              flame_exact before, fs_error *error)
{
    while (length > 0 && stack[length - 1] == ';') length--;
    stack_batch *batch = &pipeline->batches[pipeline->filling];
    size_t at, from;
    size_t shared = pipeline->depth = shared_frames(pipeline, stack, length, &at);
    from = at < length ? at : length;
    if (!FS_GROW(pipeline->previous, pipeline->previous_capacity, length) ||
        !FS_GROW(batch->stacks, batch->stack_capacity, batch->stack_count + 1))
        return fs_fail_memory(error, "reading a long stack", length);
    fs_status status = at < length ? find_ends(pipeline, stack, at, length, error) : FS_OK;
    if (status) return status;
    size_t depth = pipeline->depth;
    if (!FS_GROW(pipeline->names, pipeline->name_capacity, depth) ||
        !FS_GROW(batch->names, batch->name_capacity, batch->name_count + depth))
        return fs_fail_memory(error, "reading a deep stack", depth);
    status = flame_tree_frames(pipeline->tree, stack, at, pipeline->ends + shared, depth - shared,
                               pipeline->names + shared, error);
    if (status) return status;
    if (depth) memcpy(batch->names + batch->name_count, pipeline->names, depth * sizeof *batch->names);
    batch->name_count += depth;
    if (length > from) memcpy(pipeline->previous + from, stack + from, length - from);
    pipeline->previous_length = length;
    batch->stacks[batch->stack_count++] =
        (batch_stack){.shared = shared, .depth = depth, .after = after, .before = before};
    return batch->name_count < BATCH_NAMES && batch->stack_count < BATCH_NAMES ? FS_OK
                                                                               : turn(pipeline, error);
}

fs_status flame_pipeline_finish(flame_pipeline *pipeline, fs_error *error)
{
    if (!pipeline) return FS_OK;
    bool more = pipeline->batches[pipeline->filling].stack_count > 0;
    if (more) (void)turn(pipeline, NULL); /* the same is told below */
    sem_post(&pipeline->filled);
    pthread_join(pipeline->builder, NULL);
    fs_status status = pipeline->status;
    if (status && error) *error = pipeline->error;
    for (size_t i = 0; i < BATCHES; i++) {
        fs_free(pipeline->batches[i].names);
        fs_free(pipeline->batches[i].stacks);
    }
    fs_free(pipeline->previous);
    fs_free(pipeline->ends);
    fs_free(pipeline->names);
    sem_destroy(&pipeline->filled);
    sem_destroy(&pipeline->empty);
    fs_free(pipeline);
    return status;
}
