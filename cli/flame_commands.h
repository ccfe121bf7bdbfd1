/*
 * flame_commands.h - the subcommands of flame, one file each, and the names it is also installed under.
 */
#ifndef CLI_FLAME_COMMANDS_H
#define CLI_FLAME_COMMANDS_H

#include "command.h"

extern const command flame_collapse_command;
extern const command flame_convert_command;
extern const command flame_diff_command;
extern const command flame_dump_command;
extern const command flame_graph_command;
extern const command flame_ladder_command;
extern const command flame_record_command;
extern const command flame_top_command;

/* As programs of their own: `flamegraph` takes flamegraph.pl's options, `pyflame` pyflame's. */
extern const command flamegraph_command;
extern const command pyflame_command;

#endif
