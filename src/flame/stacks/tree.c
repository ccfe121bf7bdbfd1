#include "tree.h"

#include "hash.h"

#include <string.h>

enum { TABLE_FIRST = 256, BLOCK_FIRST = 4096, BLOCK_MOST = 1 << 20 };

/* A slot of the table of names: part of the hash beside the id, so that most misses touch nothing else. */
typedef struct name_slot {
    uint32_t tag;
    uint32_t id; /* FLAME_NONE: empty */
} name_slot;

struct flame_tree {
    flame_node *nodes;
    uint32_t *last; /* the most recent child of each node, or FLAME_NONE */
    double *start;  /* in time: samples before the node began; NULL until the first such node */
    size_t node_count, node_capacity, last_capacity, start_capacity;

    flame_name *names;
    size_t name_count, name_capacity;
    name_slot *name_table;
    size_t name_mask;

    uint32_t *child_table; /* node ids, hashed by parent and name; FLAME_NONE: empty */
    size_t child_mask, child_used;

    fs_arena arena;   /* blocks of name text */
    char *text;       /* where the next name goes, */
    size_t text_left; /* and the room there */
    size_t text_block;

    double clock;     /* samples added so far */
    uint32_t current; /* the node that samples were added to most recently */
    bool in_time, diff;
};

static size_t child_hash(uint32_t parent, uint32_t name)
{
    return (size_t)flame_hash_fold((uint64_t)parent << 32 | name, 0x9E3779B97F4A7C15u);
}

fs_status flame_tree_create(flame_tree **result, fs_error *error)
{
    *result = NULL;
    flame_tree *tree = fs_alloc_0(1, sizeof *tree);
    if (!tree) return fs_fail_memory(error, "making a call tree", sizeof *tree);
    fs_arena_init(&tree->arena);
    tree->name_table = fs_alloc(TABLE_FIRST, sizeof *tree->name_table);
    tree->child_table = fs_alloc(TABLE_FIRST, sizeof *tree->child_table);
    if (!tree->name_table || !tree->child_table || !FS_GROW(tree->nodes, tree->node_capacity, 1) ||
        !FS_GROW(tree->last, tree->last_capacity, 1)) {
        flame_tree_destroy(tree);
        return fs_fail_memory(error, "making a call tree", 0);
    }
    memset(tree->name_table, 0xFF, TABLE_FIRST * sizeof *tree->name_table);
    memset(tree->child_table, 0xFF, TABLE_FIRST * sizeof *tree->child_table);
    tree->name_mask = tree->child_mask = TABLE_FIRST - 1;
    tree->nodes[0] =
        (flame_node){.parent = FLAME_NONE, .name = FLAME_NONE, .child = FLAME_NONE, .sibling = FLAME_NONE};
    tree->last[0] = FLAME_NONE;
    tree->node_count = 1;
    tree->current = FLAME_NONE;
    *result = tree;
    return FS_OK;
}

void flame_tree_destroy(flame_tree *tree)
{
    if (!tree) return;
    fs_free(tree->nodes);
    fs_free(tree->last);
    fs_free(tree->start);
    fs_free(tree->names);
    fs_free(tree->name_table);
    fs_free(tree->child_table);
    fs_arena_fini(&tree->arena);
    fs_free(tree);
}

/* ---- names ---- */

static uint64_t name_hash(const char *text, size_t length, unsigned kind)
{
    return flame_hash(text, length, kind);
}

static bool grow_names(flame_tree *tree)
{
    size_t slots = (tree->name_mask + 1) * 2;
    name_slot *table = fs_alloc(slots, sizeof *table);
    if (!table) return false;
    memset(table, 0xFF, slots * sizeof *table);
    for (uint32_t id = 0; id < tree->name_count; id++) {
        const flame_name *name = &tree->names[id];
        uint64_t hash = name_hash(name->text, name->length, name->kind);
        size_t at = hash & (slots - 1);
        while (table[at].id != FLAME_NONE) at = (at + 1) & (slots - 1);
        table[at] = (name_slot){.tag = (uint32_t)(hash >> 32), .id = id};
    }
    fs_free(tree->name_table);
    tree->name_table = table;
    tree->name_mask = slots - 1;
    return true;
}

/* A NUL-terminated copy that lives as long as the tree. Names are packed without padding, in blocks. */
static char *keep_text(flame_tree *tree, const char *text, size_t length)
{
    if (length >= tree->text_left) {
        size_t block = tree->text_block ? tree->text_block * 2 : BLOCK_FIRST;
        if (block > BLOCK_MOST) block = BLOCK_MOST;
        if (length >= block / 4) { /* a long one gets its own piece; the block goes on */
            return fs_arena_strndup(&tree->arena, text, length);
        }
        char *fresh = fs_arena_alloc(&tree->arena, block, 1);
        if (!fresh) return NULL;
        tree->text = fresh;
        tree->text_left = tree->text_block = block;
    }
    char *copy = tree->text;
    memcpy(copy, text, length);
    copy[length] = '\0';
    tree->text += length + 1;
    tree->text_left -= length + 1;
    return copy;
}

static flame_kind kind_of(char letter)
{
    switch (letter) {
    case 'k':
        return FLAME_KERNEL;
    case 'i':
        return FLAME_INLINED;
    case 'j':
        return FLAME_JIT;
    case 'w':
        return FLAME_WAKER;
    default:
        return FLAME_PLAIN;
    }
}

fs_status flame_tree_name(flame_tree *tree, const char *text, size_t length, bool annotated, uint32_t *id,
                          fs_error *error)
{
    unsigned kind = FLAME_PLAIN;
    if (annotated && length >= 4 && text[length - 1] == ']' && text[length - 3] == '[' &&
        text[length - 4] == '_') {
        kind = kind_of(text[length - 2]);
        if (kind != FLAME_PLAIN) length -= 4;
    }
    uint64_t hash = name_hash(text, length, kind);
    uint32_t tag = (uint32_t)(hash >> 32);
    size_t at = hash & tree->name_mask;
    for (; tree->name_table[at].id != FLAME_NONE; at = (at + 1) & tree->name_mask) {
        if (tree->name_table[at].tag != tag) continue;
        const flame_name *name = &tree->names[tree->name_table[at].id];
        if (name->length == length && name->kind == kind && memcmp(name->text, text, length) == 0) {
            *id = tree->name_table[at].id;
            return FS_OK;
        }
    }
    if (length >= UINT32_MAX) return fs_fail(error, FS_DATA, "a frame's name is longer than 4 GiB");
    if (tree->name_count >= FLAME_NONE - 1)
        return fs_fail(error, FS_UNSUPPORTED, "more than 4 thousand million distinct names");
    if (!FS_GROW(tree->names, tree->name_capacity, tree->name_count + 1))
        return fs_fail_memory(error, "keeping a frame's name", 0);
    char *copy = keep_text(tree, text, length);
    if (!copy) return fs_fail_memory(error, "keeping a frame's name", length);
    uint32_t fresh = (uint32_t)tree->name_count;
    tree->names[fresh] = (flame_name){.text = copy, .length = (uint32_t)length, .kind = (uint8_t)kind};
    tree->name_count++;
    if (tree->name_count * 4 > (tree->name_mask + 1) * 3) {
        if (!grow_names(tree)) { /* the name is unreachable but harmless */
            tree->name_count--;
            return fs_fail_memory(error, "keeping a frame's name", 0);
        }
    } else {
        tree->name_table[at] = (name_slot){.tag = tag, .id = fresh};
    }
    *id = fresh;
    return FS_OK;
}

/* ---- nodes ---- */

static bool grow_children(flame_tree *tree)
{
    size_t slots = (tree->child_mask + 1) * 2;
    uint32_t *table = fs_alloc(slots, sizeof *table);
    if (!table) return false;
    memset(table, 0xFF, slots * sizeof *table);
    for (size_t i = 0; i <= tree->child_mask; i++) {
        uint32_t node = tree->child_table[i];
        if (node == FLAME_NONE) continue;
        size_t at = child_hash(tree->nodes[node].parent, tree->nodes[node].name) & (slots - 1);
        while (table[at] != FLAME_NONE) at = (at + 1) & (slots - 1);
        table[at] = node;
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
    size_t hash = child_hash(parent, name);
    size_t at = hash & tree->child_mask;
    for (; tree->child_table[at] != FLAME_NONE; at = (at + 1) & tree->child_mask) {
        const flame_node *found = &tree->nodes[tree->child_table[at]];
        if (found->name == name && found->parent == parent) {
            *node = tree->child_table[at];
            return FS_OK;
        }
    }
    if ((tree->child_used + 1) * 4 > (tree->child_mask + 1) * 3) {
        if (!grow_children(tree)) return fs_fail_memory(error, "growing the call tree", 0);
        at = hash & tree->child_mask;
        while (tree->child_table[at] != FLAME_NONE) at = (at + 1) & tree->child_mask;
    }
    fs_status status = add_node(tree, parent, name, node, error);
    if (status) return status;
    tree->child_table[at] = *node;
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

void flame_tree_add(flame_tree *tree, uint32_t node, double after, double before)
{
    tree->nodes[node].self_after += after;
    tree->nodes[node].self_before += before;
    tree->clock += after;
    tree->current = node;
    if (before > 0) tree->diff = true;
}

void flame_tree_scale_before(flame_tree *tree, double factor)
{
    for (size_t i = 0; i < tree->node_count; i++) {
        tree->nodes[i].self_before *= factor;
        tree->nodes[i].total_before *= factor;
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
    return (uint32_t)tree->name_count;
}

const flame_name *flame_tree_name_of(const flame_tree *tree, uint32_t name)
{
    return &tree->names[name];
}

size_t flame_tree_bytes(const flame_tree *tree)
{
    return sizeof *tree + tree->node_capacity * sizeof *tree->nodes +
           tree->last_capacity * sizeof *tree->last + tree->start_capacity * sizeof *tree->start +
           tree->name_capacity * sizeof *tree->names + (tree->name_mask + 1) * sizeof *tree->name_table +
           (tree->child_mask + 1) * sizeof *tree->child_table + tree->arena.total;
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
