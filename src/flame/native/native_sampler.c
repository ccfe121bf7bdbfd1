#include "native_sampler.h"

#include "clock.h"
#include "memory.h"
#include "thread_activity.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Nanoseconds between readings of the mappings and of the list of threads, when nothing else asks for them.
 */
#define REFRESH_EVERY UINT64_C(1000000000)
#define LIST_EVERY    UINT64_C(100000000)

/* Nanoseconds in which a thread stops that has a processor. */
#define STOPS_SOON UINT64_C(20000)

enum {
    COPY_FIRST = 16384, /* bytes of a stack; more for a thread that was found to need it */
    REST = 4,           /* times as long as it is held on average a thread is left alone */
    HOLDS = 16,         /* ... which is the average over some so many */
    SPARE_MOST = 64     /* stops that came too late and are still to be let go */
};

typedef enum thread_state {
    THREAD_LEFT_ALONE,
    THREAD_ASKED, /* to stop */
    THREAD_COPIED /* or it is known why not: `result` */
} thread_state;

typedef struct stack_copy {
    uint32_t *places;
    uint64_t *frames;
    size_t capacity, frame_capacity;
    uint32_t depth;
    flame_native_end end;
    uint64_t number; /* of the copy that it is from; 0: there is none */
} stack_copy;

typedef struct sampled_thread {
    pid_t tid;
    thread_activity activity; /* when it was asked */
    uint8_t *bytes;
    size_t wanted; /* bytes of the stack to copy */
    flame_ptrace_stop stop;
    flame_ptrace_result result;
    flame_native_snapshot snapshot;
    uint64_t copies; /* how many were taken */
    thread_state state;
    bool running;    /* when it was asked */
    uint64_t sleeps; /* how often it had slept when it was asked asleep; 0: it ran, or is not known */
    uint32_t ticks;  /* samples since it was asked at which it waited for a processor */
    bool waits;      /* ... and so at this one; else for a disk, which is no work */
    double hold;     /* nanoseconds that it is held for a copy, on average */
    uint64_t rests;  /* ... until then it is left alone, */
    uint32_t owed;   /* ... and so many samples of it have been */
    bool resting;    /* ... this one too */
    stack_copy now,
        earlier; /* its stacks: of this sample (or the last), and one that came between two samples */
    bool listed;
} sampled_thread;

struct flame_native_sampler {
    flame_process *process;
    flame_native *native;
    flame_native_sampler_options options;
    sampled_thread **threads; /* in no order */
    size_t count, capacity;
    flame_native_thread *out;
    size_t out_capacity;
    flame_ptrace_stop spare[SPARE_MOST];
    size_t spare_count;
    uint64_t links;                      /* of the folder of threads when it was listed */
    uint64_t created, listed, refreshed; /* nanoseconds */
    uint64_t seen_running; /* ... when the threads that were asked to stop were seen not to have */
    double held;           /* seconds */
    flame_seizer seizer;
};

/* ---- threads ---- */

/* Now, or as soon as it is possible. */
static void let_go(flame_native_sampler *sampler, flame_ptrace_stop *stop)
{
    if (!flame_ptrace_release(stop) && sampler->spare_count < SPARE_MOST)
        sampler->spare[sampler->spare_count++] = *stop;
    *stop = (flame_ptrace_stop){0};
}

static void drop_thread(flame_native_sampler *sampler, sampled_thread *thread)
{
    thread_activity_fini(&thread->activity);
    let_go(sampler, &thread->stop);
    fs_free(thread->bytes);
    fs_free(thread->now.places);
    fs_free(thread->now.frames);
    fs_free(thread->earlier.places);
    fs_free(thread->earlier.frames);
    fs_free(thread);
}

static sampled_thread *thread_of(flame_native_sampler *sampler, pid_t tid)
{
    for (size_t i = 0; i < sampler->count; i++)
        if (sampler->threads[i]->tid == tid) return sampler->threads[i];
    if (!FS_GROW(sampler->threads, sampler->capacity, sampler->count + 1)) return NULL;
    sampled_thread *made = fs_alloc_0(1, sizeof *made);
    const size_t wanted = sampler->native ? COPY_FIRST : 0; /* the registers alone */
    if (made && wanted) made->bytes = fs_alloc(wanted, 1);
    if (!made || (wanted && !made->bytes)) {
        fs_free(made);
        return NULL;
    }
    made->tid = tid;
    made->wanted = wanted;
    sampler->threads[sampler->count++] = made;
    return made;
}

/* The folder's number of links tells of new threads and ends for the price of one call, but not of a thread
 * that ended while another began. */
static bool is_listed(flame_native_sampler *sampler, uint64_t now)
{
    char path[64];
    struct stat about;
    snprintf(path, sizeof path, "/proc/%d/task", (int)flame_process_pid(sampler->process));
    uint64_t links = stat(path, &about) == 0 ? about.st_nlink : 0;
    bool same = links == sampler->links && now - sampler->listed < LIST_EVERY;
    sampler->links = links;
    return same;
}

static fs_status list_threads(flame_native_sampler *sampler, uint64_t now, fs_error *error)
{
    pid_t *tids;
    size_t count, kept = 0;
    if (is_listed(sampler, now)) return FS_OK;
    fs_status status = flame_process_threads(flame_process_pid(sampler->process), &tids, &count, error);
    if (status) return status;
    sampler->listed = now;
    for (size_t i = 0; i < sampler->count; i++) sampler->threads[i]->listed = false;
    for (size_t i = 0; i < count && !status; i++) {
        if (sampler->options.only && tids[i] != sampler->options.only) continue;
        sampled_thread *thread = thread_of(sampler, tids[i]);
        if (thread)
            thread->listed = true;
        else
            status = fs_fail_memory(error, "watching threads", sizeof *thread);
    }
    fs_free(tids);
    for (size_t i = 0; i < sampler->count; i++) {
        /* One that has ended since its stack was copied still has its say. */
        if (sampler->threads[i]->listed || status || sampler->threads[i]->state == THREAD_COPIED)
            sampler->threads[kept++] = sampler->threads[i];
        else
            drop_thread(sampler, sampler->threads[i]);
    }
    sampler->count = kept;
    return status;
}

static flame_activity activity_of(flame_native_sampler *sampler, sampled_thread *thread, bool *still)
{
    return thread_activity_read(&thread->activity, flame_process_pid(sampler->process), thread->tid, false,
                                still);
}

/* ---- copies ---- */

/* Has it fallen asleep again where it was stopped asleep? It was put aside twice since, to stand still and to
 * sleep on; more often, and it has done something else in between. */
static bool sleeps_on(const flame_native_sampler *sampler, const sampled_thread *thread)
{
    const pid_t pid = flame_process_pid(sampler->process);
    const uint64_t *value = thread->snapshot.registers.value;
    uint64_t stack, counter;
    return thread->now.number && thread->now.number == thread->copies && thread->sleeps &&
           thread_activity_sleeps(pid, thread->tid) == thread->sleeps + 2 &&
           thread_activity_place(pid, thread->tid, &stack, &counter) && stack == value[FLAME_REG_SP] &&
           counter == value[FLAME_REG_PC];
}

/* Which threads are to be stopped: those that run; with `idle` also those that have run since their last
 * stack. */
static bool is_wanted(flame_native_sampler *sampler, sampled_thread *thread)
{
    bool still;
    thread->running = activity_of(sampler, thread, &still) == FLAME_RUNNING;
    if (thread->running || !sampler->options.idle) return thread->running;
    if (still) return !thread->now.number;
    return !sleeps_on(sampler, thread);
}

/* A thread that was held for long, since there was no processor for this one or for the thread itself, is not
 * held again at once: it has to get on. The sample that it owes stands for these, too. */
static bool is_resting(flame_native_sampler *sampler, sampled_thread *thread)
{
    bool still;
    if (thread->state != THREAD_LEFT_ALONE || fs_clock_nanoseconds() >= thread->rests) return false;
    thread->resting = activity_of(sampler, thread, &still) == FLAME_RUNNING;
    if (thread->resting) {
        thread->owed++;
        return true;
    }
    thread->owed = 0; /* for those its last sample stands */
    thread->activity.known = false;
    return false;
}

static void ask(flame_native_sampler *sampler, sampled_thread *thread)
{
    thread->resting = false;
    if (is_resting(sampler, thread)) return;
    if (thread->state == THREAD_ASKED) {
        bool still;
        thread->waits = activity_of(sampler, thread, &still) == FLAME_RUNNING;
        thread->ticks += thread->waits;
        return;
    }
    if (thread->state != THREAD_LEFT_ALONE || !is_wanted(sampler, thread)) return;
    thread->ticks = 1 + thread->owed;
    thread->owed = 0;
    thread->waits = true;
    thread->sleeps =
        thread->running ? 0 : thread_activity_sleeps(flame_process_pid(sampler->process), thread->tid);
    thread->result =
        flame_ptrace_ask(&thread->stop, flame_process_pid(sampler->process), thread->tid, &sampler->seizer);
    thread->state = thread->result == FLAME_PTRACE_WAITING ? THREAD_ASKED : THREAD_COPIED;
}

bool flame_native_sampler_collect(flame_native_sampler *sampler)
{
    bool open = false;
    const uint64_t now = fs_clock_nanoseconds();
    for (size_t i = 0; i < sampler->count; i++) {
        sampled_thread *thread = sampler->threads[i];
        if (thread->state != THREAD_ASKED) continue;
        thread->result = flame_ptrace_check(&thread->stop);
        /* Asked long ago, it may still stop: then it must be let go. */
        if (thread->result == FLAME_PTRACE_WAITING || thread->result == FLAME_PTRACE_LATE) {
            open = true;
            continue;
        }
        if (thread->result == FLAME_PTRACE_STOPPED &&
            !flame_native_copy(thread->stop.tid, thread->bytes, thread->wanted, &thread->snapshot))
            thread->result = FLAME_PTRACE_GONE;
        thread->copies++;
        if (thread->result == FLAME_PTRACE_STOPPED && sampler->options.held)
            sampler->options.held(sampler->options.context, thread->stop.tid, thread->copies);
        let_go(sampler, &thread->stop);
        thread->state = THREAD_COPIED;
        /* From when it was last seen to run, or else from now on. */
        const uint64_t end = fs_clock_nanoseconds();
        const uint64_t held = end - (sampler->seen_running ? sampler->seen_running : now);
        sampler->held += (double)held * 1e-9;
        thread->hold += ((double)held - thread->hold) / HOLDS;
        thread->rests = end + (uint64_t)(REST * thread->hold);
    }
    return open;
}

/* The ends of threads that are held (seizer.h). */
static void reap_held(void *context)
{
    flame_native_sampler *sampler = context;
    for (size_t i = 0; i < sampler->count; i++) flame_ptrace_reap(&sampler->threads[i]->stop);
    for (size_t i = 0; i < sampler->spare_count; i++) flame_ptrace_reap(&sampler->spare[i]);
}

/* All are asked to stop, and each is copied and let go as soon as it has. Nobody waits for those that have no
 * processor: the signal SIGCHLD tells when they have stopped (flame_native_sampler_collect). To yield here
 * would give away the processor for milliseconds on a busy machine, while one that has stopped stands. */
static void copy_all(flame_native_sampler *sampler)
{
    const uint64_t until = fs_clock_nanoseconds() + STOPS_SOON;
    sampler->seen_running = until - STOPS_SOON;
    const bool several = sampler->count + sampler->spare_count > 1;
    if (several) flame_seizer_alarm(&sampler->seizer, true);
    for (size_t i = 0; i < sampler->count; i++) ask(sampler, sampler->threads[i]);
    if (several) flame_seizer_alarm(&sampler->seizer, false);
    for (uint64_t now = 0; now < until;) {
        now = fs_clock_nanoseconds();
        if (!flame_native_sampler_collect(sampler)) break;
        sampler->seen_running = now;
    }
    sampler->seen_running = 0;
}

/* ---- stacks ---- */

/* Copy more of the stack from now on; false when that is as much as there is. */
static bool grow_copy(sampled_thread *thread)
{
    const bool all = thread->snapshot.length < thread->wanted; /* the mapping of the stack ends there */
    if (all || thread->wanted >= FLAME_NATIVE_STACK) return false;
    uint8_t *bytes = fs_realloc(thread->bytes, 2 * thread->wanted, 1);
    if (!bytes) return false;
    thread->bytes = bytes;
    thread->wanted *= 2;
    return true;
}

/* From a thread's copy to its stack. */
static fs_status unwind(flame_native_sampler *sampler, sampled_thread *thread, stack_copy *into,
                        flame_native_outcome *outcome, fs_error *error)
{
    flame_native_stack stack;
    into->depth = 0;
    into->number = 0;
    *outcome = thread->result == FLAME_PTRACE_STOPPED ? FLAME_NATIVE_TAKEN
               : thread->result == FLAME_PTRACE_HELD  ? FLAME_NATIVE_HELD
                                                      : FLAME_NATIVE_UNSTOPPED;
    if (*outcome != FLAME_NATIVE_TAKEN) return FS_OK;
    if (!sampler->native) {
        into->number = thread->copies;
        into->end = FLAME_NATIVE_WHOLE;
        return FS_OK;
    }
    fs_status status = flame_native_unwind(sampler->native, &thread->snapshot, &stack, error);
    if (status) return status;
    if (stack.end == FLAME_NATIVE_SHORT && grow_copy(thread)) {
        *outcome = FLAME_NATIVE_COPY_SHORT;
        return FS_OK;
    }
    if (!FS_GROW(into->places, into->capacity, stack.depth) ||
        !FS_GROW(into->frames, into->frame_capacity, stack.depth))
        return fs_fail_memory(error, "unwinding a stack", stack.depth * sizeof *into->places);
    memcpy(into->places, stack.places, stack.depth * sizeof *into->places);
    memcpy(into->frames, stack.frames, stack.depth * sizeof *into->frames);
    into->depth = stack.depth;
    into->end = stack.end;
    into->number = thread->copies;
    return FS_OK;
}

static void add(flame_native_sampler *sampler, flame_native_sample *sample, const sampled_thread *thread,
                const stack_copy *stack, bool earlier, flame_native_outcome outcome, uint32_t ticks)
{
    sampler->out[sample->count++] = (flame_native_thread){.tid = thread->tid,
                                                          .running = thread->running,
                                                          .outcome = outcome,
                                                          .ticks = ticks,
                                                          .earlier = earlier,
                                                          .depth = ticks ? stack->depth : 0,
                                                          .places = stack->places,
                                                          .frames = stack->frames,
                                                          .end = stack->end,
                                                          .copy = stack->number};
}

/* What was copied, and with `idle` those that sleep as they did. `earlier`: copied between two samples. */
static fs_status unwind_all(flame_native_sampler *sampler, flame_native_sample *sample, bool earlier,
                            fs_error *error)
{
    for (size_t i = 0; i < sampler->count; i++) {
        sampled_thread *thread = sampler->threads[i];
        /* One that slept has it until it runs. */
        stack_copy *into = earlier && thread->running ? &thread->earlier : &thread->now;
        flame_native_outcome outcome = FLAME_NATIVE_TAKEN;
        if (thread->state == THREAD_COPIED) {
            thread->state = THREAD_LEFT_ALONE;
            if (thread->result == FLAME_PTRACE_GONE) continue;
            fs_status status = unwind(sampler, thread, into, &outcome, error);
            if (status) return status;
            if (outcome != FLAME_NATIVE_TAKEN) thread->activity.known = false;
            if (thread->ticks) add(sampler, sample, thread, into, earlier, outcome, thread->ticks);
        } else if (!earlier && thread->state == THREAD_ASKED) {
            if (thread->waits) add(sampler, sample, thread, into, false, outcome, 0);
        } else if (!earlier && thread->resting) {
            add(sampler, sample, thread, into, false, outcome, 0);
        } else if (!earlier && sampler->options.idle && thread->now.number) {
            add(sampler, sample, thread, into, false, outcome, 1);
        }
    }
    return FS_OK;
}

/* What was copied is of the program whose code is known only if that is still there. */
static fs_status check_copies(const flame_native_sampler *sampler, fs_error *error)
{
    const pid_t pid = flame_process_pid(sampler->process);
    /* A child of vfork lives in its parent's memory until it calls exec: only the dearer question tells. */
    const bool young = fs_clock_nanoseconds() - sampler->created < REFRESH_EVERY;
    if (young ? flame_process_life(sampler->process) != FLAME_ALIVE
              : !flame_process_unchanged(sampler->process))
        return fs_fail(error, FS_GONE, "process %d has ended or become another program", (int)pid);
    for (size_t i = 0; i < sampler->count; i++)
        if (sampler->threads[i]->state == THREAD_COPIED && sampler->threads[i]->result == FLAME_PTRACE_BARRED)
            return fs_fail(error, FS_PERMISSION, "process %d may not be stopped", (int)pid);
    return FS_OK;
}

static void release_spare(flame_native_sampler *sampler)
{
    for (size_t i = sampler->spare_count; i-- > 0;)
        if (flame_ptrace_release(&sampler->spare[i]))
            sampler->spare[i] = sampler->spare[--sampler->spare_count];
}

fs_status flame_native_sampler_take(flame_native_sampler *sampler, flame_native_sample *sample,
                                    fs_error *error)
{
    const uint64_t now = fs_clock_nanoseconds();
    const pid_t pid = flame_process_pid(sampler->process);
    fs_status status = FS_OK;
    *sample = (flame_native_sample){0};
    release_spare(sampler);
    if (now - sampler->refreshed > REFRESH_EVERY) {
        if (flame_process_life(sampler->process) != FLAME_ALIVE)
            return fs_fail(error, FS_GONE, "process %d has ended or become another program", (int)pid);
        if (sampler->native) status = flame_native_refresh(sampler->native, error);
        sampler->refreshed = now;
    }
    if (!status) status = list_threads(sampler, now, error);
    if (status) return status;
    if (!FS_GROW(sampler->out, sampler->out_capacity, 2 * sampler->count))
        return fs_fail_memory(error, "watching threads", 2 * sampler->count * sizeof *sampler->out);
    sample->threads = sampler->out;
    flame_native_sampler_collect(sampler);
    status = check_copies(sampler, error);
    if (!status) status = unwind_all(sampler, sample, true, error);
    if (status) return status;
    copy_all(sampler);
    status = check_copies(sampler, error);
    if (!status) status = unwind_all(sampler, sample, false, error);
    sample->held = sampler->held;
    sampler->held = 0;
    return status;
}

fs_status flame_native_sampler_create(flame_process *process, flame_native *native,
                                      const flame_native_sampler_options *options,
                                      flame_native_sampler **sampler, fs_error *error)
{
    *sampler = fs_alloc_0(1, sizeof **sampler);
    if (!*sampler) return fs_fail_memory(error, "watching threads", sizeof **sampler);
    (*sampler)->process = process;
    (*sampler)->native = native;
    (*sampler)->options = *options;
    (*sampler)->seizer = (flame_seizer){.reap = reap_held, .context = *sampler};
    (*sampler)->created = (*sampler)->refreshed = fs_clock_nanoseconds();
    return FS_OK;
}

void flame_native_sampler_rest(flame_native_sampler *sampler)
{
    enum { TRIES = 20000 }; /* a second */
    for (int tries = 0; tries < TRIES; tries++) {
        release_spare(sampler);
        size_t open = sampler->spare_count;
        for (size_t i = 0; i < sampler->count; i++) {
            sampled_thread *thread = sampler->threads[i];
            if (thread->state != THREAD_ASKED) continue;
            if (flame_ptrace_release(&thread->stop))
                thread->state = THREAD_LEFT_ALONE;
            else
                open++;
        }
        if (!open) return;
        flame_ptrace_pause(tries);
    }
}

void flame_native_sampler_destroy(flame_native_sampler *sampler)
{
    if (!sampler) return;
    flame_native_sampler_rest(sampler);
    for (size_t i = 0; i < sampler->count; i++) drop_thread(sampler, sampler->threads[i]);
    flame_seizer_fini(&sampler->seizer);
    fs_free(sampler->threads);
    fs_free(sampler->out);
    fs_free(sampler);
}
