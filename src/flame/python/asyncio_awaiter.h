/*
 * asyncio_awaiter.h - the task that waits for a task, in a program that stands still.
 */
#ifndef FLAME_ASYNCIO_AWAITER_H
#define FLAME_ASYNCIO_AWAITER_H

#include "asyncio_find.h"

/* Its address; 0: none is known. Of several the one that is found first, which stays the same while they
 * wait. From 3.14 on a task says who waits for it. To 3.13 the callbacks that are called when it is done are
 * followed to the task that they wake up and that waits for it: through futures (gather, wait, shield),
 * partial functions (wait_for), closures, and methods of a TaskGroup. Cost: 5 to 50 reads. */
uint64_t asyncio_awaiter(object_memory *memory, const asyncio_found *task);

#endif
