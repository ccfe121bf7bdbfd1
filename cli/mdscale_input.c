#include "mdscale_input.h"

#include "clock.h"
#include "label_match.h"
#include "memory_limit.h"
#include "npy_square.h"
#include "progress.h"
#include "table_names.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

input_options input;

const char *const input_kinds[] = {"auto", "distances", "features", NULL};
const char *const input_layouts[] = {"auto",         "square", "lower", "lower-strict", "condensed", "upper",
                                     "upper-strict", "pairs",  NULL};
const char *const input_separators[] = {"auto", "comma", "semicolon", "tab", "bar", "blank", NULL};
const char *const input_decimals[] = {"auto", "point", "comma", NULL};
const char *input_metrics[INPUT_NAMES + 1], *input_isas[INPUT_NAMES + 1], *input_scalings[INPUT_NAMES + 1],
    *input_similarities[INPUT_NAMES + 1];

void input_options_make(void)
{
    for (int i = 0; i < INPUT_NAMES && mds_metric_name((mds_metric)i); i++)
        input_metrics[i] = mds_metric_name((mds_metric)i);
    for (int i = 0; i < INPUT_NAMES && mds_isa_name((mds_isa)i); i++)
        input_isas[i] = mds_isa_name((mds_isa)i);
    for (int i = 0; i < INPUT_NAMES && mds_scaling_name((mds_scaling)i); i++)
        input_scalings[i] = mds_scaling_name((mds_scaling)i);
    for (int i = 0; i < INPUT_NAMES && mds_similarity_name((mds_similarity)i); i++)
        input_similarities[i] = mds_similarity_name((mds_similarity)i);
}

bool input_is_standard(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

bool output_is_standard(const char *path)
{
    return path && fs_output_same(path, "-");
}

/* Where `where` points to; the file is NULL when there is no memory. The whole is a file if there is one. */
typedef struct names_place {
    char *file;         /* free it */
    const char *column; /* NULL: one name a line */
} names_place;

static names_place find_names(const char *where)
{
    const char *colon = access(where, R_OK) == 0 ? NULL : strrchr(where, ':');
    if (!colon) return (names_place){fs_strdup(where), NULL};
    return (names_place){fs_strndup(where, (size_t)(colon - where)), colon + 1};
}

/* Whether it points to a file of names that is there. */
static bool names_a_file(const char *where)
{
    names_place place = where ? find_names(where) : (names_place){0};
    bool there = place.file && access(place.file, R_OK) == 0;
    fs_free(place.file);
    return there;
}

enum { OTHER_INPUTS = 4 };

int output_check(const char *const *inputs, size_t input_count, const char *const *outputs,
                 size_t output_count)
{
    const char *all[OTHER_INPUTS + 2];
    size_t count = 0;
    for (size_t i = 0; i < input_count && i < OTHER_INPUTS; i++) all[count++] = inputs[i];
    char *names[2] = {NULL, NULL};
    const char *const where[] = {input.labels, input.groups};
    for (size_t i = 0; i < 2; i++) all[count++] = names[i] = where[i] ? find_names(where[i]).file : NULL;
    int status = command_check_outputs(all, count, outputs, output_count);
    fs_free(names[0]);
    fs_free(names[1]);
    return status;
}

int output_open(const char *path, fs_output **output)
{
    fs_error error;
    broken_pipe_catch();
    if (!path) return COMMAND_OK;
    return fs_output_open(path, output, &error) == FS_OK ? COMMAND_OK : command_fail(&error);
}

int output_open_all(const char *const *paths, size_t count, fs_output **outputs)
{
    int status = COMMAND_OK;
    for (size_t i = 0; i < count && status == COMMAND_OK; i++) status = output_open(paths[i], &outputs[i]);
    if (status) output_discard_all(outputs, count);
    return status;
}

bool output_any_is_standard(const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (output_is_standard(paths[i])) return true;
    return false;
}

void output_discard_all(fs_output **outputs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fs_output_discard(outputs[i]);
        outputs[i] = NULL;
    }
}

int output_commit(fs_output **outputs, size_t count)
{
    fs_error error;
    fs_status status = fs_outputs_commit(outputs, count, &error);
    for (size_t i = 0; i < count; i++) outputs[i] = NULL;
    if (status == FS_OK) return COMMAND_OK;
    return broken_pipe_seen() ? COMMAND_UNREAD : command_fail(&error);
}

int input_fail(const char *path, const mds_error *error)
{
    command_complain("%s: %s", input_is_standard(path) ? "standard input" : path, error->message);
    return COMMAND_FAILED;
}

const char *input_seconds(double seconds, char out[32])
{
    double scaled = seconds >= 1 ? seconds : seconds >= 1e-3 ? seconds * 1e3 : seconds * 1e6;
    snprintf(out, 32, "%.3g %s", scaled, seconds >= 1 ? "s" : seconds >= 1e-3 ? "ms" : "us");
    return out;
}

/* ---- reading ---- */

static bool reading(uint64_t bytes, uint64_t size, void *context)
{
    char have[FS_NUMBER_SIZE], detail[64];
    fs_number_grouped(bytes >> 20, have);
    snprintf(detail, sizeof detail, "%s MiB", have);
    progress_update(context, size ? (double)bytes / (double)size : -1, detail);
    return true;
}

/* How a person says what a table may have meant. */
const char *input_hint_words(mds_table_hint hint)
{
    switch (hint) {
    case MDS_HINT_HEADER:
        return "; say --header";
    case MDS_HINT_NO_HEADER:
        return "; say --no-header";
    case MDS_HINT_LABEL_COLUMN:
        return "; say --labels 1";
    case MDS_HINT_TEXT_COLUMNS:
        return "; say --labels COLUMN for the names of the objects, --groups COLUMN for what to colour by, "
               "--skip "
               "COLUMN for the rest";
    case MDS_HINT_DECIMAL_COMMA:
        return "; say --decimal comma";
    case MDS_HINT_DECIMAL_POINT:
        return "; say --decimal point";
    case MDS_HINT_FEATURES:
        return "; say --input features";
    case MDS_HINT_NAMES_COLUMN:
        return " (nor is there a file of that name)";
    case MDS_HINT_WEIGHTS:
        return "; give --weights a file of such pairs";
    case MDS_HINT_PAIRS:
        return "; say --layout pairs";
    case MDS_HINT_DISSIMILARITIES:
        return "; say --input distances";
    case MDS_HINT_MEANS:
        return "; with --symmetrize each pair becomes its mean";
    case MDS_HINT_NONE:
        break;
    }
    return "";
}

int input_fail_table(const fs_error *error, const mds_table *table)
{
    return command_fail_reading(error, input_hint_words(table->hint));
}

void input_tell_notes(const char *path, const mds_table *table)
{
    for (size_t k = 0; k < table->note_count && !input.quiet; k++) {
        const char *hint = input_hint_words(table->notes[k].hint);
        command_complain("%s: %s%s%s", input_is_standard(path) ? "standard input" : path,
                         table->notes[k].text, hint[0] ? "," : "", hint[0] ? hint + 1 : "");
    }
}

static int read_names(const char *where, mds_table *table, char ***names, size_t *count)
{
    names_place place = find_names(where);
    fs_error error;
    fs_status status;
    if (!place.file)
        status = fs_fail_memory(&error, "reading labels", 0);
    else if (place.column)
        status =
            mds_names_read_column(place.file, place.column, input.max_unpacked, table, names, count, &error);
    else
        status = mds_names_read_lines(place.file, table, names, count, &error);
    fs_free(place.file);
    return status == FS_OK ? COMMAND_OK : command_fail_reading(&error, "");
}

/* Labels and groups from files of their own. */
static int read_all_names(mds_table *table)
{
    int named = COMMAND_OK;
    if (input.labels && !table->labels)
        named = read_names(input.labels, table, &table->labels, &table->label_count);
    if (named == COMMAND_OK && input.groups && !table->groups)
        named = read_names(input.groups, table, &table->groups, &table->group_count);
    return named;
}

/* The columns that are not numbers: those to be skipped, and the categories. NULL: out of memory. */
static const char **columns_to_skip(size_t *count)
{
    *count = input.skip.count + input.categories.count;
    const char **columns = fs_alloc(*count, sizeof *columns);
    for (size_t i = 0; columns && i < *count; i++)
        columns[i] =
            i < input.skip.count ? input.skip.items[i] : input.categories.items[i - input.skip.count];
    return columns;
}

/* Whether a long list of pairs may stay one: not when something is to be done first with a matrix. */
static bool pairs_stay(void)
{
    return input.pairs_do && !input.rows && !input.similarities_given;
}

static int read_table(const char *path, int use, mds_table *table)
{
    static const char separators[] = {0, ',', ';', '\t', '|', ' '};
    static const char decimals[] = {0, '.', ','};
    progress bar;
    size_t skipped;
    const char **skip = columns_to_skip(&skipped);
    if (!skip) return command_fail_memory();
    mds_read_options options = {.layout = (mds_layout)input.layout,
                                .separator = separators[input.separator],
                                .decimal = decimals[input.decimal],
                                .header = !input.header_given ? 0
                                          : input.header      ? 1
                                                              : -1,
                                .labels = input.labels,
                                .groups = input.groups,
                                .labels_elsewhere = names_a_file(input.labels),
                                .groups_elsewhere = names_a_file(input.groups),
                                .skip = skip,
                                .skip_count = skipped,
                                .max_unpacked = input.max_unpacked,
                                .rows = (size_t)input.rows,
                                .pairs_from = pairs_stay() ? INPUT_MATRIX_MOST : 0,
                                .means = input.symmetrize,
                                .use = use,
                                .progress = reading,
                                .context = &bar};
    fs_error error;
    progress_begin(&bar, "reading", input.quiet);
    fs_status status = mds_table_read(path, &options, table, &error);
    progress_end(&bar);
    fs_free(skip);
    return status == FS_OK ? read_all_names(table) : input_fail_table(&error, table);
}

static int check_names(const char *path, const char *what, size_t count, size_t n)
{
    if (count == n) return COMMAND_OK;
    command_complain("%s has %zu objects, but there are %zu %s", path, n, count, what);
    return COMMAND_FAILED;
}

/* Labels and groups for each object; a file of names may hold those of objects that --rows left out. */
int input_check_names(const char *path, input_data *data)
{
    mds_table *t = &data->table;
    if (input.rows && t->label_count > data->n) t->label_count = data->n;
    if (input.rows && t->group_count > data->n) t->group_count = data->n;
    int status = COMMAND_OK;
    if (t->labels) status = check_names(path, "labels", t->label_count, data->n);
    if (status == COMMAND_OK && t->groups) status = check_names(path, "groups", t->group_count, data->n);
    return status;
}

/* ---- features ---- */

static int check_features(const char *path, input_data *data)
{
    mds_table *t = &data->table;
    if (t->layout != MDS_LAYOUT_RECTANGLE) {
        command_complain("%s is not a feature table: it is %s", path,
                         t->layout == MDS_LAYOUT_CONDENSED ? "a single line of numbers" : "a triangle");
        return COMMAND_FAILED;
    }
    if (t->missing > 0 && input.metric != MDS_GOWER) {
        command_complain(
            "%s: %s: a value is missing (%zu are in all); distances need all features. Fill them in, "
            "leave the row or --skip the column out, or choose --metric gower",
            path, t->first_missing, t->missing);
        return COMMAND_FAILED;
    }
    data->n = t->rows;
    data->features = t->columns;
    snprintf(data->taken, sizeof data->taken, "%zu objects x %zu feature%s (%s)%s%s", data->n, data->features,
             data->features == 1 ? "" : "s", t->form, t->labelled[0] ? ", " : "", t->labelled);
    input_tell_notes(path, t);
    return input_check_names(path, data);
}

/* One number on each line, without names, and as many as there are pairs of some objects. */
static void suspect_condensed(const char *path, const mds_table *t)
{
    size_t n = (size_t)(1 + sqrt(0.25 + 2 * (double)t->rows));
    bool named = t->labels && !mds_labels_count(t->labels, t->label_count);
    if (input.quiet || input.kind == INPUT_FEATURES || named || t->columns != 1 || t->rows < 3 ||
        n * (n - 1) / 2 != t->rows)
        return;
    command_complain("%s: taken for %zu objects with one feature; if these are the dissimilarities of all "
                     "pairs of %zu objects, say --layout condensed",
                     path, t->rows, n);
}

static int take_features(const char *path, input_data *data)
{
    int status = check_features(path, data);
    if (status) return status;
    suspect_condensed(path, &data->table);
    size_t n = data->n, total;
    if (input.rows_do && n > INPUT_MATRIX_MOST) return input_prepare_rows(path, data);
    fs_error error;
    char what[80];
    snprintf(what, sizeof what, "a matrix of %zu x %zu distances", n, n);
    if (fs_memory_check((double)n * (double)n * sizeof(double), what, (double)n, 2, &error) != FS_OK) {
        command_complain("%s: %s. mdscale fit needs no matrix at level ratio with the methods that keep rows "
                         "(mdscale methods)",
                         path, error.message);
        return COMMAND_FAILED;
    }
    if (fs_size_mul(n, n, &total)) data->own = fs_alloc(total, sizeof(double));
    if (!data->own) return command_fail_memory();
    double started = fs_clock_seconds();
    mds_table *t = &data->table;
    if ((status = input_distances(path, data, NULL, NULL, data->own))) return status;
    for (size_t i = 0; i < n * n; i++)
        if (isnan(data->own[i])) t->missing++;
    data->distance_seconds = fs_clock_seconds() - started;
    data->delta = data->own;
    if (input.keep_features) return COMMAND_OK;
    fs_free(t->values);
    t->values = NULL;
    return COMMAND_OK;
}

/* Nothing is to be done with it first. */
bool input_may_stay(const char *path)
{
    bool whole = input.kind == INPUT_FEATURES || input.layout != MDS_LAYOUT_AUTO ||
                 input.similarities_given || input.symmetrize || input.rows || input.skip.count ||
                 (input.labels && !names_a_file(input.labels)) ||
                 (input.groups && !names_a_file(input.groups));
    return !whole && input.rows_do && !input_is_standard(path);
}

static int take_square_file(const char *path, input_data *data)
{
    fs_error error;
    size_t n = input.square;
    if (!input_may_stay(path)) return COMMAND_OK;
    if (!input.square_known &&
        mds_npy_square(path, INPUT_HELD_MOST, (mds_npy_part){0, 1}, &n, &error) != FS_OK)
        return command_fail(&error);
    if (n == 0) return COMMAND_OK;
    data->file = path;
    data->n = n;
    snprintf(data->taken, sizeof data->taken,
             "%zu x %zu dissimilarities (NPY, square), from the file whenever they are needed", n, n);
    int status = read_all_names(&data->table);
    return status == COMMAND_OK ? input_check_names(path, data) : status;
}

static int check_isa(void)
{
    mds_isa isa = (mds_isa)input.isa;
    if (mds_isa_available(isa)) return COMMAND_OK;
    return command_usage("--isa %s: not in this processor or this build; the widest here is %s",
                         mds_isa_name(isa), mds_isa_name(mds_isa_best()));
}

int input_load(const char *path, input_data *data)
{
    *data = (input_data){.path = path};
    int status = check_isa();
    if (status) return status;
    const char *metric_option = input.metric_given       ? "--metric"
                                : input.scaling          ? "--scale"
                                : input.exponent > 0     ? "--exponent"
                                : input.categories.count ? "--category"
                                : input.presences.count  ? "--presence"
                                                         : NULL;
    if (metric_option && input.kind == INPUT_DISTANCES)
        return command_usage("%s is for features; with --input distances there is nothing to compute",
                             metric_option);
    if (input.kind == INPUT_FEATURES && input.layout > MDS_LAYOUT_RECTANGLE)
        return command_usage("--layout %s is for distances, not for --input features",
                             input_layouts[input.layout]);
    if (input.similarities_given && (input.kind == INPUT_FEATURES || metric_option))
        return command_usage("--similarities is for a matrix of similarities, not for features");
    bool distances =
        input.kind == INPUT_DISTANCES || input.layout != MDS_LAYOUT_AUTO || input.similarities_given;
    bool features = input.kind == INPUT_FEATURES || metric_option;
    double started = fs_clock_seconds();
    if (!metric_option) status = take_square_file(path, data);
    data->read_seconds = fs_clock_seconds() - started;
    if (status || data->file) return status;
    status = read_table(path,
                        distances  ? MDS_USE_DISSIMILARITIES
                        : features ? MDS_USE_FEATURES
                                   : MDS_USE_ANY,
                        &data->table);
    data->read_seconds = fs_clock_seconds() - started;
    if (status) return status;
    if (data->table.pairs) return input_take_pairs(path, data);
    if (!distances && !features) distances = mds_table_is_dissimilarities(&data->table, input.rows != 0);
    return distances ? input_take_dissimilarities(path, data) : take_features(path, data);
}

int input_load_features(const char *path, input_data *data)
{
    *data = (input_data){.path = path};
    int status = read_table(path, MDS_USE_FEATURES, &data->table);
    return status ? status : check_features(path, data);
}

void input_fini(input_data *data)
{
    mds_table_fini(&data->table);
    fs_free(data->own);
    fs_free(data->pairs);
    fs_free(data->wide);
    fs_free(data->types);
    *data = (input_data){0};
}
