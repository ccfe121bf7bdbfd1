/* flame graph: stacks in, a picture out; and the same under the name and with the habits of flamegraph.pl. */
#include "file.h"
#include "flame_commands.h"
#include "graph_work.h"

#include <unistd.h>

/* What flamegraph.pl exits with when there is nothing to draw; scripts look for it. */
enum { NO_STACKS = 2 };

/* Inputs into one tree into one output, which is opened before the reading: a place that cannot be written is
 * found while the input can still be had again. With `always` standard output says so when there is no stack.
 */
static int draw(int count, char **inputs, bool always)
{
    fs_error error;
    flame_tree *tree = NULL;
    fs_output *output = NULL;
    flame_report report;
    int result = COMMAND_OK;
    flame_input.in_time = graph_setting.picture.order == FLAME_ORDER_TIME;
    fs_status status = fs_output_open(graph_setting.output ? graph_setting.output : "-", &output, &error);
    if (status == FS_OK) status = flame_tree_create(&tree, &error);
    if (status == FS_OK) result = flame_input_read(count, inputs, tree, &report);
    if (status == FS_OK && result == COMMAND_OK) {
        graph_name_counts(&report);
        status = graph_reshape(&tree, &error);
        if (status == FS_OK) status = graph_write(tree, output, &error);
        if (status == FS_DATA && always) result = command_fail(&error);
    }
    bool told = result == COMMAND_FAILED && always;
    if (told) { /* nothing was written yet */
        result = NO_STACKS;
        status = flame_write_svg_message("ERROR: No valid input provided to flamegraph.",
                                         &graph_setting.picture, output, &error);
    }
    /* A reader of standard output is told in its own form; a file that is there already stays. */
    if (status == FS_OK && (result == COMMAND_OK || (told && !graph_setting.output))) {
        status = fs_output_commit(output, &error);
        output = NULL;
    }
    if (status != FS_OK) result = command_fail(&error);
    fs_output_discard(output);
    flame_tree_destroy(tree);
    return result;
}

static int run_graph(int count, char **inputs)
{
    if (!graph_setting.output && graph_setting.form == FLAME_OUTPUT_UNKNOWN && isatty(STDOUT_FILENO))
        graph_setting.text = true;
    int result = graph_prepare(count, inputs);
    if (result == COMMAND_OK) result = draw(count, inputs, false);
    graph_end();
    return result;
}

static const command_option graph_options[] = {
    {.kind = COMMAND_HEADING, .help = "Output"},
    {.kind = COMMAND_TEXT,
     .letter = 'o',
     .name = "output",
     .value = "FILE",
     .help =
         "The picture. Its ending says what it is: .svg, .html, .folded, .speedscope.json, .pb.gz (pprof), "
         ".trace.json, .cpuprofile or .firefox.json (default: SVG on standard output, or --text on a "
         "terminal).",
     .target = &graph_setting.output},
    {.kind = COMMAND_CHOICE,
     .name = "to",
     .value = "FORM",
     .help = "What comes out, whatever the ending.",
     .target = &graph_setting.form,
     .choices = graph_form_words},
    {.kind = COMMAND_FLAG,
     .name = "flamechart",
     .help = "Keep the order of the input, which is time, from left to right.",
     .target = &graph_setting.flame_chart},
    {.kind = COMMAND_FLAG,
     .name = "no-sort",
     .help = "Keep the order of the input without calling it a flame chart.",
     .target = &graph_setting.no_sort},
#include "graph_option_rows.h"
    FLAME_INPUT_OPTIONS,
    {.kind = COMMAND_END},
};

const command flame_graph_command = {
    .name = "graph",
    .summary = "Draw a flame graph of stacks from any profiler.",
    .arguments = "[INPUT...]",
    .description =
        "INPUT is folded stacks, perf.data or the output of perf script, speedscope's JSON, a pprof profile "
        "or anything else that 'flame collapse' reads, gzipped or not; which one shows in its content. "
        "Several inputs add up. Without INPUT standard input "
        "is read.\n\n"
        "An SVG opens in every browser: click a frame to zoom, Ctrl-F to search. An HTML page does more, and "
        "holds a million frames. --text needs no browser at all.",
    .examples = "  flame graph stacks.folded -o stacks.svg\n"
                "  perf script | flame graph -o profile.html\n"
                "  flame graph stacks.folded --text",
    .options = graph_options,
    .least = 0,
    .most = -1,
    .run = run_graph,
};

/* ---- flamegraph ---- */

static int run_flamegraph(int count, char **inputs)
{
    int result = graph_prepare(count, inputs);
    if (result == COMMAND_OK) result = draw(count, inputs, true);
    graph_end();
    return result;
}

const command flamegraph_command = {
    .name = "flamegraph",
    .summary = "Draw a flame graph of folded stacks as SVG, with the options of flamegraph.pl.",
    .arguments = "[INPUT...]",
    .description =
        "Reads INPUT or standard input, writes standard output. This is 'flame graph' under the name and "
        "with the habits of the tool it replaces: options may have one dash and may be shortened.",
    .examples = "  flamegraph --title 'My program' stacks.folded > stacks.svg",
    .options = graph_options,
    .least = 0,
    .most = -1,
    .one_dash = true,
    .run = run_flamegraph,
};
