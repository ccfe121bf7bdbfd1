/*
 * cpu_hold.h - holding the processor on which a thread runs, so that the thread stands still.
 *
 * While a thread of ours has the processor that another process's thread was on, that thread cannot run: all
 * that is read of it stands still, though nobody has stopped it and nothing can be left stopped. It is the
 * scheduler that makes it wait, as it does for any other program, for as long as the processor is held: 30 to
 * 60 microseconds. A holder is that thread of ours. It sleeps in between and does nothing but run there:
 * the caller reads from its own processor, whose caches are warm.
 */
#ifndef FLAME_CPU_HOLD_H
#define FLAME_CPU_HOLD_H

#include "status.h"

#include <stdbool.h>
#include <sys/types.h>

typedef struct flame_cpu_holder flame_cpu_holder;

/* FS_UNSUPPORTED: the system gives us no thread. FS_MEMORY. */
FS_CHECK fs_status flame_cpu_holder_open(flame_cpu_holder **holder, fs_error *error);
void flame_cpu_holder_close(flame_cpu_holder *holder); /* NULL is legal */

typedef enum flame_cpu_hold_result {
    FLAME_CPU_HELD,
    FLAME_CPU_NOT_IN_USE, /* the thread does not run: it stands still anyway */
    FLAME_CPU_REFUSED /* it runs where we may not, or the processor was not given to us in time (lately) */
} flame_cpu_hold_result;

/* Take the processor on which that thread runs. Unless the result is FLAME_CPU_HELD nothing has changed. */
flame_cpu_hold_result flame_cpu_hold_begin(flame_cpu_holder *holder, pid_t pid, pid_t tid);

/* Give it back, which happens by itself when this is not called within a fraction of a millisecond. True: the
 * thread stood still all the time. *cost: the nanoseconds that holds had of that processor since the end of
 * the one before (this hold, and letting go after that one); 0: not known. */
bool flame_cpu_hold_end(flame_cpu_holder *holder, double *cost);

#endif
