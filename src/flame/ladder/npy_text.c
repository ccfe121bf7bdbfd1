#include "npy_text.h"

#include "memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { DIMENSIONS_MOST = 8 };

typedef struct npy {
    char type[4]; /* "f8" */
    size_t size;  /* of an element */
    bool fortran;
    size_t shape[DIMENSIONS_MOST];
    size_t dimensions, count;
    const char *data;
} npy;

bool flame_is_npy(const char *bytes, size_t length)
{
    return length >= 10 && memcmp(bytes, "\x93NUMPY", 6) == 0;
}

static fs_status read_shape(const char *at, npy *array, fs_error *error)
{
    array->count = 1;
    while (*(at += strspn(at, " ,")) != ')') {
        char *end;
        unsigned long long size = strtoull(at, &end, 10);
        if (end == at || array->dimensions == DIMENSIONS_MOST || size > SIZE_MAX / 16)
            return fs_fail(error, FS_FORMAT, "its NPY header has no readable shape");
        at = end;
        array->shape[array->dimensions++] = (size_t)size;
        if (!fs_size_mul(array->count, (size_t)size, &array->count))
            return fs_fail(error, FS_FORMAT, "its NPY header lies about the size");
    }
    return FS_OK;
}

static fs_status read_header(const char *bytes, size_t length, npy *array, fs_error *error)
{
    const unsigned char *b = (const unsigned char *)bytes;
    size_t header = b[8] | (size_t)b[9] << 8, from = 10;
    if (b[6] > 1) {
        if (length < 12) return fs_fail(error, FS_FORMAT, "it is cut off inside the NPY header");
        header |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
        from = 12;
    }
    if (header > length - from) return fs_fail(error, FS_FORMAT, "it is cut off inside the NPY header");
    char *text = fs_strndup(bytes + from, header);
    if (!text) return fs_fail_memory(error, "reading an NPY file", header);
    fs_status status = FS_OK;
    const char *type = strstr(text, "'descr': '"), *order = strstr(text, "'fortran_order': ");
    const char *shape = strstr(text, "'shape': (");
    if (!type || !order || !shape) {
        status = fs_fail(error, FS_FORMAT, "its NPY header is not one");
        goto cleanup;
    }
    type += strlen("'descr': '");
    static const char *const known[] = {"f8", "f4", "i8", "i4", "u1", "b1"};
    bool found = false;
    for (size_t i = 0; i < sizeof known / sizeof *known && !found; i++) {
        found = (*type == '<' || *type == '|') && strncmp(type + 1, known[i], 2) == 0 && type[3] == '\'';
        if (found) memcpy(array->type, known[i], 3);
    }
    if (!found) {
        status = fs_fail(error, FS_UNSUPPORTED, "its NPY type %.*s cannot be compared; save float64",
                         (int)strcspn(type, "'"), type);
        goto cleanup;
    }
    array->size = (size_t)(array->type[1] - '0');
    array->fortran = strncmp(order + strlen("'fortran_order': "), "True", 4) == 0;
    array->data = bytes + from + header;
    status = read_shape(shape + strlen("'shape': ("), array, error);
    if (status == FS_OK && array->count > (length - from - header) / array->size)
        status = fs_fail(error, FS_FORMAT, "it is cut off: %zu numbers of %zu are there",
                         (length - from - header) / array->size, array->count);
cleanup:
    fs_free(text);
    return status;
}

/* Where the element with index `i` in C order lies in the file. */
static size_t place_of(const npy *array, size_t i)
{
    if (!array->fortran) return i;
    size_t place = 0, stride = array->count;
    for (size_t d = array->dimensions; d-- > 0;) {
        stride /= array->shape[d];
        place += i % array->shape[d] * stride;
        i /= array->shape[d];
    }
    return place;
}

static void add_element(const npy *array, const char *at, fs_text *out)
{
    double f8 = 0;
    float f4;
    int64_t i8;
    int32_t i4;
    char number[FS_NUMBER_SIZE];
    if (strcmp(array->type, "f8") == 0 || strcmp(array->type, "f4") == 0) {
        if (array->size == 8) {
            memcpy(&f8, at, 8);
        } else {
            memcpy(&f4, at, 4);
            f8 = (double)f4;
        }
        size_t n = fs_number_format(f8, number);
        fs_text_append(out, number, n);
        if (!strpbrk(number, ".en")) fs_text_add(out, ".0"); /* not a whole number by its type */
    } else if (strcmp(array->type, "i8") == 0) {
        memcpy(&i8, at, 8);
        fs_text_format(out, "%" PRId64, i8);
    } else if (strcmp(array->type, "i4") == 0) {
        memcpy(&i4, at, 4);
        fs_text_format(out, "%" PRId32, i4);
    } else {
        fs_text_format(out, "%u", (unsigned)(unsigned char)*at);
    }
    fs_text_char(out, '\n');
}

fs_status flame_npy_text(const char *bytes, size_t length, fs_text *out, fs_error *error)
{
    npy array = {0};
    fs_status status = read_header(bytes, length, &array, error);
    if (status != FS_OK) return status;
    fs_text_add(out, "shape");
    for (size_t d = 0; d < array.dimensions; d++) fs_text_format(out, " %zu", array.shape[d]);
    fs_text_char(out, '\n');
    for (size_t i = 0; i < array.count && !out->failed; i++)
        add_element(&array, array.data + place_of(&array, i) * array.size, out);
    return out->failed ? fs_fail_memory(error, "reading an NPY file", 0) : FS_OK;
}
