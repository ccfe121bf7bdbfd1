/* Delimited text, row by row. */
#include "csv_dialect.h"
#include "csv_fields.h"
#include "number_parse.h"
#include "table_formats.h"
#include "table_shape.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIELD_MOST = 16 << 20 };

typedef struct reader {
    mds_byte_source *source;
    mds_table *table;
    mds_csv_dialect dialect;
    size_t header_line, first_line; /* of the header, of the first row of data */
    size_t row;                     /* rows of data before it */
    size_t label_capacity, group_capacity;
} reader;

/* ---- messages ---- */

/* "line 4 (row 3), column 5 (Calais)" */
static const char *place(const reader *r, size_t field, char *out, size_t room)
{
    const mds_csv_dialect *d = &r->dialect;
    char shown[MDS_EXCERPT_SIZE];
    int n = snprintf(out, room, "line %zu (row %zu), column %zu", r->source->line, r->row + 1, field + 1);
    if (field < d->name_count && d->names[field][0] && n > 0 && (size_t)n < room)
        snprintf(out + n, room - (size_t)n, " (%s)",
                 mds_excerpt(d->names[field], strlen(d->names[field]), shown));
    return out;
}

static fs_status bad_field(const reader *r, size_t field, fs_status code, const char *text, size_t length,
                           const char *what, fs_error *error)
{
    char where[160], shown[MDS_EXCERPT_SIZE];
    return fs_fail(error, code, "%s: %s: '%s' %s", fs_input_name(r->source->input),
                   place(r, field, where, sizeof where), mds_excerpt(text, length, shown), what);
}

static fs_status not_a_number(const reader *r, size_t field, const mds_field *f, fs_error *error)
{
    const mds_csv_dialect *d = &r->dialect;
    double value;
    const char *what = "is not a number";
    if (d->decimal == '.' && mds_field_value(f->text, f->length, ',', &value) == MDS_KIND_NUMBER) {
        what = "is not a number (with a decimal comma?)";
        r->table->hint = MDS_HINT_DECIMAL_COMMA;
    } else if (d->decimal == ',' && mds_field_value(f->text, f->length, '.', &value) == MDS_KIND_NUMBER) {
        what = "is not a number (with a decimal point?)";
        r->table->hint = MDS_HINT_DECIMAL_POINT;
    } else if (r->row == 0 && !d->header && r->source->options->header == 0) {
        what = "is not a number (or does this line name the columns?)";
        r->table->hint = MDS_HINT_HEADER;
    }
    return bad_field(r, field, FS_FORMAT, f->text, f->length, what, error);
}

static fs_status bad_quote(const reader *r, size_t field, fs_error *error)
{
    char where[160];
    return fs_fail(error, FS_FORMAT, "%s: %s: text after a closing quote, or a quote that never closes",
                   fs_input_name(r->source->input), place(r, field, where, sizeof where));
}

/* A row of the wrong length; counts what is left of it. */
static fs_status ragged(reader *r, size_t fields, size_t expected, fs_error *error)
{
    const mds_csv_dialect *d = &r->dialect;
    const char *name = fs_input_name(r->source->input);
    if (d->growth)
        return fs_fail(error, FS_FORMAT,
                       "%s: line %zu (row %zu) has %zu field%s where %zu are expected: in %s triangle every "
                       "row has one %s than the row before",
                       name, r->source->line, r->row + 1, fields, fields == 1 ? "" : "s", expected,
                       d->growth > 0 ? "a lower" : "an upper", d->growth > 0 ? "more" : "less");
    return fs_fail(error, FS_FORMAT,
                   "%s: line %zu (row %zu) has %zu field%s where %zu %s expected, as in line %zu", name,
                   r->source->line, r->row + 1, fields, fields == 1 ? "" : "s", expected,
                   expected == 1 ? "is" : "are", r->first_line);
}

/* ---- fields ---- */

/* The whole field at the source's start, however long. */
static fs_status take_field(reader *r, size_t field, mds_field *out, fs_error *error)
{
    mds_byte_source *s = r->source;
    for (;;) {
        *out = mds_field_next(s->bytes + s->start, s->bytes + s->end, s->at_end, r->dialect.separator);
        if (out->stop == MDS_FIELD_BAD_QUOTE) return bad_quote(r, field, error);
        if (out->stop != MDS_FIELD_MORE) return FS_OK;
        if (s->end - s->start > FIELD_MOST) {
            char where[160];
            return fs_fail(error, FS_FORMAT, "%s: %s: a field of more than 16 MiB (an open quote?)",
                           fs_input_name(s->input), place(r, field, where, sizeof where));
        }
        fs_status status = mds_byte_source_fill(s, error);
        if (status) return status;
    }
}

static fs_status add_name(reader *r, const mds_field *field, char ***names, size_t *count, size_t *capacity,
                          fs_error *error)
{
    char **list = *names;
    char *name = mds_field_name(field->text, field->length, field->doubled, &r->table->names_arena);
    if (!name || !FS_GROW(list, *capacity, *count + 1)) return fs_fail_memory(error, "reading labels", 0);
    list[(*count)++] = name;
    *names = list;
    return FS_OK;
}

static fs_status add_value(reader *r, size_t field, double value, fs_error *error)
{
    mds_table *t = r->table;
    if (t->count == t->capacity) {
        fs_status status = mds_table_reserve(t, 1, error);
        if (status) return status;
    }
    t->values[t->count++] = value;
    if (isnan(value) && t->missing++ == 0) place(r, field, t->first_missing, sizeof t->first_missing);
    return FS_OK;
}

static fs_status use_field(reader *r, size_t field, const mds_field *f, fs_error *error)
{
    mds_table *t = r->table;
    const mds_csv_dialect *d = &r->dialect;
    double value;
    switch (field < d->role_count ? d->roles[field] : MDS_ROLE_VALUE) {
    case MDS_ROLE_LABEL:
        return add_name(r, f, &t->labels, &t->label_count, &r->label_capacity, error);
    case MDS_ROLE_GROUP:
        return add_name(r, f, &t->groups, &t->group_count, &r->group_capacity, error);
    case MDS_ROLE_SKIP:
        return FS_OK;
    default:
        if (mds_field_value(f->text, f->length, d->decimal, &value) == MDS_KIND_TEXT)
            return not_a_number(r, field, f, error);
        if (isinf(value))
            return bad_field(r, field, FS_DATA, f->text, f->length,
                             "is infinite, or too large for a double; leave the field empty if it is missing",
                             error);
        return add_value(r, field, value, error);
    }
}

/*
 * The quick way for what nearly every field is: a plain number, all of it at hand, followed by a separator or
 * a line end. True when the field was taken; *line_ends tells which. Anything unusual is left for the slow
 * way.
 */
static bool quick_number(reader *r, bool *line_ends)
{
    mds_byte_source *s = r->source;
    mds_table *t = r->table;
    const char separator = r->dialect.separator;
    const char *at = s->bytes + s->start;
    while (*at == ' ') at++;
    double value;
    const char *end = mds_number_parse(at, &value);
    if (end == at || t->count == t->capacity || !(fabs(value) <= DBL_MAX)) return false;
    if (separator == ' ') {
        const char *blank = end;
        while (*end == ' ' || *end == '\t') end++;
        if (end == blank && *end != '\n') return false;
        if (*end != '\n' && (*end == '\r' || *end == '\0')) return false;
        *line_ends = *end == '\n';
        end += *line_ends;
    } else if (*end == separator || *end == '\n') {
        *line_ends = *end == '\n';
        end++;
    } else {
        return false;
    }
    t->values[t->count++] = value;
    s->start = (size_t)(end - s->bytes);
    return true;
}

/* ---- rows ---- */

/* How many fields the row must have; SIZE_MAX when nothing is known yet. */
static size_t expected_fields(const reader *r)
{
    const mds_csv_dialect *d = &r->dialect;
    if (d->fields == 0) return SIZE_MAX;
    if (d->growth < 0) return d->fields > r->row ? d->fields - r->row : 0;
    return d->growth ? d->fields + r->row : d->fields;
}

static fs_status read_row(reader *r, fs_error *error)
{
    const mds_csv_dialect *d = &r->dialect;
    mds_byte_source *s = r->source;
    size_t expected = expected_fields(r), lines = 1;
    bool line_ends = false;
    if (expected != SIZE_MAX) {
        fs_status status = mds_table_reserve(r->table, expected, error);
        if (status) return status;
    }
    size_t field = 0, filled = 0; /* fields up to the last that counts or holds something */
    bool quick = d->decimal == '.' && d->separator != MDS_WIDE_BLANK;
    for (; !line_ends; field++) {
        bool value = field >= d->role_count || d->roles[field] == MDS_ROLE_VALUE;
        if (value && field < expected && quick && quick_number(r, &line_ends)) {
            filled = field + 1;
            continue;
        }
        mds_field f;
        fs_status status = take_field(r, field, &f, error);
        if (status == FS_OK && field < expected) status = use_field(r, field, &f, error);
        if (status) return status;
        lines += f.lines;
        line_ends = f.stop != MDS_FIELD_SEPARATOR;
        s->start = (size_t)(f.next - s->bytes);
        /* Excel ends rows with as many separators as its widest has. */
        if (field < expected || f.length) filled = field + 1;
    }
    if (expected != SIZE_MAX && field > expected && filled == expected) field = expected;
    if (expected != SIZE_MAX && field != expected) return ragged(r, field, expected, error);
    if (d->fields == 0) r->dialect.fields = field;
    r->source->line += lines;
    return FS_OK;
}

/* Past blank lines; *more tells whether a row follows. */
static fs_status skip_blank(reader *r, bool *more, fs_error *error)
{
    mds_byte_source *s = r->source;
    for (;;) {
        const char *at = s->bytes + s->start, *end = s->bytes + s->end;
        while (at < end && (*at == ' ' || *at == '\t' || *at == '\r')) at++;
        /* A row may begin with an empty field between tabs; only a line end makes a line blank. */
        if (at < end && *at != '\n') {
            *more = true;
            return FS_OK;
        }
        if (at < end) {
            s->start = (size_t)(at + 1 - s->bytes);
            r->source->line++;
        } else if (s->at_end) {
            *more = false;
            return FS_OK;
        } else {
            fs_status status = mds_byte_source_fill(s, error);
            if (status) return status;
        }
    }
}

/* Past the header, whose names are known. */
static fs_status skip_header(reader *r, fs_error *error)
{
    mds_byte_source *s = r->source;
    mds_field f;
    do {
        fs_status status = take_field(r, 0, &f, error);
        if (status) return status;
        s->start = (size_t)(f.next - s->bytes);
        r->source->line += f.lines;
    } while (f.stop == MDS_FIELD_SEPARATOR);
    r->source->line++;
    return FS_OK;
}

/* The header's names of the value columns, in their order. */
static fs_status keep_names(reader *r, fs_error *error)
{
    const mds_csv_dialect *d = &r->dialect;
    mds_table *t = r->table;
    if (!d->header) return FS_OK;
    if (!d->growth && d->fields && d->name_count != d->fields)
        return fs_fail(
            error, FS_FORMAT, "%s: the header (line %zu) has %zu names but line %zu has %zu fields",
            fs_input_name(r->source->input), r->header_line, d->name_count, r->source->line, d->fields);
    t->names = fs_arena_alloc(&t->names_arena, d->name_count + 1, sizeof *t->names);
    if (!t->names) return fs_fail_memory(error, "reading the header", 0);
    for (size_t f = 0; f < d->name_count; f++) {
        /* Over a triangle the header may or may not have a name for the column of labels. */
        bool value = d->growth ? d->names[f][0] != '\0' : f >= d->role_count || d->roles[f] == MDS_ROLE_VALUE;
        if (value) t->names[t->name_count++] = d->names[f];
    }
    return FS_OK;
}

/* Whether the first (or last) value of each of the table's rows is 0 or missing. */
static bool zero_diagonal(const mds_table *t, bool upper)
{
    for (size_t i = 0, at = 0; i < t->rows; i++) {
        size_t length = upper ? t->rows - i : i + 1;
        double value = t->values[upper ? at : at + i];
        if (value != 0 && !isnan(value)) return false;
        at += length;
    }
    return true;
}

static fs_status choose_triangle(reader *r, fs_error *error)
{
    mds_table *t = r->table;
    const char *name = fs_input_name(r->source->input);
    bool upper = r->dialect.growth < 0;
    size_t values = r->dialect.first_values;
    mds_layout wanted = r->source->options->layout, strict = MDS_LAYOUT_LOWER_STRICT, full = MDS_LAYOUT_LOWER;
    bool whole = values == 1;
    if (upper) {
        strict = MDS_LAYOUT_UPPER_STRICT;
        full = MDS_LAYOUT_UPPER;
        whole = values == t->rows;
        if (!r->source->options->rows && t->count != values * (values + 1) / 2)
            return fs_fail(
                error, FS_FORMAT,
                "%s: rows that shrink by one from %zu values make an upper triangle of %zu values; "
                "there are %zu",
                name, values, values * (values + 1) / 2, t->count);
    }
    t->layout = wanted != MDS_LAYOUT_AUTO ? wanted : whole && zero_diagonal(t, upper) ? full : strict;
    if (!upper && t->layout == full && values != 1)
        return fs_fail(error, FS_FORMAT,
                       "%s: the first row of a lower triangle with diagonal has one value, not %zu", name,
                       values);
    return FS_OK;
}

static fs_status choose_layout(reader *r, fs_error *error)
{
    mds_table *t = r->table;
    const char *name = fs_input_name(r->source->input);
    if (r->row == 0)
        return fs_fail(error, FS_DATA,
                       r->dialect.header ? "%s has a header but no rows" : "%s is empty: it has no rows",
                       name);
    t->rows = r->row;
    if (t->count == 0 && !r->source->options->labels_only)
        return fs_fail(error, FS_DATA, "%s has %zu rows but no column of numbers", name, r->row);
    if (r->dialect.growth) return choose_triangle(r, error);
    t->layout = MDS_LAYOUT_RECTANGLE;
    t->columns = t->count / t->rows;
    return FS_OK;
}

/* Clustal numbers the names of its matrices: "1: seqA". */
static void drop_numbers(mds_table *t)
{
    char number[24];
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < t->label_count; i++) {
            size_t length = (size_t)snprintf(number, sizeof number, "%zu:", i + 1);
            if (strncmp(t->labels[i], number, length) != 0) return;
            length += strspn(t->labels[i] + length, " ");
            if (pass) t->labels[i] += length;
        }
}

/* Where the labels stood, for a person. */
static void tell_labels(reader *r)
{
    mds_table *t = r->table;
    const mds_csv_dialect *d = &r->dialect;
    if (!t->labels) return;
    const unsigned char *role = memchr(d->roles, MDS_ROLE_LABEL, d->role_count);
    size_t field = role ? (size_t)(role - d->roles) : 0;
    char shown[MDS_EXCERPT_SIZE];
    if (!d->growth && field < d->name_count && d->names[field][0])
        snprintf(t->labelled, sizeof t->labelled, "labels in column %zu (%s)", field + 1,
                 mds_excerpt(d->names[field], strlen(d->names[field]), shown));
    else if (field == 0)
        snprintf(t->labelled, sizeof t->labelled, "labels in the first column");
    else
        snprintf(t->labelled, sizeof t->labelled, "labels in column %zu", field + 1);
}

static fs_status read_csv(mds_byte_source *source, mds_table *table, fs_error *error)
{
    reader r = {.source = source, .table = table};
    fs_status status = mds_csv_dialect_find(source, table, &r.dialect, error);
    if (status) return status;
    r.header_line = source->line;
    if (r.dialect.header) status = skip_header(&r, error);
    bool more = false;
    if (status == FS_OK) status = skip_blank(&r, &more, error);
    r.first_line = source->line;
    if (status == FS_OK) status = keep_names(&r, error);
    /* One row more than asked for, as the first may turn out to be a header of numbers. */
    size_t most = source->options->rows ? source->options->rows + !r.dialect.header : 0;
    while (status == FS_OK && more && (most == 0 || r.row < most)) {
        status = read_row(&r, error);
        r.row++;
        if (status == FS_OK) status = skip_blank(&r, &more, error);
    }
    if (status == FS_OK) status = choose_layout(&r, error);
    if (status == FS_OK) {
        tell_labels(&r);
        drop_numbers(table);
        status = mds_table_find_shape(table, source->options, error);
    }
    snprintf(table->form, sizeof table->form, "%s", mds_separator_form(r.dialect.separator));
    mds_csv_dialect_fini(&r.dialect);
    return status;
}

const mds_table_format mds_table_csv = {.text = true, .read = read_csv};
