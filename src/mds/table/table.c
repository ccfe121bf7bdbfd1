#include "table.h"

#include "file.h"
#include "table_formats.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

fs_status mds_table_reserve(mds_table *table, size_t more, fs_error *error)
{
    size_t need;
    if (!fs_size_add(table->count, more, &need) || !FS_GROW(table->values, table->capacity, need))
        return fs_fail_memory(error, "reading a table", table->count * sizeof(double));
    return FS_OK;
}

/* Also when the file ends inside the magic string, which no text begins with. */
static bool is_numpy(const mds_byte_source *source)
{
    size_t have = source->end - source->start;
    return have > 0 && memcmp(source->bytes + source->start, "\x93NUMPY", have < 6 ? have : 6) == 0;
}

static fs_status read_values(const char *path, const mds_read_options *options, mds_table *table,
                             fs_error *error)
{
    fs_input *input = NULL;
    mds_byte_source source = {0};
    fs_status status = fs_input_open(path, &input, error);
    if (status) return status;
    fs_input_max_unpacked(input, options->max_unpacked);
    status = mds_byte_source_init(&source, input, options, error);
    while (status == FS_OK && !source.at_end && source.end - source.start < 6)
        status = mds_byte_source_fill(&source, error);
    if (status) goto cleanup;
    if (source.end == source.start)
        status = fs_fail(error, FS_DATA, "%s is empty", fs_input_name(input));
    else if (is_numpy(&source))
        status = mds_read_npy(&source, table, error);
    else
        status = mds_read_csv(&source, table, error);
cleanup:
    mds_byte_source_fini(&source);
    fs_input_close(input);
    return status;
}

/* ---- names from another file ---- */

/* One name a line. */
static fs_status read_lines(const char *path, mds_table *table, char ***names, size_t *count, fs_error *error)
{
    char *bytes;
    size_t length, capacity = 0;
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
        if (!name || !FS_GROW(list, capacity, *count + 1)) {
            status = fs_fail_memory(error, "reading labels", length);
            break;
        }
        list[(*count)++] = name;
        at = stop ? stop + 1 : end;
    }
    *names = list;
    fs_free(bytes);
    return status;
}

/* The column of another table. */
static fs_status read_column(const char *path, const char *column, const mds_read_options *given,
                             mds_table *table, char ***names, size_t *count, fs_error *error)
{
    mds_table other;
    mds_read_options options = {.labels = column, .labels_only = true, .max_unpacked = given->max_unpacked};
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
    if (status == FS_OK) *count = other.label_count;
    *names = list;
    mds_table_fini(&other);
    return status;
}

static fs_status names_from(const char *where, const mds_read_options *options, mds_table *table,
                            char ***names, size_t *count, fs_error *error)
{
    if (access(where, R_OK) == 0) return read_lines(where, table, names, count, error);
    const char *colon = strrchr(where, ':');
    if (!colon) return read_lines(where, table, names, count, error); /* fails, and says why */
    char *path = fs_strndup(where, (size_t)(colon - where));
    if (!path) return fs_fail_memory(error, "reading labels", 0);
    fs_status status = read_column(path, colon + 1, options, table, names, count, error);
    fs_free(path);
    return status;
}

fs_status mds_table_read(const char *path, const mds_read_options *options, mds_table *table, fs_error *error)
{
    *table = (mds_table){0};
    fs_arena_init(&table->names_arena);
    fs_status status = read_values(path, options, table, error);
    if (status == FS_OK && options->layout == MDS_LAYOUT_CONDENSED) table->layout = MDS_LAYOUT_CONDENSED;
    if (status == FS_OK && options->labels && !table->labels)
        status = names_from(options->labels, options, table, &table->labels, &table->label_count, error);
    if (status == FS_OK && options->groups && !table->groups)
        status = names_from(options->groups, options, table, &table->groups, &table->group_count, error);
    if (status) mds_table_fini(table);
    return status;
}

void mds_table_fini(mds_table *table)
{
    fs_free(table->values);
    fs_free(table->labels);
    fs_free(table->groups);
    fs_arena_fini(&table->names_arena);
    *table = (mds_table){0};
}
