/* mdscale fit: from a file to a map, its stress and its picture. */
#include "mdscale_fit.h"
#include "disk_space.h"
#include "file_identity.h"
#include "mdscale_commands.h"
#include "mdscale_labels.h"
#include "mdscale_level.h"
#include "mdscale_ranks.h"
#include "npy_square.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool after_iteration(const mds_iteration *iteration, void *context)
{
    fit *f = context;
    unsigned long long number = (unsigned long long)iteration->iteration;
    if (f->trace) {
        char at[FS_NUMBER_SIZE], value[FS_NUMBER_SIZE];
        fs_number_format(iteration->step, at);
        fs_number_format(iteration->loss, value);
        fs_output_format(f->trace, "%llu,%s,%s,%llu\n", number, at, value,
                         (unsigned long long)iteration->moves);
    }
    char detail[128];
    bool squared = fit_setting.loss == MDS_LOSS_SQUARED && f->sum2 > 0;
    double shown = squared ? sqrt(iteration->loss / f->sum2) : iteration->loss;
    int used = snprintf(detail, sizeof detail, "%s %llu  %s %.3g", f->method->iteration, number,
                        f->method->step, iteration->step);
    if (isfinite(shown)) snprintf(detail + used, sizeof detail - (size_t)used, "  stress %.6g", shown);
    progress_update(&f->bar, iteration->fraction, detail);
    return !interrupt_seen();
}

static bool after_checkpoint(const void *bytes, size_t count, void *context)
{
    fit *f = context;
    return checkpoint_write(&f->checkpoint, bytes, count);
}

static double sum_of_squares(const mds_problem *problem)
{
    double sum = 0;
    for (size_t k = 0; k < problem->pair_count; k++) sum += problem->pairs[k].delta * problem->pairs[k].delta;
    for (size_t i = 0; problem->delta && i < problem->n; i++) {
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
    if (n == 0) {
        command_complain("%s has no objects", name);
        return COMMAND_FAILED;
    }
    if (f->p >= n && !input.quiet)
        command_complain("%zu object%s need%s no more than %zu dimension%s: %s", n, n == 1 ? "" : "s",
                         n == 1 ? "s" : "", n - 1, n == 2 ? "" : "s",
                         n < 3 ? "such a map says little" : "the others of the map mean nothing");
    return COMMAND_OK;
}

/* A map of unjoined parts looks as good as any, so say that it is not. */
static int find_parts(fit *f)
{
    fs_error error;
    f->parts = 1;
    if (!f->data.delta || (!f->weights && f->data.table.missing == 0)) return COMMAND_OK;
    if (mds_matrix_components(f->data.delta, f->weights, f->data.n, &f->parts, &error) != FS_OK)
        return command_fail(&error);
    if (f->parts > 1 && !input.quiet)
        command_complain("no dissimilarity joins %zu parts of the objects: where the parts stand to each "
                         "other in the map means nothing",
                         f->parts);
    return COMMAND_OK;
}

/* Whether what is asked for, but for weights, can be done without a matrix of all dissimilarities. */
static bool rows_do(const mds_method_info *method)
{
    return (method->abilities & MDS_ABILITY_ROWS) && level_setting.level == MDS_LEVEL_RATIO &&
           fit_setting.loss != MDS_LOSS_ABSOLUTE;
}

static void make_problem(fit *f)
{
    size_t n = f->data.n;
    f->problem = (mds_problem){.size = sizeof f->problem, .n = n, .delta = f->data.delta, .ld = n, .ldw = n};
    f->problem.path = f->data.file;
    f->problem.pairs = f->data.pairs;
    f->problem.pair_count = f->data.pair_count;
    if (f->data.delta || f->data.file || f->data.pairs) return;
    f->problem.features = f->data.wide ? f->data.wide : f->data.table.values;
    f->problem.m = f->problem.ldf = f->data.columns;
    f->problem.distances = &f->data.distances;
}

/* A large square in a file that all ranks have is checked by all of them, each a part of it. */
static int check_square(const char *path, bool ready)
{
    fs_error error;
    size_t n = 0;
    if (!ranks_same(ready && input_may_stay(path) ? fs_file_identity(path) : 0)) return COMMAND_OK;
    const mds_npy_part part = {ranks_joined()->rank, ranks_joined()->count};
    int status = COMMAND_OK;
    if (mds_npy_square(path, INPUT_HELD_MOST, part, &n, &error) != FS_OK) status = command_fail(&error);
    status = ranks_agree(status);
    input.square_known = true;
    input.square = ranks_same(n) ? n : 0;
    return status;
}

static int prepare(fit *f)
{
    int status = fit_method(0, f->p, &f->method);
    bool rows = status == COMMAND_OK && rows_do(f->method);
    input.rows_do = rows && !fit_setting.weights_path;
    input.pairs_do = rows && (!fit_setting.weights_path || fit_weighting());
    int checked = check_square(f->path, status == COMMAND_OK);
    if (status == COMMAND_OK) status = checked;
    if (status) return status;
    status = input_load(f->path, &f->data);
    if (status == COMMAND_OK) status = check_size(f);
    if (status) return status;
    size_t n = f->data.n, columns;
    make_problem(f);
    if (fit_setting.weights_path && fit_weighting() == MDS_WEIGHTING_NONE) {
        status = input_load_weights(fit_setting.weights_path, &f->data, &f->weights);
        if (status) return status;
        f->problem.weights = f->weights;
        mds_error error;
        if (mds_problem_check(&f->problem, 0, &error) != MDS_OK)
            return input_fail(fit_setting.weights_path, &error);
    }
    if ((status = find_parts(f))) return status;
    f->outcomes = fs_alloc(FIT_OUTCOMES, sizeof *f->outcomes);
    if (f->outcomes && fit_start() == MDS_START_GIVEN)
        return input_load_map(fit_setting.start, "--init", &f->data, f->p, &f->x, &columns);
    if (f->outcomes) f->x = fs_alloc_0(n * f->p, sizeof *f->x);
    if (f->x) return COMMAND_OK;
    command_complain("out of memory for a map of %zu x %zu", n, f->p);
    return COMMAND_FAILED;
}

/* A map may fit because little was asked of it. */
static void warn_of_level(const fit *f)
{
    mds_level level = (mds_level)level_setting.level;
    if (f->result.heaps)
        command_complain("the map is degenerate: all points lie in %zu place%s, though objects of one place "
                         "differ; it fits because level %s asks for so little of these data, and means "
                         "nothing. Ask for more: --level %s",
                         f->result.heaps, f->result.heaps == 1 ? "" : "s", level_names[level],
                         level == MDS_LEVEL_ORDINAL ? "interval or ratio" : "ratio");
    else if (level == MDS_LEVEL_ORDINAL && f->result.stress1 < 1e-4)
        command_complain("the order is kept without a fault, which other maps may do as well: distances in "
                         "this one mean little. Fewer dimensions, or --level interval, leave less open");
}

/* The reference's objects in the order of the input's, flat in dimensions that it lacks. */
static int load_reference(fit *f)
{
    if (!fit_setting.like) return COMMAND_OK;
    if (fit_setting.align) return command_usage("--like and --align turn the map in two ways; choose one");
    mds_table table;
    int status = labels_read(fit_setting.like, "map", &table);
    if (status) return status;
    size_t n = f->data.n, *where = fs_alloc(n, sizeof *where);
    f->reference = fs_alloc_0(n, f->p * sizeof *f->reference);
    label_list mine = labels_of(f->path, &f->data.table), other = labels_of(fit_setting.like, &table);
    mine.count = n;
    if (!where || !f->reference) {
        status = command_fail_memory();
    } else if (table.columns > f->p) {
        command_complain("%s has %zu dimensions, but the map %zu (--dims)", fit_setting.like, table.columns,
                         f->p);
        status = COMMAND_FAILED;
    } else {
        status = labels_match(&mine, &other, where);
    }
    for (size_t i = 0; i < n && status == COMMAND_OK; i++)
        memcpy(f->reference + i * f->p, table.values + where[i] * table.columns,
               table.columns * sizeof *f->reference);
    fs_free(where);
    mds_table_fini(&table);
    return status;
}

static int solve(fit *f)
{
    if (f->trace) fs_output_format(f->trace, "%s,%s,stress,moves\n", f->method->iteration, f->method->step);
    mds_fit_options o = {.size = sizeof o,
                         .method = f->method->name,
                         .level = (mds_level)level_setting.level,
                         .ties = (mds_ties)level_setting.ties,
                         .spline_degree = (unsigned)level_setting.degree,
                         .spline_knots = (unsigned)level_setting.knots,
                         .loss = (mds_loss)fit_setting.loss,
                         .start = fit_start(),
                         .starts = (unsigned)fit_setting.starts,
                         .effort = (mds_effort)fit_setting.effort,
                         .weighting = fit_weighting(),
                         .huber = fit_setting.huber,
                         .max_seconds = fit_setting.max_seconds,
                         .stress_sample = fit_setting.exact_stress ? MDS_ALL_PAIRS : 0,
                         .outcomes = f->outcomes,
                         .outcome_capacity = f->outcomes ? FIT_OUTCOMES : 0,
                         .outcome_step = sizeof *f->outcomes,
                         .iterations = (uint64_t)fit_setting.iterations,
                         .tolerance = fit_setting.tolerance,
                         .seed = (uint64_t)fit_setting.seed,
                         .threads = (unsigned)input.threads,
                         .isa = (mds_isa)input.isa,
                         .progress = after_iteration,
                         .context = f,
                         .method_options = fit_method_options(f->method),
                         .checkpoint = checkpoint_setting.path ? after_checkpoint : NULL,
                         .checkpoint_seconds = f->checkpoint_seconds,
                         .resume = f->checkpoint.resumed,
                         .resume_bytes = f->checkpoint.resumed_bytes,
                         .ranks = ranks_joined()};
    if (f->method->statistics_size && f->method->statistics_size <= sizeof f->statistics) {
        memcpy(f->statistics, &f->method->statistics_size, sizeof f->method->statistics_size);
        o.method_statistics = f->statistics;
    }
    f->result.size = sizeof f->result;
    f->sum2 = sum_of_squares(&f->problem);
    mds_error error = {.message = ""};
    interrupt_catch(); /* from now on there is a map to save */
    progress_begin(&f->bar, "fitting", input.quiet);
    mds_status fitted = mds_fit(&f->problem, f->p, &o, f->x, f->p, &f->result, &error);
    progress_end(&f->bar);
    int status = checkpoint_end(&f->checkpoint);
    bool resumed = o.resume && strstr(error.message, "checkpoint"); /* the message is of that file */
    if (fitted != MDS_OK) return input_fail(resumed ? checkpoint_setting.resume : f->path, &error);
    if (status) return status;
    if (!input.quiet) warn_of_level(f);
    return COMMAND_OK;
}

static void warn_of_idle_ranks(const fit *f)
{
    if (ranks_joined() && ranks_joined()->count > MDS_MOST_PARTS && f->data.n < MDS_MANY_OBJECTS &&
        !input.quiet)
        command_complain(
            "a pass over all pairs of so few objects is shared by %d processes at most; the others "
            "of these %u wait for them",
            (int)MDS_MOST_PARTS, ranks_joined()->count);
}

/* What is not read, but written. */
static int open_outputs(fit *f, fs_output *out[FIT_OUTPUTS])
{
    if (ranks_joined() && input_is_standard(f->path)) {
        (void)command_usage(
            "standard input reaches one process alone; name a file that all of them can read");
        return COMMAND_USAGE;
    }
    if (!ranks_first()) /* which writes nothing */
        fit_setting.map_path = fit_setting.plot_path = fit_setting.json_path = fit_setting.trace_path = NULL;
    int status = fit_open_outputs(f->path, out);
    f->trace = out[FIT_TRACE];
    if (status == COMMAND_OK) status = checkpoint_begin(&f->checkpoint, &f->checkpoint_seconds);
    return status;
}

/* A map of so many numbers, and a checkpoint, which holds at least four for each of them, beside the last
 * one. */
static int check_disk(const fit *f)
{
    fs_error error;
    double map = (double)f->data.n * (double)f->p * sizeof(double);
    const char *path = fit_setting.map_path, *checkpoint = checkpoint_setting.path;
    if (path && !output_is_standard(path) && fs_disk_check(path, map, &error) != FS_OK)
        return command_fail(&error);
    if (checkpoint && ranks_first() && fs_disk_check(checkpoint, 4 * map, &error) != FS_OK)
        return command_fail(&error);
    return COMMAND_OK;
}

/* All that can fail on one rank and not on another, before they begin together. */
static int get_ready(fit *f, fs_output *out[FIT_OUTPUTS])
{
    int status = open_outputs(f, out), agreed = ranks_agree(status);
    if (status == COMMAND_OK) status = agreed;
    if (status == COMMAND_OK) status = prepare(f);
    if (status == COMMAND_OK) status = check_disk(f);
    if (status == COMMAND_OK) warn_of_idle_ranks(f);
    if (status == COMMAND_OK) status = load_reference(f);
    return status;
}

static int run(int count, char **arguments)
{
    (void)count;
    fs_output *out[FIT_OUTPUTS] = {NULL};
    fit f = {.path = arguments[0], .p = (size_t)fit_setting.dims};
    interrupt_end("mdscale fit");
    int status = get_ready(&f, out), agreed = ranks_agree(status);
    if (status == COMMAND_OK) status = agreed;
    if (status == COMMAND_OK) status = solve(&f);
    if (status == COMMAND_OK) status = fit_write_outputs(&f, out);
    bool cancelled = status == COMMAND_OK && f.result.stop == MDS_STOP_CANCELLED;
    bool standard_free =
        !output_is_standard(fit_setting.map_path) && !output_is_standard(fit_setting.plot_path) &&
        !output_is_standard(fit_setting.json_path) && !output_is_standard(fit_setting.trace_path);
    if (status == COMMAND_OK && !input.quiet && standard_free) fit_print_summary(&f);
    if (cancelled) {
        const char *where = fit_setting.map_path ? fit_setting.map_path : fit_setting.plot_path;
        command_complain("interrupted after %s %llu; the best map so far %s%s", f.method->iteration,
                         (unsigned long long)f.result.iterations, where ? "is in " : "was not kept (no -o)",
                         !where                     ? ""
                         : input_is_standard(where) ? "standard output"
                                                    : where);
        if (checkpoint_setting.path)
            command_complain("--resume %s goes on from here", checkpoint_setting.path);
        status = interrupt_status();
    }
    output_discard_all(out, FIT_OUTPUTS);
    fs_free(f.checkpoint.resumed);
    input_fini(&f.data);
    fs_free(f.weights);
    fs_free(f.outcomes);
    fs_free(f.x);
    fs_free(f.reference);
    return status;
}

const command mdscale_fit_command = {
    .name = "fit",
    .summary = "Place the objects of INPUT in a map.",
    .arguments = "INPUT",
    .description =
        "INPUT is a file ('-' for standard input) of CSV, TSV or other delimited text, PHYLIP, mothur, "
        "Orange's .dst, pairs (from, to, value), NPY or NPZ: dissimilarities as a square, triangular "
        "or condensed matrix, similarities (--similarities), or features, one row an object, from "
        "which distances are computed. The first line printed says what it was taken for; what was "
        "put right, or may be meant otherwise, is said on standard error. "
        "Empty fields, NA "
        "and NaN are missing dissimilarities and count for nothing.\n\n"
        "Results appear whole or not at all. Ctrl-C stops at the end of the iteration, writes the "
        "best map so far "
        "and exits 130; while the input is read it ends at once and writes nothing. SIGTERM (143) "
        "and SIGHUP (129) do the same.",
    .examples = "  mdscale fit cities.csv -o map.csv --plot map.svg\n"
                "  mdscale fit digits.csv --labels digit --rows 500 --plot digits.svg\n"
                "  mdscale fit D.npy --dims 3 --loss absolute --json - -q",
    .options = fit_option_table,
    .least = 1,
    .most = 1,
    .run = run,
};
