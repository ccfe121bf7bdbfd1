/* Which samples are held ones. */
#include "hold_schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

enum { SAMPLES = 200000 };

typedef struct pace {
    double rest;
    uint64_t interval;
} pace;

static const pace paces[] = {
    {0, 1000000},       {3e5, 100000},    {3e5, 10000000},  {4.4e6, 100000},   {4.4e6, 1000000},
    {4.4e6, 100000000}, {1.3e7, 1000000}, {5.25e7, 100000}, {5.25e7, 3000000}, {2e8, 1000000},
};

static void at_each_pace(void (*check)(pace at, fs_random *random))
{
    fs_random random;
    fs_random_init(&random, 1);
    for (size_t i = 0; i < sizeof paces / sizeof *paces; i++) check(paces[i], &random);
}

static void count_held(pace at, fs_random *random)
{
    hold_schedule schedule = {0};
    uint32_t held = 0;
    for (uint32_t sample = 0; sample < SAMPLES; sample++)
        held += hold_schedule_next(&schedule, at.rest, at.interval, random);
    /* A window is `rest` and, by chance, the part of a sample. */
    double apart = fmax(1, at.rest / (double)at.interval);
    assert_true(held <= SAMPLES / apart * 1.06 + 3);
    assert_true(held >= SAMPLES / (apart + 1) * 0.94 - 3);
}

/* Held samples take their part of the time: one in `rest`, or each sample where samples come less often. */
static void holds_come_as_often_as_they_may(void **state)
{
    (void)state;
    at_each_pace(count_held);
}

static void find_windows(pace at, fs_random *random)
{
    hold_schedule schedule = {0};
    uint32_t since = 0;
    for (uint32_t sample = 0; sample < SAMPLES; sample++, since++) {
        bool due = hold_schedule_is_next(&schedule), unknown = !schedule.left;
        bool held = hold_schedule_next(&schedule, at.rest, at.interval, random);
        assert_true(unknown || held == due);
        if (held) since = 0;
        assert_true(since < 2 * (at.rest / (double)at.interval + 1));
    }
}

/* Held samples lie less than two windows apart, and are known one sample before. */
static void every_window_has_a_held_sample(void **state)
{
    (void)state;
    at_each_pace(find_windows);
}

/* The held sample is each sample of its window alike. */
static void a_hold_is_at_any_sample_of_its_window(void **state)
{
    (void)state;
    enum { WINDOW = 10 };
    fs_random random;
    fs_random_init(&random, 4);
    hold_schedule schedule = {0};
    uint32_t at[WINDOW + 1] = {0}, held = 0, place = 0;
    for (uint32_t sample = 0; sample < SAMPLES; sample++) {
        /* A rest of exactly so many samples: the part by chance never makes it one more. */
        place = schedule.left ? place + 1 : 0;
        bool due = hold_schedule_next(&schedule, WINDOW * 1e6, 1000000, &random);
        assert_true(place < WINDOW);
        at[place] += due;
        held += due;
    }
    for (size_t i = 0; i < WINDOW; i++)
        assert_true(fabs(at[i] - held / (double)WINDOW) < 5 * sqrt(held / (double)WINDOW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_come_as_often_as_they_may),
        cmocka_unit_test(every_window_has_a_held_sample),
        cmocka_unit_test(a_hold_is_at_any_sample_of_its_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
