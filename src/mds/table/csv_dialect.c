#include "csv_dialect.h"

#include "text.h"

#include <string.h>
#include <strings.h>

enum { TITLES_MOST = 8, LOOKED_AT = 20 /* rows, for the separator */ };

const char *mds_excerpt(const char *text, size_t length, char out[MDS_EXCERPT_SIZE])
{
    fs_utf8_excerpt(text, length, out, MDS_EXCERPT_SIZE);
    return out;
}

/* ---- separator ---- */

static bool is_blank(char separator)
{
    return separator == ' ' || separator == MDS_WIDE_BLANK;
}

const char *mds_separator_form(char separator)
{
    return separator == '\t' ? "TSV" : is_blank(separator) ? "blank-separated text" : "CSV";
}

/* Whether records from `from` on are a table: all as long, or all but a header one shorter; or a triangle,
 * below a header or not. */
static bool rows_alike(const mds_sample *s, size_t from)
{
    size_t rows = s->records - from;
    if (s->records <= from || rows < 1) return false;
    bool alike = true, grows = rows > 2, shrinks = rows > 2;
    size_t last = mds_sample_size(s, s->records - 1), first = mds_sample_size(s, from);
    for (size_t r = from + 1; r < s->records; r++) {
        size_t size = mds_sample_size(s, r), before = mds_sample_size(s, r - 1);
        alike = alike && size == last;
        if (r == from + 1) continue;
        grows = grows && size == before + 1;
        shrinks = shrinks && size + 1 == before;
    }
    return grows || shrinks || (alike && last > 1 && (first == last || (rows > 2 && first + 1 == last)));
}

/* A line above the table: one field of text, and nothing else; between blanks any text. */
static bool is_title(const mds_sample *s, size_t r, char separator)
{
    size_t filled = 0, texts = 0;
    for (size_t f = 0; f < mds_sample_size(s, r); f++) {
        filled += mds_sample_cell(s, r, f)->length > 0;
        texts += mds_cell_kind(mds_sample_cell(s, r, f), '.') == MDS_KIND_TEXT;
    }
    return is_blank(separator) ? texts > 0 : filled == 1 && texts == 1;
}

static bool text_inside(const mds_sample *s)
{
    for (size_t r = 1; r < s->records; r++)
        for (size_t f = 1; f < mds_sample_size(s, r); f++)
            if (mds_cell_kind(mds_sample_cell(s, r, f), '.') == MDS_KIND_TEXT) return true;
    return false;
}

static fs_status alike_under(const mds_byte_source *source, mds_sample *s, char separator, size_t titles,
                             bool *alike, fs_error *error)
{
    fs_status status = mds_sample_take(source, separator, LOOKED_AT, s, error);
    *alike = status == FS_OK && s->records > titles;
    for (size_t r = 0; r < titles && *alike; r++) *alike = is_title(s, r, separator);
    *alike = *alike && rows_alike(s, titles);
    return status;
}

/* The separator that makes rows alike, below as few titles as can be; failing that, one that splits any. */
static fs_status find_separator(const mds_byte_source *source, mds_sample *s, char given, char *separator,
                                size_t *titles, fs_error *error)
{
    static const char candidates[] = {'\t', ';', ',', '|', ' ', MDS_WIDE_BLANK};
    char any = ',';
    bool found_any = false, alike;
    for (*titles = 0; *titles <= TITLES_MOST; ++*titles)
        for (size_t c = 0; c < sizeof candidates; c++) {
            char candidate = candidates[c];
            if (given && given != candidate) continue;
            fs_status status = alike_under(source, s, candidate, *titles, &alike, error);
            if (status) return status;
            if (alike) {
                *separator = candidate;
                if (candidate != ' ' || given || !text_inside(s)) return FS_OK;
                status = alike_under(source, s, MDS_WIDE_BLANK, *titles, &alike, error);
                if (alike) *separator = MDS_WIDE_BLANK;
                return status;
            }
            for (size_t r = 0; r < s->records && !found_any && *titles == 0; r++)
                if (mds_sample_size(s, r) > 1) {
                    found_any = true;
                    any = candidate;
                }
        }
    *titles = 0;
    *separator = given ? given : any;
    return FS_OK;
}

/* Excel's first line, "sep=;", with or without quotes. */
static void separator_line(mds_byte_source *source)
{
    const char *at = source->bytes + source->start, *end = source->bytes + source->end;
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    if (!stop) return;
    const char *c = at + (*at == '"');
    if (stop - c < 5 || strncasecmp(c, "sep=", 4) != 0 || !strchr(",;\t| ", c[4])) return;
    char separator = c[4];
    c += 5 + (c[5] == '"');
    while (*c == '\r' || *c == ' ' || *c == separator) c++;
    if (c != stop) return;
    source->start += (size_t)(stop + 1 - at);
    source->line++;
    source->separator = separator;
}

/* ---- titles ---- */

/* A row of as many fields as the table that is a title all the same: text, then nothing, above a header; or
 * nothing at all there. */
static bool padded_title(const mds_sample *s, char separator)
{
    if (s->records < 3 || is_blank(separator) || mds_sample_size(s, 0) < 3) return false;
    size_t texts[2] = {0, 0}, filled = 0;
    for (size_t r = 0; r < 2; r++)
        for (size_t f = 0; f < mds_sample_size(s, r); f++) {
            const mds_cell *cell = mds_sample_cell(s, r, f);
            if (r == 0) filled += cell->length > 0;
            texts[r] += mds_cell_kind(cell, '.') == MDS_KIND_TEXT;
        }
    if (filled > 1 || texts[0] != filled) return false;
    return texts[1] >= 2 || (filled && mds_sample_cell(s, 1, 0)->length == 0);
}

static fs_status skip_records(mds_byte_source *source, mds_sample *s, char separator, size_t count,
                              mds_table *table, fs_error *error)
{
    const char *begin = s->begins[count], *at = source->bytes + source->start;
    const mds_cell *title = s->count ? &s->fields[0] : NULL;
    if (title && title->length) {
        char shown[MDS_EXCERPT_SIZE];
        const char *stop = memchr(s->begins[0], '\n', (size_t)(begin - s->begins[0]));
        size_t length = is_blank(separator) && stop ? (size_t)(stop - s->begins[0]) : title->length;
        mds_table_add_note(table, MDS_HINT_NONE, "line %zu is taken for a title: '%s'",
                           source->line + mds_lines_between(at, s->begins[0]),
                           mds_excerpt(is_blank(separator) ? s->begins[0] : title->text, length, shown));
    }
    source->line += mds_lines_between(at, begin);
    source->start = (size_t)(begin - source->bytes);
    return mds_sample_take(source, separator, MDS_SAMPLE_RECORDS, s, error);
}

/* ---- decimal mark ---- */

/* What one number says about the decimal mark: '.', ',', or 0; *open when "1.584" may be either. */
static char mark_of(const mds_cell *cell, const char **open)
{
    const char *point = NULL, *comma = NULL;
    size_t points = 0, commas = 0;
    for (const char *c = cell->text; c < cell->text + cell->length; c++) {
        if (*c == '.') point = c, points++;
        if (*c == ',') comma = c, commas++;
    }
    if (points + commas == 0) return 0;
    char mark = points == 0 ? ',' : commas == 0 ? '.' : point > comma ? '.' : ',';
    if (points > 1 && commas == 0) mark = ',';
    if (commas > 1 && points == 0) mark = '.';
    if (mds_cell_kind(cell, mark) != MDS_KIND_NUMBER) return 0;
    if (points + commas > 1) return mark;
    char other = mark == '.' ? ',' : '.';
    if (mds_cell_kind(cell, other) != MDS_KIND_NUMBER) return mark;
    *open = cell->text;
    return 0;
}

static char find_decimal(const mds_sample *s, char separator, mds_table *table)
{
    const char *open = NULL;
    bool comma = false;
    size_t open_length = 0;
    for (size_t i = 0; i < s->count; i++) {
        const char *before = open;
        char mark = mark_of(&s->fields[i], &open);
        if (mark == '.') return '.';
        comma = comma || mark == ',';
        if (open != before) open_length = s->fields[i].length;
    }
    if (comma) return ',';
    if (!open) return '.';
    /* Nothing but groups of three digits behind a mark: 1.584 is one and a half, 1,584 between semicolons
     * too. */
    char mark = memchr(open, '.', open_length) ? '.' : separator == ',' ? '.' : ',';
    char shown[MDS_EXCERPT_SIZE];
    bool group = !memchr(open, mark, open_length);
    if (group || separator != ',')
        mds_table_add_note(table, mark == '.' ? MDS_HINT_DECIMAL_COMMA : MDS_HINT_DECIMAL_POINT,
                           "the mark in '%s' is taken for %s", mds_excerpt(open, open_length, shown),
                           group ? "one between thousands; if it is the decimal mark"
                                 : "the decimal mark; if it stands between thousands");
    return mark;
}

fs_status mds_csv_lines_find(mds_byte_source *source, mds_table *table, mds_csv_dialect *d, mds_sample *s,
                             fs_error *error)
{
    const mds_read_options *options = source->options;
    size_t titles = 0;
    separator_line(source);
    char given = options->separator ? options->separator : source->separator;
    fs_status status = find_separator(source, s, given, &d->separator, &titles, error);
    if (options->header) titles = 0;
    if (status == FS_OK) status = mds_sample_take(source, d->separator, MDS_SAMPLE_RECORDS, s, error);
    if (status == FS_OK && titles) status = skip_records(source, s, d->separator, titles, table, error);
    while (status == FS_OK && !options->header && padded_title(s, d->separator))
        status = skip_records(source, s, d->separator, 1, table, error);
    if (status) return status;
    d->decimal = options->decimal ? options->decimal : find_decimal(s, d->separator, table);
    mds_sample_digits(s, d->decimal, &table->digits, &table->decimals);
    return FS_OK;
}

/* ---- the whole ---- */

/* Empty fields at the end of every row (Excel's commas), which no name stands over. */
static size_t trailing_fields(const mds_sample *s, const mds_csv_dialect *d)
{
    if (is_blank(d->separator) || s->records < (size_t)d->header + 2) return 0;
    size_t least = SIZE_MAX;
    for (size_t r = 0; r < s->records; r++) {
        size_t size = mds_sample_size(s, r), empty = 0;
        if (r == 0 && d->header && size < d->fields) {
            empty = d->fields - size; /* it has none over them */
        } else {
            while (empty < size && mds_sample_cell(s, r, size - 1 - empty)->length == 0) empty++;
        }
        if (empty < least) least = empty;
    }
    return least >= d->fields ? 0 : least;
}

/* Fields a row has more than the row before, in a triangle; 0 otherwise. */
static int find_growth(const mds_sample *s, const mds_csv_dialect *d, mds_layout layout)
{
    switch (layout) {
    case MDS_LAYOUT_LOWER:
    case MDS_LAYOUT_LOWER_STRICT:
        return 1;
    case MDS_LAYOUT_UPPER:
    case MDS_LAYOUT_UPPER_STRICT:
        return -1;
    case MDS_LAYOUT_AUTO:
        break;
    default:
        return 0;
    }
    size_t from = d->header, rows = s->records - from;
    if (rows < 2) return 0;
    if (mds_sample_size(s, from + 1) == mds_sample_size(s, from) + 1 && d->fields <= 2) return 1;
    if (rows < 3 && mds_sample_size(s, from) > 3) return 0;
    for (size_t r = from + 1; r < s->records; r++)
        if (mds_sample_size(s, r) + 1 != mds_sample_size(s, r - 1)) return 0;
    return s->whole && mds_sample_size(s, s->records - 1) > 2 ? 0 : -1;
}

/* Numbers that count from 0, 1 or 2 down the first column of a triangle are labels, as R prints them. */
static bool counts_down(const mds_sample *s, const mds_csv_dialect *d)
{
    double first = 0, value;
    bool whole = true;
    for (size_t r = d->header; r < s->records; r++) {
        const mds_cell *cell = mds_sample_cell(s, r, 0);
        if (mds_field_value(cell->text, cell->length, '.', &value) != MDS_KIND_NUMBER) return false;
        if (r == d->header) first = value;
        if (value != first + (double)(r - d->header)) return false;
        for (size_t f = 1; f < mds_sample_size(s, r); f++)
            whole = whole &&
                    !memchr(mds_sample_cell(s, r, f)->text, d->decimal, mds_sample_cell(s, r, f)->length);
    }
    bool labels_needed = d->fields == 2;
    return s->records - d->header > 2 && first >= 0 && first <= 2 && (labels_needed || !whole);
}

static fs_status find_columns(mds_byte_source *source, mds_table *table, mds_csv_dialect *d, mds_sample *s,
                              fs_error *error)
{
    const mds_read_options *options = source->options;
    d->fields = mds_sample_size(s, d->header);
    size_t widest = 0, extra = trailing_fields(s, d);
    d->fields -= extra;
    for (size_t r = d->header; r < s->records; r++)
        if (mds_sample_size(s, r) - extra > widest) widest = mds_sample_size(s, r) - extra;
    d->growth = find_growth(s, d, options->layout);
    if (d->growth && extra && d->fields == 0) d->fields = 1;
    d->role_count = d->growth > 0 ? widest : d->fields;
    fs_status status = FS_OK;
    if (d->header) status = mds_csv_take_names(s, d->growth > 0 ? 0 : d->fields, table, d, error);
    if (status == FS_OK) status = mds_csv_find_roles(source, s, d, table, error);
    if (status) return status;
    bool labelled = memchr(d->roles, MDS_ROLE_LABEL, d->role_count) != NULL;
    if (d->growth > 0 && !labelled && !options->labels && options->layout == MDS_LAYOUT_AUTO &&
        counts_down(s, d)) {
        d->roles[0] = MDS_ROLE_LABEL;
        if (!d->header)
            mds_table_add_note(table, MDS_HINT_NONE,
                               "the first column counts the rows, so it is taken for labels, not values");
    }
    for (size_t f = 0; f < d->fields; f++) d->first_values += d->roles[f] == MDS_ROLE_VALUE;
    /* A triangle begins with one value or none; anything else is a table with a ragged second row. */
    if (d->growth > 0 && d->first_values > 1 && options->layout == MDS_LAYOUT_AUTO) {
        d->growth = 0;
        d->role_count = d->fields;
    }
    return FS_OK;
}

fs_status mds_csv_dialect_find(mds_byte_source *source, mds_table *table, mds_csv_dialect *d, fs_error *error)
{
    const mds_read_options *options = source->options;
    *d = (mds_csv_dialect){0};
    mds_sample s = {0};
    fs_status status = mds_csv_lines_find(source, table, d, &s, error);
    if (status) goto cleanup;
    d->header = options->header > 0 || (options->header == 0 && mds_csv_has_header(&s, d->decimal));
    if (s.records <= d->header) { /* nothing but a header, or one endless line */
        if (s.records == 0) d->header = false;
        if (d->header) status = mds_csv_take_names(&s, 0, table, d, error);
    } else {
        status = find_columns(source, table, d, &s, error);
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
