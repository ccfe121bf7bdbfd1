#include "mixed_stacks.h"

#include "memory.h"

#include <string.h>

enum {
    COPIES = 2, /* of a thread that may be asked for: one that came between two ticks, and one of the tick */
    KEPT = 64,  /* threads that are kept, however long they have not been asked for; */
    UNUSED_MOST = 100000 /* others are forgotten after so many questions about any */
};

typedef struct python_copy {
    uint64_t number; /* 0: none */
    bool is_python;
    flame_thread_sample sample; /* its frames are these: */
    flame_frame *frames;
    size_t frame_capacity;
    uint32_t own;         /* how many of them, the innermost ones, are shown; */
    size_t awaiter_count; /* then these, which stand behind them all */
    flame_evaluation *evaluations;
    size_t evaluation_count, evaluation_capacity;
} python_copy;

typedef struct mixed_thread {
    pid_t tid;
    uint64_t used;
    python_copy copies[COPIES];
} mixed_thread;

struct mixed_stacks {
    flame_interpreter *interpreter;
    mixed_stacks_options options;
    native_merge merge;
    merged_stack stack;
    mixed_thread *threads;
    size_t count, capacity;
    size_t next;    /* where the search begins: threads come in the same order each time */
    uint64_t asked; /* how often */
    bool failed;    /* there was no memory */
};

fs_status mixed_stacks_create(flame_interpreter *interpreter, flame_native *native,
                              const mixed_stacks_options *options, mixed_stacks **stacks, fs_error *error)
{
    *stacks = fs_alloc_0(1, sizeof **stacks);
    if (!*stacks) return fs_fail_memory(error, "watching threads", sizeof **stacks);
    (*stacks)->interpreter = interpreter;
    (*stacks)->options = *options;
    (*stacks)->merge = (native_merge){.native = native,
                                      .interpreter = flame_interpreter_version(interpreter)->file,
                                      .all = options->native_all};
    return FS_OK;
}

static void drop(mixed_thread *thread)
{
    for (size_t i = 0; i < COPIES; i++) {
        fs_free(thread->copies[i].frames);
        fs_free(thread->copies[i].evaluations);
    }
}

void mixed_stacks_destroy(mixed_stacks *stacks)
{
    if (!stacks) return;
    for (size_t i = 0; i < stacks->count; i++) drop(&stacks->threads[i]);
    native_merge_fini(&stacks->merge);
    fs_free(stacks->stack.frames);
    fs_free(stacks->threads);
    fs_free(stacks);
}

/* ---- threads ---- */

static void forget_unused(mixed_stacks *stacks)
{
    size_t kept = 0;
    for (size_t i = 0; i < stacks->count; i++) {
        if (stacks->asked - stacks->threads[i].used > UNUSED_MOST)
            drop(&stacks->threads[i]);
        else
            stacks->threads[kept++] = stacks->threads[i];
    }
    stacks->count = kept;
    stacks->next = 0;
}

static mixed_thread *find(mixed_stacks *stacks, pid_t tid)
{
    stacks->asked++;
    for (size_t i = 0; i < stacks->count; i++) {
        size_t at = stacks->next + i < stacks->count ? stacks->next + i : stacks->next + i - stacks->count;
        if (stacks->threads[at].tid != tid) continue;
        stacks->next = at + 1 < stacks->count ? at + 1 : 0;
        stacks->threads[at].used = stacks->asked;
        return &stacks->threads[at];
    }
    return NULL;
}

/* The same, made on first sight; NULL without memory. */
static mixed_thread *thread_of(mixed_stacks *stacks, pid_t tid)
{
    mixed_thread *known = find(stacks, tid);
    if (known) return known;
    if (stacks->count >= KEPT && stacks->count == stacks->capacity) forget_unused(stacks);
    if (!FS_GROW(stacks->threads, stacks->capacity, stacks->count + 1)) return NULL;
    stacks->threads[stacks->count] = (mixed_thread){.tid = tid, .used = stacks->asked};
    return &stacks->threads[stacks->count++];
}

/* ---- while it stands still ---- */

static bool keep(python_copy *copy, const flame_evaluation *evaluations, size_t count,
                 const flame_awaiters *awaiters)
{
    const flame_thread_sample *sample = &copy->sample;
    if (!FS_GROW(copy->frames, copy->frame_capacity, sample->depth + awaiters->count + 1) ||
        !FS_GROW(copy->evaluations, copy->evaluation_capacity, count + 1))
        return false;
    if (sample->depth) memcpy(copy->frames, sample->frames, sample->depth * sizeof *copy->frames);
    if (awaiters->count)
        memcpy(copy->frames + sample->depth, awaiters->frames, awaiters->count * sizeof *copy->frames);
    copy->own = awaiters->own;
    copy->awaiter_count = awaiters->count;
    if (count) memcpy(copy->evaluations, evaluations, count * sizeof *evaluations);
    copy->sample.frames = copy->frames;
    copy->evaluation_count = count;
    return true;
}

void mixed_stacks_read(void *self, pid_t tid, uint64_t number)
{
    mixed_stacks *stacks = self;
    mixed_thread *thread = thread_of(stacks, tid);
    const flame_evaluation *evaluations = NULL;
    size_t count = 0;
    if (!thread) {
        stacks->failed = true;
        return;
    }
    python_copy *copy = &thread->copies[number % COPIES];
    flame_thread_sample *sample = &copy->sample;
    copy->number = 0;
    fs_status status = flame_interpreter_read_still(stacks->interpreter, tid, &copy->is_python, sample, NULL);
    stacks->failed = stacks->failed || status == FS_MEMORY;
    if (status) return;
    if (!copy->is_python) *sample = (flame_thread_sample){.tid = tid};
    const bool read = copy->is_python && !sample->missed;
    if (read && stacks->options.native &&
        !flame_interpreter_evaluations(stacks->interpreter, sample, &evaluations, &count))
        sample->missed = FLAME_MISSED_UNMAPPED;
    flame_awaiters awaiters = {.own = sample->depth};
    if (read && stacks->options.tasks)
        status = flame_interpreter_awaiters(stacks->interpreter, sample, &awaiters, NULL);
    if (!status && keep(copy, evaluations, count, &awaiters))
        copy->number = number;
    else
        stacks->failed = true;
}

/* ---- afterwards ---- */

static bool add_python(merged_stack *stack, size_t from, size_t to)
{
    if (!FS_GROW(stack->frames, stack->capacity, stack->count + (to - from))) return false;
    for (size_t i = from; i < to; i++)
        stack->frames[stack->count++] = (merged_frame){.kind = MERGED_PYTHON, .index = (uint32_t)i};
    return true;
}

/* In place of what is outside of the thread's innermost `own` Python frames come those of tasks that wait. */
static fs_status add_awaiters(merged_stack *stack, const python_copy *copy, fs_error *error)
{
    const uint32_t depth = copy->sample.depth;
    size_t kept = 0;
    for (size_t i = 0; i < stack->count; i++)
        if (stack->frames[i].kind == MERGED_PYTHON && stack->frames[i].index < copy->own) kept = i + 1;
    /* Without any, the native code that the event loop calls stays. */
    while (!copy->own && kept < stack->count && stack->frames[kept].kind == MERGED_NATIVE) kept++;
    stack->count = kept;
    if (!add_python(stack, depth, depth + copy->awaiter_count))
        return fs_fail_memory(error, "reading a stack", copy->awaiter_count * sizeof *stack->frames);
    return FS_OK;
}

fs_status mixed_stacks_merge(mixed_stacks *stacks, const flame_native_thread *native, mixed_stack *mixed,
                             fs_error *error)
{
    const mixed_thread *thread = find(stacks, native->tid);
    const python_copy *copy = thread ? &thread->copies[native->copy % COPIES] : NULL;
    const flame_native_stack stack = {
        .places = native->places, .frames = native->frames, .depth = native->depth, .end = native->end};
    *mixed = (mixed_stack){.stack = &stacks->stack};
    if (stacks->failed) return fs_fail_memory(error, "reading a stack", 0);
    if (!copy || copy->number != native->copy) {
        mixed->python = (flame_thread_sample){.tid = native->tid, .missed = FLAME_MISSED_UNMAPPED};
        return FS_OK;
    }
    mixed->python = copy->sample;
    mixed->is_python = copy->is_python;
    if (copy->sample.missed) return FS_OK;
    merged_stack *merged = &stacks->stack;
    fs_status status = FS_OK;
    if (stacks->options.native) {
        status = native_merge_stack(&stacks->merge, &stack, copy->evaluations, copy->evaluation_count,
                                    copy->sample.depth, merged, error);
    } else {
        merged->count = 0;
        merged->unordered = false;
        if (!add_python(merged, 0, copy->sample.depth))
            status = fs_fail_memory(error, "reading a stack", copy->sample.depth * sizeof *merged->frames);
    }
    return status || !copy->awaiter_count ? status : add_awaiters(merged, copy, error);
}
