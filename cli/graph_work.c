#include "graph_work.h"

#include "attributes.h"
#include "file.h"
#include "reshape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

graph_settings graph_setting = {
    .picture = FLAME_GRAPH_DEFAULTS,
    .frame_height = 16,
    .seed = 1,
};

const char *const graph_delta_words[] = {"self", "total", NULL};
const char *const graph_form_words[] = {"auto", FLAME_OUTPUT_FORMATS(FLAME_OUTPUT_WORD) NULL};

static char unit[64]; /* of the counts, as the input names it */

/* ---- options ---- */

static int parse_min_width(void)
{
    const char *text = graph_setting.min_width;
    char *end;
    if (!text) return COMMAND_OK;
    double value = strtod(text, &end);
    bool share = *end == '%';
    if (end == text || !(value >= 0) || !isfinite(value) || end[share] != '\0' || (share && value > 100))
        return command_usage("--minwidth: '%s' is not a width such as 0.5 (pixels) or 0.1%%", text);
    graph_setting.picture.min_width = value;
    graph_setting.picture.min_width_share = share;
    return COMMAND_OK;
}

static int parse_depth(void)
{
    const char *text = graph_setting.depth;
    unsigned long first = 0, last;
    char *end;
    if (!text) return COMMAND_OK;
    bool good = text[0] >= '0' && text[0] <= '9';
    last = strtoul(text, &end, 10);
    if (good && *end == '-') {
        first = last;
        good = end[1] >= '0' && end[1] <= '9';
        if (good) last = strtoul(end + 1, &end, 10);
    }
    if (!good || *end || last < first || last == 0 || last > 1000000000)
        return command_usage("--depth: '%s' is not a level such as 20, or two such as 5-20", text);
    graph_setting.picture.depth_first = (uint32_t)first;
    graph_setting.picture.depth_last = (uint32_t)last;
    return COMMAND_OK;
}

static flame_output_form form_of_ending(const char *path)
{
    flame_output_form form = flame_output_form_of(path);
    bool stream = strcmp(path, "-") == 0 || strncmp(path, "/dev/", 5) == 0;
    return form == FLAME_OUTPUT_UNKNOWN && stream ? FLAME_OUTPUT_SVG : form;
}

static fs_status read_side_files(fs_error *error)
{
    fs_status status = FS_OK;
    if (graph_setting.keep_palette) {
        status = flame_colour_map_create(&graph_setting.picture.colours, error);
        if (status == FS_OK)
            status = flame_colour_map_read(graph_setting.picture.colours, graph_setting.palette_file, error);
    }
    if (status == FS_OK && graph_setting.attribute_file) {
        flame_attributes *attributes = NULL;
        status = flame_attributes_read(graph_setting.attribute_file, &attributes, error);
        graph_setting.picture.attributes = attributes;
    }
    return status;
}

static int check_files(int count, char **inputs)
{
    static const char *const standard = "-";
    const char *const side = graph_setting.attribute_file;
    const char *const outputs[] = {graph_setting.output ? graph_setting.output : standard,
                                   graph_setting.keep_palette ? graph_setting.palette_file : NULL};
    int status = command_check_outputs(&side, 1, outputs, 2);
    if (status != COMMAND_OK) return status;
    if (count == 0) return command_check_outputs(&standard, 1, outputs, 2);
    return command_check_outputs((const char *const *)inputs, (size_t)count, outputs, 2);
}

int graph_prepare(int count, char **inputs)
{
    flame_graph_options *picture = &graph_setting.picture;
    fs_error error;
    if (graph_setting.keep_palette && !graph_setting.palette_file) graph_setting.palette_file = "palette.map";
    int status = check_files(count, inputs);
    if (status == COMMAND_OK) status = parse_min_width();
    if (status == COMMAND_OK) status = parse_depth();
    if (status != COMMAND_OK) return status;
    if (graph_setting.text && graph_setting.form == FLAME_OUTPUT_UNKNOWN)
        graph_setting.form = FLAME_OUTPUT_TEXT;
    if (graph_setting.form == FLAME_OUTPUT_UNKNOWN) {
        char endings[FLAME_ENDINGS_SIZE];
        graph_setting.form = form_of_ending(graph_setting.output ? graph_setting.output : "-");
        if (graph_setting.form == FLAME_OUTPUT_UNKNOWN)
            return command_usage("what should %s be? Give it the ending %s, or say --to",
                                 graph_setting.output,
                                 flame_output_endings(FLAME_OUTPUT_SVG, FLAME_OUTPUT_LAST_FILE, endings));
    }
    picture->frame_height = (double)graph_setting.frame_height;
    picture->seed = (uint64_t)graph_setting.seed;
    picture->palette = (flame_palette)graph_setting.palette;
    picture->variation = graph_setting.hash     ? FLAME_VARY_HASH
                         : graph_setting.random ? FLAME_VARY_RANDOM
                                                : FLAME_VARY_NAME;
    picture->delta = (flame_delta)graph_setting.delta;
    picture->flame_chart = graph_setting.flame_chart;
    bool in_time = graph_setting.flame_chart || graph_setting.no_sort ||
                   flame_output_format_of((flame_output_form)graph_setting.form)->in_time;
    picture->order = in_time ? FLAME_ORDER_TIME : FLAME_ORDER_BYTES;
    return read_side_files(&error) == FS_OK ? COMMAND_OK : command_fail(&error);
}

void graph_end(void)
{
    flame_colour_map_destroy(graph_setting.picture.colours);
    flame_attributes_destroy((flame_attributes *)graph_setting.picture.attributes);
    graph_setting.picture.colours = NULL;
    graph_setting.picture.attributes = NULL;
}

/* ---- between reading and writing ---- */

void graph_name_counts(const flame_report *report)
{
    static char title[sizeof report->title], notes[sizeof report->notes];
    snprintf(title, sizeof title, "%s", report->title);
    snprintf(notes, sizeof notes, "%s", report->notes);
    if (!graph_setting.picture.title && title[0]) graph_setting.picture.title = title;
    if (!graph_setting.picture.notes && notes[0]) graph_setting.picture.notes = notes;
    if (graph_setting.count_named || !report->unit[0]) return;
    snprintf(unit, sizeof unit, "%s", report->unit);
    graph_setting.picture.count_name = unit;
}

fs_status graph_reshape(flame_tree **tree, fs_error *error)
{
    flame_reshape_options wanted = {.reverse = graph_setting.reverse,
                                    .base = graph_setting.base.items,
                                    .base_count = graph_setting.base.count,
                                    .strip_addresses = graph_setting.strip_addresses};
    flame_tree *reshaped;
    if (!wanted.reverse && wanted.base_count == 0 && !wanted.strip_addresses) return FS_OK;
    fs_status status = flame_tree_reshape(*tree, &wanted, &reshaped, error);
    if (status != FS_OK) return status;
    flame_tree_destroy(*tree);
    *tree = reshaped;
    flame_counts root = flame_tree_counts(reshaped, 0);
    if (wanted.base_count && root.total_after == 0 && root.total_before == 0)
        return fs_fail(error, FS_DATA, "no stack has the frame '%s' that --base asks for", wanted.base[0]);
    return FS_OK;
}

/* ---- writing ---- */

static int terminal_columns(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    int width = columns ? atoi(columns) : 0;
    if (width <= 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) width = size.ws_col;
    return width > 0 ? width : 100;
}

/* Whether the surroundings say that they cannot show UTF-8. */
static bool plain_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (!value || !value[0]) continue;
        return !strcasestr(value, "utf-8") && !strcasestr(value, "utf8");
    }
    return false;
}

flame_text_options graph_text_options(void)
{
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    bool terminal = isatty(STDOUT_FILENO) && !graph_setting.output;
    bool dumb = !term || strcmp(term, "dumb") == 0;
    return (flame_text_options){.columns = terminal_columns(),
                                .rows = (int)graph_setting.rows,
                                .functions = (int)graph_setting.functions,
                                .colour = terminal && !dumb && !(no_colour && no_colour[0]),
                                .ascii = graph_setting.ascii || plain_locale()};
}

fs_status graph_write(const flame_tree *tree, fs_output *output, fs_error *error)
{
    const flame_graph_options *picture = &graph_setting.picture;
    flame_profile profile = {.title = picture->title, .unit = picture->count_name};
    flame_text_options look = graph_text_options();
    double have = flame_tree_counts(tree, 0).total_after;
    const flame_output_form form = (flame_output_form)graph_setting.form;
    flame_output_settings settings = {.profile = &profile, .picture = picture, .text = &look};
    fs_status status = FS_OK;
    if (!flame_output_format_of(form)->exact) flame_input_warn_rounded(tree);
    if (form == FLAME_OUTPUT_PPROF) flame_input_warn_scaled(tree);
    if (picture->total > 0 && picture->total < have)
        command_complain("--total %g is less than the %g %s there are, and is not used", picture->total, have,
                         picture->count_name);
    if (form != FLAME_OUTPUT_TEXT && !flame_output_is_picture(form)) status = flame_input_check(tree, error);
    if (status == FS_OK && flame_output_holds_one(form)) flame_input_warn_single(tree);
    if (status == FS_OK) status = flame_write(tree, form, &settings, output, error);
    if (status == FS_OK && picture->colours)
        status = flame_colour_map_write(picture->colours, graph_setting.palette_file, error);
    return status;
}
