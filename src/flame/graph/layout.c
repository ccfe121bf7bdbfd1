#include "layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AHEAD = 16 };

typedef struct entry {
    const flame_name *name;
    uint32_t node;
    flame_part part;
} entry;

typedef struct maker {
    const flame_tree *tree;
    const flame_layout_options *options;
    flame_layout *layout;
    size_t capacity;
    entry *entries; /* of the frame at hand */
    size_t entries_capacity;
    double *gone; /* of each node, for FLAME_GONE */
} maker;

static double total_of(const maker *m, uint32_t node)
{
    if (m->options->measure == FLAME_GONE) return m->gone[node];
    bool before = m->options->measure == FLAME_BEFORE;
    return flame_tree_count(m->tree, node, before ? FLAME_TOTAL_BEFORE : FLAME_TOTAL_AFTER);
}

static double self_of(const maker *m, uint32_t node)
{
    switch (m->options->measure) {
    case FLAME_BEFORE:
        return flame_tree_count(m->tree, node, FLAME_SELF_BEFORE);
    case FLAME_GONE:
        if (flame_tree_count(m->tree, node, FLAME_TOTAL_AFTER) != 0) return 0;
        return flame_tree_count(m->tree, node, FLAME_SELF_BEFORE);
    case FLAME_AFTER:
        break;
    }
    return flame_tree_count(m->tree, node, FLAME_SELF_AFTER);
}

static double delta_of(const maker *m, uint32_t index, flame_part part)
{
    flame_counts counts = flame_tree_counts(m->tree, index);
    if (m->options->delta == FLAME_DELTA_TOTAL) return counts.total_after - counts.total_before;
    return part & FLAME_PART_SELF ? counts.self_after - counts.self_before : 0;
}

/* ---- the order of folded lines ---- */

/* What follows the name in a line: its annotation, then ";" before a callee or " " and digits before the
 * count. Written backwards, so that it can be compared without putting the line together. */
static const char *after_name(const entry *e)
{
    static const char *const self[] = {" 0", "_[k] 0", "_[i] 0", "_[j] 0", "_[w] 0"};
    static const char *const callees[] = {";", "_[k];", "_[i];", "_[j];", "_[w];"};
    unsigned kind = e->name->kind <= FLAME_WAKER ? e->name->kind : FLAME_PLAIN;
    return e->part == FLAME_PART_CALLEES ? callees[kind] : self[kind];
}

static int compare_entries(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    size_t la = a->name->length, lb = b->name->length, common = la < lb ? la : lb;
    int order = common ? memcmp(a->name->text, b->name->text, common) : 0;
    if (order) return order;
    const char *ta = after_name(a), *tb = after_name(b);
    for (size_t i = common;; i++) {
        unsigned char ca = (unsigned char)(i < la ? a->name->text[i] : ta[i - la]);
        unsigned char cb = (unsigned char)(i < lb ? b->name->text[i] : tb[i - lb]);
        if (ca != cb) return ca < cb ? -1 : 1;
        if (ca == 0) break;
    }
    if (a->node != b->node) return a->node < b->node ? -1 : 1;
    return (a->part > b->part) - (a->part < b->part);
}

static fs_status add_entry(maker *m, size_t *count, uint32_t node, flame_part part, fs_error *error)
{
    if (!FS_GROW(m->entries, m->entries_capacity, *count + 1))
        return fs_fail_memory(error, "laying out a flame graph", (*count + 1) * sizeof *m->entries);
    const flame_name *name = flame_tree_name_of(m->tree, flame_tree_node(m->tree, node)->name);
    m->entries[(*count)++] = (entry){.name = name, .node = node, .part = part};
    return FS_OK;
}

static fs_status add_child(maker *m, uint32_t child, size_t *count, fs_error *error)
{
    const flame_node *node = flame_tree_node(m->tree, child);
    flame_part part = FLAME_PART_WHOLE;
    if (m->options->order == FLAME_ORDER_BYTES && node->child != FLAME_NONE) {
        flame_counts counts = flame_tree_counts(m->tree, child);
        part = FLAME_PART_CALLEES;
        fs_status status = FS_OK;
        if (counts.self_after != 0 || counts.self_before != 0)
            status = add_entry(m, count, child, FLAME_PART_SELF, error);
        if (status != FS_OK) return status;
    }
    return add_entry(m, count, child, part, error);
}

/* The children of a node as they lie side by side, in m->entries; none when each is too narrow. */
static fs_status list_children(maker *m, uint32_t parent, size_t *count, fs_error *error)
{
    uint32_t first = flame_tree_node(m->tree, parent)->child, child = first;
    *count = 0;
    while (child != FLAME_NONE && total_of(m, child) < m->options->least)
        child = flame_tree_node(m->tree, child)->sibling;
    if (child == FLAME_NONE) return FS_OK; /* so it is below most of the narrow ones */
    for (child = first; child != FLAME_NONE; child = flame_tree_node(m->tree, child)->sibling) {
        fs_status status = add_child(m, child, count, error);
        if (status != FS_OK) return status;
    }
    if (m->options->order != FLAME_ORDER_BYTES || *count == 0) return FS_OK;
    qsort(m->entries, *count, sizeof *m->entries, compare_entries);
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        if (kept > 0 && m->entries[kept - 1].node == m->entries[i].node)
            m->entries[kept - 1].part = FLAME_PART_WHOLE;
        else
            m->entries[kept++] = m->entries[i];
    }
    *count = kept;
    return FS_OK;
}

/* ---- rectangles ---- */

static fs_status add_rect(maker *m, flame_rect rect, fs_error *error)
{
    flame_layout *layout = m->layout;
    if (!FS_GROW(layout->rects, m->capacity, layout->count + 1))
        return fs_fail_memory(error, "laying out a flame graph", (layout->count + 1) * sizeof rect);
    layout->rects[layout->count++] = rect;
    return FS_OK;
}

static double part_width(const maker *m, const entry *e)
{
    double self = e->part == FLAME_PART_WHOLE ? 0 : self_of(m, e->node);
    return e->part == FLAME_PART_SELF ? self : total_of(m, e->node) - self;
}

static fs_status lay_children(maker *m, size_t parent, fs_error *error)
{
    flame_rect above = m->layout->rects[parent];
    size_t count;
    fs_status status = list_children(m, above.node, &count, error);
    bool timed = m->options->order == FLAME_ORDER_TIME && m->options->measure == FLAME_AFTER &&
                 flame_tree_in_time(m->tree);
    double at = above.start + (above.part & FLAME_PART_SELF ? self_of(m, above.node) : 0);
    for (size_t i = 0; i < count && status == FS_OK; i++) {
        const entry *e = &m->entries[i];
        double width = part_width(m, e);
        if (timed) at = flame_tree_start(m->tree, e->node).value;
        if (width >= m->options->least) {
            flame_rect rect = {.start = at,
                               .end = at + width,
                               .delta = delta_of(m, e->node, e->part),
                               .node = e->node,
                               .name = flame_tree_node(m->tree, e->node)->name,
                               .level = above.level + 1,
                               .part = e->part};
            status = add_rect(m, rect, error);
        }
        at += width;
    }
    return status;
}

/* Samples of the first profile below frames that the second one lacks, added up to the root. */
static fs_status sum_gone(maker *m, fs_error *error)
{
    uint32_t nodes = flame_tree_nodes(m->tree);
    m->gone = fs_alloc_0(nodes, sizeof *m->gone);
    if (!m->gone) return fs_fail_memory(error, "looking for vanished frames", nodes * sizeof *m->gone);
    for (uint32_t i = nodes; i-- > 0;) {
        m->gone[i] += self_of(m, i);
        uint32_t parent = flame_tree_node(m->tree, i)->parent;
        if (parent != FLAME_NONE) m->gone[parent] += m->gone[i];
    }
    return FS_OK;
}

static double largest_delta(const maker *m)
{
    double most = 0;
    if (!flame_tree_is_diff(m->tree)) return 0;
    uint32_t nodes = flame_tree_nodes(m->tree);
    /* In totals the root would outshine the rest: a longer second run is a change everywhere. */
    for (uint32_t i = m->options->delta == FLAME_DELTA_TOTAL && nodes > 1 ? 1 : 0; i < nodes; i++) {
        double delta = fabs(delta_of(m, i, FLAME_PART_WHOLE));
        if (delta > most) most = delta;
    }
    return most;
}

/* Levels above the first one wanted had to be laid out to reach it; they are dropped here. */
static void drop_first_levels(flame_layout *layout, uint32_t first)
{
    size_t from = 0;
    while (from < layout->count && layout->rects[from].level < first) from++;
    layout->count -= from;
    if (from && layout->count)
        memmove(layout->rects, layout->rects + from, layout->count * sizeof *layout->rects);
}

/* Children are linked, so that each waits for the one before; lists of several nodes can wait together. So
 * those of the next rectangles are walked ahead, a step each time, and what is looked at later is on its way.
 */
static void walk_ahead(const maker *m, size_t at, uint32_t ahead[AHEAD])
{
    const flame_layout *layout = m->layout;
    for (size_t i = 0; i < AHEAD; i++) {
        if (ahead[i] == FLAME_NONE) continue;
        ahead[i] = flame_tree_node(m->tree, ahead[i])->sibling;
        if (ahead[i] != FLAME_NONE) flame_tree_prefetch(m->tree, ahead[i]);
    }
    uint32_t *fresh = &ahead[at % AHEAD];
    *fresh = FLAME_NONE;
    if (at + AHEAD < layout->count) *fresh = flame_tree_node(m->tree, layout->rects[at + AHEAD].node)->child;
    if (*fresh != FLAME_NONE) flame_tree_prefetch(m->tree, *fresh);
}

fs_status flame_layout_make(const flame_tree *tree, const flame_layout_options *options, flame_layout *layout,
                            fs_error *error)
{
    maker m = {.tree = tree, .options = options, .layout = layout};
    fs_status status = FS_OK;
    *layout = (flame_layout){0};
    if (options->measure == FLAME_GONE) status = sum_gone(&m, error);
    if (status != FS_OK) goto cleanup;

    layout->total = total_of(&m, 0);
    layout->most_delta = largest_delta(&m);
    if (layout->total >= options->least) {
        flame_rect root = {.end = layout->total,
                           .delta = delta_of(&m, 0, FLAME_PART_WHOLE),
                           .name = FLAME_NONE,
                           .part = FLAME_PART_WHOLE};
        status = add_rect(&m, root, error);
    }
    uint32_t ahead[AHEAD];
    for (size_t i = 0; i < AHEAD; i++) ahead[i] = FLAME_NONE;
    /* The rectangles themselves are the queue: each is visited once, and its children go to the end. */
    for (size_t i = 0; i < layout->count && status == FS_OK; i++) {
        if (layout->rects[i].part == FLAME_PART_SELF) continue;
        if (options->last && layout->rects[i].level >= options->last) break;
        walk_ahead(&m, i, ahead);
        status = lay_children(&m, i, error);
    }
    if (options->first) drop_first_levels(layout, options->first);
    if (layout->count) layout->levels = layout->rects[layout->count - 1].level + 1;
cleanup:
    fs_free(m.gone);
    fs_free(m.entries);
    return status;
}

void flame_layout_fini(flame_layout *layout)
{
    fs_free(layout->rects);
    *layout = (flame_layout){0};
}
