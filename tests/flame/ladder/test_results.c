/* What is reckoned from the runs of a ladder, its file of results, comparison and figures in words. */
#include "climb.h"
#include "figures.h"
#include "ladder.h"
#include "scratch_file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void set_runs(flame_rung *rung, const double *seconds, size_t count)
{
    fs_error error;
    for (size_t i = 0; i < count; i++) {
        flame_run run = {.time = seconds[i], .wall = seconds[i], .user = seconds[i], .peak_memory = 1000 + i};
        assert_int_equal(flame_rung_add(rung, &run, &error), FS_OK);
    }
    rung->state = FLAME_RUNG_DONE;
}

static void test_figures(void **state)
{
    (void)state;
    static const char text[] =
        "{\"answer\": {\"json\": \"x\"}, \"rungs\": [{\"name\": \"a\", \"command\": \"x\"},"
        "{\"name\": \"b\", \"command\": \"x\"}, {\"name\": \"c\", \"command\": \"x\"},"
        "{\"name\": \"d\", \"command\": \"x\"}, {\"name\": \"e\", \"command\": \"x\", \"job\": \"2\"}]}";
    char path[SCRATCH_PATH];
    flame_plan *plan;
    fs_error error;
    scratch_file(path, text, strlen(text));
    assert_int_equal(flame_plan_read(path, false, NULL, &plan, &error), FS_OK);
    unlink(path);
    flame_ladder ladder;
    assert_int_equal(flame_ladder_init(&ladder, plan, &error), FS_OK);
    const double a[] = {5, 1, 4, 2, 3}, b[] = {1, 1, 1}, d[] = {0.5}, e[] = {7, 9};
    set_runs(&ladder.rungs[0], a, 5);
    set_runs(&ladder.rungs[1], b, 3);
    ladder.rungs[1].state = FLAME_RUNG_WRONG;
    ladder.rungs[2].state = FLAME_RUNG_FAILED;
    fs_text_add(&ladder.rungs[2].problem, "it <broke>\n\"here\"");
    set_runs(&ladder.rungs[3], d, 1);
    set_runs(&ladder.rungs[4], e, 2);
    fs_text_add(&ladder.rungs[3].better, "lower stress: 1, the first rung's 2");
    flame_ladder_reckon(&ladder);
    const flame_figures *f = &ladder.rungs[0].figures;
    assert_true(f->time == 3 && f->low == 2 && f->high == 4 && f->spread == 1 && f->least == 1 &&
                f->most == 5);
    assert_int_equal(f->peak_memory, 1004);
    assert_true(f->over_first == 1 && f->over_previous == 0);
    assert_true(ladder.rungs[1].figures.over_first == 0); /* wrong: no speed-up */
    assert_true(ladder.rungs[3].figures.over_first == 6 && ladder.rungs[3].figures.over_previous == 6);
    assert_true(ladder.rungs[4].figures.time == 8 && ladder.rungs[4].figures.over_first == 1);

    scratch_file(path, "", 0);
    assert_int_equal(flame_ladder_write(&ladder, path, &error), FS_OK);
    assert_true(flame_ladder_is_result(path));
    flame_ladder back;
    assert_int_equal(flame_ladder_read(path, &back, &error), FS_OK);
    assert_int_equal(back.rung_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(back.rungs[i].state, ladder.rungs[i].state);
        assert_int_equal(back.rungs[i].run_count, ladder.rungs[i].run_count);
        assert_true(back.rungs[i].figures.time == ladder.rungs[i].figures.time);
        assert_string_equal(fs_text_string(&back.rungs[i].problem), fs_text_string(&ladder.rungs[i].problem));
        assert_string_equal(fs_text_string(&back.rungs[i].better), fs_text_string(&ladder.rungs[i].better));
    }
    assert_true(back.compares);
    unlink(path);
    flame_ladder_fini(&back);
    flame_ladder_fini(&ladder);
    flame_plan_destroy(plan);
}

static flame_verdict verdict_of(const double *before, size_t n, const double *now, size_t m, double *change)
{
    flame_rung rungs[2] = {{.state = FLAME_RUNG_DONE}, {.state = FLAME_RUNG_DONE}};
    flame_ladder ladder = {.rungs = rungs, .rung_count = 2};
    set_runs(&rungs[0], before, n);
    set_runs(&rungs[1], now, m);
    flame_ladder_reckon(&ladder);
    flame_verdict verdict = flame_rung_compare(&rungs[0], &rungs[1], 0.05, change);
    flame_rung_clear(&rungs[0]);
    flame_rung_clear(&rungs[1]);
    return verdict;
}

static void test_compare(void **state)
{
    (void)state;
    double change;
    const double base[] = {1.0, 1.01, 1.02, 0.99, 1.0}, noisy[] = {0.8, 1.3, 1.0, 1.6, 1.1};
    const double slow[] = {1.2, 1.21, 1.19, 1.2, 1.22}, little[] = {1.04, 1.04, 1.04, 1.04, 1.04};
    const double fast[] = {0.5, 0.51, 0.5, 0.49, 0.5};
    const double again[] = {0.99, 1.0, 1.01, 1.02, 1.0};
    assert_int_equal(verdict_of(base, 5, again, 5, &change), FLAME_SAME);
    assert_true(change == 1);
    assert_int_equal(verdict_of(base, 5, base, 5, &change),
                     FLAME_KEPT); /* the same runs, not measured again */
    assert_int_equal(verdict_of(base, 5, slow, 5, &change), FLAME_SLOWER);
    assert_true(fabs(change - 1.2) < 1e-12);
    assert_int_equal(verdict_of(base, 5, little, 5, &change), FLAME_SAME); /* beyond the spread, within 5% */
    assert_int_equal(verdict_of(noisy, 5, slow, 5, &change), FLAME_SAME);  /* within the spread */
    assert_int_equal(verdict_of(base, 5, fast, 5, &change), FLAME_FASTER);
    flame_rung done = {.state = FLAME_RUNG_DONE, .run_count = 1}, broken = {.state = FLAME_RUNG_WRONG};
    assert_int_equal(flame_rung_compare(&done, &broken, 0.05, &change), FLAME_BROKEN);
    assert_int_equal(flame_rung_compare(&broken, &done, 0.05, &change), FLAME_NEW);
}

static void test_bad_results(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"format\": \"flame ladder 1\"}",
        "[1]",
        "{\"format\": \"flame ladder 1\", \"title\": 3}",
        "{\"format\": \"flame ladder 1\", \"title\": \"t\", \"started\": \"s\", \"machine\": {\"cpu\": \"\", "
        "\"kernel\":"
        " \"\", \"system\": \"\", \"cores\": 1, \"memory\": -1}, \"rungs\": []}",
        "{\"format\": \"flame ladder 1\", \"title\": \"t\", \"started\": \"s\", \"machine\": {\"cpu\": \"\", "
        "\"kernel\":"
        " \"\", \"system\": \"\", \"cores\": 1, \"memory\": 1}, \"rungs\": [{\"name\": \"a\", \"slug\": "
        "\"../x\","
        "\"command\": \"c\", \"state\": \"done\", \"runs\": []}]}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char path[SCRATCH_PATH];
        flame_ladder ladder;
        fs_error error;
        scratch_file(path, texts[i], strlen(texts[i]));
        assert_int_equal(flame_ladder_read(path, &ladder, &error), FS_FORMAT);
        unlink(path);
    }
}

static void check_seconds(double value, const char *text)
{
    char out[FLAME_FIGURE_SIZE];
    flame_seconds_text(value, out);
    assert_string_equal(out, text);
}

static void test_texts(void **state)
{
    (void)state;
    check_seconds(90.44, "90.4 s");
    check_seconds(123.4, "123 s");
    check_seconds(1, "1.00 s");
    check_seconds(0.99951, "1.00 s");
    check_seconds(0.9994, "999 ms");
    check_seconds(0.0123, "12.3 ms");
    check_seconds(5.12e-5, "51.2 µs");
    check_seconds(3e-9, "3.00 ns");
    check_seconds(0, "0.00 ns");
    char out[FLAME_FIGURE_SIZE];
    flame_times_text(12345.6, out);
    assert_string_equal(out, "12,346×");
    flame_times_text(12.34, out);
    assert_string_equal(out, "12.3×");
    flame_times_text(0, out);
    assert_string_equal(out, "–");
    flame_bytes_text(12345678, out);
    assert_string_equal(out, "12.3 MB");
    assert_int_equal(flame_climb_runs(90), 3);
    assert_int_equal(flame_climb_runs(1), 5);
    assert_int_equal(flame_climb_runs(0.01), 20);
    assert_int_equal(flame_climb_runs(0), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_bad_results),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
