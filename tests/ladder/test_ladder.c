/* Plans, words, answers and results of flame ladder, from inside. */
#include "answer.h"
#include "climb.h"
#include "figures.h"
#include "file.h"
#include "json_place.h"
#include "ladder.h"
#include "line_share.h"
#include "npy_text.h"
#include "plan.h"
#include "words.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- words ---- */

static void check_words(const char *line, const char *joined)
{
    fs_arena arena;
    fs_arena_init(&arena);
    char **words;
    size_t count;
    fs_error error;
    assert_int_equal(flame_words_split(line, &arena, &words, &count, &error), FS_OK);
    fs_text out;
    fs_text_init(&out);
    for (size_t i = 0; i < count; i++) fs_text_format(&out, "[%s]", words[i]);
    assert_string_equal(fs_text_string(&out), joined);
    assert_null(words[count]);
    /* What is joined splits into the same words again. */
    const char *line_again = flame_words_join((const char *const *)words, &arena);
    char **again;
    size_t count_again;
    assert_int_equal(flame_words_split(line_again, &arena, &again, &count_again, &error), FS_OK);
    assert_int_equal(count_again, count);
    for (size_t i = 0; i < count; i++) assert_string_equal(again[i], words[i]);
    fs_text_fini(&out);
    fs_arena_fini(&arena);
}

static void test_words(void **state)
{
    (void)state;
    check_words("python slow.py 3", "[python][slow.py][3]");
    check_words("  a\tb  ", "[a][b]");
    check_words("a 'b c' \"d e\"", "[a][b c][d e]");
    check_words("a b\\ c ''", "[a][b c][]");
    check_words("echo 'it'\"'\"'s'", "[echo][it's]");
    check_words("x \"a \\\" \\\\ \\n\"", "[x][a \" \\ \\n]");
    check_words("grep 'a|b;$c*' {n}", "[grep][a|b;$c*][{n}]");
    check_words("a~b c#d x=y", "[a~b][c#d][x=y]");
    check_words("'x=y' z", "[x=y][z]"); /* a program of that name, not a variable */
}

static void test_words_that_need_a_shell(void **state)
{
    (void)state;
    static const char *const lines[] = {"a | b", "a & b",  "a; b",   "a > b",    "a < b",     "a $HOME",
                                        "a `b`", "a *.py", "ls a?b", "a [bc]",   "(a)",       "A=1 b",
                                        "a ~/b", "a # b",  "a\nb",   "a \"$b\"", "a \"`b`\"", "_x9=3 b"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        fs_arena arena;
        fs_arena_init(&arena);
        char **words;
        size_t count;
        fs_error error;
        assert_int_equal(flame_words_split(lines[i], &arena, &words, &count, &error), FS_UNSUPPORTED);
        fs_arena_fini(&arena);
    }
    static const char *const broken[] = {"", "   ", "a 'b", "a \"b", "a \\"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        fs_arena arena;
        fs_arena_init(&arena);
        char **words;
        size_t count;
        fs_error error;
        assert_int_equal(flame_words_split(broken[i], &arena, &words, &count, &error), FS_FORMAT);
        fs_arena_fini(&arena);
    }
}

static void test_filling(void **state)
{
    (void)state;
    fs_arena arena;
    fs_arena_init(&arena);
    const char *names[] = {"n", "name"}, *values[] = {"3", "{n}"};
    static const char *const cases[][2] = {{"a {n} b", "a 3 b"}, {"{n}{n}", "33"},      {"{name}", "{n}"},
                                           {"{x} {", "{x} {"},   {"{n", "{n"},          {"}{n}", "}3"},
                                           {"{{n}}", "{3}"},     {"{\"n\"}", "{\"n\"}"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(flame_words_fill(cases[i][0], names, values, 2, &arena), cases[i][1]);
    fs_arena_fini(&arena);
}

/* ---- JSON with places ---- */

static void check_json_error(const char *text, const char *wanted)
{
    flame_json json;
    fs_error error;
    size_t length = strlen(text);
    assert_int_equal(flame_json_take("f", fs_strndup(text, length), length, &json, &error), FS_FORMAT);
    if (!strstr(error.message, wanted)) fail_msg("'%s' gave: %s", text, error.message);
}

static void test_json_errors(void **state)
{
    (void)state;
    check_json_error("", "empty");
    check_json_error(" \n", "empty");
    check_json_error("{\n  \"a\": 1,\n}", "line 3, column 1: a comma before");
    check_json_error("{\"a\": 1 \"b\": 2}", "line 1, column 9: a comma is missing");
    check_json_error("{'a': 1}", "line 1, column 2: strings stand in double quotes");
    check_json_error("{\"a\": 1} x", "line 1, column 10: something stands after");
    check_json_error("{\"a\": 01}", "line 1, column 7: a number begins");
    check_json_error("{\"a\": 1.}", "line 1, column 7: a digit is missing");
    check_json_error("{\"é\": \"a\tb\"}", "line 1, column 9: a control character");
    check_json_error("{\"a\": \"\\u0000\"}", "a NUL character");
    check_json_error("{\"a\": NaN}", "line 1, column 7: JSON has no NaN");
    check_json_error("{\"a\": -Infinity}", "line 1, column 7: JSON has no NaN");
    check_json_error("{\"a\": [1, 2}", "column 12");
    check_json_error("{\"a\": \"b", "f: line 1, column");
    check_json_error("// note\n{}", "line 1, column 1: JSON has no comments");
    check_json_error("{\"a\": True}", "small letters");
    check_json_error("\xff{}", "line 1, column 1: not valid UTF-8");
}

static void check_place(const char *text, const cJSON *(*find)(const cJSON *), bool key, size_t line,
                        size_t column)
{
    flame_json json;
    fs_error error;
    size_t length = strlen(text), l, c;
    assert_int_equal(flame_json_take("f", fs_strndup(text, length), length, &json, &error), FS_OK);
    flame_json_place(&json, find(json.root), key, &l, &c);
    assert_int_equal(l, line);
    assert_int_equal(c, column);
    flame_json_fini(&json);
}

static const cJSON *second_of_b(const cJSON *root)
{
    return cJSON_GetObjectItem(root, "b")->child->next;
}

static const cJSON *last(const cJSON *root)
{
    const cJSON *item = root->child;
    while (item->next) item = item->next;
    return item;
}

static const cJSON *itself(const cJSON *root)
{
    return root;
}

static void test_json_places(void **state)
{
    (void)state;
    const char *text =
        "{\"a\": {\"x\": [1, [2, {}], \"]}\\\"\"]},\n \"b\": [true,\n  {\"c\": null}],\n \"last\": -1e3}";
    check_place(text, itself, false, 1, 1);
    check_place(text, second_of_b, false, 3, 3);
    check_place(text, last, false, 4, 10);
    check_place(text, last, true, 4, 2);
}

/* ---- plans ---- */

static char folder[64];

static fs_status read_plan(const char *text, flame_plan **plan, fs_error *error)
{
    char path[100];
    snprintf(path, sizeof path, "%s/plan.json", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return flame_plan_read(path, false, NULL, plan, error);
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
        "{\"name\": \"é\", \"command\": \"a | b {n}\", \"shell\": true}]}";
    assert_int_equal(read_plan(text, &plan, &error), FS_OK);
    assert_int_equal(plan->rung_count, 3);
    const flame_rung_plan *one = &plan->rungs[0], *two = &plan->rungs[1], *three = &plan->rungs[2];
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
    assert_int_equal(plan->answer_count, 2);
    assert_true(plan->answers[0].tolerance == 0.5);
    assert_string_equal(plan->time, "wall");
    flame_plan_destroy(plan);

    char path[100];
    snprintf(path, sizeof path, "%s/plan.json", folder);
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
}

/* ---- answers ---- */

static bool agree(const char *first, const char *other, double tolerance, bool whole_exact)
{
    flame_answer_rule rule = {.tolerance = tolerance, .absolute = 1e-12, .whole_exact = whole_exact};
    flame_answer a = {.text = (char *)(uintptr_t)first, .length = strlen(first)};
    flame_answer b = {.text = (char *)(uintptr_t)other, .length = strlen(other)};
    fs_text why;
    fs_text_init(&why);
    bool same = flame_answer_agree(&rule, &a, &b, &why);
    assert_true(same == (why.length == 0));
    fs_text_fini(&why);
    return same;
}

static void test_agreement(void **state)
{
    (void)state;
    assert_true(agree("", "", 0, true));
    assert_true(agree("a 1 b", "a  1\tb", 0, true));
    assert_false(agree("a1", "a 1", 0, true));
    assert_true(agree("1.0", "1.0000000001", 1e-9, true));
    assert_false(agree("1.0", "1.00000001", 1e-9, true));
    assert_true(agree("1.00000001", "1.0", 1e-7, true));
    assert_true(agree("-1e3,x", "-1000.0000000001,x", 1e-9, true));
    assert_true(agree("1000000007", "1000000007.0", 1e-9, true));
    assert_false(agree("1000000007", "1000000006", 1e-9, true));
    assert_true(agree("1000000007", "1000000006", 1e-9, false));
    assert_false(agree("12345678901234567890", "12345678901234567891", 1e-9, true));
    assert_true(agree("007", "7", 1e-9, true));
    assert_true(agree("0.0", "1e-13", 1e-9, true));
    assert_false(agree("0.0", "1e-11", 1e-9, true));
    assert_false(agree("v1.5", "v1.50", 1e-3, true)); /* a name, not a number */
    assert_true(agree("1.5", "1.50", 0, true));
    assert_false(agree("nan", "1", 1, true));
    assert_true(agree("nan", "nan", 1, true));
    assert_true(agree("a\nb\n", "a\r\nb", 0, true));
    assert_false(agree("a\nb", "a b", 0, true));
    assert_false(agree("1 2", "1 2 3", 1, true));
    assert_false(agree("1 2 3", "1 2", 1, true));
    assert_true(agree("1, 2", "1, 2 \n", 0, true));
    assert_false(agree("5", "-5", 1e-9, true));
}

static flame_capture captured(const char *text)
{
    flame_capture capture = {0};
    fs_text_add(&capture.head, text);
    return capture;
}

static void check_answer(flame_answer_rule rule, const char *output, const char *wanted,
                         const char *error_part)
{
    flame_capture capture = captured(output);
    flame_answer answer;
    fs_error error = {0};
    fs_status status = flame_answer_take(&rule, &capture, NULL, NULL, &answer, &error);
    if (wanted) {
        if (status != FS_OK) fail_msg("'%s' gave: %s", output, error.message);
        assert_string_equal(answer.text, wanted);
    } else {
        assert_int_equal(status, FS_DATA);
        if (!strstr(error.message, error_part)) fail_msg("'%s' gave: %s", output, error.message);
    }
    flame_answer_fini(&answer);
    fs_text_fini(&capture.head);
}

static void test_json_answers(void **state)
{
    (void)state;
    const char *keys[] = {"a", "b"};
    flame_answer_rule rule = {.kind = FLAME_ANSWER_JSON, .keys = keys, .key_count = 2};
    check_answer(rule, "hello\n{\"b\": 12345678901234567890, \"a\": 1.0}\n", "a 1.0, b 12345678901234567890",
                 NULL);
    check_answer(rule, "{\"a\": 1}\n  {\"a\": {\"x\": [1, \"}\"]}, \"b\": \"t\"}",
                 "a {\"x\": [1, \"}\"]}, b \"t\"", NULL);
    check_answer(rule, "{\n  \"a\": 1,\n  \"b\": [2,\n3]\n}\n", "a 1, b [2,\n3]", NULL);
    check_answer(rule, "{\"a\": 1}\n", NULL, "prints no answer");
    check_answer(rule, "", NULL, "prints no answer");
    check_answer(rule, "{\"a\": 1, \"b\": 2}\nx\n{\"a\": 1, \"b\": 2}\n", NULL,
                 "twice, on line 1 and on line 3");
    check_answer(rule, "{\"a\": NaN, \"b\": 2}\n", NULL, "JSON has no NaN");
    check_answer(rule, "{\"a\": null, \"b\": 2}\n", NULL, "null for \"a\"");
    check_answer(rule, "{\"a\": 1, \"b\": 2\n", NULL, "line 1");
}

static void test_regex_answers(void **state)
{
    (void)state;
    flame_answer_rule rule = {.kind = FLAME_ANSWER_REGEX, .text = "^sum = (\\S+) over (\\d+)$"};
    check_answer(rule, "x\nsum = 1.5 over 3\ny\n", "1.5 3", NULL);
    check_answer(rule, "sum = nan over 3\n", NULL, "is nan, which is not a number");
    check_answer(rule, "sum = -Inf over 3\n", NULL, "not a number");
    check_answer(rule, "nothing\n", NULL, "prints no answer");
    check_answer(rule, "sum = 1 over 3\nsum = 1 over 3\n", NULL, "matches 2 times");
    rule.text = "[0-9]+";
    check_answer(rule, "n: 42;", "42", NULL);
    rule.text = "x*";
    check_answer(rule, "ab", NULL, "matches 3 times");
    rule.text = "(a+)+$";
    check_answer(rule,
                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
                 NULL, "too costly");
}

static void test_number(void **state)
{
    (void)state;
    flame_capture capture = captured("{\"seconds\": 1.5}\n{\"x\": \"y\"}\n");
    double number = 0;
    bool found;
    fs_error error;
    assert_int_equal(flame_answer_number("seconds", &capture, &number, &found, &error), FS_OK);
    assert_true(found && number == 1.5);
    assert_int_equal(flame_answer_number("y", &capture, &number, &found, &error), FS_OK);
    assert_false(found);
    assert_int_equal(flame_answer_number("x", &capture, &number, &found, &error), FS_DATA);
    fs_text_fini(&capture.head);
}

static void check_npy(const char *header, const void *data, size_t bytes, fs_status wanted, const char *text)
{
    char file[400] = "\x93NUMPY\x01\x00";
    size_t length = strlen(header);
    file[8] = (char)length;
    file[9] = 0;
    memcpy(file + 10, header, length);
    memcpy(file + 10 + length, data, bytes);
    fs_text out;
    fs_text_init(&out);
    fs_error error;
    assert_true(flame_is_npy(file, 10 + length + bytes));
    assert_int_equal(flame_npy_text(file, 10 + length + bytes, &out, &error), wanted);
    if (text) assert_string_equal(fs_text_string(&out), text);
    fs_text_fini(&out);
}

static void test_npy(void **state)
{
    (void)state;
    const double x[] = {1, 2.5, 3, -4, 5, 6};
    const float f[] = {0.5f, 2};
    const int32_t i[] = {7, -8};
    check_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n", x, sizeof x, FS_OK,
              "shape 2 3\n1.0\n2.5\n3.0\n-4.0\n5.0\n6.0\n");
    check_npy("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }\n", x, sizeof x, FS_OK,
              "shape 2 3\n1.0\n3.0\n5.0\n2.5\n-4.0\n6.0\n");
    check_npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", f, sizeof f, FS_OK,
              "shape 2\n0.5\n2.0\n");
    check_npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }\n", i, sizeof i, FS_OK,
              "shape 2\n7\n-8\n");
    check_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (), }\n", x, 8, FS_OK, "shape\n1.0\n");
    check_npy("{'descr': '<f8', 'fortran_order': True, 'shape': (0, 3), }\n", x, 0, FS_OK, "shape 0 3\n");
    check_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 4), }\n", x, sizeof x, FS_FORMAT, NULL);
    check_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 99999999999), }\n", x,
              sizeof x, FS_FORMAT, NULL);
    check_npy("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }\n", x, sizeof x, FS_UNSUPPORTED,
              NULL);
    check_npy("{}\n", x, sizeof x, FS_FORMAT, NULL);
}

/* ---- figures and results ---- */

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
    flame_plan *plan;
    fs_error error;
    assert_int_equal(
        read_plan(
            "{\"answer\": {\"json\": \"x\"}, \"rungs\": [{\"name\": \"a\", \"command\": \"x\"},"
            "{\"name\": \"b\", \"command\": \"x\"}, {\"name\": \"c\", \"command\": \"x\"},"
            "{\"name\": \"d\", \"command\": \"x\"}, {\"name\": \"e\", \"command\": \"x\", \"job\": \"2\"}]}",
            &plan, &error),
        FS_OK);
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
    flame_ladder_reckon(&ladder);
    const flame_figures *f = &ladder.rungs[0].figures;
    assert_true(f->time == 3 && f->low == 2 && f->high == 4 && f->spread == 1 && f->least == 1 &&
                f->most == 5);
    assert_int_equal(f->peak_memory, 1004);
    assert_true(f->over_first == 1 && f->over_previous == 0);
    assert_true(ladder.rungs[1].figures.over_first == 0); /* wrong: no speed-up */
    assert_true(ladder.rungs[3].figures.over_first == 6 && ladder.rungs[3].figures.over_previous == 6);
    assert_true(ladder.rungs[4].figures.time == 8 && ladder.rungs[4].figures.over_first == 1);

    char path[100];
    snprintf(path, sizeof path, "%s/result.json", folder);
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
    }
    assert_true(back.compares);
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
    assert_int_equal(verdict_of(base, 5, base, 5, &change), FLAME_SAME);
    assert_true(change == 1);
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
    char path[100];
    snprintf(path, sizeof path, "%s/bad.json", folder);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(texts[i], file);
        fclose(file);
        flame_ladder ladder;
        fs_error error;
        assert_int_equal(flame_ladder_read(path, &ladder, &error), FS_FORMAT);
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

static void test_line_shares(void **state)
{
    (void)state;
    fs_error error;
    flame_tree *tree;
    assert_int_equal(flame_tree_create(&tree, &error), FS_OK);
    static const char *const names[] = {"x.py:a:1", "x.py:b:2", "x.py:<listcomp>:1"};
    uint32_t ids[3], at = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(flame_tree_name(tree, names[i], strlen(names[i]), false, &ids[i], &error), FS_OK);
    const int way[] = {0, 1, 2}; /* the comprehension stands on the line of a */
    const double self[] = {1, 2, 4};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(flame_tree_child(tree, at, ids[way[i]], &at, &error), FS_OK);
        flame_tree_add(tree, at, self[i], 0);
    }
    flame_tree_finish(tree);
    flame_line_share *list;
    size_t count;
    assert_int_equal(flame_line_shares(tree, &list, &count, &error), FS_OK);
    assert_int_equal(count, 3);
    assert_true(list[0].self == 5 && list[0].total == 7 && list[0].frame.line == 1);
    assert_true(list[1].self == 2 && list[1].total == 6);
    flame_tree *merged;
    assert_int_equal(flame_tree_create(&merged, &error), FS_OK);
    assert_int_equal(flame_function_merge(tree, 2, true, merged, &error), FS_OK);
    assert_int_equal(flame_function_merge(tree, 1, false, merged, &error), FS_OK);
    flame_tree_finish(merged);
    assert_true(flame_tree_node(merged, 0)->total_before == 14 &&
                flame_tree_node(merged, 0)->total_after == 7);
    assert_int_equal(flame_tree_names(merged), 3);
    fs_free(list);
    flame_tree_destroy(tree);
    flame_tree_destroy(merged);
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/test-ladder-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const files[] = {"plan.json", "result.json", "bad.json"};
    char path[100];
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),        cmocka_unit_test(test_words_that_need_a_shell),
        cmocka_unit_test(test_filling),      cmocka_unit_test(test_json_errors),
        cmocka_unit_test(test_json_places),  cmocka_unit_test(test_plan_errors),
        cmocka_unit_test(test_plan),         cmocka_unit_test(test_agreement),
        cmocka_unit_test(test_json_answers), cmocka_unit_test(test_regex_answers),
        cmocka_unit_test(test_number),       cmocka_unit_test(test_npy),
        cmocka_unit_test(test_figures),      cmocka_unit_test(test_compare),
        cmocka_unit_test(test_bad_results),  cmocka_unit_test(test_texts),
        cmocka_unit_test(test_line_shares),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
