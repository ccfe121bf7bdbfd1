/*
 * call_graph.h - stacks from a profile that knows calls only pairwise: what each function cost itself, and
 * what each of its calls of another cost with all that the other called.
 *
 * Such a profile does not tell how a function's cost depends on the stack that it was called from. What is
 * made of it here is the usual estimate (gprof's: S. L. Graham, P. B. Kessler, M. K. McKusick, 1982): a
 * function spends each part of what a caller gave it in the same proportions. Where every function has one
 * caller the stacks are exact. The sum of all counts is the sum of the functions' own costs.
 *
 * A function that is on the stack already is not entered again: what a recursive call costs is counted there.
 * A stack that stands for less than a hundred thousandth of all is not followed further either.
 */
#ifndef FLAME_CALL_GRAPH_H
#define FLAME_CALL_GRAPH_H

#include "hash_map.h"
#include "read_formats.h"

typedef struct flame_graph_function {
    uint32_t name;       /* in the tree */
    double self;         /* its own cost */
    double all;          /* with what it calls */
    uint32_t first_call; /* the last added; FLAME_NONE: it calls nothing */
    uint32_t circle;     /* a number of its own, or that of the functions that it calls and that call it */
    bool open;           /* on the stack that is followed */
    bool left_out;       /* it has no costs of its own and calls nothing */
} flame_graph_function;

typedef struct flame_graph_call {
    uint32_t caller, callee;
    uint32_t next; /* of the same caller, or FLAME_NONE */
    double cost;
} flame_graph_call;

/* All zero: empty. */
typedef struct flame_call_graph {
    flame_graph_function *functions;
    size_t function_count, function_capacity;
    flame_graph_call *calls;
    size_t call_count, call_capacity;
    fs_map by_pair;
} flame_call_graph;

extern const char flame_call_graph_note[]; /* for flame_report.note */

void flame_call_graph_fini(flame_call_graph *graph);

/* Another function; its number is function_count before. False: out of memory. */
FS_CHECK bool flame_call_graph_function(flame_call_graph *graph, uint32_t name);

/* Add to what a function's calls of another cost. False: out of memory. */
FS_CHECK bool flame_call_graph_call(flame_call_graph *graph, uint32_t caller, uint32_t callee, double cost);

/* Count its stacks. O(nodes made + calls). */
FS_CHECK fs_status flame_call_graph_count(flame_call_graph *graph, flame_reading *in, fs_error *error);

#endif
