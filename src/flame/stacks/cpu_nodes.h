/*
 * cpu_nodes.h - the call tree of V8's profiles, as a .cpuprofile lists it whole and a Chrome trace in pieces.
 */
#ifndef FLAME_CPU_NODES_H
#define FLAME_CPU_NODES_H

#include "hash_map.h"
#include "json_scan.h"
#include "read_formats.h"

typedef struct flame_cpu_node {
    double id;
    uint32_t parent; /* index; FLAME_NONE: none, or not yet known */
    uint32_t name;   /* FLAME_NONE: no frame of its own */
    uint32_t node;   /* in the tree; FLAME_NONE: not yet made */
    bool idle;
    flame_value children;
    double hits;
} flame_cpu_node;

typedef struct flame_cpu_nodes {
    flame_reading *in;
    flame_cpu_node *nodes;
    size_t count, capacity;
    fs_map by_id;
    uint32_t base;  /* the node of the tree that all are below */
    uint32_t *path; /* for making a node's ancestors */
    size_t path_capacity;
    fs_text function, file, name;
} flame_cpu_nodes;

/* `nodes` starts zero but for `in` and `base`. */
void flame_cpu_nodes_fini(flame_cpu_nodes *nodes);

/* Add the nodes of an array, or of an object by id (a Chrome trace's "stackFrames"); what calls them is in
 * it, or was added before. */
FS_CHECK fs_status flame_cpu_nodes_read(flame_cpu_nodes *nodes, flame_value array, fs_error *error);

/* Count a sample at the node with that id. */
FS_CHECK fs_status flame_cpu_nodes_count(flame_cpu_nodes *nodes, flame_value id, flame_exact weight,
                                         fs_error *error);

#endif
