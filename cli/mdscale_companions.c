/* Files beside the dissimilarities: maps and weights, whose objects are matched by label. */
#include "mdscale_input.h"
#include "mdscale_labels.h"

#include "label_match.h"
#include "rounding.h"
#include "table_shape.h"

#include <math.h>
#include <string.h>

/* Numbers that count are no names: such objects are known by their place. */
static bool has_names(const mds_table *t, size_t rows)
{
    return t->labels && t->label_count == rows;
}

/* Which of the table's rows each object is: *order (free it), or NULL when they stand in the same order. */
static int match_objects(const char *path, const mds_table *t, const input_data *data, size_t **order)
{
    const mds_table *objects = &data->table;
    *order = NULL;
    if (!has_names(t, t->rows) || !has_names(objects, data->n)) return COMMAND_OK;
    mds_label_match match;
    fs_error error;
    size_t *found = fs_alloc(data->n, sizeof *found);
    fs_status status =
        found ? mds_labels_match(objects->labels, data->n, t->labels, t->rows, found, &match, &error)
              : fs_fail_memory(&error, "matching labels", 0);
    if (status != FS_OK || match.kind != MDS_MATCH_ORDER) {
        fs_free(found);
        found = NULL;
    }
    if (status != FS_OK) return command_fail(&error);
    bool places = t->rows == data->n &&
                  (mds_labels_count(t->labels, t->rows) || mds_labels_count(objects->labels, data->n));
    if (match.kind == MDS_MATCH_DIFFERENT && !places) {
        if (match.one && match.other)
            command_complain("%s: its objects are not those of %s: '%s' is only there, '%s' only here", path,
                             data->path, match.one, match.other);
        else
            command_complain("%s: its objects are not those of %s: '%s' is only %s", path, data->path,
                             match.one ? match.one : match.other, match.one ? "there" : "here");
        return COMMAND_FAILED;
    }
    if (match.kind == MDS_MATCH_REPEATED) {
        command_complain(
            "%s: the label '%s' stands for several objects, and they are in another order than in "
            "%s, so they cannot be matched",
            path, match.one, data->path);
        return COMMAND_FAILED;
    }
    if (found && !input.quiet)
        command_complain("%s: its objects stand in another order than those of %s; they are matched by label",
                         path, data->path);
    *order = found;
    return COMMAND_OK;
}

/* ---- maps ---- */

/* A header or a column of numbers that was taken for data: the sizes tell. */
static void drop_counts(const char *path, mds_table *t, size_t n, size_t p)
{
    if (t->rows == n + 1 && !t->names && mds_table_first_row_counts(t)) mds_table_drop_first_row(t);
    if (t->labels || t->rows != n || t->columns < 2 || (p && t->columns != p + 1)) return;
    if (!mds_table_first_column_counts(t)) return;
    mds_table_drop_first_column(t);
    if (!input.quiet) command_complain("%s: the first column counts the rows and is left out", path);
}

static int check_map(const char *path, const char *what, const mds_table *t, size_t n, size_t p)
{
    if (t->missing > 0)
        command_complain("%s: %s: a coordinate is missing", path, t->first_missing);
    else if (p == 0 && labels_dissimilarities(t))
        command_complain("%s holds dissimilarities, no map; `mdscale fit %s -o map.csv` makes one", path,
                         path);
    else if (t->rows != n && p == 0)
        command_complain("%s holds %zu x %zu numbers; %s needs %zu rows, one for each object", path, t->rows,
                         t->columns, what, n);
    else if (t->rows != n || (p && t->columns != p))
        command_complain("%s holds %zu x %zu numbers; %s needs %zu x %zu (objects x dimensions)", path,
                         t->rows, t->columns, what, n, p);
    else
        return COMMAND_OK;
    return COMMAND_FAILED;
}

static int order_rows(mds_table *t, const size_t *order)
{
    double *ordered = fs_alloc(t->rows, t->columns * sizeof *ordered);
    if (!ordered) return command_fail_memory();
    for (size_t i = 0; i < t->rows; i++)
        memcpy(ordered + i * t->columns, t->values + order[i] * t->columns, t->columns * sizeof *ordered);
    fs_free(t->values);
    t->values = ordered;
    return COMMAND_OK;
}

int input_load_map(const char *path, const char *what, const input_data *data, size_t p, double **x,
                   size_t *columns)
{
    mds_read_options options = {
        .layout = MDS_LAYOUT_RECTANGLE, .use = MDS_USE_FEATURES, .max_unpacked = input.max_unpacked};
    mds_table table;
    fs_error error;
    if (mds_table_read(path, &options, &table, &error) != FS_OK) return input_fail_table(&error, &table);
    size_t *order = NULL;
    drop_counts(path, &table, data->n, p);
    int status = match_objects(path, &table, data, &order);
    if (status == COMMAND_OK) status = check_map(path, what, &table, data->n, p);
    if (status == COMMAND_OK && order) status = order_rows(&table, order);
    if (status == COMMAND_OK) {
        *x = table.values;
        *columns = table.columns;
        table.values = NULL;
    }
    fs_free(order);
    mds_table_fini(&table);
    return status;
}

/* ---- weights ---- */

static int order_both(mds_table *t, const size_t *order)
{
    size_t n = t->rows;
    int status = order_rows(t, order);
    double *row = status == COMMAND_OK ? fs_alloc(n, sizeof *row) : NULL;
    if (status == COMMAND_OK && !row) status = command_fail_memory();
    for (size_t i = 0; status == COMMAND_OK && i < n; i++) {
        memcpy(row, t->values + i * n, n * sizeof *row);
        for (size_t j = 0; j < n; j++) t->values[i * n + j] = row[order[j]];
    }
    fs_free(row);
    return status;
}

/* A triangle of weights may have anything on its diagonal. */
static void find_triangle(mds_table *t, size_t n)
{
    if (t->rows != n || t->count != n * (n + 1) / 2) return;
    if (t->layout == MDS_LAYOUT_LOWER_STRICT) t->layout = MDS_LAYOUT_LOWER;
    if (t->layout == MDS_LAYOUT_UPPER_STRICT) t->layout = MDS_LAYOUT_UPPER;
}

static int square_weights(const char *path, mds_table *t, const input_data *data)
{
    fs_error error;
    size_t *order = NULL;
    find_triangle(t, data->n);
    if (mds_table_to_square(t, path, 0, &error) != FS_OK) return input_fail_table(&error, t);
    int status = match_objects(path, t, data, &order);
    if (status == COMMAND_OK && t->rows != data->n) {
        command_complain("%s holds weights for %zu objects, but there are %zu", path, t->rows, data->n);
        status = COMMAND_FAILED;
    }
    if (status == COMMAND_OK && order) status = order_both(t, order);
    fs_free(order);
    return status;
}

int input_load_weights(const char *path, const input_data *data, double **weights)
{
    mds_read_options options = {.use = MDS_USE_DISSIMILARITIES, .max_unpacked = input.max_unpacked};
    mds_table table;
    fs_error error;
    if (mds_table_read(path, &options, &table, &error) != FS_OK) return input_fail_table(&error, &table);
    int status = square_weights(path, &table, data);
    if (status == COMMAND_OK) {
        mds_repairs repairs;
        table.keep_diagonal = true; /* which means nothing here */
        mds_table_repair(&table, &repairs);
        if (repairs.mirrored && !input.quiet)
            command_complain("%s: one half of the matrix holds nothing but zeros; the other is taken for a "
                             "triangle and mirrored",
                             path);
        for (size_t i = 0; i < table.count; i++)
            if (isnan(table.values[i])) table.values[i] = 0;
        *weights = table.values;
        table.values = NULL;
    }
    mds_table_fini(&table);
    return status;
}
