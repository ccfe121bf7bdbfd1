#include "sample_order.h"

#include "tree_walk.h"

#include <string.h>

/* Time passes at a node, up to `to`. Sums that were rounded differently must not run backwards. */
static void pass(uint32_t node, double to, double *clock, flame_on_sample on_sample, void *context)
{
    if (!(to > *clock)) return;
    on_sample(context, node, to - *clock);
    *clock = to;
}

static void in_time(const flame_tree *tree, flame_on_sample on_sample, void *context)
{
    double clock = 0;
    uint32_t at = 0;
    for (;;) {
        const flame_node *node = flame_tree_node(tree, at);
        if (node->child != FLAME_NONE) {
            pass(at, flame_tree_start(tree, node->child).value, &clock, on_sample, context);
            at = node->child;
            continue;
        }
        for (;;) {
            pass(at, flame_tree_start(tree, at).value + flame_tree_counts(tree, at).total_after, &clock,
                 on_sample, context);
            if (at == 0) return;
            if (node->sibling != FLAME_NONE) break;
            at = node->parent;
            node = flame_tree_node(tree, at);
        }
        pass(node->parent, flame_tree_start(tree, node->sibling).value, &clock, on_sample, context);
        at = node->sibling;
    }
}

void flame_each_sample(const flame_tree *tree, flame_on_sample on_sample, void *context)
{
    if (flame_tree_in_time(tree)) {
        in_time(tree, on_sample, context);
        return;
    }
    uint32_t depth = 0;
    for (uint32_t at = 0; at != FLAME_NONE; at = flame_tree_next(tree, at, &depth)) {
        double self = flame_tree_counts(tree, at).self_after;
        if (self > 0) on_sample(context, at, self);
    }
}

double flame_profile_microseconds(const flame_profile *profile)
{
    static const struct {
        const char *unit;
        double microseconds;
    } known[] = {{"nanoseconds", 1e-3}, {"microseconds", 1}, {"milliseconds", 1e3}, {"seconds", 1e6}};
    if (profile->period > 0) return profile->period / 1000;
    for (size_t i = 0; profile->unit && i < sizeof known / sizeof *known; i++)
        if (strcmp(profile->unit, known[i].unit) == 0) return known[i].microseconds;
    return 0;
}
