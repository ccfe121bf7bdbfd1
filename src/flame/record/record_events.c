/* Recording by the kernel's events, in place of looking at each tick. */
#include "clock.h"
#include "proc_files.h"
#include "recorder_parts.h"

#include <poll.h>
#include <stdio.h>
#include <time.h>

fs_status recorder_open_events(flame_recorder *recorder, fs_error *error)
{
    fs_status status = event_recorder_open(&recorder->options, &recorder->events, error);
    if (!status) status = flame_kernel_symbols_read(&recorder->recording.kernel, error);
    /* What came meanwhile is of nobody who is watched. */
    return status ? status : event_recorder_update(recorder->events, &recorder->recording, true, error);
}

/* A command's words come a moment after the program that started it goes on. */
static char *title_of(pid_t pid)
{
    enum { TRIES = 100, NAP = 100000 };
    char path[64], words[16];
    size_t length = 0;
    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    for (int i = 0; i < TRIES && !length; i++) {
        if (flame_proc_read(path, words, sizeof words, &length, NULL) != FS_OK) break;
        if (!length) nanosleep(&(struct timespec){.tv_nsec = NAP}, NULL);
    }
    return flame_command_line(pid);
}

/* The process, and with the option children those that it has already. */
static fs_status watch(flame_recorder *recorder, pid_t pid, bool started, fs_error *error)
{
    pid_t *children = NULL;
    size_t count = 0;
    fs_status status = event_recorder_watch(recorder->events, &recorder->recording, pid, started, error);
    if (!status && !started && recorder->options.children)
        status = flame_process_children(pid, &children, &count, error);
    for (size_t i = 0; i < count && !status; i++) {
        status = watch(recorder, children[i], false, error);
        if (status != FS_MEMORY) status = FS_OK; /* it may have ended */
    }
    fs_free(children);
    return status;
}

fs_status recorder_watch_events(flame_recorder *recorder, pid_t pid, bool started, fs_error *error)
{
    recorder->title = title_of(pid);
    return watch(recorder, pid, started, error);
}

static bool first_has_ended(const flame_recorder *recorder)
{
    const flame_target *first = recorder->targets[0];
    struct pollfd end = {.fd = first->pidfd, .events = POLLIN};
    if (first->pidfd < 0) return flame_living_thread(first->pid) == 0; /* a kernel before 5.3 */
    return poll(&end, 1, 0) == 1;
}

/* How far the recording has come, when it has begun. */
static void note_time(flame_recorder *recorder, uint64_t now)
{
    const uint64_t first = event_recorder_began(recorder->events);
    if (!first) return;
    recorder_begin(recorder, first);
    recorder->last = now > first ? now : first;
    recorder->pace.begun = 1 + (uint64_t)((double)(recorder->last - first) / recorder->pace.period);
}

static bool is_over(flame_recorder *recorder, uint64_t now)
{
    const flame_recorder_options *options = &recorder->options;
    const double most = options->seconds * 1e9;
    if (recorder->began && most > 0 && (double)(now - recorder->began) >= most)
        recorder->stop = FLAME_STOP_TIME;
    else if (first_has_ended(recorder) && (!options->children || event_recorder_over(recorder->events)))
        recorder->stop = FLAME_STOP_ENDED;
    else if (options->attend && options->attend(options->context))
        recorder->stop = FLAME_STOP_ASKED;
    else
        return false;
    return true;
}

/* There is nothing to do at any moment: what happens is collected by the kernel. */
fs_status recorder_loop_events(flame_recorder *recorder, fs_error *error)
{
    const struct timespec nap = {.tv_nsec = 10000000};
    flame_statistics *statistics = &recorder->recording.statistics;
    fs_status status = FS_OK;
    uint64_t now = fs_clock_nanoseconds();
    statistics->by_events = true;
    while (!status && !is_over(recorder, now)) {
        struct pollfd end = {.fd = first_has_ended(recorder) ? -1 : recorder->targets[0]->pidfd,
                             .events = POLLIN};
        ppoll(&end, 1, &nap, recorder->options.waiting);
        status = event_recorder_update(recorder->events, &recorder->recording, false, error);
        recorder_reap_orphans(recorder);
        now = fs_clock_nanoseconds();
        note_time(recorder, now);
    }
    if (!status) status = event_recorder_update(recorder->events, &recorder->recording, true, error);
    note_time(recorder, now);
    statistics->looks = recorder->pace.begun;
    if (!statistics->wanted) statistics->empty = statistics->looks;
    recorder->cpu_ran = (double)statistics->taken / recorder->options.rate;
    return status;
}
