#include "text_sample.h"

#include "memory.h"

#include <string.h>

enum {
    SAMPLE_BYTES = 64 << 10, /* look at this much, and at three lines at least */
    SAMPLE_LINES = 3,
    SAMPLE_MOST = 8 << 20, /* but a single line is not followed for longer than this */
    FIELDS_MOST = 1 << 18  /* once three lines are there */
};

size_t mds_lines_between(const char *from, const char *to)
{
    size_t lines = 0;
    while (from < to && (from = memchr(from, '\n', (size_t)(to - from)))) {
        lines++;
        from++;
    }
    return lines;
}

static fs_status fill_sample(mds_byte_source *source, fs_error *error)
{
    for (;;) {
        size_t have = source->end - source->start;
        if (source->at_end || have >= SAMPLE_MOST) return FS_OK;
        const char *at = source->bytes + source->start;
        if (have >= SAMPLE_BYTES && mds_lines_between(at, at + have) >= SAMPLE_LINES) return FS_OK;
        fs_status status = mds_byte_source_fill(source, error);
        if (status) return status;
    }
}

static fs_status skip_comments(mds_byte_source *source, fs_error *error)
{
    for (;;) {
        const char *at = source->bytes + source->start, *end = source->bytes + source->end;
        const char *c = at;
        while (c < end && (*c == ' ' || *c == '\t' || *c == '\r')) c++;
        if (c < end && *c != '#' && *c != '\n') return FS_OK;
        c = memchr(c, '\n', (size_t)(end - c));
        if (c) {
            source->start += (size_t)(c + 1 - at);
            source->line++;
            continue;
        }
        if (source->at_end) {
            source->start = source->end;
            return FS_OK;
        }
        fs_status status = mds_byte_source_fill(source, error);
        if (status) return status;
    }
}

fs_status mds_text_begin(mds_byte_source *source, fs_error *error)
{
    fs_status status = FS_OK;
    mds_decoding decoding = mds_decoding_of_text(source->bytes + source->start, source->end - source->start);
    if (decoding) status = mds_byte_source_decode(source, decoding, error);
    while (status == FS_OK && !source->at_end && source->end - source->start < 3)
        status = mds_byte_source_fill(source, error);
    if (status) return status;
    if (source->end - source->start >= 3 && memcmp(source->bytes + source->start, "\xEF\xBB\xBF", 3) == 0)
        source->start += 3;
    status = skip_comments(source, error);
    if (status == FS_OK) status = fill_sample(source, error);
    if (status) return status;
    /* memchr for NUL would also find the padding: look only at what was read. */
    size_t have = source->end - source->start;
    if (memchr(source->bytes + source->start, '\0', have < SAMPLE_BYTES ? have : SAMPLE_BYTES))
        return fs_fail(error, FS_FORMAT,
                       "%s holds binary data; text (CSV, TSV, PHYLIP, ...), NPY and NPZ files can be read",
                       fs_input_name(source->input));
    return FS_OK;
}

/* ---- records ---- */

static bool blank_line(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r')) at++;
    return at < end && *at == '\n';
}

fs_status mds_sample_take(const mds_byte_source *source, char separator, size_t most, mds_sample *s,
                          fs_error *error)
{
    s->count = s->records = 0;
    s->whole = false;
    if (most > MDS_SAMPLE_RECORDS) most = MDS_SAMPLE_RECORDS;
    const char *at = source->bytes + source->start, *end = source->bytes + source->end;
    while (at < end && s->records < most && (s->records < 3 || s->count < FIELDS_MOST)) {
        if (blank_line(at, end)) {
            at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
            continue;
        }
        s->first[s->records] = s->count;
        s->begins[s->records] = at;
        mds_field field;
        do {
            field = mds_field_next(at, end, source->at_end, separator);
            if (field.stop >= MDS_FIELD_MORE) break; /* cut off, or wrong: the reading will tell */
            if (!FS_GROW(s->fields, s->capacity, s->count + 1))
                return fs_fail_memory(error, "looking at the first rows", s->count * sizeof *s->fields);
            s->fields[s->count++] =
                (mds_cell){field.text, (uint32_t)field.length, field.quoted, field.doubled};
            at = field.next;
        } while (field.stop == MDS_FIELD_SEPARATOR);
        if (field.stop >= MDS_FIELD_MORE) {
            s->count = s->first[s->records];
            break;
        }
        s->records++;
    }
    s->first[s->records] = s->count;
    s->whole = at >= end && source->at_end;
    return FS_OK;
}

size_t mds_sample_size(const mds_sample *s, size_t record)
{
    return s->first[record + 1] - s->first[record];
}

const mds_cell *mds_sample_cell(const mds_sample *s, size_t record, size_t field)
{
    return &s->fields[s->first[record] + field];
}

mds_field_kind mds_cell_kind(const mds_cell *cell, char decimal)
{
    double value;
    return mds_field_value(cell->text, cell->length, decimal, &value);
}

/* ---- digits ---- */

void mds_count_digits(const char *text, size_t length, char decimal, int *digits, int *decimals)
{
    int all = 0, after = 0;
    bool point = false, leading = true;
    for (size_t i = 0; i < length && text[i] != 'e' && text[i] != 'E'; i++) {
        if (text[i] == decimal) {
            point = true;
        } else if (text[i] >= '0' && text[i] <= '9') {
            leading = leading && text[i] == '0';
            all += !leading;
            after += point;
        }
    }
    if (!point) return; /* a whole number is exact */
    if (all > *digits) *digits = all;
    if (after > *decimals) *decimals = after;
}

void mds_sample_digits(const mds_sample *s, char decimal, int *digits, int *decimals)
{
    for (size_t i = 0; i < s->count; i++)
        if (mds_cell_kind(&s->fields[i], decimal) == MDS_KIND_NUMBER)
            mds_count_digits(s->fields[i].text, s->fields[i].length, decimal, digits, decimals);
}
