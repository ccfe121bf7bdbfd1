#include "event_recorder.h"

#include "clock.h"
#include "memory.h"

#include <stdio.h>
#include <string.h>

#define NO_IMAGE UINT32_MAX

typedef struct event_thread {
    pid_t tid;
    uint32_t node;  /* under that of its program */
    uint32_t image; /* ... which was that then */
    flame_path path;
    size_t stretch; /* in the timeline */
    uint64_t next;  /* tick, of which nothing was taken yet */
} event_thread;

typedef struct event_process {
    pid_t pid;
    uint32_t image; /* NO_IMAGE: it has not called exec yet */
    bool watched;
    bool counted;   /* among the processes of the statistics */
    uint64_t since; /* time of what is known of it from elsewhere than events */
    uint64_t ended; /* the update at which it was seen to have; 0: not yet */
    event_thread *threads;
    size_t thread_count, thread_capacity;
} event_process;

/* Of an image: how many processes have it, by fork. */
typedef struct event_image {
    uint32_t users;
    uint32_t node;
} event_image;

struct event_recorder {
    const flame_recorder_options *options;
    flame_events *events;
    flame_recording *recording; /* while updating */
    event_process *processes;
    size_t process_count, process_capacity;
    fs_map by_pid;
    event_image *images; /* as the recording's */
    size_t image_capacity;
    uint64_t updates;
    uint64_t none_since; /* the update since which none is known to live; 0: one was */
    uint64_t began;
    double period;                 /* nanoseconds */
    uint64_t samples, own_samples; /* of all programs, and of those that are watched */
};

fs_status event_recorder_open(const flame_recorder_options *options, event_recorder **out, fs_error *error)
{
    *out = NULL;
    event_recorder *recorder = fs_alloc_0(1, sizeof *recorder);
    if (!recorder) return fs_fail_memory(error, "preparing to record", sizeof *recorder);
    recorder->options = options;
    recorder->period = 1e9 / options->rate;
    fs_status status = flame_events_open(options->rate, &recorder->events, error);
    if (status)
        event_recorder_close(recorder);
    else
        *out = recorder;
    return status;
}

static void drop_threads(event_process *process)
{
    for (size_t i = 0; i < process->thread_count; i++) flame_path_fini(&process->threads[i].path);
    process->thread_count = 0;
}

void event_recorder_close(event_recorder *recorder)
{
    if (!recorder) return;
    flame_events_close(recorder->events);
    for (size_t i = 0; i < recorder->process_count; i++) {
        drop_threads(&recorder->processes[i]);
        fs_free(recorder->processes[i].threads);
    }
    fs_free(recorder->processes);
    fs_free(recorder->images);
    fs_map_fini(&recorder->by_pid);
    fs_free(recorder);
}

uint64_t event_recorder_began(const event_recorder *recorder)
{
    return recorder->began;
}

static bool lives(const event_process *process)
{
    /* Its end may be among what was lost. */
    return process->watched && !process->ended && flame_living_thread(process->pid);
}

bool event_recorder_over(event_recorder *recorder)
{
    for (size_t i = 0; i < recorder->process_count; i++) {
        if (!lives(&recorder->processes[i])) continue;
        recorder->none_since = 0;
        return false;
    }
    if (!recorder->none_since) recorder->none_since = recorder->updates;
    return recorder->updates >= recorder->none_since + 2; /* when all that had come by then is told */
}

/* ---- processes and their programs ---- */

static bool has_pid(const void *items, uint32_t item, const void *pid)
{
    return ((const event_process *)items)[item].pid == *(const pid_t *)pid;
}

/* NULL: it is not watched. */
static event_process *find(const event_recorder *recorder, pid_t pid)
{
    const uint32_t item =
        fs_map_find(&recorder->by_pid, fs_hash_64((uint64_t)pid), has_pid, recorder->processes, &pid);
    return item == FS_MAP_NONE ? NULL : &recorder->processes[item];
}

static void leave_image(event_recorder *recorder, event_process *process)
{
    if (process->image != NO_IMAGE && --recorder->images[process->image].users == 0)
        flame_native_release(recorder->recording->images[process->image].native);
    process->image = NO_IMAGE;
}

static void forget(event_recorder *recorder, event_process *process)
{
    leave_image(recorder, process);
    drop_threads(process);
    *process = (event_process){.pid = process->pid,
                               .image = NO_IMAGE,
                               .threads = process->threads,
                               .thread_capacity = process->thread_capacity};
}

/* A process of that number, which may have been another's whose end was lost. */
static fs_status add_process(event_recorder *recorder, pid_t pid, event_process **out, fs_error *error)
{
    event_process *process = find(recorder, pid);
    if (!process) {
        if (!FS_GROW(recorder->processes, recorder->process_capacity, recorder->process_count + 1) ||
            !fs_map_add(&recorder->by_pid, fs_hash_64((uint64_t)pid), (uint32_t)recorder->process_count))
            return fs_fail_memory(error, "watching a process", sizeof *process);
        process = &recorder->processes[recorder->process_count++];
        *process = (event_process){.pid = pid, .image = NO_IMAGE};
    }
    forget(recorder, process);
    process->watched = true;
    recorder->none_since = 0;
    *out = process;
    return FS_OK;
}

static fs_status begin_image(event_recorder *recorder, event_process *process, const char *name, uint64_t now,
                             fs_error *error)
{
    flame_recording *recording = recorder->recording;
    const size_t at = recording->image_count;
    leave_image(recorder, process);
    if (!recorder->began) recorder->began = now;
    if (!FS_GROW(recording->images, recording->image_capacity, at + 1) ||
        !FS_GROW(recorder->images, recorder->image_capacity, at + 1))
        return fs_fail_memory(error, "watching a process", sizeof *recording->images);
    flame_image *image = &recording->images[at];
    fs_status status = FS_OK;
    if (!recording->native_files) status = flame_native_files_create(&recording->native_files, error);
    if (status) return status;
    *image = (flame_image){.pid = process->pid, .label = fs_strdup(name)};
    fs_arena_init(&image->names);
    if (!image->label) return fs_fail_memory(error, "watching a process", strlen(name));
    recording->image_count++;
    status = flame_native_create(process->pid, process->pid, recording->native_files, &image->native, error);
    if (status) return status;
    native_names_init(&image->native_names, image->native, recorder->options->inlines);
    recorder->images[at] = (event_image){.users = 1};
    process->image = (uint32_t)at;
    recording->statistics.processes += !process->counted; /* not once more after exec */
    process->counted = true;
    return flame_calls_child(&recording->calls, 0, FLAME_KEY_LABEL | FLAME_KEY_PROCESS | at,
                             &recorder->images[at].node, error);
}

/* One that runs: its program and its mappings are there already. */
static fs_status read_running(event_recorder *recorder, event_process *process, fs_error *error)
{
    char name[FLAME_THREAD_NAME_SIZE];
    flame_process *open = NULL;
    flame_maps maps = {0};
    fs_status status = flame_process_open(process->pid, &open, error);
    if (!status) status = flame_thread_name(process->pid, process->pid, name, error);
    if (!status) status = begin_image(recorder, process, name, fs_clock_nanoseconds(), error);
    process->since = fs_clock_nanoseconds(); /* what is mapped while they are read is told, too */
    if (!status) status = flame_maps_read(open, &maps, error);
    const uint32_t image = process->image;
    for (size_t i = 0; i < maps.count && !status; i++)
        if (maps.items[i].executable)
            status = flame_native_map(recorder->recording->images[image].native, &maps.items[i], error);
    flame_maps_fini(&maps);
    flame_process_close(open);
    return status;
}

fs_status event_recorder_watch(event_recorder *recorder, flame_recording *recording, pid_t pid, bool started,
                               fs_error *error)
{
    event_process *process;
    recorder->recording = recording;
    fs_status status = add_process(recorder, pid, &process, error);
    return status || started ? status : read_running(recorder, process, error);
}

/* ---- what is told ---- */

static fs_status begin_process(event_recorder *recorder, const flame_event *event, fs_error *error)
{
    event_process *process = find(recorder, event->pid);
    if (process && process->watched && event->time < process->since) return FS_OK;
    const event_process *parent = find(recorder, event->parent);
    if (!parent || !parent->watched) { /* as of the command itself, whose parent is this program */
        if (process && process->image != NO_IMAGE) forget(recorder, process);
        return FS_OK;
    }
    if (!recorder->options->children) {
        recorder->recording->statistics.others = true;
        return FS_OK;
    }
    /* It is the same program, with the same mappings, until it calls exec. */
    const uint32_t image = parent->image;
    fs_status status = add_process(recorder, event->pid, &process, error);
    if (status || image == NO_IMAGE) return status;
    process->image = image;
    recorder->images[image].users++;
    return FS_OK;
}

/* What others of its threads did before that may be told later. */
static void end_thread(event_recorder *recorder, event_process *process, pid_t tid)
{
    for (size_t i = 0; i < process->thread_count; i++) {
        if (process->threads[i].tid != tid) continue;
        flame_path_fini(&process->threads[i].path);
        process->threads[i] = process->threads[--process->thread_count];
        break;
    }
    if (!flame_living_thread(process->pid)) process->ended = recorder->updates;
}

static void forget_ended(event_recorder *recorder)
{
    for (size_t i = 0; i < recorder->process_count; i++) {
        event_process *process = &recorder->processes[i];
        if (process->ended && recorder->updates >= process->ended + 2) forget(recorder, process);
    }
}

/* The same program in a process that maps code of its own since fork. */
static fs_status unshare_image(event_recorder *recorder, event_process *process, fs_error *error)
{
    flame_recording *recording = recorder->recording;
    const uint32_t before = process->image;
    if (recorder->images[before].users == 1) return FS_OK;
    char *name = fs_strdup(recording->images[before].label);
    if (!name) return fs_fail_memory(error, "watching a process", 0);
    fs_status status = begin_image(recorder, process, name, recorder->began, error);
    fs_free(name);
    return status ? status
                  : flame_native_map_as(recording->images[process->image].native,
                                        recording->images[before].native, error);
}

static fs_status thread_of(event_recorder *recorder, event_process *process, pid_t tid, event_thread **out,
                           fs_error *error)
{
    flame_recording *recording = recorder->recording;
    event_thread *thread = NULL;
    for (size_t i = 0; i < process->thread_count && !thread; i++)
        if (process->threads[i].tid == tid) thread = &process->threads[i];
    if (!thread) {
        if (!FS_GROW(process->threads, process->thread_capacity, process->thread_count + 1))
            return fs_fail_memory(error, "watching a thread", sizeof *thread);
        thread = &process->threads[process->thread_count++];
        *thread = (event_thread){.tid = tid, .image = NO_IMAGE};
        recording->statistics.threads++;
    }
    *out = thread;
    if (thread->image == process->image) return FS_OK;
    thread->image = process->image;
    thread->node = recorder->images[process->image].node;
    if (recorder->options->merge) return FS_OK;
    char name[FLAME_THREAD_NAME_SIZE], text[128];
    uint32_t label;
    if (flame_thread_name(process->pid, tid, name, NULL) != FS_OK)
        snprintf(name, sizeof name, "%s", recording->images[process->image].label);
    snprintf(text, sizeof text, "%s %d", name, (int)tid);
    fs_status status = flame_label(&recording->labels, text, &label, error);
    if (!status)
        status =
            flame_calls_child(&recording->calls, thread->node, FLAME_KEY_LABEL | label, &thread->node, error);
    return status;
}

/* Keys of what the program does, outermost first. */
static fs_status add_user_keys(event_recorder *recorder, const event_process *process,
                               const flame_event *event, fs_error *error)
{
    flame_recording *recording = recorder->recording;
    const flame_native_snapshot snapshot = {.registers = event->registers,
                                            .base = event->registers.value[FLAME_REG_SP],
                                            .bytes = event->stack,
                                            .length = event->stack_length};
    flame_native_stack stack = {0};
    fs_status status = FS_OK;
    if (event->has_registers)
        status = flame_native_unwind(recording->images[process->image].native, &snapshot, &stack, error);
    if (status) return status;
    if (!FS_GROW(recording->keys, recording->key_capacity, stack.depth + event->kernel_count))
        return fs_fail_memory(error, "reading a stack", stack.depth * sizeof *recording->keys);
    for (uint32_t i = stack.depth; i-- > 0;)
        recording->keys[recording->key_count++] = FLAME_KEY_NATIVE | stack.places[i];
    recording->statistics.broken += stack.end == FLAME_NATIVE_LOST;
    return FS_OK;
}

static fs_status take_in_time(event_recorder *recorder, event_thread *thread, uint64_t time, uint32_t node,
                              fs_error *error)
{
    uint64_t tick = (uint64_t)((double)(time - recorder->began) / recorder->period);
    if (tick < thread->next) tick = thread->next;
    thread->next = tick + 1;
    return flame_timeline_add(&recorder->recording->timeline, &thread->stretch, tick, 1, node, error);
}

/* Before the recording or after it. */
static bool is_outside(const event_recorder *recorder, uint64_t time)
{
    const double since = (double)time - (double)recorder->began, most = recorder->options->seconds * 1e9;
    return since < 0 || (most > 0 && since > most);
}

static fs_status take(event_recorder *recorder, event_process *process, const flame_event *event,
                      fs_error *error)
{
    flame_recording *recording = recorder->recording;
    flame_statistics *statistics = &recording->statistics;
    event_thread *thread = NULL;
    uint32_t node = 0;
    if (process->image == NO_IMAGE) return FS_OK; /* it is still this program, about to call exec */
    if (recorder->options->thread && recorder->options->thread != event->tid) return FS_OK;
    recorder->own_samples++;
    if (is_outside(recorder, event->time)) return FS_OK;
    recording->key_count = 0;
    fs_status status = thread_of(recorder, process, event->tid, &thread, error);
    if (!status) status = add_user_keys(recorder, process, event, error);
    /* But for the innermost they are where a call returns to, which may be behind its function. */
    for (size_t i = event->kernel_count; i-- > 0 && !status;)
        recording->keys[recording->key_count++] =
            FLAME_KEY_KERNEL | ((event->kernel[i] - (i > 0)) & FLAME_KEY_KERNEL_PLACE);
    if (!status)
        status = flame_calls_descend(&recording->calls, &thread->path, thread->node, recording->keys,
                                     recording->key_count, &node, error);
    if (status) return status;
    statistics->stacks += recording->calls.nodes[node].self == 0;
    recording->calls.nodes[node].self++;
    statistics->taken++;
    statistics->samples++;
    statistics->wanted++;
    return recorder->options->in_time ? take_in_time(recorder, thread, event->time, node, error) : FS_OK;
}

/* Of all programs, of which those that are watched have their part. */
static void note_lost(event_recorder *recorder, const flame_event *event)
{
    flame_statistics *statistics = &recorder->recording->statistics;
    if (!recorder->began || is_outside(recorder, event->time) || !recorder->samples) return;
    const double share = (double)recorder->own_samples / (double)recorder->samples;
    const uint64_t lost = (uint64_t)((double)event->lost * share + 0.5);
    statistics->missed[FLAME_MISSED_DROPPED] += lost;
    statistics->wanted += lost;
}

static fs_status visit(void *context, const flame_event *event, fs_error *error)
{
    event_recorder *recorder = context;
    if (event->kind == FLAME_EVENT_BEGIN)
        return event->tid == event->pid ? begin_process(recorder, event, error) : FS_OK;
    recorder->samples += event->kind == FLAME_EVENT_SAMPLE;
    if (event->kind == FLAME_EVENT_LOST) {
        note_lost(recorder, event);
        return FS_OK;
    }
    event_process *process = find(recorder, event->pid);
    if (!process || !process->watched || event->time < process->since) return FS_OK;
    fs_status status;
    switch (event->kind) {
    case FLAME_EVENT_EXEC:
        return begin_image(recorder, process, event->name, event->time, error);
    case FLAME_EVENT_MAP:
        if (process->image == NO_IMAGE) return FS_OK;
        status = unshare_image(recorder, process, error);
        return status
                   ? status
                   : flame_native_map(recorder->recording->images[process->image].native, &event->map, error);
    case FLAME_EVENT_END:
        end_thread(recorder, process, event->tid);
        return FS_OK;
    default:
        return take(recorder, process, event, error);
    }
}

fs_status event_recorder_update(event_recorder *recorder, flame_recording *recording, bool last,
                                fs_error *error)
{
    recorder->recording = recording;
    recorder->updates++;
    fs_status status = flame_events_read(recorder->events, last, visit, recorder, error);
    forget_ended(recorder);
    return status;
}
