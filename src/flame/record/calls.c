#include "calls.h"

#include <string.h>

enum { SLOTS_FIRST = 1024 };

fs_status flame_calls_init(flame_calls *calls, fs_error *error)
{
    *calls = (flame_calls){0};
    calls->slots = fs_alloc_0(SLOTS_FIRST, sizeof *calls->slots);
    if (!calls->slots || !FS_GROW(calls->nodes, calls->capacity, 64)) {
        flame_calls_fini(calls);
        return fs_fail_memory(error, "preparing the call tree", SLOTS_FIRST * sizeof *calls->slots);
    }
    calls->slot_count = SLOTS_FIRST;
    calls->nodes[0] = (flame_call){.parent = UINT32_MAX};
    calls->count = 1;
    return FS_OK;
}

void flame_calls_fini(flame_calls *calls)
{
    fs_free(calls->nodes);
    fs_free(calls->slots);
    *calls = (flame_calls){0};
}

/* Mixes with the finaliser of splitmix64: keys are small ids and lines, so every bit must count. */
static size_t slot_of(const flame_calls *calls, uint32_t parent, uint64_t key)
{
    uint64_t h = key + 0x9E3779B97F4A7C15u * ((uint64_t)parent + 1);
    h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9u;
    h = (h ^ (h >> 27)) * 0x94D049BB133111EBu;
    return (size_t)(h ^ (h >> 31)) & (calls->slot_count - 1);
}

static bool rehash(flame_calls *calls)
{
    size_t count;
    if (!fs_size_mul(calls->slot_count, 2, &count)) return false;
    uint32_t *slots = fs_alloc_0(count, sizeof *slots);
    if (!slots) return false;
    fs_free(calls->slots);
    calls->slots = slots;
    calls->slot_count = count;
    for (size_t i = 1; i < calls->count; i++) {
        size_t at = slot_of(calls, calls->nodes[i].parent, calls->nodes[i].key);
        while (slots[at]) at = (at + 1) & (count - 1);
        slots[at] = (uint32_t)i + 1;
    }
    return true;
}

fs_status flame_calls_child(flame_calls *calls, uint32_t parent, uint64_t key, uint32_t *node,
                            fs_error *error)
{
    size_t at = slot_of(calls, parent, key);
    while (calls->slots[at]) {
        uint32_t found = calls->slots[at] - 1;
        if (calls->nodes[found].key == key && calls->nodes[found].parent == parent) {
            *node = found;
            return FS_OK;
        }
        at = (at + 1) & (calls->slot_count - 1);
    }
    if (calls->count >= UINT32_MAX - 1 || !FS_GROW(calls->nodes, calls->capacity, calls->count + 1))
        return fs_fail_memory(error, "recording a new stack", calls->count * sizeof *calls->nodes);
    if ((calls->count + 1) * 2 > calls->slot_count) {
        if (!rehash(calls))
            return fs_fail_memory(error, "recording a new stack",
                                  calls->slot_count * 2 * sizeof *calls->slots);
        at = slot_of(calls, parent, key);
        while (calls->slots[at]) at = (at + 1) & (calls->slot_count - 1);
    }
    *node = (uint32_t)calls->count++;
    calls->nodes[*node] = (flame_call){.key = key, .parent = parent};
    calls->slots[at] = *node + 1;
    return FS_OK;
}

void flame_calls_mark(flame_calls *calls)
{
    for (size_t i = 0; i < calls->count; i++) calls->nodes[i].marked = calls->nodes[i].self;
}

void flame_path_fini(flame_path *path)
{
    fs_free(path->keys);
    fs_free(path->nodes);
    *path = (flame_path){0};
}

fs_status flame_calls_descend(flame_calls *calls, flame_path *path, uint32_t root, const uint64_t *keys,
                              size_t depth, uint32_t *node, fs_error *error)
{
    size_t same = 0;
    if (path->root == root) {
        size_t most = depth < path->depth ? depth : path->depth;
        while (same < most && path->keys[same] == keys[same]) same++;
    }
    path->root = root;
    path->depth = same;
    *node = same ? path->nodes[same - 1] : root;
    if (!FS_GROW(path->keys, path->key_capacity, depth) || !FS_GROW(path->nodes, path->node_capacity, depth))
        return fs_fail_memory(error, "remembering a stack", depth * sizeof *path->keys);
    for (size_t i = same; i < depth; i++) {
        fs_status status = flame_calls_child(calls, *node, keys[i], node, error);
        if (status) return status;
        path->keys[i] = keys[i];
        path->nodes[i] = *node;
        path->depth = i + 1;
    }
    return FS_OK;
}
