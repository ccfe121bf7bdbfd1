/* flame dump: every thread's stack, now. */
#include "flame_dump.h"

#include "cells.h"
#include "command.h"
#include "file.h"
#include "flame_commands.h"
#include "json_writer.h"
#include "permission.h"
#include "process.h"
#include "record.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t pid;
static bool freeze, json, full_paths;

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
     .name = "freeze",
     .help = "Stop the process for the milliseconds this takes, so that all stacks are of the same instant. "
             "Default: "
             "it is "
             "not stopped, and each stack is right by itself.",
     .target = &freeze},
    {.kind = COMMAND_FLAG, .name = "json", .help = "As JSON, for programs.", .target = &json},
    {.kind = COMMAND_FLAG,
     .name = "full-paths",
     .help =
         "Paths as the program knows them. Default: without the folders of the Python installation and the "
         "process's "
         "current one.",
     .target = &full_paths},
    {.kind = COMMAND_END},
};

fs_status flame_dump_take(pid_t target, bool still, bool activity, const char *action, flame_dumped *dumped,
                          fs_error *error)
{
    /* A stack that moves too fast is tried again; an interpreter that is starting is waited for. */
    enum { TRIES = 200, NAP = 3000000, SAMPLES_MOST = 200 };
    const struct timespec nap = {.tv_nsec = NAP};
    *dumped = (flame_dumped){0};
    fs_status status = flame_process_open(target, &dumped->process, error);
    if (status == FS_PERMISSION) goto denied;
    if (status) return status;
    flame_interpreter_options wanted = {.size = sizeof wanted, .freeze = still, .activity = activity};
    for (int i = 0; i < TRIES; i++) {
        flame_python_state state;
        status = flame_interpreter_open(dumped->process, &wanted, &dumped->interpreter, &state, error);
        if (state != FLAME_PYTHON_STARTING) break;
        nanosleep(&nap, NULL);
    }
    if (status == FS_PERMISSION) goto denied;
    if (status) return status;
    for (int i = 0; i < SAMPLES_MOST; i++) {
        if (i) nanosleep(&nap, NULL);
        status = flame_interpreter_sample(dumped->interpreter, &dumped->sample, error);
        if (status) return status;
        bool whole = dumped->sample->missed == FLAME_TAKEN;
        for (size_t j = 0; j < dumped->sample->count; j++)
            whole = whole && dumped->sample->threads[j].missed == FLAME_TAKEN;
        if (whole) break;
    }
    return FS_OK;
denied:;
    flame_permission facts;
    flame_permission_read(&facts, target);
    return flame_permission_explain(&facts, action, error);
}

void flame_dumped_fini(flame_dumped *dumped)
{
    flame_interpreter_close(dumped->interpreter);
    flame_process_close(dumped->process);
    *dumped = (flame_dumped){0};
}

/* "MainThread", what threading calls it, the kernel's name if it was given one, or "thread". */
static void thread_name(const flame_interpreter *interpreter, const flame_thread_sample *thread,
                        char name[FLAME_THREAD_NAME_SIZE])
{
    char first[FLAME_THREAD_NAME_SIZE];
    if (thread->tid == (pid_t)pid) {
        snprintf(name, FLAME_THREAD_NAME_SIZE, "MainThread");
        return;
    }
    if (flame_interpreter_thread_name(interpreter, thread, name, FLAME_THREAD_NAME_SIZE)) return;
    if (thread->tid == 0 || flame_thread_name((pid_t)pid, thread->tid, name, NULL) != FS_OK ||
        flame_thread_name((pid_t)pid, (pid_t)pid, first, NULL) != FS_OK || strcmp(name, first) == 0)
        snprintf(name, FLAME_THREAD_NAME_SIZE, "thread");
}

static const char *activity_text(flame_activity activity)
{
    return activity == FLAME_RUNNING ? "running" : activity == FLAME_IDLE ? "idle" : "unknown";
}

enum { NAME_CELLS = 28 }; /* the column of functions */

static void print_text(const flame_dumped *dumped, const char *title, const char *folder)
{
    const flame_python_version *version = flame_interpreter_version(dumped->interpreter);
    command_print(
        "Process %lld: %s\nPython %s (%s)%s\n", (long long)pid, title, version->text, version->file,
        flame_process_stopped(dumped->process) ? "\nIt is stopped (continue it with: kill -CONT PID)" : "");
    fs_text line;
    fs_text_init(&line);
    for (size_t i = 0; i < dumped->sample->count; i++) {
        const flame_thread_sample *thread = &dumped->sample->threads[i];
        char name[FLAME_THREAD_NAME_SIZE];
        thread_name(dumped->interpreter, thread, name);
        command_print(
            "\n%s %lld: %s%s", name, (long long)(thread->tid ? (int64_t)thread->tid : (int64_t)thread->ident),
            activity_text(thread->activity), thread->holds_gil ? ", holds the interpreter lock" : "");
        if (thread->interpreter) command_print(", subinterpreter %lld", (long long)thread->interpreter);
        command_print("\n");
        if (thread->missed)
            command_print("    (missed: %s; --freeze holds it still)\n", flame_missed_text(thread->missed));
        if (!thread->missed && thread->depth == 0) command_print("    (no Python code)\n");
        for (uint32_t j = 0; j < thread->depth; j++) {
            const flame_code *code = flame_interpreter_code(dumped->interpreter, thread->frames[j].code);
            fs_text_clear(&line);
            fs_text_add(&line, full_paths ? code->file : flame_path_short(code->file, folder));
            if (thread->frames[j].line) fs_text_format(&line, ":%u", (unsigned)thread->frames[j].line);
            const size_t cells = flame_cells(code->qualname, strlen(code->qualname), NAME_CELLS);
            command_print("    %s%*s %s\n", code->qualname,
                          (int)(cells < NAME_CELLS ? NAME_CELLS - cells : 0), "", fs_text_string(&line));
        }
    }
    if (dumped->sample->missed) command_print("\n(missed: %s)\n", flame_missed_text(dumped->sample->missed));
    fs_text_fini(&line);
}

static void write_frame(fs_json *out, const flame_interpreter *interpreter, const flame_frame *frame)
{
    const flame_code *code = flame_interpreter_code(interpreter, frame->code);
    flame_position position = flame_interpreter_position(interpreter, frame);
    fs_json_object(out);
    fs_json_key_string(out, "function", code->qualname);
    fs_json_key_string(out, "name", code->name);
    fs_json_key_string(out, "file", code->file);
    fs_json_key(out, "line");
    if (frame->line)
        fs_json_integer(out, frame->line);
    else
        fs_json_null(out);
    fs_json_key_integer(out, "first_line", code->first_line);
    if (position.column) {
        fs_json_key_integer(out, "column", position.column);
        fs_json_key_integer(out, "end_line", position.end_line);
        fs_json_key_integer(out, "end_column", position.end_column);
    }
    fs_json_end_object(out);
}

static void write_thread(fs_json *out, const flame_interpreter *interpreter,
                         const flame_thread_sample *thread)
{
    char name[FLAME_THREAD_NAME_SIZE];
    thread_name(interpreter, thread, name);
    fs_json_object(out);
    fs_json_key(out, "tid");
    if (thread->tid)
        fs_json_integer(out, thread->tid);
    else
        fs_json_null(out);
    fs_json_key_integer(out, "ident", (int64_t)thread->ident);
    fs_json_key_string(out, "name", name);
    fs_json_key_integer(out, "interpreter", thread->interpreter);
    fs_json_key_string(out, "activity", activity_text(thread->activity));
    fs_json_key_bool(out, "gil", thread->holds_gil);
    fs_json_key(out, "missed");
    if (thread->missed)
        fs_json_string(out, flame_missed_text(thread->missed));
    else
        fs_json_null(out);
    fs_json_key_array(out, "frames");
    for (uint32_t i = 0; i < thread->depth; i++) write_frame(out, interpreter, &thread->frames[i]);
    fs_json_end_array(out);
    fs_json_end_object(out);
}

static fs_status print_json(const flame_dumped *dumped, const char *title, fs_error *error)
{
    fs_output *output;
    fs_status status = fs_output_open("-", &output, error);
    if (status) return status;
    const flame_python_version *version = flame_interpreter_version(dumped->interpreter);
    fs_json out;
    fs_json_init(&out, output, true);
    fs_json_object(&out);
    fs_json_key_integer(&out, "pid", pid);
    fs_json_key_string(&out, "command", title);
    fs_json_key_string(&out, "python", version->text);
    fs_json_key_string(&out, "interpreter_file", version->file);
    fs_json_key_bool(&out, "stopped", flame_process_stopped(dumped->process));
    fs_json_key_array(&out, "threads");
    for (size_t i = 0; i < dumped->sample->count; i++)
        write_thread(&out, dumped->interpreter, &dumped->sample->threads[i]);
    fs_json_end_array(&out);
    fs_json_end_object(&out);
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
    flame_dumped dumped;
    fs_error error;
    fs_status status = flame_dump_take((pid_t)pid, freeze, true, action, &dumped, &error);
    char *title = NULL, *folder = NULL;
    if (!status && !(title = flame_command_line((pid_t)pid))) status = fs_fail_memory(&error, "dumping", 0);
    if (!status) {
        folder = flame_current_folder((pid_t)pid);
        if (json)
            status = print_json(&dumped, title, &error);
        else
            print_text(&dumped, title, folder);
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
    .description = "For a program that hangs: what is each thread doing, on which line? Innermost frame "
                   "first. The program is "
                   "not stopped and need not be prepared.",
    .examples = "  flame dump -p 1234\n  flame dump -p 1234 --json | jq '.threads[] | select(.gil)'",
    .options = options,
    .least = 0,
    .most = 0,
    .run = dump,
};
