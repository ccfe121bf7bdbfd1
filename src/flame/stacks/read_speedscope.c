/*
 * speedscope's JSON (https://www.speedscope.app/file-format-schema.json): frames shared by several profiles,
 * each either sampled (stacks of frame numbers, root first, and weights) or evented (frames that open and
 * close at points in time).
 *
 * Of several profiles each gets a root frame of its name: they are the threads of one recording.
 */
#include "count_text.h"
#include "frame_name.h"
#include "read_formats.h"
#include "stack_builder.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

enum { LONG_NUMBER = 16 }; /* digits that a double may not hold */

typedef struct speedscope_reader {
    flame_reading *in;
    uint32_t *frames; /* name of each shared frame */
    size_t frame_count;
    uint32_t *stack; /* root first; evented: nodes */
    size_t capacity;
    uint32_t *open; /* evented: the frames that are open */
    size_t open_capacity;
    uint32_t root_name; /* FLAME_NONE: no frame for the profile */
} speedscope_reader;

static fs_status fail_no_memory(fs_error *error)
{
    return fs_fail_memory(error, "reading a speedscope file", 0);
}

static fs_status fail_content(const speedscope_reader *reader, const char *what, fs_error *error)
{
    return fs_fail(error, FS_FORMAT, "%s: this JSON is not a speedscope profile: %s", reader->in->name, what);
}

/* Any object comes here that no other reader has known. */
static fs_status fail_without_profiles(const speedscope_reader *reader, const cJSON *root, fs_error *error)
{
    if (cJSON_GetObjectItemCaseSensitive(root, "$schema") || cJSON_GetObjectItemCaseSensitive(root, "shared"))
        return fail_content(reader, "it has no profiles", error);
    if (cJSON_GetObjectItemCaseSensitive(root, "children"))
        return fs_fail(error, FS_FORMAT,
                       "%s is no profile that is read here: it seems to be a tree as d3-flame-graph draws it",
                       reader->in->name);
    return fs_fail(error, FS_FORMAT,
                   "%s is JSON of no known profiler: speedscope's has \"profiles\", a Chrome trace "
                   "\"traceEvents\", a .cpuprofile \"nodes\"",
                   reader->in->name);
}

static const char *text_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(item) && item->valuestring ? item->valuestring : "";
}

static void skip(speedscope_reader *reader, const char *reason)
{
    flame_skip_sample(reader->in, reason);
}

static fs_status read_frames(speedscope_reader *reader, const cJSON *root, fs_error *error)
{
    const cJSON *shared = cJSON_GetObjectItemCaseSensitive(root, "shared");
    const cJSON *frames = cJSON_GetObjectItemCaseSensitive(shared, "frames");
    if (!cJSON_IsArray(frames)) return fail_content(reader, "it has no shared.frames", error);
    size_t count = 0;
    const cJSON *frame;
    cJSON_ArrayForEach(frame, frames) count++;
    reader->frames = fs_alloc(count, sizeof *reader->frames);
    if (!reader->frames) return fail_no_memory(error);
    fs_text name;
    fs_text_init(&name);
    fs_status status = FS_OK;
    cJSON_ArrayForEach(frame, frames)
    {
        const char *function = text_of(frame, "name"), *file = text_of(frame, "file");
        const cJSON *line = cJSON_GetObjectItemCaseSensitive(frame, "line");
        double number = cJSON_IsNumber(line) ? line->valuedouble : 0;
        flame_frame_compose(&name, function, strlen(function), file, strlen(file),
                            number >= 1 && number < 1e9 ? (int32_t)number : 0, reader->in->options->lines);
        status = name.failed ? fail_no_memory(error)
                             : flame_tree_name(reader->in->tree, fs_text_string(&name), name.length, true,
                                               &reader->frames[reader->frame_count], error);
        if (status) break;
        reader->frame_count++;
    }
    fs_text_fini(&name);
    return status;
}

/* A frame's number as an index, or FLAME_NONE. */
static uint32_t frame_index(const speedscope_reader *reader, const cJSON *item)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) ||
        !(item->valuedouble < (double)reader->frame_count))
        return FLAME_NONE;
    return (uint32_t)item->valuedouble;
}

/* A number, or a long one that quote_long_numbers has put in quotes. */
/* Of up to 37 digits, as a time may have after counts of 20: in two halves. */
static flame_exact longer_number(const char *digits, size_t length)
{
    enum { HALF = 19 };
    flame_exact high, low;
    if (length <= HALF || length > 37 || flame_count_parse(digits, length - HALF, &high) != FLAME_COUNT_OK ||
        flame_count_parse(digits + length - HALF, HALF, &low) != FLAME_COUNT_OK)
        return flame_exact_of(HUGE_VAL);
    return flame_exact_add(flame_exact_scale(high, 1e19), low);
}

static bool number_of(const cJSON *item, flame_exact *number)
{
    if (!item) return false;
    if (cJSON_IsNumber(item)) {
        *number = flame_exact_of(item->valuedouble);
        return true;
    }
    const char *digits = cJSON_IsString(item) ? item->valuestring : "";
    bool negative = digits[0] == '-';
    size_t length = strlen(digits);
    if (length < LONG_NUMBER + (size_t)negative) return false;
    flame_count verdict = flame_count_parse(digits + negative, length - negative, number);
    if (verdict == FLAME_COUNT_HUGE) *number = longer_number(digits + negative, length - negative);
    if (verdict != FLAME_COUNT_OK && verdict != FLAME_COUNT_HUGE) return false;
    if (negative) *number = flame_exact_minus(*number);
    return true;
}

static fs_status read_sampled(speedscope_reader *reader, const cJSON *profile, fs_error *error)
{
    const cJSON *samples = cJSON_GetObjectItemCaseSensitive(profile, "samples");
    const cJSON *weights = cJSON_GetObjectItemCaseSensitive(profile, "weights");
    if (!cJSON_IsArray(samples)) return fail_content(reader, "a sampled profile has no samples", error);
    const cJSON *weight = weights ? weights->child : NULL, *sample;
    cJSON_ArrayForEach(sample, samples)
    {
        reader->in->report->lines++;
        const cJSON *own = weight;
        weight = weight ? weight->next : NULL;
        flame_exact value = flame_exact_of(1);
        if (weights && !number_of(own, &value)) {
            skip(reader, "it has no weight");
            continue;
        }
        if (!flame_exact_in_range(value)) {
            skip(reader, flame_count_reason(value.value < 0 ? FLAME_COUNT_NEGATIVE : FLAME_COUNT_HUGE));
            continue;
        }
        size_t depth = 0;
        bool known = cJSON_IsArray(sample);
        if (reader->root_name != FLAME_NONE) {
            if (!FS_GROW(reader->stack, reader->capacity, 1)) return fail_no_memory(error);
            reader->stack[depth++] = reader->root_name;
        }
        for (const cJSON *item = known ? sample->child : NULL; item && known; item = item->next) {
            uint32_t index = frame_index(reader, item);
            known = index != FLAME_NONE;
            if (!FS_GROW(reader->stack, reader->capacity, depth + 1)) return fail_no_memory(error);
            if (known) reader->stack[depth++] = reader->frames[index];
        }
        if (!known) {
            skip(reader, "it names a frame that is not in shared.frames");
            continue;
        }
        if (!FS_GROW(reader->stack, reader->capacity, 1)) return fail_no_memory(error);
        uint32_t node;
        fs_status status = flame_builder_names(&reader->in->builder, reader->stack, depth, &node, error);
        if (status) return status;
        flame_read_count(reader->in, node, value);
    }
    return FS_OK;
}

static fs_status read_evented(speedscope_reader *reader, const cJSON *profile, fs_error *error)
{
    const cJSON *events = cJSON_GetObjectItemCaseSensitive(profile, "events"), *event;
    if (!cJSON_IsArray(events)) return fail_content(reader, "an evented profile has no events", error);
    const cJSON *start = cJSON_GetObjectItemCaseSensitive(profile, "startValue");
    flame_exact clock = {0};
    if (!number_of(start, &clock)) clock = flame_exact_of(0);
    size_t depth = 0;
    uint32_t base = 0;
    fs_status status = FS_OK;
    if (reader->root_name != FLAME_NONE)
        status = reader->in->options->in_time
                     ? flame_tree_child_in_time(reader->in->tree, 0, reader->root_name, &base, error)
                     : flame_tree_child(reader->in->tree, 0, reader->root_name, &base, error);
    if (status) return status;
    cJSON_ArrayForEach(event, events)
    {
        reader->in->report->lines++;
        const cJSON *at = cJSON_GetObjectItemCaseSensitive(event, "at");
        uint32_t index = frame_index(reader, cJSON_GetObjectItemCaseSensitive(event, "frame"));
        const char *type = text_of(event, "type");
        if (index == FLAME_NONE) {
            skip(reader, "it names a frame that is not in shared.frames");
            continue;
        }
        flame_exact now, passed = flame_exact_of(-1);
        if (number_of(at, &now)) passed = flame_exact_add(now, flame_exact_minus(clock));
        if (!flame_exact_in_range(passed)) {
            skip(reader, "its time is before that of the event before it, or no number");
            continue;
        }
        clock = now;
        uint32_t top = depth > 0 ? reader->stack[depth - 1] : base;
        /* While nothing is open nothing is counted, but in the order of time it takes its time. */
        if (passed.value > 0 && (depth > 0 || reader->in->options->in_time))
            flame_read_count(reader->in, top, passed);
        if (strcmp(type, "O") == 0) {
            if (!FS_GROW(reader->stack, reader->capacity, depth + 1) ||
                !FS_GROW(reader->open, reader->open_capacity, depth + 1))
                return fail_no_memory(error);
            uint32_t node;
            status =
                reader->in->options->in_time
                    ? flame_tree_child_in_time(reader->in->tree, top, reader->frames[index], &node, error)
                    : flame_tree_child(reader->in->tree, top, reader->frames[index], &node, error);
            if (status) return status;
            reader->open[depth] = index;
            reader->stack[depth++] = node;
        } else if (strcmp(type, "C") == 0 && depth > 0 && reader->open[depth - 1] == index) {
            depth--;
        } else {
            skip(reader, "it closes a frame that is not the one open last");
        }
    }
    return FS_OK;
}

static fs_status read_profiles(speedscope_reader *reader, const cJSON *root, fs_error *error)
{
    const cJSON *profiles = cJSON_GetObjectItemCaseSensitive(root, "profiles"), *profile;
    if (!cJSON_IsArray(profiles)) return fail_without_profiles(reader, root, error);
    fs_status status = read_frames(reader, root, error);
    bool several = profiles->child && profiles->child->next;
    const char *unit = reader->in->options->sample_type;
    cJSON_ArrayForEach(profile, profiles)
    {
        if (status) return status;
        /* What is counted in other units cannot be added up. */
        const char *its_unit = text_of(profile, "unit");
        if (!unit) unit = its_unit;
        if (strcmp(unit, its_unit) != 0) {
            reader->in->report->filtered++;
            continue;
        }
        reader->root_name = FLAME_NONE;
        if (several) {
            const char *name = text_of(profile, "name");
            status = flame_tree_name(reader->in->tree, name, strlen(name), false, &reader->root_name, error);
            if (status) return status;
        }
        const char *type = text_of(profile, "type");
        if (strcmp(type, "sampled") == 0)
            status = read_sampled(reader, profile, error);
        else if (strcmp(type, "evented") == 0)
            status = read_evented(reader, profile, error);
        else
            skip(reader, "its type is neither \"sampled\" nor \"evented\"");
    }
    if (!status && unit) {
        size_t n = strlen(unit);
        if (n >= sizeof reader->in->report->unit) n = sizeof reader->in->report->unit - 1;
        memcpy(reader->in->report->unit, unit, n);
        reader->in->report->unit[n] = '\0';
        if (strcmp(reader->in->report->unit, "none") == 0) strcpy(reader->in->report->unit, "samples");
    }
    return status;
}

/* cJSON reads numbers as doubles, which round beyond 2^53: put quotes around those that have so many digits,
 * in a copy. *quoted stays empty when there is none. */
static bool quote_long_numbers(const char *json, size_t length, fs_text *quoted)
{
    size_t copied = 0;
    for (size_t i = 0; i < length;) {
        if (json[i] == '"') {
            for (i++; i < length && json[i] != '"'; i++) i += json[i] == '\\';
            i++;
            continue;
        }
        size_t start = i, end;
        if (json[i] == '-') i++;
        for (end = i; end < length && json[end] >= '0' && json[end] <= '9'; end++) continue;
        if (end == i) {
            i = start + 1;
            continue;
        }
        size_t digits = end - i;
        while (end < length && json[end] && strchr("0123456789.eE+-", json[end])) end++;
        i = end;
        if (digits < LONG_NUMBER) continue;
        fs_text_append(quoted, json + copied, start - copied);
        fs_text_char(quoted, '"');
        fs_text_append(quoted, json + start, end - start);
        fs_text_char(quoted, '"');
        copied = end;
    }
    if (copied) fs_text_append(quoted, json + copied, length - copied);
    return !quoted->failed;
}

/* At least as many values as this JSON has. */
static uint64_t values_in(const char *json, size_t length)
{
    uint64_t count = 1;
    for (size_t i = 0; i < length; i++) count += json[i] == ',' || json[i] == '[' || json[i] == '{';
    return count;
}

static bool looks_like_json(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!strchr(" \t\n\r", bytes[i]) || !bytes[i]) return bytes[i] == '{';
    return false;
}

static fs_status read_speedscope(flame_reading *in, fs_error *error)
{
    char *bytes;
    const char *end = NULL;
    size_t length;
    fs_status status = flame_lines_rest(in->lines, &bytes, &length, error);
    if (status || in->lines->stopped) return status;
    speedscope_reader reader = {.in = in};
    if (memchr(bytes, 0, length)) return fail_content(&reader, "it holds a NUL byte", error);
    /* Two bytes of it can become an object of 64, and 16 that malloc takes. */
    uint64_t memory = in->lines->memory_most ? length + values_in(bytes, length) * (sizeof(cJSON) + 16) : 0;
    if (memory > in->lines->memory_most) {
        char most[FS_SIZE_SIZE];
        return fs_fail(error, FS_LIMIT, "%s: the gzip data are JSON that takes more than %s of memory",
                       in->name, fs_size_format(in->lines->memory_most, most));
    }
    fs_json_show_nulls(bytes, length);
    fs_text quoted;
    fs_text_init(&quoted);
    const char *json = bytes;
    cJSON *root = NULL;
    if (quote_long_numbers(bytes, length, &quoted)) {
        if (quoted.length) {
            json = quoted.data;
            length = quoted.length;
        }
        root = cJSON_ParseWithLengthOpts(json, length, &end, false);
    }
    if (!root) {
        size_t line = 1, column = 1;
        for (const char *c = json; end && c < end; c++) {
            column = *c == '\n' ? 1 : column + 1;
            line += *c == '\n';
        }
        while (length > 0 && strchr(" \t\r\n", json[length - 1]) && json[length - 1]) length--;
        bool cut = length > 0 && json[length - 1] != '}' && json[length - 1] != ']';
        fs_text_fini(&quoted);
        return fs_fail(error, FS_FORMAT,
                       "%s: the JSON is damaged at line %zu, column %zu (or memory ran out)%s", in->name,
                       line, column, cut ? "; its end is missing" : "");
    }
    fs_text_fini(&quoted);
    status = cJSON_IsObject(root) ? read_profiles(&reader, root, error)
                                  : fail_content(&reader, "it is not an object", error);
    fs_free(reader.frames);
    fs_free(reader.stack);
    fs_free(reader.open);
    cJSON_Delete(root);
    return status;
}

const flame_stack_format flame_reader_speedscope = {
    .item = "sample",
    .looks_like = looks_like_json,
    .read = read_speedscope,
};
