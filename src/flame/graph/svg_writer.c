/* The page around the frames. The places of things are those of flamegraph.pl, so that a picture made with
 * either tool can be laid over one made with the other. */
#include "svg_panel.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

extern const char flame_svg_page[]; /* svg_page.js */
extern const size_t flame_svg_page_length;

/* Above the frames for the title, below them for the details, above for a subtitle. */
typedef struct pads {
    double top, bottom, subtitle;
} pads;

static pads pads_of(const flame_graph_options *options)
{
    double line = options->font_size;
    bool subtitle = options->subtitle && options->subtitle[0];
    return (pads){.top = 3 * line, .bottom = 2 * line + 10, .subtitle = subtitle ? 2 * line : 0};
}

typedef struct page {
    const flame_tree *tree;
    const flame_graph_options *options;
    double width, height; /* of the picture */
    double graph_height;  /* of it without the vanished frames */
    double total, scale;  /* samples that the width stands for; px a sample */
    flame_layout layout;
    flame_layout gone; /* empty: no second panel */
    double gone_scale;
    flame_colour from, to; /* background */
    char stroke[16], search[16], ui[16];
    uint8_t *wakers;
    fs_text text;
} page;

/* ---- options made sure of ---- */

static fs_status colour_option(const char *what, const char *text, char out[16], fs_error *error)
{
    flame_colour colour;
    out[0] = '\0';
    if (!text || strcmp(text, "none") == 0) return FS_OK;
    if (!flame_colour_parse(text, &colour))
        return fs_fail(error, FS_ARGUMENT, "'%s' is not a colour for %s: say #rrggbb or rgb(r,g,b)", text,
                       what);
    snprintf(out, 16, "#%02x%02x%02x", colour.red, colour.green, colour.blue);
    return FS_OK;
}

static fs_status check_options(page *p, fs_error *error)
{
    const flame_graph_options *o = p->options;
    if (o->width < 2 * FLAME_SVG_LEFT + 1 || o->width > 1000000)
        return fs_fail(error, FS_ARGUMENT, "the width is %lld; it must lie between %d and 1000000",
                       (long long)o->width, 2 * FLAME_SVG_LEFT + 1);
    if (!(o->frame_height >= 1) || !(o->font_size > 0) || !(o->font_width > 0) || !(o->factor > 0) ||
        !(o->min_width >= 0))
        return fs_fail(error, FS_ARGUMENT,
                       "frame height, font size, font width and factor must be positive, and the least width "
                       "must not be negative");
    fs_status status = flame_background(o->background, o->palette, &p->from, &p->to, error);
    if (status == FS_OK) status = colour_option("the outlines", o->stroke_colour, p->stroke, error);
    if (status == FS_OK) status = colour_option("found frames", o->search_colour, p->search, error);
    if (status == FS_OK) status = colour_option("titles and buttons", o->ui_colour, p->ui, error);
    return status;
}

/* The frames below a "--" woke those above it. */
static fs_status find_wakers(page *p, fs_error *error)
{
    uint32_t nodes = flame_tree_nodes(p->tree);
    if (p->options->palette != FLAME_PALETTE_CHAIN) return FS_OK;
    p->wakers = fs_alloc_0(nodes, 1);
    if (!p->wakers) return fs_fail_memory(error, "telling wakers apart", nodes);
    for (uint32_t i = 1; i < nodes; i++) {
        uint32_t parent = flame_tree_node(p->tree, i)->parent;
        if (p->wakers[parent]) {
            p->wakers[i] = 1;
        } else if (parent != 0) {
            const flame_name *name = flame_tree_name_of(p->tree, flame_tree_node(p->tree, parent)->name);
            p->wakers[i] = name->length == 2 && memcmp(name->text, "--", 2) == 0;
        }
    }
    return FS_OK;
}

/* ---- layout ---- */

static fs_status lay_out(page *p, fs_error *error)
{
    const flame_graph_options *o = p->options;
    double have = flame_tree_counts(p->tree, 0).total_after, room = (double)o->width - 2 * FLAME_SVG_LEFT;
    if (!(have > 0))
        return fs_fail(error, FS_DATA, "there are no samples to draw: all counts are zero or missing");
    if (!isfinite(have) || !isfinite(have * o->factor))
        return fs_fail(error, FS_DATA, "the counts add up to more than a number can hold");
    p->total = o->total > have ? o->total : have;
    p->scale = room / p->total;
    if (!isfinite(p->scale))
        return fs_fail(error, FS_DATA, "the counts add up to %g, too little to draw; scale them up", have);

    flame_layout_options wanted = {.order = o->order,
                                   .delta = o->delta,
                                   .first = o->depth_first,
                                   .last = o->depth_last,
                                   .least = o->min_width_share ? p->total * o->min_width / 100
                                                               : o->min_width / p->scale};
    fs_status status = flame_layout_make(p->tree, &wanted, &p->layout, error);
    if (status != FS_OK) return status;

    pads pad = pads_of(o);
    uint32_t levels = p->layout.levels > o->depth_first ? p->layout.levels - o->depth_first : 1;
    p->width = (double)o->width;
    p->graph_height = levels * o->frame_height + pad.top + pad.bottom + pad.subtitle;
    p->height = p->graph_height;
    if (!o->show_gone || !flame_tree_is_diff(p->tree)) return FS_OK;

    wanted.order = FLAME_ORDER_BYTES;
    wanted.measure = FLAME_GONE;
    wanted.least = fmax(wanted.least, DBL_MIN); /* a frame that lost nothing is not here */
    status = flame_layout_make(p->tree, &wanted, &p->gone, error);
    if (p->gone.count == 0) return status;
    p->gone_scale = fmin(p->scale, room / p->gone.total);
    p->height += 3 * o->font_size + (p->gone.levels - o->depth_first) * o->frame_height + o->font_size;
    return status;
}

/* ---- the document ---- */

static void add_xml(fs_text *text, const char *string)
{
    fs_text_add_xml(text, string, strlen(string));
}

static void add_number(fs_text *text, double value)
{
    char digits[FS_NUMBER_SIZE];
    fs_text_append(text, digits, fs_number_format(value, digits));
}

static void add_data(fs_text *text, const char *key, const char *value)
{
    fs_text_format(text, " data-%s=\"", key);
    add_xml(text, value);
    fs_text_char(text, '"');
}

static void add_data_number(fs_text *text, const char *key, double value)
{
    fs_text_format(text, " data-%s=\"", key);
    add_number(text, value);
    fs_text_char(text, '"');
}

static void add_root(fs_text *text, const flame_graph_options *options, double width, double height)
{
    fs_text_add(text, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n"
                      "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" "
                      "\"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">\n<svg version=\"1.1\" width=\"");
    add_number(text, width);
    fs_text_add(text, "\" height=\"");
    add_number(text, height);
    fs_text_add(text, "\" viewBox=\"0 0 ");
    add_number(text, width);
    fs_text_char(text, ' ');
    add_number(text, height);
    fs_text_add(text, "\" xmlns=\"http://www.w3.org/2000/svg\" "
                      "xmlns:xlink=\"http://www.w3.org/1999/xlink\" font-family=\"");
    add_xml(text, options->font_type);
    fs_text_add(text, ", 'DejaVu Sans', sans-serif\" font-size=\"");
    add_number(text, options->font_size);
    fs_text_char(text, '"');
}

/* A comment may not hold "--"; what follows the notes is a blank. */
static void add_notes(fs_text *text, const char *notes)
{
    if (!notes || !notes[0]) return;
    fs_text clean;
    fs_text_init(&clean);
    for (; *notes; notes++) {
        fs_text_char(&clean, *notes);
        if (notes[0] == '-' && notes[1] == '-') fs_text_char(&clean, ' ');
    }
    fs_text_add(text, "<!-- NOTES: ");
    add_xml(text, fs_text_string(&clean));
    fs_text_add(text, " -->\n");
    if (clean.failed) text->failed = true;
    fs_text_fini(&clean);
}

static void add_style(fs_text *text, const page *p)
{
    fs_text_format(text,
                   "<defs><linearGradient id=\"background\" x1=\"0\" x2=\"0\" y1=\"0\" y2=\"1\">"
                   "<stop class=\"from\" offset=\"5%%\" stop-color=\"#%02x%02x%02x\"/>"
                   "<stop class=\"to\" offset=\"95%%\" stop-color=\"#%02x%02x%02x\"/>"
                   "</linearGradient></defs>\n<style type=\"text/css\">\n",
                   p->from.red, p->from.green, p->from.blue, p->to.red, p->to.green, p->to.blue);
    fs_text_format(text, ".ui { fill:%s; }\n", p->ui[0] ? p->ui : "rgb(0,0,0)");
    if (p->stroke[0])
        fs_text_format(text, "#frames rect, #gone rect { stroke:%s; stroke-width:0.5; }\n", p->stroke);
    fs_text_add(text, "#frames > *:hover rect, #gone > *:hover rect { stroke:black; stroke-width:0.5; }\n"
                      "#frames > *, #gone > *, #unzoom, #search, #ignorecase { cursor:pointer; }\n"
                      "#frames text, #gone text { pointer-events:none; }\n"
                      "#search, #ignorecase { opacity:0.4; }\n"
                      "#search:hover, #search.show, #ignorecase:hover, #ignorecase.show { opacity:1; }\n"
                      ".hide { display:none; }\n.parent { opacity:0.5; }\n");
    if (!p->options->background && !p->ui[0]) /* a person's own choice of colours stands */
        fs_text_add(text, "@media (prefers-color-scheme: dark) {\n"
                          ".from { stop-color:#1d1f24; }\n.to { stop-color:#26282e; }\n"
                          ".ui { fill:#d8d8d8; }\n"
                          /* what the window shows beside the picture */
                          "svg:root { background:#1d1f24; }\n}\n");
    fs_text_add(text, "</style>\n");
}

enum { CENTRED = 1, HIDDEN = 2 }; /* hidden: of use only with the script, which shows it */

/* A line of text that belongs to the page. */
static void add_line(fs_text *text, const char *id, double x, double y, int how, const char *words)
{
    fs_text_format(text, "<text class=\"ui%s\" id=\"%s\" x=\"%.2f\" y=\"", how & HIDDEN ? " hide" : "", id,
                   x);
    add_number(text, y);
    fs_text_add(text, how & CENTRED ? "\" text-anchor=\"middle\">" : "\">");
    add_xml(text, words);
    fs_text_add(text, "</text>\n");
}

static void add_gone_title(fs_text *text, const page *p)
{
    const flame_graph_options *o = p->options;
    double before = flame_tree_counts(p->tree, 0).total_before;
    fs_text words;
    fs_text_init(&words);
    fs_text_add(&words, "Vanished: ");
    flame_add_count(&words, p->gone.total * o->factor);
    fs_text_format(&words, " %s, %.2f%% of before, are in frames that the second profile does not have",
                   o->count_name, 100 * p->gone.total / before);
    if (p->gone_scale < p->scale)
        fs_text_format(&words, " (drawn at %.3g of the scale above)", p->gone_scale / p->scale);
    add_line(text, "gone-title", FLAME_SVG_LEFT, p->graph_height + o->font_size, 0, fs_text_string(&words));
    if (words.failed) text->failed = true;
    fs_text_fini(&words);
}

static void add_head(page *p)
{
    const flame_graph_options *o = p->options;
    fs_text *text = &p->text;
    double size = o->font_size, right = p->width - FLAME_SVG_LEFT;
    double low = p->graph_height - pads_of(o).bottom / 2;
    add_root(text, o, p->width, p->height);
    add_data(text, "name-type", o->name_type);
    add_data(text, "count-name", o->count_name);
    add_data(text, "search-colour", p->search[0] ? p->search : "rgb(230,0,230)");
    add_data_number(text, "char", size * o->font_width);
    add_data_number(text, "left", FLAME_SVG_LEFT);
    add_data_number(text, "room", p->width - 2 * FLAME_SVG_LEFT);
    add_data_number(text, "frame-height", o->frame_height);
    fs_text_add(text, ">\n");
    add_notes(text, o->notes);
    add_style(text, p);
    fs_text_format(text,
                   "<rect x=\"0.0\" y=\"0\" width=\"%.1f\" height=\"%.1f\" fill=\"url(#background)\"/>\n",
                   p->width, p->height);
    fs_text_format(text, "<g font-size=\"%.15g\">\n", size + 5);
    add_line(text, "title", floor(p->width / 2), 2 * size, CENTRED, flame_graph_title(o));
    fs_text_add(text, "</g>\n");
    if (pads_of(o).subtitle > 0)
        add_line(text, "subtitle", floor(p->width / 2), 4 * size, CENTRED, o->subtitle);
    add_line(text, "details", FLAME_SVG_LEFT, low, 0, " ");
    add_line(text, "unzoom", FLAME_SVG_LEFT, 2 * size, HIDDEN, "Reset Zoom");
    add_line(text, "search", right - 100, 2 * size, HIDDEN, "Search");
    add_line(text, "ignorecase", right - 6, 2 * size, HIDDEN, "ic");
    add_line(text, "matched", right - 170, low, HIDDEN, " ");
    if (p->gone.count) add_gone_title(text, p);
}

static fs_status write_panels(page *p, fs_output *output, fs_error *error)
{
    const flame_graph_options *o = p->options;
    pads pad = pads_of(o);
    flame_decoder decoder;
    fs_status status = flame_decoder_init(&decoder, o->encoding, error);
    if (status != FS_OK) goto cleanup;
    flame_svg_panel panel = {.id = "frames",
                             .tree = p->tree,
                             .options = o,
                             .layout = &p->layout,
                             .total = p->total,
                             .scale = p->scale,
                             .down = o->inverted,
                             .base = o->inverted ? pad.top + pad.subtitle : p->graph_height - pad.bottom,
                             .differential = flame_tree_is_diff(p->tree),
                             .wakers = p->wakers};
    status = flame_svg_write_panel(&panel, &decoder, output, error);
    if (status != FS_OK || p->gone.count == 0) goto cleanup;
    panel.id = "gone";
    panel.layout = &p->gone;
    panel.measure = FLAME_GONE;
    panel.total = p->gone.total;
    panel.scale = p->gone_scale;
    panel.down = true; /* it hangs below the other like a reflection */
    panel.base = p->graph_height + 2 * o->font_size;
    status = flame_svg_write_panel(&panel, &decoder, output, error);
cleanup:
    flame_decoder_fini(&decoder);
    return status;
}

fs_status flame_write_svg(const flame_tree *tree, const flame_graph_options *options, fs_output *output,
                          fs_error *error)
{
    page p = {.tree = tree, .options = options};
    fs_text_init(&p.text);
    fs_status status = check_options(&p, error);
    if (status == FS_OK) status = lay_out(&p, error);
    if (status == FS_OK) status = find_wakers(&p, error);
    if (status != FS_OK) goto cleanup;
    add_head(&p);
    if (p.text.failed) {
        status = fs_fail_memory(error, "writing a flame graph", 0);
        goto cleanup;
    }
    fs_output_write(output, p.text.data, p.text.length);
    status = write_panels(&p, output, error);
    if (status != FS_OK) goto cleanup;
    fs_output_string(output, "<script><![CDATA[\n");
    fs_output_write(output, flame_svg_page, flame_svg_page_length);
    fs_output_string(output, "]]></script>\n</svg>\n");
cleanup:
    flame_layout_fini(&p.layout);
    flame_layout_fini(&p.gone);
    fs_free(p.wakers);
    fs_text_fini(&p.text);
    return status;
}

fs_status flame_write_svg_message(const char *message, const flame_graph_options *options, fs_output *output,
                                  fs_error *error)
{
    fs_text text;
    double size = options->font_size, width = (double)options->width;
    fs_text_init(&text);
    add_root(&text, options, width, 5 * size);
    fs_text_add(&text, ">\n");
    fs_text_format(&text, "<rect x=\"0\" y=\"0\" width=\"%.1f\" height=\"%.1f\" fill=\"#eeeeee\"/>\n", width,
                   5 * size);
    add_line(&text, "message", floor(width / 2), 2 * size, CENTRED, message);
    fs_text_add(&text, "</svg>\n");
    fs_status status = text.failed ? fs_fail_memory(error, "writing a picture", 0) : FS_OK;
    if (status == FS_OK) fs_output_write(output, text.data, text.length);
    fs_text_fini(&text);
    return status;
}

static fs_status write_svg(const flame_tree *tree, const flame_output_settings *settings, fs_output *output,
                           fs_error *error)
{
    return flame_write_svg(tree, settings->picture, output, error);
}

const flame_output_format flame_writer_svg = {
    .endings = {".svg"},
    .write = write_svg,
};
