/*
 * The output of `perf script`: for each sample a line that says who, when and which event, then the stack,
 * leaf first, one frame a line, then an empty line.
 *
 *     java 24636/25607 [000] 4794564.109216:     250000 cycles:
 *             7f1c1a2b3c4d Interpreter::run+0x1f (/usr/lib/libjvm.so)
 *
 * What becomes of names follows stackcollapse-perf.pl, so that people's scripts see the same frames, except
 * where it damages them: a '(' inside a template does not end a name, and `->` separates inlined calls only
 * in a run-time compiler's map (in C++ it is an operator).
 */
#include "count_text.h"
#include "frame_name.h"
#include "hash.h"
#include "perf_form.h"
#include "perf_line.h"
#include "read_formats.h"
#include "stack_builder.h"
#include "symbol_name.h"
#include "text_cache.h"

#include <string.h>

/* A cached line that is not exactly one frame: the rest of the value is an index into `sequences`. */
static const uint32_t many_frames = (uint32_t)1 << 31;

typedef struct perf_reader {
    const flame_read_options *reading;
    const flame_perf_options *options;
    flame_lines *lines;
    flame_tree *tree;
    flame_report *report;
    flame_builder builder;
    flame_cache line_cache[2]; /* what a frame's line came to; the second one for Java processes */
    uint32_t *sequences;       /* count, then names */
    size_t sequences_used, sequences_capacity;

    bool open; /* within a sample */
    bool filtered, java;
    bool heading;    /* within what --header writes */
    bool headless;   /* samples have no heads */
    bool weak;       /* heads in this input have neither time nor event */
    bool nameless;   /* frames without addresses */
    bool sourced;    /* the line before was a frame, so that its place may follow */
    uint64_t chains; /* samples whose frames stand on lines of their own */
    bool skipped;    /* the sample had something wrong and was told of */
    flame_exact weight;
    uint32_t process;
    uint32_t *names; /* of the sample, leaf first */
    size_t count, capacity;
    uint32_t *stack; /* root first */
    size_t stack_capacity;
    fs_text scratch;
    fs_text events, notes; /* the events that were met, a newline after each; what # lines say */
} perf_reader;

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* ---- frames ---- */

static void tidy(const perf_reader *reader, const char *symbol, size_t length, fs_text *out)
{
    if (reader->options->context) {
        fs_text_append(out, symbol, length);
    } else {
        if (!flame_symbol_is_go_method(symbol, length)) {
            size_t end = flame_symbol_end(symbol, length);
            if (end > 0) length = end;
        }
        while (length > 0 && is_space(symbol[length - 1])) length--;
        bool java = reader->java && length > 0 && symbol[0] == 'L' && memchr(symbol, '/', length);
        for (size_t i = java; i < length; i++)
            if (symbol[i] != '"' && symbol[i] != '\'') fs_text_char(out, symbol[i]);
    }
}

static fs_status add_name(perf_reader *reader, uint32_t name, fs_error *error)
{
    if (!FS_GROW(reader->names, reader->capacity, reader->count + 1))
        return fs_fail_memory(error, "reading a deep stack", reader->count);
    reader->names[reader->count++] = name;
    return FS_OK;
}

/* One call of a frame, interned; `inlined` when it ran inside its caller. */
static fs_status add_call(perf_reader *reader, const perf_frame *frame, const char *symbol, size_t length,
                          bool inlined, fs_error *error)
{
    fs_text *text = &reader->scratch;
    fs_text_clear(text);
    if (length == 0 || (length == 9 && memcmp(symbol, "[unknown]", 9) == 0)) {
        const char *module = frame->module;
        size_t module_length = frame->module_length;
        if (module_length > 0 && !(module_length == 9 && memcmp(module, "[unknown]", 9) == 0)) {
            const char *slash = memrchr(module, '/', module_length);
            if (slash) {
                module_length -= (size_t)(slash + 1 - module);
                module = slash + 1;
            }
        } else {
            module = "unknown";
            module_length = 7;
        }
        fs_text_char(text, '[');
        fs_text_append(text, module, module_length);
        if (reader->options->addrs && frame->address_length) {
            fs_text_add(text, " <");
            fs_text_append(text, frame->address, frame->address_length);
            fs_text_char(text, '>');
        }
        fs_text_char(text, ']');
    } else {
        tidy(reader, symbol, length, text);
    }
    if (!text->failed)
        for (size_t i = 0; i < text->length; i++)
            if (text->data[i] == ';') text->data[i] = ':';
    if (inlined)
        fs_text_add(text, "_[i]");
    else if (reader->options->kernel && perf_module_is_kernel(frame))
        fs_text_add(text, "_[k]");
    else if (reader->options->jit && perf_module_is_jit(frame))
        fs_text_add(text, "_[j]");
    if (text->failed) return fs_fail_memory(error, "reading a frame", length);
    uint32_t name;
    fs_status status = flame_tree_name(reader->tree, fs_text_string(text), text->length, true, &name, error);
    return status ? status : add_name(reader, name, error);
}

/* Whether `->` separates calls that were inlined: in what run-time compilers write. In C++ it is an operator.
 */
static bool arrows_are_calls(const perf_reader *reader, const perf_frame *frame)
{
    if (perf_module_is_jit(frame)) return true;
    return reader->java && frame->module_length && !memmem(frame->module, frame->module_length, ".so", 3) &&
           !memmem(frame->symbol, frame->symbol_length, "operator", 8);
}

static fs_status parse_frame(perf_reader *reader, const perf_frame *frame, fs_error *error)
{
    const char *symbol = frame->symbol;
    size_t length = frame->symbol_length;
    if (length && symbol[0] == '(' && !flame_symbol_is_anonymous(symbol, length))
        return FS_OK; /* a process name */
    /* The offset into the function: +0x1f. */
    size_t end = length;
    while (end > 0 && strchr("0123456789abcdefABCDEF", symbol[end - 1]) && symbol[end - 1]) end--;
    if (end >= 3 && end < length && memcmp(symbol + end - 3, "+0x", 3) == 0 && end > 3) length = end - 3;
    bool inlined = frame->module_length == 7 && memcmp(frame->module, "inlined", 7) == 0;
    if (!arrows_are_calls(reader, frame))
        return add_call(reader, frame, symbol, length, inlined && reader->options->inlined, error);
    /* caller->inlined: from the end, since names are collected leaf first. */
    size_t right = length;
    for (;;) {
        size_t left = right;
        while (left >= 2 && memcmp(symbol + left - 2, "->", 2) != 0) left--;
        if (left < 2) left = 0;
        if (right > left || length == 0) {
            bool within = left > 0 || (inlined && reader->options->inlined);
            fs_status status = add_call(reader, frame, symbol + left, right - left, within, error);
            if (status) return status;
        }
        if (left == 0) return FS_OK;
        right = left - 2;
    }
}

/* Note what a line came to: the names from `first` on. */
static void note_line(perf_reader *reader, const char *line, size_t length, uint64_t hash, size_t first)
{
    uint32_t value;
    size_t count = reader->count - first;
    if (count == 1 && reader->names[first] < many_frames) {
        value = reader->names[first];
    } else {
        if (reader->sequences_used + count + 1 >= many_frames) return;
        if (!FS_GROW(reader->sequences, reader->sequences_capacity, reader->sequences_used + count + 1))
            return; /* it is only a short cut */
        value = many_frames | (uint32_t)reader->sequences_used;
        if (value == UINT32_MAX) return;
        reader->sequences[reader->sequences_used++] = (uint32_t)count;
        for (size_t i = 0; i < count; i++)
            reader->sequences[reader->sequences_used++] = reader->names[first + i];
    }
    flame_cache_store(&reader->line_cache[reader->java], line, length, hash, value);
}

static fs_status frame_line(perf_reader *reader, const char *line, size_t length, fs_error *error)
{
    flame_cache *cache = &reader->line_cache[reader->java];
    uint64_t hash = flame_hash(line, length, 0);
    uint32_t value;
    if (flame_cache_lookup(cache, line, length, hash, &value)) {
        if (value < many_frames) return add_name(reader, value, error);
        const uint32_t *sequence = reader->sequences + (value & ~many_frames);
        for (uint32_t i = 0; i < sequence[0]; i++) {
            fs_status status = add_name(reader, sequence[1 + i], error);
            if (status) return status;
        }
        return FS_OK;
    }
    perf_frame frame;
    if (!perf_split_frame(line, length, !reader->nameless, &frame)) {
        flame_report_skip(reader->report, reader->lines->number, line, length,
                          "it is no frame: an address, a symbol and a module in brackets");
        return FS_OK;
    }
    if (reader->lines->has_nul && memchr(line, 0, length)) {
        flame_report_skip(reader->report, reader->lines->number, line, length, "it holds a NUL byte");
        return FS_OK;
    }
    size_t first = reader->count;
    fs_status status = parse_frame(reader, &frame, error);
    if (status) return status;
    note_line(reader, line, length, hash, first);
    return FS_OK;
}

/* ---- samples ---- */

static fs_status end_sample(perf_reader *reader, fs_error *error)
{
    if (!reader->open) return FS_OK;
    reader->open = false;
    if (reader->filtered || reader->skipped) {
        reader->report->filtered += reader->filtered;
        reader->count = 0;
        return FS_OK;
    }
    /* Without a stack (its user part could not be had) it is still the process's time. */
    bool command = reader->process != FLAME_NONE;
    size_t depth = reader->count + command;
    if (!FS_GROW(reader->stack, reader->stack_capacity, depth))
        return fs_fail_memory(error, "reading a deep stack", depth);
    if (command) reader->stack[0] = reader->process;
    for (size_t i = 0; i < reader->count; i++)
        reader->stack[command + i] = reader->names[reader->count - 1 - i];
    reader->count = 0;
    uint32_t node;
    fs_status status = flame_builder_names(&reader->builder, reader->stack, depth, &node, error);
    if (status) return status;
    flame_read_count(reader->reading, reader->tree, node, reader->weight, reader->report);
    return FS_OK;
}

/* Keep the events that are met, for a message about one that is not. */
static void note_event(perf_reader *reader, const char *event, size_t length)
{
    fs_text *events = &reader->events;
    const char *at = fs_text_string(events), *end = at + events->length;
    if (events->failed || events->length > 4096) return;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if ((size_t)(newline - at) == length && memcmp(at, event, length) == 0) return;
        at = newline + 1;
    }
    fs_text_append(events, event, length);
    fs_text_char(events, '\n');
}

/* Whether samples of this event are left out. */
static bool is_filtered(perf_reader *reader, const char *event, size_t length)
{
    const char *wanted = reader->options->event;
    flame_report *report = reader->report;
    if (length == 0 || reader->options->every_event) return false;
    note_event(reader, event, length);
    if (wanted) return strlen(wanted) != length || memcmp(wanted, event, length) != 0;
    size_t most = sizeof report->event - 1, n = strlen(report->event);
    if (n == 0) {
        /* Events of different kinds cannot be added up: the first one seen is the one that counts. */
        n = length < most ? length : most;
        memcpy(report->event, event, n);
        report->event[n] = '\0';
        return false;
    }
    return memcmp(report->event, event, n < length ? n : length) != 0 || (n < most && n != length);
}

/* The root frame: the command, or nothing. */
static fs_status name_process(perf_reader *reader, const char *line, const perf_header *header,
                              fs_error *error)
{
    const flame_perf_options *options = reader->options;
    fs_text *name = &reader->scratch;
    reader->process = FLAME_NONE;
    reader->java = header->comm.length >= 4 && memcmp(line + header->comm.at, "java", 4) == 0;
    fs_text_clear(name);
    if (!options->no_command) fs_text_append(name, line + header->comm.at, header->comm.length);
    if (options->pid || options->tid) {
        if (name->length) fs_text_char(name, '-');
        if (header->pid.length)
            fs_text_append(name, line + header->pid.at, header->pid.length);
        else
            fs_text_char(name, '?');
    }
    if (options->tid) {
        fs_text_char(name, '/');
        fs_text_append(name, line + header->tid.at, header->tid.length);
    }
    if (name->failed) return fs_fail_memory(error, "reading a sample", name->length);
    if (name->length == 0) return FS_OK;
    for (size_t i = 0; i < name->length; i++) {
        if (is_space(name->data[i])) name->data[i] = '_';
        if (name->data[i] == ';') name->data[i] = ':';
    }
    return flame_tree_name(reader->tree, name->data, name->length, false, &reader->process, error);
}

static fs_status begin_sample(perf_reader *reader, const char *line, size_t length, const perf_header *header,
                              fs_error *error)
{
    flame_report *report = reader->report;
    if (!(header->sure || reader->weak) || (reader->lines->has_nul && memchr(line, 0, length))) {
        flame_report_skip(report, reader->lines->number, line, length,
                          "it is no sample: a command, its number, a time and an event");
        return FS_OK;
    }
    const char *event = line + header->event.at;
    static const char record[] = ": PERF_RECORD_"; /* of --show-task-events and its like: no samples */
    if (memmem(line, length, record, sizeof record - 1)) return FS_OK;
    reader->open = true;
    reader->skipped = false;
    reader->filtered = is_filtered(reader, event, header->event.length);
    if (reader->filtered) return FS_OK;
    bool samples = reader->options->samples;
    if (header->period_huge && !samples) {
        reader->skipped = true;
        flame_report_skip(report, reader->lines->number, line, length,
                          "its period is not a number up to 18446744073709551615");
        return FS_OK;
    }
    reader->weight = samples || header->period.value <= 0 ? flame_exact_of(1) : header->period;
    if (reader->weight.value != 1 && !reader->options->every_event && report->unit[0] == '\0')
        perf_name_unit(event, header->event.length, report->unit, sizeof report->unit);
    fs_status status = name_process(reader, line, header, error);
    if (status) return status;
    /* Without call chains the one frame stands on the same line. */
    perf_frame frame;
    if (perf_split_only_frame(line + header->rest, length - header->rest, &frame))
        return parse_frame(reader, &frame, error);
    return FS_OK;
}

/* file.c:137 below a frame: with `lines` it becomes part of the frame's name. */
static fs_status add_source(perf_reader *reader, const char *line, size_t length, fs_error *error)
{
    const char *file;
    size_t file_length;
    int number;
    reader->sourced = false;
    if (!reader->reading->lines || reader->count == 0 ||
        !perf_split_source(line, length, &file, &file_length, &number))
        return FS_OK;
    uint32_t *name = &reader->names[reader->count - 1];
    const flame_name *function = flame_tree_name_of(reader->tree, *name);
    fs_text *text = &reader->scratch;
    flame_frame_compose(text, function->text, function->length, file, file_length, number, true);
    fs_text_add(text, flame_kind_annotation(function->kind));
    if (text->failed) return fs_fail_memory(error, "reading a frame", length);
    for (size_t i = 0; i < text->length; i++)
        if (text->data[i] == ';') text->data[i] = ':';
    return flame_tree_name(reader->tree, text->data, text->length, true, name, error);
}

/* A sample of which only the frames were asked for (-F ip,sym). */
static void open_headless(perf_reader *reader)
{
    reader->open = true;
    reader->filtered = reader->skipped = reader->java = false;
    reader->process = FLAME_NONE;
    reader->weight = flame_exact_of(1);
}

/* ---- lines ---- */

typedef enum line_kind { LINE_HEAD, LINE_FRAME, LINE_SOURCE, LINE_ODD } line_kind;

/* A frame that begins at the left edge, as some versions write it. */
static bool is_bare_frame(const char *line, size_t length)
{
    perf_frame frame;
    return perf_split_frame(line, length, true, &frame) && frame.module && frame.address_length >= 4;
}

/* What a line is that is not empty. perf begins a frame with a tab, or with blanks when it has no address;
 * the head of a sample without call chains is indented too. */
static line_kind classify(const perf_reader *reader, const char *line, size_t length, perf_header *header)
{
    if (line[0] == '\t' && reader->open) return LINE_FRAME;
    bool head = perf_split_header(line, length, header);
    if (head && header->placed) return LINE_HEAD;
    if (reader->open && is_bare_frame(line, length)) return LINE_FRAME;
    if (!is_space(line[0])) return head ? LINE_HEAD : LINE_ODD;
    if (!reader->open)
        return head && (header->sure || (reader->weak && line[0] != '\t')) ? LINE_HEAD : LINE_ODD;
    perf_frame frame;
    if (perf_split_frame(line, length, true, &frame) && (frame.symbol_length || frame.address_length > 4))
        return LINE_FRAME;
    if (reader->nameless && perf_split_frame(line, length, false, &frame) && frame.module) return LINE_FRAME;
    return reader->sourced ? LINE_SOURCE : LINE_FRAME;
}

static fs_status take_line(perf_reader *reader, const char *line, size_t length, fs_error *error)
{
    perf_header header;
    fs_status status = FS_OK;
    size_t blank = 0;
    while (blank < length && is_space(line[blank])) blank++;
    if (line[0] == '#') {
        if (perf_begins_heading(line, length)) reader->heading = !reader->heading;
        perf_note_fact(line, length, &reader->notes);
        return FS_OK;
    }
    if (reader->heading) { /* of a command line that has several, unless the heading has no end */
        if (!perf_split_header(line, length, &header) || !header.placed) return FS_OK;
        reader->heading = false;
    }
    if (blank == length) return length ? FS_OK : end_sample(reader, error);
    if (reader->headless && !reader->open) open_headless(reader);
    switch (classify(reader, line, length, &header)) {
    case LINE_HEAD:
        status = end_sample(reader, error);
        return status ? status : begin_sample(reader, line, length, &header, error);
    case LINE_FRAME:
        if (reader->skipped || reader->filtered) return FS_OK;
        reader->chains++;
        reader->sourced = true;
        return frame_line(reader, line, length, error);
    case LINE_SOURCE:
        return reader->skipped || reader->filtered ? FS_OK : add_source(reader, line, length, error);
    case LINE_ODD:
        break;
    }
    flame_report_skip(reader->report, reader->lines->number, line, length,
                      is_space(line[0]) ? "a frame outside of any sample" : "it is no sample and no frame");
    return FS_OK;
}

/* ---- the format ---- */

/* By its first sample: a folded stack may end like a sample's head, and perf's lines in a number. */
static bool looks_like_perf(const char *bytes, size_t length)
{
    perf_form form = perf_find_form(bytes, length);
    if (form.stacked) return false;
    return form.placed || form.chain || (form.sure && !form.counted);
}

/* No sample was taken of the event that was asked for: say which there are. */
static fs_status fail_no_event(const perf_reader *reader, fs_error *error)
{
    fs_text list;
    fs_text_init(&list);
    const char *at = fs_text_string(&reader->events), *newline;
    for (; (newline = strchr(at, '\n')); at = newline + 1) {
        fs_text_add(&list, list.length ? ", " : "");
        fs_text_append(&list, at, (size_t)(newline - at));
    }
    fs_status status = fs_fail(error, FS_ARGUMENT, "%s has no sample of event '%s'; there are: %s",
                               reader->lines->name, reader->options->event, fs_text_string(&list));
    fs_text_fini(&list);
    return status;
}

static fs_status read_perf(flame_lines *lines, const flame_read_options *options, flame_tree *tree,
                           flame_report *report, fs_error *error)
{
    perf_form form = perf_find_form(lines->buffer + lines->begin, lines->end - lines->begin);
    perf_reader reader = {.reading = options,
                          .options = &options->perf,
                          .lines = lines,
                          .tree = tree,
                          .report = report,
                          .headless = form.headless,
                          .weak = form.head && !form.sure && form.chain,
                          .nameless = form.nameless};
    flame_builder_init(&reader.builder, tree, options->in_time);
    flame_cache_init(&reader.line_cache[0]);
    flame_cache_init(&reader.line_cache[1]);
    fs_text_init(&reader.scratch);
    fs_text_init(&reader.events);
    fs_text_init(&reader.notes);
    fs_status status = FS_OK;
    while (!status) {
        const char *line;
        size_t length;
        status = flame_lines_next(lines, &line, &length, error);
        if (status || !line) break;
        status = take_line(&reader, line, length, error);
    }
    if (!status && !lines->stopped) status = end_sample(&reader, error);
    report->lines = lines->number;
    report->flat = report->stacks > 0 && reader.chains == 0;
    if (reader.notes.length && !reader.notes.failed)
        fs_utf8_excerpt(reader.notes.data, reader.notes.length, report->notes, sizeof report->notes);
    if (!status && report->stacks == 0 && report->filtered && options->perf.event && !lines->stopped)
        status = fail_no_event(&reader, error);
    flame_builder_fini(&reader.builder);
    flame_cache_fini(&reader.line_cache[0]);
    flame_cache_fini(&reader.line_cache[1]);
    fs_text_fini(&reader.scratch);
    fs_text_fini(&reader.events);
    fs_text_fini(&reader.notes);
    fs_free(reader.sequences);
    fs_free(reader.names);
    fs_free(reader.stack);
    return status;
}

const flame_stack_format flame_reader_perf = {
    .item = "line",
    .looks_like = looks_like_perf,
    .read = read_perf,
};
