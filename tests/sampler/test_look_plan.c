/* Which samples are looks, and that each of the others has one to stand for it. */
#include "look_plan.h"

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

static void count_looks(pace at, fs_random *random)
{
    look_plan plan = {0};
    uint32_t looks = 0;
    for (uint32_t sample = 0; sample < SAMPLES; sample++)
        looks += look_plan_next(&plan, at.rest, at.interval, random);
    /* A stretch is `rest` and, by chance, the part of a sample. */
    double apart = fmax(1, at.rest / (double)at.interval);
    assert_true(looks <= SAMPLES / apart * 1.06 + 3);
    assert_true(looks >= SAMPLES / (apart + 1) * 0.94 - 3);
}

/* Looks take their part of the time: one in `rest`, or each sample where samples come less often. */
static void looks_come_as_often_as_they_may(void **state)
{
    (void)state;
    at_each_pace(count_looks);
}

static void find_gaps(pace at, fs_random *random)
{
    look_plan plan = {0};
    uint64_t seen = 0;
    uint32_t number = 0;
    for (uint32_t sample = 1; sample < SAMPLES; sample++) {
        uint64_t now = sample * at.interval;
        if (look_plan_next(&plan, at.rest, at.interval, random) && (++number % 3)) seen = now;
        if (seen) assert_true(look_plan_stands(&plan, now - seen));
    }
}

/* No sample after the first look is without one that stands for it, even when one look in three fails. */
static void every_sample_has_a_look(void **state)
{
    (void)state;
    at_each_pace(find_gaps);
}

/* What costs a look varies; it does not leave samples without one. */
static void a_changing_pace_leaves_no_gap(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 3);
    const uint64_t interval = 1000000;
    look_plan plan = {0};
    uint64_t seen = 0;
    double rest = 0;
    for (uint32_t sample = 1; sample < SAMPLES; sample++) {
        if (look_plan_next(&plan, rest, interval, &random)) {
            seen = sample * interval;
            double cost = fs_random_unit(&random) < 0.1 ? 4e7 : 4e6;
            rest += (cost - rest) / (rest > 0 ? 16 : 1);
        }
        assert_true(seen && look_plan_stands(&plan, sample * interval - seen));
    }
}

/* The look falls on each sample of its stretch alike. */
static void a_look_is_at_any_sample_of_its_stretch(void **state)
{
    (void)state;
    enum { STRETCH = 10 };
    fs_random random;
    fs_random_init(&random, 4);
    look_plan plan = {0};
    uint32_t at[STRETCH + 1] = {0}, looks = 0, place = 0;
    for (uint32_t sample = 0; sample < SAMPLES; sample++) {
        /* A rest of exactly so many samples: the part by chance never makes it one more. */
        place = plan.left ? place + 1 : 0;
        bool due = look_plan_next(&plan, STRETCH * 1e6, 1000000, &random);
        assert_true(place < STRETCH);
        at[place] += due;
        looks += due;
    }
    for (size_t i = 0; i < STRETCH; i++)
        assert_true(fabs(at[i] - looks / (double)STRETCH) < 5 * sqrt(looks / (double)STRETCH));
}

/* A thread that waited for long is not shown with what it did before. */
static void a_look_does_not_stand_for_ever(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 5);
    look_plan plan = {0};
    assert_false(look_plan_stands(&plan, 0));
    look_plan_next(&plan, 4.4e6, 1000000, &random);
    assert_true(look_plan_stands(&plan, 15000000));
    assert_false(look_plan_stands(&plan, 30000000));
    plan = (look_plan){0};
    look_plan_next(&plan, 1e300, 1000000, &random);
    assert_false(look_plan_stands(&plan, UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_come_as_often_as_they_may),
        cmocka_unit_test(every_sample_has_a_look),
        cmocka_unit_test(a_changing_pace_leaves_no_gap),
        cmocka_unit_test(a_look_is_at_any_sample_of_its_stretch),
        cmocka_unit_test(a_look_does_not_stand_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
