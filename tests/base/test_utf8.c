/* UTF-8: every character there and back, and text cut at every byte. */
#include "utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* One character of each length, and two more. */
static const char words[] = "h\xC3\xA9\xE2\x82\xAC\xF0\x9F\x94\xA5!";

static void every_character_comes_back(void **state)
{
    (void)state;
    char bytes[4];
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        uint32_t back = 0;
        size_t length = fs_utf8_encode(c, bytes);
        assert_int_equal(fs_utf8_decode(bytes, length, &back), length);
        assert_int_equal(back, c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c);
        if (length > 1) assert_int_equal(fs_utf8_decode(bytes, length - 1, &back), 0);
    }
    assert_int_equal(fs_utf8_encode(0x110000, bytes), 3);
    assert_memory_equal(bytes, "\xEF\xBF\xBD", 3);
}

/* A cut is the longest beginning that is valid by itself. */
static void clips_between_characters(void **state)
{
    (void)state;
    for (size_t length = 0; length < sizeof words; length++) {
        size_t longest = length;
        while (!fs_utf8_valid(words, longest)) longest--;
        assert_int_equal(fs_utf8_clip(words, length), longest);
    }
    assert_int_equal(fs_utf8_clip("\x80\x80\x80\x80\x80", 5), 5); /* no character begins here */
    assert_int_equal(fs_utf8_clip("a\xFF", 2), 1);
}

static void counts_characters(void **state)
{
    (void)state;
    static const size_t bytes[] = {0, 1, 3, 6, 10, 11, 11};
    for (size_t most = 0; most < sizeof bytes / sizeof *bytes; most++)
        assert_int_equal(fs_utf8_prefix(words, sizeof words - 1, most), bytes[most]);
    assert_int_equal(fs_utf8_prefix("\xFF\xFE"
                                    "a",
                                    3, 2),
                     2);
}

static void excerpts_print_and_fit(void **state)
{
    (void)state;
    char out[32];
    assert_int_equal(fs_utf8_excerpt(words, sizeof words - 1, out, sizeof out), sizeof words - 1);
    assert_string_equal(out, words);
    static const char hostile[] = "a\x1B[m\xC2\x9B\xE2\x80\xAE\xFF\n";
    fs_utf8_excerpt(hostile, sizeof hostile - 1, out, sizeof out);
    assert_string_equal(out, "a?[m????");
    for (size_t room = 8; room < sizeof out; room++) {
        memset(out, 'x', sizeof out);
        size_t used = fs_utf8_excerpt("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 16,
                                      out, room);
        assert_true(used < room && out[used] == '\0');
        assert_true(fs_utf8_valid(out, used));
        assert_int_equal(room < 20, strcmp(out + used - 3, "...") == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_comes_back),
        cmocka_unit_test(clips_between_characters),
        cmocka_unit_test(counts_characters),
        cmocka_unit_test(excerpts_print_and_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
