/*
 * asyncio_find.h - where asyncio keeps its tasks, and the fields of a task.
 */
#ifndef FLAME_ASYNCIO_FIND_H
#define FLAME_ASYNCIO_FIND_H

#include "python_find.h"
#include "python_object.h"

/* From 3.14 on, what the ELF section .AsyncioDebug holds in eight-byte words: offsets in the structures of
 * _asynciomodule.c. */
enum asyncio_word {
    ASYNCIO_TASK_NAME = 1,
    ASYNCIO_TASK_AWAITED_BY = 2,
    ASYNCIO_TASK_CORO = 5,
    ASYNCIO_TASK_NODE = 6,
    ASYNCIO_INTERPRETER_TASKS = 8,
    ASYNCIO_RUNNING_TASK = 11, /* of a thread */
    ASYNCIO_THREAD_TASKS = 12,
    ASYNCIO_WORDS = 13
};

typedef struct asyncio_words {
    uint64_t at[ASYNCIO_WORDS];
} asyncio_words;

/* False: there is no asyncio yet, or (*unseen) a file that may have the section could not be read. */
bool asyncio_words_find(object_memory *memory, const python_source *source, asyncio_words *words,
                        bool *unseen);

/* To 3.13: an attribute of the module asyncio.tasks of an interpreter. False: it has none, or is not there.
 * Cost: a read or two for each module that was imported before. */
bool asyncio_attribute(object_memory *memory, uint64_t interpreter, const char *name, uint64_t *object);

/* The addresses of a task's fields. */
typedef struct asyncio_found {
    uint64_t task, name, coroutine;
    uint64_t waiter;     /* to 3.13: what it waits for; else 0 */
    uint64_t awaited_by; /* from 3.14: who waits for it, one or a set; else 0 */
} asyncio_found;

/* From 3.14 on. */
asyncio_found asyncio_task_at(const asyncio_words *words, uint64_t task);

/* To 3.13. False: it is no task, or one that is not written in C, which has its fields elsewhere. */
bool asyncio_task_check(object_memory *memory, uint64_t object, asyncio_found *found);

#endif
