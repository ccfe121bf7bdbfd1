/* mdscale compare: how alike two maps of the same objects are. */
#include "csv_write.h"
#include "map_plot.h"
#include "mdscale_commands.h"
#include "mdscale_labels.h"
#include "mdscale_map_output.h"
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *output_path, *plot_path, *json_path, *points_path;
static bool scaling = true;

static const command_option options[] = {
    {.kind = COMMAND_HEADING, .help = "Results"},
    {.kind = COMMAND_TEXT,
     .letter = 'o',
     .name = "output",
     .value = "FILE",
     .help = "Write B as it lies on A: .csv, .tsv or .npy; '-' for CSV on standard output.",
     .target = &output_path},
    {.kind = COMMAND_TEXT,
     .name = "per-point",
     .value = "FILE.csv",
     .help = "Write for each object how far apart its two places are, in A's unit.",
     .target = &points_path},
    {.kind = COMMAND_TEXT,
     .name = "plot",
     .value = "FILE.svg",
     .help = "Draw an arrow for each object from its place in A to that in B.",
     .target = &plot_path},
    {.kind = COMMAND_TEXT,
     .name = "json",
     .value = "FILE",
     .help = "Write the numbers as JSON; '-' for standard output.",
     .target = &json_path},
    {.kind = COMMAND_HEADING, .help = "Running"},
    {.kind = COMMAND_FLAG,
     .name = "scaling",
     .help = "Stretch B to the size of A (the default); with --no-scaling it is moved, turned and reflected "
             "only.",
     .target = &scaling},
    {.kind = COMMAND_FLAG,
     .letter = 'q',
     .name = "quiet",
     .help = "Print nothing but errors.",
     .target = &input.quiet},
    {.kind = COMMAND_SIZE,
     .name = "max-unpacked",
     .value = "SIZE",
     .help = "Stop when gzip unpacks to more than this. Default: 4G.",
     .target = &input.max_unpacked},
    {.kind = COMMAND_END},
};

struct comparison {
    const char *paths[2];
    mds_table tables[2];
    size_t n, p;
    double *a, *b; /* n x p, in the order of A */
    double *apart; /* of each object */
    mds_procrustes_result result;
};

/* Both in the order of A, with as many dimensions as the larger. */
static int load(struct comparison *c)
{
    int status = COMMAND_OK;
    for (size_t k = 0; k < 2 && status == COMMAND_OK; k++)
        status = labels_read(c->paths[k], "map", &c->tables[k]);
    if (status) return status;
    const mds_table *a = &c->tables[0], *b = &c->tables[1];
    c->n = a->rows;
    c->p = a->columns > b->columns ? a->columns : b->columns;
    size_t *where = fs_alloc(c->n, sizeof *where);
    c->a = fs_alloc_0(c->n, c->p * sizeof *c->a);
    c->b = fs_alloc_0(c->n, c->p * sizeof *c->b);
    c->apart = fs_alloc_0(c->n, sizeof *c->apart);
    label_list first = labels_of(c->paths[0], a), second = labels_of(c->paths[1], b);
    status = where && c->a && c->b && c->apart ? labels_match(&first, &second, where) : command_fail_memory();
    for (size_t i = 0; i < c->n && status == COMMAND_OK; i++) {
        memcpy(c->a + i * c->p, a->values + i * a->columns, a->columns * sizeof(double));
        memcpy(c->b + i * c->p, b->values + where[i] * b->columns, b->columns * sizeof(double));
    }
    fs_free(where);
    return status;
}

static int compare(struct comparison *c)
{
    mds_error error;
    c->result.size = sizeof c->result;
    if (mds_procrustes(c->a, c->p, c->b, c->p, c->n, c->p, scaling, &c->result, &error) != MDS_OK) {
        command_complain("%s and %s: %s", c->paths[0], c->paths[1], error.message);
        return COMMAND_FAILED;
    }
    for (size_t i = 0; i < c->n; i++)
        for (size_t k = 0; k < c->p; k++)
            c->apart[i] = hypot(c->apart[i], c->a[i * c->p + k] - c->b[i * c->p + k]);
    return COMMAND_OK;
}

static const char *object_name(const struct comparison *c, size_t i, char number[24])
{
    char **labels = c->tables[0].labels ? c->tables[0].labels : c->tables[1].labels;
    if (labels) return labels[i];
    snprintf(number, 24, "%zu", i + 1);
    return number;
}

static const char *const *names_of(const struct comparison *c)
{
    return (const char *const *)(c->tables[0].labels ? c->tables[0].labels : c->tables[1].labels);
}

static size_t widest_of(const struct comparison *c)
{
    size_t widest = 0;
    for (size_t i = 1; i < c->n; i++)
        if (c->apart[i] > c->apart[widest]) widest = i;
    return widest;
}

static int write_plot(const struct comparison *c, fs_output *output)
{
    char title[300], subtitle[160];
    snprintf(title, sizeof title, "%.140s and %.140s", fs_path_base(c->paths[0]), fs_path_base(c->paths[1]));
    snprintf(subtitle, sizeof subtitle, "%zu objects, R² = %.4f, congruence %.4f; arrows lead from the first",
             c->n, c->result.r2, c->result.congruence);
    mds_map_plot plot = {.x = c->b,
                         .from = c->a,
                         .n = c->n,
                         .p = c->p,
                         .ld = c->p,
                         .labels = names_of(c),
                         .title = title,
                         .subtitle = subtitle};
    fs_error error;
    return mds_map_plot_write(output, &plot, &error) == FS_OK ? COMMAND_OK : command_fail(&error);
}

static void write_json(const struct comparison *c, fs_output *output)
{
    bool one_line = output_is_standard(json_path);
    char number[24];
    fs_json json;
    fs_json_init(&json, output, !one_line);
    fs_json_object(&json);
    fs_json_key_string(&json, "version", FLAMESCALE_VERSION);
    fs_json_key_integer(&json, "n", (int64_t)c->n);
    fs_json_key_integer(&json, "dims", (int64_t)c->p);
    fs_json_key_number(&json, "r2", c->result.r2);
    fs_json_key_number(&json, "m2", c->result.m2);
    fs_json_key_number(&json, "congruence", c->result.congruence);
    fs_json_key_number(&json, "scale", c->result.scale);
    fs_json_key_string(&json, "widest", object_name(c, widest_of(c), number));
    fs_json_key_array(&json, "differences");
    for (size_t i = 0; i < c->n; i++) fs_json_number(&json, c->apart[i]);
    fs_json_end_array(&json);
    fs_json_end_object(&json);
    if (one_line) fs_output_string(output, "\n");
    fs_json_fini(&json);
}

static void print_summary(const struct comparison *c)
{
    char number[24];
    printf("compared     %zu objects in %zu dimension%s\n", c->n, c->p, c->p == 1 ? "" : "s");
    printf("R squared    %.6f   (m squared %.6f)\n", c->result.r2, c->result.m2);
    printf("congruence   %.6f   (of the distances)\n", c->result.congruence);
    if (scaling) printf("scale        %.6g   (of the second to the first)\n", c->result.scale);
    command_print("farthest     %.4g apart, %s\n", c->apart[widest_of(c)],
                  object_name(c, widest_of(c), number));
}

enum { OUT_MAP, OUT_PLOT, OUT_POINTS, OUT_JSON, OUTPUTS };

static int write_outputs(const struct comparison *c, fs_output *out[OUTPUTS])
{
    static const char *const head[] = {"difference"};
    int status = COMMAND_OK;
    if (out[OUT_MAP]) status = map_write(out[OUT_MAP], output_path, c->b, c->n, c->p, names_of(c));
    if (out[OUT_PLOT] && status == COMMAND_OK) status = write_plot(c, out[OUT_PLOT]);
    if (out[OUT_POINTS])
        mds_write_csv(out[OUT_POINTS], c->apart, c->n, 1, 1, ',', "label", names_of(c), head);
    if (out[OUT_JSON]) write_json(c, out[OUT_JSON]);
    return status == COMMAND_OK ? output_commit(out, OUTPUTS) : status;
}

static int run(int count, char **arguments)
{
    (void)count;
    struct comparison c = {.paths = {arguments[0], arguments[1]}};
    fs_output *out[OUTPUTS] = {NULL};
    const char *const paths[OUTPUTS] = {output_path, plot_path, points_path, json_path};
    interrupt_end("mdscale compare");
    int status = output_check(c.paths, 2, paths, OUTPUTS);
    if (status == COMMAND_OK) status = map_check_path(output_path);
    if (status == COMMAND_OK) status = output_open_all(paths, OUTPUTS, out);
    if (status == COMMAND_OK) status = load(&c);
    if (status == COMMAND_OK) status = compare(&c);
    if (status == COMMAND_OK) status = write_outputs(&c, out);
    if (status == COMMAND_OK && !input.quiet && !output_any_is_standard(paths, OUTPUTS)) print_summary(&c);
    output_discard_all(out, OUTPUTS);
    mds_table_fini(&c.tables[0]);
    mds_table_fini(&c.tables[1]);
    fs_free(c.a);
    fs_free(c.b);
    fs_free(c.apart);
    return status;
}

const command mdscale_compare_command = {
    .name = "compare",
    .summary = "Say how alike two maps of the same objects are.",
    .arguments = "A B",
    .description =
        "Maps tell distances, not directions, so B is first moved, turned, reflected and stretched to lie on "
        "A "
        "as well as it can (Procrustes analysis). Then R squared is the share of the one that the other "
        "repeats (1: the same map), m squared the rest, and the congruence the likeness of their distances. "
        "Objects are matched by label; a map of fewer dimensions counts as flat in the others.",
    .examples = "  mdscale compare monday.csv tuesday.csv --plot moved.svg\n"
                "  mdscale compare a.csv b.csv --json - -q",
    .options = options,
    .least = 2,
    .most = 2,
    .run = run,
};
