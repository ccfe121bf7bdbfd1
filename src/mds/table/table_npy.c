/* NPY files (npy.h) of one or two axes as tables. */
#include "table_npy.h"
#include "memory_limit.h"
#include "npy.h"
#include "table_formats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CHUNK = 1 << 20, BAND = 8 << 20 };

typedef struct reader {
    mds_byte_source *source;
    mds_table *table;
    fs_npy npy;
    bool alone;  /* nothing may follow */
    char *chunk; /* CHUNK bytes */
} reader;

static const char *name_of(const reader *r)
{
    return fs_input_name(r->source->input);
}

/* The header lies in the source's window when it has been brought there. */
static fs_status read_header(reader *r, fs_error *error)
{
    mds_byte_source *s = r->source;
    for (;;) {
        size_t need;
        fs_status status =
            fs_npy_header(s->bytes + s->start, s->end - s->start, s->at_end, &r->npy, &need, error);
        if (status) return fs_error_context(error, status, "%s", name_of(r));
        if (need <= s->end - s->start) break;
        while (status == FS_OK && !s->at_end && s->end - s->start < need)
            status = mds_byte_source_fill(s, error);
        if (status) return status;
    }
    s->start += r->npy.offset;
    return FS_OK;
}

static fs_status truncated(const reader *r, uint64_t have, uint64_t want, fs_error *error)
{
    return fs_fail(error, FS_FORMAT,
                   "%s ends too soon: its header promises %llu elements, %llu are there (a truncated file?)",
                   name_of(r), (unsigned long long)want, (unsigned long long)have);
}

/* `count` elements as they come, appended to the table, which grows as they arrive. */
static fs_status read_in_order(reader *r, size_t count, fs_error *error)
{
    mds_table *t = r->table;
    const size_t item = r->npy.item;
    while (t->count < count) {
        size_t now = CHUNK / FS_NPY_ITEM_MOST, got;
        if (now > count - t->count) now = count - t->count;
        fs_status status = mds_table_reserve(t, now, error);
        if (status) return status;
        bool direct = fs_npy_is_double(&r->npy);
        char *to = direct ? (char *)(t->values + t->count) : r->chunk;
        status = mds_byte_source_take(r->source, to, now * item, &got, error);
        if (status) return status;
        if (!direct) fs_npy_doubles(&r->npy, r->chunk, got / item, t->values + t->count);
        t->count += got / item;
        if (got < now * item) return truncated(r, t->count, count, error);
    }
    return FS_OK;
}

/*
 * Fortran order: a band of whole columns at a time, laid out row by row; only the first `keep` rows are kept.
 * The band is wide enough that a row's part of it fills cache lines.
 */
static fs_status read_by_columns(reader *r, size_t rows, size_t columns, size_t keep, fs_error *error)
{
    mds_table *t = r->table;
    const size_t item = r->npy.item, height = rows * item;
    size_t total, width = BAND / height;
    if (!fs_size_mul(keep, columns, &total)) return fs_fail_memory(error, "reading an NPY array", 0);
    fs_status status = mds_table_reserve(t, total, error);
    if (status) return status;
    if (width < 1) width = 1;
    if (width > columns) width = columns;
    char *band = fs_alloc(width, height);
    double *numbers = fs_alloc(width, keep * sizeof *numbers);
    if (!band || !numbers) status = fs_fail_memory(error, "reading an NPY array", width * height);
    for (size_t j = 0; j < columns && status == FS_OK; j += width) {
        size_t now = columns - j < width ? columns - j : width, got;
        status = mds_byte_source_take(r->source, band, now * height, &got, error);
        if (status == FS_OK && got < now * height)
            status = truncated(r, j * rows + got / item, rows * columns, error);
        if (status) break;
        for (size_t k = 0; k < now; k++) fs_npy_doubles(&r->npy, band + k * height, keep, numbers + k * keep);
        for (size_t i = 0; i < keep; i++)
            for (size_t k = 0; k < now; k++) t->values[i * columns + j + k] = numbers[k * keep + i];
    }
    if (status == FS_OK) t->count = total;
    fs_free(numbers);
    fs_free(band);
    return status;
}

/* Infinities are refused, missing values counted. */
static fs_status check_values(reader *r, fs_error *error)
{
    mds_table *t = r->table;
    for (size_t i = 0; i < t->count; i++) {
        double value = t->values[i];
        if (isfinite(value)) continue;
        char where[112];
        size_t row = i / t->columns, column = i % t->columns;
        if (r->npy.axes == 1)
            snprintf(where, sizeof where, "element %zu (index [%zu])", i + 1, i);
        else
            snprintf(where, sizeof where, "row %zu, column %zu (index [%zu, %zu])", row + 1, column + 1, row,
                     column);
        if (isinf(value))
            return fs_fail(error, FS_DATA, "%s: %s: the value is infinite; use NaN if it is missing",
                           name_of(r), where);
        if (t->missing++ == 0) memcpy(t->first_missing, where, sizeof where);
    }
    return FS_OK;
}

/* The header's sizes against the file's, before anything is claimed for them. */
static fs_status check_sizes(reader *r, size_t *rows, size_t *columns, fs_error *error)
{
    const fs_npy *npy = &r->npy;
    const mds_byte_source *s = r->source;
    uint64_t bytes = npy->count * npy->item;
    if (npy->axes != 1 && npy->axes != 2)
        return fs_fail(error, FS_UNSUPPORTED,
                       "%s has %zu axes; one (condensed dissimilarities) or two (a matrix) can be read",
                       name_of(r), npy->axes);
    uint64_t first = npy->axes == 1 ? 1 : npy->shape[0];
    uint64_t second = npy->axes == 1 ? npy->shape[0] : npy->shape[1];
    if (npy->count == 0)
        return fs_fail(error, FS_DATA, "%s is empty: its shape is (%llu, %llu)", name_of(r),
                       (unsigned long long)first, (unsigned long long)second);
    uint64_t there;
    if (mds_byte_source_left(s, &there)) {
        if (there < bytes) return truncated(r, there / npy->item, npy->count, error);
        if (r->alone && there > bytes)
            return fs_fail(error, FS_FORMAT, "%s is %llu bytes longer than its header says", name_of(r),
                           (unsigned long long)(there - bytes));
    }
    *rows = (size_t)first;
    *columns = (size_t)second;
    return FS_OK;
}

/* Half the distance of neighbouring numbers of the type, twice: 2^-52 for doubles. */
static double epsilon_of(const fs_npy *npy)
{
    if (npy->kind != 'f') return 0;
    return npy->item == 2 ? 0x1p-10 : npy->item == 4 ? 0x1p-23 : 0x1p-52;
}

fs_status mds_table_read_npy(mds_byte_source *source, mds_table *table, bool alone, fs_error *error)
{
    reader r = {.source = source, .table = table, .alone = alone};
    size_t rows = 1, columns = 1;
    fs_status status = read_header(&r, error);
    if (status == FS_OK) status = check_sizes(&r, &rows, &columns, error);
    if (status) return status;
    bool matrix = r.npy.axes == 2;
    size_t keep =
        matrix && source->options->rows && source->options->rows < rows ? source->options->rows : rows;
    double bytes = (double)keep * (double)columns * sizeof(double);
    status = fs_memory_check(bytes, name_of(&r), (double)keep, rows == columns ? 2 : 1, error);
    if (status) return status;
    r.chunk = fs_alloc(CHUNK, 1);
    if (!r.chunk) return fs_fail_memory(error, "reading an NPY array", CHUNK);
    if (matrix && r.npy.fortran)
        status = read_by_columns(&r, rows, columns, keep, error);
    else
        status = read_in_order(&r, keep * columns, error);
    table->epsilon = epsilon_of(&r.npy);
    table->layout = matrix ? MDS_LAYOUT_RECTANGLE : MDS_LAYOUT_CONDENSED;
    table->rows = keep;
    table->columns = columns;
    if (status == FS_OK) status = check_values(&r, error);
    char type[FS_NPY_TYPE_SIZE];
    snprintf(table->form, sizeof table->form, "NPY %s", fs_npy_type(&r.npy, type));
    fs_free(r.chunk);
    return status;
}

static fs_status looks_like(mds_byte_source *source, mds_table *table, bool *yes, fs_error *error)
{
    (void)table;
    (void)error;
    *yes = fs_npy_begins(source->bytes + source->start, source->end - source->start);
    return FS_OK;
}

static fs_status read_npy(mds_byte_source *source, mds_table *table, fs_error *error)
{
    return mds_table_read_npy(source, table, true, error);
}

const mds_table_format mds_table_npy = {.looks_like = looks_like, .read = read_npy};
