/* Stress per point: the objects that fit worst, as bars. */
#include "memory.h"
#include "report_plots.h"
#include "svg_chart.h"
#include "svg_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_BARS = 18, ROW = 16 };

typedef struct ranked {
    double share;
    size_t index;
} ranked;

static int larger_first(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    if (a->share != b->share) return a->share > b->share ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static void write_bar(const mds_chart *c, const mds_report_view *view, const ranked *bar, size_t row)
{
    char number[24], name[80];
    double y = c->top + 2 + (double)row * ROW;
    mds_svg_cut(mds_report_name(view, bar->index, number), 18, name, sizeof name);
    fs_output_format(c->out,
                     "<g class=\"point\" data-i=\"%zu\"><text class=\"ch-name\" x=\"%.1f\" y=\"%.1f\" "
                     "text-anchor=\"end\">",
                     bar->index, c->left - 7, y + 11.5);
    mds_svg_text(c->out, name);
    fs_output_format(c->out,
                     "</text><rect class=\"ch-bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" "
                     "rx=\"1.5\"/><title>",
                     c->left, y + 2, fmax(0.5, mds_chart_x(c, 100 * bar->share) - c->left), ROW - 4);
    mds_svg_text(c->out, mds_report_name(view, bar->index, number));
    fs_output_format(c->out, "\n%.2f %% of the stress</title></g>\n", 100 * bar->share);
}

fs_status mds_plot_points(fs_output *out, const mds_report_view *view, bool alone, fs_error *error)
{
    size_t n = view->pairs.n, bars = n < MOST_BARS ? n : MOST_BARS;
    ranked *order = fs_alloc(n, sizeof *order);
    if (!order) return fs_fail_memory(error, "sorting the objects", n * sizeof *order);
    for (size_t i = 0; i < n; i++) order[i] = (ranked){view->shares[i], i};
    qsort(order, n, sizeof *order, larger_first);
    double longest = 0;
    char number[24], name[80], subtitle[160];
    for (size_t k = 0; k < bars; k++) {
        mds_svg_cut(mds_report_name(view, order[k].index, number), 18, name, sizeof name);
        longest = fmax(longest, mds_svg_width(name, 12));
    }
    if (bars < n)
        snprintf(subtitle, sizeof subtitle, "The %zu of %zu objects that fit worst; dashed: the average",
                 bars, n);
    else
        snprintf(subtitle, sizeof subtitle, "Share of each object in the stress; dashed: the average");
    mds_chart c = {.out = out,
                   .alone = alone,
                   .title = "Stress per point",
                   .subtitle = subtitle,
                   .height = (double)(bars * ROW) + 4 + 50 + 8 + 46,
                   .x = {.high = fmax(100 * order[0].share, 1e-9), .title = "% of the stress"}};
    mds_axis_round(&c.x);
    mds_chart_lay_out(&c, longest + 12);
    mds_chart_open(&c);
    for (size_t k = 0; k < bars; k++) write_bar(&c, view, &order[k], k);
    double mean = mds_chart_x(&c, 100 / (double)n);
    fs_output_format(out, "<path class=\"ch-guide\" d=\"M%.1f,%.1fV%.1f\"/>\n", mean, c.top, c.bottom);
    mds_chart_close(&c);
    fs_free(order);
    return FS_OK;
}
