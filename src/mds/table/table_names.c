#include "table_names.h"

#include "file.h"

#include <string.h>

fs_status mds_names_read_lines(const char *path, mds_table *table, char ***names, size_t *count,
                               fs_error *error)
{
    char *bytes;
    size_t length, used = 0, capacity = 0;
    fs_status status = fs_file_read(path, (size_t)1 << 30, &bytes, &length, error);
    if (status) return status;
    char **list = NULL;
    const char *at = bytes, *end = bytes + length;
    if (length >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0) at += 3;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const char *last = stop ? stop : end;
        while (last > at && (last[-1] == '\r' || last[-1] == ' ')) last--;
        char *name = fs_arena_strndup(&table->names_arena, at, (size_t)(last - at));
        if (!name || !FS_GROW(list, capacity, used + 1)) {
            status = fs_fail_memory(error, "reading labels", length);
            break;
        }
        list[used++] = name;
        at = stop ? stop + 1 : end;
    }
    *names = list;
    *count = used;
    fs_free(bytes);
    return status;
}

fs_status mds_names_read_column(const char *path, const char *column, uint64_t max_unpacked, mds_table *table,
                                char ***names, size_t *count, fs_error *error)
{
    mds_table other;
    mds_read_options options = {.labels = column, .labels_only = true, .max_unpacked = max_unpacked};
    fs_status status = mds_table_read(path, &options, &other, error);
    if (status) return status;
    size_t capacity = 0;
    char **list = NULL;
    for (size_t i = 0; status == FS_OK && other.labels && i < other.label_count; i++) {
        char *name = fs_arena_strndup(&table->names_arena, other.labels[i], strlen(other.labels[i]));
        if (!name || !FS_GROW(list, capacity, i + 1))
            status = fs_fail_memory(error, "reading labels", 0);
        else
            list[i] = name;
    }
    if (status == FS_OK && !other.labels)
        status = fs_fail(error, FS_ARGUMENT, "%s has no column '%s'", path, column);
    if (status == FS_OK) *count = other.label_count;
    *names = list;
    mds_table_fini(&other);
    return status;
}
