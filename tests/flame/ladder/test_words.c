/* The words of a command line, and values filled into them. */
#include "text.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_words_that_need_a_shell),
        cmocka_unit_test(test_filling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
