#include "pair_cloud.h"

#include "memory.h"
#include "svg_text.h"

#include <math.h>
#include <stdio.h>

enum { CELL = 3, LEVELS = 8 };

static void write_pair(const mds_chart *c, const mds_report_view *view, size_t i, size_t j, double x,
                       double y)
{
    char first[24], second[24], delta[32], distance[32];
    fs_output_format(c->out,
                     "<circle class=\"ch-dot pair\" data-i=\"%zu\" data-j=\"%zu\" cx=\"%.1f\" cy=\"%.1f\" "
                     "r=\"2.4\"><title>",
                     j, i, mds_chart_x(c, x), mds_chart_y(c, y));
    mds_svg_text(c->out, mds_report_name(view, j, first));
    fs_output_string(c->out, " \u2013 ");
    mds_svg_text(c->out, mds_report_name(view, i, second));
    fs_output_format(c->out, "\ndissimilarity %s, distance %s",
                     mds_chart_number(view->pairs.delta[i * view->pairs.n + j], 4, delta),
                     mds_chart_number(mds_pair_distance(&view->pairs, i, j), 4, distance));
    fs_output_string(c->out, "</title></circle>\n");
}

/* Cells of one level as one path, runs of them as one rectangle. */
static void write_level(const mds_chart *c, const unsigned *counts, size_t columns, size_t rows, double most,
                        int level)
{
    bool any = false;
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < columns;) {
            size_t run = 0;
            while (k + run < columns && counts[r * columns + k + run] > 0 &&
                   (int)(log((double)counts[r * columns + k + run]) / log(most + 1) * LEVELS) == level)
                run++;
            if (run == 0) {
                k++;
                continue;
            }
            if (!any)
                fs_output_format(c->out, "<path fill-opacity=\"%.2f\" d=\"",
                                 0.13 + 0.87 * level / (LEVELS - 1));
            any = true;
            fs_output_format(c->out, "M%.4g,%.4gh%zuv%dh-%zuz", c->left + (double)(k * CELL),
                             c->top + (double)(r * CELL), run * CELL, CELL, run * CELL);
            k += run;
        }
    if (any) fs_output_string(c->out, "\"/>\n");
}

static fs_status write_densities(const mds_chart *c, const mds_report_view *view, mds_pair_value *across,
                                 mds_pair_value *value, fs_error *error)
{
    size_t columns = (size_t)ceil((c->right - c->left) / CELL),
           rows = (size_t)ceil((c->bottom - c->top) / CELL);
    unsigned *counts = fs_alloc_0(columns * rows, sizeof *counts), most = 1;
    if (!counts) return fs_fail_memory(error, "drawing the pairs", 0);
    for (size_t i = 0; i < view->pairs.n; i++)
        for (size_t j = 0; j < i; j++) {
            if (!mds_pair_counts(&view->pairs, i, j)) continue;
            double x = (mds_chart_x(c, across(view, i, j)) - c->left) / CELL;
            double y = (mds_chart_y(c, value(view, i, j)) - c->top) / CELL;
            size_t k = x <= 0 ? 0 : x >= (double)(columns - 1) ? columns - 1 : (size_t)x;
            size_t r = y <= 0 ? 0 : y >= (double)(rows - 1) ? rows - 1 : (size_t)y;
            unsigned now = ++counts[r * columns + k];
            if (now > most) most = now;
        }
    fs_output_string(c->out, "<g class=\"ch-dense\">\n");
    for (int level = 0; level < LEVELS; level++) write_level(c, counts, columns, rows, most, level);
    fs_output_string(c->out, "</g>\n");
    fs_free(counts);
    return FS_OK;
}

fs_status mds_pair_cloud(const mds_chart *c, const mds_report_view *view, mds_pair_value *across,
                         mds_pair_value *value, fs_error *error)
{
    if (view->facts.pairs > MDS_CLOUD_MOST) return write_densities(c, view, across, value, error);
    fs_output_string(c->out, "<g>\n");
    for (size_t i = 0; i < view->pairs.n; i++)
        for (size_t j = 0; j < i; j++)
            if (mds_pair_counts(&view->pairs, i, j))
                write_pair(c, view, i, j, across(view, i, j), value(view, i, j));
    fs_output_string(c->out, "</g>\n");
    return FS_OK;
}
