#include "stack_writer.h"
#include "text.h"
#include "tree_walk.h"

#include <string.h>

/* A frame's name cannot hold what the format is made of, and the first not begin as a comment does. */
static void add_frame(fs_text *line, const flame_name *name)
{
    size_t start = line->length;
    fs_text_append(line, name->text, name->length);
    if (line->failed) return;
    for (char *c = line->data + start; c < line->data + line->length; c++) {
        if (*c == ';') *c = ':';
        if (*c == '\n' || *c == '\r') *c = ' ';
    }
    if (start == 0 && strcmp(line->data, "#") == 0) fs_text_char(line, '_');
    if (start == 0 && strncmp(line->data, "# ", 2) == 0) line->data[1] = '_';
    fs_text_add(line, flame_kind_annotation(name->kind));
}

static size_t add_count(char *out, flame_exact count)
{
    *out = ' ';
    return 1 + flame_exact_format(count, out + 1);
}

fs_status flame_write_folded(const flame_tree *tree, fs_output *output, fs_error *error)
{
    fs_status status = FS_OK;
    if (flame_tree_failed(tree)) return fs_fail_memory(error, "adding up counts", 0);
    bool diff = flame_tree_is_diff(tree);
    size_t *ends = NULL, capacity = 0; /* where the frame at each depth ends in `line` */
    fs_text line;
    fs_text_init(&line);
    uint32_t depth = 0;
    for (uint32_t at = 0; at != FLAME_NONE && !fs_output_failed(output);
         at = flame_tree_next(tree, at, &depth)) {
        const flame_node *node = flame_tree_node(tree, at);
        if (depth > 0) {
            line.length = ends[depth - 1];
            if (depth > 1) fs_text_char(&line, ';');
            add_frame(&line, flame_tree_name_of(tree, node->name));
        }
        if (line.failed || !FS_GROW(ends, capacity, (size_t)depth + 1)) {
            status = fs_fail_memory(error, "writing folded stacks", line.length);
            goto cleanup;
        }
        ends[depth] = line.length;
        flame_counts own = flame_tree_counts(tree, at);
        if (own.self_after > 0 || own.self_before > 0) {
            char counts[2 * FLAME_EXACT_SIZE + 4];
            size_t n = diff ? add_count(counts, flame_tree_exact(tree, at, FLAME_SELF_BEFORE)) : 0;
            n += add_count(counts + n, flame_tree_exact(tree, at, FLAME_SELF_AFTER));
            counts[n++] = '\n';
            if (line.length) fs_output_write(output, line.data, line.length);
            fs_output_write(output, counts, n);
        }
    }
cleanup:
    fs_text_fini(&line);
    fs_free(ends);
    return status;
}

static fs_status write_folded(const flame_tree *tree, const flame_output_settings *settings,
                              fs_output *output, fs_error *error)
{
    const char *note = settings->profile ? settings->profile->note : NULL;
    if (note) fs_output_format(output, "# %s\n", note);
    return flame_write_folded(tree, output, error);
}

const flame_output_format flame_writer_folded = {
    .endings = {".folded", ".txt"},
    .exact = true,
    .write = write_folded,
};
