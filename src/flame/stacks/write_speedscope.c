/* speedscope's JSON and Chrome's trace events: both are frames that open and close. */
#include "frame_name.h"
#include "json_writer.h"
#include "sample_order.h"
#include "tree_walk.h"

#include <string.h>

/* One root child when the threads are apart, else the whole tree. */
typedef struct part {
    uint32_t root;   /* of the frames that are written: its children */
    flame_name name; /* of the thread */
    int64_t thread;  /* from 1 */
} part;

static double scale_of(const flame_profile *profile)
{
    return profile->period > 0 ? profile->period : 1;
}

static const char *speedscope_unit(const flame_profile *profile)
{
    static const char *const known[] = {"nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"};
    if (profile->period > 0) return "nanoseconds";
    for (size_t i = 0; profile->unit && i < sizeof known / sizeof *known; i++)
        if (strcmp(profile->unit, known[i]) == 0) return known[i];
    return "none";
}

static void write_place(fs_json *json, const flame_frame_parts *frame)
{
    fs_json_key(json, "file");
    fs_json_bytes(json, frame->file, frame->file_length);
    fs_json_key_integer(json, "line", frame->line);
}

static void write_frames(fs_json *json, const flame_tree *tree)
{
    fs_json_key_object(json, "shared");
    fs_json_key_array(json, "frames");
    for (uint32_t i = 0; i < flame_tree_names(tree); i++) {
        const flame_name *name = flame_tree_name_of(tree, i);
        flame_frame_parts frame = flame_frame_parse(name->text, name->length);
        fs_json_object(json);
        fs_json_key(json, "name");
        fs_json_bytes(json, frame.function, frame.function_length);
        if (frame.file) write_place(json, &frame);
        fs_json_end_object(json);
    }
    fs_json_end_array(json);
    fs_json_end_object(json);
}

static void write_exact(fs_json *json, flame_exact count)
{
    char number[FLAME_EXACT_SIZE];
    flame_exact_format(count, number);
    fs_json_number_text(json, number);
}

static void write_scaled(fs_json *json, flame_exact count, const flame_profile *profile)
{
    write_exact(json, flame_exact_scale(count, scale_of(profile)));
}

static void write_head(fs_json *json, const flame_tree *tree, const flame_profile *profile, part which,
                       const char *type)
{
    fs_json_object(json);
    fs_json_key_string(json, "type", type);
    fs_json_key(json, "name");
    if (which.root != 0)
        fs_json_bytes(json, which.name.text, which.name.length);
    else
        fs_json_string(json, profile->title ? profile->title : "flame");
    fs_json_key_string(json, "unit", speedscope_unit(profile));
    fs_json_key_integer(json, "startValue", 0);
    fs_json_key(json, "endValue");
    write_scaled(json, flame_tree_exact(tree, which.root, FLAME_TOTAL_AFTER), profile);
}

/* The walk over what is below `root`: like flame_tree_next, but it ends where it began. */
static uint32_t below_after(const flame_tree *tree, uint32_t root, uint32_t at)
{
    const flame_node *node = flame_tree_node(tree, at);
    if (node->child != FLAME_NONE) return node->child;
    while (at != root) {
        node = flame_tree_node(tree, at);
        if (node->sibling != FLAME_NONE) return node->sibling;
        at = node->parent;
    }
    return FLAME_NONE;
}

static fs_status write_sampled(fs_json *json, const flame_tree *tree, const flame_profile *profile,
                               part which, fs_error *error)
{
    write_head(json, tree, profile, which, "sampled");
    uint32_t *path = NULL; /* leaf first */
    size_t capacity = 0;
    fs_json_key_array(json, "samples");
    for (uint32_t at = which.root; at != FLAME_NONE; at = below_after(tree, which.root, at)) {
        if (!(flame_tree_counts(tree, at).self_after > 0)) continue;
        size_t depth = 0;
        for (uint32_t up = at; up != which.root; up = flame_tree_node(tree, up)->parent) {
            if (!FS_GROW(path, capacity, depth + 1)) {
                fs_free(path);
                return fs_fail_memory(error, "writing a deep stack", depth);
            }
            path[depth++] = flame_tree_node(tree, up)->name;
        }
        fs_json_array(json);
        while (depth > 0) fs_json_integer(json, path[--depth]);
        fs_json_end_array(json);
    }
    fs_free(path);
    fs_json_end_array(json);
    fs_json_key_array(json, "weights");
    for (uint32_t at = which.root; at != FLAME_NONE; at = below_after(tree, which.root, at)) {
        double self = flame_tree_counts(tree, at).self_after;
        if (self > 0) write_scaled(json, flame_tree_exact(tree, at, FLAME_SELF_AFTER), profile);
    }
    fs_json_end_array(json);
    fs_json_end_object(json);
    return FS_OK;
}

/* Frames in time: called for each opening and closing, in order. */
typedef void (*write_event)(fs_json *json, bool opens, uint32_t name, const flame_name *text, flame_exact at,
                            const part *which);

/* Sums that were rounded differently must not run backwards. */
static void pass(flame_exact *clock, flame_exact to)
{
    if (flame_exact_add(to, flame_exact_minus(*clock)).value > 0) *clock = to;
}

static void walk_in_time(fs_json *json, const flame_tree *tree, const flame_profile *profile, part which,
                         write_event event)
{
    double scale = scale_of(profile);
    flame_exact before = flame_exact_minus(flame_tree_start(tree, which.root)), clock = {0};
    uint32_t at = which.root;
    for (;;) {
        const flame_node *node = flame_tree_node(tree, at);
        if (at != which.root) {
            pass(&clock, flame_exact_add(flame_tree_start(tree, at), before));
            event(json, true, node->name, flame_tree_name_of(tree, node->name),
                  flame_exact_scale(clock, scale), &which);
        }
        if (node->child != FLAME_NONE) {
            at = node->child;
            continue;
        }
        while (at != which.root) {
            node = flame_tree_node(tree, at);
            flame_exact end =
                flame_exact_add(flame_tree_start(tree, at), flame_tree_exact(tree, at, FLAME_TOTAL_AFTER));
            pass(&clock, flame_exact_add(end, before));
            event(json, false, node->name, flame_tree_name_of(tree, node->name),
                  flame_exact_scale(clock, scale), &which);
            if (node->sibling != FLAME_NONE) break;
            at = node->parent;
        }
        if (at == which.root) return;
        at = flame_tree_node(tree, at)->sibling;
    }
}

static void speedscope_event(fs_json *json, bool opens, uint32_t name, const flame_name *text, flame_exact at,
                             const part *which)
{
    (void)text;
    (void)which;
    fs_json_object(json);
    fs_json_key_string(json, "type", opens ? "O" : "C");
    fs_json_key_integer(json, "frame", name);
    fs_json_key(json, "at");
    write_exact(json, at);
    fs_json_end_object(json);
}

static fs_status write_profile(fs_json *json, const flame_tree *tree, const flame_profile *profile,
                               part which, fs_error *error)
{
    if (!flame_tree_in_time(tree)) return write_sampled(json, tree, profile, which, error);
    write_head(json, tree, profile, which, "evented");
    fs_json_key_array(json, "events");
    walk_in_time(json, tree, profile, which, speedscope_event);
    fs_json_end_array(json);
    fs_json_end_object(json);
    return FS_OK;
}

fs_status flame_write_speedscope(const flame_tree *tree, const flame_profile *given, fs_output *output,
                                 fs_error *error)
{
    flame_profile profile = given ? *given : (flame_profile){0};
    if (flame_tree_failed(tree)) return fs_fail_memory(error, "adding up counts", 0);
    fs_json json;
    fs_json_init(&json, output, false);
    fs_json_object(&json);
    fs_json_key_string(&json, "$schema", "https://www.speedscope.app/file-format-schema.json");
    fs_json_key_string(&json, "exporter", "flamescale " FLAMESCALE_VERSION);
    fs_json_key_string(&json, "name", profile.title ? profile.title : "flame");
    if (profile.note) fs_json_key_string(&json, "note", profile.note);
    fs_json_key_integer(&json, "activeProfileIndex", 0);
    write_frames(&json, tree);
    fs_json_key_array(&json, "profiles");
    fs_status status = FS_OK;
    uint32_t first = flame_tree_node(tree, 0)->child; /* of the threads */
    /* Samples of no thread would have no place among the threads. */
    if (profile.threads && first != FLAME_NONE && !(flame_tree_counts(tree, 0).self_after > 0) &&
        !flame_tree_in_time(tree)) {
        for (uint32_t at = first; at != FLAME_NONE && !status; at = flame_tree_node(tree, at)->sibling) {
            part which = {.root = at, .name = *flame_tree_name_of(tree, flame_tree_node(tree, at)->name)};
            status = write_profile(&json, tree, &profile, which, error);
        }
    } else {
        status = write_profile(&json, tree, &profile, (part){0}, error);
    }
    fs_json_end_array(&json);
    fs_json_end_object(&json);
    fs_json_fini(&json);
    return status;
}

/* ---- Chrome ---- */

static void chrome_event(fs_json *json, bool opens, uint32_t name, const flame_name *text, flame_exact at,
                         const part *which)
{
    (void)name;
    flame_frame_parts frame = flame_frame_parse(text->text, text->length);
    fs_json_object(json);
    fs_json_key(json, "name");
    fs_json_bytes(json, frame.function, frame.function_length);
    fs_json_key_string(json, "cat", "flame");
    fs_json_key_string(json, "ph", opens ? "B" : "E");
    fs_json_key_number(json, "ts", at.value);
    fs_json_key_integer(json, "pid", 1);
    fs_json_key_integer(json, "tid", which->thread);
    if (opens && frame.file) {
        fs_json_key_object(json, "args");
        write_place(json, &frame);
        fs_json_end_object(json);
    }
    fs_json_end_object(json);
}

/* What a viewer calls the process or a thread. */
static void chrome_name(fs_json *json, const char *what, int64_t thread, const char *name, size_t length)
{
    fs_json_object(json);
    fs_json_key_string(json, "name", what);
    fs_json_key_string(json, "ph", "M");
    fs_json_key_integer(json, "pid", 1);
    fs_json_key_integer(json, "tid", thread);
    fs_json_key_object(json, "args");
    fs_json_key(json, "name");
    fs_json_bytes(json, name, length);
    fs_json_end_object(json);
    fs_json_end_object(json);
}

fs_status flame_write_chrome(const flame_tree *tree, const flame_profile *given, fs_output *output,
                             fs_error *error)
{
    if (!flame_tree_in_time(tree) && flame_tree_nodes(tree) > 1)
        return fs_fail(error, FS_ARGUMENT,
                       "a Chrome trace needs the order in time, which was not kept while reading");
    flame_profile profile = given ? *given : (flame_profile){0};
    /* Microseconds are the unit there; what is no time is shown as one each. */
    profile.period = flame_profile_microseconds(&profile);
    fs_json json;
    fs_json_init(&json, output, false);
    fs_json_object(&json);
    fs_json_key_string(&json, "displayTimeUnit", "ms");
    fs_json_key_array(&json, "traceEvents");
    const char *title = profile.title ? profile.title : "flame";
    chrome_name(&json, "process_name", 1, title, strlen(title));
    uint32_t first = flame_tree_node(tree, 0)->child; /* of the threads */
    if (profile.threads && first != FLAME_NONE && !(flame_tree_counts(tree, 0).self_after > 0)) {
        part thread = {.thread = 1};
        for (uint32_t at = first; at != FLAME_NONE;
             at = flame_tree_node(tree, at)->sibling, thread.thread++) {
            thread.root = at;
            thread.name = *flame_tree_name_of(tree, flame_tree_node(tree, at)->name);
            chrome_name(&json, "thread_name", thread.thread, thread.name.text, thread.name.length);
            walk_in_time(&json, tree, &profile, thread, chrome_event);
        }
    } else {
        walk_in_time(&json, tree, &profile, (part){.thread = 1}, chrome_event);
    }
    fs_json_end_array(&json);
    fs_json_end_object(&json);
    fs_json_fini(&json);
    return FS_OK;
}

static fs_status write_speedscope(const flame_tree *tree, const flame_output_settings *settings,
                                  fs_output *output, fs_error *error)
{
    return flame_write_speedscope(tree, settings->profile, output, error);
}

const flame_output_format flame_writer_speedscope = {
    .endings = {".speedscope.json", ".json"},
    .exact = true,
    .write = write_speedscope,
};

static fs_status write_chrome(const flame_tree *tree, const flame_output_settings *settings,
                              fs_output *output, fs_error *error)
{
    return flame_write_chrome(tree, settings->profile, output, error);
}

const flame_output_format flame_writer_chrome = {
    .endings = {".trace.json"},
    .in_time = true,
    .write = write_chrome,
};
