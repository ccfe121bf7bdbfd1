/*
 * gprof2dot's JSON (https://github.com/jrfonseca/gprof2dot, "json"), which `memray transform gprof2dot` and
 * others write: functions, and events with a chain of calls, the innermost first, and their costs. The first
 * of the costs counts, or the one that the options name by its description.
 */
#include "json_scan.h"
#include "read_formats.h"
#include "stack_builder.h"

#include <string.h>

typedef struct gprof2dot_reader {
    flame_reading *in;
    uint32_t *functions; /* their names */
    size_t function_count, function_capacity;
    uint32_t *names; /* of a chain */
    size_t capacity;
    size_t cost; /* which of them counts */
    fs_text text, name;
} gprof2dot_reader;

static fs_status no_memory(fs_error *error)
{
    return fs_fail_memory(error, "reading gprof2dot's JSON", 0);
}

static fs_status read_functions(gprof2dot_reader *reader, flame_value functions, fs_error *error)
{
    flame_value_walk walk = flame_value_enter(functions);
    fs_status status = FS_OK;
    while (!status && flame_value_next(&walk)) {
        const char *name;
        size_t length;
        if (!flame_value_text(flame_value_get(walk.value, "name"), &reader->name, &name, &length) ||
            !FS_GROW(reader->functions, reader->function_capacity, reader->function_count + 1))
            return no_memory(error);
        status = flame_tree_name(reader->in->tree, name, length, false,
                                 &reader->functions[reader->function_count++], error);
    }
    return status;
}

static fs_status read_costs(gprof2dot_reader *reader, flame_value costs, fs_error *error)
{
    const char *wanted = reader->in->options->sample_type, *text;
    size_t length;
    flame_value_walk walk = flame_value_enter(costs);
    for (size_t i = 0; flame_value_next(&walk); i++) {
        if (!flame_value_text(flame_value_get(walk.value, "description"), &reader->text, &text, &length))
            return no_memory(error);
        if (wanted && (strlen(wanted) != length || memcmp(wanted, text, length) != 0)) continue;
        reader->cost = i;
        if (!flame_value_text(flame_value_get(walk.value, "unit"), &reader->text, &text, &length))
            return no_memory(error);
        flame_report_unit(reader->in->report, length ? text : "samples", length ? length : strlen("samples"));
        return FS_OK;
    }
    if (!wanted)
        return fs_fail(error, FS_FORMAT, "%s: this JSON of gprof2dot has no costs", reader->in->name);
    return fs_fail(error, FS_DATA, "%s: it has no cost '%s'", reader->in->name, wanted);
}

static fs_status read_event(gprof2dot_reader *reader, flame_value event, fs_error *error)
{
    flame_report *report = reader->in->report;
    flame_value_walk costs = flame_value_enter(flame_value_get(event, "cost"));
    flame_value_walk chain = flame_value_enter(flame_value_get(event, "callchain"));
    flame_exact value;
    bool counted = false, known = true;
    for (size_t i = 0; flame_value_next(&costs); i++)
        if (i == reader->cost) counted = flame_value_number(costs.value, &value);
    report->lines++;
    size_t count = 0;
    while (known && flame_value_next(&chain)) {
        uint32_t function = flame_value_index(chain.value, (uint32_t)reader->function_count);
        known = function != FLAME_NONE;
        if (!FS_GROW(reader->names, reader->capacity, count + 1)) return no_memory(error);
        if (known) reader->names[count++] = reader->functions[function];
    }
    if (!known || !counted || !flame_exact_in_range(value)) {
        flame_skip_sample(reader->in,
                          known ? "it has no cost that counts" : "it names a function that there is not");
        return FS_OK;
    }
    uint32_t node = 0;
    fs_status status =
        count ? flame_builder_inner_first(&reader->in->builder, reader->names, count, &node, error) : FS_OK;
    if (!status) flame_read_count(reader->in, node, value);
    return status;
}

static bool looks_like_gprof2dot(const char *bytes, size_t length)
{
    return flame_value_begins(bytes, length, '{') && flame_value_has_key(bytes, length, "functions") &&
           flame_value_has_key(bytes, length, "costs");
}

static fs_status read_gprof2dot(flame_reading *in, fs_error *error)
{
    flame_value root;
    fs_status status = flame_value_read(in->lines, "of gprof2dot", false, &root, error);
    if (status || in->lines->stopped) return status;
    gprof2dot_reader reader = {.in = in};
    fs_text_init(&reader.text);
    fs_text_init(&reader.name);
    status = read_costs(&reader, flame_value_get(root, "costs"), error);
    if (!status) status = read_functions(&reader, flame_value_get(root, "functions"), error);
    flame_value_walk events = flame_value_enter(flame_value_get(root, "events"));
    while (!status && flame_value_next(&events)) status = read_event(&reader, events.value, error);
    fs_text_fini(&reader.text);
    fs_text_fini(&reader.name);
    fs_free(reader.functions);
    fs_free(reader.names);
    return status;
}

const flame_stack_format flame_reader_gprof2dot = {
    .item = "event",
    .looks_like = looks_like_gprof2dot,
    .read = read_gprof2dot,
};
