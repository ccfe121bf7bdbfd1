#include "difference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void flame_tree_normalize(flame_tree *tree)
{
    flame_tree_finish(tree);
    flame_counts root = flame_tree_counts(tree, 0);
    if (root.total_before > 0 && root.total_after > 0)
        flame_tree_scale_before(tree, root.total_after / root.total_before);
}

static int by_change(const void *left, const void *right)
{
    const flame_function_change *a = left, *b = right;
    double self_a = fabs(a->self_after - a->self_before), self_b = fabs(b->self_after - b->self_before);
    if (self_a != self_b) return self_a > self_b ? -1 : 1;
    double total_a = fabs(a->total_after - a->total_before);
    double total_b = fabs(b->total_after - b->total_before);
    if (total_a != total_b) return total_a > total_b ? -1 : 1;
    return a->name < b->name ? -1 : a->name > b->name;
}

fs_status flame_tree_changes(const flame_tree *tree, flame_function_change **changes, size_t *count,
                             fs_error *error)
{
    *changes = NULL;
    *count = 0;
    uint32_t names = flame_tree_names(tree), nodes = flame_tree_nodes(tree);
    flame_function_change *table = fs_alloc_0(names, sizeof *table);
    uint32_t *open = fs_alloc_0(names, sizeof *open); /* how often a name is on the path */
    if (!table || !open) {
        fs_free(table);
        fs_free(open);
        return fs_fail_memory(error, "comparing two profiles", (size_t)names * sizeof *table);
    }
    for (uint32_t i = 0; i < names; i++) table[i].name = i;
    for (uint32_t i = 1; i < nodes; i++) {
        flame_function_change *change = &table[flame_tree_node(tree, i)->name];
        flame_counts counts = flame_tree_counts(tree, i);
        change->self_before += counts.self_before;
        change->self_after += counts.self_after;
    }
    /* Depth first, closing a name when its node is left, so that recursion counts once. */
    uint32_t at = 0;
    for (;;) {
        const flame_node *node = flame_tree_node(tree, at);
        if (at != 0 && open[node->name]++ == 0) {
            flame_counts counts = flame_tree_counts(tree, at);
            table[node->name].total_before += counts.total_before;
            table[node->name].total_after += counts.total_after;
        }
        if (node->child != FLAME_NONE) {
            at = node->child;
            continue;
        }
        while (at != 0) {
            node = flame_tree_node(tree, at);
            open[node->name]--;
            if (node->sibling != FLAME_NONE) break;
            at = node->parent;
        }
        if (at == 0) break;
        at = node->sibling;
    }
    fs_free(open);
    if (names > 0) qsort(table, names, sizeof *table, by_change);
    *changes = table;
    *count = names;
    return FS_OK;
}
