/* flame dump: every thread's stack, now. */
#include "flame_dump.h"

#include "command.h"
#include "file.h"
#include "flame_commands.h"
#include "flame_dump_output.h"
#include "memory.h"
#include "record.h"

#include <limits.h>
#include <stdio.h>

static int64_t pid;
static bool freeze, json, full_paths, locals;

static const command_option options[] = {
    {.kind = COMMAND_INTEGER,
     .letter = 'p',
     .name = "pid",
     .value = "PID",
     .help = "The process.",
     .target = &pid,
     .least = 1,
     .most = INT_MAX},
    {.kind = COMMAND_FLAG,
     .name = "locals",
     .help =
         "The local variables of every frame, each on a line: numbers, strings and the beginnings of "
         "containers as they are, other objects by their class. Nothing of the program is executed. It is "
         "stopped meanwhile, as with --freeze.",
     .target = &locals},
    {.kind = COMMAND_FLAG,
     .name = "freeze",
     .help = "Stop the process for the milliseconds this takes, so that all stacks are of the same instant. "
             "Default: it is not stopped, and each stack is right by itself.",
     .target = &freeze},
    {.kind = COMMAND_FLAG, .name = "json", .help = "As JSON, for programs.", .target = &json},
    {.kind = COMMAND_FLAG,
     .name = "full-paths",
     .help =
         "Paths as the program knows them. Default: without the folders of the Python installation and the "
         "process's current one.",
     .target = &full_paths},
    {.kind = COMMAND_END},
};

static fs_status print_json(const flame_dump_view *view, fs_error *error)
{
    fs_output *output;
    fs_status status = fs_output_open("-", &output, error);
    if (status) return status;
    fs_json out;
    fs_json_init(&out, output, true);
    flame_dump_json(view, &out);
    fs_json_fini(&out);
    fs_output_string(output, "\n");
    return fs_output_commit(output, error);
}

static int dump(int count, char **arguments)
{
    (void)count;
    (void)arguments;
    if (pid == 0) return command_usage("give the process: -p PID");
    char action[64];
    snprintf(action, sizeof action, "flame dump -p %lld", (long long)pid);
    const flame_dump_options wanted = {.still = freeze, .locals = locals, .activity = true, .action = action};
    flame_dumped dumped;
    fs_error error;
    fs_status status = flame_dump_take((pid_t)pid, &wanted, &dumped, &error);
    char *title = NULL, *folder = NULL;
    if (!status && !(title = flame_command_line((pid_t)pid))) status = fs_fail_memory(&error, "dumping", 0);
    if (!status) {
        folder = flame_current_folder((pid_t)pid);
        const flame_dump_view view = {
            .dumped = &dumped, .title = title, .folder = folder, .full_paths = full_paths};
        if (json)
            status = print_json(&view, &error);
        else
            flame_dump_print(&view);
    }
    fs_free(title);
    fs_free(folder);
    flame_dumped_fini(&dumped);
    return status ? command_fail(&error) : COMMAND_OK;
}

const command flame_dump_command = {
    .name = "dump",
    .summary = "Print the stack of every thread of a running Python program.",
    .arguments = "-p PID",
    .description = "For a program that hangs: what is each thread doing, on which line, with which values? "
                   "Innermost frame first. The program is not stopped (unless it is asked for) and need not "
                   "be prepared.",
    .examples = "  flame dump -p 1234\n  flame dump -p 1234 --locals\n"
                "  flame dump -p 1234 --json | jq '.threads[] | select(.gil)'",
    .options = options,
    .least = 0,
    .most = 0,
    .run = dump,
};
