/* From features to distances as the options say: columns of categories coded, types of columns, scaling. */
#include "map_groups.h"
#include "mdscale_input.h"
#include "table_names.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* A table of features with room for the categories behind them. */
struct side {
    const char *path;
    input_data *data;
    double *values; /* rows of data->features and the categories; NULL: those of the table */
    char **names;   /* of one category, for each row */
    size_t name_count;
};

/* Categories that stand for nothing known. */
static bool is_missing(const char *name)
{
    static const char *const words[] = {"", "NA", "N/A", "NaN", "nan", "null", "None", "?"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(name, words[i]) == 0) return true;
    return false;
}

static int widen(struct side *side, size_t columns)
{
    size_t m = side->data->features, cells;
    bool fits = fs_size_mul(side->data->n, columns, &cells);
    side->values = fits ? fs_alloc(cells, sizeof *side->values) : NULL;
    if (!side->values) {
        command_complain("out of memory for the features of %s", side->path);
        return COMMAND_FAILED;
    }
    for (size_t i = 0; i < side->data->n; i++)
        memcpy(side->values + i * columns, side->data->table.values + i * m, m * sizeof *side->values);
    return COMMAND_OK;
}

static int read_category(struct side *side, const char *column)
{
    fs_error error;
    side->name_count = 0;
    if (mds_names_read_column(side->path, column, input.max_unpacked, &side->data->table, &side->names,
                              &side->name_count, &error) != FS_OK)
        return command_fail(&error);
    if (side->name_count >= side->data->n) return COMMAND_OK; /* more: --rows */
    command_complain("%s: column %s has %zu categories for %zu objects", side->path, column, side->name_count,
                     side->data->n);
    return COMMAND_FAILED;
}

/* The same number for the same name in both tables. */
static int code_category(struct side *sides, size_t count, size_t column, size_t columns)
{
    size_t rows = sides[0].data->n + (count > 1 ? sides[1].data->n : 0), used = 0;
    const char **names = fs_alloc(rows, sizeof *names);
    mds_groups groups = {0};
    fs_error error;
    for (size_t s = 0; names && s < count; s++)
        for (size_t i = 0; i < sides[s].data->n; i++) names[used++] = sides[s].names[i];
    if (!names || mds_groups_init(&groups, names, rows, &error) != FS_OK) {
        command_complain("out of memory while reading categories");
        fs_free(names);
        return COMMAND_FAILED;
    }
    used = 0;
    for (size_t s = 0; s < count; s++)
        for (size_t i = 0; i < sides[s].data->n; i++, used++)
            sides[s].values[i * columns + column] = is_missing(names[used]) ? NAN : (double)groups.of[used];
    mds_groups_fini(&groups);
    fs_free(names);
    return COMMAND_OK;
}

static int add_categories(struct side *sides, size_t count, size_t columns)
{
    int status = COMMAND_OK;
    for (size_t s = 0; s < count && status == COMMAND_OK; s++) status = widen(&sides[s], columns);
    for (size_t k = 0; k < input.categories.count && status == COMMAND_OK; k++) {
        for (size_t s = 0; s < count && status == COMMAND_OK; s++)
            status = read_category(&sides[s], input.categories.items[k]);
        if (status == COMMAND_OK) status = code_category(sides, count, sides[0].data->features + k, columns);
        for (size_t s = 0; s < count; s++) {
            fs_free(sides[s].names);
            sides[s].names = NULL;
        }
    }
    return status;
}

/* Which types the columns have, categories last. */
static int find_types(const struct side *side, size_t columns, mds_column *types)
{
    const mds_table *t = &side->data->table;
    for (size_t f = 0; f < columns; f++)
        types[f] = f < side->data->features ? MDS_COLUMN_NUMBER : MDS_COLUMN_CATEGORY;
    for (size_t k = 0; k < input.presences.count; k++) {
        size_t f = 0;
        while (f < t->name_count && strcmp(t->names[f], input.presences.items[k]) != 0) f++;
        if (!t->names || f >= t->name_count) {
            command_complain("%s has no column of numbers named '%s' (--presence)", side->path,
                             input.presences.items[k]);
            return COMMAND_FAILED;
        }
        types[f] = MDS_COLUMN_PRESENCE;
    }
    return COMMAND_OK;
}

static int check_options(const struct side *sides, size_t count)
{
    bool typed = input.categories.count || input.presences.count;
    if (typed && input.metric != MDS_GOWER)
        return command_usage("--category and --presence are for --metric gower");
    for (size_t s = 0; s < count && input.categories.count; s++)
        if (input_is_standard(sides[s].path))
            return command_usage("--category reads the file again, so it cannot be standard input");
    if (count == 2 && sides[0].data->features != sides[1].data->features) {
        command_complain("%s has %zu features and %s %zu; they should be the same", sides[0].path,
                         sides[0].data->features, sides[1].path, sides[1].data->features);
        return COMMAND_FAILED;
    }
    char **names = sides[0].data->table.names, **others = count == 2 ? sides[1].data->table.names : NULL;
    for (size_t f = 0; names && others && f < sides[0].data->features; f++)
        if (strcmp(names[f], others[f]) != 0) {
            command_complain("feature %zu is '%s' in %s, but '%s' in %s", f + 1, names[f], sides[0].path,
                             others[f], sides[1].path);
            return COMMAND_FAILED;
        }
    return COMMAND_OK;
}

/* Latitude comes first; a table whose columns are named the other way round would be read wrong silently
 * wherever its longitudes stay within 90 degrees. */
static void put_latitude_first(const struct side *side)
{
    mds_table *t = &side->data->table;
    if (input.metric != MDS_HAVERSINE || side->data->features != 2 || !t->names) return;
    bool turned = strncasecmp(t->names[0], "lon", 3) == 0 || strncasecmp(t->names[0], "lng", 3) == 0;
    if (!turned || strncasecmp(t->names[1], "lat", 3) != 0) return;
    for (size_t i = 0; i < side->data->n; i++) {
        double longitude = t->values[2 * i];
        t->values[2 * i] = t->values[2 * i + 1];
        t->values[2 * i + 1] = longitude;
    }
    char *name = t->names[0];
    t->names[0] = t->names[1];
    t->names[1] = name;
    if (!input.quiet)
        command_complain("%s: column '%s' is taken for the latitude, '%s' for the longitude", side->path,
                         t->names[0], t->names[1]);
}

/* Objects all in one place are seldom what was asked for. */
static void tell_if_all_zero(const char *path, const double *delta, size_t n)
{
    if (input.quiet || n < 2) return;
    for (size_t i = 0; i < n * n; i++)
        if (delta[i] != 0) return;
    command_complain("%s: all distances are 0 by the metric %s%s", path,
                     mds_metric_name((mds_metric)input.metric),
                     input.metric == MDS_JACCARD ? ", which asks only what is there (not 0)" : "");
}

int input_prepare_rows(const char *path, input_data *data)
{
    struct side side = {.path = path, .data = data};
    bool typed = input.categories.count || input.presences.count;
    put_latitude_first(&side);
    int status = check_options(&side, 1);
    if (status) return status;
    data->columns = data->features + input.categories.count;
    data->types = typed ? fs_alloc(data->columns, sizeof *data->types) : NULL;
    if (typed && !data->types) return command_fail_memory();
    if (typed) status = find_types(&side, data->columns, data->types);
    if (status == COMMAND_OK && input.categories.count) status = add_categories(&side, 1, data->columns);
    data->wide = side.values;
    data->distances = (mds_distance_options){.size = sizeof data->distances,
                                             .metric = (mds_metric)input.metric,
                                             .isa = (mds_isa)input.isa,
                                             .exponent = input.exponent,
                                             .scaling = (mds_scaling)input.scaling,
                                             .columns = data->types};
    return status;
}

int input_distances(const char *path, input_data *data, const char *other_path, input_data *other,
                    double *delta)
{
    struct side sides[2] = {{.path = path, .data = data}, {.path = other_path, .data = other}};
    size_t count = other ? 2 : 1, columns = data->features + input.categories.count;
    bool typed = input.categories.count || input.presences.count;
    for (size_t s = 0; s < count; s++) put_latitude_first(&sides[s]);
    int status = check_options(sides, count);
    if (status) return status;
    mds_column *types = typed ? fs_alloc(columns, sizeof *types) : NULL;
    mds_error error = {.message = "out of memory"};
    mds_distance_options options = {.size = sizeof options,
                                    .metric = (mds_metric)input.metric,
                                    .threads = (unsigned)input.threads,
                                    .isa = (mds_isa)input.isa,
                                    .exponent = input.exponent,
                                    .scaling = (mds_scaling)input.scaling,
                                    .columns = types};
    if (typed) status = types ? find_types(&sides[0], columns, types) : input_fail(path, &error);
    if (status == COMMAND_OK && input.categories.count) status = add_categories(sides, count, columns);
    for (size_t s = 0; s < count; s++)
        if (!input.categories.count) sides[s].values = sides[s].data->table.values;
    mds_status made = MDS_OK;
    if (status == COMMAND_OK && other)
        made = mds_distances_between(sides[0].values, data->n, columns, columns, sides[1].values, other->n,
                                     columns, &options, delta, data->n, &error);
    else if (status == COMMAND_OK)
        made = mds_distances(sides[0].values, data->n, columns, columns, &options, delta, data->n, &error);
    if (made != MDS_OK) status = input_fail(path, &error);
    if (status == COMMAND_OK && !other) tell_if_all_zero(path, delta, data->n);
    for (size_t s = 0; s < count && input.categories.count; s++) fs_free(sides[s].values);
    fs_free(types);
    return status;
}
