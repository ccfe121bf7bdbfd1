/* What `mdscale fit` writes: the map, its picture, the summary. */
#include "json_writer.h"
#include "map_plot.h"
#include "mdscale_fit.h"
#include "mdscale_level.h"
#include "mdscale_map_output.h"
#include "principal_axes.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

int fit_open_outputs(const char *source, fs_output *out[FIT_OUTPUTS])
{
    const char *const inputs[] = {source, fit_weighting() ? NULL : fit_setting.weights_path,
                                  fit_start() == MDS_START_GIVEN ? fit_setting.start : NULL,
                                  fit_setting.like};
    const char *const paths[FIT_OUTPUTS + 1] = {fit_setting.map_path, fit_setting.plot_path,
                                                fit_setting.trace_path, fit_setting.json_path,
                                                checkpoint_setting.path};
    int status = output_check(inputs, sizeof inputs / sizeof *inputs, paths, FIT_OUTPUTS + 1);
    if (!status) status = output_check(&checkpoint_setting.resume, 1, paths, FIT_OUTPUTS);
    if (status) return status;
    if ((status = map_check_path(fit_setting.map_path))) return status;
    if (fit_setting.plot_path && !output_is_standard(fit_setting.plot_path) &&
        !fs_path_ends(fit_setting.plot_path, ".svg"))
        return command_usage("the plot is SVG; let the name %s end in .svg", fit_setting.plot_path);
    return output_open_all(paths, FIT_OUTPUTS, out);
}

static int write_map(const fit *f, fs_output *output)
{
    return map_write(output, fit_setting.map_path, f->x, f->data.n, f->p,
                     (const char *const *)f->data.table.labels);
}

/* The name of the input without folders and endings: "eurodist". */
static void input_title(const char *path, char *out, size_t room)
{
    static const char *const endings[] = {".gz",  ".csv", ".tsv",  ".txt", ".npy",
                                          ".npz", ".phy", ".dist", ".dst"};
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
    snprintf(subtitle, sizeof subtitle, "n = %s, stress-1 = %.4f%s", count, f->result.stress1,
             f->result.stop == MDS_STOP_CANCELLED ? " (interrupted)" : "");
    mds_map_plot plot = {.x = f->x,
                         .n = f->data.n,
                         .p = f->p,
                         .ld = f->p,
                         .labels = (const char *const *)f->data.table.labels,
                         .groups = (const char *const *)f->data.table.groups,
                         .title = fit_setting.title ? fit_setting.title : name,
                         .subtitle = subtitle};
    fs_error error;
    return mds_map_plot_write(output, &plot, &error) == FS_OK ? COMMAND_OK : command_fail(&error);
}

static void json_text(fs_json *json, const char *key, const char *value)
{
    fs_json_key_string(json, key, value);
}

static void json_number(fs_json *json, const char *key, double value)
{
    fs_json_key_number(json, key, value);
}

static void json_count(fs_json *json, const char *key, uint64_t value)
{
    fs_json_key_integer(json, key, (int64_t)value);
}

/* What the method counts itself, under its own names; "epochs" for a method whose iterations are called so.
 */
static void write_statistics(const fit *f, fs_json *json)
{
    char iterations[48];
    const mds_option_info *info;
    snprintf(iterations, sizeof iterations, "%ss", f->method->iteration);
    if (strcmp(iterations, "iterations") != 0) json_count(json, iterations, f->result.iterations);
    for (size_t i = 0; (info = mds_method_statistic(f->method, i)); i++) {
        uint64_t count;
        double number;
        if (info->kind == MDS_OPTION_COUNT) {
            memcpy(&count, f->statistics + info->offset, sizeof count);
            json_count(json, info->name, count);
        } else {
            memcpy(&number, f->statistics + info->offset, sizeof number);
            json_number(json, info->name, number);
        }
    }
}

/* How each start ended. */
static void write_outcomes(const fit *f, fs_json *json)
{
    const mds_result *r = &f->result;
    json_count(json, "starts_tried", r->starts);
    json_count(json, "starts_best", r->best_count);
    json_count(json, "best_start", r->best_start);
    fs_json_key_array(json, "starts");
    for (size_t i = 0; i < r->starts && i < FIT_OUTCOMES; i++) {
        const mds_outcome *outcome = &f->outcomes[i];
        fs_json_object(json);
        json_text(json, "start", mds_start_name(outcome->start));
        json_number(json, "stress", outcome->loss);
        json_count(json, "iterations", outcome->iterations);
        json_text(json, "stop", mds_stop_name(outcome->stop));
        fs_json_end_object(json);
    }
    fs_json_end_array(json);
}

static void write_level(const fit *f, fs_json *json)
{
    mds_level level = (mds_level)level_setting.level;
    json_text(json, "level", mds_level_name(level));
    if (level == MDS_LEVEL_RATIO) return;
    if (level == MDS_LEVEL_ORDINAL) json_text(json, "ties", mds_ties_name((mds_ties)level_setting.ties));
    if (level == MDS_LEVEL_INTERVAL) json_number(json, "intercept", f->result.intercept);
    if (level == MDS_LEVEL_INTERVAL) json_number(json, "slope", f->result.slope);
    if (level == MDS_LEVEL_LOG) json_number(json, "power", f->result.power);
    json_count(json, "heaps", f->result.heaps); /* 0 unless the map is degenerate */
}

static void write_json(const fit *f, fs_output *output)
{
    const mds_result *r = &f->result;
    fs_json json;
    /* A program that reads standard output wants one line; a person who opens a file, many. */
    bool one_line = output_is_standard(fit_setting.json_path);
    fs_json_init(&json, output, !one_line);
    fs_json_object(&json);
    json_text(&json, "version", FLAMESCALE_VERSION);
    json_text(&json, "input", f->path);
    json_text(&json, "read_as", f->data.taken);
    if (input.similarities_given)
        json_text(&json, "similarities", mds_similarity_name((mds_similarity)input.similarities));
    json_count(&json, "n", f->data.n);
    json_count(&json, "dims", f->p);
    if (f->data.features) {
        json_count(&json, "features", f->data.features);
        json_text(&json, "metric", input_metrics[input.metric]);
    }
    json_text(&json, "method", r->method);
    json_text(&json, "loss", mds_loss_name((mds_loss)fit_setting.loss));
    write_level(f, &json);
    json_number(&json, "stress", r->loss); /* what was minimised */
    json_number(&json, "stress_raw", f->result.raw);
    json_number(&json, "stress_normalized", f->result.normalized);
    json_number(&json, "stress1", f->result.stress1);
    if (r->sampled_pairs) { /* the stress above is an estimate */
        json_count(&json, "sampled_pairs", r->sampled_pairs);
        json_number(&json, "stress_normalized_error", r->normalized_error);
        json_number(&json, "stress1_error", r->stress1_error);
    }
    json_number(&json, "stress_absolute", f->result.absolute);
    json_number(&json, "stress_start", r->start_loss);
    json_number(&json, "gradient", r->gradient); /* null where the loss has none */
    json_count(&json, "pairs", f->result.pairs);
    json_count(&json, "parts", f->parts);
    json_count(&json, "iterations", r->iterations);
    write_statistics(f, &json);
    json_text(&json, "stop_reason", mds_stop_name(r->stop));
    json_number(&json, "seconds", r->seconds);
    json_number(&json, "read_seconds", f->data.read_seconds);
    json_number(&json, "distance_seconds", f->data.distance_seconds);
    json_count(&json, "threads", r->threads);
    json_text(&json, "isa", mds_isa_name(r->isa));
    json_count(&json, "seed", (uint64_t)fit_setting.seed);
    json_text(&json, "init", fit_setting.start ? fit_setting.start : mds_start_name(MDS_START_DEFAULT));
    write_outcomes(f, &json);
    if (fit_setting.map_path) json_text(&json, "map", fit_setting.map_path);
    if (fit_setting.plot_path) json_text(&json, "plot", fit_setting.plot_path);
    if (fit_setting.trace_path) json_text(&json, "trace", fit_setting.trace_path);
    fs_json_end_object(&json);
    if (one_line) fs_output_string(output, "\n");
    fs_json_fini(&json);
}

static const char *stop_words(const fit *f, char *out, size_t room)
{
    switch (f->result.stop) {
    case MDS_STOP_CONVERGED:
        snprintf(out, room, "%s%s", f->result.sampled_pairs ? "" : "converged: ",
                 f->result.sampled_pairs ? "the last sample of pairs was drawn" : f->method->stop_help);
        break;
    case MDS_STOP_LIMIT:
        snprintf(out, room, "not converged: stopped at the most %ss (--max-iter)", f->method->iteration);
        break;
    case MDS_STOP_CANCELLED:
        snprintf(out, room, "interrupted; this is the best map so far");
        break;
    case MDS_STOP_EXACT:
        snprintf(out, room, "converged: a perfect fit");
        break;
    case MDS_STOP_TIME:
        snprintf(out, room, "the time was up; this is the best map so far");
        break;
    }
    return out;
}

/* What became of the dissimilarities. */
static void print_level(const fit *f)
{
    char words[100];
    mds_level level = (mds_level)level_setting.level;
    if (level == MDS_LEVEL_RATIO) return;
    printf("level        %s", level_words(words, sizeof words));
    if (level == MDS_LEVEL_INTERVAL) printf(": %.6g + %.6g d", f->result.intercept, f->result.slope);
    if (level == MDS_LEVEL_LOG) printf(": d to the power %.6g", f->result.power);
    printf("\n");
}

static void print_estimate(const mds_result *r)
{
    char pairs[FS_NUMBER_SIZE];
    fs_number_grouped(r->sampled_pairs, pairs);
    printf("estimated    from %s pairs: standard error %.2g of stress-1, %.2g normalised (--exact-stress "
           "sums over "
           "all)\n",
           pairs, r->stress1_error, r->normalized_error);
}

void fit_print_summary(const fit *f)
{
    const mds_result *r = &f->result;
    char time[32], words[200] = "";
    bool ratio = level_setting.level == MDS_LEVEL_RATIO;
    printf("read         %s\n", f->data.taken);
    if (f->data.features)
        printf("distances    %s%s%s\n", input_metrics[input.metric],
               f->data.delta ? "" : ", computed whenever they are needed, not held",
               r->sampled_pairs ? "; of the pairs a sample counts, as all are too many" : "");
    printf("fitted       %zu dimension%s by %s, %s loss\n", f->p, f->p == 1 ? "" : "s", f->method->title,
           mds_loss_name((mds_loss)fit_setting.loss));
    print_level(f);
    printf("stopped      after %llu %s%s, %s: %s\n", (unsigned long long)r->iterations, f->method->iteration,
           r->iterations == 1 ? "" : "s", input_seconds(r->seconds, time),
           stop_words(f, words, sizeof words));
    printf("stress-1     %.6f   (%s)\n", f->result.stress1,
           ratio ? "at the best scale" : "root of the sum of (disparity - distance)^2 / sum of distance^2");
    printf("normalised   %.6f   (as it stands)\n", f->result.normalized);
    if (r->sampled_pairs) print_estimate(r);
    if (r->starts > 1)
        printf("starts       %u of %u ended in this map%s\n", r->best_count, r->starts,
               r->best_count > 1 ? "" : "; more may find a better one (--starts, --effort high)");
    if (fit_setting.loss == MDS_LOSS_HUBER)
        printf("huber        %.8g   (from %.8g at the start)\n", r->loss, r->start_loss);
    else if (fit_setting.loss == MDS_LOSS_SQUARED)
        printf("raw stress   %.8g   (from %.8g at the start)\n", f->result.raw, r->start_loss);
    else
        printf("absolute     %.8g   (from %.8g at the start)\n", f->result.absolute, r->start_loss);
    if (fit_setting.map_path) command_print("map          %s\n", fit_setting.map_path);
    if (fit_setting.plot_path) command_print("plot         %s\n", fit_setting.plot_path);
    if (fit_setting.json_path) command_print("summary      %s\n", fit_setting.json_path);
    if (fit_setting.trace_path) command_print("trace        %s\n", fit_setting.trace_path);
    if (!fit_setting.map_path && !fit_setting.plot_path)
        printf("No map was kept: say -o map.csv or --plot map.svg.\n");
}

int fit_write_outputs(fit *f, fs_output *out[FIT_OUTPUTS])
{
    fs_error error;
    int status = COMMAND_OK;
    if (fit_setting.align && mds_principal_axes(f->x, f->data.n, f->p, f->p, &error) != FS_OK)
        return command_fail(&error);
    mds_error like;
    if (f->reference &&
        mds_procrustes(f->reference, f->p, f->x, f->p, f->data.n, f->p, false, NULL, &like) != MDS_OK)
        return input_fail(fit_setting.like, &like);
    if (out[FIT_MAP]) status = write_map(f, out[FIT_MAP]);
    if (out[FIT_PLOT] && status == COMMAND_OK) status = write_plot(f, out[FIT_PLOT]);
    if (out[FIT_JSON]) write_json(f, out[FIT_JSON]);
    return status == COMMAND_OK ? output_commit(out, FIT_OUTPUTS) : status;
}
