/* The map with how sure each place is, or how badly it fits; and the maps of other minima side by side. */
#include "label_place.h"
#include "map_groups.h"
#include "memory.h"
#include "report_plots.h"
#include "svg_chart.h"
#include "svg_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_MOST = 120, NAME_MOST = 20, LABEL_SIZE = 12, OUTLINES_MOST = 500, NUMBERS_MOST = 60 };

/* Half axes of an ellipse and the direction of the longer one, in the data's units. */
typedef struct ellipse {
    double longer, shorter, angle;
} ellipse;

/* That which holds 95 % of a normal distribution in the plane of the first two axes. */
static ellipse ellipse_of(const double *covariances, size_t i, size_t p)
{
    const double *of = covariances + i * p * p;
    double a = of[0], b = p > 1 ? of[1] : 0, d = p > 1 ? of[p + 1] : 0;
    double middle = (a + d) / 2, off = hypot((a - d) / 2, b), factor = p > 1 ? 5.991464547 : 3.841458821;
    return (ellipse){sqrt(factor * fmax(0, middle + off)), sqrt(factor * fmax(0, middle - off)),
                     atan2(2 * b, a - d) / 2};
}

/* Equal scales: widen the shorter of the two axes. */
static void equal_scales(mds_chart *c, const mds_report_view *view, double air)
{
    double low[2] = {HUGE_VAL, HUGE_VAL}, high[2] = {-HUGE_VAL, -HUGE_VAL};
    size_t n = view->pairs.n, p = view->pairs.p;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 2; k++) {
            double at = k < p ? view->pairs.x[i * p + k] : 0;
            low[k] = fmin(low[k], at);
            high[k] = fmax(high[k], at);
        }
    double widest = fmax(high[0] - low[0], high[1] - low[1]);
    if (!(widest > 0)) widest = 1;
    double width = c->right - c->left, height = c->bottom - c->top;
    double scale = fmax((high[0] - low[0] + 2 * air + 0.12 * widest) / width,
                        (high[1] - low[1] + 2 * air + 0.1 * widest) / height);
    c->x.low = (low[0] + high[0] - scale * width) / 2;
    c->x.high = c->x.low + scale * width;
    c->y.low = (low[1] + high[1] - scale * height) / 2;
    c->y.high = c->y.low + scale * height;
}

static double place(const mds_report_view *view, size_t i, size_t k)
{
    return k < view->pairs.p ? view->pairs.x[i * view->pairs.p + k] : 0;
}

/* Names where there is room, the objects with the largest `rank` first. */
typedef struct ranked {
    double rank;
    size_t index;
} ranked;

static int larger_first(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    if (a->rank != b->rank) return a->rank > b->rank ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static fs_status write_names(const mds_chart *c, const mds_report_view *view, const double *rank,
                             double radius, fs_error *error)
{
    size_t n = view->pairs.n, most = n < LABELS_MOST ? n : LABELS_MOST;
    if (!view->labels && n > NUMBERS_MOST) return FS_OK; /* numbers of rows would only clutter it */
    ranked *order = fs_alloc(n, sizeof *order);
    double *at = fs_alloc(n, 2 * sizeof *at);
    mds_label *labels = fs_alloc_0(most, sizeof *labels);
    fs_status status = FS_OK;
    if (!order || !at || !labels) {
        status = fs_fail_memory(error, "placing labels", 0);
        goto cleanup;
    }
    char number[24], name[128];
    for (size_t i = 0; i < n; i++) {
        at[2 * i] = mds_chart_x(c, place(view, i, 0));
        at[2 * i + 1] = mds_chart_y(c, place(view, i, 1));
        order[i] = (ranked){rank ? rank[i] : hypot(place(view, i, 0), place(view, i, 1)), i};
    }
    qsort(order, n, sizeof *order, larger_first);
    for (size_t k = 0; k < most; k++) {
        size_t i = order[k].index;
        mds_svg_cut(mds_report_name(view, i, number), NAME_MOST, name, sizeof name);
        labels[k] = (mds_label){.x = at[2 * i],
                                .y = at[2 * i + 1],
                                .width = mds_svg_width(name, LABEL_SIZE) + 4,
                                .height = LABEL_SIZE + 3};
    }
    mds_label_space space = {.points = at,
                             .count = n,
                             .radius = radius,
                             .left = c->left + 2,
                             .top = c->top + 2,
                             .right = c->right - 2,
                             .bottom = c->bottom - 2};
    status = mds_place_labels(&space, labels, most, error);
    for (size_t k = 0; status == FS_OK && k < most; k++) {
        if (!labels[k].placed) continue;
        mds_svg_cut(mds_report_name(view, order[k].index, number), NAME_MOST, name, sizeof name);
        fs_output_format(c->out,
                         "<text class=\"ch-name ch-label\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">",
                         labels[k].left + labels[k].width / 2, labels[k].top + 11.5);
        mds_svg_text(c->out, name);
        fs_output_string(c->out, "</text>\n");
    }
cleanup:
    fs_free(order);
    fs_free(at);
    fs_free(labels);
    return status;
}

static void write_point(const mds_chart *c, const mds_report_view *view, size_t i, size_t colour,
                        double radius, const char *about)
{
    char number[24];
    fs_output_format(
        c->out, "<circle class=\"ch-place c%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.3g\" fill-opacity=\".8\"",
        colour % MDS_COLOURS, mds_chart_x(c, place(view, i, 0)), mds_chart_y(c, place(view, i, 1)), radius);
    if (view->pairs.n > OUTLINES_MOST) { /* nobody reads so many names, and they make a page large */
        fs_output_string(c->out, "/>\n");
        return;
    }
    fs_output_format(c->out, " data-i=\"%zu\"><title>", i);
    mds_svg_text(c->out, mds_report_name(view, i, number));
    fs_output_format(c->out, "\n%s</title></circle>\n", about);
}

static fs_status group_colours(const mds_report_view *view, mds_groups *groups, fs_error *error)
{
    *groups = (mds_groups){0};
    return view->groups ? mds_groups_init(groups, view->groups, view->pairs.n, error) : FS_OK;
}

static fs_status plot_ellipses(fs_output *out, const mds_report_view *view, bool alone, const char *title,
                               const char *subtitle, const double *covariances, fs_error *error)
{
    size_t n = view->pairs.n, p = view->pairs.p;
    mds_groups groups;
    fs_status status = group_colours(view, &groups, error);
    if (status) return status;
    double air = 0;
    for (size_t i = 0; i < n && n <= OUTLINES_MOST; i++)
        air = fmax(air, ellipse_of(covariances, i, p).longer);
    mds_chart c = {.out = out,
                   .alone = alone,
                   .title = title,
                   .subtitle = subtitle,
                   .width = alone ? 640 : 370,
                   .height = alone ? 540 : 390};
    mds_chart_lay_out(&c, 0);
    equal_scales(&c, view, air);
    mds_chart_open(&c);
    double ring = 0; /* how far names keep off */
    for (size_t i = 0; i < n && n <= OUTLINES_MOST; i++) {
        ellipse e = ellipse_of(covariances, i, p);
        double unit = (c.right - c.left) / (c.x.high - c.x.low);
        ring += e.shorter * unit / (double)n;
        fs_output_format(out,
                         "<ellipse class=\"ch-ring\" cx=\"%.1f\" cy=\"%.1f\" rx=\"%.1f\" ry=\"%.1f\" "
                         "transform=\"rotate(%.1f %.1f %.1f)\"/>\n",
                         mds_chart_x(&c, place(view, i, 0)), mds_chart_y(&c, place(view, i, 1)),
                         e.longer * unit, e.shorter * unit, -e.angle * 57.29577951308232,
                         mds_chart_x(&c, place(view, i, 0)), mds_chart_y(&c, place(view, i, 1)));
    }
    for (size_t i = 0; i < n; i++) {
        char about[80];
        ellipse e = ellipse_of(covariances, i, p);
        snprintf(about, sizeof about, "95 %% within %.3g by %.3g", e.longer, e.shorter);
        write_point(&c, view, i, groups.of ? groups.of[i] : 0, n <= 100 ? 3.2 : 2.2, about);
    }
    status = write_names(&c, view, NULL, fmin(12, fmax(3.2, ring)), error);
    mds_chart_close(&c);
    mds_groups_fini(&groups);
    return status;
}

fs_status mds_plot_bootstrap(fs_output *out, const mds_report_view *view, bool alone, fs_error *error)
{
    char subtitle[160];
    snprintf(subtitle, sizeof subtitle, "%zu maps of %s drawn again; each ellipse holds 95 %%",
             view->bootstrap.maps, view->features_drawn ? "features" : "residuals");
    return plot_ellipses(out, view, alone, "Bootstrap", subtitle, view->bootstrap_covariances, error);
}

fs_status mds_plot_jackknife(fs_output *out, const mds_report_view *view, bool alone, fs_error *error)
{
    char subtitle[160];
    snprintf(subtitle, sizeof subtitle, "%zu maps, each without one object; ellipses of 95 %% of the places",
             view->jackknife.maps);
    return plot_ellipses(out, view, alone, "Jackknife", subtitle, view->jackknife_covariances, error);
}

fs_status mds_plot_bubble(fs_output *out, const mds_report_view *view, bool alone, fs_error *error)
{
    size_t n = view->pairs.n;
    mds_groups groups;
    fs_status status = group_colours(view, &groups, error);
    if (status) return status;
    double largest = 0;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, view->shares[i]);
    mds_chart c = {.out = out,
                   .alone = alone,
                   .title = "Stress in the map",
                   .subtitle =
                       "The larger a point, the worse its object fits (area: its share of the stress)",
                   .width = alone ? 640 : 370,
                   .height = alone ? 540 : 390};
    mds_chart_lay_out(&c, 0);
    equal_scales(&c, view, 0);
    mds_chart_open(&c);
    double most = n <= 40 ? 13 : n <= 200 ? 9 : n <= 1000 ? 6 : 4;
    for (size_t i = 0; i < n; i++) {
        char about[80];
        snprintf(about, sizeof about, "%.2f %% of the stress", 100 * view->shares[i]);
        write_point(&c, view, i, groups.of ? groups.of[i] : 0,
                    largest > 0 ? fmax(1, most * sqrt(view->shares[i] / largest)) : 3, about);
    }
    status = write_names(&c, view, view->shares, most * 0.85, error);
    mds_chart_close(&c);
    mds_groups_fini(&groups);
    return status;
}

/* ---- local minima ---- */

enum { THUMBS = 6, THUMB = 140, THUMB_IN_PAGE = 116 };

/* The first start of each group with its lowest stress, and how many there are. */
static void group_facts(const mds_report_view *view, size_t group, size_t *leader, size_t *members)
{
    *members = 0;
    for (size_t k = 0; k < view->minima.starts; k++) {
        if (view->minima_group[k] != group) continue;
        if ((*members)++ == 0 || view->minima_stress[k] < view->minima_stress[*leader]) *leader = k;
    }
}

static void write_thumb(const mds_chart *c, const mds_report_view *view, size_t group,
                        const mds_groups *groups, double half)
{
    size_t n = view->pairs.n, p = view->pairs.p, leader = 0, members;
    size_t row = group / 3, column = group % 3;
    int side = c->alone ? THUMB : THUMB_IN_PAGE;
    double reach = side * 0.44 / half;
    double left = c->left + (double)column * (side + 8), top = c->top + (double)row * (side + 30),
           middle = side * 0.5;
    group_facts(view, group, &leader, &members);
    const double *map = view->minima_maps + leader * n * p;
    fs_output_format(c->out,
                     "<g class=\"thumb\"><rect class=\"ch-base\" fill=\"none\" x=\"%.1f\" y=\"%.1f\" "
                     "width=\"%d\" height=\"%d\" rx=\"4\"/>\n",
                     left, top, side, side);
    for (size_t i = 0; i < n; i++)
        fs_output_format(c->out, "<circle class=\"c%zu\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"/>",
                         (groups->of ? groups->of[i] : 0) % MDS_COLOURS, left + middle + map[i * p] * reach,
                         top + middle - (p > 1 ? map[i * p + 1] * reach : 0), n <= 100 ? "2.2" : "1.3");
    fs_output_format(
        c->out,
        "<text class=\"ch-name\" x=\"%.1f\" y=\"%.1f\">%.4f</text><text class=\"ch-tick\" x=\"%.1f\" "
        "y=\"%.1f\" text-anchor=\"end\">%zu start%s</text><title>map %zu: stress-1 %.5f, %zu of %zu "
        "starts</title></g>\n",
        left + 2, top + side + 15, view->minima_stress[leader], left + side - 2, top + side + 15, members,
        members == 1 ? "" : "s", group + 1, view->minima_stress[leader], members, view->minima.starts);
}

fs_status mds_plot_minima(fs_output *out, const mds_report_view *view, bool alone, fs_error *error)
{
    size_t n = view->pairs.n, p = view->pairs.p,
           shown = view->minima.groups < THUMBS ? view->minima.groups : THUMBS;
    mds_groups groups;
    fs_status status = group_colours(view, &groups, error);
    if (status) return status;
    char subtitle[160];
    double half = 0;
    for (size_t g = 0; g < shown; g++) {
        size_t leader = 0, members;
        group_facts(view, g, &leader, &members);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < p && k < 2; k++)
                half = fmax(half, fabs(view->minima_maps[(leader * n + i) * p + k]));
    }
    snprintf(subtitle, sizeof subtitle,
             "The best %zu of %zu different maps, turned alike: stress-1 and starts", shown,
             view->minima.groups);
    int side = alone ? THUMB : THUMB_IN_PAGE;
    mds_chart c = {.out = out,
                   .alone = alone,
                   .title = "Local minima",
                   .subtitle = subtitle,
                   .width = 3 * side + 2 * 8 + (alone ? 22 : 4),
                   .height = 50 + 12 + (shown > 3 ? 2 : 1) * (side + 30)};
    mds_chart_lay_out(&c, alone ? 4 : 2);
    mds_chart_open(&c);
    for (size_t g = 0; g < shown; g++) write_thumb(&c, view, g, &groups, half > 0 ? half : 1);
    mds_chart_close(&c);
    mds_groups_fini(&groups);
    return status;
}
