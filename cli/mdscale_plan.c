/* mdscale plan: what a fit will need, before there are data. */
#include "json_writer.h"
#include "mdscale_commands.h"
#include "mdscale_input.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { EFFORTS = 8 };

static const char *effort_names[EFFORTS + 1];
static double objects, features, pairs, latency, bandwidth;
static int64_t dims = 2, ranks = 1;
static int effort;
static const char *method, *json_path;

void plan_options_make(void)
{
    for (int i = 0; i < EFFORTS && mds_effort_name((mds_effort)i); i++)
        effort_names[i] = mds_effort_name((mds_effort)i);
}

static const command_option options[] = {
    {.kind = COMMAND_HEADING, .help = "Problem"},
    {.kind = COMMAND_REAL,
     .name = "objects",
     .value = "N",
     .help = "How many objects: 20000, 1e6.",
     .target = &objects,
     .least = 1,
     .most = 1e15},
    {.kind = COMMAND_REAL,
     .name = "features",
     .value = "M",
     .help = "How many features each of them has. Default: none; a matrix of dissimilarities is given.",
     .target = &features,
     .least = 1,
     .most = 1e9},
    {.kind = COMMAND_REAL,
     .name = "pairs",
     .value = "K",
     .help = "How many pairs a list of pairs names. Default: all of them.",
     .target = &pairs,
     .least = 1,
     .most = 1e15},
    {.kind = COMMAND_CHOICE,
     .name = "metric",
     .value = "NAME",
     .help = "Distance between the features. Default: euclidean.",
     .target = &input.metric,
     .choices = input_metrics},
    {.kind = COMMAND_HEADING, .help = "Fit"},
    {.kind = COMMAND_INTEGER,
     .name = "dims",
     .value = "P",
     .help = "Dimensions of the map. Default: 2.",
     .target = &dims,
     .least = 1,
     .most = 1000},
    {.kind = COMMAND_TEXT,
     .name = "method",
     .value = "NAME",
     .help = "As `mdscale fit` has it. Default: auto.",
     .target = &method},
    {.kind = COMMAND_CHOICE,
     .name = "effort",
     .value = "LEVEL",
     .help = "Of method auto. Default: normal.",
     .target = &effort,
     .choices = effort_names},
    {.kind = COMMAND_HEADING, .help = "Machines"},
    {.kind = COMMAND_INTEGER,
     .name = "ranks",
     .value = "R",
     .help = "Processes started by mpirun, each on a machine like this one. Default: 1.",
     .target = &ranks,
     .least = 1,
     .most = 1 << 20},
    {.kind = COMMAND_INTEGER,
     .name = "threads",
     .value = "T",
     .help = "Threads of each process; more than this machine has are taken to be as fast as those it has. "
             "Default: one per available core.",
     .target = &input.threads,
     .least = 1,
     .most = 4096},
    {.kind = COMMAND_REAL,
     .name = "latency",
     .value = "SECONDS",
     .help = "What a message takes from one process to another. Default: 20e-6.",
     .target = &latency,
     .least = 1e-9,
     .most = 10},
    {.kind = COMMAND_REAL,
     .name = "bandwidth",
     .value = "BYTES",
     .help = "What a process receives in a second. Default: 1e9.",
     .target = &bandwidth,
     .least = 1,
     .most = 1e15},
    {.kind = COMMAND_CHOICE,
     .name = "isa",
     .value = "LEVEL",
     .help = "Force an instruction set; auto takes the widest that the processor has.",
     .target = &input.isa,
     .choices = input_isas},
    {.kind = COMMAND_HEADING, .help = "Results"},
    {.kind = COMMAND_TEXT,
     .name = "json",
     .value = "FILE",
     .help = "Write all numbers as JSON; '-' for standard output.",
     .target = &json_path},
    {.kind = COMMAND_FLAG,
     .letter = 'q',
     .name = "quiet",
     .help = "Print nothing but errors.",
     .target = &input.quiet},
    {.kind = COMMAND_END},
};

/* ---- JSON ---- */

static void write_stage(fs_json *json, const char *name, const mds_plan_stage *stage)
{
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"least", stage->least},
                   {"most", stage->most},
                   {"pairs", stage->pairs},
                   {"multiply_adds", stage->multiply_adds},
                   {"roots", stage->roots},
                   {"bytes", stage->bytes},
                   {"network_bytes", stage->network},
                   {"seconds", stage->seconds},
                   {"network_seconds", stage->network_seconds}};
    if (stage->most == 0) return;
    fs_json_key_object(json, name);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        fs_json_key_number(json, numbers[i].key, numbers[i].value);
    fs_json_end_object(json);
}

static void write_json(fs_output *output, const mds_plan_options *o, const mds_plan_result *r)
{
    fs_json json;
    bool one_line = output_is_standard(json_path);
    fs_json_init(&json, output, !one_line);
    fs_json_object(&json);
    fs_json_key_integer(&json, "n", (int64_t)o->n);
    fs_json_key_integer(&json, "features", (int64_t)o->m);
    if (o->pairs) fs_json_key_integer(&json, "pairs", (int64_t)o->pairs);
    fs_json_key_integer(&json, "dims", (int64_t)o->p);
    fs_json_key_string(&json, "method", r->method);
    fs_json_key_bool(&json, "rows", r->rows);
    fs_json_key_bool(&json, "all_pairs_are_many", r->all_pairs_are_many);
    fs_json_key_integer(&json, "ranks", r->ranks);
    fs_json_key_integer(&json, "threads", r->threads);
    fs_json_key_integer(&json, "shared_by", r->shared);
    fs_json_key_string(&json, "isa", mds_isa_name(r->isa));
    fs_json_key_number(&json, "memory_bytes", r->memory);
    fs_json_key_number(&json, "input_bytes", r->input);
    fs_json_key_number(&json, "machine_bytes", r->machine);
    write_stage(&json, "start", &r->start);
    write_stage(&json, "rounds", &r->rounds);
    write_stage(&json, "passes", &r->passes);
    write_stage(&json, "stress", &r->stress);
    fs_json_key_number(&json, "least_seconds", r->least_seconds);
    fs_json_key_number(&json, "most_seconds", r->most_seconds);
    fs_json_key_string(&json, "version", FLAMESCALE_VERSION);
    fs_json_end_object(&json);
    if (one_line) fs_output_string(output, "\n");
    fs_json_fini(&json);
}

/* ---- words ---- */

static const char *bytes_words(double bytes, char out[32])
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < sizeof units / sizeof *units) bytes /= 1000, unit++;
    snprintf(out, 32, "%.3g %s", bytes, units[unit]);
    return out;
}

/* "1.2 s", "17 min", "3.4 h", "12 days", "600 years". */
static const char *time_words(double seconds, char out[32])
{
    if (seconds < 600) return input_seconds(seconds, out);
    double minutes = seconds / 60, hours = minutes / 60;
    if (minutes < 180)
        snprintf(out, 32, "%.0f min", minutes);
    else if (hours < 72)
        snprintf(out, 32, "%.1f h", hours);
    else if (hours < 24 * 1000)
        snprintf(out, 32, "%.0f days", hours / 24);
    else
        snprintf(out, 32, "%.3g years", hours / 24 / 365.25);
    return out;
}

static void print_stage(const char *name, const char *what, const mds_plan_stage *stage)
{
    char seconds[32], network[32], sent[32];
    if (stage->most == 0) return;
    printf("%-11s", name);
    if (stage->least < stage->most)
        printf("%.0f to %.0f %s, each ", stage->least, stage->most, what);
    else if (stage->most > 1)
        printf("%.0f %s, each ", stage->most, what);
    printf("%s (%.3g pairs", input_seconds(stage->seconds, seconds), stage->pairs);
    if (stage->network > 0)
        printf("; the network takes %s for %s", input_seconds(stage->network_seconds, network),
               bytes_words(stage->network, sent));
    printf(")\n");
}

static const char *decision(const mds_plan_result *r)
{
    if (!r->rows) return "";
    if (r->rounds.most > 0 && r->passes.most > 0) return ": sampled pairs first, then all of them";
    if (r->rounds.most > 0 && r->all_pairs_are_many) return ": sampled pairs; all of them are too many";
    if (r->rounds.most > 0) return ": sampled pairs";
    return r->all_pairs_are_many ? ": all pairs in every step, though auto would sample them"
                                 : ": all pairs in every step";
}

static void print_plan(const mds_plan_options *o, const mds_plan_result *r)
{
    char number[FS_NUMBER_SIZE], bytes[32], input_bytes[32], machine[32], least[32], most[32];
    fs_number_grouped(o->n, number);
    printf("problem    %s object%s", number, o->n == 1 ? "" : "s");
    fs_number_grouped(o->m, number);
    if (o->m > 0) printf(" of %s feature%s", number, o->m == 1 ? "" : "s");
    fs_number_grouped(o->pairs, number);
    if (o->pairs > 0) printf(" and %s pair%s of them", number, o->pairs == 1 ? "" : "s");
    printf(", %s, to a map in %zu dimension%s\n", r->rows ? "kept as rows" : "kept as a matrix", o->p,
           o->p == 1 ? "" : "s");
    printf("method     %s%s\n", r->method, decision(r));
    printf("memory     %s%s, %s of it the input", bytes_words(r->memory, bytes),
           r->ranks > 1 ? " for each process" : "", bytes_words(r->input, input_bytes));
    if (r->machine > 0 && r->memory > r->machine) {
        double part = r->machine / r->memory; /* of n, or of n^2 */
        printf("; %s can be had here, enough for some %.2g objects", bytes_words(r->machine, machine),
               (double)o->n * (r->rows ? part : sqrt(part)));
    }
    printf("\n");
    print_stage("start", "", &r->start);
    print_stage("rounds", "of a sample", &r->rounds);
    print_stage("steps", "over all pairs", &r->passes);
    print_stage("stress", "", &r->stress);
    printf("in all     %s", time_words(r->least_seconds, least));
    if (strcmp(least, time_words(r->most_seconds, most)) != 0) printf(" to %s", most);
    printf(" on %u thread%s", r->threads, r->threads == 1 ? "" : "s");
    if (r->ranks > 1) printf(" in each of %u processes", r->ranks);
    printf(" (%s)\n", mds_isa_name(r->isa));
    if (r->passes.most > 0 && r->shared < (double)r->ranks * r->threads)
        printf("           steps over all pairs are shared by %u threads at most; the others wait\n",
               r->shared);
}

/* ---- the command ---- */

static int check_whole(const char *option, double value)
{
    if (value == floor(value)) return COMMAND_OK;
    return command_usage("--%s %g is no whole number", option, value);
}

static int run(int count, char **arguments)
{
    (void)count, (void)arguments;
    if (objects == 0) return command_usage("how many objects? Say --objects N");
    int status = check_whole("objects", objects);
    if (status == COMMAND_OK) status = check_whole("features", features);
    if (status == COMMAND_OK) status = check_whole("pairs", pairs);
    if (status) return status;
    mds_plan_options o = {.size = sizeof o,
                          .n = (size_t)objects,
                          .m = (size_t)features,
                          .p = (size_t)dims,
                          .method = method,
                          .effort = (mds_effort)effort,
                          .metric = (mds_metric)input.metric,
                          .isa = (mds_isa)input.isa,
                          .threads = (unsigned)input.threads,
                          .ranks = (unsigned)ranks,
                          .latency = latency,
                          .bandwidth = bandwidth,
                          .pairs = (size_t)pairs};
    mds_plan_result result = {.size = sizeof result};
    mds_error error;
    fs_output *out = NULL;
    if ((status = output_open(json_path, &out))) return status;
    if (mds_plan(&o, &result, &error) != MDS_OK) {
        command_complain("%s", error.message);
        fs_output_discard(out);
        return COMMAND_FAILED;
    }
    if (out) write_json(out, &o, &result);
    status = out ? output_commit(&out, 1) : COMMAND_OK;
    if (status == COMMAND_OK && !input.quiet && !output_is_standard(json_path)) print_plan(&o, &result);
    return status;
}

const command mdscale_plan_command = {
    .name = "plan",
    .summary = "Say what a fit will take: memory, time, and how it is done.",
    .arguments = "--objects N",
    .description =
        "Without any data: for so many objects, what `mdscale fit` will do, how much memory that takes, how "
        "long on this machine, and on several. Some tenths of a second go into measuring how fast this "
        "machine is, which should do nothing else meanwhile. How many steps a fit takes hangs on the data, "
        "so that is a range.",
    .examples = "  mdscale plan --objects 1e6 --features 64\n"
                "  mdscale plan --objects 100000 --features 64 --ranks 8 --threads 16 --bandwidth 1.2e9",
    .options = options,
    .least = 0,
    .most = 0,
    .run = run,
};
