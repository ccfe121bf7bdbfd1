#include "call_graph.h"

#include <math.h>

enum { NODES_MOST = 4000000 }; /* of the tree, that one graph may make */

const char flame_call_graph_note[] =
    "it tells calls only pairwise: the stacks are an estimate, each caller's share in proportion";

void flame_call_graph_fini(flame_call_graph *graph)
{
    fs_free(graph->functions);
    fs_free(graph->calls);
    fs_map_fini(&graph->by_pair);
    *graph = (flame_call_graph){0};
}

bool flame_call_graph_function(flame_call_graph *graph, uint32_t name)
{
    if (graph->function_count == FLAME_NONE - 1 ||
        !FS_GROW(graph->functions, graph->function_capacity, graph->function_count + 1))
        return false;
    graph->functions[graph->function_count++] =
        (flame_graph_function){.name = name, .first_call = FLAME_NONE};
    return true;
}

static bool is_pair(const void *items, uint32_t item, const void *key)
{
    const flame_graph_call *calls = items, *pair = key;
    return calls[item].caller == pair->caller && calls[item].callee == pair->callee;
}

bool flame_call_graph_call(flame_call_graph *graph, uint32_t caller, uint32_t callee, double cost)
{
    flame_graph_function *from = &graph->functions[caller];
    flame_graph_call call = {.caller = caller, .callee = callee, .next = from->first_call, .cost = cost};
    uint64_t hash = fs_hash_64((uint64_t)caller << 32 | callee);
    uint32_t known = fs_map_find(&graph->by_pair, hash, is_pair, graph->calls, &call);
    if (known != FS_MAP_NONE) {
        graph->calls[known].cost += cost;
        return true;
    }
    if (graph->call_count == FLAME_NONE - 1 ||
        !FS_GROW(graph->calls, graph->call_capacity, graph->call_count + 1))
        return false;
    graph->calls[graph->call_count] = call;
    if (!fs_map_add(&graph->by_pair, hash, (uint32_t)graph->call_count)) return false;
    from->first_call = (uint32_t)graph->call_count++;
    return true;
}

/* A function on the stack that is followed. */
typedef struct level {
    uint32_t function, node;
    uint32_t call; /* the next to follow */
    double ratio;  /* of its costs, how much belongs to this stack */
} level;

typedef struct follower {
    flame_call_graph *graph;
    flame_reading *in;
    level *levels;
    size_t depth, capacity;
    double least, scale;
    uint32_t nodes_before;
} follower;

static void count(follower *at, uint32_t node, double cost)
{
    cost *= at->scale;
    if (cost > 0 && cost < 0x1p64) flame_read_count(at->in, node, flame_exact_of(cost));
}

/* A call that brings `cost` to a function: go into it, or count all of it there. */
static fs_status enter(follower *at, uint32_t parent, uint32_t function, double cost, fs_error *error)
{
    flame_graph_function *called = &at->graph->functions[function];
    uint32_t node;
    fs_status status = flame_read_child(at->in, parent, called->name, &node, error);
    if (status) return status;
    bool full = flame_tree_nodes(at->in->tree) - at->nodes_before > NODES_MOST;
    if (called->open || cost < at->least || full || called->first_call == FLAME_NONE || !(called->all > 0)) {
        count(at, node, cost);
        return FS_OK;
    }
    if (!FS_GROW(at->levels, at->capacity, at->depth + 1))
        return fs_fail_memory(error, "following a call graph", at->depth);
    called->open = true;
    double ratio = cost / called->all;
    at->levels[at->depth++] =
        (level){.function = function, .node = node, .call = called->first_call, .ratio = ratio};
    count(at, node, called->self * ratio);
    return FS_OK;
}

static fs_status follow(follower *at, uint32_t root, double cost, fs_error *error)
{
    fs_status status = enter(at, 0, root, cost, error);
    while (!status && at->depth > 0) {
        level *top = &at->levels[at->depth - 1];
        if (top->call == FLAME_NONE) {
            at->graph->functions[top->function].open = false;
            at->depth--;
            continue;
        }
        const flame_graph_call *call = &at->graph->calls[top->call];
        top->call = call->next;
        if (call->callee != top->function && call->cost > 0)
            status = enter(at, top->node, call->callee, call->cost * top->ratio, error);
    }
    return status;
}

/* ---- circles: functions that call each other (R. E. Tarjan, 1972) ---- */

typedef struct visit {
    uint32_t function, call; /* the next of its calls to look at */
} visit;

typedef struct search {
    flame_call_graph *graph;
    uint32_t *order, *low; /* when a function was first seen, from 1; the earliest that it leads back to */
    uint32_t *pending;     /* functions seen whose circle is not yet known */
    visit *visits;
    size_t pending_count, depth;
    uint32_t seen, circles;
} search;

static void see(search *s, uint32_t function)
{
    s->order[function] = s->low[function] = ++s->seen;
    s->pending[s->pending_count++] = function;
    s->graph->functions[function].circle = FLAME_NONE;
    s->visits[s->depth++] = (visit){function, s->graph->functions[function].first_call};
}

static void look_back(search *s, uint32_t function, uint32_t to)
{
    if (to < s->low[function]) s->low[function] = to;
}

/* All calls of the function are looked at: if it leads back to none before it, its circle is whole. */
static void leave(search *s)
{
    uint32_t function = s->visits[--s->depth].function, member;
    if (s->depth > 0) look_back(s, s->visits[s->depth - 1].function, s->low[function]);
    if (s->low[function] != s->order[function]) return;
    do {
        member = s->pending[--s->pending_count];
        s->graph->functions[member].circle = s->circles;
    } while (member != function);
    s->circles++;
}

static void search_from(search *s, uint32_t root)
{
    see(s, root);
    while (s->depth > 0) {
        visit *top = &s->visits[s->depth - 1];
        if (top->call == FLAME_NONE) {
            leave(s);
            continue;
        }
        const flame_graph_call *call = &s->graph->calls[top->call];
        top->call = call->next;
        if (s->order[call->callee] == 0)
            see(s, call->callee);
        else if (s->graph->functions[call->callee].circle == FLAME_NONE)
            look_back(s, top->function, s->order[call->callee]);
    }
}

static fs_status find_circles(flame_call_graph *graph, uint32_t *circles, fs_error *error)
{
    size_t count = graph->function_count;
    search s = {.graph = graph,
                .order = fs_alloc_0(count, sizeof(uint32_t)),
                .low = fs_alloc(count, sizeof(uint32_t)),
                .pending = fs_alloc(count, sizeof(uint32_t)),
                .visits = fs_alloc(count, sizeof(visit))};
    bool good = s.order && s.low && s.pending && s.visits;
    for (uint32_t i = 0; good && i < count; i++)
        if (s.order[i] == 0) search_from(&s, i);
    *circles = s.circles;
    fs_free(s.order);
    fs_free(s.low);
    fs_free(s.pending);
    fs_free(s.visits);
    return good ? FS_OK : fs_fail_memory(error, "following a call graph", count);
}

/* ---- where stacks begin ---- */

/* Costs with what is called. What a function's calls of itself cost is in its own cost already. A function
 * that is only called, and has nothing of its own, was left out of the profile: what its calls cost is its.
 */
static double add_up(flame_call_graph *graph)
{
    double total = 0;
    for (size_t i = 0; i < graph->function_count; i++) {
        graph->functions[i].all = graph->functions[i].self;
        graph->functions[i].left_out =
            !(graph->functions[i].self > 0) && graph->functions[i].first_call == FLAME_NONE;
    }
    for (size_t i = 0; i < graph->call_count; i++) {
        const flame_graph_call *call = &graph->calls[i];
        flame_graph_function *callee = &graph->functions[call->callee];
        if (call->caller != call->callee) graph->functions[call->caller].all += call->cost;
        if (!callee->left_out) continue;
        callee->self += call->cost;
        callee->all += call->cost;
    }
    for (size_t i = 0; i < graph->function_count; i++) total += graph->functions[i].self;
    return total;
}

/* What a circle has that no caller outside gave it, in `rest`; most often a circle is one function. */
static void find_rest(const flame_call_graph *graph, double *rest, double *whole)
{
    for (size_t i = 0; i < graph->function_count; i++) {
        rest[graph->functions[i].circle] += graph->functions[i].self;
        whole[graph->functions[i].circle] += graph->functions[i].self;
    }
    for (size_t i = 0; i < graph->call_count; i++) {
        const flame_graph_call *call = &graph->calls[i];
        uint32_t from = graph->functions[call->caller].circle, to = graph->functions[call->callee].circle;
        if (from == to) continue;
        rest[from] += call->cost;
        whole[from] += call->cost;
        rest[to] -= call->cost;
    }
}

/* The functions that stacks begin with: of each circle that has a rest, the one with the most. Sums of many
 * parts are rounded: a trace of them is no rest. */
static double find_roots(const flame_call_graph *graph, uint32_t circles, uint32_t *root, double *rest,
                         const double *whole)
{
    double roots = 0;
    for (uint32_t i = 0; i < circles; i++) root[i] = FLAME_NONE;
    for (uint32_t i = 0; i < graph->function_count; i++) {
        const flame_graph_function *function = &graph->functions[i];
        uint32_t *best = &root[function->circle];
        if (*best == FLAME_NONE || function->all > graph->functions[*best].all) *best = i;
    }
    for (uint32_t i = 0; i < circles; i++) {
        if (!(rest[i] > 1e-9 * whole[i])) root[i] = FLAME_NONE;
        if (root[i] != FLAME_NONE) roots += rest[i];
    }
    return roots;
}

static fs_status follow_roots(follower *at, uint32_t circles, uint32_t *root, double *rest, double *whole,
                              double total, fs_error *error)
{
    find_rest(at->graph, rest, whole);
    double roots = find_roots(at->graph, circles, root, rest, whole);
    if (!(roots > 0)) return FS_OK;
    at->least = roots * 1e-5;
    /* Where the numbers do not agree with each other, the functions' own costs are what adds up. */
    if (fabs(roots - total) > 1e-9 * total) at->scale = total / roots;
    fs_status status = FS_OK;
    for (uint32_t i = 0; i < circles && !status; i++)
        if (root[i] != FLAME_NONE) status = follow(at, root[i], rest[i], error);
    return status;
}

fs_status flame_call_graph_count(flame_call_graph *graph, flame_reading *in, fs_error *error)
{
    double total = add_up(graph);
    if (!(total > 0) || !isfinite(total)) return FS_OK;
    follower at = {.graph = graph, .in = in, .scale = 1, .nodes_before = flame_tree_nodes(in->tree)};
    uint32_t circles = 0;
    fs_status status = find_circles(graph, &circles, error);
    if (status) return status;
    uint32_t *root = fs_alloc(circles, sizeof *root);
    double *rest = fs_alloc_0(circles, sizeof *rest), *whole = fs_alloc_0(circles, sizeof *whole);
    status = root && rest && whole ? follow_roots(&at, circles, root, rest, whole, total, error)
                                   : fs_fail_memory(error, "following a call graph", circles);
    fs_free(root);
    fs_free(rest);
    fs_free(whole);
    fs_free(at.levels);
    return status;
}
