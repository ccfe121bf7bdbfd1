/*
 * What Python's cProfile, profile and pstats.Stats.dump_stats write: a dict, marshalled, of
 *
 *     (file, line, function): (primitive calls, calls, own seconds, seconds with callees,
 *                              {caller: the same four of its calls, or for `profile` their count})
 *
 * https://docs.python.org/3/library/profile.html; the encoding is that of Python/marshal.c, versions 0 to 5.
 * Such a profile has calls and no stacks: those are made by call_graph.h, which says how near they are.
 * Counted are microseconds.
 *
 * Only the types that a dump is made of are read, to a fixed depth. An object that is referred to again is
 * read again where it stands; what stands there is no reference itself, so that leads nowhere else.
 */
#include "call_graph.h"
#include "count_text.h"
#include "frame_name.h"
#include "hash.h"

#include <math.h>
#include <string.h>

enum { FLAG_REF = 0x80 };

typedef struct pstats_key {
    const char *file, *function;
    size_t file_length, function_length;
    int32_t line;
} pstats_key;

/* A place in the bytes. */
typedef struct cursor {
    const unsigned char *at;
    bool again; /* it was read before: nothing in it is noted as referable */
    bool referred;
} cursor;

typedef struct pstats_reader {
    flame_reading *in;
    const unsigned char *begin, *end;
    size_t *references; /* where the objects stand that may be referred to */
    size_t reference_count, reference_capacity;
    const char *wrong;
    bool no_memory;
    flame_call_graph graph;
    pstats_key *keys; /* of each function of the graph */
    size_t key_capacity;
    fs_map by_key;
    fs_text name;
} pstats_reader;

static bool fail(pstats_reader *reader, const char *wrong)
{
    if (!reader->wrong) reader->wrong = wrong;
    return false;
}

static bool fail_no_memory(pstats_reader *reader)
{
    reader->no_memory = true;
    return fail(reader, "memory ran out");
}

/* ---- marshal ---- */

static bool take(pstats_reader *reader, cursor *c, uint64_t count, const unsigned char **bytes)
{
    *bytes = c->at;
    if ((uint64_t)(reader->end - c->at) < count) return fail(reader, "it ends early");
    c->at += count;
    return true;
}

/* A number of `count` bytes, the low one first. */
static bool take_bytes(pstats_reader *reader, cursor *c, size_t count, uint64_t *value)
{
    const unsigned char *bytes;
    *value = 0;
    if (!take(reader, c, count, &bytes)) return false;
    for (size_t i = 0; i < count; i++) *value |= (uint64_t)bytes[i] << 8 * i;
    return true;
}

/* The type of the next object, whose content is then read from `inner`; '\0' on failure. */
static char begin_object(pstats_reader *reader, cursor *outer, cursor *inner)
{
    const unsigned char *byte;
    uint64_t index;
    *inner = *outer;
    inner->referred = false;
    if (!take(reader, inner, 1, &byte)) return '\0';
    char type = (char)(*byte & ~FLAG_REF);
    if (type == 'r') {
        if (!take_bytes(reader, inner, 4, &index)) return '\0';
        outer->at = inner->at;
        if (index >= reader->reference_count) return fail(reader, "a reference leads nowhere"), '\0';
        *inner = (cursor){reader->begin + reader->references[index] + 1, .again = true, .referred = true};
        return (char)(inner->at[-1] & ~FLAG_REF);
    }
    if ((*byte & FLAG_REF) && !inner->again) {
        if (!FS_GROW(reader->references, reader->reference_capacity, reader->reference_count + 1))
            return fail_no_memory(reader), '\0';
        reader->references[reader->reference_count++] = (size_t)(byte - reader->begin);
    }
    return type;
}

/* Go on behind the object, or behind the reference to it. */
static void end_object(cursor *outer, const cursor *inner)
{
    if (!inner->referred) outer->at = inner->at;
}

static bool take_string(pstats_reader *reader, cursor *outer, const char **text, size_t *length)
{
    cursor c;
    char type = begin_object(reader, outer, &c);
    const unsigned char *bytes;
    uint64_t count;
    if (!type) return false;
    bool brief = type == 'z' || type == 'Z';
    if (!brief && type != 'a' && type != 'A' && type != 'u' && type != 't' && type != 's')
        return fail(reader, "a string is missing");
    if (!take_bytes(reader, &c, brief ? 1 : 4, &count) || !take(reader, &c, count, &bytes)) return false;
    *text = (const char *)bytes;
    *length = (size_t)count;
    end_object(outer, &c);
    return true;
}

/* Digits of 15 bits. */
static bool take_long(pstats_reader *reader, cursor *c, double *value)
{
    uint64_t count, digit;
    *value = 0;
    if (!take_bytes(reader, c, 4, &count)) return false;
    if (count > 5) return fail(reader, "a number is negative or too large");
    for (int i = 0; i < (int)count; i++) {
        if (!take_bytes(reader, c, 2, &digit)) return false;
        *value += ldexp((double)digit, 15 * i);
    }
    return true;
}

/* A float as text, as version 0 and 1 write it. */
static bool take_decimal(pstats_reader *reader, cursor *c, double *value)
{
    uint64_t length;
    const unsigned char *bytes;
    char text[64];
    if (!take_bytes(reader, c, 1, &length) || !take(reader, c, length, &bytes)) return false;
    if (length >= sizeof text) return fail(reader, "a number is too long");
    memcpy(text, bytes, (size_t)length);
    text[length] = '\0';
    flame_exact exact;
    if (flame_count_parse(text, (size_t)length, &exact) != FLAME_COUNT_OK)
        return fail(reader, "a number is none");
    *value = exact.value;
    return true;
}

static bool take_number(pstats_reader *reader, cursor *outer, double *value)
{
    cursor c;
    char type = begin_object(reader, outer, &c);
    uint64_t bits = 0;
    bool good = false;
    *value = 0;
    if (type == 'i' && (good = take_bytes(reader, &c, 4, &bits))) *value = (double)(int32_t)(uint32_t)bits;
    if (type == 'I' && (good = take_bytes(reader, &c, 8, &bits))) *value = (double)(int64_t)bits;
    if (type == 'g' && (good = take_bytes(reader, &c, 8, &bits))) memcpy(value, &bits, sizeof *value);
    if (type == 'l') good = take_long(reader, &c, value);
    if (type == 'f') good = take_decimal(reader, &c, value);
    end_object(outer, &c);
    return good || fail(reader, "a number is missing");
}

static bool take_length(pstats_reader *reader, cursor *c, char type, uint64_t *count)
{
    if (type != ')' && type != '(') return fail(reader, "a tuple is missing");
    return take_bytes(reader, c, type == ')' ? 1 : 4, count);
}

/* ---- functions ---- */

static bool has_key(const void *items, uint32_t item, const void *wanted)
{
    const pstats_key *a = (const pstats_key *)items + item, *b = wanted;
    return a->line == b->line && a->file_length == b->file_length &&
           a->function_length == b->function_length && memcmp(a->file, b->file, a->file_length) == 0 &&
           memcmp(a->function, b->function, a->function_length) == 0;
}

static bool add_function(pstats_reader *reader, const pstats_key *key, uint64_t hash, uint32_t *function)
{
    bool built_in = key->file_length == 1 && key->file[0] == '~';
    fs_error error;
    uint32_t name;
    if (memchr(key->file, 0, key->file_length) || memchr(key->function, 0, key->function_length))
        return fail(reader, "a name holds a NUL byte");
    flame_frame_compose(&reader->name, key->function, key->function_length, key->file,
                        built_in ? 0 : key->file_length, key->line, reader->in->options->lines);
    *function = (uint32_t)reader->graph.function_count;
    if (reader->name.failed ||
        flame_tree_name(reader->in->tree, fs_text_string(&reader->name), reader->name.length, false, &name,
                        &error) ||
        !FS_GROW(reader->keys, reader->key_capacity, (size_t)*function + 1))
        return fail_no_memory(reader);
    reader->keys[*function] = *key;
    return (flame_call_graph_function(&reader->graph, name) &&
            fs_map_add(&reader->by_key, hash, *function)) ||
           fail_no_memory(reader);
}

/* A function as a key of a dict; `type` is that of the object that `c` is in. */
static bool take_function(pstats_reader *reader, cursor *outer, cursor *c, char type, uint32_t *function)
{
    pstats_key key;
    uint64_t count;
    double line;
    if (!take_length(reader, c, type, &count)) return false;
    if (count != 3) return fail(reader, "a function is not told by file, line and name");
    if (!take_string(reader, c, &key.file, &key.file_length) || !take_number(reader, c, &line) ||
        !take_string(reader, c, &key.function, &key.function_length))
        return false;
    end_object(outer, c);
    key.line = line >= 0 && line < 1e9 ? (int32_t)line : 0;
    uint64_t hash = flame_hash(key.file, key.file_length, (uint64_t)key.line);
    hash = fs_hash_64(flame_hash(key.function, key.function_length, hash));
    *function = fs_map_find(&reader->by_key, hash, has_key, reader->keys, &key);
    return *function != FS_MAP_NONE || add_function(reader, &key, hash, function);
}

static double microseconds(double seconds)
{
    return seconds > 0 && seconds < 1e12 ? seconds * 1e6 : 0;
}

/* What one caller's calls cost: four numbers, or how many of all the calls they are. */
static bool take_calls(pstats_reader *reader, cursor *outer, double all_calls, double all_seconds,
                       double *cost)
{
    cursor c, peek = *outer;
    double numbers[4] = {0};
    uint64_t count;
    size_t references = reader->reference_count;
    char type = begin_object(reader, &peek, &c);
    if (type != '(' && type != ')') {
        reader->reference_count = references; /* it is read once more, as a number */
        if (!take_number(reader, outer, &numbers[0])) return false;
        *cost = all_calls > 0 ? microseconds(all_seconds * numbers[0] / all_calls) : 0;
        return true;
    }
    *outer = peek;
    if (!take_length(reader, &c, type, &count)) return false;
    if (count != 4) return fail(reader, "a caller has not four numbers");
    for (int i = 0; i < 4; i++)
        if (!take_number(reader, &c, &numbers[i])) return false;
    end_object(outer, &c);
    *cost = microseconds(numbers[3]);
    return true;
}

/* A dict's next key, or its end: '0'. */
static bool take_callers(pstats_reader *reader, cursor *outer, uint32_t callee, double calls, double seconds)
{
    cursor c, key;
    char type = begin_object(reader, outer, &c);
    if (type != '{') return fail(reader, "a function has no dict of callers");
    for (;;) {
        uint32_t caller;
        double cost;
        type = begin_object(reader, &c, &key);
        if (type == '0') break;
        if (!type || !take_function(reader, &c, &key, type, &caller) ||
            !take_calls(reader, &c, calls, seconds, &cost))
            return false;
        if (cost > 0 && !flame_call_graph_call(&reader->graph, caller, callee, cost))
            return fail_no_memory(reader);
    }
    c.at = key.at;
    end_object(outer, &c);
    return true;
}

static bool take_entry(pstats_reader *reader, cursor *outer, uint32_t function)
{
    cursor c;
    uint64_t count;
    double numbers[4];
    char type = begin_object(reader, outer, &c);
    if (!take_length(reader, &c, type, &count)) return false;
    if (count != 5) return fail(reader, "a function has not five values");
    for (int i = 0; i < 4; i++)
        if (!take_number(reader, &c, &numbers[i])) return false;
    if (!take_callers(reader, &c, function, numbers[1], numbers[3])) return false;
    end_object(outer, &c);
    reader->graph.functions[function].self += microseconds(numbers[2]);
    return true;
}

static bool take_all(pstats_reader *reader, cursor *c, flame_report *report)
{
    cursor dict, key;
    if (begin_object(reader, c, &dict) != '{') return fail(reader, "it is no dict");
    for (;;) {
        uint32_t function;
        char type = begin_object(reader, &dict, &key);
        c->at = dict.at;
        if (type == '0') return true;
        if (!type || !take_function(reader, &dict, &key, type, &function) ||
            !take_entry(reader, &dict, function))
            return c->at = dict.at, false;
        report->lines++;
    }
}

static bool looks_like_pstats(const char *bytes, size_t length)
{
    /* A dict whose first key is a tuple of three. */
    const unsigned char *at = (const unsigned char *)bytes;
    if (length < 8 || (at[0] & ~FLAG_REF) != '{') return false;
    int type = at[1] & ~FLAG_REF;
    if (type == ')') return at[2] == 3;
    return type == '(' && at[2] == 3 && at[3] == 0 && at[4] == 0 && at[5] == 0;
}

static fs_status read_pstats(flame_reading *in, fs_error *error)
{
    const unsigned char *begin = (const unsigned char *)in->bytes;
    pstats_reader reader = {.in = in, .begin = begin, .end = begin + in->length};
    fs_text_init(&reader.name);
    flame_report_unit(in->report, "microseconds", strlen("microseconds"));
    in->report->note = flame_call_graph_note;
    cursor c = {.at = begin};
    fs_status status;
    if (take_all(&reader, &c, in->report))
        status = flame_call_graph_count(&reader.graph, in, error);
    else if (reader.no_memory)
        status = fs_fail_memory(error, "reading a dump of pstats", 0);
    else
        status = fs_fail(error, FS_FORMAT, "%s: this dump of pstats is damaged near byte %zu: %s", in->name,
                         (size_t)(c.at - begin), reader.wrong);
    flame_call_graph_fini(&reader.graph);
    fs_map_fini(&reader.by_key);
    fs_free(reader.keys);
    fs_free(reader.references);
    fs_text_fini(&reader.name);
    return status;
}

const flame_stack_format flame_reader_pstats = {
    .item = "function",
    .looks_like = looks_like_pstats,
    .whole = true,
    .read = read_pstats,
};
