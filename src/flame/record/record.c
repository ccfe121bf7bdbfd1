#include "record.h"

#include "clock.h"
#include "memory.h"
#include "permission.h"
#include "recorder_parts.h"
#include "scheduling.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* Nanoseconds between searches for new children, and between readings of CPU times. */
#define CHILDREN_EVERY UINT64_C(20000000)
#define CPU_EVERY      UINT64_C(250000000)
#define NEVER          UINT64_MAX

/* The first is at least so many times as long as the search took. */
#define CHILDREN_REST 50

/* How long a program that was started may look like one that will not be read: it may be about to
 * exec. */
#define BARRED_LONG UINT64_C(300000000)

void flame_recorder_options_default(flame_recorder_options *options)
{
    *options = (flame_recorder_options){.size = sizeof *options, .rate = 1000};
}

fs_status flame_recorder_create(const flame_recorder_options *options, flame_recorder **recorder,
                                fs_error *error)
{
    *recorder = NULL;
    flame_recorder *made = fs_alloc_0(1, sizeof *made);
    if (!made) return fs_fail_memory(error, "preparing to record", sizeof *made);
    size_t size = options->size < sizeof made->options ? options->size : sizeof made->options;
    flame_recorder_options_default(&made->options);
    memcpy(&made->options, options, size);
    if (!(made->options.rate > 0)) made->options.rate = 1000;
    if (!(made->options.attend_every > 0)) made->options.attend_every = 0.25;
    made->recording.options = &made->options;
    flame_alarm_init(&made->alarm);
    made->stops.file = -1;
    fs_status status = flame_calls_init(&made->recording.calls, error);
    if (!status && made->options.kernel) status = recorder_open_events(made, error);
    if (status)
        flame_recorder_destroy(made);
    else
        *recorder = made;
    return status;
}

void flame_recorder_destroy(flame_recorder *recorder)
{
    if (!recorder) return;
    flame_recording *recording = &recorder->recording;
    for (size_t i = 0; i < recorder->target_count; i++) {
        flame_target_fini(recorder->targets[i]);
        fs_free(recorder->targets[i]);
    }
    for (size_t i = 0; i < recording->image_count; i++) flame_image_fini(&recording->images[i]);
    for (size_t i = 0; i < recording->labels.count; i++) fs_free(recording->labels.items[i]);
    fs_free(recording->labels.items);
    fs_free(recording->images);
    event_recorder_close(recorder->events);
    flame_native_files_destroy(recording->native_files);
    flame_kernel_symbols_free(recording->kernel);
    fs_free(recorder->title);
    fs_free(recording->keys);
    flame_calls_fini(&recording->calls);
    flame_timeline_fini(&recording->timeline);
    flame_alarm_fini(&recorder->alarm);
    fs_free(recorder->targets);
    fs_free(recorder->waits);
    fs_free(recorder);
}

static fs_status add_target(flame_recorder *recorder, pid_t pid, flame_child *child, flame_target **added,
                            fs_error *error)
{
    flame_target *target = fs_alloc_0(1, sizeof *target);
    if (!target || !FS_GROW(recorder->targets, recorder->target_capacity, recorder->target_count + 1) ||
        !FS_GROW(recorder->waits, recorder->wait_capacity, recorder->target_count + 3)) {
        fs_free(target);
        return fs_fail_memory(error, "watching a process", sizeof *target);
    }
    fs_status status = flame_target_init(target, pid, child, error);
    if (status) {
        fs_free(target);
        return status;
    }
    recorder->targets[recorder->target_count++] = target;
    if (added) *added = target;
    return FS_OK;
}

fs_status flame_recorder_follow(flame_recorder *recorder, flame_child *child, fs_error *error)
{
    fs_status status = add_target(recorder, child->pid, child, NULL, error);
    return status || !recorder->events ? status : recorder_watch_events(recorder, child->pid, true, error);
}

void recorder_begin(flame_recorder *recorder, uint64_t now)
{
    if (recorder->began) return;
    recorder->began = recorder->last = now ? now : 1;
    recorder->cpu_before = fs_clock_cpu_seconds();
    recorder->next_cpu = now + CPU_EVERY;
    flame_pace_start(&recorder->pace, recorder->options.rate, now);
}

static fs_status search_target(flame_recorder *recorder, flame_target *target, uint64_t now, fs_error *error)
{
    fs_status status = flame_target_search(target, &recorder->recording, now, error);
    if (!status && target->state == FLAME_TARGET_READING) recorder_begin(recorder, now);
    return status;
}

fs_status flame_recorder_attach(flame_recorder *recorder, pid_t pid, const char *action, fs_error *error)
{
    /* A process that was just started may not have reached its interpreter yet: give it a moment. */
    enum { PATIENCE = 1000000000, NAP = 2000000 };
    flame_target *target;
    fs_status status = add_target(recorder, pid, NULL, &target, error);
    if (status) return status;
    if (recorder->events) return recorder_watch_events(recorder, pid, false, error);
    uint64_t start = fs_clock_nanoseconds(), now = start;
    for (;;) {
        status = search_target(recorder, target, now, error);
        if (status || target->state == FLAME_TARGET_READING) return status;
        bool starting = target->found == FLAME_PYTHON_STARTING;
        if (!starting || now - start > PATIENCE) break;
        nanosleep(&(struct timespec){.tv_nsec = NAP}, NULL);
        now = fs_clock_nanoseconds();
        target->next_search = now;
    }
    switch (target->found) {
    case FLAME_PYTHON_DENIED: {
        flame_permission facts;
        flame_permission_read(&facts, pid);
        return flame_permission_explain(&facts, action, error);
    }
    case FLAME_PYTHON_ENDED:
        return fs_fail(error, target->trouble.code, "%s", target->trouble.message);
    case FLAME_PYTHON_NONE:
    case FLAME_PYTHON_STARTING:
        if (recorder->options.children) return FS_OK;
        return fs_fail(error, FS_UNSUPPORTED, "%s", target->trouble.message);
    case FLAME_PYTHON_REFUSED:
    case FLAME_PYTHON_READY:
        break;
    }
    return fs_fail(error, target->trouble.code, "%s", target->trouble.message);
}

/* ---- the loop ---- */

static bool is_watched(const flame_recorder *recorder, pid_t pid)
{
    for (size_t i = 0; i < recorder->target_count; i++)
        if (recorder->targets[i]->pid == pid && recorder->targets[i]->state != FLAME_TARGET_ENDED)
            return true;
    return false;
}

/* Takes over the list. */
static fs_status watch_all(flame_recorder *recorder, pid_t *pids, size_t count, fs_error *error)
{
    fs_status status = FS_OK;
    for (size_t i = 0; i < count && !status; i++) {
        fs_error trouble;
        if (is_watched(recorder, pids[i])) continue;
        fs_status added = add_target(recorder, pids[i], NULL, NULL, &trouble);
        if (added == FS_IO) flame_recording_note_unread(&recorder->recording, pids[i], &trouble);
        if (added == FS_MEMORY) status = fs_fail(error, added, "%s", trouble.message);
    }
    fs_free(pids);
    return status;
}

/* New children of every process that is watched, and those that lost their parents. */
static fs_status find_children(flame_recorder *recorder, fs_error *error)
{
    size_t count = recorder->target_count, found = 0;
    pid_t *pids = NULL;
    fs_error why;
    for (size_t i = 0; i < count; i++) {
        const flame_target *target = recorder->targets[i];
        if (target->state == FLAME_TARGET_ENDED) continue;
        fs_status status = flame_process_children(target->pid, &pids, &found, &why);
        if (status == FS_IO) flame_recording_note_unread(&recorder->recording, target->pid, &why);
        status = status ? FS_OK : watch_all(recorder, pids, found, error);
        if (status) return status;
    }
    const flame_child *child = recorder->targets[0]->child;
    if (!child || flame_child_orphans(child, &pids, &found, &why) != FS_OK) return FS_OK;
    return watch_all(recorder, pids, found, error);
}

/* Drop what ended, so that a program with many short children costs no more and more. */
static void sweep(flame_recorder *recorder)
{
    size_t kept = 0;
    for (size_t i = 0; i < recorder->target_count; i++) {
        flame_target *target = recorder->targets[i];
        if (target->state != FLAME_TARGET_ENDED || i == 0) {
            recorder->targets[kept++] = target;
            continue;
        }
        recorder->cpu_ran += target->cpu.ran;
        recorder->cpu_waited += (double)target->cpu.waited * 1e-9;
        recorder->halted += (double)target->halted_for * 1e-9;
        flame_target_fini(target);
        fs_free(target);
    }
    recorder->target_count = kept;
}

/* NULL: the target is Python, or not read now. */
static flame_native_sampler *sampler_of(const flame_recorder *recorder, const flame_target *target)
{
    return target->state == FLAME_TARGET_READING ? recorder->recording.images[target->image].sampler : NULL;
}

/* Threads that were asked to stop and waited for a processor then: copy those that have one now. True while
 * there are others. */
static bool collect_stops(flame_recorder *recorder)
{
    bool open = false;
    flame_stop_signal_drain(&recorder->stops);
    for (size_t i = 0; i < recorder->target_count; i++) {
        flame_native_sampler *sampler = sampler_of(recorder, recorder->targets[i]);
        if (sampler) open |= flame_native_sampler_collect(sampler);
    }
    return open;
}

/* Nobody is held while this program does something else. */
static void let_go(flame_recorder *recorder)
{
    for (size_t i = 0; i < recorder->target_count; i++) {
        flame_native_sampler *sampler = sampler_of(recorder, recorder->targets[i]);
        if (sampler) flame_native_sampler_rest(sampler);
    }
}

void flame_recorder_pause(flame_recorder *recorder)
{
    let_go(recorder);
    recorder->paused = true;
}

/* Wait until `until`, the end of a process, a signal or a key. */
static void wait_until(flame_recorder *recorder, uint64_t until, bool *ended)
{
    const flame_recorder_options *options = &recorder->options;
    nfds_t count = 0;
    for (size_t i = 0; i < recorder->target_count; i++)
        if (recorder->targets[i]->pidfd >= 0)
            recorder->waits[count++] = (struct pollfd){.fd = recorder->targets[i]->pidfd, .events = POLLIN};
    uint64_t now = fs_clock_nanoseconds();
    uint64_t left = until > now ? until - now : 0;
    struct timespec time = {.tv_sec = (time_t)(left / 1000000000), .tv_nsec = (long)(left % 1000000000)};
    int file = -1;
    if (left && recorder->reading && until == flame_pace_due(&recorder->pace))
        file = flame_alarm_set(&recorder->alarm, until, flame_pace_next(&recorder->pace));
    nfds_t others = 0;
    if (file >= 0) recorder->waits[count + others++] = (struct pollfd){.fd = file, .events = POLLIN};
    if (recorder->stops.file >= 0 && collect_stops(recorder))
        recorder->waits[count + others++] = (struct pollfd){.fd = recorder->stops.file, .events = POLLIN};
    const sigset_t *mask = recorder->stops.has_waiting ? &recorder->stops.waiting : options->waiting;
    int ready = ppoll(recorder->waits, count + others, file >= 0 ? NULL : &time, mask);
    *ended = false;
    for (nfds_t i = 0; ready > 0 && i < count; i++)
        if (recorder->waits[i].revents) *ended = true;
}

static void notice_ends(flame_recorder *recorder)
{
    for (size_t i = 0; i < recorder->target_count; i++) {
        flame_target *target = recorder->targets[i];
        if (target->pidfd < 0) continue;
        struct pollfd one = {.fd = target->pidfd, .events = POLLIN};
        if (poll(&one, 1, 0) != 1) continue;
        if (target->state == FLAME_TARGET_READING)
            flame_image_retire(&recorder->recording.images[target->image]);
        flame_target_end(target, &recorder->recording);
    }
}

/* True when the process is gone although it has no pidfd to say so (a kernel before 5.3). */
static bool vanished(const flame_target *target)
{
    return target->pidfd < 0 && target->state == FLAME_TARGET_SEARCHING &&
           target->found == FLAME_PYTHON_ENDED;
}

static fs_status tick(flame_recorder *recorder, uint64_t now, fs_error *error)
{
    recorder->last = now;
    flame_pace_begin(&recorder->pace, now);
    recorder->recording.tick = recorder->pace.tick - 1;
    for (size_t i = 0; i < recorder->target_count; i++) {
        flame_target *target = recorder->targets[i];
        if (target->state != FLAME_TARGET_READING) continue;
        /* Threads with native stacks are not frozen but held one by one, which their sampler counts. */
        const bool frozen = recorder->options.freeze && !sampler_of(recorder, target);
        const uint64_t began = frozen ? fs_clock_nanoseconds() : 0;
        fs_status status = flame_target_sample(target, &recorder->recording, now, error);
        if (status) return status;
        if (frozen) recorder->stopped += (double)(fs_clock_nanoseconds() - began) * 1e-9;
    }
    return FS_OK;
}

static void count_states(flame_recorder *recorder)
{
    recorder->alive = recorder->reading = 0;
    for (size_t i = 0; i < recorder->target_count; i++) {
        recorder->alive += recorder->targets[i]->state != FLAME_TARGET_ENDED;
        recorder->reading += recorder->targets[i]->state == FLAME_TARGET_READING;
    }
}

static void update_targets(flame_recorder *recorder, uint64_t now)
{
    for (size_t i = 0; i < recorder->target_count; i++)
        if (recorder->targets[i]->state == FLAME_TARGET_READING)
            flame_target_update(recorder->targets[i], &recorder->recording, now);
}

void recorder_reap_orphans(const flame_recorder *recorder)
{
    pid_t *pids;
    size_t count;
    const flame_child *child = recorder->targets[0]->child;
    if (child && flame_child_orphans(child, &pids, &count, NULL) == FS_OK) fs_free(pids);
}

/* Rare work: interpreters that started, children, CPU times. *next is when there is some again. */
static fs_status update_processes(flame_recorder *recorder, uint64_t now, uint64_t *next, fs_error *error)
{
    *next = NEVER;
    if (recorder->options.children) {
        if (now >= recorder->next_children) {
            fs_status status = find_children(recorder, error);
            if (status) return status;
            /* Each thread has a list of its own, and there may be thousands. */
            uint64_t rest = (fs_clock_nanoseconds() - now) * CHILDREN_REST;
            recorder->next_children = now + (rest > CHILDREN_EVERY ? rest : CHILDREN_EVERY);
        }
        *next = recorder->next_children;
    }
    if (recorder->began && now >= recorder->next_cpu) {
        update_targets(recorder, now);
        recorder_reap_orphans(recorder);
        recorder->next_cpu = now + CPU_EVERY;
    }
    bool gone = false;
    for (size_t i = 0; i < recorder->target_count; i++) {
        flame_target *target = recorder->targets[i];
        fs_status status = search_target(recorder, target, now, error);
        if (status) return status;
        if (vanished(target)) flame_target_end(target, &recorder->recording);
        if (target->state == FLAME_TARGET_SEARCHING && target->next_search < *next)
            *next = target->next_search;
        if (target->state == FLAME_TARGET_ENDED) gone = true;
    }
    if (recorder->began && recorder->next_cpu < *next) *next = recorder->next_cpu; /* it may have begun now */
    if (gone) sweep(recorder);
    count_states(recorder);
    if (recorder->alive == 0 && recorder->options.children) { /* the last may have left others behind */
        fs_status status = find_children(recorder, error);
        if (status) return status;
        count_states(recorder);
        *next = now;
    }
    return FS_OK;
}

/* An interpreter that will never be read, or never again: no use in waiting for its end to say so. */
static bool hopeless(const flame_recorder *recorder, uint64_t now)
{
    const flame_target *first = recorder->targets[0];
    return (!recorder->began || recorder->recording.barred_pid == first->pid) &&
           !recorder->options.children && first->barred_since && now - first->barred_since > BARRED_LONG;
}

static fs_status loop(flame_recorder *recorder, fs_error *error)
{
    const flame_recorder_options *options = &recorder->options;
    uint64_t attend_every = (uint64_t)(options->attend_every * 1e9), next_attend = 0, next_update = 0;
    for (;;) {
        uint64_t now = fs_clock_nanoseconds();
        fs_status status;
        if (now >= next_update) {
            status = update_processes(recorder, now, &next_update, error);
            if (status) return status;
            if (recorder->alive == 0 || hopeless(recorder, now)) {
                const bool barred = recorder->alive && recorder->began;
                recorder->stop = barred ? FLAME_STOP_BARRED : FLAME_STOP_ENDED;
                return FS_OK;
            }
        }
        uint64_t end = NEVER; /* at least one sample is taken, however short the time */
        if (options->seconds > 0 && recorder->pace.begun)
            end = recorder->began + (uint64_t)(options->seconds * 1e9);
        if (now >= end) {
            if (recorder->reading && !recorder->paused) flame_pace_finish(&recorder->pace, end);
            recorder->stop = FLAME_STOP_TIME;
            return FS_OK;
        }
        if (!recorder->reading) {
            recorder->paused = true; /* between two programs (exec), or after the first of them */
        } else if (recorder->paused) {
            flame_pace_resume(&recorder->pace, now);
            recorder->paused = false;
        }
        if (recorder->reading && now >= flame_pace_due(&recorder->pace)) {
            size_t before = recorder->reading;
            status = tick(recorder, now, error);
            if (status) return status;
            count_states(recorder);
            if (recorder->reading != before) next_update = 0;
        }
        uint64_t until = recorder->reading ? flame_pace_due(&recorder->pace) : NEVER;
        if (next_update < until) until = next_update;
        if (end < until) until = end;
        if (options->attend && next_attend < until) until = next_attend;
        bool ended;
        wait_until(recorder, until, &ended);
        if (ended) {
            notice_ends(recorder);
            next_update = 0;
        }
        now = fs_clock_nanoseconds();
        if (options->attend) {
            if (now >= next_attend) next_attend = now + attend_every;
            if (options->attend(options->context)) {
                recorder->stop = FLAME_STOP_ASKED;
                return FS_OK;
            }
        }
    }
}

static fs_status fail_never_read(flame_recorder *recorder, fs_error *error)
{
    const flame_target *first = recorder->targets[0];
    if (recorder->stop == FLAME_STOP_ASKED)
        return fs_fail(error, FS_GONE,
                       recorder->options.native && !recorder->options.gil
                           ? "nothing was recorded: interrupted before the first sample"
                           : "nothing was recorded: interrupted before a Python interpreter was seen");
    switch (first->found) {
    case FLAME_PYTHON_DENIED: {
        flame_permission facts;
        flame_permission_read(&facts, first->pid);
        return flame_permission_explain(&facts, "flame record -- COMMAND", error);
    }
    case FLAME_PYTHON_REFUSED:
        return fs_fail(error, first->trouble.code, "%s", first->trouble.message);
    case FLAME_PYTHON_STARTING:
        return fs_fail(error, FS_GONE, "nothing was recorded: the program ended while Python was starting");
    default:
        break;
    }
    if (recorder->recording.unread_pid)
        return fs_fail(error, FS_IO, "nothing was recorded: %s", recorder->recording.unread.message);
    if (recorder->options.native && !recorder->options.gil)
        return fs_fail(error, FS_GONE, "nothing was recorded: the program ended before the first sample");
    return fs_fail(error, FS_NOT_FOUND,
                   "nothing was recorded: no Python interpreter was seen before the program ended");
}

enum { SLICE = 100000 }; /* nanoseconds: a sample takes some microseconds */

fs_status flame_recorder_run(flame_recorder *recorder, fs_error *error)
{
    /* The kernel may round a wait up by 50 microseconds; ask for exact ones meanwhile. */
    int slack = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
    prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
    flame_time_slice_request(SLICE);
    if (recorder->options.native) flame_stop_signal_open(&recorder->stops, recorder->options.waiting);
    fs_status status = recorder->events ? recorder_loop_events(recorder, error) : loop(recorder, error);
    let_go(recorder);
    for (size_t i = 0; i < recorder->target_count; i++)
        flame_target_settle(recorder->targets[i], &recorder->recording);
    flame_stop_signal_close(&recorder->stops);
    flame_time_slice_request(0);
    if (recorder->recording.raised) flame_priority_restore(recorder->recording.nice);
    recorder->recording.raised = false;
    if (slack > 0) prctl(PR_SET_TIMERSLACK, slack, 0, 0, 0);
    update_targets(recorder, fs_clock_nanoseconds());
    if (!status && !recorder->began) return fail_never_read(recorder, error);
    return status;
}
