/*
 * read_formats.h - what a reader of stacks is: one for each format, defined in read_NAME.c and listed in
 * FLAME_READ_FORMATS (stack_reader.h).
 */
#ifndef FLAME_READ_FORMATS_H
#define FLAME_READ_FORMATS_H

#include "line_source.h"

typedef struct flame_stack_format {
    const char *item; /* what its report counts: "line" or "sample" */
    /* Whether the first block of an input is, as far as it goes, of this format; NULL: what no other is. */
    bool (*looks_like)(const char *bytes, size_t length);
    /* Take the lines (or the whole content) from `lines`, add to the tree and fill the report;
     * flame_stacks_read says what it means when no stack was found. */
    fs_status (*read)(flame_lines *lines, const flame_read_options *options, flame_tree *tree,
                      flame_report *report, fs_error *error);
} flame_stack_format;

#define FLAME_READ_DECLARE(constant, name) extern const flame_stack_format flame_reader_##name;
FLAME_READ_FORMATS(FLAME_READ_DECLARE)
#undef FLAME_READ_DECLARE

/* The next line of a block, without its end; NULL after the last. *at moves past it. */
const char *flame_block_line(const char **at, const char *end, size_t *length);

/* Count one stack of `weight` that ends at `node`, on the side that the options say. */
void flame_read_count(const flame_read_options *options, flame_tree *tree, uint32_t node, flame_exact weight,
                      flame_report *report);

#endif
