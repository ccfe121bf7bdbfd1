/* The Shepard diagram, and what the map leaves over. */
#include "memory.h"
#include "pair_cloud.h"
#include "svg_text.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BINS = 320 };

static double delta_of(const mds_report_view *view, size_t i, size_t j)
{
    return view->pairs.delta[i * view->pairs.n + j];
}

static double distance_of(const mds_report_view *view, size_t i, size_t j)
{
    return mds_pair_distance(&view->pairs, i, j);
}

static double residual_of(const mds_report_view *view, size_t i, size_t j)
{
    return mds_pair_disparity(&view->pairs, i, j) - mds_pair_distance(&view->pairs, i, j);
}

typedef struct vertex {
    double delta, disparity;
} vertex;

static int by_delta(const void *left, const void *right)
{
    const vertex *a = left, *b = right;
    if (a->delta != b->delta) return a->delta < b->delta ? -1 : 1;
    return (a->disparity > b->disparity) - (a->disparity < b->disparity);
}

/* The disparities over the dissimilarities: all of them, or the means of so many bins. */
static size_t collect_line(const mds_report_view *view, vertex *line)
{
    const mds_pairs *pairs = &view->pairs;
    size_t used = 0, counts[BINS] = {0};
    bool all = view->facts.pairs <= MDS_CLOUD_MOST;
    double low = view->facts.smallest_delta, span = view->facts.largest_delta - low;
    for (size_t k = 0; !all && k < BINS; k++) line[k] = (vertex){0, 0};
    for (size_t i = 0; i < pairs->n; i++)
        for (size_t j = 0; j < i; j++) {
            if (!mds_pair_counts(pairs, i, j)) continue;
            vertex at = {delta_of(view, i, j), mds_pair_disparity(pairs, i, j)};
            if (all) {
                line[used++] = at;
                continue;
            }
            size_t k = span > 0 ? (size_t)((at.delta - low) / span * (BINS - 1)) : 0;
            line[k].delta += at.delta;
            line[k].disparity += at.disparity;
            counts[k]++;
        }
    for (size_t k = 0; !all && k < BINS; k++)
        if (counts[k] > 0)
            line[used++] = (vertex){line[k].delta / (double)counts[k], line[k].disparity / (double)counts[k]};
    qsort(line, used, sizeof *line, by_delta);
    return used;
}

static fs_status write_line(const mds_chart *c, const mds_report_view *view, fs_error *error)
{
    vertex *line = fs_alloc(view->facts.pairs < BINS ? BINS : MDS_CLOUD_MOST, sizeof *line);
    if (!line) return fs_fail_memory(error, "drawing a Shepard diagram", 0);
    size_t used = collect_line(view, line);
    double x = -1, y = -1;
    fs_output_string(c->out, "<path class=\"ch-line\" d=\"");
    for (size_t k = 0; k < used; k++) {
        double next_x = mds_chart_x(c, line[k].delta), next_y = mds_chart_y(c, line[k].disparity);
        if (k > 0 && k + 1 < used && hypot(next_x - x, next_y - y) < 0.7) continue;
        x = next_x;
        y = next_y;
        fs_output_format(c->out, "%c%.1f,%.1f", k ? 'L' : 'M', x, y);
    }
    fs_output_string(c->out, "\"/>\n");
    fs_free(line);
    return FS_OK;
}

fs_status mds_plot_shepard(fs_output *out, const mds_report_view *view, bool alone, fs_error *error)
{
    const mds_pair_facts *f = &view->facts;
    char subtitle[160], pairs[FS_NUMBER_SIZE];
    fs_number_grouped(f->pairs, pairs);
    snprintf(subtitle, sizeof subtitle, "%s pairs; the line: what the distances are to be (level %s)", pairs,
             mds_level_name(view->level));
    mds_chart c = {.out = out,
                   .alone = alone,
                   .title = "Shepard diagram",
                   .subtitle = subtitle,
                   .x = {.low = f->smallest_delta < f->largest_delta / 3 ? 0 : f->smallest_delta,
                         .high = f->largest_delta,
                         .title = "dissimilarity"},
                   .y = {.high = f->largest_distance, .title = "distance in the map"}};
    mds_axis_round(&c.x);
    mds_axis_round(&c.y);
    mds_chart_lay_out(&c, 0);
    mds_chart_open(&c);
    fs_status status = mds_pair_cloud(&c, view, delta_of, distance_of, error);
    if (status == FS_OK && f->pairs > 0) status = write_line(&c, view, error);
    mds_chart_close(&c);
    return status;
}

fs_status mds_plot_residuals(fs_output *out, const mds_report_view *view, bool alone, fs_error *error)
{
    const mds_pair_facts *f = &view->facts;
    char subtitle[160], deviation[32];
    snprintf(subtitle, sizeof subtitle, "What the map leaves over; root mean square %s",
             mds_chart_number(f->residual_deviation, 3, deviation));
    mds_chart c = {.out = out,
                   .alone = alone,
                   .title = "Residuals",
                   .subtitle = subtitle,
                   .x = {.high = f->largest_distance, .title = "distance in the map"},
                   .y = {.low = -f->largest_residual,
                         .high = f->largest_residual,
                         .title = "residual: above 0, the map shows a pair too near"}};
    mds_axis_round(&c.x);
    mds_axis_round(&c.y);
    mds_chart_lay_out(&c, 0);
    mds_chart_open(&c);
    fs_status status = mds_pair_cloud(&c, view, distance_of, residual_of, error);
    fs_output_format(out, "<path class=\"ch-line\" d=\"M%.1f,%.1fH%.1f\"/>\n", c.left, mds_chart_y(&c, 0),
                     c.right);
    mds_chart_close(&c);
    return status;
}
