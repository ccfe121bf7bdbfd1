/*
 * What Xcode's Instruments export of a time profile, `xctrace export --input F.trace --xpath
 * '/trace-toc/run/data/table[@schema="time-profile"]'`: XML with a row a sample, which holds a weight in
 * nanoseconds and a backtrace of frames, the innermost first. Each element that comes again is written once
 * with an "id" and then as a "ref" to it.
 *
 * Only tags and their attributes matter, and the text of a weight; entities in names are undone. The counts
 * are nanoseconds, or samples when the options ask for those.
 */
#include "count_text.h"
#include "read_formats.h"
#include "stack_builder.h"

#include <string.h>

enum { IDS_MOST = 256 * 1024 * 1024 };

/* What an id stands for, by what kind of element bears it. */
typedef struct xctrace_item {
    uint32_t name;         /* of a frame; FLAME_NONE */
    uint32_t node;         /* of a backtrace; FLAME_NONE */
    uint32_t first, count; /* in the order of time: the backtrace's frames in `kept` */
    flame_exact weight;
} xctrace_item;

typedef struct xctrace_tag {
    const char *name, *attributes, *end; /* up to the '>' or '/>' */
    size_t name_length;
    bool closes, empty;
    uint64_t id, ref; /* 0: none */
} xctrace_tag;

typedef struct xctrace_reader {
    flame_reading *in;
    const char *begin;
    xctrace_item *items; /* by id */
    size_t item_count, item_capacity;
    uint32_t *frames; /* of the backtrace that is open, innermost first */
    size_t frame_count, frame_capacity;
    uint32_t *kept, *reversed; /* names of all backtraces, for the order of time */
    size_t kept_count, kept_capacity, reversed_capacity;
    uint64_t backtrace, tagged; /* the ids that are open */
    uint64_t row_backtrace;     /* of the row; 0: it has none */
    flame_exact weight;
    bool in_row, samples;
    fs_text text;
} xctrace_reader;

static fs_status no_memory(fs_error *error)
{
    return fs_fail_memory(error, "reading an export of xctrace", 0);
}

static fs_status damaged(const xctrace_reader *reader, const char *at, const char *what, fs_error *error)
{
    size_t line = 1;
    for (const char *c = reader->begin; c < at; c++) line += *c == '\n';
    return fs_fail(error, FS_FORMAT, "%s: this XML is damaged at line %zu: %s", reader->in->name, line, what);
}

/* ---- tags ---- */

static bool tag_is(const xctrace_tag *tag, const char *name)
{
    return tag->name_length == strlen(name) && memcmp(tag->name, name, tag->name_length) == 0;
}

/* The value of an attribute between its quotes; NULL: there is none. */
static const char *attribute(const xctrace_tag *tag, const char *name, size_t *length)
{
    size_t wanted = strlen(name);
    const char *at = tag->attributes;
    while (at < tag->end) {
        while (at < tag->end && strchr(" \t\r\n", *at)) at++;
        const char *first = at;
        while (at < tag->end && *at != '=') at++;
        size_t n = (size_t)(at - first);
        if (tag->end - at < 2 || (at[1] != '"' && at[1] != '\'')) return NULL;
        const char *value = at + 2, *close = memchr(value, at[1], (size_t)(tag->end - value));
        if (!close) return NULL;
        *length = (size_t)(close - value);
        if (n == wanted && memcmp(first, name, n) == 0) return value;
        at = close + 1;
    }
    return NULL;
}

static uint64_t number_attribute(const xctrace_tag *tag, const char *name)
{
    size_t length;
    flame_exact number;
    uint64_t value;
    const char *text = attribute(tag, name, &length);
    if (!text || flame_count_parse(text, length, &number) != FLAME_COUNT_OK) return 0;
    return flame_exact_is_u64(number, &value) ? value : 0;
}

/* The tag that begins at `at`, a '<'; comments and declarations are stepped over. NULL: the text ends. */
static const char *read_tag(const char *at, const char *end, xctrace_tag *tag)
{
    *tag = (xctrace_tag){0};
    char quote = '\0';
    const char *close = at + 1;
    for (; close < end && (quote || *close != '>'); close++) {
        if (quote && *close == quote)
            quote = '\0';
        else if (!quote && (*close == '"' || *close == '\''))
            quote = *close;
    }
    if (close >= end) return NULL;
    const char *name = at + 1;
    tag->closes = *name == '/';
    name += tag->closes;
    tag->empty = close > name && close[-1] == '/';
    tag->end = close - tag->empty;
    const char *c = name;
    while (c < tag->end && !strchr(" \t\r\n", *c)) c++;
    tag->name = name;
    tag->name_length = (size_t)(c - name);
    tag->attributes = c;
    return close + 1;
}

/* &amp; and the like undone. */
static bool undo_entities(const char *at, size_t length, fs_text *out)
{
    static const struct {
        const char *name;
        char means;
    } entities[] = {{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}};
    const char *end = at + length;
    fs_text_clear(out);
    while (at < end) {
        const char *mark = memchr(at, '&', (size_t)(end - at));
        fs_text_append(out, at, (size_t)((mark ? mark : end) - at));
        if (!mark) break;
        at = mark + 1;
        size_t i = 0, n = sizeof entities / sizeof *entities;
        for (; i < n; i++) {
            size_t own = strlen(entities[i].name);
            if ((size_t)(end - at) < own || memcmp(at, entities[i].name, own) != 0) continue;
            fs_text_char(out, entities[i].means);
            at += own;
            break;
        }
        if (i == n) fs_text_char(out, '&');
    }
    return !out->failed;
}

/* ---- what they mean ---- */

static fs_status item_of(xctrace_reader *reader, uint64_t id, xctrace_item **item, const char *at,
                         fs_error *error)
{
    if (id >= IDS_MOST || id > (uint64_t)(at - reader->begin)) /* each takes some bytes to write */
        return damaged(reader, at, "an id is too large", error);
    if (!FS_GROW(reader->items, reader->item_capacity, (size_t)id + 1)) return no_memory(error);
    while (reader->item_count <= id)
        reader->items[reader->item_count++] = (xctrace_item){.name = FLAME_NONE, .node = FLAME_NONE};
    *item = &reader->items[id];
    return FS_OK;
}

static fs_status begin_frame(xctrace_reader *reader, const xctrace_tag *tag, fs_error *error)
{
    uint32_t name = FLAME_NONE;
    fs_status status = FS_OK;
    if (tag->ref) {
        if (tag->ref < reader->item_count) name = reader->items[tag->ref].name;
        if (name == FLAME_NONE) return damaged(reader, tag->name, "a frame refers to none", error);
    } else {
        size_t length = 0;
        const char *text = attribute(tag, "name", &length);
        if (!text) {
            text = "";
            length = 0;
        }
        if (!undo_entities(text, length, &reader->text)) return no_memory(error);
        xctrace_item *item;
        status = flame_tree_name(reader->in->tree, fs_text_string(&reader->text), reader->text.length, false,
                                 &name, error);
        if (!status && tag->id) {
            status = item_of(reader, tag->id, &item, tag->name, error);
            if (!status) item->name = name;
        }
    }
    if (status) return status;
    if (!FS_GROW(reader->frames, reader->frame_capacity, reader->frame_count + 1)) return no_memory(error);
    reader->frames[reader->frame_count++] = name;
    return FS_OK;
}

static fs_status end_backtrace(xctrace_reader *reader, const char *at, fs_error *error)
{
    size_t count = reader->frame_count;
    if (!FS_GROW(reader->reversed, reader->reversed_capacity, count + 1)) return no_memory(error);
    for (size_t i = 0; i < count; i++) reader->reversed[i] = reader->frames[count - 1 - i];
    uint64_t ids[] = {reader->backtrace, reader->tagged};
    xctrace_item own = {.name = FLAME_NONE, .node = FLAME_NONE};
    fs_status status = FS_OK;
    if (reader->in->options->in_time) {
        if (!FS_GROW(reader->kept, reader->kept_capacity, reader->kept_count + count + 1))
            return no_memory(error);
        memcpy(reader->kept + reader->kept_count, reader->reversed, count * sizeof *reader->kept);
        own.first = (uint32_t)reader->kept_count;
        own.count = (uint32_t)count;
        own.node = 0;
        reader->kept_count += count;
    } else {
        status = flame_builder_names(&reader->in->builder, reader->reversed, count, &own.node, error);
    }
    for (size_t i = 0; i < 2 && !status; i++) {
        xctrace_item *item = NULL;
        if (!ids[i]) continue;
        status = item_of(reader, ids[i], &item, at, error);
        if (item) *item = own;
    }
    if (reader->in_row) reader->row_backtrace = reader->backtrace;
    reader->backtrace = 0;
    return status;
}

static fs_status end_row(xctrace_reader *reader, fs_error *error)
{
    flame_report *report = reader->in->report;
    report->lines++;
    reader->in_row = false;
    const xctrace_item *item =
        reader->row_backtrace < reader->item_count ? &reader->items[reader->row_backtrace] : NULL;
    if (!reader->row_backtrace || !item || item->node == FLAME_NONE) {
        flame_skip_sample(reader->in, "it has no backtrace");
        return FS_OK;
    }
    flame_exact weight = reader->samples ? flame_exact_of(1) : reader->weight;
    uint32_t node = item->node;
    fs_status status = FS_OK;
    if (reader->in->options->in_time)
        status =
            flame_builder_names(&reader->in->builder, reader->kept + item->first, item->count, &node, error);
    if (!status) flame_read_count(reader->in, node, weight);
    return status;
}

/* A weight in nanoseconds: its text, or what it refers to. */
static fs_status read_weight(xctrace_reader *reader, const xctrace_tag *tag, const char *text,
                             const char *end, fs_error *error)
{
    if (tag->ref) {
        if (tag->ref < reader->item_count) reader->weight = reader->items[tag->ref].weight;
        return FS_OK;
    }
    const char *close = memchr(text, '<', (size_t)(end - text));
    flame_exact weight;
    if (!close || flame_count_parse(text, (size_t)(close - text), &weight) != FLAME_COUNT_OK) return FS_OK;
    reader->weight = weight;
    xctrace_item *item;
    if (!tag->id) return FS_OK;
    fs_status status = item_of(reader, tag->id, &item, tag->name, error);
    if (!status) item->weight = weight;
    return status;
}

static fs_status read_backtrace(xctrace_reader *reader, const xctrace_tag *tag, fs_error *error)
{
    if (tag->ref) {
        if (tag->ref >= reader->item_count || reader->items[tag->ref].node == FLAME_NONE)
            return damaged(reader, tag->name, "a backtrace refers to none", error);
        reader->row_backtrace = tag->ref;
        return FS_OK;
    }
    if (!tag->id) return damaged(reader, tag->name, "a backtrace has neither id nor ref", error);
    reader->backtrace = tag->id;
    reader->frame_count = 0;
    return tag->empty ? end_backtrace(reader, tag->name, error) : FS_OK;
}

static fs_status on_tag(xctrace_reader *reader, const xctrace_tag *tag, const char *text, const char *end,
                        fs_error *error)
{
    if (tag_is(tag, "row")) {
        if (tag->closes) return reader->in_row ? end_row(reader, error) : FS_OK;
        reader->in_row = !tag->empty;
        reader->row_backtrace = 0;
        reader->weight = flame_exact_of(0);
        return FS_OK;
    }
    if (tag_is(tag, "backtrace")) {
        if (!tag->closes) return read_backtrace(reader, tag, error);
        return reader->backtrace ? end_backtrace(reader, tag->name, error) : FS_OK;
    }
    if (tag_is(tag, "tagged-backtrace")) {
        reader->tagged = tag->closes ? 0 : tag->id;
        return !tag->closes && tag->ref ? read_backtrace(reader, tag, error) : FS_OK;
    }
    if (tag_is(tag, "frame") && !tag->closes && reader->backtrace) return begin_frame(reader, tag, error);
    if (tag_is(tag, "weight") && !tag->closes) return read_weight(reader, tag, text, end, error);
    return FS_OK;
}

static fs_status read_tags(xctrace_reader *reader, const char *at, const char *end, fs_error *error)
{
    fs_status status = FS_OK;
    while (!status && (at = memchr(at, '<', (size_t)(end - at)))) {
        xctrace_tag tag;
        const char *next = read_tag(at, end, &tag);
        if (!next) return damaged(reader, at, "it ends within a tag", error);
        tag.id = number_attribute(&tag, "id");
        tag.ref = number_attribute(&tag, "ref");
        at = next;
        status = on_tag(reader, &tag, next, end, error);
    }
    if (!status && reader->in_row) return damaged(reader, end, "it ends within a row", error);
    return status;
}

static bool looks_like_xctrace(const char *bytes, size_t length)
{
    static const char tag[] = "<trace-query-result";
    size_t i = 0;
    while (i < length && strchr(" \t\r\n", bytes[i]) && bytes[i]) i++;
    if (i == length || bytes[i] != '<') return false;
    const char *at = bytes, *end = bytes + length;
    while ((at = memchr(at, '<', (size_t)(end - at)))) {
        if ((size_t)(end - at) >= sizeof tag && memcmp(at, tag, sizeof tag - 1) == 0) return true;
        at++;
    }
    return false;
}

static fs_status read_xctrace(flame_reading *in, fs_error *error)
{
    if (memchr(in->bytes, 0, in->length))
        return fs_fail(error, FS_FORMAT, "%s: this XML holds a NUL byte", in->name);
    const char *unit = in->options->sample_type ? in->options->sample_type : "nanoseconds";
    xctrace_reader reader = {.in = in, .begin = in->bytes, .samples = strcmp(unit, "samples") == 0};
    if (!reader.samples && strcmp(unit, "nanoseconds") != 0)
        return fs_fail(error, FS_DATA, "%s: it does not count '%s', but nanoseconds and samples", in->name,
                       unit);
    flame_report_unit(in->report, unit, strlen(unit));
    fs_text_init(&reader.text);
    fs_status status = read_tags(&reader, in->bytes, in->bytes + in->length, error);
    fs_text_fini(&reader.text);
    fs_free(reader.items);
    fs_free(reader.frames);
    fs_free(reader.kept);
    fs_free(reader.reversed);
    return status;
}

const flame_stack_format flame_reader_xctrace = {
    .item = "row",
    .looks_like = looks_like_xctrace,
    .whole = true,
    .read = read_xctrace,
};
