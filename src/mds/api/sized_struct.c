#include "sized_struct.h"

#include <string.h>

enum { LARGEST = 4096 }; /* a size above it is a mistake, not a version */

static size_t size_of(const void *given)
{
    size_t size;
    memcpy(&size, given, sizeof size);
    return size;
}

fs_status mds_struct_check(const char *type, const void *to, fs_error *error)
{
    if (!to) return FS_OK;
    size_t size = size_of(to);
    if (size >= 2 * sizeof size && size <= LARGEST) return FS_OK;
    return fs_fail(error, FS_ARGUMENT, "the `size` in %s is %zu; set it to sizeof(%s)", type, size, type);
}

fs_status mds_struct_take(const char *type, const void *given, void *to, size_t known, fs_error *error)
{
    memset(to, 0, known);
    memcpy(to, &known, sizeof known);
    fs_status status = mds_struct_check(type, given, error);
    if (!given || status) return status;
    size_t size = size_of(given), skip = sizeof size;
    memcpy((char *)to + skip, (const char *)given + skip, (size < known ? size : known) - skip);
    for (size_t i = known; i < size; i++)
        if (((const unsigned char *)given)[i])
            return fs_fail(
                error, FS_ARGUMENT,
                "%s is of %zu bytes and asks for something behind the %zu that this version of the "
                "library knows",
                type, size, known);
    return FS_OK;
}

void mds_struct_give(void *to, const void *from, size_t known)
{
    if (!to) return;
    size_t size = size_of(to), skip = sizeof size;
    memcpy((char *)to + skip, (const char *)from + skip, (size < known ? size : known) - skip);
    if (size > known) memset((char *)to + known, 0, size - known);
}
