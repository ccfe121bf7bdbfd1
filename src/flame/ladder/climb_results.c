/* What lies in the report's directory: the results of an earlier climb, and other people's files. */
#include "climb_parts.h"

#include "file.h"
#include "report.h"
#include "words.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

fs_status flame_climb_make_directory(const char *path, fs_arena *arena, fs_error *error)
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

/* ---- an earlier climb ---- */

/* Long answers stand in files of their own. False: one is not there any more, so the rung has to give its
 * answer once more. */
static bool read_long_answers(flame_climb_state *c, flame_rung *rung)
{
    bool whole = true;
    for (size_t i = 0; i < rung->answer_count; i++) {
        flame_answer *answer = &rung->answers[i];
        if (answer->text || !flame_answer_given(answer)) continue;
        fs_error ignored;
        const char *name = flame_answer_file(rung->slug, i, &c->arena);
        const char *path = name ? flame_path_join(c->options->report, name, &c->arena) : NULL;
        if (path && fs_file_read(path, 64 << 20, &answer->text, &answer->length, &ignored) == FS_OK) continue;
        answer->text = NULL;
        whole = false;
    }
    return whole;
}

/* The two rungs change places, but for what the plan says of them. */
static void swap_results(flame_rung *rung, flame_rung *old)
{
    flame_rung fresh = *rung;
    *rung = *old;
    *old = fresh;
    rung->name = fresh.name;
    rung->slug = fresh.slug;
    rung->note = fresh.note;
    rung->job = fresh.job;
    rung->command = fresh.command;
    rung->own_answer = fresh.own_answer;
}

/* Whether what an earlier climb measured is still what this rung would give. */
static bool still_holds(const flame_climb_state *c, const flame_rung *old, const flame_rung *rung)
{
    bool measured = old->run_count > 0 && (old->state == FLAME_RUNG_DONE || old->state == FLAME_RUNG_WRONG);
    return measured && old->answer_count == c->plan->answer_count &&
           strcmp(old->command, rung->command) == 0 && strcmp(old->slug, rung->slug) == 0 &&
           flame_same_job(old, rung);
}

fs_status flame_climb_take_up(flame_climb_state *c, fs_error *error)
{
    const char *path = flame_report_results(c->options->report, &c->arena);
    if (!path) return fs_fail_memory(error, "naming a file", 0);
    if (access(path, F_OK) != 0) return FS_OK;
    flame_ladder old;
    fs_status status = flame_ladder_read(path, &old, error);
    if (status != FS_OK) return fs_error_context(error, status, "cannot take up the earlier climb");
    for (size_t i = 0; i < c->plan->rung_count && old.quick == c->plan->quick; i++) {
        flame_climb_rung *r = &c->rungs[i];
        flame_rung *earlier = flame_ladder_rung(&old, r->plan->name);
        if (!earlier || !still_holds(c, earlier, r->rung)) continue;
        if (r->chosen && !c->options->resume) continue;
        swap_results(r->rung, earlier);
        if (r->rung->finished && (r->rung->samples > 0 || !flame_climb_wants_profile(c, r)))
            r->chosen = false;
    }
    flame_ladder_fini(&old);
    /* A first rung whose answer is not there any more has to give it once more. */
    for (size_t i = 0; i < c->plan->rung_count; i++) {
        flame_rung *rung = c->rungs[i].rung;
        if (read_long_answers(c, rung) || flame_ladder_reference(c->ladder, rung) != rung) continue;
        flame_rung_clear(rung);
        c->rungs[i].chosen = true;
    }
    return FS_OK;
}

/* ---- other people's files ---- */

fs_status flame_climb_claim(flame_climb_state *c, fs_error *error)
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
            if (c->rungs[i].answer_path[k])
                inputs[count++] = (flame_report_input){c->rungs[i].answer_path[k], "a rung's answer"};
    }
    return flame_report_claim(c->ladder, plan, c->options->profile, c->options->report, inputs, count, error);
}
