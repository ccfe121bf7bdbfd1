#include "flame_dump.h"

#include "interpreter_core.h"
#include "memory.h"
#include "permission.h"
#include "process_freeze.h"
#include "text.h"

#include <string.h>
#include <time.h>

/* A stack that moves too fast is tried again; an interpreter that is starting is waited for. */
enum { TRIES = 200, NAP = 3000000 /* nanoseconds */ };

static void nap(void)
{
    const struct timespec time = {.tv_nsec = NAP};
    nanosleep(&time, NULL);
}

/* The process too, which may be about to become the program. */
static fs_status open_interpreter(flame_dumped *dumped, const flame_dump_options *options, fs_error *error)
{
    const flame_interpreter_options wanted = {
        .size = sizeof wanted, .activity = options->activity, .calls_only = options->calls_only};
    fs_status status = FS_OK;
    flame_python_state state = FLAME_PYTHON_STARTING;
    for (int i = 0; i < TRIES; i++) {
        flame_process_close(dumped->process);
        dumped->process = NULL;
        status = flame_process_open(dumped->pid, &dumped->process, error);
        if (status) return status;
        status = flame_interpreter_open(dumped->process, &wanted, &dumped->interpreter, &state, error);
        if (state != FLAME_PYTHON_STARTING) break;
        nap();
    }
    const bool native = options->native && !options->tasks && !options->locals;
    return status && status != FS_MEMORY && state == FLAME_PYTHON_NONE && native ? FS_OK : status;
}

/* What a thread did before the process was stopped: nothing runs afterwards. */
static flame_activity activity_before(const flame_dumped *dumped, const flame_thread_sample *thread)
{
    for (size_t i = 0; i < dumped->before_count; i++)
        if (dumped->before[i].ident == thread->ident && dumped->before[i].tid == thread->tid)
            return dumped->before[i].activity;
    return thread->activity;
}

/* Take over the sample; `frozen`: with the activities of the one before the process was stopped. */
static fs_status keep_sample(flame_dumped *dumped, const flame_sample *sample, bool frozen, fs_error *error)
{
    flame_thread_sample *threads = fs_alloc_0(sample->count, sizeof *threads);
    if (!threads) return fs_fail_memory(error, "dumping", sample->count * sizeof *threads);
    for (size_t i = 0; i < sample->count; i++) {
        threads[i] = sample->threads[i];
        if (frozen) threads[i].activity = activity_before(dumped, &threads[i]);
    }
    fs_free(dumped->threads);
    dumped->threads = threads;
    dumped->sample = *sample;
    dumped->sample.threads = threads;
    return FS_OK;
}

static bool is_whole(const flame_sample *sample)
{
    bool whole = sample->missed == FLAME_TAKEN;
    for (size_t i = 0; i < sample->count; i++) whole = whole && sample->threads[i].missed == FLAME_TAKEN;
    return whole;
}

static fs_status sample_once(flame_dumped *dumped, bool frozen, fs_error *error)
{
    const flame_sample *sample;
    if (!dumped->interpreter) return FS_OK;
    fs_status status = flame_interpreter_sample(dumped->interpreter, &sample, error);
    return status ? status : keep_sample(dumped, sample, frozen, error);
}

/* With the process stopped. FS_OK also when it cannot be: then the sample's `missed` says why. */
static fs_status sample_stopped(flame_dumped *dumped, flame_freezer *freezer,
                                const flame_dump_options *options, fs_error *error)
{
    fs_status status = flame_freeze(freezer, error);
    if (status == FS_PERMISSION || status == FS_DATA) {
        dumped->sample.count = 0;
        dumped->sample.missed = status == FS_DATA ? FLAME_MISSED_UNSTOPPED : FLAME_MISSED_HELD;
        return FS_OK;
    }
    if (!status) status = sample_once(dumped, true, error);
    flame_locals_free(dumped->locals);
    flame_tasks_free(dumped->tasks);
    dumped->locals = NULL;
    dumped->tasks = NULL;
    if (!status && options->tasks)
        status = flame_tasks_read_process(dumped->interpreter, dumped->process, &dumped->tasks, error);
    if (!status && options->locals)
        status = flame_locals_read(dumped->interpreter, &dumped->sample, &dumped->locals, error);
    if (!status && options->native)
        status = flame_dump_native_copy(dumped->native, dumped->interpreter, &dumped->sample, error);
    flame_thaw(freezer);
    return status;
}

fs_status flame_dump_take(pid_t target, const flame_dump_options *options, flame_dumped *dumped,
                          fs_error *error)
{
    flame_freezer *freezer = NULL;
    *dumped = (flame_dumped){.pid = target};
    fs_status status = open_interpreter(dumped, options, error);
    if (status == FS_PERMISSION) {
        flame_permission facts;
        flame_permission_read(&facts, target);
        return flame_permission_explain(&facts, options->action, error);
    }
    if (!status && options->native)
        status = flame_dump_native_create(dumped->process, &dumped->native, error);
    if (!status && (options->still || options->locals || options->tasks || options->native)) {
        status = flame_freezer_create(target, &freezer, error);
        /* Once as it runs: who is at work shows only then, and code is read that need not be while it waits.
         */
        if (!status) status = sample_once(dumped, false, error);
        dumped->before = dumped->threads;
        dumped->before_count = dumped->sample.count;
        dumped->threads = NULL;
        dumped->sample = (flame_sample){0};
    }
    for (int i = 0; i < TRIES && !status; i++) {
        if (i) nap();
        status =
            freezer ? sample_stopped(dumped, freezer, options, error) : sample_once(dumped, false, error);
        if (is_whole(&dumped->sample)) break;
    }
    flame_freezer_destroy(freezer);
    if (!status && options->native)
        status = flame_dump_native_merge(dumped->native, dumped->interpreter, &dumped->sample,
                                         options->native_all, error);
    return status;
}

fs_status flame_dump_take_core(const char *path, const char *executable, const flame_dump_options *options,
                               flame_dumped *dumped, fs_error *error)
{
    *dumped = (flame_dumped){0};
    fs_text name;
    fs_text_init(&name);
    fs_text_format(&name, "the process of %s", path);
    fs_status status = flame_core_open(path, executable, &dumped->core, error);
    if (!status) {
        dumped->pid = flame_core_pid(dumped->core);
        status =
            flame_interpreter_open_core(dumped->core, fs_text_string(&name), &dumped->interpreter, error);
    }
    if (!status) status = sample_once(dumped, false, error);
    if (!status && options->locals)
        status = flame_locals_read(dumped->interpreter, &dumped->sample, &dumped->locals, error);
    if (!status && options->tasks) {
        const python_source source = flame_core_source(dumped->core, path);
        status = flame_tasks_read(dumped->interpreter, &source, &dumped->tasks, error);
    }
    fs_text_fini(&name);
    return status;
}

void flame_dumped_fini(flame_dumped *dumped)
{
    flame_locals_free(dumped->locals);
    flame_tasks_free(dumped->tasks);
    flame_dump_native_destroy(dumped->native);
    flame_interpreter_close(dumped->interpreter);
    flame_process_close(dumped->process);
    flame_core_close(dumped->core);
    fs_free(dumped->threads);
    fs_free(dumped->before);
    *dumped = (flame_dumped){0};
}
