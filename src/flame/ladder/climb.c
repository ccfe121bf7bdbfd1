#include "climb.h"

#include "climb_parts.h"
#include "clock.h"
#include "report.h"
#include "words.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* From here on a warm-up run changes nothing that matters, so it counts. */
static const double long_run = 20;

int flame_climb_runs(double seconds)
{
    if (seconds >= long_run) return 3;
    if (seconds >= 0.4) return 5;
    return (int)fmin(20, fmax(5, 2 / fmax(seconds, 1e-3)));
}

/* ---- progress ---- */

bool flame_climb_tick(void *context, double seconds)
{
    flame_climb_state *c = context;
    if (!c->options->progress) return true;
    double fraction = -1;
    char detail[200];
    if (c->estimated && c->total > 0) {
        fraction = fmin(1, (c->done + fmin(seconds, c->expected)) / c->total);
        snprintf(detail, sizeof detail, "%s", c->doing);
    } else {
        snprintf(detail, sizeof detail, "%s, %.0f s", c->doing, seconds);
    }
    bool go_on = c->options->progress(c->options->context, fraction, detail);
    if (!go_on) c->ladder->interrupted = true;
    return go_on;
}

static void set_progress(flame_climb_state *c, const char *name, const char *what, double expected)
{
    snprintf(c->doing, sizeof c->doing, "%s: %s", name, what);
    c->expected = expected;
}

static bool can_run(const flame_climb_state *c, const flame_climb_rung *r)
{
    return r->chosen && r->rung->state != FLAME_RUNG_FAILED && !c->ladder->interrupted;
}

/* ---- measuring ---- */

static fs_status warm_up(flame_climb_state *c, fs_error *error)
{
    fs_status status = FS_OK;
    for (size_t i = 0; i < c->plan->rung_count; i++) {
        flame_climb_rung *r = &c->rungs[i];
        int warmups = r->plan->warmup, wanted = c->options->runs ? c->options->runs : r->plan->runs;
        /* Without a warm-up the first measured run has to tell how long one takes. */
        for (int k = 0; k < (warmups ? warmups : 1) && status == FS_OK && can_run(c, r); k++) {
            set_progress(c, r->plan->name, warmups ? "warming up" : "first run", 0);
            status = flame_climb_run(c, r, warmups == 0 ? 0 : long_run, &r->estimate, error);
            r->wanted = wanted ? wanted : flame_climb_runs(r->estimate);
            if (r->estimate >= long_run) break;
        }
    }
    return status;
}

/* One run of each rung that wants more. *more: another round is needed. */
static fs_status go_round(flame_climb_state *c, bool backward, bool *more, fs_error *error)
{
    size_t n = c->plan->rung_count;
    *more = false;
    for (size_t k = 0; k < n; k++) {
        flame_climb_rung *r = &c->rungs[backward ? n - 1 - k : k];
        flame_rung *rung = r->rung;
        if (!can_run(c, r) || (int)rung->run_count >= r->wanted) continue;
        char what[60];
        snprintf(what, sizeof what, "run %zu of %d", rung->run_count + 1, r->wanted);
        set_progress(c, rung->name, what, r->estimate);
        double seconds;
        fs_status status = flame_climb_run(c, r, 0, &seconds, error);
        if (status != FS_OK) return status;
        c->done += r->estimate;
        rung->finished = rung->state != FLAME_RUNG_FAILED && (int)rung->run_count >= r->wanted;
        *more = *more || (can_run(c, r) && !rung->finished);
    }
    return FS_OK;
}

/* A climb goes on when its results cannot be saved now; the report tells. */
static void save(flame_climb_state *c)
{
    const char *path = flame_report_results(c->options->report, &c->arena);
    fs_error ignored;
    flame_ladder_reckon(c->ladder);
    fs_status status = path ? flame_ladder_write(c->ladder, path, &ignored) : FS_MEMORY;
    (void)status;
}

bool flame_climb_wants_profile(const flame_climb_state *c, const flame_climb_rung *r)
{
    return c->options->profile && r->plan->profile != FLAME_PROFILE_OFF;
}

/* A guess: short rungs are recorded several times. */
static double recording_seconds(const flame_climb_rung *r)
{
    return fmax(r->estimate, 4);
}

static void estimate_total(flame_climb_state *c)
{
    c->total = c->done = fs_clock_seconds() - c->began;
    for (size_t i = 0; i < c->plan->rung_count; i++) {
        const flame_climb_rung *r = &c->rungs[i];
        if (!can_run(c, r)) continue;
        c->total += fmax(0, r->wanted - (double)r->rung->run_count) * r->estimate;
        if (flame_climb_wants_profile(c, r)) c->total += recording_seconds(r);
    }
    c->estimated = true;
}

static fs_status measure(flame_climb_state *c, fs_error *error)
{
    fs_status status = warm_up(c, error);
    if (status != FS_OK) return status;
    estimate_total(c);
    bool more = true, backward = false;
    double saved = fs_clock_seconds();
    for (; more && status == FS_OK && !c->ladder->interrupted; backward = !backward) {
        status = go_round(c, backward, &more, error);
        if (fs_clock_seconds() - saved <= 1) continue;
        save(c);
        saved = fs_clock_seconds();
    }
    save(c);
    for (size_t i = 0; i < c->plan->rung_count && status == FS_OK; i++) {
        flame_climb_rung *r = &c->rungs[i];
        if (!can_run(c, r) || !flame_climb_wants_profile(c, r) || r->rung->state == FLAME_RUNG_WAITING)
            continue;
        set_progress(c, r->plan->name, "recording its flame graph", recording_seconds(r));
        status = flame_climb_record(c, r, error);
        c->done += recording_seconds(r);
    }
    return status;
}

/* ---- before it begins ---- */

/* A folder of its own, so that two rungs may write files of one name, filled into its words. */
static fs_status prepare_rung(flame_climb_state *c, size_t index, fs_error *error)
{
    flame_climb_rung *r = &c->rungs[index];
    r->plan = &c->plan->rungs[index];
    r->rung = &c->ladder->rungs[index];
    r->chosen = c->options->only_count == 0;
    for (size_t i = 0; i < c->options->only_count; i++)
        r->chosen = r->chosen || strcmp(c->options->only[i], r->plan->name) == 0;
    const char *own = flame_path_join(c->scratch.path, r->plan->slug, &c->arena);
    if (own && mkdir(own, 0777) != 0 && errno != EEXIST)
        return fs_fail(error, FS_IO, "cannot make the directory '%s': %s", own, strerror(errno));
    const char *names[] = {"scratch", "rung"}, *values[] = {own, r->plan->slug};
    size_t count = 0;
    while (r->plan->words[count]) count++;
    const char **words = fs_arena_alloc(&c->arena, count + 1, sizeof *words);
    bool whole = own && words;
    for (size_t i = 0; i < count && whole; i++)
        whole = (words[i] = flame_words_fill(r->plan->words[i], names, values, 1, &c->arena)) != NULL;
    for (size_t i = 0; i < c->plan->answer_count && whole; i++) {
        const flame_answer_rule *rule = &c->plan->answers[i];
        if (rule->kind != FLAME_ANSWER_FILE) continue;
        const char *file = flame_words_fill(rule->text, names, values, 2, &c->arena);
        if (file) file = flame_path_join(r->plan->directory, file, &c->arena);
        r->answer_path[i] = file;
        whole = file != NULL;
    }
    if (!whole) return fs_fail_memory(error, "preparing a rung", 0);
    words[count] = NULL;
    r->words = words;
    return FS_OK;
}

static fs_status check_only(const flame_climb_state *c, fs_error *error)
{
    for (size_t i = 0; i < c->options->only_count; i++) {
        const char *wanted = c->options->only[i], *names[256];
        if (flame_ladder_rung(c->ladder, wanted)) continue;
        size_t count = 0;
        for (; count < c->plan->rung_count && count < 256; count++) names[count] = c->plan->rungs[count].name;
        const char *near = fs_nearest(wanted, names, count);
        return fs_fail(error, FS_ARGUMENT, "%s has no rung '%s'%s%s%s", c->plan->path, wanted,
                       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    return FS_OK;
}

/* The plan's own preparations: data to make, programs to compile. */
static fs_status prepare(flame_climb_state *c, const char *const *words, fs_error *error)
{
    const char *shown = flame_words_join(words, &c->arena);
    if (!shown) return fs_fail_memory(error, "preparing", 0);
    flame_command_options options = {.words = words,
                                     .directory = c->plan->directory,
                                     .environment = &c->plan->rungs[0].environment,
                                     .time_limit = 3600,
                                     .tick = flame_climb_tick,
                                     .context = c};
    set_progress(c, "preparing", shown, 0);
    flame_command_result result;
    fs_text how;
    fs_text_init(&how);
    fs_status status = flame_command_run(&options, &result, error);
    if (status == FS_OK && result.ending != FLAME_RUN_STOPPED &&
        !flame_command_succeeded(&result, &options, ":\n", 500, &how))
        status = fs_fail(error, FS_DATA, "%s", fs_text_string(&how));
    fs_text_fini(&how);
    flame_command_fini(&result);
    return status == FS_OK ? status : fs_error_context(error, status, "preparing with '%s'", shown);
}

static fs_status note_start(flame_ladder *ladder, fs_error *error)
{
    time_t now = time(NULL);
    struct tm local;
    char text[40] = "";
    if (localtime_r(&now, &local)) strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &local);
    ladder->started = fs_arena_strndup(&ladder->arena, text, strlen(text));
    return ladder->started ? FS_OK : fs_fail_memory(error, "noting the time", 0);
}

/* All that can go wrong before anything has run. */
static fs_status set_up(flame_climb_state *c, fs_error *error)
{
    const flame_climb_options *options = c->options;
    fs_status status = flame_ladder_init(c->ladder, c->plan, error);
    if (status == FS_OK) status = check_only(c, error);
    if (status == FS_OK) status = flame_climb_make_directory(options->report, &c->arena, error);
    if (status == FS_OK) status = flame_scratch_make(&c->scratch, &c->arena, error);
    if (status != FS_OK) return status;
    c->rungs = fs_alloc_0(c->plan->rung_count, sizeof *c->rungs);
    if (!c->rungs) return fs_fail_memory(error, "preparing the climb", 0);
    for (size_t i = 0; i < c->plan->rung_count && status == FS_OK; i++) status = prepare_rung(c, i, error);
    if (status == FS_OK && (options->resume || options->only_count)) status = flame_climb_take_up(c, error);
    if (status == FS_OK) status = flame_climb_claim(c, error);
    return status == FS_OK ? note_start(c->ladder, error) : status;
}

fs_status flame_climb(const flame_plan *plan, const flame_climb_options *options, flame_ladder *ladder,
                      fs_error *error)
{
    flame_climb_state c = {.plan = plan,
                           .options = options,
                           .ladder = ladder,
                           .doing = "starting",
                           .scratch = {.lock = -1},
                           .began = fs_clock_seconds()};
    fs_arena_init(&c.arena);
    fs_status status = set_up(&c, error);
    if (status != FS_OK) goto cleanup;
    for (size_t i = 0; i < plan->prepare_count && status == FS_OK && !ladder->interrupted; i++)
        status = prepare(&c, plan->prepare[i], error);
    if (status == FS_OK) status = flame_machine_read(&ladder->machine, plan, &ladder->arena, error);
    if (status == FS_OK) status = measure(&c, error);
    for (size_t i = 0; i < ladder->rung_count; i++)
        if (ladder->rungs[i].state == FLAME_RUNG_DONE && ladder->rungs[i].run_count == 0)
            ladder->rungs[i].state = FLAME_RUNG_WAITING;
    flame_ladder_reckon(ladder);
cleanup:
    flame_scratch_remove(&c.scratch);
    fs_free(c.rungs);
    fs_arena_fini(&c.arena);
    return status;
}
