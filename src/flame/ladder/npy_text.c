#include "npy_text.h"

#include "npy.h"

#include <inttypes.h>
#include <string.h>

/* Where the element with index `i` in C order lies in the file. */
static size_t place_of(const fs_npy *npy, size_t i)
{
    if (!npy->fortran) return i;
    size_t place = 0, stride = (size_t)npy->count;
    for (size_t d = npy->axes; d-- > 0;) {
        const size_t length = (size_t)npy->shape[d];
        stride /= length;
        place += i % length * stride;
        i /= length;
    }
    return place;
}

static void add_element(const fs_npy *npy, const char *at, fs_text *out)
{
    if (npy->kind == 'f') {
        char number[FS_NUMBER_SIZE];
        size_t n = fs_number_format(fs_npy_double(npy, at), number);
        fs_text_append(out, number, n);
        if (!strpbrk(number, ".en")) fs_text_add(out, ".0"); /* not a whole number by its type */
    } else if (npy->kind == 'i') {
        fs_text_format(out, "%" PRId64, (int64_t)fs_npy_integer(npy, at));
    } else {
        fs_text_format(out, "%" PRIu64, fs_npy_integer(npy, at));
    }
    fs_text_char(out, '\n');
}

fs_status flame_npy_text(const char *bytes, size_t length, fs_text *out, fs_error *error)
{
    fs_npy npy;
    size_t need;
    fs_status status = fs_npy_header(bytes, length, true, &npy, &need, error);
    if (status != FS_OK) return status;
    size_t count = (size_t)npy.count, there = (length - npy.offset) / npy.item;
    if (count > there)
        return fs_fail(error, FS_FORMAT, "it is cut off: %zu numbers of %zu are there", there, count);
    fs_text_add(out, "shape");
    for (size_t d = 0; d < npy.axes; d++) fs_text_format(out, " %" PRIu64, npy.shape[d]);
    fs_text_char(out, '\n');
    for (size_t i = 0; i < count && !out->failed; i++)
        add_element(&npy, bytes + npy.offset + place_of(&npy, i) * npy.item, out);
    return out->failed ? fs_fail_memory(error, "reading an NPY file", 0) : FS_OK;
}
