/*
 * NumPy's array file: a magic string, a header that is a Python dictionary in text, and the raw elements.
 * Format: "NEP 1 - A Simple File Format for NumPy Arrays" and numpy.lib.format's description of versions
 * 2, 3.
 */
#include "table_formats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HEADER_MOST = 1 << 20, CHUNK = 1 << 20, BAND = 8 << 20, AXES_MOST = 32, ITEM_MOST = 8 };

typedef struct header {
    char kind; /* 'f' floating, 'i' signed, 'u' unsigned, 'b' boolean */
    size_t item;
    bool big_endian, fortran;
    bool has_descr, has_order, has_shape;
    uint64_t shape[AXES_MOST];
    size_t axes;
    char descr[64]; /* as written, for messages */
} header;

typedef struct reader {
    mds_byte_source *source;
    mds_table *table;
    header h;
    char *chunk; /* CHUNK bytes */
} reader;

static const char *name_of(const reader *r)
{
    return fs_input_name(r->source->input);
}

/* ---- the header ---- */

static fs_status damaged(const reader *r, const char *what, fs_error *error)
{
    return fs_fail(error, FS_FORMAT, "%s: the NPY header is damaged: %s", name_of(r), what);
}

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
    return at;
}

/* A quoted string at `at` into `out` (cut to its room); NULL when there is none. */
static const char *take_string(const char *at, char *out, size_t room)
{
    char quote = *at;
    if (quote != '\'' && quote != '"') return NULL;
    size_t used = 0;
    for (at++; *at && *at != quote; at++)
        if (used + 1 < room) out[used++] = *at;
    out[used] = '\0';
    return *at ? at + 1 : NULL;
}

static const char *take_shape(const char *at, header *h)
{
    if (*at != '(') return NULL;
    at = skip_blanks(at + 1);
    while (*at != ')') {
        uint64_t length = 0;
        if (*at < '0' || *at > '9' || h->axes == AXES_MOST) return NULL;
        for (; *at >= '0' && *at <= '9'; at++) {
            if (length > (UINT64_MAX - 9) / 10) return NULL;
            length = length * 10 + (uint64_t)(*at - '0');
        }
        if (*at == 'L') at++; /* written by Python 2 */
        h->shape[h->axes++] = length;
        at = skip_blanks(at);
        if (*at == ',')
            at = skip_blanks(at + 1);
        else if (*at != ')')
            return NULL;
    }
    return at + 1;
}

static const char *take_bool(const char *at, bool *value)
{
    *value = strncmp(at, "True", 4) == 0;
    if (*value) return at + 4;
    return strncmp(at, "False", 5) == 0 ? at + 5 : NULL;
}

static fs_status understand_type(const reader *r, header *h, fs_error *error)
{
    const char *d = h->descr;
    char order = d[0];
    h->kind = order ? d[1] : '\0';
    size_t item = 0;
    for (const char *c = d + (order ? 1 : 0) + (h->kind ? 1 : 0); *c; c++)
        item = *c >= '0' && *c <= '9' && item < 100 ? item * 10 + (size_t)(*c - '0') : 100;
    h->item = item;
    h->big_endian = order == '>' || (order == '=' && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    bool order_known = order != '\0' && strchr("<>|=", order) != NULL;
    bool power = item == 1 || item == 2 || item == 4 || item == 8;
    bool known = (h->kind == 'f' && power && item >= 2) || ((h->kind == 'i' || h->kind == 'u') && power) ||
                 (h->kind == 'b' && item == 1);
    if (order_known && known) return FS_OK;
    const char *what = h->kind == 'c'                     ? "complex numbers"
                       : h->kind == 'O'                   ? "Python objects"
                       : h->kind == 'U' || h->kind == 'S' ? "text"
                       : h->kind == 'f'                   ? "a floating point type that is not portable"
                                                          : "of a type that is not a number";
    return fs_fail(
        error, FS_UNSUPPORTED,
        "%s: its elements ('%.40s') are %s; save it as float64 (array.astype('float64')), float32 or an "
        "integer type",
        name_of(r), d, what);
}

static fs_status parse_header(const reader *r, const char *text, header *h, fs_error *error)
{
    const char *at = skip_blanks(text);
    if (*at != '{') return damaged(r, "it is not a dictionary", error);
    at = skip_blanks(at + 1);
    while (*at != '}') {
        char key[32];
        at = take_string(at, key, sizeof key);
        if (at) at = skip_blanks(at);
        if (!at || *at != ':') return damaged(r, "a key without a value", error);
        at = skip_blanks(at + 1);
        if (strcmp(key, "descr") == 0) {
            if (*at == '[' || *at == '(')
                return fs_fail(error, FS_UNSUPPORTED,
                               "%s is a structured array; save one field of it, or a plain float64 array",
                               name_of(r));
            at = take_string(at, h->descr, sizeof h->descr);
            h->has_descr = true;
        } else if (strcmp(key, "fortran_order") == 0) {
            at = take_bool(at, &h->fortran);
            h->has_order = true;
        } else if (strcmp(key, "shape") == 0) {
            h->axes = 0;
            at = take_shape(at, h);
            h->has_shape = true;
        } else {
            return damaged(r, "a key that does not belong there", error);
        }
        if (!at) return damaged(r, "a value that makes no sense", error);
        at = skip_blanks(at);
        if (*at == ',')
            at = skip_blanks(at + 1);
        else if (*at != '}')
            return damaged(r, "it does not end", error);
    }
    if (!h->has_descr || !h->has_order || !h->has_shape)
        return damaged(r, "descr, fortran_order or shape is missing", error);
    return understand_type(r, h, error);
}

static fs_status read_header(reader *r, fs_error *error)
{
    unsigned char lead[12];
    size_t got;
    fs_status status = mds_byte_source_take(r->source, lead, 10, &got, error);
    if (status) return status;
    if (got < 10) return damaged(r, "the file ends inside it", error);
    size_t length = lead[8] | (size_t)lead[9] << 8;
    if (lead[6] < 1 || lead[6] > 3)
        return fs_fail(error, FS_UNSUPPORTED, "%s: NPY version %d.%d is not known (1 to 3 are)", name_of(r),
                       lead[6], lead[7]);
    if (lead[6] >= 2) {
        status = mds_byte_source_take(r->source, lead + 10, 2, &got, error);
        if (status) return status;
        if (got < 2) return damaged(r, "the file ends inside it", error);
        length |= (size_t)lead[10] << 16 | (size_t)lead[11] << 24;
    }
    if (length > HEADER_MOST) return damaged(r, "it claims to be longer than 1 MiB", error);
    char *text = fs_alloc(length + 1, 1);
    if (!text) return fs_fail_memory(error, "reading an NPY header", length);
    status = mds_byte_source_take(r->source, text, length, &got, error);
    text[status == FS_OK ? got : 0] = '\0';
    if (status == FS_OK && got < length) status = damaged(r, "the file ends inside it", error);
    if (status == FS_OK) status = parse_header(r, text, &r->h, error);
    fs_free(text);
    return status;
}

/* ---- elements ---- */

static uint64_t load(const char *from, size_t item, bool big_endian)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < item; i++) {
        size_t place = big_endian ? item - 1 - i : i;
        bits |= (uint64_t)(unsigned char)from[i] << (8 * place);
    }
    return bits;
}

/* IEEE 754 binary16. */
static double half(uint64_t bits)
{
    double magnitude;
    int exponent = (int)(bits >> 10 & 31);
    uint64_t fraction = bits & 1023;
    if (exponent == 31)
        magnitude = fraction ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        magnitude = (double)fraction * 0x1p-24;
    else
        magnitude = ldexp((double)(fraction | 1024), exponent - 25);
    return bits >> 15 ? -magnitude : magnitude;
}

static double element(const header *h, const char *from)
{
    uint64_t bits = load(from, h->item, h->big_endian);
    if (h->kind == 'f' && h->item == 8) {
        double value;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    if (h->kind == 'f' && h->item == 4) {
        uint32_t narrow = (uint32_t)bits;
        float value;
        memcpy(&value, &narrow, sizeof value);
        return (double)value;
    }
    if (h->kind == 'f') return half(bits);
    if (h->kind == 'i') {
        unsigned shift = 64 - 8 * (unsigned)h->item; /* bring the sign to the top, and down again */
        return (double)((int64_t)(bits << shift) >> shift);
    }
    return (double)bits;
}

static bool is_native_double(const header *h)
{
    return h->kind == 'f' && h->item == 8 && h->big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

static void convert(const header *h, const char *from, size_t count, double *out)
{
    if (is_native_double(h)) {
        memcpy(out, from, count * sizeof *out);
    } else if (h->kind == 'f' && h->item == 4 && !h->big_endian) {
        for (size_t i = 0; i < count; i++) { /* the usual one, kept simple enough to vectorise */
            float value;
            memcpy(&value, from + 4 * i, 4);
            out[i] = (double)value;
        }
    } else {
        for (size_t i = 0; i < count; i++) out[i] = element(h, from + i * h->item);
    }
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
    while (t->count < count) {
        size_t now = CHUNK / ITEM_MOST, got;
        if (now > count - t->count) now = count - t->count;
        fs_status status = mds_table_reserve(t, now, error);
        if (status) return status;
        bool direct = is_native_double(&r->h);
        char *to = direct ? (char *)(t->values + t->count) : r->chunk;
        status = mds_byte_source_take(r->source, to, now * r->h.item, &got, error);
        if (status) return status;
        if (!direct) convert(&r->h, r->chunk, got / r->h.item, t->values + t->count);
        t->count += got / r->h.item;
        if (got < now * r->h.item) return truncated(r, t->count, count, error);
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
    size_t total, item = r->h.item, height = rows * item;
    if (!fs_size_mul(keep, columns, &total)) return fs_fail_memory(error, "reading an NPY array", 0);
    fs_status status = mds_table_reserve(t, total, error);
    if (status) return status;
    size_t width = BAND / height;
    if (width < 1) width = 1;
    if (width > columns) width = columns;
    char *band = fs_alloc(width, height);
    if (!band) return fs_fail_memory(error, "reading an NPY array", width * height);
    for (size_t j = 0; j < columns && status == FS_OK; j += width) {
        size_t now = columns - j < width ? columns - j : width, got;
        status = mds_byte_source_take(r->source, band, now * height, &got, error);
        if (status == FS_OK && got < now * height)
            status = truncated(r, j * rows + got / item, rows * columns, error);
        for (size_t i = 0; i < keep && status == FS_OK; i++)
            for (size_t k = 0; k < now; k++)
                t->values[i * columns + j + k] = element(&r->h, band + k * height + i * item);
    }
    if (status == FS_OK) t->count = total;
    fs_free(band);
    return status;
}

/* Infinities are refused, missing values counted. */
static fs_status look_through(reader *r, fs_error *error)
{
    mds_table *t = r->table;
    for (size_t i = 0; i < t->count; i++) {
        double value = t->values[i];
        if (isfinite(value)) continue;
        char where[112];
        size_t row = i / t->columns, column = i % t->columns;
        if (r->h.axes == 1)
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

static void describe(reader *r)
{
    const header *h = &r->h;
    const char *kind = h->kind == 'f' ? "float" : h->kind == 'i' ? "int" : h->kind == 'u' ? "uint" : "bool";
    snprintf(r->table->form, sizeof r->table->form, "NPY %s", kind);
    size_t used = strlen(r->table->form);
    if (h->kind != 'b') snprintf(r->table->form + used, sizeof r->table->form - used, "%zu", h->item * 8);
}

/* The header's sizes against each other and against the file's, before anything is claimed for them. */
static fs_status check_sizes(reader *r, size_t *rows, size_t *columns, fs_error *error)
{
    const header *h = &r->h;
    const mds_byte_source *s = r->source;
    if (h->axes != 1 && h->axes != 2)
        return fs_fail(error, FS_UNSUPPORTED,
                       "%s has %zu axes; one (condensed dissimilarities) or two (a matrix) can be read",
                       name_of(r), h->axes);
    uint64_t first = h->axes == 1 ? 1 : h->shape[0], second = h->axes == 1 ? h->shape[0] : h->shape[1];
    if (first == 0 || second == 0)
        return fs_fail(error, FS_DATA, "%s is empty: its shape is (%llu, %llu)", name_of(r),
                       (unsigned long long)first, (unsigned long long)second);
    uint64_t count, bytes, size;
    if (__builtin_mul_overflow(first, second, &count) || __builtin_mul_overflow(count, h->item, &bytes) ||
        bytes > SIZE_MAX / sizeof(double))
        return damaged(r, "its shape does not fit in memory", error);
    uint64_t before = s->total - (s->end - s->start);
    if (fs_input_size(s->input, &size)) {
        uint64_t there = size > before ? size - before : 0;
        if (there < bytes) return truncated(r, there / h->item, count, error);
        if (there > bytes)
            return fs_fail(error, FS_FORMAT, "%s is %llu bytes longer than its header says", name_of(r),
                           (unsigned long long)(there - bytes));
    }
    *rows = (size_t)first;
    *columns = (size_t)second;
    return FS_OK;
}

fs_status mds_read_npy(mds_byte_source *source, mds_table *table, fs_error *error)
{
    reader r = {.source = source, .table = table, .h.item = 1};
    size_t rows = 1, columns = 1;
    fs_status status = read_header(&r, error);
    if (status == FS_OK) status = check_sizes(&r, &rows, &columns, error);
    if (status) return status;
    r.chunk = fs_alloc(CHUNK, 1);
    if (!r.chunk) return fs_fail_memory(error, "reading an NPY array", CHUNK);
    bool matrix = r.h.axes == 2;
    size_t keep =
        matrix && source->options->rows && source->options->rows < rows ? source->options->rows : rows;
    if (matrix && r.h.fortran)
        status = read_by_columns(&r, rows, columns, keep, error);
    else
        status = read_in_order(&r, keep * columns, error);
    table->layout = matrix ? MDS_LAYOUT_RECTANGLE : MDS_LAYOUT_CONDENSED;
    table->rows = keep;
    table->columns = columns;
    if (status == FS_OK) status = look_through(&r, error);
    describe(&r);
    fs_free(r.chunk);
    return status;
}
