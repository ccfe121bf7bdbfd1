/*
 * ptrace_stop.h - one thread of another process stopped for the microseconds that a copy of it takes.
 *
 * The thread is seized, interrupted, and let go again each time (ptrace(2), PTRACE_SEIZE): that takes no
 * longer than to stay attached (measured: 13 microseconds for both, at the median), and in between nothing of
 * the thread comes our way: no signal of its waits for us, new threads and exec concern nobody, a debugger
 * may attach. Should this process die meanwhile, the kernel lets the thread go by itself.
 *
 * A system call in which the thread sleeps is interrupted and begun anew by the kernel, except for the few
 * that return EINTR after any stop (signal(7), "Interruption of system calls and library functions by stop
 * signals"): so stop threads that run.
 */
#ifndef FLAME_PTRACE_STOP_H
#define FLAME_PTRACE_STOP_H

#include "process.h"
#include "registers.h"
#include "seizer.h"

typedef enum flame_ptrace_result {
    FLAME_PTRACE_STOPPED,
    FLAME_PTRACE_WAITING, /* it has not stopped yet */
    FLAME_PTRACE_GONE,    /* the thread has ended */
    FLAME_PTRACE_HELD,    /* another tracer (a debugger, strace) has it */
    FLAME_PTRACE_LATE,    /* it did not stop in time: it waits for a disk; flame_ptrace_release is still to be
                             called */
    FLAME_PTRACE_BARRED   /* this process may not trace it */
} flame_ptrace_result;

/* All zero: no thread. */
typedef struct flame_ptrace_stop {
    pid_t pid, tid;
    uint64_t asked; /* nanoseconds */
    int signal;     /* that it was about to receive, handed on when it is let go */
    bool seized;    /* it is ours, and must be let go */
    bool stopped;   /* it stands still */
} flame_ptrace_stop;

/* Ask the thread `tid` of process `pid` to stop; the answer is FLAME_PTRACE_WAITING, or why it cannot be
 * asked. All calls for a stop must come from the same thread of the caller. What waits for a child by the
 * number -1 elsewhere in this process would see these stops. `seizer` may be NULL when no other thread of the
 * process is held. */
flame_ptrace_result flame_ptrace_ask(flame_ptrace_stop *stop, pid_t pid, pid_t tid, flame_seizer *seizer);

/* For the seizer's reap: the end of a thread that is held. */
void flame_ptrace_reap(flame_ptrace_stop *stop);

/* Has it stopped by now? FLAME_PTRACE_WAITING: not yet, most do within ten microseconds; FLAME_PTRACE_LATE:
 * it has not within 20 milliseconds and waits for a disk, or not within a second, as on a machine that is
 * very busy. */
flame_ptrace_result flame_ptrace_check(flame_ptrace_stop *stop);

/* Both, until the answer is another than FLAME_PTRACE_WAITING. */
flame_ptrace_result flame_ptrace_begin(flame_ptrace_stop *stop, pid_t pid, pid_t tid);

/* Between two checks: let others have the CPU, at first without sleeping. `tries` counts from 0. */
void flame_ptrace_pause(int tries);

/* The registers of a thread that stands still by this or by flame_freeze; false when it has been killed
 * meanwhile. */
bool flame_ptrace_registers(pid_t tid, flame_registers *registers);

/* Let it go, with the signal that came meanwhile. False: this is not possible yet, as it has not stopped, or
 * is being killed; call again soon, for it stays stopped once it does, and its end has to be collected. */
bool flame_ptrace_release(flame_ptrace_stop *stop);

/* Copy up to `length` bytes from `address` on. Returns how many could be read: less where the mapping ends.
 */
size_t flame_copy_memory(pid_t tid, uint64_t address, void *bytes, size_t length);

#endif
