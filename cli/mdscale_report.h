/*
 * mdscale_report.h - the options of `mdscale report`, and what it knows by the time it writes its results.
 */
#ifndef CLI_MDSCALE_REPORT_H
#define CLI_MDSCALE_REPORT_H

#include "mdscale_input.h"
#include "progress.h"
#include "report_page.h"

enum { REPORT_DIAGRAMS = 16, REPORT_OUTCOMES = 1000, REPORT_NOTES = 12 };

/* Set by the options; a count of -1 is left to the number of objects. */
typedef struct report_settings {
    const char *page_path, *json_path, *objects_path, *pairs_path, *map_plot_path;
    const char *diagram_paths[REPORT_DIAGRAMS]; /* as mds_report_diagrams */
    const char *map_path, *weights_path, *title;
    int effort;
    int64_t dims, seed;
    int64_t most_dims, jackknife, bootstrap, permutations, starts;
} report_settings;

extern report_settings report_setting;
extern command_option report_option_table[];

/* The table of options, which the table of diagrams is part of: make it before it is parsed. */
void report_options_make(void);

/* Everything that is computed; the view borrows from it. */
typedef struct report_work {
    const char *path;
    input_data data;
    mds_problem problem;
    double *weights, *x, *shares, *disparities, *features; /* features: n x m, or NULL */
    size_t feature_count;
    mds_outcome *outcomes;
    double *dimension_stress, *jackknife, *influence, *bootstrap, *bootstrap_stress, *permutation_stress,
        *minima_maps, *minima_stress;
    size_t *minima_group;
    char title[256];
    char notes[REPORT_NOTES][240];
    const char *note_list[REPORT_NOTES];
    mds_report_view view;
    progress bar;
    const char *doing;
} report_work;

/* Fit a map (or read it), and compute what tells how far it can be trusted. COMMAND_OK, or the exit status
 * after complaining. */
int report_fit(report_work *work);
int report_diagnose(report_work *work);

/* In the order in which they get their names. */
enum {
    REPORT_PAGE,
    REPORT_MAP_PLOT,
    REPORT_OBJECTS,
    REPORT_PAIRS,
    REPORT_FIRST_DIAGRAM,
    REPORT_JSON = REPORT_FIRST_DIAGRAM + REPORT_DIAGRAMS,
    REPORT_OUTPUTS
};

int report_open_outputs(const report_work *work, fs_output *out[REPORT_OUTPUTS]);
int report_write_outputs(report_work *work, fs_output *out[REPORT_OUTPUTS]);
bool report_to_standard(void); /* a result goes to standard output */

#endif
