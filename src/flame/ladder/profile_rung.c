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

/* A script whose first line names Python. */
static bool script_of_python(const char *directory, const char *word)
{
    char path[4096];
    if (!strchr(word, '/')) return false;
    snprintf(path, sizeof path, "%s/%s", word[0] == '/' ? "" : directory, word);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    char line[256] = "";
    bool python = fgets(line, sizeof line, file) && strncmp(line, "#!", 2) == 0 && strstr(line, "python");
    fclose(file);
    return python;
}

bool flame_profile_is_python(const flame_rung_plan *rung, const char *const *words)
{
    if (rung->profile == FLAME_PROFILE_PYTHON) return true;
    if (rung->profile == FLAME_PROFILE_NATIVE) return false;
    if (strcmp(words[0], "/bin/sh") == 0 && words[1] && strcmp(words[1], "-c") == 0 && words[2])
        return strstr(words[2], "python") != NULL;
    for (size_t i = 0; words[i] && i < 8; i++)
        if (names_python(words[i])) return true;
    return script_of_python(rung->directory, words[0]);
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

static void tell(recording *r, const char *who, const flame_command_result *run)
{
    fs_text *problem = &r->result->problem;
    fs_text_clear(problem);
    fs_text_format(problem, "%s ", who);
    flame_command_describe(run, r->job->rung->time_limit, problem);
    fs_text end;
    fs_text_init(&end);
    flame_capture_end(&run->errors, 300, &end);
    if (end.length) fs_text_format(problem, ": %s", fs_text_string(&end));
    fs_text_fini(&end);
}

/* Run `before` words and then the rung's own; true when it went well. */
static bool run_under(recording *r, const char *who, const char *const *before, bool rung_follows)
{
    const char *words[512];
    size_t n = 0;
    while (before[n] && n < 32) {
        words[n] = before[n];
        n++;
    }
    for (size_t i = 0; rung_follows && r->job->words[i] && n < 511; i++) words[n++] = r->job->words[i];
    words[n] = NULL;
    flame_command_options options = {.words = words,
                                     .directory = rung_follows ? r->job->rung->directory : NULL,
                                     .environment = rung_follows ? &r->job->rung->environment : NULL,
                                     .time_limit = 2 * r->job->rung->time_limit + 60,
                                     .tick = tick,
                                     .context = r};
    flame_command_result run;
    fs_error error;
    bool ok = false;
    if (flame_command_run(&options, &run, &error) != FS_OK) {
        fs_text_clear(&r->result->problem);
        fs_text_add(&r->result->problem, error.message);
    } else if (run.ending == FLAME_RUN_STOPPED) {
        r->result->stopped = true;
    } else if (run.ending != FLAME_RUN_ENDED || run.exit_code != 0) {
        tell(r, who, &run);
    } else {
        ok = true;
    }
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
    if (status != FS_DATA) { /* no stack in it: a run too short for a sample is no failure */
        fs_text_clear(&r->result->problem);
        fs_text_add(&r->result->problem, error.message);
        return false;
    }
    return true;
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
    if (run_under(r, "perf", version, false)) return true;
    fs_text_clear(&r->result->problem);
    fs_text_add(&r->result->problem, "a native program is recorded through perf, which is not installed here "
                                     "(Debian: linux-perf)");
    return false;
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
    if (python && !job->recorder) {
        fs_text_add(&result->problem, "there is no flame to record with");
        goto cleanup;
    }
    if (!python && !perf_is_there(&r)) goto cleanup;
    for (int i = 0; i < REPEATS_MOST; i++) {
        if (!(python ? sample_once(&r) : perf_once(&r))) break;
        if (result->samples == 0 && i + 1 >= EMPTY_MOST) break;
        if (result->samples >= SAMPLES_WANTED || fs_clock_seconds() - r.started >= seconds_most) break;
    }
    if (result->samples > 0 && !result->stopped) {
        fs_text_clear(&result->problem);
        fs_error why;
        status = write_folded(&r, &why);
        if (status == FS_MEMORY) {
            status = fs_fail(error, status, "%s", why.message);
        } else if (status != FS_OK) {
            result->samples = 0;
            fs_text_add(&result->problem, why.message);
            status = FS_OK;
        }
    } else if (result->stopped) {
        result->samples = 0;
        fs_text_add(&result->problem, "the climb was stopped before it was recorded");
    } else if (result->problem.length == 0) {
        fs_text_add(&result->problem, "it is over before the recorder sees it");
    }
cleanup:
    unlink(r.file);
    unlink(r.folded);
    flame_tree_destroy(r.tree);
    return status;
}
