/* The answers of rungs: found in what they print, read from .npy files, compared. */
#include "answer.h"
#include "npy.h"
#include "npy_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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
    assert_false(agree("1e999", "1", 1e-9, true));
    assert_false(agree("1e999", "-1e999", 1, true));
    assert_true(agree("1e999", "1e998", 0, true)); /* both are infinite */
    assert_false(agree("nan", "1", 1, true));
    assert_true(agree("nan", "nan", 1, true));
    assert_true(agree("a\nb\n", "a\r\nb", 0, true));
    assert_false(agree("a\nb", "a b", 0, true));
    assert_false(agree("1 2", "1 2 3", 1, true));
    assert_false(agree("1 2 3", "1 2", 1, true));
    assert_true(agree("1, 2", "1, 2 \n", 0, true));
    assert_false(agree("5", "-5", 1e-9, true));
}

static flame_agreement judge(flame_better better, const char *first, const char *other, const char *wanted)
{
    const char *keys[] = {"stress"};
    flame_answer_rule rule = {.better = better, .tolerance = 1e-9, .keys = keys, .key_count = 1};
    flame_answer a = {.text = (char *)(uintptr_t)first, .length = strlen(first)};
    flame_answer b = {.text = (char *)(uintptr_t)other, .length = strlen(other)};
    fs_text why;
    fs_text_init(&why);
    flame_agreement agreement = flame_answer_agree(&rule, &a, &b, &why);
    assert_string_equal(fs_text_string(&why), wanted);
    fs_text_fini(&why);
    return agreement;
}

static void test_better(void **state)
{
    (void)state;
    assert_int_equal(
        judge(FLAME_BETTER_LOWER, "stress 13.1", "stress 12.3", "lower stress: 12.3, the first rung's 13.1"),
        FLAME_ANSWER_BETTER);
    assert_int_equal(judge(FLAME_BETTER_LOWER, "stress 13.1", "stress 13.2", "13.2 where the first has 13.1"),
                     FLAME_ANSWER_WRONG);
    assert_int_equal(judge(FLAME_BETTER_LOWER, "stress 13.1", "stress 13.10000000001", ""),
                     FLAME_ANSWER_SAME);
    assert_int_equal(judge(FLAME_BETTER_HIGHER, "stress 13.1", "stress 13.2",
                           "higher stress: 13.2, the first rung's 13.1"),
                     FLAME_ANSWER_BETTER);
    assert_int_equal(
        judge(FLAME_BETTER_HIGHER, "stress 13.1", "stress 12.3", "12.3 where the first has 13.1"),
        FLAME_ANSWER_WRONG);
    assert_int_equal(judge(FLAME_BETTER_NONE, "stress 13.1", "stress 12.3", "12.3 where the first has 13.1"),
                     FLAME_ANSWER_WRONG);
    /* Six digits, or as many as tell them apart. */
    assert_int_equal(judge(FLAME_BETTER_LOWER, "stress 0.12345678901", "stress 0.12345671901",
                           "lower stress: 0.1234567, the first rung's 0.1234568"),
                     FLAME_ANSWER_BETTER);
    assert_int_equal(judge(FLAME_BETTER_LOWER, "stress 20956737.017", "stress 20702420.9",
                           "lower stress: 20702421, the first rung's 20956737"),
                     FLAME_ANSWER_BETTER);
    assert_int_equal(
        judge(FLAME_BETTER_LOWER, "stress 0", "stress -1e999", "lower stress: -inf, the first rung's 0"),
        FLAME_ANSWER_BETTER);
    /* Every number has to be as good, and all else the same. */
    assert_int_equal(judge(FLAME_BETTER_LOWER, "2 2", "1 1",
                           "lower stress: 1, the first rung's 2; lower stress: 1, the first rung's 2"),
                     FLAME_ANSWER_BETTER);
    assert_int_equal(judge(FLAME_BETTER_LOWER, "2 2", "1 3", "3 where the first has 2"), FLAME_ANSWER_WRONG);
    assert_int_equal(judge(FLAME_BETTER_LOWER, "2 m", "1 s", "s where the first has m"), FLAME_ANSWER_WRONG);
    assert_int_equal(judge(FLAME_BETTER_LOWER, "2", "nan", "nan where the first has 2"), FLAME_ANSWER_WRONG);
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
    assert_true(fs_npy_begins(file, 10 + length + bytes));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agreement),    cmocka_unit_test(test_better),
        cmocka_unit_test(test_json_answers), cmocka_unit_test(test_regex_answers),
        cmocka_unit_test(test_number),       cmocka_unit_test(test_npy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
