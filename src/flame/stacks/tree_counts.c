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

/* The own counts of nodes before `count` are set. */
static void reserve_counts(flame_tree *tree, size_t count)
{
    if (count <= tree->counted) return;
    size_t bytes = (count - tree->counted) * sizeof(double);
    memset(tree->counts[FLAME_SELF_AFTER] + tree->counted, 0, bytes);
    if (tree->counts[FLAME_SELF_BEFORE]) memset(tree->counts[FLAME_SELF_BEFORE] + tree->counted, 0, bytes);
    tree->counted = count;
}

/* From now on there are two counts. */
static void become_difference(flame_tree *tree)
{
    for (flame_sum which = FLAME_SELF_BEFORE; which <= FLAME_TOTAL_BEFORE; which += 2) {
        if (!tree->counts[which]) tree->counts[which] = fs_alloc_0(tree->node_capacity, sizeof(double));
        if (!tree->counts[which]) tree->failed = true;
    }
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

static void add_to_sum(flame_tree *tree, uint32_t node, flame_sum which, flame_exact more)
{
    double *sum = &tree->counts[which][node], rounded = *sum + more.value;
    if (more.rest != 0 || rounded >= FLAME_EXACT_DOUBLE) tree->large = true;
    double none = 0;
    if (!tree->large)
        *sum = rounded;
    else
        add_to(sum, flame_tree_reserve_rests(tree, (size_t)node + 1) ? &tree->rests[node][which] : &none,
               more);
}

void flame_tree_add_exact(flame_tree *tree, uint32_t node, flame_exact after, flame_exact before)
{
    reserve_counts(tree, (size_t)node + 1);
    add_to_sum(tree, node, FLAME_SELF_AFTER, after);
    tree->clock = flame_exact_add(tree->clock, after);
    tree->current = node;
    if (before.value == 0) return;
    if (!flame_tree_is_diff(tree)) become_difference(tree);
    if (flame_tree_is_diff(tree)) add_to_sum(tree, node, FLAME_SELF_BEFORE, before);
}

bool flame_tree_failed(const flame_tree *tree)
{
    return tree->failed;
}

double flame_tree_count(const flame_tree *tree, uint32_t node, flame_sum which)
{
    size_t set = which <= FLAME_SELF_BEFORE ? tree->counted : tree->finished;
    return node < set && tree->counts[which] ? tree->counts[which][node] : 0;
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
    for (size_t i = 0; i < tree->counted; i++) tree->counts[FLAME_SELF_BEFORE][i] *= factor;
    for (size_t i = 0; i < tree->finished; i++) tree->counts[FLAME_TOTAL_BEFORE][i] *= factor;
    for (size_t i = 0; i < tree->rest_count; i++) { /* a share is no whole number, so this is near enough */
        tree->rests[i][FLAME_SELF_BEFORE] *= factor;
        tree->rests[i][FLAME_TOTAL_BEFORE] *= factor;
    }
}

static void add_up(flame_tree *tree, flame_sum self, flame_sum total)
{
    double *totals = tree->counts[total];
    if (!totals || !tree->counts[self]) return;
    memcpy(totals, tree->counts[self], tree->node_count * sizeof *totals);
    for (size_t i = tree->node_count - 1; i > 0; i--) totals[tree->nodes[i].parent] += totals[i];
    if (totals[0] >= FLAME_EXACT_DOUBLE) tree->large = true;
}

static void add_up_exactly(flame_tree *tree, flame_sum self, flame_sum total)
{
    double *totals = tree->counts[total], (*rests)[RESTS] = tree->rests;
    if (!totals || !tree->counts[self]) return;
    memcpy(totals, tree->counts[self], tree->node_count * sizeof *totals);
    for (size_t i = 0; i < tree->node_count; i++) rests[i][total] = rests[i][self];
    for (size_t i = tree->node_count - 1; i > 0; i--) {
        uint32_t parent = tree->nodes[i].parent;
        add_to(&totals[parent], &rests[parent][total],
               (flame_exact){.value = totals[i], .rest = rests[i][total]});
    }
}

void flame_tree_finish(flame_tree *tree)
{
    reserve_counts(tree, tree->node_count);
    tree->finished = tree->node_count;
    add_up(tree, FLAME_SELF_AFTER, FLAME_TOTAL_AFTER);
    add_up(tree, FLAME_SELF_BEFORE, FLAME_TOTAL_BEFORE);
    if (!tree->large || !flame_tree_reserve_rests(tree, tree->node_count)) return;
    add_up_exactly(tree, FLAME_SELF_AFTER, FLAME_TOTAL_AFTER);
    add_up_exactly(tree, FLAME_SELF_BEFORE, FLAME_TOTAL_BEFORE);
}

bool flame_tree_is_diff(const flame_tree *tree)
{
    return tree->counts[FLAME_SELF_BEFORE] && tree->counts[FLAME_TOTAL_BEFORE];
}
