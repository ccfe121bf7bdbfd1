/* The native stacks of a target: of a program that is no Python, or with those of Python. */
#include "target.h"

#include "elf_image.h"
#include "memory.h"
#include "scheduling.h"

#include <string.h>

/* An executable that is linked with Python has no interpreter in it before the dynamic linker is done. */
static bool awaits_python(const flame_process *process)
{
    flame_maps maps;
    flame_elf *elf;
    bool found = false;
    if (flame_maps_read(process, &maps, NULL) != FS_OK) return false;
    for (size_t i = 0; i < maps.count; i++) {
        const flame_map *map = &maps.items[i];
        if (!map->inode || map->offset != 0) continue;
        if (flame_elf_open(flame_process_thread(process), map, &elf, NULL) == FS_OK)
            found = flame_elf_needs(elf, "libpython");
        flame_elf_close(elf);
        break;
    }
    flame_maps_fini(&maps);
    return found;
}

static fs_status open_native(flame_image *image, flame_recording *recording, fs_error *error)
{
    fs_status status = FS_OK;
    if (!recording->native_files) status = flame_native_files_create(&recording->native_files, error);
    if (!status) status = flame_native_open(image->process, recording->native_files, &image->native, error);
    if (!status) native_names_init(&image->native_names, image->native, recording->options->inlines);
    return status;
}

fs_status flame_target_open_sampler(flame_target *target, flame_recording *recording, uint64_t now,
                                    fs_error *error)
{
    const flame_recorder_options *wanted = recording->options;
    flame_image *image = &recording->images[target->image];
    flame_native_sampler_options options = {.idle = wanted->idle, .only = wanted->thread};
    fs_error why;
    fs_status status = FS_OK;
    if (wanted->mixed || !image->interpreter) status = open_native(image, recording, &why);
    if (!status && image->interpreter) {
        const mixed_stacks_options shown = {
            .native = wanted->mixed, .native_all = wanted->mixed_all, .tasks = wanted->tasks};
        status = mixed_stacks_create(image->interpreter, image->native, &shown, &image->mixed, &why);
        options.held = mixed_stacks_read;
        options.context = image->mixed;
    }
    if (!status)
        status = flame_native_sampler_create(image->process, image->native, &options, &image->sampler, &why);
    if (status == FS_MEMORY) return fs_fail(error, status, "%s", why.message);
    if (status) flame_target_changed(target, recording, status, now); /* it has just ended */
    /* What is held waits for this thread, which takes little. */
    if (!status && !recording->raised) recording->nice = flame_priority_raise();
    recording->raised = recording->raised || !status;
    return FS_OK;
}

fs_status flame_target_open_native(flame_target *target, flame_recording *recording, uint64_t now,
                                   fs_error *error)
{
    const flame_recorder_options *wanted = recording->options;
    const bool refused = target->found != FLAME_PYTHON_NONE || target->trouble.code == FS_IO;
    if (!wanted->native || wanted->gil || refused || awaits_python(target->process)) return FS_OK;
    fs_status status = flame_target_add_image(target, recording, NULL, error);
    return status ? status : flame_target_open_sampler(target, recording, now, error);
}

static flame_missed missed_of(flame_native_outcome outcome)
{
    switch (outcome) {
    case FLAME_NATIVE_TAKEN:
        return FLAME_TAKEN;
    case FLAME_NATIVE_COPY_SHORT:
        return FLAME_MISSED_DEEP;
    case FLAME_NATIVE_HELD:
        return FLAME_MISSED_HELD;
    case FLAME_NATIVE_UNSTOPPED:
        break;
    }
    return FLAME_MISSED_UNSTOPPED;
}

static fs_status take(flame_target *target, flame_recording *recording, const flame_native_thread *native,
                      size_t *from, fs_error *error)
{
    const flame_thread_sample thread = {
        .tid = native->tid, .ident = (uint64_t)native->tid, .ticks = native->ticks};
    if (!FS_GROW(recording->keys, recording->key_capacity, native->depth))
        return fs_fail_memory(error, "reading a stack", native->depth * sizeof *recording->keys);
    recording->key_count = native->depth;
    for (uint32_t i = 0; i < native->depth; i++)
        recording->keys[i] = FLAME_KEY_NATIVE | native->places[native->depth - 1 - i];
    recording->statistics.broken += native->end == FLAME_NATIVE_LOST ? native->ticks : 0;
    return flame_target_add_stack(target, recording, &thread, native->earlier, from, error);
}

/* Keys of a merged stack. */
static fs_status take_keys(flame_recording *recording, const mixed_stack *mixed, fs_error *error)
{
    const merged_stack *stack = mixed->stack;
    if (!FS_GROW(recording->keys, recording->key_capacity, stack->count))
        return fs_fail_memory(error, "reading a stack", stack->count * sizeof *recording->keys);
    recording->key_count = stack->count;
    for (size_t i = 0; i < stack->count; i++) {
        const merged_frame *frame = &stack->frames[stack->count - 1 - i];
        uint64_t *key = &recording->keys[i];
        *key = FLAME_KEY_NATIVE | frame->index;
        if (frame->kind != MERGED_PYTHON) continue;
        fs_status status =
            flame_target_key(recording->options, &mixed->python.frames[frame->index], key, error);
        if (status) return status;
    }
    return FS_OK;
}

/* *wanted: it is one of those that count. */
static fs_status take_mixed(flame_target *target, flame_recording *recording,
                            const flame_native_thread *native, size_t *from, bool *wanted, fs_error *error)
{
    flame_statistics *statistics = &recording->statistics;
    mixed_stack mixed;
    fs_status status = mixed_stacks_merge(recording->images[target->image].mixed, native, &mixed, error);
    *wanted = (!recording->options->gil || mixed.python.holds_gil) &&
              (recording->options->mixed || (mixed.is_python && (mixed.python.depth || mixed.python.missed)));
    if (status || !*wanted) return status;
    if (!native->ticks) { /* a later sample stands for this tick */
        mixed.python = (flame_thread_sample){.tid = native->tid};
        return flame_target_add_stack(target, recording, &mixed.python, false, from, error);
    }
    if (mixed.python.missed) {
        statistics->missed[mixed.python.missed] += native->ticks;
        return FS_OK;
    }
    status = take_keys(recording, &mixed, error);
    if (status) return status;
    if (recording->options->mixed) statistics->broken += native->end == FLAME_NATIVE_LOST ? native->ticks : 0;
    statistics->unordered += mixed.stack->unordered ? native->ticks : 0;
    mixed.python.ticks = native->ticks;
    return flame_target_add_stack(target, recording, &mixed.python, native->earlier, from, error);
}

/* A program that sleeps may wait for others that do the work: then that is worth telling. */
static void look_for_children(const flame_target *target, flame_recording *recording)
{
    enum { EVERY = 16 };
    pid_t *pids;
    size_t count;
    if (recording->options->children || recording->statistics.others || target->samples % EVERY != 1) return;
    if (flame_process_children(target->pid, &pids, &count, NULL) != FS_OK) return;
    recording->statistics.others = count > 0;
    fs_free(pids);
}

fs_status flame_target_sample_native(flame_target *target, flame_recording *recording, uint64_t now,
                                     fs_error *error)
{
    flame_statistics *statistics = &recording->statistics;
    const flame_image *image = &recording->images[target->image];
    flame_native_sample taken = {0};
    fs_error trouble;
    fs_status status = image->mixed ? flame_interpreter_list(image->interpreter, &trouble) : FS_OK;
    if (!status) status = flame_native_sampler_take(image->sampler, &taken, &trouble);
    if (status == FS_MEMORY) return fs_fail(error, status, "%s", trouble.message);
    if (status || (!image->mixed && flame_native_has_file(image->native, "libpython"))) {
        flame_target_changed(target, recording, status, now);
        return FS_OK;
    }
    target->samples++;
    statistics->looks++;
    statistics->stopped += taken.held;
    size_t from = 0;
    bool any = false;
    for (size_t i = 0; i < taken.count; i++) {
        const flame_native_thread *thread = &taken.threads[i];
        bool wanted = true;
        /* One that came between two ticks stands only for some before. */
        const flame_thread_sample counted = {.tid = thread->tid, .ticks = thread->ticks + thread->earlier};
        if (thread->ticks) flame_target_count_pending(target, &counted, &from);
        if (thread->outcome != FLAME_NATIVE_TAKEN)
            statistics->missed[missed_of(thread->outcome)] += thread->ticks;
        else if (image->mixed)
            status = take_mixed(target, recording, thread, &from, &wanted, error);
        else
            status = take(target, recording, thread, &from, error);
        if (status) return status;
        if (!thread->ticks && wanted) flame_target_count_pending(target, &counted, &from);
        statistics->wanted += wanted && !thread->earlier;
        any = any || wanted;
    }
    if (any) return FS_OK;
    statistics->empty++;
    if (!image->mixed) look_for_children(target, recording);
    return FS_OK;
}
