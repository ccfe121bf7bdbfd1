#include "asyncio_tasks.h"

#include "asyncio_layout.h"
#include "asyncio_list.h"
#include "coroutine_stack.h"
#include "gather.h"
#include "interpreter_private.h"
#include "memory.h"
#include "page_reader.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    READS_MOST = 2000000,
    FRAMES_MOST = 1000, /* of one running task */
    ITEMS_MOST = 10000, /* of a container of tasks */
    SLOTS_MOST = 64     /* variables of one of asyncio's frames that are looked at */
};

typedef struct task_entry {
    flame_task task;
    asyncio_found found;
    still_frame *stack; /* outermost first */
    size_t stack_count;
    uint64_t running; /* frame that is on a thread's stack */
    uint32_t *awaited;
    size_t awaited_capacity;
    flame_frame *frames;
} task_entry;

struct flame_tasks {
    page_reader pages; /* nothing moves */
    object_memory memory;
    flame_interpreter *interpreter;
    fs_arena arena;
    task_entry *entries; /* in the order of the interpreter */
    size_t count;
    uint32_t *by_address; /* indices of the entries */
    bool failed;          /* out of memory */
    bool unseen;
};

/* ---- which task an address is ---- */

static int compare_addresses(const void *a, const void *b, void *context)
{
    const task_entry *entries = context;
    const uint64_t left = entries[*(const uint32_t *)a].found.task,
                   right = entries[*(const uint32_t *)b].found.task;
    return left < right ? -1 : left > right;
}

/* The index; UINT32_MAX: it is no task. */
static uint32_t task_index(const flame_tasks *self, uint64_t address)
{
    size_t low = 0, high = self->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const uint64_t there = self->entries[self->by_address[middle]].found.task;
        if (there == address) return self->by_address[middle];
        if (there < address)
            low = middle + 1;
        else
            high = middle;
    }
    return UINT32_MAX;
}

/* Task `from` awaits what is at `address`, if that is a task. */
static void add_awaited(flame_tasks *self, size_t from, uint64_t address)
{
    const uint32_t index = task_index(self, address);
    task_entry *entry = &self->entries[from];
    if (index == UINT32_MAX || index == from) return;
    for (uint32_t i = 0; i < entry->task.awaited_count; i++)
        if (entry->awaited[i] == index) return;
    if (!FS_GROW(entry->awaited, entry->awaited_capacity, entry->task.awaited_count + 1)) {
        self->failed = true;
        return;
    }
    entry->awaited[entry->task.awaited_count++] = index;
    self->entries[index].task.awaiters++;
}

/* ---- what a task awaits ---- */

typedef struct awaiting {
    flame_tasks *self;
    size_t from;
} awaiting;

static void visit_awaited(void *context, uint64_t object)
{
    const awaiting *it = context;
    add_awaited(it->self, it->from, object);
}

/* Tasks in what a variable holds: itself, or the items of a container. */
static void follow_object(flame_tasks *self, size_t from, uint64_t object)
{
    awaiting context = {.self = self, .from = from};
    if (!object) return;
    add_awaited(self, from, object);
    object_items(&self->memory, object, ITEMS_MOST, visit_awaited, &context);
}

/* A TaskGroup keeps its tasks, asyncio.wait has a variable with them, and so on. */
static void follow_variables(flame_tasks *self, size_t from, const still_frame *frame)
{
    const uint64_t slots = still_frame_slots(&self->memory, frame->address);
    uint8_t count[4];
    uint64_t object, tasks;
    /* co_nlocals, or from 3.11 on co_nlocalsplus */
    const asyncio_layout *layout = asyncio_layout_of(self->memory.layout->minor);
    if (!object_read(&self->memory, frame->code + (layout->slots ? layout->slots : 28), count, sizeof count))
        return;
    for (uint32_t i = 0; i < load_32(count) && i < SLOTS_MOST; i++) {
        object_type type;
        if (!object_word(&self->memory, slots + 8 * (uint64_t)i, &object) ||
            !(object = object_in_slot(&self->memory, object)))
            continue;
        follow_object(self, from, object);
        if (object_type_of(&self->memory, object, &type) && strcmp(type.name, "TaskGroup") == 0 &&
            object_attribute(&self->memory, object, "_tasks", &tasks))
            follow_object(self, from, tasks);
    }
}

/* To 3.13: what the task waits for, and what asyncio's own coroutines on its stack wait for. */
static void follow_waiter(flame_tasks *self, size_t from)
{
    const task_entry *entry = &self->entries[from];
    uint64_t waiter, children;
    object_type type;
    if (object_word(&self->memory, entry->found.waiter, &waiter) && waiter) {
        add_awaited(self, from, waiter);
        if (object_type_of(&self->memory, waiter, &type) && strcmp(type.name, "_GatheringFuture") == 0 &&
            object_attribute(&self->memory, waiter, "_children", &children))
            follow_object(self, from, children);
    }
    for (size_t i = 0; i < entry->stack_count; i++) {
        const flame_code *code =
            flame_interpreter_code(self->interpreter, entry->task.frames[entry->stack_count - 1 - i].code);
        if (code && strstr(code->file, "/asyncio/")) follow_variables(self, from, &entry->stack[i]);
    }
}

/* From 3.14 on: who awaits it, one or a set of several. */
static void follow_awaiters(flame_tasks *self, size_t index)
{
    const asyncio_found *found = &self->entries[index].found;
    uint64_t awaiter;
    if (!object_word(&self->memory, found->awaited_by, &awaiter) || !awaiter) return;
    uint64_t *items = NULL;
    const size_t count = object_items_of(&self->memory, awaiter, ITEMS_MOST, &items);
    for (size_t i = 0; i < count; i++) {
        const uint32_t from = task_index(self, items[i]);
        if (from != UINT32_MAX) add_awaited(self, from, found->task);
    }
    const uint32_t alone = task_index(self, awaiter);
    if (alone != UINT32_MAX) add_awaited(self, alone, found->task);
    fs_free(items);
}

/* ---- names and frames ---- */

static void read_name(flame_tasks *self, task_entry *entry)
{
    fs_text text;
    fs_text_init(&text);
    uint64_t name;
    object_type type;
    if (object_word(&self->memory, entry->found.name, &name) && object_type_of(&self->memory, name, &type)) {
        char *given = type.flags & OBJECT_IS_STR ? object_text_beginning(&self->memory, name, 200) : NULL;
        if (given) fs_text_add(&text, given);
        /* Until somebody asks for it, it is a number (from 3.12 on). */
        int64_t number;
        if (type.flags & OBJECT_IS_INT && object_small_int(&self->memory, name, &number))
            fs_text_format(&text, "Task-%lld", (long long)number);
        fs_free(given);
    }
    if (!text.length) fs_text_add(&text, "task");
    entry->task.name = fs_arena_strndup(&self->arena, fs_text_string(&text), text.length);
    self->failed = self->failed || text.failed || self->memory.failed || !entry->task.name;
    fs_text_fini(&text);
}

/* Of the stack what makes sense stays. */
static void make_frames(flame_tasks *self, task_entry *entry)
{
    entry->frames = fs_alloc_0(entry->stack_count, sizeof *entry->frames);
    if (!entry->frames) {
        self->failed = true;
        return;
    }
    size_t kept = 0, total = entry->stack_count;
    for (size_t i = 0; i < total; i++) {
        flame_frame *frame = &entry->frames[total - 1 - kept]; /* the innermost comes first */
        if (interpreter_still_frame(self->interpreter, &self->memory, &entry->stack[i], frame))
            entry->stack[kept++] = entry->stack[i];
    }
    entry->stack_count = kept;
    entry->task.depth = (uint32_t)kept;
    entry->task.frames = entry->frames + (total - kept);
}

/* ---- tasks that run ---- */

/* A thread's frames down to that of a running coroutine belong to its task. */
static void visit_thread(void *context, const still_thread *thread)
{
    flame_tasks *self = context;
    still_frame frames[FRAMES_MOST];
    size_t count = 0;
    for (uint64_t at = thread->top; at && count < FRAMES_MOST;) {
        if (!still_frame_read(&self->memory, at, &frames[count])) return;
        at = frames[count].previous;
        count += frames[count].shown;
        for (size_t i = 0; count && i < self->count; i++) {
            task_entry *entry = &self->entries[i];
            if (entry->task.running || !entry->running || entry->running != frames[count - 1].address)
                continue;
            still_frame *stack = fs_realloc(entry->stack, entry->stack_count + count, sizeof *stack);
            if (!stack) {
                self->failed = true;
                return;
            }
            entry->stack = stack;
            for (size_t k = count; k-- > 0;) stack[entry->stack_count++] = frames[k];
            entry->task.running = true;
            return;
        }
    }
}

/* ---- all of it ---- */

static void read_task(flame_tasks *self, const asyncio_found *found)
{
    uint64_t coroutine;
    coroutine_stack stack = {0};
    if (!object_word(&self->memory, found->coroutine, &coroutine) || !coroutine) return;
    coroutine_stack_read(&self->memory, coroutine, &stack);
    self->failed = self->failed || stack.failed;
    if (stack.done) {
        fs_free(stack.frames);
        return;
    }
    task_entry *entry = &self->entries[self->count];
    *entry = (task_entry){.task = {.address = found->task},
                          .found = *found,
                          .stack = stack.frames,
                          .stack_count = stack.count,
                          .running = stack.running};
    self->count++;
    read_name(self, entry);
}

static void link_tasks(flame_tasks *self)
{
    self->by_address = fs_alloc(self->count, sizeof *self->by_address);
    if (!self->by_address) {
        self->failed = true;
        return;
    }
    for (size_t i = 0; i < self->count; i++) self->by_address[i] = (uint32_t)i;
    if (self->count)
        qsort_r(self->by_address, self->count, sizeof *self->by_address, compare_addresses, self->entries);
    for (size_t i = 0; i < self->count && !self->failed; i++) {
        if (self->entries[i].found.awaited_by)
            follow_awaiters(self, i);
        else
            follow_waiter(self, i);
    }
    for (size_t i = 0; i < self->count; i++) self->entries[i].task.awaited = self->entries[i].awaited;
}

fs_status flame_tasks_read(flame_interpreter *interpreter, const python_source *source, flame_tasks **out,
                           fs_error *error)
{
    asyncio_list list = {0};
    *out = NULL;
    if (interpreter->runtime.layout.free_threaded)
        return fs_fail(error, FS_UNSUPPORTED, "tasks of a free-threaded build are not read");
    flame_tasks *self = fs_alloc_0(1, sizeof *self);
    if (!self) return fs_fail_memory(error, "reading tasks", sizeof *self);
    fs_arena_init(&self->arena);
    self->interpreter = interpreter;
    self->failed = page_reader_init(&self->pages, interpreter->reader, error) != FS_OK;
    self->memory = (object_memory){
        .reader = &self->pages.reader, .layout = &interpreter->runtime.layout, .reads_left = READS_MOST};
    if (!self->failed) asyncio_list_read(&self->memory, interpreter->runtime.address, source, &list);
    self->entries = fs_alloc_0(list.count, sizeof *self->entries);
    self->failed = self->failed || list.failed || !self->entries;
    for (size_t i = 0; i < list.count && !self->failed; i++) read_task(self, &list.items[i]);
    fs_free(list.items);
    self->unseen = list.unseen;
    if (!self->failed) still_threads(&self->memory, interpreter->runtime.address, visit_thread, self);
    for (size_t i = 0; i < self->count && !self->failed; i++) make_frames(self, &self->entries[i]);
    if (!self->failed) link_tasks(self);
    if (self->failed || self->memory.failed) {
        flame_tasks_free(self);
        return fs_fail_memory(error, "reading tasks", 0);
    }
    *out = self;
    return FS_OK;
}

fs_status flame_tasks_read_process(flame_interpreter *interpreter, flame_process *process,
                                   flame_tasks **tasks, fs_error *error)
{
    flame_maps maps;
    *tasks = NULL;
    fs_status status = flame_maps_read(process, &maps, error);
    if (status) return status;
    const python_source source = python_process_source(process, &maps);
    status = flame_tasks_read(interpreter, &source, tasks, error);
    flame_maps_fini(&maps);
    return status;
}

void flame_tasks_free(flame_tasks *self)
{
    if (!self) return;
    for (size_t i = 0; i < self->count; i++) {
        fs_free(self->entries[i].stack);
        fs_free(self->entries[i].frames);
        fs_free(self->entries[i].awaited);
    }
    fs_free(self->entries);
    fs_free(self->by_address);
    page_reader_fini(&self->pages);
    fs_arena_fini(&self->arena);
    fs_free(self);
}

bool flame_tasks_unseen(const flame_tasks *self)
{
    return self->unseen;
}

size_t flame_tasks_count(const flame_tasks *self)
{
    return self->count;
}

const flame_task *flame_tasks_at(const flame_tasks *self, size_t index)
{
    return index < self->count ? &self->entries[index].task : NULL;
}
