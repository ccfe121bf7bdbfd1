/* Values of another interpreter, from memory that is hostile: whatever it holds, the text is bounded, valid
 * and free of control characters, and reading it comes to an end. What values look like is tested with living
 * interpreters (tests/flame/record/test_dump.py). */
#include "alloc_sweep.h"
#include "coroutine_stack.h"
#include "memory.h"
#include "python_value.h"
#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { BASE = 0x10000, WORDS = 4096, TEXT_MOST = 20000, READS = 20000 };

static uint64_t memory_words[WORDS];

static size_t read_words(void *self, const flame_span *spans, size_t count, int *reason)
{
    (void)self;
    for (size_t i = 0; i < count; i++) {
        const uint64_t offset = spans[i].address - BASE;
        if (spans[i].address < BASE || offset > sizeof memory_words ||
            spans[i].length > sizeof memory_words - offset) {
            if (reason) *reason = 0;
            return i;
        }
        memcpy(spans[i].bytes, (const uint8_t *)memory_words + offset, spans[i].length);
    }
    return count;
}

/* Pointers into itself, small numbers, flags of types, letters, and noise. */
static void fill(fs_random *random)
{
    for (size_t i = 0; i < WORDS; i++) {
        const uint64_t noise = fs_random_next(random);
        switch (noise % 8) {
        case 0:
            memory_words[i] = noise >> 8;
            break;
        case 1:
            memory_words[i] = noise >> 60;
            break;
        case 2:
            memory_words[i] = UINT64_C(1) << (24 + (noise >> 61));
            break;
        case 3:
            memory_words[i] = UINT64_C(0x65) | (noise >> 8 & UINT64_C(0xff000000))
                                                   << 8; /* a state of a str */
            break;
        default:
            memory_words[i] = BASE + (noise >> 8) % WORDS * 8;
        }
    }
}

static void check_text(const fs_text *text)
{
    assert_true(text->length <= TEXT_MOST);
    assert_true(fs_utf8_valid(fs_text_string(text), text->length));
    for (size_t i = 0; i < text->length; i++) assert_true((unsigned char)text->data[i] >= 0x20);
}

/* Coroutines that await each other, lists longer than memory. */
static void check_walks(object_memory *memory, uint64_t address)
{
    enum { ITEMS = 100 };
    coroutine_stack stack = {0};
    uint64_t *items;
    memory->reads_left = READS;
    coroutine_stack_read(memory, address, &stack);
    assert_false(stack.failed);
    assert_true(stack.count <= 1000);
    fs_free(stack.frames);
    assert_true(object_items_of(memory, address, ITEMS, &items) <= ITEMS);
    fs_free(items);
    assert_false(memory->failed);
}

static void test_hostile(void **state)
{
    (void)state;
    const flame_reader reader = {.read = read_words};
    fs_random random;
    fs_random_init(&random, 1);
    for (int round = 0; round < 400; round++) {
        fill(&random);
        object_memory memory = {.reader = &reader,
                                .layout = python_layout_fixed(PYTHON_OLDEST + (unsigned)round % 8)};
        for (uint64_t i = 0; i < 50; i++) {
            fs_text text;
            fs_text_init(&text);
            memory.reads_left = READS;
            python_value_text(&memory, BASE + fs_random_next(&random) % WORDS * 8, &text);
            assert_false(text.failed);
            assert_true(text.length > 0);
            check_text(&text);
            fs_text_fini(&text);
            check_walks(&memory, BASE + fs_random_next(&random) % WORDS * 8);
        }
    }
}

/* A tuple of two ints and a str, of 3.12. */
static void make_tuple(void)
{
    enum { TUPLE = 0, INT = 10, STR = 20, TUPLE_TYPE = 100, INT_TYPE = 200, STR_TYPE = 300, NAMES = 400 };
    static const struct {
        uint64_t at, flag;
        const char *name;
    } types[] = {{TUPLE_TYPE, OBJECT_IS_TUPLE, "tuple"},
                 {INT_TYPE, OBJECT_IS_INT, "int"},
                 {STR_TYPE, OBJECT_IS_STR, "str"}};
    memset(memory_words, 0, sizeof memory_words);
    for (size_t i = 0; i < 3; i++) {
        memory_words[types[i].at + 3] = BASE + 8 * (NAMES + 2 * i);
        memory_words[types[i].at + 21] = types[i].flag;
        memcpy(&memory_words[NAMES + 2 * i], types[i].name, strlen(types[i].name));
    }
    memory_words[TUPLE + 1] = BASE + 8 * TUPLE_TYPE;
    memory_words[TUPLE + 2] = 3;
    memory_words[TUPLE + 3] = memory_words[TUPLE + 4] = BASE + 8 * INT;
    memory_words[TUPLE + 5] = BASE + 8 * STR;
    memory_words[INT + 1] = BASE + 8 * INT_TYPE;
    memory_words[INT + 2] = 1 << 3 | 2; /* one digit, negative */
    memory_words[INT + 3] = 42;
    memory_words[STR + 1] = BASE + 8 * STR_TYPE;
    memory_words[STR + 2] = 2;
    memory_words[STR + 4] = 1 << 2 | 1 << 5 | 1 << 6; /* one byte each, compact, ASCII */
    memcpy(&memory_words[STR + 5], "a\n", 2);
}

static int write_tuple(void *context)
{
    const flame_reader reader = {.read = read_words};
    object_memory memory = {.reader = &reader, .layout = python_layout_fixed(12), .reads_left = READS};
    fs_text text;
    (void)context;
    fs_text_init(&text);
    python_value_text(&memory, BASE, &text);
    const bool good = strcmp(fs_text_string(&text), "(-42, -42, 'a\\n')") == 0;
    const bool failed = text.failed;
    fs_text_fini(&text);
    return good ? FS_OK : failed ? FS_MEMORY : FS_INTERNAL;
}

static void test_memory(void **state)
{
    (void)state;
    make_tuple();
    assert_int_equal(write_tuple(NULL), FS_OK);
    assert_true(alloc_sweep(write_tuple, NULL, FS_MEMORY) > 3);
}

/* Reads that have come to their limit. */
static void test_limit(void **state)
{
    (void)state;
    make_tuple();
    const flame_reader reader = {.read = read_words};
    for (uint32_t most = 0; most < 15; most++) {
        object_memory memory = {.reader = &reader, .layout = python_layout_fixed(12), .reads_left = most};
        fs_text text;
        fs_text_init(&text);
        python_value_text(&memory, BASE, &text);
        assert_int_equal(memory.reads_left, 0);
        assert_string_not_equal(fs_text_string(&text), "(-42, -42, 'a\\n')");
        check_text(&text);
        fs_text_fini(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hostile), cmocka_unit_test(test_memory),
                                       cmocka_unit_test(test_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
