/* mdscale place: new objects into a map that stays as it is. */
#include "csv_write.h"
#include "json_writer.h"
#include "map_plot.h"
#include "mdscale_commands.h"
#include "mdscale_labels.h"
#include "mdscale_map_output.h"
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *output_path, *features_path, *weights_path, *plot_path, *json_path, *points_path;
static int loss;
static double huber;
static int64_t starts;

enum { NAMES = 8 };
static const char *loss_names[NAMES + 1];

void place_options_make(void)
{
    for (int i = 0; i < NAMES && mds_loss_name((mds_loss)i); i++) loss_names[i] = mds_loss_name((mds_loss)i);
}

static const command_option options[] = {
    {.kind = COMMAND_HEADING, .help = "Results"},
    {.kind = COMMAND_TEXT,
     .letter = 'o',
     .name = "output",
     .value = "FILE",
     .help = "Write the places of the new objects here: .csv, .tsv or .npy; '-' for CSV on standard output.",
     .target = &output_path},
    {.kind = COMMAND_TEXT,
     .name = "plot",
     .value = "FILE.svg",
     .help = "Draw the map with the new objects in it.",
     .target = &plot_path},
    {.kind = COMMAND_TEXT,
     .name = "per-point",
     .value = "FILE.csv",
     .help = "Write how badly each new object fits: its stress, the root of sum (delta - d)^2 / sum delta^2.",
     .target = &points_path},
    {.kind = COMMAND_TEXT,
     .name = "json",
     .value = "FILE",
     .help = "Write what was done as JSON; '-' for standard output.",
     .target = &json_path},
    {.kind = COMMAND_HEADING, .help = "Problem"},
    {.kind = COMMAND_TEXT,
     .name = "features",
     .value = "FILE",
     .help = "NEW holds features, and this file those of the mapped objects, from which the dissimilarities "
             "are computed.",
     .target = &features_path},
    INPUT_OPTIONS_METRIC,
    {.kind = COMMAND_TEXT,
     .name = "weights",
     .value = "FILE",
     .help = "A weight for each dissimilarity, a table like NEW; 0 leaves it out.",
     .target = &weights_path},
    {.kind = COMMAND_CHOICE,
     .name = "loss",
     .value = "NAME",
     .help = "What is minimised, as in `mdscale fit`. Default: squared.",
     .target = &loss,
     .choices = loss_names},
    {.kind = COMMAND_REAL,
     .name = "huber",
     .value = "H",
     .help = "The threshold of --loss huber. Default: a tenth of each object's root mean square.",
     .target = &huber,
     .least = 1e-300,
     .most = 1e300},
    {.kind = COMMAND_INTEGER,
     .name = "starts",
     .value = "N",
     .help = "Begin at so many of the best places for each object, and keep the best end. Default: 4.",
     .target = &starts,
     .least = 1,
     .most = 64},
    {.kind = COMMAND_HEADING, .help = "Running"},
    INPUT_OPTIONS_RUNNING,
    {.kind = COMMAND_HEADING, .help = "Reading"},
    INPUT_OPTIONS_READING,
    {.kind = COMMAND_END},
};

struct place {
    const char *map_path, *new_path;
    mds_table map, weights;
    input_data fresh, old; /* the new objects; the features of the mapped ones */
    size_t n, p, count;
    double *delta;  /* count x n, columns in the map's order */
    double *weight; /* the same, or NULL */
    double *out, *stress;
    bool sampled;             /* what follows is of some of the mapped objects */
    double map_stress, scale; /* with features: stress-1 of the map at its best scale, and that scale */
};

/* Columns of a table of new objects in the order of the map's objects: *matrix, count x n. */
static int take_columns(const struct place *w, const char *path, const mds_table *table, double **matrix)
{
    size_t *where = fs_alloc(w->n, sizeof *where), cells;
    *matrix = fs_size_mul(w->n, table->rows, &cells) ? fs_alloc(cells, sizeof **matrix) : NULL;
    label_list columns = {path, table->names, table->columns};
    label_list objects = labels_of(w->map_path, &w->map);
    int status = where && *matrix ? labels_match(&objects, &columns, where) : command_fail_memory();
    for (size_t i = 0; i < table->rows && status == COMMAND_OK; i++)
        for (size_t j = 0; j < w->n; j++)
            (*matrix)[i * w->n + j] = table->values[i * table->columns + where[j]];
    fs_free(where);
    return status;
}

static int load_dissimilarities(struct place *w)
{
    if (input.metric_given || input.scaling)
        return command_usage("--metric and --scale need the features of the mapped objects: --features FILE");
    mds_table *t = &w->fresh.table;
    int status = labels_read(w->new_path, "dissimilarities", t);
    if (status) return status;
    w->count = w->fresh.n = t->rows;
    return take_columns(w, w->new_path, t, &w->delta);
}

/* The features of the mapped objects in the map's order. */
static int sort_features(struct place *w)
{
    size_t m = w->old.features, *where = fs_alloc(w->n, sizeof *where);
    double *sorted = fs_alloc(w->n, m * sizeof *sorted);
    label_list objects = labels_of(w->map_path, &w->map), rows = labels_of(features_path, &w->old.table);
    int status = where && sorted ? labels_match(&objects, &rows, where) : command_fail_memory();
    for (size_t i = 0; i < w->n && status == COMMAND_OK; i++) {
        memcpy(sorted + i * m, w->old.table.values + where[i] * m, m * sizeof *sorted);
        if (input.categories.count && where[i] != i)
            status =
                command_usage("with --category the rows of %s should be in the map's order", features_path);
    }
    fs_free(where);
    fs_free(w->old.table.values);
    w->old.table.values = sorted;
    return status;
}

/* How well the map fits the distances of its own objects, which were perhaps computed otherwise for it: then
 * new objects would land anywhere. Of at most 500 objects to all, so that it costs less than placing. */
static int check_map(struct place *w)
{
    enum { MOST = 500 };
    input_data some = w->old;
    size_t cells;
    if (some.n > MOST) some.n = MOST, w->sampled = true;
    double *delta = fs_size_mul(w->n, some.n, &cells) ? fs_alloc(cells, sizeof *delta) : NULL;
    int status =
        delta ? input_distances(features_path, &w->old, features_path, &some, delta) : command_fail_memory();
    double squares = 0, products = 0, total = 0;
    for (size_t i = 0; status == COMMAND_OK && i < some.n; i++)
        for (size_t j = 0; j < w->n; j++) {
            double square = 0, wanted = delta[i * w->n + j];
            for (size_t k = 0; k < w->p; k++) {
                double apart = w->map.values[i * w->p + k] - w->map.values[j * w->p + k];
                square += apart * apart;
            }
            if (isnan(wanted)) continue;
            squares += square;
            products += sqrt(square) * wanted;
            total += wanted * wanted;
        }
    fs_free(delta);
    if (status || !(squares > 0 && total > 0)) return status;
    w->scale = products / squares;
    w->map_stress = sqrt(fmax(0, 1 - products / squares * (products / total)));
    if ((w->scale < 0.8 || w->scale > 1.25) && !input.quiet)
        command_complain("%s: the distances of the features in %s are %.3g times those in the map, so new "
                         "objects may land wrong; say the --metric and --scale that it was fitted with (maps "
                         "by --method classical are mostly too small)",
                         w->map_path, features_path, w->scale);
    return COMMAND_OK;
}

static int load_features(struct place *w)
{
    int status = input_load_features(features_path, &w->old);
    if (status == COMMAND_OK) status = input_load_features(w->new_path, &w->fresh);
    if (status == COMMAND_OK) status = sort_features(w);
    if (status) return status;
    size_t cells;
    w->count = w->fresh.n;
    w->delta = fs_size_mul(w->count, w->n, &cells) ? fs_alloc(cells, sizeof *w->delta) : NULL;
    if (!w->delta) return command_fail_memory();
    status = input_distances(features_path, &w->old, w->new_path, &w->fresh, w->delta);
    return status == COMMAND_OK ? check_map(w) : status;
}

static int load(struct place *w)
{
    int status = labels_read(w->map_path, "map", &w->map);
    if (status) return status;
    w->n = w->map.rows;
    w->p = w->map.columns;
    status = features_path ? load_features(w) : load_dissimilarities(w);
    if (status == COMMAND_OK && weights_path) {
        status = labels_read(weights_path, "weights", &w->weights);
        if (status == COMMAND_OK && w->weights.rows != w->count) {
            command_complain("%s holds weights of %zu objects, but %zu are new", weights_path,
                             w->weights.rows, w->count);
            status = COMMAND_FAILED;
        }
        if (status == COMMAND_OK) status = take_columns(w, weights_path, &w->weights, &w->weight);
    }
    w->out = fs_alloc_0(w->count, w->p * sizeof *w->out);
    w->stress = fs_alloc_0(w->count, sizeof *w->stress);
    return status == COMMAND_OK && (!w->out || !w->stress) ? command_fail_memory() : status;
}

static bool after_batch(const mds_iteration *iteration, void *bar)
{
    char detail[64];
    snprintf(detail, sizeof detail, "%llu objects", (unsigned long long)iteration->iteration);
    progress_update(bar, iteration->fraction, detail);
    return true;
}

/* By its name, which the library does not know. */
static int check_known(const struct place *w)
{
    for (size_t i = 0; w->fresh.table.labels && i < w->count; i++) {
        size_t j = 0;
        while (j < w->n && isnan(w->delta[i * w->n + j])) j++;
        if (j < w->n) continue;
        command_complain(
            "%s: '%s' has no known dissimilarity to any object of the map, so it could be anywhere",
            w->new_path, w->fresh.table.labels[i]);
        return COMMAND_FAILED;
    }
    return COMMAND_OK;
}

static int place_objects(struct place *w)
{
    progress bar;
    mds_error error;
    mds_place_options o = {.size = sizeof o,
                           .loss = (mds_loss)loss,
                           .huber = huber,
                           .starts = (unsigned)starts,
                           .threads = (unsigned)input.threads,
                           .isa = (mds_isa)input.isa,
                           .progress = after_batch,
                           .context = &bar};
    progress_begin(&bar, "placing", input.quiet);
    mds_status status = mds_place(w->map.values, w->n, w->p, w->p, w->delta, w->count, w->n, w->weight, w->n,
                                  &o, w->out, w->p, w->stress, &error);
    progress_end(&bar);
    return status == MDS_OK ? COMMAND_OK : input_fail(w->new_path, &error);
}

static void object_name(const struct place *w, size_t i, char *name, size_t room)
{
    if (w->fresh.table.labels)
        snprintf(name, room, "%s", w->fresh.table.labels[i]);
    else
        snprintf(name, room, "%zu", i + 1);
}

static size_t worst_of(const struct place *w)
{
    size_t worst = 0;
    for (size_t i = 1; i < w->count; i++)
        if (w->stress[i] > w->stress[worst]) worst = i;
    return worst;
}

static double mean_of(const struct place *w)
{
    double sum = 0;
    for (size_t i = 0; i < w->count; i++) sum += w->stress[i];
    return w->count ? sum / (double)w->count : 0;
}

/* The mapped objects, then the new ones. */
static int write_plot(const struct place *w, fs_output *output)
{
    size_t all = w->n + w->count;
    double *x = fs_alloc(all, w->p * sizeof *x);
    const char **groups = fs_alloc(all, sizeof *groups), **labels = fs_alloc(all, sizeof *labels);
    char(*numbers)[24] = fs_alloc(all, sizeof *numbers), subtitle[160];
    int status = x && groups && labels && numbers ? COMMAND_OK : command_fail_memory();
    for (size_t i = 0; i < all && status == COMMAND_OK; i++) {
        bool fresh = i >= w->n;
        size_t at = fresh ? i - w->n : i;
        char **names = fresh ? w->fresh.table.labels : w->map.labels;
        memcpy(x + i * w->p, (fresh ? w->out : w->map.values) + at * w->p, w->p * sizeof *x);
        groups[i] = fresh ? "new" : "mapped";
        snprintf(numbers[i], sizeof numbers[i], "%zu", at + 1);
        labels[i] = names ? names[at] : numbers[i];
    }
    if (status == COMMAND_OK) {
        snprintf(subtitle, sizeof subtitle, "%zu new objects among %zu, mean stress %.4f", w->count, w->n,
                 mean_of(w));
        mds_map_plot plot = {.x = x,
                             .n = all,
                             .p = w->p,
                             .ld = w->p,
                             .labels = labels,
                             .groups = groups,
                             .title = "New objects",
                             .subtitle = subtitle};
        fs_error error;
        if (mds_map_plot_write(output, &plot, &error) != FS_OK) status = command_fail(&error);
    }
    fs_free(x);
    fs_free(groups);
    fs_free(labels);
    fs_free(numbers);
    return status;
}

static void write_json(const struct place *w, fs_output *output)
{
    bool one_line = output_is_standard(json_path);
    char name[200];
    fs_json json;
    fs_json_init(&json, output, !one_line);
    fs_json_object(&json);
    fs_json_key_string(&json, "version", FLAMESCALE_VERSION);
    fs_json_key_integer(&json, "n", (int64_t)w->n);
    fs_json_key_integer(&json, "dims", (int64_t)w->p);
    fs_json_key_integer(&json, "new", (int64_t)w->count);
    fs_json_key_string(&json, "loss", mds_loss_name((mds_loss)loss));
    fs_json_key_number(&json, "stress_mean", mean_of(w));
    if (w->scale > 0) {
        fs_json_key_number(&json, "map_stress1", w->map_stress);
        fs_json_key_number(&json, "map_scale", w->scale);
    }
    if (w->count) {
        object_name(w, worst_of(w), name, sizeof name);
        fs_json_key_string(&json, "worst", name);
        fs_json_key_number(&json, "stress_worst", w->stress[worst_of(w)]);
    }
    fs_json_end_object(&json);
    if (one_line) fs_output_string(output, "\n");
    fs_json_fini(&json);
}

enum { OUT_MAP, OUT_PLOT, OUT_POINTS, OUT_JSON, OUTPUTS };

static int write_outputs(const struct place *w, fs_output *out[OUTPUTS])
{
    const char *const *labels = (const char *const *)w->fresh.table.labels;
    static const char *const head[] = {"stress"};
    int status = COMMAND_OK;
    if (out[OUT_MAP]) status = map_write(out[OUT_MAP], output_path, w->out, w->count, w->p, labels);
    if (out[OUT_PLOT] && status == COMMAND_OK) status = write_plot(w, out[OUT_PLOT]);
    if (out[OUT_POINTS])
        mds_write_csv(out[OUT_POINTS], w->stress, w->count, 1, 1, ',', "label", labels, head);
    if (out[OUT_JSON]) write_json(w, out[OUT_JSON]);
    return status == COMMAND_OK ? output_commit(out, OUTPUTS) : status;
}

static void print_summary(const struct place *w)
{
    char name[200];
    printf("map          %zu objects in %zu dimension%s\n", w->n, w->p, w->p == 1 ? "" : "s");
    if (w->scale > 0)
        printf("map stress   %s%.4f (stress-1 of the mapped objects)\n", w->sampled ? "about " : "",
               w->map_stress);
    printf("placed       %zu new object%s\n", w->count, w->count == 1 ? "" : "s");
    if (w->count) {
        object_name(w, worst_of(w), name, sizeof name);
        printf("stress       %.4f on average\n", mean_of(w));
        command_print("worst        %.4f, %s\n", w->stress[worst_of(w)], name);
    }
    if (output_path) command_print("written      %s\n", output_path);
}

static int run(int count, char **arguments)
{
    (void)count;
    if (!output_path && !plot_path && !points_path && !json_path)
        return command_usage("say where the places go: -o places.csv");
    struct place w = {.map_path = arguments[0], .new_path = arguments[1]};
    fs_output *out[OUTPUTS] = {NULL};
    const char *const inputs[] = {arguments[0], arguments[1], features_path, weights_path};
    const char *const paths[OUTPUTS] = {output_path, plot_path, points_path, json_path};
    interrupt_end("mdscale place");
    int status = output_check(inputs, 4, paths, OUTPUTS);
    if (status == COMMAND_OK) status = map_check_path(output_path);
    if (status == COMMAND_OK) status = output_open_all(paths, OUTPUTS, out);
    if (status == COMMAND_OK) status = load(&w);
    if (status == COMMAND_OK) status = check_known(&w);
    if (status == COMMAND_OK) status = place_objects(&w);
    if (status == COMMAND_OK) status = write_outputs(&w, out);
    if (status == COMMAND_OK && !input.quiet && !output_any_is_standard(paths, OUTPUTS)) print_summary(&w);
    output_discard_all(out, OUTPUTS);
    mds_table_fini(&w.map);
    mds_table_fini(&w.weights);
    input_fini(&w.fresh);
    input_fini(&w.old);
    fs_free(w.delta);
    fs_free(w.weight);
    fs_free(w.out);
    fs_free(w.stress);
    return status;
}

const command mdscale_place_command = {
    .name = "place",
    .summary = "Place new objects in a map that stays as it is.",
    .arguments = "MAP NEW",
    .description =
        "MAP is what `mdscale fit -o` wrote. NEW is a table with a row for each new object and a column for "
        "each mapped one, headed by its label: their dissimilarities (an empty field is unknown). Or, with "
        "--features, NEW holds the features of the new objects.\n\n"
        "Each new object is placed on its own, whatever other new ones there are, where its distances follow "
        "its dissimilarities best. One at dissimilarity 0 from a mapped object gets that object's place.",
    .examples = "  mdscale place map.csv new.csv -o places.csv --plot places.svg\n"
                "  mdscale place map.csv new.csv --features old.csv --metric braycurtis -o places.csv",
    .options = options,
    .least = 2,
    .most = 2,
    .run = run,
};
