/*
 * asyncio_list.h - where the tasks of asyncio are, in a program that stands still.
 */
#ifndef FLAME_ASYNCIO_LIST_H
#define FLAME_ASYNCIO_LIST_H

#include "asyncio_find.h"

typedef struct asyncio_list {
    asyncio_found *items; /* free with fs_free */
    size_t count, capacity;
    bool failed; /* out of memory */
    bool unseen; /* a file that may say where the tasks are could not be read */
} asyncio_list;

/* Fill a zeroed list, of all interpreters and threads. From 3.14 on each thread and each interpreter has a
 * ring of its tasks; before, the module asyncio.tasks has a WeakSet of all. */
void asyncio_list_read(object_memory *memory, uint64_t runtime, const python_source *source,
                       asyncio_list *list);

#endif
