/*
 * asyncio_tasks.h - the tasks of asyncio in a program that stands still: also those that wait, whose
 * coroutines are on no thread's stack, and which task awaits which.
 */
#ifndef FLAME_ASYNCIO_TASKS_H
#define FLAME_ASYNCIO_TASKS_H

#include "interpreter.h"
#include "python_find.h"

typedef struct flame_task {
    uint64_t address;
    const char *name;          /* Task.get_name(), valid UTF-8 */
    bool running;              /* a thread runs it now; else it waits */
    const flame_frame *frames; /* of its coroutines: frames[0] is the innermost, as in a sample */
    uint32_t depth;
    const uint32_t *awaited; /* indices of the tasks that it awaits */
    uint32_t awaited_count, awaiters;
} flame_task;

typedef struct flame_tasks flame_tasks;

/* All tasks that are not done, in the order in which the interpreter lists them, up to 10,000. From 3.14 on a
 * task says who awaits it, and asyncio where it keeps that (in the ELF section .AsyncioDebug of one of the
 * files of `source`). Before, the coroutines are followed to what they await: another task, gather, wait,
 * wait_for or a TaskGroup. A program without asyncio has none. FS_MEMORY is the only failure. */
FS_CHECK fs_status flame_tasks_read(flame_interpreter *interpreter, const python_source *source,
                                    flame_tasks **tasks, fs_error *error);
void flame_tasks_free(flame_tasks *tasks); /* NULL is legal */

/* The same for the process that the interpreter was opened in. */
FS_CHECK fs_status flame_tasks_read_process(flame_interpreter *interpreter, flame_process *process,
                                            flame_tasks **tasks, fs_error *error);

/* There may be some, but the files in which they are described cannot be read (of a core file, mostly). */
bool flame_tasks_unseen(const flame_tasks *tasks);

size_t flame_tasks_count(const flame_tasks *tasks);
const flame_task *flame_tasks_at(const flame_tasks *tasks, size_t index);

#endif
