#include "asyncio_list.h"

#include "asyncio_layout.h"
#include "memory.h"
#include "still_frames.h"

#include <string.h>

enum { TASKS_MOST = 10000, INTERPRETERS_MOST = 100 };

typedef struct listing {
    object_memory *memory;
    asyncio_list *list;
    asyncio_words words; /* from 3.14 on */
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
        const asyncio_found found = asyncio_task_at(&self->words, node - self->words.at[ASYNCIO_TASK_NODE]);
        add(self, &found);
        if (!object_word(self->memory, node, &node)) return;
    }
}

/* ---- to 3.13 ---- */

static void add_task(void *context, uint64_t task)
{
    listing *self = context;
    asyncio_found found;
    if (asyncio_task_check(self->memory, task, &found)) add(self, &found);
}

static void add_referent(void *context, uint64_t reference)
{
    const listing *self = context;
    uint64_t task;
    if (object_word(self->memory, reference + WEAKREF_OBJECT, &task) && task) add_task(context, task);
}

static void read_sets(listing *self, uint64_t interpreter)
{
    object_memory *memory = self->memory;
    const char *name = memory->layout->minor >= 12 ? "_scheduled_tasks" : "_all_tasks";
    uint64_t set, data;
    if (asyncio_attribute(memory, interpreter, name, &set) && object_attribute(memory, set, "data", &data))
        object_items(memory, data, TASKS_MOST, add_referent, self);
    if (memory->layout->minor >= 12 && asyncio_attribute(memory, interpreter, "_eager_tasks", &set))
        object_items(memory, set, TASKS_MOST, add_task, self);
}

/* ---- all threads and interpreters ---- */

static void visit(void *context, const still_thread *thread)
{
    listing *self = context;
    const bool rings = self->memory->layout->minor >= 14;
    if (rings) read_ring(self, thread->state + self->words.at[ASYNCIO_THREAD_TASKS]);
    for (size_t i = 0; i < self->interpreter_count; i++)
        if (self->interpreters[i] == thread->interpreter) return;
    if (self->interpreter_count == INTERPRETERS_MOST) return;
    self->interpreters[self->interpreter_count++] = thread->interpreter;
    if (rings)
        read_ring(self, thread->interpreter +
                            self->words.at[ASYNCIO_INTERPRETER_TASKS]); /* of threads that have ended */
    else
        read_sets(self, thread->interpreter);
}

void asyncio_list_read(object_memory *memory, uint64_t runtime, const python_source *source,
                       asyncio_list *list)
{
    listing self = {.memory = memory, .list = list};
    const unsigned minor = memory->layout->minor;
    if (!asyncio_layout_of(minor)) return;
    if (minor >= 14 && !asyncio_words_find(memory, source, &self.words, &list->unseen)) return;
    still_threads(memory, runtime, visit, &self);
}
