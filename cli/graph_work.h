/*
 * graph_work.h - from inputs to a picture: what flame graph, flame diff and flamegraph share.
 */
#ifndef CLI_GRAPH_WORK_H
#define CLI_GRAPH_WORK_H

#include "command.h"
#include "flame_input.h"
#include "graph.h"
#include "output_format.h"

/* What the options set (graph_option_rows.h). One per process: option tables name their targets. */
typedef struct graph_settings {
    flame_graph_options picture; /* completed by graph_prepare */
    const char *output;          /* NULL: not said */
    const char *min_width, *depth, *palette_file, *attribute_file;
    int64_t frame_height, seed, rows, functions;
    int palette, delta;
    int form; /* flame_output_form; FLAME_OUTPUT_UNKNOWN: by the ending of the output */
    bool count_named, gone_given, hash, random, deterministic, keep_palette, reverse, strip_addresses,
        flame_chart, no_sort, text, ascii;
    command_list base;
} graph_settings;

extern graph_settings graph_setting;
extern const char *const graph_delta_words[];

extern const char *const graph_form_words[];

/* The rest of graph_setting.picture from the words given, with the files they name read, after a check that
 * no output goes over them or the inputs; `form` is worked out too. Complains itself; returns an exit status.
 */
int graph_prepare(int count, char **inputs);

/* Take what is counted, the title and the notes from what the input says, unless a person said them. */
void graph_name_counts(const flame_report *report);

/* --base and --reverse: *tree is replaced by the tree they ask for. */
FS_CHECK fs_status graph_reshape(flame_tree **tree, fs_error *error);

/* The finished tree in the form asked for, and the palette file. */
FS_CHECK fs_status graph_write(const flame_tree *tree, fs_output *output, fs_error *error);

/* How text should look on standard output. */
flame_text_options graph_text_options(void);

/* Release what graph_prepare took. */
void graph_end(void);

#endif
