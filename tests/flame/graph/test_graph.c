/* The graph library from inside: layout of the other measures, labels, rounding, palettes, and every
 * allocation made to fail. What a picture looks like from outside is tested by pytest here. */
#include "alloc_sweep.h"
#include "attributes.h"
#include "cells.h"
#include "graph.h"
#include "random.h"
#include "reshape.h"
#include "stack_reader.h"
#include "svg_panel.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static flame_tree *tree_of(const char *folded, bool in_time)
{
    flame_tree *tree = NULL;
    flame_read_options options;
    fs_error error;
    flame_read_options_default(&options);
    options.in_time = in_time;
    assert_int_equal(flame_tree_create(&tree, &error), FS_OK);
    assert_int_equal(flame_stacks_read_memory(folded, strlen(folded), "test", &options, tree, NULL, &error),
                     FS_OK);
    flame_tree_finish(tree);
    return tree;
}

static const char PAIRS[] =
    "main;grew 10 30\nmain;shrank 40 20\nmain;gone;deep 7 0\nmain;gone 3 0\nmain 2 1\n";

static const char *name_at(const flame_tree *tree, const flame_rect *rect)
{
    uint32_t id = flame_tree_node(tree, rect->node)->name;
    return id == FLAME_NONE ? "all" : flame_tree_name_of(tree, id)->text;
}

static const flame_rect *rect_named(const flame_tree *tree, const flame_layout *layout, const char *name)
{
    for (size_t i = 0; i < layout->count; i++)
        if (strcmp(name_at(tree, &layout->rects[i]), name) == 0) return &layout->rects[i];
    return NULL;
}

static void test_measures(void **state)
{
    (void)state;
    fs_error error;
    flame_layout layout;
    flame_tree *tree = tree_of(PAIRS, false);
    flame_layout_options options = {.measure = FLAME_BEFORE};
    assert_int_equal(flame_layout_make(tree, &options, &layout, &error), FS_OK);
    assert_true(layout.total == 62);
    const flame_rect *r = rect_named(tree, &layout, "shrank");
    assert_true(r->end - r->start == 40 && r->delta == -20 && r->level == 2);
    assert_true(layout.most_delta == 20 && layout.levels == 4);
    flame_layout_fini(&layout);

    options = (flame_layout_options){.measure = FLAME_GONE, .least = 1e-300};
    assert_int_equal(flame_layout_make(tree, &options, &layout, &error), FS_OK);
    assert_true(layout.total == 10 && layout.count == 4);
    r = rect_named(tree, &layout, "gone");
    assert_true(r->end - r->start == 10);
    assert_null(rect_named(tree, &layout, "shrank"));
    flame_layout_fini(&layout);
    flame_tree_destroy(tree);
}

static void test_empty_tree(void **state)
{
    (void)state;
    fs_error error;
    flame_tree *tree = NULL;
    flame_layout layout;
    flame_layout_options wanted = {0};
    flame_graph_options options;
    flame_text_options text = {0};
    fs_output *output = NULL;
    assert_int_equal(flame_tree_create(&tree, &error), FS_OK);
    flame_tree_finish(tree);
    assert_int_equal(flame_layout_make(tree, &wanted, &layout, &error), FS_OK);
    flame_layout_fini(&layout);
    flame_graph_options_default(&options);
    assert_int_equal(fs_output_open("/dev/null", &output, &error), FS_OK);
    assert_int_equal(flame_write_svg(tree, &options, output, &error), FS_DATA);
    assert_int_equal(flame_write_text(tree, &options, &text, output, &error), FS_DATA);
    options.width = 3;
    assert_int_equal(flame_write_svg(tree, &options, output, &error), FS_ARGUMENT);
    fs_output_discard(output);
    flame_tree_destroy(tree);
}

static void test_tenths_are_those_of_printf(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 7);
    for (int i = 0; i < 200000; i++) {
        double value = fs_random_unit(&random) * 1200;
        if (i % 4 == 1) value = (double)(i % 24000) / 20; /* exact and inexact halves of a tenth */
        if (i % 4 == 2) value = nextafter((double)(i % 24000) / 20, i % 8 == 2 ? 0 : 1e9);
        if (i % 4 == 3) value *= 1e9;
        char want[64], got[64];
        int64_t tenths = flame_svg_tenths(value);
        snprintf(want, sizeof want, "%.1f", value);
        snprintf(got, sizeof got, "%lld.%d", (long long)(tenths / 10), (int)(tenths % 10));
        assert_string_equal(got, want);
    }
    assert_int_equal(flame_svg_tenths(-0.25), -2);
    assert_int_equal(flame_svg_tenths(-12.34), -123);
}

static void test_cells(void **state)
{
    (void)state;
    bool dots;
    assert_int_equal(flame_cells("abc", 3, 100), 3);
    assert_int_equal(flame_cells("関数", 6, 100), 4);
    assert_int_equal(flame_cells("e\xCC\x81", 3, 100), 1); /* a combining accent takes no room */
    assert_int_equal(flame_cells("\xFF\xFE", 2, 100), 2);  /* not UTF-8 */
    assert_int_equal(flame_cells("abcdef", 6, 3), 4);      /* more than asked for */
    assert_int_equal(flame_cells_cut("abcdef", 6, 5, &dots), 3);
    assert_true(dots);
    assert_int_equal(flame_cells_cut("abcdef", 6, 6, &dots), 6);
    assert_false(dots);
    assert_int_equal(flame_cells_cut("ab", 2, 2, &dots), 0);
    assert_false(dots);
    assert_int_equal(flame_cells_cut("関数数", 9, 5, &dots), 3); /* not half of a wide one */
    assert_true(dots);
}

static void test_colours(void **state)
{
    (void)state;
    flame_colour c;
    assert_true(flame_colour_parse("#0aF", &c) && c.red == 0 && c.green == 0xAA && c.blue == 0xFF);
    assert_true(flame_colour_parse("rgb(1, 20,255)", &c) && c.red == 1 && c.green == 20 && c.blue == 255);
    static const char *const bad[] = {"", "#12", "#12345g", "rgb(1,2)", "rgb(1,2,256)", "rgb(1,2,3)x", "red"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(flame_colour_parse(bad[i], &c));
    c = flame_delta_colour(5, 0);
    assert_true(c.red == 255 && c.green == 255 && c.blue == 255);
    c = flame_delta_colour(-50, 10); /* a change may be larger than the most in the tree's own samples */
    assert_true(c.red == 0 && c.green == 0 && c.blue == 255);
    for (int palette = 0; flame_palette_words[palette]; palette++) {
        flame_name empty = {.text = "", .length = 0};
        for (int variation = FLAME_VARY_NAME; variation <= FLAME_VARY_RANDOM; variation++)
            (void)flame_palette_colour((flame_palette)palette, (flame_variation)variation, 3, &empty);
    }
}

static double total_after(const flame_tree *tree)
{
    return flame_tree_counts(tree, 0).total_after;
}

static void test_reshape(void **state)
{
    (void)state;
    fs_error error;
    flame_tree *turned = NULL, *back = NULL;
    flame_reshape_options reverse = {.reverse = true};
    static const char folded[] = "a;b_[k];c 3\na;b 2\nx;b_[k];c 4\na 1\na;a;a 5\n";
    flame_tree *tree = tree_of(folded, false);
    assert_int_equal(flame_tree_reshape(tree, &reverse, &turned, &error), FS_OK);
    assert_true(total_after(turned) == 15);
    assert_int_equal(flame_tree_reshape(turned, &reverse, &back, &error), FS_OK);
    assert_int_equal(flame_tree_nodes(back), flame_tree_nodes(tree));
    assert_int_equal(flame_tree_names(turned), flame_tree_names(tree)); /* annotations survive */
    flame_tree_destroy(back);
    flame_tree_destroy(turned);
    flame_tree_destroy(tree);

    tree = tree_of("a;b 1\na 1\na;b 1\nc 2\n", true);
    assert_int_equal(flame_tree_reshape(tree, &reverse, &turned, &error), FS_OK);
    assert_true(flame_tree_in_time(turned) && total_after(turned) == 5);
    flame_tree_destroy(turned);
    flame_tree_destroy(tree);
}

/* ---- memory ---- */

static char folder[] = "/tmp/flamescale_graph_XXXXXX";
static char palette_path[64], attribute_path[64];

static int write_everything(void *context)
{
    const flame_tree *tree = context;
    fs_error error;
    fs_output *output = NULL;
    flame_colour_map *map = NULL;
    flame_attributes *attributes = NULL;
    flame_tree *turned = NULL;
    flame_graph_options options;
    flame_text_options text = {.colour = true};
    flame_reshape_options reverse = {.reverse = true};
    flame_graph_options_default(&options);
    options.show_gone = true;
    options.palette = FLAME_PALETTE_CHAIN;
    options.notes = "notes";
    options.subtitle = "sub";
    fs_status status = flame_colour_map_create(&map, &error);
    if (!status) status = flame_colour_map_read(map, palette_path, &error);
    if (!status) status = flame_attributes_read(attribute_path, &attributes, &error);
    if (!status) status = fs_output_open("/dev/null", &output, &error);
    options.colours = map;
    options.attributes = attributes;
    if (!status) status = flame_write_svg(tree, &options, output, &error);
    if (!status) status = flame_write_text(tree, &options, &text, output, &error);
    if (!status) status = flame_write_changes(tree, &options, &text, output, &error);
    if (!status) status = flame_write_svg_message("sorry", &options, output, &error);
    if (!status) status = flame_tree_reshape(tree, &reverse, &turned, &error);
    if (!status) status = flame_write_svg(turned, &options, output, &error);
    if (!status) status = flame_colour_map_write(map, palette_path, &error);
    fs_output_discard(output);
    flame_tree_destroy(turned);
    flame_attributes_destroy(attributes);
    flame_colour_map_destroy(map);
    return status;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

static void test_memory(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(palette_path, sizeof palette_path, "%s/palette.map", folder);
    snprintf(attribute_path, sizeof attribute_path, "%s/attributes", folder);
    write_file(palette_path, "grew->rgb(1,2,3)\n");
    write_file(attribute_path, "grew\thref=x\ttitle=t\tg_extra=a=\"b\"\n");
    flame_tree *difference = tree_of(PAIRS, false), *plain = tree_of("a;b;--;c 3\na;d 2\n", false);
    assert_true(alloc_sweep(write_everything, difference, FS_MEMORY) > 20);
    assert_true(alloc_sweep(write_everything, plain, FS_MEMORY) > 20);
    flame_tree_destroy(plain);
    flame_tree_destroy(difference);
    unlink(palette_path);
    unlink(attribute_path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measures),
        cmocka_unit_test(test_empty_tree),
        cmocka_unit_test(test_tenths_are_those_of_printf),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_reshape),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
