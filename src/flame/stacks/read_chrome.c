/*
 * Chrome's trace events, which Chromium, Perfetto, Node, Android, PyTorch, viztracer, clang's -ftime-trace
 * and `flame convert` write ("Trace Event Format", the document of the Chromium project): an array of events,
 * or an object with one in "traceEvents".
 *
 * What lasts is taken: B and E (begin, end), X (complete), and b and e of asynchronous work, each thread and
 * each asynchronous id in the order of its times. Time is counted in microseconds, at the innermost frame.
 * A thread is a root frame when it has a name or is not the only one; so is a process when there are several.
 * Instants, counters, flows and metadata last for nothing and are not counted. The sampled profile of
 * JavaScript in a trace of the developer tools, or that of Hermes ("samples" and "stackFrames"), is read
 * instead where nothing else lasts, or when the options ask for "samples".
 */
#include "chrome_events.h"
#include "chrome_samples.h"
#include "frame_name.h"
#include "json_scan.h"
#include "name_table.h"
#include "read_formats.h"

#include <stdlib.h>
#include <string.h>

typedef struct trace_track {
    uint32_t process;
    uint32_t name;   /* of the thread; FLAME_NONE: it has none */
    bool used;       /* it has events that last */
    flame_value tid; /* what it is told by otherwise: its number, or the category of asynchronous work */
    bool async;
} trace_track;

typedef struct trace_process {
    uint32_t name;
    bool used;
    flame_value pid;
} trace_process;

typedef struct chrome_reader {
    flame_reading *in;
    flame_names keys; /* of tracks: kinds 0 and 1, and of processes: kind 2; all by one number */
    uint32_t *place;  /* that number as an index into tracks or processes */
    size_t place_capacity, place_count;
    trace_track *tracks;
    size_t track_count, track_capacity;
    trace_process *processes;
    size_t process_count, process_capacity;
    flame_trace_event *events;
    size_t event_count, event_capacity;
    flame_chrome_chunk *chunks; /* of sampled profiles */
    size_t chunk_count, chunk_capacity;
    uint32_t base; /* the node of the thread */
    flame_trace_player player;
    fs_text text, key;
} chrome_reader;

static fs_status no_memory(fs_error *error)
{
    return fs_fail_memory(error, "reading a Chrome trace", 0);
}

static void skip(chrome_reader *reader, uint64_t number, const char *reason)
{
    flame_report_skip(reader->in->report, number, "", 0, reason);
}

/* A number or a string, and what ends it; "" for what is neither. */
static void add_key(fs_text *key, flame_value value)
{
    fs_text scratch = {0};
    const char *text = value.at;
    size_t length = 0;
    if (flame_value_is_string(value)) {
        if (!flame_value_text(value, &scratch, &text, &length)) key->failed = true;
    } else if (text && *text != '{' && *text != '[') {
        while (text + length < value.end && !memchr(",]} \t\r\n", text[length], 7)) length++;
    }
    fs_text_append(key, text ? text : "", length);
    fs_text_char(key, '\x1F');
    fs_text_fini(&scratch);
}

/* The number of the key in reader->key: *fresh when it was not there. */
static fs_status place_of(chrome_reader *reader, unsigned kind, size_t count, uint32_t *place,
                          fs_error *error)
{
    uint32_t id;
    if (reader->key.failed) return no_memory(error);
    fs_status status = flame_names_add(&reader->keys, reader->key.data, reader->key.length, kind, &id, error);
    if (status) return status;
    if (id == reader->place_count) {
        if (!FS_GROW(reader->place, reader->place_capacity, reader->place_count + 1)) return no_memory(error);
        reader->place[reader->place_count++] = (uint32_t)count;
    }
    *place = reader->place[id];
    return FS_OK;
}

static fs_status process_of(chrome_reader *reader, flame_value pid, uint32_t *process, fs_error *error)
{
    fs_text_clear(&reader->key);
    add_key(&reader->key, pid);
    fs_status status = place_of(reader, 2, reader->process_count, process, error);
    if (status || *process < reader->process_count) return status;
    if (!FS_GROW(reader->processes, reader->process_capacity, reader->process_count + 1))
        return no_memory(error);
    reader->processes[reader->process_count++] = (trace_process){.name = FLAME_NONE, .pid = pid};
    return FS_OK;
}

typedef struct event_parts {
    flame_value name, category, phase, at, lasts, cpu, pid, tid, id, args;
} event_parts;

static event_parts parts_of(flame_value_walk *events)
{
    event_parts parts = {0};
    flame_value_walk walk = flame_value_enter(events->value);
    while (flame_value_next(&walk)) {
        static const struct {
            char key[8];
            size_t offset;
        } fields[] = {{"name", offsetof(event_parts, name)}, {"cat", offsetof(event_parts, category)},
                      {"ph", offsetof(event_parts, phase)},  {"ts", offsetof(event_parts, at)},
                      {"dur", offsetof(event_parts, lasts)}, {"tdur", offsetof(event_parts, cpu)},
                      {"pid", offsetof(event_parts, pid)},   {"tid", offsetof(event_parts, tid)},
                      {"id", offsetof(event_parts, id)},     {"id2", offsetof(event_parts, id)},
                      {"args", offsetof(event_parts, args)}};
        if (walk.key_length > 4) continue;
        char key[8] = {0};
        memcpy(key, walk.key, walk.key_length);
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            if (memcmp(key, fields[i].key, sizeof key) != 0) continue;
            memcpy((char *)&parts + fields[i].offset, &walk.value, sizeof walk.value);
            break;
        }
    }
    flame_value_leave(events, &walk);
    return parts;
}

static fs_status track_of(chrome_reader *reader, const event_parts *parts, bool async, uint32_t *track,
                          fs_error *error)
{
    uint32_t process;
    fs_status status = process_of(reader, parts->pid, &process, error);
    if (status) return status;
    if (async) {
        add_key(&reader->key, parts->category);
        flame_value local = flame_value_get(parts->id, "local"),
                    global = flame_value_get(parts->id, "global");
        add_key(&reader->key, local.at ? local : global.at ? global : parts->id);
    } else {
        add_key(&reader->key, parts->tid);
    }
    status = place_of(reader, async, reader->track_count, track, error);
    if (status || *track < reader->track_count) return status;
    if (!FS_GROW(reader->tracks, reader->track_capacity, reader->track_count + 1)) return no_memory(error);
    reader->tracks[reader->track_count++] = (trace_track){
        .process = process, .name = FLAME_NONE, .tid = async ? parts->category : parts->tid, .async = async};
    return FS_OK;
}

static fs_status name_of(chrome_reader *reader, flame_value value, bool ends, uint32_t *name, fs_error *error)
{
    const char *text;
    size_t length;
    if (!flame_value_text(value, &reader->text, &text, &length)) return no_memory(error);
    if (length == 0 && !ends) {
        text = "(anonymous)";
        length = strlen(text);
    }
    return flame_tree_name(reader->in->tree, text, length, true, name, error);
}

/* Where a frame is, when args tell (those of `flame convert` do). */
static fs_status frame_of(chrome_reader *reader, const event_parts *parts, flame_trace_event *event,
                          fs_error *error)
{
    event->frame = event->name;
    flame_value file = flame_value_get(parts->args, "file");
    double line = flame_value_double(flame_value_get(parts->args, "line"), 0);
    if (!reader->in->options->lines || !flame_value_is_string(file) || !(line >= 1 && line < 1e9))
        return FS_OK;
    const char *text;
    size_t length;
    if (!flame_value_text(file, &reader->text, &text, &length)) return no_memory(error);
    const flame_name *name = flame_tree_name_of(reader->in->tree, event->name);
    flame_frame_compose(&reader->key, name->text, name->length, text, length, (int32_t)line, true);
    if (reader->key.failed) return no_memory(error);
    return flame_tree_name(reader->in->tree, reader->key.data, reader->key.length, true, &event->frame,
                           error);
}

/* thread_name and process_name. */
static fs_status read_metadata(chrome_reader *reader, const event_parts *parts, fs_error *error)
{
    bool thread = flame_value_text_is(parts->name, "thread_name");
    if (!thread && !flame_value_text_is(parts->name, "process_name")) return FS_OK;
    flame_value called = flame_value_get(parts->args, "name");
    const char *text;
    size_t length;
    uint32_t name, place;
    if (!flame_value_text(called, &reader->text, &text, &length)) return no_memory(error);
    if (length == 0) return FS_OK;
    fs_status status = flame_tree_name(reader->in->tree, text, length, false, &name, error);
    if (!status)
        status = thread ? track_of(reader, parts, false, &place, error)
                        : process_of(reader, parts->pid, &place, error);
    if (status) return status;
    if (thread)
        reader->tracks[place].name = name;
    else
        reader->processes[place].name = name;
    return FS_OK;
}

/* A piece of a sampled profile; its id is a track of its own. */
static fs_status keep_chunk(chrome_reader *reader, const event_parts *parts, fs_error *error)
{
    uint32_t track;
    fs_status status = track_of(reader, parts, true, &track, error);
    if (status) return status;
    if (!FS_GROW(reader->chunks, reader->chunk_capacity, reader->chunk_count + 1)) return no_memory(error);
    reader->chunks[reader->chunk_count++] =
        (flame_chrome_chunk){.profile = track,
                             .order = (uint32_t)reader->in->report->lines,
                             .data = flame_value_get(parts->args, "data")};
    return FS_OK;
}

static fs_status read_event(chrome_reader *reader, const event_parts *parts, fs_error *error)
{
    char phase = flame_value_is_string(parts->phase) ? parts->phase.at[1] : '\0';
    if (phase == 'M') return read_metadata(reader, parts, error);
    if (phase == 'P' && flame_value_text_is(parts->name, "ProfileChunk"))
        return keep_chunk(reader, parts, error);
    bool async = phase == 'b' || phase == 'e' || phase == 'S' || phase == 'F';
    if (phase == 'b' || phase == 'S') phase = 'B';
    if (phase == 'e' || phase == 'F') phase = 'E';
    if (phase != 'B' && phase != 'E' && phase != 'X') {
        if (!phase) skip(reader, reader->in->report->lines, "it is no event: it has no \"ph\"");
        return FS_OK;
    }
    flame_trace_event event = {.phase = phase, .order = (uint32_t)reader->in->report->lines};
    if (!flame_value_number(parts->at, &event.at) || !(event.at.value > -1e299 && event.at.value < 1e299)) {
        skip(reader, reader->in->report->lines, "its time \"ts\" is no number");
        return FS_OK;
    }
    bool lasts = phase == 'X' && (flame_value_number(parts->lasts, &event.lasts) ||
                                  flame_value_number(parts->cpu, &event.lasts));
    if (lasts && !flame_exact_in_range(event.lasts)) {
        skip(reader, reader->in->report->lines, "its duration \"dur\" is negative or too large");
        return FS_OK;
    }
    fs_status status = track_of(reader, parts, async, &event.track, error);
    if (!status) status = name_of(reader, parts->name, phase == 'E', &event.name, error);
    if (!status && phase != 'E') status = frame_of(reader, parts, &event, error);
    if (status) return status;
    if (!FS_GROW(reader->events, reader->event_capacity, reader->event_count + 1)) return no_memory(error);
    reader->events[reader->event_count++] = event;
    reader->tracks[event.track].used = true;
    reader->processes[reader->tracks[event.track].process].used = true;
    return FS_OK;
}

/* ---- the root frames ---- */

static fs_status add_base(chrome_reader *reader, uint32_t name, const char *what, flame_value number,
                          fs_error *error)
{
    if (name == FLAME_NONE) {
        fs_text_clear(&reader->key);
        fs_text_add(&reader->key, what);
        add_key(&reader->key, number);
        if (reader->key.failed) return no_memory(error);
        fs_status status =
            flame_tree_name(reader->in->tree, reader->key.data, reader->key.length - 1, false, &name, error);
        if (status) return status;
    }
    return flame_read_child(reader->in, reader->base, name, &reader->base, error);
}

static fs_status find_base(chrome_reader *reader, const trace_track *track, size_t tracks, size_t processes,
                           fs_error *error)
{
    reader->base = 0;
    fs_status status = FS_OK;
    const trace_process *process = &reader->processes[track->process];
    if (processes > 1) status = add_base(reader, process->name, "process ", process->pid, error);
    if (!status && (tracks > 1 || track->name != FLAME_NONE))
        status = add_base(reader, track->name, track->async ? "async " : "thread ", track->tid, error);
    return status;
}

static fs_status play(chrome_reader *reader, fs_error *error)
{
    size_t tracks = 0, processes = 0;
    for (size_t i = 0; i < reader->track_count; i++) tracks += reader->tracks[i].used;
    for (size_t i = 0; i < reader->process_count; i++) processes += reader->processes[i].used;
    flame_trace_events_sort(reader->events, reader->event_count);
    fs_status status = FS_OK;
    for (size_t i = 0, last; i < reader->event_count && !status; i = last) {
        const flame_trace_event *events = &reader->events[i];
        for (last = i; last < reader->event_count && reader->events[last].track == events->track;) last++;
        status = find_base(reader, &reader->tracks[events->track], tracks, processes, error);
        if (!status) status = flame_trace_play(&reader->player, reader->base, events, last - i, error);
    }
    return status;
}

/* Samples and events tell of the same time twice: samples count where nothing else lasts, or are asked for.
 */
static fs_status play_samples(chrome_reader *reader, fs_error *error)
{
    fs_status status = FS_OK;
    flame_chrome_chunks_sort(reader->chunks, reader->chunk_count);
    for (size_t i = 0, last; i < reader->chunk_count && !status; i = last) {
        const flame_chrome_chunk *chunks = &reader->chunks[i];
        for (last = i; last < reader->chunk_count && reader->chunks[last].profile == chunks->profile;) last++;
        const trace_process *process = &reader->processes[reader->tracks[chunks->profile].process];
        reader->base = 0;
        if (last - i < reader->chunk_count)
            status = add_base(reader, process->name, "process ", process->pid, error);
        if (!status) status = flame_chrome_samples_count(reader->in, chunks, last - i, reader->base, error);
    }
    return status;
}

static bool looks_like_chrome(const char *bytes, size_t length)
{
    if (flame_value_begins(bytes, length, '{')) return flame_value_has_key(bytes, length, "traceEvents");
    return flame_value_begins(bytes, length, '[') && flame_value_has_key(bytes, length, "ph");
}

static fs_status read_events(chrome_reader *reader, flame_value root, fs_error *error)
{
    flame_value_walk walk =
        flame_value_enter(flame_value_is_array(root) ? root : flame_value_get(root, "traceEvents"));
    fs_status status = FS_OK;
    while (!status && flame_value_next(&walk)) {
        reader->in->report->lines++;
        if (reader->in->report->lines == UINT32_MAX)
            return fs_fail(error, FS_LIMIT, "a Chrome trace of more than 4,294,967,294 events is too long");
        event_parts parts = parts_of(&walk);
        status = read_event(reader, &parts, error);
    }
    if (status) return status;
    const char *wanted = reader->in->options->sample_type;
    bool samples = wanted ? strcmp(wanted, "samples") == 0 : reader->event_count == 0;
    bool framed =
        flame_value_get(root, "samples").at && flame_value_is_object(flame_value_get(root, "stackFrames"));
    if (samples && reader->chunk_count) return play_samples(reader, error);
    if (samples && framed) return flame_chrome_frames_count(reader->in, root, error);
    status = play(reader, error);
    if (!status && !wanted && framed && reader->in->report->stacks == 0) /* what lasts took no time */
        return flame_chrome_frames_count(reader->in, root, error);
    return status;
}

static fs_status read_chrome(flame_reading *in, fs_error *error)
{
    flame_value root;
    fs_status status = flame_value_read(in->lines, "a Chrome trace", true, &root, error);
    if (status || in->lines->stopped) return status;
    chrome_reader reader = {.in = in, .player = {.in = in}};
    fs_text_init(&reader.text);
    fs_text_init(&reader.key);
    if (flame_names_init(&reader.keys)) {
        status = read_events(&reader, root, error);
        flame_names_fini(&reader.keys);
    } else {
        status = no_memory(error);
    }
    strcpy(in->report->unit, "microseconds");
    fs_text_fini(&reader.text);
    fs_text_fini(&reader.key);
    fs_free(reader.place);
    fs_free(reader.tracks);
    fs_free(reader.processes);
    fs_free(reader.events);
    flame_trace_player_fini(&reader.player);
    fs_free(reader.chunks);
    return status;
}

const flame_stack_format flame_reader_chrome = {
    .item = "event",
    .looks_like = looks_like_chrome,
    .read = read_chrome,
};
