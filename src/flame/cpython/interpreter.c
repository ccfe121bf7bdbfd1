#include "interpreter.h"

#include "clock.h"
#include "interpreter_private.h"
#include "line_table.h"
#include "memory.h"

#include <errno.h>
#include <string.h>

enum {
    DEPTH_DEFAULT = 20000,
    DEPTH_MOST = 1 << 20,
    ATTEMPTS_DEFAULT = 24,
    VISIT_AFTER = 2,        /* attempts that failed for want of a known step */
    VISIT_ROUNDS = 8,       /* readings during one visit */
    VISIT_REST_LEAST = 100, /* how many times as long as a visit took until the next one */
    VISIT_REST_MOST = 500,
    VISIT_WAY_REST = 20,  /* the same for the way there */
    SAMPLE_LONG = 500000, /* nanoseconds after which what was seen first is of the past */
    OTHERS = 24,          /* good readings of another top frame than the sample's */
    ROUNDS = 12,          /* readings that only found out what to read */
    ASK_FROM = 4,         /* threads from which on it pays to ask the kernel which of them have run */
    HEADS_EVERY = 16, /* samples between looks at the list of interpreters, where that is a span of its own */
    RUNTIME_NEAR = 2048 /* bytes between two fields of _PyRuntime that are read as one */
};

const char *flame_missed_text(flame_missed missed)
{
    switch (missed) {
    case FLAME_TAKEN:
        return "taken";
    case FLAME_MISSED_TORN:
        return "the stack moved while it was read";
    case FLAME_MISSED_UNMAPPED:
        return "a pointer led nowhere";
    case FLAME_MISSED_DEEP:
        return "the stack was deeper than the limit";
    case FLAME_MISSED_CODE:
        return "a code object made no sense";
    case FLAME_MISSED_LIST:
        return "the list of threads changed while it was read";
    case FLAME_MISSED_KINDS:
        break;
    }
    return "unknown";
}

/* ---- opening ---- */

static void lay_out_blocks(flame_interpreter *self)
{
    const python_layout *layout = &self->runtime.layout;
    uint32_t from = layout->interpreter.next, to = layout->interpreter.next + 8;
    const uint32_t fields[] = {layout->interpreter.threads, layout->interpreter.witness};
    for (int i = 0; i < 2; i++) {
        if (fields[i] == PYTHON_ABSENT) continue;
        if (fields[i] < from) from = fields[i];
        if (fields[i] + 8 > to) to = fields[i] + 8;
    }
    self->block_from = from;
    self->block_size = to - from;
    from = layout->runtime.interpreters;
    to = from + 8;
    if (layout->runtime.current != PYTHON_ABSENT && layout->runtime.current > from &&
        layout->runtime.current - from < RUNTIME_NEAR)
        to = layout->runtime.current + 8;
    self->runtime_from = from;
    self->runtime_size = to - from;
}

fs_status interpreter_attach(const flame_reader *reader, flame_process *process,
                             const flame_interpreter_options *options, python_runtime *runtime,
                             flame_interpreter **out, fs_error *error)
{
    *out = NULL;
    flame_interpreter *self = fs_alloc_0(1, sizeof *self);
    if (!self) {
        python_runtime_fini(runtime);
        return fs_fail_memory(error, "opening an interpreter", sizeof *self);
    }
    self->runtime = *runtime;
    *runtime = (python_runtime){0};
    self->reader = reader;
    self->process = process;
    self->pid = process ? flame_process_pid(process) : 0;
    if (options)
        memcpy(&self->options, options,
               options->size < sizeof self->options ? options->size : sizeof self->options);
    if (!self->options.max_depth) self->options.max_depth = DEPTH_DEFAULT;
    if (self->options.max_depth > DEPTH_MOST) self->options.max_depth = DEPTH_MOST;
    if (!self->options.attempts) self->options.attempts = ATTEMPTS_DEFAULT;
    if (self->options.running_only) self->options.activity = true;
    code_cache_init(&self->cache, reader, &self->runtime.layout, self->runtime.code_type);
    stack_reader_init(&self->stacks, reader, &self->runtime.layout, &self->cache, self->options.max_depth);
    lay_out_blocks(self);
    self->runtime_block = fs_alloc_0(self->runtime_size, 1);
    if (!self->runtime_block) {
        flame_interpreter_close(self);
        return fs_fail_memory(error, "opening an interpreter", 0);
    }
    self->visit_rest = VISIT_REST_LEAST;
    *out = self;
    return FS_OK;
}

fs_status flame_interpreter_open(flame_process *process, const flame_interpreter_options *options,
                                 flame_interpreter **interpreter, flame_python_state *state, fs_error *error)
{
    python_runtime runtime = {0};
    flame_python_state ignored;
    *interpreter = NULL;
    fs_status status = python_runtime_find(process, &runtime, state ? state : &ignored, error);
    if (status != FS_OK) {
        python_runtime_fini(&runtime);
        return status;
    }
    return interpreter_attach(flame_process_reader(process), process, options, &runtime, interpreter, error);
}

static void destroy_thread(python_thread *thread)
{
    if (!thread) return;
    stack_thread_fini(&thread->stack);
    thread_activity_fini(&thread->activity);
    fs_free(thread);
}

void flame_interpreter_close(flame_interpreter *self)
{
    if (!self) return;
    for (size_t i = 0; i < self->thread_count; i++) destroy_thread(self->threads[i]);
    for (size_t i = 0; i < self->state_count; i++) fs_free(self->states[i].block);
    fs_free(self->threads);
    fs_free(self->states);
    fs_free(self->index);
    fs_free(self->runtime_block);
    fs_free(self->spans);
    fs_free(self->samples);
    stack_reader_fini(&self->stacks);
    code_cache_fini(&self->cache);
    python_runtime_fini(&self->runtime);
    fs_free(self);
}

const flame_python_version *flame_interpreter_version(const flame_interpreter *self)
{
    return &self->runtime.version;
}

uint32_t flame_interpreter_codes(const flame_interpreter *self)
{
    return (uint32_t)self->cache.body_count;
}

const flame_code *flame_interpreter_code(const flame_interpreter *self, uint32_t id)
{
    return id < self->cache.body_count ? &self->cache.bodies[id].names : NULL;
}

flame_position flame_interpreter_position(const flame_interpreter *self, const flame_frame *frame)
{
    flame_position position = {.line = frame->line, .end_line = frame->line};
    if (frame->code >= self->cache.body_count || self->runtime.layout.lines != PYTHON_LOCATIONS)
        return position;
    const code_body *body = &self->cache.bodies[frame->code];
    return line_table_position(body->table, body->table_length, body->names.first_line,
                               frame->instruction / 2);
}

size_t flame_interpreter_bytes(const flame_interpreter *self)
{
    size_t total = sizeof *self + self->cache.arena.total + self->cache.bytes +
                   self->cache.slot_capacity * sizeof(void *) + self->cache.entry_count * sizeof(code_entry) +
                   self->cache.body_capacity * sizeof(code_body) + call_sites_bytes(&self->stacks.sites);
    for (size_t i = 0; i < self->thread_count; i++) {
        const stack_thread *stack = &self->threads[i]->stack;
        total += sizeof *self->threads[i] + gather_bytes(&stack->frames) + gather_bytes(&stack->evidence) +
                 stack->chain_capacity * sizeof(uint64_t) +
                 (stack->out_capacity + stack->kept_capacity) * sizeof(flame_frame);
    }
    return total;
}

/* ---- reading ---- */

static fs_status gone(const flame_interpreter *self, fs_error *error)
{
    return fs_fail(error, FS_GONE, "process %d has ended or become another program", (int)self->pid);
}

static bool process_lives(const flame_interpreter *self)
{
    return !self->process || flame_process_life(self->process) == FLAME_ALIVE;
}

/* The interpreter states' parts that are read each time, and _PyRuntime's when it is due. */
static fs_status add_heads(flame_interpreter *self, bool runtime, fs_error *error)
{
    size_t need = self->span_count + self->state_count + 1;
    if (!FS_GROW(self->spans, self->span_capacity, need)) return fs_fail_memory(error, "reading stacks", 0);
    if (runtime)
        self->spans[self->span_count++] = (flame_span){.address = self->runtime.address + self->runtime_from,
                                                       .bytes = self->runtime_block,
                                                       .length = self->runtime_size};
    for (size_t i = 0; i < self->state_count; i++)
        self->spans[self->span_count++] = (flame_span){.address = self->states[i].address + self->block_from,
                                                       .bytes = self->states[i].block,
                                                       .length = self->block_size};
    return FS_OK;
}

static void take_heads(flame_interpreter *self)
{
    const python_layout *layout = &self->runtime.layout;
    for (size_t i = 0; i < self->state_count; i++) {
        python_state *state = &self->states[i];
        state->threads = load_64(state->block + layout->interpreter.threads - self->block_from);
        if (layout->interpreter.witness == PYTHON_ABSENT) continue;
        state->witness_before = state->witness;
        state->has_before = state->has_witness;
        const uint8_t *at = state->block + layout->interpreter.witness - self->block_from;
        state->witness = layout->interpreter.witness_size == 4 ? load_32(at) : load_64(at);
        state->has_witness = true;
    }
    if (layout->runtime.current != PYTHON_ABSENT)
        self->holder = load_64(self->runtime_block + layout->runtime.current - self->runtime_from);
}

/* All spans, and whether the kernel took us off the processor meanwhile: then what lies between two spans may
 * be milliseconds, in which a program can change and change back. */
static size_t read_timed(flame_interpreter *self, int *reason)
{
    uint64_t start = self->process ? fs_clock_nanoseconds() : 0;
    size_t done = self->reader->read(self->reader->self, self->spans, self->span_count, reason);
    self->calls++;
    self->slow = false;
    if (!self->process || done < self->span_count) return done;
    double elapsed = (double)(fs_clock_nanoseconds() - start), pace;
    double units = 0; /* a span costs about as much as two kilobytes */
    for (size_t i = 0; i < self->span_count; i++) units += 1 + (double)self->spans[i].length / 2048;
    pace = elapsed / units;
    self->slow = self->pace > 0 && pace > 4 * self->pace && elapsed > 20000;
    /* Follows the fastest, and forgets it in some hundreds of readings. */
    self->pace = self->pace > 0 && pace > self->pace ? self->pace * 1.01 : pace;
    return done;
}

/* Read the groups of threads[from..to) that are not excluded, and the heads after them. A thread whose memory
 * could not be read has fresh == false afterwards. */
static fs_status read_threads(flame_interpreter *self, size_t from, size_t to, bool with_frames, bool runtime,
                              fs_error *error)
{
    while (true) {
        size_t next = from;
        self->span_count = 0;
        for (size_t i = from; i < to; i++) {
            python_thread *thread = self->threads[i];
            bool frames = with_frames && !thread->excluded && !thread->still;
            fs_status status = stack_thread_spans(&self->stacks, &thread->stack, frames, &self->spans,
                                                  &self->span_count, &self->span_capacity, error);
            if (status != FS_OK) return status;
            thread->fresh = false;
        }
        size_t groups = self->span_count;
        fs_status status = add_heads(self, runtime, error);
        if (status != FS_OK) return status;
        int reason = 0;
        size_t done = read_timed(self, &reason);
        if (done < self->span_count && reason == ESRCH) return gone(self, error);
        if (done < self->span_count && (reason == EPERM || reason == EACCES))
            return fs_fail(error, FS_PERMISSION, "process %d may no longer be read", (int)self->pid);
        if (done < self->span_count && reason == ENOMEM)
            return fs_fail_memory(error, "reading another process", 0);
        if (done >= groups && done < self->span_count)
            return process_lives(self) ? fs_fail(error, FS_NOT_FOUND, "the interpreter has gone")
                                       : gone(self, error);
        /* Which threads' groups came through whole? Their last span is in the part that was read. */
        size_t position = 0;
        for (; next < to; next++) {
            python_thread *thread = self->threads[next];
            bool frames = with_frames && !thread->excluded && !thread->still;
            size_t length = 1;
            if (frames) length = stack_thread_span_count(&thread->stack);
            if (position + length > done) break;
            position += length;
            if (frames) gather_even(&thread->stack.frames);
            thread->fresh = true;
            thread->slow = self->slow;
        }
        if (done == self->span_count) {
            take_heads(self);
            return FS_OK;
        }
        /* The group at `next` has the span that failed; go on behind it. */
        const flame_span *bad = &self->spans[done];
        stack_thread_unreadable(&self->threads[next]->stack, bad->address, bad->length);
        from = next + 1;
    }
}

/* ---- the lists of interpreters and threads ---- */

enum { STATES_MOST = 1 << 16, THREADS_MOST = 1 << 18 };

static bool grow_index(flame_interpreter *self)
{
    size_t capacity = self->index_capacity ? self->index_capacity * 2 : 64;
    while (capacity < self->thread_count * 2 + 2) capacity *= 2;
    uint32_t *index = fs_alloc_0(capacity, sizeof *index);
    if (!index) return false;
    fs_free(self->index);
    self->index = index;
    self->index_capacity = capacity;
    return true;
}

static size_t index_slot(const flame_interpreter *self, uint64_t state)
{
    size_t at = (size_t)((state >> 4) * 0x9E3779B97F4A7C15U >> 24) & (self->index_capacity - 1);
    while (self->index[at] && self->threads[self->index[at] - 1]->stack.state != state)
        at = (at + 1) & (self->index_capacity - 1);
    return at;
}

static bool rebuild_index(flame_interpreter *self)
{
    if (self->thread_count * 2 + 2 > self->index_capacity) {
        if (!grow_index(self)) return false;
    } else {
        memset(self->index, 0, self->index_capacity * sizeof *self->index);
    }
    for (size_t i = 0; i < self->thread_count; i++)
        self->index[index_slot(self, self->threads[i]->stack.state)] = (uint32_t)i + 1;
    return true;
}

static python_thread *find_thread(const flame_interpreter *self, uint64_t state)
{
    if (!self->index_capacity) return NULL;
    uint32_t found = self->index[index_slot(self, state)];
    return found ? self->threads[found - 1] : NULL;
}

static fs_status add_thread(flame_interpreter *self, uint64_t state, uint64_t interpreter, size_t index,
                            python_thread **out, fs_error *error)
{
    python_thread *thread = fs_alloc_0(1, sizeof *thread);
    if (!thread || !FS_GROW(self->threads, self->thread_capacity, self->thread_count + 1)) {
        fs_free(thread);
        return fs_fail_memory(error, "following a thread", sizeof *thread);
    }
    stack_thread_init(&thread->stack, state, interpreter);
    thread->stack.interpreter_index = (uint32_t)index;
    self->threads[self->thread_count++] = thread;
    if (self->thread_count * 2 + 2 > self->index_capacity) {
        if (!rebuild_index(self)) return fs_fail_memory(error, "following a thread", 0);
    } else {
        self->index[index_slot(self, state)] = (uint32_t)self->thread_count;
    }
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
        python_state *state = &self->states[count];
        state->address = address;
        state->id = (int64_t)id;
        state->has_witness = state->has_before = false;
        /* Proofs by the counter of the interpreter that stood here before are void. */
        for (size_t i = 0; i < self->cache.slot_capacity; i++)
            if (self->cache.slots[i]) self->cache.slots[i]->proved = false;
    }
    if (status != FS_OK) return status;
    for (size_t i = count; i < self->state_count; i++) fs_free(self->states[i].block);
    self->state_count = count;
    return FS_OK;
}

static bool states_listed(const flame_interpreter *self)
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
                flame_read(self->reader, state, thread->stack.block, self->stacks.block_size, error);
            if (status != FS_OK) return status;
        }
        const uint8_t *block = thread->stack.block;
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

/* Bring the list of threads up to date with the heads and blocks that were read. */
static fs_status update_threads(flame_interpreter *self, fs_error *error)
{
    size_t position = 0;
    for (size_t i = 0; i < self->thread_count; i++) self->threads[i]->seen = false;
    for (size_t i = 0; i < self->state_count; i++) {
        fs_status status = list_threads(self, i, &position, error);
        if (status != FS_OK) return status;
    }
    if (position == self->thread_count) return FS_OK;
    size_t kept = 0;
    for (size_t i = 0; i < self->thread_count; i++) {
        if (self->threads[i]->seen)
            self->threads[kept++] = self->threads[i];
        else
            destroy_thread(self->threads[i]);
    }
    self->thread_count = kept;
    return rebuild_index(self) ? FS_OK : fs_fail_memory(error, "following a thread", 0);
}

/* From nothing, or when things changed: heads first, then the threads. */
static fs_status list_all(flame_interpreter *self, fs_error *error)
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
        return reason == ESRCH ? gone(self, error)
                               : fs_fail(error, FS_NOT_FOUND, "the list of interpreters changed");
    take_heads(self);
    return update_threads(self, error);
}

/* ---- what a thread is ---- */

static bool holds_gil(const flame_interpreter *self, const python_thread *thread)
{
    const python_layout *layout = &self->runtime.layout;
    if (layout->thread.status == PYTHON_ABSENT) return self->holder == thread->stack.state;
    return (load_32(thread->stack.block + layout->thread.status) & layout->thread.active) != 0;
}

/* The thread's ids; a state may be reused for another thread, so they are looked at each time. */
static void identify(flame_interpreter *self, python_thread *thread)
{
    const python_layout *layout = &self->runtime.layout;
    uint64_t ident = load_64(thread->stack.block + layout->thread.ident), native = 0;
    if (layout->thread.native != PYTHON_ABSENT) native = load_64(thread->stack.block + layout->thread.native);
    if (thread->known && ident == thread->ident && native == thread->native) return;
    thread->ident = ident;
    thread->native = native;
    thread_activity_fini(&thread->activity);
    thread->has_stack = thread->still = false;
    thread->tid = self->pid ? python_thread_tid(self->pid, self->reader, ident, native) : (pid_t)native;
    thread->known = ident != 0;
}

static flame_missed missed_as(stack_outcome outcome)
{
    switch (outcome) {
    case STACK_OK:
        return FLAME_TAKEN;
    case STACK_UNMAPPED:
    case STACK_FOREIGN:
        return FLAME_MISSED_UNMAPPED;
    case STACK_DEEP:
        return FLAME_MISSED_DEEP;
    case STACK_CODE:
        return FLAME_MISSED_CODE;
    default:
        return FLAME_MISSED_TORN;
    }
}

/* `still`: what was read stood still meanwhile. */
static stack_outcome evaluate(flame_interpreter *self, python_thread *thread, bool still)
{
    const python_state *state = &self->states[thread->stack.interpreter_index];
    if (!thread->fresh) return STACK_UNMAPPED;
    self->stacks.still = still;
    return stack_thread_evaluate(&self->stacks, &thread->stack, state->witness, state->witness_before,
                                 state->has_before);
}

/* Visits cost the program some microseconds: they may take a hundredth of its time while they teach
 * something, and next to nothing when they do not. */
static bool may_visit(const flame_interpreter *self, const python_thread *thread)
{
    return self->process && !self->options.freeze && thread->tid &&
           fs_clock_nanoseconds() >= self->visit_after;
}

/* Read a thread from the processor that it runs on: it stands still meanwhile, and the steps of its stack
 * become known. */
static fs_status visit(flame_interpreter *self, size_t at, stack_outcome *outcome, fs_error *error)
{
    python_thread *thread = self->threads[at];
    uint64_t start = fs_clock_nanoseconds();
    size_t known = self->stacks.sites.count;
    fs_status status = FS_OK;
    flame_visit stay;
    *outcome = STACK_TORN;
    bool there = flame_visit_begin(&stay, self->pid, thread->tid);
    uint64_t arrived = fs_clock_nanoseconds();
    double busy = fs_clock_cpu_seconds();
    if (there) {
        self->visits++;
        for (int round = 0; round < VISIT_ROUNDS && status == FS_OK; round++) {
            status = read_threads(self, at, at + 1, true, false, error);
            if (status != FS_OK) break;
            *outcome = evaluate(self, thread, flame_visit_undisturbed(&stay));
            if (*outcome != STACK_AGAIN) break;
        }
        flame_visit_end(&stay);
    }
    if (self->stacks.sites.count > known)
        self->visit_rest = VISIT_REST_LEAST;
    else if (self->visit_rest < VISIT_REST_MOST)
        self->visit_rest += self->visit_rest / 2;
    /* On the way there the program runs on; it is only we who are late. */
    self->visit_after = fs_clock_nanoseconds() + (arrived - start) * VISIT_WAY_REST +
                        (uint64_t)((fs_clock_cpu_seconds() - busy) * 1e9) * self->visit_rest;
    return status;
}

/* Evaluate what was read of a thread, and read again until it holds together. */
static fs_status settle(flame_interpreter *self, size_t at, fs_error *error)
{
    python_thread *thread = self->threads[at];
    stack_thread *stack = &thread->stack;
    uint32_t attempts = 0, rounds = 0, others = 0;
    stack_outcome outcome = STACK_AGAIN;
    uint64_t began = 0;
    stack_thread_begin(stack);
    while (true) {
        fs_status status = FS_OK;
        outcome = thread->fresh && thread->slow && rounds < ROUNDS
                      ? STACK_AGAIN
                      : evaluate(self, thread, self->options.freeze && self->process);
        bool guessed = outcome == STACK_OK && stack->guessed;
        if ((guessed || (outcome != STACK_OK && stack->strange && attempts >= VISIT_AFTER)) &&
            may_visit(self, thread)) {
            if (guessed) stack_thread_swap(stack);
            status = visit(self, at, &outcome, error);
            if (guessed && outcome != STACK_OK) {
                stack_thread_swap(stack);
                outcome = STACK_OK;
            }
        }
        if (status != FS_OK) return status;
        if (outcome == STACK_MEMORY) return fs_fail_memory(error, "reading a stack", 0);
        if (outcome == STACK_OK || outcome == STACK_FOREIGN) break;
        if (outcome == STACK_AGAIN && rounds < ROUNDS)
            rounds++;
        else if (outcome == STACK_OTHER && others < OTHERS)
            others++;
        else if (++attempts >= self->options.attempts || (outcome == STACK_DEEP && attempts >= 2))
            break;
        self->retries++;
        uint64_t now = self->process ? fs_clock_nanoseconds() : 0;
        if (!began) began = now;
        if (now - began > SAMPLE_LONG) {
            /* Something took the processor away from us: the sample is of now. */
            stack_thread_begin(stack);
            began = now;
        }
        status = read_threads(self, at, at + 1, true, false, error);
        if (status != FS_OK) return status;
    }
    thread->late = outcome == STACK_OTHER;
    if (thread->late) outcome = STACK_OK;
    thread->missed = missed_as(outcome);
    thread->taken = true;
    thread->has_stack = outcome == STACK_OK;
    if (outcome != STACK_OK) stack->depth = 0;
    return FS_OK;
}

/* ---- a sample ---- */

/* Before memory is read: which threads have run, which are left out. */
static void ask_activity(flame_interpreter *self)
{
    bool ask = self->process && (self->options.activity || self->thread_count >= ASK_FROM);
    for (size_t i = 0; i < self->thread_count; i++) {
        python_thread *thread = self->threads[i];
        thread->taken = thread->late = thread->excluded = thread->still = thread->asked = false;
        thread->missed = FLAME_TAKEN;
        if (self->options.only && thread->known && thread->tid != self->options.only) thread->excluded = true;
        if (!ask || thread->excluded || !thread->known) continue;
        /* Who held the lock most often holds it still; if not, ask_late asks. */
        if (self->options.holder_works && holds_gil(self, thread)) continue;
        bool still;
        flame_activity activity = thread_activity_read(&thread->activity, self->pid, thread->tid, &still);
        thread->still = still && thread->has_stack;
        thread->asked = true;
        if (self->options.running_only && activity == FLAME_IDLE) thread->excluded = true;
    }
}

/* Threads that were not there when ask_activity was called, and what only memory tells. */
static void ask_late(flame_interpreter *self)
{
    for (size_t i = 0; i < self->thread_count; i++) {
        python_thread *thread = self->threads[i];
        bool late = !thread->known;
        identify(self, thread);
        if (late && self->options.only && thread->tid != self->options.only) thread->excluded = true;
        bool works = self->options.holder_works && holds_gil(self, thread);
        if (!thread->asked && !works && !thread->excluded && self->process && self->options.activity) {
            bool still;
            thread->asked = true;
            if (thread_activity_read(&thread->activity, self->pid, thread->tid, &still) == FLAME_IDLE &&
                self->options.running_only)
                thread->excluded = true;
            /* Asked after its stack was read, not before: it may have run in between. */
            thread->activity.known = false;
        }
        if (self->options.gil_only && !holds_gil(self, thread)) thread->excluded = true;
    }
}

static fs_status read_once(flame_interpreter *self, fs_error *error)
{
    fs_status status = FS_OK;
    const python_layout *layout = &self->runtime.layout;
    if (!self->listed) {
        status = list_all(self, error);
        if (status != FS_OK) return status;
        self->listed = true;
    }
    ask_activity(self);
    bool runtime = layout->runtime.current != PYTHON_ABSENT || self->stacks.serial % HEADS_EVERY == 0;
    /* Who holds the lock is only known afterwards: with several threads look first, then read that one. */
    bool with_frames = !self->options.gil_only || self->thread_count < 2;
    status = read_threads(self, 0, self->thread_count, with_frames, runtime, error);
    if (status != FS_OK) return status;
    if (runtime && !states_listed(self)) return fs_fail(error, FS_NOT_FOUND, "the interpreters changed");
    status = update_threads(self, error);
    if (status != FS_OK) return status;
    ask_late(self);
    for (size_t i = 0; i < self->thread_count; i++) {
        python_thread *thread = self->threads[i];
        if (thread->excluded) continue;
        if (thread->still && thread->fresh) {
            thread->taken = true;
            continue;
        }
        if (!with_frames || thread->stack.frames.span_count == 0) thread->still = false;
        if (!with_frames) {
            status = read_threads(self, i, i + 1, true, false, error);
            if (status != FS_OK) return status;
        }
        status = settle(self, i, error);
        if (status != FS_OK) return status;
    }
    return FS_OK;
}

/* Threads that could not be read may have ended meanwhile: they are not missed, they are gone. */
static fs_status forget_ended(flame_interpreter *self, fs_error *error)
{
    bool any = false;
    for (size_t i = 0; i < self->thread_count; i++) any = any || self->threads[i]->missed != FLAME_TAKEN;
    if (!any) return FS_OK;
    fs_status status = list_all(self, error);
    if (status == FS_NOT_FOUND) {
        self->listed = false;
        return FS_OK;
    }
    return status;
}

static fs_status assemble(flame_interpreter *self, fs_error *error)
{
    if (!FS_GROW(self->samples, self->sample_capacity, self->thread_count + 1))
        return fs_fail_memory(error, "a sample", self->thread_count * sizeof *self->samples);
    size_t count = 0;
    for (size_t i = 0; i < self->thread_count; i++) {
        const python_thread *thread = self->threads[i];
        if (thread->excluded || !thread->taken) continue;
        self->samples[count++] = (flame_thread_sample){
            .tid = thread->tid,
            .ident = thread->ident,
            .interpreter = self->states[thread->stack.interpreter_index].id,
            .holds_gil = holds_gil(self, thread),
            .activity =
                self->options.activity && thread->asked ? thread->activity.activity : FLAME_ACTIVITY_UNKNOWN,
            .missed = thread->missed,
            .late = thread->late,
            .depth = thread->missed == FLAME_TAKEN ? thread->stack.depth : 0,
            .frames = thread->stack.out,
        };
    }
    self->sample.threads = self->samples;
    self->sample.count = count;
    return FS_OK;
}

static fs_status sample_now(flame_interpreter *self, fs_error *error)
{
    fs_status status = FS_OK;
    self->sample = (flame_sample){0};
    for (uint32_t attempt = 0; attempt < self->options.attempts; attempt++) {
        status = read_once(self, error);
        if (status == FS_OK) status = forget_ended(self, error);
        if (status != FS_NOT_FOUND) break;
        /* The lists changed under way (or the process has gone): from the beginning. */
        if (!process_lives(self)) return gone(self, error);
        self->listed = false;
        self->retries++;
    }
    if (status == FS_NOT_FOUND) {
        self->sample.missed = FLAME_MISSED_LIST;
        return FS_OK;
    }
    return status == FS_OK ? assemble(self, error) : status;
}

fs_status flame_interpreter_sample(flame_interpreter *self, const flame_sample **sample, fs_error *error)
{
    *sample = &self->sample;
    self->calls = self->retries = self->visits = self->stacks.calls = self->cache.calls = 0;
    bool freeze = self->options.freeze && self->process;
    fs_status status = FS_OK;
    if (freeze) status = flame_process_freeze(self->process, error);
    if (status == FS_OK) status = sample_now(self, error);
    if (freeze) flame_process_thaw(self->process);
    self->sample.calls = self->calls + self->stacks.calls + self->cache.calls;
    self->sample.retries = self->retries;
    self->sample.visits = self->visits;
    return status;
}
