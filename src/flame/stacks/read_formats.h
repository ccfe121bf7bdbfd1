/*
 * read_formats.h - what a reader of stacks is: one for each format, defined in read_NAME.c and listed in
 * FLAME_READ_FORMATS (stack_reader.h).
 */
#ifndef FLAME_READ_FORMATS_H
#define FLAME_READ_FORMATS_H

#include "line_source.h"
#include "stack_builder.h"

/* What is read, and what becomes of it: made for one input, and taken down, by flame_stacks_read. */
typedef struct flame_reading {
    const flame_read_options *options;
    flame_tree *tree;
    flame_report *report;
    const char *name;   /* of the input in messages */
    flame_lines *lines; /* the text, by lines */
    char *bytes;        /* a format that is `whole`: all of it; a reader may change the bytes */
    size_t length;
    flame_builder builder; /* for whole stacks */
    /* for formats that show how deep a frame is: the stack that is open, root first, as nodes of the tree */
    uint32_t *nodes;
    size_t depth, capacity;
} flame_reading;

typedef struct flame_stack_format {
    const char *item; /* what its report counts: "line" or "sample" */
    bool whole;       /* it is read from `bytes`, else from `lines` */
    /* Whether the first block of an input is, as far as it goes, of this format; NULL: what no other is. */
    bool (*looks_like)(const char *bytes, size_t length);
    /* Take the content, add to the tree and fill the report; flame_stacks_read says what it means when no
     * stack was found. */
    fs_status (*read)(flame_reading *in, fs_error *error);
} flame_stack_format;

#define FLAME_READ_DECLARE(constant, name) extern const flame_stack_format flame_reader_##name;
FLAME_READ_FORMATS(FLAME_READ_DECLARE)
#undef FLAME_READ_DECLARE

/* The next line of a block, without its end; NULL after the last. *at moves past it. */
const char *flame_block_line(const char **at, const char *end, size_t *length);

/* Take one line; `reader` is what flame_each_line was given. */
typedef fs_status flame_take_line(void *reader, const char *line, size_t length, fs_error *error);

/* Give every line, the empty ones too, to `take` until one fails; then report->lines is how many there were.
 */
FS_CHECK fs_status flame_each_line(flame_reading *in, flame_take_line *take, void *reader, fs_error *error);

/* Report the line that was read last as skipped. */
void flame_read_skip(const flame_reading *in, const char *line, size_t length, const char *reason);

/* The same of the sample that was read last, report->lines of them: there is no text to show. */
void flame_skip_sample(const flame_reading *in, const char *reason);

/* Whether a line holds a NUL: then it is reported as skipped. */
bool flame_skip_nul(const flame_reading *in, const char *line, size_t length);

/* Count one stack of `weight` that ends at `node`, on the side that the options say. */
void flame_read_count(const flame_reading *in, uint32_t node, flame_exact weight);

/* The child of `parent` with that name, in the order of time where the options ask for it. */
FS_CHECK fs_status flame_read_child(const flame_reading *in, uint32_t parent, uint32_t name, uint32_t *node,
                                    fs_error *error);

/* Put a frame at `depth` (from 0 to in->depth): what was open there and deeper ends. */
FS_CHECK fs_status flame_open_frame(flame_reading *in, size_t depth, const char *name, size_t length,
                                    fs_error *error);

/* The same, and count `weight` for the frame where it is more than 0. */
FS_CHECK fs_status flame_count_frame(flame_reading *in, size_t depth, const fs_text *name, flame_exact weight,
                                     fs_error *error);

/* What is counted, cut to the room there is. */
void flame_report_unit(flame_report *report, const char *unit, size_t length);

#endif
