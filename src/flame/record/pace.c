#include "pace.h"

void flame_pace_start(flame_pace *pace, double rate, uint64_t now)
{
    *pace = (flame_pace){.period = 1e9 / rate, .start = now};
}

static uint64_t due_at(const flame_pace *pace, uint64_t tick)
{
    return pace->start + (uint64_t)((double)tick * pace->period);
}

uint64_t flame_pace_due(const flame_pace *pace)
{
    return due_at(pace, pace->tick);
}

uint64_t flame_pace_next(const flame_pace *pace)
{
    return due_at(pace, pace->tick + 1);
}

void flame_pace_begin(flame_pace *pace, uint64_t now)
{
    uint64_t due = flame_pace_due(pace);
    uint64_t late = now > due ? now - due : 0;
    if (late > pace->worst_late) pace->worst_late = late;
    uint64_t behind = (uint64_t)((double)late / pace->period);
    if ((double)late - (double)behind * pace->period > pace->period / 2) pace->late++;
    pace->skipped += behind;
    pace->tick += behind + 1;
    pace->begun++;
}

void flame_pace_finish(flame_pace *pace, uint64_t end)
{
    for (; flame_pace_due(pace) < end; pace->tick++) pace->skipped++;
}

void flame_pace_resume(flame_pace *pace, uint64_t now)
{
    uint64_t due = flame_pace_due(pace);
    if (now > due) pace->start += now - due;
}
