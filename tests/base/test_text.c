/* src/base: text and numbers. */
#include "json_writer.h"
#include "memory.h"
#include "random.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void numbers_read_back(void **state)
{
    (void)state;
    static const double values[] = {0,      -0.0,          0.1,     1.0 / 3,           1e300,
                                    5e-324, 123456789.123, -2.5e-7, 9007199254740993.0};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[FS_NUMBER_SIZE];
        size_t n = fs_number_format(values[i], text);
        assert_int_equal(n, strlen(text));
        assert_true(strtod(text, NULL) == values[i]);
    }
    char text[FS_NUMBER_SIZE];
    fs_number_format(0.1, text);
    assert_string_equal(text, "0.1");
    fs_number_grouped(1234567, text);
    assert_string_equal(text, "1,234,567");
    fs_number_grouped(12, text);
    assert_string_equal(text, "12");
    fs_number_grouped(UINT64_MAX, text);
    assert_string_equal(text, "18,446,744,073,709,551,615");
}

static void utf8_is_strict(void **state)
{
    (void)state;
    assert_true(fs_utf8_valid("h\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\xA5", 10));
    assert_false(fs_utf8_valid("\xC0\x80", 2));         /* overlong NUL */
    assert_false(fs_utf8_valid("\xED\xA0\x80", 3));     /* surrogate */
    assert_false(fs_utf8_valid("\xF4\x90\x80\x80", 4)); /* past the end */
    assert_false(fs_utf8_valid("\xE2\x82", 2));         /* truncated */
    assert_false(fs_utf8_valid("\xFF", 1));
}

static void escaping(void **state)
{
    (void)state;
    fs_text text;
    fs_text_init(&text);
    const char hostile[] = "<script>\"&'\x01\xFF]]>";
    assert_true(fs_text_add_xml(&text, hostile, sizeof hostile - 1));
    assert_string_equal(text.data, "&lt;script&gt;&quot;&amp;&#39;\xEF\xBF\xBD\xEF\xBF\xBD]]&gt;");
    fs_text_clear(&text);
    assert_true(fs_text_add_xml(&text,
                                "\xE2\x80\xAE"
                                "a\xE2\x81\xA9\xE2\x80\x8F",
                                10)); /* RLO, PDI, RLM */
    assert_string_equal(text.data, "\xEF\xBF\xBD"
                                   "a\xEF\xBF\xBD\xE2\x80\x8F");
    fs_text_clear(&text);
    assert_true(fs_text_add_json(&text, "</script>\"\\\n\x02", 13));
    assert_string_equal(text.data, "\\u003c/script\\u003e\\\"\\\\\\n\\u0002");
    fs_text_fini(&text);
}

static void printable(void **state)
{
    (void)state;
    static const struct {
        const char *given, *name, *message;
    } cases[] = {
        {"plain \xC3\xA9 \xE6\xBC\xA2", "plain \xC3\xA9 \xE6\xBC\xA2", "plain \xC3\xA9 \xE6\xBC\xA2"},
        {"a\x1B[31mb\x7F", "a\uFFFD[31mb\uFFFD", "a\uFFFD[31mb\uFFFD"},
        {"\xC2\x9B"
         "0m",
         "\uFFFD0m", "\uFFFD0m"}, /* CSI as a C1 control */
        {"\x9B\xFF", "\uFFFD\uFFFD", "\uFFFD\uFFFD"},
        {"x\u202Ey\u2066z\u200E", "x\uFFFDy\uFFFDz\u200E", "x\uFFFDy\uFFFDz\u200E"},
        {"a\n\tb\r", "a\uFFFD\uFFFDb\uFFFD", "a\n\tb\uFFFD"},
        {"", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fs_text text;
        fs_text_init(&text);
        assert_true(fs_text_add_printable(&text, cases[i].given, strlen(cases[i].given), false));
        assert_string_equal(fs_text_string(&text), cases[i].name);
        fs_text_clear(&text);
        assert_true(fs_text_add_printable(&text, cases[i].given, strlen(cases[i].given), true));
        assert_string_equal(fs_text_string(&text), cases[i].message);
        fs_text_fini(&text);
    }
}

static void nulls_in_json_are_shown(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"a\\u0000b\":\"\\u0000\"}", "{\"a\\u2400b\":\"\\u2400\"}"},
        {"\\\\u0000", "\\\\u0000"},     /* an escaped backslash, then text */
        {"\\\\\\u0000", "\\\\\\u2400"}, /* and then an escape */
        {"\\u000", "\\u000"},
        {"\\u00000\\u0001", "\\u24000\\u0001"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char json[64];
        strcpy(json, cases[i][0]);
        fs_json_show_nulls(json, strlen(json));
        assert_string_equal(json, cases[i][1]);
    }
}

static void sizes_are_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
        const char *written;
    } cases[] = {{"0", 0, "0 bytes"},
                 {"1", 1, "1 byte"},
                 {"1500", 1500, "1,500 bytes"},
                 {"2k", 2048, "2 KiB"},
                 {"500M", UINT64_C(500) << 20, "500 MiB"},
                 {"4GiB", UINT64_C(4) << 30, "4 GiB"},
                 {"3TB", UINT64_C(3) << 40, "3 TiB"},
                 {"18446744073709551615", UINT64_MAX, "18,446,744,073,709,551,615 bytes"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t bytes = 7;
        char out[FS_SIZE_SIZE];
        assert_true(fs_size_parse(cases[i].text, &bytes));
        assert_int_equal(bytes, cases[i].bytes);
        assert_string_equal(fs_size_format(bytes, out), cases[i].written);
    }
    static const char *const wrong[] = {
        "", "-1", " 1", "G", "1X", "1.5G", "1GG", "18446744073709551616", "18014398509481984K", "1KiBs"};
    uint64_t bytes;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) assert_false(fs_size_parse(wrong[i], &bytes));
}

static void nearest_word(void **state)
{
    (void)state;
    static const char *const words[] = {"euclidean", "manhattan", "cosine"};
    assert_string_equal(fs_nearest("euclidian", words, 3), "euclidean");
    assert_string_equal(fs_nearest("manh", words, 3), "manhattan");
    assert_null(fs_nearest("xyzzy", words, 3));
}

/* The same digits as printf's, near halves too. */
static void fixed_decimals_are_those_of_printf(void **state)
{
    (void)state;
    static const double odd[] = {0,     -0.0,  0.05,      0.25, 0.125, 0.375, 1.005, 2.675, 99.995, 100, 12.5,
                                 -12.5, 0.049, 999999999, 1e9,  1e15,  1e300, 4.35,  0.005, 1e-9,   0.5, 1.5};
    fs_random random;
    fs_random_init(&random, 5);
    fs_text text;
    fs_text_init(&text);
    for (size_t i = 0; i < 200000 + sizeof odd / sizeof *odd; i++) {
        double value =
            i < sizeof odd / sizeof *odd ? odd[i] : fs_random_unit(&random) * (i % 3 ? 1200 : 1e10);
        if (i % 5 == 4 && i > 100) value = rint(value * 200) / 200; /* halves of the last decimal */
        char expected[400];
        for (unsigned decimals = 0; decimals < 4; decimals++) {
            snprintf(expected, sizeof expected, "%.*f", (int)decimals, value);
            fs_text_clear(&text);
            assert_true(fs_text_fixed(&text, value, decimals));
            assert_string_equal(text.data, expected);
        }
    }
    fs_text_fini(&text);
    char out[FS_NUMBER_SIZE];
    assert_int_equal(fs_number_format(-0.0, out), 2);
    assert_int_equal(fs_number_format(999999999999999, out), 15);
    assert_string_equal(out, "999999999999999");
}

/* What does not fit at first, what fits, and what fails. */
static void formats_grow(void **state)
{
    (void)state;
    fs_text text;
    fs_text_init(&text);
    size_t expected = 0;
    for (int i = 0; i < 300; i++) {
        assert_true(fs_text_format(&text, "%0*d", i, 7));
        expected += i > 0 ? (size_t)i : 1;
        assert_int_equal(text.length, expected);
        assert_int_equal(strlen(text.data), expected);
    }
    text.failed = true;
    assert_false(fs_text_format(&text, "x"));
    assert_int_equal(text.length, expected);
    fs_text_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_read_back),
        cmocka_unit_test(fixed_decimals_are_those_of_printf),
        cmocka_unit_test(formats_grow),
        cmocka_unit_test(utf8_is_strict),
        cmocka_unit_test(escaping),
        cmocka_unit_test(printable),
        cmocka_unit_test(nulls_in_json_are_shown),
        cmocka_unit_test(sizes_are_read_and_written),
        cmocka_unit_test(nearest_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
