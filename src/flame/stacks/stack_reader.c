#include "stack_reader.h"

#include "file.h"
#include "foreign_format.h"
#include "json_scan.h"
#include "read_formats.h"

#include <inttypes.h>
#include <string.h>

void flame_read_options_default(flame_read_options *options)
{
    *options = (flame_read_options){.size = sizeof *options};
}

fs_status flame_each_line(flame_reading *in, flame_take_line *take, void *reader, fs_error *error)
{
    const char *line = "";
    fs_status status = FS_OK;
    while (!status && line) {
        size_t length;
        status = flame_lines_next(in->lines, &line, &length, error);
        if (!status && line) status = take(reader, line, length, error);
    }
    in->report->lines = in->lines->number;
    return status;
}

void flame_read_skip(const flame_reading *in, const char *line, size_t length, const char *reason)
{
    flame_report_skip(in->report, in->lines->number, line, length, reason);
}

void flame_skip_sample(const flame_reading *in, const char *reason)
{
    flame_report_skip(in->report, in->report->lines, "", 0, reason);
}

bool flame_skip_nul(const flame_reading *in, const char *line, size_t length)
{
    if (!in->lines->has_nul || !memchr(line, 0, length)) return false;
    flame_read_skip(in, line, length, "it holds a NUL byte");
    return true;
}

void flame_read_count(const flame_reading *in, uint32_t node, flame_exact weight)
{
    if (in->options->before) {
        flame_tree_add_exact(in->tree, node, flame_exact_of(0), weight);
        in->report->total_before += weight.value;
    } else {
        flame_tree_add_exact(in->tree, node, weight, flame_exact_of(0));
        in->report->total_after += weight.value;
    }
    in->report->stacks++;
}

fs_status flame_read_child(const flame_reading *in, uint32_t parent, uint32_t name, uint32_t *node,
                           fs_error *error)
{
    return in->options->in_time ? flame_tree_child_in_time(in->tree, parent, name, node, error)
                                : flame_tree_child(in->tree, parent, name, node, error);
}

fs_status flame_open_frame(flame_reading *in, size_t depth, const char *name, size_t length, fs_error *error)
{
    uint32_t id;
    fs_status status = flame_tree_name(in->tree, name, length, true, &id, error);
    if (status) return status;
    if (!FS_GROW(in->nodes, in->capacity, depth + 1))
        return fs_fail_memory(error, "reading a deep stack", depth);
    uint32_t parent = depth ? in->nodes[depth - 1] : 0;
    status = flame_read_child(in, parent, id, &in->nodes[depth], error);
    in->depth = status ? depth : depth + 1;
    return status;
}

fs_status flame_count_frame(flame_reading *in, size_t depth, const fs_text *name, flame_exact weight,
                            fs_error *error)
{
    fs_status status = flame_open_frame(in, depth, fs_text_string(name), name->length, error);
    if (!status && weight.value > 0) flame_read_count(in, in->nodes[depth], weight);
    return status;
}

void flame_report_unit(flame_report *report, const char *unit, size_t length)
{
    size_t room = sizeof report->unit - 1;
    if (length > room) length = fs_utf8_clip(unit, room);
    memcpy(report->unit, unit, length);
    report->unit[length] = '\0';
}

static const flame_stack_format *const formats[] = {
#define FLAME_READ_ROW(constant, name) [constant] = &flame_reader_##name,
    FLAME_READ_FORMATS(FLAME_READ_ROW)
#undef FLAME_READ_ROW
};

static const char *const words[] = {
#define FLAME_READ_WORD(constant, name) [constant] = #name,
    FLAME_READ_FORMATS(FLAME_READ_WORD)
#undef FLAME_READ_WORD
};

enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

static flame_format looks_like(const flame_lines *lines)
{
    const char *at = lines->buffer + lines->begin;
    for (size_t i = FORMAT_COUNT - 1; i > FLAME_FOLDED; i--)
        if (formats[i]->looks_like(at, lines->end - lines->begin)) return (flame_format)i;
    return FLAME_FOLDED; /* its reader says what is wrong with the lines */
}

/* By the first block; JSON in which nothing tells there is looked through whole (it is held whole anyway). */
static fs_status detect(flame_lines *lines, flame_format *format, fs_error *error)
{
    fs_status status = FS_OK;
    *format = looks_like(lines);
    if (*format == FLAME_SPEEDSCOPE &&
        !flame_value_has_key(lines->buffer + lines->begin, lines->end - lines->begin, "shared")) {
        status = flame_lines_hold(lines, error);
        if (!status) *format = looks_like(lines);
    }
    return status;
}

const char *flame_block_line(const char **at, const char *end, size_t *length)
{
    const char *line = *at;
    if (line >= end) return NULL;
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    *length = (size_t)((newline ? newline : end) - line);
    *at = newline ? newline + 1 : end;
    if (*length > 0 && line[*length - 1] == '\r') --*length;
    return line;
}

/* Most of the content was no stack, or all: say what it seems to be, or what is missing. */
static fs_status fail_foreign(const flame_report *report, const flame_lines *lines, fs_error *error)
{
    const char *name = lines->name, *item = formats[report->format]->item;
    const char *guess = flame_foreign_guess(lines->head, lines->head_length);
    if (report->bytes == 0) return fs_fail(error, FS_DATA, "%s is empty: there is no stack in it", name);
    if (report->skipped == 0 && (report->format != FLAME_FOLDED || strcmp(item, "line") != 0))
        return fs_fail(error, FS_DATA,
                       "%s (%s) has no stack in it: none of its %" PRIu64
                       " %ss counts anything. Was it recorded while nothing ran, or is it cut off?",
                       name, words[report->format], report->lines, item);
    if (report->skipped == 0)
        return fs_fail(error, FS_DATA, "%s has no stack in it, only %" PRIu64 " empty lines and comments",
                       name, report->lines);
    if (report->format != FLAME_FOLDED)
        return fs_fail(error, FS_DATA,
                       "%s %s of its %" PRIu64 " %ss %s. The first is %s %" PRIu64 ": \"%s\" (%s)", name,
                       report->stacks ? "is no whole profile: most" : "has no stack in it: none",
                       report->lines, item, report->stacks ? "are not of one" : "is one", item,
                       report->first_skipped, report->excerpt, report->reason);
    return fs_fail(error, FS_DATA,
                   "%s %s of its %" PRIu64 " lines %s. The first is line %" PRIu64
                   ": \"%s\" (%s)%s%s. A folded stack is written \"main;parse;read 12\"",
                   name, report->stacks ? "does not hold stacks: most" : "has no stack in it: none",
                   report->lines, report->stacks ? "are none" : "is one", report->first_skipped,
                   report->excerpt, report->reason, guess ? ": it seems to be " : "", guess ? guess : "");
}

/* Whether the stacks that were found are the exception: then they are none. Somebody who says which format it
 * is wants what there is of it. */
static bool is_mostly_foreign(const flame_report *report, const flame_lines *input,
                              const flame_read_options *options)
{
    uint64_t lines = report->stacks + report->skipped;
    if (report->stacks == 0) return true;
    if (options->format != FLAME_FORMAT_AUTO) return false;
    if (report->format == FLAME_PERF_SCRIPT) return report->lines >= 3 && report->skipped > report->lines / 2;
    return report->format == FLAME_FOLDED &&
           (flame_foreign_is_binary(input->head, input->head_length) ||
            (lines >= 3 && report->odd > lines / 2) || (lines >= 10 && report->skipped > report->stacks));
}

/* What an input that looks like that format is nevertheless: lines of text and pprof's bytes may be many
 * things, and JSON is known by few members. */
static const char *foreign_to(flame_format format, const flame_lines *lines)
{
    const char *at = lines->buffer + lines->begin;
    size_t length = lines->end - lines->begin;
    if (format <= FLAME_PERF_SCRIPT || format == FLAME_PPROF) return flame_foreign_format(at, length);
    return format == FLAME_SPEEDSCOPE || format == FLAME_CPUPROFILE ? flame_foreign_json(at, length) : NULL;
}

static fs_status read_as(const flame_stack_format *format, flame_lines *lines,
                         const flame_read_options *options, flame_tree *tree, flame_report *report,
                         fs_error *error)
{
    flame_reading in = {
        .options = options, .tree = tree, .report = report, .name = lines->name, .lines = lines};
    fs_status status = format->whole ? flame_lines_rest(lines, &in.bytes, &in.length, error) : FS_OK;
    if (status || (format->whole && lines->stopped)) return status;
    flame_builder_init(&in.builder, tree, options->in_time);
    status = format->read(&in, error);
    flame_builder_fini(&in.builder);
    fs_free(in.nodes);
    return status;
}

static fs_status read_lines(flame_lines *lines, const flame_read_options *given, flame_tree *tree,
                            flame_report *report, fs_error *error)
{
    flame_report unused;
    if (!report) report = &unused;
    *report = (flame_report){0};
    flame_read_options options;
    flame_name_change *change = NULL;
    flame_read_options_default(&options);
    if (given) memcpy(&options, given, given->size < sizeof options ? given->size : sizeof options);
    fs_status status = flame_lines_start(lines, error);
    if (status) goto cleanup;
    static const char recording[] = "PERFILE2"; /* what perf record writes begins so */
    size_t have = lines->end - lines->begin, magic = sizeof recording - 1;
    if (have >= magic && memcmp(lines->buffer + lines->begin, recording, magic) == 0) {
        status = fs_fail(error, FS_FORMAT,
                         "%s is a recording of perf, which only perf can read, from a file: install perf and "
                         "name the file, or give the output of 'perf script' instead",
                         lines->name);
        goto cleanup;
    }
    lines->head_length = have < sizeof lines->head ? have : sizeof lines->head;
    if (lines->head_length) memcpy(lines->head, lines->buffer + lines->begin, lines->head_length);
    report->format = options.format;
    if (options.format == FLAME_FORMAT_AUTO) status = detect(lines, &report->format, error);
    const char *foreign = options.format == FLAME_FORMAT_AUTO ? foreign_to(report->format, lines) : NULL;
    if (!status && foreign) {
        status = fs_fail(error, FS_FORMAT, "%s is no profile that is read here: it seems to be %s",
                         lines->name, foreign);
        goto cleanup;
    }
    if (!status) status = flame_name_change_create(&options.names, &change, error);
    if (!status && change) status = flame_tree_rename(tree, flame_name_change_apply, change, error);
    if (!status) status = read_as(formats[report->format], lines, &options, tree, report, error);
cleanup:
    if (change) { /* ending it cannot fail */
        fs_status ended = flame_tree_rename(tree, NULL, NULL, NULL);
        (void)ended;
    }
    flame_name_change_destroy(change);
    if (!status && flame_tree_failed(tree)) status = fs_fail_memory(error, "adding up counts", 0);
    report->bytes = lines->bytes;
    report->stopped = lines->stopped;
    if (!status && !report->stopped && is_mostly_foreign(report, lines, &options))
        status = fail_foreign(report, lines, error);
    flame_lines_fini(lines);
    return status;
}

/* A signal came while the input was waited for: ask whoever follows the progress. */
static bool go_on(void *context)
{
    flame_lines *lines = context;
    if (!lines->progress || lines->progress(lines->progress_context, lines->bytes)) return true;
    lines->stopped = true;
    return false;
}

typedef struct input_source {
    fs_input *input;
    flame_lines *lines;
    uint64_t max_unpacked;
} input_source;

static fs_status from_input(void *context, void *buffer, size_t room, size_t *got, fs_error *error)
{
    const input_source *source = context;
    fs_status status = fs_input_read(source->input, buffer, room, got, error);
    if (fs_input_is_packed(source->input)) source->lines->memory_most = source->max_unpacked;
    return status;
}

fs_status flame_stacks_read(const char *path, const flame_read_options *options, flame_tree *tree,
                            flame_report *report, fs_error *error)
{
    if (report) *report = (flame_report){0};
    fs_input *input;
    fs_status status = fs_input_open(path, &input, error);
    if (status) return status;
    flame_lines lines;
    input_source source = {.input = input, .lines = &lines, .max_unpacked = FS_UNPACKED_MOST};
    bool asked = options && options->size > offsetof(flame_read_options, max_unpacked);
    if (asked && options->max_unpacked) source.max_unpacked = options->max_unpacked;
    fs_input_max_unpacked(input, source.max_unpacked);
    bool named = options && options->size > offsetof(flame_read_options, name) && options->name;
    flame_lines_init(&lines, from_input, &source, named ? options->name : fs_input_name(input), options);
    if (!fs_input_size(input, &lines.size)) lines.size = 0;
    fs_input_interruptible(input, go_on, &lines);
    status = read_lines(&lines, options, tree, report, error);
    fs_input_close(input);
    return status;
}

typedef struct memory_source {
    const char *bytes;
    size_t left;
} memory_source;

static fs_status from_memory(void *context, void *buffer, size_t room, size_t *got, fs_error *error)
{
    (void)error;
    memory_source *source = context;
    size_t n = room < source->left ? room : source->left;
    if (n) memcpy(buffer, source->bytes, n);
    source->bytes += n;
    source->left -= n;
    *got = n;
    return FS_OK;
}

fs_status flame_stacks_read_memory(const char *bytes, size_t length, const char *name,
                                   const flame_read_options *options, flame_tree *tree, flame_report *report,
                                   fs_error *error)
{
    memory_source source = {.bytes = bytes, .left = length};
    flame_lines lines;
    flame_lines_init(&lines, from_memory, &source, name, options);
    lines.size = length;
    return read_lines(&lines, options, tree, report, error);
}

void flame_report_skipped(const flame_report *report, const char *name, fs_text *message)
{
    if (report->skipped == 0) return;
    const char *what = formats[report->format]->item;
    fs_text_format(message, "%s: %" PRIu64 " of %" PRIu64 " %ss %s skipped; the first is %s %" PRIu64, name,
                   report->skipped, report->lines, what, report->skipped == 1 ? "was" : "were", what,
                   report->first_skipped);
    if (report->excerpt[0]) fs_text_format(message, ": \"%s\"", report->excerpt);
    fs_text_format(message, " (%s)", report->reason);
}
