/* flame diff: what changed between two profiles. */
#include "difference.h"
#include "file.h"
#include "flame_commands.h"
#include "graph_work.h"

static bool normalize;

static const command_option options[] = {
    {.kind = COMMAND_HEADING, .help = "Output"},
    {COMMAND_TEXT, 'o', "output", "FILE",
     "A picture, or folded lines with two counts, by its ending: .svg, .html or .folded. '-' writes SVG to "
     "standard output instead of the table.",
     &graph_asked.output, 0, 0, NULL, false, false, NULL},
    {COMMAND_CHOICE, 0, "format", "FORM", "What comes out, whatever the ending.", &graph_asked.form, 0, 0,
     graph_form_words, false, false, NULL},
    {COMMAND_FLAG, 'n', "normalize", NULL,
     "Compare shares: scale the counts of BEFORE so that both have as many samples.", &normalize, 0, 0, NULL,
     false, false, NULL},
#include "graph_option_rows.h"
    {.kind = COMMAND_END},
};

static fs_status read_both(char **inputs, flame_tree **tree, fs_error *error)
{
    flame_read_options reading;
    flame_read_options_default(&reading);
    reading.pairs = FLAME_PAIRS_NO;
    fs_status status = flame_tree_create(tree, error);
    for (int i = 0; i < 2 && status == FS_OK; i++) {
        reading.before = i == 0;
        status = graph_read(1, inputs + i, &reading, *tree, error);
    }
    if (status != FS_OK) return status;
    flame_tree_finish(*tree);
    if (normalize) flame_tree_normalize(*tree);
    return graph_reshape(tree, error);
}

/* What the terminal shows: the table, or with --text the tree as well. */
static fs_status print_changes(const flame_tree *tree, fs_error *error)
{
    flame_text_options look = graph_text_look();
    fs_output *output = NULL;
    fs_status status = fs_output_open("-", &output, error);
    if (status != FS_OK) return status;
    if (graph_asked.text)
        status = flame_write_text(tree, &graph_asked.picture, &look, output, error);
    else
        status = flame_write_changes(tree, &graph_asked.picture, &look, output, error);
    if (status == FS_OK) return fs_output_commit(output, error);
    fs_output_discard(output);
    return status;
}

static int run(int count, char **inputs)
{
    fs_error error;
    fs_output *output = NULL;
    flame_tree *tree = NULL;
    (void)count;
    bool text = graph_asked.text; /* beside a picture, not instead of it */
    bool picture = graph_asked.output || graph_asked.form != GRAPH_AUTO;
    if (!graph_asked.picture.title) graph_asked.picture.title = "Differential Flame Graph";
    if (picture) graph_asked.text = false;
    int exit_status = graph_prepare();
    graph_asked.text = text;
    if (exit_status != COMMAND_OK) goto cleanup;
    const char *path = graph_asked.output ? graph_asked.output : "-";
    bool alone = picture && path[0] == '-' && path[1] == '\0'; /* the picture has standard output */
    fs_status status = picture ? fs_output_open(path, &output, &error) : FS_OK;
    if (status == FS_OK) status = read_both(inputs, &tree, &error);
    if (status == FS_OK && picture) status = graph_write(tree, output, &error);
    if (status == FS_OK && picture) {
        fs_output *done = output;
        output = NULL;
        status = fs_output_commit(done, &error);
    }
    if (status == FS_OK && !alone) status = print_changes(tree, &error);
    fs_output_discard(output);
    flame_tree_destroy(tree);
    if (status != FS_OK) exit_status = command_fail(&error);
cleanup:
    graph_end();
    return exit_status;
}

const command flame_diff_command = {
    .name = "diff",
    .summary = "See what changed between two profiles.",
    .arguments = "BEFORE AFTER",
    .description =
        "Prints the functions whose own samples changed most. With -o it also draws AFTER as a flame graph in which "
        "red frames grew and blue ones shrank; frames that AFTER does not have any more hang below it in a panel of "
        "their own.\n\n"
        "Profiles of different length compare better with --normalize.",
    .examples = "  flame diff before.folded after.folded\n"
                "  flame diff --normalize before.folded after.folded -o diff.svg\n"
                "  flame diff before.folded after.folded -o both.folded",
    .options = options,
    .least = 2,
    .most = 2,
    .run = run,
};
