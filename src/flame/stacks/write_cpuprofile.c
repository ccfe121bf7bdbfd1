/*
 * V8's .cpuprofile, for Chrome's developer tools and VS Code: the call tree as nodes, and samples with the
 * time between them in microseconds (what is no time: one microsecond each). A sample's time goes to it until
 * the next one, so that reading it again gives the same counts.
 */
#include "frame_name.h"
#include "json_writer.h"
#include "sample_order.h"

typedef struct sample_list {
    fs_json *json;
    double scale, before; /* before: the weight of the sample before */
} sample_list;

static void write_id(void *context, uint32_t node, double weight)
{
    (void)weight;
    sample_list *list = context;
    fs_json_integer(list->json, (int64_t)node + 1);
}

static void write_delta(void *context, uint32_t node, double weight)
{
    (void)node;
    sample_list *list = context;
    fs_json_number(list->json, list->before);
    list->before = weight * list->scale;
}

static void write_call_frame(fs_json *json, const flame_tree *tree, const flame_node *node)
{
    flame_frame_parts frame = {.function = "(root)", .function_length = 6};
    if (node->name != FLAME_NONE) {
        const flame_name *name = flame_tree_name_of(tree, node->name);
        frame = flame_frame_parse(name->text, name->length);
    }
    fs_json_key_object(json, "callFrame");
    fs_json_key(json, "functionName");
    fs_json_bytes(json, frame.function, frame.function_length);
    fs_json_key_string(json, "scriptId", "0");
    fs_json_key(json, "url");
    fs_json_bytes(json, frame.file ? frame.file : "", frame.file_length);
    fs_json_key(json, "lineNumber"); /* counts from 0 */
    fs_json_integer(json, (int64_t)frame.line - 1);
    fs_json_key_integer(json, "columnNumber", -1);
    fs_json_end_object(json);
}

static void write_nodes(fs_json *json, const flame_tree *tree)
{
    fs_json_key_array(json, "nodes");
    for (uint32_t at = 0; at < flame_tree_nodes(tree); at++) {
        const flame_node *node = flame_tree_node(tree, at);
        fs_json_object(json);
        fs_json_key_integer(json, "id", (int64_t)at + 1);
        write_call_frame(json, tree, node);
        fs_json_key_number(json, "hitCount", flame_tree_counts(tree, at).self_after);
        fs_json_key_array(json, "children");
        for (uint32_t child = node->child; child != FLAME_NONE; child = flame_tree_node(tree, child)->sibling)
            fs_json_integer(json, (int64_t)child + 1);
        fs_json_end_array(json);
        fs_json_end_object(json);
    }
    fs_json_end_array(json);
}

fs_status flame_write_cpuprofile(const flame_tree *tree, const flame_profile *given, fs_output *output,
                                 fs_error *error)
{
    flame_profile profile = given ? *given : (flame_profile){0};
    if (flame_tree_failed(tree)) return fs_fail_memory(error, "adding up counts", 0);
    uint64_t began = profile.start / 1000;
    double scale = flame_profile_microseconds(&profile), start = (double)began;
    if (!(scale > 0)) scale = 1;
    fs_json json;
    fs_json_init(&json, output, false);
    sample_list list = {.json = &json, .scale = scale};
    fs_json_object(&json);
    write_nodes(&json, tree);
    fs_json_key_number(&json, "startTime", start);
    fs_json_key_number(&json, "endTime", start + flame_tree_counts(tree, 0).total_after * scale);
    fs_json_key_array(&json, "samples");
    flame_each_sample(tree, write_id, &list);
    fs_json_end_array(&json);
    fs_json_key_array(&json, "timeDeltas");
    flame_each_sample(tree, write_delta, &list);
    fs_json_end_array(&json);
    fs_json_end_object(&json);
    bool failed = json.failed;
    fs_json_fini(&json);
    return failed ? fs_fail_memory(error, "writing a .cpuprofile", 0) : FS_OK;
}

static fs_status write(const flame_tree *tree, const flame_output_settings *settings, fs_output *output,
                       fs_error *error)
{
    return flame_write_cpuprofile(tree, settings->profile, output, error);
}

const flame_output_format flame_writer_cpuprofile = {
    .endings = {".cpuprofile"},
    .write = write,
};
