#include "ptrace_stop.h"

#include "clock.h"
#include "proc_files.h"
#include "process_freeze.h"

#include <elf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    YIELDS = 20,              /* checks without a nap: most threads stop in some ten microseconds */
    NAP = 50000,              /* nanoseconds */
    STOPS_WITHIN = 20000000,  /* nanoseconds: a thread that waits for a disk does not stop; */
    RUNS_WITHIN = 1000000000, /* on a busy machine it takes a CPU to stop */
    PIECE = 16384 /* bytes read by one entry: what is not mapped costs the piece that it begins in */
};

static bool is_our_child(pid_t pid)
{
    flame_thread_usage usage;
    return flame_thread_usage_read(pid, pid, &usage, NULL) == FS_OK && usage.parent == getpid();
}

typedef enum wait_state { WAIT_RUNS, WAIT_STOPPED, WAIT_GONE } wait_state;

/* Which thread has seized it; 0: none, or it has ended. */
static pid_t tracer_of(pid_t pid, pid_t tid)
{
    char path[96], text[4096];
    snprintf(path, sizeof path, "/proc/%d/task/%d/status", (int)pid, (int)tid);
    if (flame_proc_read(path, text, sizeof text, NULL, NULL) != FS_OK) return 0;
    const char *at = strstr(text, "\nTracerPid:");
    return at ? (pid_t)strtol(at + strlen("\nTracerPid:"), NULL, 10) : 0;
}

static bool is_ours(pid_t pid, pid_t tid)
{
    return tracer_of(pid, tid) == gettid();
}

/* What has become of the thread? Nobody else can wait for a thread that we hold, so its end is ours to
 * collect; but the end of a process that we started is for those who wait for it elsewhere. */
static wait_state check(flame_ptrace_stop *stop)
{
    const int quietly = WNOHANG | __WALL;
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)stop->tid, &info, WSTOPPED | WEXITED | WNOWAIT | quietly) != 0) {
        if (errno != ECHILD) return WAIT_RUNS;
        /* A thread that calls exec takes the number of the first one, and is held on. */
        if (stop->tid == stop->pid || !is_ours(stop->pid, stop->pid)) return WAIT_GONE;
        stop->tid = stop->pid;
        return WAIT_RUNS;
    }
    if (info.si_pid != stop->tid) return WAIT_RUNS;
    if (flame_wait_is_end(&info)) {
        if (stop->tid != stop->pid || !is_our_child(stop->pid))
            waitid(P_PID, (id_t)stop->tid, &info, WEXITED | quietly);
        return WAIT_GONE;
    }
    info.si_pid = 0; /* it may have been killed just now */
    if (waitid(P_PID, (id_t)stop->tid, &info, WSTOPPED | quietly) != 0 || info.si_pid != stop->tid)
        return WAIT_RUNS;
    /* A stop that is not ours to report (ours have event bits) is a signal on its way in. */
    stop->signal = info.si_status >> 8 == 0 ? info.si_status : 0;
    stop->stopped = true;
    return WAIT_STOPPED;
}

/* Does it sleep so that nothing wakes it, as for a disk? */
static bool is_blocked(const flame_ptrace_stop *stop)
{
    flame_thread_usage usage;
    return flame_thread_usage_read(stop->pid, stop->tid, &usage, NULL) == FS_OK && usage.state == 'D';
}

flame_ptrace_result flame_ptrace_ask(flame_ptrace_stop *stop, pid_t pid, pid_t tid, flame_seizer *seizer)
{
    *stop = (flame_ptrace_stop){.pid = pid, .tid = tid, .asked = fs_clock_nanoseconds()};
    const int number = flame_seize(seizer, tid);
    if (number != 0) {
        flame_thread_usage usage;
        if (number == ESRCH) return FLAME_PTRACE_GONE;
        if (flame_thread_usage_read(pid, tid, &usage, NULL) == FS_GONE || usage.state == 'Z' ||
            usage.state == 'X')
            return FLAME_PTRACE_GONE;
        const pid_t tracer = tracer_of(pid, tid);
        if (tracer == gettid()) return FLAME_PTRACE_GONE; /* being killed, and not yet let go */
        return tracer ? FLAME_PTRACE_HELD : FLAME_PTRACE_BARRED;
    }
    stop->seized = true;
    ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
    return FLAME_PTRACE_WAITING;
}

void flame_ptrace_reap(flame_ptrace_stop *stop)
{
    if (stop->seized && stop->tid != stop->pid && flame_reap_ended(stop->tid)) stop->seized = false;
}

flame_ptrace_result flame_ptrace_check(flame_ptrace_stop *stop)
{
    if (!stop->seized) return FLAME_PTRACE_GONE;
    wait_state state = check(stop);
    if (state == WAIT_STOPPED) return FLAME_PTRACE_STOPPED;
    if (state == WAIT_GONE) {
        stop->seized = false;
        return FLAME_PTRACE_GONE;
    }
    uint64_t waited = fs_clock_nanoseconds() - stop->asked;
    if (waited > RUNS_WITHIN || (waited > STOPS_WITHIN && is_blocked(stop))) return FLAME_PTRACE_LATE;
    return FLAME_PTRACE_WAITING;
}

void flame_ptrace_pause(int tries)
{
    const struct timespec nap = {.tv_nsec = NAP};
    if (tries < YIELDS)
        sched_yield();
    else
        nanosleep(&nap, NULL);
}

flame_ptrace_result flame_ptrace_begin(flame_ptrace_stop *stop, pid_t pid, pid_t tid)
{
    flame_ptrace_result result = flame_ptrace_ask(stop, pid, tid, NULL);
    for (int tries = 0; result == FLAME_PTRACE_WAITING; tries++) {
        result = flame_ptrace_check(stop);
        if (result == FLAME_PTRACE_WAITING) flame_ptrace_pause(tries);
    }
    return result;
}

bool flame_ptrace_release(flame_ptrace_stop *stop)
{
    if (!stop->seized) return true;
    if (!stop->stopped) {
        wait_state state = check(stop);
        /* The first thread is held no more when another one has called exec and taken its number. */
        if (state == WAIT_RUNS && is_ours(stop->pid, stop->tid)) return false;
        stop->stopped = state == WAIT_STOPPED;
    }
    /* It fails only for a thread that has been killed. Its end is ours to collect, and exec by another thread
     * waits for that. */
    if (stop->stopped && ptrace(PTRACE_DETACH, stop->tid, NULL, (uintptr_t)stop->signal) != 0) {
        stop->stopped = false;
        if (check(stop) != WAIT_GONE && is_ours(stop->pid, stop->tid)) return false;
    }
    *stop = (flame_ptrace_stop){0};
    return true;
}

bool flame_ptrace_registers(pid_t tid, flame_registers *registers)
{
    struct user_regs_struct raw;
    struct iovec room = {.iov_base = &raw, .iov_len = sizeof raw};
    if (ptrace(PTRACE_GETREGSET, tid, (uintptr_t)NT_PRSTATUS, &room) != 0) return false;
    if (room.iov_len != sizeof raw) return false; /* a program of 32 bits */
#if defined(__aarch64__)
    for (int i = 0; i < 31; i++) registers->value[i] = raw.regs[i];
    registers->value[FLAME_REG_SP] = raw.sp;
    registers->value[FLAME_REG_PC] = raw.pc;
#else
    *registers =
        (flame_registers){{raw.rax, raw.rdx, raw.rcx, raw.rbx, raw.rsi, raw.rdi, raw.rbp, raw.rsp, raw.r8,
                           raw.r9, raw.r10, raw.r11, raw.r12, raw.r13, raw.r14, raw.r15, raw.rip}};
#endif
    return true;
}

size_t flame_copy_memory(pid_t tid, uint64_t address, void *bytes, size_t length)
{
    enum { PIECES = 256 };
    size_t done = 0;
    while (done < length) {
        struct iovec remote[PIECES], local = {.iov_base = (char *)bytes + done};
        size_t count = 0;
        for (; count < PIECES && done + local.iov_len < length; count++) {
            uint64_t at = address + done + local.iov_len;
            size_t left = length - done - local.iov_len, room = PIECE - (size_t)(at % PIECE);
            memcpy(&remote[count].iov_base, &at, sizeof at); /* a number here: only the kernel follows it */
            remote[count].iov_len = left < room ? left : room;
            local.iov_len += remote[count].iov_len;
        }
        ssize_t got = process_vm_readv(tid, &local, 1, remote, count, 0);
        if (got <= 0) break;
        done += (size_t)got;
        if ((size_t)got < local.iov_len) break;
    }
    return done;
}
