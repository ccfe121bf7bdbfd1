/*
 * flame_dump_output.h - what `flame dump` prints of a process, for people and as JSON.
 */
#ifndef CLI_FLAME_DUMP_OUTPUT_H
#define CLI_FLAME_DUMP_OUTPUT_H

#include "flame_dump.h"
#include "json_writer.h"

/* A process that was read, with what is said of it beside its stacks. */
typedef struct flame_dump_view {
    const flame_dumped *dumped;
    const char *title;  /* its command line */
    const char *folder; /* paths are shown without it; NULL: whole */
    bool full_paths;
} flame_dump_view;

/* On standard output. FS_MEMORY. */
FS_CHECK fs_status flame_dump_print(const flame_dump_view *view, fs_error *error);
void flame_dump_json(const flame_dump_view *view, fs_json *out);

/* A frame on a line: its function and, in a column, its place; `indent` cells before it. */
void flame_dump_print_frame(const flame_dump_view *view, const flame_frame *frame, int indent);
void flame_dump_json_frame(const flame_dumped *dumped, const flame_frame *frame, fs_json *out); /* its keys */

/* flame_dump_tasks.c: the tasks of asyncio, each below one that awaits it, outermost frame first. FS_MEMORY.
 */
FS_CHECK fs_status flame_dump_print_tasks(const flame_dump_view *view, fs_error *error);
void flame_dump_json_tasks(const flame_dumped *dumped, fs_json *out); /* an array; null: not known */

#endif
