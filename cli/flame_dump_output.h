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

void flame_dump_print(const flame_dump_view *view); /* on standard output */
void flame_dump_json(const flame_dump_view *view, fs_json *out);

#endif
