/* The table of diagrams. */
#include "report_plots.h"

#include <stdio.h>

static bool has_dimensions(const mds_report_view *view)
{
    return view->dimension_stress != NULL;
}

static bool has_starts(const mds_report_view *view)
{
    return view->minima_stress || view->outcome_count > 1;
}

static bool has_permutation(const mds_report_view *view)
{
    return view->permutation_stress != NULL;
}

static bool has_minima(const mds_report_view *view)
{
    return view->minima_maps != NULL;
}

static bool has_bootstrap(const mds_report_view *view)
{
    return view->bootstrap_covariances != NULL;
}

static bool has_jackknife(const mds_report_view *view)
{
    return view->jackknife_covariances != NULL;
}

const mds_report_diagram mds_report_diagrams[] = {
    {.name = "shepard",
     .title = "Shepard diagram",
     .summary = "distances in the map over dissimilarities, with the line they are to follow",
     .plot = mds_plot_shepard},
    {.name = "residuals",
     .title = "Residuals",
     .summary = "what the map leaves over, by distance",
     .plot = mds_plot_residuals},
    {.name = "points",
     .title = "Stress per point",
     .summary = "the objects that fit worst",
     .plot = mds_plot_points},
    {.name = "dimensions",
     .title = "Stress by dimension",
     .summary = "stress-1 in 1, 2, ... dimensions, and the elbow",
     .there = has_dimensions,
     .plot = mds_plot_dimensions},
    {.name = "starts",
     .title = "Starts and where they ended",
     .summary = "the stress that each start ended at",
     .there = has_starts,
     .plot = mds_plot_starts},
    {.name = "minima",
     .title = "Local minima",
     .summary = "the different maps that random starts ended in",
     .there = has_minima,
     .plot = mds_plot_minima},
    {.name = "bubble",
     .title = "Stress in the map",
     .summary = "the map with points as large as they fit badly",
     .plot = mds_plot_bubble},
    {.name = "bootstrap",
     .title = "Bootstrap",
     .summary = "the map with the ellipses that hold 95 % of each place when data are drawn again",
     .there = has_bootstrap,
     .plot = mds_plot_bootstrap},
    {.name = "jackknife",
     .title = "Jackknife",
     .summary = "the map with how far places move when one object is left out",
     .there = has_jackknife,
     .plot = mds_plot_jackknife},
    {.name = "permutation",
     .title = "Permutation test",
     .summary = "the stress of permuted data beside that of the map",
     .there = has_permutation,
     .plot = mds_plot_permutation},
};

const size_t mds_report_diagram_count = sizeof mds_report_diagrams / sizeof *mds_report_diagrams;

const char *mds_report_name(const mds_report_view *view, size_t i, char number[24])
{
    if (view->labels) return view->labels[i];
    snprintf(number, 24, "%zu", i + 1);
    return number;
}
