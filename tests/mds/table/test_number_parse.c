/* Decimal text to doubles: always what strtod says. */
#include "number_parse.h"
#include "random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void same_as_strtod(const char *text)
{
    char padded[160] = "";
    snprintf(padded, sizeof padded - MDS_NUMBER_PADDING, "%s", text);
    char *end;
    double expected = strtod(padded, &end), value = NAN;
    const char *stop = mds_number_parse(padded, &value);
    if (stop != end || memcmp(&value, &expected, sizeof value) != 0)
        fail_msg("'%s': %.17g to byte %td, strtod %.17g to byte %td", text, value, stop - padded, expected,
                 end - padded);
}

static void known_cases(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "0",
        "-0",
        "1",
        "+1",
        "12345678",
        "123456789012345678",
        "9007199254740993",
        "9007199254740992.5",
        "0.1",
        ".5",
        "5.",
        "-.25e1",
        "1e22",
        "1e23",
        "1e-22",
        "1e-23",
        "123456789e-27",
        "9999999999999999999",
        "18446744073709551616",
        "1e308",
        "1.7976931348623159e308",
        "1e309",
        "-1e400",
        "4.9e-324",
        "2e-324",
        "2.2250738585072011e-308",
        "0.000000000000000000000000000000123456789",
        "000000000000000000000000001.5",
        "0.00000000000000000000000000000000",
        "3.14159265358979323846264338327950288",
        "8.988465674311579538646525e307",
        "1e000000000000000000001",
        "1e-99999999999",
        "1E5",
        "1e+5",
        /* halfway cases: ties to even */
        "9007199254740993e3",
        "9007199254740995e-1",
        "4503599627370496.5",
        "4503599627370497.5",
        "1.00000000000000011102230246251565",
        "1.000000000000000111022302462515654",
        /* only a part is a number */
        "1e",
        "1e+",
        "1.5x",
        "12,5",
        "1.2.3",
        "7-3",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) same_as_strtod(cases[i]);
}

static void not_numbers(void **state)
{
    (void)state;
    static const char *const words[] = {"",    ".",    "-",   "+",  "e5",   "nan",
                                        "inf", "-inf", "abc", " 1", "-.e3", "--1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char padded[32] = "";
        snprintf(padded, sizeof padded, "%s", words[i]);
        double value = 42;
        assert_ptr_equal(mds_number_parse(padded, &value), padded);
        assert_true(value == 42);
    }
    /* strtod takes hexadecimal; a table does not mean it. */
    char hexadecimal[16] = "0x10";
    double value;
    assert_ptr_equal(mds_number_parse(hexadecimal, &value), hexadecimal + 1);
}

static void random_text(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 7);
    for (int i = 0; i < 300000; i++) {
        char text[128];
        uint64_t a = fs_random_next(&random), b = fs_random_next(&random);
        double any;
        memcpy(&any, &a, sizeof any);
        unsigned shift = (unsigned)(b % 64);
        switch (b >> 61) {
        case 0:
        case 1:
            if (!isfinite(any)) continue;
            snprintf(text, sizeof text, "%.17g", any);
            break;
        case 2:
            snprintf(text, sizeof text, "%.*g", (int)(1 + b % 17), fs_random_unit(&random) * 1e3);
            break;
        case 3:
            snprintf(text, sizeof text, "%llu.%llu", (unsigned long long)(a >> shift),
                     (unsigned long long)(b >> 20));
            break;
        case 4:
            snprintf(text, sizeof text, "-%llue%d", (unsigned long long)(a >> shift), (int)(b % 61) - 30);
            break;
        case 5:
            snprintf(text, sizeof text, "%.18e", fs_random_unit(&random));
            break;
        case 6: /* halfway between two doubles */
            snprintf(text, sizeof text, "%llue%d", 2 * ((unsigned long long)(a >> 11) | 1ull << 52) + 1,
                     (int)(b % 3));
            break;
        default:
            snprintf(text, sizeof text, "%.*f", (int)(b % 30), fs_random_unit(&random) * 1e9);
            break;
        }
        same_as_strtod(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_cases),
        cmocka_unit_test(not_numbers),
        cmocka_unit_test(random_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
