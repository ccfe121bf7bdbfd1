/*
 * mdscale_fit.h - the options of `mdscale fit`, and what it knows by the time it writes its results.
 */
#ifndef CLI_MDSCALE_FIT_H
#define CLI_MDSCALE_FIT_H

#include "mdscale_checkpoint.h"
#include "mdscale_input.h"
#include "progress.h"

/* Set by the options. */
typedef struct fit_settings {
    const char *map_path, *plot_path, *json_path, *trace_path, *weights_path;
    const char *start, *title, *like;
    int loss, effort;
    int64_t dims, seed, iterations, starts;
    double tolerance, huber, max_seconds;
    bool align, exact_stress;
} fit_settings;

extern fit_settings fit_setting;

/* What --init says: a word of the library, or the name of a file (MDS_START_GIVEN). */
mds_start fit_start(void);

/* What --weights says: a word of the library, or the name of a file (MDS_WEIGHTING_NONE, as without it). */
mds_weighting fit_weighting(void);

/* The table of options, which the library's table of methods is part of: make it before it is parsed. */
void fit_options_make(void);
extern command_option fit_option_table[];

/* The method for n objects in p dimensions, as --method or an option of a method's own says. COMMAND_OK, or
 * the exit status after complaining that options of several methods were given. */
int fit_method(size_t n, size_t p, const mds_method_info **method);

/* The options of a method, as the command line has set them. */
const void *fit_method_options(const mds_method_info *method);

enum {
    FIT_STATISTICS = 256, /* bytes that hold any method's */
    FIT_OUTCOMES = 1000   /* starts whose ends the JSON lists */
};

typedef struct fit {
    const char *path;
    input_data data;
    mds_problem problem;
    double *weights, *x;
    double *reference; /* n x p that the map is turned onto, or NULL */
    size_t p;
    size_t parts; /* that no dissimilarity joins */
    double sum2;  /* sum w delta^2, the scale of the stress shown */
    const mds_method_info *method;
    mds_result result;
    mds_outcome *outcomes; /* how each start ended: room for FIT_OUTCOMES */
    _Alignas(max_align_t) char statistics[FIT_STATISTICS];
    progress bar;
    fs_output *trace;
    checkpoint_file checkpoint;
    double checkpoint_seconds;
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
