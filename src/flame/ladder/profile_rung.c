#include "profile_rung.h"

#include "clock.h"
#include "file.h"
#include "run_command.h"
#include "stack_reader.h"
#include "stack_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Enough samples that a tenth of the time is known to about a percent; and an end to trying. */
enum { SAMPLES_WANTED = 1000, REPEATS_MOST = 60, EMPTY_MOST = 4 };
static const double seconds_most = 10;

/* ---- which recorder ---- */

static bool names_python(const char *word)
{
    return strncmp(fs_path_base(word), "python", 6) == 0;
}

bool flame_profile_is_python(const flame_rung_plan *rung, const char *const *words)
{
    if (rung->profile == FLAME_PROFILE_PYTHON) return true;
    if (rung->profile == FLAME_PROFILE_NATIVE) return false;
    if (strcmp(words[0], "/bin/sh") == 0 && words[1] && strcmp(words[1], "-c") == 0 && words[2])
        return strstr(words[2], "python") != NULL;
    for (size_t i = 0; words[i] && i < 8; i++)
        if (names_python(words[i])) return true;
    char line[256];
    return flame_script_line(rung->directory, words[0], line, sizeof line) && strstr(line, "python");
}

/* ---- recording ---- */

typedef struct recording {
    const flame_profile_job *job;
    flame_profile_result *result;
    flame_tree *tree;
    double started;
    double rate;
    char file[4096], folded[4096]; /* in the scratch directory */
} recording;

static bool tick(void *context, double seconds)
{
    recording *r = context;
    (void)seconds;
    return !r->job->tick || r->job->tick(r->job->context, fs_clock_seconds() - r->started);
}

static bool fail(recording *r, const char *why)
{
    fs_text_clear(&r->result->problem);
    fs_text_add(&r->result->problem, why);
    return false;
}

/* Run `before` words and then the rung's own; true when it went well. */
static bool run_under(recording *r, const char *who, const char *const *before, bool rung_follows)
{
    const flame_rung_plan *rung = r->job->rung;
    const char *words[512];
    size_t n = 0;
    for (size_t i = 0; before[i] && n < 32; i++) words[n++] = before[i];
    for (size_t i = 0; rung_follows && r->job->words[i] && n < 511; i++) words[n++] = r->job->words[i];
    words[n] = NULL;
    flame_command_options options = {.words = words,
                                     .directory = rung_follows ? rung->directory : NULL,
                                     .environment = rung_follows ? &rung->environment : NULL,
                                     .time_limit = 2 * rung->time_limit + 60,
                                     .tick = tick,
                                     .context = r};
    flame_command_result run;
    fs_error error;
    fs_text how;
    fs_text_init(&how);
    fs_text_format(&how, "%s ", who);
    fs_status status = flame_command_run(&options, &run, &error);
    bool ok = status == FS_OK && flame_command_succeeded(&run, &options, ": ", 300, &how);
    r->result->stopped = status == FS_OK && run.ending == FLAME_RUN_STOPPED;
    if (!ok && !r->result->stopped) fail(r, status == FS_OK ? fs_text_string(&how) : error.message);
    fs_text_fini(&how);
    flame_command_fini(&run);
    return ok;
}

/* Add the stacks of a file to the tree. */
static bool add_stacks(recording *r, const char *path, flame_format format)
{
    flame_read_options options;
    flame_read_options_default(&options);
    options.format = format;
    options.pairs = FLAME_PAIRS_NO;
    flame_report report;
    fs_error error;
    fs_status status = flame_stacks_read(path, &options, r->tree, &report, &error);
    if (status == FS_OK) {
        r->result->samples += report.total_after;
        return true;
    }
    /* No stack in it: a run too short for a sample is no failure. */
    return status == FS_DATA || fail(r, error.message);
}

static bool sample_once(recording *r)
{
    char rate[32];
    snprintf(rate, sizeof rate, "%.0f", r->rate);
    const char *const before[] = {
        r->job->recorder, "record", "-q", "--subprocesses", "--no-threads", "-r", rate, "--allow-empty", "-o",
        r->folded,        "--",     NULL};
    unlink(r->folded);
    return run_under(r, "flame record", before, true) && add_stacks(r, r->folded, FLAME_FOLDED);
}

static bool perf_once(recording *r)
{
    char rate[32];
    snprintf(rate, sizeof rate, "%.0f", r->rate);
    /* An absolute path, because the rung may start in another directory. */
    const char *const record[] = {"perf", "record", "-q", "-F", rate, "-g", "-o", r->file, "--", NULL};
    const char *const script[] = {
        "/bin/sh", "-c",    "exec perf script -F comm,tid,time,event,ip,sym,dso -i \"$1\" > \"$2\"",
        "sh",      r->file, r->folded,
        NULL};
    return run_under(r, "perf record", record, true) && run_under(r, "perf script", script, false) &&
           add_stacks(r, r->folded, FLAME_PERF_SCRIPT);
}

static bool perf_is_there(recording *r)
{
    const char *const version[] = {"perf", "--version", NULL};
    return run_under(r, "perf", version, false) ||
           fail(r, "a native program is recorded through perf, which is not installed here "
                   "(Debian: linux-perf)");
}

static fs_status write_folded(recording *r, fs_error *error)
{
    flame_tree_finish(r->tree);
    fs_output *output;
    fs_status status = fs_output_open(r->job->folded, &output, error);
    if (status != FS_OK) return status;
    status = flame_write_folded(r->tree, output, error);
    if (status == FS_OK) return fs_output_commit(output, error);
    fs_output_discard(output);
    return status;
}

/* Again and again while it is short. */
static void record(recording *r, bool python)
{
    const flame_profile_result *result = r->result;
    if (python && !r->job->recorder) {
        fail(r, "there is no flame to record with");
        return;
    }
    if (!python && !perf_is_there(r)) return;
    for (int i = 0; i < REPEATS_MOST; i++) {
        if (!(python ? sample_once(r) : perf_once(r))) break;
        if (result->samples == 0 && i + 1 >= EMPTY_MOST) break;
        if (result->samples >= SAMPLES_WANTED || fs_clock_seconds() - r->started >= seconds_most) break;
    }
    if (result->stopped)
        fail(r, "the climb was stopped before it was recorded");
    else if (result->samples == 0 && result->problem.length == 0)
        fail(r, "it is over before the recorder sees it");
    else if (result->samples > 0)
        fs_text_clear(&r->result->problem);
}

fs_status flame_profile_rung(const flame_profile_job *job, flame_profile_result *result, fs_error *error)
{
    *result = (flame_profile_result){0};
    recording r = {.job = job, .result = result, .started = fs_clock_seconds()};
    /* A short program is sampled faster, so that a few dozen runs suffice. */
    r.rate = fmin(10000, fmax(1000, SAMPLES_WANTED / fmax(job->seconds * 20, 1e-4)));
    snprintf(r.file, sizeof r.file, "%s/perf.data", job->scratch);
    snprintf(r.folded, sizeof r.folded, "%s/record.folded", job->scratch);
    fs_status status = flame_tree_create(&r.tree, error);
    if (status != FS_OK) return status;
    bool python = flame_profile_is_python(job->rung, job->words);
    result->recorder = python ? "flame record" : "perf";
    record(&r, python);
    fs_error why;
    status = result->samples > 0 && !result->stopped ? write_folded(&r, &why) : FS_OK;
    if (status == FS_MEMORY) {
        status = fs_fail(error, status, "%s", why.message);
    } else if (status != FS_OK) {
        fail(&r, why.message);
        status = FS_OK;
        result->samples = 0;
    }
    if (result->stopped) result->samples = 0;
    unlink(r.file);
    unlink(r.folded);
    flame_tree_destroy(r.tree);
    return status;
}
