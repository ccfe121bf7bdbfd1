/* flame collapse: stacks from any profiler as folded lines. */
#include "flame_commands.h"
#include "stack_reader.h"
#include "stack_writer.h"

static const char *output_path = "-";

static const command_option options[] = {
    {COMMAND_TEXT, 'o', "output", "FILE", "Write the folded stacks here instead of to standard output.",
     &output_path, 0, 0, NULL, false, false, NULL},
    {.kind = COMMAND_END},
};

static int run(int count, char **inputs)
{
    fs_error error;
    flame_tree *tree = NULL;
    fs_output *output = NULL;
    fs_status status = flame_tree_create(&tree, &error);
    static char dash[] = "-";
    char *standard_input[] = {dash};
    if (count == 0) {
        inputs = standard_input;
        count = 1;
    }
    flame_read_options reading;
    flame_read_options_default(&reading);
    for (int i = 0; i < count && !status; i++)
        status = flame_stacks_read(inputs[i], &reading, tree, NULL, &error);
    if (!status) flame_tree_finish(tree);
    if (!status) status = fs_output_open(output_path, &output, &error);
    if (!status) {
        status = flame_write_folded(tree, output, &error);
        if (status)
            fs_output_discard(output);
        else
            status = fs_output_commit(output, &error);
    }
    flame_tree_destroy(tree);
    return status ? command_fail(&error) : COMMAND_OK;
}

const command flame_collapse_command = {
    .name = "collapse",
    .summary = "Turn the stacks of any profiler into folded lines.",
    .arguments = "[INPUT...]",
    .options = options,
    .least = 0,
    .most = -1,
    .run = run,
};
