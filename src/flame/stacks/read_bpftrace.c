/*
 * Maps that bpftrace prints, whose keys hold stacks, the innermost frame first:
 *
 *     @[
 *         do_nanosleep+63
 *         __x64_sys_nanosleep+64
 *     ,
 *         clock_nanosleep+99
 *         main+12
 *     , sleep]: 42
 *
 * A kernel stack before a user stack is one stack, as the kernel was called. Other parts of a key, such as
 * the name of the process, are its root frame. With kstack(perf) and ustack(perf) lines are indented by a tab
 * and hold an address, the name, and for a program's frames a file in brackets. Maps of several names count
 * different things: one is read, the first or the one that --sample-type names.
 */
#include "count_text.h"
#include "read_formats.h"
#include "stack_builder.h"

#include <string.h>

static const char unknown[] = "[unknown]";

typedef struct bpftrace_reader {
    flame_reading *in;
    bool open;       /* within a key */
    bool left_out;   /* ... of a map that is not wanted */
    fs_text map;     /* "@stacks", that is read; empty before the first */
    fs_text key;     /* the parts of a key that are no stack: "tar, 12" */
    fs_text others;  /* names of maps that are left out: "@bytes @total " */
    fs_text name;    /* of a frame */
    uint32_t *names; /* innermost first */
    size_t count, capacity;
} bpftrace_reader;

static fs_status no_memory(fs_error *error)
{
    return fs_fail_memory(error, "reading the output of bpftrace", 0);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void trim(const char **text, size_t *length)
{
    while (*length && (is_blank(**text) || **text == ',')) (*text)++, --*length;
    while (*length && (is_blank((*text)[*length - 1]) || (*text)[*length - 1] == ',')) --*length;
}

/* How long "@name" is where a map's key begins with "@name["; 0 otherwise. */
static size_t map_length(const char *line, size_t length)
{
    size_t n = 1;
    if (length == 0 || line[0] != '@') return 0;
    while (n < length && (line[n] == '_' || (line[n] >= '0' && line[n] <= '9') ||
                          ((line[n] | 32) >= 'a' && (line[n] | 32) <= 'z')))
        n++;
    return n < length && line[n] == '[' ? n : 0;
}

/* Where the "]: " that ends a key stands; NULL: the key goes on. */
static const char *key_end(const char *line, size_t length)
{
    for (size_t i = length; i >= 3; i--)
        if (memcmp(line + i - 3, "]: ", 3) == 0) return line + i - 3;
    return NULL;
}

static fs_status add_name(bpftrace_reader *reader, const char *name, size_t length, fs_error *error)
{
    if (!FS_GROW(reader->names, reader->capacity, reader->count + 1)) return no_memory(error);
    return flame_tree_name(reader->in->tree, name, length, false, &reader->names[reader->count++], error);
}

/* "7f1c2a func+16 (/lib/libc.so.6)" to "func"; an unknown one is "[libc.so.6]". */
static fs_status add_frame(bpftrace_reader *reader, const char *text, size_t length, fs_error *error)
{
    const char *end = text + length, *file = NULL;
    size_t digits = 0, file_length = 0;
    while (digits < length && memchr("0123456789abcdef", text[digits], 16)) digits++;
    bool addressed = digits >= 4 && digits < length && text[digits] == ' ';
    if (addressed) {
        text += digits + 1;
        const char *open = end[-1] == ')' ? memrchr(text, '(', (size_t)(end - text)) : NULL;
        if (open > text && open[-1] == ' ') {
            const char *slash = memrchr(open, '/', (size_t)(end - open));
            file = slash ? slash + 1 : open + 1;
            file_length = (size_t)(end - 1 - file);
            end = open - 1;
        }
    }
    const char *plus = reader->in->options->perf.context ? NULL : memrchr(text, '+', (size_t)(end - text));
    if (plus > text) end = plus;
    fs_text_clear(&reader->name);
    if (file_length > 0 && (size_t)(end - text) == sizeof unknown - 1 &&
        memcmp(text, unknown, sizeof unknown - 1) == 0) {
        fs_text_char(&reader->name, '[');
        fs_text_append(&reader->name, file, file_length);
        fs_text_char(&reader->name, ']');
    } else {
        fs_text_append(&reader->name, text, (size_t)(end - text));
    }
    if (reader->name.failed) return no_memory(error);
    return add_name(reader, fs_text_string(&reader->name), reader->name.length, error);
}

static fs_status add_key(bpftrace_reader *reader, const char *text, size_t length, fs_error *error)
{
    trim(&text, &length);
    if (length == 0) return FS_OK;
    if (reader->key.length) fs_text_add(&reader->key, ", ");
    return fs_text_append(&reader->key, text, length) ? FS_OK : no_memory(error);
}

/* What follows "]: ". */
static fs_status end_key(bpftrace_reader *reader, const char *line, size_t length, const char *value,
                         fs_error *error)
{
    flame_exact weight;
    flame_count verdict = flame_count_parse(value, (size_t)(line + length - value), &weight);
    reader->open = false;
    if (reader->left_out) {
        reader->in->report->filtered++;
        return FS_OK;
    }
    if (verdict != FLAME_COUNT_OK) {
        flame_read_skip(reader->in, line, length, flame_count_reason(verdict));
        return FS_OK;
    }
    uint32_t node;
    fs_status status = FS_OK;
    if (reader->key.length > 0)
        status = add_name(reader, reader->key.data, reader->key.length, error);
    else if (reader->count == 0) /* "@[]: 3": the stack could not be walked */
        status = add_name(reader, unknown, sizeof unknown - 1, error);
    if (!status)
        status = flame_builder_inner_first(&reader->in->builder, reader->names, reader->count, &node, error);
    if (!status) flame_read_count(reader->in, node, weight);
    return status;
}

/* Whether the map that begins here is the one that is read: the first, or that of --sample-type. */
static bool is_wanted(bpftrace_reader *reader, const char *map, size_t length)
{
    const char *type = reader->in->options->sample_type;
    if (reader->map.length == 0) {
        if (type && type[0] != '@') fs_text_char(&reader->map, '@');
        if (type) fs_text_add(&reader->map, type);
        if (!type) fs_text_append(&reader->map, map, length);
    }
    return reader->map.length == length && memcmp(reader->map.data, map, length) == 0;
}

static void note_other(bpftrace_reader *reader, const char *map, size_t length)
{
    const fs_text *others = &reader->others;
    for (const char *at = others->data; at && *at; at = strchr(at, ' ') + 1)
        if (strncmp(at, map, length) == 0 && at[length] == ' ') return;
    fs_text_append(&reader->others, map, length);
    fs_text_char(&reader->others, ' ');
}

static fs_status take_line(void *context, const char *line, size_t length, fs_error *error)
{
    bpftrace_reader *reader = context;
    if (flame_skip_nul(reader->in, line, length)) return FS_OK;
    size_t map = map_length(line, length);
    if (map > 0) {
        if (reader->open) flame_read_skip(reader->in, line, length, "the stack before has no count");
        reader->open = true;
        reader->count = 0;
        fs_text_clear(&reader->key);
        reader->left_out = !is_wanted(reader, line, map);
        if (reader->left_out) note_other(reader, line, map);
        if (reader->map.failed || reader->others.failed) return no_memory(error);
    } else if (!reader->open) {
        return FS_OK; /* "Attaching 1 probe...", what the script prints, histograms, counters */
    }
    const char *at = map ? line + map + 1 : line;
    size_t rest = length - (size_t)(at - line);
    bool frame = !map && rest > 0 && is_blank(*at);
    const char *end = frame ? NULL : key_end(at, rest);
    if (frame) {
        trim(&at, &rest);
        return rest > 0 ? add_frame(reader, at, rest, error) : FS_OK;
    }
    fs_status status = add_key(reader, at, end ? (size_t)(end - at) : rest, error);
    return status || !end ? status : end_key(reader, line, length, end + 3, error);
}

static fs_status read_bpftrace(flame_reading *in, fs_error *error)
{
    bpftrace_reader reader = {.in = in};
    fs_text_init(&reader.map);
    fs_text_init(&reader.key);
    fs_text_init(&reader.others);
    fs_text_init(&reader.name);
    fs_status status = flame_each_line(in, take_line, &reader, error);
    if (!status && reader.open) flame_read_skip(in, "", 0, "the input ends within a stack");
    if (!status && in->report->stacks == 0 && reader.others.length > 0)
        status = fs_fail(error, FS_DATA, "%s: no stack is counted in a map %s; there are: %s", in->name,
                         fs_text_string(&reader.map), reader.others.data);
    strncpy(in->report->event, fs_text_string(&reader.map), sizeof in->report->event - 1);
    fs_text_fini(&reader.map);
    fs_text_fini(&reader.key);
    fs_text_fini(&reader.others);
    fs_text_fini(&reader.name);
    fs_free(reader.names);
    return status;
}

/* A key that goes on in the next line, which is indented. */
static bool looks_like_bpftrace(const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length, *line;
    size_t n;
    while ((line = flame_block_line(&at, end, &n))) {
        size_t map = map_length(line, n);
        if (map > 0 && !key_end(line + map, n - map)) return at < end && is_blank(*at);
    }
    return false;
}

const flame_stack_format flame_reader_bpftrace = {
    .item = "line",
    .looks_like = looks_like_bpftrace,
    .read = read_bpftrace,
};
