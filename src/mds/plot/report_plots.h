/*
 * report_plots.h - what a report knows of a map, and its diagrams as SVG.
 *
 * Each diagram is drawn by one function, alone (a file) or for the page (without title and style).
 */
#ifndef MDS_REPORT_PLOTS_H
#define MDS_REPORT_PLOTS_H

#include "file.h"
#include "mdscale.h"
#include "pair_facts.h"

/* Everything is borrowed. Pointers are NULL where nothing was computed. */
typedef struct mds_report_view {
    const char *title, *input, *read_as; /* "eurodist", "eurodist.csv", "21 x 21 dissimilarities (CSV)" */
    mds_pairs pairs;                     /* the map and its data */
    const char *const *labels, *const *groups;
    const char *metric; /* of features, or NULL */
    mds_level level;
    mds_result fit;
    mds_pair_facts facts;
    const double *shares; /* n: of the stress */
    double squares;       /* sum w delta^2 */
    const mds_outcome *outcomes;
    size_t outcome_count;

    const double *dimension_stress; /* of 1, 2, ... dimensions */
    size_t dimensions, elbow;
    mds_stability jackknife, bootstrap;
    const double *jackknife_covariances, *influence; /* n x p x p, n */
    const double *bootstrap_covariances, *bootstrap_stress;
    bool features_drawn; /* the bootstrap drew features, not residuals */
    mds_permutation permutation;
    const double *permutation_stress;
    mds_minima minima;
    const double *minima_maps, *minima_stress;
    const size_t *minima_group;

    const char *warning;      /* why the map says little or nothing; NULL: it does not */
    const char *const *notes; /* what was left out or made smaller, and why */
    size_t note_count;
    bool interrupted;
} mds_report_view;

/* The name of object i, or its number. */
const char *mds_report_name(const mds_report_view *view, size_t i, char number[24]);

typedef fs_status mds_report_plot(fs_output *out, const mds_report_view *view, bool alone, fs_error *error);

/* One kind of diagram: the option --plot-NAME and the place in the page follow from its row. */
typedef struct mds_report_diagram {
    const char *name;                           /* "shepard" */
    const char *title;                          /* "Shepard diagram" */
    const char *summary;                        /* a sentence on what it shows, for --help */
    bool (*there)(const mds_report_view *view); /* it can be drawn; NULL: always */
    mds_report_plot *plot;
} mds_report_diagram;

extern const mds_report_diagram mds_report_diagrams[];
extern const size_t mds_report_diagram_count;

mds_report_plot mds_plot_shepard, mds_plot_residuals, mds_plot_points, mds_plot_dimensions, mds_plot_starts,
    mds_plot_permutation, mds_plot_minima, mds_plot_bootstrap, mds_plot_jackknife, mds_plot_bubble;

#endif
