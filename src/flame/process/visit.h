/*
 * visit.h - looking at a thread while its processor is taken.
 *
 * While a thread of ours has the processor that another process's thread was on, that thread cannot run: all
 * that is read of it stands still, though nobody has stopped it and nothing can be left stopped. It is the
 * scheduler that makes it wait, as it does for any other program, for as long as the visit lasts: some
 * thirty microseconds. A visitor is that thread of ours. It sleeps in between and only holds the place: the
 * caller reads from its own processor, whose caches know the way.
 */
#ifndef FLAME_VISIT_H
#define FLAME_VISIT_H

#include "status.h"

#include <stdbool.h>
#include <sys/types.h>

typedef struct flame_visitor flame_visitor;

/* FS_UNSUPPORTED: the system gives us no thread. FS_MEMORY. */
FS_CHECK fs_status flame_visitor_open(flame_visitor **visitor, fs_error *error);
void flame_visitor_close(flame_visitor *visitor); /* NULL is legal */

typedef enum flame_visit_answer {
    FLAME_VISIT_BEGUN,
    FLAME_VISIT_WAITS,  /* the thread does not run: it stands still anyway */
    FLAME_VISIT_REFUSED /* it runs where we may not, or the processor was not given to us in time (lately) */
} flame_visit_answer;

/* Take the processor on which that thread runs. Unless that is FLAME_VISIT_BEGUN nothing has changed. */
flame_visit_answer flame_visit_begin(flame_visitor *visitor, pid_t pid, pid_t tid);

/* Has the thread waited since the visit began? It costs some microseconds. */
bool flame_visit_undisturbed(flame_visitor *visitor);

/* Give it back. Returns the nanoseconds that visits had of that processor since the end of the one before:
 * this visit, and the way back from that one; 0: not known. The place is given up by itself when this is not
 * called within a fraction of a millisecond. */
double flame_visit_end(flame_visitor *visitor);

#endif
