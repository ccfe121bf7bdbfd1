/* The counts of a call tree: added, looked up, summed. */
#include "tree_private.h"

#include <string.h>

bool flame_tree_reserve_rests(flame_tree *tree, size_t count)
{
    if (count <= tree->rest_count) return true;
    if (!FS_GROW(tree->rests, tree->rest_capacity, count)) {
        tree->failed = true;
        return false;
    }
    memset(tree->rests + tree->rest_count, 0, (count - tree->rest_count) * sizeof *tree->rests);
    tree->rest_count = count;
    return true;
}

/* The counts of nodes before `count` are set. */
static void reserve_counts(flame_tree *tree, size_t count)
{
    if (count <= tree->counted) return;
    for (size_t side = 0; side < SIDES; side++) {
        flame_node_counts *counts = tree->counts[side];
        if (counts) memset(counts + tree->counted, 0, (count - tree->counted) * sizeof *counts);
    }
    tree->counted = count;
}

static void add_to(double *value, double *rest, flame_exact more)
{
    flame_exact sum = flame_exact_add((flame_exact){.value = *value, .rest = *rest}, more);
    *value = sum.value;
    *rest = sum.rest;
}

void flame_tree_add(flame_tree *tree, uint32_t node, double after, double before)
{
    flame_tree_add_exact(tree, node, flame_exact_of(after), flame_exact_of(before));
}

static void add_to_own(flame_tree *tree, uint32_t node, size_t side, flame_exact more)
{
    double *sum = &tree->counts[side][node].self, rounded = *sum + more.value;
    if (more.rest != 0 || rounded >= FLAME_EXACT_DOUBLE) tree->large = true;
    double none = 0;
    if (!tree->large)
        *sum = rounded;
    else
        add_to(sum,
               flame_tree_reserve_rests(tree, (size_t)node + 1) ? &tree->rests[node][FLAME_SELF_AFTER + side]
                                                                : &none,
               more);
}

void flame_tree_add_exact(flame_tree *tree, uint32_t node, flame_exact after, flame_exact before)
{
    reserve_counts(tree, (size_t)node + 1);
    add_to_own(tree, node, AFTER, after);
    tree->clock = flame_exact_add(tree->clock, after);
    tree->current = node;
    if (before.value == 0) return;
    if (!tree->counts[BEFORE]) /* from now on there are two */
        tree->counts[BEFORE] = fs_alloc_0(tree->node_capacity, sizeof *tree->counts[BEFORE]);
    if (tree->counts[BEFORE])
        add_to_own(tree, node, BEFORE, before);
    else
        tree->failed = true;
}

bool flame_tree_failed(const flame_tree *tree)
{
    return tree->failed;
}

static size_t side_of(flame_sum which)
{
    return which == FLAME_SELF_AFTER || which == FLAME_TOTAL_AFTER ? AFTER : BEFORE;
}

double flame_tree_count(const flame_tree *tree, uint32_t node, flame_sum which)
{
    const flame_node_counts *counts = tree->counts[side_of(which)];
    if (node >= tree->counted || !counts) return 0;
    return which <= FLAME_SELF_BEFORE ? counts[node].self : counts[node].total;
}

flame_counts flame_tree_counts(const flame_tree *tree, uint32_t node)
{
    return (flame_counts){.self_after = flame_tree_count(tree, node, FLAME_SELF_AFTER),
                          .self_before = flame_tree_count(tree, node, FLAME_SELF_BEFORE),
                          .total_after = flame_tree_count(tree, node, FLAME_TOTAL_AFTER),
                          .total_before = flame_tree_count(tree, node, FLAME_TOTAL_BEFORE)};
}

flame_exact flame_tree_exact(const flame_tree *tree, uint32_t node, flame_sum which)
{
    return (flame_exact){.value = flame_tree_count(tree, node, which),
                         .rest = node < tree->rest_count ? tree->rests[node][which] : 0};
}

bool flame_tree_is_large(const flame_tree *tree)
{
    return tree->large;
}

void flame_tree_scale_before(flame_tree *tree, double factor)
{
    if (!flame_tree_is_diff(tree)) return;
    for (size_t i = 0; i < tree->counted; i++) {
        tree->counts[BEFORE][i].self *= factor;
        tree->counts[BEFORE][i].total *= factor;
    }
    for (size_t i = 0; i < tree->rest_count; i++) { /* a share is no whole number, so this is near enough */
        tree->rests[i][FLAME_SELF_BEFORE] *= factor;
        tree->rests[i][FLAME_TOTAL_BEFORE] *= factor;
    }
}

/* Children stand behind their parents, so that from the end on each node's total is whole when it is added. A
 * node's total begins with its own count, when its last child comes. */
static void add_up(flame_tree *tree, size_t side)
{
    flame_node_counts *counts = tree->counts[side];
    for (size_t i = tree->node_count; i-- > 0;) {
        const flame_node *node = &tree->nodes[i];
        if (node->child == FLAME_NONE) counts[i].total = counts[i].self;
        if (i == 0) break;
        flame_node_counts *parent = &counts[node->parent];
        parent->total = (node->sibling == FLAME_NONE ? parent->self : parent->total) + counts[i].total;
    }
    if (counts[0].total >= FLAME_EXACT_DOUBLE) tree->large = true;
}

static void add_up_exactly(flame_tree *tree, size_t side)
{
    flame_node_counts *counts = tree->counts[side];
    double(*rests)[RESTS] = tree->rests;
    flame_sum self = FLAME_SELF_AFTER + side, total = FLAME_TOTAL_AFTER + side;
    for (size_t i = 0; i < tree->node_count; i++) {
        counts[i].total = counts[i].self;
        rests[i][total] = rests[i][self];
    }
    for (size_t i = tree->node_count - 1; i > 0; i--) {
        uint32_t parent = tree->nodes[i].parent;
        add_to(&counts[parent].total, &rests[parent][total],
               (flame_exact){.value = counts[i].total, .rest = rests[i][total]});
    }
}

void flame_tree_finish(flame_tree *tree)
{
    reserve_counts(tree, tree->node_count);
    for (size_t side = 0; side < SIDES; side++)
        if (tree->counts[side]) add_up(tree, side);
    if (!tree->large || !flame_tree_reserve_rests(tree, tree->node_count)) return;
    for (size_t side = 0; side < SIDES; side++)
        if (tree->counts[side]) add_up_exactly(tree, side);
}

bool flame_tree_is_diff(const flame_tree *tree)
{
    return tree->counts[BEFORE] != NULL;
}
