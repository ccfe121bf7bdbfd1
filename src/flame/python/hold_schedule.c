#include "hold_schedule.h"

enum {
    WINDOW_MOST = 1 << 20, /* samples */
    VALID_WINDOWS = 4,     /* held samples lie less than two apart; one may fail, and samples may come late */
    VALID_LEAST = 20 * 1000000 /* nanoseconds */
};

bool hold_schedule_next(hold_schedule *schedule, double rest, uint64_t interval, fs_random *random)
{
    if (!schedule->left) {
        double samples = rest / (double)interval;
        samples = (samples < WINDOW_MOST ? samples : WINDOW_MOST) + fs_random_unit(random);
        schedule->left = samples < 1 ? 1 : (uint32_t)samples;
        schedule->hold_in = (uint32_t)fs_random_below(random, schedule->left);
        schedule->valid_for = (uint64_t)schedule->left * VALID_WINDOWS * interval;
        if (schedule->valid_for < VALID_LEAST) schedule->valid_for = VALID_LEAST;
    }
    schedule->left--;
    return schedule->hold_in-- == 0;
}

bool hold_schedule_is_next(const hold_schedule *schedule)
{
    return schedule->left && schedule->hold_in == 0;
}

bool hold_schedule_covers(const hold_schedule *schedule, uint64_t age)
{
    return age < schedule->valid_for;
}
