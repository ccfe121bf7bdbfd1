/* mdscale distances: from features to a matrix of distances. */
#include "clock.h"
#include "csv_write.h"
#include "mdscale_commands.h"
#include "mdscale_input.h"
#include "npy.h"
#include "progress.h"

#include <stdio.h>
#include <string.h>

static const char *output_path;

static const command_option options[] = {
    {.kind = COMMAND_TEXT,
     .letter = 'o',
     .name = "output",
     .value = "FILE",
     .help =
         "Write the square matrix here: .npy (exact and quick), .csv or .tsv (with the labels as header); "
         "'-' for CSV on standard output. Required.",
     .target = &output_path},
    INPUT_OPTIONS_METRIC,
    INPUT_OPTIONS_RUNNING,
    {.kind = COMMAND_HEADING, .help = "Reading"},
    INPUT_OPTIONS_READING,
    {.kind = COMMAND_END},
};

/* As CSV, with the labels, or the numbers from 1, as header. */
static int write_text(fs_output *output, const input_data *data)
{
    size_t n = data->n;
    const char *const *labels = (const char *const *)data->table.labels;
    char separator = fs_path_ends(output_path, ".tsv") ? '\t' : ',';
    if (labels) {
        mds_write_csv(output, data->delta, n, n, n, separator, "label", labels, labels);
        return COMMAND_OK;
    }
    char(*numbers)[24] = fs_alloc(n, sizeof *numbers);
    const char **heads = fs_alloc(n, sizeof *heads);
    if (numbers && heads) {
        for (size_t i = 0; i < n; i++) {
            snprintf(numbers[i], sizeof numbers[i], "%zu", i + 1);
            heads[i] = numbers[i];
        }
        mds_write_csv(output, data->delta, n, n, n, separator, "label", heads, heads);
    } else {
        command_complain("out of memory while writing %s", output_path);
    }
    int status = numbers && heads ? COMMAND_OK : COMMAND_FAILED;
    fs_free(numbers);
    fs_free(heads);
    return status;
}

static int run(int count, char **arguments)
{
    (void)count;
    if (!output_path) return command_usage("say where the distances go: -o D.npy");
    bool npy = fs_path_ends(output_path, ".npy");
    if (!npy && !output_is_standard(output_path) && !fs_path_ends(output_path, ".csv") &&
        !fs_path_ends(output_path, ".tsv"))
        return command_usage("%s should end in .npy, .csv or .tsv, which says what to write", output_path);
    fs_output *output = NULL;
    input_data data = {0};
    interrupt_end("mdscale distances");
    const char *const inputs[] = {arguments[0]}, *const paths[] = {output_path};
    int status = output_check(inputs, 1, paths, 1);
    if (status == COMMAND_OK) status = output_open(output_path, &output);
    if (status) return status;
    input.kind = INPUT_FEATURES;
    status = input_load(arguments[0], &data);
    if (status == COMMAND_OK && npy) fs_npy_write(output, data.delta, data.n, data.n, data.n);
    if (status == COMMAND_OK && !npy) status = write_text(output, &data);
    if (status == COMMAND_OK) status = output_commit(&output, 1);
    if (status == COMMAND_OK && !input.quiet && !output_is_standard(output_path)) {
        printf("read         %s\n", data.taken);
        char time[32];
        printf("distances    %s, %zu x %zu in %s\n", input_metrics[input.metric], data.n, data.n,
               input_seconds(data.distance_seconds, time));
        command_print("written      %s\n", output_path);
    }
    fs_output_discard(output);
    input_fini(&data);
    return status;
}

const command mdscale_distances_command = {
    .name = "distances",
    .summary = "Compute the distances between the rows of a feature table.",
    .arguments = "FEATURES",
    .description = "The matrix is square, exactly symmetric, with a zero diagonal; `mdscale fit` reads it.",
    .examples = "  mdscale distances digits.csv --labels digit -o D.npy\n"
                "  mdscale distances table.tsv --metric correlation -o D.csv",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};
