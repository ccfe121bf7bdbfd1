#include "tree.h"

#include "hash.h"
#include "name_table.h"
#include "text.h"

#include <string.h>

enum { TABLE_FIRST = 256 };

/* Part of the hash beside the node, so that nearly all that do not match are passed over without a look at
 * them. */
typedef struct child_slot {
    uint32_t tag;
    uint32_t node; /* FLAME_NONE: empty */
} child_slot;

struct flame_tree {
    flame_node *nodes;
    uint32_t *last; /* the most recent child of each node, or FLAME_NONE */
    double *start;  /* in time: samples before the node began; NULL until the first such node */
    size_t node_count, node_capacity, last_capacity, start_capacity;

    flame_names names;
    struct renames *renaming; /* NULL: names stay as they are */

    child_slot *child_table; /* nodes but first children, hashed by parent and name */
    size_t child_mask, child_used;

    double (*rests)[4]; /* what the counts of a node lack (exact_count.h); NULL until one lacks something */
    size_t rest_count, rest_capacity;

    double clock;     /* samples added so far */
    uint32_t current; /* the node that samples were added to most recently */
    bool in_time, diff;
    bool large, failed;
};

/* Names on their way to other ones. */
typedef struct renames {
    flame_rename rename;
    void *context;
    flame_names given;
    uint32_t *changed; /* by the id of the name given: that of the new one */
    size_t capacity;
    fs_text text;
} renames;

static uint32_t child_hash(uint32_t parent, uint32_t name)
{
    return (uint32_t)flame_hash_fold((uint64_t)parent << 32 | name, 0x9E3779B97F4A7C15u);
}

const char *flame_kind_annotation(unsigned kind)
{
    static const char *const annotations[] = {"", "_[k]", "_[i]", "_[j]", "_[w]"};
    return kind <= FLAME_WAKER ? annotations[kind] : "";
}

fs_status flame_tree_create(flame_tree **result, fs_error *error)
{
    *result = NULL;
    flame_tree *tree = fs_alloc_0(1, sizeof *tree);
    if (!tree) return fs_fail_memory(error, "making a call tree", sizeof *tree);
    tree->child_table = fs_alloc(TABLE_FIRST, sizeof *tree->child_table);
    if (!flame_names_init(&tree->names) || !tree->child_table ||
        !FS_GROW(tree->nodes, tree->node_capacity, 1) || !FS_GROW(tree->last, tree->last_capacity, 1)) {
        flame_tree_destroy(tree);
        return fs_fail_memory(error, "making a call tree", 0);
    }
    memset(tree->child_table, 0xFF, TABLE_FIRST * sizeof *tree->child_table);
    tree->child_mask = TABLE_FIRST - 1;
    tree->nodes[0] =
        (flame_node){.parent = FLAME_NONE, .name = FLAME_NONE, .child = FLAME_NONE, .sibling = FLAME_NONE};
    tree->last[0] = FLAME_NONE;
    tree->node_count = 1;
    tree->current = FLAME_NONE;
    *result = tree;
    return FS_OK;
}

static void end_renaming(flame_tree *tree)
{
    renames *renaming = tree->renaming;
    tree->renaming = NULL;
    if (!renaming) return;
    flame_names_fini(&renaming->given);
    fs_text_fini(&renaming->text);
    fs_free(renaming->changed);
    fs_free(renaming);
}

void flame_tree_destroy(flame_tree *tree)
{
    if (!tree) return;
    fs_free(tree->nodes);
    fs_free(tree->last);
    fs_free(tree->start);
    fs_free(tree->rests);
    flame_names_fini(&tree->names);
    end_renaming(tree);
    fs_free(tree->child_table);
    fs_free(tree);
}

/* ---- names ---- */

static fs_status add_changed(flame_tree *tree, const char *text, size_t length, unsigned kind, uint32_t *id,
                             fs_error *error)
{
    renames *renaming = tree->renaming;
    size_t before = renaming->given.count;
    uint32_t given;
    if (!FS_GROW(renaming->changed, renaming->capacity, before + 1))
        return fs_fail_memory(error, "changing names", 0);
    fs_status status = flame_names_add(&renaming->given, text, length, kind, &given, error);
    if (status) return status;
    if (given < before && renaming->changed[given] != FLAME_NONE) {
        *id = renaming->changed[given];
        return FS_OK;
    }
    renaming->changed[given] = FLAME_NONE; /* until it is known */
    status = renaming->rename(renaming->context, text, length, &renaming->text, error);
    if (!status)
        status = flame_names_add(&tree->names, fs_text_string(&renaming->text), renaming->text.length, kind,
                                 id, error);
    if (!status) renaming->changed[given] = *id;
    return status;
}

fs_status flame_tree_name(flame_tree *tree, const char *text, size_t length, bool annotated, uint32_t *id,
                          fs_error *error)
{
    unsigned kind = FLAME_PLAIN;
    if (annotated && length >= 4 && text[length - 1] == ']' && text[length - 3] == '[' &&
        text[length - 4] == '_') {
        kind = flame_kind_of_letter(text[length - 2]);
        if (kind != FLAME_PLAIN) length -= 4;
    }
    if (tree->renaming) return add_changed(tree, text, length, kind, id, error);
    return flame_names_add(&tree->names, text, length, kind, id, error);
}

fs_status flame_tree_rename(flame_tree *tree, flame_rename rename, void *context, fs_error *error)
{
    end_renaming(tree);
    if (!rename) return FS_OK;
    renames *made = fs_alloc_0(1, sizeof *made);
    if (!made || !flame_names_init(&made->given)) {
        fs_free(made);
        return fs_fail_memory(error, "changing names", 0);
    }
    made->rename = rename;
    made->context = context;
    fs_text_init(&made->text);
    tree->renaming = made;
    return FS_OK;
}

/* ---- nodes ---- */

static bool grow_children(flame_tree *tree)
{
    size_t slots = (tree->child_mask + 1) * 2;
    child_slot *table = fs_alloc(slots, sizeof *table);
    if (!table) return false;
    memset(table, 0xFF, slots * sizeof *table);
    for (size_t i = 0; i <= tree->child_mask; i++) {
        child_slot slot = tree->child_table[i];
        if (slot.node == FLAME_NONE) continue;
        size_t at = slot.tag & (slots - 1); /* the tag is the part of the hash that chooses the slot */
        while (table[at].node != FLAME_NONE) at = (at + 1) & (slots - 1);
        table[at] = slot;
    }
    fs_free(tree->child_table);
    tree->child_table = table;
    tree->child_mask = slots - 1;
    return true;
}

/* Append a node to the list of its parent's children. */
static fs_status add_node(flame_tree *tree, uint32_t parent, uint32_t name, uint32_t *node, fs_error *error)
{
    if (tree->node_count >= FLAME_NONE - 1)
        return fs_fail(error, FS_UNSUPPORTED, "the call tree has more than 4 thousand million nodes");
    if (!FS_GROW(tree->nodes, tree->node_capacity, tree->node_count + 1) ||
        !FS_GROW(tree->last, tree->last_capacity, tree->node_count + 1))
        return fs_fail_memory(error, "growing the call tree", tree->node_count * sizeof *tree->nodes);
    uint32_t fresh = (uint32_t)tree->node_count;
    if (tree->in_time) {
        if (!FS_GROW(tree->start, tree->start_capacity, tree->node_count + 1))
            return fs_fail_memory(error, "growing the call tree", tree->node_count * sizeof *tree->start);
        tree->start[fresh] = tree->clock;
    }
    tree->nodes[fresh] =
        (flame_node){.parent = parent, .name = name, .child = FLAME_NONE, .sibling = FLAME_NONE};
    tree->last[fresh] = FLAME_NONE;
    if (tree->last[parent] == FLAME_NONE)
        tree->nodes[parent].child = fresh;
    else
        tree->nodes[tree->last[parent]].sibling = fresh;
    tree->last[parent] = fresh;
    tree->node_count++;
    *node = fresh;
    return FS_OK;
}

fs_status flame_tree_child(flame_tree *tree, uint32_t parent, uint32_t name, uint32_t *node, fs_error *error)
{
    /* Most nodes are the only child, so the first one is tried by itself and only the others are in the
     * table. */
    uint32_t first = tree->nodes[parent].child;
    if (first == FLAME_NONE) return add_node(tree, parent, name, node, error);
    uint32_t tag = child_hash(parent, name);
    size_t at = tag & tree->child_mask;
    __builtin_prefetch(&tree->child_table[at]); /* both are far away: wait for them together */
    if (tree->nodes[first].name == name) {
        *node = first;
        return FS_OK;
    }
    for (; tree->child_table[at].node != FLAME_NONE; at = (at + 1) & tree->child_mask) {
        if (tree->child_table[at].tag != tag) continue;
        const flame_node *found = &tree->nodes[tree->child_table[at].node];
        if (found->name == name && found->parent == parent) {
            *node = tree->child_table[at].node;
            return FS_OK;
        }
    }
    if ((tree->child_used + 1) * 4 > (tree->child_mask + 1) * 3) {
        if (!grow_children(tree)) return fs_fail_memory(error, "growing the call tree", 0);
        at = tag & tree->child_mask;
        while (tree->child_table[at].node != FLAME_NONE) at = (at + 1) & tree->child_mask;
    }
    fs_status status = add_node(tree, parent, name, node, error);
    if (status) return status;
    tree->child_table[at] = (child_slot){.tag = tag, .node = *node};
    tree->child_used++;
    return FS_OK;
}

fs_status flame_tree_child_in_time(flame_tree *tree, uint32_t parent, uint32_t name, uint32_t *node,
                                   fs_error *error)
{
    uint32_t last = tree->last[parent];
    /* Samples of the parent itself end the frame that ran before them. */
    if (last != FLAME_NONE && tree->nodes[last].name == name && tree->current != parent) {
        *node = last;
        return FS_OK;
    }
    if (!tree->in_time) {
        if (!FS_GROW(tree->start, tree->start_capacity, tree->node_count))
            return fs_fail_memory(error, "growing the call tree", 0);
        for (size_t i = 0; i < tree->node_count; i++) tree->start[i] = 0;
        tree->in_time = true;
    }
    return add_node(tree, parent, name, node, error);
}

/* Room for what the counts of `count` nodes lack. */
static bool reserve_rests(flame_tree *tree, size_t count)
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

static void add_to(double *value, double *rest, flame_exact more)
{
    flame_exact sum = flame_exact_add((flame_exact){.value = *value, .rest = *rest}, more);
    *value = sum.value;
    *rest = sum.rest;
}

void flame_tree_add(flame_tree *tree, uint32_t node, double after, double before)
{
    flame_node *at = &tree->nodes[node];
    double sum_after = at->self_after + after, sum_before = at->self_before + before;
    if (tree->large || sum_after >= FLAME_EXACT_DOUBLE || sum_before >= FLAME_EXACT_DOUBLE) {
        tree->large = true;
        flame_tree_add_exact(tree, node, flame_exact_of(after), flame_exact_of(before));
        return;
    }
    at->self_after = sum_after;
    at->self_before = sum_before;
    tree->clock += after;
    tree->current = node;
    if (before > 0) tree->diff = true;
}

void flame_tree_add_exact(flame_tree *tree, uint32_t node, flame_exact after, flame_exact before)
{
    if (after.rest == 0 && before.rest == 0 && after.value <= FLAME_EXACT_DOUBLE &&
        before.value <= FLAME_EXACT_DOUBLE && !tree->large) {
        flame_tree_add(tree, node, after.value, before.value);
        return;
    }
    flame_node *at = &tree->nodes[node];
    double none[4] = {0}, *rest = reserve_rests(tree, (size_t)node + 1) ? tree->rests[node] : none;
    tree->large = true;
    add_to(&at->self_after, &rest[FLAME_SELF_AFTER], after);
    add_to(&at->self_before, &rest[FLAME_SELF_BEFORE], before);
    tree->clock += after.value;
    tree->current = node;
    if (before.value > 0) tree->diff = true;
}

bool flame_tree_failed(const flame_tree *tree)
{
    return tree->failed;
}

flame_exact flame_tree_exact(const flame_tree *tree, uint32_t node, flame_sum which)
{
    const flame_node *at = &tree->nodes[node];
    const double values[] = {at->self_after, at->self_before, at->total_after, at->total_before};
    return (flame_exact){.value = values[which],
                         .rest = node < tree->rest_count ? tree->rests[node][which] : 0};
}

bool flame_tree_is_large(const flame_tree *tree)
{
    return tree->large;
}

void flame_tree_scale_before(flame_tree *tree, double factor)
{
    for (size_t i = 0; i < tree->node_count; i++) {
        tree->nodes[i].self_before *= factor;
        tree->nodes[i].total_before *= factor;
    }
    for (size_t i = 0; i < tree->rest_count; i++) { /* a share is no whole number, so this is near enough */
        tree->rests[i][FLAME_SELF_BEFORE] *= factor;
        tree->rests[i][FLAME_TOTAL_BEFORE] *= factor;
    }
}

static void total_exactly(flame_tree *tree)
{
    flame_node *nodes = tree->nodes;
    if (!reserve_rests(tree, tree->node_count)) return;
    for (size_t i = 0; i < tree->node_count; i++) {
        nodes[i].total_after = nodes[i].self_after;
        nodes[i].total_before = nodes[i].self_before;
        tree->rests[i][FLAME_TOTAL_AFTER] = tree->rests[i][FLAME_SELF_AFTER];
        tree->rests[i][FLAME_TOTAL_BEFORE] = tree->rests[i][FLAME_SELF_BEFORE];
    }
    for (size_t i = tree->node_count - 1; i > 0; i--) {
        flame_node *parent = &nodes[nodes[i].parent];
        double *rest = tree->rests[nodes[i].parent];
        add_to(&parent->total_after, &rest[FLAME_TOTAL_AFTER],
               flame_tree_exact(tree, (uint32_t)i, FLAME_TOTAL_AFTER));
        add_to(&parent->total_before, &rest[FLAME_TOTAL_BEFORE],
               flame_tree_exact(tree, (uint32_t)i, FLAME_TOTAL_BEFORE));
    }
}

void flame_tree_finish(flame_tree *tree)
{
    flame_node *nodes = tree->nodes;
    for (size_t i = 0; i < tree->node_count; i++) {
        nodes[i].total_after = nodes[i].self_after;
        nodes[i].total_before = nodes[i].self_before;
    }
    for (size_t i = tree->node_count - 1; i > 0; i--) {
        flame_node *parent = &nodes[nodes[i].parent];
        parent->total_after += nodes[i].total_after;
        parent->total_before += nodes[i].total_before;
    }
    if (nodes[0].total_after >= FLAME_EXACT_DOUBLE || nodes[0].total_before >= FLAME_EXACT_DOUBLE)
        tree->large = true;
    if (tree->large) total_exactly(tree);
}

uint32_t flame_tree_nodes(const flame_tree *tree)
{
    return (uint32_t)tree->node_count;
}

const flame_node *flame_tree_node(const flame_tree *tree, uint32_t node)
{
    return &tree->nodes[node];
}

uint32_t flame_tree_names(const flame_tree *tree)
{
    return (uint32_t)tree->names.count;
}

const flame_name *flame_tree_name_of(const flame_tree *tree, uint32_t name)
{
    return &tree->names.list[name];
}

size_t flame_tree_bytes(const flame_tree *tree)
{
    return sizeof *tree + tree->node_capacity * sizeof *tree->nodes +
           tree->last_capacity * sizeof *tree->last + tree->start_capacity * sizeof *tree->start +
           tree->rest_capacity * sizeof *tree->rests + (tree->child_mask + 1) * sizeof *tree->child_table +
           flame_names_bytes(&tree->names);
}

bool flame_tree_is_diff(const flame_tree *tree)
{
    return tree->diff;
}

bool flame_tree_in_time(const flame_tree *tree)
{
    return tree->in_time;
}

double flame_tree_start(const flame_tree *tree, uint32_t node)
{
    return tree->in_time ? tree->start[node] : 0;
}
