#include "csv_dialect.h"

#include "text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Windows-1252, from 0x80 to 0x9F; above that it is Latin-1. */
static const uint16_t windows_1252[32] = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                          0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                          0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                          0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

static char *from_windows_1252(const char *text, size_t length, fs_arena *arena)
{
    char *name = fs_arena_alloc(arena, length + 1, 3), *to = name;
    if (!name) return NULL;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        to += fs_utf8_encode(c >= 0x80 && c < 0xA0 ? windows_1252[c - 0x80] : c, to);
    }
    *to = '\0';
    return name;
}

char *mds_field_name(const char *text, size_t length, bool doubled, fs_arena *arena)
{
    char *name = fs_utf8_valid(text, length) ? fs_arena_strndup(arena, text, length)
                                             : from_windows_1252(text, length, arena);
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

/* ---- header ---- */

static mds_field_kind kind_at(const mds_sample *s, size_t record, size_t field, char decimal)
{
    return mds_cell_kind(mds_sample_cell(s, record, field), decimal);
}

/* Whether all sampled rows from `from` on hold numbers or nothing in this field, and some do hold one. */
static bool numeric_below(const mds_sample *s, size_t from, size_t field, char decimal)
{
    bool some = false;
    for (size_t r = from; r < s->records; r++) {
        if (field >= mds_sample_size(s, r)) continue;
        mds_field_kind kind = kind_at(s, r, field, decimal);
        if (kind == MDS_KIND_TEXT) return false;
        some = some || kind == MDS_KIND_NUMBER;
    }
    return some;
}

/* ",0,1,2" or ",1,2,3": a written data frame whose columns have no names but numbers. */
static bool counted_header(const mds_sample *s)
{
    size_t size = mds_sample_size(s, 0);
    if (size < 3 || mds_sample_cell(s, 0, 0)->length != 0) return false;
    double first = 0;
    for (size_t f = 1; f < size; f++) {
        double value;
        const mds_cell *field = mds_sample_cell(s, 0, f);
        if (mds_field_value(field->text, field->length, '.', &value) != MDS_KIND_NUMBER) return false;
        if (f == 1) first = value;
        if (value != first + (double)(f - 1)) return false;
    }
    return first == 0 || first == 1;
}

static bool same_text(const mds_cell *a, const mds_cell *b)
{
    return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* An empty corner, and along the top the names that stand down the side, in any order, numbers though they
 * be. */
static bool mirrored_header(const mds_sample *s)
{
    size_t size = mds_sample_size(s, 0);
    if (size < 3 || s->records < 2 || mds_sample_cell(s, 0, 0)->length != 0) return false;
    for (size_t r = 1; r < s->records && r < size; r++) {
        const mds_cell *side = mds_sample_cell(s, r, 0);
        bool found = side->length > 0 && same_text(side, mds_sample_cell(s, 0, r));
        for (size_t f = 1; f < size && !found && side->length > 0; f++)
            found = same_text(side, mds_sample_cell(s, 0, f));
        if (!found) return false;
    }
    return true;
}

/* Quotes around all of the first row's fields that hold something, and around none below, the first column
 * aside: names that are numbers, as R writes them. */
static bool quoted_header(const mds_sample *s)
{
    if (s->records < 2) return false;
    size_t quoted = 0;
    for (size_t f = 0; f < mds_sample_size(s, 0); f++) {
        const mds_cell *cell = mds_sample_cell(s, 0, f);
        if (cell->length && !cell->quoted) return false;
        quoted += cell->length > 0;
    }
    for (size_t r = 1; r < s->records; r++)
        for (size_t f = 1; f < mds_sample_size(s, r); f++)
            if (mds_sample_cell(s, r, f)->quoted) return false;
    return quoted > 1;
}

/* With one name less than fields the names stand one to the right; but rows that go on growing are a
 * triangle, and two rows too few to tell. */
static bool shifted_header(const mds_sample *s, size_t least)
{
    if (s->records < least || mds_sample_size(s, 1) != mds_sample_size(s, 0) + 1) return false;
    for (size_t r = 2; r < s->records; r++)
        if (mds_sample_size(s, r) != mds_sample_size(s, 1)) return false;
    for (size_t r = 1; r < s->records; r++)
        if (mds_sample_cell(s, r, mds_sample_size(s, r) - 1)->length) return true;
    return false; /* the rows are longer by Excel's comma only */
}

/* Rows that grow from the second on, below a longer one: R's print of a distance matrix. */
static bool triangle_header(const mds_sample *s)
{
    if (s->records < 3 || mds_sample_size(s, 1) > 2 || mds_sample_size(s, 1) == mds_sample_size(s, 0) + 1)
        return false;
    for (size_t r = 2; r < s->records; r++)
        if (mds_sample_size(s, r) != mds_sample_size(s, r - 1) + 1) return false;
    return mds_sample_size(s, 0) >= 2;
}

bool mds_csv_has_header(const mds_sample *s, char decimal)
{
    if (s->records == 0) return false;
    size_t size = mds_sample_size(s, 0), texts = 0;
    size_t shift = shifted_header(s, 2);
    for (size_t f = 0; f < size; f++) {
        if (kind_at(s, 0, f, decimal) != MDS_KIND_TEXT) continue;
        texts++;
        if (numeric_below(s, 1, f + shift, decimal)) return true;
    }
    if (texts == size && (texts > 1 || s->records == 1)) return true;
    return counted_header(s) || mirrored_header(s) || quoted_header(s) || shifted_header(s, 3) ||
           triangle_header(s);
}

fs_status mds_csv_take_names(const mds_sample *s, size_t fields, mds_table *table, mds_csv_dialect *d,
                             fs_error *error)
{
    size_t given = mds_sample_size(s, 0);
    /* Names over Excel's empty columns are empty, and none. */
    while (fields && given > fields && mds_sample_cell(s, 0, given - 1)->length == 0) given--;
    bool shifted = given + 1 == fields; /* no name for the first column, nor an empty field */
    d->name_count = given + shifted;
    d->names = fs_arena_alloc(&table->names_arena, d->name_count, sizeof *d->names);
    if (!d->names) return fs_fail_memory(error, "reading the header", 0);
    for (size_t f = 0; f < d->name_count; f++) {
        static const mds_cell nothing = {.text = ""};
        const mds_cell *field = !shifted ? mds_sample_cell(s, 0, f)
                                : f      ? mds_sample_cell(s, 0, f - 1)
                                         : &nothing;
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

/* How many of the column's fields are text, of *rows that have it. */
static size_t texts_in(const mds_sample *s, const mds_csv_dialect *d, size_t field, size_t *rows)
{
    size_t texts = 0;
    *rows = 0;
    for (size_t r = d->header; r < s->records; r++) {
        if (field >= mds_sample_size(s, r)) continue;
        ++*rows;
        texts += kind_at(s, r, field, d->decimal) == MDS_KIND_TEXT;
    }
    return texts;
}

/* A first column in quotes, and no other. */
static bool quoted_column(const mds_sample *s, const mds_csv_dialect *d)
{
    size_t others = 0;
    for (size_t r = d->header; r < s->records; r++) {
        if (!mds_sample_cell(s, r, 0)->quoted) return false;
        for (size_t f = 1; f < mds_sample_size(s, r); f++, others++)
            if (mds_sample_cell(s, r, f)->quoted) return false;
    }
    return others > 0;
}

bool mds_index_name(const char *text, size_t length)
{
    static const char *const names[] = {"",     "label",    "labels",    "Unnamed: 0",
                                        "...1", "rownames", "row.names", "index"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && strncasecmp(text, names[i], length) == 0) return true;
    return false;
}

/* A first column that is headed as a number of objects is, and holds whole numbers, all different. */
static bool number_column(const mds_sample *s, const mds_csv_dialect *d)
{
    static const char *const names[] = {"id",     "no",      "nr",          "case",      "obs",
                                        "record", "subject", "participant", "respondent"};
    bool named = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        named = named || strcasecmp(d->names[0], names[i]) == 0;
    for (size_t r = d->header; named && r < s->records; r++) {
        const mds_cell *cell = mds_sample_cell(s, r, 0);
        double value;
        if (mds_field_value(cell->text, cell->length, d->decimal, &value) != MDS_KIND_NUMBER ||
            value != floor(value))
            return false;
        for (size_t before = d->header; before < r; before++) {
            const mds_cell *other = mds_sample_cell(s, before, 0);
            if (other->length == cell->length && memcmp(other->text, cell->text, cell->length) == 0)
                return false;
        }
    }
    return named;
}

/* The column of text, if there is one, holds the labels; or a first one that looks like row names, which is
 * left out beside a column of text. */
static fs_status find_labels(const mds_byte_source *source, const mds_sample *s, mds_csv_dialect *d,
                             mds_table *table, fs_error *error)
{
    size_t text[2] = {SIZE_MAX, SIZE_MAX}, texts = 0, rows;
    for (size_t f = 0; f < d->role_count; f++) {
        if (d->roles[f] != MDS_ROLE_VALUE) continue;
        /* One odd word among numbers is a mistake to report, not a label. */
        if (2 * texts_in(s, d, f, &rows) > rows && texts < 2) text[texts++] = f;
    }
    if (texts == 2) {
        table->hint = MDS_HINT_TEXT_COLUMNS;
        char first[MDS_EXCERPT_SIZE + 4], second[MDS_EXCERPT_SIZE + 4];
        return fs_fail(error, FS_ARGUMENT, "%s: columns %zu%s and %zu%s both hold text",
                       fs_input_name(source->input), text[0] + 1, in_brackets(d, text[0], first), text[1] + 1,
                       in_brackets(d, text[1], second));
    }
    bool index = d->role_count > 1 && d->roles[0] == MDS_ROLE_VALUE &&
                 (d->header && d->name_count > 1
                      ? mds_index_name(d->names[0], strlen(d->names[0])) || number_column(s, d)
                      : quoted_column(s, d));
    if (texts == 1) d->roles[text[0]] = MDS_ROLE_LABEL;
    if (index && text[0] != 0) d->roles[0] = texts == 1 ? MDS_ROLE_SKIP : MDS_ROLE_LABEL;
    return FS_OK;
}

fs_status mds_csv_find_roles(const mds_byte_source *source, const mds_sample *s, mds_csv_dialect *d,
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
    if (status || options->labels_only) return status;
    if (options->labels && memchr(d->roles, MDS_ROLE_LABEL, d->role_count)) {
        if (d->header && d->name_count > 1 && d->roles[0] == MDS_ROLE_VALUE && d->names[0][0] == '\0')
            d->roles[0] = MDS_ROLE_SKIP; /* row names beside the labels that are wanted */
        return FS_OK;
    }
    if (options->labels) return FS_OK;
    return find_labels(source, s, d, table, error);
}
