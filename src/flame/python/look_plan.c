#include "look_plan.h"

enum {
    STRETCH_MOST = 1 << 20,     /* samples */
    STANDS_STRETCHES = 4,       /* looks lie less than two apart; one may fail, and samples may come late */
    STANDS_LEAST = 20 * 1000000 /* nanoseconds */
};

bool look_plan_next(look_plan *plan, double rest, uint64_t interval, fs_random *random)
{
    if (!plan->left) {
        double samples = rest / (double)interval;
        samples = (samples < STRETCH_MOST ? samples : STRETCH_MOST) + fs_random_unit(random);
        plan->left = samples < 1 ? 1 : (uint32_t)samples;
        plan->look_in = (uint32_t)fs_random_below(random, plan->left);
        plan->stands = (uint64_t)plan->left * STANDS_STRETCHES * interval;
        if (plan->stands < STANDS_LEAST) plan->stands = STANDS_LEAST;
    }
    plan->left--;
    return plan->look_in-- == 0;
}

bool look_plan_is_next(const look_plan *plan)
{
    return plan->left && plan->look_in == 0;
}

bool look_plan_stands(const look_plan *plan, uint64_t age)
{
    return age < plan->stands;
}
