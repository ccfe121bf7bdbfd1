/* flame diff: what changed between two profiles. */
#include "difference.h"
#include "file.h"
#include "flame_commands.h"
#include "graph_work.h"

#include <string.h>

static bool normalize;

static const command_option options[] = {
    {.kind = COMMAND_HEADING, .help = "Output"},
    {.kind = COMMAND_TEXT,
     .letter = 'o',
     .name = "output",
     .value = "FILE",
     .help = "A picture, or folded lines with two counts, by its ending: .svg, .html or .folded. '-' writes "
             "SVG to "
             "standard output instead of the table.",
     .target = &graph_setting.output},
    {.kind = COMMAND_CHOICE,
     .name = "to",
     .value = "FORM",
     .help = "What comes out, whatever the ending.",
     .target = &graph_setting.form,
     .choices = graph_form_words},
    {.kind = COMMAND_FLAG,
     .letter = 'n',
     .name = "normalize",
     .help = "Compare shares: scale the counts of BEFORE so that both have as many samples.",
     .target = &normalize},
    {.kind = COMMAND_FLAG,
     .name = "strip-addresses",
     .help = "Let 0x1f3c in a name be 0x..., so that frames named by addresses meet across two runs.",
     .target = &graph_setting.strip_addresses},
#include "graph_option_rows.h"
    FLAME_INPUT_OPTIONS,
    {.kind = COMMAND_END},
};

/* Both profiles into one tree; a single input has two counts a line. Returns an exit status. */
static int read_both(int count, char **inputs, flame_tree **tree)
{
    fs_error error;
    flame_report reports[2] = {0};
    flame_report *report = &reports[count - 1];
    fs_status status = flame_tree_create(tree, &error);
    int result = COMMAND_OK;
    flame_input_pairs = count == 1 ? FLAME_PAIRS_YES : FLAME_PAIRS_NO;
    for (int i = 0; i < count && status == FS_OK && result == COMMAND_OK; i++) {
        flame_input.before = count == 2 && i == 0;
        result = flame_input_read_one(inputs[i], *tree, &reports[i]);
    }
    bool single = count == 1 && status == FS_OK && result != COMMAND_INTERRUPTED;
    if (single && (result != COMMAND_OK || !flame_tree_is_diff(*tree))) {
        command_complain(
            "a single input is lines with two counts, before and after; two profiles are given as "
            "BEFORE AFTER");
        return COMMAND_FAILED;
    }
    if (result != COMMAND_OK) return result;
    if (count == 2 && reports[0].unit[0] && reports[1].unit[0] &&
        strcmp(reports[0].unit, reports[1].unit) != 0)
        command_complain("%s counts %s, %s %s: compare them with --normalize", inputs[0], reports[0].unit,
                         inputs[1], reports[1].unit);
    if (status == FS_OK) {
        graph_name_counts(report);
        flame_tree_finish(*tree);
        if (normalize) flame_tree_normalize(*tree);
        status = graph_reshape(tree, &error);
    }
    return status == FS_OK ? COMMAND_OK : command_fail(&error);
}

/* What the terminal shows: the table, or with --text the tree as well. */
static fs_status print_changes(const flame_tree *tree, fs_error *error)
{
    flame_text_options look = graph_text_options();
    fs_output *output = NULL;
    fs_status status = fs_output_open("-", &output, error);
    if (status != FS_OK) return status;
    flame_input_warn_rounded(tree);
    if (graph_setting.text)
        status = flame_write_text(tree, &graph_setting.picture, &look, output, error);
    else
        status = flame_write_changes(tree, &graph_setting.picture, &look, output, error);
    if (status == FS_OK) return fs_output_commit(output, error);
    fs_output_discard(output);
    return status;
}

/* The picture to `path`, if one is wanted, and the changes to standard output, if the picture is not there.
 */
static fs_status write_both(const flame_tree *tree, fs_output *output, bool table, fs_error *error)
{
    fs_status status = FS_OK;
    if (output) {
        status = graph_write(tree, output, error);
        if (status == FS_OK)
            status = fs_output_commit(output, error);
        else
            fs_output_discard(output);
    }
    return status == FS_OK && table ? print_changes(tree, error) : status;
}

static const char *legend(void)
{
    bool total = graph_setting.delta == FLAME_DELTA_TOTAL;
    if (graph_setting.picture.negate)
        return total ? "Blue frames and what they call grew, red ones shrank; widths are the second profile's"
                     : "Blue frames grew in samples of their own, red ones shrank; widths are the second "
                       "profile's";
    return total
               ? "Red frames and what they call grew, blue ones shrank; widths are the second profile's"
               : "Red frames grew in samples of their own, blue ones shrank; widths are the second profile's";
}

static int run(int count, char **inputs)
{
    fs_error error;
    fs_output *output = NULL;
    flame_tree *tree = NULL;
    bool picture = graph_setting.output || graph_setting.form != FLAME_OUTPUT_UNKNOWN;
    const char *path = graph_setting.output ? graph_setting.output : "-";
    bool table = !picture || !fs_output_same(path, "-");
    bool text = graph_setting.text; /* beside the picture, not instead of it */
    if (!graph_setting.picture.title) graph_setting.picture.title = "Differential Flame Graph";
    if (!graph_setting.gone_given) graph_setting.picture.show_gone = true;
    graph_setting.text = false;
    int result = graph_prepare(count, inputs);
    graph_setting.text = text;
    if (result != COMMAND_OK) goto cleanup;
    /* the page has a legend of its own, which follows what is chosen in it */
    if (!graph_setting.picture.subtitle && graph_setting.form == FLAME_OUTPUT_SVG)
        graph_setting.picture.subtitle = legend();
    if (picture && fs_output_open(path, &output, &error) != FS_OK) {
        result = command_fail(&error);
        goto cleanup;
    }
    result = read_both(count, inputs, &tree);
    if (result != COMMAND_OK) goto cleanup;
    fs_status status = write_both(tree, output, table, &error);
    output = NULL;
    if (status != FS_OK) result = command_fail(&error);
cleanup:
    fs_output_discard(output);
    flame_tree_destroy(tree);
    graph_end();
    return result;
}

const command flame_diff_command = {
    .name = "diff",
    .summary = "See what changed between two profiles.",
    .arguments = "BEFORE AFTER | BOTH",
    .description =
        "Prints the functions whose own samples changed most. With -o it also draws AFTER as a "
        "flame graph in which "
        "red frames grew and blue ones shrank; frames that AFTER does not have any more hang "
        "below it in a panel of "
        "their own.\n\n"
        "BOTH is folded lines with two counts, before and after. Profiles of different length compare "
        "better with --normalize.",
    .examples = "  flame diff before.folded after.folded\n"
                "  flame diff --normalize before.folded after.folded -o diff.svg\n"
                "  flame diff before.folded after.folded -o both.folded",
    .options = options,
    .least = 1,
    .most = 2,
    .run = run,
};
