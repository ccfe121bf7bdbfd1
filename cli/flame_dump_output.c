#include "flame_dump_output.h"

#include "cells.h"
#include "command.h"
#include "record.h"

#include <stdio.h>
#include <string.h>

enum { NAME_CELLS = 28 }; /* the column of functions */

/* The kernel's id, 0: not known. Before 3.11 only the core itself tells which of its threads it is. */
static pid_t thread_id(const flame_dumped *dumped, const flame_thread_sample *thread)
{
    return thread->tid || !dumped->core ? thread->tid : flame_core_thread(dumped->core, thread->ident);
}

/* "MainThread", what threading calls it, the kernel's name if it was given one, or "thread". */
static void thread_name(const flame_dumped *dumped, const flame_thread_sample *thread,
                        char name[FLAME_THREAD_NAME_SIZE])
{
    char first[FLAME_THREAD_NAME_SIZE];
    const pid_t pid = dumped->pid;
    if (thread_id(dumped, thread) == pid) {
        snprintf(name, FLAME_THREAD_NAME_SIZE, "MainThread");
        return;
    }
    if (flame_interpreter_thread_name(dumped->interpreter, thread, name, FLAME_THREAD_NAME_SIZE)) return;
    if (dumped->core || thread->tid == 0 || flame_thread_name(pid, thread->tid, name, NULL) != FS_OK ||
        flame_thread_name(pid, pid, first, NULL) != FS_OK || strcmp(name, first) == 0)
        snprintf(name, FLAME_THREAD_NAME_SIZE, "thread");
}

static const char *activity_text(flame_activity activity)
{
    return activity == FLAME_RUNNING ? "running" : activity == FLAME_IDLE ? "idle" : "unknown";
}

/* ---- for people ---- */

static void print_locals(const flame_dumped *dumped, size_t thread, size_t frame)
{
    size_t count;
    const flame_local *locals = flame_locals_of(dumped->locals, thread, frame, &count);
    for (size_t i = 0; i < count; i++) command_print("        %s = %s\n", locals[i].name, locals[i].value);
}

void flame_dump_print_frame(const flame_dump_view *view, const flame_frame *frame, int indent)
{
    fs_text line;
    fs_text_init(&line);
    const flame_code *code = flame_interpreter_code(view->dumped->interpreter, frame->code);
    fs_text_add(&line, view->full_paths ? code->file : flame_path_short(code->file, view->folder));
    if (frame->line) fs_text_format(&line, ":%u", (unsigned)frame->line);
    const size_t cells = flame_cells(code->qualname, strlen(code->qualname), NAME_CELLS);
    command_print("%*s%s%*s %s\n", indent, "", code->qualname,
                  (int)(cells < NAME_CELLS ? NAME_CELLS - cells : 0), "", fs_text_string(&line));
    fs_text_fini(&line);
}

static void print_thread(const flame_dump_view *view, size_t index)
{
    const flame_dumped *dumped = view->dumped;
    const flame_thread_sample *thread = &dumped->sample.threads[index];
    char name[FLAME_THREAD_NAME_SIZE];
    thread_name(dumped, thread, name);
    const pid_t tid = thread_id(dumped, thread);
    command_print("\n%s %lld", name, (long long)(tid ? (int64_t)tid : (int64_t)thread->ident));
    if (!dumped->core) command_print(": %s", activity_text(thread->activity));
    if (thread->holds_gil) command_print(", holds the interpreter lock");
    if (thread->interpreter) command_print(", subinterpreter %lld", (long long)thread->interpreter);
    command_print("\n");
    if (thread->missed)
        command_print("    (missed: %s%s)\n", flame_missed_text(thread->missed),
                      dumped->core ? "" : "; --freeze holds it still");
    if (dumped->collecting[index]) command_print("    %s\n", FLAME_COLLECTION);
    if (!thread->missed && thread->depth == 0) command_print("    (no Python code)\n");
    for (uint32_t i = 0; i < thread->depth; i++) {
        flame_dump_print_frame(view, &thread->frames[i], 4);
        if (dumped->locals) print_locals(dumped, index, i);
    }
    if (dumped->locals && flame_locals_moved(dumped->locals, index))
        command_print("    (its variables are left out: the stack moved while they were read)\n");
}

fs_status flame_dump_print(const flame_dump_view *view, fs_error *error)
{
    const flame_dumped *dumped = view->dumped;
    const flame_python_version *version = flame_interpreter_version(dumped->interpreter);
    command_print("Process %lld: %s\nPython %s (%s)\n", (long long)dumped->pid, view->title, version->text,
                  version->file);
    if (dumped->process && flame_process_stopped(dumped->process))
        command_print("It is stopped (continue it with: kill -CONT PID)\n");
    if (dumped->core && flame_core_signal(dumped->core))
        command_print("Ended by signal %d (%s)\n", flame_core_signal(dumped->core),
                      strsignal(flame_core_signal(dumped->core)));
    for (size_t i = 0; i < dumped->sample.count; i++) print_thread(view, i);
    if (dumped->sample.missed) command_print("\n(missed: %s)\n", flame_missed_text(dumped->sample.missed));
    if (dumped->locals && flame_locals_cut(dumped->locals))
        command_print("\n(there are more variables than are shown)\n");
    return dumped->tasks ? flame_dump_print_tasks(view, error) : FS_OK;
}

/* ---- JSON ---- */

void flame_dump_json_frame(const flame_dumped *dumped, const flame_frame *frame, fs_json *out)
{
    const flame_code *code = flame_interpreter_code(dumped->interpreter, frame->code);
    flame_position position = flame_interpreter_position(dumped->interpreter, frame);
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
}

static void write_frame(fs_json *out, const flame_dumped *dumped, size_t thread, size_t index)
{
    fs_json_object(out);
    flame_dump_json_frame(dumped, &dumped->sample.threads[thread].frames[index], out);
    if (dumped->locals && !flame_locals_moved(dumped->locals, thread)) {
        size_t count;
        const flame_local *locals = flame_locals_of(dumped->locals, thread, index, &count);
        fs_json_key_array(out, "locals");
        for (size_t i = 0; i < count; i++) {
            fs_json_object(out);
            fs_json_key_string(out, "name", locals[i].name);
            fs_json_key_string(out, "value", locals[i].value);
            fs_json_end_object(out);
        }
        fs_json_end_array(out);
    }
    fs_json_end_object(out);
}

static void write_collection(fs_json *out)
{
    fs_json_object(out);
    fs_json_key_string(out, "function", FLAME_COLLECTION);
    fs_json_key_string(out, "name", FLAME_COLLECTION);
    fs_json_key_string(out, "file", "");
    fs_json_key(out, "line");
    fs_json_null(out);
    fs_json_key_integer(out, "first_line", 0);
    fs_json_end_object(out);
}

static void write_thread(fs_json *out, const flame_dumped *dumped, size_t index)
{
    const flame_thread_sample *thread = &dumped->sample.threads[index];
    char name[FLAME_THREAD_NAME_SIZE];
    thread_name(dumped, thread, name);
    fs_json_object(out);
    const pid_t tid = thread_id(dumped, thread);
    fs_json_key(out, "tid");
    if (tid)
        fs_json_integer(out, tid);
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
    if (dumped->collecting[index]) write_collection(out);
    for (uint32_t i = 0; i < thread->depth; i++) write_frame(out, dumped, index, i);
    fs_json_end_array(out);
    fs_json_end_object(out);
}

void flame_dump_json(const flame_dump_view *view, fs_json *out)
{
    const flame_dumped *dumped = view->dumped;
    const flame_python_version *version = flame_interpreter_version(dumped->interpreter);
    fs_json_object(out);
    fs_json_key_integer(out, "pid", dumped->pid);
    fs_json_key_string(out, "command", view->title);
    fs_json_key_string(out, "python", version->text);
    fs_json_key_string(out, "interpreter_file", version->file);
    if (dumped->core)
        fs_json_key_integer(out, "signal", flame_core_signal(dumped->core));
    else
        fs_json_key_bool(out, "stopped", flame_process_stopped(dumped->process));
    fs_json_key_array(out, "threads");
    for (size_t i = 0; i < dumped->sample.count; i++) write_thread(out, dumped, i);
    fs_json_end_array(out);
    if (dumped->tasks) {
        fs_json_key(out, "tasks");
        flame_dump_json_tasks(dumped, out);
    }
    if (dumped->locals) fs_json_key_bool(out, "locals_cut", flame_locals_cut(dumped->locals));
    fs_json_end_object(out);
}
