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
    native_merge merge;
    merged_stack stack;
    mixed_thread *threads;
    size_t count, capacity;
    size_t next;    /* where the search begins: threads come in the same order each time */
    uint64_t asked; /* how often */
    bool failed;    /* there was no memory */
};

fs_status mixed_stacks_create(flame_interpreter *interpreter, flame_native *native, bool all,
                              mixed_stacks **stacks, fs_error *error)
{
    *stacks = fs_alloc_0(1, sizeof **stacks);
    if (!*stacks) return fs_fail_memory(error, "watching threads", sizeof **stacks);
    (*stacks)->interpreter = interpreter;
    (*stacks)->merge = (native_merge){
        .native = native, .interpreter = flame_interpreter_version(interpreter)->file, .all = all};
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

static bool keep(python_copy *copy, const flame_evaluation *evaluations, size_t count)
{
    const flame_thread_sample *sample = &copy->sample;
    if (!FS_GROW(copy->frames, copy->frame_capacity, (size_t)sample->depth + 1) ||
        !FS_GROW(copy->evaluations, copy->evaluation_capacity, count + 1))
        return false;
    if (sample->depth) memcpy(copy->frames, sample->frames, sample->depth * sizeof *copy->frames);
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
    copy->number = 0;
    fs_status status =
        flame_interpreter_read_still(stacks->interpreter, tid, &copy->is_python, &copy->sample, NULL);
    stacks->failed = stacks->failed || status == FS_MEMORY;
    if (status) return;
    if (!copy->is_python) copy->sample = (flame_thread_sample){.tid = tid};
    if (copy->is_python && !copy->sample.missed &&
        !flame_interpreter_evaluations(stacks->interpreter, &copy->sample, &evaluations, &count))
        copy->sample.missed = FLAME_MISSED_UNMAPPED;
    if (keep(copy, evaluations, count))
        copy->number = number;
    else
        stacks->failed = true;
}

/* ---- afterwards ---- */

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
    return native_merge_stack(&stacks->merge, &stack, copy->evaluations, copy->evaluation_count,
                              copy->sample.depth, &stacks->stack, error);
}
