/* What a recorder says of its work. */
#include "clock.h"
#include "recorder_parts.h"

uint64_t flame_statistics_pending(const flame_statistics *statistics)
{
    uint64_t known = statistics->taken;
    for (int kind = 1; kind < FLAME_MISSED_KINDS; kind++) known += statistics->missed[kind];
    return statistics->wanted > known ? statistics->wanted - known : 0;
}

void flame_recorder_statistics(const flame_recorder *recorder, flame_statistics *statistics)
{
    const flame_pace *pace = &recorder->pace;
    *statistics = recorder->recording.statistics;
    statistics->missed[FLAME_MISSED_UNREAD] = flame_statistics_pending(statistics);
    statistics->stop = recorder->stop;
    statistics->unread = recorder->recording.unread_pid ? recorder->recording.unread.message : NULL;
    statistics->rate = recorder->options.rate;
    if (!recorder->began) return;
    const flame_recording *recording = &recorder->recording;
    statistics->barred_pid = recording->barred_pid;
    statistics->barred = recording->barred_pid ? recording->barred.message : NULL;
    if (recording->barred_pid)
        statistics->barred_after = (double)(recording->barred_at - recorder->began) * 1e-9;
    statistics->seconds = (double)(recorder->last - recorder->began) * 1e-9;
    statistics->ticks = pace->begun;
    statistics->skipped = pace->skipped;
    /* What a tick that went by would have shown is not known: a program that sleeps has lost nothing. */
    if (pace->begun)
        statistics->lost =
            (uint64_t)((double)pace->skipped * (double)statistics->wanted / (double)pace->begun + 0.5);
    statistics->late = pace->late;
    statistics->worst_late = (double)pace->worst_late * 1e-9;
    statistics->own_cpu = fs_clock_cpu_seconds() - recorder->cpu_before;
    statistics->stopped += recorder->stopped;
    statistics->target_ran = recorder->cpu_ran;
    statistics->target_waited = recorder->cpu_waited;
    statistics->halted = recorder->halted;
    for (size_t i = 0; i < recorder->target_count; i++) {
        const flame_target *target = recorder->targets[i];
        statistics->target_ran += target->cpu.ran;
        statistics->target_waited += (double)target->cpu.waited * 1e-9;
        statistics->halted += (double)target->halted_for * 1e-9;
        if (target->halted && !statistics->halted_pid) statistics->halted_pid = target->pid;
    }
}

bool flame_recorder_stopped(const flame_recorder *recorder)
{
    for (size_t i = 0; i < recorder->target_count; i++)
        if (recorder->targets[i]->state == FLAME_TARGET_READING &&
            flame_process_stopped(recorder->recording.images[recorder->targets[i]->image].process))
            return true;
    return false;
}

void flame_recorder_mark(flame_recorder *recorder)
{
    flame_calls_mark(&recorder->recording.calls);
}

void flame_recorder_reset(flame_recorder *recorder)
{
    flame_calls *calls = &recorder->recording.calls;
    for (size_t i = 0; i < calls->count; i++) calls->nodes[i].self = calls->nodes[i].marked = 0;
    recorder->recording.statistics.stacks = 0;
}

const char *flame_recorder_label(const flame_recorder *recorder, size_t index)
{
    const flame_labels *labels = &recorder->recording.labels;
    return index < labels->count ? labels->items[index] : NULL;
}

const char *flame_recorder_title(const flame_recorder *recorder)
{
    if (recorder->title) return recorder->title;
    return recorder->recording.image_count ? recorder->recording.images[0].label : NULL;
}
