/* mdscale fit: from a file to a map, its stress and its picture. */
#include "clock.h"
#include "json_writer.h"
#include "map_plot.h"
#include "matrix_write.h"
#include "mdscale_commands.h"
#include "mdscale_input.h"
#include "principal_axes.h"
#include "progress.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *map_path, *plot_path, *json_path, *trace_path, *weights_path;
static const char *start = "random";
static const char *title;
static int method, order, loss;
static int64_t dims = 2, seed = 42, epochs;
static double radius, shrink, tolerance, smallest_radius, point_share, dimension_share;
static bool align;

static const char *const methods[] = {"pattern", NULL};
static const char *const orders[] = {"natural", "shuffled", NULL};
static const char *const losses[] = {"squared", "absolute", NULL};

static const command_option options[] = {
    {.kind = COMMAND_HEADING, .help = "Results"},
    {.kind = COMMAND_TEXT,
     .letter = 'o',
     .name = "output",
     .value = "FILE",
     .help = "Write the map here: .csv, .tsv or .npy; '-' for CSV on standard output.",
     .target = &map_path},
    {.kind = COMMAND_TEXT,
     .name = "plot",
     .value = "FILE.svg",
     .help = "Draw the map: coloured by group, labelled where there is room, names on hover.",
     .target = &plot_path},
    {.kind = COMMAND_TEXT,
     .name = "groups",
     .value = "COLUMN|FILE",
     .help = "Colour the plot by this. Default: the labels, if they repeat.",
     .target = &input.groups},
    {.kind = COMMAND_TEXT,
     .name = "title",
     .value = "TEXT",
     .help = "The title of the plot. Default: the name of the input.",
     .target = &title},
    {.kind = COMMAND_FLAG,
     .name = "align",
     .help = "Turn the written map to its principal axes, widest first, the longer tail to the left and "
             "below, as "
             "the plot always is. Distances stay the same.",
     .target = &align},
    {.kind = COMMAND_TEXT,
     .name = "json",
     .value = "FILE",
     .help = "Write what was done and how well it fits as JSON; '-' for standard output.",
     .target = &json_path},
    {.kind = COMMAND_TEXT,
     .name = "trace",
     .value = "FILE.csv",
     .help = "Write epoch, radius, stress and moves of every epoch.",
     .target = &trace_path},
    {.kind = COMMAND_HEADING, .help = "Problem"},
    INPUT_OPTION_KIND,
    INPUT_OPTION_METRIC,
    {.kind = COMMAND_INTEGER,
     .letter = 'p',
     .name = "dims",
     .value = "P",
     .help = "Dimensions of the map. Default: 2.",
     .target = &dims,
     .least = 1,
     .most = 1e6},
    {.kind = COMMAND_TEXT,
     .name = "weights",
     .value = "FILE",
     .help = "A weight for each pair, as a matrix like the dissimilarities; 0 leaves the pair out.",
     .target = &weights_path},
    INPUT_OPTION_SYMMETRIZE,
    {.kind = COMMAND_HEADING, .help = "Method"},
    {.kind = COMMAND_CHOICE,
     .name = "method",
     .value = "NAME",
     .help = "The solver.",
     .target = &method,
     .choices = methods},
    {.kind = COMMAND_TEXT,
     .name = "init",
     .value = "random|FILE",
     .help = "The starting configuration: drawn from the seed, or n x p numbers from a file.",
     .target = &start},
    {.kind = COMMAND_INTEGER,
     .name = "seed",
     .value = "N",
     .help = "Seed of all that is random. Default: 42.",
     .target = &seed,
     .least = 0,
     .most = 9e15},
    {.kind = COMMAND_INTEGER,
     .name = "max-iter",
     .value = "N",
     .help = "Most epochs. Default: 10000. An epoch tries to move every point once.",
     .target = &epochs,
     .least = 1,
     .most = 1e15},
    {.kind = COMMAND_REAL,
     .name = "radius",
     .value = "R",
     .help = "Length of the first moves. Default: a quarter of the largest dissimilarity.",
     .target = &radius,
     .least = 1e-300,
     .most = 1e300},
    {.kind = COMMAND_REAL,
     .name = "shrink",
     .value = "F",
     .help = "The radius is multiplied by this when an epoch gains too little. Default: 0.5.",
     .target = &shrink,
     .least = 1e-6,
     .most = 0.999999},
    {.kind = COMMAND_REAL,
     .name = "tolerance",
     .value = "X",
     .help = "Too little is less than this share of the stress. Default: 1e-4.",
     .target = &tolerance,
     .least = 1e-16,
     .most = 1},
    {.kind = COMMAND_REAL,
     .name = "smallest-radius",
     .value = "R",
     .help = "Stop when the radius falls below this. Default: 1e-4 of the start radius.",
     .target = &smallest_radius,
     .least = 1e-300,
     .most = 1e300},
    {.kind = COMMAND_REAL,
     .name = "point-share",
     .value = "S",
     .help = "Share of the points tried in an epoch. Default: 1.",
     .target = &point_share,
     .least = 1e-9,
     .most = 1},
    {.kind = COMMAND_REAL,
     .name = "dimension-share",
     .value = "S",
     .help = "Share of the dimensions tried for a point. Default: 1.",
     .target = &dimension_share,
     .least = 1e-9,
     .most = 1},
    {.kind = COMMAND_CHOICE,
     .name = "order",
     .value = "NAME",
     .help = "The order in which points are visited. Default: natural.",
     .target = &order,
     .choices = orders},
    {.kind = COMMAND_CHOICE,
     .name = "loss",
     .value = "NAME",
     .help =
         "What is minimised: squared differences (the default), or absolute ones, which outliers move less.",
     .target = &loss,
     .choices = losses},
    INPUT_OPTIONS_RUNNING,
    {.kind = COMMAND_HEADING, .help = "Reading"},
    INPUT_OPTION_LAYOUT,
    INPUT_OPTIONS_READING,
    {.kind = COMMAND_END},
};

/* ---- outputs ---- */

/* In the order in which they get their names: the summary last, since it names the others. */
enum { OUTPUT_MAP, OUTPUT_PLOT, OUTPUT_TRACE, OUTPUT_JSON, OUTPUTS };

/* Before anything is read, so that a place that cannot be written is found at once. */
static int open_outputs(const char *source, fs_output *out[OUTPUTS])
{
    const char *const inputs[] = {source, weights_path, strcmp(start, "random") != 0 ? start : NULL};
    const char *const paths[OUTPUTS] = {map_path, plot_path, trace_path, json_path};
    int status = output_check(inputs, sizeof inputs / sizeof *inputs, paths, OUTPUTS);
    if (status) return status;
    if (map_path && !output_is_standard(map_path) && !fs_path_ends(map_path, ".csv") &&
        !fs_path_ends(map_path, ".tsv") && !fs_path_ends(map_path, ".npy"))
        return command_usage("the map %s should end in .csv, .tsv or .npy, which says what to write",
                             map_path);
    if (plot_path && !output_is_standard(plot_path) && !fs_path_ends(plot_path, ".svg"))
        return command_usage("the plot is SVG; let the name %s end in .svg", plot_path);
    for (size_t i = 0; i < OUTPUTS && status == COMMAND_OK; i++) status = output_open(paths[i], &out[i]);
    if (out[OUTPUT_TRACE]) fs_output_string(out[OUTPUT_TRACE], "epoch,radius,stress,moves\n");
    return status;
}

/* ---- the solve ---- */

typedef struct fit {
    const char *path;
    input_data data;
    mds_problem problem;
    double *weights, *x;
    size_t p;
    size_t parts; /* that no dissimilarity joins */
    double sum2;  /* sum w delta^2, the scale of the stress shown */
    mds_result result;
    mds_stress_values stress;
    progress bar;
    double first_radius;
    fs_output *trace;
} fit;

/* The radius falls by halves to the smallest: how far it has come is the best guess at how far the work has.
 */
static double fraction_done(const fit *f, const mds_epoch *epoch)
{
    double smallest = smallest_radius > 0 ? smallest_radius : 1e-4 * f->first_radius;
    double most = epochs > 0 ? (double)epochs : 10000;
    double by_epochs = (double)epoch->epoch / most, by_radius = 0;
    if (f->first_radius > smallest)
        by_radius = log(f->first_radius / epoch->radius) / log(f->first_radius / smallest);
    return fmin(1, fmax(by_epochs, by_radius));
}

static bool after_epoch(const mds_epoch *epoch, void *context)
{
    fit *f = context;
    if (epoch->epoch == 1) f->first_radius = epoch->radius;
    if (f->trace) {
        char at[FS_NUMBER_SIZE], value[FS_NUMBER_SIZE];
        fs_number_format(epoch->radius, at);
        fs_number_format(epoch->stress, value);
        fs_output_format(f->trace, "%llu,%s,%s,%llu\n", (unsigned long long)epoch->epoch, at, value,
                         (unsigned long long)epoch->moves);
    }
    char detail[128];
    double shown = loss == MDS_LOSS_SQUARED && f->sum2 > 0 ? sqrt(epoch->stress / f->sum2) : epoch->stress;
    int used = snprintf(detail, sizeof detail, "epoch %llu  radius %.3g", (unsigned long long)epoch->epoch,
                        epoch->radius);
    if (isfinite(shown)) snprintf(detail + used, sizeof detail - (size_t)used, "  stress %.6g", shown);
    progress_update(&f->bar, fraction_done(f, epoch), detail);
    return !interrupt_seen();
}

static double sum_of_squares(const mds_problem *problem)
{
    double sum = 0;
    for (size_t i = 0; i < problem->n; i++) {
        double row = 0;
        for (size_t j = 0; j < i; j++) {
            double delta = problem->delta[i * problem->ld + j];
            double weight = problem->weights ? problem->weights[i * problem->ldw + j] : 1;
            if (!isnan(delta)) row += weight * delta * delta;
        }
        sum += row;
    }
    return sum;
}

static int check_size(const fit *f)
{
    size_t n = f->data.n;
    const char *name = input_is_standard(f->path) ? "standard input" : f->path;
    if (n < 3) {
        command_complain("%s has %zu object%s; a map needs at least 3", name, n, n == 1 ? "" : "s");
        return COMMAND_FAILED;
    }
    if (f->p >= n) {
        command_complain("--dims %zu: any %zu objects fit into %zu dimensions; ask for fewer", f->p, n,
                         n - 1);
        return COMMAND_FAILED;
    }
    return COMMAND_OK;
}

/* A map of unjoined parts looks as good as any, so say that it is not. */
static int find_parts(fit *f)
{
    fs_error error;
    f->parts = 1;
    if (!f->weights && f->data.table.missing == 0) return COMMAND_OK;
    if (mds_matrix_parts(f->data.delta, f->weights, f->data.n, &f->parts, &error) != FS_OK)
        return command_fail(&error);
    if (f->parts > 1 && !input.quiet)
        command_complain("no dissimilarity joins %zu parts of the objects: where the parts stand to each "
                         "other in the map means nothing",
                         f->parts);
    return COMMAND_OK;
}

static int prepare(fit *f)
{
    int status = input_load(f->path, &f->data);
    if (status == COMMAND_OK) status = check_size(f);
    if (status) return status;
    size_t n = f->data.n, columns;
    f->problem = (mds_problem){.size = sizeof f->problem, .n = n, .delta = f->data.delta, .ld = n, .ldw = n};
    if (weights_path) {
        status = input_load_weights(weights_path, n, &f->weights);
        if (status) return status;
        f->problem.weights = f->weights;
        mds_error error;
        if (mds_problem_check(&f->problem, 0, &error) != MDS_OK) return input_fail(weights_path, &error);
    }
    if ((status = find_parts(f))) return status;
    if (strcmp(start, "random") != 0) return input_load_map(start, "--init", n, f->p, &f->x, &columns);
    f->x = fs_alloc_0(n * f->p, sizeof *f->x);
    if (f->x) return COMMAND_OK;
    command_complain("out of memory for a map of %zu x %zu", n, f->p);
    return COMMAND_FAILED;
}

static int solve(fit *f)
{
    mds_pattern_options o = mds_pattern_defaults();
    o.radius = radius;
    o.shrink = shrink;
    o.tolerance = tolerance;
    o.smallest_radius = smallest_radius;
    o.epochs = (uint64_t)epochs;
    o.point_share = point_share;
    o.dimension_share = dimension_share;
    o.order = (mds_order)order;
    o.loss = (mds_loss)loss;
    o.seed = (uint64_t)seed;
    o.start_given = strcmp(start, "random") != 0;
    o.threads = (unsigned)input.threads;
    o.isa = (mds_isa)input.isa;
    o.progress = after_epoch;
    o.context = f;
    f->sum2 = sum_of_squares(&f->problem);
    mds_error error;
    interrupt_catch(); /* from now on there is a map to save */
    progress_begin(&f->bar, "fitting", input.quiet);
    mds_status status = mds_pattern_search(&f->problem, f->p, &o, f->x, f->p, &f->result, &error);
    progress_end(&f->bar);
    if (status == MDS_OK)
        status = mds_stress(&f->problem, f->x, f->p, f->p, o.threads, o.isa, &f->stress, NULL, &error);
    return status == MDS_OK ? COMMAND_OK : input_fail(f->path, &error);
}

/* ---- writing ---- */

static int write_map(const fit *f, fs_output *output)
{
    size_t n = f->data.n, p = f->p;
    if (map_path && fs_path_ends(map_path, ".npy")) {
        mds_write_npy(output, f->x, n, p, p);
        return COMMAND_OK;
    }
    char(*names)[24] = fs_alloc(p, sizeof *names);
    const char **heads = fs_alloc(p, sizeof *heads);
    if (names && heads) {
        for (size_t k = 0; k < p; k++) {
            snprintf(names[k], sizeof names[k], "dim%zu", k + 1);
            heads[k] = names[k];
        }
        mds_write_csv(output, f->x, n, p, p, map_path && fs_path_ends(map_path, ".tsv") ? '\t' : ',', "label",
                      (const char *const *)f->data.table.labels, heads);
    } else {
        command_complain("out of memory while writing the map");
    }
    int status = names && heads ? COMMAND_OK : COMMAND_FAILED;
    fs_free(names);
    fs_free(heads);
    return status;
}

/* The name of the input without folders and endings: "eurodist". */
static void input_title(const char *path, char *out, size_t room)
{
    static const char *const endings[] = {".gz", ".csv", ".tsv", ".txt", ".npy"};
    snprintf(out, room, "%s", input_is_standard(path) ? "map" : fs_path_base(path));
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t length = strlen(out), end = strlen(endings[i]);
        if (length > end && fs_path_ends(out, endings[i])) out[length - end] = '\0';
    }
}

static int write_plot(const fit *f, fs_output *output)
{
    char name[256], subtitle[160], count[FS_NUMBER_SIZE];
    input_title(f->path, name, sizeof name);
    fs_number_grouped(f->data.n, count);
    snprintf(subtitle, sizeof subtitle, "n = %s, stress-1 = %.4f%s", count, f->stress.stress1,
             f->result.stop == MDS_STOP_CANCELLED ? " (interrupted)" : "");
    mds_map_plot plot = {.x = f->x,
                         .n = f->data.n,
                         .p = f->p,
                         .ld = f->p,
                         .labels = (const char *const *)f->data.table.labels,
                         .groups = (const char *const *)f->data.table.groups,
                         .title = title ? title : name,
                         .subtitle = subtitle};
    fs_error error;
    return mds_map_plot_write(output, &plot, &error) == FS_OK ? COMMAND_OK : command_fail(&error);
}

static void json_text(fs_json *json, const char *key, const char *value)
{
    fs_json_key(json, key);
    fs_json_string(json, value);
}

static void json_number(fs_json *json, const char *key, double value)
{
    fs_json_key(json, key);
    fs_json_number(json, value);
}

static void json_count(fs_json *json, const char *key, uint64_t value)
{
    fs_json_key(json, key);
    fs_json_integer(json, (int64_t)value);
}

static void write_json(const fit *f, fs_output *output)
{
    const mds_result *r = &f->result;
    fs_json json;
    /* A program that reads standard output wants one line; a person who opens a file, many. */
    bool one_line = output_is_standard(json_path);
    fs_json_init(&json, output, !one_line);
    fs_json_object(&json);
    json_text(&json, "version", FLAMESCALE_VERSION);
    json_text(&json, "input", f->path);
    json_text(&json, "read_as", f->data.taken);
    json_count(&json, "n", f->data.n);
    json_count(&json, "dims", f->p);
    if (f->data.features) {
        json_count(&json, "features", f->data.features);
        json_text(&json, "metric", input_metrics[input.metric]);
    }
    json_text(&json, "method", methods[method]);
    json_text(&json, "loss", losses[loss]);
    json_number(&json, "stress", r->stress); /* what was minimised */
    json_number(&json, "stress_raw", f->stress.raw);
    json_number(&json, "stress_normalized", f->stress.normalized);
    json_number(&json, "stress1", f->stress.stress1);
    json_number(&json, "stress_absolute", f->stress.absolute);
    json_number(&json, "stress_start", r->start);
    json_count(&json, "pairs", f->stress.pairs);
    json_count(&json, "parts", f->parts);
    json_count(&json, "iterations", r->epochs);
    json_count(&json, "epochs", r->epochs);
    json_count(&json, "moves", r->moves);
    json_number(&json, "radius", r->radius);
    json_text(&json, "stop_reason", mds_stop_name(r->stop));
    json_number(&json, "seconds", r->seconds);
    json_number(&json, "read_seconds", f->data.read_seconds);
    json_number(&json, "distance_seconds", f->data.distance_seconds);
    json_count(&json, "threads", r->threads);
    json_text(&json, "isa", mds_isa_name(r->isa));
    json_count(&json, "seed", (uint64_t)seed);
    json_text(&json, "init", start);
    if (map_path) json_text(&json, "map", map_path);
    if (plot_path) json_text(&json, "plot", plot_path);
    if (trace_path) json_text(&json, "trace", trace_path);
    fs_json_end_object(&json);
    if (one_line) fs_output_string(output, "\n");
    fs_json_fini(&json);
}

static const char *stop_words(mds_stop stop)
{
    switch (stop) {
    case MDS_STOP_RADIUS:
        return "converged: the radius fell below the smallest";
    case MDS_STOP_EPOCHS:
        return "not converged: stopped at the most epochs (--max-iter)";
    case MDS_STOP_CANCELLED:
        return "interrupted; this is the best map so far";
    case MDS_STOP_ZERO:
        return "converged: a perfect fit";
    }
    return mds_stop_name(stop);
}

static void print_summary(const fit *f)
{
    const mds_result *r = &f->result;
    char time[32];
    printf("read         %s\n", f->data.taken);
    if (f->data.features) printf("distances    %s\n", input_metrics[input.metric]);
    printf("fitted       %zu dimension%s by pattern search, %s loss\n", f->p, f->p == 1 ? "" : "s",
           losses[loss]);
    printf("stopped      after %llu epoch%s, %s: %s\n", (unsigned long long)r->epochs,
           r->epochs == 1 ? "" : "s", input_seconds(r->seconds, time), stop_words(r->stop));
    printf("stress-1     %.6f   (at the best scale)\n", f->stress.stress1);
    printf("normalised   %.6f   (as it stands)\n", f->stress.normalized);
    if (loss == MDS_LOSS_SQUARED)
        printf("raw stress   %.8g   (from %.8g at the start)\n", f->stress.raw, r->start);
    else
        printf("absolute     %.8g   (from %.8g at the start)\n", f->stress.absolute, r->start);
    if (map_path) command_print("map          %s\n", map_path);
    if (plot_path) command_print("plot         %s\n", plot_path);
    if (json_path) command_print("summary      %s\n", json_path);
    if (trace_path) command_print("trace        %s\n", trace_path);
    if (!map_path && !plot_path) printf("No map was kept: say -o map.csv or --plot map.svg.\n");
}

static int write_results(fit *f, fs_output *out[OUTPUTS])
{
    fs_error error;
    int status = COMMAND_OK;
    if (align && mds_principal_axes(f->x, f->data.n, f->p, f->p, &error) != FS_OK)
        return command_fail(&error);
    if (out[OUTPUT_MAP]) status = write_map(f, out[OUTPUT_MAP]);
    if (out[OUTPUT_PLOT] && status == COMMAND_OK) status = write_plot(f, out[OUTPUT_PLOT]);
    if (out[OUTPUT_JSON]) write_json(f, out[OUTPUT_JSON]);
    return status == COMMAND_OK ? output_commit(out, OUTPUTS) : status;
}

static int run(int count, char **arguments)
{
    (void)count;
    fs_output *out[OUTPUTS] = {NULL};
    fit f = {.path = arguments[0], .p = (size_t)dims};
    interrupt_end("mdscale fit");
    int status = open_outputs(f.path, out);
    f.trace = out[OUTPUT_TRACE];
    if (status == COMMAND_OK) status = prepare(&f);
    if (status == COMMAND_OK) status = solve(&f);
    if (status == COMMAND_OK) status = write_results(&f, out);
    bool cancelled = status == COMMAND_OK && f.result.stop == MDS_STOP_CANCELLED;
    bool standard_free = !output_is_standard(map_path) && !output_is_standard(plot_path) &&
                         !output_is_standard(json_path) && !output_is_standard(trace_path);
    if (status == COMMAND_OK && !input.quiet && standard_free) print_summary(&f);
    if (cancelled) {
        const char *where = map_path ? map_path : plot_path;
        command_complain("interrupted after epoch %llu; the best map so far %s%s",
                         (unsigned long long)f.result.epochs, where ? "is in " : "was not kept (no -o)",
                         !where                     ? ""
                         : input_is_standard(where) ? "standard output"
                                                    : where);
        status = interrupt_status();
    }
    for (size_t i = 0; i < OUTPUTS; i++) fs_output_discard(out[i]);
    input_fini(&f.data);
    fs_free(f.weights);
    fs_free(f.x);
    return status;
}

const command mdscale_fit_command = {
    .name = "fit",
    .summary = "Place the objects of INPUT in a map.",
    .arguments = "INPUT",
    .description = "INPUT is a CSV, TSV or NPY file ('-' for standard input): dissimilarities as a square, "
                   "triangular or "
                   "condensed matrix, or features, one row an object, from which distances are computed. "
                   "Empty fields, NA "
                   "and NaN are missing dissimilarities and count for nothing.\n\n"
                   "Results appear whole or not at all. Ctrl-C stops at the end of the epoch, writes the "
                   "best map so far "
                   "and exits 130; while the input is read it ends at once and writes nothing. SIGTERM (143) "
                   "and SIGHUP (129) do the same.",
    .examples = "  mdscale fit cities.csv -o map.csv --plot map.svg\n"
                "  mdscale fit digits.csv --labels digit --rows 500 --plot digits.svg\n"
                "  mdscale fit D.npy --dims 3 --loss absolute --json - -q",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
