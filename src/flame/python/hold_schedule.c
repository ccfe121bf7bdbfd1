#include "hold_schedule.h"

enum { WINDOW_MOST = 1 << 20 /* samples */ };

bool hold_schedule_next(hold_schedule *schedule, double rest, uint64_t interval, fs_random *random)
{
    if (!schedule->left) {
        double samples = rest / (double)interval;
        samples = (samples < WINDOW_MOST ? samples : WINDOW_MOST) + fs_random_unit(random);
        schedule->window = schedule->left = samples < 1 ? 1 : (uint32_t)samples;
        schedule->hold_in = (uint32_t)fs_random_below(random, schedule->left);
    }
    schedule->left--;
    return schedule->hold_in-- == 0;
}

bool hold_schedule_is_next(const hold_schedule *schedule)
{
    return schedule->left && schedule->hold_in == 0;
}
