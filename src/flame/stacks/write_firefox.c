/*
 * A processed profile of profiler.firefox.com, format version 48
 * (https://github.com/firefox-devtools/profiler/blob/main/docs-developer/processed-profile-format.md), which
 * newer versions of that page convert: one thread, a stack for each node of the tree, a frame and a function
 * for each name. The samples' weights are milliseconds, bytes or samples; threads are root frames.
 */
#include "frame_name.h"
#include "json_writer.h"
#include "name_table.h"
#include "sample_order.h"

#include <string.h>

typedef struct firefox_writer {
    fs_json json;
    const flame_tree *tree;
    flame_names strings;
    uint32_t *function, *file; /* strings of each name; file FLAME_NONE: not known */
    double scale, clock;
    size_t samples;
} firefox_writer;

static fs_status collect_strings(firefox_writer *writer, fs_error *error)
{
    uint32_t count = flame_tree_names(writer->tree);
    writer->function = fs_alloc(count, sizeof *writer->function);
    writer->file = fs_alloc(count, sizeof *writer->file);
    if (!writer->function || !writer->file) return fs_fail_memory(error, "writing a Firefox profile", 0);
    fs_status status = FS_OK;
    for (uint32_t i = 0; i < count && !status; i++) {
        const flame_name *name = flame_tree_name_of(writer->tree, i);
        flame_frame_parts frame = flame_frame_parse(name->text, name->length);
        status = flame_names_add(&writer->strings, frame.function, frame.function_length, 0,
                                 &writer->function[i], error);
        writer->file[i] = FLAME_NONE;
        if (!status && frame.file)
            status =
                flame_names_add(&writer->strings, frame.file, frame.file_length, 0, &writer->file[i], error);
    }
    return status;
}

/* ---- columns ---- */

static void begin_column(firefox_writer *writer, const char *name)
{
    fs_json_key(&writer->json, name);
    fs_json_array(&writer->json);
}

static void write_index(fs_json *json, uint32_t index)
{
    if (index == FLAME_NONE)
        fs_json_null(json);
    else
        fs_json_integer(json, index);
}

/* A column that is the same in each of `count` rows. */
static void write_same(firefox_writer *writer, const char *name, size_t count, void (*value)(fs_json *json))
{
    begin_column(writer, name);
    for (size_t i = 0; i < count; i++) value(&writer->json);
    fs_json_end_array(&writer->json);
}

static void zero(fs_json *json)
{
    fs_json_integer(json, 0);
}

static void minus_one(fs_json *json)
{
    fs_json_integer(json, -1);
}

static void no(fs_json *json)
{
    fs_json_bool(json, false);
}

static void begin_table(firefox_writer *writer, const char *name)
{
    fs_json_key(&writer->json, name);
    fs_json_object(&writer->json);
}

static void end_table(firefox_writer *writer, size_t count)
{
    fs_json_key(&writer->json, "length");
    fs_json_integer(&writer->json, (int64_t)count);
    fs_json_end_object(&writer->json);
}

/* A table without rows. */
static void write_empty(firefox_writer *writer, const char *name, const char *const *columns)
{
    begin_table(writer, name);
    for (; *columns; columns++) write_same(writer, *columns, 0, zero);
    end_table(writer, 0);
}

/* ---- tables ---- */

static void write_stacks(firefox_writer *writer)
{
    uint32_t count = flame_tree_nodes(writer->tree) - 1; /* the root is no stack */
    begin_table(writer, "stackTable");
    begin_column(writer, "frame");
    for (uint32_t i = 1; i <= count; i++)
        fs_json_integer(&writer->json, flame_tree_node(writer->tree, i)->name);
    fs_json_end_array(&writer->json);
    begin_column(writer, "prefix");
    for (uint32_t i = 1; i <= count; i++) {
        uint32_t parent = flame_tree_node(writer->tree, i)->parent;
        write_index(&writer->json, parent == 0 ? FLAME_NONE : parent - 1);
    }
    fs_json_end_array(&writer->json);
    write_same(writer, "category", count, zero);
    write_same(writer, "subcategory", count, zero);
    end_table(writer, count);
}

static void write_lines(firefox_writer *writer, const char *name)
{
    begin_column(writer, name);
    for (uint32_t i = 0; i < flame_tree_names(writer->tree); i++) {
        const flame_name *text = flame_tree_name_of(writer->tree, i);
        int32_t line = flame_frame_parse(text->text, text->length).line;
        write_index(&writer->json, line > 0 ? (uint32_t)line : FLAME_NONE);
    }
    fs_json_end_array(&writer->json);
}

static void write_frames(firefox_writer *writer)
{
    uint32_t count = flame_tree_names(writer->tree);
    begin_table(writer, "frameTable");
    write_same(writer, "address", count, minus_one);
    write_same(writer, "inlineDepth", count, zero);
    write_same(writer, "category", count, zero);
    write_same(writer, "subcategory", count, zero);
    begin_column(writer, "func");
    for (uint32_t i = 0; i < count; i++) fs_json_integer(&writer->json, i);
    fs_json_end_array(&writer->json);
    write_same(writer, "nativeSymbol", count, fs_json_null);
    write_same(writer, "innerWindowID", count, zero);
    write_same(writer, "implementation", count, fs_json_null);
    write_lines(writer, "line");
    write_same(writer, "column", count, fs_json_null);
    end_table(writer, count);
}

static void write_functions(firefox_writer *writer)
{
    uint32_t count = flame_tree_names(writer->tree);
    begin_table(writer, "funcTable");
    write_same(writer, "isJS", count, no);
    write_same(writer, "relevantForJS", count, no);
    begin_column(writer, "name");
    for (uint32_t i = 0; i < count; i++) fs_json_integer(&writer->json, writer->function[i]);
    fs_json_end_array(&writer->json);
    write_same(writer, "resource", count, minus_one);
    begin_column(writer, "fileName");
    for (uint32_t i = 0; i < count; i++) write_index(&writer->json, writer->file[i]);
    fs_json_end_array(&writer->json);
    write_same(writer, "lineNumber", count, fs_json_null);
    write_same(writer, "columnNumber", count, fs_json_null);
    end_table(writer, count);
}

static void write_strings(firefox_writer *writer)
{
    begin_column(writer, "stringArray");
    for (size_t i = 0; i < writer->strings.count; i++)
        fs_json_bytes(&writer->json, writer->strings.list[i].text, writer->strings.list[i].length);
    fs_json_end_array(&writer->json);
}

/* ---- samples ---- */

static void write_stack(void *context, uint32_t node, double weight)
{
    (void)weight;
    firefox_writer *writer = context;
    write_index(&writer->json, node == 0 ? FLAME_NONE : node - 1);
    writer->samples++;
}

static void write_time(void *context, uint32_t node, double weight)
{
    (void)node;
    firefox_writer *writer = context;
    fs_json_number(&writer->json, writer->clock);
    writer->clock += weight * writer->scale;
}

static void write_weight(void *context, uint32_t node, double weight)
{
    (void)node;
    firefox_writer *writer = context;
    fs_json_number(&writer->json, weight * writer->scale);
}

static void write_samples(firefox_writer *writer, const char *weight_type)
{
    begin_table(writer, "samples");
    begin_column(writer, "stack");
    flame_each_sample(writer->tree, write_stack, writer);
    fs_json_end_array(&writer->json);
    begin_column(writer, "time");
    flame_each_sample(writer->tree, write_time, writer);
    fs_json_end_array(&writer->json);
    begin_column(writer, "weight");
    flame_each_sample(writer->tree, write_weight, writer);
    fs_json_end_array(&writer->json);
    fs_json_key(&writer->json, "weightType");
    fs_json_string(&writer->json, weight_type);
    end_table(writer, writer->samples);
}

static void write_meta(firefox_writer *writer, const flame_profile *profile)
{
    fs_json *json = &writer->json;
    fs_json_key_object(json, "meta");
    fs_json_key(json, "interval"); /* milliseconds */
    fs_json_number(json, profile->period > 0 ? profile->period / 1e6 : 1);
    fs_json_key_number(json, "startTime", (double)profile->start / 1e6);
    fs_json_key_integer(json, "processType", 0);
    fs_json_key_string(json, "product", profile->title ? profile->title : "flame");
    fs_json_key_string(json, "importedFrom", "flamescale " FLAMESCALE_VERSION);
    fs_json_key_integer(json, "stackwalk", 1);
    fs_json_key_integer(json, "version", 30);
    fs_json_key_integer(json, "preprocessedProfileVersion", 48);
    fs_json_key_bool(json, "symbolicated", true);
    begin_column(writer, "categories");
    fs_json_object(json);
    fs_json_key_string(json, "name", "Other");
    fs_json_key_string(json, "color", "grey");
    begin_column(writer, "subcategories");
    fs_json_string(json, "Other");
    fs_json_end_array(json);
    fs_json_end_object(json);
    fs_json_end_array(json);
    write_same(writer, "markerSchema", 0, zero);
    fs_json_end_object(json);
}

static void write_thread_head(firefox_writer *writer, const flame_profile *profile)
{
    fs_json *json = &writer->json;
    fs_json_key_string(json, "processType", "default");
    fs_json_key_integer(json, "processStartupTime", 0);
    fs_json_key(json, "processShutdownTime");
    fs_json_null(json);
    fs_json_key_integer(json, "registerTime", 0);
    fs_json_key(json, "unregisterTime");
    fs_json_null(json);
    write_same(writer, "pausedRanges", 0, zero);
    fs_json_key_string(json, "name", profile->title ? profile->title : "flame");
    fs_json_key_bool(json, "isMainThread", true);
    fs_json_key_string(json, "pid", "1");
    fs_json_key_integer(json, "tid", 1);
}

static void write_document(firefox_writer *writer, const flame_profile *profile, const char *weight_type)
{
    static const char *const markers[] = {"data", "name", "startTime", "endTime", "phase", "category", NULL};
    static const char *const resources[] = {"lib", "name", "host", "type", NULL};
    static const char *const symbols[] = {"libIndex", "address", "name", "functionSize", NULL};
    fs_json *json = &writer->json;
    fs_json_object(json);
    write_meta(writer, profile);
    write_same(writer, "libs", 0, zero);
    begin_column(writer, "threads");
    fs_json_object(json);
    write_thread_head(writer, profile);
    write_samples(writer, weight_type);
    write_empty(writer, "markers", markers);
    write_stacks(writer);
    write_frames(writer);
    write_functions(writer);
    write_empty(writer, "resourceTable", resources);
    write_empty(writer, "nativeSymbols", symbols);
    write_strings(writer);
    fs_json_end_object(json);
    fs_json_end_array(json);
    fs_json_end_object(json);
}

fs_status flame_write_firefox(const flame_tree *tree, const flame_profile *given, fs_output *output,
                              fs_error *error)
{
    flame_profile profile = given ? *given : (flame_profile){0};
    if (flame_tree_failed(tree)) return fs_fail_memory(error, "adding up counts", 0);
    double time = flame_profile_microseconds(&profile);
    bool bytes = profile.unit && strcmp(profile.unit, "bytes") == 0;
    firefox_writer writer = {.tree = tree, .scale = time > 0 ? time / 1000 : 1};
    if (!flame_names_init(&writer.strings)) return fs_fail_memory(error, "writing a Firefox profile", 0);
    fs_json_init(&writer.json, output, false);
    fs_status status = collect_strings(&writer, error);
    if (!status) write_document(&writer, &profile, time > 0 ? "tracing-ms" : bytes ? "bytes" : "samples");
    if (!status && writer.json.failed) status = fs_fail_memory(error, "writing a Firefox profile", 0);
    fs_json_fini(&writer.json);
    flame_names_fini(&writer.strings);
    fs_free(writer.function);
    fs_free(writer.file);
    return status;
}

static fs_status write(const flame_tree *tree, const flame_output_settings *settings, fs_output *output,
                       fs_error *error)
{
    return flame_write_firefox(tree, settings->profile, output, error);
}

const flame_output_format flame_writer_firefox = {
    .endings = {".firefox.json"},
    .write = write,
};
