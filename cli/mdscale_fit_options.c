/* The options of `mdscale fit`: its own, and those of every method, from the library's table. */
#include "mdscale_fit.h"
#include "mdscale_level.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

fit_settings fit_setting = {.dims = 2, .seed = 42};

enum { METHODS = 16, METHOD_OPTIONS = 48, NAMES = 8, OPTION_STRUCT = 256 };

static int method; /* index in the library's table */
static const char *method_names[METHODS + 1], *loss_names[NAMES + 1], *effort_names[NAMES + 1];
static char method_help[1024], iterations_help[512], tolerance_help[1024];

static const command_option before[] = {
    {.kind = COMMAND_HEADING, .help = "Results"},
    {.kind = COMMAND_TEXT,
     .letter = 'o',
     .name = "output",
     .value = "FILE",
     .help = "Write the map here: .csv, .tsv or .npy; '-' for CSV on standard output.",
     .target = &fit_setting.map_path},
    {.kind = COMMAND_TEXT,
     .name = "plot",
     .value = "FILE.svg",
     .help = "Draw the map: coloured by group, labelled where there is room, names on hover.",
     .target = &fit_setting.plot_path},
    {.kind = COMMAND_TEXT,
     .name = "groups",
     .value = "COLUMN|FILE",
     .help = "Colour the plot by this. Default: the labels, if they repeat.",
     .target = &input.groups},
    {.kind = COMMAND_TEXT,
     .name = "title",
     .value = "TEXT",
     .help = "The title of the plot. Default: the name of the input.",
     .target = &fit_setting.title},
    {.kind = COMMAND_FLAG,
     .name = "align",
     .help = "Turn the written map to its principal axes, widest first, the longer tail to the left and "
             "below, as "
             "the plot always is. Distances stay the same.",
     .target = &fit_setting.align},
    {.kind = COMMAND_TEXT,
     .name = "like",
     .value = "REFERENCE",
     .help = "Turn and reflect the map so that it lies on this one of the same objects as well as it can, so "
             "that maps of several runs can be laid side by side. Distances stay the same.",
     .target = &fit_setting.like},
    {.kind = COMMAND_TEXT,
     .name = "json",
     .value = "FILE",
     .help = "Write what was done and how well it fits as JSON; '-' for standard output.",
     .target = &fit_setting.json_path},
    {.kind = COMMAND_TEXT,
     .name = "trace",
     .value = "FILE.csv",
     .help = "Write every iteration: its number, step, stress and the points that moved.",
     .target = &fit_setting.trace_path},
    {.kind = COMMAND_HEADING, .help = "Problem"},
    INPUT_OPTION_KIND,
    INPUT_OPTIONS_METRIC,
    {.kind = COMMAND_INTEGER,
     .letter = 'p',
     .name = "dims",
     .value = "P",
     .help = "Dimensions of the map. Default: 2.",
     .target = &fit_setting.dims,
     .least = 1,
     .most = 1e6},
    {.kind = COMMAND_TEXT,
     .name = "weights",
     .value = "FILE|inverse|inverse-square",
     .help =
         "A weight for each pair, as a matrix like the dissimilarities (0 leaves the pair out); or 1 / d, "
         "1 / d^2 of its dissimilarity d, so that small ones are followed more closely.",
     .target = &fit_setting.weights_path},
    LEVEL_OPTIONS,
    INPUT_OPTION_SIMILARITIES,
    INPUT_OPTION_SYMMETRIZE,
    {.kind = COMMAND_HEADING, .help = "Method"},
    {.kind = COMMAND_CHOICE,
     .name = "method",
     .value = "NAME",
     .help = method_help,
     .target = &method,
     .choices = method_names},
    {.kind = COMMAND_TEXT,
     .name = "init",
     .value = "random|classical|FILE",
     .help = "The starting configuration: drawn from the seed, by classical scaling, or n x p numbers from a "
             "file. Default: what the method prefers.",
     .target = &fit_setting.start},
    {.kind = COMMAND_INTEGER,
     .name = "starts",
     .value = "N",
     .help = "Try so many starts, all but the first random, and keep the best map. Default: auto decides by "
             "the number of objects; other methods try one.",
     .target = &fit_setting.starts,
     .least = 1,
     .most = 1e6},
    {.kind = COMMAND_CHOICE,
     .name = "effort",
     .value = "low|normal|high",
     .help = "How hard auto and unidimensional look for the best map. Default: normal.",
     .target = &fit_setting.effort,
     .choices = effort_names},
    {.kind = COMMAND_FLAG,
     .name = "exact-stress",
     .help = "Where the fit goes by a sample of the pairs, as all are too many, sum the stress at the end "
             "over all "
             "of them, not over a sample.",
     .target = &fit_setting.exact_stress},
    {.kind = COMMAND_REAL,
     .name = "max-seconds",
     .value = "S",
     .help = "Stop after so long and keep the best map so far, which then depends on the machine.",
     .target = &fit_setting.max_seconds,
     .least = 1e-3,
     .most = 1e9},
    {.kind = COMMAND_INTEGER,
     .name = "seed",
     .value = "N",
     .help = "Seed of all that is random. Default: 42.",
     .target = &fit_setting.seed,
     .least = 0,
     .most = 9e15},
    {.kind = COMMAND_INTEGER,
     .name = "max-iter",
     .value = "N",
     .help = iterations_help,
     .target = &fit_setting.iterations,
     .least = 1,
     .most = 1e15},
    {.kind = COMMAND_REAL,
     .name = "tolerance",
     .value = "X",
     .help = tolerance_help,
     .target = &fit_setting.tolerance,
     .least = 1e-16,
     .most = 1},
    {.kind = COMMAND_CHOICE,
     .name = "loss",
     .value = "NAME",
     .help = "What is minimised: squared differences (the default); absolute ones, which outliers move less; "
             "or huber: squared up to a threshold, absolute beyond.",
     .target = &fit_setting.loss,
     .choices = loss_names},
    {.kind = COMMAND_REAL,
     .name = "huber",
     .value = "H",
     .help = "The threshold of --loss huber. Default: a tenth of the dissimilarities' root mean square.",
     .target = &fit_setting.huber,
     .least = 1e-300,
     .most = 1e300},
};

static const command_option after[] = {
    {.kind = COMMAND_HEADING, .help = "Running"},
    INPUT_OPTIONS_RUNNING,
    CHECKPOINT_OPTIONS,
    {.kind = COMMAND_HEADING, .help = "Reading"},
    INPUT_OPTION_LAYOUT,
    INPUT_OPTIONS_READING,
    {.kind = COMMAND_END},
};

mds_start fit_start(void)
{
    if (!fit_setting.start) return MDS_START_DEFAULT;
    for (int i = MDS_START_RANDOM; mds_start_name((mds_start)i); i++)
        if (i != MDS_START_GIVEN && strcmp(fit_setting.start, mds_start_name((mds_start)i)) == 0)
            return (mds_start)i;
    return MDS_START_GIVEN;
}

mds_weighting fit_weighting(void)
{
    for (int i = 1; fit_setting.weights_path && mds_weighting_name((mds_weighting)i); i++)
        if (strcmp(fit_setting.weights_path, mds_weighting_name((mds_weighting)i)) == 0)
            return (mds_weighting)i;
    return MDS_WEIGHTING_NONE;
}

/* ---- the options of the methods ---- */

static struct method_option {
    const mds_method_info *method;
    char name[32];
    bool given;
} method_options[METHOD_OPTIONS];
static size_t method_option_count;

static struct method_struct {
    alignas(max_align_t) char bytes[OPTION_STRUCT];
    char heading[120];
} method_structs[METHODS];

enum { BEFORE = sizeof before / sizeof *before, AFTER = sizeof after / sizeof *after };

command_option fit_option_table[BEFORE + METHOD_OPTIONS + METHODS + AFTER];

/* Append to a help text, as far as there is room. */
static void append(char *text, size_t room, const char *format, ...) FS_PRINTF(3, 4);
static void append(char *text, size_t room, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, room - used, format, arguments);
    va_end(arguments);
}

/* What the table of methods says about the options that all of them have. */
static void write_help(void)
{
    const mds_method_info *info;
    unsigned tolerances = 0;
    append(iterations_help, sizeof iterations_help, "Most iterations. Default:");
    append(tolerance_help, sizeof tolerance_help,
           "When to stop; `mdscale methods NAME` says what it bounds, if there is one. "
           "Default:");
    for (size_t m = 0; m < METHODS && (info = mds_method_at(m)); m++) {
        method_names[m] = info->name;
        append(method_help, sizeof method_help, "%s%s (%s)", m ? ", " : "", info->name, info->title);
        if (info->iterations)
            append(iterations_help, sizeof iterations_help, "%s %llu %ss (%s)", m ? "," : "",
                   (unsigned long long)info->iterations, info->iteration, info->name);
        if (info->tolerance > 0)
            append(tolerance_help, sizeof tolerance_help, "%s %g (%s)", tolerances++ ? "," : "",
                   info->tolerance, info->name);
    }
    append(iterations_help, sizeof iterations_help, ".");
    append(tolerance_help, sizeof tolerance_help, ".");
    append(method_help, sizeof method_help, ". `mdscale methods` tells what each is for. Default: auto.");
    for (int i = 0; i < NAMES && mds_loss_name((mds_loss)i); i++) loss_names[i] = mds_loss_name((mds_loss)i);
    for (int i = 0; i < NAMES && mds_effort_name((mds_effort)i); i++)
        effort_names[i] = mds_effort_name((mds_effort)i);
}

/* One option of a method, set in the method's own struct. */
static command_option method_option(size_t m, const mds_option_info *info)
{
    struct method_option *option = &method_options[method_option_count++];
    option->method = mds_method_at(m);
    snprintf(option->name, sizeof option->name, "%s", info->name);
    for (char *c = option->name; *c; c++)
        if (*c == '_') *c = '-';
    return (command_option){.kind = info->kind == MDS_OPTION_CHOICE  ? COMMAND_CHOICE
                                    : info->kind == MDS_OPTION_COUNT ? COMMAND_INTEGER
                                                                     : COMMAND_REAL,
                            .name = option->name,
                            .value = info->placeholder,
                            .help = info->help,
                            .target = method_structs[m].bytes + info->offset,
                            .least = info->least,
                            .most = info->most,
                            .choices = info->choices,
                            .given = &option->given};
}

void fit_options_make(void)
{
    const mds_method_info *info;
    const mds_option_info *option;
    size_t used = BEFORE;
    write_help();
    memcpy(fit_option_table, before, sizeof before);
    for (size_t m = 0; m < METHODS && (info = mds_method_at(m)); m++) {
        if (info->options_size == 0 || info->options_size > OPTION_STRUCT) continue;
        struct method_struct *own = &method_structs[m];
        memcpy(own->bytes, &info->options_size, sizeof info->options_size);
        snprintf(own->heading, sizeof own->heading, "Method %s", info->name);
        fit_option_table[used++] = (command_option){.kind = COMMAND_HEADING, .help = own->heading};
        for (size_t i = 0; (option = mds_method_option(info, i)) && method_option_count < METHOD_OPTIONS; i++)
            fit_option_table[used++] = method_option(m, option);
    }
    assert(!mds_method_at(METHODS) && method_option_count < METHOD_OPTIONS); /* there was room for all */
    memcpy(fit_option_table + used, after, sizeof after);
}

int fit_method(size_t n, size_t p, const mds_method_info **chosen)
{
    const mds_method_info *named = mds_method_at((size_t)method), *automatic = mds_method_find("auto");
    const char *because = NULL;
    *chosen = named;
    for (size_t i = 0; i < method_option_count; i++) {
        const struct method_option *option = &method_options[i];
        if (!option->given || option->method == *chosen) continue;
        if (*chosen != automatic)
            return because ? command_usage("--%s is for --method %s, but --%s for --method %s", option->name,
                                           option->method->name, because, (*chosen)->name)
                           : command_usage("--%s is for --method %s, not for %s", option->name,
                                           option->method->name, (*chosen)->name);
        *chosen = option->method;
        because = option->name;
    }
    if (*chosen == automatic) *chosen = mds_method_auto(n, p);
    return COMMAND_OK;
}

const void *fit_method_options(const mds_method_info *info)
{
    for (size_t m = 0; m < METHODS; m++)
        if (mds_method_at(m) == info) return info->options_size ? method_structs[m].bytes : NULL;
    return NULL;
}
