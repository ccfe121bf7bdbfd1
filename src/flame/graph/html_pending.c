/* Stands in until html_writer.c is here, which replaces this file. */
#include "graph.h"

fs_status flame_write_html(const flame_tree *tree, const flame_graph_options *options, fs_output *output,
                           fs_error *error)
{
    (void)tree;
    (void)options;
    (void)output;
    return fs_fail(error, FS_UNSUPPORTED, "HTML pages cannot be written yet; write an .svg");
}
