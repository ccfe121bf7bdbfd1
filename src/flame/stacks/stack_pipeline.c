#include "stack_pipeline.h"

#include "hash.h"
#include "memory.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

enum { BATCH_NAMES = 8 * 1024 };

typedef struct batch_stack {
    size_t shared; /* frames that it has in common with the stack before it */
    size_t count;  /* names of its own */
    flame_exact after, before;
} batch_stack;

typedef struct open_frame {
    size_t end; /* of its text in the stack */
    uint32_t name;
} open_frame;

/* The two names that last came after a name: most functions call few others, so that the next frame is
 * compared with these before it is looked up. */
typedef struct followers {
    uint32_t recent[2]; /* FLAME_NONE: none yet */
} followers;

typedef struct stack_batch {
    uint32_t *names;
    size_t name_count, name_capacity;
    batch_stack *stacks;
    size_t stack_count, stack_capacity;
    bool full; /* it is the builder's turn; guarded by the lock */
} stack_batch;

struct flame_pipeline {
    flame_tree *tree;
    bool in_time;

    stack_batch batches[2];
    size_t filling; /* the one that is filled */
    char *previous; /* the stack before, and its frames */
    size_t previous_length, previous_capacity;
    open_frame *frames;
    size_t depth, frame_capacity;
    followers *followers; /* by name */
    size_t followed, follower_capacity;

    pthread_t builder;
    pthread_mutex_t lock;
    pthread_cond_t turned;
    bool ended;       /* no batch follows; guarded, as are the next two */
    fs_status status; /* of the builder */
    fs_error error;
};

/* ---- the builder ---- */

typedef struct node_path {
    uint32_t *nodes; /* of the stack before, by depth */
    size_t capacity;
} node_path;

static fs_status build(const flame_pipeline *pipeline, const stack_batch *batch, node_path *path,
                       fs_error *error)
{
    flame_tree *tree = pipeline->tree;
    const uint32_t *names = batch->names;
    for (size_t i = 0; i < batch->stack_count; i++) {
        const batch_stack *stack = &batch->stacks[i];
        size_t depth = stack->shared;
        if (!FS_GROW(path->nodes, path->capacity, depth + stack->count))
            return fs_fail_memory(error, "reading a deep stack", depth);
        uint32_t node = depth ? path->nodes[depth - 1] : 0, *nodes = path->nodes + depth;
        fs_status status = FS_OK;
        if (!pipeline->in_time) status = flame_tree_path(tree, node, names, stack->count, nodes, error);
        for (size_t k = 0; k < stack->count && !status; k++) {
            if (pipeline->in_time) status = flame_tree_child_in_time(tree, node, names[k], &nodes[k], error);
            node = nodes[k];
        }
        if (status) return status;
        names += stack->count;
        flame_tree_add_exact(tree, node, stack->after, stack->before);
    }
    return FS_OK;
}

static void *run_builder(void *context)
{
    flame_pipeline *pipeline = context;
    node_path path = {0};
    fs_error error;
    fs_status status = FS_OK;
    for (size_t turn = 0;; turn ^= 1) {
        stack_batch *batch = &pipeline->batches[turn];
        pthread_mutex_lock(&pipeline->lock);
        while (!batch->full && !pipeline->ended) pthread_cond_wait(&pipeline->turned, &pipeline->lock);
        bool more = batch->full;
        pthread_mutex_unlock(&pipeline->lock);
        if (!more) break;
        if (!status) status = build(pipeline, batch, &path, &error);
        batch->name_count = batch->stack_count = 0;
        pthread_mutex_lock(&pipeline->lock);
        batch->full = false;
        if (status && !pipeline->status) {
            pipeline->status = status;
            pipeline->error = error;
        }
        pthread_cond_signal(&pipeline->turned);
        pthread_mutex_unlock(&pipeline->lock);
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
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->turned, NULL);
    if (pthread_create(&made->builder, NULL, run_builder, made) == 0) {
        *pipeline = made;
        return;
    }
    pthread_cond_destroy(&made->turned);
    pthread_mutex_destroy(&made->lock);
    fs_free(made);
}

/* Hand the batch over, and have the other one when it is free. */
static fs_status turn(flame_pipeline *pipeline, fs_error *error)
{
    pthread_mutex_lock(&pipeline->lock);
    pipeline->batches[pipeline->filling].full = true;
    pipeline->filling ^= 1;
    pthread_cond_signal(&pipeline->turned);
    while (pipeline->batches[pipeline->filling].full) pthread_cond_wait(&pipeline->turned, &pipeline->lock);
    fs_status status = pipeline->status;
    if (status && error) *error = pipeline->error;
    pthread_mutex_unlock(&pipeline->lock);
    return status;
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
        if (pipeline->frames[middle].end <= common)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0 && pipeline->frames[low - 1].end < length && stack[pipeline->frames[low - 1].end] != ';')
        low--; /* "ab" is not "abc" */
    *at = low ? pipeline->frames[low - 1].end + 1 : 0;
    return low;
}

/* Whether a text begins with a frame of that name and no annotation. */
static bool begins_with(const flame_name *name, const char *text, size_t left)
{
    return name->length <= left && (name->length == left || text[name->length] == ';') &&
           name->kind == FLAME_PLAIN && flame_same_bytes(name->text, text, name->length);
}

/* Without memory nothing is remembered: it only saves time. Nor are names that are changed while reading. */
static void remember_follower(flame_pipeline *pipeline, uint32_t caller, uint32_t name, const char *text,
                              size_t length)
{
    if (!begins_with(flame_tree_name_of(pipeline->tree, name), text, length)) return;
    if (!pipeline->followers || caller >= pipeline->followed) {
        if (!FS_GROW(pipeline->followers, pipeline->follower_capacity, (size_t)caller + 1)) return;
        size_t added = pipeline->follower_capacity - pipeline->followed;
        memset(pipeline->followers + pipeline->followed, 0xFF, added * sizeof *pipeline->followers);
        pipeline->followed = pipeline->follower_capacity;
    }
    followers *lately = &pipeline->followers[caller];
    *lately = (followers){{name, lately->recent[0]}};
}

/* The name of the frame that the text begins with, called by a frame of the name `caller`, and its length. */
static fs_status next_name(flame_pipeline *pipeline, uint32_t caller, const char *text, size_t left,
                           uint32_t *name, size_t *length, fs_error *error)
{
    followers *lately = caller < pipeline->followed ? &pipeline->followers[caller] : NULL;
    for (size_t i = 0; lately && i < 2 && lately->recent[i] != FLAME_NONE; i++) {
        const flame_name *guess = flame_tree_name_of(pipeline->tree, lately->recent[i]);
        if (!begins_with(guess, text, left)) continue;
        *name = lately->recent[i];
        *length = guess->length;
        lately->recent[i] = lately->recent[0];
        lately->recent[0] = *name;
        return FS_OK;
    }
    const char *semicolon = memchr(text, ';', left);
    *length = semicolon ? (size_t)(semicolon - text) : left;
    fs_status status = flame_tree_name(pipeline->tree, text, *length, true, name, error);
    if (!status && caller != FLAME_NONE) remember_follower(pipeline, caller, *name, text, *length);
    return status;
}

fs_status flame_pipeline_text(flame_pipeline *pipeline, const char *stack, size_t length, flame_exact after,
                              flame_exact before, fs_error *error)
{
    while (length > 0 && stack[length - 1] == ';') length--;
    stack_batch *batch = &pipeline->batches[pipeline->filling];
    size_t at, first = batch->name_count, from;
    size_t shared = pipeline->depth = shared_frames(pipeline, stack, length, &at);
    from = at < length ? at : length;
    if (!FS_GROW(pipeline->previous, pipeline->previous_capacity, length) ||
        !FS_GROW(batch->stacks, batch->stack_capacity, batch->stack_count + 1))
        return fs_fail_memory(error, "reading a long stack", length);
    uint32_t name = shared ? pipeline->frames[shared - 1].name : FLAME_NONE;
    while (at < length) {
        size_t n;
        if (!FS_GROW(batch->names, batch->name_capacity, batch->name_count + 1) ||
            !FS_GROW(pipeline->frames, pipeline->frame_capacity, pipeline->depth + 1))
            return fs_fail_memory(error, "reading a deep stack", pipeline->depth);
        fs_status status = next_name(pipeline, name, stack + at, length - at, &name, &n, error);
        if (status) return status;
        batch->names[batch->name_count++] = name;
        pipeline->frames[pipeline->depth++] = (open_frame){.end = at + n, .name = name};
        at += n + 1;
    }
    if (length > from) memcpy(pipeline->previous + from, stack + from, length - from);
    pipeline->previous_length = length;
    batch->stacks[batch->stack_count++] =
        (batch_stack){.shared = shared, .count = batch->name_count - first, .after = after, .before = before};
    return batch->name_count < BATCH_NAMES && batch->stack_count < BATCH_NAMES ? FS_OK
                                                                               : turn(pipeline, error);
}

fs_status flame_pipeline_finish(flame_pipeline *pipeline, fs_error *error)
{
    if (!pipeline) return FS_OK;
    fs_status status = turn(pipeline, error);
    pthread_mutex_lock(&pipeline->lock);
    pipeline->ended = true;
    pthread_cond_signal(&pipeline->turned);
    pthread_mutex_unlock(&pipeline->lock);
    pthread_join(pipeline->builder, NULL);
    if (!status) status = pipeline->status;
    if (status && error) *error = pipeline->error;
    for (size_t i = 0; i < 2; i++) {
        fs_free(pipeline->batches[i].names);
        fs_free(pipeline->batches[i].stacks);
    }
    fs_free(pipeline->previous);
    fs_free(pipeline->frames);
    fs_free(pipeline->followers);
    pthread_cond_destroy(&pipeline->turned);
    pthread_mutex_destroy(&pipeline->lock);
    fs_free(pipeline);
    return status;
}
