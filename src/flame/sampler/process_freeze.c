#include "memory.h"
#include "process_private.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 16 }; /* listings until no new thread turns up */

static bool held(const flame_process *process, pid_t tid)
{
    for (size_t i = 0; i < process->frozen_count; i++)
        if (process->frozen[i] == tid) return true;
    return false;
}

/* A thread that is over but still listed, such as a main thread that left the others to go on. */
static bool has_ended(pid_t pid, pid_t tid)
{
    flame_thread_usage usage;
    return flame_thread_usage_read(pid, tid, &usage, NULL) != FS_OK || usage.state == 'Z' ||
           usage.state == 'X';
}

/* Seize and stop one thread. True also when it has ended meanwhile. */
static fs_status stop_thread(flame_process *process, pid_t tid, fs_error *error)
{
    size_t need = process->frozen_count + 1;
    if (need > process->frozen_capacity) {
        /* One block for both arrays: ids first, then signals. */
        size_t capacity = need * 2;
        pid_t *block = fs_alloc(capacity, sizeof(pid_t) + sizeof(int));
        if (!block) return fs_fail_memory(error, "stopping threads", capacity * sizeof(pid_t));
        int *signals = (int *)(block + capacity);
        if (process->frozen_count) {
            memcpy(block, process->frozen, process->frozen_count * sizeof(pid_t));
            memcpy(signals, process->signals, process->frozen_count * sizeof(int));
        }
        fs_free(process->frozen);
        process->frozen = block;
        process->signals = signals;
        process->frozen_capacity = capacity;
    }
    if (ptrace(PTRACE_SEIZE, tid, NULL, NULL) != 0) {
        int number = errno;
        if (number == ESRCH || has_ended(process->pid, tid)) return FS_OK;
        return fs_fail(
            error, FS_PERMISSION,
            "thread %d of process %d cannot be stopped (%s); a debugger or another profiler may hold "
            "it already",
            (int)tid, (int)process->pid, strerror(number));
    }
    size_t slot = process->frozen_count++;
    process->frozen[slot] = tid;
    process->signals[slot] = 0;
    if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) != 0) process->frozen_count--; /* it has ended */
    return FS_OK;
}

/* Wait until the first thread has stopped; false when it ended instead. Its end is the process's: when that
 * is our child, it is for those to see who started it; when it is another's, its parent is only told once we
 * have waited. While other threads live the first one's end is told to nobody, and these may be ours to let
 * go. */
static bool wait_first(pid_t pid)
{
    const struct timespec moment = {.tv_nsec = 50000};
    enum { PATIENT = 20 };
    bool over = false;
    for (int tries = 0;; tries++) {
        siginfo_t info = {0};
        int got = waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED | WNOWAIT | WNOHANG | __WALL);
        if (got != 0 && errno != EINTR) return false;
        if (got == 0 && info.si_pid == pid) {
            bool ended =
                info.si_code == CLD_EXITED || info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED;
            flame_thread_usage usage;
            return !ended || flame_thread_usage_read(pid, pid, &usage, NULL) != FS_OK ||
                   usage.parent != getpid();
        }
        if (tries < PATIENT) {
            sched_yield();
        } else {
            if (over) return false; /* and nobody was told, as the last look has shown */
            over = has_ended(pid, pid);
            nanosleep(&moment, NULL);
        }
    }
}

/* Wait until a seized thread has stopped; false when it ended instead. */
static bool wait_stopped(pid_t pid, pid_t tid, int *signal_to_deliver)
{
    int status;
    pid_t got;
    if (tid == pid && !wait_first(pid)) return false;
    do got = waitpid(tid, &status, __WALL);
    while (got < 0 && errno == EINTR);
    if (got != tid || !WIFSTOPPED(status)) return false;
    /* A stop that is not ours to report (PTRACE_EVENT_STOP has event bits) is a signal on its way in. */
    if (status >> 16 == 0) *signal_to_deliver = WSTOPSIG(status);
    return true;
}

fs_status flame_process_freeze(flame_process *process, fs_error *error)
{
    fs_status status = FS_OK;
    if (process->frozen_count) return FS_OK;
    for (int round = 0; round < ROUNDS && status == FS_OK; round++) {
        pid_t *tids;
        size_t count, before = process->frozen_count;
        status = flame_process_threads(process->pid, &tids, &count, error);
        if (status != FS_OK) break;
        for (size_t i = 0; i < count && status == FS_OK; i++)
            if (!held(process, tids[i])) status = stop_thread(process, tids[i], error);
        fs_free(tids);
        size_t kept = before;
        for (size_t i = before; i < process->frozen_count; i++) {
            if (!wait_stopped(process->pid, process->frozen[i], &process->signals[i])) continue;
            process->frozen[kept] = process->frozen[i];
            process->signals[kept++] = process->signals[i];
        }
        process->frozen_count = kept;
        if (kept == before) break; /* nobody new: all are stopped */
    }
    if (status == FS_OK && process->frozen_count == 0)
        status = fs_fail(error, FS_GONE, "process %d has ended", (int)process->pid);
    if (status != FS_OK) flame_process_thaw(process);
    return status;
}

void flame_process_thaw(flame_process *process)
{
    for (size_t i = 0; i < process->frozen_count; i++) {
        uintptr_t deliver = (uintptr_t)process->signals[i];
        ptrace(PTRACE_DETACH, process->frozen[i], NULL, deliver);
    }
    process->frozen_count = 0;
}
