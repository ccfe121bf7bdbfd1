/*
 * VTune's top-down tree as text, `vtune -report top-down -call-stack-mode all -column="CPU
 * Time:Self","Module" -format csv -csv-delimiter comma`: a function a line, indented by a blank or more a
 * level, with its own time in seconds. Other columns may stand there too, and tabs or semicolons between
 * them.
 *
 * Counted are milliseconds. A frame is module`function, as stackcollapse-vtune.pl writes it.
 */
#include "count_text.h"
#include "csv_line.h"
#include "read_formats.h"

#include <string.h>

typedef struct vtune_reader {
    flame_reading *in;
    char separator;      /* '\0': the heading is yet to come */
    size_t time, module; /* columns; module SIZE_MAX: none */
    size_t step;         /* blanks a level; 0: not known yet */
    fs_text scratch, function, name;
} vtune_reader;

static const char function_column[] = "Function Stack", time_column[] = "CPU Time:Self";

/* What separates the columns of the heading; '\0' for a line that is none. */
static char separator_of(const char *line, size_t length)
{
    static const char separators[] = ",\t;";
    for (const char *c = separators; *c; c++)
        if (flame_csv_column(line, length, *c, function_column) == 0 &&
            flame_csv_column(line, length, *c, time_column) != SIZE_MAX)
            return *c;
    return '\0';
}

/* As milliseconds: with another exponent, so that 0.023113 becomes 23.113 and not what its double times 1000
 * is. */
static bool read_seconds(const char *cell, size_t length, flame_exact *time)
{
    char text[64];
    if (memchr(cell, 'e', length) || memchr(cell, 'E', length) || length > sizeof text - 2) {
        bool read = flame_count_parse(cell, length, time) == FLAME_COUNT_OK;
        *time = flame_exact_scale(*time, 1000);
        return read;
    }
    memcpy(text, cell, length);
    memcpy(text + length, "e3", 2);
    return flame_count_parse(text, length + 2, time) == FLAME_COUNT_OK;
}

static fs_status read_row(vtune_reader *reader, const char *line, size_t length, fs_error *error)
{
    size_t depth = 0, start = 0, n;
    while (start < length && line[start] == ' ') start++;
    flame_csv csv = flame_csv_line(line + start, length - start, reader->separator);
    const char *cell;
    bool timed = false;
    flame_exact time = {0};
    fs_text_clear(&reader->name);
    fs_text_clear(&reader->function);
    for (size_t i = 0; flame_csv_next(&csv, &reader->scratch, &cell, &n); i++) {
        if (i == 0) {
            while (depth < n && cell[depth] == ' ') depth++; /* blanks may stand within the quotes */
            fs_text_append(&reader->function, cell + depth, n - depth);
        }
        if (i == reader->time) timed = read_seconds(cell, n, &time);
        if (i == reader->module && n > 0) {
            fs_text_append(&reader->name, cell, n);
            fs_text_char(&reader->name, '`');
        }
    }
    depth += start;
    if (reader->step == 0) reader->step = depth; /* the first line with blanks is one level down */
    bool even = depth == 0 || depth % reader->step == 0;
    if (depth > 0) depth /= reader->step;
    fs_text_append(&reader->name, fs_text_string(&reader->function), reader->function.length);
    if (reader->scratch.failed || reader->function.failed || reader->name.failed)
        return fs_fail_memory(error, "reading a report of VTune", 0);
    if (!timed || !even || depth > reader->in->depth) {
        flame_read_skip(reader->in, line, length,
                        timed ? "it is indented under no other line" : "it has no time of its own");
        return FS_OK;
    }
    return flame_count_frame(reader->in, depth, &reader->name, time, error);
}

static fs_status take_line(void *context, const char *line, size_t length, fs_error *error)
{
    vtune_reader *reader = context;
    if (length == 0 || flame_skip_nul(reader->in, line, length)) return FS_OK;
    if (reader->separator) return read_row(reader, line, length, error);
    reader->separator = separator_of(line, length);
    if (!reader->separator) return FS_OK;
    reader->time = flame_csv_column(line, length, reader->separator, time_column);
    reader->module = flame_csv_column(line, length, reader->separator, "Module");
    return FS_OK;
}

static bool looks_like_vtune(const char *bytes, size_t length)
{
    const char *at = bytes, *end = bytes + length, *line;
    size_t n;
    while ((line = flame_block_line(&at, end, &n)))
        if (n >= sizeof function_column && memcmp(line, function_column, sizeof function_column - 1) == 0)
            return separator_of(line, n) != '\0';
    return false;
}

static fs_status read_vtune(flame_reading *in, fs_error *error)
{
    vtune_reader reader = {.in = in};
    fs_text_init(&reader.scratch);
    fs_text_init(&reader.function);
    fs_text_init(&reader.name);
    flame_report_unit(in->report, "milliseconds", strlen("milliseconds"));
    fs_status status = flame_each_line(in, take_line, &reader, error);
    fs_text_fini(&reader.scratch);
    fs_text_fini(&reader.function);
    fs_text_fini(&reader.name);
    return status;
}

const flame_stack_format flame_reader_vtune = {
    .item = "line",
    .looks_like = looks_like_vtune,
    .read = read_vtune,
};
