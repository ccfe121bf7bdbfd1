/*
 * graph.h - a call tree as a picture: SVG, a self-contained HTML page, or text for a terminal.
 */
#ifndef FLAME_GRAPH_H
#define FLAME_GRAPH_H

#include "file.h"
#include "layout.h"
#include "palette.h"
#include "stack_writer.h"
#include "tree.h"

typedef struct flame_attributes flame_attributes; /* attributes.h: the --nameattr file */

/* Everything a person may ask of a picture. Text is UTF-8 and borrowed; NULL takes the default. Start with
 * flame_graph_options_default and change what you want. */
typedef struct flame_graph_options {
    size_t size; /* of this struct */

    /* words */
    const char *title;      /* NULL: "Flame Graph", "Icicle Graph" or "Flame Chart" */
    const char *subtitle;   /* NULL: none */
    const char *notes;      /* a comment in the file */
    const char *count_name; /* "samples" */
    const char *name_type;  /* "Function:" */

    /* size */
    int64_t width;         /* of the picture, 1200 px */
    double frame_height;   /* 16 px */
    double min_width;      /* a narrower frame is left out: 0.1 px */
    bool min_width_share;  /* min_width is in percent of the total */
    const char *font_type; /* "Verdana" */
    double font_size;      /* 12 px */
    double font_width;     /* average width of a character relative to the font size, 0.59 */
    uint32_t depth_first;  /* levels to draw; 0 and 0: all */
    uint32_t depth_last;

    /* colour */
    flame_palette palette;
    flame_variation variation;
    uint64_t seed;                      /* of FLAME_VARY_RANDOM */
    flame_colour_map *colours;          /* NULL: none; new names are added to it */
    const char *background;             /* NULL: goes with the palette (see flame_background) */
    const char *search_colour;          /* "rgb(230,0,230)" */
    const char *stroke_colour;          /* of the frames' outlines; NULL: none */
    const char *ui_colour;              /* of titles and buttons; NULL: black */
    const flame_attributes *attributes; /* NULL: none */

    /* shape */
    bool inverted; /* icicle: the root on top */
    flame_order order;
    bool flame_chart; /* the title says so; the order is FLAME_ORDER_TIME */

    /* counts */
    double factor; /* counts are shown times this, 1 */
    double total;  /* the width stands for this many samples; 0, or less than the tree has: the tree's own */

    /* differences */
    bool negate; /* red for less, blue for more */
    flame_delta delta;
    bool show_gone; /* a second panel with what the second profile no longer has */

    const char *encoding; /* of the names in the tree, as iconv knows it; NULL: UTF-8. Pictures are UTF-8 */
} flame_graph_options;

/* As an initialiser, and as a function. */
#define FLAME_GRAPH_DEFAULTS                                                                                 \
    {                                                                                                        \
        .size = sizeof(flame_graph_options), .count_name = "samples",                                        \
        .name_type = "Function:", .width = 1200, .frame_height = 16, .min_width = 0.1,                       \
        .font_type = "Verdana", .font_size = 12, .font_width = 0.59, .search_colour = "rgb(230,0,230)",      \
        .seed = 1, .factor = 1                                                                               \
    }
void flame_graph_options_default(flame_graph_options *options);

/* The title that is shown: the one asked for, or the default for the shape. */
const char *flame_graph_title(const flame_graph_options *options);

/* An interactive SVG. FS_DATA when the tree has no samples. The output is not committed here. Cost: that of
 * the layout plus O(rectangles). */
FS_CHECK fs_status flame_write_svg(const flame_tree *tree, const flame_graph_options *options,
                                   fs_output *output, fs_error *error);

/* A small SVG that says `message`, for scripts that show whatever comes out. */
FS_CHECK fs_status flame_write_svg_message(const char *message, const flame_graph_options *options,
                                           fs_output *output, fs_error *error);

/* One self-contained page drawn on a canvas. FS_DATA when the tree has no samples. */
FS_CHECK fs_status flame_write_html(const flame_tree *tree, const flame_graph_options *options,
                                    fs_output *output, fs_error *error);

/* The tree with bars, and the functions with the most samples of their own and in total; of a difference also
 * the change of each. Control characters in names come out as U+FFFD, so that a name cannot steer a terminal.
 */
typedef struct flame_text_options {
    int columns;   /* to fill; 0: 80 */
    int rows;      /* of the tree at most; 0: 60, negative: no limit */
    int functions; /* in each table; 0: 10 */
    bool colour;   /* escape sequences are welcome */
    bool ascii;    /* bars of '#' instead of block characters */
} flame_text_options;

/* The widest branches first. FS_DATA when the tree has no samples. O(nodes log nodes). */
FS_CHECK fs_status flame_write_text(const flame_tree *tree, const flame_graph_options *options,
                                    const flame_text_options *text, fs_output *output, fs_error *error);

extern const flame_output_format flame_writer_svg, flame_writer_html, flame_writer_text;

/* The functions whose own samples changed most: before, after, change; "new" and "gone" where it is so. */
FS_CHECK fs_status flame_write_changes(const flame_tree *tree, const flame_graph_options *options,
                                       const flame_text_options *text, fs_output *output, fs_error *error);

#endif
