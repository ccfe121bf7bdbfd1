#include "flame_dump_native.h"

#include "memory.h"
#include "ptrace_stop.h"

#include <string.h>

typedef struct thread_copy {
    flame_dump_thread shown;
    uint8_t *bytes;
    flame_native_snapshot snapshot;
    flame_evaluation *evaluations;
    size_t evaluation_count, evaluation_capacity;
    uint32_t depth; /* Python frames */
} thread_copy;

struct flame_dump_native {
    flame_process *process;
    flame_native_files *files;
    flame_native *native;
    native_merge merge;
    native_names names;
    pid_t *tids;   /* that were there at first ... */
    bool *running; /* ... and which of them ran */
    size_t tid_count;
    thread_copy *threads;
    size_t count, capacity;
    flame_dump_thread *shown;
};

/* ---- threads ---- */

static void drop_threads(flame_dump_native *self)
{
    for (size_t i = 0; i < self->count; i++) {
        fs_free(self->threads[i].bytes);
        fs_free(self->threads[i].evaluations);
        fs_free(self->threads[i].shown.stack.frames);
    }
    self->count = 0;
}

fs_status flame_dump_native_create(flame_process *process, flame_dump_native **native, fs_error *error)
{
    const pid_t pid = flame_process_pid(process);
    flame_dump_native *self = *native = fs_alloc_0(1, sizeof *self);
    if (!self) return fs_fail_memory(error, "dumping", sizeof *self);
    self->process = process;
    fs_status status = flame_native_files_create(&self->files, error);
    if (!status) status = flame_process_threads(pid, &self->tids, &self->tid_count, error);
    if (!status && !(self->running = fs_alloc_0(self->tid_count, sizeof *self->running)))
        status = fs_fail_memory(error, "dumping", self->tid_count);
    for (size_t i = 0; i < self->tid_count && !status; i++) {
        flame_thread_usage usage;
        self->running[i] =
            flame_thread_usage_read(pid, self->tids[i], &usage, NULL) == FS_OK && usage.state == 'R';
    }
    return status;
}

void flame_dump_native_destroy(flame_dump_native *self)
{
    if (!self) return;
    drop_threads(self);
    native_names_fini(&self->names);
    native_merge_fini(&self->merge);
    flame_native_close(self->native);
    flame_native_files_destroy(self->files);
    fs_free(self->tids);
    fs_free(self->running);
    fs_free(self->threads);
    fs_free(self->shown);
    fs_free(self);
}

static flame_activity activity_of(const flame_dump_native *self, pid_t tid)
{
    for (size_t i = 0; i < self->tid_count; i++)
        if (self->tids[i] == tid) return self->running[i] ? FLAME_RUNNING : FLAME_IDLE;
    return FLAME_ACTIVITY_UNKNOWN;
}

/* ---- copies ---- */

/* All of its stack, or as much as is ever unwound. */
static fs_status copy_stack(thread_copy *copy, fs_error *error)
{
    copy->bytes = fs_alloc(FLAME_NATIVE_STACK, 1);
    if (!copy->bytes) return fs_fail_memory(error, "copying a stack", FLAME_NATIVE_STACK);
    copy->shown.copied = flame_native_copy(copy->shown.tid, copy->bytes, FLAME_NATIVE_STACK, &copy->snapshot);
    uint8_t *bytes = fs_realloc(copy->bytes, copy->snapshot.length ? copy->snapshot.length : 1, 1);
    if (bytes) copy->bytes = bytes;
    copy->snapshot.bytes = copy->bytes;
    return FS_OK;
}

static fs_status copy_evaluations(thread_copy *copy, flame_interpreter *interpreter,
                                  const flame_thread_sample *thread, fs_error *error)
{
    const flame_evaluation *evaluations;
    size_t count;
    copy->depth = thread->depth;
    if (!flame_interpreter_evaluations(interpreter, thread, &evaluations, &count) || !count) return FS_OK;
    if (!FS_GROW(copy->evaluations, copy->evaluation_capacity, count))
        return fs_fail_memory(error, "copying a stack", count * sizeof *evaluations);
    memcpy(copy->evaluations, evaluations, count * sizeof *evaluations);
    copy->evaluation_count = count;
    return FS_OK;
}

static fs_status add(flame_dump_native *self, pid_t tid, flame_interpreter *interpreter,
                     const flame_thread_sample *thread, fs_error *error)
{
    if (!FS_GROW(self->threads, self->capacity, self->count + 1))
        return fs_fail_memory(error, "dumping", self->count * sizeof *self->threads);
    thread_copy *copy = &self->threads[self->count++];
    *copy = (thread_copy){.shown = {.tid = tid, .activity = activity_of(self, tid)}};
    fs_status status = tid ? copy_stack(copy, error) : FS_OK;
    return status || !thread ? status : copy_evaluations(copy, interpreter, thread, error);
}

static bool is_python(const flame_sample *sample, pid_t tid)
{
    for (size_t i = 0; i < sample->count; i++)
        if (sample->threads[i].tid == tid) return true;
    return false;
}

fs_status flame_dump_native_copy(flame_dump_native *self, flame_interpreter *interpreter,
                                 const flame_sample *sample, fs_error *error)
{
    pid_t *tids;
    size_t count;
    drop_threads(self);
    fs_status status = flame_process_threads(flame_process_pid(self->process), &tids, &count, error);
    if (status) return status;
    for (size_t i = 0; i < sample->count && !status; i++)
        status = add(self, sample->threads[i].tid, interpreter, &sample->threads[i], error);
    for (size_t i = 0; i < count && !status; i++)
        if (!is_python(sample, tids[i])) status = add(self, tids[i], NULL, NULL, error);
    fs_free(tids);
    return status;
}

/* ---- afterwards ---- */

static fs_status merge_thread(flame_dump_native *self, thread_copy *copy, fs_error *error)
{
    flame_native_stack stack = {.end = FLAME_NATIVE_LOST}; /* where none was copied */
    if (copy->shown.copied) {
        fs_status status = flame_native_unwind(self->native, &copy->snapshot, &stack, error);
        if (status) return status;
    }
    return native_merge_stack(&self->merge, &stack, copy->evaluations, copy->evaluation_count, copy->depth,
                              &copy->shown.stack, error);
}

fs_status flame_dump_native_merge(flame_dump_native *self, flame_interpreter *interpreter,
                                  const flame_sample *sample, bool all, fs_error *error)
{
    fs_status status = flame_native_open(self->process, self->files, &self->native, error);
    if (status) return status;
    native_names_init(&self->names, self->native, false);
    self->merge = (native_merge){
        .native = self->native,
        .interpreter = interpreter ? flame_interpreter_version(interpreter)->file : NULL,
        .all = all,
    };
    self->shown = fs_alloc_0(self->count ? self->count : 1, sizeof *self->shown);
    if (!self->shown) return fs_fail_memory(error, "dumping", self->count * sizeof *self->shown);
    for (size_t i = 0; i < self->count && !status; i++) {
        status = merge_thread(self, &self->threads[i], error);
        self->shown[i] = self->threads[i].shown;
        if (i < sample->count) self->shown[i].activity = sample->threads[i].activity;
    }
    return status;
}

const flame_dump_thread *flame_dump_native_threads(const flame_dump_native *self, size_t *count)
{
    *count = self->shown ? self->count : 0;
    return self->shown;
}

fs_status flame_dump_native_name(flame_dump_native *self, uint32_t place, native_function *function,
                                 uint32_t *line, fs_error *error)
{
    const native_line *lines;
    uint32_t count;
    fs_status status = native_names_find(&self->names, place, &lines, &count, error);
    if (status) return status;
    *function = self->names.functions[lines[0].function];
    *line = lines[0].line;
    return FS_OK;
}
