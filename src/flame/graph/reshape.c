#include "reshape.h"

#include "stack_builder.h"
#include "text.h"
#include "tree_walk.h"

#include <ctype.h>
#include <string.h>

typedef struct reshaper {
    const flame_tree *from;
    const flame_reshape_options *options;
    flame_builder builder;
    uint32_t *names; /* of `from` to those of the new tree; FLAME_NONE: not met yet */
    uint32_t *stack; /* root first */
    size_t capacity;
    fs_text text;
} reshaper;

static fs_status out_of_memory(fs_error *error)
{
    return fs_fail_memory(error, "turning the stacks", 0);
}

static void add_stripped(fs_text *text, const char *name, size_t length)
{
    for (size_t i = 0; i < length;) {
        fs_text_char(text, name[i]);
        if (name[i++] != 'x' || i < 2 || name[i - 2] != '0' || i == length ||
            !isxdigit((unsigned char)name[i]))
            continue;
        while (i < length && isxdigit((unsigned char)name[i])) i++;
        fs_text_add(text, "...");
    }
}

static fs_status new_name(reshaper *r, uint32_t id, fs_error *error)
{
    const flame_name *name = flame_tree_name_of(r->from, id);
    if (r->names[id] != FLAME_NONE) return FS_OK;
    fs_text_clear(&r->text);
    if (r->options->strip_addresses)
        add_stripped(&r->text, name->text, name->length);
    else
        fs_text_append(&r->text, name->text, name->length);
    fs_text_add(&r->text, flame_kind_annotation(name->kind));
    if (r->text.failed) return out_of_memory(error);
    return flame_tree_name(r->builder.tree, fs_text_string(&r->text), r->text.length,
                           name->kind != FLAME_PLAIN, &r->names[id], error);
}

static bool is_base(const reshaper *r, uint32_t id)
{
    const char *name = flame_tree_name_of(r->from, id)->text;
    for (size_t i = 0; i < r->options->base_count; i++)
        if (strcmp(r->options->base[i], name) == 0) return true;
    return false;
}

/* The samples that end at `node`, under their new stack. */
static fs_status move_samples(reshaper *r, uint32_t node, flame_exact after, flame_exact before,
                              fs_error *error)
{
    size_t depth = 0, keep = r->options->base_count ? 0 : SIZE_MAX; /* frames from the leaf down */
    if (after.value == 0 && before.value == 0) return FS_OK;
    for (uint32_t at = node; at != 0; at = flame_tree_node(r->from, at)->parent) {
        uint32_t id = flame_tree_node(r->from, at)->name;
        if (!FS_GROW(r->stack, r->capacity, depth + 1)) return out_of_memory(error);
        fs_status status = new_name(r, id, error);
        if (status != FS_OK) return status;
        r->stack[depth++] = r->names[id];
        if (r->options->base_count && is_base(r, id)) keep = depth;
    }
    if (keep == 0) return FS_OK;
    if (keep < depth) depth = keep;
    if (!r->options->reverse) { /* it was taken leaf first */
        for (size_t i = 0; i < depth / 2; i++) {
            uint32_t other = r->stack[depth - 1 - i];
            r->stack[depth - 1 - i] = r->stack[i];
            r->stack[i] = other;
        }
    }
    uint32_t end;
    fs_status status = flame_builder_names(&r->builder, r->stack, depth, &end, error);
    if (status == FS_OK) flame_tree_add_exact(r->builder.tree, end, after, before);
    return status;
}

/* In time order a frame's own samples lie before, between and after its callees: hand them on piece by piece
 * as time goes by. */
static fs_status move_in_time(reshaper *r, fs_error *error)
{
    const flame_tree *tree = r->from;
    double now = 0, grain = flame_tree_counts(tree, 0).total_after * 1e-9; /* less is rounding */
    uint32_t depth = 0, at = 0;
    fs_status status = FS_OK;
    while (status == FS_OK) {
        uint32_t next = flame_tree_next(tree, at, &depth);
        uint32_t parent = next == FLAME_NONE ? FLAME_NONE : flame_tree_node(tree, next)->parent;
        for (; at != parent && at != FLAME_NONE && status == FS_OK; at = flame_tree_node(tree, at)->parent) {
            double end = flame_tree_start(tree, at).value + flame_tree_counts(tree, at).total_after;
            if (end - now > grain)
                status = move_samples(r, at, flame_exact_of(end - now), flame_exact_of(0), error);
            if (end > now) now = end;
        }
        if (next == FLAME_NONE || status != FS_OK) break;
        double start = flame_tree_start(tree, next).value;
        if (start - now > grain)
            status = move_samples(r, parent, flame_exact_of(start - now), flame_exact_of(0), error);
        if (start > now) now = start;
        at = next;
    }
    return status;
}

fs_status flame_tree_reshape(const flame_tree *tree, const flame_reshape_options *options,
                             flame_tree **reshaped, fs_error *error)
{
    uint32_t names = flame_tree_names(tree);
    reshaper r = {.from = tree, .options = options};
    flame_tree *made = NULL;
    *reshaped = NULL;
    fs_text_init(&r.text);
    fs_status status = flame_tree_create(&made, error);
    if (status != FS_OK) return status;
    flame_builder_init(&r.builder, made, flame_tree_in_time(tree));
    r.names = fs_alloc(names, sizeof *r.names);
    if (!r.names) {
        status = out_of_memory(error);
        goto cleanup;
    }
    for (uint32_t i = 0; i < names; i++) r.names[i] = FLAME_NONE;
    if (flame_tree_in_time(tree)) {
        status = move_in_time(&r, error);
    } else {
        for (uint32_t i = 0; i < flame_tree_nodes(tree) && status == FS_OK; i++) {
            status = move_samples(&r, i, flame_tree_exact(r.from, i, FLAME_SELF_AFTER),
                                  flame_tree_exact(r.from, i, FLAME_SELF_BEFORE), error);
        }
    }
    if (status != FS_OK) goto cleanup;
    flame_tree_finish(made);
    *reshaped = made;
    made = NULL;
cleanup:
    flame_builder_fini(&r.builder);
    fs_free(r.names);
    fs_free(r.stack);
    fs_text_fini(&r.text);
    flame_tree_destroy(made);
    return status;
}
