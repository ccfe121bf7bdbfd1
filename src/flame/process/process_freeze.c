#include "process_freeze.h"

#include "clock.h"
#include "memory.h"
#include "process.h"
#include "seizer.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A thread that this process has seized by ptrace. */
typedef struct flame_ptrace_hold {
    pid_t tid;
    int signal;   /* that it was about to receive, handed on when it is let go */
    bool stopped; /* it has been seen to stand still */
} flame_ptrace_hold;

struct flame_freezer {
    pid_t pid;
    /* While it is frozen, all its threads; else those that could not be let go yet. */
    flame_ptrace_hold *holds;
    size_t hold_count, hold_capacity;
    bool frozen;
    flame_seizer seizer;
};

enum {
    ROUNDS = 16,             /* listings until there is no new thread */
    SPINS = 20,              /* checks without a nap: most threads stop in some ten microseconds */
    STOPS_WITHIN = 20000000, /* nanoseconds for all of them; a thread that waits for a disk does not stop */
    RUNS_WITHIN =
        1000000000, /* ... while none of them waits for a disk: on a busy machine it takes a CPU to stop */
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

static flame_ptrace_hold *hold_of(const flame_freezer *freezer, pid_t tid)
{
    for (size_t i = 0; i < freezer->hold_count; i++)
        if (freezer->holds[i].tid == tid) return &freezer->holds[i];
    return NULL;
}

static void drop(flame_freezer *freezer, flame_ptrace_hold *hold)
{
    *hold = freezer->holds[--freezer->hold_count];
}

/* The ends of threads that are held (seizer.h). */
static void reap_held(void *context)
{
    const flame_freezer *freezer = context;
    for (size_t i = 0; i < freezer->hold_count; i++)
        if (freezer->holds[i].tid != freezer->pid) (void)flame_reap_ended(freezer->holds[i].tid);
}

/* ---- one thread ---- */

/* Seize one thread and ask it to stop. FS_OK also when it has ended meanwhile. */
static fs_status ask(flame_freezer *freezer, pid_t tid, fs_error *error)
{
    if (!FS_GROW(freezer->holds, freezer->hold_capacity, freezer->hold_count + 1))
        return fs_fail_memory(error, "stopping threads", freezer->hold_count * sizeof *freezer->holds);
    const int number = flame_seize(&freezer->seizer, tid);
    if (number != 0) {
        if (number == ESRCH || has_ended(freezer->pid, tid)) return FS_OK;
        return fs_fail(
            error, FS_PERMISSION,
            "thread %d of process %d cannot be stopped (%s); a debugger or another profiler may hold "
            "it already",
            (int)tid, (int)freezer->pid, strerror(number));
    }
    freezer->holds[freezer->hold_count++] = (flame_ptrace_hold){.tid = tid};
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
static bool has_gone(const flame_freezer *freezer, flame_ptrace_hold *hold)
{
    const int quietly = WNOHANG | __WALL;
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)hold->tid, &info, WSTOPPED | WEXITED | WNOWAIT | quietly) != 0)
        return errno == ECHILD; /* another thread called exec, and has its number now or ended it */
    if (info.si_pid != hold->tid) return false;
    if (flame_wait_is_end(&info)) {
        if (hold->tid != freezer->pid || !is_our_child(freezer->pid))
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

/* Whether one that has not stopped yet sleeps so that nothing wakes it, as for a disk. */
static bool one_is_blocked(const flame_freezer *freezer)
{
    for (size_t i = 0; i < freezer->hold_count; i++) {
        flame_thread_usage usage;
        pid_t tid = freezer->holds[i].tid;
        if (!freezer->holds[i].stopped && flame_thread_usage_read(freezer->pid, tid, &usage, NULL) == FS_OK &&
            usage.state == 'D')
            return true;
    }
    return false;
}

/* Check each until all are stopped, or (`leaving`) released. False: that takes too long. */
static bool wait_for_threads(flame_freezer *freezer, bool leaving, uint64_t within)
{
    const struct timespec moment = {.tv_nsec = 50000};
    uint64_t start = fs_clock_nanoseconds();
    for (int tries = 0;; tries++) {
        size_t open = 0;
        for (size_t i = freezer->hold_count; i-- > 0;) {
            flame_ptrace_hold *hold = &freezer->holds[i];
            if (!leaving && hold->stopped) continue;
            if ((leaving && let_go(hold)) || has_gone(freezer, hold)) {
                drop(freezer, hold);
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
        flame_ptrace_hold *first = hold_of(freezer, freezer->pid);
        if (first && open == 1 && !first->stopped && has_ended(freezer->pid, freezer->pid)) {
            if (has_gone(freezer, first)) drop(freezer, first);
            return true;
        }
        uint64_t waited = fs_clock_nanoseconds() - start;
        if (waited > within && (leaving || waited > RUNS_WITHIN || one_is_blocked(freezer))) return false;
        nanosleep(&moment, NULL);
    }
}

fs_status flame_freeze(flame_freezer *freezer, fs_error *error)
{
    fs_status status = FS_OK;
    if (freezer->frozen) return FS_OK;
    /* What could not be let go last time: before it is, nobody else is made to wait. */
    bool stops = wait_for_threads(freezer, true, 0);
    for (int round = 0; round < ROUNDS && status == FS_OK && stops; round++) {
        pid_t *tids;
        size_t count, before = freezer->hold_count;
        status = flame_process_threads(freezer->pid, &tids, &count, error);
        if (status != FS_OK) break;
        if (count > 1) flame_seizer_alarm(&freezer->seizer, true);
        for (size_t i = 0; i < count && status == FS_OK; i++)
            if (!hold_of(freezer, tids[i])) status = ask(freezer, tids[i], error);
        if (count > 1) flame_seizer_alarm(&freezer->seizer, false);
        fs_free(tids);
        if (freezer->hold_count == before) break; /* nobody new: all are stopped */
        stops = wait_for_threads(freezer, false, STOPS_WITHIN);
    }
    freezer->frozen = true;
    if (status == FS_OK && !stops)
        status = fs_fail(error, FS_DATA, "a thread of process %d does not stop; it may wait for a disk",
                         (int)freezer->pid);
    if (status == FS_OK && freezer->hold_count == 0)
        status = fs_fail(error, FS_GONE, "process %d has ended", (int)freezer->pid);
    if (status != FS_OK) flame_thaw(freezer);
    return status;
}

void flame_thaw(flame_freezer *freezer)
{
    if (!freezer->frozen) return;
    freezer->frozen = false;
    wait_for_threads(freezer, true, 0);
}

fs_status flame_freezer_create(pid_t pid, flame_freezer **freezer, fs_error *error)
{
    *freezer = fs_alloc_0(1, sizeof **freezer);
    if (!*freezer) return fs_fail_memory(error, "stopping a process", sizeof **freezer);
    (*freezer)->pid = pid;
    (*freezer)->seizer = (flame_seizer){.reap = reap_held, .context = *freezer};
    return FS_OK;
}

void flame_freezer_destroy(flame_freezer *freezer)
{
    if (!freezer) return;
    flame_thaw(freezer);
    wait_for_threads(freezer, true, ENDS_WITHIN);
    flame_seizer_fini(&freezer->seizer);
    fs_free(freezer->holds);
    fs_free(freezer);
}
