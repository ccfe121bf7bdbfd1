/*
 * html_data.h - a call tree as the compact data that the HTML page reads (page/page_data.js).
 *
 * Base64 of one zlib stream (RFC 1950) of columns, one after another:
 *
 *   strings    every function and file name, each ended by NUL (`text_bytes` in all)
 *   form       a byte a name: 0 the name is a function, 1 file:function:line, 2 function (file:line)
 *   kind       a byte a name: flame_kind
 *   colour     three bytes a name: red, green, blue, as the SVG has it
 *   function   a number a name: which string
 *   file       a number a name: which string, plus 1; 0 for none
 *   line       a number a name
 *   rise       a number a frame: how many levels up from the frame before it its caller is
 *   name       a number a frame
 *   after      a byte, then a count a frame: its own samples
 *   before     the same, in a difference
 *
 * Names are sorted byte-wise, frames are in preorder (the root first, its rise and name are 0) with siblings
 * in the order of their names, or of time. A number is unsigned, 7 bits a byte, the least significant first.
 * The byte before counts is 0 when they are such numbers, 1 when they are doubles (8 bytes, little-endian).
 */
#ifndef FLAME_HTML_DATA_H
#define FLAME_HTML_DATA_H

#include "graph.h"

typedef struct flame_html_data flame_html_data;

/* Sort the names and the frames, and take the names apart. O(nodes + names log names) time, about 12 bytes of
 * memory a node. The tree must live as long as the result. */
FS_CHECK fs_status flame_html_data_create(const flame_tree *tree, const flame_graph_options *options,
                                          flame_html_data **data, fs_error *error);
void flame_html_data_destroy(flame_html_data *data); /* NULL is legal */

size_t flame_html_data_text_bytes(const flame_html_data *data);

/* Write the base64. Write errors are remembered by `output`. */
FS_CHECK fs_status flame_html_data_write(const flame_html_data *data, fs_output *output, fs_error *error);

#endif
