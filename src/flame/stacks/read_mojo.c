/*
 * MOJO, the binary form of austin's profiles of Python
 * (https://github.com/P403n1x87/austin/wiki/The-MOJO-file-format): "MOJ", a version, then events. Integers
 * have 6 bits in their first byte, which also tells the sign, and 7 in those that follow; strings end in a
 * NUL; frames and strings are said once and then referred to by a key, which belongs to the process that is
 * sampled.
 *
 * As in austin's text, P<process> and T<interpreter>:<thread> are the root frames. What is counted is in the
 * metadata: microseconds, or with "mode" memory, bytes. Of a "full" profile it is the time, or what the
 * options name: "memory", or "cpu", the time while not idle. Memory that was given back is not counted.
 */
#include "frame_name.h"
#include "hash_map.h"
#include "read_formats.h"

#include <inttypes.h>
#include <string.h>

enum { KNOWN_VERSION = 4 };

enum mojo_event {
    MOJO_METADATA = 1,
    MOJO_STACK,
    MOJO_FRAME,
    MOJO_FRAME_INVALID,
    MOJO_FRAME_REF,
    MOJO_FRAME_KERNEL,
    MOJO_GC,
    MOJO_IDLE,
    MOJO_METRIC_TIME,
    MOJO_METRIC_MEMORY,
    MOJO_STRING,
    MOJO_STRING_REF,
    MOJO_STACK_REPEAT,
    MOJO_TASK_STACK,
    MOJO_TASK_WAITER,
    MOJO_TASK_RUNNING
};

/* Frames and strings by process and key. */
typedef struct mojo_item {
    uint64_t process, key;
    uint32_t name;    /* of a frame */
    const char *text; /* of a string */
    size_t length;
    bool frame, native;
} mojo_item;

/* The frames that a thread had last, for those that repeat them. */
typedef struct mojo_thread {
    uint64_t process;
    uint32_t name; /* of its root frame */
    uint32_t *items;
    size_t count, capacity;
} mojo_thread;

typedef struct mojo_reader {
    flame_reading *in;
    const char *begin, *at, *end;
    bool cut; /* the input ends within an event */
    uint64_t version;
    mojo_item *items;
    size_t item_count, item_capacity;
    fs_map by_key, by_thread;
    mojo_thread *threads;
    size_t thread_count, thread_capacity;
    bool memory, cpu; /* what counts */

    /* the sample that is open: */
    bool open, idle, gc;
    uint64_t process;
    uint32_t thread, process_name;
    uint32_t *frames; /* items, outermost first */
    size_t frame_count, frame_capacity;
    uint64_t task_frames; /* frames that are to come belong to a task */
    flame_exact time, bytes;
    fs_text text;
} mojo_reader;

static fs_status no_memory(fs_error *error)
{
    return fs_fail_memory(error, "reading a MOJO file", 0);
}

static fs_status damaged(const mojo_reader *reader, const char *what, fs_error *error)
{
    return fs_fail(error, FS_FORMAT, "%s: this MOJO file is damaged at byte %zu: %s", reader->in->name,
                   (size_t)(reader->at - reader->begin), what);
}

/* ---- the encoding ---- */

static uint64_t read_integer(mojo_reader *reader, bool *negative)
{
    uint64_t value = 0;
    unsigned shift = 0;
    bool first = true;
    for (;;) {
        if (reader->at == reader->end) {
            reader->cut = true;
            return 0;
        }
        unsigned char byte = (unsigned char)*reader->at++;
        if (first && negative) *negative = byte & 0x40;
        uint64_t bits = byte & (first ? 0x3F : 0x7F);
        if (shift < 64) value |= bits << shift;
        shift += first ? 6 : 7;
        first = false;
        if (!(byte & 0x80)) return value;
    }
}

static const char *read_string(mojo_reader *reader, size_t *length)
{
    const char *text = reader->at;
    const char *nul = memchr(text, 0, (size_t)(reader->end - text));
    *length = (size_t)((nul ? nul : reader->end) - text);
    reader->cut = reader->cut || !nul;
    reader->at = nul ? nul + 1 : reader->end;
    return text;
}

/* ---- frames and strings ---- */

static bool has_key(const void *items, uint32_t item, const void *key)
{
    const mojo_item *all = items, *wanted = key;
    return all[item].key == wanted->key && all[item].process == wanted->process &&
           all[item].frame == wanted->frame;
}

static uint64_t hash_key(const mojo_item *item)
{
    return fs_hash_64(item->key ^ fs_hash_64(item->process * 2 + item->frame));
}

static uint32_t find_item(const mojo_reader *reader, uint64_t key, bool frame)
{
    mojo_item wanted = {.process = reader->process, .key = key, .frame = frame};
    return fs_map_find(&reader->by_key, hash_key(&wanted), has_key, reader->items, &wanted);
}

/* Say what a key means; it may be said again. */
static fs_status put_item(mojo_reader *reader, mojo_item item, uint32_t *place, fs_error *error)
{
    item.process = reader->process;
    *place = find_item(reader, item.key, item.frame);
    if (*place == FS_MAP_NONE) {
        if (reader->item_count == FLAME_NONE - 1 ||
            !FS_GROW(reader->items, reader->item_capacity, reader->item_count + 1))
            return no_memory(error);
        *place = (uint32_t)reader->item_count++;
        reader->items[*place] = item;
        return fs_map_add(&reader->by_key, hash_key(&item), *place) ? FS_OK : no_memory(error);
    }
    reader->items[*place] = item;
    return FS_OK;
}

static fs_status add_frame(mojo_reader *reader, uint32_t item, fs_error *error)
{
    if (reader->task_frames > 0) {
        reader->task_frames--;
        return FS_OK;
    }
    if (!FS_GROW(reader->frames, reader->frame_capacity, reader->frame_count + 1)) return no_memory(error);
    reader->frames[reader->frame_count++] = item;
    return FS_OK;
}

/* A frame that has no key of its own: it is kept under one that no other has. */
static fs_status add_named(mojo_reader *reader, const char *text, size_t length, const char *annotation,
                           fs_error *error)
{
    mojo_item item = {.frame = true, .native = true};
    fs_text_clear(&reader->text);
    fs_text_append(&reader->text, text, length);
    fs_text_add(&reader->text, annotation);
    if (reader->text.failed) return no_memory(error);
    fs_status status = flame_tree_name(reader->in->tree, fs_text_string(&reader->text), reader->text.length,
                                       true, &item.name, error);
    item.key = UINT64_MAX - item.name;
    uint32_t place = 0;
    if (!status) status = put_item(reader, item, &place, error);
    return status ? status : add_frame(reader, place, error);
}

static const char *string_of(const mojo_reader *reader, uint64_t key, size_t *length)
{
    uint32_t item = find_item(reader, key, false);
    const char *text = key == 0 ? "" : "<unknown>";
    *length = strlen(text);
    if (item == FS_MAP_NONE) return text;
    *length = reader->items[item].length;
    return reader->items[item].text;
}

static bool is_native(const char *file, size_t length)
{
    bool python = length >= 3 && memcmp(file + length - 3, ".py", 3) == 0;
    return !python && !(length >= 2 && file[0] == '<' && file[length - 1] == '>');
}

static fs_status read_frame(mojo_reader *reader, fs_error *error)
{
    mojo_item item = {.frame = true, .key = read_integer(reader, NULL)};
    uint64_t file_key = read_integer(reader, NULL), scope_key = read_integer(reader, NULL);
    uint64_t line = read_integer(reader, NULL);
    for (int i = 0; i < 3 && reader->version >= 2; i++)
        read_integer(reader, NULL); /* columns, the last line */
    if (reader->cut) return FS_OK;
    size_t file_length, length;
    const char *file = string_of(reader, file_key, &file_length);
    const char *scope = string_of(reader, scope_key, &length);
    item.native = is_native(file, file_length);
    flame_frame_compose(&reader->text, scope, length, file, file_length,
                        line < 1000000000 ? (int32_t)line : 0, reader->in->options->lines);
    if (reader->text.failed) return no_memory(error);
    fs_status status = flame_tree_name(reader->in->tree, fs_text_string(&reader->text), reader->text.length,
                                       false, &item.name, error);
    uint32_t place;
    return status ? status : put_item(reader, item, &place, error);
}

/* ---- samples ---- */

static bool has_thread(const void *items, uint32_t item, const void *key)
{
    const mojo_thread *threads = items, *wanted = key;
    return threads[item].process == wanted->process && threads[item].name == wanted->name;
}

static fs_status find_thread(mojo_reader *reader, uint32_t name, fs_error *error)
{
    mojo_thread wanted = {.process = reader->process, .name = name};
    uint64_t hash = fs_hash_64(wanted.process ^ fs_hash_64(name));
    reader->thread = fs_map_find(&reader->by_thread, hash, has_thread, reader->threads, &wanted);
    if (reader->thread != FS_MAP_NONE) return FS_OK;
    if (!FS_GROW(reader->threads, reader->thread_capacity, reader->thread_count + 1)) return no_memory(error);
    reader->thread = (uint32_t)reader->thread_count++;
    reader->threads[reader->thread] = wanted;
    return fs_map_add(&reader->by_thread, hash, reader->thread) ? FS_OK : no_memory(error);
}

/* The frames of the thread's sample before come first, but for native ones at their end. */
static fs_status repeat_stack(mojo_reader *reader, fs_error *error)
{
    if (!reader->open) return FS_OK;
    const mojo_thread *thread = &reader->threads[reader->thread];
    size_t count = thread->count;
    while (count > 0 && reader->items[thread->items[count - 1]].native) count--;
    if (count == 0) return FS_OK;
    if (!FS_GROW(reader->frames, reader->frame_capacity, reader->frame_count + count))
        return no_memory(error);
    memmove(reader->frames + count, reader->frames, reader->frame_count * sizeof *reader->frames);
    memcpy(reader->frames, thread->items, count * sizeof *reader->frames);
    reader->frame_count += count;
    return FS_OK;
}

static fs_status count_sample(mojo_reader *reader, flame_exact weight, fs_error *error)
{
    uint32_t node = 0, name;
    fs_status status = flame_read_child(reader->in, 0, reader->process_name, &node, error);
    name = reader->threads[reader->thread].name;
    if (!status) status = flame_read_child(reader->in, node, name, &node, error);
    for (size_t i = 0; i < reader->frame_count && !status; i++) {
        name = reader->items[reader->frames[i]].name;
        status = flame_read_child(reader->in, node, name, &node, error);
    }
    if (!status && reader->gc) {
        status = flame_tree_name(reader->in->tree, ":GC:", 4, false, &name, error);
        if (!status) status = flame_read_child(reader->in, node, name, &node, error);
    }
    if (!status) flame_read_count(reader->in, node, weight);
    return status;
}

static fs_status end_sample(mojo_reader *reader, fs_error *error)
{
    if (!reader->open) return FS_OK;
    reader->open = false;
    reader->in->report->lines++;
    mojo_thread *thread = &reader->threads[reader->thread];
    if (!FS_GROW(thread->items, thread->capacity, reader->frame_count + 1)) return no_memory(error);
    if (reader->frame_count)
        memcpy(thread->items, reader->frames, reader->frame_count * sizeof *thread->items);
    thread->count = reader->frame_count;
    flame_exact weight = reader->memory ? reader->bytes : reader->time;
    if (reader->cpu && reader->idle) weight = flame_exact_of(0);
    if (!flame_exact_in_range(weight)) {
        reader->in->report->filtered++; /* memory that was given back */
        return FS_OK;
    }
    if (!(weight.value > 0)) {
        reader->in->report->empty++;
        return FS_OK;
    }
    return count_sample(reader, weight, error);
}

static fs_status begin_sample(mojo_reader *reader, fs_error *error)
{
    fs_status status = end_sample(reader, error);
    if (status) return status;
    uint64_t process = read_integer(reader, NULL);
    uint64_t interpreter = reader->version >= 3 ? read_integer(reader, NULL) : 0;
    size_t length;
    const char *thread = read_string(reader, &length);
    if (reader->cut) return FS_OK;
    reader->process = process;
    reader->frame_count = 0;
    reader->task_frames = 0;
    reader->idle = reader->gc = false;
    reader->time = reader->bytes = flame_exact_of(0);
    uint32_t name;
    fs_text_clear(&reader->text);
    fs_text_format(&reader->text, "P%" PRIu64, process);
    if (reader->text.failed) return no_memory(error);
    status = flame_tree_name(reader->in->tree, reader->text.data, reader->text.length, false,
                             &reader->process_name, error);
    if (status) return status;
    fs_text_clear(&reader->text);
    fs_text_format(&reader->text, "T%" PRIu64 ":", interpreter);
    fs_text_append(&reader->text, thread, length);
    if (reader->text.failed) return no_memory(error);
    status = flame_tree_name(reader->in->tree, reader->text.data, reader->text.length, false, &name, error);
    if (!status) status = find_thread(reader, name, error);
    reader->open = !status;
    return status;
}

static flame_exact read_metric(mojo_reader *reader)
{
    bool negative = false;
    uint64_t value = read_integer(reader, &negative);
    flame_exact metric = flame_exact_of_u64(value);
    return negative ? flame_exact_minus(metric) : metric;
}

/* "mode" says what is measured: wall, cpu, memory or full. */
static fs_status read_metadata(mojo_reader *reader, fs_error *error)
{
    size_t key_length, length;
    const char *key = read_string(reader, &key_length), *value = read_string(reader, &length);
    if (key_length != 4 || memcmp(key, "mode", 4) != 0 || reader->cut) return FS_OK;
    bool full = length == 4 && memcmp(value, "full", 4) == 0;
    const char *wanted = reader->in->options->sample_type;
    reader->memory = length == 6 && memcmp(value, "memory", 6) == 0;
    if (wanted && full) {
        reader->memory = strcmp(wanted, "memory") == 0;
        reader->cpu = strcmp(wanted, "cpu") == 0;
        if (!reader->memory && !reader->cpu && strcmp(wanted, "time") != 0)
            return fs_fail(error, FS_DATA, "%s: it does not count '%s', but time, cpu and memory",
                           reader->in->name, wanted);
    }
    const char *unit = reader->memory ? "bytes" : "microseconds";
    flame_report_unit(reader->in->report, unit, strlen(unit));
    return FS_OK;
}

static fs_status read_string_event(mojo_reader *reader, fs_error *error)
{
    mojo_item item = {.key = read_integer(reader, NULL)};
    uint32_t place;
    item.text = read_string(reader, &item.length);
    return reader->cut ? FS_OK : put_item(reader, item, &place, error);
}

static fs_status read_event(mojo_reader *reader, fs_error *error)
{
    size_t length;
    const char *text;
    uint32_t item;
    switch ((enum mojo_event)(unsigned char)*reader->at++) {
    case MOJO_METADATA:
        return read_metadata(reader, error);
    case MOJO_STACK:
        return begin_sample(reader, error);
    case MOJO_FRAME:
        return read_frame(reader, error);
    case MOJO_FRAME_INVALID:
        return add_named(reader, ":INVALID:", 9, "", error);
    case MOJO_FRAME_REF:
        item = find_item(reader, read_integer(reader, NULL), true);
        if (item == FS_MAP_NONE && !reader->cut) return damaged(reader, "a frame refers to none", error);
        return reader->cut ? FS_OK : add_frame(reader, item, error);
    case MOJO_FRAME_KERNEL:
        text = read_string(reader, &length);
        return reader->cut ? FS_OK : add_named(reader, text, length, "_[k]", error);
    case MOJO_GC:
        reader->gc = true;
        return FS_OK;
    case MOJO_IDLE:
        reader->idle = true;
        return FS_OK;
    case MOJO_METRIC_TIME:
        reader->time = read_metric(reader);
        return FS_OK;
    case MOJO_METRIC_MEMORY:
        reader->bytes = read_metric(reader);
        return FS_OK;
    case MOJO_STRING:
        return read_string_event(reader, error);
    case MOJO_STACK_REPEAT:
        return repeat_stack(reader, error);
    case MOJO_TASK_STACK:
        read_integer(reader, NULL);
        read_integer(reader, NULL);
        reader->task_frames = read_integer(reader, NULL);
        return FS_OK;
    case MOJO_TASK_WAITER:
        read_integer(reader, NULL);
        read_integer(reader, NULL);
        return FS_OK;
    case MOJO_STRING_REF:
    case MOJO_TASK_RUNNING:
        read_integer(reader, NULL);
        return FS_OK;
    }
    return damaged(reader, "there is no such event", error);
}

static fs_status read_all(mojo_reader *reader, fs_error *error)
{
    reader->at += 3;
    reader->version = read_integer(reader, NULL);
    if (reader->version == 0 || reader->version > KNOWN_VERSION)
        return fs_fail(error, FS_FORMAT, "%s: MOJO's version %" PRIu64 " is not known here, but 1 to %d",
                       reader->in->name, reader->version, KNOWN_VERSION);
    fs_status status = FS_OK;
    while (!status && reader->at < reader->end && !reader->cut) status = read_event(reader, error);
    /* austin writes as it goes: a sample that is cut off has not got its metric yet. */
    if (!status && reader->cut) {
        reader->in->report->lines++;
        flame_skip_sample(reader->in, "the file ends within it");
    } else if (!status) {
        status = end_sample(reader, error);
    }
    return status;
}

static bool looks_like_mojo(const char *bytes, size_t length)
{
    return length >= 5 && memcmp(bytes, "MOJ", 3) == 0 && bytes[3] >= 1 && bytes[3] <= 9 &&
           (unsigned char)bytes[4] <= MOJO_TASK_RUNNING;
}

static fs_status read_mojo(flame_reading *in, fs_error *error)
{
    if (in->length < 4 || memcmp(in->bytes, "MOJ", 3) != 0)
        return fs_fail(error, FS_FORMAT, "%s: it is no MOJO file: it does not begin with \"MOJ\"", in->name);
    mojo_reader reader = {.in = in, .begin = in->bytes, .at = in->bytes, .end = in->bytes + in->length};
    flame_report_unit(in->report, "microseconds", strlen("microseconds"));
    fs_text_init(&reader.text);
    fs_status status = read_all(&reader, error);
    for (size_t i = 0; i < reader.thread_count; i++) fs_free(reader.threads[i].items);
    fs_free(reader.threads);
    fs_free(reader.items);
    fs_free(reader.frames);
    fs_map_fini(&reader.by_key);
    fs_map_fini(&reader.by_thread);
    fs_text_fini(&reader.text);
    return status;
}

const flame_stack_format flame_reader_mojo = {
    .item = "sample",
    .looks_like = looks_like_mojo,
    .whole = true,
    .read = read_mojo,
};
