#include "asyncio_awaiter.h"

#include "memory.h"

#include <string.h>

enum {
    STEPS_MOST = 6, /* from a callback to the task that it wakes up */
    ITEMS_MOST = 16 /* callbacks of a future, or variables of a closure, that are followed */
};

/* Fields that are where they are from 3.8 to 3.13, in structures of _asynciomodule.c, methodobject.h,
 * classobject.h, funcobject.h and _functoolsmodule.c. */
enum {
    FUTURE_CALLBACK = 24,   /* the first one */
    FUTURE_CALLBACKS = 40,  /* a list of pairs: the others, each with its context */
    FUTURE_LEAST = 48,      /* bytes of an object that has them */
    WAKEUP_TASK = 16,       /* of a TaskWakeupMethWrapper */
    BUILTIN_SELF = 24,      /* of a function written in C */
    METHOD_SELF = 24,       /* of a bound method */
    CLOSURE_FROM_3_10 = 72, /* of a function, a tuple of cells; */
    CLOSURE = 48,           /* ... to 3.9 */
    PARTIAL_ARGUMENTS = 24  /* a tuple */
};

/* ---- to 3.13 ---- */

typedef struct search {
    object_memory *memory;
    uint64_t task, found; /* whose awaiter it is; 0: not found yet */
    uint64_t future;      /* whose callbacks are looked at: what a task waits for that they wake up */
    uint32_t steps;
} search;

static void visit(void *context, uint64_t object);

/* What a field of the object points to. */
static void visit_field(search *self, uint64_t object, uint32_t field)
{
    uint64_t value;
    if (object_word(self->memory, object + field, &value) && value) visit(self, value);
}

static void visit_items(search *self, uint64_t object, uint32_t field)
{
    uint64_t items;
    if (object_word(self->memory, object + field, &items) && items)
        object_items(self->memory, items, ITEMS_MOST, visit, self);
}

static void visit_cell(void *context, uint64_t cell)
{
    visit_field(context, cell, CELL_CONTENT);
}

static void visit_closure(search *self, uint64_t function)
{
    const uint32_t field = self->memory->layout->minor >= 10 ? CLOSURE_FROM_3_10 : CLOSURE;
    uint64_t cells;
    if (object_word(self->memory, function + field, &cells) && cells)
        object_items(self->memory, cells, ITEMS_MOST, visit_cell, self);
}

static void visit_pair(void *context, uint64_t pair)
{
    search *self = context;
    uint64_t *items = NULL;
    if (object_items_of(self->memory, pair, 1, &items)) visit(self, items[0]);
    fs_free(items);
}

static void visit_callbacks(search *self, uint64_t future)
{
    const uint64_t before = self->future;
    uint64_t callbacks;
    self->future = future;
    visit_field(self, future, FUTURE_CALLBACK);
    if (!self->found && object_word(self->memory, future + FUTURE_CALLBACKS, &callbacks) && callbacks)
        object_items(self->memory, callbacks, ITEMS_MOST, visit_pair, self);
    self->future = before;
}

/* A callback may know tasks for other reasons than that they wait. */
static void visit_task(search *self, const asyncio_found *task)
{
    uint64_t waiter;
    if (object_word(self->memory, task->waiter, &waiter) && waiter == self->future) self->found = task->task;
}

/* The task that a group belongs to waits for it at the end of its block at the latest. */
static void visit_group(search *self, uint64_t group)
{
    asyncio_found task;
    uint64_t parent;
    if (object_attribute(self->memory, group, "_parent_task", &parent) && parent != self->task &&
        asyncio_task_check(self->memory, parent, &task))
        self->found = parent;
}

/* A callback, or what it holds. */
static void visit(void *context, uint64_t object)
{
    search *self = context;
    asyncio_found task;
    object_type type;
    if (self->found || object == self->task || self->steps == STEPS_MOST) return;
    if (!object_type_of(self->memory, object, &type)) return;
    self->steps++;
    if (asyncio_task_check(self->memory, object, &task))
        visit_task(self, &task);
    else if (strstr(type.name, "TaskWakeupMethWrapper"))
        visit_field(self, object, WAKEUP_TASK);
    else if (strcmp(type.name, "builtin_function_or_method") == 0)
        visit_field(self, object, BUILTIN_SELF);
    else if (strcmp(type.name, "method") == 0)
        visit_field(self, object, METHOD_SELF);
    else if (strcmp(type.name, "function") == 0)
        visit_closure(self, object);
    else if (strcmp(type.name, "functools.partial") == 0)
        visit_items(self, object, PARTIAL_ARGUMENTS);
    else if (strcmp(type.name, "TaskGroup") == 0)
        visit_group(self, object);
    else if (strstr(type.name, "Future") && type.basic_size >= FUTURE_LEAST)
        visit_callbacks(self, object);
    self->steps--;
}

/* ---- from 3.14 on ---- */

static uint64_t first_awaiter(object_memory *memory, const asyncio_found *task)
{
    object_type type;
    uint64_t awaiter, *items = NULL;
    if (!object_word(memory, task->awaited_by, &awaiter) || !awaiter ||
        !object_type_of(memory, awaiter, &type))
        return 0;
    if (strcmp(type.name, "set") == 0) {
        awaiter = object_items_of(memory, awaiter, 1, &items) ? items[0] : 0;
        fs_free(items);
    }
    return awaiter;
}

uint64_t asyncio_awaiter(object_memory *memory, const asyncio_found *task)
{
    if (task->awaited_by) return first_awaiter(memory, task);
    search self = {.memory = memory, .task = task->task};
    visit_callbacks(&self, task->task);
    return self.found;
}
