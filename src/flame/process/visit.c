#include "visit.h"

#include "clock.h"
#include "memory.h"
#include "pause.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PROCESSOR_FIELD = 39, /* of proc(5)'s stat, counted from 1 */
    STACK = 128 << 10,    /* bytes */
    ARRIVES = 300000,     /* nanoseconds in which the visitor is there, or will not come */
    STAYS = 400000,       /* nanoseconds after which it leaves by itself */
    REFUSED_REST = 5      /* milliseconds without visits after one for which the processor was not given */
};

typedef enum visit_state {
    VISIT_NONE,  /* the visitor sleeps, or is about to */
    VISIT_WOKEN, /* it is to come */
    VISIT_THERE, /* it has the processor */
    VISIT_END    /* the thread is to end */
} visit_state;

struct flame_visitor {
    pthread_t thread;
    clockid_t clock;        /* of the thread's processor time */
    _Atomic uint32_t state; /* visit_state, a futex */
    int bound;              /* processor that the thread is bound to; -1: none yet */
    int processor;          /* of the visit */
    bool ours;              /* the caller itself was on that processor: the visitor sleeps on */
    _Atomic pid_t tid;      /* of the thread; 0: it has not begun yet */
    _Atomic uint32_t beats; /* of the thread, while it has the processor */
    int schedstat;          /* file in /proc of the thread; -1: none yet */
    uint64_t turns;         /* how often the thread was put on a processor, before the visit */
    long interruptions;     /* of the caller then, */
    double busy;            /* ... and its seconds of processor time */
    _Atomic int where;      /* the processor that the thread has */
    int stat;               /* file in /proc of the thread that is visited; -1: none */
    pid_t pid, of;          /* which is that */
    double used;            /* seconds of processor time that were accounted for; -1: nothing yet */
    uint64_t not_before;    /* nanoseconds */
};

/* As in linux/sched/types.h, first version; sched_setattr(2) has no wrapper in older C libraries. */
typedef struct sched_attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
} sched_attributes;

/* With a short time slice the kernel (from 6.12 on) lets the visitor in at once; otherwise it might wait
 * until the thread's own slice ends, milliseconds. Older kernels ignore it. */
static void shorten_slice(void)
{
    enum { SLICE = 100000 };
    sched_attributes attributes = {.size = sizeof attributes};
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return;
    if (attributes.policy != SCHED_OTHER) return;
    attributes.size = sizeof attributes;
    attributes.runtime = SLICE;
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

static void sleep_while(_Atomic uint32_t *state, uint32_t value)
{
    syscall(SYS_futex, state, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake(_Atomic uint32_t *state)
{
    syscall(SYS_futex, state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* Hold the place until it is given up, or for too long. */
static void stay(flame_visitor *self)
{
    uint64_t since = fs_clock_nanoseconds();
    uint32_t there = VISIT_THERE;
    while (self->state == VISIT_THERE) {
        self->where = sched_getcpu();
        self->beats++;
        for (int i = 0; i < 8; i++) fs_pause();
        if (fs_clock_nanoseconds() - since > STAYS)
            atomic_compare_exchange_strong(&self->state, &there, VISIT_NONE);
    }
}

static void *serve(void *context)
{
    flame_visitor *self = context;
    shorten_slice();
    self->tid = (pid_t)syscall(SYS_gettid);
    while (true) {
        uint32_t state = self->state;
        if (state == VISIT_END) return NULL;
        if (state != VISIT_WOKEN)
            sleep_while(&self->state, state);
        else if (atomic_compare_exchange_strong(&self->state, &state, VISIT_THERE))
            stay(self);
    }
}

fs_status flame_visitor_open(flame_visitor **visitor, fs_error *error)
{
    flame_visitor *self = fs_alloc_0(1, sizeof *self);
    *visitor = NULL;
    if (!self) return fs_fail_memory(error, "a visitor", sizeof *self);
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
        made = pthread_create(&self->thread, &attributes, serve, self) == 0;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        pthread_attr_destroy(&attributes);
    }
    if (!made) {
        fs_free(self);
        return fs_fail(error, FS_UNSUPPORTED, "no thread could be started");
    }
    *visitor = self;
    if (pthread_getcpuclockid(self->thread, &self->clock) == 0) return FS_OK;
    flame_visitor_close(self);
    *visitor = NULL;
    return fs_fail(error, FS_UNSUPPORTED, "a thread without a clock");
}

void flame_visitor_close(flame_visitor *self)
{
    if (!self) return;
    cpu_set_t home;
    self->state = VISIT_END;
    /* Where it is bound it may have to wait for long. */
    if (sched_getaffinity(0, sizeof home, &home) == 0)
        pthread_setaffinity_np(self->thread, sizeof home, &home);
    wake(&self->state);
    pthread_join(self->thread, NULL);
    if (self->stat >= 0) close(self->stat);
    if (self->schedstat >= 0) close(self->schedstat);
    fs_free(self);
}

/* ---- where the thread is ---- */

/* The processor that the thread runs or waits on; -1 when it does neither. */
static int processor_of(int stat)
{
    char text[1024];
    ssize_t got = pread(stat, text, sizeof text - 1, 0);
    if (got <= 0) return -1;
    text[got] = '\0';
    const char *at = strrchr(text, ')'); /* the name may hold anything */
    if (!at || at[1] != ' ' || at[2] != 'R') return -1;
    at += 2;
    for (int field = 3; field < PROCESSOR_FIELD && at; field++) {
        at = strchr(at, ' ');
        if (at) at++;
    }
    return at ? (int)strtol(at, NULL, 10) : -1;
}

static bool follow(flame_visitor *self, pid_t pid, pid_t tid)
{
    char path[64];
    if (self->stat >= 0 && self->pid == pid && self->of == tid) return true;
    if (self->stat >= 0) close(self->stat);
    snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)tid);
    self->stat = open(path, O_RDONLY | O_CLOEXEC);
    self->pid = pid;
    self->of = tid;
    return self->stat >= 0;
}

/* Bind the visitor to a processor. */
static bool settle(flame_visitor *self, int processor)
{
    cpu_set_t home, there;
    if (processor < 0 || processor >= CPU_SETSIZE) return false;
    if (self->bound == processor) return true;
    CPU_ZERO(&there);
    CPU_SET((size_t)processor, &there);
    self->bound = -1;
    if (sched_getaffinity(0, sizeof home, &home) != 0 || !CPU_ISSET((size_t)processor, &home)) return false;
    if (pthread_setaffinity_np(self->thread, sizeof there, &there) != 0) return false;
    self->bound = processor;
    return true;
}

/* ---- has it stayed? ---- */

/* How many times the visitor was put on a processor. False when that is not told. */
static bool read_turns(flame_visitor *self, uint64_t *turns)
{
    char path[64];
    if (self->schedstat < 0 && self->tid) {
        snprintf(path, sizeof path, "/proc/self/task/%d/schedstat", (int)self->tid);
        self->schedstat = open(path, O_RDONLY | O_CLOEXEC);
    }
    return self->schedstat >= 0 && flame_thread_turns_read(self->schedstat, turns) && *turns > 0;
}

/* It is there now, and has come once. */
static bool has_stayed(flame_visitor *self)
{
    uint64_t turns, since = fs_clock_nanoseconds();
    uint32_t beats = self->beats;
    while (self->state == VISIT_THERE && self->beats == beats) {
        fs_pause();
        if (fs_clock_nanoseconds() - since > STAYS) return false;
    }
    /* Others may have bound it elsewhere: a processor was taken away, a control group changed. */
    if (self->where != self->processor) self->bound = -1;
    return self->state == VISIT_THERE && self->where == self->processor && self->turns &&
           read_turns(self, &turns) && turns == self->turns + 1;
}

/* How often the caller left its processor: it was made to, or it waited (for a lock on the process's memory,
 * for a page from disk). */
static long interruptions(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nivcsw + usage.ru_nvcsw : -1;
}

/* ---- a visit ---- */

/* False: the visitor did not get there, and will not. */
static bool has_come(flame_visitor *self)
{
    uint64_t since = fs_clock_nanoseconds();
    while (self->state == VISIT_WOKEN) {
        fs_pause();
        uint32_t woken = VISIT_WOKEN;
        if (fs_clock_nanoseconds() - since > ARRIVES &&
            atomic_compare_exchange_strong(&self->state, &woken, VISIT_NONE))
            return false;
    }
    return true;
}

flame_visit_answer flame_visit_begin(flame_visitor *self, pid_t pid, pid_t tid)
{
    uint64_t now = fs_clock_nanoseconds();
    if (!follow(self, pid, tid)) return FLAME_VISIT_WAITS;
    self->processor = processor_of(self->stat);
    if (self->processor < 0) {
        /* It may have ended, and another have its number. */
        close(self->stat);
        self->stat = -1;
        return FLAME_VISIT_WAITS;
    }
    if (now < self->not_before) return FLAME_VISIT_REFUSED;
    self->ours = sched_getcpu() == self->processor;
    if (self->ours) {
        self->interruptions = interruptions();
        self->busy = fs_clock_thread_cpu_seconds();
        return FLAME_VISIT_BEGUN;
    }
    if (!settle(self, self->processor)) return FLAME_VISIT_REFUSED;
    if (!read_turns(self, &self->turns)) self->turns = 0;
    self->state = VISIT_WOKEN;
    wake(&self->state);
    if (has_come(self)) return FLAME_VISIT_BEGUN;
    self->not_before = now + (uint64_t)REFUSED_REST * 1000000;
    return FLAME_VISIT_REFUSED;
}

bool flame_visit_undisturbed(flame_visitor *self)
{
    bool held = self->ours ? sched_getcpu() == self->processor && interruptions() == self->interruptions &&
                                 self->interruptions >= 0
                           : has_stayed(self);
    return held && processor_of(self->stat) == self->processor;
}

double flame_visit_end(flame_visitor *self)
{
    struct timespec used;
    if (self->ours) return (fs_clock_thread_cpu_seconds() - self->busy) * 1e9;
    self->state = VISIT_NONE;
    if (clock_gettime(self->clock, &used) != 0) return 0;
    double before = self->used;
    self->used = (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
    return before < 0 ? 0 : (self->used - before) * 1e9;
}
