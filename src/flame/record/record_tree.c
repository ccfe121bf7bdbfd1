/* From keys to names: the recorded calls as a tree of frames that a person can read. */
#include "recorder_parts.h"

#include "stack_builder.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *flame_path_short(const char *path, const char *folder)
{
    static const char *const shelves[] = {"/site-packages/", "/dist-packages/"};
    for (size_t i = 0; i < sizeof shelves / sizeof *shelves; i++) {
        const char *at = strstr(path, shelves[i]);
        if (at) return at + strlen(shelves[i]);
    }
    for (const char *at = strstr(path, "/python3."); at; at = strstr(at + 1, "/python3.")) {
        bool library = at - path >= 3 && (strncmp(at - 3, "lib", 3) == 0 || strncmp(at - 3, "b64", 3) == 0);
        const char *end = at + strlen("/python3.");
        while (isdigit((unsigned char)*end)) end++;
        if (library && *end == '/') return end + 1;
    }
    size_t length = folder ? strlen(folder) : 0;
    if (length && strncmp(path, folder, length) == 0 && path[length]) return path + length;
    if (path[0] == '.' && path[1] == '/' && path[2]) return path + 2;
    return path;
}

void flame_frame_text(const flame_recorder_options *options, const flame_code *code, uint32_t line,
                      const char *folder, fs_text *text)
{
    if (flame_code_is_mark(code)) {
        fs_text_add(text, code->name);
        return;
    }
    fs_text_add(text, options->names ? code->file : flame_path_short(code->file, folder));
    fs_text_char(text, ':');
    fs_text_add(text, options->names ? code->name : code->qualname);
    /* pyflame's frames always have a line, be it 0 for code that came from no source. */
    if (options->names && !line) line = code->first_line;
    if (!options->no_lines && !options->functions && (line || options->names))
        fs_text_format(text, ":%u", (unsigned)line);
}

/* The names of a key, innermost first: one, but for native code into which functions were inlined. */
typedef struct key_names {
    uint32_t *items;
    size_t count, capacity;
    fs_text text;
} key_names;

static void key_names_fini(key_names *names)
{
    fs_free(names->items);
    fs_text_fini(&names->text);
}

/* Add the name in names->text; `annotated`: it says of what kind it is. */
static fs_status add_name(key_names *names, flame_tree *tree, bool annotated, fs_error *error)
{
    if (names->text.failed || !FS_GROW(names->items, names->capacity, names->count + 1))
        return fs_fail_memory(error, "naming a frame", 0);
    return flame_tree_name(tree, fs_text_string(&names->text), names->text.length, annotated,
                           &names->items[names->count++], error);
}

static fs_status native_names_of(const flame_recorder *recorder, uint64_t key, flame_image *image,
                                 key_names *names, flame_tree *tree, fs_error *error)
{
    const native_line *lines;
    uint32_t count;
    const bool with_lines = !recorder->options.no_lines && !recorder->options.functions;
    fs_status status = native_names_find(&image->native_names, (uint32_t)key, &lines, &count, error);
    for (uint32_t i = 0; i < count && !status; i++) {
        fs_text_clear(&names->text);
        native_name_text(&image->native_names, &lines[i], with_lines, &names->text);
        status = add_name(names, tree, false, error);
    }
    return status;
}

/* As `perf script` is read, too: "_[k]" says that it is the kernel's. */
static void kernel_name(const flame_kernel_symbols *symbols, uint64_t address, fs_text *text)
{
    const char *name = symbols ? flame_kernel_symbols_find(symbols, address) : NULL;
    if (name)
        fs_text_format(text, "%s_[k]", name);
    else
        fs_text_format(text, "0x%llx_[k]", (unsigned long long)address);
}

static fs_status names_of(const flame_recorder *recorder, uint64_t key, uint32_t image_index,
                          key_names *names, flame_tree *tree, fs_error *error)
{
    const flame_recording *recording = &recorder->recording;
    flame_image *image = &recording->images[image_index];
    names->count = 0;
    fs_text_clear(&names->text);
    if (key & FLAME_KEY_LABEL) {
        fs_text_add(&names->text,
                    key & FLAME_KEY_PROCESS ? image->label : recording->labels.items[(uint32_t)key]);
    } else if (key & FLAME_KEY_NATIVE) {
        return native_names_of(recorder, key, image, names, tree, error);
    } else if (key & FLAME_KEY_KERNEL) {
        kernel_name(recording->kernel, key | ~FLAME_KEY_KERNEL_PLACE, &names->text);
    } else {
        const flame_code *code = flame_image_code(image, (uint32_t)(key >> 32));
        flame_frame_text(&recorder->options, code, (uint32_t)key, image->folder, &names->text);
    }
    return add_name(names, tree, key & FLAME_KEY_KERNEL && !(key & FLAME_KEY_LABEL), error);
}

static bool imports(const flame_recorder *recorder, uint64_t key, uint32_t image)
{
    static const char machinery[] = "<frozen importlib._bootstrap";
    if (key & (FLAME_KEY_NATIVE | FLAME_KEY_KERNEL)) return false;
    const flame_code *code = flame_image_code(&recorder->recording.images[image], (uint32_t)(key >> 32));
    return strncmp(code->file, machinery, sizeof machinery - 1) == 0;
}

/* Whether an image is what the one before it became by exec: the same process. */
static bool goes_on(const flame_recording *recording, uint32_t image)
{
    return image > 0 && recording->images[image - 1].pid == recording->images[image].pid;
}

/* Which layers are worth a row: the ones with more than one member. */
static void decide(const flame_recorder *recorder, const flame_layers *layers, bool *processes, bool *threads)
{
    const flame_recording *recording = &recorder->recording;
    const flame_calls *calls = &recording->calls;
    size_t process_count = 0, most_threads = 0, thread_count = 0;
    uint32_t first_label = UINT32_MAX;
    for (size_t i = 1; i < calls->count; i++) {
        const flame_call *call = &calls->nodes[i];
        if (!(call->key & FLAME_KEY_LABEL)) continue;
        const uint32_t number = (uint32_t)call->key, above = (uint32_t)calls->nodes[call->parent].key;
        if (call->key & FLAME_KEY_PROCESS) {
            process_count += !goes_on(recording, number);
        } else {
            if (first_label == UINT32_MAX) first_label = number;
            const bool first = number == first_label || (goes_on(recording, above) &&
                                                         strcmp(recording->labels.items[number],
                                                                recording->labels.items[first_label]) == 0);
            if (!first) most_threads = 2;
            thread_count += !goes_on(recording, above) || !first;
        }
    }
    if (thread_count > process_count) most_threads = 2;
    *processes =
        layers->processes == FLAME_LAYER_SHOW || (layers->processes == FLAME_LAYER_AUTO && process_count > 1);
    *threads =
        layers->threads == FLAME_LAYER_SHOW || (layers->threads == FLAME_LAYER_AUTO && most_threads > 1);
}

fs_status flame_recorder_tree(const flame_recorder *recorder, const flame_layers *layers, flame_tree **made,
                              fs_error *error)
{
    const flame_calls *calls = &recorder->recording.calls;
    bool processes, threads;
    decide(recorder, layers, &processes, &threads);
    flame_tree *tree = NULL;
    uint32_t *nodes = NULL, *images = NULL; /* of each call: its node in the tree, its image */
    key_names names = {0};
    fs_status status = flame_tree_create(&tree, error);
    if (status) goto cleanup;
    nodes = fs_alloc(calls->count, sizeof *nodes);
    images = fs_alloc(calls->count, sizeof *images);
    if (!nodes || !images) {
        status = fs_fail_memory(error, "naming the frames", calls->count * sizeof *nodes);
        goto cleanup;
    }
    nodes[0] = images[0] = 0;
    for (size_t i = 1; i < calls->count; i++) {
        const flame_call *call = &calls->nodes[i];
        uint64_t key = call->key;
        bool label = key & FLAME_KEY_LABEL, process = label && key & FLAME_KEY_PROCESS;
        images[i] = process ? (uint32_t)key : images[call->parent];
        nodes[i] = nodes[call->parent];
        if (nodes[i] == FLAME_NONE) continue;
        if (label && !process && layers->only >= 0 && (uint32_t)key != (uint64_t)layers->only) {
            nodes[i] = FLAME_NONE;
            continue;
        }
        if (label && !(process ? processes : threads)) continue;
        uint64_t count = call->self - (layers->since_mark ? call->marked : 0);
        bool passed = !label && !layers->imports && imports(recorder, key, images[i]);
        if (passed && !count) continue;
        uint32_t node = nodes[call->parent];
        status = names_of(recorder, key, images[i], &names, tree, error);
        while (!status && names.count)
            status = flame_tree_child(tree, node, names.items[--names.count], &node, error);
        if (status) goto cleanup;
        if (!passed) nodes[i] = node;
        if (count) flame_tree_add(tree, node, (double)count, 0);
    }
    flame_tree_finish(tree);
    *made = tree;
    tree = NULL;
cleanup:
    flame_tree_destroy(tree);
    fs_free(nodes);
    fs_free(images);
    key_names_fini(&names);
    return status;
}

/* ---- in the order of time ---- */

/* A stretch, and what its thread's and process's labels are. */
typedef struct moment {
    uint32_t label; /* call of the thread's label, or of the process's */
    uint32_t image;
    const flame_stretch *stretch;
} moment;

static int by_thread_and_tick(const void *left, const void *right)
{
    const moment *a = left, *b = right;
    if (a->label != b->label) return a->label < b->label ? -1 : 1;
    return (a->stretch->tick > b->stretch->tick) - (a->stretch->tick < b->stretch->tick);
}

static moment moment_of(const flame_calls *calls, const flame_stretch *stretch)
{
    moment found = {.label = stretch->node, .stretch = stretch};
    while (!(calls->nodes[found.label].key & FLAME_KEY_LABEL)) found.label = calls->nodes[found.label].parent;
    uint32_t at = found.label;
    while (!(calls->nodes[at].key & FLAME_KEY_PROCESS)) at = calls->nodes[at].parent;
    found.image = (uint32_t)calls->nodes[at].key;
    return found;
}

typedef struct timeline_tree {
    const flame_recorder *recorder;
    bool processes, imports;
    flame_tree *tree;
    flame_builder builder;
    uint32_t *names; /* of a stack: innermost first, then turned around */
    size_t depth, capacity;
    key_names of_key;
    fs_text text;
    uint32_t label;   /* name of the thread that is being added */
    uint64_t reached; /* its next tick */
} timeline_tree;

static fs_status label_name(timeline_tree *t, const moment *m, uint32_t *name, fs_error *error)
{
    const flame_recording *recording = &t->recorder->recording;
    const uint64_t key = recording->calls.nodes[m->label].key;
    const bool process = key & FLAME_KEY_PROCESS;
    fs_text_clear(&t->text);
    if (process || t->processes) fs_text_add(&t->text, recording->images[m->image].label);
    if (!process && t->processes) fs_text_add(&t->text, ", ");
    if (!process) fs_text_add(&t->text, recording->labels.items[(uint32_t)key]);
    if (t->text.failed) return fs_fail_memory(error, "naming a thread", 0);
    return flame_tree_name(t->tree, fs_text_string(&t->text), t->text.length, false, name, error);
}

static fs_status add_moment(timeline_tree *t, const moment *m, fs_error *error)
{
    const flame_calls *calls = &t->recorder->recording.calls;
    uint32_t label, node;
    fs_status status = label_name(t, m, &label, error);
    if (!status && label != t->label) t->reached = 0;
    if (!status && m->stretch->tick > t->reached) {
        status = flame_builder_names(&t->builder, &label, 1, &node, error);
        if (!status) flame_tree_add(t->tree, node, (double)(m->stretch->tick - t->reached), 0);
    }
    t->depth = 0;
    for (uint32_t at = m->stretch->node; !status; at = calls->nodes[at].parent) {
        const bool top = at == m->stretch->node, end = at == m->label;
        if (!FS_GROW(t->names, t->capacity, t->depth + 1)) return fs_fail_memory(error, "naming frames", 0);
        if (end) t->names[t->depth++] = label;
        if (end) break;
        if (!top && !t->imports && imports(t->recorder, calls->nodes[at].key, m->image)) continue;
        status = names_of(t->recorder, calls->nodes[at].key, m->image, &t->of_key, t->tree, error);
        if (!status && !FS_GROW(t->names, t->capacity, t->depth + t->of_key.count))
            return fs_fail_memory(error, "naming frames", 0);
        for (size_t i = 0; i < t->of_key.count && !status; i++) t->names[t->depth++] = t->of_key.items[i];
    }
    if (status) return status;
    for (size_t i = 0, j = t->depth - 1; i < j; i++, j--) {
        uint32_t other = t->names[i];
        t->names[i] = t->names[j];
        t->names[j] = other;
    }
    status = flame_builder_names(&t->builder, t->names, t->depth, &node, error);
    if (status) return status;
    flame_tree_add(t->tree, node, m->stretch->count, 0);
    t->label = label;
    t->reached = m->stretch->tick + m->stretch->count;
    return FS_OK;
}

fs_status flame_recorder_timeline(const flame_recorder *recorder, bool with_imports, flame_tree **made,
                                  fs_error *error)
{
    const flame_timeline *timeline = &recorder->recording.timeline;
    timeline_tree t = {.recorder = recorder, .imports = with_imports, .label = FLAME_NONE};
    bool threads;
    decide(recorder, &(flame_layers){.only = -1}, &t.processes, &threads);
    fs_status status = flame_tree_create(&t.tree, error);
    if (status) return status;
    flame_builder_init(&t.builder, t.tree, true);
    fs_text_init(&t.text);
    moment *moments = fs_alloc(timeline->count ? timeline->count : 1, sizeof *moments);
    if (!moments) {
        status = fs_fail_memory(error, "ordering stacks by time", timeline->count * sizeof *moments);
        goto cleanup;
    }
    for (size_t i = 0; i < timeline->count; i++)
        moments[i] = moment_of(&recorder->recording.calls, &timeline->items[i]);
    qsort(moments, timeline->count, sizeof *moments, by_thread_and_tick);
    for (size_t i = 0; i < timeline->count && !status; i++) status = add_moment(&t, &moments[i], error);
    if (status) goto cleanup;
    flame_tree_finish(t.tree);
    *made = t.tree;
    t.tree = NULL;
cleanup:
    flame_builder_fini(&t.builder);
    flame_tree_destroy(t.tree);
    fs_text_fini(&t.text);
    key_names_fini(&t.of_key);
    fs_free(moments);
    fs_free(t.names);
    return status;
}
