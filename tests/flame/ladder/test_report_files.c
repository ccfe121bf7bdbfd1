/* The files of a report: all of them or none, whatever fails. */
#include "alloc_sweep.h"

#include "file.h"
#include "ladder.h"
#include "report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PUT(name, text) put(name, text, sizeof(text) - 1)

static char folder[64];
static flame_plan *plan;
static flame_ladder ladder;

static const char *const names[] = {"a.svg",           "a.html",    "b.svg",      "b.html",
                                    "answers/a-1.txt", "ladder.md", "index.html", "ladder.json"};
enum { NAMES = sizeof names / sizeof *names };

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *bytes, size_t length)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static int write_report(void *context)
{
    (void)context;
    return (int)flame_report_write(&ladder, plan, folder, NULL);
}

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/test-report-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    PUT("s.py", "fi\0rst\r\nsecond\n\nlast");
    PUT("a.folded", "main (s.py:2);work (s.py:4) 30\nmain (s.py:2) 10\n");
    PUT("b.folded", "main (s.py:2) 5\n");
    PUT("plan.json",
        "{\"answer\": {\"json\": \"x\"}, \"rungs\": [{\"name\": \"a\", \"command\": \"x\", \"note\": \"n\","
        " \"sources\": [\"s.py\"]}, {\"name\": \"b\", \"command\": \"y\"}, {\"name\": \"c\", \"command\": "
        "\"z\", \"job\": \"other\"}]}");
    if (flame_plan_read(path_of("plan.json"), false, NULL, &plan, NULL) != FS_OK) return -1;
    if (flame_ladder_init(&ladder, plan, NULL) != FS_OK) return -1;
    for (size_t i = 0; i < 2; i++) {
        flame_run run = {.time = 2 - (double)i, .wall = 2, .user = 1, .peak_memory = 1000};
        ladder.rungs[i].state = FLAME_RUNG_DONE;
        ladder.rungs[i].samples = 40;
        fs_text_add(&ladder.rungs[i].recorder, "perf");
        if (flame_rung_add(&ladder.rungs[i], &run, NULL) != FS_OK) return -1;
        /* Too long for ladder.json; the first one's is kept beside it. */
        flame_answer *answer = fs_alloc_0(1, sizeof *answer);
        if (!answer) return -1;
        *answer = (flame_answer){.text = fs_alloc_0(1000, 1), .length = 999, .summary = fs_strdup("s")};
        memset(answer->text, 'x', 999);
        ladder.rungs[i].answers = answer;
        ladder.rungs[i].answer_count = 1;
    }
    if (mkdir(path_of("answers"), 0700) != 0) return -1;
    ladder.rungs[2].state = FLAME_RUNG_FAILED;
    fs_text_add(&ladder.rungs[2].problem, "it broke");
    flame_ladder_reckon(&ladder);
    return 0;
}

static int clean_up(void **state)
{
    (void)state;
    static const char *const others[] = {"s.py", "a.folded", "b.folded", "plan.json"};
    for (size_t i = 0; i < NAMES; i++) unlink(path_of(names[i]));
    for (size_t i = 0; i < 4; i++) unlink(path_of(others[i]));
    flame_ladder_fini(&ladder);
    flame_plan_destroy(plan);
    rmdir(path_of("answers"));
    return rmdir(folder);
}

static bool is_there(const char *name)
{
    return access(path_of(name), F_OK) == 0;
}

static void test_none_when_one_fails(void **state)
{
    (void)state;
    for (size_t k = 0; k < NAMES; k++) { /* a folder stands where the file should */
        fs_error error;
        assert_int_equal(mkdir(path_of(names[k]), 0700), 0);
        assert_int_not_equal(flame_report_write(&ladder, plan, folder, &error), FS_OK);
        assert_non_null(strstr(error.message, names[k]));
        for (size_t i = 0; i < NAMES; i++) assert_true(is_there(names[i]) == (i == k));
        assert_int_equal(rmdir(path_of(names[k])), 0);
    }
}

static void test_all_of_them(void **state)
{
    (void)state;
    fs_error error;
    assert_int_equal(flame_report_write(&ladder, plan, folder, &error), FS_OK);
    for (size_t i = 0; i < NAMES; i++) assert_true(is_there(names[i]));
    char *page;
    size_t length;
    assert_int_equal(fs_file_read(path_of("index.html"), 0, &page, &length, &error), FS_OK);
    /* Lines of the source with their shares: 30 of 40 samples end in line 4, all of them go through line 2.
     */
    assert_non_null(
        strstr(page, "title=\"75.0% with all that it calls\"><td>4</td><td>75.0%</td><td><code>last<"));
    assert_non_null(
        strstr(page, "title=\"100.0% with all that it calls\"><td>2</td><td>25.0%</td><td><code>second<"));
    assert_non_null(strstr(page, "<td>1</td><td></td><td><code>fi\xEF\xBF\xBDrst</code>"));
    fs_free(page);
}

static void test_memory(void **state)
{
    (void)state;
    assert_true(alloc_sweep(write_report, NULL, FS_MEMORY) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_when_one_fails),
        cmocka_unit_test(test_all_of_them),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, set_up, clean_up);
}
