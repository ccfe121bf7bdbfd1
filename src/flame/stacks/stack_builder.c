#include "stack_builder.h"

#include "hash.h"

#include <string.h>

enum { SLOTS_FIRST = 1024, SLOTS_MOST = 1 << 20, PROBES = 4 };

static const size_t texts_most = (size_t)64 << 20; /* bytes kept of stacks that repeat */

typedef struct flame_stack_slot {
    uint64_t hash;
    const char *text; /* NULL: came once so far */
    uint32_t length;
    uint32_t node; /* FLAME_NONE: empty */
} stack_slot;

static stack_slot *make_slots(size_t count)
{
    stack_slot *slots = fs_alloc(count, sizeof *slots);
    if (!slots) return NULL;
    for (size_t i = 0; i < count; i++) slots[i] = (stack_slot){.node = FLAME_NONE};
    return slots;
}

fs_status flame_builder_init(flame_builder *builder, flame_tree *tree, bool in_time, fs_error *error)
{
    *builder = (flame_builder){.tree = tree, .in_time = in_time};
    fs_arena_init(&builder->texts);
    if (in_time) return FS_OK;
    builder->slots = make_slots(SLOTS_FIRST);
    if (!builder->slots) return fs_fail_memory(error, "preparing to read stacks", 0);
    builder->slot_mask = SLOTS_FIRST - 1;
    return FS_OK;
}

void flame_builder_fini(flame_builder *builder)
{
    fs_free(builder->previous);
    fs_free(builder->path);
    fs_free(builder->slots);
    fs_arena_fini(&builder->texts);
    *builder = (flame_builder){0};
}

bool flame_builder_recall(const flame_builder *builder, const char *key, size_t length, uint64_t hash,
                          uint32_t *node)
{
    if (!builder->slots) return false;
    for (size_t probe = 0; probe < PROBES; probe++) {
        const stack_slot *slot = &builder->slots[(hash + probe) & builder->slot_mask];
        if (slot->hash == hash && slot->text && slot->length == length &&
            memcmp(slot->text, key, length) == 0) {
            *node = slot->node;
            return true;
        }
        if (slot->node == FLAME_NONE) return false;
    }
    return false;
}

/* Twice the slots. Without memory for them the table stays as it is: it only saves time. */
static void grow_slots(flame_builder *builder)
{
    size_t count = (builder->slot_mask + 1) * 2;
    stack_slot *fresh = make_slots(count);
    if (!fresh) return;
    size_t used = 0;
    for (size_t i = 0; i <= builder->slot_mask; i++) {
        const stack_slot *slot = &builder->slots[i];
        if (slot->node == FLAME_NONE) continue;
        for (size_t probe = 0; probe < PROBES; probe++) {
            stack_slot *to = &fresh[(slot->hash + probe) & (count - 1)];
            if (to->node != FLAME_NONE) continue;
            *to = *slot;
            used++;
            break;
        }
    }
    fs_free(builder->slots);
    builder->slots = fresh;
    builder->slot_mask = count - 1;
    builder->slots_used = used;
}

void flame_builder_remember(flame_builder *builder, const char *key, size_t length, uint64_t hash,
                            uint32_t node)
{
    if (!builder->slots || length > UINT32_MAX) return;
    if (builder->slots_used * 2 > builder->slot_mask && builder->slot_mask + 1 < SLOTS_MOST)
        grow_slots(builder);
    stack_slot *slot = NULL, *first_free = NULL;
    for (size_t probe = 0; probe < PROBES && !slot && !first_free; probe++) {
        stack_slot *at = &builder->slots[(hash + probe) & builder->slot_mask];
        if (at->node == FLAME_NONE)
            first_free = at;
        else if (at->hash == hash && at->length == length)
            slot = at;
    }
    if (slot && !slot->text) { /* the second time: worth a copy */
        if (builder->texts.total + length < texts_most)
            slot->text = fs_arena_strndup(&builder->texts, key, length);
        slot->node = node;
        return;
    }
    if (first_free) {
        slot = first_free;
        builder->slots_used++;
    } else if (!slot) {
        slot = &builder->slots[(hash + (hash >> 60) % PROBES) & builder->slot_mask];
    }
    *slot = (stack_slot){.hash = hash, .length = (uint32_t)length, .node = node};
}

/* How many leading bytes two texts share. */
static size_t common_length(const char *a, const char *b, size_t most)
{
    size_t i = 0;
    while (i + 8 <= most && flame_hash_word(a + i) == flame_hash_word(b + i)) i += 8;
    while (i < most && a[i] == b[i]) i++;
    return i;
}

fs_status flame_builder_folded(flame_builder *builder, const char *stack, size_t length, uint32_t *node,
                               fs_error *error)
{
    uint64_t hash = 0;
    if (!builder->in_time) {
        hash = flame_hash(stack, length, 0);
        if (flame_builder_recall(builder, stack, length, hash, node)) return FS_OK;
    }
    const char *key = stack;
    size_t key_length = length;
    while (length > 0 && stack[length - 1] == ';') length--;

    size_t least = length < builder->previous_length ? length : builder->previous_length;
    size_t common = common_length(stack, builder->previous, least);
    size_t low = 0, high = builder->depth; /* frames that end within what is common */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (builder->path[middle].end <= common)
            low = middle + 1;
        else
            high = middle;
    }
    size_t depth = low;
    if (depth > 0) {
        size_t end = builder->path[depth - 1].end;
        if (end != length && stack[end] != ';') depth--; /* "ab" is not "abc" */
    }
    size_t at = depth > 0 ? builder->path[depth - 1].end + 1 : 0;
    uint32_t current = depth > 0 ? builder->path[depth - 1].node : 0;
    builder->depth = depth;
    builder->previous_length = depth > 0 ? builder->path[depth - 1].end : 0;
    while (at < length) {
        const char *semicolon = memchr(stack + at, ';', length - at);
        size_t end = semicolon ? (size_t)(semicolon - stack) : length;
        uint32_t name;
        fs_status status = flame_tree_name(builder->tree, stack + at, end - at, true, &name, error);
        if (status) return status;
        status = builder->in_time ? flame_tree_child_in_time(builder->tree, current, name, &current, error)
                                  : flame_tree_child(builder->tree, current, name, &current, error);
        if (status) return status;
        if (!FS_GROW(builder->path, builder->path_capacity, builder->depth + 1))
            return fs_fail_memory(error, "reading a deep stack", builder->depth);
        builder->path[builder->depth++] = (flame_path_step){.end = end, .node = current};
        at = end + 1;
    }
    if (!FS_GROW(builder->previous, builder->previous_capacity, length))
        return fs_fail_memory(error, "reading a long stack", length);
    memcpy(builder->previous + common, stack + common, length - common);
    builder->previous_length = length;
    if (!builder->in_time) flame_builder_remember(builder, key, key_length, hash, current);
    *node = current;
    return FS_OK;
}
