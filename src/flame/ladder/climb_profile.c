/* The flame graph of a rung, by flame record. */
#include "climb_parts.h"

#include "clock.h"
#include "stack_reader.h"
#include "stack_writer.h"
#include "words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Enough samples that a tenth of the time is known to about a percent; and an end to trying. */
enum { SAMPLES_WANTED = 1000, REPEATS_MOST = 60, EMPTY_MOST = 4 };
static const double seconds_most = 10;

/* ---- recording ---- */

typedef struct recording {
    flame_climb_state *climb;
    const flame_climb_rung *of;
    flame_tree *tree;
    double samples;
    double started;
    const char *rate;
    const char *folded; /* in the scratch directory */
} recording;

static bool tick(void *context, double seconds)
{
    const recording *r = context;
    (void)seconds;
    return flame_climb_tick(r->climb, fs_clock_seconds() - r->started);
}

/* There is no flame graph, for this reason. False, so that a caller may return it. */
static bool fail(const recording *r, const char *why)
{
    fs_text_clear(&r->of->rung->no_profile);
    fs_text_add(&r->of->rung->no_profile, why);
    return false;
}

/* Run `before` words and then the rung's own; true when it went well. */
static bool run_under(recording *r, const char *const *before)
{
    const char *words[512];
    size_t n = 0;
    for (size_t i = 0; before[i] && n < 32; i++) words[n++] = before[i];
    for (size_t i = 0; r->of->words[i] && n < 511; i++) words[n++] = r->of->words[i];
    words[n] = NULL;
    flame_command_options options = flame_climb_command(r->of, words);
    options.time_limit = 2 * options.time_limit + 60;
    options.tick = tick;
    options.context = r;
    flame_command_result run;
    fs_error error;
    fs_text how;
    fs_text_init(&how);
    fs_text_add(&how, "flame record ");
    fs_status status = flame_command_run(&options, &run, &error);
    bool ok = status == FS_OK && flame_command_succeeded(&run, &options, ": ", 300, &how);
    if (!ok) fail(r, status == FS_OK ? fs_text_string(&how) : error.message);
    fs_text_fini(&how);
    flame_command_fini(&run);
    return ok;
}

/* Add the stacks of a file to the tree. */
static bool add_stacks(recording *r, const char *path)
{
    flame_read_options options;
    flame_read_options_default(&options);
    options.format = FLAME_FOLDED;
    options.pairs = FLAME_PAIRS_NO;
    flame_report report;
    fs_error error;
    fs_status status = flame_stacks_read(path, &options, r->tree, &report, &error);
    if (status == FS_OK) {
        r->samples += report.total_after;
        return true;
    }
    /* No stack in it: a run too short for a sample is no failure. */
    return status == FS_DATA || fail(r, error.message);
}

static bool sample_once(recording *r)
{
    const char *flame = r->climb->options->recorder;
    const char *const before[] = {flame,   "record",        "-q", "--subprocesses", "--no-threads", "-r",
                                  r->rate, "--allow-empty", "-o", r->folded,        "--",           NULL};
    unlink(r->folded);
    return run_under(r, before) && add_stacks(r, r->folded);
}

/* Again and again while it is short. False: no samples, and why is noted. */
static bool take_samples(recording *r)
{
    if (!r->climb->options->recorder) return fail(r, "there is no flame to record with");
    for (int i = 0; i < REPEATS_MOST; i++) {
        if (!sample_once(r)) break;
        if (r->samples == 0 && i + 1 >= EMPTY_MOST) break;
        if (r->samples >= SAMPLES_WANTED || fs_clock_seconds() - r->started >= seconds_most) break;
    }
    if (r->climb->ladder->interrupted) return fail(r, "the climb was stopped before it was recorded");
    if (r->samples == 0 && r->of->rung->no_profile.length == 0)
        return fail(r, "it is over before the recorder sees it");
    return r->samples > 0;
}

static fs_status write_folded(const recording *r, fs_error *error)
{
    flame_climb_state *c = r->climb;
    const char *name = flame_arena_format(&c->arena, "%s.folded", r->of->plan->slug);
    const char *path = name ? flame_path_join(c->options->report, name, &c->arena) : NULL;
    if (!path) return fs_fail_memory(error, "naming a file", 0);
    flame_tree_finish(r->tree);
    fs_output *output;
    fs_status status = fs_output_open(path, &output, error);
    if (status != FS_OK) return status;
    status = flame_write_folded(r->tree, output, error);
    if (status == FS_OK) return fs_output_commit(output, error);
    fs_output_discard(output);
    return status;
}

fs_status flame_climb_record(flame_climb_state *c, flame_climb_rung *of, fs_error *error)
{
    recording r = {.climb = c, .of = of, .started = fs_clock_seconds()};
    flame_rung *rung = of->rung;
    /* A short program is sampled faster, so that a few dozen runs suffice. */
    double rate = fmin(10000, fmax(1000, SAMPLES_WANTED / fmax(of->estimate * 20, 1e-4)));
    r.rate = flame_arena_format(&c->arena, "%.0f", rate);
    r.folded = flame_path_join(c->scratch.path, "record.folded", &c->arena);
    if (!r.rate || !r.folded) return fs_fail_memory(error, "recording a flame graph", 0);
    fs_status status = flame_tree_create(&r.tree, error);
    if (status != FS_OK) return status;
    rung->samples = 0;
    fs_text_clear(&rung->recorder);
    fs_text_clear(&rung->no_profile);
    fs_error why;
    if (take_samples(&r)) {
        status = write_folded(&r, &why);
        if (status == FS_OK) {
            rung->samples = r.samples;
            fs_text_clear(&rung->no_profile);
            fs_text_add(&rung->recorder, "flame record");
        } else if (status == FS_MEMORY) {
            status = fs_fail(error, status, "%s", why.message);
        } else {
            fail(&r, why.message);
            status = FS_OK;
        }
    }
    unlink(r.folded);
    flame_tree_destroy(r.tree);
    return status;
}
