/*
 * html_writer.h - flame graphs as one self-contained HTML page, for 10 frames or 1,000,000.
 *
 * The page draws on a canvas and is read with mouse, touch or keyboard (press ? in it): zoom, pan, search,
 * callers, sandwich, table, differences, dark and light, SVG export, permalink. It needs no server, asks the
 * network for nothing (its Content-Security-Policy forbids it) and opens from a file in any browser of 2023
 * or later. Names are data: they are never parsed as markup.
 *
 * A single profile is written by flame_write_html (graph.h). A page of its own that shows one or several
 * profiles among other things, such as the ladder report, is put together from three parts:
 *
 *     flame_html_policy(output);              in <head>, first: forbids every request
 *     flame_html_assets(output);              once, in <head>: the style sheet and the script
 *     flame_html_embed(tree, ..., output);    in <body>, wherever a flame graph should appear
 *
 * Each embedded graph is a <div class="flamescale"> of the given height holding its data; the script mounts a
 * viewer in every such element when the page has loaded. Elements added later are mounted with
 * FlameGraph.mount(element). In such a page the wheel zooms only with Ctrl (or a pinch) so that the page
 * itself still scrolls, and keys go to the graph that has the focus. The style sheet touches nothing outside
 * .flamescale elements; the page may set data-theme="light" or "dark" on its root element.
 */
#ifndef FLAME_HTML_WRITER_H
#define FLAME_HTML_WRITER_H

#include "file.h"
#include "status.h"
#include "tree.h"

struct flame_graph_options;

typedef struct flame_html_place {
    const char *id;      /* of the element, unique in the page: letters, digits, '-', '_'; keys in the page's
                            permalink begin with it */
    const char *heading; /* shown above the graph; NULL: the title of the options */
    unsigned height;     /* CSS pixels; 0: 480 */
} flame_html_place;

/* The <meta> element that forbids every request. */
void flame_html_policy(fs_output *output);

/* The <style> and <script> elements that every embedded graph of a page shares (about 100 KB). */
void flame_html_assets(fs_output *output);

/* The data and the mounting point of one flame graph. flame_tree_finish must have been called. Write errors
 * are remembered by `output`. FS_MEMORY, FS_ARGUMENT (an id with other characters). O(nodes + names log
 * names) time; about 8 bytes of memory a node. */
FS_CHECK fs_status flame_html_embed(const flame_tree *tree, const struct flame_graph_options *options,
                                    const flame_html_place *place, fs_output *output, fs_error *error);

#endif
