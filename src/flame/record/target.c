#include "target.h"

#include "permission.h"
#include "proc_files.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Nanoseconds between searches for an interpreter: soon at first, so that little of a program's start is
 * lost.
 */
#define PAUSE_FIRST  UINT64_C(500000)
#define PAUSE_MOST   UINT64_C(50000000)
#define PAUSE_OTHERS UINT64_C(500000000) /* of the many that a build or a shell script starts */

enum {
    FORGET_AFTER = 1000, /* samples without a thread before what is kept about it is dropped */
    CODES_MOST = 1 << 29
};

fs_status flame_label(flame_labels *labels, const char *text, uint32_t *index, fs_error *error)
{
    char *copy = fs_strdup(text);
    if (!copy || !FS_GROW(labels->items, labels->capacity, labels->count + 1)) {
        fs_free(copy);
        return fs_fail_memory(error, "naming a thread", strlen(text));
    }
    *index = (uint32_t)labels->count;
    labels->items[labels->count++] = copy;
    return FS_OK;
}

fs_status flame_target_init(flame_target *target, pid_t pid, flame_child *child, fs_error *error)
{
    *target = (flame_target){.pid = pid, .pidfd = -1, .child = child, .pause = PAUSE_FIRST};
    if (!child) {
        target->pidfd = flame_pidfd_open(pid);
        if (target->pidfd < 0 && (errno == ESRCH || flame_no_descriptor(errno)))
            return flame_pidfd_failed(pid, errno, error);
    } else {
        target->pidfd = child->pidfd;
    }
    return FS_OK;
}

void flame_recording_note_unread(flame_recording *recording, pid_t pid, const fs_error *trouble)
{
    if (recording->unread_pid) return;
    recording->unread_pid = pid;
    recording->unread = *trouble;
}

static void drop_threads(flame_target *target)
{
    for (size_t i = 0; i < target->thread_count; i++) flame_path_fini(&target->threads[i].path);
    target->thread_count = 0;
}

/* Has the thread been there to the end? What one was owed that has ended, samples of others stand for. */
static bool was_there(const flame_target *target, const flame_watched_thread *known)
{
    enum { LATELY = 64 }; /* samples; when the process has ended, that is all there is to go by */
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d", (int)target->pid, (int)known->tid);
    return access(path, F_OK) == 0 || target->samples - known->seen <= LATELY;
}

void flame_target_settle(flame_target *target, flame_recording *recording)
{
    flame_statistics *statistics = &recording->statistics;
    for (size_t i = 0; i < target->thread_count; i++) {
        flame_watched_thread *known = &target->threads[i];
        const uint64_t open = flame_statistics_pending(statistics);
        const uint64_t ticks = known->pending < open ? known->pending : open;
        known->pending = 0;
        if (!known->last || !ticks || !was_there(target, known)) continue;
        recording->calls.nodes[known->last - 1].self += ticks;
        statistics->taken += ticks;
    }
}

static void leave(flame_target *target)
{
    drop_threads(target);
    flame_process_close(target->process);
    target->process = NULL;
    target->halted = false;
    target->state = FLAME_TARGET_ENDED;
    if (target->pidfd >= 0 && !target->child) close(target->pidfd);
    target->pidfd = -1;
}

void flame_target_end(flame_target *target, flame_recording *recording)
{
    flame_target_settle(target, recording);
    if (target->cpu.begun) flame_cpu_wait_update(&target->cpu, target->pid); /* a zombie still answers */
    leave(target);
}

void flame_target_fini(flame_target *target)
{
    leave(target);
    fs_free(target->threads);
    flame_cpu_wait_fini(&target->cpu);
}

/* ---- searching for an interpreter ---- */

fs_status flame_target_add_image(flame_target *target, flame_recording *recording,
                                 flame_interpreter *interpreter, fs_error *error)
{
    if (!FS_GROW(recording->images, recording->image_capacity, recording->image_count + 1)) {
        flame_interpreter_close(interpreter);
        return fs_fail_memory(error, "watching a process", 0);
    }
    flame_process *process = target->process;
    target->process = NULL;
    fs_status status =
        flame_image_init(&recording->images[recording->image_count], process, interpreter, error);
    if (status) return status;
    target->image = (uint32_t)recording->image_count++;
    target->state = FLAME_TARGET_READING;
    recording->statistics.processes += target->process_node == 0; /* not once more after exec */
    return flame_calls_child(&recording->calls, 0, FLAME_KEY_LABEL | FLAME_KEY_PROCESS | target->image,
                             &target->process_node, error);
}

static fs_status find_interpreter(flame_target *target, flame_recording *recording, uint64_t now,
                                  fs_error *error)
{
    target->next_search = now + target->pause;
    if (target->pause < (target->child ? PAUSE_MOST : PAUSE_OTHERS)) target->pause += target->pause / 2;
    flame_process_close(target->process);
    target->process = NULL;
    fs_status status = flame_process_open(target->pid, &target->process, &target->trouble);
    if (status) {
        if (status == FS_IO) flame_recording_note_unread(recording, target->pid, &target->trouble);
        target->found = status == FS_PERMISSION                       ? FLAME_PYTHON_DENIED
                        : status == FS_GONE || status == FS_NOT_FOUND ? FLAME_PYTHON_ENDED
                                                                      : FLAME_PYTHON_NONE;
        return status == FS_MEMORY ? fs_fail(error, status, "%s", target->trouble.message) : FS_OK;
    }
    const flame_recorder_options *wanted = recording->options;
    flame_interpreter_options options = {.size = sizeof options,
                                         .freeze = wanted->freeze,
                                         .threads = wanted->gil    ? FLAME_THREADS_HOLDER
                                                    : wanted->cpu  ? FLAME_THREADS_RUNNING
                                                    : wanted->idle ? FLAME_THREADS_ALL
                                                                   : FLAME_THREADS_AT_WORK,
                                         .budget = wanted->budget,
                                         .interval = (uint64_t)(1e9 / wanted->rate),
                                         .calls_only = wanted->names,
                                         .tasks = wanted->tasks,
                                         .only = wanted->thread};
    flame_interpreter *interpreter;
    status =
        flame_interpreter_open(target->process, &options, &interpreter, &target->found, &target->trouble);
    if (status == FS_IO) flame_recording_note_unread(recording, target->pid, &target->trouble);
    if (status == FS_MEMORY) return fs_fail(error, status, "%s", target->trouble.message);
    status = status ? flame_target_open_native(target, recording, now, error)
                    : flame_target_add_image(target, recording, interpreter, error);
    if (!status && (wanted->mixed || wanted->tasks) && target->state == FLAME_TARGET_READING &&
        recording->images[target->image].interpreter)
        status = flame_target_open_sampler(target, recording, now, error);
    if (!status && target->state == FLAME_TARGET_READING) flame_target_update(target, recording, now);
    return status;
}

void flame_target_update(flame_target *target, const flame_recording *recording, uint64_t now)
{
    flame_cpu_wait_update(&target->cpu, target->pid);
    /* A thread that flame itself has stopped may be asked about just then. */
    const flame_image *image = &recording->images[target->image];
    flame_thread_usage usage;
    const bool halted =
        image->sampler
            ? flame_thread_usage_read(target->pid, target->pid, &usage, NULL) == FS_OK && usage.state == 'T'
            : flame_process_stopped(image->process);
    if (halted && target->halted) target->halted_for += now - target->asked;
    target->halted = halted;
    target->asked = now;
}

fs_status flame_target_search(flame_target *target, flame_recording *recording, uint64_t now, fs_error *error)
{
    if (target->state != FLAME_TARGET_SEARCHING || now < target->next_search) return FS_OK;
    fs_status status = find_interpreter(target, recording, now, error);
    bool barred = target->state == FLAME_TARGET_SEARCHING &&
                  (target->found == FLAME_PYTHON_REFUSED || target->found == FLAME_PYTHON_DENIED);
    target->barred_since = !barred ? 0 : target->barred_since ? target->barred_since : now;
    return status;
}

/* ---- sampling ---- */

static fs_status thread_label(const flame_target *target, const flame_interpreter *interpreter,
                              const flame_thread_sample *thread, char *label, size_t room, fs_error *error)
{
    char own[FLAME_THREAD_NAME_SIZE] = "", first[FLAME_THREAD_NAME_SIZE] = "";
    if (thread->tid == target->pid) {
        snprintf(label, room, "MainThread");
        return FS_OK;
    }
    /* To the kernel a thread that was never named has its process's name, which says nothing. */
    bool named = interpreter && flame_interpreter_thread_name(interpreter, thread, own, sizeof own);
    if (!named && thread->tid)
        named = flame_thread_name(target->pid, thread->tid, own, error) == FS_OK &&
                flame_thread_name(target->pid, target->pid, first, error) == FS_OK && strcmp(own, first) != 0;
    unsigned long long id = thread->tid ? (unsigned long long)thread->tid : thread->ident;
    if (named && own[0])
        snprintf(label, room, "%s (thread %llu)", own, id);
    else
        snprintf(label, room, "thread %llu", id);
    return FS_OK;
}

/* Before 3.11 the kernel's id may become known only later; of a thread that is none of Python's, or not yet,
 * it is all there is. */
static bool is_same_thread(const flame_watched_thread *known, const flame_thread_sample *thread)
{
    const bool same = known->tid == thread->tid;
    if (!known->ident || !thread->ident) return same;
    return known->ident == thread->ident && (!known->tid || !thread->tid || same);
}

/* Forget those that have ended; a thread that only sleeps for long is still the same when it wakes. */
static void forget_threads(flame_target *target)
{
    size_t kept = 0;
    for (size_t i = 0; i < target->thread_count; i++) {
        const flame_watched_thread *known = &target->threads[i];
        if (target->samples - known->seen > FORGET_AFTER && !was_there(target, known))
            flame_path_fini(&target->threads[i].path);
        else
            target->threads[kept++] = target->threads[i];
    }
    target->thread_count = kept;
}

/* What is known of a thread; NULL: nothing. Threads keep their order from sample to sample but for those that
 * come and go, so the search begins where the last one ended. */
static flame_watched_thread *find_watched(flame_target *target, const flame_thread_sample *thread,
                                          size_t *from)
{
    for (size_t i = 0; i < target->thread_count; i++) {
        size_t at = *from + i < target->thread_count ? *from + i : *from + i - target->thread_count;
        flame_watched_thread *known = &target->threads[at];
        if (!is_same_thread(known, thread)) continue;
        if (!known->tid) known->tid = thread->tid;
        if (!known->ident) known->ident = thread->ident;
        *from = at + 1 < target->thread_count ? at + 1 : 0;
        known->seen = target->samples;
        return known;
    }
    return NULL;
}

static fs_status watch(flame_target *target, flame_recording *recording, const flame_thread_sample *thread,
                       size_t *from, flame_watched_thread **added, fs_error *error)
{
    uint32_t node = target->process_node;
    if (!recording->options->merge) {
        char text[128];
        uint32_t label = 0;
        fs_status status = thread_label(target, recording->images[target->image].interpreter, thread, text,
                                        sizeof text, error);
        if (!status) status = flame_label(&recording->labels, text, &label, error);
        if (!status)
            status = flame_calls_child(&recording->calls, target->process_node, FLAME_KEY_LABEL | label,
                                       &node, error);
        if (status) return status;
    }
    if (target->thread_count == target->thread_capacity) forget_threads(target);
    if (!FS_GROW(target->threads, target->thread_capacity, target->thread_count + 1))
        return fs_fail_memory(error, "watching a thread", 0);
    *added = &target->threads[target->thread_count++];
    **added = (flame_watched_thread){
        .ident = thread->ident, .tid = thread->tid, .node = node, .seen = target->samples};
    *from = 0;
    recording->statistics.threads++;
    return FS_OK;
}

static bool left_out(const flame_target *target, const flame_recorder_options *options,
                     const flame_thread_sample *thread)
{
    if (thread->ticks && thread->depth == 0 && !thread->missed) return true; /* runs no Python code */
    return target->halted && !options->idle; /* who holds the interpreter lock does not work then */
}

/* The thread was not read at this tick: a later sample stands for it. */
static void owe(flame_target *target, const flame_recording *recording, const flame_thread_sample *thread,
                size_t *from)
{
    flame_watched_thread *known = find_watched(target, thread, from);
    if (!known) return;
    if (known->owed_to != recording->tick) known->owed_from = recording->tick;
    known->owed_to = recording->tick + 1;
}

/* In the order of time a sample stands for the ticks just before it only; `earlier`: and not for this one. */
static fs_status take_in_time(flame_watched_thread *known, flame_recording *recording, uint32_t node,
                              bool earlier, fs_error *error)
{
    const uint64_t tick = recording->tick, from = known->owed_to == tick ? known->owed_from : tick;
    const uint64_t end = earlier ? tick : tick + 1;
    known->owed_from = known->owed_to = end;
    if (from == end) return FS_OK;
    return flame_timeline_add(&recording->timeline, &known->stretch, from, (uint32_t)(end - from), node,
                              error);
}

fs_status flame_target_add_stack(flame_target *target, flame_recording *recording,
                                 const flame_thread_sample *thread, bool earlier, size_t *from,
                                 fs_error *error)
{
    if (!thread->ticks) {
        if (recording->options->in_time) owe(target, recording, thread, from);
        return FS_OK;
    }
    flame_watched_thread *known = find_watched(target, thread, from);
    fs_status status = known ? FS_OK : watch(target, recording, thread, from, &known, error);
    if (status) return status;
    uint32_t node;
    status = flame_calls_descend(&recording->calls, &known->path, known->node, recording->keys,
                                 recording->key_count, &node, error);
    if (status) return status;
    flame_call *call = &recording->calls.nodes[node];
    if (call->self == 0) recording->statistics.stacks++;
    call->self += thread->ticks;
    known->last = node + 1;
    recording->statistics.taken += thread->ticks;
    recording->statistics.samples++;
    return recording->options->in_time ? take_in_time(known, recording, node, earlier, error) : FS_OK;
}

fs_status flame_target_key(const flame_recorder_options *options, const flame_frame *frame, uint64_t *key,
                           fs_error *error)
{
    if (frame->code >= CODES_MOST)
        return fs_fail(error, FS_MEMORY, "the program has more than %d functions", CODES_MOST);
    *key = flame_key_frame(frame->code, options->functions ? 0 : frame->line);
    return FS_OK;
}

static fs_status take(flame_target *target, flame_recording *recording, const flame_thread_sample *thread,
                      size_t *from, fs_error *error)
{
    if (!FS_GROW(recording->keys, recording->key_capacity, thread->depth))
        return fs_fail_memory(error, "reading a stack", thread->depth * sizeof *recording->keys);
    recording->key_count = thread->depth;
    for (uint32_t i = 0; i < thread->depth; i++) {
        fs_status status = flame_target_key(recording->options, &thread->frames[thread->depth - 1 - i],
                                            &recording->keys[i], error);
        if (status) return status;
    }
    return flame_target_add_stack(target, recording, thread, false, from, error);
}

/* It could be read until now. */
static void note_barred(const flame_target *target, flame_recording *recording, uint64_t now)
{
    flame_permission facts;
    if (recording->barred_pid) return;
    recording->barred_pid = target->pid;
    recording->barred_at = now;
    flame_permission_read(&facts, target->pid);
    fs_status told;
    if (facts.protected)
        told =
            fs_fail(&recording->barred, FS_PERMISSION,
                    "it asked the kernel not to be dumpable (prctl PR_SET_DUMPABLE) or has other rights now");
    else
        told = flame_permission_explain(&facts, "flame record ...", &recording->barred);
    (void)told;
}

void flame_target_changed(flame_target *target, flame_recording *recording, fs_status why, uint64_t now)
{
    if (why == FS_PERMISSION) note_barred(target, recording, now);
    target->halted = false;
    flame_target_settle(target, recording);
    flame_image_retire(&recording->images[target->image]);
    drop_threads(target);
    /* Also of one that has lost its memory on the way to its end: until then its children are not yet
     * somebody else's. */
    target->state = FLAME_TARGET_SEARCHING;
    target->pause = PAUSE_FIRST;
    target->next_search = now;
}

void flame_target_count_pending(flame_target *target, const flame_thread_sample *thread, size_t *from)
{
    const bool later = !thread->ticks && !thread->missed;
    flame_watched_thread *known = later || thread->ticks > 1 ? find_watched(target, thread, from) : NULL;
    if (known && later)
        known->pending++;
    else if (known)
        known->pending -= known->pending < thread->ticks - 1 ? known->pending : thread->ticks - 1;
}

fs_status flame_target_sample(flame_target *target, flame_recording *recording, uint64_t now, fs_error *error)
{
    const flame_sample *sample;
    if (recording->images[target->image].sampler)
        return flame_target_sample_native(target, recording, now, error);
    const flame_recorder_options *options = recording->options;
    flame_statistics *statistics = &recording->statistics;
    flame_interpreter *interpreter = recording->images[target->image].interpreter;
    fs_error trouble;
    if (target->halted) flame_target_update(target, recording, now);
    fs_status status = flame_interpreter_sample(interpreter, &sample, &trouble);
    if (status == FS_MEMORY) return fs_fail(error, status, "%s", trouble.message);
    if (status) {
        flame_target_changed(target, recording, status, now);
        return FS_OK;
    }
    target->samples++;
    statistics->looks++;
    if (sample->missed) {
        statistics->wanted++;
        statistics->missed[sample->missed]++;
        return FS_OK;
    }
    size_t from = 0;
    bool any = false;
    for (size_t i = 0; i < sample->count; i++) {
        const flame_thread_sample *thread = &sample->threads[i];
        if (thread->ticks) flame_target_count_pending(target, thread, &from);
        if (left_out(target, options, thread)) continue;
        if (!thread->ticks) flame_target_count_pending(target, thread, &from);
        any = true;
        statistics->wanted++;
        if (thread->missed || !thread->ticks) {
            statistics->missed[thread->missed] += thread->ticks;
            if (options->in_time && !thread->missed) owe(target, recording, thread, &from);
            continue;
        }
        status = take(target, recording, thread, &from, error);
        if (status) return status;
        if (options->taken)
            options->taken(&(flame_taken){.time = now, .interpreter = interpreter, .thread = thread},
                           options->context);
    }
    if (any) return FS_OK;
    statistics->empty++;
    if (options->taken)
        options->taken(&(flame_taken){.time = now, .interpreter = interpreter, .thread = NULL},
                       options->context);
    return FS_OK;
}
