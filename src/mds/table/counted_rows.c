#include "counted_rows.h"

#include "csv_fields.h"
#include "number_parse.h"

#include <math.h>
#include <string.h>

enum { TEN = 10 };

static bool is_gap(char c)
{
    return c == ' ' || c == '\t' || c == ',' || c == ';';
}

size_t mds_counted_values(const mds_counted_rows *rows, size_t i)
{
    switch (rows->layout) {
    case MDS_LAYOUT_LOWER:
        return i + 1;
    case MDS_LAYOUT_LOWER_STRICT:
        return i;
    case MDS_LAYOUT_UPPER:
        return rows->n - i;
    case MDS_LAYOUT_UPPER_STRICT:
        return rows->n - 1 - i;
    default:
        return rows->n;
    }
}

size_t mds_counted_count(const char *line, const char *end, const char **flags)
{
    size_t count = 0;
    while (line < end && is_gap(*line)) line++;
    const char *first = line;
    while (line < end && *line >= '0' && *line <= '9' && count < (size_t)1 << 32)
        count = count * 10 + (size_t)(*line++ - '0');
    if (line == first || (line < end && !is_gap(*line))) return 0;
    while (line < end && is_gap(*line)) line++;
    *flags = line;
    return count;
}

const char *mds_counted_line(const char *text, const char *end, bool whole, const char **line_end,
                             const char **next)
{
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        if (!stop && !whole) return NULL;
        *next = stop ? stop + 1 : end;
        *line_end = stop ? stop : end;
        if (*line_end > text && (*line_end)[-1] == '\r') --*line_end;
        for (const char *c = text; c < *line_end; c++)
            if (!is_gap(*c)) return text;
        text = *next;
    }
    return NULL;
}

bool mds_counted_value(const char **at, const char *end, double *value, bool *number)
{
    const char *from = *at;
    while (from < end && is_gap(*from)) from++;
    if (from == end) return false;
    const char *to = mds_number_parse(from, value);
    *number = true;
    if (to == from || (to < end && !is_gap(*to))) {
        to = from;
        while (to < end && !is_gap(*to)) to++;
        *number = mds_field_value(from, (size_t)(to - from), '.', value) != MDS_KIND_TEXT;
    }
    if (to > end) return false;
    *at = to;
    return true;
}

const char *mds_counted_name(mds_naming naming, const char *line, const char *end, const char **name_end)
{
    while (naming != MDS_NAMED_TEN && line < end && (*line == ' ' || *line == '\t')) line++;
    const char *at = line;
    switch (naming) {
    case MDS_NAMED_TAB:
        at = memchr(line, '\t', (size_t)(end - line));
        if (!at) at = end;
        break;
    case MDS_NAMED_WORD:
        while (at < end && !is_gap(*at)) at++;
        break;
    case MDS_NAMED_TEN:
        at = end - line > TEN ? line + TEN : end;
        while (line < at && *line == ' ') line++;
        break;
    case MDS_NAMED_TEXT: {
        double value;
        bool number;
        for (const char *c = line; mds_counted_value(&c, end, &value, &number);)
            if (!number) at = c;
        break;
    }
    default:
        break;
    }
    *name_end = at;
    while (*name_end > line && ((*name_end)[-1] == ' ' || (*name_end)[-1] == '\t')) --*name_end;
    return naming == MDS_NAMED_NOT || *name_end > line ? at : NULL;
}

/* Count the values of a line; SIZE_MAX when one is no number. *first and *last are of the whole row. */
static size_t count_values(const char *at, const char *end, double *first, double *last, size_t before)
{
    size_t count = 0;
    double value;
    bool number;
    while (mds_counted_value(&at, end, &value, &number)) {
        if (!number) return SIZE_MAX;
        if (before + count == 0) *first = value;
        *last = value;
        count++;
    }
    return count;
}

/* The diagonal of a triangle that has one: nothing, zero, or the same all along (similarities). Values
 * without names could be anything else. */
static bool own_value_fits(const mds_counted_rows *rows, double first, double last, double *own, size_t i)
{
    if (rows->layout != MDS_LAYOUT_LOWER && rows->layout != MDS_LAYOUT_UPPER) return true;
    double value = rows->layout == MDS_LAYOUT_LOWER ? last : first;
    if (i == 0) *own = value;
    return isnan(value) || value == 0 || value == *own;
}

/* The row of object i, of one line or several; *at moves behind it. False: it does not fit. */
static bool row_fits(const mds_counted_rows *rows, size_t i, const char **at, const char *end, bool whole,
                     double *own, bool *cut)
{
    const char *stop, *next, *name_end;
    const char *line = mds_counted_line(*at, end, whole, &stop, &next);
    *cut = !line;
    if (!line) return false;
    const char *values = mds_counted_name(rows->naming, line, stop, &name_end);
    if (!values) return false;
    double first = NAN, last = NAN, ignored;
    size_t want = mds_counted_values(rows, i), have = count_values(values, stop, &first, &last, 0);
    const char *rest = line;
    bool number = true;
    if (have == 0) mds_counted_value(&rest, stop, &ignored, &number);
    if (have == 0 && number && want > 0) return false; /* a name that is a number is followed by values */
    while (have < want) {
        *at = next;
        line = mds_counted_line(*at, end, whole, &stop, &next);
        *cut = !line && !whole;
        if (!line) return false;
        size_t more = count_values(line, stop, &first, &last, have);
        if (more == SIZE_MAX) return false;
        have += more;
    }
    *at = next;
    return have == want && own_value_fits(rows, first, last, own, i);
}

bool mds_counted_fits(const mds_counted_rows *rows, const char *text, const char *end, bool whole,
                      size_t *objects)
{
    const char *at = text, *stop, *next, *flags;
    double own = 0;
    for (*objects = 0; *objects < rows->n; ++*objects) {
        bool cut = false;
        if (row_fits(rows, *objects, &at, end, whole, &own, &cut)) continue;
        return cut && !whole && *objects > 1;
    }
    const char *line = mds_counted_line(at, end, whole, &stop, &next);
    return !line || mds_counted_count(line, stop, &flags) == rows->n;
}

bool mds_counted_named(const char *text, const char *end)
{
    double value;
    bool number = true;
    while (text < end && (is_gap(*text) || *text == '\r' || *text == '\n')) text++;
    const char *stop = memchr(text, '\n', (size_t)(end - text));
    return mds_counted_value(&text, stop ? stop : end, &value, &number) && !number;
}

bool mds_counted_begins(const mds_counted_rows *rows, const char *text, const char *end, bool whole)
{
    const char *at = text, *stop, *next;
    double own;
    bool cut;
    const char *line = mds_counted_line(text, end, whole, &stop, &next);
    if (!line || (rows->naming == MDS_NAMED_TAB && !memchr(line, '\t', (size_t)(stop - line)))) return false;
    return row_fits(rows, 0, &at, end, whole, &own, &cut);
}
