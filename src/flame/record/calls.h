/*
 * calls.h - the call tree while it is being recorded: nodes know 64-bit keys instead of names, so that a
 * sample costs a few comparisons and, once its stack has been seen, no allocation. Names are looked up once,
 * when the tree is turned into a flame_tree. Memory: 56 bytes or so for each distinct caller chain, whatever
 * the number of samples.
 *
 * Node 0 is the root. A parent always has a smaller index than its children.
 */
#ifndef FLAME_CALLS_H
#define FLAME_CALLS_H

#include "hash_map.h"
#include "memory.h"
#include "status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct flame_call {
    uint64_t key;
    uint64_t self;   /* ticks of the samples that end here */
    uint64_t marked; /* `self` at the last flame_calls_mark */
    uint32_t parent;
} flame_call;

typedef struct flame_calls {
    flame_call *nodes;
    size_t count, capacity;
    fs_map map; /* of the nodes but the root, by parent and key */
} flame_calls;

FS_CHECK fs_status flame_calls_init(flame_calls *calls, fs_error *error);
void flame_calls_fini(flame_calls *calls);

/* The child of `parent` with this key, made on first sight. Amortised O(1). */
FS_CHECK fs_status flame_calls_child(flame_calls *calls, uint32_t parent, uint64_t key, uint32_t *node,
                                     fs_error *error);

/* Remember every count, so that self - marked is what came since. O(nodes). */
void flame_calls_mark(flame_calls *calls);

/* The chain of one thread's last sample: what the next sample shares with it needs no lookup. */
typedef struct flame_path {
    uint64_t *keys;
    size_t key_capacity;
    uint32_t *nodes; /* nodes[i] is reached after keys[0..i] */
    size_t node_capacity;
    size_t depth;
    uint32_t root; /* where keys[0] starts */
} flame_path;

void flame_path_fini(flame_path *path);

/* The node reached from `root` by `depth` keys, outermost first. O(depth) comparisons, and one lookup for
 * each key after the first that differs from the path's last stack. `calls` is unchanged but for new nodes.
 */
FS_CHECK fs_status flame_calls_descend(flame_calls *calls, flame_path *path, uint32_t root,
                                       const uint64_t *keys, size_t depth, uint32_t *node, fs_error *error);

#endif
