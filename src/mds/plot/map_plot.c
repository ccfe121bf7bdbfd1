#include "map_plot.h"

#include "label_place.h"
#include "map_groups.h"
#include "memory.h"
#include "principal_axes.h"
#include "svg_text.h"
#include "text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = 960,
    MARGIN = 24,
    HEAD = 68,      /* title and subtitle */
    FOOT = 44,      /* tick numbers and the note */
    TICK_ROOM = 46, /* tick numbers at the left */
    PLOT_LEAST = 200,
    PLOT_MOST = 840,
    LEGEND_WIDTH = 168,
    LEGEND_ROW = 22,
    LEGEND_MOST = 30, /* groups named in the legend */
    SYMBOLS = 5,
    LABEL_SIZE = 12,
    GROUP_SIZE = 17,
    NAME_MOST = 28,    /* characters of a label on the page; all of it shows on hover */
    LABELS_MOST = 160, /* tried on a crowded map, from the rim inwards */
    LINE_PITCH = 15,   /* upright labels along a map of one dimension */
    LINE_LEAD = 22     /* from the points to them */
};

/* Shapes of equal area around 0,0 for a circle of radius 1, as SVG paths. */
static const char *const symbol_paths[SYMBOLS] = {
    "M-1,0a1,1 0 1,0 2,0a1,1 0 1,0 -2,0z",
    "M-.886,-.886h1.772v1.772h-1.772z",
    "M0,-1.45L1.3,.8H-1.3z",
    "M0,-1.253L1.253,0L0,1.253L-1.253,0z",
    "M-.45,-1.2h.9v.75h.75v.9h-.75v.75h-.9v-.75h-.75v-.9h.75z",
};

typedef struct canvas {
    fs_output *out;
    const mds_map_plot *plot;
    size_t all; /* points: n, and the n where arrows begin */
    double *x;  /* all x p, on principal axes */
    double *at; /* all x 2, in pixels */
    mds_groups groups;
    bool grouped;                    /* colours and a legend */
    bool names_objects;              /* the labels are names of single objects */
    double left, top, width, height; /* of the plot area */
    double page_height;
    double scale, low[2]; /* pixels per unit; data at the left and at the bottom edge */
    double step;          /* between grid lines */
    double radius;
} canvas;

/* ---- text ---- */

static const char *object_name(const canvas *c, size_t i, char number[24])
{
    if (c->plot->labels) return c->plot->labels[i];
    snprintf(number, 24, "%zu", i + 1);
    return number;
}

/* ---- layout ---- */

/* Width of the widest name of an object, in pixels. */
static double longest_name(const canvas *c)
{
    double longest = 0;
    char number[24], name[160];
    for (size_t i = 0; i < c->plot->n; i++) {
        mds_svg_cut(object_name(c, i, number), NAME_MOST, name, sizeof name);
        longest = fmax(longest, mds_svg_width(name, LABEL_SIZE));
    }
    return longest;
}

static void lay_out(canvas *c)
{
    const mds_map_plot *plot = c->plot;
    double high[2] = {0, 0}, span[2];
    for (size_t k = 0; k < 2; k++) {
        c->low[k] = high[k] = 0;
        for (size_t i = 0; k < plot->p && i < c->all; i++) {
            double value = c->x[i * plot->p + k];
            if (i == 0 || value < c->low[k]) c->low[k] = value;
            if (i == 0 || value > high[k]) high[k] = value;
        }
        span[k] = high[k] - c->low[k];
    }
    double widest = fmax(span[0], span[1]);
    if (!(widest > 0)) widest = 1;
    size_t rows = c->groups.count < LEGEND_MOST ? c->groups.count : LEGEND_MOST + 1;
    double legend_height = c->grouped ? 16 + (double)rows * LEGEND_ROW : 0;
    /* A little air around the points, more where labels must find room. */
    double air = (c->names_objects ? 0.07 : 0.04) * widest;
    c->left = MARGIN + TICK_ROOM;
    c->top = HEAD;
    c->width = WIDTH - c->left - MARGIN - (c->grouped ? LEGEND_WIDTH : 0);
    c->scale = fmin(c->width / fmax(span[0] + 2 * air, widest * 0.2), PLOT_MOST / (span[1] + 2 * air));
    c->height = fmax(PLOT_LEAST, (span[1] + 2 * air) * c->scale);
    if (plot->p == 1 && c->names_objects)
        c->height = fmax(PLOT_LEAST, 2 * (longest_name(c) + LINE_LEAD + 12));
    for (size_t k = 0; k < 2; k++) {
        double room = (k == 0 ? c->width : c->height) / c->scale;
        c->low[k] -= (room - span[k]) / 2;
    }
    c->page_height = c->top + fmax(c->height, legend_height) + FOOT;
    c->step = mds_nice_step(fmax(c->width, c->height) / c->scale, 9);
    double n = (double)plot->n;
    c->radius = n <= 60 ? 4.5 : n <= 300 ? 3.8 : n <= 1000 ? 3.1 : n <= 2500 ? 2.6 : 2.1;
    for (size_t i = 0; i < c->all; i++) {
        double second = plot->p > 1 ? c->x[i * plot->p + 1] : 0;
        c->at[2 * i] = c->left + (c->x[i * plot->p] - c->low[0]) * c->scale;
        c->at[2 * i + 1] = c->top + c->height - (second - c->low[1]) * c->scale;
    }
}

/* ---- parts of the picture ---- */

static void write_style(const canvas *c)
{
    fs_output *out = c->out;
    fs_output_string(
        out, "<style>\n"
             "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}\n"
             ".page{fill:#ffffff}.area{fill:#f7f8fa;stroke:#d5d9e0}\n"
             ".grid{stroke:#e3e6eb;fill:none}.tick,.note{fill:#697180;font-size:11px}\n"
             ".title{fill:#1b2028;font-size:20px;font-weight:600}.sub{fill:#4c5462;font-size:14px}\n"
             ".arrow{stroke:#697180;stroke-width:1.4;fill:none;stroke-linecap:round}.from{fill:#98a1b0}\n"
             ".name{fill:#1b2028}.count{fill:#697180}.legend{font-size:13px}\n");
    fs_output_format(
        out,
        ".label{fill:#1b2028;font-size:%dpx}.group{fill:#1b2028;font-size:%dpx;font-weight:700}\n"
        ".label,.group{paint-order:stroke;stroke:#ffffff;stroke-width:3px;stroke-linejoin:round;"
        "pointer-events:none}\n"
        ".lead{stroke:#8a93a3;stroke-width:.8;pointer-events:none}\n"
        ".pt{stroke:#ffffff;stroke-width:%.2g;fill-opacity:.88}.pt:hover{stroke:#1b2028}\n",
        LABEL_SIZE, GROUP_SIZE, 0.6 / c->radius);
    size_t colours = c->grouped ? (c->groups.count < MDS_COLOURS ? c->groups.count : MDS_COLOURS) : 1;
    for (size_t k = 0; k < colours; k++) fs_output_format(out, ".c%zu{fill:%s}", k, mds_light_colours[k]);
    fs_output_string(out, "\n@media (prefers-color-scheme:dark){\n"
                          ".page{fill:#14171c}.area{fill:#1a1e25;stroke:#3a414d}.grid{stroke:#2a303a}\n"
                          ".tick,.note,.count{fill:#98a1b0}.sub{fill:#b7bfcc}\n"
                          ".title,.name,.label,.group{fill:#eceff4}.label,.group{stroke:#14171c}\n"
                          ".arrow{stroke:#98a1b0}.from{fill:#697180}\n"
                          ".lead{stroke:#737d8d}.pt{stroke:#14171c}.pt:hover{stroke:#eceff4}\n");
    for (size_t k = 0; k < colours; k++) fs_output_format(out, ".c%zu{fill:%s}", k, mds_dark_colours[k]);
    fs_output_string(out, "\n}\n</style>\n");
}

static size_t symbol_of(const canvas *c, size_t group)
{
    /* Past ten groups colours come round again, with another shape. */
    return c->grouped ? (group + group / MDS_COLOURS) % SYMBOLS : 0;
}

static void write_symbols(const canvas *c)
{
    fs_output_string(c->out, "<defs>\n");
    size_t symbols = c->grouped ? SYMBOLS : 1;
    for (size_t s = 0; s < symbols; s++)
        fs_output_format(c->out, "<path id=\"s%zu\" d=\"%s\" vector-effect=\"none\"/>\n", s, symbol_paths[s]);
    fs_output_string(c->out, "</defs>\n");
}

static void write_head(const canvas *c)
{
    char title[512];
    mds_svg_cut(c->plot->title, 80, title, sizeof title);
    fs_output_format(c->out, "<rect class=\"page\" width=\"%d\" height=\"%.0f\"/>\n", WIDTH, c->page_height);
    fs_output_format(c->out, "<text class=\"title\" x=\"%d\" y=\"32\">", MARGIN);
    mds_svg_text(c->out, title);
    fs_output_format(c->out, "</text>\n<text class=\"sub\" x=\"%d\" y=\"54\">", MARGIN);
    mds_svg_text(c->out, c->plot->subtitle);
    fs_output_string(c->out, "</text>\n");
}

static void write_tick(const canvas *c, double value, double x, double y, const char *anchor)
{
    char number[FS_NUMBER_SIZE];
    snprintf(number, sizeof number, "%.6g", fabs(value) < c->step * 1e-6 ? 0.0 : value);
    fs_output_format(c->out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x,
                     y, anchor, number);
}

/* The same step on both axes, which shows that the scales are equal. */
static void write_grid(const canvas *c)
{
    double right = c->left + c->width, bottom = c->top + c->height;
    fs_output_format(c->out, "<rect class=\"area\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
                     c->left, c->top, c->width, c->height);
    double first = ceil(c->low[0] / c->step), last = floor((c->low[0] + c->width / c->scale) / c->step);
    for (double k = first; k <= last; k++) {
        double x = c->left + (k * c->step - c->low[0]) * c->scale;
        fs_output_format(c->out, "<path class=\"grid\" d=\"M%.1f,%.1fV%.1f\"/>\n", x, c->top, bottom);
        write_tick(c, k * c->step, x, bottom + 15, "middle");
    }
    if (c->plot->p > 1) {
        first = ceil(c->low[1] / c->step);
        last = floor((c->low[1] + c->height / c->scale) / c->step);
        for (double k = first; k <= last; k++) {
            double y = bottom - (k * c->step - c->low[1]) * c->scale;
            fs_output_format(c->out, "<path class=\"grid\" d=\"M%.1f,%.1fH%.1f\"/>\n", c->left, y, right);
            write_tick(c, k * c->step, c->left - 7, y + 4, "end");
        }
    }
    char note[160];
    if (c->plot->p > 2)
        snprintf(note, sizeof note,
                 "The first two principal axes of %zu dimensions. Equal scales; only distances have meaning.",
                 c->plot->p);
    else
        snprintf(note, sizeof note, "Equal scales; only distances have meaning, not directions.");
    fs_output_format(c->out, "<text class=\"note\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", c->left, bottom + 34,
                     note);
}

static void write_points(const canvas *c)
{
    const mds_map_plot *plot = c->plot;
    fs_output_string(c->out, "<g>\n");
    for (size_t i = 0; i < plot->n; i++) {
        size_t group = c->grouped ? c->groups.of[i] : 0;
        char number[24];
        fs_output_format(
            c->out,
            "<use href=\"#s%zu\" class=\"pt c%zu\" transform=\"translate(%.2f,%.2f) scale(%.3g)\"><title>",
            symbol_of(c, group), group % MDS_COLOURS, c->at[2 * i], c->at[2 * i + 1], c->radius);
        mds_svg_text(c->out, object_name(c, i, number));
        if (plot->groups) {
            fs_output_string(c->out, " \xC2\xB7 ");
            mds_svg_text(c->out, plot->groups[i]);
        }
        if (plot->labels) fs_output_format(c->out, " (row %zu)", i + 1);
        fs_output_string(c->out, "</title></use>\n");
    }
    fs_output_string(c->out, "</g>\n");
}

/* From the other map's points; none where the two are within a point's size of each other. */
static void write_arrows(const canvas *c)
{
    size_t n = c->plot->n;
    fs_output_string(c->out, "<g>\n");
    for (size_t i = 0; i < c->all - n; i++) {
        const double *to = c->at + 2 * i, *from = c->at + 2 * (n + i);
        double x = to[0] - from[0], y = to[1] - from[1], length = hypot(x, y), end = length - c->radius;
        fs_output_format(c->out, "<circle class=\"from\" cx=\"%.2f\" cy=\"%.2f\" r=\"%.2g\"/>\n", from[0],
                         from[1], c->radius * 0.7);
        if (end <= c->radius) continue;
        double head = fmin(7, end * 0.6);
        x /= length, y /= length;
        double tip[2] = {from[0] + end * x, from[1] + end * y};
        fs_output_format(
            c->out, "<path class=\"arrow\" d=\"M%.2f,%.2fL%.2f,%.2fM%.2f,%.2fL%.2f,%.2fL%.2f,%.2f\"/>\n",
            from[0], from[1], tip[0], tip[1], tip[0] - head * (x - 0.5 * y), tip[1] - head * (y + 0.5 * x),
            tip[0], tip[1], tip[0] - head * (x + 0.5 * y), tip[1] - head * (y - 0.5 * x));
    }
    fs_output_string(c->out, "</g>\n");
}

static void write_legend(const canvas *c)
{
    if (!c->grouped) return;
    double x = WIDTH - MARGIN - LEGEND_WIDTH + 22, y = c->top + 12;
    size_t shown = c->groups.count < LEGEND_MOST ? c->groups.count : LEGEND_MOST;
    fs_output_string(c->out, "<g class=\"legend\">\n");
    for (size_t g = 0; g < shown; g++, y += LEGEND_ROW) {
        char name[128], count[FS_NUMBER_SIZE];
        mds_svg_cut(c->groups.names[g], 14, name, sizeof name);
        fs_number_grouped(c->groups.sizes[g], count);
        fs_output_format(c->out,
                         "<g><use href=\"#s%zu\" class=\"c%zu\" transform=\"translate(%.1f,%.1f) scale(5)\"/>"
                         "<text class=\"name\" x=\"%.1f\" y=\"%.1f\">",
                         symbol_of(c, g), g % MDS_COLOURS, x, y, x + 13, y + 4.5);
        mds_svg_text(c->out, name[0] ? name : "(none)");
        fs_output_format(
            c->out, "</text><text class=\"count\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text><title>",
            WIDTH - MARGIN, y + 4.5, count);
        mds_svg_text(c->out, c->groups.names[g]);
        fs_output_string(c->out, "</title></g>\n");
    }
    if (shown < c->groups.count)
        fs_output_format(c->out, "<text class=\"count\" x=\"%.1f\" y=\"%.1f\">and %zu more</text>\n", x - 5,
                         y + 4.5, c->groups.count - shown);
    fs_output_string(c->out, "</g>\n");
}

/* ---- labels ---- */

static void write_label(const canvas *c, const mds_label *l, const char *class, const char *text, double size)
{
    if (l->line) {
        /* To the nearest spot on the edge of the text. */
        double x = fmin(fmax(l->x, l->left), l->left + l->width);
        double y = fmin(fmax(l->y, l->top), l->top + l->height);
        fs_output_format(c->out, "<path class=\"lead\" d=\"M%.1f,%.1fL%.1f,%.1f\"/>\n", l->x, l->y, x, y);
    }
    /* The width is a guess, so beside its point the text hangs by the near end. */
    const char *anchor = "middle";
    double x = l->left + l->width / 2;
    if (l->left >= l->x) {
        anchor = "start";
        x = l->left + 2;
    } else if (l->left + l->width <= l->x) {
        anchor = "end";
        x = l->left + l->width - 2;
    }
    fs_output_format(c->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", class, x,
                     l->top + l->height / 2 + size * 0.36, anchor);
    mds_svg_text(c->out, text);
    fs_output_string(c->out, "</text>\n");
}

typedef struct ranked {
    double far;
    size_t index;
} ranked;

static int farther_first(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    if (a->far != b->far) return a->far > b->far ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* Names of single objects, from the rim inwards: outside there is room, and what lies there stands out. */
static fs_status write_object_labels(const canvas *c, fs_error *error)
{
    size_t n = c->plot->n, most = n < LABELS_MOST ? n : LABELS_MOST;
    ranked *order = fs_alloc(n, sizeof *order);
    mds_label *labels = fs_alloc_0(most, sizeof *labels);
    fs_status status = FS_OK;
    if (!order || !labels) {
        status = fs_fail_memory(error, "placing labels", 0);
        goto cleanup;
    }
    double x = c->left + c->width / 2, y = c->top + c->height / 2;
    for (size_t i = 0; i < n; i++) order[i] = (ranked){hypot(c->at[2 * i] - x, c->at[2 * i + 1] - y), i};
    qsort(order, n, sizeof *order, farther_first);
    char number[24], name[160];
    for (size_t k = 0; k < most; k++) {
        size_t i = order[k].index;
        mds_svg_cut(object_name(c, i, number), NAME_MOST, name, sizeof name);
        labels[k] = (mds_label){.x = c->at[2 * i],
                                .y = c->at[2 * i + 1],
                                .width = mds_svg_width(name, LABEL_SIZE) + 4,
                                .height = LABEL_SIZE + 3};
    }
    mds_label_space space = {.points = c->at,
                             .count = n,
                             .radius = c->radius,
                             .left = c->left + 4,
                             .top = c->top + 2,
                             .right = c->left + c->width - 4,
                             .bottom = c->top + c->height - 2,
                             .far = n <= 120,
                             .forced = n <= 40};
    status = mds_place_labels(&space, labels, most, error);
    for (size_t k = 0; status == FS_OK && k < most; k++) {
        if (!labels[k].placed) continue;
        mds_svg_cut(object_name(c, order[k].index, number), NAME_MOST, name, sizeof name);
        write_label(c, &labels[k], "label", name, LABEL_SIZE);
    }
cleanup:
    fs_free(order);
    fs_free(labels);
    return status;
}

static int left_first(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    if (a->far != b->far) return a->far < b->far ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

/* One side of the line: every step-th object, from `first` on. */
static fs_status write_line_side(const canvas *c, const ranked *order, size_t first, size_t step, bool above,
                                 double *room, fs_error *error)
{
    size_t count = 0;
    double *wanted = room, *placed = room + c->plot->n;
    for (size_t k = first; k < c->plot->n; k += step) wanted[count++] = order[k].far;
    if (count == 0) return FS_OK;
    fs_status status = mds_spread_labels(wanted, count, LINE_PITCH, c->left + LINE_PITCH,
                                         c->left + c->width - LINE_PITCH, placed, error);
    double side = above ? -1 : 1, y = c->top + c->height / 2, from = y + side * c->radius;
    for (size_t k = 0; status == FS_OK && k < count; k++) {
        char number[24], name[160];
        mds_svg_cut(object_name(c, order[first + k * step].index, number), NAME_MOST, name, sizeof name);
        fs_output_format(c->out, "<path class=\"lead\" d=\"M%.1f,%.1fL%.1f,%.1f\"/>\n", wanted[k], from,
                         placed[k], y + side * (LINE_LEAD - 3));
        fs_output_format(c->out,
                         "<text class=\"label\" transform=\"translate(%.1f,%.1f) rotate(-90)\" "
                         "text-anchor=\"%s\">",
                         placed[k] + LABEL_SIZE * 0.36, y + side * LINE_LEAD, above ? "start" : "end");
        mds_svg_text(c->out, name);
        fs_output_string(c->out, "</text>\n");
    }
    return status;
}

/* Names along a map of one dimension: upright, above and below in turn, so that none covers another; when
 * they are too many, those of every second object, or third, ... */
static fs_status write_line_labels(const canvas *c, fs_error *error)
{
    size_t n = c->plot->n, most = (size_t)((c->width - 2 * LINE_PITCH) / LINE_PITCH) * 2;
    size_t stride = (n + most - 1) / most;
    ranked *order = fs_alloc(n, sizeof *order);
    double *room = fs_alloc(n, 2 * sizeof *room);
    fs_status status = FS_OK;
    if (order && room) {
        for (size_t i = 0; i < n; i++) order[i] = (ranked){c->at[2 * i], i};
        qsort(order, n, sizeof *order, left_first);
        status = write_line_side(c, order, 0, 2 * stride, true, room, error);
        if (status == FS_OK) status = write_line_side(c, order, stride, 2 * stride, false, room, error);
    } else {
        status = fs_fail_memory(error, "placing labels", 0);
    }
    fs_free(order);
    fs_free(room);
    return status;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The name of each group over the middle (the median of each coordinate) of its points. */
static fs_status write_group_labels(const canvas *c, fs_error *error)
{
    size_t n = c->plot->n, count = c->groups.count;
    double *sorted = fs_alloc(n, sizeof *sorted);
    mds_label *labels = fs_alloc_0(count, sizeof *labels);
    fs_status status = FS_OK;
    if (!sorted || !labels) {
        status = fs_fail_memory(error, "placing labels", 0);
        goto cleanup;
    }
    char name[128];
    for (size_t g = 0; g < count; g++) {
        double middle[2];
        for (size_t k = 0; k < 2; k++) {
            size_t used = 0;
            for (size_t i = 0; i < n; i++)
                if (c->groups.of[i] == g) sorted[used++] = c->at[2 * i + k];
            qsort(sorted, used, sizeof *sorted, compare_doubles);
            middle[k] = sorted[used / 2];
        }
        mds_svg_cut(c->groups.names[g], NAME_MOST, name, sizeof name);
        labels[g] = (mds_label){.x = middle[0],
                                .y = middle[1],
                                .width = mds_svg_width(name, GROUP_SIZE) + 6,
                                .height = GROUP_SIZE + 4};
    }
    mds_label_space space = {.left = c->left,
                             .top = c->top,
                             .right = c->left + c->width,
                             .bottom = c->top + c->height,
                             .centred = true,
                             .far = true};
    status = mds_place_labels(&space, labels, count, error);
    for (size_t g = 0; status == FS_OK && g < count; g++) {
        if (!labels[g].placed) continue;
        mds_svg_cut(c->groups.names[g], NAME_MOST, name, sizeof name);
        write_label(c, &labels[g], "group", name, GROUP_SIZE);
    }
cleanup:
    fs_free(sorted);
    fs_free(labels);
    return status;
}

static void write_open(const canvas *c)
{
    fs_output_format(
        c->out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" height=\"%.0f\" "
        "role=\"img\" aria-label=\"",
        WIDTH, c->page_height, WIDTH, c->page_height);
    mds_svg_text(c->out, c->plot->title);
    fs_output_string(c->out, ": ");
    mds_svg_text(c->out, c->plot->subtitle);
    fs_output_string(c->out, "\">\n");
}

/* ---- the whole ---- */

/* Groups are those given, or the labels where they repeat enough to mean classes. */
static fs_status find_groups(canvas *c, fs_error *error)
{
    const mds_map_plot *plot = c->plot;
    const char *const *names = plot->groups ? plot->groups : plot->labels;
    /* Row numbers help on a small map and clutter a large one; hovering tells them in any case. */
    c->names_objects = plot->labels || plot->n <= 60;
    if (!names) return FS_OK;
    fs_status status = mds_groups_init(&c->groups, names, plot->n, error);
    if (status) return status;
    bool classes = plot->groups || c->groups.count <= plot->n / 2;
    c->grouped = classes && c->groups.count > 1;
    if (classes && !plot->groups) c->names_objects = false;
    if (plot->groups && !plot->labels) c->names_objects = false;
    return FS_OK;
}

fs_status mds_map_plot_write(fs_output *output, const mds_map_plot *plot, fs_error *error)
{
    canvas c = {.out = output, .plot = plot};
    size_t n = plot->n, p = plot->p;
    c.all = plot->from ? 2 * n : n;
    c.x = fs_alloc(c.all, p * sizeof *c.x);
    c.at = fs_alloc(c.all, 2 * sizeof *c.at);
    fs_status status = FS_OK;
    if (!c.x || !c.at) {
        status = fs_fail_memory(error, "drawing a map", n * p * sizeof *c.x);
        goto cleanup;
    }
    for (size_t i = 0; i < n; i++) memcpy(c.x + i * p, plot->x + i * plot->ld, p * sizeof *c.x);
    for (size_t i = n; i < c.all; i++) memcpy(c.x + i * p, plot->from + (i - n) * plot->ld, p * sizeof *c.x);
    status = mds_principal_axes(c.x, c.all, p, p, error);
    if (status == FS_OK) status = find_groups(&c, error);
    if (status) goto cleanup;
    lay_out(&c);
    write_open(&c);
    write_style(&c);
    write_symbols(&c);
    write_head(&c);
    write_grid(&c);
    if (plot->from) write_arrows(&c);
    write_points(&c);
    if (c.names_objects) status = p == 1 ? write_line_labels(&c, error) : write_object_labels(&c, error);
    if (status == FS_OK && !c.names_objects && c.grouped && c.groups.count <= LEGEND_MOST)
        status = write_group_labels(&c, error);
    write_legend(&c);
    fs_output_string(output, "</svg>\n");
cleanup:
    mds_groups_fini(&c.groups);
    fs_free(c.x);
    fs_free(c.at);
    return status;
}
