/* Folded stacks: frames joined by ';', a space, a count; or two counts, before and after. A line that begins
 * with
 * "# " is a comment. */
#include "count_text.h"
#include "read_formats.h"
#include "stack_builder.h"
#include "stack_pipeline.h"

#include <stdio.h>
#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Whether every line of the first block that has a count has two. */
static bool first_block_has_pairs(const flame_lines *lines)
{
    const char *at = lines->buffer + lines->begin, *end = lines->buffer + lines->end, *line;
    size_t pairs = 0, length;
    while ((line = flame_block_line(&at, end, &length))) {
        if (length > 1 && line[0] == '#' && line[1] == ' ') continue;
        if (at == end && end[-1] != '\n' && !lines->at_end) break; /* it goes on in the next block */
        flame_exact value;
        if (flame_count_take(line, &length, &value) != FLAME_COUNT_OK) continue;
        if (flame_count_take(line, &length, &value) != FLAME_COUNT_OK) return false;
        pairs++;
    }
    return pairs > 0;
}

/* The value of "# key: value"; NULL when the line is of another key. */
static const char *value_of(const char *line, size_t length, const char *key, size_t *value_length)
{
    size_t n = strlen(key), at = 2 + n;
    if (length < at + 1 || memcmp(line + 2, key, n) != 0 || line[at] != ':') return NULL;
    for (at++; at < length && is_space(line[at]);) at++;
    while (length > at && is_space(line[length - 1])) length--;
    *value_length = length - at;
    return line + at;
}

/* "# mode: wall" and the like, which austin writes: what is counted, and how it was recorded. */
static void take_comment(const char *line, size_t length, flame_report *report)
{
    static const struct {
        const char *mode, *unit, *title;
    } modes[] = {{"wall", "microseconds", "Wall time"},
                 {"cpu", "microseconds", "CPU time"},
                 {"full", "microseconds", "Wall time"},
                 {"memory", "bytes", "Memory"}};
    static const char *const notes[] = {"austin", "interval", "duration", "python", "sampling"};
    size_t n;
    const char *value = value_of(line, length, "mode", &n);
    for (size_t i = 0; value && i < sizeof modes / sizeof *modes; i++) {
        if (n != strlen(modes[i].mode) || memcmp(value, modes[i].mode, n) != 0) continue;
        strcpy(report->unit, modes[i].unit);
        strcpy(report->title, modes[i].title);
    }
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        value = value_of(line, length, notes[i], &n);
        size_t used = strlen(report->notes), room = sizeof report->notes - used;
        char text[128];
        if (!value) continue;
        fs_utf8_excerpt(value, n, text, sizeof text);
        int added = snprintf(report->notes + used, room, "%s%s: %s", used ? "; " : "", notes[i], text);
        if (added < 0 || (size_t)added >= room) report->notes[used] = '\0'; /* all of it or nothing */
    }
}

/* Whether a stack is one frame without a letter, as the rows of a table of numbers would be. */
static bool is_number_only(const char *stack, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)stack[i] > '9') return false; /* a letter, a bracket, and ';' */
    return length > 0;
}

/* austin's "full" mode counts three things at once: "300,0,1024", of which the first is the time. */
static flame_count take_first_metric(const char *line, size_t *length, flame_exact *value)
{
    size_t end = *length, start, comma;
    while (end > 0 && is_space(line[end - 1])) end--;
    for (start = end; start > 0 && !is_space(line[start - 1]);) start--;
    const char *found = memchr(line + start, ',', end - start);
    if (start < 2 || !found) return FLAME_COUNT_NONE;
    comma = (size_t)(found - line);
    flame_count verdict = flame_count_parse(line + start, comma - start, value);
    if (verdict == FLAME_COUNT_OK) *length = start - 1;
    return verdict;
}

typedef struct folded_reader {
    flame_reading *in;
    bool pairs;
    flame_pipeline *pipeline; /* not NULL once stacks proved to be new ones mostly */
} folded_reader;

/* Stacks are new ones mostly: go on with two threads, and with room for the nodes that come if it goes on so.
 */
static void expect_new_stacks(folded_reader *reader)
{
    const flame_lines *lines = reader->in->lines;
    double nodes = (double)flame_tree_nodes(reader->in->tree) * ((double)lines->size / (double)lines->bytes);
    flame_tree_expect(reader->in->tree, nodes < FLAME_NONE ? (size_t)nodes : FLAME_NONE);
    flame_pipeline_start(reader->in->tree, reader->in->options->in_time, &reader->pipeline);
}

static fs_status add_stack(folded_reader *reader, const char *stack, size_t length, flame_exact after,
                           flame_exact before, fs_error *error)
{
    flame_report *report = reader->in->report;
    fs_status status;
    if (reader->pipeline) {
        status = flame_pipeline_text(reader->pipeline, stack, length, after, before, error);
    } else {
        uint32_t node;
        status = flame_builder_text(&reader->in->builder, stack, length, &node, error);
        if (!status) flame_tree_add_exact(reader->in->tree, node, after, before);
    }
    if (status) return status;
    report->stacks++;
    report->total_after += after.value;
    report->total_before += before.value;
    /* A stack that comes again is found at once; two threads are for the others. */
    enum { TRIED = 1024 };
    if (report->stacks == TRIED && reader->in->builder.repeated < TRIED / 4) expect_new_stacks(reader);
    return FS_OK;
}

static fs_status take_line(void *context, const char *line, size_t length, fs_error *error)
{
    folded_reader *reader = context;
    flame_report *report = reader->in->report;
    if (length == 0) return FS_OK;
    if (line[0] == '#' && (length == 1 || line[1] == ' ')) {
        take_comment(line, length, report);
        return FS_OK;
    }
    size_t stack = length;
    flame_exact after = {0}, before = {0};
    flame_count verdict = flame_count_take(line, &stack, &after);
    if (verdict == FLAME_COUNT_NONE && report->title[0]) verdict = take_first_metric(line, &stack, &after);
    if (verdict == FLAME_COUNT_OK && reader->pairs) verdict = flame_count_take(line, &stack, &before);
    if (verdict != FLAME_COUNT_OK) {
        size_t blank = 0;
        while (blank < length && is_space(line[blank])) blank++;
        if (blank == length) return FS_OK;
        if (verdict == FLAME_COUNT_NONE && !memchr(line, ';', length)) report->odd++;
        bool one = reader->pairs && stack < length && verdict == FLAME_COUNT_NONE;
        flame_read_skip(reader->in, line, length,
                        one ? "it has one count, not two" : flame_count_reason(verdict));
        return FS_OK;
    }
    if (is_number_only(line, stack)) report->odd++;
    if (reader->in->lines->has_nul && memchr(line, 0, stack)) {
        flame_read_skip(reader->in, line, length, "it holds a NUL byte");
        return FS_OK;
    }
    if (reader->in->options->before && !reader->pairs) {
        before = after;
        after = (flame_exact){0};
    }
    return add_stack(reader, line, stack, after, before, error);
}

static fs_status read_folded(flame_reading *in, fs_error *error)
{
    folded_reader reader = {.in = in};
    reader.pairs = in->options->pairs == FLAME_PAIRS_YES ||
                   (in->options->pairs == FLAME_PAIRS_AUTO && first_block_has_pairs(in->lines));
    in->report->pairs = reader.pairs;
    fs_status status = flame_each_line(in, take_line, &reader, error);
    fs_error other;
    fs_status ended = flame_pipeline_finish(reader.pipeline, status ? &other : error);
    return status ? status : ended;
}

const flame_stack_format flame_reader_folded = {
    .item = "line",
    .read = read_folded,
};
