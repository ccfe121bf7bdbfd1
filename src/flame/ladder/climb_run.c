/* One run of a rung: its time, its answer, and what it did wrong. */
#include "climb_parts.h"

#include <string.h>

enum { ERRORS_MOST = 2000 };

/* The rung is left out from now on. False, so that a caller may return it. */
static bool fail_rung(flame_rung *rung, const flame_command_result *result, const char *format, ...)
    FS_PRINTF(3, 4);

static bool fail_rung(flame_rung *rung, const flame_command_result *result, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    rung->state = FLAME_RUNG_FAILED;
    fs_text_clear(&rung->better);
    fs_text_clear(&rung->problem);
    fs_text_format_v(&rung->problem, format, args);
    fs_text_clear(&rung->errors);
    if (result) flame_capture_end(&result->errors, ERRORS_MOST, &rung->errors);
    va_end(args);
    return false;
}

/* The seconds that count for this run. False: the rung failed, and says why. */
static bool find_time(const flame_plan *plan, flame_rung *rung, const flame_command_result *result,
                      flame_run *run)
{
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
    if (flame_answer_number(plan->time, &result->output, &seconds, &found, &error) != FS_OK)
        return fail_rung(rung, result, "%s", error.message);
    if (!found && !plan->time_given) return true;
    if (!found)
        return fail_rung(rung, result, "prints no time: no JSON line of its output has \"%.60s\"",
                         plan->time);
    if (!(seconds >= 0) || seconds > run->wall * 1.05 + 0.01)
        return fail_rung(rung, result, "prints \"%.60s\": %g, but the process ran for %.3g s%s", plan->time,
                         seconds, run->wall, seconds > 0 ? "; the unit is seconds" : "");
    run->time = seconds;
    rung->source = FLAME_TIME_OWN;
    return true;
}

/* Compare the fresh answers with the job's first ones, if there are any yet. */
static void check_answers(const flame_climb_state *c, flame_climb_rung *r, const flame_answer *fresh)
{
    flame_rung *rung = r->rung;
    const flame_rung *reference = flame_ladder_reference(c->ladder, rung);
    const size_t first = r->plan->answer_first, end = first + r->plan->answer_count;
    fs_text why;
    fs_text_init(&why);
    for (size_t i = first; reference && i < end && rung->state != FLAME_RUNG_WRONG; i++) {
        fs_text_clear(&why);
        flame_agreement agreement = FLAME_ANSWER_WRONG;
        if (flame_answer_given(&reference->answers[i]))
            agreement = flame_answer_agree(&c->plan->answers[i], &reference->answers[i], &fresh[i], &why);
        else
            fs_text_format(&why, "that one gives none to compare '%s' with", fresh[i].summary);
        if (agreement == FLAME_ANSWER_BETTER && !rung->answers)
            fs_text_format(&rung->better, "%s%s", rung->better.length ? "; " : "", fs_text_string(&why));
        if (agreement != FLAME_ANSWER_WRONG) continue;
        rung->state = FLAME_RUNG_WRONG;
        fs_text_clear(&rung->better);
        fs_text_clear(&rung->problem);
        if (reference == rung)
            fs_text_add(&rung->problem, "its answer changes from run to run: ");
        else
            fs_text_format(&rung->problem, "another answer than '%s': ", reference->name);
        fs_text_add(&rung->problem, fs_text_string(&why));
    }
    fs_text_fini(&why);
}

static fs_status take_answers(const flame_climb_state *c, flame_climb_rung *r,
                              const flame_command_result *result, const flame_file_stamp *stamps,
                              fs_error *error)
{
    size_t count = c->plan->answer_count;
    flame_rung *rung = r->rung;
    flame_answer *fresh = fs_alloc_0(count, sizeof *fresh);
    if (!fresh) return fs_fail_memory(error, "keeping an answer", 0);
    fs_error why;
    bool whole = true;
    for (size_t i = 0; i < count && whole; i++) {
        fs_status status = flame_answer_take(&c->plan->answers[i], &result->output, r->answer_path[i],
                                             &stamps[i], &fresh[i], &why);
        /* By a rule of another rung's, there may be none. */
        bool needed = i - r->plan->answer_first < r->plan->answer_count;
        if (status != FS_OK && (needed || status == FS_MEMORY))
            whole = fail_rung(rung, result, "%s", why.message);
    }
    if (whole) check_answers(c, r, fresh);
    if (whole && rung->state == FLAME_RUNG_WAITING) rung->state = FLAME_RUNG_DONE;
    if (whole && !rung->answers && count > 0) {
        rung->answers = fresh;
        rung->answer_count = count;
        return FS_OK;
    }
    for (size_t i = 0; i < count; i++) flame_answer_fini(&fresh[i]);
    fs_free(fresh);
    return FS_OK;
}

static fs_status keep_run(const flame_climb_state *c, flame_climb_rung *r, const flame_command_result *result,
                          const flame_file_stamp *stamps, double least, fs_error *error)
{
    flame_run run = {.wall = result->wall,
                     .user = result->user,
                     .system = result->system,
                     .peak_memory = result->peak_memory};
    if (!find_time(c->plan, r->rung, result, &run)) return FS_OK;
    fs_status status = take_answers(c, r, result, stamps, error);
    if (status != FS_OK || run.wall < least || r->rung->state == FLAME_RUNG_FAILED) return status;
    return flame_rung_add(r->rung, &run, error);
}

flame_command_options flame_climb_command(const flame_climb_rung *r, const char *const *words)
{
    return (flame_command_options){.words = words,
                                   .directory = r->plan->directory,
                                   .environment = &r->plan->environment,
                                   .time_limit = r->plan->time_limit};
}

fs_status flame_climb_run(flame_climb_state *c, flame_climb_rung *r, double least, double *seconds,
                          fs_error *error)
{
    flame_file_stamp stamps[FLAME_ANSWERS_MOST];
    for (size_t i = 0; i < c->plan->answer_count; i++)
        if (r->answer_path[i]) flame_file_stamp_take(r->answer_path[i], &stamps[i]);
    flame_command_options options = flame_climb_command(r, r->words);
    options.tick = flame_climb_tick;
    options.context = c;
    flame_command_result result;
    fs_error why;
    fs_text how;
    fs_text_init(&how);
    fs_status status = flame_command_run(&options, &result, &why);
    *seconds = result.wall;
    if (status == FS_MEMORY) {
        status = fs_fail(error, status, "%s", why.message);
    } else if (status != FS_OK) {
        fail_rung(r->rung, NULL, "%s", why.message);
        status = FS_OK;
    } else if (result.ending == FLAME_RUN_STOPPED) {
        /* Not the rung's fault: nothing to note. */
    } else if (!flame_command_succeeded(&result, &options, "", 0, &how)) {
        fail_rung(r->rung, &result, "%s", fs_text_string(&how));
    } else {
        status = keep_run(c, r, &result, stamps, least, error);
    }
    fs_text_fini(&how);
    flame_command_fini(&result);
    return status;
}
