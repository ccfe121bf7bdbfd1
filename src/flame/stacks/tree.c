#include "tree_private.h"

#include "text.h"

#include <string.h>

enum { TABLE_FIRST = 256 };

/* Names on their way to other ones. */
typedef struct renames {
    flame_rename rename;
    void *context;
    flame_names given;
    uint32_t *changed; /* by the id of the name given: that of the new one */
    size_t capacity;
    fs_text text;
} renames;

const char *flame_kind_annotation(unsigned kind)
{
    static const char *const annotations[] = {"", "_[k]", "_[i]", "_[j]", "_[w]"};
    return kind <= FLAME_WAKER ? annotations[kind] : "";
}

/* One of the arrays that have an element for each node, from the common capacity to a larger one. */
#define GROW_COLUMN(array) (capacity = tree->node_capacity, FS_GROW(array, capacity, need))

bool flame_tree_reserve(flame_tree *tree, size_t need)
{
    size_t capacity = tree->node_capacity;
    if (need <= capacity) return true;
    if (tree->in_time && !GROW_COLUMN(tree->start)) return false;
    if (tree->counts[BEFORE] && !GROW_COLUMN(tree->counts[BEFORE])) return false;
    if (!GROW_COLUMN(tree->counts[AFTER])) return false;
    if (!GROW_COLUMN(tree->last) || !GROW_COLUMN(tree->nodes)) return false;
    tree->node_capacity = capacity;
    return true;
}

fs_status flame_tree_create(flame_tree **result, fs_error *error)
{
    *result = NULL;
    flame_tree *tree = fs_alloc_0(1, sizeof *tree);
    if (!tree) return fs_fail_memory(error, "making a call tree", sizeof *tree);
    tree->child_table = fs_alloc(TABLE_FIRST, sizeof *tree->child_table);
    if (!flame_names_init(&tree->names) || !tree->child_table || !flame_tree_reserve(tree, 1)) {
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
    for (size_t i = 0; i < SIDES; i++) fs_free(tree->counts[i]);
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

fs_status flame_tree_frames(flame_tree *tree, const char *stack, size_t start, const size_t *ends,
                            size_t count, uint32_t *ids, fs_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = stack + start;
        size_t length = ends[i] - start;
        start = ends[i] + 1;
        /* Most names are plain and known. */
        bool plain = !tree->renaming && length > 0 && text[length - 1] != ']';
        ids[i] = plain ? flame_names_find(&tree->names, text, length, FLAME_PLAIN,
                                          flame_hash(text, length, FLAME_PLAIN))
                       : FLAME_NONE;
        if (ids[i] != FLAME_NONE) continue;
        fs_status status = flame_tree_name(tree, text, length, true, &ids[i], error);
        if (status) return status;
    }
    return FS_OK;
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
    flame_child_slot *table = fs_alloc(slots, sizeof *table);
    if (!table) return false;
    memset(table, 0xFF, slots * sizeof *table);
    for (size_t i = 0; i <= tree->child_mask; i++) {
        flame_child_slot slot = tree->child_table[i];
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

void flame_tree_expect(flame_tree *tree, size_t nodes)
{
    (void)flame_tree_reserve(tree, nodes);
}

/* Append a node to the list of its parent's children. */
static fs_status add_node(flame_tree *tree, uint32_t parent, uint32_t name, uint32_t *node, fs_error *error)
{
    if (tree->node_count >= FLAME_NONE - 1)
        return fs_fail(error, FS_UNSUPPORTED, "the call tree has more than 4 thousand million nodes");
    uint32_t fresh = (uint32_t)tree->node_count;
    if (tree->node_count == tree->node_capacity && !flame_tree_reserve(tree, tree->node_count + 1))
        return fs_fail_memory(error, "growing the call tree", tree->node_count * sizeof *tree->nodes);
    if (tree->in_time) {
        tree->start[fresh] = tree->clock.value;
        if (tree->clock.value > FLAME_EXACT_DOUBLE && flame_tree_reserve_rests(tree, (size_t)fresh + 1))
            tree->rests[fresh][START] = tree->clock.rest;
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
    uint32_t tag = flame_child_hash(parent, name);
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
    tree->child_table[at] = (flame_child_slot){.tag = tag, .node = *node};
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
        tree->start = fs_alloc_0(tree->node_capacity, sizeof *tree->start);
        if (!tree->start) return fs_fail_memory(error, "growing the call tree", 0);
        tree->in_time = true;
    }
    return add_node(tree, parent, name, node, error);
}

uint32_t flame_tree_nodes(const flame_tree *tree)
{
    return (uint32_t)tree->node_count;
}

const flame_node *flame_tree_node(const flame_tree *tree, uint32_t node)
{
    return &tree->nodes[node];
}

void flame_tree_prefetch(const flame_tree *tree, uint32_t node)
{
    __builtin_prefetch(&tree->nodes[node]);
    __builtin_prefetch(&tree->counts[AFTER][node]);
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
    size_t node = sizeof *tree->nodes + sizeof *tree->last + (tree->start ? sizeof *tree->start : 0);
    for (size_t i = 0; i < SIDES; i++) node += tree->counts[i] ? sizeof *tree->counts[i] : 0;
    return sizeof *tree + tree->node_capacity * node + tree->rest_capacity * sizeof *tree->rests +
           (tree->child_mask + 1) * sizeof *tree->child_table + flame_names_bytes(&tree->names);
}

bool flame_tree_in_time(const flame_tree *tree)
{
    return tree->in_time;
}

flame_exact flame_tree_start(const flame_tree *tree, uint32_t node)
{
    if (!tree->in_time) return flame_exact_of(0);
    return (flame_exact){.value = tree->start[node],
                         .rest = node < tree->rest_count ? tree->rests[node][START] : 0};
}
