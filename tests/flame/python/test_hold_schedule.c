/* Which samples are held ones, and that each of the others has one that is valid for it. */
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

static void find_gaps(pace at, fs_random *random)
{
    hold_schedule schedule = {0};
    uint64_t seen = 0;
    uint32_t number = 0;
    for (uint32_t sample = 1; sample < SAMPLES; sample++) {
        uint64_t now = sample * at.interval;
        if (hold_schedule_next(&schedule, at.rest, at.interval, random) && (++number % 3)) seen = now;
        if (seen) assert_true(hold_schedule_covers(&schedule, now - seen));
    }
}

/* No sample after the first held one is without one that is valid for it, even when one in three fails. */
static void every_sample_has_a_held_one(void **state)
{
    (void)state;
    at_each_pace(find_gaps);
}

/* What a hold costs varies; it does not leave samples without one. */
static void a_changing_pace_leaves_no_gap(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 3);
    const uint64_t interval = 1000000;
    hold_schedule schedule = {0};
    uint64_t seen = 0;
    double rest = 0;
    for (uint32_t sample = 1; sample < SAMPLES; sample++) {
        if (hold_schedule_next(&schedule, rest, interval, &random)) {
            seen = sample * interval;
            double cost = fs_random_unit(&random) < 0.1 ? 4e7 : 4e6;
            rest += (cost - rest) / (rest > 0 ? 16 : 1);
        }
        assert_true(seen && hold_schedule_covers(&schedule, sample * interval - seen));
    }
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

/* A thread that waited for long is not shown with what it did before. */
static void a_held_sample_is_not_valid_for_ever(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 5);
    hold_schedule schedule = {0};
    assert_false(hold_schedule_covers(&schedule, 0));
    hold_schedule_next(&schedule, 4.4e6, 1000000, &random);
    assert_true(hold_schedule_covers(&schedule, 15000000));
    assert_false(hold_schedule_covers(&schedule, 30000000));
    schedule = (hold_schedule){0};
    hold_schedule_next(&schedule, 1e300, 1000000, &random);
    assert_false(hold_schedule_covers(&schedule, UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_come_as_often_as_they_may),
        cmocka_unit_test(every_sample_has_a_held_one),
        cmocka_unit_test(a_changing_pace_leaves_no_gap),
        cmocka_unit_test(a_hold_is_at_any_sample_of_its_window),
        cmocka_unit_test(a_held_sample_is_not_valid_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
