/* flame graph: stacks in, a picture out; and the same under the name and with the habits of flamegraph.pl. */
#include "file.h"
#include "flame_commands.h"
#include "graph_work.h"

#include <unistd.h>

static int pairs;
static const char *const pairs_words[] = {"auto", "no", "yes", NULL};

/* One input or several, one tree, one output. *empty is set when the trouble is that there was no stack. */
static fs_status draw(int count, char **inputs, fs_output *output, bool *empty, fs_error *error)
{
    flame_tree *tree = NULL;
    flame_read_options reading;
    flame_read_options_default(&reading);
    reading.pairs = (flame_pairs)pairs;
    reading.in_time = graph_asked.picture.order == FLAME_ORDER_TIME;
    fs_status status = flame_tree_create(&tree, error);
    if (status == FS_OK) status = graph_read(count, inputs, &reading, tree, error);
    *empty = status == FS_DATA;
    if (status == FS_OK) {
        flame_tree_finish(tree);
        status = graph_reshape(&tree, error);
    }
    if (status == FS_OK) {
        status = graph_write(tree, output, error);
        *empty = status == FS_DATA;
    }
    flame_tree_destroy(tree);
    return status;
}

static int run_graph(int count, char **inputs)
{
    fs_error error;
    fs_output *output = NULL;
    bool empty;
    if (!graph_asked.output && graph_asked.form == GRAPH_AUTO && isatty(STDOUT_FILENO)) graph_asked.text = true;
    int exit_status = graph_prepare();
    if (exit_status != COMMAND_OK) goto cleanup;
    if (count == 0 && isatty(STDIN_FILENO)) {
        exit_status = command_usage("name a file with stacks, or pipe them in");
        goto cleanup;
    }
    /* Before the reading: a place that cannot be written is found while the input can still be had again. */
    fs_status status = fs_output_open(graph_asked.output ? graph_asked.output : "-", &output, &error);
    if (status == FS_OK) {
        status = draw(count, inputs, output, &empty, &error);
        if (status == FS_OK)
            status = fs_output_commit(output, &error);
        else
            fs_output_discard(output);
    }
    if (status != FS_OK) exit_status = command_fail(&error);
cleanup:
    graph_end();
    return exit_status;
}

static const command_option graph_options[] = {
    {.kind = COMMAND_HEADING, .help = "Output"},
    {COMMAND_TEXT, 'o', "output", "FILE",
     "The picture. Its ending says what it is: .svg, .html, .folded, .speedscope.json, .pb.gz (pprof) or "
     ".trace.json (default: SVG on standard output, or --text on a terminal).",
     &graph_asked.output, 0, 0, NULL, false, false, NULL},
    {COMMAND_CHOICE, 0, "format", "FORM", "What comes out, whatever the ending.", &graph_asked.form, 0, 0,
     graph_form_words, false, false, NULL},
    {COMMAND_CHOICE, 0, "pairs", "HOW",
     "Whether folded lines end in two counts, before and after (default: auto, when all do).", &pairs, 0, 0,
     pairs_words, false, false, NULL},
    {COMMAND_FLAG, 0, "flamechart", NULL,
     "Keep the order of the input, which is time, from left to right.", &graph_asked.flame_chart, 0, 0, NULL,
     false, false, NULL},
    {COMMAND_FLAG, 0, "no-sort", NULL, "Keep the order of the input without calling it a flame chart.",
     &graph_asked.no_sort, 0, 0, NULL, false, false, NULL},
#include "graph_option_rows.h"
    {.kind = COMMAND_END},
};

const command flame_graph_command = {
    .name = "graph",
    .summary = "Draw a flame graph of stacks from any profiler.",
    .arguments = "[INPUT...]",
    .description =
        "INPUT is folded stacks, the output of perf script, speedscope's JSON or a pprof profile, gzipped or "
        "not; which one shows in its content. Several inputs add up. Without INPUT standard input is read.\n\n"
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

/* Scripts made for flamegraph.pl show whatever comes out and look for this status. */
enum { NO_STACKS = 2 };

static int run_flamegraph(int count, char **inputs)
{
    fs_error error;
    fs_output *output = NULL;
    bool empty = false;
    int exit_status = graph_prepare();
    if (exit_status != COMMAND_OK) goto cleanup;
    fs_status status = fs_output_open(graph_asked.output ? graph_asked.output : "-", &output, &error);
    if (status == FS_OK) {
        status = draw(count, inputs, output, &empty, &error);
        if (empty) { /* nothing was written yet */
            exit_status = command_fail(&error) ? NO_STACKS : NO_STACKS;
            status = flame_write_svg_message("ERROR: No valid input provided to flamegraph.",
                                             &graph_asked.picture, output, &error);
        }
        if (status == FS_OK)
            status = fs_output_commit(output, &error);
        else
            fs_output_discard(output);
    }
    if (status != FS_OK) exit_status = command_fail(&error);
cleanup:
    graph_end();
    return exit_status;
}

const command flamegraph_command = {
    .name = "flamegraph",
    .summary = "Draw a flame graph of folded stacks as SVG, with the options of flamegraph.pl.",
    .arguments = "[INPUT...]",
    .description = "Reads INPUT or standard input, writes standard output. This is 'flame graph' under the name and "
                   "with the habits of the tool it replaces: options may have one dash and may be shortened.",
    .examples = "  flamegraph --title 'My program' stacks.folded > stacks.svg",
    .options = graph_options,
    .least = 0,
    .most = -1,
    .one_dash = true,
    .run = run_flamegraph,
};
