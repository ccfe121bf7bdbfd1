/* pprof profiles: read, damaged, and the numbers on their wire. */
#include "random.h"
#include "stack_text.h"
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void put_message(fs_text *out, uint32_t number, fs_text *inner)
{
    flame_wire_put_bytes(out, number, fs_text_string(inner), inner->length);
    fs_text_clear(inner);
}

/* Strings: 1 cpu, 2 nanoseconds, 3 alloc, 4 bytes, 5 outer, 6 inlined, 7 file.c, 8 /lib/libx.so */
static void make_pprof(fs_text *out, bool packed, int64_t preferred, uint64_t location, int64_t value)
{
    fs_text m, inner;
    fs_text_init(&m);
    fs_text_init(&inner);
    flame_wire_put_field(&m, 1, 1);
    flame_wire_put_field(&m, 2, 2);
    put_message(out, 1, &m);
    flame_wire_put_field(&m, 1, 3);
    flame_wire_put_field(&m, 2, 4);
    put_message(out, 1, &m);
    uint64_t ids[] = {7, location};
    uint64_t values[] = {10, (uint64_t)value};
    for (int which = 0; which < 2; which++) {
        for (int i = 0; i < 2; i++) {
            uint64_t number = which ? values[i] : ids[i];
            if (packed)
                flame_wire_put_varint(&inner, number);
            else
                flame_wire_put_field(&m, which ? 2 : 1, number);
        }
        if (packed) put_message(&m, which ? 2 : 1, &inner);
    }
    put_message(out, 2, &m);
    flame_wire_put_field(&m, 1, 3); /* a mapping */
    flame_wire_put_field(&m, 5, 8);
    put_message(out, 3, &m);
    /* Location 7: `inlined` in `outer`; location 100000: no lines, a mapping; 5: nothing but an address. */
    flame_wire_put_field(&m, 1, 7);
    flame_wire_put_field(&inner, 1, 2);
    flame_wire_put_field(&inner, 2, 33);
    put_message(&m, 4, &inner);
    flame_wire_put_field(&inner, 1, 1);
    flame_wire_put_field(&inner, 2, 44);
    put_message(&m, 4, &inner);
    put_message(out, 4, &m);
    flame_wire_put_field(&m, 1, 100000);
    flame_wire_put_field(&m, 2, 3);
    put_message(out, 4, &m);
    flame_wire_put_field(&m, 1, 5);
    flame_wire_put_field(&m, 3, 0xABC);
    put_message(out, 4, &m);
    for (uint64_t f = 1; f <= 2; f++) {
        flame_wire_put_field(&m, 1, f);
        flame_wire_put_field(&m, 2, 4 + f);
        flame_wire_put_field(&m, 4, 7);
        put_message(out, 5, &m);
    }
    static const char *const strings[] = {"",      "cpu",     "nanoseconds", "alloc",       "bytes",
                                          "outer", "inlined", "file.c",      "/lib/libx.so"};
    for (size_t i = 0; i < 9; i++) flame_wire_put_bytes(out, 6, strings[i], strlen(strings[i]));
    flame_wire_put_field(out, 14, (uint64_t)preferred);
    fs_text_fini(&m);
    fs_text_fini(&inner);
}

static void expect_pprof(bool packed, int64_t preferred, uint64_t location, const flame_read_options *options,
                         const char *folded)
{
    fs_text text;
    fs_text_init(&text);
    make_pprof(&text, packed, preferred, location, 20);
    flame_tree *tree;
    flame_report report;
    fs_error error = {0};
    if (stack_text_read(text.data, text.length, options, &tree, &report, &error))
        fail_msg("%s", error.message);
    assert_int_equal(report.format, FLAME_PPROF);
    char *again = stack_text_folded(tree);
    assert_string_equal(again, folded);
    fs_free(again);
    flame_tree_destroy(tree);
    fs_text_fini(&text);
}

static void pprof_files_are_read(void **state)
{
    (void)state;
    expect_pprof(true, 0, 100000, NULL, "[libx.so];outer;inlined 20\n"); /* the last type by default */
    expect_pprof(false, 1, 5, NULL, "0xabc;outer;inlined 10\n");
    flame_read_options options = stack_text_options(false, true);
    options.sample_type = "cpu";
    options.perf.inlined = true;
    expect_pprof(true, 0, 5, &options, "0xabc;file.c:outer:44;file.c:inlined:33_[i] 10\n");
}

static void bad_pprof_content_is_told(void **state)
{
    (void)state;
    fs_text text;
    fs_text_init(&text);
    flame_tree *tree;
    flame_report report;
    fs_error error = {0};
    make_pprof(&text, true, 0, 12345, 20);
    assert_int_equal(stack_text_read(text.data, text.length, NULL, &tree, &report, &error), FS_DATA);
    assert_int_equal(report.skipped, 1);
    assert_string_equal(report.reason, "it names a location that is not in the profile");
    fs_text_clear(&text);
    make_pprof(&text, true, 0, 5, -20);
    assert_int_equal(stack_text_read(text.data, text.length, NULL, &tree, &report, &error), FS_DATA);
    assert_string_equal(report.reason, "its count is negative");
    flame_read_options options = stack_text_options(false, false);
    options.sample_type = "nosuch";
    assert_int_equal(stack_text_read(text.data, text.length, &options, &tree, &report, &error), FS_ARGUMENT);
    assert_non_null(strstr(error.message, "it has: cpu, alloc"));

    /* Cut anywhere, and with any byte raised: never a crash, and a lie about a length is told. */
    fs_text_clear(&text);
    make_pprof(&text, true, 0, 5, 20);
    options = stack_text_options(false, false);
    options.format = FLAME_PPROF;
    size_t damaged = 0;
    for (size_t cut = 0; cut < text.length; cut++) {
        fs_status status = stack_text_read(text.data, cut, &options, &tree, &report, &error);
        assert_true(status == FS_OK || status == FS_FORMAT || status == FS_DATA);
        damaged += status == FS_FORMAT;
        flame_tree_destroy(tree);
    }
    assert_true(damaged > text.length / 2);
    static const unsigned char raised[] = {0x7F, 0x80, 0xFF};
    for (size_t at = 0; at < text.length; at++) {
        for (size_t r = 0; r < 3; r++) {
            char old = text.data[at];
            text.data[at] = (char)raised[r];
            fs_status status = stack_text_read(text.data, text.length, &options, &tree, &report, &error);
            assert_true(status == FS_OK || status == FS_FORMAT || status == FS_DATA);
            flame_tree_destroy(tree);
            text.data[at] = old;
        }
    }
    fs_text_clear(&text);
    fs_text_append(&text,
                   "\x12\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F"
                   "abc",
                   13);
    assert_int_equal(stack_text_read(text.data, text.length, &options, &tree, &report, &error), FS_FORMAT);
    assert_non_null(strstr(error.message, "claims to be longer"));
    fs_text_fini(&text);
}

/* Go's runtime begins with the time or the type of the period, other writers with strings. */
static void any_field_may_come_first(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } firsts[] = {{"\x48\x01", 2},
                  {"\x48\xF1\xB2\x83\x9A\xC5\xF8\xB2\xC2\x17", 10},
                  {"\x5a\x04\x08\x01\x10\x02", 6},
                  {"\x32\x00", 2},
                  {"\x38\x00", 2},
                  {"\x50\x05", 2},
                  {"\x60\x05", 2},
                  {"\x68\x05", 2},
                  {"\x6a\x01\x05", 3},
                  {"\x70\x00", 2},
                  {"\x2a\x04\x08\x07\x10\x05", 6},
                  {"\x1a\x04\x08\x07\x28\x05", 6}};
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        fs_text text;
        fs_text_init(&text);
        if (i != 3) fs_text_append(&text, firsts[i].bytes, firsts[i].length);
        make_pprof(&text, true, 0, 5, 20);
        flame_tree *tree;
        flame_report report;
        fs_error error = {0};
        if (stack_text_read(text.data, text.length, NULL, &tree, &report, &error))
            fail_msg("%zu: %s", i, error.message);
        assert_int_equal(report.format, FLAME_PPROF);
        flame_tree_destroy(tree);
        fs_text_fini(&text);
    }
}

static void numbers_on_the_wire(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 3);
    for (int i = 0; i < 10000; i++) {
        uint64_t value = fs_random_next(&random) >> fs_random_below(&random, 64);
        fs_text text;
        fs_text_init(&text);
        flame_wire_put_varint(&text, value);
        flame_wire wire = {.at = (unsigned char *)text.data, .end = (unsigned char *)text.data + text.length};
        uint64_t again;
        assert_true(flame_wire_number(&wire, &again));
        assert_true(again == value && wire.at == wire.end);
        wire = (flame_wire){.at = (unsigned char *)text.data,
                            .end = (unsigned char *)text.data + text.length - 1};
        assert_false(flame_wire_number(&wire, &again)); /* cut off */
        fs_text_fini(&text);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(pprof_files_are_read),
        cmocka_unit_test(bad_pprof_content_is_told),
        cmocka_unit_test(any_field_may_come_first),
        cmocka_unit_test(numbers_on_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
