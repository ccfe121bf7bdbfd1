/*
 * The output of `perf script`: for each sample a line that says who, when and which event, then the stack,
 * leaf first, one frame a line, then an empty line.
 *
 *     java 24636/25607 [000] 4794564.109216:     250000 cycles:
 *             7f1c1a2b3c4d Interpreter::run+0x1f (/usr/lib/libjvm.so)
 */
#include "frame_name.h"
#include "perf_form.h"
#include "perf_frames.h"
#include "perf_line.h"
#include "read_formats.h"
#include "stack_builder.h"

#include <string.h>

typedef struct perf_reader {
    flame_reading *in;
    const flame_perf_options *perf;
    perf_frames frames; /* of the sample */

    bool open; /* within a sample */
    bool filtered;
    bool heading;    /* within what --header writes */
    bool headless;   /* samples have no heads */
    bool flat;       /* each line is a sample */
    bool weak;       /* heads in this input have neither time nor event */
    bool sourced;    /* the line before was a frame, so that its place may follow */
    uint64_t chains; /* samples whose frames stand on lines of their own */
    bool skipped;    /* the sample had something wrong and was told of */
    flame_exact weight;
    uint32_t process;
    uint32_t *stack; /* root first */
    size_t stack_capacity;
    fs_text scratch;
    fs_text events, notes; /* the events that were met, a newline after each; what # lines say */
} perf_reader;

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* ---- samples ---- */

static fs_status end_sample(perf_reader *reader, fs_error *error)
{
    if (!reader->open) return FS_OK;
    reader->open = false;
    if (reader->filtered || reader->skipped) {
        reader->in->report->filtered += reader->filtered;
        reader->frames.count = 0;
        return FS_OK;
    }
    /* Without a stack (its user part could not be had) it is still the process's time. */
    bool command = reader->process != FLAME_NONE;
    size_t depth = reader->frames.count + command;
    if (!FS_GROW(reader->stack, reader->stack_capacity, depth))
        return fs_fail_memory(error, "reading a deep stack", depth);
    if (command) reader->stack[0] = reader->process;
    for (size_t i = 0; i < reader->frames.count; i++)
        reader->stack[command + i] = reader->frames.names[reader->frames.count - 1 - i];
    reader->frames.count = 0;
    uint32_t node;
    fs_status status = flame_builder_names(&reader->in->builder, reader->stack, depth, &node, error);
    if (status) return status;
    flame_read_count(reader->in, node, reader->weight);
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
    const char *wanted = reader->perf->event;
    flame_report *report = reader->in->report;
    if (length == 0 || reader->perf->every_event) return false;
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
    const flame_perf_options *options = reader->perf;
    fs_text *name = &reader->scratch;
    reader->process = FLAME_NONE;
    reader->frames.java = header->comm.length >= 4 && memcmp(line + header->comm.at, "java", 4) == 0;
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
    return flame_tree_name(reader->in->tree, name->data, name->length, false, &reader->process, error);
}

static fs_status begin_sample(perf_reader *reader, const char *line, size_t length, const perf_header *header,
                              fs_error *error)
{
    flame_report *report = reader->in->report;
    if (!(header->sure || reader->weak) || (reader->in->lines->has_nul && memchr(line, 0, length))) {
        flame_read_skip(reader->in, line, length,
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
    bool samples = reader->perf->samples;
    if (header->period_huge && !samples) {
        reader->skipped = true;
        flame_read_skip(reader->in, line, length, "its period is not a number up to 18446744073709551615");
        return FS_OK;
    }
    reader->weight = samples || header->period.value <= 0 ? flame_exact_of(1) : header->period;
    if (reader->weight.value != 1 && !reader->perf->every_event && report->unit[0] == '\0')
        perf_name_unit(event, header->event.length, report->unit, sizeof report->unit);
    fs_status status = name_process(reader, line, header, error);
    if (status) return status;
    /* Without call chains the one frame stands on the same line. */
    perf_frame frame;
    bool framed = header->frame ? perf_split_frame(line + header->frame, length - header->frame, true, &frame)
                                : perf_split_only_frame(line + header->rest, length - header->rest, &frame);
    reader->sourced = framed;
    return framed ? perf_frames_add(&reader->frames, &frame, error) : FS_OK;
}

/* file.c:137 below a frame: with `lines` it becomes part of the frame's name. */
static fs_status add_source(perf_reader *reader, const char *line, size_t length, fs_error *error)
{
    const char *file;
    size_t file_length;
    int number;
    reader->sourced = false;
    if (!reader->in->options->lines || reader->frames.count == 0 ||
        !perf_split_source(line, length, &file, &file_length, &number))
        return FS_OK;
    uint32_t *name = &reader->frames.names[reader->frames.count - 1];
    const flame_name *function = flame_tree_name_of(reader->in->tree, *name);
    fs_text *text = &reader->scratch;
    flame_frame_compose(text, function->text, function->length, file, file_length, number, true);
    fs_text_add(text, flame_kind_annotation(function->kind));
    if (text->failed) return fs_fail_memory(error, "reading a frame", length);
    for (size_t i = 0; i < text->length; i++)
        if (text->data[i] == ';') text->data[i] = ':';
    return flame_tree_name(reader->in->tree, text->data, text->length, true, name, error);
}

/* A sample of which only the frames were asked for (-F ip,sym). */
static void open_headless(perf_reader *reader)
{
    reader->open = true;
    reader->filtered = reader->skipped = reader->frames.java = false;
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
    bool head = perf_split_header(line, length, header) && (reader->flat || !header->bare);
    if (head && (header->placed || (reader->flat && header->frame))) return LINE_HEAD;
    if (reader->open && is_bare_frame(line, length)) return LINE_FRAME;
    if (!is_space(line[0])) return head ? LINE_HEAD : LINE_ODD;
    if (!reader->open)
        return head && (header->sure || (reader->weak && line[0] != '\t')) ? LINE_HEAD : LINE_ODD;
    perf_frame frame;
    if (perf_split_frame(line, length, true, &frame) && (frame.symbol_length || frame.address_length > 4))
        return LINE_FRAME;
    if (reader->frames.nameless && perf_split_frame(line, length, false, &frame) && frame.module)
        return LINE_FRAME;
    return reader->sourced ? LINE_SOURCE : LINE_FRAME;
}

static fs_status take_line(void *context, const char *line, size_t length, fs_error *error)
{
    perf_reader *reader = context;
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
        return perf_frames_line(&reader->frames, reader->in, line, length, error);
    case LINE_SOURCE:
        return reader->skipped || reader->filtered ? FS_OK : add_source(reader, line, length, error);
    case LINE_ODD:
        break;
    }
    flame_read_skip(reader->in, line, length,
                    is_space(line[0]) ? "a frame outside of any sample" : "it is no sample and no frame");
    return FS_OK;
}

/* ---- the format ---- */

/* By its first sample: a folded stack may end like a sample's head, and perf's lines in a number. */
static bool looks_like_perf(const char *bytes, size_t length)
{
    perf_form form = perf_find_form(bytes, length);
    if (form.stacked) return false;
    return form.placed || form.chain || form.flat || (form.sure && !form.counted);
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
                               reader->in->lines->name, reader->perf->event, fs_text_string(&list));
    fs_text_fini(&list);
    return status;
}

/* Whether the last line is no whole one: a frame ends in the module's bracket. */
static bool is_cut_off(const perf_reader *reader)
{
    const flame_lines *lines = reader->in->lines;
    char last = lines->end > 0 ? lines->buffer[lines->end - 1] : '\n';
    return reader->open && reader->chains > 0 && last != '\n' && last != ')';
}

static fs_status read_perf(flame_reading *in, fs_error *error)
{
    perf_form form = perf_find_form(in->lines->buffer + in->lines->begin, in->lines->end - in->lines->begin);
    perf_reader reader = {.in = in,
                          .perf = &in->options->perf,
                          .headless = form.headless,
                          .flat = form.flat,
                          .weak = form.head && !form.sure && form.chain};
    perf_frames_init(&reader.frames, in->tree, &in->options->perf, form.nameless);
    fs_text_init(&reader.scratch);
    fs_text_init(&reader.events);
    fs_text_init(&reader.notes);
    fs_status status = flame_each_line(in, take_line, &reader, error);
    if (!status && !in->lines->stopped && is_cut_off(&reader))
        in->report->note = "it ends within a sample, so it seems to be cut off";
    if (!status && !in->lines->stopped) status = end_sample(&reader, error);
    in->report->flat = in->report->stacks > 0 && reader.chains == 0;
    if (reader.notes.length && !reader.notes.failed)
        fs_utf8_excerpt(reader.notes.data, reader.notes.length, in->report->notes, sizeof in->report->notes);
    if (!status && in->report->stacks == 0 && in->report->filtered && in->options->perf.event &&
        !in->lines->stopped)
        status = fail_no_event(&reader, error);
    perf_frames_fini(&reader.frames);
    fs_text_fini(&reader.scratch);
    fs_text_fini(&reader.events);
    fs_text_fini(&reader.notes);
    fs_free(reader.stack);
    return status;
}

const flame_stack_format flame_reader_perf = {
    .item = "line",
    .looks_like = looks_like_perf,
    .read = read_perf,
};
