/* JSON whose errors and values are found again by line and column. */
#include "json_place.h"
#include "memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_errors),
        cmocka_unit_test(test_json_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
