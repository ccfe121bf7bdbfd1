/*
 * callgrind's profiles (Valgrind manual, "Callgrind Format Specification"), which xdebug, pprof, phpspy and
 * others write too: for each function what its lines cost, and what its calls of others cost with all that
 * those called. Stacks are made of that by call_graph.h, which says how near they are.
 *
 * The cost is that of the first event ("events: Ir Dr Dw"), or of the one that the options name. Functions
 * are told apart by their number where names are compressed ("fn=(7) main"), else by name and file.
 */
#include "call_graph.h"
#include "count_text.h"
#include "name_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_MOST = 64 };

/* What numbers stand for: "(7) main" says it once, "(7)" again. */
typedef struct number_table {
    uint32_t *values; /* FLAME_NONE: not yet said */
    size_t count, capacity;
} number_table;

enum { NUMBERS_MOST = 64 * 1024 * 1024 };

typedef struct callgrind_reader {
    flame_reading *in;
    flame_call_graph graph;
    flame_names files, keys; /* keys: what tells functions apart, and by their number their function */
    number_table file_numbers, function_numbers;
    uint32_t file, called_file; /* in `files`; called_file FLAME_NONE: the same */
    uint32_t function, called;  /* in the graph, or FLAME_NONE */
    bool in_call;               /* the next line of costs is that of a call */
    size_t positions;           /* columns before the costs: 1, or 2 with instructions */
    size_t event;               /* which column of costs counts */
    double costs[EVENTS_MOST];  /* of the line before, for costs written as differences */
    bool event_known;
    bool totalled, total; /* whether its writer ends it in totals, and they were met */
    fs_text key;
} callgrind_reader;

static fs_status no_memory(fs_error *error)
{
    return fs_fail_memory(error, "reading a callgrind profile", 0);
}

static void skip(const callgrind_reader *reader, const char *line, size_t length, const char *reason)
{
    flame_read_skip(reader->in, line, length, reason);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* "(7) main", "(7)" or "main": the number, FLAME_NONE for none, and where the name is. */
static bool split_number(const char **text, size_t *length, uint32_t *number)
{
    *number = FLAME_NONE;
    while (*length && is_space(**text)) (*text)++, --*length;
    while (*length && is_space((*text)[*length - 1])) --*length;
    if (!*length || **text != '(') return true;
    uint64_t value = 0;
    size_t i = 1;
    while (i < *length && i < 11 && (*text)[i] >= '0' && (*text)[i] <= '9')
        value = value * 10 + (uint64_t)((*text)[i++] - '0');
    if (i == 1 || i == *length || (*text)[i] != ')') return true; /* a name such as "(below main)" */
    if (value >= NUMBERS_MOST) return false;
    *number = (uint32_t)value;
    for (i++; i < *length && is_space((*text)[i]);) i++;
    *text += i;
    *length -= i;
    return true;
}

static bool set_number(number_table *table, uint32_t number, uint32_t value)
{
    if (number >= table->count) {
        if (!FS_GROW(table->values, table->capacity, (size_t)number + 1)) return false;
        while (table->count <= number) table->values[table->count++] = FLAME_NONE;
    }
    table->values[number] = value;
    return true;
}

static fs_status file_of(callgrind_reader *reader, const char *text, size_t length, uint32_t *file,
                         fs_error *error)
{
    uint32_t number;
    if (!split_number(&text, &length, &number)) {
        *file = FLAME_NONE;
        return FS_OK;
    }
    if (number != FLAME_NONE && length == 0) {
        *file = number < reader->file_numbers.count ? reader->file_numbers.values[number] : FLAME_NONE;
        return FS_OK;
    }
    fs_status status = flame_names_add(&reader->files, text, length, 0, file, error);
    if (!status && number != FLAME_NONE && !set_number(&reader->file_numbers, number, *file))
        return no_memory(error);
    return status;
}

/* A function by what tells it apart, which is new or not. */
static fs_status function_by_key(callgrind_reader *reader, const char *name, size_t length,
                                 uint32_t *function, fs_error *error)
{
    uint32_t id;
    if (reader->key.failed) return no_memory(error);
    fs_status status =
        flame_names_add(&reader->keys, reader->key.data, reader->key.length, 0, function, error);
    if (status || *function < reader->graph.function_count) return status;
    status = flame_tree_name(reader->in->tree, name, length, false, &id, error);
    if (status) return status;
    return flame_call_graph_function(&reader->graph, id) ? FS_OK : no_memory(error);
}

static fs_status function_of(callgrind_reader *reader, const char *text, size_t length, uint32_t file,
                             uint32_t *function, fs_error *error)
{
    uint32_t number;
    const char *line = text;
    size_t line_length = length;
    *function = FLAME_NONE;
    bool good = split_number(&text, &length, &number);
    if (good && number != FLAME_NONE && length == 0) {
        if (number < reader->function_numbers.count) *function = reader->function_numbers.values[number];
        good = *function != FLAME_NONE;
        if (good) return FS_OK;
    }
    if (!good) {
        skip(reader, line, line_length, "it is the number of a function that was not named");
        return FS_OK;
    }
    fs_text_clear(&reader->key);
    fs_text_append(&reader->key, text, length);
    if (number != FLAME_NONE)
        fs_text_format(&reader->key, "\n(%" PRIu32 ")", number);
    else
        fs_text_format(&reader->key, "\n%" PRIu32, file);
    fs_status status = function_by_key(reader, text, length, function, error);
    if (!status && number != FLAME_NONE && !set_number(&reader->function_numbers, number, *function))
        return no_memory(error);
    return status;
}

/* The next word of a line; NULL after the last. */
static const char *next_word(const char **at, const char *end, size_t *length)
{
    while (*at < end && is_space(**at)) ++*at;
    const char *word = *at;
    while (*at < end && !is_space(**at)) ++*at;
    *length = (size_t)(*at - word);
    return *length ? word : NULL;
}

/* "events: Ir Dr Dw": which of them counts. */
static fs_status read_events(callgrind_reader *reader, const char *at, const char *end, fs_error *error)
{
    const char *word, *list = at, *wanted = reader->in->options->sample_type;
    size_t length;
    if (reader->event_known && !wanted) return FS_OK; /* another part of the same profile */
    for (size_t i = 0; (word = next_word(&at, end, &length)) && i < EVENTS_MOST; i++) {
        if (wanted && (strlen(wanted) != length || memcmp(word, wanted, length) != 0)) continue;
        reader->event = i;
        reader->event_known = true;
        flame_report_unit(reader->in->report, word, length);
        return FS_OK;
    }
    if (!wanted) return FS_OK;
    while (list < end && is_space(*list)) list++;
    return fs_fail(error, FS_DATA, "%s: it has no event '%s'; there are: %.*s", reader->in->lines->name,
                   wanted, (int)(end - list < 400 ? end - list : 400), list);
}

/* A cost: a number; xdebug and others also write differences to the line before. */
static bool read_cost(const char *word, size_t length, double *cost)
{
    char sign = word[0];
    if (length == 1 && sign == '*') return true;
    bool relative = sign == '+' || sign == '-';
    flame_exact value;
    if (flame_count_parse(word + relative, length - relative, &value) != FLAME_COUNT_OK) return false;
    *cost = sign == '+' ? *cost + value.value : sign == '-' ? *cost - value.value : value.value;
    return *cost >= 0;
}

static bool is_position(const char *word, size_t length)
{
    size_t i = word[0] == '+' || word[0] == '-';
    if (length == 1 && word[0] == '*') return true;
    return i < length && word[i] >= '0' && word[i] <= '9';
}

/* "16 400", "0x401 +3 20 5": what a line of the function costs, or the call before it. */
static fs_status read_costs(callgrind_reader *reader, const char *line, size_t length, fs_error *error)
{
    const char *at = line, *end = line + length, *word;
    size_t word_length, column = 0;
    double cost = 0;
    bool call = reader->in_call;
    reader->in_call = false;
    while ((word = next_word(&at, end, &word_length))) {
        bool good = true;
        if (column < reader->positions) {
            good = is_position(word, word_length);
        } else if (column - reader->positions < EVENTS_MOST) {
            size_t i = column - reader->positions;
            good = read_cost(word, word_length, &reader->costs[i]);
            if (i == reader->event) cost = reader->costs[i];
        }
        if (!good) {
            skip(reader, line, length, "it is no line of positions and costs");
            return FS_OK;
        }
        column++;
    }
    if (reader->function == FLAME_NONE || (call && reader->called == FLAME_NONE)) {
        skip(reader, line, length, "it is a cost of no function");
        return FS_OK;
    }
    if (!call) {
        reader->graph.functions[reader->function].self += cost;
        return FS_OK;
    }
    return flame_call_graph_call(&reader->graph, reader->function, reader->called, cost) ? FS_OK
                                                                                         : no_memory(error);
}

static void read_positions(callgrind_reader *reader, const char *at, const char *end)
{
    size_t length;
    reader->positions = 0;
    while (next_word(&at, end, &length) && reader->positions < 2) reader->positions++;
    if (reader->positions == 0) reader->positions = 1;
}

static bool starts(const char *line, size_t length, const char *with, size_t *behind)
{
    *behind = strlen(with);
    return length >= *behind && memcmp(line, with, *behind) == 0;
}

/* fn=, cfn=, calls=, the files, and what needs no reading. */
static fs_status read_assignment(callgrind_reader *reader, const char *line, size_t length, fs_error *error)
{
    size_t n;
    if (starts(line, length, "fn=", &n))
        return function_of(reader, line + n, length - n, reader->file, &reader->function, error);
    if (starts(line, length, "cfn=", &n)) {
        uint32_t file = reader->called_file != FLAME_NONE ? reader->called_file : reader->file;
        return function_of(reader, line + n, length - n, file, &reader->called, error);
    }
    if (starts(line, length, "calls=", &n)) {
        reader->in_call = true;
        reader->called_file = FLAME_NONE;
        return FS_OK;
    }
    if (starts(line, length, "fl=", &n)) {
        reader->called_file = FLAME_NONE;
        return file_of(reader, line + n, length - n, &reader->file, error);
    }
    if (starts(line, length, "cfi=", &n) || starts(line, length, "cfl=", &n))
        return file_of(reader, line + n, length - n, &reader->called_file, error);
    uint32_t inlined; /* costs from another file's lines are the function's nevertheless */
    if (starts(line, length, "fi=", &n) || starts(line, length, "fe=", &n))
        return file_of(reader, line + n, length - n, &inlined, error);
    return FS_OK; /* ob=, cob=, jump=, jcnd=, rcalls=, frfn= */
}

static fs_status take_line(void *context, const char *line, size_t length, fs_error *error)
{
    callgrind_reader *reader = context;
    size_t n;
    if (flame_skip_nul(reader->in, line, length)) return FS_OK;
    if (length == 0 || line[0] == '#') return FS_OK;
    char c = line[0];
    if ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '*')
        return read_costs(reader, line, length, error);
    if (starts(line, length, "events:", &n)) return read_events(reader, line + n, line + length, error);
    if (starts(line, length, "positions:", &n)) {
        read_positions(reader, line + n, line + length);
        return FS_OK;
    }
    size_t word = 0;
    while (word < length && ((line[word] | 32) >= 'a' && (line[word] | 32) <= 'z')) word++;
    if (word > 0 && word < length && line[word] == '=') return read_assignment(reader, line, length, error);
    if (!(word > 0 && word < length && line[word] == ':'))
        skip(reader, line, length, "it is neither a cost nor a name");
    if (starts(line, length, "creator: callgrind-", &n)) reader->totalled = true;
    if (starts(line, length, "totals:", &n)) reader->total = true;
    return FS_OK; /* cmd:, desc:, summary: and the like */
}

/* A comment, costs or "fn=main": a line that may come before what tells the format. */
static bool is_body(const char *line, size_t length)
{
    size_t word = 0;
    while (word < length && line[word] >= 'a' && line[word] <= 'z') word++;
    return line[0] == '#' || (line[0] >= '0' && line[0] <= '9') ||
           (word && word < length && line[word] == '=');
}

static bool looks_like_callgrind(const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length, *line;
    size_t n, behind;
    bool events = false, called = false, version = false;
    while ((line = flame_block_line(&at, end, &n))) {
        if (starts(line, n, "# callgrind format", &behind)) return true;
        if (version && starts(line, n, "creator: ", &behind)) return true;
        version = starts(line, n, "version: ", &behind);
        if (called && starts(line, n, "calls=", &behind)) return true; /* without a head */
        called = called || starts(line, n, "cfn=", &behind);
        events = events || starts(line, n, "events:", &behind);
        if (events && (starts(line, n, "fn=", &behind) || starts(line, n, "fl=", &behind))) return true;
        if (n > 0 && !events && !memchr(line, ':', n) && !is_body(line, n)) return false;
    }
    return false;
}

static fs_status read_callgrind(flame_reading *in, fs_error *error)
{
    callgrind_reader reader = {.in = in,
                               .file = FLAME_NONE,
                               .called_file = FLAME_NONE,
                               .function = FLAME_NONE,
                               .called = FLAME_NONE,
                               .positions = 1};
    fs_text_init(&reader.key);
    fs_status status = FS_OK;
    if (!flame_names_init(&reader.files)) return no_memory(error);
    if (!flame_names_init(&reader.keys)) status = no_memory(error);
    bool keyed = !status;
    if (!status) status = flame_each_line(in, take_line, &reader, error);
    bool cut = reader.totalled && !reader.total;
    in->report->note =
        cut ? "it has no totals at its end, so it seems to be cut off; and the stacks are an estimate"
            : flame_call_graph_note;
    if (!status && !in->lines->stopped) status = flame_call_graph_count(&reader.graph, in, error);
    flame_call_graph_fini(&reader.graph);
    flame_names_fini(&reader.files);
    if (keyed) flame_names_fini(&reader.keys);
    fs_free(reader.file_numbers.values);
    fs_free(reader.function_numbers.values);
    fs_text_fini(&reader.key);
    return status;
}

const flame_stack_format flame_reader_callgrind = {
    .item = "line",
    .looks_like = looks_like_callgrind,
    .read = read_callgrind,
};
