/* Stress by dimension, where starts ended, and the stress of permuted data. */
#include "memory.h"
#include "report_plots.h"
#include "svg_chart.h"
#include "svg_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

fs_status mds_plot_dimensions(fs_output *out, const mds_report_view *view, bool alone, fs_error *error)
{
    (void)error;
    size_t most = view->dimensions, p = view->pairs.p;
    char subtitle[160];
    double highest = 0;
    for (size_t k = 0; k < most; k++) highest = fmax(highest, view->dimension_stress[k]);
    if (view->elbow)
        snprintf(subtitle, sizeof subtitle, "The curve bends most at %zu dimensions; this map has %zu",
                 view->elbow, p);
    else
        snprintf(subtitle, sizeof subtitle, "Stress-1 of the best map found in each number of dimensions");
    mds_chart c = {.out = out,
                   .alone = alone,
                   .title = "Stress by dimension",
                   .subtitle = subtitle,
                   .x = {.low = 0.5, .high = (double)most + 0.5, .title = "dimensions", .whole = true},
                   .y = {.high = highest > 0 ? highest : 0.1, .title = "stress-1"}};
    mds_axis_round(&c.y);
    mds_chart_lay_out(&c, 0);
    mds_chart_open(&c);
    fs_output_string(out, "<path class=\"ch-lead\" d=\"");
    for (size_t k = 0; k < most; k++)
        fs_output_format(out, "%c%.1f,%.1f", k ? 'L' : 'M', mds_chart_x(&c, (double)k + 1),
                         mds_chart_y(&c, view->dimension_stress[k]));
    fs_output_string(out, "\"/>\n");
    for (size_t k = 0; k < most; k++) {
        double x = mds_chart_x(&c, (double)k + 1), y = mds_chart_y(&c, view->dimension_stress[k]);
        bool elbow = view->elbow == k + 1;
        fs_output_format(
            out,
            "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"><title>%zu dimension%s\nstress-1 "
            "%.4f%s</title></circle>\n",
            k + 1 == p ? "ch-mark" : "ch-dot solid", x, y, k + 1 == p ? "5.5" : "4", k + 1, k ? "s" : "",
            view->dimension_stress[k], elbow ? "\nhere the curve bends most" : "");
        fs_output_format(
            out,
            "<text class=\"ch-name ch-label\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.3f</text>\n",
            x + (k == 0 ? 8 : 0), y - 9, view->dimension_stress[k]);
        if (elbow)
            fs_output_format(out,
                             "<text class=\"ch-tick ch-label\" x=\"%.1f\" y=\"%.1f\" "
                             "text-anchor=\"middle\">elbow</text>\n",
                             x, y + 20);
    }
    mds_chart_close(&c);
    return FS_OK;
}

/* ---- starts ---- */

typedef struct ended {
    double stress;
    size_t group; /* MDS_COLOURS: none */
} ended;

static int better_first(const void *left, const void *right)
{
    const ended *a = left, *b = right;
    return (a->stress > b->stress) - (a->stress < b->stress);
}

/* Descents from random starts where these were made, else those of the fit itself. */
static fs_status collect_ends(const mds_report_view *view, ended **ends, size_t *count, fs_error *error)
{
    *count = view->minima_stress ? view->minima.starts : view->outcome_count;
    *ends = fs_alloc(*count, sizeof **ends);
    if (!*ends) return fs_fail_memory(error, "drawing the starts", 0);
    for (size_t k = 0; k < *count; k++)
        if (view->minima_stress)
            (*ends)[k] = (ended){view->minima_stress[k], view->minima_group[k]};
        else
            (*ends)[k] = (ended){view->squares > 0 ? sqrt(view->outcomes[k].loss / view->squares) : 0, 0};
    qsort(*ends, *count, sizeof **ends, better_first);
    return FS_OK;
}

fs_status mds_plot_starts(fs_output *out, const mds_report_view *view, bool alone, fs_error *error)
{
    ended *ends;
    size_t count;
    char subtitle[160];
    fs_status status = collect_ends(view, &ends, &count, error);
    if (status) return status;
    if (view->minima_stress)
        snprintf(subtitle, sizeof subtitle, "%zu random starts ended in %zu different map%s; %zu in the best",
                 count, view->minima.groups, view->minima.groups == 1 ? "" : "s", view->minima.best_count);
    else
        snprintf(subtitle, sizeof subtitle, "Where the %zu starts of the fit ended", count);
    mds_chart c = {.out = out,
                   .alone = alone,
                   .title = "Starts and where they ended",
                   .subtitle = subtitle,
                   .x = {.low = 0, .high = (double)count + 1, .title = "starts, best first", .whole = true},
                   .y = {.low = ends[0].stress,
                         .high = ends[count - 1].stress,
                         .title = view->minima_stress ? "stress-1" : "normalised stress"}};
    if (c.y.high - c.y.low < 1e-3 * fmax(c.y.high, 1e-6)) {
        c.y.low = fmax(0, c.y.low - 0.05 * fmax(c.y.high, 1e-6));
        c.y.high += 0.05 * fmax(c.y.high, 1e-6);
    }
    mds_axis_round(&c.y);
    mds_chart_lay_out(&c, 0);
    mds_chart_open(&c);
    for (size_t k = 0; k < count; k++)
        fs_output_format(out,
                         "<circle class=\"ch-end c%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>%s %.5f\nmap "
                         "%zu</title></circle>\n",
                         ends[k].group % MDS_COLOURS, mds_chart_x(&c, (double)k + 1),
                         mds_chart_y(&c, ends[k].stress), c.y.title, ends[k].stress, ends[k].group + 1);
    mds_chart_close(&c);
    fs_free(ends);
    return FS_OK;
}

/* ---- permutation test ---- */

enum { BINS = 24, BIN_WIDTH = 7 };

/* Bars over the range of the permuted maps, no narrower than can be seen. */
static void write_histogram(const mds_chart *c, const mds_permutation *q, const double *stress)
{
    unsigned counts[BINS] = {0}, most = 1;
    double low = stress[0], high = stress[q->maps - 1], span = high > low ? high - low : 1e-300;
    double room = (mds_chart_x(c, high) - mds_chart_x(c, low)) / BIN_WIDTH;
    size_t bins = room > BINS ? BINS : room < 3 ? 3 : (size_t)room;
    for (size_t k = 0; k < q->maps; k++) {
        unsigned now = ++counts[(size_t)((stress[k] - low) / span * ((double)bins - 1e-9))];
        if (now > most) most = now;
    }
    for (size_t k = 0; k < bins; k++) {
        double from = low + span * (double)k / (double)bins, to = low + span * (double)(k + 1) / (double)bins;
        double left = mds_chart_x(c, from), height = counts[k] * (c->bottom - c->top - 24) / most;
        if (counts[k] == 0) continue;
        fs_output_format(
            c->out,
            "<rect class=\"ch-bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\"><title>%u "
            "of %zu permuted maps\nstress-1 %.4f to %.4f</title></rect>\n",
            left, c->bottom - height, fmax(0.8, mds_chart_x(c, to) - left - 1), height, counts[k], q->maps,
            from, to);
    }
}

fs_status mds_plot_permutation(fs_output *out, const mds_report_view *view, bool alone, fs_error *error)
{
    (void)error;
    const mds_permutation *q = &view->permutation;
    const double *stress = view->permutation_stress;
    char subtitle[160];
    snprintf(subtitle, sizeof subtitle, "Bars: %zu maps of permuted data; line: this map; p %s %.3g", q->maps,
             q->p_value <= 1.5 / (double)(q->maps + 1) ? "\u2264" : "=", q->p_value);
    mds_chart c = {.out = out,
                   .alone = alone,
                   .title = "Permutation test",
                   .subtitle = subtitle,
                   .x = {.low = fmin(stress[0], q->observed),
                         .high = fmax(stress[q->maps - 1], q->observed),
                         .title = "stress-1"}};
    double room = 0.06 * (c.x.high - c.x.low);
    c.x.low = fmax(0, c.x.low - room);
    c.x.high += room;
    mds_axis_round(&c.x);
    mds_chart_lay_out(&c, 14);
    mds_chart_open(&c);
    write_histogram(&c, q, stress);
    double x = mds_chart_x(&c, q->observed);
    bool left = x < (c.left + c.right) / 2;
    fs_output_format(out,
                     "<path class=\"ch-base\" d=\"M%.1f,%.1fH%.1f\"/><path class=\"ch-line\" "
                     "d=\"M%.1f,%.1fV%.1f\"/><text class=\"ch-name ch-label\" x=\"%.1f\" y=\"%.1f\" "
                     "text-anchor=\"%s\">this map, %.3f</text>\n",
                     c.left, c.bottom, c.right, x, c.top, c.bottom, x + (left ? 6 : -6), c.top + 14,
                     left ? "start" : "end", q->observed);
    mds_chart_close(&c);
    return FS_OK;
}
