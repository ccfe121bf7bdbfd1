/* What a plan may say, and what each mistake in one is called. */
#include "plan.h"
#include "scratch_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static fs_status read_plan(const char *text, flame_plan **plan, fs_error *error)
{
    char path[SCRATCH_PATH];
    scratch_file(path, text, strlen(text));
    fs_status status = flame_plan_read(path, false, NULL, plan, error);
    unlink(path);
    return status;
}

static void check_plan_error(const char *text, const char *wanted)
{
    flame_plan *plan;
    fs_error error;
    fs_status status = read_plan(text, &plan, &error);
    if (status != FS_FORMAT) fail_msg("'%s' was accepted", text);
    if (!strstr(error.message, wanted)) fail_msg("'%s' gave: %s", text, error.message);
    assert_null(plan);
}

#define ONE_RUNG "\"rungs\": [{\"name\": \"a\", \"command\": \"true\"}]"
#define THREE    "{\"json\": \"a\"}, {\"json\": \"b\"}, {\"json\": \"c\"}"
#define NINE     THREE ", " THREE ", " THREE

static void test_plan_errors(void **state)
{
    (void)state;
    check_plan_error("[]", "line 1, column 1: a plan is an object in braces, not a list");
    check_plan_error("{}", "line 1, column 1: the plan has no \"rungs\"");
    check_plan_error("{\"rungs\": []}", "line 1, column 11: \"rungs\" is empty");
    check_plan_error("{\"rungs\": {}}", "is a list in brackets, not an object");
    check_plan_error("{\"titel\": \"x\", " ONE_RUNG "}",
                     "line 1, column 2: a plan has no key \"titel\"; did you mean \"title\"?");
    check_plan_error("{\"title\": 3, " ONE_RUNG "}",
                     "line 1, column 11: \"title\" is a string, not a number");
    check_plan_error("{\"title\": \"a\", \"title\": \"b\", " ONE_RUNG "}",
                     "column 16: the key \"title\" stands here for");
    check_plan_error("{\"runs\": \"five\", " ONE_RUNG "}", "\"runs\" is a number, not a string");
    check_plan_error("{\"runs\": 1.5, " ONE_RUNG "}", "\"runs\" is a whole number, not 1.5");
    check_plan_error("{\"runs\": 0, " ONE_RUNG "}", "\"runs\" is a number from 1 to 1000, not 0");
    check_plan_error("{\"time_limit\": -1, " ONE_RUNG "}", "\"time_limit\" is a number from 0.01");
    check_plan_error("{\"rungs\": [{\"command\": \"true\"}]}", "this rung has no \"name\"");
    check_plan_error("{\"rungs\": [{\"name\": \"a\"}]}", "rung \"a\" has no \"command\"");
    check_plan_error("{\"rungs\": [{\"name\": \"\", \"command\": \"true\"}]}", "1 to 80 bytes");
    check_plan_error(
        "{\"rungs\": [{\"name\": \"a\", \"command\": \"true\"},\n {\"name\": \"a\", \"command\": \"x\"}]}",
        "line 2, column 11: two rungs have the name \"a\" (rung 1 and rung 2)");
    check_plan_error("{\"rungs\": [{\"name\": \"a\", \"comand\": \"true\"}]}",
                     "a rung has no key \"comand\"; did you mean \"command\"?");
    check_plan_error(
        "{\"rungs\": [\n{\"name\": \"a\", \"command\": \"a | b\"}]}",
        "line 2, column 26: this command needs a shell: '|' joins two commands. Write \"shell\": true");
    check_plan_error("{\"rungs\": [{\"name\": \"a\", \"command\": \"a 'b\"}]}", "is not closed");
    check_plan_error("{\"rungs\": [{\"name\": \"a\", \"command\": []}]}", "has no words");
    check_plan_error("{\"rungs\": [{\"name\": \"a\", \"command\": [1]}]}", "a word of a command is a string");
    check_plan_error("{\"rungs\": [{\"name\": \"a\", \"command\": 1}]}", "a string or a list of words");
    check_plan_error("{\"rungs\": [{\"name\": \"a\", \"command\": [\"a\"], \"shell\": true}]}",
                     "is one string");
    check_plan_error("{\"rungs\": [{\"name\": \"a\", \"command\": \"a\", \"shell\": \"yes\"}]}",
                     "true or false");
    check_plan_error("{\"rungs\": [{\"name\": \"a\", \"command\": \"a\", \"profile\": \"gpu\"}]}",
                     "\"profile\" is");
    check_plan_error("{\"rungs\": [{\"name\": \"a\", \"command\": \"a\", \"sources\": [\"none.py\"]}]}",
                     "cannot read");
    check_plan_error("{\"rungs\": [{\"name\": \"a\", \"command\": \"a\", \"directory\": \"none\"}]}",
                     "no directory");
    check_plan_error(
        "{\"rungs\": [{\"name\": \"a\", \"command\": \"a\", \"environment\": {\"A=B\": \"1\"}}]}",
        "cannot be a name");
    check_plan_error("{\"rungs\": [{\"name\": \"a\", \"command\": \"a\", \"environment\": {\"A\": [1]}}]}",
                     "a string or a number (or null to unset it), not a list");
    check_plan_error("{\"answer\": {}, " ONE_RUNG "}", "has one of \"json\"");
    check_plan_error("{\"answer\": {\"json\": \"a\", \"file\": \"b\"}, " ONE_RUNG "}", "this has several");
    check_plan_error("{\"answer\": {\"regex\": \"(a\"}, " ONE_RUNG "}", "is wrong at character 3");
    check_plan_error("{\"answer\": {\"output\": false}, " ONE_RUNG "}", "\"output\" is true");
    check_plan_error("{\"answer\": {\"json\": []}, " ONE_RUNG "}", "it is empty");
    check_plan_error("{\"answer\": {\"json\": \"a\", \"tolerance\": -1}, " ONE_RUNG "}", "from 0 to 1");
    check_plan_error("{\"answer\": {\"json\": \"a\", \"better\": \"less\"}, " ONE_RUNG "}",
                     "line 1, column 36: \"better\" is \"lower\" or \"higher\"");
    check_plan_error("{\"answer\": {\"json\": \"a\", \"better\": 1}, " ONE_RUNG "}",
                     "\"better\" is a string, not a number");
    check_plan_error("{\"answer\": {\"json\": [\"a\", \"b\"], \"better\": \"lower\"}, " ONE_RUNG "}",
                     "line 1, column 33: \"better\" is said of one number");
    check_plan_error("{\"answer\": {\"file\": \"f\", \"better\": \"lower\"}, " ONE_RUNG "}",
                     "\"better\" is said of one number");
    check_plan_error("{\"rungs\": [{\"name\": \"a\", \"command\": \"a\", \"answer\": {\"json\": \"x\"}}]}",
                     "line 1, column 42: the others are held against the first rung");
    check_plan_error("{\"rungs\": [{\"name\": \"a\", \"command\": \"a\"},\n"
                     "{\"name\": \"b\", \"command\": \"b\", \"answer\": {\"jsn\": \"x\"}}]}",
                     "line 2, column 42: an answer has no key \"jsn\"; did you mean \"json\"?");
    check_plan_error("{\"answer\": [" NINE "], \"rungs\": [{\"name\": \"a\", \"command\": \"a\"},\n"
                     "{\"name\": \"b\", \"command\": \"b\", \"answer\": [" NINE "]}]}",
                     "line 2, column 41: 18 answers are too many; 16 at most, those of rungs included");
    check_plan_error("{\"values\": {\"scratch\": 1}, " ONE_RUNG "}", "has a meaning of its own");
    check_plan_error("{\"quick\": {\"rungs\": []}, " ONE_RUNG "}",
                     "\"quick\" has no key \"rungs\"; did you mean \"runs\"?");
    check_plan_error("{\"versions\": \"x\", " ONE_RUNG "}", "is a list of commands");
}

static void test_plan(void **state)
{
    (void)state;
    flame_plan *plan;
    fs_error error;
    const char *text =
        "{\"title\": \"T\", \"time\": \"wall\", \"runs\": 4, \"values\": {\"n\": 12, \"x\": \"a b\"},"
        "\"environment\": {\"A\": \"1\", \"B\": 2}, \"answer\": [{\"json\": [\"s\"], \"tolerance\": 0.5},"
        "{\"file\": \"{scratch}/{rung}.csv\"}], \"quick\": {\"values\": {\"n\": 3}, \"runs\": 2},"
        "\"rungs\": [{\"name\": \"One, two\", \"command\": \"p {n} {x} {scratch}/f {other}\"},"
        "{\"name\": \"one two\", \"command\": [\"p\", \"a|b\"], \"runs\": 7, \"profile\": false,"
        "\"environment\": {\"B\": null}, \"job\": \"large\", \"values\": {\"n\": 99}},"
        "{\"name\": \"three\", \"command\": \"x\", \"answer\": {\"json\": \"s\", \"better\": \"lower\"}},"
        "{\"name\": \"é\", \"command\": \"a | b {n}\", \"shell\": true}]}";
    assert_int_equal(read_plan(text, &plan, &error), FS_OK);
    assert_int_equal(plan->rung_count, 4);
    const flame_rung_plan *one = &plan->rungs[0], *two = &plan->rungs[1], *own = &plan->rungs[2],
                          *three = &plan->rungs[3];
    assert_string_equal(one->slug, "one-two");
    assert_string_equal(two->slug, "one-two-2");
    assert_string_equal(three->slug, "rung");
    assert_string_equal(one->words[1], "12");
    assert_string_equal(one->words[2], "a b"); /* one word: values are filled in after the splitting */
    assert_string_equal(one->words[3], "{scratch}/f");
    assert_string_equal(one->words[4], "{other}");
    assert_string_equal(one->command, "p 12 'a b' {scratch}/f {other}");
    assert_int_equal(one->runs, 4);
    assert_int_equal(two->runs, 7);
    assert_string_equal(two->words[1], "a|b");
    assert_string_equal(two->job, "large");
    assert_int_equal(two->profile, FLAME_PROFILE_OFF);
    assert_null(two->environment.values[1]);
    assert_string_equal(three->words[0], "/bin/sh");
    assert_string_equal(three->words[2], "a | b 12");
    assert_string_equal(three->command, "a | b 12");
    assert_int_equal(plan->answer_count, 3);
    assert_true(one->answer_first == 0 && one->answer_count == 2 && !one->own_answer);
    assert_true(own->answer_first == 2 && own->answer_count == 1 && own->own_answer);
    assert_int_equal(plan->answers[2].better, FLAME_BETTER_LOWER);
    assert_int_equal(plan->answers[0].better, FLAME_BETTER_NONE);
    assert_true(plan->answers[0].tolerance == 0.5);
    assert_string_equal(plan->time, "wall");
    flame_plan_destroy(plan);

    char path[SCRATCH_PATH];
    scratch_file(path, text, strlen(text));
    const char *name = "n", *value = "5", *wrong = "m";
    flame_pairs_list overrides = {.names = &name, .values = &value, .count = 1};
    assert_int_equal(flame_plan_read(path, true, &overrides, &plan, &error), FS_OK);
    assert_string_equal(plan->rungs[0].words[1], "5"); /* the command line before the quick form */
    assert_int_equal(plan->rungs[1].runs, 2);
    flame_plan_destroy(plan);
    assert_int_equal(flame_plan_read(path, true, NULL, &plan, &error), FS_OK);
    assert_string_equal(plan->rungs[0].words[1], "3");
    flame_plan_destroy(plan);
    overrides.names = &wrong;
    assert_int_equal(flame_plan_read(path, true, &overrides, &plan, &error), FS_ARGUMENT);
    assert_non_null(strstr(error.message, "did you mean \"n\"?"));
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan_errors),
        cmocka_unit_test(test_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
