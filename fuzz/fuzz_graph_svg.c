/* Any bytes as folded stacks, through the reader, the layout and the writers of SVG and text. The first two
 * bytes choose the options; the third is the length of the words that a person might give. */
#include "graph.h"
#include "reshape.h"
#include "stack_reader.h"
#include "well_formed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static void remove_file(void)
{
    unlink(path);
}

static void check_picture(const flame_tree *tree, const flame_graph_options *options)
{
    fs_error error;
    fs_output *output = NULL;
    char *bytes = NULL;
    size_t length;
    if (fs_output_open(path, &output, &error)) abort();
    fs_status status = flame_write_svg(tree, options, output, &error);
    if (status) {
        fs_output_discard(output);
        if (status != FS_DATA && status != FS_ARGUMENT) abort();
        return;
    }
    if (fs_output_commit(output, &error) || fs_file_read(path, 0, &bytes, &length, &error)) abort();
    if (!xml_well_formed(bytes, length)) abort();
    fs_free(bytes);
}

static void check_text(const flame_tree *tree, const flame_graph_options *options)
{
    fs_error error;
    fs_output *output = NULL;
    flame_text_options text = {.colour = true};
    if (fs_output_open("/dev/null", &output, &error)) abort();
    fs_status status = flame_write_text(tree, options, &text, output, &error);
    if (status && status != FS_DATA) abort();
    fs_output_discard(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char words[257];
    fs_error error;
    flame_tree *tree = NULL, *turned = NULL;
    if (size < 3 || size > 65536) return 0;
    if (!path[0]) {
        snprintf(path, sizeof path, "/tmp/fuzz_graph_svg.%ld.svg", (long)getpid());
        atexit(remove_file);
    }
    unsigned bits = data[0], more = data[1];
    size_t word_length = data[2] < size - 3 ? data[2] : size - 3;
    memcpy(words, data + 3, word_length);
    words[word_length] = '\0';

    flame_graph_options options;
    flame_graph_options_default(&options);
    options.inverted = bits & 1;
    options.order = bits & 2 ? FLAME_ORDER_TIME : FLAME_ORDER_BYTES;
    options.show_gone = bits & 4;
    options.min_width = bits & 8 ? 0 : 0.1;
    options.negate = bits & 16;
    options.delta = bits & 32 ? FLAME_DELTA_TOTAL : FLAME_DELTA_SELF;
    options.palette = (flame_palette)(more % 17);
    options.variation = (flame_variation)(more / 17 % 3);
    options.title = options.subtitle = options.notes = options.count_name = options.name_type =
        options.font_type = words;
    flame_read_options reading;
    flame_read_options_default(&reading);
    reading.format = FLAME_FOLDED;
    reading.in_time = bits & 2;
    reading.pairs = bits & 64 ? FLAME_PAIRS_YES : FLAME_PAIRS_NO;
    if (flame_tree_create(&tree, &error)) return 0;
    fs_status status = flame_stacks_read_memory((const char *)data + 3 + word_length, size - 3 - word_length,
                                                "fuzz", &reading, tree, NULL, &error);
    if (status == FS_OK) {
        flame_reshape_options reverse = {.reverse = true};
        flame_tree_finish(tree);
        if (bits & 128 && flame_tree_reshape(tree, &reverse, &turned, &error)) abort();
        check_picture(turned ? turned : tree, &options);
        check_text(turned ? turned : tree, &options);
    }
    flame_tree_destroy(turned);
    flame_tree_destroy(tree);
    return 0;
}
