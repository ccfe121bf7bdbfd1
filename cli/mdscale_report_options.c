/* The options of `mdscale report`: its own, and a --plot-NAME for every diagram. */
#include "mdscale_level.h"
#include "mdscale_report.h"

#include <stdio.h>
#include <string.h>

report_settings report_setting = {.dims = 2,
                                  .seed = 42,
                                  .most_dims = -1,
                                  .jackknife = -1,
                                  .bootstrap = -1,
                                  .permutations = -1,
                                  .starts = -1};

enum { NAMES = 8 };

static const char *effort_names[NAMES + 1];

static const command_option before[] = {
    {.kind = COMMAND_HEADING, .help = "Results"},
    {.kind = COMMAND_TEXT,
     .letter = 'o',
     .name = "output",
     .value = "FILE.html",
     .help = "Write the report here: one page that holds all it shows.",
     .target = &report_setting.page_path},
    {.kind = COMMAND_TEXT,
     .name = "json",
     .value = "FILE",
     .help = "Write every number as JSON; '-' for standard output.",
     .target = &report_setting.json_path},
    {.kind = COMMAND_TEXT,
     .name = "csv",
     .value = "FILE.csv",
     .help = "Write a line for each object: its place, its share of the stress, its spread.",
     .target = &report_setting.objects_path},
    {.kind = COMMAND_TEXT,
     .name = "csv-pairs",
     .value = "FILE.csv",
     .help = "Write a line for each pair: dissimilarity, disparity, distance, residual.",
     .target = &report_setting.pairs_path},
    {.kind = COMMAND_TEXT,
     .name = "groups",
     .value = "COLUMN|FILE",
     .help = "Colour the map by this. Default: the labels, if they repeat.",
     .target = &input.groups},
    {.kind = COMMAND_TEXT,
     .name = "title",
     .value = "TEXT",
     .help = "The title. Default: the name of the input.",
     .target = &report_setting.title},
    {.kind = COMMAND_TEXT,
     .name = "plot-map",
     .value = "FILE.svg",
     .help = "Draw the map.",
     .target = &report_setting.map_plot_path},
};

static const command_option after[] = {
    {.kind = COMMAND_HEADING, .help = "Problem"},
    INPUT_OPTION_KIND,
    INPUT_OPTIONS_METRIC,
    {.kind = COMMAND_INTEGER,
     .letter = 'p',
     .name = "dims",
     .value = "P",
     .help = "Dimensions of the map. Default: 2.",
     .target = &report_setting.dims,
     .least = 1,
     .most = 1000},
    {.kind = COMMAND_TEXT,
     .name = "map",
     .value = "FILE",
     .help = "Report on this map, as `mdscale fit -o` wrote it, in place of a new one. Its dimensions are "
             "those of the report; it is sized to fit the dissimilarities best.",
     .target = &report_setting.map_path},
    {.kind = COMMAND_TEXT,
     .name = "weights",
     .value = "FILE",
     .help = "A weight for each pair, as a matrix like the dissimilarities; 0 leaves the pair out.",
     .target = &report_setting.weights_path},
    INPUT_OPTION_SIMILARITIES,
    INPUT_OPTION_SYMMETRIZE,
    LEVEL_OPTIONS,
    {.kind = COMMAND_CHOICE,
     .name = "effort",
     .value = "low|normal|high",
     .help = "How hard to look for the best map. Default: normal.",
     .target = &report_setting.effort,
     .choices = effort_names},
    {.kind = COMMAND_INTEGER,
     .name = "seed",
     .value = "N",
     .help = "Seed of all that is random. Default: 42.",
     .target = &report_setting.seed,
     .least = 0,
     .most = 9e15},
    {.kind = COMMAND_HEADING, .help = "Diagnostics"},
    {.kind = COMMAND_INTEGER,
     .name = "max-dims",
     .value = "K",
     .help = "Fit maps of 1 to K dimensions for the elbow; 0: none. Default: 6, fewer above 2,000 objects.",
     .target = &report_setting.most_dims,
     .least = 0,
     .most = 100},
    {.kind = COMMAND_INTEGER,
     .name = "jackknife",
     .value = "N",
     .help = "Leave N objects out in turn; 0: none. Default: all, or a sample above 200 objects.",
     .target = &report_setting.jackknife,
     .least = 0,
     .most = 1e6},
    {.kind = COMMAND_INTEGER,
     .name = "bootstrap",
     .value = "N",
     .help = "Fit N maps to data drawn again: features with replacement, or distances plus residuals when "
             "the input is dissimilarities; 0: none. Default: 100, fewer above 500 objects.",
     .target = &report_setting.bootstrap,
     .least = 0,
     .most = 1e6},
    {.kind = COMMAND_INTEGER,
     .name = "permutations",
     .value = "N",
     .help = "Fit N maps to permuted data; 0: none. Default: 100, fewer above 500 objects.",
     .target = &report_setting.permutations,
     .least = 0,
     .most = 1e6},
    {.kind = COMMAND_INTEGER,
     .name = "starts",
     .value = "N",
     .help = "Descend from N random starts to see which other maps there are; 0: none. Default: 100, fewer "
             "above 500 objects.",
     .target = &report_setting.starts,
     .least = 0,
     .most = 1e5},
    {.kind = COMMAND_HEADING, .help = "Running"},
    INPUT_OPTIONS_RUNNING,
    {.kind = COMMAND_HEADING, .help = "Reading"},
    INPUT_OPTION_LAYOUT,
    INPUT_OPTIONS_READING,
    {.kind = COMMAND_END},
};

enum { BEFORE = sizeof before / sizeof *before, AFTER = sizeof after / sizeof *after };

command_option report_option_table[BEFORE + REPORT_DIAGRAMS + AFTER];

void report_options_make(void)
{
    static char names[REPORT_DIAGRAMS][24], help[REPORT_DIAGRAMS][160];
    size_t used = BEFORE;
    for (int i = 0; i < NAMES && mds_effort_name((mds_effort)i); i++)
        effort_names[i] = mds_effort_name((mds_effort)i);
    memcpy(report_option_table, before, sizeof before);
    for (size_t k = 0; k < mds_report_diagram_count && k < REPORT_DIAGRAMS; k++) {
        snprintf(names[k], sizeof names[k], "plot-%s", mds_report_diagrams[k].name);
        snprintf(help[k], sizeof help[k], "Draw %s.", mds_report_diagrams[k].summary);
        report_option_table[used++] = (command_option){.kind = COMMAND_TEXT,
                                                       .name = names[k],
                                                       .value = "FILE.svg",
                                                       .help = help[k],
                                                       .target = &report_setting.diagram_paths[k]};
    }
    memcpy(report_option_table + used, after, sizeof after);
}
