/*
 * mdscale_commands.h - the subcommands of mdscale, one file each.
 */
#ifndef CLI_MDSCALE_COMMANDS_H
#define CLI_MDSCALE_COMMANDS_H

#include "command.h"

extern const command mdscale_fit_command;
extern const command mdscale_report_command;
extern const command mdscale_stress_command;
extern const command mdscale_distances_command;
extern const command mdscale_place_command;
extern const command mdscale_compare_command;
extern const command mdscale_methods_command;
extern const command mdscale_plan_command;

/* The choices of `mdscale place` and `mdscale plan`, by the library's names. */
void place_options_make(void);
void plan_options_make(void);

#endif
