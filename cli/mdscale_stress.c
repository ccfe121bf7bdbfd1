/* mdscale stress: how well a map fits. */
#include "csv_write.h"
#include "json_writer.h"
#include "mdscale_commands.h"
#include "mdscale_input.h"
#include "mdscale_level.h"
#include "progress.h"

#include <stdio.h>
#include <string.h>

static const char *json_path, *weights_path, *points_path;

static const command_option options[] = {
    {.kind = COMMAND_HEADING, .help = "Results"},
    {.kind = COMMAND_TEXT,
     .name = "json",
     .value = "FILE",
     .help = "Write the numbers as JSON; '-' for standard output.",
     .target = &json_path},
    {.kind = COMMAND_TEXT,
     .name = "per-point",
     .value = "FILE.csv",
     .help = "Write the share of each object in the raw stress; the shares add to 1.",
     .target = &points_path},
    {.kind = COMMAND_HEADING, .help = "Problem"},
    INPUT_OPTION_KIND,
    INPUT_OPTIONS_METRIC,
    {.kind = COMMAND_TEXT,
     .name = "weights",
     .value = "FILE",
     .help = "A weight for each pair, as a matrix like the dissimilarities; 0 leaves the pair out.",
     .target = &weights_path},
    LEVEL_OPTIONS,
    INPUT_OPTION_SIMILARITIES,
    INPUT_OPTION_SYMMETRIZE,
    {.kind = COMMAND_HEADING, .help = "Running"},
    INPUT_OPTIONS_RUNNING,
    {.kind = COMMAND_HEADING, .help = "Reading"},
    INPUT_OPTION_LAYOUT,
    INPUT_OPTIONS_READING,
    {.kind = COMMAND_END},
};

static void write_json(fs_output *output, size_t n, size_t p, const mds_stress_values *v)
{
    fs_json json;
    bool one_line = output_is_standard(json_path); /* as mdscale fit does */
    fs_json_init(&json, output, !one_line);
    fs_json_object(&json);
    fs_json_key_integer(&json, "n", (int64_t)n);
    fs_json_key_integer(&json, "dims", (int64_t)p);
    fs_json_key_string(&json, "level", level_names[level_setting.level]);
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"stress_raw", v->raw},
                   {"stress_normalized", v->normalized},
                   {"stress1", v->stress1},
                   {"scale", v->scale},
                   {"stress_absolute", v->absolute}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        fs_json_key(&json, numbers[i].key);
        fs_json_number(&json, numbers[i].value);
    }
    fs_json_key_integer(&json, "pairs", (int64_t)v->pairs);
    if (points_path) {
        fs_json_key_string(&json, "per_point", points_path);
    }
    fs_json_key_string(&json, "version", FLAMESCALE_VERSION);
    fs_json_end_object(&json);
    if (one_line) fs_output_string(output, "\n");
    fs_json_fini(&json);
}

static void print_values(size_t n, size_t p, const mds_stress_values *v)
{
    printf("map          %zu objects in %zu dimension%s, %zu pairs\n", n, p, p == 1 ? "" : "s", v->pairs);
    if (level_setting.level == MDS_LEVEL_RATIO) {
        printf("stress-1     %.6f   (at the best scale: distances times %.6g)\n", v->stress1, v->scale);
    } else {
        char words[100];
        printf("level        %s\n", level_words(words, sizeof words));
        printf("stress-1     %.6f   (root of the sum of (disparity - distance)^2 / sum of distance^2)\n",
               v->stress1);
    }
    printf("normalised   %.6f   (as it stands)\n", v->normalized);
    printf("raw stress   %.8g\n", v->raw);
}

static int run(int count, char **arguments)
{
    (void)count;
    input_data data = {0};
    fs_output *out[2] = {NULL, NULL}; /* the shares, the summary */
    double *weights = NULL, *x = NULL, *shares = NULL;
    mds_error mds;
    int status;
    const char *const inputs[] = {arguments[0], arguments[1], weights_path};
    const char *const paths[] = {points_path, json_path};
    if ((status = output_check(inputs, 3, paths, 2))) return status;
    interrupt_end("mdscale stress");
    if ((status = output_open_all(paths, 2, out))) goto cleanup;
    if ((status = input_load(arguments[0], &data))) goto cleanup;
    size_t n = data.n, p = 0;
    if (weights_path && (status = input_load_weights(weights_path, &data, &weights))) goto cleanup;
    if ((status = input_load_map(arguments[1], "the map", &data, 0, &x, &p))) goto cleanup;

    status = COMMAND_FAILED;
    shares = fs_alloc(n, sizeof *shares);
    if (!shares) {
        command_fail_memory();
        goto cleanup;
    }
    mds_problem problem = {.size = sizeof problem, .n = n, .delta = data.delta, .ld = n, .ldw = n};
    problem.weights = weights;
    if (weights && mds_problem_check(&problem, 0, &mds) != MDS_OK) {
        input_fail(weights_path, &mds);
        goto cleanup;
    }
    mds_stress_values values = {.size = sizeof values};
    mds_stress_options how = {.size = sizeof how,
                              .threads = (unsigned)input.threads,
                              .isa = (mds_isa)input.isa,
                              .per_point = shares,
                              .level = (mds_level)level_setting.level,
                              .ties = (mds_ties)level_setting.ties,
                              .spline_degree = (unsigned)level_setting.degree,
                              .spline_knots = (unsigned)level_setting.knots};
    if (mds_stress(&problem, p, &how, x, p, &values, &mds) != MDS_OK) {
        input_fail(arguments[1], &mds);
        goto cleanup;
    }
    if (out[1]) write_json(out[1], n, p, &values);
    if (out[0]) {
        static const char *const head[] = {"share"};
        mds_write_csv(out[0], shares, n, 1, 1, ',', "label", (const char *const *)data.table.labels, head);
    }
    interrupt_catch(); /* both or none */
    status = output_commit(out, 2);
    if (status == COMMAND_OK && !input.quiet && !output_any_is_standard(paths, 2))
        print_values(n, p, &values);
cleanup:
    output_discard_all(out, 2);
    input_fini(&data);
    fs_free(weights);
    fs_free(x);
    fs_free(shares);
    return status;
}

const command mdscale_stress_command = {
    .name = "stress",
    .summary = "Say how well a map fits dissimilarities.",
    .arguments = "DISTANCES MAP",
    .description =
        "DISTANCES is what `mdscale fit` takes: dissimilarities, or features with --metric. MAP is a "
        "table with one row an object, as `mdscale fit -o` writes; where both have labels the objects are "
        "matched by them, else they stand in the same order.",
    .examples = "  mdscale stress cities.csv map.csv\n"
                "  mdscale stress D.npy map.npy --per-point shares.csv --json -",
    .options = options,
    .least = 2,
    .most = 2,
    .run = run,
};
