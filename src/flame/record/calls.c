#include "calls.h"

#include <string.h>

enum { NODES_FIRST = 512 };

fs_status flame_calls_init(flame_calls *calls, fs_error *error)
{
    *calls = (flame_calls){0};
    if (!fs_map_reserve(&calls->map, NODES_FIRST) || !FS_GROW(calls->nodes, calls->capacity, 64)) {
        flame_calls_fini(calls);
        return fs_fail_memory(error, "preparing the call tree", NODES_FIRST * sizeof *calls->nodes);
    }
    calls->nodes[0] = (flame_call){.parent = UINT32_MAX};
    calls->count = 1;
    return FS_OK;
}

void flame_calls_fini(flame_calls *calls)
{
    fs_free(calls->nodes);
    fs_map_fini(&calls->map);
    *calls = (flame_calls){0};
}

static bool is_child(const void *items, uint32_t item, const void *wanted)
{
    const flame_call *call = (const flame_call *)items + item, *child = wanted;
    return call->key == child->key && call->parent == child->parent;
}

fs_status flame_calls_child(flame_calls *calls, uint32_t parent, uint64_t key, uint32_t *node,
                            fs_error *error)
{
    flame_call child = {.key = key, .parent = parent};
    uint64_t hash = fs_hash_64(key ^ fs_hash_64(parent));
    *node = fs_map_find(&calls->map, hash, is_child, calls->nodes, &child);
    if (*node != FS_MAP_NONE) return FS_OK;
    if (calls->count >= FS_MAP_NONE || !FS_GROW(calls->nodes, calls->capacity, calls->count + 1) ||
        !fs_map_add(&calls->map, hash, (uint32_t)calls->count))
        return fs_fail_memory(error, "recording a new stack", calls->count * sizeof *calls->nodes);
    *node = (uint32_t)calls->count++;
    calls->nodes[*node] = child;
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
