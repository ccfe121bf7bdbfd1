#include "svg_panel.h"

#include "attributes.h"
#include "cells.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t flame_svg_tenths(double pixels)
{
    double tenths = pixels * 10, whole = floor(tenths);
    if (fabs(tenths) < 1e15 && fabs(tenths - whole - 0.5) > 1e-4)
        return (int64_t)(tenths - whole < 0.5 ? whole : whole + 1);
    if (!(fabs(tenths) < 9e18)) return 0;
    /* Too near to a half for the product above, which is rounded itself: leave it to printf. */
    char digits[48];
    snprintf(digits, sizeof digits, "%.1f", pixels);
    bool minus = digits[0] == '-';
    char *end;
    int64_t value = strtoll(digits + minus, &end, 10) * 10 + (*end ? end[1] - '0' : 0);
    return minus ? -value : value;
}

static void add_tenths(fs_text *text, const char *attribute, int64_t tenths)
{
    fs_text_char(text, ' ');
    fs_text_add(text, attribute);
    fs_text_add(text, tenths < 0 ? "=\"-" : "=\"");
    fs_text_whole(text, (uint64_t)llabs(tenths) / 10);
    fs_text_char(text, '.');
    fs_text_char(text, (char)('0' + llabs(tenths) % 10));
    fs_text_char(text, '"');
}

static void add_number(fs_text *text, const char *attribute, double value)
{
    char digits[FS_NUMBER_SIZE];
    size_t n = fs_number_format(value, digits);
    fs_text_char(text, ' ');
    fs_text_add(text, attribute);
    fs_text_add(text, "=\"");
    fs_text_append(text, digits, n);
    fs_text_char(text, '"');
}

/* ---- colour ---- */

static fs_status palette_colour(const flame_svg_panel *panel, const flame_rect *rect, flame_colour *colour,
                                fs_error *error)
{
    static const flame_name root = {.text = "", .length = 0};
    const flame_graph_options *options = panel->options;
    uint32_t id = rect->name;
    flame_name name = id == FLAME_NONE ? root : *flame_tree_name_of(panel->tree, id);
    if (panel->wakers && panel->wakers[rect->node]) name.kind = FLAME_WAKER;
    *colour = flame_palette_colour(options->palette, options->variation, options->seed, &name);
    if (!options->colours || id == FLAME_NONE) return FS_OK;
    return flame_colour_map_get(options->colours, &name, *colour, colour, error);
}

static fs_status frame_colour(const flame_svg_panel *panel, const flame_rect *rect, flame_colour *colour,
                              fs_error *error)
{
    bool negate = panel->options->negate;
    if (panel->measure == FLAME_GONE) {
        bool there = flame_tree_counts(panel->tree, rect->node).total_after > 0;
        *colour = there    ? (flame_colour){225, 225, 225}
                  : negate ? (flame_colour){255, 130, 130}
                           : (flame_colour){130, 150, 255};
        return FS_OK;
    }
    if (!panel->differential) return palette_colour(panel, rect, colour, error);
    *colour = flame_delta_colour(negate ? -rect->delta : rect->delta, panel->layout->most_delta);
    return FS_OK;
}

/* ---- one frame ---- */

/* The tooltip of a vanished frame, or of one that calls vanished frames. */
static void add_gone_info(const flame_svg_panel *panel, const flame_rect *rect, fs_text *text)
{
    bool there = flame_tree_counts(panel->tree, rect->node).total_after > 0;
    double share = 100 * (rect->end - rect->start) / flame_tree_counts(panel->tree, 0).total_before;
    fs_text_add(text, " (");
    flame_add_count(text, (rect->end - rect->start) * panel->options->factor);
    fs_text_format(text, " %s, %.2f%% of before; %s)", panel->options->count_name, share,
                   there ? "gone from here" : "gone");
}

static bool special(const char *name)
{
    static const char *const words[] = {"title", "href", "target", "data-s", "data-e", "data-n", NULL};
    for (const char *const *word = words; *word; word++)
        if (strcmp(*word, name) == 0) return true;
    return false;
}

static const char *value_of(const flame_attribute *list, const char *name)
{
    for (; list; list = list->next)
        if (strcmp(list->name, name) == 0) return list->value;
    return NULL;
}

static void add_attribute(fs_text *text, const char *name, const char *value)
{
    fs_text_format(text, " %s=\"", name);
    fs_text_add_xml(text, value, strlen(value));
    fs_text_char(text, '"');
}

/* "<g" or, for a link, "<a", with its attributes but without the ">". */
static void open_element(const flame_attribute *list, fs_text *text)
{
    const char *href = value_of(list, "href"), *target = value_of(list, "target");
    fs_text_add(text, href ? "<a" : "<g");
    if (href) {
        add_attribute(text, "xlink:href", href);
        add_attribute(text, "target", target ? target : "_top"); /* else it opens inside an <object> */
    }
    for (; list; list = list->next)
        if (!special(list->name)) add_attribute(text, list->name, list->value);
}

/* Whether black text cannot be read on it. The same rule stands in svg_page.js. */
static bool dark(flame_colour colour)
{
    return 0.299 * colour.red + 0.587 * colour.green + 0.114 * colour.blue < 60;
}

static void add_label(const flame_svg_panel *panel, const char *name, size_t length, double x, double width,
                      double middle, flame_colour colour, fs_text *text)
{
    const flame_graph_options *options = panel->options;
    double room = width / (options->font_size * options->font_width);
    bool dots;
    size_t kept = flame_cells_cut(name, length, room < 1e9 ? (size_t)room : (size_t)1e9, &dots);
    if (kept == 0 && !dots) return;
    fs_text_add(text, "<text x=\"");
    fs_text_fixed(text, x + 3, 2);
    fs_text_char(text, '"');
    add_number(text, "y", middle + 3);
    fs_text_add(text, dark(colour) ? " fill=\"white\">" : ">");
    fs_text_add_xml(text, name, kept);
    fs_text_add(text, dots ? "..</text>" : "</text>");
}

typedef struct frame_writer {
    const flame_svg_panel *panel;
    flame_decoder *decoder;
    fs_text text; /* the element at hand */
    fs_text info; /* its tooltip before it is escaped */
} frame_writer;

static fs_status add_frame(frame_writer *w, const flame_rect *rect, fs_error *error)
{
    const flame_svg_panel *panel = w->panel;
    const flame_graph_options *options = panel->options;
    fs_text *text = &w->text;
    const char *name;
    size_t length;
    flame_colour colour;
    uint32_t id = rect->name;
    fs_status status = flame_decode_name(w->decoder, panel->tree, id, &name, &length, error);
    if (status == FS_OK) status = frame_colour(panel, rect, &colour, error);
    if (status != FS_OK) return status;

    const flame_attribute *list = NULL;
    if (options->attributes && id != FLAME_NONE)
        list = flame_attributes_of(options->attributes, flame_tree_name_of(panel->tree, id)->text,
                                   flame_tree_name_of(panel->tree, id)->length);

    /* --total may ask for more than there is; the root then stands for all of it. */
    flame_rect whole = *rect;
    if (rect->level == 0 && panel->measure == FLAME_AFTER) whole.end = panel->total;
    uint32_t level = rect->level - options->depth_first;
    double x1 = FLAME_SVG_LEFT + whole.start * panel->scale, x2 = FLAME_SVG_LEFT + whole.end * panel->scale;
    double height = options->frame_height;
    double y1 = panel->down ? panel->base + level * height : panel->base - (level + 1) * height + 1;
    double y2 = panel->down ? panel->base + (level + 1) * height - 1 : panel->base - level * height;

    const char *title = value_of(list, "title");
    open_element(list, text);
    add_number(text, "data-s", whole.start);
    add_number(text, "data-e", whole.end);
    if (title) {
        fs_text_add(text, " data-n=\"");
        fs_text_add_xml(text, name, length);
        fs_text_char(text, '"');
    }
    fs_text_add(text, "><title>");
    if (title) {
        fs_text_add_xml(text, title, strlen(title));
    } else {
        fs_text *info = &w->info;
        fs_text_clear(info);
        if (panel->measure == FLAME_GONE)
            add_gone_info(panel, rect, info);
        else
            flame_add_info(info, options, &whole, panel->total, panel->differential);
        fs_text_add_xml(text, name, length);
        fs_text_add_xml(text, fs_text_string(info), info->length);
    }
    fs_text_add(text, "</title><rect");
    int64_t left = flame_svg_tenths(x1);
    add_tenths(text, "x", left);
    fs_text_add(text, " y=\"");
    fs_text_fixed(text, y1, 1);
    fs_text_char(text, '"');
    add_tenths(text, "width", flame_svg_tenths(x2) - left);
    fs_text_add(text, " height=\"");
    fs_text_fixed(text, y2 - y1, 1);
    fs_text_add(text, "\" fill=\"rgb(");
    fs_text_whole(text, colour.red);
    fs_text_char(text, ',');
    fs_text_whole(text, colour.green);
    fs_text_char(text, ',');
    fs_text_whole(text, colour.blue);
    fs_text_add(text, ")\" rx=\"2\" ry=\"2\"/>");
    add_label(panel, name, length, x1, x2 - x1, (y1 + y2) / 2, colour, text);
    fs_text_add(text, value_of(list, "href") ? "</a>\n" : "</g>\n");
    return text->failed || w->info.failed ? fs_fail_memory(error, "writing a frame", length) : FS_OK;
}

fs_status flame_svg_write_panel(const flame_svg_panel *panel, flame_decoder *decoder, fs_output *output,
                                fs_error *error)
{
    frame_writer w = {.panel = panel, .decoder = decoder};
    fs_status status = FS_OK;
    fs_text_init(&w.text);
    fs_text_init(&w.info);
    fs_text_format(&w.text, "<g id=\"%s\"", panel->id);
    add_number(&w.text, "data-scale", panel->scale);
    add_number(&w.text, "data-total", panel->total);
    fs_text_add(&w.text, ">\n");
    if (w.text.failed) status = fs_fail_memory(error, "writing a flame graph", 0);
    for (size_t i = 0; i <= panel->layout->count && status == FS_OK; i++) {
        fs_output_write(output, w.text.data, w.text.length);
        fs_text_clear(&w.text);
        if (i < panel->layout->count) status = add_frame(&w, &panel->layout->rects[i], error);
    }
    fs_output_string(output, "</g>\n");
    fs_text_fini(&w.info);
    fs_text_fini(&w.text);
    return status;
}
