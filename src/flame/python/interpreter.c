#include "interpreter.h"

#include "interpreter_private.h"
#include "line_table.h"
#include "memory.h"
#include "thread_name.h"
#include "thread_tid.h"

#include <errno.h>
#include <string.h>

#define BUDGET_DEFAULT 0.006
#define HOLD_USUAL     50000.0 /* nanoseconds of a hold, before one is measured: 30,000 to 100,000 mostly */

enum { DEPTH_DEFAULT = 20000, DEPTH_MOST = 1 << 20, ATTEMPTS_DEFAULT = 24 };

/* ---- opening ---- */

static void lay_out_blocks(flame_interpreter *self)
{
    const python_layout *layout = &self->runtime.layout;
    uint32_t from = layout->interpreter.next, to = layout->interpreter.next + 8;
    const uint32_t fields[] = {layout->interpreter.id, layout->interpreter.threads,
                               layout->interpreter.generation};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (fields[i] == PYTHON_ABSENT) continue;
        if (fields[i] < from) from = fields[i];
        if (fields[i] + 8 > to) to = fields[i] + 8;
    }
    self->block_from = from;
    self->block_size = to - from;
    from = layout->runtime.interpreters;
    to = from + 8;
    if (layout->runtime.current != PYTHON_ABSENT) to = layout->runtime.current + 8;
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
    if (!(self->options.budget > 0)) self->options.budget = BUDGET_DEFAULT;
    code_cache_init(&self->cache, reader, &self->runtime.layout, self->runtime.code_type);
    stack_reader_init(&self->stacks, reader, &self->runtime.layout, self->runtime.address, &self->cache,
                      self->options.max_depth);
    self->stacks.calls_only = self->options.calls_only;
    fs_random_init(&self->holds.random, 1);
    self->holds.cost = HOLD_USUAL;
    lay_out_blocks(self);
    self->runtime_block = fs_alloc_0(self->runtime_size, 1);
    fs_status status =
        self->runtime_block ? FS_OK : fs_fail_memory(error, "opening an interpreter", self->runtime_size);
    if (!status && self->options.freeze && process)
        status = flame_freezer_create(self->pid, &self->freezer, error);
    if (!status && self->options.tasks) status = interpreter_tasks_create(self, &self->tasks, error);
    if (status) {
        flame_interpreter_close(self);
        return status;
    }
    *out = self;
    return FS_OK;
}

fs_status flame_interpreter_open(flame_process *process, const flame_interpreter_options *options,
                                 flame_interpreter **interpreter, flame_python_state *state, fs_error *error)
{
    python_runtime runtime = {0};
    flame_python_state ignored;
    *interpreter = NULL;
    if (!state) state = &ignored;
    fs_status status = python_runtime_find(process, &runtime, state, error);
    if (!status && runtime.layout.free_threaded && options && options->threads == FLAME_THREADS_HOLDER) {
        *state = FLAME_PYTHON_REFUSED;
        status = fs_fail(
            error, FS_UNSUPPORTED,
            "Python %s in %s is a free-threaded build: it has no interpreter lock that a thread holds",
            runtime.version.text, runtime.file);
    }
    if (!status && runtime.layout.free_threaded && options && options->tasks) {
        *state = FLAME_PYTHON_REFUSED;
        status = fs_fail(error, FS_UNSUPPORTED,
                         "Python %s in %s is a free-threaded build, whose tasks are not read",
                         runtime.version.text, runtime.file);
    }
    if (status != FS_OK) {
        python_runtime_fini(&runtime);
        return status;
    }
    return interpreter_attach(flame_process_reader(process), process, options, &runtime, interpreter, error);
}

void flame_interpreter_close(flame_interpreter *self)
{
    if (!self) return;
    flame_freezer_destroy(self->freezer);
    interpreter_tasks_destroy(self->tasks);
    flame_cpu_holder_close(self->holds.holder);
    for (size_t i = 0; i < self->thread_count; i++) interpreter_destroy_thread(self->threads[i]);
    for (size_t i = 0; i < self->state_count; i++) fs_free(self->states[i].block);
    fs_free(self->threads);
    fs_free(self->states);
    fs_map_fini(&self->index);
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
                   self->cache.entry_capacity * sizeof(void *) +
                   self->cache.entry_count * sizeof(code_entry) + fs_map_bytes(&self->cache.by_address) +
                   fs_map_bytes(&self->cache.by_content) + self->cache.body_capacity * sizeof(code_body);
    for (size_t i = 0; i < self->thread_count; i++)
        total += sizeof *self->threads[i] + stack_thread_bytes(&self->threads[i]->stack);
    return total;
}

/* ---- what a thread is ---- */

bool interpreter_may_run(const flame_interpreter *self, const python_thread *thread)
{
    /* To 3.11 the last reading says it of all threads, that of a thread's frames for itself alone. */
    if (self->runtime.layout.runtime.current != PYTHON_ABSENT) return self->gil_holder == thread->stack.state;
    return stack_holds_lock(&self->stacks, &thread->stack);
}

bool interpreter_holds_gil(const flame_interpreter *self, const python_thread *thread)
{
    return !self->runtime.layout.free_threaded && interpreter_may_run(self, thread);
}

/* ---- which thread it is ---- */

static thread_identity identity_in(const python_layout *layout, const uint8_t *block)
{
    thread_identity identity = {.ident = load_64(block + layout->thread.ident)};
    if (layout->thread.native != PYTHON_ABSENT) identity.native = load_64(block + layout->thread.native);
    if (layout->thread.serial != PYTHON_ABSENT) identity.serial = load_64(block + layout->thread.serial);
    return identity;
}

static bool same_identity(const thread_identity *a, const thread_identity *b)
{
    return a->ident == b->ident && a->native == b->native && a->serial == b->serial;
}

/* Is the state still that of the same thread? */
static bool is_still(flame_interpreter *self, uint64_t state, const thread_identity *identity)
{
    uint8_t block[PYTHON_THREAD_BLOCK];
    self->calls++;
    if (flame_read(self->reader, state, block, self->stacks.block_size, NULL) != FS_OK) return false;
    thread_identity now = identity_in(&self->runtime.layout, block);
    return same_identity(&now, identity);
}

/* Whose state it is, by the block that was read last: a state may be another thread's from one reading to the
 * next, of whom nothing is known. */
void interpreter_identify(flame_interpreter *self, python_thread *thread)
{
    thread_identity now = identity_in(&self->runtime.layout, thread->stack.memory.block);
    if (thread->identity.known && same_identity(&now, &thread->identity)) return;
    interpreter_forget_schedule(self, thread);
    thread_activity_fini(&thread->activity);
    thread->stack.memory.shorter = thread->stack.uncalled = 0;
    thread->has_stack = thread->asked = false;
    if (thread->plan == THREAD_ASLEEP) thread->plan = THREAD_READ;
    now.known = now.ident != 0;
    now.tid =
        self->pid ? python_thread_tid(self->pid, self->reader, now.ident, now.native) : (pid_t)now.native;
    if (now.tid && !now.native && !is_still(self, thread->stack.state, &now)) {
        now.tid = 0;
        now.known = false;
    }
    thread->identity = now;
}

bool flame_interpreter_thread_name(const flame_interpreter *self, const flame_thread_sample *sample,
                                   char *name, size_t room)
{
    enum { FRAMES = 3, TIMES = 3 }; /* beyond the first may lie some of the interpreter's own */
    const flame_frame *outer = sample->depth ? &sample->frames[sample->depth - 1] : NULL;
    const flame_code *code = outer ? flame_interpreter_code(self, outer->code) : NULL;
    if (!code || strcmp(code->name, "_bootstrap") != 0 || !strstr(code->file, "threading")) return false;
    for (size_t i = 0; i < self->thread_count; i++) {
        const python_thread *thread = self->threads[i];
        if (thread->identity.ident != sample->ident || thread->identity.tid != sample->tid) continue;
        const size_t frames = thread->stack.chain_count < FRAMES ? thread->stack.chain_count : FRAMES;
        for (size_t j = 0; j < frames * TIMES; j++)
            if (python_thread_name(self->reader, &self->runtime.layout,
                                   thread->stack.chain[thread->stack.chain_count - 1 - j % frames], name,
                                   room))
                return true;
    }
    return false;
}

/* ---- a sample ---- */

/* Need it be found out whether the thread runs? Who holds the lock most often works. */
static bool is_asked(const flame_interpreter *self, const python_thread *thread)
{
    if (!self->process || self->options.threads == FLAME_THREADS_HOLDER) return false;
    if (self->options.only && thread->identity.tid != self->options.only) return false;
    return self->options.threads != FLAME_THREADS_AT_WORK || !interpreter_may_run(self, thread);
}

/* Is it part of the samples? If not, it is asked only to spare the reading of what has not run. */
static bool is_told(const flame_interpreter *self)
{
    return self->options.threads != FLAME_THREADS_ALL || self->options.activity;
}

/* `holds`: the interpreter lock. */
static bool is_wanted(const flame_interpreter *self, const python_thread *thread, bool holds)
{
    const bool idle = thread->asked && thread->activity.activity == FLAME_IDLE;
    if (self->options.only && thread->identity.tid != self->options.only) return false;
    switch (self->options.threads) {
    case FLAME_THREADS_HOLDER:
        return holds;
    case FLAME_THREADS_RUNNING:
        return !idle;
    case FLAME_THREADS_AT_WORK:
        return !idle || holds;
    default:
        return true;
    }
}

/* Before memory is read, by what it was at the last sample: which threads have run, which are left out. */
static void ask_activity(flame_interpreter *self)
{
    for (size_t i = 0; i < self->thread_count; i++) {
        python_thread *thread = self->threads[i];
        bool still = false;
        thread->result = (thread_result){0};
        thread->asked = thread->identity.known && is_asked(self, thread);
        if (thread->asked)
            (void)thread_activity_read(&thread->activity, self->pid, thread->identity.tid,
                                       self->options.freeze, &still);
        if (!still) thread->has_stack = false;
        thread->plan = !is_wanted(self, thread, interpreter_may_run(self, thread)) ? THREAD_EXCLUDED
                       : thread->has_stack                                         ? THREAD_ASLEEP
                       : interpreter_skips_frames(self, thread)                    ? THREAD_SKIPPED
                                                                                   : THREAD_READ;
        thread->reads_frames = thread->plan == THREAD_READ;
    }
}

/* The same by what was read: of threads that were not there before, and of the lock, which may have changed
 * hands. */
static void ask_late(flame_interpreter *self)
{
    for (size_t i = 0; i < self->thread_count; i++) {
        python_thread *thread = self->threads[i];
        interpreter_identify(self, thread);
        thread->held_lock = interpreter_may_run(self, thread);
        if (!thread->asked && is_told(self) && is_asked(self, thread)) {
            bool still;
            thread->asked = true;
            (void)thread_activity_read(&thread->activity, self->pid, thread->identity.tid,
                                       self->options.freeze, &still);
            /* Asked after its stack was read, not before: it may have run in between. */
            thread->activity.known = false;
        }
        if (!is_wanted(self, thread, thread->held_lock))
            thread->plan = THREAD_EXCLUDED;
        else if (thread->plan == THREAD_EXCLUDED)
            thread->plan = THREAD_READ;
    }
}

/* A thread that is wanted for holding the lock may have given it up until its frames were read. */
static void check_wanted(flame_interpreter *self, python_thread *thread)
{
    if (thread->has_stack && !is_wanted(self, thread, stack_holds_lock(&self->stacks, &thread->stack)))
        interpreter_miss(thread);
}

/* Who was left out and turns out to hold the lock may do so for some ten microseconds only: so at once. */
static fs_status read_new_holders(flame_interpreter *self, fs_error *error)
{
    fs_status status = FS_OK;
    for (size_t i = 0; i < self->thread_count && status == FS_OK; i++) {
        python_thread *thread = self->threads[i];
        if (thread->plan == THREAD_EXCLUDED && thread->fresh &&
            is_wanted(self, thread, interpreter_may_run(self, thread)))
            status = interpreter_read_frames(self, i, error);
    }
    return status;
}

static fs_status read_once(flame_interpreter *self, fs_error *error)
{
    fs_status status = FS_OK;
    if (!self->listed) {
        status = interpreter_list_all(self, error);
        if (status != FS_OK) return status;
        self->listed = true;
    }
    ask_activity(self);
    status = interpreter_read_threads(self, 0, self->thread_count, true, error);
    if (status == FS_OK) status = read_new_holders(self, error);
    if (status != FS_OK) return status;
    if (!interpreter_states_listed(self)) return fs_fail(error, FS_NOT_FOUND, "the interpreters changed");
    status = interpreter_update_threads(self, error);
    if (status != FS_OK) return status;
    ask_late(self);
    for (size_t i = 0; i < self->thread_count; i++) {
        python_thread *thread = self->threads[i];
        if (thread->plan == THREAD_EXCLUDED) continue;
        if (thread->plan == THREAD_ASLEEP && thread->fresh) {
            thread->result = (thread_result){.wanted = true, .ticks = 1};
            continue;
        }
        if (thread->plan == THREAD_READ && !thread->reads_frames) {
            status = interpreter_read_frames(self, i, error);
            if (status != FS_OK) return status;
        }
        status = interpreter_sample_thread(self, i, error);
        if (status != FS_OK) return status;
        check_wanted(self, thread);
        interpreter_identify(self, thread);
    }
    return interpreter_check_collections(self, error);
}

/* Threads that could not be read may have ended meanwhile: they are not missed, they are gone. */
static fs_status forget_ended(flame_interpreter *self, fs_error *error)
{
    bool any = false;
    for (size_t i = 0; i < self->thread_count; i++) any = any || self->threads[i]->result.missed;
    if (!any) return FS_OK;
    fs_status status = interpreter_list_all(self, error);
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
        const thread_result *result = &thread->result;
        if (thread->plan == THREAD_EXCLUDED || !result->wanted) continue;
        bool shown = result->ticks && !result->missed;
        self->samples[count++] = (flame_thread_sample){
            .tid = thread->identity.tid,
            .ident = thread->identity.ident,
            .interpreter = self->states[thread->stack.interpreter_index].id,
            .holds_gil = interpreter_holds_gil(self, thread),
            .activity = thread->asked && is_told(self) ? thread->activity.activity : FLAME_ACTIVITY_UNKNOWN,
            .missed = result->missed,
            .ticks = result->ticks,
            .depth = shown ? thread->stack.depth : 0,
            .frames = thread->stack.frames,
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
        if (!interpreter_lives(self)) return interpreter_gone(self, error);
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
    self->calls = self->retries = self->holds.count = self->stacks.calls = self->cache.calls = 0;
    fs_status status = FS_OK;
    if (self->freezer) status = flame_freeze(self->freezer, error);
    if (self->freezer && (status == FS_PERMISSION || status == FS_DATA)) {
        self->sample =
            (flame_sample){.missed = status == FS_DATA ? FLAME_MISSED_UNSTOPPED : FLAME_MISSED_HELD};
        return FS_OK;
    }
    if (status == FS_OK) status = sample_now(self, error);
    if (self->freezer) flame_thaw(self->freezer);
    self->sample.calls = self->calls + self->stacks.calls + self->cache.calls;
    self->sample.retries = self->retries;
    self->sample.holds = self->holds.count;
    return status;
}
