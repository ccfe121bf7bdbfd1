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
#include <string.h>

static int64_t pid;
static bool freeze, json, full_paths, locals, subprocesses, tasks, native;
static const char *native_what; /* NULL: without the interpreter's own frames */

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
     .name = "subprocesses",
     .help = "The processes that it has started as well, and theirs. Those that are no Python programs are "
             "named only. With --json this is an array.",
     .target = &subprocesses},
    {.kind = COMMAND_FLAG,
     .name = "locals",
     .help =
         "The local variables of every frame, each on a line: numbers, strings and the beginnings of "
         "containers as they are, other objects by their class. Nothing of the program is executed. It is "
         "stopped meanwhile, as with --freeze.",
     .target = &locals},
    {.kind = COMMAND_FLAG,
     .name = "tasks",
     .help =
         "The tasks of asyncio as well, also those that wait: each below the one that awaits it, with its "
         "coroutines, the outermost first. The process is stopped meanwhile, as with --freeze.",
     .target = &tasks},
    {.kind = COMMAND_TEXT,
     .name = "native",
     .value = "all",
     .help =
         "Native frames as well, in calling order with those of Python: function, source line where there is "
         "debug information, and (module); also threads that are none of Python's, and programs that are no "
         "Python. The interpreter's own functions are left out, but for --native=all. The process is stopped "
         "meanwhile, as with --freeze.",
     .target = &native_what,
     .optional = true,
     .attached = true,
     .given = &native},
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

/* The output: text, or JSON of one process, or with --subprocesses an array of several. */
typedef struct dump_output {
    fs_output *output; /* NULL: text */
    fs_json out;
    size_t shown, left_out;
} dump_output;

static fs_status begin(dump_output *self, fs_error *error)
{
    *self = (dump_output){0};
    if (!json) return FS_OK;
    fs_status status = fs_output_open("-", &self->output, error);
    if (status) return status;
    fs_json_init(&self->out, self->output, true);
    if (subprocesses) fs_json_array(&self->out);
    return FS_OK;
}

static fs_status end(dump_output *self, fs_status status, fs_error *error)
{
    if (!self->output) return status;
    if (subprocesses) fs_json_end_array(&self->out);
    if (!status && self->out.failed) status = fs_fail_memory(error, "dumping", 0);
    fs_json_fini(&self->out);
    if (status) {
        fs_output_discard(self->output);
        return status;
    }
    fs_output_string(self->output, "\n");
    return fs_output_commit(self->output, error);
}

static fs_status show(dump_output *self, const flame_dump_view *view, fs_error *error)
{
    fs_status status = FS_OK;
    if (!json && (self->shown || self->left_out)) command_print("\n\n");
    if (json)
        flame_dump_json(view, &self->out);
    else
        status = flame_dump_print(view, error);
    self->shown++;
    return status;
}

static fs_status dump_process(dump_output *self, pid_t target, fs_error *error)
{
    char action[64];
    snprintf(action, sizeof action, "flame dump -p %lld", (long long)target);
    const flame_dump_options wanted = {.still = freeze,
                                       .locals = locals,
                                       .tasks = tasks,
                                       .native = native,
                                       .native_all = native_what != NULL,
                                       .activity = true,
                                       .action = action};
    flame_dumped dumped;
    fs_status status = flame_dump_take(target, &wanted, &dumped, error);
    char *title = NULL, *folder = NULL;
    if (!status && !(title = flame_command_line(target))) status = fs_fail_memory(error, "dumping", 0);
    if (!status) {
        folder = flame_current_folder(target);
        const flame_dump_view view = {
            .dumped = &dumped, .title = title, .folder = folder, .full_paths = full_paths};
        status = show(self, &view, error);
    }
    fs_free(title);
    fs_free(folder);
    flame_dumped_fini(&dumped);
    return status;
}

static fs_status dump_core(dump_output *self, const char *path, const char *executable, fs_error *error)
{
    const flame_dump_options wanted = {.locals = locals, .tasks = tasks};
    flame_dumped dumped;
    fs_status status = flame_dump_take_core(path, executable, &wanted, &dumped, error);
    if (!status) {
        const flame_dump_view view = {
            .dumped = &dumped, .title = flame_core_command(dumped.core), .full_paths = full_paths};
        status = show(self, &view, error);
        const fs_error *missing = flame_core_missing(dumped.core);
        if (missing)
            command_complain("%s\n  what lies there was not read%s%s%s", missing->message,
                             executable ? "" : "; if it is the program's own file: flame dump ",
                             executable ? "" : path, executable ? "" : " EXECUTABLE");
    }
    flame_dumped_fini(&dumped);
    return status;
}

/* A process that is no Python program, or cannot be read: that it is there, and why its stacks are not. */
static void leave_out(dump_output *self, pid_t target, const fs_error *why)
{
    char *title = flame_command_line(target);
    const char *reason = why->code == FS_NOT_FOUND ? "not a Python program" : why->message;
    if (json) {
        fs_json_object(&self->out);
        fs_json_key_integer(&self->out, "pid", target);
        fs_json_key_string(&self->out, "command", title ? title : "");
        fs_json_key_string(&self->out, "left_out", reason);
        fs_json_end_object(&self->out);
    } else {
        command_print("%sProcess %lld: %s\n    (left out: %s)\n", self->shown || self->left_out ? "\n\n" : "",
                      (long long)target, title ? title : "", reason);
    }
    self->left_out++;
    fs_free(title);
}

/* The process and its descendants, each before its children. */
static fs_status list_processes(pid_t root, pid_t **pids, size_t *count, fs_error *error)
{
    size_t capacity = 0;
    *pids = NULL;
    *count = 0;
    fs_status status = FS_OK;
    for (size_t i = 0; !status && (i == 0 || i < *count); i++) {
        pid_t *children = NULL;
        size_t found = 0;
        if (i == 0) {
            if (!FS_GROW(*pids, capacity, 1)) return fs_fail_memory(error, "listing processes", 0);
            (*pids)[(*count)++] = root;
        }
        /* One that has ended meanwhile has none. */
        if (flame_process_children((*pids)[i], &children, &found, error) == FS_MEMORY) status = FS_MEMORY;
        if (!status && !FS_GROW(*pids, capacity, *count + found))
            status = fs_fail_memory(error, "listing processes", *count);
        if (!status && found) {
            memmove(*pids + i + 1 + found, *pids + i + 1, (*count - i - 1) * sizeof **pids);
            memcpy(*pids + i + 1, children, found * sizeof **pids);
            *count += found;
        }
        fs_free(children);
    }
    return status;
}

static fs_status dump_all(dump_output *self, pid_t root, fs_error *error)
{
    enum { PROCESSES_MOST = 10000 };
    pid_t *pids;
    size_t count;
    fs_error first = {0};
    fs_status status = list_processes(root, &pids, &count, error);
    for (size_t i = 0; i < count && i < PROCESSES_MOST && !status; i++) {
        fs_error why;
        fs_status one = dump_process(self, pids[i], &why);
        if (one == FS_MEMORY || (i == 0 && one && one != FS_NOT_FOUND && one != FS_UNSUPPORTED)) {
            *error = why;
            status = one;
        } else if (one && !(one == FS_GONE && i)) {
            if (!first.code) first = why;
            leave_out(self, pids[i], &why);
        }
    }
    if (!status && !self->shown) {
        *error = first;
        status = first.code;
    }
    fs_free(pids);
    return status;
}

static int dump(int count, char **arguments)
{
    if ((pid == 0) == (count == 0)) return command_usage("give a process (-p PID) or a core file");
    if (count && (freeze || subprocesses || native))
        return command_usage("--freeze, --subprocesses and --native are for processes");
    if (native_what && strcmp(native_what, "all") != 0)
        return command_usage("--native takes 'all' or nothing, not '%s'", native_what);
    dump_output self;
    fs_error error;
    fs_status status = begin(&self, &error);
    if (status) return command_fail(&error);
    if (count)
        status = dump_core(&self, arguments[0], count > 1 ? arguments[1] : NULL, &error);
    else if (subprocesses)
        status = dump_all(&self, (pid_t)pid, &error);
    else
        status = dump_process(&self, (pid_t)pid, &error);
    status = end(&self, status, &error);
    return status ? command_fail(&error) : COMMAND_OK;
}

const command flame_dump_command = {
    .name = "dump",
    .summary = "Print the stack of every thread of a running Python program, or of a core file.",
    .arguments = "-p PID | CORE [EXECUTABLE]",
    .description =
        "For a program that hangs: what is each thread doing, on which line, with which values? "
        "Innermost frame first. The program is not stopped (unless it is asked for) and need not "
        "be prepared.\n\n"
        "Of one that has crashed, what each thread was doing: CORE is what the kernel or gcore wrote. "
        "The files that the program had mapped must still be there; EXECUTABLE stands in for the "
        "program's own when that lies elsewhere now.",
    .examples = "  flame dump -p 1234\n  flame dump -p 1234 --subprocesses --locals\n"
                "  flame dump -p 1234 --tasks\n  flame dump -p 1234 --native\n  flame dump core --locals\n"
                "  flame dump -p 1234 --json | jq '.threads[] | select(.gil)'",
    .options = options,
    .least = 0,
    .most = 2,
    .run = dump,
};
