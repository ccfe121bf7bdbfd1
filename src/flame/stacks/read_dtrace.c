/*
 * What DTrace prints of an aggregation of stacks, "profile-997 { @[ustack()] = count(); }": frames
 * `module`function+0x1c`, the innermost first, then the count on a line of its own, indented.
 *
 * As stackcollapse.pl does: what comes before the first empty line is DTrace's own heading; offsets and the
 * parameters of C++ are taken off (unless names are to be kept whole), and `a->b` is b, inlined into a.
 */
#include "count_text.h"
#include "read_formats.h"
#include "stack_builder.h"

#include <string.h>

typedef struct dtrace_reader {
    flame_reading *in;
    bool behind_heading;
    uint32_t *names; /* innermost first */
    size_t count, capacity;
    fs_text inlined;
} dtrace_reader;

static fs_status no_memory(fs_error *error)
{
    return fs_fail_memory(error, "reading the output of DTrace", 0);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static void trim(const char **text, size_t *length)
{
    while (*length && is_space(**text)) (*text)++, --*length;
    while (*length && is_space((*text)[*length - 1])) --*length;
}

static bool is_whole_number(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] < '0' || text[i] > '9') return false;
    return length > 0;
}

static bool is_hex(const char *text, size_t length)
{
    if (length < 3 || text[0] != '0' || text[1] != 'x') return false;
    for (size_t i = 2; i < length; i++)
        if (!memchr("0123456789abcdefABCDEF", text[i], 22)) return false;
    return true;
}

/* Without "+0x1c", and of C++ without "(int)" and "<int>". */
static size_t short_length(const char *text, size_t length)
{
    const char *plus = memrchr(text, '+', length);
    if (plus) length = (size_t)(plus - text);
    size_t scope = 0;
    while (scope + 1 < length && !(text[scope] == ':' && text[scope + 1] == ':')) scope++;
    if (scope + 1 >= length) return length;
    for (size_t i = length; i > scope + 2; i--)
        if (text[i - 1] == '(' || text[i - 1] == '<') {
            length = i - 1;
            break;
        }
    while (length > 0 && is_space(text[length - 1])) length--; /* "f::h2313 (.llvm.95)" */
    return length;
}

static fs_status add_name(dtrace_reader *reader, const char *text, size_t length, bool inlined,
                          fs_error *error)
{
    uint32_t name;
    if (length > 1 && *text == 'L' && text[length - 1] == ';') text++, length -= 2; /* a class of Java */
    if (length == 0) {
        text = "-";
        length = 1;
    }
    if (inlined) {
        fs_text_clear(&reader->inlined);
        fs_text_append(&reader->inlined, text, length);
        fs_text_add(&reader->inlined, "_[i]");
        if (reader->inlined.failed) return no_memory(error);
        text = reader->inlined.data;
        length = reader->inlined.length;
    }
    fs_status status = flame_tree_name(reader->in->tree, text, length, true, &name, error);
    if (status) return status;
    if (!FS_GROW(reader->names, reader->capacity, reader->count + 1)) return no_memory(error);
    reader->names[reader->count++] = name;
    return FS_OK;
}

/* A frame, or several that were inlined into the first: "a->b". */
static fs_status add_frames(dtrace_reader *reader, const char *text, size_t length, fs_error *error)
{
    if (!reader->in->options->perf.context) length = short_length(text, length);
    size_t end = length;
    for (size_t i = length; i-- > 1;) {
        if (text[i] != '>' || text[i - 1] != '-') continue;
        fs_status status = add_name(reader, text + i + 1, end - i - 1, true, error);
        if (status) return status;
        end = i - 1;
    }
    return add_name(reader, text, end, false, error);
}

static fs_status end_stack(dtrace_reader *reader, const char *line, size_t length, fs_error *error)
{
    flame_exact weight;
    flame_count verdict = flame_count_parse(line, length, &weight);
    if (verdict != FLAME_COUNT_OK || reader->count == 0) {
        flame_read_skip(reader->in, line, length,
                        reader->count ? flame_count_reason(verdict) : "it is a count without a stack");
        reader->count = 0;
        return FS_OK;
    }
    uint32_t node;
    fs_status status =
        flame_builder_inner_first(&reader->in->builder, reader->names, reader->count, &node, error);
    reader->count = 0;
    if (!status) flame_read_count(reader->in, node, weight);
    return status;
}

static bool looks_like_dtrace(const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length, *line;
    size_t n, stacks = 0;
    bool heading = true;
    while ((line = flame_block_line(&at, end, &n))) {
        bool indented = n > 0 && is_space(*line);
        trim(&line, &n);
        if (n == 0) {
            heading = false;
            continue;
        }
        if (heading) continue;
        if (!indented) return false;
        if (is_whole_number(line, n)) return stacks > 0;
        if (memchr(line, '`', n) || is_hex(line, n))
            stacks++;
        else if (stacks == 0)
            return false;
    }
    return false;
}

static fs_status take_line(void *context, const char *line, size_t length, fs_error *error)
{
    dtrace_reader *reader = context;
    trim(&line, &length);
    if (length == 0) reader->behind_heading = true;
    if (length == 0 || !reader->behind_heading) return FS_OK;
    if (flame_skip_nul(reader->in, line, length)) return FS_OK;
    if (is_whole_number(line, length)) return end_stack(reader, line, length, error);
    return add_frames(reader, line, length, error);
}

static fs_status read_dtrace(flame_reading *in, fs_error *error)
{
    dtrace_reader reader = {.in = in};
    fs_text_init(&reader.inlined);
    fs_status status = flame_each_line(in, take_line, &reader, error);
    if (!status && reader.count > 0) flame_read_skip(in, "", 0, "the input ends within a stack");
    fs_text_fini(&reader.inlined);
    fs_free(reader.names);
    return status;
}

const flame_stack_format flame_reader_dtrace = {
    .item = "line",
    .looks_like = looks_like_dtrace,
    .read = read_dtrace,
};
