#include "tree_path.h"

#include "tree_private.h"

static void take_step(flame_tree_walk *walk, uint32_t node)
{
    walk->node = node;
    walk->names++;
    walk->count--;
}

/* Go to the node that was found, and on along first children, which mostly lie next to each other. Whether
 * there is another child to look for in the table, whose slot is then on its way. */
static bool arrive(const flame_tree *tree, flame_tree_walk *walk)
{
    const flame_node *nodes = tree->nodes;
    if (walk->next != FLAME_NONE) {
        const flame_node *found = &nodes[walk->next];
        if (found->parent != walk->node || found->name != walk->names[0]) return false;
        take_step(walk, walk->next);
    }
    for (; walk->count > 0; take_step(walk, nodes[walk->node].child)) {
        uint32_t first = nodes[walk->node].child;
        if (first == FLAME_NONE) return false;
        if (nodes[first].name != walk->names[0]) break;
    }
    if (walk->count == 0) return false;
    walk->tag = flame_child_hash(walk->node, walk->names[0]);
    __builtin_prefetch(&tree->child_table[walk->tag & tree->child_mask]);
    return true;
}

static bool look_up(const flame_tree *tree, flame_tree_walk *walk)
{
    size_t at = walk->tag & tree->child_mask;
    while (tree->child_table[at].node != FLAME_NONE && tree->child_table[at].tag != walk->tag)
        at = (at + 1) & tree->child_mask;
    walk->next = tree->child_table[at].node;
    if (walk->next == FLAME_NONE) return false;
    __builtin_prefetch(&tree->nodes[walk->next]);
    return true;
}

void flame_tree_follow(const flame_tree *tree, flame_tree_walk *walks, size_t count)
{
    flame_tree_walk *open[FLAME_WALKS];
    size_t left = count;
    for (size_t i = 0; i < count; i++) {
        open[i] = &walks[i];
        walks[i].next = FLAME_NONE;
    }
    while (left > 0) {
        size_t kept = 0;
        for (size_t i = 0; i < left; i++)
            if (arrive(tree, open[i])) open[kept++] = open[i];
        left = kept;
        kept = 0;
        for (size_t i = 0; i < left; i++)
            if (look_up(tree, open[i])) open[kept++] = open[i];
        left = kept;
    }
    /* Where the next node would be linked in. */
    for (size_t i = 0; i < count; i++) __builtin_prefetch(&tree->last[walks[i].node]);
    for (size_t i = 0; i < count; i++)
        if (tree->last[walks[i].node] != FLAME_NONE)
            __builtin_prefetch(&tree->nodes[tree->last[walks[i].node]], 1);
}

/* Append nodes, each the only child of the one before, below a node that has none. */
static fs_status add_chain(flame_tree *tree, flame_tree_walk *walk, fs_error *error)
{
    size_t count = walk->count;
    if (count >= FLAME_NONE - 1 - tree->node_count)
        return fs_fail(error, FS_UNSUPPORTED, "the call tree has more than 4 thousand million nodes");
    if (!flame_tree_reserve(tree, tree->node_count + count))
        return fs_fail_memory(error, "growing the call tree", tree->node_count * sizeof *tree->nodes);
    uint32_t fresh = (uint32_t)tree->node_count, parent = walk->node;
    tree->nodes[parent].child = tree->last[parent] = fresh;
    for (size_t i = 0; i < count; i++, parent = fresh++) {
        uint32_t child = i + 1 < count ? fresh + 1 : FLAME_NONE;
        tree->nodes[fresh] =
            (flame_node){.parent = parent, .name = walk->names[i], .child = child, .sibling = FLAME_NONE};
        tree->last[fresh] = child;
    }
    tree->node_count = fresh;
    *walk = (flame_tree_walk){.node = parent};
    return FS_OK;
}

fs_status flame_tree_complete(flame_tree *tree, flame_tree_walk *walk, fs_error *error)
{
    while (walk->count > 0 && tree->nodes[walk->node].child != FLAME_NONE) {
        uint32_t node;
        fs_status status = flame_tree_child(tree, walk->node, walk->names[0], &node, error);
        if (status) return status;
        take_step(walk, node);
    }
    /* From here on all is new: in stacks that hardly repeat, most of what there is. */
    return walk->count > 0 ? add_chain(tree, walk, error) : FS_OK;
}
