/* Inputs as bytes: encodings, long lines and deep stacks, gzip, and reading that is stopped. */
#include "stack_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
static void bytes_that_are_not_utf8_are_kept(void **state)
{
    (void)state;
    stack_text_expect("a\xFF;b\xC3( 1\na\xFF;c 2\n", NULL, "a\xFF;b\xC3( 1\na\xFF;c 2\n");
}

/* UTF-16 of ASCII and a few others, either way round. */
static size_t utf16(const uint16_t *units, size_t count, bool big, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        out[n++] = (char)(big ? units[i] >> 8 : units[i] & 0xFF);
        out[n++] = (char)(big ? units[i] & 0xFF : units[i] >> 8);
    }
    return n;
}

static void utf16_is_read(void **state)
{
    (void)state;
    static const uint16_t units[] = {0xFEFF, 'a',  ';',  0xE4, 0x20AC, 0xD83D, 0xDD25, ' ',
                                     '7',    '\r', '\n', 'b',  ' ',    '1',    '\n',   0xD83D,
                                     'x',    ' ',  '2',  '\n', 0xDC00, ' ',    '3'};
    for (int big = 0; big < 2; big++) {
        char bytes[100];
        size_t n = utf16(units, sizeof units / sizeof *units, big, bytes);
        flame_tree *tree;
        fs_error error = {0};
        if (stack_text_read(bytes, n, NULL, &tree, NULL, &error)) fail_msg("%s", error.message);
        char *folded = stack_text_folded(tree);
        assert_string_equal(folded, "a;\xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\xA5 7\nb 1\n\xEF\xBF\xBD 3\n"
                                    "\xEF\xBF\xBDx 2\n");
        fs_free(folded);
        flame_tree_destroy(tree);
    }
}

static void long_utf16_crosses_blocks(void **state)
{
    (void)state;
    enum { LINES = 60000 };
    static uint16_t units[LINES * 14 + 1];
    static char bytes[sizeof units];
    size_t n = 0;
    units[n++] = 0xFEFF;
    for (unsigned i = 0; i < LINES; i++) {
        char line[16];
        int length = snprintf(line, sizeof line, "m;f%u 1\n", i % 1000);
        for (int j = 0; j < length; j++) units[n++] = (uint16_t)line[j];
    }
    n = utf16(units, n, false, bytes);
    flame_tree *tree;
    flame_report report;
    assert_int_equal(stack_text_read(bytes, n, NULL, &tree, &report, NULL), FS_OK);
    assert_int_equal(report.stacks, LINES);
    assert_int_equal(report.skipped, 0);
    assert_int_equal(flame_tree_nodes(tree), 1002);
    flame_tree_destroy(tree);
}

static void a_line_of_50_megabytes(void **state)
{
    (void)state;
    size_t length = 50 * 1000 * 1000;
    char *text = malloc(length + 32);
    assert_non_null(text);
    memcpy(text, "a 1\nb;", 6);
    memset(text + 6, 'x', length);
    memcpy(text + 6 + length, " 2\nc 3\n", 8);
    flame_tree *tree;
    flame_report report;
    assert_int_equal(stack_text_read(text, length + 13, NULL, &tree, &report, NULL), FS_OK);
    assert_int_equal(report.stacks, 3);
    assert_int_equal(flame_tree_name_of(tree, 2)->length, length);
    flame_tree_destroy(tree);
    /* The same without a count: told in a few words. */
    memset(text + 6 + length, 'x', 2);
    assert_int_equal(stack_text_read(text, length + 13, NULL, &tree, &report, NULL), FS_OK);
    assert_int_equal(report.skipped, 1);
    flame_tree_destroy(tree);
    free(text);
}

static void recursion_100000_deep(void **state)
{
    (void)state;
    enum { DEEP = 100000 };
    fs_text text;
    fs_text_init(&text);
    for (int i = 0; i < DEEP; i++) fs_text_add(&text, i % 2 ? ";odd" : ";even");
    fs_text line;
    fs_text_init(&line);
    for (int i = 0; i < 4; i++) {
        fs_text_append(&line, text.data + 1, text.length - 1);
        fs_text_format(&line, ";leaf%d 1\n", i % 2);
    }
    for (int in_time = 0; in_time < 2; in_time++) {
        flame_read_options options = stack_text_options(in_time, false);
        flame_tree *tree;
        assert_int_equal(stack_text_read(line.data, line.length, &options, &tree, NULL, NULL), FS_OK);
        assert_int_equal(flame_tree_nodes(tree), DEEP + (in_time ? 5 : 3));
        assert_true(flame_tree_counts(tree, 0).total_after == 4);
        char *folded = stack_text_folded(tree);
        assert_non_null(strstr(folded, ";leaf0 "));
        fs_free(folded);
        flame_tree_destroy(tree);
    }
    fs_text_fini(&line);
    fs_text_fini(&text);
}

static void gzip_is_undone_and_a_truncated_one_told(void **state)
{
    (void)state;
    char path[] = "/tmp/test_folded.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    gzFile file = gzopen(path, "wb");
    for (unsigned i = 0; i < 20000; i++) gzprintf(file, "main;f%u 1\n", i * 2654435761u);
    gzclose(file);
    for (int truncated = 0; truncated < 2; truncated++) {
        if (truncated) assert_int_equal(truncate(path, 3000), 0);
        flame_tree *tree;
        flame_report report;
        fs_error error = {0};
        assert_int_equal(flame_tree_create(&tree, &error), FS_OK);
        fs_status status = flame_stacks_read(path, NULL, tree, &report, &error);
        if (truncated) {
            assert_int_equal(status, FS_FORMAT);
            assert_non_null(strstr(error.message, "ends too soon"));
        } else {
            assert_int_equal(status, FS_OK);
            assert_int_equal(report.stacks, 20000);
        }
        flame_tree_destroy(tree);
    }
    unlink(path);
    flame_tree *tree;
    fs_error error = {0};
    assert_int_equal(flame_tree_create(&tree, &error), FS_OK);
    assert_int_equal(flame_stacks_read(path, NULL, tree, NULL, &error), FS_NOT_FOUND);
    flame_tree_destroy(tree);
}

static bool stop_at_once(void *context, uint64_t bytes)
{
    *(uint64_t *)context = bytes;
    return false;
}

static void reading_can_be_stopped(void **state)
{
    (void)state;
    uint64_t seen = 0;
    flame_read_options options = stack_text_options(false, false);
    options.progress = stop_at_once;
    options.context = &seen;
    flame_tree *tree;
    flame_report report;
    assert_int_equal(stack_text_read("a 1\n", 4, &options, &tree, &report, NULL), FS_OK);
    assert_true(report.stopped);
    assert_int_equal(seen, 4);
    flame_tree_destroy(tree);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_are_not_utf8_are_kept),
        cmocka_unit_test(utf16_is_read),
        cmocka_unit_test(long_utf16_crosses_blocks),
        cmocka_unit_test(a_line_of_50_megabytes),
        cmocka_unit_test(recursion_100000_deep),
        cmocka_unit_test(gzip_is_undone_and_a_truncated_one_told),
        cmocka_unit_test(reading_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
