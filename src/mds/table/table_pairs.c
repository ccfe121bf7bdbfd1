/*
 * Lists of pairs: "from to value" on each line, with other columns behind, and a header, or without.
 *
 * What is one: the first two columns are the objects, the third (or the first behind them whose name says so)
 * the value; ids are all text or all numbers. With ids of text, when some object stands on both sides, or the
 * header says "from, to" or the like. With ids of numbers, when no pair is given twice, an object's own value
 * is 0, and the list is complete (or, too long to see the end of, in the order of a matrix), or the header
 * says so.
 */
#include "csv_dialect.h"
#include "number_parse.h"
#include "pair_list.h"
#include "table_formats.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LOOKED_AT = 20000 /* pairs, to tell what they are */ };

typedef struct reader {
    mds_byte_source *source;
    mds_table *table;
    mds_csv_dialect dialect;
    mds_pair_list list;
    size_t id, value;             /* columns: the first of the two ids; the value */
    size_t width;                 /* columns that hold anything */
    bool named;                   /* the header says that these are pairs */
    char extra[MDS_EXCERPT_SIZE]; /* the column behind the value, "" without */
} reader;

static bool one_of(const mds_cell *cell, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == cell->length && strncasecmp(cell->text, *words, cell->length) == 0) return true;
    return false;
}

static bool header_says_pairs(const mds_cell *from, const mds_cell *to)
{
    static const char *const ones[] = {"from",    "source",   "i",     "a",      "id1",     "item1",
                                       "object1", "var1",     "row",   "query",  "seq1",    "obj1",
                                       "name1",   "x1",       "node1", "label1", "sample1", "level_0",
                                       "index1",  "species1", "site1", NULL};
    static const char *const others[] = {"to",      "target",   "j",     "b",       "id2",     "item2",
                                         "object2", "var2",     "col",   "subject", "seq2",    "obj2",
                                         "name2",   "x2",       "node2", "label2",  "sample2", "level_1",
                                         "index2",  "species2", "site2", "column",  NULL};
    return one_of(from, ones) && one_of(to, others);
}

/* ---- columns ---- */

/* The first column numbers the rows: its header is empty or a program's word for that. */
static bool index_column(const mds_sample *s, bool header)
{
    const mds_cell *head = mds_sample_cell(s, 0, 0);
    if (!header || !mds_index_name(head->text, head->length)) return false;
    double first = 0, value;
    for (size_t r = 1; r < s->records; r++) {
        const mds_cell *cell = mds_sample_cell(s, r, 0);
        if (mds_field_value(cell->text, cell->length, '.', &value) != MDS_KIND_NUMBER) return false;
        if (r == 1) first = value;
        if (value != first + (double)(r - 1)) return false;
    }
    return true;
}

static bool all_numbers(const mds_sample *s, size_t from, size_t column, char decimal)
{
    for (size_t k = from; k < s->records; k++)
        if (mds_cell_kind(mds_sample_cell(s, k, column), decimal) == MDS_KIND_TEXT) return false;
    return true;
}

/* Whether the columns can be pairs; finds out which is which. */
static bool find_pair_columns(reader *r, const mds_sample *s, bool told)
{
    const char decimal = r->dialect.decimal;
    size_t last = s->records - 1, width = mds_sample_size(s, last);
    if (s->records < 1) return false;
    while (width > 0 && mds_sample_cell(s, last, width - 1)->length == 0) width--;
    size_t shift = s->records > 1 && mds_sample_size(s, 0) + 1 == mds_sample_size(s, 1);
    if (width < 3 || (width > 8 && !told)) return false;
    for (size_t k = 1; k < s->records; k++)
        if (mds_sample_size(s, k) != mds_sample_size(s, last)) return false;
    if (shift == 0 && mds_sample_size(s, 0) < width) return false;
    bool text_above = mds_cell_kind(mds_sample_cell(s, 0, width - 1 - shift), decimal) == MDS_KIND_TEXT;
    size_t id = width > 3 && index_column(s, true) ? 1 : 0;
    const mds_cell *from = mds_sample_cell(s, 0, id);
    bool says = !shift && from->length > 1 && header_says_pairs(from, mds_sample_cell(s, 0, id + 1));
    bool header = s->records > 1 && (shift || text_above || says);
    if (r->source->options->header) header = r->source->options->header > 0;
    r->dialect.header = header;
    r->id = shift ? 1 : width > 3 && index_column(s, header) ? 1 : 0;
    r->value = r->id + 2;
    r->width = width;
    if (r->value >= width) return false;
    if (header)
        r->named =
            header_says_pairs(mds_sample_cell(s, 0, r->id - shift), mds_sample_cell(s, 0, r->id + 1 - shift));
    for (size_t f = r->value; header && f < width; f++) {
        static const char *const words[] = {"distance", "dist", "dissimilarity", "value", "d", "delta", NULL};
        if (one_of(mds_sample_cell(s, 0, f - shift), words)) {
            r->value = f;
            break;
        }
    }
    size_t extra = r->value + 1 < width ? r->value + 1 : r->value > r->id + 2 ? r->id + 2 : 0;
    if (extra && header) {
        const mds_cell *cell = mds_sample_cell(s, 0, extra - shift);
        mds_excerpt(cell->text, cell->length, r->extra);
    } else if (extra) {
        snprintf(r->extra, sizeof r->extra, "%zu", extra + 1);
    }
    /* Names before numbers are labels before the rows of a matrix. */
    bool alike = all_numbers(s, header, r->id, decimal) == all_numbers(s, header, r->id + 1, decimal);
    return (alike || r->named || told) && all_numbers(s, header, r->value, decimal);
}

/* ---- a line ---- */

typedef enum outcome { PAIR_READ, PAIR_NONE, PAIR_BAD, PAIR_MORE, PAIR_MEMORY } outcome;

typedef struct line {
    mds_field id[2], value;
    const char *next;
    size_t fields;
} line;

static outcome split_slowly(const reader *r, const char *at, const char *end, bool final, line *l)
{
    mds_field field = {0};
    for (l->fields = 0;; l->fields++) {
        field = mds_field_next(at, end, final, r->dialect.separator);
        if (field.stop == MDS_FIELD_MORE) return PAIR_MORE;
        if (field.stop == MDS_FIELD_BAD_QUOTE) return PAIR_BAD;
        if (l->fields == r->id) l->id[0] = field;
        if (l->fields == r->id + 1) l->id[1] = field;
        if (l->fields == r->value) l->value = field;
        at = field.next;
        if (field.stop != MDS_FIELD_SEPARATOR) break;
    }
    l->next = at;
    if (l->fields < r->value) return PAIR_BAD;
    if (l->id[0].length + l->id[1].length + l->value.length == 0) return PAIR_NONE;
    return l->id[0].length && l->id[1].length ? PAIR_READ : PAIR_BAD;
}

/* The plain case, quickly: "from,to,1.5\n" without blanks and quotes. */
static bool split_quickly(const reader *r, const char *at, const char *end, line *l, double *value)
{
    const char separator = r->dialect.separator;
    if (r->id != 0 || r->value != 2 || r->width != 3 || r->dialect.decimal == ',' ||
        separator == MDS_WIDE_BLANK)
        return false;
    for (size_t k = 0; k < 2; k++) {
        const char *from = at;
        while (at < end && *at != separator && *at != '\n' && *at != '"' && *at != ' ' && *at != '\t' &&
               *at != '\r')
            at++;
        if (at == from || at >= end || *at != separator) return false;
        l->id[k] = (mds_field){.text = from, .length = (size_t)(at - from)};
        at++;
    }
    const char *stop = mds_number_parse(at, value);
    if (stop == at || stop >= end || *stop != '\n' || !(fabs(*value) <= DBL_MAX)) return false;
    l->next = stop + 1;
    return true;
}

static outcome take_pair(reader *r, const line *l, double value)
{
    uint32_t object[2];
    fs_error error;
    for (unsigned k = 0; k < 2; k++) {
        object[k] = mds_pair_object(&r->list, k, l->id[k].text, l->id[k].length, l->id[k].doubled,
                                    &r->table->names_arena);
        if (object[k] == UINT32_MAX) return PAIR_MEMORY;
    }
    return mds_pair_add(&r->list, object[0], object[1], value, &error) == FS_OK ? PAIR_READ : PAIR_MEMORY;
}

/* The line at `at`, into the list. */
static outcome read_line(reader *r, const char *at, const char *end, bool final, line *l)
{
    double value;
    if (split_quickly(r, at, end, l, &value)) return take_pair(r, l, value);
    outcome split = split_slowly(r, at, end, final, l);
    if (split != PAIR_READ) return split;
    if (mds_field_value(l->value.text, l->value.length, r->dialect.decimal, &value) == MDS_KIND_TEXT ||
        isinf(value))
        return PAIR_BAD;
    return take_pair(r, l, value);
}

/* ---- what it is ---- */

/* All pairs at hand, at most LOOKED_AT, as far as they are pairs. */
static fs_status look_at_pairs(reader *r, bool *good, bool *whole, fs_error *error)
{
    const mds_byte_source *s = r->source;
    const char *at = s->bytes + s->start, *end = s->bytes + s->end;
    bool header = r->dialect.header;
    *good = true;
    *whole = s->at_end;
    while (at < end) {
        line l = {0};
        if (r->list.count == LOOKED_AT) {
            *whole = false;
            break;
        }
        outcome done;
        if (header) {
            const char *stop = memchr(at, '\n', (size_t)(end - at));
            l.next = stop ? stop + 1 : end;
            done = PAIR_NONE;
            header = false;
        } else {
            done = read_line(r, at, end, s->at_end, &l);
        }
        if (done == PAIR_MEMORY) return fs_fail_memory(error, "looking at pairs", 0);
        if (done == PAIR_MORE) break;
        if (done == PAIR_BAD) {
            *good = false;
            break;
        }
        at = l.next;
    }
    return FS_OK;
}

static fs_status judge(reader *r, bool *yes, fs_error *error)
{
    bool good, whole;
    mds_pair_facts facts;
    fs_status status = look_at_pairs(r, &good, &whole, error);
    if (status == FS_OK && good && r->list.count > 0) status = mds_pair_list_facts(&r->list, &facts, error);
    if (status || !good || r->list.count == 0) return status;
    size_t n = r->list.name_count;
    bool numbers = mds_pair_list_numbered(&r->list);
    bool complete = whole && n > 2 && facts.different == (n % 2 ? n * ((n - 1) / 2) : n / 2 * (n - 1));
    bool wanted = r->source->options->use == MDS_USE_DISSIMILARITIES;
    if (numbers)
        *yes = facts.once && (facts.own_zero || wanted) &&
               (r->named || complete || (!whole && facts.ordered && facts.different > 60));
    else if (!mds_pair_list_numeric(&r->list))
        *yes = facts.once && (r->named || (facts.joined && (facts.own_zero || wanted)));
    /* Numbers that might be pairs of which some are missing. */
    if (!*yes && numbers && r->width == 3 && facts.once && facts.own_zero && facts.joined && n > 2 &&
        2 * facts.different >= n && facts.different == r->list.count)
        mds_table_add_note(
            r->table, MDS_HINT_PAIRS,
            "the lines are taken for objects with features; if they are pairs of objects (from, "
            "to, value)");
    return FS_OK;
}

static fs_status looks_like(mds_byte_source *source, mds_table *table, bool *yes, fs_error *error)
{
    const mds_read_options *o = source->options;
    *yes = o->layout == MDS_LAYOUT_PAIRS;
    if (*yes) return FS_OK;
    if (o->use == MDS_USE_FEATURES || o->layout != MDS_LAYOUT_AUTO || o->labels_only || o->skip_count ||
        o->labels || o->groups)
        return FS_OK;
    reader r = {.source = source, .table = table};
    mds_sample s = {0};
    fs_status status = mds_csv_lines_find(source, table, &r.dialect, &s, error);
    if (status == FS_OK && s.records > 0 && find_pair_columns(&r, &s, false)) status = judge(&r, yes, error);
    mds_pair_list_fini(&r.list);
    fs_free(s.fields);
    return status;
}

/* ---- reading ---- */

static fs_status bad_line(const reader *r, const char *at, const char *end, fs_error *error)
{
    char shown[MDS_EXCERPT_SIZE];
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    return fs_fail(error, FS_FORMAT, "%s: line %zu: '%s' is no pair: two names and a number",
                   fs_input_name(r->source->input), r->source->line,
                   mds_excerpt(at, (size_t)((stop ? stop : end) - at), shown));
}

static fs_status read_pairs_lines(reader *r, fs_error *error)
{
    mds_byte_source *s = r->source;
    for (;;) {
        const char *at = s->bytes + s->start, *end = s->bytes + s->end;
        if (at == end && s->at_end) return FS_OK;
        line l = {0};
        outcome done = at == end ? PAIR_MORE : read_line(r, at, end, s->at_end, &l);
        switch (done) {
        case PAIR_MEMORY:
            return fs_fail_memory(error, "reading pairs", r->list.count * sizeof(mds_table_pair));
        case PAIR_BAD:
            return bad_line(r, at, end, error);
        case PAIR_MORE: {
            fs_status status = mds_byte_source_fill(s, error);
            if (status) return status;
            break;
        }
        default:
            s->start = (size_t)(l.next - s->bytes);
            s->line += l.fields ? mds_lines_between(at, l.next) : 1;
        }
    }
}

static fs_status skip_header(reader *r, fs_error *error)
{
    if (!r->dialect.header) return FS_OK;
    size_t end, next;
    bool more;
    fs_status status = mds_byte_source_line(r->source, &end, &next, &more, error);
    if (status || !more) return status;
    r->source->start = next;
    r->source->line++;
    return FS_OK;
}

static fs_status read_pairs(mds_byte_source *source, mds_table *table, fs_error *error)
{
    reader r = {.source = source, .table = table};
    mds_sample s = {0};
    fs_status status = mds_csv_lines_find(source, table, &r.dialect, &s, error);
    if (status == FS_OK && (s.records == 0 || !find_pair_columns(&r, &s, true)))
        status = fs_fail(error, FS_FORMAT, "%s does not hold pairs: two names and a number on each line",
                         fs_input_name(source->input));
    char separator = r.dialect.separator;
    if (status == FS_OK) status = skip_header(&r, error);
    if (status == FS_OK) status = read_pairs_lines(&r, error);
    if (status == FS_OK && r.list.count == 0)
        status = fs_fail(error, FS_DATA, "%s has no pairs", fs_input_name(source->input));
    size_t n = r.list.name_count, from = source->options->pairs_from;
    bool keep = from && n > from && r.list.count / n < n / 8;
    const char *name = fs_input_name(source->input);
    if (status == FS_OK && keep)
        status = mds_pair_list_keep(&r.list, name, source->options->means, table, error);
    else if (status == FS_OK)
        status = mds_pair_list_square(&r.list, name, table, error);
    if (status == FS_OK) {
        table->shape = "pairs";
        snprintf(table->labelled, sizeof table->labelled, "labels in columns %zu and %zu", r.id + 1,
                 r.id + 2);
        snprintf(table->form, sizeof table->form, "%s", mds_separator_form(separator));
        if (r.extra[0])
            mds_table_add_note(table, MDS_HINT_WEIGHTS,
                               "of the pairs' columns, %s is left out; if it holds weights", r.extra);
    }
    mds_pair_list_fini(&r.list);
    fs_free(s.fields);
    return status;
}

const mds_table_format mds_table_pairs = {.text = true, .looks_like = looks_like, .read = read_pairs};
