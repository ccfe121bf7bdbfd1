/* The tasks of asyncio that wait for what a thread runs. */
#include "asyncio_awaiter.h"
#include "asyncio_layout.h"
#include "coroutine_stack.h"
#include "interpreter_private.h"
#include "page_reader.h"

#include <string.h>

enum {
    READS_MOST = 20000,
    TASKS_MOST = 100, /* that wait for one another */
    RUNNING_MOST = 64 /* event loops of an interpreter that are looked at */
};

struct interpreter_tasks {
    page_reader pages;
    object_memory memory;
    asyncio_words words; /* from 3.14 on, when `known` */
    bool known;
    uint32_t searches, skipped; /* in vain, for where asyncio keeps its tasks; and not made since the last */
    bool loop;                  /* an event loop was seen */
    flame_frame *frames;
    size_t count, capacity;
    bool failed; /* out of memory */
};

fs_status interpreter_tasks_create(const flame_interpreter *interpreter, interpreter_tasks **out,
                                   fs_error *error)
{
    interpreter_tasks *self = *out = fs_alloc_0(1, sizeof *self);
    if (!self) return fs_fail_memory(error, "reading tasks", sizeof *self);
    fs_status status = page_reader_init(&self->pages, interpreter->reader, error);
    self->memory = (object_memory){.reader = &self->pages.reader, .layout = &interpreter->runtime.layout};
    return status;
}

void interpreter_tasks_destroy(interpreter_tasks *self)
{
    if (!self) return;
    page_reader_fini(&self->pages);
    fs_free(self->frames);
    fs_free(self);
}

/* What was read before is of the past. */
static void begin(interpreter_tasks *self)
{
    page_reader_renew(&self->pages);
    self->memory.reads_left = READS_MOST;
    self->memory.failed = self->failed = false;
    self->count = 0;
}

/* ---- where asyncio keeps what runs ---- */

static void find_words(flame_interpreter *interpreter)
{
    interpreter_tasks *self = interpreter->tasks;
    flame_maps maps;
    bool unseen;
    if (!interpreter->process || flame_maps_read(interpreter->process, &maps, NULL) != FS_OK) return;
    const python_source source = python_process_source(interpreter->process, &maps);
    self->known = asyncio_words_find(&self->memory, &source, &self->words, &unseen);
    flame_maps_fini(&maps);
}

static bool is_known(const flame_interpreter *interpreter, const python_state *state)
{
    const interpreter_tasks *self = interpreter->tasks;
    return self->memory.layout->minor >= 14 ? self->known : state->running_tasks != 0;
}

/* Where asyncio keeps what runs. It takes a millisecond, so after each time that it was in vain (there is no
 * asyncio, or not its part in C) as many again are left out. */
static bool find_asyncio(flame_interpreter *interpreter, python_state *state)
{
    interpreter_tasks *self = interpreter->tasks;
    if (is_known(interpreter, state)) return true;
    if (self->searches && self->skipped++ < UINT32_C(1) << (self->searches < 12 ? self->searches : 12))
        return false;
    if (self->memory.layout->minor >= 14)
        find_words(interpreter);
    else if (!asyncio_attribute(&self->memory, state->address, "_current_tasks", &state->running_tasks))
        state->running_tasks = 0;
    self->searches = is_known(interpreter, state) ? 0 : self->searches + 1;
    self->skipped = 0;
    return self->searches == 0;
}

/* ---- the task that runs ---- */

/* How many frames of the thread's stack are the task's; 0: the thread does not run it. */
static uint32_t frames_of(flame_interpreter *interpreter, const python_thread *thread,
                          const asyncio_found *task)
{
    interpreter_tasks *self = interpreter->tasks;
    coroutine_stack stack = {0};
    uint64_t coroutine;
    if (!object_word(&self->memory, task->coroutine, &coroutine) || !coroutine) return 0;
    coroutine_stack_read(&self->memory, coroutine, &stack);
    self->failed = self->failed || stack.failed;
    fs_free(stack.frames);
    return stack.running ? stack_frames_to(&interpreter->stacks, &thread->stack, stack.running) : 0;
}

/* The task that the thread runs, and how many frames of its stack are that task's; 0: it runs none. */
static uint32_t find_running(flame_interpreter *interpreter, const python_thread *thread, asyncio_found *task)
{
    interpreter_tasks *self = interpreter->tasks;
    object_entries entries;
    uint64_t address, key;
    if (self->memory.layout->minor >= 14) {
        const uint64_t at = thread->stack.state + self->words.at[ASYNCIO_RUNNING_TASK];
        if (!object_word(&self->memory, at, &address) || !address) return 0;
        *task = asyncio_task_at(&self->words, address);
        return frames_of(interpreter, thread, task);
    }
    python_state *state = &interpreter->states[thread->stack.interpreter_index];
    object_type type;
    if (!object_type_of(&self->memory, state->running_tasks, &type) || !(type.flags & OBJECT_IS_DICT) ||
        !object_dict_entries(&self->memory, state->running_tasks, &entries)) {
        state->running_tasks = 0; /* of an interpreter that was destroyed, and another has its place */
        return 0;
    }
    uint32_t least = 0; /* an event loop in an event loop */
    for (uint64_t i = 0; i < entries.count && i < RUNNING_MOST; i++) {
        asyncio_found found;
        if (!object_entry(&self->memory, &entries, i, &key, &address) ||
            !asyncio_task_check(&self->memory, address, &found))
            continue;
        const uint32_t own = frames_of(interpreter, thread, &found);
        if (!own || (least && own >= least)) continue;
        least = own;
        *task = found;
    }
    return least;
}

/* ---- frames ---- */

static void add_frame(interpreter_tasks *self, flame_frame frame)
{
    if (FS_GROW(self->frames, self->capacity, self->count + 1))
        self->frames[self->count++] = frame;
    else
        self->failed = true;
}

/* The coroutines of a task that waits, innermost first; false: it does not wait. */
static bool add_coroutines(flame_interpreter *interpreter, const asyncio_found *task)
{
    interpreter_tasks *self = interpreter->tasks;
    coroutine_stack stack = {0};
    uint64_t coroutine;
    if (!object_word(&self->memory, task->coroutine, &coroutine) || !coroutine) return false;
    coroutine_stack_read(&self->memory, coroutine, &stack);
    self->failed = self->failed || stack.failed;
    const bool waits = !stack.done && !stack.running;
    for (size_t i = waits ? stack.count : 0; i-- > 0;) {
        flame_frame frame;
        if (interpreter_still_frame(interpreter, &self->memory, &stack.frames[i], &frame))
            add_frame(self, frame);
    }
    fs_free(stack.frames);
    return waits;
}

static bool task_at(interpreter_tasks *self, uint64_t address, asyncio_found *task)
{
    if (self->memory.layout->minor < 14) return asyncio_task_check(&self->memory, address, task);
    *task = asyncio_task_at(&self->words, address);
    return true;
}

/* ---- the event loop ---- */

/* Is it one of the functions through which the event loop runs tasks and callbacks? */
static bool is_of_loop(const flame_code *code)
{
    static const char *const functions[][2] = {{"runners.py", "run"},
                                               {"base_events.py", "run_until_complete"},
                                               {"base_events.py", "run_forever"},
                                               {"base_events.py", "_run_once"},
                                               {"events.py", "_run"}};
    const char *name = strrchr(code->file, '/');
    const size_t folder = strlen("/asyncio");
    if (!name || (size_t)(name - code->file) < folder || memcmp(name - folder, "/asyncio", folder) != 0)
        return false;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(name + 1, functions[i][0]) == 0 && strcmp(code->name, functions[i][1]) == 0) return true;
    return false;
}

/* How many frames of the thread stand inside of the event loop's. */
static uint32_t frames_in_loop(const flame_interpreter *interpreter, const python_thread *thread)
{
    uint32_t count = 0;
    while (count < thread->stack.depth &&
           !is_of_loop(&interpreter->cache.bodies[thread->stack.frames[count].code].names))
        count++;
    return count;
}

/* The thread's own frames from `from` on; those of the event loop become one. */
static void add_others(flame_interpreter *interpreter, const python_thread *thread, uint32_t from)
{
    interpreter_tasks *self = interpreter->tasks;
    bool loop = false;
    uint32_t mark;
    if (code_cache_mark(&interpreter->cache, CODE_EVENT_LOOP, &mark) != FS_OK) {
        self->failed = true;
        return;
    }
    for (uint32_t i = from; i < thread->stack.depth; i++) {
        const flame_frame *frame = &thread->stack.frames[i];
        const bool of_loop = is_of_loop(&interpreter->cache.bodies[frame->code].names);
        if (!of_loop)
            add_frame(self, *frame);
        else if (!loop)
            add_frame(self, (flame_frame){.code = mark});
        loop = of_loop;
    }
}

/* ---- all of it ---- */

/* The tasks that wait for a task, from one to the next; tasks that wait for each other end it. */
static void add_awaiters(flame_interpreter *interpreter, const asyncio_found *of)
{
    interpreter_tasks *self = interpreter->tasks;
    uint64_t seen[TASKS_MOST];
    asyncio_found task = *of;
    for (int i = 0; i < TASKS_MOST; i++) {
        seen[i] = task.task;
        const uint64_t address = asyncio_awaiter(&self->memory, &task);
        for (int k = 0; k <= i; k++)
            if (seen[k] == address) return;
        if (!address || !task_at(self, address, &task) || !add_coroutines(interpreter, &task)) return;
    }
}

fs_status flame_interpreter_awaiters(flame_interpreter *interpreter, const flame_thread_sample *sample,
                                     flame_awaiters *awaiters, fs_error *error)
{
    interpreter_tasks *self = interpreter->tasks;
    const python_thread *thread = interpreter_thread_of(interpreter, sample);
    asyncio_found task;
    *awaiters = (flame_awaiters){.own = sample->depth};
    if (!self || !thread || !thread->has_stack) return FS_OK;
    const uint32_t in_loop = frames_in_loop(interpreter, thread);
    if (in_loop < thread->stack.depth && !self->loop) self->searches = 0; /* now it is there */
    self->loop = self->loop || in_loop < thread->stack.depth;
    begin(self);
    uint32_t own = 0;
    if (find_asyncio(interpreter, &interpreter->states[thread->stack.interpreter_index]))
        own = find_running(interpreter, thread, &task);
    if (!own && in_loop == thread->stack.depth) return FS_OK;
    if (own) add_awaiters(interpreter, &task);
    if (!own) own = in_loop;
    add_others(interpreter, thread, own);
    if (self->failed || self->memory.failed) return fs_fail_memory(error, "reading tasks", 0);
    *awaiters = (flame_awaiters){.own = own, .frames = self->frames, .count = self->count};
    return FS_OK;
}
