#include "mdscale_labels.h"

#include "label_match.h"

#include <string.h>

bool labels_dissimilarities(const mds_table *t)
{
    size_t n = t->rows;
    if (n < 3 || t->columns != n) return false;
    for (size_t i = 0; i < n; i++) {
        if (t->values[i * n + i] != 0) return false;
        for (size_t j = 0; j < i; j++)
            if (t->values[i * n + j] != t->values[j * n + i] || t->values[i * n + j] < 0) return false;
    }
    return true;
}

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
    if (strcmp(what, "map") != 0) return COMMAND_OK;
    if (table->missing)
        command_complain("%s: %s: a coordinate is missing", path, table->first_missing);
    else if (labels_dissimilarities(table))
        command_complain("%s holds dissimilarities, no map; `mdscale fit %s -o map.csv` makes one", path,
                         path);
    else
        return COMMAND_OK;
    mds_table_fini(table);
    return COMMAND_FAILED;
}

label_list labels_of(const char *path, const mds_table *table)
{
    return (label_list){
        .path = path, .names = table->labels, .count = table->labels ? table->label_count : table->rows};
}

/* The labels of the two do not pair off one to one. */
static int complain_of_labels(const label_list *to, const label_list *from, const mds_label_match *match)
{
    if (match->kind == MDS_MATCH_REPEATED)
        command_complain("%s and %s: several objects have the label '%s', and the order is not the same, so "
                         "they cannot be matched",
                         to->path, from->path, match->one);
    else if (match->one && match->other)
        command_complain(
            "%s and %s are not of the same objects: '%s' is in the first only, '%s' in the second", to->path,
            from->path, match->one, match->other);
    else
        command_complain("%s and %s are not of the same objects: '%s' is in %s only", to->path, from->path,
                         match->one ? match->one : match->other, match->one ? to->path : from->path);
    return COMMAND_FAILED;
}

int labels_match(const label_list *to, const label_list *from, size_t *where)
{
    for (size_t i = 0; i < to->count; i++) where[i] = i;
    if (to->names && from->names) {
        mds_label_match match;
        fs_error error;
        if (mds_labels_match(to->names, to->count, from->names, from->count, where, &match, &error) != FS_OK)
            return command_fail(&error);
        bool matched = match.kind == MDS_MATCH_SAME || match.kind == MDS_MATCH_ORDER;
        return matched ? COMMAND_OK : complain_of_labels(to, from, &match);
    }
    if (to->count == from->count) return COMMAND_OK;
    command_complain("%s has %zu objects and %s %zu, and %s no labels to match them by", to->path, to->count,
                     from->path, from->count, to->names ? from->path : to->path);
    return COMMAND_FAILED;
}
