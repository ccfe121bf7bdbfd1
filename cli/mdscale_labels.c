#include "mdscale_labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int labels_read(const char *path, const char *what, mds_table *table)
{
    mds_read_options options = {.layout = MDS_LAYOUT_RECTANGLE,
                                .max_unpacked = input.max_unpacked,
                                .labels = "label",
                                .labels_elsewhere = true};
    fs_error error;
    bool again = !input_is_standard(path);
    if (!again) options.labels = NULL;
    fs_status status = mds_table_read(path, &options, table, &error);
    if (again && (status || !table->labels)) {
        mds_table_fini(table);
        options.labels = NULL;
        status = mds_table_read(path, &options, table, &error);
    }
    if (status) return command_fail_reading(&error, "");
    if (table->missing == 0 || strcmp(what, "map") != 0) return COMMAND_OK;
    command_complain("%s: %s: a coordinate is missing", path, table->first_missing);
    mds_table_fini(table);
    return COMMAND_FAILED;
}

label_list labels_of(const char *path, const mds_table *table)
{
    return (label_list){.path = path,
                        .names = (const char *const *)table->labels,
                        .count = table->labels ? table->label_count : table->rows};
}

/* An object with its name, to be sorted. */
struct named {
    const char *name;
    size_t index;
};

static int by_name(const void *left, const void *right)
{
    const struct named *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static int by_name_only(const void *left, const void *right)
{
    return strcmp(((const struct named *)left)->name, ((const struct named *)right)->name);
}

static struct named *sorted(const label_list *list)
{
    struct named *names = fs_alloc(list->count, sizeof *names);
    for (size_t i = 0; names && i < list->count; i++) names[i] = (struct named){list->names[i], i};
    if (names) qsort(names, list->count, sizeof *names, by_name);
    return names;
}

/* The first object of `of` that `in`, sorted, lacks; NULL when it has all. */
static const char *first_lacking(const label_list *of, const struct named *in, size_t count)
{
    for (size_t i = 0; i < of->count; i++) {
        struct named wanted = {of->names[i], 0};
        if (!bsearch(&wanted, in, count, sizeof *in, by_name_only)) return of->names[i];
    }
    return NULL;
}

static const char *first_repeated(const struct named *names, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i - 1].name, names[i].name) == 0) return names[i].name;
    return NULL;
}

static int match_names(const label_list *to, const label_list *from, const struct named *to_sorted,
                       const struct named *from_sorted, size_t *where)
{
    const char *repeated = first_repeated(to_sorted, to->count);
    const label_list *repeats = to;
    if (!repeated) repeated = first_repeated(from_sorted, from->count), repeats = from;
    if (repeated) {
        command_complain("%s has several objects '%s', so they cannot be matched to those of %s by name",
                         repeats->path, repeated, repeats == to ? from->path : to->path);
        return COMMAND_FAILED;
    }
    const char *extra = first_lacking(to, from_sorted, from->count);
    const char *other = first_lacking(from, to_sorted, to->count);
    if (extra && other)
        command_complain(
            "%s and %s are not of the same objects: '%s' is in the first only, '%s' in the second", to->path,
            from->path, extra, other);
    else if (extra || other)
        command_complain("%s and %s are not of the same objects: '%s' is in %s only", to->path, from->path,
                         extra ? extra : other, extra ? to->path : from->path);
    if (extra || other) return COMMAND_FAILED;
    for (size_t i = 0; i < to->count; i++) {
        struct named wanted = {to->names[i], 0};
        const struct named *found =
            bsearch(&wanted, from_sorted, from->count, sizeof *from_sorted, by_name_only);
        where[i] = found->index;
    }
    return COMMAND_OK;
}

static bool same_order(const label_list *to, const label_list *from)
{
    if (to->count != from->count) return false;
    for (size_t i = 0; i < to->count; i++)
        if (strcmp(to->names[i], from->names[i]) != 0) return false;
    return true;
}

int labels_match(const label_list *to, const label_list *from, size_t *where)
{
    if (!to->names || !from->names || same_order(to, from)) {
        for (size_t i = 0; i < to->count; i++) where[i] = i;
        if (to->count == from->count) return COMMAND_OK;
        command_complain("%s has %zu objects and %s %zu, and %s no labels to match them by", to->path,
                         to->count, from->path, from->count, to->names ? from->path : to->path);
        return COMMAND_FAILED;
    }
    struct named *to_sorted = sorted(to), *from_sorted = sorted(from);
    int status = COMMAND_FAILED;
    if (to_sorted && from_sorted)
        status = match_names(to, from, to_sorted, from_sorted, where);
    else
        command_complain("out of memory while matching labels");
    fs_free(to_sorted);
    fs_free(from_sorted);
    return status;
}
