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
    if (dumped->interpreter &&
        flame_interpreter_thread_name(dumped->interpreter, thread, name, FLAME_THREAD_NAME_SIZE))
        return;
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

static void print_place(const char *function, const char *place, int indent)
{
    const size_t cells = flame_cells(function, strlen(function), NAME_CELLS);
    const int fill = !place[0] ? 0 : cells < NAME_CELLS ? (int)(NAME_CELLS - cells) + 1 : 1;
    command_print("%*s%s%*s%s\n", indent, "", function, fill, "", place);
}

void flame_dump_print_frame(const flame_dump_view *view, const flame_frame *frame, int indent)
{
    fs_text line;
    fs_text_init(&line);
    const flame_code *code = flame_interpreter_code(view->dumped->interpreter, frame->code);
    fs_text_add(&line, view->full_paths ? code->file : flame_path_short(code->file, view->folder));
    if (frame->line) fs_text_format(&line, ":%u", (unsigned)frame->line);
    print_place(code->qualname, fs_text_string(&line), indent);
    fs_text_fini(&line);
}

/* "function (module)", with the line in front of the module where it is known. */
static fs_status print_native_frame(const flame_dumped *dumped, uint32_t place, fs_error *error)
{
    native_function function;
    uint32_t number;
    fs_text line;
    fs_status status = flame_dump_native_name(dumped->native, place, &function, &number, error);
    if (status) return status;
    fs_text_init(&line);
    if (function.source) fs_text_add(&line, function.source);
    if (function.source && number) fs_text_format(&line, ":%u", (unsigned)number);
    if (function.module[0] && !function.unnamed)
        fs_text_format(&line, "%s(%s)", function.source ? " " : "", function.module);
    print_place(function.name, fs_text_string(&line), 4);
    fs_text_fini(&line);
    return FS_OK;
}

static void print_python_frame(const flame_dump_view *view, size_t thread, uint32_t frame)
{
    flame_dump_print_frame(view, &view->dumped->sample.threads[thread].frames[frame], 4);
    if (view->dumped->locals) print_locals(view->dumped, thread, frame);
}

static fs_status print_merged(const flame_dump_view *view, size_t index, const merged_stack *stack,
                              fs_error *error)
{
    fs_status status = FS_OK;
    for (size_t i = 0; i < stack->count && !status; i++) {
        const merged_frame *frame = &stack->frames[i];
        if (frame->kind == MERGED_PYTHON)
            print_python_frame(view, index, frame->index);
        else
            status = print_native_frame(view->dumped, frame->index, error);
    }
    return status;
}

/* The stack of thread `index`, merged with the native one; NULL: there is none. */
static const merged_stack *merged(const flame_dumped *dumped, size_t index)
{
    size_t count;
    if (!dumped->native) return NULL;
    const flame_dump_thread *threads = flame_dump_native_threads(dumped->native, &count);
    return index < count ? &threads[index].stack : NULL;
}

static fs_status print_thread(const flame_dump_view *view, size_t index, fs_error *error)
{
    fs_status status = FS_OK;
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
    if (!thread->missed && thread->depth == 0) command_print("    (no Python code)\n");
    const merged_stack *stack = merged(dumped, index);
    if (stack) status = print_merged(view, index, stack, error);
    for (uint32_t i = 0; i < thread->depth && !stack; i++) print_python_frame(view, index, i);
    if (dumped->locals && flame_locals_moved(dumped->locals, index))
        command_print("    (its variables are left out: the stack moved while they were read)\n");
    return status;
}

/* Threads of the process that are none of Python's. */
static fs_status print_others(const flame_dump_view *view, fs_error *error)
{
    const flame_dumped *dumped = view->dumped;
    size_t count;
    const flame_dump_thread *threads = flame_dump_native_threads(dumped->native, &count);
    fs_status status = FS_OK;
    for (size_t i = dumped->sample.count; i < count && !status; i++) {
        const flame_thread_sample thread = {.tid = threads[i].tid};
        char name[FLAME_THREAD_NAME_SIZE];
        if (!threads[i].copied) continue;
        thread_name(dumped, &thread, name);
        command_print("\n%s %lld: %s%s\n", name, (long long)thread.tid, activity_text(threads[i].activity),
                      dumped->interpreter ? ", not a thread of Python" : "");
        status = print_merged(view, i, &threads[i].stack, error);
    }
    return status;
}

/* NULL: no Python program. */
static const flame_python_version *version_of(const flame_dumped *dumped)
{
    return dumped->interpreter ? flame_interpreter_version(dumped->interpreter) : NULL;
}

fs_status flame_dump_print(const flame_dump_view *view, fs_error *error)
{
    const flame_dumped *dumped = view->dumped;
    const flame_python_version *version = version_of(dumped);
    command_print("Process %lld: %s\n", (long long)dumped->pid, view->title);
    if (version) command_print("Python %s (%s)\n", version->text, version->file);
    if (dumped->process && flame_process_stopped(dumped->process))
        command_print("It is stopped (continue it with: kill -CONT PID)\n");
    if (dumped->core && flame_core_signal(dumped->core))
        command_print("Ended by signal %d (%s)\n", flame_core_signal(dumped->core),
                      strsignal(flame_core_signal(dumped->core)));
    fs_status status = FS_OK;
    for (size_t i = 0; i < dumped->sample.count && !status; i++) status = print_thread(view, i, error);
    if (!status && dumped->native) status = print_others(view, error);
    if (status) return status;
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

static void write_native_frame(fs_json *out, const flame_dumped *dumped, uint32_t place)
{
    native_function function;
    uint32_t line;
    if (flame_dump_native_name(dumped->native, place, &function, &line, NULL) != FS_OK) {
        out->failed = true;
        return;
    }
    fs_json_object(out);
    fs_json_key_bool(out, "native", true);
    fs_json_key_string(out, "function", function.name);
    fs_json_key_string(out, "module", function.module);
    fs_json_key(out, "file");
    if (function.source)
        fs_json_string(out, function.source);
    else
        fs_json_null(out);
    fs_json_key(out, "line");
    if (line)
        fs_json_integer(out, line);
    else
        fs_json_null(out);
    fs_json_end_object(out);
}

static void write_merged(fs_json *out, const flame_dumped *dumped, size_t index, const merged_stack *stack)
{
    for (size_t i = 0; i < stack->count; i++) {
        const merged_frame *frame = &stack->frames[i];
        if (frame->kind == MERGED_PYTHON)
            write_frame(out, dumped, index, frame->index);
        else
            write_native_frame(out, dumped, frame->index);
    }
}

/* Threads of the process that are none of Python's. */
static void write_others(fs_json *out, const flame_dumped *dumped)
{
    size_t count;
    const flame_dump_thread *threads = flame_dump_native_threads(dumped->native, &count);
    for (size_t i = dumped->sample.count; i < count; i++) {
        const flame_thread_sample thread = {.tid = threads[i].tid};
        char name[FLAME_THREAD_NAME_SIZE];
        if (!threads[i].copied) continue;
        thread_name(dumped, &thread, name);
        fs_json_object(out);
        fs_json_key_integer(out, "tid", thread.tid);
        fs_json_key(out, "ident");
        fs_json_null(out);
        fs_json_key_string(out, "name", name);
        fs_json_key(out, "interpreter");
        fs_json_null(out);
        fs_json_key_string(out, "activity", activity_text(threads[i].activity));
        fs_json_key_bool(out, "gil", false);
        fs_json_key(out, "missed");
        fs_json_null(out);
        fs_json_key_array(out, "frames");
        write_merged(out, dumped, i, &threads[i].stack);
        fs_json_end_array(out);
        fs_json_end_object(out);
    }
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
    const merged_stack *stack = merged(dumped, index);
    if (stack) write_merged(out, dumped, index, stack);
    for (uint32_t i = 0; i < thread->depth && !stack; i++) write_frame(out, dumped, index, i);
    fs_json_end_array(out);
    fs_json_end_object(out);
}

void flame_dump_json(const flame_dump_view *view, fs_json *out)
{
    const flame_dumped *dumped = view->dumped;
    const flame_python_version *version = version_of(dumped);
    fs_json_object(out);
    fs_json_key_integer(out, "pid", dumped->pid);
    fs_json_key_string(out, "command", view->title);
    if (version) {
        fs_json_key_string(out, "python", version->text);
        fs_json_key_string(out, "interpreter_file", version->file);
    }
    if (dumped->core)
        fs_json_key_integer(out, "signal", flame_core_signal(dumped->core));
    else
        fs_json_key_bool(out, "stopped", flame_process_stopped(dumped->process));
    fs_json_key_array(out, "threads");
    for (size_t i = 0; i < dumped->sample.count; i++) write_thread(out, dumped, i);
    if (dumped->native) write_others(out, dumped);
    fs_json_end_array(out);
    if (dumped->tasks) {
        fs_json_key(out, "tasks");
        flame_dump_json_tasks(dumped, out);
    }
    if (dumped->locals) fs_json_key_bool(out, "locals_cut", flame_locals_cut(dumped->locals));
    fs_json_end_object(out);
}
