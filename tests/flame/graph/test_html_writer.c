/* The HTML page's bytes: its data read back by an independent reader, what is escaped, every allocation that
 * may fail. What the page does with them is for tests/browser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "alloc_sweep.h"
#include "graph.h"
#include "html_writer.h"
#include "stack_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static flame_tree *read_some(const char *folded, flame_pairs pairs)
{
    flame_tree *tree = NULL;
    flame_read_options options;
    fs_error error = {.message = ""};
    flame_read_options_default(&options);
    options.pairs = pairs;
    assert_int_equal(flame_tree_create(&tree, &error), FS_OK);
    if (flame_stacks_read_memory(folded, strlen(folded), "test", &options, tree, NULL, &error) != FS_OK)
        fail_msg("%s", error.message);
    flame_tree_finish(tree);
    return tree;
}

static flame_tree *read_stacks(const char *folded)
{
    return read_some(folded, FLAME_PAIRS_NO);
}

/* The page as a string, through a file. Free with free(). */
static char *page_of(const flame_tree *tree, const flame_graph_options *options,
                     const flame_html_place *place)
{
    char path[] = "/tmp/test_html_writer_XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    fs_output *output = NULL;
    fs_error error = {.message = ""};
    assert_int_equal(fs_output_open(path, &output, &error), FS_OK);
    fs_status status = place ? flame_html_embed(tree, options, place, output, &error)
                             : flame_write_html(tree, options, output, &error);
    if (status != FS_OK) fail_msg("%s", error.message);
    assert_int_equal(fs_output_commit(output, &error), FS_OK);
    char *bytes = NULL, *copy;
    size_t length = 0;
    assert_int_equal(fs_file_read(path, 0, &bytes, &length, &error), FS_OK);
    copy = malloc(length + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, length + 1);
    fs_free(bytes);
    unlink(path);
    return copy;
}

/* What lies between `from` and `to`. */
static char *between(const char *text, const char *from, const char *to)
{
    const char *start = strstr(text, from);
    assert_non_null(start);
    start += strlen(from);
    const char *end = strstr(start, to);
    assert_non_null(end);
    char *made = malloc((size_t)(end - start) + 1);
    assert_non_null(made);
    memcpy(made, start, (size_t)(end - start));
    made[end - start] = '\0';
    return made;
}

static unsigned digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, c);
    assert_true(c != '\0' && at != NULL);
    return (unsigned)(at - digits);
}

/* Base64 of a zlib stream -> bytes. */
static unsigned char *unpack(const char *base64, size_t *length)
{
    size_t digits = strlen(base64), used = 0;
    assert_int_equal(digits % 4, 0);
    unsigned char *packed = malloc(digits + 1);
    assert_non_null(packed);
    for (size_t i = 0; i < digits; i += 4) {
        bool two = base64[i + 2] == '=', one = base64[i + 3] == '=';
        assert_true(i + 4 == digits || !one);
        unsigned long group = digit(base64[i]) << 18 | digit(base64[i + 1]) << 12 |
                              (two ? 0 : digit(base64[i + 2])) << 6 | (one ? 0 : digit(base64[i + 3]));
        packed[used++] = (unsigned char)(group >> 16);
        if (!two) packed[used++] = (unsigned char)(group >> 8 & 255);
        if (!one) packed[used++] = (unsigned char)(group & 255);
    }
    uLongf room = 64 << 20;
    unsigned char *bytes = malloc(room);
    assert_non_null(bytes);
    assert_int_equal(uncompress(bytes, &room, packed, (uLong)used), Z_OK);
    free(packed);
    *length = room;
    return bytes;
}

typedef struct cursor {
    const unsigned char *bytes;
    size_t at, length;
} cursor;

static unsigned next_byte(cursor *from)
{
    assert_true(from->at < from->length);
    return from->bytes[from->at++];
}

static uint64_t next_number(cursor *from)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        unsigned byte = next_byte(from);
        value |= (uint64_t)(byte & 127) << shift;
        if (byte < 128) return value;
    }
}

static double next_double(cursor *from)
{
    uint64_t bits = 0;
    double value;
    for (unsigned i = 0; i < 64; i += 8) bits |= (uint64_t)next_byte(from) << i;
    memcpy(&value, &bits, sizeof value);
    return value;
}

enum { MOST = 64 };

/* The data of a small page, in the order of html_data.h. */
typedef struct decoded {
    unsigned char *bytes;
    unsigned names, nodes, strings;
    const char *string[MOST];
    unsigned form[MOST], function[MOST], file[MOST], line[MOST];
    unsigned rise[MOST], name[MOST];
    double after[MOST], before[MOST];
} decoded;

static unsigned meta_number(const char *meta, const char *key)
{
    const char *at = strstr(meta, key);
    assert_non_null(at);
    return (unsigned)strtoul(at + strlen(key) + 2, NULL, 10);
}

static void decode(const char *page, decoded *made)
{
    char *meta = between(page, "class=\"flamescale-meta\">", "</script>");
    char *base64 = between(page, "class=\"flamescale-data\">", "</script>");
    bool diff = strstr(meta, "\"diff\":true") != NULL;
    cursor from = {.at = 0};
    made->bytes = unpack(base64, &from.length);
    from.bytes = made->bytes;
    made->names = meta_number(meta, "\"names");
    made->nodes = meta_number(meta, "\"nodes");
    size_t text = meta_number(meta, "\"textBytes");
    assert_true(made->names <= MOST && made->nodes <= MOST);
    made->strings = 0;
    for (size_t start = 0; from.at < text; from.at++) {
        if (from.bytes[from.at]) continue;
        made->string[made->strings++] = (const char *)from.bytes + start;
        start = from.at + 1;
    }
    for (unsigned i = 0; i < made->names; i++) made->form[i] = next_byte(&from);
    from.at += 4 * (size_t)made->names; /* kinds and colours */
    for (unsigned i = 0; i < made->names; i++) made->function[i] = (unsigned)next_number(&from);
    for (unsigned i = 0; i < made->names; i++) made->file[i] = (unsigned)next_number(&from);
    for (unsigned i = 0; i < made->names; i++) made->line[i] = (unsigned)next_number(&from);
    for (unsigned i = 0; i < made->nodes; i++) made->rise[i] = (unsigned)next_number(&from);
    for (unsigned i = 0; i < made->nodes; i++) made->name[i] = (unsigned)next_number(&from);
    for (int side = 0; side <= diff; side++) {
        bool doubles = next_byte(&from) == 1;
        for (unsigned i = 0; i < made->nodes; i++)
            (side ? made->before : made->after)[i] =
                doubles ? next_double(&from) : (double)next_number(&from);
    }
    assert_int_equal(from.at, from.length);
    free(meta);
    free(base64);
}

static const char *function_of(const decoded *page, unsigned node)
{
    return page->string[page->function[page->name[node]]];
}

static void test_data_is_the_tree(void **state)
{
    (void)state;
    flame_graph_options options;
    flame_graph_options_default(&options);
    flame_tree *tree = read_stacks("m;b 2\nm;a;x.py:f:12 3\nm;a 1\nm;g (y.py:3) 300\n");
    char *page = page_of(tree, &options, NULL);
    decoded got;
    decode(page, &got);
    /* in preorder, siblings sorted: root m a f b g */
    static const char *const names[] = {"m", "a", "f", "b", "g"};
    static const unsigned rises[] = {0, 0, 0, 2, 1};
    static const double counts[] = {0, 1, 3, 2, 300};
    assert_int_equal(got.nodes, 6);
    for (unsigned i = 1; i < 6; i++) {
        assert_string_equal(function_of(&got, i), names[i - 1]);
        assert_int_equal(got.rise[i], rises[i - 1]);
        assert_float_equal(got.after[i], counts[i - 1], 0);
    }
    unsigned f = got.name[3], g = got.name[5];
    assert_int_equal(got.form[f], 1);
    assert_string_equal(got.string[got.file[f] - 1], "x.py");
    assert_int_equal(got.line[f], 12);
    assert_int_equal(got.form[g], 2);
    assert_string_equal(got.string[got.file[g] - 1], "y.py");
    free(got.bytes);
    free(page);
    flame_tree_destroy(tree);
}

static void test_fractions_and_pairs(void **state)
{
    (void)state;
    flame_graph_options options;
    flame_graph_options_default(&options);
    flame_tree *tree = read_some("a;b 0.125 7\na;c 1e17 0\n", FLAME_PAIRS_YES);
    char *page = page_of(tree, &options, NULL);
    decoded got;
    decode(page, &got);
    assert_float_equal(got.before[2], 0.125, 0);
    assert_float_equal(got.after[2], 7, 0);
    assert_true(got.before[3] == 1e17);
    free(got.bytes);
    free(page);
    flame_tree_destroy(tree);
}

static void test_words_are_escaped(void **state)
{
    (void)state;
    flame_graph_options options;
    flame_graph_options_default(&options);
    options.title = "</title><script>x</script>&\"";
    options.subtitle = "</script><!--\xff";
    flame_tree *tree = read_stacks("</script>;<b> 1\n");
    char *page = page_of(tree, &options, NULL);
    assert_non_null(strstr(page, "<title>&lt;/title&gt;&lt;script&gt;x&lt;/script&gt;&amp;"));
    assert_null(strstr(page, "<script>x"));
    char *meta = between(page, "class=\"flamescale-meta\">", "</script>");
    assert_null(strpbrk(meta, "<>&"));
    assert_non_null(strstr(meta, "\\u003c/script\\u003e\\u003c!--\xef\xbf\xbd"));
    free(meta);
    /* the policy comes before anything that could ask for something */
    assert_true(strstr(page, "Content-Security-Policy") < strstr(page, "<style"));
    free(page);
    flame_tree_destroy(tree);
}

static void test_embedding(void **state)
{
    (void)state;
    flame_graph_options options;
    flame_graph_options_default(&options);
    flame_tree *tree = read_stacks("a 1\n");
    flame_html_place place = {.id = "rung-1", .heading = "\"<x>", .height = 333};
    char *page = page_of(tree, &options, &place);
    assert_non_null(
        strstr(page, "id=\"rung-1\" data-embedded style=\"height:333px\" data-heading=\"&quot;&lt;x&gt;\">"));
    assert_null(strstr(page, "<style"));
    free(page);
    static const char *const bad[] = {"", "a b", "a\"", "<", "\xc3\xa9", NULL};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        place.id = bad[i];
        fs_error error = {.message = ""};
        fs_output *output = NULL;
        assert_int_equal(fs_output_open("/dev/null", &output, &error), FS_OK);
        assert_int_equal(flame_html_embed(tree, &options, &place, output, &error), FS_ARGUMENT);
        assert_true(error.message[0] != '\0');
        fs_output_discard(output);
    }
    flame_tree_destroy(tree);
}

static void test_no_samples(void **state)
{
    (void)state;
    flame_graph_options options;
    flame_tree *tree = NULL;
    fs_output *output = NULL;
    fs_error error = {.message = ""};
    flame_graph_options_default(&options);
    assert_int_equal(flame_tree_create(&tree, &error), FS_OK);
    flame_tree_finish(tree);
    assert_int_equal(fs_output_open("/dev/null", &output, &error), FS_OK);
    assert_int_equal(flame_write_html(tree, &options, output, &error), FS_DATA);
    fs_output_discard(output);
    flame_tree_destroy(tree);
}

/* Large enough for several rounds through the compressor's buffers; the end is what is looked at. */
static void test_long_data(void **state)
{
    (void)state;
    fs_text folded;
    fs_text_init(&folded);
    for (unsigned i = 0; i < 40000; i++) fs_text_format(&folded, "m;f%u %u\n", i * 2654435761u, i + 1);
    assert_false(folded.failed);
    flame_graph_options options;
    flame_graph_options_default(&options);
    flame_tree *tree = read_stacks(folded.data);
    char *page = page_of(tree, &options, NULL);
    char *base64 = between(page, "class=\"flamescale-data\">", "</script>");
    size_t length;
    unsigned char *bytes = unpack(base64, &length);
    assert_true(length > 40000 * 12);
    assert_float_equal(flame_tree_counts(tree, 0).total_after, 40000.0 * 40001 / 2, 0);
    free(bytes);
    free(base64);
    free(page);
    fs_text_fini(&folded);
    flame_tree_destroy(tree);
}

static int write_one(void *context)
{
    flame_graph_options options;
    fs_error error = {.message = ""};
    fs_output *output = NULL;
    flame_graph_options_default(&options);
    options.subtitle = "under <it>";
    fs_status status = fs_output_open("/dev/null", &output, &error);
    if (status != FS_OK) return (int)status;
    status = flame_write_html(context, &options, output, &error);
    if (status != FS_OK) {
        fs_output_discard(output);
        return (int)status;
    }
    return (int)fs_output_commit(output, &error);
}

static void test_every_allocation(void **state)
{
    (void)state;
    flame_tree *tree = read_some("m;a;x.py:f:12 3 1\nm;a 1 1\nm;b 2 0\n", FLAME_PAIRS_YES);
    assert_true(alloc_sweep(write_one, tree, FS_MEMORY) > 10);
    flame_tree_destroy(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data_is_the_tree),  cmocka_unit_test(test_fractions_and_pairs),
        cmocka_unit_test(test_words_are_escaped), cmocka_unit_test(test_embedding),
        cmocka_unit_test(test_no_samples),        cmocka_unit_test(test_long_data),
        cmocka_unit_test(test_every_allocation),
    };
    return cmocka_run_group_tests_name("html_writer", tests, NULL, NULL);
}
