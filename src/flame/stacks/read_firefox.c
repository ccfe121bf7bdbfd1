/*
 * Firefox's profiles: what the Gecko profiler writes (each table an array of rows, "schema" naming the
 * columns), and the processed form of profiler.firefox.com, which samply and others write too (each table an
 * object of columns; in newer versions shared by all threads).
 * https://github.com/firefox-devtools/profiler/tree/main/docs-developer
 *
 * Samples refer to stacks, a stack to a frame and to the stack that called it. A sample counts 1, or its
 * "weight". One without a stack is counted as empty. Several threads are root frames of their names, below
 * their processes when there are several. Markers and counters are no stacks and are not read.
 */
#include "frame_name.h"
#include "json_scan.h"
#include "read_formats.h"

#include <string.h>

enum { PROCESSES_DEEP = 8 };

/* A column of a table: the number in each row, FLAME_NONE for null. */
typedef struct column {
    uint32_t *rows;
    size_t count, capacity;
} column;

/* What is read of a thread, or of what all threads share, found in one walk. */
enum { STACKS, FRAMES, FUNCTIONS, STRING_ARRAY, STRING_TABLE, SAMPLES, TABLES };
static const char *const tables[TABLES] = {"stackTable",  "frameTable",  "funcTable",
                                           "stringArray", "stringTable", "samples"};

typedef struct firefox_reader {
    flame_reading *in;
    flame_value shared[TABLES]; /* of a processed profile */
    bool thread_frames, process_frames;
    const char *unit;

    /* of one thread: */
    flame_value tables[TABLES];
    uint32_t base; /* the node of the thread */
    flame_value *strings;
    size_t string_count, string_capacity;
    column prefix, frame_of_stack, function, line, name, file, function_line;
    uint32_t *nodes; /* of each stack; FLAME_NONE: not made yet */
    size_t node_capacity;
    uint32_t *names; /* of each frame; FLAME_NONE: not made yet */
    size_t name_capacity;
    uint32_t *path;
    size_t path_capacity;
    fs_text text, file_text, composed;
} firefox_reader;

static fs_status no_memory(fs_error *error)
{
    return fs_fail_memory(error, "reading a Firefox profile", 0);
}

static bool add_row(column *rows, flame_value value)
{
    if (!FS_GROW(rows->rows, rows->capacity, rows->count + 1)) return false;
    rows->rows[rows->count++] = flame_value_index(value, FLAME_NONE);
    return true;
}

/* Which element of its rows a column is; FLAME_NONE: it has none. */
static uint32_t place_in_rows(flame_value table, const char *name)
{
    return flame_value_index(flame_value_get(flame_value_get(table, "schema"), name), 64);
}

static fs_status read_column(flame_value table, const char *name, column *out, fs_error *error)
{
    out->count = 0;
    flame_value data = flame_value_get(table, "data");
    if (!flame_value_is_array(data)) {
        flame_value_walk walk = flame_value_enter(flame_value_get(table, name));
        while (flame_value_next(&walk))
            if (!add_row(out, walk.value)) return no_memory(error);
        return FS_OK;
    }
    uint32_t place = place_in_rows(table, name);
    flame_value_walk rows = flame_value_enter(data);
    while (flame_value_next(&rows)) {
        flame_value_walk row = flame_value_enter(rows.value);
        flame_value found = {0};
        for (uint32_t i = 0; flame_value_next(&row); i++)
            if (i == place) found = row.value;
        flame_value_leave(&rows, &row);
        if (!add_row(out, found)) return no_memory(error);
    }
    return FS_OK;
}

static uint32_t row(const column *rows, size_t i)
{
    return i < rows->count ? rows->rows[i] : FLAME_NONE;
}

/* A table of the thread, or of all threads. */
static flame_value table_of(const firefox_reader *reader, int which)
{
    return reader->tables[which].at ? reader->tables[which] : reader->shared[which];
}

static fs_status read_strings(firefox_reader *reader, fs_error *error)
{
    flame_value list = table_of(reader, STRING_ARRAY);
    if (!list.at) list = table_of(reader, STRING_TABLE);
    reader->string_count = 0;
    flame_value_walk walk = flame_value_enter(list);
    while (flame_value_next(&walk)) {
        if (!FS_GROW(reader->strings, reader->string_capacity, reader->string_count + 1))
            return no_memory(error);
        reader->strings[reader->string_count++] = walk.value;
    }
    return FS_OK;
}

static flame_value string_at(const firefox_reader *reader, uint32_t i)
{
    return i < reader->string_count ? reader->strings[i] : (flame_value){0};
}

static fs_status read_tables(firefox_reader *reader, fs_error *error)
{
    flame_value stacks = table_of(reader, STACKS), frames = table_of(reader, FRAMES);
    flame_value functions = table_of(reader, FUNCTIONS);
    bool raw = flame_value_get(frames, "schema").at != NULL;
    fs_status status = read_strings(reader, error);
    if (!status) status = read_column(stacks, "prefix", &reader->prefix, error);
    if (!status) status = read_column(stacks, "frame", &reader->frame_of_stack, error);
    if (!status) status = read_column(frames, raw ? "location" : "func", &reader->function, error);
    if (!status) status = read_column(frames, "line", &reader->line, error);
    reader->name.count = reader->file.count = reader->function_line.count = 0;
    if (!status && !raw) status = read_column(functions, "name", &reader->name, error);
    if (!status && !raw) status = read_column(functions, "fileName", &reader->file, error);
    if (!status && !raw) status = read_column(functions, "lineNumber", &reader->function_line, error);
    if (status) return status;
    size_t stack_count = reader->frame_of_stack.count, frame_count = reader->function.count;
    if (!FS_GROW(reader->nodes, reader->node_capacity, stack_count + 1) ||
        !FS_GROW(reader->names, reader->name_capacity, frame_count + 1))
        return no_memory(error);
    memset(reader->nodes, 0xFF, (stack_count + 1) * sizeof *reader->nodes);
    memset(reader->names, 0xFF, (frame_count + 1) * sizeof *reader->names);
    return FS_OK;
}

/* "f (file:line:column)" or "f (file:line)", as the profiler writes places: the function's length, and the
 * file and line in it. */
static size_t split_location(const char *text, size_t length, const char **file, size_t *file_length,
                             int32_t *line)
{
    *file_length = 0;
    if (length < 4 || text[length - 1] != ')') return length;
    size_t end = length - 1, numbers[2] = {0, 0}, parts = 0;
    while (parts < 2) {
        size_t first = end;
        while (first > 0 && text[first - 1] >= '0' && text[first - 1] <= '9') first--;
        if (first == end || first == 0 || text[first - 1] != ':' || end - first > 9) break;
        for (size_t i = first; i < end; i++) numbers[parts] = numbers[parts] * 10 + (size_t)(text[i] - '0');
        parts++;
        end = first - 1;
    }
    size_t open = end;
    while (open > 0 && text[open - 1] != '(') open--;
    if (parts == 0 || open < 3 || text[open - 2] != ' ') return length;
    *file = text + open;
    *file_length = end - open;
    *line = (int32_t)numbers[parts - 1];
    return open - 2;
}

/* The name of a frame; FLAME_NONE for "(root)", which is none. */
static fs_status name_of(firefox_reader *reader, uint32_t frame, uint32_t *name, fs_error *error)
{
    static const char *const root = "(root)";
    uint32_t function = row(&reader->function, frame), line_there = row(&reader->line, frame);
    const char *text, *file = "";
    size_t length, file_length = 0;
    int32_t line = 0;
    bool processed = reader->name.count > 0;
    flame_value string = string_at(reader, processed ? row(&reader->name, function) : function);
    if (!flame_value_text(string, &reader->text, &text, &length)) return no_memory(error);
    if (processed) {
        uint32_t number = line_there != FLAME_NONE ? line_there : row(&reader->function_line, function);
        line = number < INT32_MAX ? (int32_t)number : 0;
        string = string_at(reader, row(&reader->file, function));
        if (!flame_value_text(string, &reader->file_text, &file, &file_length)) return no_memory(error);
    } else {
        length = split_location(text, length, &file, &file_length, &line);
    }
    *name = FLAME_NONE;
    if (length == strlen(root) && memcmp(text, root, length) == 0) return FS_OK;
    if (length == 0) {
        text = "(anonymous)";
        length = strlen(text);
    }
    flame_frame_compose(&reader->composed, text, length, file, file_length, line, reader->in->options->lines);
    if (reader->composed.failed) return no_memory(error);
    return flame_tree_name(reader->in->tree, reader->composed.data, reader->composed.length, true, name,
                           error);
}

/* The node of the tree for a stack. In the order of time all of it is walked each time, else it is made once.
 * A stack is called by one that comes before it, so there is no circle. */
static fs_status node_of(firefox_reader *reader, uint32_t stack, uint32_t *node, fs_error *error)
{
    size_t depth = 0;
    uint32_t at = stack;
    while (at != FLAME_NONE && (reader->in->options->in_time || reader->nodes[at] == FLAME_NONE)) {
        if (!FS_GROW(reader->path, reader->path_capacity, depth + 1)) return no_memory(error);
        reader->path[depth++] = at;
        uint32_t caller = row(&reader->prefix, at);
        if (caller != FLAME_NONE && caller >= at)
            return fs_fail(error, FS_FORMAT, "stack %u of a Firefox profile is called by a later one, %u", at,
                           caller);
        at = caller;
    }
    uint32_t current = at == FLAME_NONE ? reader->base : reader->nodes[at];
    while (depth > 0) {
        uint32_t which = reader->path[--depth], frame = row(&reader->frame_of_stack, which);
        uint32_t name = FLAME_NONE;
        fs_status status = FS_OK;
        if (frame < reader->function.count) {
            if (reader->names[frame] == FLAME_NONE)
                status = name_of(reader, frame, &reader->names[frame], error);
            name = reader->names[frame];
        }
        if (!status && name != FLAME_NONE)
            status = flame_read_child(reader->in, current, name, &current, error);
        if (status) return status;
        reader->nodes[which] = current;
    }
    *node = current;
    return FS_OK;
}

static fs_status count_sample(firefox_reader *reader, flame_value stack, flame_value weight, fs_error *error)
{
    flame_report *report = reader->in->report;
    report->lines++;
    flame_exact count = flame_exact_of(1);
    flame_value_number(weight, &count);
    uint32_t which = flame_value_index(stack, (uint32_t)reader->frame_of_stack.count), node = 0;
    if (which == FLAME_NONE && stack.at && *stack.at != 'n') {
        flame_skip_sample(reader->in, "it names a stack that there is not");
        return FS_OK;
    }
    if (which == FLAME_NONE) {
        report->empty++;
        return FS_OK;
    }
    if (!flame_exact_in_range(count)) {
        flame_skip_sample(reader->in, "its weight is negative or too large");
        return FS_OK;
    }
    fs_status status = node_of(reader, which, &node, error);
    if (!status) flame_read_count(reader->in, node, count);
    return status;
}

static fs_status read_samples(firefox_reader *reader, flame_value samples, fs_error *error)
{
    fs_status status = FS_OK;
    flame_value data = flame_value_get(samples, "data");
    if (!flame_value_is_array(data)) {
        flame_value_walk stacks = flame_value_enter(flame_value_get(samples, "stack"));
        flame_value_walk weights = flame_value_enter(flame_value_get(samples, "weight"));
        while (!status && flame_value_next(&stacks)) {
            bool weighted = flame_value_next(&weights);
            status = count_sample(reader, stacks.value, weighted ? weights.value : (flame_value){0}, error);
        }
        return status;
    }
    uint32_t place = place_in_rows(samples, "stack");
    flame_value_walk rows = flame_value_enter(data);
    while (!status && flame_value_next(&rows)) {
        flame_value_walk walk = flame_value_enter(rows.value);
        flame_value stack = {0};
        for (uint32_t i = 0; flame_value_next(&walk); i++)
            if (i == place) stack = walk.value;
        flame_value_leave(&rows, &walk);
        status = count_sample(reader, stack, (flame_value){0}, error);
    }
    return status;
}

static fs_status add_base(firefox_reader *reader, flame_value name, const char *otherwise, fs_error *error)
{
    const char *text;
    size_t length;
    uint32_t id;
    if (!flame_value_text(name, &reader->text, &text, &length)) return no_memory(error);
    if (length == 0) {
        text = otherwise;
        length = strlen(text);
    }
    fs_status status = flame_tree_name(reader->in->tree, text, length, false, &id, error);
    if (status) return status;
    return flame_read_child(reader->in, reader->base, id, &reader->base, error);
}

/* What the samples are weighed in. */
static const char *unit_of(flame_value samples)
{
    flame_value type = flame_value_get(samples, "weightType");
    if (!flame_value_get(samples, "weight").at) return "samples";
    return flame_value_text_is(type, "bytes")        ? "bytes"
           : flame_value_text_is(type, "tracing-ms") ? "milliseconds"
                                                     : "samples";
}

static fs_status read_thread(firefox_reader *reader, flame_value thread, fs_error *error)
{
    flame_value_get_all(thread, tables, reader->tables, TABLES);
    reader->base = 0;
    flame_value samples = reader->tables[SAMPLES];
    const char *unit = unit_of(samples);
    if (!reader->unit) reader->unit = unit;
    if (strcmp(unit, reader->unit) != 0) { /* what is counted in other units cannot be added up */
        reader->in->report->filtered++;
        return FS_OK;
    }
    fs_status status = FS_OK;
    if (reader->process_frames) {
        flame_value name = flame_value_get(thread, "processName");
        if (!flame_value_is_string(name)) name = flame_value_get(thread, "processType");
        status = add_base(reader, name, "process", error);
    }
    if (!status && reader->thread_frames)
        status = add_base(reader, flame_value_get(thread, "name"), "thread", error);
    if (!status) status = read_tables(reader, error);
    return status ? status : read_samples(reader, samples, error);
}

/* The threads of a profile and of the profiles of other processes in it. */
static fs_status read_profile(firefox_reader *reader, flame_value profile, unsigned deep, fs_error *error)
{
    fs_status status = FS_OK;
    flame_value_walk threads = flame_value_enter(flame_value_get(profile, "threads"));
    while (!status && flame_value_next(&threads)) status = read_thread(reader, threads.value, error);
    flame_value_walk processes = flame_value_enter(flame_value_get(profile, "processes"));
    while (!status && deep < PROCESSES_DEEP && flame_value_next(&processes))
        status = read_profile(reader, processes.value, deep + 1, error);
    return status;
}

/* Whether the roots need names: several threads, several processes. */
static void count_roots(firefox_reader *reader, flame_value profile)
{
    flame_value_walk threads = flame_value_enter(flame_value_get(profile, "threads"));
    flame_value_walk processes = flame_value_enter(flame_value_get(profile, "processes"));
    flame_value first = {0};
    for (size_t i = 0; flame_value_next(&threads); i++) {
        flame_value pid = flame_value_get(threads.value, "pid");
        size_t length = 0;
        while (pid.at && pid.at + length < pid.end && !strchr(",} \r\n", pid.at[length])) length++;
        if (i == 0) first = (flame_value){pid.at, pid.at ? pid.at + length : NULL};
        reader->thread_frames = i > 0;
        reader->process_frames |= i > 0 && ((size_t)(first.end - first.at) != length ||
                                            (length && memcmp(first.at, pid.at, length) != 0));
    }
    if (flame_value_next(&processes)) reader->thread_frames = reader->process_frames = true;
}

static bool looks_like_firefox(const char *bytes, size_t length)
{
    if (!flame_value_begins(bytes, length, '{')) return false;
    return flame_value_has_key(bytes, length, "preprocessedProfileVersion") ||
           flame_value_has_key(bytes, length, "stackTable") ||
           (flame_value_has_key(bytes, length, "meta") && flame_value_has_key(bytes, length, "stackwalk"));
}

static void fini(firefox_reader *reader)
{
    column *columns[] = {&reader->prefix, &reader->frame_of_stack, &reader->function,     &reader->line,
                         &reader->name,   &reader->file,           &reader->function_line};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) fs_free(columns[i]->rows);
    fs_free(reader->strings);
    fs_free(reader->nodes);
    fs_free(reader->names);
    fs_free(reader->path);
    fs_text_fini(&reader->text);
    fs_text_fini(&reader->file_text);
    fs_text_fini(&reader->composed);
}

static fs_status read_firefox(flame_reading *in, fs_error *error)
{
    flame_value root;
    fs_status status = flame_value_read(in->lines, "a Firefox profile", false, &root, error);
    if (status || in->lines->stopped) return status;
    flame_value inside = flame_value_get(root, "profile"); /* as the developer tools saved them */
    if (flame_value_is_object(inside)) root = inside;
    if (!flame_value_is_array(flame_value_get(root, "threads")))
        return fs_fail(error, FS_FORMAT, "%s: this Firefox profile has no \"threads\"", in->name);
    firefox_reader reader = {.in = in};
    fs_text_init(&reader.text);
    fs_text_init(&reader.file_text);
    fs_text_init(&reader.composed);
    flame_value_get_all(flame_value_get(root, "shared"), tables, reader.shared, TABLES);
    count_roots(&reader, root);
    status = read_profile(&reader, root, 0, error);
    if (status == FS_FORMAT) status = fs_error_context(error, status, "%s", in->name);
    if (reader.unit) flame_report_unit(in->report, reader.unit, strlen(reader.unit));
    fini(&reader);
    return status;
}

const flame_stack_format flame_reader_firefox = {
    .item = "sample",
    .looks_like = looks_like_firefox,
    .read = read_firefox,
};
