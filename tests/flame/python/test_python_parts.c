/* The parts that read an interpreter: its table of offsets, line tables, strings, gathering. */
#include "file.h"
#include "line_table.h"
#include "memory.h"
#include "python_string.h"
#include "snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- the interpreter's own table ---- */

static void test_table(void **state)
{
    (void)state;
    for (unsigned minor = 13; minor <= 15; minor++) {
        char path[256];
        snprintf(path, sizeof path, "%s/python-3.%u", SNAPSHOTS, minor);
        char *bytes;
        size_t length;
        snapshot memory;
        uint64_t words[PYTHON_TABLE_WORDS], good[PYTHON_TABLE_WORDS];
        python_layout layout;
        fs_error error;
        assert_int_equal(fs_file_read(path, 0, &bytes, &length, NULL), FS_OK);
        assert_true(snapshot_parse(&memory, (const uint8_t *)bytes, length));
        flame_reader reader = snapshot_reader(&memory);
        assert_int_equal(flame_read(&reader, memory.runtime, good, sizeof good, NULL), FS_OK);
        assert_int_equal(python_layout_from_table(good, &layout, &error), FS_OK);
        /* What the release says of itself is what the fixed table has. */
        const python_layout *fixed = python_layout_fixed(minor);
        assert_int_equal(layout.thread.ident, fixed->thread.ident);
        assert_int_equal(layout.frame.size, fixed->frame.size);
        assert_int_equal(layout.code.body, fixed->code.body);
        assert_int_equal(layout.interpreter.threads, fixed->interpreter.threads);
        assert_int_equal(layout.text.compact, fixed->text.compact);

        memcpy(words, good, sizeof words);
        words[0] ^= 1;
        assert_int_equal(python_layout_from_table(words, &layout, &error), FS_FORMAT);
        memcpy(words, good, sizeof words);
        words[1] = 0x03100000;
        assert_int_equal(python_layout_from_table(words, &layout, &error), FS_UNSUPPORTED);
        assert_non_null(strstr(error.message, "3.16"));
        size_t count;
        const python_table_entry *entries = python_layout_entries(&count);
        for (size_t i = 0; i < count; i++) {
            if (!entries[i].word[minor - 13]) continue;
            memcpy(words, good, sizeof words);
            words[entries[i].word[minor - 13]] = UINT64_MAX / 2;
            assert_int_equal(python_layout_from_table(words, &layout, &error), FS_FORMAT);
        }
        /* A thread state that is said to be large, and its fields to lie beyond what is read of it. */
        for (size_t i = 0; i < count; i++) {
            if (strncmp(entries[i].name, "thread_state.", 13) != 0 || strstr(entries[i].name, "size"))
                continue;
            memcpy(words, good, sizeof words);
            for (size_t k = 0; k < count; k++)
                if (strcmp(entries[k].name, "thread_state.size") == 0)
                    words[entries[k].word[minor - 13]] = 65536;
            assert_int_equal(python_layout_from_table(words, &layout, &error), FS_OK);
            words[entries[i].word[minor - 13]] = 60000;
            assert_int_equal(python_layout_from_table(words, &layout, &error), FS_FORMAT);
        }
        snapshot_fini(&memory);
        fs_free(bytes);
    }
    assert_null(python_layout_fixed(7));
    assert_null(python_layout_fixed(16));
}

/* ---- line tables ---- */

static void expect_lines(python_lines format, const uint8_t *table, size_t length, uint32_t first,
                         size_t units, const uint32_t *expected, size_t count)
{
    uint32_t *lines;
    size_t got;
    assert_int_equal(line_table_decode(format, table, length, first, units, &lines, &got, NULL), FS_OK);
    assert_int_equal(got, count);
    for (size_t i = 0; i < count; i++) assert_int_equal(lines[i], expected[i]);
    fs_free(lines);
}

static void test_lnotab(void **state)
{
    (void)state;
    /* Four bytes on line 10, two on 12, two back on 9, the rest on 9 + 300 (in two steps, as increments are
     * at most 127). */
    const uint8_t table[] = {4, 2, 2, 0xFD, 2, 127, 0, 127, 0, 46};
    const uint32_t expected[] = {10, 10, 12, 9, 309, 309};
    expect_lines(PYTHON_LNOTAB, table, sizeof table, 10, 6, expected, 6);
    expect_lines(PYTHON_LNOTAB, NULL, 0, 7, 2, (const uint32_t[]){7, 7}, 2);         /* one line */
    expect_lines(PYTHON_LNOTAB, table, 3, 10, 3, (const uint32_t[]){10, 10, 12}, 3); /* half a pair */
}

static void test_pairs(void **state)
{
    (void)state;
    /* The change comes first; 0x80 is no line. */
    const uint8_t table[] = {4, 0, 2, 2, 2, 0x80, 4, 0xFF};
    const uint32_t expected[] = {10, 10, 12, 0, 11, 11};
    expect_lines(PYTHON_PAIRS, table, sizeof table, 10, 100, expected, 6);
    expect_lines(PYTHON_PAIRS, table, sizeof table, 10, 3, expected, 3); /* never more than the code has */
}

static void test_locations(void **state)
{
    (void)state;
    /* Two units, line +0, columns 4-8 (short form 0, column 4, 4 wide); one unit with no location; one unit
     * one line on (form 11), columns 1 and 3; three units long form: line -2, to line +5, columns 9 and 70.
     */
    const uint8_t table[] = {0x80 | 0 << 3 | 1,
                             4 << 4 | 4,
                             0x80 | 15 << 3 | 0,
                             0x80 | 11 << 3 | 0,
                             1,
                             3,
                             0x80 | 14 << 3 | 2,
                             2 << 1 | 1,
                             5,
                             10,
                             0x40 | 7,
                             1};
    const uint32_t expected[] = {20, 20, 0, 21, 19, 19, 19};
    expect_lines(PYTHON_LOCATIONS, table, sizeof table, 20, 100, expected, 7);
    flame_position at = line_table_position(table, sizeof table, 20, 1);
    assert_int_equal(at.line, 20);
    assert_int_equal(at.column, 5);
    assert_int_equal(at.end_column, 9);
    at = line_table_position(table, sizeof table, 20, 3);
    assert_int_equal(at.column, 2);
    assert_int_equal(at.end_column, 4);
    at = line_table_position(table, sizeof table, 20, 6);
    assert_int_equal(at.line, 19);
    assert_int_equal(at.end_line, 24);
    assert_int_equal(at.column, 10);
    assert_int_equal(at.end_column, 71);
    at = line_table_position(table, sizeof table, 20, 7);
    assert_int_equal(at.line, 0);
}

/* ---- strings ---- */

/* A str object at address 4096 in a snapshot of one piece. */
static void make_string(snapshot *memory, const python_layout *layout, unsigned kind, bool compact,
                        bool ascii, const void *data, uint64_t count)
{
    *memory = (snapshot){0};
    memory->pieces = fs_alloc_0(1, sizeof *memory->pieces);
    memory->count = memory->capacity = 1;
    memory->pieces[0] = (snapshot_piece){.address = 4096, .length = 1024, .bytes = fs_alloc_0(1024, 1)};
    uint8_t *object = memory->pieces[0].bytes;
    uint32_t flags = kind << 2 | (compact ? 1U << 5 : 0) | (ascii ? 1U << 6 : 0) | 1;
    memcpy(object + layout->text.length, &count, 8);
    memcpy(object + layout->text.state, &flags, 4);
    size_t at = ascii ? layout->text.ascii : layout->text.compact;
    if (!compact) {
        uint64_t elsewhere = 4096 + 512;
        memcpy(object + layout->text.compact, &elsewhere, 8);
        at = 512;
    }
    memcpy(object + at, data, (size_t)count * kind);
}

static void expect_read_as(unsigned kind, bool compact, bool ascii, const void *data, uint64_t count,
                           const char *expected)
{
    for (unsigned minor = PYTHON_OLDEST; minor <= PYTHON_NEWEST; minor++) {
        const python_layout *layout = python_layout_fixed(minor);
        snapshot memory;
        python_string string;
        make_string(&memory, layout, kind, compact, ascii, data, count);
        flame_reader reader = snapshot_reader(&memory);
        assert_int_equal(python_string_read(&reader, layout, 4096, &string, NULL), FS_OK);
        assert_string_equal(string.text, expected);
        python_string_fini(&string);
        snapshot_fini(&memory);
    }
}

static void test_strings(void **state)
{
    (void)state;
    expect_read_as(1, true, true, "plain", 5, "plain");
    expect_read_as(1, true, false,
                   "gr\xF6\xDF"
                   "e",
                   5,
                   "gr\xC3\xB6\xC3\x9F"
                   "e");
    const uint16_t two[] = {0x6642, 0x9593, 0xD800, 0};
    expect_read_as(2, true, false, two, 4, "\xE6\x99\x82\xE9\x96\x93\xEF\xBF\xBD\xEF\xBF\xBD");
    const uint32_t four[] = {0x1F525, 'x', 0x110000};
    expect_read_as(4, true, false, four, 3, "\xF0\x9F\x94\xA5x\xEF\xBF\xBD");
    expect_read_as(2, false, false, two, 2, "\xE6\x99\x82\xE9\x96\x93"); /* characters kept apart */
    expect_read_as(1, true, true, "", 0, "");
}

static void test_no_strings(void **state)
{
    (void)state;
    const python_layout *layout = python_layout_fixed(11);
    snapshot memory;
    python_string string;
    make_string(&memory, layout, 3, true, false, "", 0); /* no such kind */
    flame_reader reader = snapshot_reader(&memory);
    assert_int_equal(python_string_read(&reader, layout, 4096, &string, NULL), FS_FORMAT);
    assert_null(string.text);
    snapshot_fini(&memory);
    make_string(&memory, layout, 1, true, true, "", 0);
    uint64_t huge = (1 << 30) + 1;
    memcpy(memory.pieces[0].bytes + layout->text.length, &huge, 8);
    reader = snapshot_reader(&memory);
    assert_int_equal(python_string_read(&reader, layout, 4096, &string, NULL), FS_FORMAT);
    assert_int_equal(python_string_read(&reader, layout, 1, &string, NULL), FS_NOT_FOUND);
    snapshot_fini(&memory);
}

/* The beginning of a very long name, and a mark; what lies behind it need not even be there. */
static void test_long_strings(void **state)
{
    (void)state;
    enum { SHOWN = 1 << 16, ROOM = 2 * SHOWN + 128 };
    const python_layout *layout = python_layout_fixed(11);
    for (uint64_t length = SHOWN; length <= 70000; length += 70000 - SHOWN) {
        snapshot memory;
        python_string string;
        make_string(&memory, layout, 2, true, false, "", 0);
        fs_free(memory.pieces[0].bytes);
        memory.pieces[0].length = ROOM;
        uint8_t *object = memory.pieces[0].bytes = fs_alloc_0(ROOM, 1);
        uint32_t flags = 2 << 2 | 1U << 5 | 1;
        memcpy(object + layout->text.length, &length, 8);
        memcpy(object + layout->text.state, &flags, 4);
        for (size_t i = 0; i < SHOWN; i++) object[layout->text.compact + 2 * i] = 'n';
        flame_reader reader = snapshot_reader(&memory);
        assert_int_equal(python_string_read(&reader, layout, 4096, &string, NULL), FS_OK);
        bool cut = length > SHOWN;
        assert_int_equal(strlen(string.text), SHOWN + (cut ? 3 : 0));
        assert_int_equal(strspn(string.text, "n"), SHOWN);
        assert_string_equal(string.text + SHOWN, cut ? "\xE2\x80\xA6" : "");
        python_string_fini(&string);
        snapshot_fini(&memory);
    }
}

/* ---- gathering ---- */

static void test_gather(void **state)
{
    (void)state;
    gather set;
    size_t hint = 0;
    gather_init(&set, 2);
    assert_true(gather_add(&set, 0x10000, 64, 1));
    assert_true(gather_add(&set, 0x10100, 64, 1));        /* near: one span */
    assert_true(gather_add(&set, 0x10000, 80, 2));        /* again, longer */
    assert_true(gather_add(&set, 0x90000, 16, 2));        /* far: its own */
    assert_true(gather_add(&set, UINT64_MAX - 4, 16, 2)); /* past the end of memory: left out */
    assert_true(gather_lay_out(&set, 1 << 20));
    assert_int_equal(set.span_count, 2);
    assert_int_equal(set.size, 0x140 + 16);
    assert_non_null(gather_find(&set, 0x10090, 8, &hint)); /* the gap was read too */
    assert_null(gather_find(&set, 0x10138, 16, &hint));
    assert_null(gather_find(&set, 0x100, 16, &hint));
    assert_non_null(gather_find(&set, 0x90008, 8, &hint));
    gather_keep(&set, 2); /* 0x10100 was used last at 1 */
    assert_int_equal(set.piece_count, 2);
    gather_keep(&set, 2);
    assert_int_equal(set.piece_count, 2);
    assert_true(gather_lay_out(&set, 1 << 20));
    assert_null(gather_find(&set, 0x10100, 8, &hint));
    gather_drop(&set, 0x90000, 4096);
    assert_true(gather_lay_out(&set, 1 << 20));
    assert_int_equal(set.span_count, 1);
    assert_true(gather_add(&set, 0x50000, 1 << 16, 3));
    assert_true(gather_lay_out(&set, 1 << 12)); /* more than allowed: none are kept */
    assert_true(set.overfull && set.span_count == 0 && set.piece_count == 0);
    gather_fini(&set);
}

/* A gap is never bridged over a page that nobody asked for: it may not be mapped. */
static void test_gather_pages(void **state)
{
    (void)state;
    gather set;
    gather_init(&set, 1);
    assert_true(gather_add(&set, 0x1000, 16, 1));
    assert_true(gather_add(&set, 0x1FF0, 16, 1));
    assert_true(gather_add(&set, 0x3000, 16, 1));
    assert_true(gather_lay_out(&set, 1 << 20));
    assert_int_equal(set.span_count, 2);
    gather_fini(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),        cmocka_unit_test(test_lnotab),
        cmocka_unit_test(test_pairs),        cmocka_unit_test(test_locations),
        cmocka_unit_test(test_strings),      cmocka_unit_test(test_no_strings),
        cmocka_unit_test(test_long_strings), cmocka_unit_test(test_gather),
        cmocka_unit_test(test_gather_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
