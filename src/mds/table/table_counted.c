/*
 * Matrices below a line that says how many objects there are.
 *
 *   PHYLIP   the number; a name (ten columns, or up to a blank) and its values, on one line or several: a
 *            square, or the lower or upper triangle without its diagonal. Source: PHYLIP's documentation of
 *            distance matrices ("neighbor").
 *   mothur   the same with tabs, and one behind every value.
 *   .dst     Orange's: flags behind the number (labelled, symmetric, row_labels, ...), tabs between values,
 * the lower triangle with its diagonal or all. Source: Orange's documentation of distance files.
 */
#include "counted_rows.h"
#include "csv_dialect.h"
#include "csv_fields.h"
#include "table_formats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct reader {
    mds_byte_source *source;
    mds_table *table;
    mds_counted_rows rows;
    bool orange, column_labels;
    size_t label_capacity;
} reader;

/* ---- what it is ---- */

static bool is_flag(const char *word, size_t length)
{
    static const char *const flags[] = {"labelled",  "labeled",    "row_labels", "col_labels",
                                        "symmetric", "asymmetric", "axis=0",     "axis=1"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strlen(flags[i]) == length && memcmp(flags[i], word, length) == 0) return true;
    return false;
}

/* The flags of the first line; false when there is anything else. */
static bool take_flags(reader *r, const char *at, const char *end)
{
    while (at < end) {
        const char *word = at;
        while (at < end && *at != ' ' && *at != '\t' && *at != ',' && *at != ';') at++;
        if (!is_flag(word, (size_t)(at - word))) return false;
        r->orange = true;
        if (strncmp(word, "col_labels", 10) == 0) r->column_labels = true;
        while (at < end && (*at == ' ' || *at == '\t' || *at == ',' || *at == ';')) at++;
    }
    return true;
}

enum { FITS, FITS_AS_MANY, BEGINS, PASSES };

/* Whether the rows can be read so, ever less strictly: all fit; all would if the first line said how many
 * there are; the first does. A wrong first line is believed only above names that are no
 * numbers. */
static bool reads_so(reader *r, int pass, size_t lines, const char *text, const char *end, bool whole)
{
    const size_t said = r->rows.n;
    size_t objects;
    if (pass == FITS) return mds_counted_fits(&r->rows, text, end, whole, &objects);
    if (r->rows.naming == MDS_NAMED_NOT || r->rows.naming == MDS_NAMED_TEN) return false;
    if (!mds_counted_named(text, end)) return false;
    if (pass == BEGINS && r->rows.naming == MDS_NAMED_TEXT) return false;
    if (pass == BEGINS) return mds_counted_begins(&r->rows, text, end, whole);
    r->rows.n = lines;
    bool fits = whole && lines > 1 && mds_counted_fits(&r->rows, text, end, whole, &objects);
    r->rows.n = said;
    return fits;
}

static bool find_rows(reader *r, const char *text, const char *end, bool whole)
{
    static const mds_layout layouts[] = {MDS_LAYOUT_RECTANGLE, MDS_LAYOUT_LOWER, MDS_LAYOUT_LOWER_STRICT,
                                         MDS_LAYOUT_UPPER_STRICT, MDS_LAYOUT_UPPER};
    mds_layout wanted = r->source->options->layout;
    const char *stop, *next;
    size_t lines = 0;
    for (const char *at = text; whole && mds_counted_line(at, end, whole, &stop, &next); at = next) lines++;
    for (int pass = 0; pass < PASSES; pass++)
        for (int naming = 0; naming < MDS_NAMINGS; naming++)
            for (size_t k = 0; k < sizeof layouts / sizeof *layouts; k++) {
                if (wanted != MDS_LAYOUT_AUTO && wanted != layouts[k]) continue;
                r->rows.naming = (mds_naming)naming;
                r->rows.layout = layouts[k];
                if (reads_so(r, pass, lines, text, end, whole)) return true;
            }
    return false;
}

/* Take apart the first line, and find out how the rows stand; *begin is where they do. */
static bool find_counted(reader *r, size_t *begin)
{
    const mds_byte_source *s = r->source;
    const char *text = s->bytes + s->start, *end = s->bytes + s->end, *stop, *next, *flags;
    const char *line = mds_counted_line(text, end, s->at_end, &stop, &next);
    if (!line || next >= end) return false;
    r->rows.n = mds_counted_count(line, stop, &flags);
    if (r->rows.n < 2 || !take_flags(r, flags, stop)) return false;
    if (r->column_labels && !mds_counted_line(next, end, s->at_end, &stop, &next)) return false;
    *begin = (size_t)(next - s->bytes);
    return find_rows(r, next, end, s->at_end);
}

static fs_status looks_like(mds_byte_source *source, mds_table *table, bool *yes, fs_error *error)
{
    (void)error;
    const mds_read_options *o = source->options;
    reader r = {.source = source, .table = table};
    size_t begin;
    *yes = o->use != MDS_USE_FEATURES && !o->labels_only && !o->header && !o->skip_count &&
           !(o->labels && !o->labels_elsewhere) && !(o->groups && !o->groups_elsewhere) &&
           o->layout != MDS_LAYOUT_CONDENSED && o->layout != MDS_LAYOUT_PAIRS && find_counted(&r, &begin);
    return FS_OK;
}

/* ---- reading ---- */

static fs_status wrong_count(const reader *r, size_t i, size_t have, fs_error *error)
{
    const mds_table *t = r->table;
    char name[MDS_EXCERPT_SIZE] = "";
    if (t->labels && i < t->label_count) mds_excerpt(t->labels[i], strlen(t->labels[i]), name);
    return fs_fail(error, FS_FORMAT,
                   "%s: line %zu: object %zu%s%s%s has %zu values where %zu are expected, as the first line "
                   "says that there are %zu objects",
                   fs_input_name(r->source->input), r->source->line, i + 1, name[0] ? " (" : "", name,
                   name[0] ? ")" : "", have, mds_counted_values(&r->rows, i), r->rows.n);
}

static fs_status bad_value(const reader *r, const char *text, const char *end, const char *what,
                           fs_error *error)
{
    char shown[MDS_EXCERPT_SIZE];
    return fs_fail(error, FS_FORMAT, "%s: line %zu: '%s' %s", fs_input_name(r->source->input),
                   r->source->line, mds_excerpt(text, (size_t)(end - text), shown), what);
}

/* The values of a line; *have counts those of the row. */
static fs_status take_values(reader *r, size_t i, const char *at, const char *end, size_t *have,
                             fs_error *error)
{
    mds_table *t = r->table;
    size_t want = mds_counted_values(&r->rows, i);
    double value;
    bool number;
    for (const char *from = at; mds_counted_value(&at, end, &value, &number); from = at, ++*have) {
        while (*from == ' ' || *from == '\t' || *from == ',' || *from == ';') from++;
        if (!number) return bad_value(r, from, at, "is not a number", error);
        if (isinf(value)) return bad_value(r, from, at, "is infinite, or too large for a double", error);
        if (i < 8) mds_count_digits(from, (size_t)(at - from), '.', &t->digits, &t->decimals);
        if (*have >= want) continue; /* counted for the message */
        if (isnan(value) && t->missing++ == 0)
            snprintf(t->first_missing, sizeof t->first_missing, "line %zu (object %zu), value %zu",
                     r->source->line, i + 1, *have + 1);
        t->values[t->count++] = value;
    }
    return FS_OK;
}

/* The next line that is not blank; *more is false at the end. */
static fs_status next_line(reader *r, size_t *end, size_t *next, bool *more, fs_error *error)
{
    mds_byte_source *s = r->source;
    for (;;) {
        fs_status status = mds_byte_source_line(s, end, next, more, error);
        if (status || !*more) return status;
        const char *stop, *after;
        if (mds_counted_line(s->bytes + s->start, s->bytes + *end, true, &stop, &after)) return FS_OK;
        s->start = *next;
        s->line++;
    }
}

static fs_status take_name(reader *r, const char *from, const char *to, fs_error *error)
{
    mds_table *t = r->table;
    while (from < to && (*from == ' ' || *from == '\t')) from++;
    size_t length = (size_t)(to - from);
    if (length > 1 && *from == '"' && from[length - 1] == '"') {
        from++;
        length -= 2;
    }
    char *name = mds_field_name(from, length, false, &t->names_arena);
    if (!name || !FS_GROW(t->labels, r->label_capacity, t->label_count + 1))
        return fs_fail_memory(error, "reading labels", 0);
    t->labels[t->label_count++] = name;
    return FS_OK;
}

static fs_status read_object(reader *r, size_t i, fs_error *error)
{
    mds_byte_source *s = r->source;
    size_t want = mds_counted_values(&r->rows, i), have = 0, end, next;
    fs_status status = mds_table_reserve(r->table, want, error);
    for (bool first = true; status == FS_OK && (first || have < want); first = false) {
        bool more;
        status = next_line(r, &end, &next, &more, error);
        if (status == FS_OK && !more && first)
            return fs_fail(error, FS_FORMAT,
                           "%s ends after %zu objects, but its first line says that there are %zu",
                           fs_input_name(s->input), i, r->rows.n);
        if (status) return status;
        if (!more) return wrong_count(r, i, have, error);
        const char *line = s->bytes + s->start, *stop = s->bytes + end, *name_end;
        const char *values = first ? mds_counted_name(r->rows.naming, line, stop, &name_end) : line;
        if (!values) return bad_value(r, line, stop, "does not begin with a name", error);
        if (first && r->rows.naming != MDS_NAMED_NOT && !s->options->labels)
            status = take_name(r, line, name_end, error);
        if (status == FS_OK) status = take_values(r, i, values, stop, &have, error);
        if (status == FS_OK && have > want) return wrong_count(r, i, have, error);
        s->start = next;
        s->line++;
    }
    return status;
}

/* Behind the last object: nothing, or other matrices (of a bootstrap), which are left. */
static fs_status check_end(reader *r, fs_error *error)
{
    size_t end, next;
    bool more;
    const char *flags;
    mds_byte_source *s = r->source;
    fs_status status = next_line(r, &end, &next, &more, error);
    if (status || !more) return status;
    if (mds_counted_count(s->bytes + s->start, s->bytes + end, &flags) != r->rows.n)
        return fs_fail(error, FS_FORMAT,
                       "%s: line %zu: there are more lines than the %zu objects of the first line need",
                       fs_input_name(s->input), s->line, r->rows.n);
    mds_table_add_note(r->table, MDS_HINT_NONE, "other matrices follow the first and are left out");
    return FS_OK;
}

static fs_status read_counted(mds_byte_source *source, mds_table *table, fs_error *error)
{
    reader r = {.source = source, .table = table};
    size_t begin = source->start;
    if (!find_counted(&r, &begin)) return fs_fail(error, FS_FORMAT, "the format is not what it looked like");
    bool tabs = memchr(source->bytes + source->start, '\t', source->end - source->start) != NULL;
    source->line += mds_lines_between(source->bytes + source->start, source->bytes + begin);
    source->start = begin;
    fs_status status = FS_OK;
    for (size_t i = 0; status == FS_OK && i < r.rows.n; i++) status = read_object(&r, i, error);
    if (status == FS_OK) status = check_end(&r, error);
    if (status) return status;
    bool square = r.rows.layout == MDS_LAYOUT_RECTANGLE;
    table->layout = r.rows.layout;
    table->rows = r.rows.n;
    table->columns = square ? r.rows.n : 0;
    if (table->labels) snprintf(table->labelled, sizeof table->labelled, "labels in front of the rows");
    snprintf(table->form, sizeof table->form, "%s",
             r.orange                         ? "Orange .dst"
             : r.rows.naming == MDS_NAMED_NOT ? "text below a count"
             : tabs                           ? "mothur"
                                              : "PHYLIP");
    return FS_OK;
}

const mds_table_format mds_table_counted = {.text = true, .looks_like = looks_like, .read = read_counted};
