/*
 * thread_ranks.h - ranks that are threads of one process, for tests of what ranks do together.
 */
#ifndef THREAD_RANKS_H
#define THREAD_RANKS_H

#include "mdscale.h"

typedef void thread_ranks_body(const mds_ranks *ranks, void *context);

/* Run the body on `count` ranks at once, and return when all are done. */
void thread_ranks_run(unsigned count, thread_ranks_body *body, void *context);

#endif
