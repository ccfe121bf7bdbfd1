/* Reading a plan and results, writing the tables: each allocation made to fail in turn. */
#include "alloc_sweep.h"

#include "ladder.h"
#include "plan.h"
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char plan_path[64], result_path[64];

static const char plan_text[] =
    "{\"title\": \"T\", \"answer\": [{\"json\": \"x\"}, {\"file\": \"a.csv\"}], \"values\": {\"n\": 3},"
    "\"environment\": {\"A\": 1}, \"rungs\": [{\"name\": \"a\", \"command\": \"x 'y z' {n}\"},"
    "{\"name\": \"b b\", \"command\": [\"x\", \"y\"], \"note\": \"n\","
    "\"answer\": [{\"json\": \"y\", \"better\": \"lower\"}, {\"file\": \"b.csv\"}]}]}";

static int read_plan(void *context)
{
    (void)context;
    flame_plan *plan;
    fs_status status = flame_plan_read(plan_path, false, NULL, &plan, NULL);
    flame_plan_destroy(plan);
    return (int)status;
}

static int read_results(void *context)
{
    (void)context;
    flame_ladder ladder;
    fs_text out;
    fs_text_init(&out);
    fs_status status = flame_ladder_read(result_path, &ladder, NULL);
    if (status == FS_OK) {
        flame_check check;
        status = flame_report_table(&ladder, true, &out, NULL);
        if (status == FS_OK) status = flame_report_markdown(&ladder, &out, NULL);
        if (status == FS_OK) status = flame_report_check(&ladder, &ladder, 0.05, true, &out, &check, NULL);
        flame_ladder_fini(&ladder);
    }
    fs_text_fini(&out);
    return (int)status;
}

static void test_plan_memory(void **state)
{
    (void)state;
    assert_true(alloc_sweep(read_plan, NULL, FS_MEMORY) > 2);
}

static void test_results_memory(void **state)
{
    (void)state;
    assert_true(alloc_sweep(read_results, NULL, FS_MEMORY) > 10);
}

static int set_up(void **state)
{
    (void)state;
    strcpy(plan_path, "/tmp/test-ladder-plan-XXXXXX");
    strcpy(result_path, "/tmp/test-ladder-result-XXXXXX");
    int plan_file = mkstemp(plan_path), result_file = mkstemp(result_path);
    if (plan_file < 0 || result_file < 0) return -1;
    bool written = write(plan_file, plan_text, strlen(plan_text)) == (ssize_t)strlen(plan_text);
    close(plan_file);
    close(result_file);
    flame_plan *plan;
    flame_ladder ladder;
    if (!written || flame_plan_read(plan_path, false, NULL, &plan, NULL) != FS_OK) return -1;
    if (flame_ladder_init(&ladder, plan, NULL) != FS_OK) return -1;
    flame_run run = {.time = 1, .wall = 1};
    ladder.rungs[0].state = FLAME_RUNG_DONE;
    fs_text_add(&ladder.rungs[0].better, "lower y: 1, the first rung's 2");
    fs_text_add(&ladder.rungs[1].problem, "broken");
    ladder.rungs[1].state = FLAME_RUNG_FAILED;
    fs_status status = flame_rung_add(&ladder.rungs[0], &run, NULL);
    if (status == FS_OK) status = flame_ladder_write(&ladder, result_path, NULL);
    flame_ladder_fini(&ladder);
    flame_plan_destroy(plan);
    return (int)status;
}

static int clean_up(void **state)
{
    (void)state;
    unlink(plan_path);
    unlink(result_path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan_memory),
        cmocka_unit_test(test_results_memory),
    };
    return cmocka_run_group_tests(tests, set_up, clean_up);
}
