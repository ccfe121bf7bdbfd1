/*
 * GHC's profiles, PROGRAM.prof of `+RTS -p` (GHC User's Guide, "Time and allocation profiling"): a tree of
 * cost centres, indented by a blank a level, each line with what the centre cost itself and with all below.
 *
 * Counted are the ticks where the report has them (`-P`), else the percentage of time; the options may name
 * another column: ticks, bytes, time, alloc, entries. A frame is Module.centre.
 */
#include "count_text.h"
#include "frame_name.h"
#include "read_formats.h"

#include <string.h>

/* The columns of numbers stand at the end: no. entries %time %alloc %time %alloc, and ticks bytes. */
typedef struct ghc_reader {
    flame_reading *in;
    size_t numbers; /* how many there are: 6 or 8 */
    size_t column;  /* which of them counts */
    fs_text name, composed;
} ghc_reader;

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static bool has_word(const char *line, size_t length, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= length; i++)
        if (memcmp(line + i, word, n) == 0) return true;
    return false;
}

/* "COST CENTRE MODULE SRC no. entries %time ...": the head of the tree, not of the list before it. */
static bool is_head(const char *line, size_t length)
{
    static const char start[] = "COST CENTRE";
    return length > sizeof start && memcmp(line, start, sizeof start - 1) == 0 &&
           has_word(line, length, "no.") && has_word(line, length, "entries") &&
           has_word(line, length, "%time");
}

static fs_status read_head(ghc_reader *reader, const char *line, size_t length, const char *input,
                           fs_error *error)
{
    static const struct {
        const char *name, *unit;
        size_t column;
        bool detailed;
    } columns[] = {{"ticks", "ticks", 6, true},
                   {"time", "percent", 2, false},
                   {"bytes", "bytes", 7, true},
                   {"alloc", "percent", 3, false},
                   {"entries", "entries", 1, false}};
    bool detailed = has_word(line, length, "ticks") && has_word(line, length, "bytes");
    const char *wanted = reader->in->options->sample_type;
    reader->numbers = detailed ? 8 : 6;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        if (wanted ? strcmp(wanted, columns[i].name) != 0 : columns[i].detailed && !detailed) continue;
        if (columns[i].detailed && !detailed) break;
        reader->column = columns[i].column;
        flame_report_unit(reader->in->report, columns[i].unit, strlen(columns[i].unit));
        return FS_OK;
    }
    return fs_fail(error, FS_DATA, "%s: it has no column '%s'; there are: %stime, alloc, entries", input,
                   wanted, detailed ? "ticks, bytes, " : "");
}

/* The line of "Main.hs:95:11-83" or "Main.hs:(108,1)-(120,56)"; 0 for "<built-in>". *file_length is what
 * stands before it. */
static int32_t source_line(const char *source, size_t length, size_t *file_length)
{
    const char *colon = memchr(source, ':', length);
    *file_length = 0;
    if (!colon) return 0;
    size_t at = (size_t)(colon - source) + 1, line = 0;
    if (at < length && source[at] == '(') at++;
    for (; at < length && source[at] >= '0' && source[at] <= '9' && line < 100000000; at++)
        line = line * 10 + (size_t)(source[at] - '0');
    *file_length = (size_t)(colon - source);
    return (int32_t)line;
}

static bool make_name(ghc_reader *reader, const char *line, size_t length)
{
    size_t centre = 0, module, module_end;
    while (centre < length && !is_space(line[centre])) centre++;
    for (module = centre; module < length && is_space(line[module]);) module++;
    for (module_end = module; module_end < length && !is_space(line[module_end]);) module_end++;
    size_t source = module_end, file_length;
    while (source < length && is_space(line[source])) source++;
    int32_t number = source_line(line + source, length - source, &file_length);
    fs_text_clear(&reader->name);
    fs_text_append(&reader->name, line + module, module_end - module);
    if (module_end > module) fs_text_char(&reader->name, '.');
    fs_text_append(&reader->name, line, centre);
    flame_frame_compose(&reader->composed, fs_text_string(&reader->name), reader->name.length, line + source,
                        file_length, number, reader->in->options->lines);
    return !reader->name.failed && !reader->composed.failed;
}

static fs_status read_line(ghc_reader *reader, const char *line, size_t length, fs_error *error)
{
    size_t depth = 0, end = length;
    while (depth < length && line[depth] == ' ') depth++;
    flame_exact value = {0};
    const char *wrong = depth > reader->in->depth ? "it is indented under no other line" : NULL;
    for (size_t i = reader->numbers; i > 0 && !wrong; i--) { /* from the last column to the first */
        while (end > depth && is_space(line[end - 1])) end--;
        size_t word_end = end;
        while (end > depth && !is_space(line[end - 1])) end--;
        flame_exact own;
        if (end == depth || flame_count_parse(line + end, word_end - end, &own) != FLAME_COUNT_OK)
            wrong = "it has not the numbers that its heading names";
        else if (i - 1 == reader->column)
            value = own;
    }
    if (wrong) {
        flame_read_skip(reader->in, line, length, wrong);
        return FS_OK;
    }
    if (!make_name(reader, line + depth, end - depth))
        return fs_fail_memory(error, "reading a GHC profile", 0);
    return flame_count_frame(reader->in, depth, &reader->composed, value, error);
}

static bool looks_like_ghc(const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length, *line;
    size_t n;
    for (bool first = true; (line = flame_block_line(&at, end, &n)); first = false)
        if (is_head(line, n) || (first && has_word(line, n, "Time and Allocation Profiling Report")))
            return true;
    return false;
}

static fs_status read_ghc(flame_reading *in, fs_error *error)
{
    ghc_reader reader = {.in = in};
    fs_text_init(&reader.name);
    fs_text_init(&reader.composed);
    fs_status status = FS_OK;
    enum { BEFORE, HEAD, TREE, BEHIND } where = BEFORE;
    while (!status && where != BEHIND) {
        const char *line;
        size_t length;
        status = flame_lines_next(in->lines, &line, &length, error);
        if (status || !line) break;
        if (where == BEFORE && is_head(line, length)) {
            status = read_head(&reader, line, length, in->name, error);
            where = HEAD;
        } else if (length == 0) {
            if (where == TREE) where = BEHIND;
        } else if (!flame_skip_nul(in, line, length) && where != BEFORE) {
            status = read_line(&reader, line, length, error);
            where = TREE;
        }
    }
    if (!status && where == BEFORE && !in->lines->stopped)
        status = fs_fail(error, FS_DATA,
                         "%s: this GHC profile has no tree of cost centres: it ends before it", in->name);
    in->report->lines = in->lines->number;
    fs_text_fini(&reader.name);
    fs_text_fini(&reader.composed);
    return status;
}

const flame_stack_format flame_reader_ghc = {
    .item = "line",
    .looks_like = looks_like_ghc,
    .read = read_ghc,
};
