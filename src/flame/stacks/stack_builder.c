#include "stack_builder.h"

#include "hash.h"
#include "name_table.h"

#include <string.h>

enum { KNOWN_FIRST = 1024, KNOWN_MOST = 1 << 20, PROBES = 4 };

typedef struct flame_known {
    uint32_t tag;  /* the upper half of the hash */
    uint32_t node; /* FLAME_NONE: an empty slot */
} known_stack;

void flame_builder_init(flame_builder *builder, flame_tree *tree, bool in_time)
{
    *builder = (flame_builder){.tree = tree, .in_time = in_time};
}

void flame_builder_fini(flame_builder *builder)
{
    fs_free(builder->previous);
    fs_free(builder->path);
    fs_free(builder->known);
    *builder = (flame_builder){0};
}

/* ---- stacks that came before ---- */

/* Whether the path to `node` spells this text. */
static bool node_is_text(const flame_tree *tree, uint32_t node, const char *stack, size_t length)
{
    size_t left = length;
    for (; node != 0; node = flame_tree_node(tree, node)->parent) {
        const flame_name *name = flame_tree_name_of(tree, flame_tree_node(tree, node)->name);
        if (name->kind != FLAME_PLAIN) { /* its annotation was taken off: _[k] */
            if (left < 4) return false;
            left -= 4;
            if (flame_kind_of_letter(stack[left + 2]) != name->kind || stack[left] != '_' ||
                stack[left + 1] != '[' || stack[left + 3] != ']')
                return false;
        }
        if (left < name->length || memcmp(stack + left - name->length, name->text, name->length) != 0)
            return false;
        left -= name->length;
        if (left == 0) return flame_tree_node(tree, node)->parent == 0;
        if (stack[--left] != ';') return false;
    }
    return length == 0;
}

static bool node_is_names(const flame_tree *tree, uint32_t node, const uint32_t *names, size_t count)
{
    for (; node != 0; node = flame_tree_node(tree, node)->parent)
        if (count == 0 || flame_tree_node(tree, node)->name != names[--count]) return false;
    return count == 0;
}

/* Make the table, or double it. Without memory it stays as it is: it only saves time. */
static void grow_known(flame_builder *builder)
{
    size_t count = builder->known ? (builder->known_mask + 1) * 2 : KNOWN_FIRST;
    known_stack *fresh = fs_alloc(count, sizeof *fresh);
    if (!fresh) return;
    memset(fresh, 0xFF, count * sizeof *fresh);
    /* The tag is the part of the hash that chooses the slot, so that slots can be found again from it. */
    size_t used = 0;
    for (size_t i = 0; builder->known && i <= builder->known_mask; i++) {
        const known_stack *old = &builder->known[i];
        if (old->node == FLAME_NONE) continue;
        for (size_t probe = 0; probe < PROBES; probe++) {
            known_stack *slot = &fresh[(old->tag + probe) & (count - 1)];
            if (slot->node != FLAME_NONE) continue;
            *slot = *old;
            used++;
            break;
        }
    }
    fs_free(builder->known);
    builder->known = fresh;
    builder->known_mask = count - 1;
    builder->known_used = used;
}

/* The candidate for a hash that is `turn`th in its row, or FLAME_NONE. */
static uint32_t candidate_at(const flame_builder *builder, uint64_t hash, size_t turn)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    const known_stack *slot = &builder->known[(tag + turn) & builder->known_mask];
    return slot->tag == tag ? slot->node : FLAME_NONE;
}

static void remember(flame_builder *builder, uint64_t hash, uint32_t node)
{
    uint32_t tag = (uint32_t)(hash >> 32);
    if (!builder->known ||
        (builder->known_used * 2 > builder->known_mask && builder->known_mask + 1 < KNOWN_MOST))
        grow_known(builder);
    if (!builder->known) return;
    known_stack *slot = &builder->known[(tag + (hash & 3)) & builder->known_mask]; /* if all are taken */
    for (size_t probe = 0; probe < PROBES; probe++) {
        known_stack *at = &builder->known[(tag + probe) & builder->known_mask];
        if (at->node != FLAME_NONE) continue;
        slot = at;
        builder->known_used++;
        break;
    }
    *slot = (known_stack){.tag = tag, .node = node};
}

/* ---- paths ---- */

static fs_status step(flame_builder *builder, uint32_t name, size_t end, uint32_t *current, fs_error *error)
{
    fs_status status = builder->in_time
                           ? flame_tree_child_in_time(builder->tree, *current, name, current, error)
                           : flame_tree_child(builder->tree, *current, name, current, error);
    if (status) return status;
    if (!FS_GROW(builder->path, builder->path_capacity, builder->depth + 1))
        return fs_fail_memory(error, "reading a deep stack", builder->depth);
    builder->path[builder->depth++] = (flame_path_step){.end = end, .name = name, .node = *current};
    return FS_OK;
}

/* How many leading bytes two texts share. */
static size_t common_length(const char *a, const char *b, size_t most)
{
    size_t i = 0;
    while (i + 8 <= most && flame_hash_word(a + i) == flame_hash_word(b + i)) i += 8;
    while (i < most && a[i] == b[i]) i++;
    return i;
}

/* How many frames of the held path a text begins with. */
static size_t shared_frames(const flame_builder *builder, const char *stack, size_t length)
{
    size_t least = length < builder->previous_length ? length : builder->previous_length;
    size_t common = common_length(stack, builder->previous, least);
    size_t low = 0, high = builder->depth; /* the frames that end within what is common */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (builder->path[middle].end <= common)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0 && builder->path[low - 1].end < length && stack[builder->path[low - 1].end] != ';')
        low--; /* "ab" is not "abc" */
    return low;
}

fs_status flame_builder_text(flame_builder *builder, const char *stack, size_t length, uint32_t *node,
                             fs_error *error)
{
    while (length > 0 && stack[length - 1] == ';') length--;
    uint64_t hash = builder->in_time ? 0 : flame_hash(stack, length, 0);
    for (size_t turn = 0; builder->known && turn < PROBES; turn++) {
        uint32_t candidate = candidate_at(builder, hash, turn);
        if (candidate != FLAME_NONE && node_is_text(builder->tree, candidate, stack, length)) {
            *node = candidate;
            builder->repeated++;
            return FS_OK;
        }
    }
    builder->depth = shared_frames(builder, stack, length);
    size_t at = 0;
    uint32_t current = 0;
    builder->previous_length = 0;
    if (builder->depth > 0) {
        current = builder->path[builder->depth - 1].node;
        builder->previous_length = builder->path[builder->depth - 1].end;
        at = builder->previous_length + 1;
    }
    while (at < length) {
        const char *semicolon = memchr(stack + at, ';', length - at);
        size_t end = semicolon ? (size_t)(semicolon - stack) : length;
        uint32_t name;
        fs_status status = flame_tree_name(builder->tree, stack + at, end - at, true, &name, error);
        if (!status) status = step(builder, name, end, &current, error);
        if (status) return status;
        at = end + 1;
    }
    if (!FS_GROW(builder->previous, builder->previous_capacity, length))
        return fs_fail_memory(error, "reading a long stack", length);
    if (length > builder->previous_length)
        memcpy(builder->previous + builder->previous_length, stack + builder->previous_length,
               length - builder->previous_length);
    builder->previous_length = length;
    if (!builder->in_time) remember(builder, hash, current);
    *node = current;
    return FS_OK;
}

fs_status flame_builder_names(flame_builder *builder, const uint32_t *names, size_t count, uint32_t *node,
                              fs_error *error)
{
    uint64_t hash = builder->in_time ? 0 : flame_hash((const char *)names, count * sizeof *names, 0);
    for (size_t turn = 0; builder->known && turn < PROBES; turn++) {
        uint32_t candidate = candidate_at(builder, hash, turn);
        if (candidate != FLAME_NONE && node_is_names(builder->tree, candidate, names, count)) {
            *node = candidate;
            return FS_OK;
        }
    }
    size_t shared = 0;
    while (shared < count && shared < builder->depth && builder->path[shared].name == names[shared]) shared++;
    builder->depth = shared;
    uint32_t current = shared > 0 ? builder->path[shared - 1].node : 0;
    for (size_t i = shared; i < count; i++) {
        fs_status status = step(builder, names[i], 0, &current, error);
        if (status) return status;
    }
    if (!builder->in_time) remember(builder, hash, current);
    *node = current;
    return FS_OK;
}

fs_status flame_builder_inner_first(flame_builder *builder, uint32_t *names, size_t count, uint32_t *node,
                                    fs_error *error)
{
    for (size_t i = 0; i < count / 2; i++) {
        uint32_t other = names[count - 1 - i];
        names[count - 1 - i] = names[i];
        names[i] = other;
    }
    return flame_builder_names(builder, names, count, node, error);
}
