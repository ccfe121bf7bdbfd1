#include "flame_watch.h"

#include "clock.h"
#include "command.h"
#include "flame_signals.h"
#include "memory.h"
#include "text.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NOT_EXECUTABLE = 126, NOT_FOUND = 127, KILL_AFTER = 5000 /* milliseconds */, NAMED_MOST = 5 };

watch_settings watch_setting;

static double watch_budget; /* 0: the usual one */

/* "0.6%" */
static bool parse_budget(const char *text)
{
    char *end;
    const double percent = strtod(text, &end);
    watch_budget = percent / 100;
    return end != text && strcmp(end, "%") == 0 && percent >= 0.01 && percent <= 50;
}

int flame_watch_check(int count, const char *example)
{
    if ((watch_setting.pid > 0) == (count > 0))
        return watch_setting.pid > 0 ? command_usage("give either -p PID or a command, not both")
                                     : command_usage("give -p PID, or a command to start: %s", example);
    if (watch_setting.gil + watch_setting.cpu + watch_setting.idle > 1)
        return command_usage("choose one of --gil, --cpu and --idle");
    if (watch_setting.native_what && strcmp(watch_setting.native_what, "all") != 0)
        return command_usage("--native takes 'all' or nothing, not '%s'", watch_setting.native_what);
    if (watch_setting.native && watch_setting.freeze)
        return command_usage("--native stops threads one by one: leave out --freeze");
    if (watch_setting.tasks && watch_setting.freeze)
        return command_usage("--tasks stops threads one by one: leave out --freeze");
    if (watch_setting.budget && !parse_budget(watch_setting.budget))
        return command_usage(
            "--budget %s: give a part of the program's time from 0.01%% to 50%%, as --budget 0.6%%",
            watch_setting.budget);
    return COMMAND_OK;
}

void flame_watch_options(flame_recorder_options *options)
{
    flame_recorder_options_default(options);
    options->rate = watch_setting.rate;
    options->idle = watch_setting.idle;
    options->cpu = watch_setting.cpu;
    options->gil = watch_setting.gil;
    options->freeze = watch_setting.freeze;
    options->children = watch_setting.children;
    options->native = true;
    options->mixed = watch_setting.native;
    options->mixed_all = watch_setting.native_what != NULL;
    options->tasks = watch_setting.tasks;
    options->inlines = watch_setting.inlines;
    options->thread = (pid_t)watch_setting.thread;
    options->budget = watch_budget;
    options->waiting = flame_signals_waiting();
}

fs_status flame_watch_attach(flame_recorder *recorder, const char *name, fs_error *error)
{
    char action[64];
    snprintf(action, sizeof action, "%s -p %lld", name, (long long)watch_setting.pid);
    return flame_recorder_attach(recorder, (pid_t)watch_setting.pid, action, error);
}

int flame_watch_launch_exit(fs_status status)
{
    return status == FS_NOT_FOUND ? NOT_FOUND : status == FS_PERMISSION ? NOT_EXECUTABLE : COMMAND_FAILED;
}

static double percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

static uint64_t missed_when_read(const flame_statistics *measured)
{
    uint64_t missed = 0;
    for (int kind = 1; kind < FLAME_MISSED_KINDS; kind++) missed += measured->missed[kind];
    return missed;
}

static void add_missed(fs_text *text, const flame_statistics *measured, uint64_t missed, uint64_t wanted)
{
    char number[FS_NUMBER_SIZE];
    fs_number_grouped(missed, number);
    fs_text_format(text, "\n  missed %s (%.2f%%)", number, percent((double)missed, (double)wanted));
    const char *separator = ": ";
    for (int kind = 1; kind < FLAME_MISSED_KINDS; kind++) {
        if (!measured->missed[kind]) continue;
        fs_number_grouped(measured->missed[kind], number);
        fs_text_format(text, "%s%s %s", separator, number, flame_missed_text((flame_missed)kind));
        separator = ", ";
    }
    if (measured->lost) {
        fs_number_grouped(measured->lost, number);
        fs_text_format(text, "%s%s flame got no CPU in time", separator, number);
    }
}

static void add_halted(fs_text *text, const flame_statistics *measured)
{
    fs_text_format(text, "stopped by a signal or a debugger for about %.1f s", measured->halted);
    if (measured->halted_pid)
        fs_text_format(text, "; kill -CONT %d lets it go on", (int)measured->halted_pid);
}

static void add_cost(fs_text *text, const flame_statistics *measured, bool frozen)
{
    const double ready = measured->target_ran + measured->target_waited;
    fs_text_format(text, "\n  the program ran %.2f s", measured->target_ran);
    if (!measured->by_events)
        fs_text_format(text, ", was ready but waited for a CPU %.2f s (%.1f%%)", measured->target_waited,
                       percent(measured->target_waited, ready));
    if (frozen || measured->stopped > 0)
        fs_text_format(text, ", was held still %.2f s (%.1f%%)", measured->stopped,
                       percent(measured->stopped, measured->seconds));
    else
        fs_text_add(text, measured->halted > 0 ? ", was never stopped by flame" : ", was never stopped");
    fs_text_format(text, "; flame used %.1f%% of a core", percent(measured->own_cpu, measured->seconds));
}

static const char others[] =
    "\n  it started other programs, which were not watched: --subprocesses watches them too";

void flame_watch_report(const flame_statistics *measured, bool frozen, bool idle)
{
    uint64_t missed = missed_when_read(measured) + measured->lost;
    uint64_t wanted = measured->taken + missed;
    char a[FS_NUMBER_SIZE], b[FS_NUMBER_SIZE], c[FS_NUMBER_SIZE];
    fs_text text;
    fs_text_init(&text);
    fs_number_grouped(measured->samples, a);
    fs_number_grouped(measured->taken, b);
    fs_number_grouped(wanted, c);
    if (wanted)
        fs_text_format(&text, "%s samples for %s of %s ticks (%.2f%%) in %.1f s at %g Hz", a, b, c,
                       percent((double)measured->taken, (double)wanted), measured->seconds, measured->rate);
    else
        fs_text_format(&text, "there was nothing to record in %.1f s at %g Hz", measured->seconds,
                       measured->rate);
    if (measured->threads > 1) {
        fs_number_grouped(measured->threads, a);
        fs_text_format(&text, "; %s threads", a);
    }
    if (measured->processes > 1)
        fs_text_format(&text, " in %llu processes", (unsigned long long)measured->processes);
    fs_number_grouped(measured->stacks, a);
    fs_text_format(&text, "; %s distinct stacks", a);
    if (missed) add_missed(&text, measured, missed, wanted);
    if (measured->late) {
        fs_number_grouped(measured->late, a);
        fs_text_format(&text, "\n  late by more than half a period: %s (%.2f%%), at worst by %.1f ms", a,
                       percent((double)measured->late, (double)measured->ticks), measured->worst_late * 1e3);
    }
    if (measured->broken) {
        fs_number_grouped(measured->broken, a);
        fs_text_format(&text, "\n  callers not found, for code without call-frame information: %s (%.2f%%)",
                       a, percent((double)measured->broken, (double)wanted));
    }
    if (measured->unordered) {
        fs_number_grouped(measured->unordered, a);
        fs_text_format(&text, "\n  order of native and Python frames unknown: %s (%.2f%%)", a,
                       percent((double)measured->unordered, (double)wanted));
    }
    if (measured->empty) {
        fs_number_grouped(measured->empty, a);
        fs_number_grouped(measured->looks, b);
        fs_text_format(&text, "\n  at %s of %s ticks%s no thread was at work%s", a, b,
                       measured->processes > 1 ? " (those of each process added up)" : "",
                       idle ? "" : " (--idle shows where they wait)");
    }
    if (measured->halted > 0) {
        fs_text_add(&text, "\n  ");
        add_halted(&text, measured);
    }
    if (measured->unread)
        fs_text_format(&text, "\n  not every process could be watched: %s", measured->unread);
    if (measured->others) fs_text_add(&text, others);
    add_cost(&text, measured, frozen);
    command_complain("%s", fs_text_string(&text));
    fs_text_fini(&text);
}

void flame_watch_report_nothing(const flame_statistics *measured, const char *empty)
{
    uint64_t missed = missed_when_read(measured);
    char number[FS_NUMBER_SIZE];
    fs_text text;
    fs_text_init(&text);
    fs_text_add(&text, "nothing was recorded, no file was written");
    if (!measured->ticks) fs_text_add(&text, ": the program ended before the first sample");
    if (measured->halted > 0) {
        fs_text_add(&text, ": the program was ");
        add_halted(&text, measured);
    } else if (measured->empty) {
        fs_number_grouped(measured->empty, number);
        fs_text_format(&text, ": flame looked at %s moment%s, and %s", number,
                       measured->empty == 1 ? "" : "s", empty);
    }
    if (missed) add_missed(&text, measured, missed + measured->lost, missed + measured->lost);
    if (measured->others) fs_text_add(&text, others);
    command_complain("%s", fs_text_string(&text));
    fs_text_fini(&text);
}

int flame_watch_finish(flame_child *child, bool quiet, int own)
{
    bool told = quiet;
    while (!flame_child_ended(child)) {
        struct pollfd end = {.fd = child->pidfd, .events = POLLIN};
        if (!told && poll(&end, 1, 100) == 0) {
            command_complain("the command (process %d) goes on; waiting for its end", (int)child->pid);
            told = true;
        }
        ppoll(&end, 1, NULL, flame_signals_waiting());
        flame_signals_attend(child->pid);
        /* It is over, but a debugger has to see that first. */
        const struct timespec moment = {.tv_nsec = 20000000};
        if (end.revents && !flame_child_ended(child)) nanosleep(&moment, NULL);
    }
    int status = flame_child_exit(child);
    return status ? status : own;
}

int flame_watch_kill(flame_child *child, int own)
{
    const uint64_t until = fs_clock_nanoseconds() + (uint64_t)KILL_AFTER * 1000000;
    if (!flame_child_ended(child)) {
        kill(child->pid, SIGTERM);
        kill(child->pid, SIGCONT); /* it may be stopped */
    }
    while (!flame_child_ended(child) && fs_clock_nanoseconds() < until) {
        const struct timespec moment = {.tv_nsec = 20000000};
        struct pollfd end = {.fd = child->pidfd, .events = POLLIN};
        ppoll(&end, 1, &moment, flame_signals_waiting());
        flame_signals_attend(child->pid);
    }
    if (!flame_child_ended(child)) kill(child->pid, SIGKILL);
    const int status = flame_watch_finish(child, true, own);
    return status == 128 + SIGTERM || status == 128 + SIGKILL ? own : status;
}

void flame_watch_tell_orphans(const flame_child *child)
{
    const struct timespec moment = {.tv_nsec = 100000000};
    pid_t *pids;
    size_t count;
    if (child->pid <= 0 || flame_child_orphans(child, &pids, &count, NULL) != FS_OK) return;
    fs_free(pids);
    if (!count) return;
    nanosleep(&moment, NULL); /* a daemon that is only just detaching itself changes its number */
    if (flame_child_orphans(child, &pids, &count, NULL) != FS_OK) return;
    for (size_t i = 0; i < count && i < NAMED_MOST; i++) {
        char *title = flame_command_line(pids[i]);
        command_complain("still running, left behind by the command: %s; flame record -p %d watches it",
                         title ? title : "a process", (int)pids[i]);
        fs_free(title);
    }
    if (count > NAMED_MOST) command_complain("still running: %zu more", count - NAMED_MOST);
    fs_free(pids);
}

void flame_watch_complain_barred(const flame_statistics *measured)
{
    if (measured->barred)
        command_complain("process %d could not be read any longer after %.1f s: %s",
                         (int)measured->barred_pid, measured->barred_after, measured->barred);
}

void flame_watch_complain(const fs_error *error, bool children)
{
    const bool never_seen = error->code == FS_NOT_FOUND;
    command_complain("%s%s", error->message,
                     never_seen && !children ? " (if it starts Python as another process, add --subprocesses)"
                                             : "");
}
