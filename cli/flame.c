/* flame: where a program's time goes. The table of subcommands, and the names it goes by. */
#include "file.h"
#include "flame_commands.h"

#include <string.h>

/* clang-format off: one a line */
static const command *const subcommands[] = {
    &flame_collapse_command, &flame_convert_command, &flame_diff_command,
    &flame_dump_command,     &flame_graph_command,   &flame_ladder_command,
    &flame_record_command,   &flame_top_command,     NULL,
};
/* clang-format on */

static const command flame = {
    .name = "flame",
    .summary = "See where a program's time goes.",
    .arguments = NULL,
    .subcommands = subcommands,
};

/* Installed under these names too, each as if it were a program of its own. */
static const command *const programs[] = {
    &flame,
    &flamegraph_command,
    &pyflame_command,
};

int main(int argc, char **argv)
{
    const char *called = argc > 0 ? fs_path_base(argv[0]) : "flame";
    const command *program = &flame;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        if (strcmp(called, programs[i]->name) == 0) program = programs[i];
    return command_main(program, NULL, argc, argv);
}
