/*
 * pprof profiles. The field numbers are those of profile.proto in github.com/google/pprof; they are repeated
 * in tests/flame/stacks/pprof.proto.
 *
 * The content is walked in place: one pass finds the tables, one turns each location into names, one adds
 * the samples.
 */
#include "count_text.h"
#include "frame_name.h"
#include "pprof_detect.h"
#include "read_formats.h"
#include "stack_builder.h"
#include "stack_writer.h"
#include "wire.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t depth_most = (size_t)1 << 24;

typedef struct slice {
    const char *text;
    size_t length;
} slice;

typedef struct function {
    uint64_t id;
    uint64_t name, file; /* in the table of strings */
} function;

typedef struct mapping {
    uint64_t id;
    uint64_t file;
} mapping;

typedef struct location {
    uint64_t id;
    flame_wire message;
    size_t first, count; /* in `names` */
    bool named;
} location;

typedef struct pprof_reader {
    flame_reading *in;

    slice *strings;
    size_t string_count, string_capacity;
    function *functions;
    size_t function_count, function_capacity;
    mapping *mappings;
    size_t mapping_count, mapping_capacity;
    location *locations;
    size_t location_count, location_capacity;
    struct {
        uint64_t type, unit;
    } * types;
    size_t type_count, type_capacity;
    size_t samples_seen;
    uint64_t preferred; /* string: the default type */
    size_t type;        /* the one that is read */
    bool pairs;         /* the types are before and after, both are read */
    double scale;       /* what our own writer multiplied counts by (stack_writer.h) */
    uint64_t *comments; /* strings */
    size_t comment_count, comment_capacity;

    uint32_t *names; /* of all locations, innermost call first */
    size_t name_count, name_capacity;
    uint32_t *stack; /* root first */
    size_t stack_capacity;
    uint64_t *ids; /* of a sample's locations, leaf first */
    size_t id_capacity;
    fs_text scratch;
} pprof_reader;

static fs_status fail_damaged(const pprof_reader *reader, const char *damage, fs_error *error)
{
    return fs_fail(error, FS_FORMAT, "%s: the pprof profile is damaged: %s", reader->in->name, damage);
}

static fs_status fail_no_memory(fs_error *error)
{
    return fs_fail_memory(error, "reading a pprof profile", 0);
}

static slice string_at(const pprof_reader *reader, uint64_t index)
{
    return index < reader->string_count ? reader->strings[index] : (slice){.text = "", .length = 0};
}

/* ---- tables ---- */

static int by_id(const void *left, const void *right)
{
    /* Every table's element begins with its id. */
    uint64_t a, b;
    memcpy(&a, left, sizeof a);
    memcpy(&b, right, sizeof b);
    return a < b ? -1 : a > b;
}

/* The element with this id of a table sorted by id. Most writers number from 1 without gaps. */
static void *find(void *table, size_t count, size_t size, uint64_t id)
{
    if (id >= 1 && id <= count) {
        char *guess = (char *)table + (size_t)(id - 1) * size;
        uint64_t found;
        memcpy(&found, guess, sizeof found);
        if (found == id) return guess;
    }
    return count ? bsearch(&id, table, count, size, by_id) : NULL;
}

/* The varint fields 1...most of a message into values[1...most]. */
static bool read_numbers(flame_wire message, uint64_t *values, uint32_t most)
{
    flame_field field;
    while (flame_wire_next(&message, &field))
        if (field.number <= most && field.type == FLAME_WIRE_VARINT) values[field.number] = field.value;
    return message.damage == NULL;
}

static fs_status read_tables(pprof_reader *reader, flame_wire wire, fs_error *error)
{
    flame_field field;
    while (flame_wire_next(&wire, &field)) {
        uint64_t values[7] = {0};
        if (field.number == 14 && field.type == FLAME_WIRE_VARINT) reader->preferred = field.value;
        bool whole = true, room = true;
        if (field.number == 13 && field.type == FLAME_WIRE_VARINT) {
            if (!FS_GROW(reader->comments, reader->comment_capacity, reader->comment_count + 1))
                return fail_no_memory(error);
            reader->comments[reader->comment_count++] = field.value;
        }
        if (field.type != FLAME_WIRE_BYTES) continue;
        switch (field.number) {
        case 2:
            reader->samples_seen++;
            break;
        case 1:
            whole = read_numbers(field.bytes, values, 2);
            room = FS_GROW(reader->types, reader->type_capacity, reader->type_count + 1);
            if (!room) break;
            reader->types[reader->type_count].type = values[1];
            reader->types[reader->type_count++].unit = values[2];
            break;
        case 3:
            whole = read_numbers(field.bytes, values, 5);
            room = FS_GROW(reader->mappings, reader->mapping_capacity, reader->mapping_count + 1);
            if (room)
                reader->mappings[reader->mapping_count++] = (mapping){.id = values[1], .file = values[5]};
            break;
        case 4:
            whole = read_numbers(field.bytes, values, 1);
            room = FS_GROW(reader->locations, reader->location_capacity, reader->location_count + 1);
            if (room)
                reader->locations[reader->location_count++] =
                    (location){.id = values[1], .message = field.bytes};
            break;
        case 5:
            whole = read_numbers(field.bytes, values, 4);
            room = FS_GROW(reader->functions, reader->function_capacity, reader->function_count + 1);
            if (room)
                reader->functions[reader->function_count++] =
                    (function){.id = values[1], .name = values[2] ? values[2] : values[3], .file = values[4]};
            break;
        case 6:
            room = FS_GROW(reader->strings, reader->string_capacity, reader->string_count + 1);
            if (room)
                reader->strings[reader->string_count++] =
                    (slice){.text = (const char *)field.bytes.at,
                            .length = (size_t)(field.bytes.end - field.bytes.at)};
            break;
        default:
            break;
        }
        if (!whole) return fail_damaged(reader, "a message inside it is cut off", error);
        if (!room) return fail_no_memory(error);
    }
    if (wire.damage) { /* of the fields that the profile itself has: what is missing is at its end */
        return fs_fail(error, FS_FORMAT,
                       "%s: the pprof profile is damaged: %s, after %zu samples. It seems to be cut off",
                       reader->in->name, wire.damage, reader->samples_seen);
    }
    if (reader->function_count) qsort(reader->functions, reader->function_count, sizeof(function), by_id);
    if (reader->mapping_count) qsort(reader->mappings, reader->mapping_count, sizeof(mapping), by_id);
    if (reader->location_count) qsort(reader->locations, reader->location_count, sizeof(location), by_id);
    return FS_OK;
}

/* Which of the values of each sample is read. */
static fs_status choose_type(pprof_reader *reader, fs_error *error)
{
    size_t count = reader->type_count;
    const char *wanted = reader->in->options->sample_type;
    reader->type = count > 0 ? count - 1 : 0;
    for (size_t i = 0; i < count; i++) {
        slice name = string_at(reader, reader->types[i].type);
        if (wanted ? strlen(wanted) == name.length && memcmp(wanted, name.text, name.length) == 0
                   : reader->preferred != 0 && reader->types[i].type == reader->preferred) {
            reader->type = i;
            wanted = NULL;
            break;
        }
    }
    if (wanted) {
        fs_text list;
        fs_text_init(&list);
        for (size_t i = 0; i < count; i++) {
            slice name = string_at(reader, reader->types[i].type);
            fs_text_format(&list, "%s%.*s", i ? ", " : "", name.length < 100 ? (int)name.length : 100,
                           name.text);
        }
        fs_status status = fs_fail(error, FS_ARGUMENT, "%s has no sample type '%s'; it has: %s",
                                   reader->in->name, wanted, fs_text_string(&list));
        fs_text_fini(&list);
        return status;
    }
    if (count > 0) {
        slice unit = string_at(reader, reader->types[reader->type].unit);
        size_t n =
            unit.length < sizeof reader->in->report->unit ? unit.length : sizeof reader->in->report->unit - 1;
        memcpy(reader->in->report->unit, unit.text, n);
        reader->in->report->unit[n] = '\0';
        if (strcmp(reader->in->report->unit, "count") == 0) strcpy(reader->in->report->unit, "samples");
    }
    return FS_OK;
}

static bool type_is(const pprof_reader *reader, size_t type, const char *name)
{
    slice have = string_at(reader, reader->types[type].type);
    return have.length == strlen(name) && memcmp(have.text, name, have.length) == 0;
}

/* What our own writer says of counts that were no whole numbers. */
static void find_scale(pprof_reader *reader)
{
    static const char scaled[] = FLAME_PPROF_SCALED;
    size_t n = sizeof scaled - 1;
    reader->scale = 1;
    for (size_t i = 0; i < reader->comment_count; i++) {
        slice comment = string_at(reader, reader->comments[i]);
        flame_exact factor;
        if (comment.length > n && memcmp(comment.text, scaled, n) == 0 &&
            flame_count_parse(comment.text + n, comment.length - n, &factor) == FLAME_COUNT_OK &&
            factor.value >= 1 && factor.value <= 1e9)
            reader->scale = factor.value;
    }
}

static flame_exact weight_of(const pprof_reader *reader, int64_t value)
{
    flame_exact weight = flame_exact_of_u64((uint64_t)value);
    if (reader->scale == 1) return weight;
    double quotient = weight.value / reader->scale;
    double left = fma(-quotient, reader->scale, weight.value) + weight.rest;
    return flame_exact_add(flame_exact_of(quotient), flame_exact_of(left / reader->scale));
}

/* ---- locations ---- */

/* A name holds no NUL: U+2400, its symbol, stands there instead. */
static bool show_nulls(fs_text *text)
{
    if (!text->length || !memchr(text->data, 0, text->length)) return true;
    fs_text shown;
    fs_text_init(&shown);
    for (size_t i = 0; i < text->length; i++) {
        if (text->data[i])
            fs_text_char(&shown, text->data[i]);
        else
            fs_text_add(&shown, "\xE2\x90\x80");
    }
    fs_text_fini(text);
    *text = shown;
    return !text->failed;
}

static fs_status add_name(pprof_reader *reader, fs_error *error)
{
    fs_text *text = &reader->scratch;
    uint32_t name;
    if (text->failed || !FS_GROW(reader->names, reader->name_capacity, reader->name_count + 1))
        return fail_no_memory(error);
    if (!show_nulls(text)) return fail_no_memory(error);
    fs_status status =
        flame_tree_name(reader->in->tree, fs_text_string(text), text->length, true, &name, error);
    if (!status) reader->names[reader->name_count++] = name;
    return status;
}

static fs_status name_line(pprof_reader *reader, flame_wire line, bool inlined, fs_error *error)
{
    uint64_t values[7] = {0};
    if (!read_numbers(line, values, 2)) return fail_damaged(reader, "a line is cut off", error);
    const function *f = find(reader->functions, reader->function_count, sizeof(function), values[1]);
    slice name = f ? string_at(reader, f->name) : (slice){.text = "", .length = 0};
    slice file = f ? string_at(reader, f->file) : (slice){.text = "", .length = 0};
    if (name.length == 0) name = (slice){.text = "[unknown]", .length = 9};
    flame_frame_compose(&reader->scratch, name.text, name.length, file.text, file.length,
                        values[2] <= INT32_MAX ? (int32_t)values[2] : 0, reader->in->options->lines);
    if (inlined && reader->in->options->perf.inlined) fs_text_add(&reader->scratch, "_[i]");
    return add_name(reader, error);
}

static fs_status name_location(pprof_reader *reader, location *place, fs_error *error)
{
    place->first = reader->name_count;
    place->named = true;
    uint64_t values[7] = {0};
    if (!read_numbers(place->message, values, 3)) return fail_damaged(reader, "a location is cut off", error);
    flame_wire wire = place->message, last = {0};
    flame_field field;
    fs_status status = FS_OK;
    bool any = false;
    /* The last line is the caller that the others are inlined into. */
    while (!status && flame_wire_next(&wire, &field)) {
        if (field.number != 4 || field.type != FLAME_WIRE_BYTES) continue;
        if (any) status = name_line(reader, last, true, error);
        last = field.bytes;
        any = true;
    }
    if (!status && any) status = name_line(reader, last, false, error);
    if (!status && !any) {
        const mapping *m = find(reader->mappings, reader->mapping_count, sizeof(mapping), values[2]);
        slice file = m ? string_at(reader, m->file) : (slice){.text = "", .length = 0};
        const char *slash = file.length ? memrchr(file.text, '/', file.length) : NULL;
        if (slash) {
            file.length -= (size_t)(slash + 1 - file.text);
            file.text = slash + 1;
        }
        fs_text_clear(&reader->scratch);
        if (file.length) {
            fs_text_char(&reader->scratch, '[');
            fs_text_append(&reader->scratch, file.text, file.length);
            fs_text_char(&reader->scratch, ']');
        } else {
            fs_text_format(&reader->scratch, "0x%" PRIx64, values[3]);
        }
        status = add_name(reader, error);
    }
    place->count = reader->name_count - place->first;
    return status;
}

/* ---- samples ---- */

static void skip(pprof_reader *reader, const char *reason)
{
    flame_skip_sample(reader->in, reason);
}

typedef struct pprof_sample {
    size_t ids, values;     /* how many; the former are in reader->ids */
    int64_t weight, before; /* `before`: the first value, when the types are pairs */
} pprof_sample;

/* The numbers of a sample's message. */
static fs_status take_sample(pprof_reader *reader, flame_wire wire, pprof_sample *sample, fs_error *error)
{
    flame_field field;
    while (flame_wire_next(&wire, &field)) {
        if (field.number != 1 && field.number != 2) continue;
        bool packed = field.type == FLAME_WIRE_BYTES;
        if (!packed && field.type != FLAME_WIRE_VARINT)
            return fail_damaged(reader, "a sample's numbers are of another type", error);
        flame_wire numbers = field.bytes;
        uint64_t value = field.value;
        while (packed ? flame_wire_number(&numbers, &value) : true) {
            if (field.number == 2) {
                if (sample->values == 0 && reader->pairs) sample->before = (int64_t)value;
                if (sample->values++ == reader->type) sample->weight = (int64_t)value;
            } else {
                if (!FS_GROW(reader->ids, reader->id_capacity, sample->ids + 1)) return fail_no_memory(error);
                reader->ids[sample->ids++] = value;
            }
            if (!packed) break;
        }
        if (numbers.damage) return fail_damaged(reader, numbers.damage, error);
    }
    return wire.damage ? fail_damaged(reader, wire.damage, error) : FS_OK;
}

/* Whether a sample counts something; if not, that is noted. */
static bool counts(pprof_reader *reader, const pprof_sample *sample)
{
    if (sample->values <= reader->type)
        skip(reader, "it has no value of the sample type");
    else if (sample->weight < 0 || sample->before < 0)
        skip(reader, flame_count_reason(FLAME_COUNT_NEGATIVE));
    else if (sample->weight == 0 && sample->before == 0)
        reader->in->report->empty++;
    else
        return true;
    return false;
}

static void add_sample(pprof_reader *reader, const pprof_sample *sample, uint32_t node)
{
    flame_report *report = reader->in->report;
    flame_exact weight = weight_of(reader, sample->weight), before = weight_of(reader, sample->before);
    if (!reader->pairs) {
        flame_read_count(reader->in, node, weight);
        return;
    }
    flame_tree_add_exact(reader->in->tree, node, weight, before);
    report->total_after += weight.value;
    report->total_before += before.value;
    report->stacks++;
}

static fs_status read_sample(pprof_reader *reader, flame_wire wire, fs_error *error)
{
    pprof_sample sample = {0};
    reader->in->report->lines++;
    fs_status status = take_sample(reader, wire, &sample, error);
    if (status || !counts(reader, &sample)) return status;
    size_t depth = 0;
    for (size_t i = 0; i < sample.ids; i++) {
        location *place = find(reader->locations, reader->location_count, sizeof(location), reader->ids[i]);
        if (!place) {
            skip(reader, "it names a location that is not in the profile");
            return FS_OK;
        }
        if (!place->named) status = name_location(reader, place, error);
        if (status) return status;
        depth += place->count;
        if (depth > depth_most) { /* few bytes can name a long location very often */
            skip(reader, "its stack is deeper than 16 million frames");
            return FS_OK;
        }
    }
    if (!FS_GROW(reader->stack, reader->stack_capacity, depth)) return fail_no_memory(error);
    size_t at = depth;
    for (size_t i = 0; i < sample.ids; i++) {
        const location *place =
            find(reader->locations, reader->location_count, sizeof(location), reader->ids[i]);
        for (size_t j = 0; j < place->count; j++) reader->stack[--at] = reader->names[place->first + j];
    }
    uint32_t node;
    status = flame_builder_names(&reader->in->builder, reader->stack, depth, &node, error);
    if (!status) add_sample(reader, &sample, node);
    return status;
}

static fs_status read_pprof(flame_reading *in, fs_error *error)
{
    pprof_reader reader = {.in = in};
    fs_text_init(&reader.scratch);
    flame_wire wire = {.at = (const unsigned char *)in->bytes,
                       .end = (const unsigned char *)in->bytes + in->length};
    fs_status status = read_tables(&reader, wire, error);
    if (!status) status = choose_type(&reader, error);
    find_scale(&reader);
    reader.pairs = !in->options->sample_type && reader.type_count == 2 && type_is(&reader, 0, "before") &&
                   type_is(&reader, 1, "after");
    in->report->pairs = reader.pairs;
    if (!status && in->options->content && !fs_text_append(in->options->content, in->bytes, in->length))
        status = fail_no_memory(error);
    flame_field field;
    while (!status && flame_wire_next(&wire, &field))
        if (field.number == 2 && field.type == FLAME_WIRE_BYTES)
            status = read_sample(&reader, field.bytes, error);
    fs_text_fini(&reader.scratch);
    fs_free(reader.strings);
    fs_free(reader.functions);
    fs_free(reader.mappings);
    fs_free(reader.locations);
    fs_free(reader.types);
    fs_free(reader.names);
    fs_free(reader.stack);
    fs_free(reader.ids);
    fs_free(reader.comments);
    return status;
}

const flame_stack_format flame_reader_pprof = {
    .item = "sample",
    .looks_like = flame_looks_like_pprof,
    .whole = true,
    .read = read_pprof,
};
