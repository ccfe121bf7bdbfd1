#include "asyncio_list.h"

#include "asyncio_layout.h"
#include "gather.h"
#include "memory.h"
#include "still_frames.h"

#include <string.h>

enum { TASKS_MOST = 10000, INTERPRETERS_MOST = 100 };

/* What .AsyncioDebug holds, eight-byte words: the structures of _asynciomodule.c. */
enum debug_word {
    TASK_NAME = 1,
    TASK_AWAITED_BY = 2,
    TASK_CORO = 5,
    TASK_NODE = 6,
    INTERPRETER_TASKS = 8,
    THREAD_TASKS = 12,
    DEBUG_WORDS = 13
};

typedef struct listing {
    object_memory *memory;
    asyncio_list *list;
    const asyncio_layout *layout;
    uint64_t debug[DEBUG_WORDS]; /* from 3.14 on */
    uint64_t interpreters[INTERPRETERS_MOST];
    size_t interpreter_count;
} listing;

static void add(listing *self, const asyncio_found *found)
{
    asyncio_list *list = self->list;
    if (list->count == TASKS_MOST) return;
    if (!FS_GROW(list->items, list->capacity, list->count + 1))
        list->failed = true;
    else
        list->items[list->count++] = *found;
}

/* ---- from 3.14 on ---- */

/* A ring of nodes inside tasks, from and to `head`. */
static void read_ring(listing *self, uint64_t head)
{
    uint64_t node;
    if (!object_word(self->memory, head, &node)) return;
    for (size_t i = 0; node && node != head && i < TASKS_MOST; i++) {
        const uint64_t task = node - self->debug[TASK_NODE];
        add(self, &(asyncio_found){.task = task,
                                   .name = task + self->debug[TASK_NAME],
                                   .coroutine = task + self->debug[TASK_CORO],
                                   .awaited_by = task + self->debug[TASK_AWAITED_BY]});
        if (!object_word(self->memory, node, &node)) return;
    }
}

static bool read_debug(listing *self, const python_source *source)
{
    uint64_t address;
    uint8_t bytes[8 * DEBUG_WORDS];
    const fs_status status = python_section_find(source, ".AsyncioDebug", &address);
    self->list->unseen = status == FS_IO;
    if (status || !object_read(self->memory, address, bytes, sizeof bytes)) return false;
    for (size_t i = 0; i < DEBUG_WORDS; i++) {
        self->debug[i] = load_64(bytes + 8 * i);
        if (self->debug[i] > 1 << 24) return false;
    }
    return true;
}

/* ---- to 3.13 ---- */

static void add_task(void *context, uint64_t task)
{
    listing *self = context;
    const uint64_t waiter = task + self->layout->waiter;
    object_type type;
    /* One that is not written in C has its fields elsewhere. */
    if (object_type_of(self->memory, task, &type) && strstr(type.name, "Task") &&
        type.basic_size >= self->layout->waiter + 24)
        add(self,
            &(asyncio_found){.task = task, .name = waiter + 16, .coroutine = waiter + 8, .waiter = waiter});
}

static void add_referent(void *context, uint64_t reference)
{
    const listing *self = context;
    uint64_t task;
    if (object_word(self->memory, reference + WEAKREF_OBJECT, &task) && task) add_task(context, task);
}

static void read_sets(listing *self, uint64_t interpreter)
{
    uint64_t modules, module, dict, set, data;
    object_entries entries;
    if (!object_word(self->memory, interpreter + self->layout->modules, &modules) || !modules ||
        !object_dict_entries(self->memory, modules, &entries) ||
        !object_entry_named(self->memory, &entries, "asyncio.tasks", &module) ||
        !object_word(self->memory, module + MODULE_DICT, &dict) || !dict ||
        !object_dict_entries(self->memory, dict, &entries))
        return;
    const char *name = self->memory->layout->minor >= 12 ? "_scheduled_tasks" : "_all_tasks";
    if (object_entry_named(self->memory, &entries, name, &set) &&
        object_attribute(self->memory, set, "data", &data))
        object_items(self->memory, data, TASKS_MOST, add_referent, self);
    if (object_entry_named(self->memory, &entries, "_eager_tasks", &set))
        object_items(self->memory, set, TASKS_MOST, add_task, self);
}

/* ---- all threads and interpreters ---- */

static void visit(void *context, const still_thread *thread)
{
    listing *self = context;
    const bool rings = self->memory->layout->minor >= 14;
    if (rings) read_ring(self, thread->state + self->debug[THREAD_TASKS]);
    for (size_t i = 0; i < self->interpreter_count; i++)
        if (self->interpreters[i] == thread->interpreter) return;
    if (self->interpreter_count == INTERPRETERS_MOST) return;
    self->interpreters[self->interpreter_count++] = thread->interpreter;
    if (rings)
        read_ring(self,
                  thread->interpreter + self->debug[INTERPRETER_TASKS]); /* of threads that have ended */
    else
        read_sets(self, thread->interpreter);
}

void asyncio_list_read(object_memory *memory, uint64_t runtime, const python_source *source,
                       asyncio_list *list)
{
    listing self = {.memory = memory, .list = list, .layout = asyncio_layout_of(memory->layout->minor)};
    if (!self.layout || (memory->layout->minor >= 14 && !read_debug(&self, source))) return;
    still_threads(memory, runtime, visit, &self);
}
