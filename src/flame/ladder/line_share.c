#include "line_share.h"

#include <stdlib.h>
#include <string.h>

static int by_self(const void *a, const void *b)
{
    const flame_line_share *x = a, *y = b;
    if (x->self != y->self) return x->self < y->self ? 1 : -1;
    if (x->total != y->total) return x->total < y->total ? 1 : -1;
    return (x->name > y->name) - (x->name < y->name);
}

typedef struct numbered {
    flame_frame_parts frame;
    uint32_t name;
} numbered;

static int by_line(const void *a, const void *b)
{
    const flame_frame_parts *x = &((const numbered *)a)->frame, *y = &((const numbered *)b)->frame;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    if (x->file_length != y->file_length) return x->file_length < y->file_length ? -1 : 1;
    return x->file && y->file ? memcmp(x->file, y->file, x->file_length) : 0;
}

/* One name stands for all frames of a line: a comprehension and the function around it share it. */
static bool stand_ins(const flame_line_share *list, uint32_t names, uint32_t *stands)
{
    numbered *sorted = fs_alloc((size_t)names + 1, sizeof *sorted);
    if (!sorted) return false;
    for (uint32_t i = 0; i < names; i++) sorted[i] = (numbered){.frame = list[i].frame, .name = i};
    qsort(sorted, names, sizeof *sorted, by_line);
    for (uint32_t i = 0; i < names; i++) {
        const numbered *one = &sorted[i];
        bool same = i > 0 && one->frame.file && one->frame.line > 0 && by_line(one - 1, one) == 0;
        stands[one->name] = same ? stands[sorted[i - 1].name] : one->name;
    }
    fs_free(sorted);
    return true;
}

/* Totals: walk down and up along the sibling links; a name counts where it is not already on the way. */
static void add_totals(const flame_tree *tree, flame_line_share *list, const uint32_t *stands,
                       uint32_t *on_way)
{
    uint32_t node = 0;
    bool down = true;
    for (;;) {
        const flame_node *n = flame_tree_node(tree, node);
        uint32_t name = n->name == FLAME_NONE ? FLAME_NONE : stands[n->name];
        if (down && name != FLAME_NONE && on_way[name]++ == 0)
            list[name].total += flame_tree_counts(tree, node).total_after;
        if (down && n->child != FLAME_NONE) {
            node = n->child;
            continue;
        }
        if (name != FLAME_NONE) on_way[name]--;
        if (node == 0) return;
        down = n->sibling != FLAME_NONE;
        node = down ? n->sibling : n->parent;
    }
}

fs_status flame_line_shares(const flame_tree *tree, flame_line_share **list, size_t *count, fs_error *error)
{
    uint32_t names = flame_tree_names(tree);
    flame_line_share *made = fs_alloc_0((size_t)names + 1, sizeof *made);
    uint32_t *on_way = fs_alloc_0((size_t)names + 1, sizeof *on_way);
    uint32_t *stands = fs_alloc_0((size_t)names + 1, sizeof *stands);
    if (!made || !on_way || !stands) {
        fs_free(made);
        fs_free(on_way);
        fs_free(stands);
        return fs_fail_memory(error, "finding the hot lines", (size_t)names * sizeof *made);
    }
    for (uint32_t i = 0; i < names; i++) {
        const flame_name *name = flame_tree_name_of(tree, i);
        made[i].name = i;
        made[i].frame = flame_frame_parse(name->text, name->length);
    }
    bool sorted = stand_ins(made, names, stands);
    for (uint32_t i = 1; sorted && i < flame_tree_nodes(tree); i++) {
        const flame_node *node = flame_tree_node(tree, i);
        if (node->name != FLAME_NONE) made[stands[node->name]].self += flame_tree_counts(tree, i).self_after;
    }
    if (sorted) add_totals(tree, made, stands, on_way);
    fs_free(on_way);
    fs_free(stands);
    if (!sorted) {
        fs_free(made);
        return fs_fail_memory(error, "finding the hot lines", 0);
    }
    qsort(made, names, sizeof *made, by_self);
    *list = made;
    *count = names;
    return FS_OK;
}

fs_status flame_function_merge(const flame_tree *from, double scale, bool before, flame_tree *into,
                               fs_error *error)
{
    uint32_t nodes = flame_tree_nodes(from);
    uint32_t *place = fs_alloc(nodes, sizeof *place);
    if (!place) return fs_fail_memory(error, "comparing two profiles", nodes * sizeof *place);
    fs_status status = FS_OK;
    place[0] = 0;
    for (uint32_t i = 1; i < nodes && status == FS_OK; i++) {
        const flame_node *node = flame_tree_node(from, i);
        const flame_name *name = flame_tree_name_of(from, node->name);
        flame_frame_parts frame = flame_frame_parse(name->text, name->length);
        uint32_t id;
        status = flame_tree_name(into, frame.function, frame.function_length, false, &id, error);
        if (status == FS_OK) status = flame_tree_child(into, place[node->parent], id, &place[i], error);
        if (status != FS_OK) break;
        double samples = flame_tree_counts(from, i).self_after * scale;
        if (samples > 0) flame_tree_add(into, place[i], before ? 0 : samples, before ? samples : 0);
    }
    fs_free(place);
    return status;
}
