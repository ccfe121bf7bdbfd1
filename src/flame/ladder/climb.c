#include "climb.h"

#include "clock.h"
#include "file.h"
#include "profile_rung.h"
#include "report.h"
#include "scratch.h"
#include "words.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ERRORS_MOST = 2000, RULES_MOST = FLAME_ANSWERS_MOST };

/* From here on a warm-up run changes nothing that matters, so it counts. */
static const double long_run = 20;

/* What the climb knows about a rung beside its results. */
typedef struct step {
    const flame_rung_plan *plan;
    flame_rung *rung;
    const char *const *words;            /* with the scratch directory filled in */
    const char *answer_path[RULES_MOST]; /* of the file answers, by rule */
    bool chosen;                         /* to be measured in this climb */
    int wanted;                          /* runs */
    double estimate;                     /* seconds for one run */
} step;

typedef struct climb {
    const flame_plan *plan;
    const flame_climb_options *options;
    flame_ladder *ladder;
    step *steps;
    flame_scratch scratch;
    fs_arena arena;
    bool estimated; /* every rung has its estimate, so the time left can be told */
    double began;
    double total, done; /* seconds, estimated from what went before */
    const char *doing;  /* for the progress line */
    double expected;    /* seconds of what runs now */
} climb;

void flame_climb_options_default(flame_climb_options *options)
{
    *options = (flame_climb_options){.size = sizeof *options, .report = "report", .profile = true};
}

int flame_climb_runs(double seconds)
{
    if (seconds >= long_run) return 3;
    if (seconds >= 0.4) return 5;
    return (int)fmin(20, fmax(5, 2 / fmax(seconds, 1e-3)));
}

/* ---- progress ---- */

static bool tick(void *context, double seconds)
{
    climb *c = context;
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

static void say_what(climb *c, const char *name, const char *what, char *room, size_t size)
{
    snprintf(room, size, "%s: %s", name, what);
    c->doing = room;
}

/* ---- one run ---- */

static void fail_rung(flame_rung *rung, const char *problem, const flame_command_result *result)
{
    rung->state = FLAME_RUNG_FAILED;
    fs_text_clear(&rung->problem);
    fs_text_add(&rung->problem, problem);
    fs_text_clear(&rung->errors);
    if (result) flame_capture_end(&result->errors, ERRORS_MOST, &rung->errors);
}

/* The seconds that count for this run. False: the rung failed, and says why. */
static bool find_time(climb *c, step *s, const flame_command_result *result, flame_run *run)
{
    const flame_plan *plan = c->plan;
    flame_rung *rung = s->rung;
    run->time = run->wall;
    rung->source = FLAME_TIME_WALL;
    if (strcmp(plan->time, "wall") == 0) return true;
    if (strcmp(plan->time, "cpu") == 0) {
        run->time = run->user + run->system;
        rung->source = FLAME_TIME_CPU;
        return true;
    }
    fs_error error;
    bool found;
    double seconds;
    char problem[300];
    if (flame_answer_number(plan->time, &result->output, &seconds, &found, &error) != FS_OK) {
        fail_rung(rung, error.message, result);
        return false;
    }
    if (!found && !plan->time_given) return true;
    if (!found) {
        snprintf(problem, sizeof problem, "prints no time: no JSON line of its output has \"%.60s\"",
                 plan->time);
        fail_rung(rung, problem, result);
        return false;
    }
    if (!(seconds >= 0) || seconds > run->wall * 1.05 + 0.01) {
        snprintf(problem, sizeof problem, "prints \"%.60s\": %g, but the process ran for %.3g s%s",
                 plan->time, seconds, run->wall, seconds > 0 ? "; the unit is seconds" : "");
        fail_rung(rung, problem, result);
        return false;
    }
    run->time = seconds;
    rung->source = FLAME_TIME_OWN;
    return true;
}

/* The first rung of the same job with an answer, itself included. */
static flame_rung *reference_of(climb *c, const step *s)
{
    for (size_t i = 0; i < c->ladder->rung_count; i++) {
        flame_rung *rung = &c->ladder->rungs[i];
        if (rung->state != FLAME_RUNG_FAILED && rung->answers &&
            strcmp(fs_text_string(&rung->job), fs_text_string(&s->rung->job)) == 0)
            return rung;
    }
    return NULL;
}

/* Compare the fresh answers with the job's first ones, or keep them as such. */
static void check_answers(climb *c, step *s, flame_answer *fresh)
{
    flame_rung *rung = s->rung;
    flame_rung *reference = reference_of(c, s);
    fs_text why;
    fs_text_init(&why);
    for (size_t i = 0; reference && i < c->plan->answer_count && rung->state != FLAME_RUNG_WRONG; i++) {
        fs_text_clear(&why);
        if (flame_answer_agree(&c->plan->answers[i], &reference->answers[i], &fresh[i], &why)) continue;
        rung->state = FLAME_RUNG_WRONG;
        fs_text_clear(&rung->problem);
        if (reference == rung)
            fs_text_format(&rung->problem, "its answer changes from run to run: %s", fs_text_string(&why));
        else
            fs_text_format(&rung->problem, "another answer than '%s': %s", fs_text_string(&reference->name),
                           fs_text_string(&why));
    }
    fs_text_fini(&why);
}

static fs_status take_answers(climb *c, step *s, const flame_command_result *result,
                              const flame_file_stamp *stamps, fs_error *error)
{
    size_t count = c->plan->answer_count;
    flame_rung *rung = s->rung;
    flame_answer *fresh = fs_alloc_0(count ? count : 1, sizeof *fresh);
    if (!fresh) return fs_fail_memory(error, "keeping an answer", 0);
    fs_error why;
    bool kept = false;
    for (size_t i = 0; i < count; i++) {
        fs_status status = flame_answer_take(&c->plan->answers[i], &result->output, s->answer_path[i],
                                             &stamps[i], &fresh[i], &why);
        if (status == FS_OK) continue;
        fail_rung(rung, why.message, result);
        goto cleanup;
    }
    check_answers(c, s, fresh);
    if (!rung->answers && count > 0) {
        rung->answers = fresh;
        rung->answer_count = count;
        kept = true;
    }
    if (rung->state == FLAME_RUNG_WAITING) rung->state = FLAME_RUNG_DONE;
cleanup:
    for (size_t i = 0; i < count && !kept; i++) flame_answer_fini(&fresh[i]);
    if (!kept) fs_free(fresh);
    return FS_OK;
}

/* Run the rung once; the run is kept when it took at least `least` seconds. *seconds: wall time. */
static fs_status run_once(climb *c, step *s, double least, double *seconds, fs_error *error)
{
    flame_rung *rung = s->rung;
    flame_file_stamp stamps[RULES_MOST];
    for (size_t i = 0; i < c->plan->answer_count; i++)
        if (s->answer_path[i]) flame_file_stamp_take(s->answer_path[i], &stamps[i]);
    flame_command_options options = {.words = s->words,
                                     .directory = s->plan->directory,
                                     .environment = &s->plan->environment,
                                     .time_limit = s->plan->time_limit,
                                     .tick = tick,
                                     .context = c};
    flame_command_result result;
    fs_error why;
    fs_status status = flame_command_run(&options, &result, &why);
    *seconds = result.wall;
    if (status == FS_MEMORY) {
        flame_command_fini(&result);
        return fs_fail(error, status, "%s", why.message);
    }
    if (status != FS_OK) {
        fail_rung(rung, why.message, NULL);
    } else if (result.ending == FLAME_RUN_STOPPED) {
        /* Not the rung's fault: nothing to note. */
    } else if (result.ending != FLAME_RUN_ENDED || result.exit_code != 0) {
        fs_text text;
        fs_text_init(&text);
        flame_command_describe(&result, s->plan->time_limit, &text);
        fail_rung(rung, fs_text_string(&text), &result);
        fs_text_fini(&text);
    } else {
        flame_run run = {.wall = result.wall,
                         .user = result.user,
                         .system = result.system,
                         .peak_memory = result.peak_memory};
        if (find_time(c, s, &result, &run)) status = take_answers(c, s, &result, stamps, error);
        if (status == FS_OK && run.wall >= least && rung->state != FLAME_RUNG_FAILED)
            status = flame_rung_add(rung, &run, error);
        flame_command_fini(&result);
        return status;
    }
    flame_command_fini(&result);
    return FS_OK;
}

static bool can_run(const climb *c, const step *s)
{
    return s->chosen && s->rung->state != FLAME_RUNG_FAILED && !c->ladder->interrupted;
}

/* ---- the results so far ---- */

static fs_status report_path(climb *c, const char *name, const char **path, fs_error *error)
{
    *path = flame_path_join(c->options->report, name, &c->arena);
    return *path ? FS_OK : fs_fail_memory(error, "naming a file", 0);
}

/* A climb goes on when its results cannot be saved now; the last writing tells. */
static void save(climb *c)
{
    fs_error ignored;
    const char *path;
    flame_ladder_reckon(c->ladder);
    if (report_path(c, "ladder.json", &path, &ignored) != FS_OK) return;
    fs_status status = flame_ladder_write(c->ladder, path, &ignored);
    (void)status;
}

/* ---- the climb ---- */

static fs_status warm_up(climb *c, fs_error *error)
{
    fs_status status = FS_OK;
    for (size_t i = 0; i < c->plan->rung_count && status == FS_OK; i++) {
        step *s = &c->steps[i];
        if (!can_run(c, s)) continue;
        char room[160];
        int warmups = s->plan->warmup;
        /* Without a warm-up the first measured run has to tell how long one takes. */
        for (int k = 0; k < (warmups ? warmups : 1) && status == FS_OK && can_run(c, s); k++) {
            say_what(c, s->plan->name, warmups ? "warming up" : "first run", room, sizeof room);
            double seconds = 0;
            int wanted = c->options->runs ? c->options->runs : s->plan->runs;
            status = run_once(c, s, warmups == 0 ? 0 : long_run, &seconds, error);
            s->estimate = seconds;
            s->wanted = wanted ? wanted : flame_climb_runs(seconds);
            if (seconds >= long_run) break;
        }
    }
    return status;
}

static fs_status go_round(climb *c, bool backward, bool *more, fs_error *error)
{
    size_t n = c->plan->rung_count;
    *more = false;
    for (size_t k = 0; k < n; k++) {
        step *s = &c->steps[backward ? n - 1 - k : k];
        if (!can_run(c, s) || (int)s->rung->run_count >= s->wanted) continue;
        char what[60], room[160];
        snprintf(what, sizeof what, "run %zu of %d", s->rung->run_count + 1, s->wanted);
        say_what(c, s->plan->name, what, room, sizeof room);
        c->expected = s->estimate;
        double seconds;
        fs_status status = run_once(c, s, 0, &seconds, error);
        if (status != FS_OK) return status;
        c->done += s->estimate;
        s->rung->finished = s->rung->state != FLAME_RUNG_FAILED && (int)s->rung->run_count >= s->wanted;
        *more = *more || (can_run(c, s) && !s->rung->finished);
    }
    return FS_OK;
}

static bool wants_profile(const climb *c, const step *s)
{
    return c->options->profile && s->plan->profile != FLAME_PROFILE_OFF;
}

/* A guess: short rungs are recorded several times. */
static double recording_seconds(const step *s)
{
    return fmax(s->estimate, 4);
}

static fs_status record(climb *c, fs_error *error)
{
    fs_status status = FS_OK;
    for (size_t i = 0; i < c->plan->rung_count && status == FS_OK; i++) {
        step *s = &c->steps[i];
        if (!can_run(c, s) || !wants_profile(c, s) || s->rung->state == FLAME_RUNG_WAITING) continue;
        fs_text name;
        fs_text_init(&name);
        fs_text_format(&name, "%s.folded", s->plan->slug);
        const char *folded;
        status = report_path(c, fs_text_string(&name), &folded, error);
        fs_text_fini(&name);
        if (status != FS_OK) break;
        char room[160];
        say_what(c, s->plan->name, "recording its flame graph", room, sizeof room);
        c->expected = recording_seconds(s);
        flame_profile_job job = {.rung = s->plan,
                                 .words = s->words,
                                 .seconds = s->estimate,
                                 .recorder = c->options->recorder,
                                 .scratch = c->scratch.path,
                                 .folded = folded,
                                 .tick = tick,
                                 .context = c};
        flame_profile_result result;
        status = flame_profile_rung(&job, &result, error);
        if (status == FS_OK) {
            s->rung->samples = result.samples;
            fs_text_clear(&s->rung->recorder);
            fs_text_clear(&s->rung->no_profile);
            if (result.samples > 0) fs_text_add(&s->rung->recorder, result.recorder);
            fs_text_add(&s->rung->no_profile, fs_text_string(&result.problem));
            c->done += recording_seconds(s);
        }
        fs_text_fini(&result.problem);
    }
    return status;
}

static fs_status measure(climb *c, fs_error *error)
{
    fs_status status = warm_up(c, error);
    if (status != FS_OK) return status;
    c->total = c->done = fs_clock_seconds() - c->began;
    for (size_t i = 0; i < c->plan->rung_count; i++) {
        step *s = &c->steps[i];
        if (!can_run(c, s)) continue;
        int left = s->wanted - (int)s->rung->run_count;
        if (left > 0) c->total += left * s->estimate;
        if (wants_profile(c, s)) c->total += recording_seconds(s);
    }
    c->estimated = true;
    bool more = true, backward = false;
    double saved = fs_clock_seconds();
    while (more && status == FS_OK && !c->ladder->interrupted) {
        status = go_round(c, backward, &more, error);
        backward = !backward;
        if (fs_clock_seconds() - saved > 1) {
            save(c);
            saved = fs_clock_seconds();
        }
    }
    save(c);
    if (status == FS_OK && c->options->profile) status = record(c, error);
    return status;
}

/* ---- before it begins ---- */

static fs_status make_directory(const char *path, fs_arena *arena, fs_error *error)
{
    char *part = fs_arena_strndup(arena, path, strlen(path));
    if (!part) return fs_fail_memory(error, "naming a directory", 0);
    for (char *c = part + 1;; c++) {
        if (*c != '/' && *c != '\0') continue;
        char kept = *c;
        *c = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return fs_fail(error, FS_IO, "cannot make the directory '%s': %s", part, strerror(errno));
        *c = kept;
        if (!kept) break;
    }
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return fs_fail(error, FS_IO, "'%s' is not a directory; name another with -o", path);
    if (access(path, W_OK | X_OK) != 0)
        return fs_fail(error, FS_PERMISSION, "cannot write into '%s': %s", path, strerror(errno));
    return FS_OK;
}

static fs_status prepare_step(climb *c, size_t index, fs_error *error)
{
    step *s = &c->steps[index];
    s->plan = &c->plan->rungs[index];
    s->rung = &c->ladder->rungs[index];
    s->chosen = c->options->only_count == 0;
    for (size_t i = 0; i < c->options->only_count; i++)
        s->chosen = s->chosen || strcmp(c->options->only[i], s->plan->name) == 0;
    /* A directory for each rung, so that two rungs may write files of one name. */
    const char *own = flame_path_join(c->scratch.path, s->plan->slug, &c->arena);
    if (!own) return fs_fail_memory(error, "naming a directory", 0);
    if (mkdir(own, 0777) != 0 && errno != EEXIST)
        return fs_fail(error, FS_IO, "cannot make the directory '%s': %s", own, strerror(errno));
    const char *names[] = {"scratch", "rung"}, *values[] = {own, s->plan->slug};
    size_t count = 0;
    while (s->plan->words[count]) count++;
    const char **words = fs_arena_alloc(&c->arena, count + 1, sizeof *words);
    if (!words) return fs_fail_memory(error, "preparing a command", 0);
    for (size_t i = 0; i < count; i++) {
        words[i] = flame_words_fill(s->plan->words[i], names, values, 1, &c->arena);
        if (!words[i]) return fs_fail_memory(error, "preparing a command", 0);
    }
    words[count] = NULL;
    s->words = words;
    for (size_t i = 0; i < c->plan->answer_count; i++) {
        const flame_answer_rule *rule = &c->plan->answers[i];
        if (rule->kind != FLAME_ANSWER_FILE) continue;
        const char *file = flame_words_fill(rule->text, names, values, 2, &c->arena);
        if (file) file = flame_path_join(s->plan->directory, file, &c->arena);
        if (!file) return fs_fail_memory(error, "preparing an answer", 0);
        s->answer_path[i] = file;
    }
    return FS_OK;
}

static void swap_texts(fs_text *a, fs_text *b)
{
    fs_text kept = *a;
    *a = *b;
    *b = kept;
}

/* Take over what an earlier climb knows about a rung, when it is still the same rung. */
static void adopt(step *s, flame_rung *old)
{
    flame_rung *rung = s->rung;
    flame_rung fresh = *rung;
    *rung = *old;
    *old = fresh;
    /* The words stay those of the plan. */
    swap_texts(&rung->name, &old->name);
    swap_texts(&rung->slug, &old->slug);
    swap_texts(&rung->note, &old->note);
    swap_texts(&rung->job, &old->job);
    swap_texts(&rung->command, &old->command);
}

static bool same_rung(const flame_rung *a, const flame_rung *b)
{
    return strcmp(fs_text_string(&a->command), fs_text_string(&b->command)) == 0 &&
           strcmp(fs_text_string(&a->slug), fs_text_string(&b->slug)) == 0 &&
           strcmp(fs_text_string(&a->job), fs_text_string(&b->job)) == 0;
}

/* Whether the answers of a rung can still be compared with: each text is there. */
static bool answers_whole(const flame_rung *rung)
{
    for (size_t i = 0; i < rung->answer_count; i++)
        if (!rung->answers[i].text) return false;
    return true;
}

static void answer_name(const flame_rung *rung, size_t rule, fs_text *name)
{
    fs_text_format(name, "answers/%s-%zu.txt", fs_text_string(&rung->slug), rule + 1);
}

/* Long answers of an earlier climb stand in files of their own. */
static void fetch_answers(climb *c, flame_rung *rung)
{
    for (size_t i = 0; i < rung->answer_count; i++) {
        if (rung->answers[i].text) continue;
        fs_text name;
        fs_text_init(&name);
        answer_name(rung, i, &name);
        fs_error ignored;
        const char *path;
        if (report_path(c, fs_text_string(&name), &path, &ignored) == FS_OK &&
            fs_file_read(path, 64 << 20, &rung->answers[i].text, &rung->answers[i].length, &ignored) != FS_OK)
            rung->answers[i].text = NULL;
        fs_text_fini(&name);
    }
}

/* Keep the long answers that later rungs are compared with. */
static fs_status store_answers(climb *c, fs_error *error)
{
    for (size_t r = 0; r < c->ladder->rung_count; r++) {
        const flame_rung *rung = &c->ladder->rungs[r];
        if (reference_of(c, &c->steps[r]) != rung) continue;
        for (size_t i = 0; i < rung->answer_count; i++) {
            const flame_answer *answer = &rung->answers[i];
            if (!answer->text || answer->length <= 400) continue;
            const char *folder, *path;
            fs_text name;
            fs_text_init(&name);
            answer_name(rung, i, &name);
            fs_output *output = NULL;
            fs_status status = report_path(c, "answers", &folder, error);
            if (status == FS_OK) status = make_directory(folder, &c->arena, error);
            if (status == FS_OK) status = report_path(c, fs_text_string(&name), &path, error);
            if (status == FS_OK) status = fs_output_open(path, &output, error);
            fs_text_fini(&name);
            if (status != FS_OK) return status;
            fs_output_write(output, answer->text, answer->length);
            status = fs_output_commit(output, error);
            if (status != FS_OK) return status;
        }
    }
    return FS_OK;
}

static fs_status take_up_earlier(climb *c, fs_error *error)
{
    const char *path;
    fs_status status = report_path(c, "ladder.json", &path, error);
    if (status != FS_OK || access(path, F_OK) != 0) return status;
    flame_ladder old;
    status = flame_ladder_read(path, &old, error);
    if (status != FS_OK) return fs_error_context(error, status, "cannot take up the earlier climb");
    for (size_t i = 0; i < c->plan->rung_count; i++) {
        step *s = &c->steps[i];
        flame_rung *rung = flame_ladder_rung(&old, s->plan->name);
        bool measured = rung && rung->run_count > 0 &&
                        (rung->state == FLAME_RUNG_DONE || rung->state == FLAME_RUNG_WRONG);
        if (!measured || old.quick != c->plan->quick || !same_rung(rung, s->rung)) continue;
        if (rung->answer_count != c->plan->answer_count) continue;
        if (s->chosen && !c->options->resume) continue;
        fetch_answers(c, rung);
        adopt(s, rung);
        if (s->rung->finished && (s->rung->samples > 0 || !wants_profile(c, s))) s->chosen = false;
    }
    flame_ladder_fini(&old);
    /* A first rung whose answer did not fit into the file has to give it once more. */
    for (size_t i = 0; i < c->plan->rung_count; i++) {
        flame_rung *reference = reference_of(c, &c->steps[i]);
        if (reference != c->steps[i].rung || answers_whole(reference)) continue;
        flame_rung_clear(reference);
        c->steps[i].chosen = true;
    }
    return FS_OK;
}

/* The files that this climb reads must outlive its report. */
static fs_status claim_report(climb *c, fs_error *error)
{
    const flame_plan *plan = c->plan;
    size_t most = 1, count = 0;
    for (size_t i = 0; i < plan->rung_count; i++) most += plan->rungs[i].source_count + plan->answer_count;
    flame_report_input *inputs = fs_arena_alloc(&c->arena, most, sizeof *inputs);
    if (!inputs) return fs_fail_memory(error, "preparing the climb", 0);
    inputs[count++] = (flame_report_input){plan->path, "the plan"};
    for (size_t i = 0; i < plan->rung_count; i++) {
        const flame_rung_plan *rung = &plan->rungs[i];
        for (size_t k = 0; k < rung->source_count; k++) {
            const char *path = flame_path_join(rung->directory, rung->sources[k], &c->arena);
            if (!path) return fs_fail_memory(error, "preparing the climb", 0);
            inputs[count++] = (flame_report_input){path, "a rung's source"};
        }
        for (size_t k = 0; k < plan->answer_count; k++)
            if (c->steps[i].answer_path[k])
                inputs[count++] = (flame_report_input){c->steps[i].answer_path[k], "a rung's answer"};
    }
    return flame_report_claim(c->ladder, plan, c->options->profile, c->options->report, inputs, count, error);
}

static fs_status check_only(const flame_plan *plan, const flame_climb_options *options, fs_error *error)
{
    for (size_t i = 0; i < options->only_count; i++) {
        if (flame_plan_rung(plan, options->only[i])) continue;
        const char *names[256];
        size_t count = 0;
        for (; count < plan->rung_count && count < 256; count++) names[count] = plan->rungs[count].name;
        const char *near = fs_nearest(options->only[i], names, count);
        return fs_fail(error, FS_ARGUMENT, "%s has no rung '%s'%s%s%s", plan->path, options->only[i],
                       near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    return FS_OK;
}

/* The plan's own preparations: data to make, programs to compile. */
static fs_status prepare(climb *c, fs_error *error)
{
    const flame_plan *plan = c->plan;
    for (size_t i = 0; i < plan->prepare_count && !c->ladder->interrupted; i++) {
        const char *const *words = plan->prepare[i];
        const char *shown = flame_words_join(words, &c->arena);
        if (!shown) return fs_fail_memory(error, "preparing", 0);
        flame_command_options options = {.words = words,
                                         .directory = plan->directory,
                                         .environment = &plan->rungs[0].environment,
                                         .time_limit = 3600,
                                         .tick = tick,
                                         .context = c};
        char room[160];
        say_what(c, "preparing", shown, room, sizeof room);
        flame_command_result result;
        fs_status status = flame_command_run(&options, &result, error);
        if (status == FS_OK && result.ending != FLAME_RUN_STOPPED &&
            (result.ending != FLAME_RUN_ENDED || result.exit_code != 0)) {
            fs_text how;
            fs_text_init(&how);
            flame_command_describe(&result, options.time_limit, &how);
            fs_text_add(&how, ":\n");
            flame_capture_end(&result.errors, 500, &how);
            status = fs_fail(error, FS_DATA, "%s", fs_text_string(&how));
            fs_text_fini(&how);
        }
        flame_command_fini(&result);
        if (status != FS_OK) return fs_error_context(error, status, "preparing with '%s'", shown);
    }
    return FS_OK;
}

static void note_start(flame_ladder *ladder)
{
    time_t now = time(NULL);
    struct tm local;
    char text[40];
    if (localtime_r(&now, &local) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &local))
        fs_text_add(&ladder->started, text);
}

fs_status flame_climb(const flame_plan *plan, const flame_climb_options *options, flame_ladder *ladder,
                      fs_error *error)
{
    climb c = {.plan = plan,
               .options = options,
               .ladder = ladder,
               .doing = "starting",
               .scratch = {.lock = -1},
               .began = fs_clock_seconds()};
    fs_arena_init(&c.arena);
    fs_status status = flame_ladder_init(ladder, plan, error);
    if (status == FS_OK) status = check_only(plan, options, error);
    if (status == FS_OK) status = make_directory(options->report, &c.arena, error);
    if (status == FS_OK) status = flame_scratch_make(&c.scratch, error);
    if (status != FS_OK) goto cleanup;
    c.steps = fs_alloc_0(plan->rung_count, sizeof *c.steps);
    if (!c.steps) {
        status = fs_fail_memory(error, "preparing the climb", 0);
        goto cleanup;
    }
    for (size_t i = 0; i < plan->rung_count && status == FS_OK; i++) status = prepare_step(&c, i, error);
    if (status == FS_OK && (options->resume || options->only_count)) status = take_up_earlier(&c, error);
    if (status == FS_OK) status = claim_report(&c, error);
    if (status != FS_OK) goto cleanup;
    note_start(ladder);
    status = prepare(&c, error);
    if (status == FS_OK) status = flame_machine_look(&ladder->machine, plan, error);
    if (status == FS_OK) status = measure(&c, error);
    for (size_t i = 0; i < ladder->rung_count; i++)
        if (ladder->rungs[i].state == FLAME_RUNG_DONE && ladder->rungs[i].run_count == 0)
            ladder->rungs[i].state = FLAME_RUNG_WAITING;
    flame_ladder_reckon(ladder);
    if (status == FS_OK) status = store_answers(&c, error);
cleanup:
    flame_scratch_remove(&c.scratch);
    fs_free(c.steps);
    fs_arena_fini(&c.arena);
    return status;
}
