#include "thread_activity.h"

#include "proc_files.h"
#include "process.h"
#include "ptrace_stop.h"
#include "scheduling.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Descriptors are few and the caller's: with hundreds of threads the rest is done without. The count of time
 * slices of one that sleeps spares the reading of its stack, so the counts come first; the state is kept open
 * for those that run, who are few at a time, and for all in a program of few threads. */
enum { DESCRIPTORS_MOST = 512, DESCRIPTORS_FEW = 256 };

static void close_kept(int *file)
{
    if (*file > 0) close(*file);
    *file = 0;
}

void thread_activity_fini(thread_activity *activity)
{
    close_kept(&activity->schedstat);
    close_kept(&activity->syscall);
    *activity = (thread_activity){0};
}

static bool read_time_slices(thread_activity *activity, pid_t pid, pid_t tid, uint64_t *time_slices)
{
    if (activity->schedstat == 0) {
        activity->schedstat = flame_schedstat_open(pid, tid);
        if (activity->schedstat > DESCRIPTORS_MOST) {
            close(activity->schedstat);
            activity->schedstat = -1;
        }
    }
    flame_schedstat stat;
    if (activity->schedstat < 0 || !flame_schedstat_read(activity->schedstat, &stat)) return false;
    *time_slices = stat.slices;
    return stat.slices > 0; /* kernels that do not count say 0 */
}

/* Did a thread that was stopped sleep in a system call? Most calls then end with EINTR, or are to begin anew,
 * which programs never see: x86-64 keeps the reason (ERESTARTSYS to ERESTART_RESTARTBLOCK of the kernel's
 * errno.h) as the result; AArch64 is back at the instruction that makes the call, and out of it for the file
 * `syscall`. A wait for a disk is not broken off, and a transfer that was done in part says how much: those
 * count as work. */
static bool slept(pid_t tid)
{
    enum { RESTARTS_FIRST = 512, RESTARTS_LAST = 516 };
    flame_registers registers;
    if (!flame_ptrace_registers(tid, &registers)) return true;
    const int64_t result = (int64_t)registers.value[0];
#if defined(__aarch64__)
    if (result == -EINTR) return true;
    const uint32_t supervisor_call = 0xd4000001;
    uint32_t instruction = 0;
    return flame_copy_memory(tid, registers.value[FLAME_REG_PC], &instruction, sizeof instruction) ==
               sizeof instruction &&
           instruction == supervisor_call;
#else
    return result == -EINTR || (result <= -RESTARTS_FIRST && result >= -RESTARTS_LAST);
#endif
}

/* Of a thread that the file `syscall` does not call running. Outside a system call it may be on its way back
 * to its processor after a wait: for milliseconds where a host lends the processors. */
static bool is_at_work(pid_t pid, pid_t tid, const char *text, bool frozen)
{
    const bool outside = text[0] == '-';
    flame_thread_usage usage;
    if (!frozen)
        return outside && flame_thread_usage_read(pid, tid, &usage, NULL) == FS_OK && usage.state == 'R';
#if defined(__x86_64__)
    if (outside) return true;
#endif
    return !slept(tid);
}

/* The file `syscall` says "running" of a thread that runs or waits for a processor, of others which call they
 * are in, and "-1" outside a system call. Where the file is missing, the state in `stat` says whether it
 * runs. */
static flame_activity read_state(thread_activity *activity, pid_t pid, pid_t tid, bool frozen)
{
    char text[16];
    if (activity->syscall == 0) {
        activity->syscall = flame_proc_thread_open(pid, tid, "syscall");
    }
    if (activity->syscall > 0) {
        bool told = flame_proc_read_again(activity->syscall, text, sizeof text);
        flame_activity state =
            text[0] == 'r' || is_at_work(pid, tid, text, frozen) ? FLAME_RUNNING : FLAME_IDLE;
        if (activity->syscall > (state == FLAME_RUNNING ? DESCRIPTORS_MOST : DESCRIPTORS_FEW))
            close_kept(&activity->syscall);
        if (told) return state;
    }
    flame_thread_usage usage;
    if (flame_thread_usage_read(pid, tid, &usage, NULL) != FS_OK) return FLAME_ACTIVITY_UNKNOWN;
    return usage.state == 'R' ? FLAME_RUNNING : FLAME_IDLE;
}

flame_activity thread_activity_read(thread_activity *activity, pid_t pid, pid_t tid, bool frozen, bool *still)
{
    *still = false;
    if (tid == 0) return FLAME_ACTIVITY_UNKNOWN;
    /* Who ran last time most often does so now: then the count is of no use. */
    if (activity->known && activity->activity == FLAME_RUNNING &&
        read_state(activity, pid, tid, frozen) == FLAME_RUNNING)
        return FLAME_RUNNING;
    uint64_t time_slices = 0;
    bool counted = read_time_slices(activity, pid, tid, &time_slices);
    /* The count is taken before the state: had the thread run after the one, it would not sleep at the other
     * without its next time slice being counted later. */
    if (counted && activity->known && activity->activity == FLAME_IDLE &&
        time_slices == activity->time_slices) {
        *still = true;
        return FLAME_IDLE;
    }
    activity->activity = read_state(activity, pid, tid, frozen);
    activity->time_slices = time_slices;
    activity->known = counted && activity->activity != FLAME_ACTIVITY_UNKNOWN;
    return activity->activity;
}

bool thread_activity_place(pid_t pid, pid_t tid, uint64_t *stack, uint64_t *counter)
{
    char path[96], text[256];
    snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", (int)pid, (int)tid);
    if (flame_proc_read(path, text, sizeof text, NULL, NULL) != FS_OK) return false;
    /* The number, its arguments, and these two; or "running". */
    const char *last = strrchr(text, ' '), *before = last ? memrchr(text, ' ', (size_t)(last - text)) : NULL;
    if (!before) return false;
    *stack = strtoull(before, NULL, 16);
    *counter = strtoull(last, NULL, 16);
    return true;
}

uint64_t thread_activity_sleeps(pid_t pid, pid_t tid)
{
    static const char label[] = "\nvoluntary_ctxt_switches:";
    char path[96], text[8192];
    snprintf(path, sizeof path, "/proc/%d/task/%d/status", (int)pid, (int)tid);
    if (flame_proc_read(path, text, sizeof text, NULL, NULL) != FS_OK) return 0;
    const char *at = strstr(text, label);
    return at ? strtoull(at + sizeof label - 1, NULL, 10) : 0;
}
