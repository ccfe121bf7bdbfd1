#include "csv_dialect.h"

#include "csv_fields.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    SAMPLE_BYTES = 64 << 10, /* look at this much, and at three lines at least */
    SAMPLE_LINES = 3,
    SAMPLE_MOST = 8 << 20, /* but a single line is not followed for longer than this */
    RECORDS_MOST = 64,
    FIELDS_MOST = 1 << 18 /* once three lines are there */
};

/* A field, small enough to keep millions of. */
typedef struct cell {
    const char *text;
    uint32_t length; /* below SAMPLE_MOST */
    bool doubled;
} cell;

/* The first records, field by field. */
typedef struct sample {
    cell *fields;
    size_t count, capacity;
    size_t first[RECORDS_MOST + 1]; /* record r is fields[first[r] .. first[r + 1]) */
    size_t records;
} sample;

const char *mds_excerpt(const char *text, size_t length, char out[MDS_EXCERPT_SIZE])
{
    fs_utf8_excerpt(text, length, out, MDS_EXCERPT_SIZE);
    return out;
}

char *mds_field_name(const char *text, size_t length, bool doubled, fs_arena *arena)
{
    char *name = fs_arena_strndup(arena, text, length);
    if (!name || !doubled) return name;
    char *to = name;
    for (const char *from = name; *from; from++) {
        if (*from == '"' && from[1] == '"') from++;
        *to++ = *from;
    }
    *to = '\0';
    return name;
}

size_t mds_csv_column(const mds_csv_dialect *dialect, const char *column)
{
    for (size_t f = 0; f < dialect->name_count; f++)
        if (strcmp(dialect->names[f], column) == 0) return f;
    char *end;
    errno = 0;
    unsigned long number = strtoul(column, &end, 10);
    if (errno || end == column || *end || column[0] == '-' || number == 0) return SIZE_MAX;
    return number <= dialect->role_count ? number - 1 : SIZE_MAX;
}

/* ---- the sample ---- */

static size_t count_lines(const mds_byte_source *source, size_t enough)
{
    size_t lines = 0;
    const char *at = source->bytes + source->start, *end = source->bytes + source->end;
    while (lines < enough && (at = memchr(at, '\n', (size_t)(end - at)))) {
        lines++;
        at++;
    }
    return lines;
}

static fs_status fill_sample(mds_byte_source *source, fs_error *error)
{
    for (;;) {
        size_t have = source->end - source->start;
        if (source->at_end || have >= SAMPLE_MOST) return FS_OK;
        if (have >= SAMPLE_BYTES && count_lines(source, SAMPLE_LINES) == SAMPLE_LINES) return FS_OK;
        fs_status status = mds_byte_source_fill(source, error);
        if (status) return status;
    }
}

/* Past the byte order mark, comments and blank lines; *line is the number of the line that comes. */
static fs_status skip_preface(mds_byte_source *source, size_t *line, fs_error *error)
{
    const char *name = fs_input_name(source->input);
    const char *bytes = source->bytes + source->start;
    size_t have = source->end - source->start;
    if (have >= 2 && (memcmp(bytes, "\xFF\xFE", 2) == 0 || memcmp(bytes, "\xFE\xFF", 2) == 0))
        return fs_fail(error, FS_FORMAT,
                       "%s is UTF-16 text; save it as UTF-8 (iconv -f UTF-16 -t UTF-8 does that)", name);
    if (have >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) source->start += 3;
    *line = 1;
    for (;;) {
        const char *at = source->bytes + source->start, *end = source->bytes + source->end;
        const char *c = at;
        while (c < end && (*c == ' ' || *c == '\t' || *c == '\r')) c++;
        if (c < end && *c != '#' && *c != '\n') break;
        c = memchr(c, '\n', (size_t)(end - c));
        if (c) {
            source->start += (size_t)(c + 1 - at);
            ++*line;
            continue;
        }
        if (source->at_end) {
            source->start = source->end;
            break;
        }
        fs_status status = mds_byte_source_fill(source, error);
        if (status) return status;
    }
    /* memchr for NUL would also find the padding: look only at what was read. */
    have = source->end - source->start;
    if (memchr(source->bytes + source->start, '\0', have < SAMPLE_BYTES ? have : SAMPLE_BYTES))
        return fs_fail(error, FS_FORMAT, "%s holds binary data; CSV, TSV and NPY files can be read", name);
    return FS_OK;
}

static bool blank_line(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r')) at++;
    return at < end && *at == '\n';
}

static fs_status take_sample(const mds_byte_source *source, char separator, size_t most, sample *s,
                             fs_error *error)
{
    s->count = 0;
    s->records = 0;
    const char *at = source->bytes + source->start, *end = source->bytes + source->end;
    while (at < end && s->records < most && (s->records < 3 || s->count < FIELDS_MOST)) {
        if (blank_line(at, end)) {
            at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
            continue;
        }
        s->first[s->records] = s->count;
        mds_field field;
        do {
            field = mds_field_next(at, end, source->at_end, separator);
            if (field.stop >= MDS_FIELD_MORE) break; /* cut off, or wrong: the reading will tell */
            if (!FS_GROW(s->fields, s->capacity, s->count + 1))
                return fs_fail_memory(error, "looking at the first rows", s->count * sizeof *s->fields);
            s->fields[s->count++] = (cell){field.text, (uint32_t)field.length, field.doubled};
            at = field.next;
        } while (field.stop == MDS_FIELD_SEPARATOR);
        if (field.stop >= MDS_FIELD_MORE) {
            s->count = s->first[s->records];
            break;
        }
        s->records++;
    }
    s->first[s->records] = s->count;
    return FS_OK;
}

static size_t record_size(const sample *s, size_t record)
{
    return s->first[record + 1] - s->first[record];
}

static const cell *record_field(const sample *s, size_t record, size_t field)
{
    return &s->fields[s->first[record] + field];
}

/* ---- separator, decimal ---- */

/* The separator that splits every row alike; failing that, one that splits any. */
static fs_status find_separator(const mds_byte_source *source, sample *s, char *separator, fs_error *error)
{
    static const char candidates[] = {'\t', ';', ',', '|', ' '};
    char any = ',';
    bool found_any = false;
    for (size_t c = 0; c < sizeof candidates; c++) {
        fs_status status = take_sample(source, candidates[c], 20, s, error);
        if (status) return status;
        bool alike = s->records > 0, grows = s->records > 2, splits = false;
        for (size_t r = 0; r < s->records; r++) {
            size_t size = record_size(s, r);
            alike = alike && size > 1 && size == record_size(s, 0);
            /* a lower triangle; its first row may be a header */
            if (r > 1) grows = grows && size == record_size(s, r - 1) + 1;
            splits = splits || size > 1;
        }
        if (alike || grows) {
            *separator = candidates[c];
            return FS_OK;
        }
        if (splits && !found_any) {
            any = candidates[c];
            found_any = true;
        }
    }
    *separator = any;
    return FS_OK;
}

static char find_decimal(const sample *s, char separator)
{
    if (separator == ',') return '.';
    bool comma = false;
    for (size_t i = 0; i < s->count; i++) {
        const cell *field = &s->fields[i];
        double value;
        if (memchr(field->text, '.', field->length) &&
            mds_field_value(field->text, field->length, '.', &value) == MDS_KIND_NUMBER)
            return '.';
        if (memchr(field->text, ',', field->length) &&
            mds_field_value(field->text, field->length, ',', &value) == MDS_KIND_NUMBER)
            comma = true;
    }
    return comma ? ',' : '.';
}

/* ---- header ---- */

static mds_field_kind kind_at(const sample *s, size_t record, size_t field, char decimal)
{
    const cell *f = record_field(s, record, field);
    double value;
    return mds_field_value(f->text, f->length, decimal, &value);
}

/* Whether all sampled rows from `from` on hold numbers or nothing in this field, and some do hold one. */
static bool numeric_below(const sample *s, size_t from, size_t field, char decimal)
{
    bool some = false;
    for (size_t r = from; r < s->records; r++) {
        if (field >= record_size(s, r)) continue;
        mds_field_kind kind = kind_at(s, r, field, decimal);
        if (kind == MDS_KIND_TEXT) return false;
        some = some || kind == MDS_KIND_NUMBER;
    }
    return some;
}

/* ",0,1,2" or ",1,2,3": a written data frame whose columns have no names but numbers. */
static bool counted_header(const sample *s)
{
    size_t size = record_size(s, 0);
    if (size < 3 || record_field(s, 0, 0)->length != 0) return false;
    double first = 0;
    for (size_t f = 1; f < size; f++) {
        double value;
        const cell *field = record_field(s, 0, f);
        if (mds_field_value(field->text, field->length, '.', &value) != MDS_KIND_NUMBER) return false;
        if (f == 1) first = value;
        if (value != first + (double)(f - 1)) return false;
    }
    return first == 0 || first == 1;
}

/* An empty corner, and the same names along the top as down the side, numbers though they be. */
static bool mirrored_header(const sample *s)
{
    size_t size = record_size(s, 0);
    if (size < 3 || s->records < 2 || record_field(s, 0, 0)->length != 0) return false;
    for (size_t r = 1; r < s->records && r < size; r++) {
        const cell *top = record_field(s, 0, r), *side = record_field(s, r, 0);
        if (top->length == 0 || top->length != side->length ||
            memcmp(top->text, side->text, top->length) != 0)
            return false;
    }
    return true;
}

static bool find_header(const sample *s, char decimal)
{
    if (s->records == 0) return false;
    size_t size = record_size(s, 0), texts = 0;
    /* With one name less than fields the names stand one to the right; but rows that go on growing are a
     * triangle. */
    size_t shift = s->records > 1 && record_size(s, 1) == size + 1 &&
                   (s->records == 2 || record_size(s, 2) == record_size(s, 1));
    for (size_t f = 0; f < size; f++) {
        if (kind_at(s, 0, f, decimal) != MDS_KIND_TEXT) continue;
        texts++;
        if (numeric_below(s, 1, f + shift, decimal)) return true;
    }
    return (texts == size && (texts > 1 || s->records == 1)) || counted_header(s) || mirrored_header(s);
}

static fs_status take_names(const sample *s, size_t fields, mds_table *table, mds_csv_dialect *d,
                            fs_error *error)
{
    size_t given = record_size(s, 0);
    bool shifted = given + 1 == fields;
    d->name_count = given + shifted;
    d->names = fs_arena_alloc(&table->names_arena, d->name_count, sizeof *d->names);
    if (!d->names) return fs_fail_memory(error, "reading the header", 0);
    for (size_t f = 0; f < d->name_count; f++) {
        static const cell nothing = {.text = ""};
        const cell *field = !shifted ? record_field(s, 0, f) : f ? record_field(s, 0, f - 1) : &nothing;
        d->names[f] = mds_field_name(field->text, field->length, field->doubled, &table->names_arena);
        if (!d->names[f]) return fs_fail_memory(error, "reading the header", 0);
    }
    return FS_OK;
}

/* ---- roles of the columns ---- */

static fs_status no_such_column(const mds_byte_source *source, const mds_csv_dialect *d, const char *column,
                                fs_error *error)
{
    bool number = column[strspn(column, "0123456789")] == '\0';
    const char *near =
        d->names && !number ? fs_nearest(column, (const char *const *)d->names, d->name_count) : NULL;
    const char *file = fs_input_name(source->input);
    if (near && near[0])
        return fs_fail(error, FS_ARGUMENT, "%s has no column '%s'; did you mean '%s'?", file, column, near);
    if (d->names)
        return fs_fail(error, FS_ARGUMENT, "%s has no column '%s'; its header names %zu columns", file,
                       column, d->name_count);
    return fs_fail(error, FS_ARGUMENT,
                   "%s has no column '%s'; it has no header, so say a number from 1 to %zu", file, column,
                   d->role_count);
}

/* The column that is meant for labels, groups or nothing. With `elsewhere` it may be missing. */
static fs_status give_role(const mds_byte_source *source, mds_csv_dialect *d, const char *column,
                           mds_column_role role, bool elsewhere, fs_error *error)
{
    size_t field = mds_csv_column(d, column);
    if (field < d->role_count) d->roles[field] = (unsigned char)role;
    return field < d->role_count || elsewhere ? FS_OK : no_such_column(source, d, column, error);
}

/* " (name)" of a column that has one. */
static const char *in_brackets(const mds_csv_dialect *d, size_t field, char out[MDS_EXCERPT_SIZE + 4])
{
    char shown[MDS_EXCERPT_SIZE];
    out[0] = '\0';
    if (field < d->name_count && d->names[field][0])
        snprintf(out, MDS_EXCERPT_SIZE + 4, " (%s)",
                 mds_excerpt(d->names[field], strlen(d->names[field]), shown));
    return out;
}

/* The column of text, if there is one, holds the labels; or a first column with a header of "" or "label". */
static fs_status find_labels(const mds_byte_source *source, const sample *s, mds_csv_dialect *d,
                             mds_table *table, fs_error *error)
{
    size_t text[2] = {SIZE_MAX, SIZE_MAX}, texts = 0;
    for (size_t f = 0; f < d->role_count; f++) {
        if (d->roles[f] != MDS_ROLE_VALUE) continue;
        size_t with_text = 0, rows = 0;
        for (size_t r = d->header; r < s->records; r++) {
            if (f >= record_size(s, r)) continue;
            rows++;
            with_text += kind_at(s, r, f, d->decimal) == MDS_KIND_TEXT;
        }
        /* One odd word among numbers is a mistake to report, not a label. */
        if (2 * with_text > rows && texts < 2) text[texts++] = f;
    }
    if (texts == 2) {
        table->hint = MDS_HINT_TEXT_COLUMNS;
        char first[MDS_EXCERPT_SIZE + 4], second[MDS_EXCERPT_SIZE + 4];
        return fs_fail(error, FS_ARGUMENT, "%s: columns %zu%s and %zu%s both hold text",
                       fs_input_name(source->input), text[0] + 1, in_brackets(d, text[0], first), text[1] + 1,
                       in_brackets(d, text[1], second));
    }
    if (texts == 1)
        d->roles[text[0]] = MDS_ROLE_LABEL;
    else if (d->header && d->name_count > 1 && d->roles[0] == MDS_ROLE_VALUE &&
             (d->names[0][0] == '\0' || strcasecmp(d->names[0], "label") == 0))
        d->roles[0] = MDS_ROLE_LABEL;
    return FS_OK;
}

static fs_status find_roles(const mds_byte_source *source, const sample *s, mds_csv_dialect *d,
                            mds_table *table, fs_error *error)
{
    const mds_read_options *options = source->options;
    fs_status status = FS_OK;
    d->roles = fs_alloc_0(d->role_count, sizeof *d->roles); /* MDS_ROLE_VALUE is 0 */
    if (!d->roles) return fs_fail_memory(error, "looking at the first rows", d->role_count);
    if (options->labels_only) memset(d->roles, MDS_ROLE_SKIP, d->role_count);
    for (size_t i = 0; status == FS_OK && i < options->skip_count; i++)
        status = give_role(source, d, options->skip[i], MDS_ROLE_SKIP, false, error);
    if (status) return status;
    table->hint = MDS_HINT_NAMES_COLUMN;
    if (options->groups)
        status = give_role(source, d, options->groups, MDS_ROLE_GROUP, options->groups_elsewhere, error);
    if (status == FS_OK && options->labels)
        status = give_role(source, d, options->labels, MDS_ROLE_LABEL, options->labels_elsewhere, error);
    if (status == FS_OK) table->hint = MDS_HINT_NONE;
    if (status || options->labels) return status;
    return find_labels(source, s, d, table, error);
}

/* Lines that all end in a separator have one empty field too many. (In a square with an empty upper triangle
 * the first line has more empty fields than that.) */
static void drop_trailing_field(const sample *s, mds_csv_dialect *d)
{
    size_t rows = s->records - d->header;
    if (rows < 2 || d->fields < 2 || d->lower || d->separator == ' ') return;
    for (size_t f = 0; f + 1 < d->fields; f++)
        if (record_field(s, d->header, f)->length == 0) return;
    for (size_t r = 0; r < s->records; r++) {
        size_t size = record_size(s, r);
        if (size != d->fields || record_field(s, r, size - 1)->length != 0) return;
    }
    d->roles[d->fields - 1] = MDS_ROLE_SKIP;
}

fs_status mds_csv_dialect_find(mds_byte_source *source, mds_table *table, mds_csv_dialect *d, fs_error *error)
{
    const mds_read_options *options = source->options;
    *d = (mds_csv_dialect){.separator = options->separator, .decimal = options->decimal, .line = 1};
    sample s = {0};
    fs_status status = fill_sample(source, error);
    if (status == FS_OK) status = skip_preface(source, &d->line, error);
    if (status == FS_OK) status = fill_sample(source, error);
    if (status == FS_OK && !d->separator) status = find_separator(source, &s, &d->separator, error);
    if (status == FS_OK) status = take_sample(source, d->separator, RECORDS_MOST, &s, error);
    if (status) goto cleanup;

    if (!d->decimal) d->decimal = find_decimal(&s, d->separator);
    d->header = options->header > 0 || (options->header == 0 && find_header(&s, d->decimal));
    if (s.records <= d->header) { /* nothing but a header, or one endless line */
        if (s.records == 0) d->header = false;
        if (d->header) status = take_names(&s, 0, table, d, error);
        goto cleanup;
    }
    d->fields = record_size(&s, d->header);
    size_t widest = d->fields;
    for (size_t r = 0; r < s.records; r++)
        if (record_size(&s, r) > widest) widest = record_size(&s, r);
    if (options->layout == MDS_LAYOUT_LOWER || options->layout == MDS_LAYOUT_LOWER_STRICT)
        d->lower = true;
    else if (options->layout == MDS_LAYOUT_AUTO && s.records > (size_t)d->header + 1)
        d->lower = record_size(&s, (size_t)d->header + 1) == d->fields + 1 && d->fields <= 2;
    d->role_count = d->lower ? widest : d->fields;
    if (d->header) status = take_names(&s, d->lower ? 0 : d->fields, table, d, error);
    if (status == FS_OK) status = find_roles(source, &s, d, table, error);
    if (status) goto cleanup;
    drop_trailing_field(&s, d);
    for (size_t f = 0; f < d->fields; f++) d->first_values += d->roles[f] == MDS_ROLE_VALUE;
    /* A triangle begins with one value or none; anything else is a table with a ragged second row. */
    if (d->lower && d->first_values > 1 && options->layout == MDS_LAYOUT_AUTO) {
        d->lower = false;
        d->role_count = d->fields;
    }
cleanup:
    if (status) mds_csv_dialect_fini(d);
    fs_free(s.fields);
    return status;
}

void mds_csv_dialect_fini(mds_csv_dialect *dialect)
{
    fs_free(dialect->roles);
    *dialect = (mds_csv_dialect){0};
}
