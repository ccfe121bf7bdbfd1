/* Whole paths in a call tree. */
#include "tree_private.h"

/* Append nodes, each the only child of the one before, below a parent that has none. */
static fs_status add_chain(flame_tree *tree, uint32_t parent, const uint32_t *names, size_t count,
                           uint32_t *nodes, fs_error *error)
{
    if (count >= FLAME_NONE - 1 - tree->node_count)
        return fs_fail(error, FS_UNSUPPORTED, "the call tree has more than 4 thousand million nodes");
    if (!flame_tree_reserve(tree, tree->node_count + count))
        return fs_fail_memory(error, "growing the call tree", tree->node_count * sizeof *tree->nodes);
    uint32_t fresh = (uint32_t)tree->node_count;
    tree->nodes[parent].child = tree->last[parent] = fresh;
    for (size_t i = 0; i < count; i++, fresh++) {
        uint32_t child = i + 1 < count ? fresh + 1 : FLAME_NONE;
        tree->nodes[fresh] =
            (flame_node){.parent = parent, .name = names[i], .child = child, .sibling = FLAME_NONE};
        tree->last[fresh] = child;
        nodes[i] = parent = fresh;
    }
    tree->node_count = fresh;
    return FS_OK;
}

fs_status flame_tree_path(flame_tree *tree, uint32_t parent, const uint32_t *names, size_t count,
                          uint32_t *nodes, fs_error *error)
{
    size_t i = 0;
    for (; i < count && tree->nodes[parent].child != FLAME_NONE; i++) {
        fs_status status = flame_tree_child(tree, parent, names[i], &nodes[i], error);
        if (status) return status;
        parent = nodes[i];
    }
    /* From here on all is new: in stacks that hardly repeat, most of what there is. */
    return i < count ? add_chain(tree, parent, names + i, count - i, nodes + i, error) : FS_OK;
}
