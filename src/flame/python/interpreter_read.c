#include "interpreter_private.h"
#include "memory.h"

#include <errno.h>
#include <string.h>

fs_status interpreter_gone(const flame_interpreter *self, fs_error *error)
{
    return fs_fail(error, FS_GONE, "process %d has ended or become another program", (int)self->pid);
}

bool interpreter_lives(const flame_interpreter *self)
{
    return !self->process || flame_process_life(self->process) == FLAME_ALIVE;
}

/* The interpreter states' parts that are read each time, and _PyRuntime's when it is due. */
static fs_status add_heads(flame_interpreter *self, bool runtime, fs_error *error)
{
    const uint32_t copies = self->runtime.layout.interpreter.copies_generation;
    size_t need = self->span_count + 2 * self->state_count + 1;
    if (!FS_GROW(self->spans, self->span_capacity, need)) return fs_fail_memory(error, "reading stacks", 0);
    if (runtime)
        self->spans[self->span_count++] = (flame_span){.address = self->runtime.address + self->runtime_from,
                                                       .bytes = self->runtime_block,
                                                       .length = self->runtime_size};
    for (size_t i = 0; i < self->state_count; i++)
        self->spans[self->span_count++] = (flame_span){.address = self->states[i].address + self->block_from,
                                                       .bytes = self->states[i].block,
                                                       .length = self->block_size};
    for (size_t i = 0; copies && i < self->state_count; i++)
        self->spans[self->span_count++] = (flame_span){.address = self->states[i].address + copies,
                                                       .bytes = self->states[i].copies,
                                                       .length = sizeof self->states[i].copies};
    return FS_OK;
}

/* Another interpreter has come to be in the place of the one that was there: what was known by its counter is
 * void. */
static void begin_state(flame_interpreter *self, size_t index, int64_t id)
{
    python_state *state = &self->states[index];
    state->id = id;
    state->running_tasks = 0;
    state->generation.now = UINT64_MAX; /* no counter gets there */
    for (size_t i = 0; i < self->cache.entry_count; i++)
        if (self->cache.entries[i]->interpreter == index) self->cache.entries[i]->valid = false;
    for (size_t i = 0; i < self->cache.entry_count; i++) self->cache.entries[i]->copy_count = 0;
    for (size_t i = 0; i < self->thread_count; i++)
        if (self->threads[i]->stack.interpreter_index == index) self->threads[i]->has_stack = false;
}

static void take_heads(flame_interpreter *self)
{
    const python_layout *layout = &self->runtime.layout;
    for (size_t i = 0; i < self->state_count; i++) {
        python_state *state = &self->states[i];
        state->threads = load_64(state->block + layout->interpreter.threads - self->block_from);
        int64_t id = (int64_t)load_64(state->block + layout->interpreter.id - self->block_from);
        if (id != state->id) begin_state(self, i, id);
        state->generation.copies = load_32(state->copies);
        if (layout->interpreter.generation == PYTHON_ABSENT) continue;
        const uint8_t *at = state->block + layout->interpreter.generation - self->block_from;
        state->generation.before = state->generation.now;
        state->generation.now = layout->interpreter.generation_size == 4 ? load_32(at) : load_64(at);
    }
    if (layout->runtime.current != PYTHON_ABSENT)
        self->gil_holder = load_64(self->runtime_block + layout->runtime.current - self->runtime_from);
}

fs_status interpreter_read_threads(flame_interpreter *self, size_t from, size_t to, bool runtime,
                                   fs_error *error)
{
    size_t first = from;
    self->cache.reading++;
    while (true) {
        size_t next = from;
        self->span_count = 0;
        for (size_t i = from; i < to; i++) {
            python_thread *thread = self->threads[i];
            fs_status status =
                stack_thread_spans(&self->stacks, &thread->stack, thread->reads_frames, &self->spans,
                                   &self->span_count, &self->span_capacity, error);
            if (status != FS_OK) return status;
            thread->fresh = false;
        }
        size_t groups = self->span_count;
        fs_status status = add_heads(self, runtime, error);
        if (status != FS_OK) return status;
        int reason = 0;
        self->calls++;
        size_t done = self->reader->read(self->reader->self, self->spans, self->span_count, &reason);
        if (done < self->span_count && reason == ESRCH) return interpreter_gone(self, error);
        if (done < self->span_count && (reason == EPERM || reason == EACCES))
            return fs_fail(error, FS_PERMISSION, "process %d may no longer be read", (int)self->pid);
        if (done < self->span_count && reason == ENOMEM)
            return fs_fail_memory(error, "reading another process", 0);
        if (done >= groups && done < self->span_count)
            return interpreter_lives(self) ? fs_fail(error, FS_NOT_FOUND, "the interpreter has gone")
                                           : interpreter_gone(self, error);
        /* Which threads' groups came through whole? Their last span is in the part that was read. */
        size_t position = 0;
        for (; next < to; next++) {
            python_thread *thread = self->threads[next];
            const size_t length =
                thread->reads_frames ? stack_thread_span_count(&self->stacks, &thread->stack) : 1;
            if (position + length > done) break;
            position += length;
            thread->fresh = true;
            thread->stack.memory.reading = self->cache.reading;
        }
        if (done == self->span_count) {
            take_heads(self);
            for (size_t i = first; i < to; i++) {
                python_thread *thread = self->threads[i];
                if (thread->fresh)
                    thread->generation = self->states[thread->stack.interpreter_index].generation;
            }
            return FS_OK;
        }
        /* The group at `next` has the span that failed; go on behind it. */
        const flame_span *bad = &self->spans[done];
        stack_thread_unreadable(&self->threads[next]->stack, bad->address, bad->length);
        from = next + 1;
    }
}

fs_status interpreter_read_frames(flame_interpreter *self, size_t at, fs_error *error)
{
    self->threads[at]->reads_frames = true;
    return interpreter_read_threads(self, at, at + 1, false, error);
}

fs_status interpreter_read_states(flame_interpreter *self, fs_error *error)
{
    for (size_t i = 0; i < self->thread_count; i++) self->threads[i]->reads_frames = false;
    return interpreter_read_threads(self, 0, self->thread_count, true, error);
}

/* ---- the lists of interpreters and threads ---- */

void interpreter_destroy_thread(python_thread *thread)
{
    if (!thread) return;
    stack_thread_fini(&thread->stack);
    thread_activity_fini(&thread->activity);
    fs_free(thread);
}

enum { STATES_MOST = 1 << 16, THREADS_MOST = 1 << 18 };

static bool has_state(const void *items, uint32_t item, const void *state)
{
    python_thread *const *threads = items;
    return threads[item]->stack.state == *(const uint64_t *)state;
}

static python_thread *find_thread(const flame_interpreter *self, uint64_t state)
{
    uint32_t found = fs_map_find(&self->index, fs_hash_64(state), has_state, self->threads, &state);
    return found != FS_MAP_NONE ? self->threads[found] : NULL;
}

static fs_status add_thread(flame_interpreter *self, uint64_t state, uint64_t interpreter, size_t index,
                            python_thread **out, fs_error *error)
{
    python_thread *thread = fs_alloc_0(1, sizeof *thread);
    if (!thread || !FS_GROW(self->threads, self->thread_capacity, self->thread_count + 1) ||
        !fs_map_add(&self->index, fs_hash_64(state), (uint32_t)self->thread_count)) {
        fs_free(thread);
        return fs_fail_memory(error, "following a thread", sizeof *thread);
    }
    stack_thread_init(&thread->stack, state, interpreter);
    thread->stack.interpreter_index = (uint32_t)index;
    self->threads[self->thread_count++] = thread;
    *out = thread;
    return FS_OK;
}

/* Read one address's eight bytes; FS_NOT_FOUND when it cannot be. */
static fs_status read_word(flame_interpreter *self, uint64_t address, uint64_t *word, fs_error *error)
{
    self->calls++;
    return flame_read(self->reader, address, word, sizeof *word, error);
}

/* The interpreters, from _PyRuntime's list. */
static fs_status list_states(flame_interpreter *self, fs_error *error)
{
    const python_layout *layout = &self->runtime.layout;
    uint64_t address, next, id;
    size_t count = 0;
    fs_status status = read_word(self, self->runtime.address + layout->runtime.interpreters, &address, error);
    for (; status == FS_OK && address && count < STATES_MOST; address = next, count++) {
        status = read_word(self, address + layout->interpreter.next, &next, error);
        if (status == FS_OK) status = read_word(self, address + layout->interpreter.id, &id, error);
        if (status != FS_OK) break;
        if (count < self->state_count && self->states[count].address == address) continue;
        if (!FS_GROW(self->states, self->state_capacity, count + 1))
            return fs_fail_memory(error, "following an interpreter", 0);
        if (count == self->state_count) {
            self->states[self->state_count] = (python_state){0};
            self->states[self->state_count].block = fs_alloc_0(self->block_size, 1);
            if (!self->states[self->state_count].block)
                return fs_fail_memory(error, "following an interpreter", self->block_size);
            self->state_count++;
        }
        self->states[count].address = address;
        begin_state(self, count, (int64_t)id);
    }
    if (status != FS_OK) return status;
    for (size_t i = count; i < self->state_count; i++) fs_free(self->states[i].block);
    self->state_count = count;
    return FS_OK;
}

bool interpreter_states_listed(const flame_interpreter *self)
{
    const python_layout *layout = &self->runtime.layout;
    uint64_t expected = load_64(self->runtime_block + layout->runtime.interpreters - self->runtime_from);
    for (size_t i = 0; i < self->state_count; i++) {
        if (self->states[i].address != expected) return false;
        expected = load_64(self->states[i].block + layout->interpreter.next - self->block_from);
    }
    return expected == 0;
}

/* Follow one interpreter's list of threads: those read in this sample tell their successor, others are read
 * now. FS_NOT_FOUND: the list changed under way. */
static fs_status list_threads(flame_interpreter *self, size_t index, size_t *position, fs_error *error)
{
    const python_layout *layout = &self->runtime.layout;
    uint64_t interpreter = self->states[index].address, before = 0;
    for (uint64_t state = self->states[index].threads; state;) {
        python_thread *thread = find_thread(self, state);
        if (!thread) {
            fs_status status = add_thread(self, state, interpreter, index, &thread, error);
            if (status != FS_OK) return status;
        }
        if (!thread->fresh) {
            self->calls++;
            fs_status status =
                flame_read(self->reader, state, thread->stack.memory.block, self->stacks.block_size, error);
            if (status != FS_OK) return status;
        }
        const uint8_t *block = thread->stack.memory.block;
        if (thread->seen || *position >= THREADS_MOST ||
            load_64(block + layout->thread.interpreter) != interpreter ||
            load_64(block + layout->thread.previous) != before)
            return fs_fail(error, FS_NOT_FOUND, "the list of threads changed");
        thread->seen = true;
        thread->stack.interpreter = interpreter;
        thread->stack.interpreter_index = (uint32_t)index;
        (*position)++;
        before = state;
        state = load_64(block + layout->thread.next);
    }
    return FS_OK;
}

fs_status interpreter_update_threads(flame_interpreter *self, fs_error *error)
{
    size_t position = 0;
    for (size_t i = 0; i < self->thread_count; i++) self->threads[i]->seen = false;
    for (size_t i = 0; i < self->state_count; i++) {
        fs_status status = list_threads(self, i, &position, error);
        if (status != FS_OK) return status;
    }
    if (position == self->thread_count) return FS_OK;
    size_t count = self->thread_count;
    fs_map_clear(&self->index);
    self->thread_count = 0;
    for (size_t i = 0; i < count; i++) {
        python_thread *thread = self->threads[i];
        if (!thread->seen) {
            interpreter_forget_schedule(self, thread);
            interpreter_destroy_thread(thread);
            continue;
        }
        fs_map_put(&self->index, fs_hash_64(thread->stack.state), (uint32_t)self->thread_count);
        self->threads[self->thread_count++] = thread;
    }
    return FS_OK;
}

fs_status interpreter_list_all(flame_interpreter *self, fs_error *error)
{
    fs_status status = list_states(self, error);
    if (status != FS_OK) return status;
    for (size_t i = 0; i < self->thread_count; i++) self->threads[i]->fresh = false;
    self->span_count = 0;
    status = add_heads(self, true, error);
    if (status != FS_OK) return status;
    int reason = 0;
    self->calls++;
    if (self->reader->read(self->reader->self, self->spans, self->span_count, &reason) < self->span_count)
        return reason == ESRCH ? interpreter_gone(self, error)
                               : fs_fail(error, FS_NOT_FOUND, "the list of interpreters changed");
    take_heads(self);
    return interpreter_update_threads(self, error);
}
