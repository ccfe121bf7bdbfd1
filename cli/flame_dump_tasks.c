#include "flame_dump_output.h"

#include "command.h"
#include "memory.h"

#include <inttypes.h>
#include <stdio.h>

enum { INDENT = 4, DEPTH_MOST = 20 }; /* of the tree: deeper tasks stay at that column */

typedef struct task_tree {
    const flame_dump_view *view;
    const flame_tasks *tasks;
    bool *shown;
} task_tree;

static void print_head(const task_tree *tree, size_t index, int indent)
{
    const flame_task *task = flame_tasks_at(tree->tasks, index);
    command_print("%*s%s%s%s\n", indent, "", task->name, task->running ? ": running" : "",
                  tree->shown[index] ? " (see above)" : "");
}

/* A task, its coroutines, and what it awaits below. */
static void print_task(const task_tree *tree, size_t index, int depth)
{
    const flame_task *task = flame_tasks_at(tree->tasks, index);
    const int indent = INDENT * (depth < DEPTH_MOST ? depth : DEPTH_MOST);
    print_head(tree, index, indent);
    if (tree->shown[index]) return;
    tree->shown[index] = true;
    for (uint32_t i = task->depth; i-- > 0;)
        flame_dump_print_frame(tree->view, &task->frames[i], indent + INDENT);
    for (uint32_t i = 0; i < task->awaited_count; i++) {
        if (depth < 1000)
            print_task(tree, task->awaited[i], depth + 1);
        else
            print_head(tree, task->awaited[i], indent + INDENT);
    }
}

fs_status flame_dump_print_tasks(const flame_dump_view *view, fs_error *error)
{
    const flame_tasks *tasks = view->dumped->tasks;
    const size_t count = flame_tasks_count(tasks);
    if (flame_tasks_unseen(tasks)) {
        command_print(
            "\nTasks of asyncio: not known, for a file that the program had mapped cannot be read\n");
        return FS_OK;
    }
    task_tree tree = {.view = view, .tasks = tasks, .shown = fs_alloc_0(count, sizeof *tree.shown)};
    if (!tree.shown) return fs_fail_memory(error, "dumping", count);
    command_print(count ? "\nTasks of asyncio: %zu\n" : "\nNo tasks of asyncio\n", count);
    /* Those that nobody awaits; then what is left, tasks that await each other in a circle. */
    for (int rest = 0; rest < 2; rest++)
        for (size_t i = 0; i < count; i++) {
            if (tree.shown[i] || (!rest && flame_tasks_at(tasks, i)->awaiters)) continue;
            command_print("\n");
            print_task(&tree, i, 0);
        }
    fs_free(tree.shown);
    return FS_OK;
}

void flame_dump_json_tasks(const flame_dumped *dumped, fs_json *out)
{
    if (flame_tasks_unseen(dumped->tasks)) {
        fs_json_null(out);
        return;
    }
    fs_json_array(out);
    for (size_t i = 0; i < flame_tasks_count(dumped->tasks); i++) {
        const flame_task *task = flame_tasks_at(dumped->tasks, i);
        char id[24];
        fs_json_object(out);
        snprintf(id, sizeof id, "0x%" PRIx64, task->address);
        fs_json_key_string(out, "id", id);
        fs_json_key_string(out, "name", task->name);
        fs_json_key_bool(out, "running", task->running);
        fs_json_key_array(out, "awaits");
        for (uint32_t k = 0; k < task->awaited_count; k++) {
            snprintf(id, sizeof id, "0x%" PRIx64, flame_tasks_at(dumped->tasks, task->awaited[k])->address);
            fs_json_string(out, id);
        }
        fs_json_end_array(out);
        fs_json_key_array(out, "frames");
        for (uint32_t k = 0; k < task->depth; k++) {
            fs_json_object(out);
            flame_dump_json_frame(dumped, &task->frames[k], out);
            fs_json_end_object(out);
        }
        fs_json_end_array(out);
        fs_json_end_object(out);
    }
    fs_json_end_array(out);
}
