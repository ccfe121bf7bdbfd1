/*
 * V8's .cpuprofile (Chrome's developer tools, node --cpu-prof, Deno, Bun, Hermes): the "Profile" type of the
 * Chrome DevTools Protocol. A call tree in "nodes", and the node and time of each sample in "samples" and
 * "timeDeltas". A sample stands for the time until the next one, the last for that until "endTime", in
 * microseconds. Without samples the nodes' hit counts are taken.
 *
 * The form before 2017 is read too: a tree under "head" with its children inside, and hit counts.
 *
 * The root node "(root)" is no frame. What V8 calls "(idle)" is left out and counted as filtered: it is time
 * in which nothing ran; in the order of time it is a gap.
 */
#include "count_text.h"
#include "cpu_nodes.h"
#include "frame_name.h"

#include <string.h>

/* The members of the profile, found in one walk. */
enum { NODES, HEAD, CPU_SAMPLES, DELTAS, START, END, MEMBERS };
static const char *const members[MEMBERS] = {"nodes",      "head",      "samples",
                                             "timeDeltas", "startTime", "endTime"};

static fs_status no_memory(fs_error *error)
{
    return fs_fail_memory(error, "reading a .cpuprofile", 0);
}

static void skip(flame_cpu_nodes *reader, const char *reason)
{
    flame_skip_sample(reader->in, reason);
}

/* The name of a frame as V8 tells it; "(root)" has none. `line` counts from 0. */
static fs_status name_node(flame_cpu_nodes *reader, flame_value function, flame_value url, flame_value line,
                           flame_cpu_node *node, fs_error *error)
{
    const char *text, *file;
    size_t length, file_length;
    if (!flame_value_text(function, &reader->function, &text, &length) ||
        !flame_value_text(url, &reader->file, &file, &file_length))
        return no_memory(error);
    node->name = FLAME_NONE;
    if (length == 6 && memcmp(text, "(root)", 6) == 0) return FS_OK;
    node->idle = length == 6 && memcmp(text, "(idle)", 6) == 0;
    double number = flame_value_double(line, -1) + 1;
    if (length == 0) {
        text = "(anonymous)";
        length = strlen(text);
    }
    flame_frame_compose(&reader->name, text, length, file, file_length,
                        number >= 1 && number < 1e9 ? (int32_t)number : 0, reader->in->options->lines);
    if (reader->name.failed) return no_memory(error);
    return flame_tree_name(reader->in->tree, reader->name.data, reader->name.length, false, &node->name,
                           error);
}

/* ---- the list of nodes ---- */

static uint64_t hash_id(double id)
{
    uint64_t bits;
    id += 0.0; /* -0 is 0 */
    memcpy(&bits, &id, sizeof bits);
    return fs_hash_64(bits);
}

static bool has_id(const void *items, uint32_t item, const void *key)
{
    const flame_cpu_node *nodes = items;
    return nodes[item].id == *(const double *)key;
}

/* V8 counts ids from 1 in the order of the list: look there first. */
static uint32_t find_node(const flame_cpu_nodes *reader, flame_value id)
{
    flame_exact number;
    if (!flame_value_number(id, &number)) return FLAME_NONE;
    double place = number.value - 1;
    if (place >= 0 && place < (double)reader->count && reader->nodes[(size_t)place].id == number.value)
        return (uint32_t)place;
    return fs_map_find(&reader->by_id, hash_id(number.value), has_id, reader->nodes, &number.value);
}

static fs_status add_node(flame_cpu_nodes *reader, const flame_cpu_node *node, fs_error *error)
{
    if (reader->count == FLAME_NONE - 1 || !FS_GROW(reader->nodes, reader->capacity, reader->count + 1))
        return no_memory(error);
    reader->nodes[reader->count] = *node;
    return fs_map_add(&reader->by_id, hash_id(node->id), (uint32_t)reader->count++) ? FS_OK
                                                                                    : no_memory(error);
}

static bool has_new_id(flame_cpu_nodes *reader, flame_value id, flame_cpu_node *node)
{
    flame_exact number;
    if (!flame_value_number(id, &number) || find_node(reader, id) != FLAME_NONE) {
        skip(reader, "a node has no id, or one that another has");
        return false;
    }
    node->id = number.value;
    return true;
}

/* Digits after a ':' at the end of a text, which is made shorter by them; 0: none. */
static int32_t take_number(const char *text, size_t *length)
{
    size_t at = *length;
    flame_exact value;
    while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9') at--;
    if (at == 0 || text[at - 1] != ':' ||
        flame_count_parse(text + at, *length - at, &value) != FLAME_COUNT_OK || value.value > 1e9)
        return 0;
    *length = at - 1;
    return (int32_t)value.value;
}

/* A member of "stackFrames": its key is the id, its name may be "function(url:line:column)". */
static fs_status read_frame(flame_cpu_nodes *reader, const flame_value_walk *frame, flame_value *parent,
                            fs_error *error)
{
    static const char *const keys[] = {"name", "parent", "category"};
    flame_value values[3], id = {frame->key - 1, frame->value.end};
    flame_cpu_node node = {.parent = FLAME_NONE, .node = FLAME_NONE, .name = FLAME_NONE};
    flame_value_get_all(frame->value, keys, values, 3);
    *parent = values[1];
    if (!has_new_id(reader, id, &node)) return FS_OK;
    if (!flame_value_text_is(values[2], "root")) {
        const char *text, *open;
        size_t length, file_length = 0;
        int32_t line = 0;
        if (!flame_value_text(values[0], &reader->function, &text, &length)) return no_memory(error);
        open = length > 1 && text[length - 1] == ')' ? memrchr(text, '(', length) : NULL;
        if (open) {
            file_length = (size_t)(text + length - open) - 2;
            bool column = take_number(open + 1, &file_length) > 0;
            line = column ? take_number(open + 1, &file_length) : 0;
        }
        bool placed = line > 0 && file_length > 0 && open > text;
        flame_frame_compose(&reader->name, text, placed ? (size_t)(open - text) : length,
                            placed ? open + 1 : NULL, placed ? file_length : 0, placed ? line : 0,
                            reader->in->options->lines);
        if (reader->name.failed) return no_memory(error);
        fs_status status = flame_tree_name(reader->in->tree, fs_text_string(&reader->name),
                                           reader->name.length, false, &node.name, error);
        if (status) return status;
    }
    return add_node(reader, &node, error);
}

static fs_status read_node(flame_cpu_nodes *reader, flame_value value, flame_value *parent, fs_error *error)
{
    flame_cpu_node node = {.parent = FLAME_NONE, .node = FLAME_NONE};
    flame_value id = {0}, call = {0};
    flame_value_walk walk = flame_value_enter(value);
    while (flame_value_next(&walk)) {
        if (flame_value_key_is(&walk, "id")) id = walk.value;
        if (flame_value_key_is(&walk, "callFrame")) call = walk.value;
        if (flame_value_key_is(&walk, "children")) node.children = walk.value;
        if (flame_value_key_is(&walk, "parent")) *parent = walk.value;
        if (flame_value_key_is(&walk, "hitCount")) node.hits = flame_value_double(walk.value, 0);
    }
    if (!has_new_id(reader, id, &node)) return FS_OK;
    fs_status status = name_node(reader, flame_value_get(call, "functionName"), flame_value_get(call, "url"),
                                 flame_value_get(call, "lineNumber"), &node, error);
    return status ? status : add_node(reader, &node, error);
}

fs_status flame_cpu_nodes_read(flame_cpu_nodes *reader, flame_value nodes, fs_error *error)
{
    flame_value_walk walk = flame_value_enter(nodes);
    flame_value *parents = NULL;
    size_t capacity = 0, first = reader->count;
    fs_status status = FS_OK;
    while (!status && flame_value_next(&walk)) {
        flame_value parent = {0};
        size_t before = reader->count;
        status = walk.key ? read_frame(reader, &walk, &parent, error)
                          : read_node(reader, walk.value, &parent, error);
        if (reader->count == before) continue;
        if (!status && !FS_GROW(parents, capacity, reader->count - first)) status = no_memory(error);
        if (!status) parents[before - first] = parent;
    }
    for (size_t i = first; i < reader->count && !status; i++) {
        if (parents[i - first].at) reader->nodes[i].parent = find_node(reader, parents[i - first]);
        flame_value_walk children = flame_value_enter(reader->nodes[i].children);
        while (flame_value_next(&children)) {
            uint32_t child = find_node(reader, children.value);
            if (child != FLAME_NONE && child != i) reader->nodes[child].parent = (uint32_t)i;
        }
    }
    fs_free(parents);
    return status;
}

/* The node of the tree for a node of the profile. In the order of time all of a stack is walked each time;
 * else it is made once. Parents that go round in a circle end at the root. */
static fs_status tree_node(flame_cpu_nodes *reader, uint32_t which, uint32_t *node, fs_error *error)
{
    size_t depth = 0;
    uint32_t at = which;
    while (at != FLAME_NONE && depth <= reader->count &&
           (reader->in->options->in_time || reader->nodes[at].node == FLAME_NONE)) {
        if (!FS_GROW(reader->path, reader->path_capacity, depth + 1)) return no_memory(error);
        reader->path[depth++] = at;
        at = reader->nodes[at].parent;
    }
    if (depth > reader->count)
        return fs_fail(error, FS_FORMAT, "the nodes of a .cpuprofile go round in a circle");
    uint32_t current = at == FLAME_NONE ? reader->base : reader->nodes[at].node;
    while (depth > 0) {
        flame_cpu_node *own = &reader->nodes[reader->path[--depth]];
        fs_status status = own->name == FLAME_NONE
                               ? FS_OK
                               : flame_read_child(reader->in, current, own->name, &current, error);
        if (status) return status;
        own->node = current;
    }
    *node = current;
    return FS_OK;
}

static fs_status count_sample(flame_cpu_nodes *reader, uint32_t which, flame_exact weight, fs_error *error)
{
    uint32_t node = 0;
    if (!flame_exact_in_range(weight)) { /* V8's clock runs backwards now and then */
        skip(reader, "its time is before that of the sample before it");
        return FS_OK;
    }
    if (which < reader->count && reader->nodes && reader->nodes[which].idle) {
        reader->in->report->filtered++;
        if (reader->in->options->in_time) flame_read_count(reader->in, reader->base, weight);
        return FS_OK;
    }
    fs_status status = tree_node(reader, which, &node, error);
    if (!status) flame_read_count(reader->in, node, weight);
    return status;
}

fs_status flame_cpu_nodes_count(flame_cpu_nodes *reader, flame_value id, flame_exact weight, fs_error *error)
{
    uint32_t which = find_node(reader, id);
    if (which != FLAME_NONE) return count_sample(reader, which, weight, error);
    skip(reader, "it names a node that there is not");
    return FS_OK;
}

void flame_cpu_nodes_fini(flame_cpu_nodes *reader)
{
    fs_text_fini(&reader->function);
    fs_text_fini(&reader->file);
    fs_text_fini(&reader->name);
    fs_map_fini(&reader->by_id);
    fs_free(reader->nodes);
    fs_free(reader->path);
}

static fs_status read_samples(flame_cpu_nodes *reader, const flame_value *values, fs_error *error)
{
    flame_value_walk samples = flame_value_enter(values[CPU_SAMPLES]);
    flame_value_walk deltas = flame_value_enter(values[DELTAS]);
    flame_exact now = flame_exact_of(0), last = now;
    flame_value_number(values[START], &now);
    flame_value_number(values[END], &last);
    bool timed = flame_value_next(&deltas), more = flame_value_next(&samples);
    if (!timed) return fs_fail(error, FS_FORMAT, "this .cpuprofile has samples but no \"timeDeltas\"");
    flame_exact delta = flame_exact_of(0);
    flame_value_number(deltas.value, &delta);
    now = flame_exact_add(now, delta);
    fs_status status = FS_OK;
    while (more && !status) {
        reader->in->report->lines++;
        flame_value id = samples.value;
        more = flame_value_next(&samples);
        delta = flame_exact_of(0);
        if (more && flame_value_next(&deltas))
            flame_value_number(deltas.value, &delta);
        else if (!more && last.value > now.value)
            delta = flame_exact_add(last, flame_exact_minus(now));
        now = flame_exact_add(now, delta);
        status = flame_cpu_nodes_count(reader, id, delta, error);
    }
    flame_report_unit(reader->in->report, "microseconds", strlen("microseconds"));
    return status;
}

static fs_status count_hits(flame_cpu_nodes *reader, fs_error *error)
{
    fs_status status = FS_OK;
    flame_report_unit(reader->in->report, "samples", strlen("samples"));
    for (size_t i = 0; i < reader->count && !status; i++) {
        reader->in->report->lines++;
        if (reader->nodes[i].hits > 0)
            status = count_sample(reader, (uint32_t)i, flame_exact_of(reader->nodes[i].hits), error);
    }
    return status;
}

/* ---- the old form ---- */

typedef struct old_level {
    flame_value_walk members;  /* of the node */
    flame_value_walk children; /* when `in_children` */
    bool in_children;
    flame_value function, url;
    uint32_t parent, index; /* into nodes; index FLAME_NONE: not yet there */
    double hits;
} old_level;

static fs_status old_node(flame_cpu_nodes *reader, old_level *level, fs_error *error)
{
    if (level->index != FLAME_NONE) return FS_OK;
    flame_cpu_node node = {.parent = level->parent, .node = FLAME_NONE};
    fs_status status = name_node(reader, level->function, level->url, (flame_value){0}, &node, error);
    if (status) return status;
    if (reader->count == FLAME_NONE - 1 || !FS_GROW(reader->nodes, reader->capacity, reader->count + 1))
        return no_memory(error);
    level->index = (uint32_t)reader->count;
    reader->nodes[reader->count++] = node;
    return FS_OK;
}

/* The next member of the innermost node: *down when its children come now, *done at its end. */
static fs_status old_step(flame_cpu_nodes *reader, old_level *level, bool *done, fs_error *error)
{
    flame_value_walk *walk = &level->members;
    *done = !flame_value_next(walk);
    if (*done || flame_value_key_is(walk, "children")) {
        fs_status status = old_node(reader, level, error);
        if (status) return status;
        level->in_children = !*done;
        if (!*done)
            level->children = flame_value_enter(walk->value);
        else if (reader->nodes)
            reader->nodes[level->index].hits = level->hits;
        return FS_OK;
    }
    if (flame_value_key_is(walk, "functionName")) level->function = walk->value;
    if (flame_value_key_is(walk, "url")) level->url = walk->value;
    if (flame_value_key_is(walk, "hitCount")) level->hits = flame_value_double(walk->value, 0);
    return FS_OK;
}

static fs_status read_old(flame_cpu_nodes *reader, flame_value head, fs_error *error)
{
    old_level *levels = NULL;
    size_t depth = 0, capacity = 0;
    fs_status status = FS_OK;
    flame_value next = head;
    uint32_t parent = FLAME_NONE;
    while (!status) {
        if (next.at) {
            if (!FS_GROW(levels, capacity, depth + 1)) {
                status = no_memory(error);
                break;
            }
            levels[depth++] =
                (old_level){.members = flame_value_enter(next), .parent = parent, .index = FLAME_NONE};
            next = (flame_value){0};
        }
        if (depth == 0) break;
        old_level *level = &levels[depth - 1];
        if (level->in_children) {
            if (flame_value_next(&level->children)) {
                next = level->children.value;
                parent = level->index;
                continue;
            }
            flame_value_leave(&level->members, &level->children);
            level->in_children = false;
        }
        bool done;
        status = old_step(reader, level, &done, error);
        if (done && !status) {
            depth--;
            if (depth > 0) flame_value_leave(&levels[depth - 1].children, &level->members);
        }
    }
    fs_free(levels);
    return status ? status : count_hits(reader, error);
}

static bool looks_like_cpuprofile(const char *bytes, size_t length)
{
    if (!flame_value_begins(bytes, length, '{')) return false;
    bool nodes =
        flame_value_has_key(bytes, length, "nodes") && flame_value_has_key(bytes, length, "callFrame");
    bool head =
        flame_value_has_key(bytes, length, "head") && flame_value_has_key(bytes, length, "functionName");
    return nodes || head;
}

static fs_status read_all(flame_cpu_nodes *reader, flame_value root, fs_error *error)
{
    flame_value values[MEMBERS];
    flame_value_get_all(root, members, values, MEMBERS);
    bool listed = flame_value_is_array(values[NODES]);
    if (!listed && flame_value_is_object(values[HEAD])) return read_old(reader, values[HEAD], error);
    if (!listed) return fs_fail(error, FS_FORMAT, "this .cpuprofile has neither \"nodes\" nor a \"head\"");
    fs_status status = flame_cpu_nodes_read(reader, values[NODES], error);
    if (status) return status;
    flame_value_walk samples = flame_value_enter(values[CPU_SAMPLES]);
    return flame_value_next(&samples) ? read_samples(reader, values, error) : count_hits(reader, error);
}

static fs_status read_cpuprofile(flame_reading *in, fs_error *error)
{
    flame_value root;
    fs_status status = flame_value_read(in->lines, "a .cpuprofile", false, &root, error);
    if (status || in->lines->stopped) return status;
    flame_cpu_nodes reader = {.in = in};
    status = read_all(&reader, root, error);
    if (status == FS_FORMAT) status = fs_error_context(error, status, "%s", in->name);
    flame_cpu_nodes_fini(&reader);
    return status;
}

const flame_stack_format flame_reader_cpuprofile = {
    .item = "sample",
    .looks_like = looks_like_cpuprofile,
    .read = read_cpuprofile,
};
