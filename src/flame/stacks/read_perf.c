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
#include "hash.h"
#include "read_formats.h"
#include "stack_builder.h"
#include "text_cache.h"

#include <string.h>

/* A cached line that is not exactly one frame: the rest of the value is an index into `sequences`. */
static const uint32_t many_frames = (uint32_t)1 << 31;

typedef struct perf_frame {
    const char *address, *symbol, *module;
    size_t address_length, symbol_length, module_length;
} perf_frame;

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
    bool skipped; /* the sample had something wrong and was told of */
    flame_exact weight;
    uint32_t process;
    uint32_t *names; /* of the sample, leaf first */
    size_t count, capacity;
    uint32_t *stack; /* root first */
    size_t stack_capacity;
    fs_text scratch;
} perf_reader;

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static size_t digits_at(const char *text, size_t at, size_t length)
{
    size_t start = at;
    while (at < length && is_digit(text[at])) at++;
    return at - start;
}

static bool ends_with(const char *text, size_t length, const char *ending)
{
    size_t n = strlen(ending);
    return length >= n && memcmp(text + length - n, ending, n) == 0;
}

/* ---- frames ---- */

static const char anonymous[] = "(anonymous namespace)"; /* brackets that are part of a C++ name */

/* Address, symbol, module in brackets. The module is optional; brackets inside it are balanced. */
static bool split_frame(const char *line, size_t length, perf_frame *frame)
{
    size_t at = 0;
    while (at < length && is_space(line[at])) at++;
    while (length > at && is_space(line[length - 1])) length--;
    size_t start = at;
    while (at < length && is_hex(line[at])) at++;
    if (at == start || at == length || !is_space(line[at])) return false;
    *frame = (perf_frame){.address = line + start, .address_length = at - start};
    while (at < length && is_space(line[at])) at++;
    size_t end = length;
    if (line[end - 1] == ')') {
        size_t open = end;
        int level = 0;
        do {
            open--;
            level += line[open] == ')';
            level -= line[open] == '(';
        } while (open > at && level > 0);
        if (level == 0 && open > at && is_space(line[open - 1])) {
            frame->module = line + open + 1;
            frame->module_length = end - 1 - (open + 1);
            end = open;
        }
    }
    while (end > at && is_space(line[end - 1])) end--;
    frame->symbol = line + at;
    frame->symbol_length = end - at;
    return end > at;
}

static bool module_is_kernel(const perf_frame *frame)
{
    const char *module = frame->module;
    size_t length = frame->module_length;
    if (length == 0) return false;
    if (module[0] == '[')
        return memmem(module, length, "unknown", 7) == NULL && memmem(module, length, "[v", 2) != module &&
               memmem(module, length, "[heap]", 6) == NULL && memmem(module, length, "[stack", 6) == NULL;
    return ends_with(module, length, "vmlinux") || ends_with(module, length, ".ko") ||
           ends_with(module, length, ".ko.xz") || ends_with(module, length, ".ko.zst") ||
           ends_with(module, length, ".ko.gz");
}

/* A map that a run-time compiler wrote: /tmp/perf-1234.map */
static bool module_is_jit(const perf_frame *frame)
{
    const char *at = frame->module_length ? memmem(frame->module, frame->module_length, "/perf-", 6) : NULL;
    return at && ends_with(frame->module, frame->module_length, ".map");
}

/* Where the parameters begin: the first '(' outside of template arguments that is not part of the name. */
static size_t name_end(const char *name, size_t length)
{
    int level = 0;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (c == 'o' && length - i > 8 && memcmp(name + i, "operator", 8) == 0 &&
            strchr("<>-(", name[i + 8]) && (i == 0 || name[i - 1] == ':' || is_space(name[i - 1]))) {
            i += 8; /* operator<, operator<<=, operator->, operator() */
            if (name[i] == '(' && i + 1 < length && name[i + 1] == ')')
                i += 1;
            else
                while (i + 1 < length && strchr("<>=-*", name[i + 1]) && name[i] != '(') i++;
            continue;
        }
        if (c == '<') level++;
        if (c == '>' && level > 0 && !(i > 0 && name[i - 1] == '-')) level--;
        if (c != '(' || level > 0) continue;
        if (length - i >= sizeof anonymous - 1 && memcmp(name + i, anonymous, sizeof anonymous - 1) == 0) {
            i += sizeof anonymous - 2;
            continue;
        }
        return i;
    }
    return length;
}

/* net/http.(*Client).Do: a Go method keeps its brackets. */
static bool is_go_method(const char *name, size_t length)
{
    const char *open = memmem(name, length, ".(", 2);
    return open && memmem(open + 2, length - (size_t)(open + 2 - name), ").", 2);
}

static void tidy(const perf_reader *reader, const char *symbol, size_t length, fs_text *out)
{
    if (reader->options->context) {
        fs_text_append(out, symbol, length);
    } else {
        if (!is_go_method(symbol, length)) {
            size_t end = name_end(symbol, length);
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
    if (length == 9 && memcmp(symbol, "[unknown]", 9) == 0) {
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
        if (reader->options->addrs) {
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
    if (reader->options->inlined && inlined)
        fs_text_add(text, "_[i]");
    else if (reader->options->kernel && module_is_kernel(frame))
        fs_text_add(text, "_[k]");
    else if (reader->options->jit && module_is_jit(frame))
        fs_text_add(text, "_[j]");
    if (text->failed) return fs_fail_memory(error, "reading a frame", length);
    uint32_t name;
    fs_status status = flame_tree_name(reader->tree, fs_text_string(text), text->length, true, &name, error);
    return status ? status : add_name(reader, name, error);
}

static fs_status parse_frame(perf_reader *reader, const perf_frame *frame, fs_error *error)
{
    const char *symbol = frame->symbol;
    size_t length = frame->symbol_length;
    if (symbol[0] == '(' &&
        (length < sizeof anonymous - 1 || memcmp(symbol, anonymous, sizeof anonymous - 1) != 0))
        return FS_OK; /* a process name */
    /* The offset into the function: +0x1f. */
    size_t end = length;
    while (end > 0 && is_hex(symbol[end - 1])) end--;
    if (end >= 3 && end < length && memcmp(symbol + end - 3, "+0x", 3) == 0 && end > 3) length = end - 3;
    bool inlined = frame->module_length == 7 && memcmp(frame->module, "inlined", 7) == 0;
    if (!module_is_jit(frame)) return add_call(reader, frame, symbol, length, inlined, error);
    /* caller->inlined: from the end, since names are collected leaf first. */
    size_t right = length;
    for (;;) {
        size_t left = right;
        while (left >= 2 && memcmp(symbol + left - 2, "->", 2) != 0) left--;
        if (left < 2) left = 0;
        if (right > left) {
            fs_status status = add_call(reader, frame, symbol + left, right - left, left > 0, error);
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
    if (!split_frame(line, length, &frame)) {
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
    size_t depth = reader->count + 1;
    if (!FS_GROW(reader->stack, reader->stack_capacity, depth))
        return fs_fail_memory(error, "reading a deep stack", depth);
    reader->stack[0] = reader->process;
    for (size_t i = 1; i < depth; i++) reader->stack[i] = reader->names[reader->count - i];
    reader->count = 0;
    uint32_t node;
    fs_status status = flame_builder_names(&reader->builder, reader->stack, depth, &node, error);
    if (status) return status;
    flame_read_count(reader->reading, reader->tree, node, reader->weight, reader->report);
    return FS_OK;
}

typedef struct perf_header {
    size_t comm_length;
    size_t pid, pid_length; /* the process; length 0: not told */
    size_t tid, tid_length;
    size_t event, event_length; /* length 0: not told */
    size_t rest;                /* what follows the event */
    flame_exact period;         /* 0: not told */
    bool period_huge;           /* more than 64 bits hold */
} perf_header;

/* 4794564.109216: */
static bool is_time(const char *text, size_t length)
{
    size_t whole = digits_at(text, 0, length);
    if (whole == 0 || whole >= length || text[whole] != '.') return false;
    size_t part = digits_at(text, whole + 1, length);
    return part > 0 && whole + 1 + part + 1 == length && text[length - 1] == ':';
}

static size_t word_end(const char *line, size_t at, size_t length)
{
    while (at < length && !is_space(line[at])) at++;
    return at;
}

static size_t word_start(const char *line, size_t at, size_t length)
{
    while (at < length && is_space(line[at])) at++;
    return at;
}

/* The process's name may hold spaces and numbers: what follows its number is a [cpu] or a time. */
static bool split_header(const char *line, size_t length, perf_header *header)
{
    *header = (perf_header){0};
    size_t after = 0;
    for (size_t at = word_start(line, word_end(line, 0, length), length); at < length;
         at = word_start(line, word_end(line, at, length), length)) {
        size_t end = word_end(line, at, length);
        size_t first = digits_at(line, at, end), second = 0;
        bool both = at + first < end && line[at + first] == '/';
        if (both) second = digits_at(line, at + first + 1, end);
        if (first == 0 || at + first + (both ? 1 + second : 0) != end || (both && second == 0)) continue;
        size_t next = word_start(line, end, length), next_end = word_end(line, next, length);
        bool sure = next < length && (line[next] == '[' || is_time(line + next, next_end - next));
        if (header->comm_length && !sure) continue;
        size_t comm = at;
        while (comm > 0 && is_space(line[comm - 1])) comm--;
        header->comm_length = comm;
        header->pid = both ? at : 0;
        header->pid_length = both ? first : 0;
        header->tid = both ? at + first + 1 : at;
        header->tid_length = both ? second : first;
        after = end;
        if (sure) break;
    }
    if (header->comm_length == 0) return false;
    size_t number = 0, number_length = 0; /* the word before the event, when it is one */
    for (size_t at = word_start(line, after, length); at < length;) {
        size_t end = word_end(line, at, length);
        if (line[end - 1] == ':' && !is_time(line + at, end - at) && end - at > 1) {
            header->event = at;
            header->event_length = end - at - 1;
            header->period_huge = number_length > 0 && flame_count_parse(line + number, number_length,
                                                                         &header->period) != FLAME_COUNT_OK;
            header->rest = end;
            break;
        }
        number = at;
        number_length = digits_at(line, at, end) == end - at ? end - at : 0;
        at = word_start(line, end, length);
    }
    return true;
}

/* What a period counts: nanoseconds of a clock, else the event itself (cycles:P are cycles). */
static void name_unit(flame_report *report, const char *event, size_t length)
{
    for (size_t i = 0; i < 2; i++) {
        const char *clock = i ? "task-clock" : "cpu-clock";
        size_t n = strlen(clock);
        if (length >= n && memcmp(event, clock, n) == 0 && (length == n || event[n] == ':')) {
            strcpy(report->unit, "nanoseconds");
            return;
        }
    }
    size_t end =
        length; /* modifiers are letters after the last colon; a tracepoint has a longer name there */
    while (end > 0 && strchr("uhkGHpPSDIWeb", event[end - 1])) end--;
    if (end > 1 && event[end - 1] == ':' && length - end <= 5) length = end - 1;
    if (length == 0 || length >= sizeof report->unit) return;
    memcpy(report->unit, event, length);
    report->unit[length] = '\0';
}

static fs_status begin_sample(perf_reader *reader, const char *line, size_t length, fs_error *error)
{
    perf_header header;
    if (!split_header(line, length, &header) || (reader->lines->has_nul && memchr(line, 0, length))) {
        flame_report_skip(reader->report, reader->lines->number, line, length,
                          "it is no sample: a command, its number, a time and an event");
        return FS_OK;
    }
    const flame_perf_options *options = reader->options;
    flame_report *report = reader->report;
    const char *event = line + header.event;
    static const char record[] = ": PERF_RECORD_"; /* of --show-task-events and its like: no samples */
    if (memmem(line, length, record, sizeof record - 1)) return FS_OK;
    reader->open = true;
    reader->filtered = reader->skipped = false;
    if (header.event_length && !options->every_event) {
        if (options->event) {
            reader->filtered = strlen(options->event) != header.event_length ||
                               memcmp(options->event, event, header.event_length) != 0;
        } else if (report->event[0] == '\0') {
            /* Events of different kinds cannot be added up: the first one seen is the one that counts. */
            size_t n = header.event_length < sizeof report->event - 1 ? header.event_length
                                                                      : sizeof report->event - 1;
            memcpy(report->event, event, n);
            report->event[n] = '\0';
        } else {
            size_t n = strlen(report->event);
            reader->filtered =
                memcmp(report->event, event, n < header.event_length ? n : header.event_length) != 0 ||
                (n < sizeof report->event - 1 && n != header.event_length);
        }
        if (reader->filtered) return FS_OK;
    }
    if (header.period_huge && !options->samples) {
        reader->skipped = true;
        flame_report_skip(report, reader->lines->number, line, length,
                          "its period is not a number up to 18446744073709551615");
        return FS_OK;
    }
    reader->weight = options->samples || header.period.value <= 0 ? flame_exact_of(1) : header.period;
    if (reader->weight.value != 1 && !options->every_event && report->unit[0] == '\0')
        name_unit(report, event, header.event_length);
    fs_text *name = &reader->scratch;
    fs_text_clear(name);
    fs_text_append(name, line, header.comm_length);
    if (options->pid || options->tid) {
        fs_text_char(name, '-');
        if (header.pid_length)
            fs_text_append(name, line + header.pid, header.pid_length);
        else
            fs_text_char(name, '?');
    }
    if (options->tid) {
        fs_text_char(name, '/');
        fs_text_append(name, line + header.tid, header.tid_length);
    }
    if (name->failed) return fs_fail_memory(error, "reading a sample", length);
    for (size_t i = 0; i < name->length; i++) {
        if (is_space(name->data[i])) name->data[i] = '_';
        if (name->data[i] == ';') name->data[i] = ':';
    }
    reader->java = header.comm_length >= 4 && memcmp(line, "java", 4) == 0;
    fs_status status =
        flame_tree_name(reader->tree, name->data, name->length, false, &reader->process, error);
    if (status) return status;
    /* Without call chains the one frame stands on the same line. */
    perf_frame frame;
    if (header.rest && split_frame(line + header.rest, length - header.rest, &frame) && frame.module &&
        frame.address_length >= 4)
        return parse_frame(reader, &frame, error);
    return FS_OK;
}

/* The head of a sample or a frame. */
static bool is_perf_line(const char *line, size_t length)
{
    if (length == 0) return false;
    if (is_space(line[0])) {
        perf_frame frame;
        return split_frame(line, length, &frame) && frame.module && frame.address_length >= 4;
    }
    perf_header header;
    return split_header(line, length, &header) && header.event_length > 0;
}

/* By the first line that decides it; a folded stack may end like a sample's head, and perf's lines in a
 * number.
 */
static bool looks_like_perf(const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length, *line;
    while ((line = flame_block_line(&at, end, &length))) {
        size_t stack = length;
        flame_exact count;
        if (length == 0 || *line == '#') continue;
        bool counted = flame_count_take(line, &stack, &count) == FLAME_COUNT_OK;
        if (counted && memchr(line, ';', stack)) return false;
        if (is_perf_line(line, length)) return true;
        if (counted) return false;
    }
    return false;
}

static fs_status read_perf(flame_lines *lines, const flame_read_options *options, flame_tree *tree,
                           flame_report *report, fs_error *error)
{
    perf_reader reader = {
        .reading = options, .options = &options->perf, .lines = lines, .tree = tree, .report = report};
    flame_builder_init(&reader.builder, tree, options->in_time);
    flame_cache_init(&reader.line_cache[0]);
    flame_cache_init(&reader.line_cache[1]);
    fs_text_init(&reader.scratch);
    fs_status status = FS_OK;
    while (!status) {
        const char *line;
        size_t length;
        status = flame_lines_next(lines, &line, &length, error);
        if (status || !line) break;
        if (length == 0) {
            status = end_sample(&reader, error);
        } else if (!is_space(line[0])) {
            if (line[0] == '#') continue;
            status = end_sample(&reader, error);
            if (!status) status = begin_sample(&reader, line, length, error);
        } else if (reader.open && reader.skipped) {
            continue;
        } else if (reader.open && !reader.filtered) {
            status = frame_line(&reader, line, length, error);
        } else if (!reader.open && word_start(line, 0, length) < length) {
            flame_report_skip(report, lines->number, line, length, "a frame outside of any sample");
        }
    }
    if (!status && !lines->stopped) status = end_sample(&reader, error);
    report->lines = lines->number;
    flame_builder_fini(&reader.builder);
    flame_cache_fini(&reader.line_cache[0]);
    flame_cache_fini(&reader.line_cache[1]);
    fs_text_fini(&reader.scratch);
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
