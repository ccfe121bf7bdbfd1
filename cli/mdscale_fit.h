/*
 * mdscale_fit.h - the options of `mdscale fit`, and what it knows by the time it writes its results.
 */
#ifndef CLI_MDSCALE_FIT_H
#define CLI_MDSCALE_FIT_H

#include "mdscale_input.h"
#include "progress.h"

/* Set by the options. */
typedef struct fit_settings {
    const char *map_path, *plot_path, *json_path, *trace_path, *weights_path;
    const char *start, *title;
    int loss;
    int64_t dims, seed, iterations;
    double tolerance;
    bool align;
} fit_settings;

extern fit_settings fit_setting;

/* The table of options, which the library's table of methods is part of: make it before it is parsed. */
void fit_options_make(void);
extern command_option fit_option_table[];

/* The method for n objects in p dimensions, as --method or an option of a method's own says. COMMAND_OK, or
 * the exit status after complaining that options of several methods were given. */
int fit_method(size_t n, size_t p, const mds_method_info **method);

/* The options of a method, as the command line has set them. */
const void *fit_method_options(const mds_method_info *method);

enum { FIT_STATISTICS = 256 }; /* bytes that hold any method's */

typedef struct fit {
    const char *path;
    input_data data;
    mds_problem problem;
    double *weights, *x;
    size_t p;
    size_t parts; /* that no dissimilarity joins */
    double sum2;  /* sum w delta^2, the scale of the stress shown */
    const mds_method_info *method;
    mds_result result;
    _Alignas(max_align_t) char statistics[FIT_STATISTICS];
    progress bar;
    fs_output *trace;
} fit;

/* In the order in which they get their names: the summary last, since it names the others. */
enum { FIT_MAP, FIT_PLOT, FIT_TRACE, FIT_JSON, FIT_OUTPUTS };

/* Before anything is read, so that a place that cannot be written is found at once. */
int fit_open_outputs(const char *source, fs_output *out[FIT_OUTPUTS]);

/* Write and commit what was opened. */
int fit_write_outputs(fit *f, fs_output *out[FIT_OUTPUTS]);

/* What was done, for a person, on standard output. */
void fit_print_summary(const fit *f);

#endif
