#include "npy.h"

#include "memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char MAGIC[] = "\x93NUMPY";

enum {
    MAGIC_LENGTH = sizeof MAGIC - 1,
    LEAD = 10,      /* magic, version, length of the header in version 1 */
    LEAD_LONG = 12, /* ... in the later ones */
    HEADER_MOST = 1 << 20
};

bool fs_npy_begins(const char *bytes, size_t length)
{
    return length > 0 && memcmp(bytes, MAGIC, length < MAGIC_LENGTH ? length : MAGIC_LENGTH) == 0;
}

/* ---- the header ---- */

typedef struct entries {
    char descr[64]; /* as written */
    bool has_descr, has_order, has_shape;
} entries;

static fs_status damaged(const char *what, fs_error *error)
{
    return fs_fail(error, FS_FORMAT, "the NPY header is damaged: %s", what);
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

static const char *take_shape(const char *at, fs_npy *npy)
{
    npy->axes = 0;
    if (*at != '(') return NULL;
    at = skip_blanks(at + 1);
    while (*at != ')') {
        uint64_t length = 0;
        if (*at < '0' || *at > '9' || npy->axes == FS_NPY_AXES_MOST) return NULL;
        for (; *at >= '0' && *at <= '9'; at++) {
            if (length > (UINT64_MAX - 9) / 10) return NULL;
            length = length * 10 + (uint64_t)(*at - '0');
        }
        if (*at == 'L') at++; /* written by Python 2 */
        npy->shape[npy->axes++] = length;
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

/* "<f8": byte order, kind, bytes. */
static fs_status understand_type(const char *d, fs_npy *npy, fs_error *error)
{
    char order = d[0], kind = order ? d[1] : '\0';
    size_t item = 0;
    for (const char *c = d + (order ? 1 : 0) + (kind ? 1 : 0); *c; c++)
        item = *c >= '0' && *c <= '9' && item < 100 ? item * 10 + (size_t)(*c - '0') : 100;
    npy->kind = kind;
    npy->item = item;
    npy->big_endian = order == '>' || (order == '=' && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    bool order_known = order != '\0' && strchr("<>|=", order) != NULL;
    bool power = item == 1 || item == 2 || item == 4 || item == 8;
    bool known = (kind == 'f' && power && item >= 2) || ((kind == 'i' || kind == 'u') && power) ||
                 (kind == 'b' && item == 1);
    if (order_known && known) return FS_OK;
    const char *what = kind == 'c'                  ? "complex numbers"
                       : kind == 'O'                ? "Python objects"
                       : kind == 'U' || kind == 'S' ? "text"
                       : kind == 'f'                ? "a floating point type that is not portable"
                                                    : "of a type that is not a number";
    return fs_fail(error, FS_UNSUPPORTED,
                   "its elements ('%.40s') are %s; save it as float64 (array.astype('float64')), float32 or "
                   "an integer type",
                   d, what);
}

/* One "key: value" of the dictionary; *at moves past it. */
static fs_status take_entry(const char **at, entries *h, fs_npy *npy, fs_error *error)
{
    char key[32];
    const char *value = take_string(*at, key, sizeof key);
    if (value) value = skip_blanks(value);
    if (!value || *value != ':') return damaged("a key without a value", error);
    value = skip_blanks(value + 1);
    if (strcmp(key, "descr") == 0) {
        if (*value == '[' || *value == '(')
            return fs_fail(error, FS_UNSUPPORTED,
                           "it is a structured array; save one field of it, or a plain float64 array");
        *at = take_string(value, h->descr, sizeof h->descr);
        h->has_descr = true;
    } else if (strcmp(key, "fortran_order") == 0) {
        *at = take_bool(value, &npy->fortran);
        h->has_order = true;
    } else if (strcmp(key, "shape") == 0) {
        *at = take_shape(value, npy);
        h->has_shape = true;
    } else {
        return damaged("a key that does not belong there", error);
    }
    return *at ? FS_OK : damaged("a value that makes no sense", error);
}

static fs_status parse(const char *text, fs_npy *npy, fs_error *error)
{
    entries h = {.has_descr = false};
    const char *at = skip_blanks(text);
    if (*at != '{') return damaged("it is not a dictionary", error);
    at = skip_blanks(at + 1);
    while (*at != '}') {
        fs_status status = take_entry(&at, &h, npy, error);
        if (status) return status;
        at = skip_blanks(at);
        if (*at == ',')
            at = skip_blanks(at + 1);
        else if (*at != '}')
            return damaged("it does not end", error);
    }
    if (!h.has_descr || !h.has_order || !h.has_shape)
        return damaged("descr, fortran_order or shape is missing", error);
    return understand_type(h.descr, npy, error);
}

/* How many elements, when they fit in memory, each as wide as a double. */
static fs_status count_elements(fs_npy *npy, fs_error *error)
{
    uint64_t count = 1, bytes;
    for (size_t i = 0; i < npy->axes; i++)
        if (npy->shape[i] == 0) count = 0; /* whatever the others are */
    for (size_t i = 0; i < npy->axes && count; i++)
        if (__builtin_mul_overflow(count, npy->shape[i], &count))
            return damaged("its shape does not fit in memory", error);
    if (__builtin_mul_overflow(count, sizeof(double), &bytes) || bytes > SIZE_MAX)
        return damaged("its shape does not fit in memory", error);
    npy->count = count;
    return FS_OK;
}

fs_status fs_npy_header(const char *bytes, size_t length, bool whole, fs_npy *npy, size_t *need,
                        fs_error *error)
{
    const unsigned char *b = (const unsigned char *)bytes;
    size_t header = 0;
    *npy = (fs_npy){.kind = '\0'};
    *need = LEAD;
    if (length >= LEAD && (b[6] < 1 || b[6] > 3))
        return fs_fail(error, FS_UNSUPPORTED, "NPY version %d.%d is not known (1 to 3 are)", b[6], b[7]);
    if (length >= LEAD && b[6] > 1) *need = LEAD_LONG;
    if (length >= *need) {
        header = b[8] | (size_t)b[9] << 8;
        if (*need == LEAD_LONG) header |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
        if (header > HEADER_MOST) return damaged("it claims to be longer than 1 MiB", error);
        npy->offset = *need += header;
    }
    if (length < *need) return whole ? damaged("the file ends inside it", error) : FS_OK;
    char *text = fs_strndup(bytes + (npy->offset - header), header);
    if (!text) return fs_fail_memory(error, "reading an NPY header", header);
    fs_status status = parse(text, npy, error);
    if (status == FS_OK) status = count_elements(npy, error);
    fs_free(text);
    return status;
}

/* ---- elements ---- */

static inline uint64_t load(const char *from, size_t item, bool big_endian)
{
    const bool swap = big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (item) {
    case 1:
        return (unsigned char)*from;
    case 2:
        memcpy(&two, from, sizeof two);
        return swap ? __builtin_bswap16(two) : two;
    case 4:
        memcpy(&four, from, sizeof four);
        return swap ? __builtin_bswap32(four) : four;
    default:
        memcpy(&eight, from, sizeof eight);
        return swap ? __builtin_bswap64(eight) : eight;
    }
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

static inline int64_t sign_extended(uint64_t bits, size_t item)
{
    unsigned shift = 64 - 8 * (unsigned)item; /* bring the sign to the top, and down again */
    return (int64_t)(bits << shift) >> shift;
}

/* By value, so that a loop over elements keeps all but the bytes in registers. */
static inline double element(char kind, size_t item, bool big_endian, const char *from)
{
    uint64_t bits = load(from, item, big_endian);
    if (kind == 'i') return (double)sign_extended(bits, item);
    if (kind != 'f') return (double)bits;
    if (item == 2) return half(bits);
    if (item == 4) {
        uint32_t narrow = (uint32_t)bits;
        float value;
        memcpy(&value, &narrow, sizeof value);
        return (double)value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

uint64_t fs_npy_integer(const fs_npy *npy, const char *from)
{
    uint64_t bits = load(from, npy->item, npy->big_endian);
    return npy->kind == 'i' ? (uint64_t)sign_extended(bits, npy->item) : bits;
}

double fs_npy_double(const fs_npy *npy, const char *from)
{
    return element(npy->kind, npy->item, npy->big_endian, from);
}

bool fs_npy_is_double(const fs_npy *npy)
{
    return npy->kind == 'f' && npy->item == 8 && npy->big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

void fs_npy_doubles(const fs_npy *npy, const char *from, size_t count, double *out)
{
    if (fs_npy_is_double(npy)) {
        memcpy(out, from, count * sizeof *out);
    } else if (npy->kind == 'f' && npy->item == 4 &&
               npy->big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)) {
        for (size_t i = 0; i < count; i++) { /* the usual one, kept simple enough to vectorise */
            float value;
            memcpy(&value, from + 4 * i, 4);
            out[i] = (double)value;
        }
    } else {
        const char kind = npy->kind;
        const size_t item = npy->item;
        const bool big_endian = npy->big_endian;
        for (size_t i = 0; i < count; i++) out[i] = element(kind, item, big_endian, from + i * item);
    }
}

const char *fs_npy_type(const fs_npy *npy, char out[FS_NPY_TYPE_SIZE])
{
    const char *kind = npy->kind == 'f' ? "float" : npy->kind == 'i' ? "int" : "uint";
    if (npy->kind == 'b')
        snprintf(out, FS_NPY_TYPE_SIZE, "bool");
    else
        snprintf(out, FS_NPY_TYPE_SIZE, "%s%u", kind, 8 * (unsigned)npy->item);
    return out;
}
