#include "cpu_hold.h"

#include "clock.h"
#include "memory.h"
#include "pause.h"
#include "proc_files.h"
#include "process.h"
#include "scheduling.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PROCESSOR_FIELD = 39, /* of proc(5)'s stat, counted from 1 */
    SLICE = 100000,       /* nanoseconds */
    STACK = 128 << 10,    /* bytes */
    HELD_MOST = 400000,   /* nanoseconds within which the holder runs there, or will not; and after which it
                             lets go   by itself */
    REFUSED_PAUSE = 5     /* milliseconds without a hold after one for which the processor was not given */
};

typedef enum holder_state {
    HOLDER_ASLEEP, /* or is about to be */
    HOLDER_WOKEN,  /* it is to run */
    HOLDER_RUNS,   /* it has the processor */
    HOLDER_ENDS    /* the thread is to end */
} holder_state;

struct flame_cpu_holder {
    pthread_t thread;
    clockid_t clock;        /* of the thread's processor time */
    _Atomic uint32_t state; /* holder_state, a futex */
    int bound;              /* processor that the thread is bound to; -1: none yet */
    int processor;          /* of the hold */
    bool ours;              /* the caller itself was on that processor: the holder sleeps on */
    double busy;            /* seconds of processor time of the caller then */
    _Atomic int where;      /* the processor that the thread has */
    int stat, schedstat;    /* files in /proc of the thread whose processor is held; -1: none */
    uint64_t time_slices;   /* that it had before the hold; 0: not told */
    pid_t pid, of;          /* which is that */
    double used;            /* seconds of processor time that were accounted for; -1: nothing yet */
    uint64_t not_before;    /* nanoseconds */
};

static void sleep_while(_Atomic uint32_t *state, uint32_t value)
{
    syscall(SYS_futex, state, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake(_Atomic uint32_t *state)
{
    syscall(SYS_futex, state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Hold the processor until it is to be given back, or for too long. */
static void hold(flame_cpu_holder *self)
{
    uint64_t since = fs_clock_nanoseconds();
    uint32_t there = HOLDER_RUNS;
    while (self->state == HOLDER_RUNS) {
        self->where = sched_getcpu();
        for (int i = 0; i < 8; i++) fs_pause();
        if (fs_clock_nanoseconds() - since > HELD_MOST)
            atomic_compare_exchange_strong(&self->state, &there, HOLDER_ASLEEP);
    }
}

static void *holder_main(void *context)
{
    flame_cpu_holder *self = context;
    /* With a short time slice the kernel (from 6.12 on) lets the holder run at once; otherwise it might wait
     * until the other thread's own slice ends, milliseconds. */
    flame_time_slice_request(SLICE);
    while (true) {
        uint32_t state = self->state;
        if (state == HOLDER_ENDS) return NULL;
        if (state != HOLDER_WOKEN)
            sleep_while(&self->state, state);
        else if (atomic_compare_exchange_strong(&self->state, &state, HOLDER_RUNS))
            hold(self);
    }
}

fs_status flame_cpu_holder_open(flame_cpu_holder **holder, fs_error *error)
{
    flame_cpu_holder *self = fs_alloc_0(1, sizeof *self);
    *holder = NULL;
    if (!self) return fs_fail_memory(error, "a CPU holder", sizeof *self);
    self->bound = self->stat = self->schedstat = -1;
    self->used = -1;
    /* Signals are the other threads' business. */
    sigset_t all, before;
    pthread_attr_t attributes;
    sigfillset(&all);
    bool made = pthread_attr_init(&attributes) == 0;
    if (made) {
        pthread_attr_setstacksize(&attributes, STACK);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        made = pthread_create(&self->thread, &attributes, holder_main, self) == 0;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        pthread_attr_destroy(&attributes);
    }
    if (!made) {
        fs_free(self);
        return fs_fail(error, FS_UNSUPPORTED, "no thread could be started");
    }
    *holder = self;
    if (pthread_getcpuclockid(self->thread, &self->clock) == 0) return FS_OK;
    flame_cpu_holder_close(self);
    *holder = NULL;
    return fs_fail(error, FS_UNSUPPORTED, "a thread without a clock");
}

static void unfollow(flame_cpu_holder *self)
{
    if (self->stat >= 0) close(self->stat);
    if (self->schedstat >= 0) close(self->schedstat);
    self->stat = self->schedstat = -1;
}

void flame_cpu_holder_close(flame_cpu_holder *self)
{
    if (!self) return;
    cpu_set_t allowed;
    self->state = HOLDER_ENDS;
    /* Where it is bound it may have to wait for long. */
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        pthread_setaffinity_np(self->thread, sizeof allowed, &allowed);
    wake(&self->state);
    pthread_join(self->thread, NULL);
    unfollow(self);
    fs_free(self);
}

/* ---- where the thread is ---- */

/* The processor that the thread runs or waits on; -1 when it does neither. */
static int cpu_of(int stat)
{
    char text[1024];
    if (!flame_proc_read_again(stat, text, sizeof text)) return -1;
    const char *at = strrchr(text, ')'); /* the name may hold anything */
    if (!at || at[1] != ' ' || at[2] != 'R') return -1;
    at += 2;
    for (int field = 3; field < PROCESSOR_FIELD && at; field++) {
        at = strchr(at, ' ');
        if (at) at++;
    }
    return at ? (int)strtol(at, NULL, 10) : -1;
}

static bool follow(flame_cpu_holder *self, pid_t pid, pid_t tid)
{
    if (self->stat >= 0 && self->pid == pid && self->of == tid) return true;
    unfollow(self);
    self->stat = flame_proc_thread_open(pid, tid, "stat");
    self->schedstat = flame_schedstat_open(pid, tid);
    self->pid = pid;
    self->of = tid;
    return self->stat >= 0;
}

/* How many time slices the thread has had; 0: not told. */
static uint64_t time_slices(const flame_cpu_holder *self)
{
    flame_schedstat stat;
    return self->schedstat >= 0 && flame_schedstat_read(self->schedstat, &stat) ? stat.slices : 0;
}

/* Bind the holder to a processor. */
static bool pin_to_cpu(flame_cpu_holder *self, int processor)
{
    cpu_set_t allowed, there;
    if (processor < 0 || processor >= CPU_SETSIZE) return false;
    if (self->bound == processor) return true;
    CPU_ZERO(&there);
    CPU_SET((size_t)processor, &there);
    self->bound = -1;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || !CPU_ISSET((size_t)processor, &allowed))
        return false;
    if (pthread_setaffinity_np(self->thread, sizeof there, &there) != 0) return false;
    self->bound = processor;
    return true;
}

/* ---- a hold ---- */

/* False: the holder did not get there, and will not. */
static bool wait_until_running(flame_cpu_holder *self)
{
    uint64_t since = fs_clock_nanoseconds();
    while (self->state == HOLDER_WOKEN) {
        fs_pause();
        uint32_t woken = HOLDER_WOKEN;
        if (fs_clock_nanoseconds() - since > HELD_MOST &&
            atomic_compare_exchange_strong(&self->state, &woken, HOLDER_ASLEEP))
            return false;
    }
    return true;
}

flame_cpu_hold_result flame_cpu_hold_begin(flame_cpu_holder *self, pid_t pid, pid_t tid)
{
    uint64_t now = fs_clock_nanoseconds();
    if (!follow(self, pid, tid)) return FLAME_CPU_NOT_IN_USE;
    self->processor = cpu_of(self->stat);
    if (self->processor < 0) {
        unfollow(self); /* it may have ended, and another have its number */
        return FLAME_CPU_NOT_IN_USE;
    }
    self->time_slices = time_slices(self);
    if (now < self->not_before) return FLAME_CPU_REFUSED;
    self->ours = sched_getcpu() == self->processor;
    if (self->ours) {
        self->busy = fs_clock_thread_cpu_seconds();
        return FLAME_CPU_HELD;
    }
    if (!pin_to_cpu(self, self->processor)) return FLAME_CPU_REFUSED;
    self->where = -1;
    self->state = HOLDER_WOKEN;
    wake(&self->state);
    if (wait_until_running(self)) return FLAME_CPU_HELD;
    self->not_before = now + (uint64_t)REFUSED_PAUSE * 1000000;
    return FLAME_CPU_REFUSED;
}

/* It waits for the processor that we have, and has not had it since. */
static bool has_stood_still(const flame_cpu_holder *self)
{
    const bool there = self->ours ? sched_getcpu() == self->processor
                                  : self->state == HOLDER_RUNS && self->where == self->processor;
    return there && cpu_of(self->stat) == self->processor && time_slices(self) == self->time_slices;
}

bool flame_cpu_hold_end(flame_cpu_holder *self, double *cost)
{
    struct timespec used;
    const bool still = has_stood_still(self);
    *cost = 0;
    if (self->ours) {
        *cost = (fs_clock_thread_cpu_seconds() - self->busy) * 1e9;
        return still;
    }
    /* Others may have bound it elsewhere: a processor was taken away, a control group changed. */
    if (self->where != self->processor) self->bound = -1;
    self->state = HOLDER_ASLEEP;
    if (clock_gettime(self->clock, &used) != 0) return still;
    double before = self->used;
    self->used = (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
    if (before >= 0) *cost = (self->used - before) * 1e9;
    return still;
}
