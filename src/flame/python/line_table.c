#include "line_table.h"

#include "memory.h"

/* Lines are signed in the formats (increments go both ways); what falls outside 1..2^31-1 is no line. */
static uint32_t as_line(int64_t line)
{
    return line > 0 && line <= INT32_MAX ? (uint32_t)line : 0;
}

typedef struct sink {
    uint32_t *lines;
    size_t count, capacity, limit;
} sink;

static bool fill(sink *out, size_t units, uint32_t line)
{
    if (units > out->limit - out->count) units = out->limit - out->count;
    if (!FS_GROW(out->lines, out->capacity, out->count + units)) return false;
    for (size_t i = 0; i < units; i++) out->lines[out->count++] = line;
    return true;
}

/* Pairs (bytes of code, change of line): the change takes effect after those bytes. */
static bool decode_lnotab(const uint8_t *table, size_t length, uint32_t first_line, sink *out)
{
    int64_t line = first_line;
    size_t address = 0;
    for (size_t i = 0; i + 1 < length; i += 2) {
        address += table[i];
        size_t units = address / 2 > out->count ? address / 2 - out->count : 0;
        if (!fill(out, units, as_line(line))) return false;
        line += (int8_t)table[i + 1];
    }
    return fill(out, out->limit - out->count, as_line(line));
}

/* Pairs (bytes of code, change of line): the change comes first; -128 means that the bytes have no line. */
static bool decode_pairs(const uint8_t *table, size_t length, uint32_t first_line, sink *out)
{
    int64_t line = first_line;
    size_t address = 0;
    for (size_t i = 0; i + 1 < length; i += 2) {
        int8_t change = (int8_t)table[i + 1];
        if (change != -128) line += change;
        address += table[i];
        size_t units = address / 2 > out->count ? address / 2 - out->count : 0;
        if (!fill(out, units, change == -128 ? 0 : as_line(line))) return false;
    }
    return true;
}

/* ---- from 3.11 ---- */

/* Codes of an entry: 0-9 short forms (same line, column in two bytes), 10-12 one line with its columns, 13 a
 * line and no columns, 14 everything, 15 nothing. */
enum { ONE_LINE = 10, NO_COLUMNS = 13, LONG = 14, NOTHING = 15 };

typedef struct cursor {
    const uint8_t *table;
    size_t length, at;
} cursor;

/* Six bits a byte, least first; bit 6: more follow. */
static uint32_t read_number(cursor *in)
{
    uint32_t value = 0;
    for (unsigned shift = 0; in->at < in->length; shift += 6) {
        uint8_t byte = in->table[in->at++];
        if (shift < 32) value |= (uint32_t)(byte & 63) << shift;
        if (!(byte & 64)) break;
    }
    return value;
}

/* The sign is the lowest bit. */
static int64_t read_signed(cursor *in)
{
    uint32_t value = read_number(in);
    return value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1);
}

static uint8_t read_byte(cursor *in)
{
    return in->at < in->length ? in->table[in->at++] : 0;
}

/* One entry: how many units it covers, and where they are. `line` is carried from entry to entry. */
static size_t read_entry(cursor *in, int64_t *line, flame_position *position)
{
    uint8_t head = read_byte(in);
    unsigned code = head >> 3 & 15;
    *position = (flame_position){0};
    int64_t end = 0;
    if (code == NOTHING) return (size_t)(head & 7) + 1;
    if (code < ONE_LINE) {
        uint8_t second = read_byte(in);
        position->column = code * 8 + (second >> 4 & 7) + 1;
        position->end_column = position->column + (second & 15);
        end = *line;
    } else if (code < NO_COLUMNS) {
        *line += (int64_t)code - ONE_LINE;
        position->column = (uint32_t)read_byte(in) + 1;
        position->end_column = (uint32_t)read_byte(in) + 1;
        end = *line;
    } else {
        *line += read_signed(in);
        end = *line;
        if (code == LONG) {
            end += read_number(in);
            position->column = read_number(in); /* one more than the column; 0: none */
            position->end_column = read_number(in);
        }
    }
    position->line = as_line(*line);
    position->end_line = as_line(end);
    return (size_t)(head & 7) + 1;
}

static bool decode_locations(const uint8_t *table, size_t length, uint32_t first_line, sink *out)
{
    cursor in = {.table = table, .length = length};
    int64_t line = first_line;
    while (in.at < in.length) {
        flame_position position;
        size_t units = read_entry(&in, &line, &position);
        if (!fill(out, units, position.line)) return false;
    }
    return true;
}

fs_status line_table_decode(python_lines format, const uint8_t *table, size_t length, uint32_t first_line,
                            size_t units, uint32_t **lines, size_t *count, fs_error *error)
{
    sink out = {.limit = units};
    bool fits = false;
    switch (format) {
    case PYTHON_LNOTAB:
        fits = decode_lnotab(table, length, first_line, &out);
        break;
    case PYTHON_PAIRS:
        fits = decode_pairs(table, length, first_line, &out);
        break;
    case PYTHON_LOCATIONS:
        fits = decode_locations(table, length, first_line, &out);
        break;
    }
    if (!fits) {
        fs_free(out.lines);
        *lines = NULL;
        *count = 0;
        return fs_fail_memory(error, "decoding a line table", units * sizeof(uint32_t));
    }
    *lines = out.lines;
    *count = out.count;
    return FS_OK;
}

flame_position line_table_position(const uint8_t *table, size_t length, uint32_t first_line, size_t unit)
{
    cursor in = {.table = table, .length = length};
    int64_t line = first_line;
    size_t covered = 0;
    while (in.at < in.length) {
        flame_position position;
        covered += read_entry(&in, &line, &position);
        if (unit < covered) return position;
    }
    return (flame_position){0};
}
