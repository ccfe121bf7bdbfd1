/* From keys to names: the recorded calls as a tree of frames that a person can read. */
#include "recorder_parts.h"

#include <ctype.h>
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
    if (!code->file[0] && strcmp(code->name, FLAME_TRUNCATED) == 0) { /* no function of any file */
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

static fs_status name_of(const flame_recorder *recorder, uint64_t key, uint32_t image_index, fs_text *text,
                         flame_tree *tree, uint32_t *name, fs_error *error)
{
    const flame_recording *recording = &recorder->recording;
    const flame_image *image = &recording->images[image_index];
    fs_text_clear(text);
    if (key & FLAME_KEY_LABEL) {
        fs_text_add(text, key & FLAME_KEY_PROCESS ? image->label : recording->labels.items[(uint32_t)key]);
    } else {
        const flame_code *code = flame_image_code(image, (uint32_t)(key >> 32));
        flame_frame_text(&recorder->options, code, (uint32_t)key, image->folder, text);
    }
    if (text->failed) return fs_fail_memory(error, "naming a frame", 0);
    return flame_tree_name(tree, fs_text_string(text), text->length, false, name, error);
}

static bool imports(const flame_recorder *recorder, uint64_t key, uint32_t image)
{
    static const char machinery[] = "<frozen importlib._bootstrap";
    const flame_code *code = flame_image_code(&recorder->recording.images[image], (uint32_t)(key >> 32));
    return strncmp(code->file, machinery, sizeof machinery - 1) == 0;
}

/* Which layers are worth a row: the ones with more than one member. */
static void decide(const flame_recorder *recorder, const flame_layers *layers, bool *processes, bool *threads)
{
    const flame_calls *calls = &recorder->recording.calls;
    size_t process_count = 0, most_threads = 0, thread_count = 0;
    uint32_t first_label = UINT32_MAX;
    for (size_t i = 1; i < calls->count; i++) {
        uint64_t key = calls->nodes[i].key;
        if (!(key & FLAME_KEY_LABEL)) continue;
        if (key & FLAME_KEY_PROCESS) {
            process_count++;
        } else {
            if (first_label == UINT32_MAX) first_label = (uint32_t)key;
            if ((uint32_t)key != first_label) most_threads = 2;
            thread_count++;
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
    fs_text text;
    fs_text_init(&text);
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
        uint32_t name, node;
        status = name_of(recorder, key, images[i], &text, tree, &name, error);
        if (!status) status = flame_tree_child(tree, nodes[call->parent], name, &node, error);
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
    fs_text_fini(&text);
    return status;
}
