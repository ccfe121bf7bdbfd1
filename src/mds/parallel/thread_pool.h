/*
 * thread_pool.h - a few threads that live as long as one solve.
 *
 * A method hands the pool many short jobs (a row of a matrix takes microseconds), each cut into tasks.
 * Whichever worker is free takes the next task. The calling thread is worker 0 and works too; it waits only
 * for tasks that another worker has begun, so that when the processors are busy with something else it simply
 * does most of them itself. Workers without a task spin for a moment, then yield the processor, then sleep.
 *
 * Which worker runs which task is chance; results must depend on the task alone.
 */
#ifndef MDS_THREAD_POOL_H
#define MDS_THREAD_POOL_H

#include "status.h"

#include <stddef.h>

typedef struct mds_thread_pool mds_thread_pool;

/* Processors this process may run on; at least 1. */
unsigned mds_available_processors(void);

/* A pool of so many workers, the calling thread among them (so 1 makes no thread). When the system gives
 * fewer threads than asked for, the pool is smaller. */
FS_CHECK fs_status mds_thread_pool_create(unsigned workers, mds_thread_pool **pool, fs_error *error);
void mds_thread_pool_destroy(mds_thread_pool *pool); /* NULL is legal */

unsigned mds_thread_pool_workers(const mds_thread_pool *pool);

/* Call run(context, worker, task) once for every task below `tasks` (less than 2^32), taken in ascending
 * order, and return when all are done. What was written before is seen by the tasks, and what they wrote is
 * seen after. */
typedef void mds_task(void *context, unsigned worker, size_t task);
void mds_thread_pool_run(mds_thread_pool *pool, size_t tasks, mds_task *run, void *context);

#endif
