/*
 * memray's allocations as text, `memray transform csv`: a line for each place that allocated,
 *
 *     allocator,num_allocations,size,tid,thread_name,stack_trace
 *     MALLOC,2,1024,1,,f;/a/x.py;3|main;/a/x.py;9
 *
 * the innermost call first. Counted are bytes, or allocations when the options ask for those. memray's own
 * binary recording is documented as private to the version that wrote it: it is refused by name.
 */
#include "count_text.h"
#include "csv_line.h"
#include "frame_name.h"
#include "read_formats.h"
#include "stack_builder.h"

#include <string.h>

static const char magic[] = "memray"; /* with its NUL */
static const char stack_column[] = "stack_trace", size_column[] = "size", count_column[] = "num_allocations";

typedef struct memray_reader {
    flame_reading *in;
    bool allocations, headed;
    size_t stack, value; /* columns */
    uint32_t *names;     /* innermost first, then turned around */
    size_t count, capacity;
    fs_text scratch, name;
} memray_reader;

/* function;file;line */
static fs_status add_frame(memray_reader *reader, const char *text, size_t length, fs_error *error)
{
    const char *file = memchr(text, ';', length), *line = memrchr(text, ';', length);
    size_t function_length = file ? (size_t)(file - text) : length, file_length = 0;
    int32_t number = 0;
    if (file && line > file) {
        flame_exact value;
        file_length = (size_t)(line - file) - 1;
        if (flame_count_parse(line + 1, (size_t)(text + length - line) - 1, &value) == FLAME_COUNT_OK &&
            value.value < 1e9)
            number = (int32_t)value.value;
    }
    flame_frame_compose(&reader->name, text, function_length, file ? file + 1 : NULL, file_length, number,
                        reader->in->options->lines);
    if (reader->name.failed || !FS_GROW(reader->names, reader->capacity, reader->count + 1))
        return fs_fail_memory(error, "reading memray's text", 0);
    return flame_tree_name(reader->in->tree, fs_text_string(&reader->name), reader->name.length, false,
                           &reader->names[reader->count++], error);
}

static fs_status count_stack(memray_reader *reader, const char *stack, size_t length, flame_exact value,
                             fs_error *error)
{
    fs_status status = FS_OK;
    reader->count = 0;
    for (const char *at = stack, *end = stack + length; at < end && !status;) {
        const char *bar = memchr(at, '|', (size_t)(end - at));
        status = add_frame(reader, at, (size_t)((bar ? bar : end) - at), error);
        at = bar ? bar + 1 : end;
    }
    uint32_t node;
    if (!status)
        status = flame_builder_inner_first(&reader->in->builder, reader->names, reader->count, &node, error);
    if (!status) flame_read_count(reader->in, node, value);
    return status;
}

static fs_status read_row(memray_reader *reader, const char *line, size_t length, fs_error *error)
{
    flame_csv csv = flame_csv_line(line, length, ',');
    const char *cell, *stack = NULL;
    size_t n, stack_length = 0;
    flame_exact value;
    bool counted = false;
    for (size_t i = 0; flame_csv_next(&csv, &reader->scratch, &cell, &n); i++) {
        if (i == reader->value) counted = flame_count_parse(cell, n, &value) == FLAME_COUNT_OK;
        if (i != reader->stack) continue;
        stack = cell;
        stack_length = n;
        break; /* it is the last, and stands in `scratch` where it holds quotes */
    }
    if (reader->scratch.failed) return fs_fail_memory(error, "reading memray's text", 0);
    if (counted && stack) return count_stack(reader, stack, stack_length, value, error);
    flame_read_skip(reader->in, line, length, "it has no number or no stack");
    return FS_OK;
}

static bool is_head(const char *line, size_t length)
{
    return flame_csv_column(line, length, ',', stack_column) != SIZE_MAX &&
           flame_csv_column(line, length, ',', size_column) != SIZE_MAX;
}

static bool looks_like_memray(const char *bytes, size_t length)
{
    const char *at = bytes;
    size_t n;
    if (length >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0) return true;
    const char *line = flame_block_line(&at, bytes + length, &n);
    return line && is_head(line, n);
}

static fs_status take_line(void *context, const char *line, size_t length, fs_error *error)
{
    memray_reader *reader = context;
    if (length == 0 || flame_skip_nul(reader->in, line, length)) return FS_OK;
    if (reader->headed) return read_row(reader, line, length, error);
    reader->headed = is_head(line, length);
    if (!reader->headed) {
        flame_read_skip(reader->in, line, length, "it names no columns");
        return FS_OK;
    }
    reader->stack = flame_csv_column(line, length, ',', stack_column);
    reader->value = flame_csv_column(line, length, ',', reader->allocations ? count_column : size_column);
    return FS_OK;
}

static fs_status read_lines(memray_reader *reader, fs_error *error)
{
    const char *wanted = reader->in->options->sample_type;
    reader->allocations = wanted && strcmp(wanted, "allocations") == 0;
    if (wanted && !reader->allocations && strcmp(wanted, "bytes") != 0)
        return fs_fail(error, FS_DATA, "%s: it does not count '%s', but bytes and allocations",
                       reader->in->name, wanted);
    const char *unit = reader->allocations ? "allocations" : "bytes";
    flame_report_unit(reader->in->report, unit, strlen(unit));
    return flame_each_line(reader->in, take_line, reader, error);
}

static fs_status read_memray(flame_reading *in, fs_error *error)
{
    if (in->lines->end - in->lines->begin >= sizeof magic &&
        memcmp(in->lines->buffer + in->lines->begin, magic, sizeof magic) == 0)
        return fs_fail(
            error, FS_FORMAT,
            "%s is a recording of memray, whose form only memray knows: give the output of 'memray "
            "transform csv' or 'memray transform gprof2dot' instead",
            in->name);
    memray_reader reader = {.in = in};
    fs_text_init(&reader.scratch);
    fs_text_init(&reader.name);
    fs_status status = read_lines(&reader, error);
    fs_text_fini(&reader.scratch);
    fs_text_fini(&reader.name);
    fs_free(reader.names);
    return status;
}

const flame_stack_format flame_reader_memray = {
    .item = "line",
    .looks_like = looks_like_memray,
    .read = read_memray,
};
