/*
 * embed_page - a page with two flame graphs among other text, the way the ladder report shows them.
 *
 *     embed_page OUT.html FIRST.folded SECOND.folded
 */
#include "graph.h"
#include "html_writer.h"
#include "stack_reader.h"

#include <stdio.h>

static fs_status add_graph(const char *path, const char *id, const char *heading, fs_output *output,
                           fs_error *error)
{
    flame_read_options reading;
    flame_graph_options options;
    flame_tree *tree = NULL;
    flame_read_options_default(&reading);
    flame_graph_options_default(&options);
    fs_status status = flame_tree_create(&tree, error);
    if (status == FS_OK) status = flame_stacks_read(path, &reading, tree, NULL, error);
    if (status != FS_OK) goto cleanup;
    flame_tree_finish(tree);
    flame_html_place place = {.id = id, .heading = heading, .height = 420};
    status = flame_html_embed(tree, &options, &place, output, error);
cleanup:
    flame_tree_destroy(tree);
    return status;
}

int main(int count, char **arguments)
{
    fs_error error = {.code = FS_OK};
    fs_output *output = NULL;
    if (count != 4) return 2;
    fs_status status = fs_output_open(arguments[1], &output, &error);
    if (status != FS_OK) goto cleanup;
    fs_output_string(output, "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    flame_html_policy(output);
    fs_output_string(output, "<title>Two graphs</title>");
    flame_html_assets(output);
    fs_output_string(output, "</head><body style=\"margin:24px\"><p>Before.</p>");
    status = add_graph(arguments[2], "first", "The first <profile> & \"more\"", output, &error);
    fs_output_string(output, "<p style=\"height:1200px\">Between.</p>");
    if (status == FS_OK) status = add_graph(arguments[3], "second", NULL, output, &error);
    if (status != FS_OK) goto cleanup;
    fs_output_string(output, "</body></html>");
    status = fs_output_commit(output, &error);
    output = NULL;
cleanup:
    fs_output_discard(output);
    if (status != FS_OK) fprintf(stderr, "embed_page: %s\n", error.message);
    return status == FS_OK ? 0 : 1;
}
