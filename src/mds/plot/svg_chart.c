#include "svg_chart.h"

#include "svg_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    WIDTH = 440,
    HEIGHT = 376,
    IN_PAGE_WIDTH = 370,
    IN_PAGE_HEIGHT = 384,
    HEAD = 54,
    FOOT = 46,
    NUMBERS = 52,
    MARGIN = 14
};

/* Rules whose colour is another on dark pages. */
static const struct {
    const char *rule, *light, *dark;
} styles[] = {
    {".ch-page{fill:%s}", "#ffffff", "#14171c"},
    {".ch-title{fill:%s}", "#1b2028", "#eceff4"},
    {".ch-sub,.ch-tick,.ch-axis,.ch-note{fill:%s}", "#5c6472", "#a3abb9"},
    {".ch-grid{stroke:%s}", "#e6e9ee", "#2a303a"},
    {".ch-base{stroke:%s}", "#aeb5c0", "#555d6b"},
    {".ch-name{fill:%s}", "#1b2028", "#eceff4"},
    {".ch-label{stroke:%s}", "#ffffff", "#14171c"},
    {".ch-dot{fill:%s}", "#0072b2", "#4aa8e8"},
    {".ch-dense path{fill:%s}", "#0b5d92", "#5ab4f0"},
    {".ch-line{stroke:%s}", "#d9480f", "#ff9a52"},
    {".ch-mark{fill:%s}", "#d9480f", "#ff9a52"},
    {".ch-bar{fill:%s}", "#5a9fca", "#3f86b5"},
    {".ch-lead{stroke:%s}", "#0072b2", "#4aa8e8"},
    {".ch-guide{stroke:%s}", "#697180", "#8b94a3"},
    {".ch-ring{stroke:%s}", "#0072b2", "#4aa8e8"},
    {".ch-place{stroke:%s;stroke-width:.8}", "#ffffff", "#14171c"},
};

static void write_colours(fs_output *out, bool dark)
{
    for (size_t k = 0; k < sizeof styles / sizeof *styles; k++) {
        const char *rule = styles[k].rule, *at = strstr(rule, "%s");
        fs_output_format(out, "%.*s%s%s\n", (int)(at - rule), rule, dark ? styles[k].dark : styles[k].light,
                         at + 2);
    }
    for (size_t k = 0; k < MDS_COLOURS; k++)
        fs_output_format(out, ".c%zu{fill:%s}", k, dark ? mds_dark_colours[k] : mds_light_colours[k]);
    fs_output_string(out, "\n");
}

static void write_style(fs_output *out)
{
    fs_output_string(
        out, "<style>\ntext{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;"
             "font-size:11.5px}\n"
             ".ch-title{font-size:16px;font-weight:600}.ch-sub{font-size:12px}.ch-name{font-size:12px}\n"
             ".ch-grid,.ch-base,.ch-guide{fill:none}.ch-guide{stroke-dasharray:4 3}\n"
             ".ch-dot{fill-opacity:.55}.ch-line{fill:none;stroke-width:2;stroke-linejoin:round}\n"
             ".ch-lead{fill:none;stroke-width:1.6}.ch-ring{fill:none;stroke-width:1;stroke-opacity:.75}\n"
             ".ch-label{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}\n");
    write_colours(out, false);
    fs_output_string(out, "@media (prefers-color-scheme:dark){\n");
    write_colours(out, true);
    fs_output_string(out, "}\n</style>\n");
}

void mds_axis_round(mds_axis *axis)
{
    double span = axis->high - axis->low, size = fmax(fabs(axis->low), fabs(axis->high));
    if (!(span > 1e-9 * size)) { /* numbers that are the same but for rounding have no scale */
        if (!(size > 0)) size = 1;
        axis->low = axis->low >= 0 ? fmax(0, axis->low - size / 2) : axis->low - size / 2;
        axis->high += size / 2;
        span = axis->high - axis->low;
    }
    double step = mds_nice_step(span, 6) / 2;
    axis->low = floor(axis->low / step + 1e-9) * step;
    axis->high = ceil(axis->high / step - 1e-9) * step;
}

double mds_chart_x(const mds_chart *c, double value)
{
    return c->left + (value - c->x.low) / (c->x.high - c->x.low) * (c->right - c->left);
}

double mds_chart_y(const mds_chart *c, double value)
{
    return c->bottom - (value - c->y.low) / (c->y.high - c->y.low) * (c->bottom - c->top);
}

const char *mds_chart_number(double value, int digits, char out[32])
{
    snprintf(out, 32, "%.*g", digits, value);
    return out;
}

static void write_ticks(const mds_chart *c, const mds_axis *axis, bool upright)
{
    double step = mds_nice_step(axis->high - axis->low, upright ? 5 : 6);
    if (axis->whole && step < 1) step = 1;
    double first = ceil(axis->low / step - 1e-9), last = floor(axis->high / step + 1e-9);
    enum { MOST = 40 }; /* where an axis is narrower than its numbers' rounding, k + 1 is k */
    for (int tick = 0; tick < MOST && first + tick <= last; tick++) {
        char number[32];
        double value = (first + tick) * step;
        mds_chart_number(fabs(value) < step * 1e-6 ? 0.0 : value, 6, number);
        if (upright) {
            double y = mds_chart_y(c, value);
            fs_output_format(c->out,
                             "<path class=\"ch-grid\" d=\"M%.1f,%.1fH%.1f\"/><text class=\"ch-tick\" "
                             "x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                             c->left, y, c->right, c->left - 7, y + 4, number);
        } else {
            double x = mds_chart_x(c, value);
            fs_output_format(c->out,
                             "<path class=\"ch-grid\" d=\"M%.1f,%.1fV%.1f\"/><text class=\"ch-tick\" "
                             "x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
                             x, c->top, c->bottom, x, c->bottom + 16, number);
        }
    }
}

static void write_head(const mds_chart *c)
{
    fs_output_format(c->out,
                     "<rect class=\"ch-page\" width=\"%.0f\" height=\"%.0f\"/>\n<text class=\"ch-title\" "
                     "x=\"%d\" y=\"24\">",
                     c->width, c->height, MARGIN);
    mds_svg_text(c->out, c->title);
    fs_output_format(c->out, "</text>\n<text class=\"ch-sub\" x=\"%d\" y=\"42\">", MARGIN);
    mds_svg_text(c->out, c->subtitle);
    fs_output_string(c->out, "</text>\n");
}

static void write_axis_titles(const mds_chart *c)
{
    if (c->x.title) {
        fs_output_format(c->out, "<text class=\"ch-axis\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                         (c->left + c->right) / 2, c->bottom + 36);
        mds_svg_text(c->out, c->x.title);
        fs_output_string(c->out, "</text>\n");
    }
    if (c->y.title) {
        fs_output_format(c->out, "<text class=\"ch-axis\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"start\">",
                         c->alone ? (double)MARGIN : 2.0, c->top - 14);
        mds_svg_text(c->out, c->y.title);
        fs_output_string(c->out, "</text>\n");
    }
}

void mds_chart_lay_out(mds_chart *c, double left)
{
    if (!(c->width > 0)) c->width = c->alone ? WIDTH : IN_PAGE_WIDTH;
    if (!(c->height > 0)) c->height = c->alone ? HEIGHT : IN_PAGE_HEIGHT;
    if (!c->alone) c->height -= HEAD - 4;
    c->left = (c->alone ? MARGIN - 6 : 0) + (left > 0 ? left : NUMBERS - 6);
    c->right = c->width - (c->alone ? MARGIN + 8 : 12);
    c->top = (c->alone ? HEAD : 4) + (c->y.title ? 28 : 8);
    c->bottom = c->height - (c->x.title ? FOOT : FOOT / 2);
}

void mds_chart_open(mds_chart *c)
{
    fs_output_string(c->out, "<svg");
    if (c->alone) {
        fs_output_format(c->out, " xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\"",
                         2 * c->width, 2 * c->height);
    }
    fs_output_format(c->out, " viewBox=\"0 0 %.0f %.0f\" class=\"chart\" role=\"img\" aria-label=\"",
                     c->width, c->height);
    mds_svg_text(c->out, c->title);
    fs_output_string(c->out, ": ");
    mds_svg_text(c->out, c->subtitle);
    fs_output_string(c->out, "\">\n");
    if (c->alone) {
        write_style(c->out);
        write_head(c);
    }
    if (c->x.high > c->x.low) write_ticks(c, &c->x, false);
    if (c->y.high > c->y.low) write_ticks(c, &c->y, true);
    write_axis_titles(c);
}

void mds_chart_close(mds_chart *c)
{
    fs_output_string(c->out, "</svg>\n");
}
