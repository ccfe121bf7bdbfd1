#include "clock.h"
#include "memory.h"
#include "process_private.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    ROUNDS = 16,              /* listings until there is no new thread */
    SPINS = 20,               /* checks without a nap: most threads stop in some ten microseconds */
    STOPS_WITHIN = 20000000,  /* nanoseconds for all of them; a thread that waits for a disk does not stop */
    ENDS_WITHIN = 1000000000, /* ... in which threads that were killed are gone */
};

/* A thread that is over but still listed, such as a main thread that left the others to go on. */
static bool has_ended(pid_t pid, pid_t tid)
{
    flame_thread_usage usage;
    fs_status status = flame_thread_usage_read(pid, tid, &usage, NULL);
    return status == FS_GONE || (status == FS_OK && (usage.state == 'Z' || usage.state == 'X'));
}

static bool is_our_child(pid_t pid)
{
    flame_thread_usage usage;
    return flame_thread_usage_read(pid, pid, &usage, NULL) == FS_OK && usage.parent == getpid();
}

static flame_ptrace_hold *hold_of(const flame_process *process, pid_t tid)
{
    for (size_t i = 0; i < process->hold_count; i++)
        if (process->holds[i].tid == tid) return &process->holds[i];
    return NULL;
}

static void drop(flame_process *process, flame_ptrace_hold *hold)
{
    *hold = process->holds[--process->hold_count];
}

/* ---- a way out of the kernel ---- */

/* While a thread calls exec the kernel has it wait until all the others are gone, and those that we hold are
 * not before we have waited for them; but whoever seizes a thread of that process waits for the exec. So
 * there is an alarm while we do, which waits for them in our place. */

enum { ALARM_EVERY = 5000000 }; /* nanoseconds */

static _Thread_local flame_process *volatile seizing; /* not NULL only during the call */

static void on_alarm(int number)
{
    (void)number;
    int before = errno;
    const flame_process *process = seizing;
    for (size_t i = 0; process && i < process->hold_count; i++) {
        siginfo_t info = {0};
        pid_t tid = process->holds[i].tid;
        if (tid == process->pid) continue;
        waitid(P_PID, (id_t)tid, &info, WEXITED | WNOWAIT | WNOHANG | __WALL);
        if (info.si_pid == tid && flame_wait_is_end(&info))
            waitid(P_PID, (id_t)tid, &info, WEXITED | WNOHANG | __WALL);
    }
    errno = before;
}

static void set_alarm(flame_process *process, bool on)
{
    if (!process->has_alarm && on) {
        const int number = SIGRTMAX - 2;
        struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
        struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = number};
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, number);
        event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
        if (sigaction(number, &action, NULL) != 0 || pthread_sigmask(SIG_UNBLOCK, &one, NULL) != 0) return;
        process->has_alarm = timer_create(CLOCK_MONOTONIC, &event, &process->alarm) == 0;
    }
    if (!process->has_alarm) return;
    const struct timespec every = {.tv_nsec = on ? ALARM_EVERY : 0};
    const struct itimerspec when = {.it_value = every, .it_interval = every};
    timer_settime(process->alarm, 0, &when, NULL);
}

/* ---- one thread ---- */

/* Seize one thread and ask it to stop. FS_OK also when it has ended meanwhile. */
static fs_status ask(flame_process *process, pid_t tid, fs_error *error)
{
    if (!FS_GROW(process->holds, process->hold_capacity, process->hold_count + 1))
        return fs_fail_memory(error, "stopping threads", process->hold_count * sizeof *process->holds);
    seizing = process;
    int number = ptrace(PTRACE_SEIZE, tid, NULL, NULL) == 0 ? 0 : errno;
    seizing = NULL;
    if (number != 0) {
        if (number == ESRCH || has_ended(process->pid, tid)) return FS_OK;
        return fs_fail(
            error, FS_PERMISSION,
            "thread %d of process %d cannot be stopped (%s); a debugger or another profiler may hold "
            "it already",
            (int)tid, (int)process->pid, strerror(number));
    }
    process->holds[process->hold_count++] = (flame_ptrace_hold){.tid = tid};
    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
    return FS_OK;
}

/* Let a thread go. False: it does not stand still, so that is not possible (yet). */
static bool let_go(const flame_ptrace_hold *hold)
{
    return ptrace(PTRACE_DETACH, hold->tid, NULL, (uintptr_t)hold->signal) == 0;
}

/* What has become of a thread that was asked to stop? True: it is ours no more, for it has ended.
 *
 * Nobody else can wait for a thread that we hold, and the process is not over before all its threads are, so
 * we do; but the end of the process is for those to see who started it. That may be us, elsewhere; another
 * parent is only told once we have waited. */
static bool has_gone(const flame_process *process, flame_ptrace_hold *hold)
{
    const int quietly = WNOHANG | __WALL;
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)hold->tid, &info, WSTOPPED | WEXITED | WNOWAIT | quietly) != 0)
        return errno == ECHILD; /* another thread called exec, and has its number now or ended it */
    if (info.si_pid != hold->tid) return false;
    if (flame_wait_is_end(&info)) {
        if (hold->tid != process->pid || !is_our_child(process->pid))
            waitid(P_PID, (id_t)hold->tid, &info, WEXITED | quietly);
        return true;
    }
    info.si_pid = 0; /* it may have been killed just now */
    if (waitid(P_PID, (id_t)hold->tid, &info, WSTOPPED | quietly) != 0 || info.si_pid != hold->tid)
        return false;
    /* A stop that is not ours to report (ours have event bits) is a signal on its way in. */
    hold->stopped = true;
    hold->signal = info.si_status >> 8 == 0 ? info.si_status : 0;
    return false;
}

/* ---- all that are held ---- */

/* Check each until all are stopped, or (`leaving`) released. False: that takes too long. */
static bool wait_for_threads(flame_process *process, bool leaving, uint64_t within)
{
    const struct timespec moment = {.tv_nsec = 50000};
    uint64_t start = fs_clock_nanoseconds();
    for (int tries = 0;; tries++) {
        size_t open = 0;
        for (size_t i = process->hold_count; i-- > 0;) {
            flame_ptrace_hold *hold = &process->holds[i];
            if (!leaving && hold->stopped) continue;
            if ((leaving && let_go(hold)) || has_gone(process, hold)) {
                drop(process, hold);
                continue;
            }
            if (leaving) ptrace(PTRACE_INTERRUPT, hold->tid, NULL, NULL);
            open += leaving || !hold->stopped;
        }
        if (open == 0) return true;
        if (tries < SPINS) {
            sched_yield();
            continue;
        }
        /* A first thread that is over while others go on: nobody is told before they are. */
        flame_ptrace_hold *first = hold_of(process, process->pid);
        if (first && open == 1 && !first->stopped && has_ended(process->pid, process->pid)) {
            if (has_gone(process, first)) drop(process, first);
            return true;
        }
        if (fs_clock_nanoseconds() - start > within) return false;
        nanosleep(&moment, NULL);
    }
}

fs_status flame_process_freeze(flame_process *process, fs_error *error)
{
    fs_status status = FS_OK;
    if (process->frozen) return FS_OK;
    /* What could not be let go last time: before it is, nobody else is made to wait. */
    bool stops = wait_for_threads(process, true, 0);
    for (int round = 0; round < ROUNDS && status == FS_OK && stops; round++) {
        pid_t *tids;
        size_t count, before = process->hold_count;
        status = flame_process_threads(process->pid, &tids, &count, error);
        if (status != FS_OK) break;
        if (count > 1) set_alarm(process, true);
        for (size_t i = 0; i < count && status == FS_OK; i++)
            if (!hold_of(process, tids[i])) status = ask(process, tids[i], error);
        if (count > 1) set_alarm(process, false);
        fs_free(tids);
        if (process->hold_count == before) break; /* nobody new: all are stopped */
        stops = wait_for_threads(process, false, STOPS_WITHIN);
    }
    process->frozen = true;
    if (status == FS_OK && !stops)
        status = fs_fail(error, FS_DATA, "a thread of process %d does not stop; it may wait for a disk",
                         (int)process->pid);
    if (status == FS_OK && process->hold_count == 0)
        status = fs_fail(error, FS_GONE, "process %d has ended", (int)process->pid);
    if (status != FS_OK) flame_process_thaw(process);
    return status;
}

void flame_process_thaw(flame_process *process)
{
    if (!process->frozen) return;
    process->frozen = false;
    wait_for_threads(process, true, 0);
}

void process_release(flame_process *process)
{
    flame_process_thaw(process);
    wait_for_threads(process, true, ENDS_WITHIN);
    if (process->has_alarm) timer_delete(process->alarm);
    fs_free(process->holds);
}
