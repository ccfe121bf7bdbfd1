/*
 * Visual Studio's call tree as text, the CallTreeSummary.csv of `vsperfreport /summary:all`: a function a
 * line with its depth in "Level".
 *
 * Counted is what a line has of its own: "Exclusive Samples" of a profile that was sampled, "Elapsed
 * Exclusive Time" (or, where only shares are given, "Elapsed Exclusive Time %") of one that was instrumented.
 * The options may name any column of numbers, "Number of Calls" for one.
 */
#include "count_text.h"
#include "csv_line.h"
#include "read_formats.h"

#include <string.h>

static const char level_column[] = "Level", name_column[] = "Function Name";

typedef struct vsprof_reader {
    flame_reading *in;
    size_t first_level; /* of the first line: 0 or 1 */
    bool headed, started;
    size_t level, name, value; /* columns */
    fs_text scratch, function;
} vsprof_reader;

static fs_status read_head(vsprof_reader *reader, const char *line, size_t length, fs_error *error)
{
    static const struct {
        const char *column, *unit;
    } counts[] = {{"Exclusive Samples", "samples"},
                  {"Elapsed Exclusive Time", "milliseconds"},
                  {"Elapsed Exclusive Time %", "percent"},
                  {"Exclusive Samples %", "percent"}};
    const char *wanted = reader->in->options->sample_type;
    reader->level = flame_csv_column(line, length, ',', level_column);
    reader->name = flame_csv_column(line, length, ',', name_column);
    reader->value = SIZE_MAX;
    if (wanted) {
        reader->value = flame_csv_column(line, length, ',', wanted);
        flame_report_unit(reader->in->report, wanted, strlen(wanted));
    }
    for (size_t i = 0; !wanted && reader->value == SIZE_MAX && i < sizeof counts / sizeof *counts; i++) {
        reader->value = flame_csv_column(line, length, ',', counts[i].column);
        flame_report_unit(reader->in->report, counts[i].unit, strlen(counts[i].unit));
    }
    if (reader->level == SIZE_MAX || reader->name == SIZE_MAX || reader->value == SIZE_MAX)
        return fs_fail(error, FS_DATA, "%s: its heading names no column %s: %.*s", reader->in->lines->name,
                       reader->level == SIZE_MAX  ? "\"Level\""
                       : reader->name == SIZE_MAX ? "\"Function Name\""
                       : wanted                   ? wanted
                                                  : "of samples or of elapsed time",
                       (int)(length < 400 ? length : 400), line);
    return FS_OK;
}

/* A number with commas between its thousands. */
static bool read_number(const char *cell, size_t length, flame_exact *value)
{
    char digits[64];
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (cell[i] == ',' || cell[i] == ' ') continue;
        if (used == sizeof digits) return false;
        digits[used++] = cell[i];
    }
    return flame_count_parse(digits, used, value) == FLAME_COUNT_OK;
}

static fs_status read_row(vsprof_reader *reader, const char *line, size_t length, fs_error *error)
{
    flame_csv csv = flame_csv_line(line, length, ',');
    const char *cell;
    size_t n;
    flame_exact level = flame_exact_of(-1), value;
    bool counted = false;
    fs_text_clear(&reader->function);
    for (size_t i = 0; flame_csv_next(&csv, &reader->scratch, &cell, &n); i++) {
        if (i == reader->level && !read_number(cell, n, &level)) level = flame_exact_of(-1);
        if (i == reader->name) fs_text_append(&reader->function, cell, n);
        if (i == reader->value) counted = read_number(cell, n, &value);
    }
    if (reader->scratch.failed || reader->function.failed)
        return fs_fail_memory(error, "reading a report of Visual Studio", 0);
    if (!reader->started && level.value >= 0 && level.value < 2) {
        reader->started = true;
        reader->first_level = (size_t)level.value;
    }
    double depth = level.value - (double)reader->first_level;
    const char *wrong = level.value < 0                                  ? "it has no level"
                        : reader->function.length == 0                   ? "it has no function"
                        : !counted                                       ? "it has no number in the column"
                        : depth < 0 || depth > (double)reader->in->depth ? "its level is under no other line"
                                                                         : NULL;
    if (wrong) {
        flame_read_skip(reader->in, line, length, wrong);
        return FS_OK;
    }
    return flame_count_frame(reader->in, (size_t)depth, &reader->function, value, error);
}

static fs_status take_line(void *context, const char *line, size_t length, fs_error *error)
{
    vsprof_reader *reader = context;
    if (length == 0) return FS_OK;
    bool headed = reader->headed;
    reader->headed = true;
    if (flame_skip_nul(reader->in, line, length)) return FS_OK;
    return headed ? read_row(reader, line, length, error) : read_head(reader, line, length, error);
}

static bool looks_like_vsprof(const char *bytes, size_t length)
{
    const char *at = bytes, *line;
    size_t n;
    line = flame_block_line(&at, bytes + length, &n);
    return line && flame_csv_column(line, n, ',', level_column) != SIZE_MAX &&
           flame_csv_column(line, n, ',', name_column) != SIZE_MAX;
}

static fs_status read_vsprof(flame_reading *in, fs_error *error)
{
    vsprof_reader reader = {.in = in};
    fs_text_init(&reader.scratch);
    fs_text_init(&reader.function);
    fs_status status = flame_each_line(in, take_line, &reader, error);
    fs_text_fini(&reader.scratch);
    fs_text_fini(&reader.function);
    return status;
}

const flame_stack_format flame_reader_vsprof = {
    .item = "line",
    .looks_like = looks_like_vsprof,
    .read = read_vsprof,
};
