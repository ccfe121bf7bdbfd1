#include "ladder.h"

#include "words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

fs_status flame_ladder_init(flame_ladder *ladder, const flame_plan *plan, fs_error *error)
{
    *ladder = (flame_ladder){.title = plan->title,
                             .note = plan->note ? plan->note : "",
                             .started = "",
                             .files = "",
                             .machine = {.cpu = "", .kernel = "", .system = ""},
                             .quick = plan->quick,
                             .compares = plan->rungs[0].answer_count > 0};
    fs_arena_init(&ladder->arena);
    ladder->rungs = fs_arena_alloc(&ladder->arena, plan->rung_count, sizeof *ladder->rungs);
    if (!ladder->rungs) return fs_fail_memory(error, "making room for the results", 0);
    for (size_t i = 0; i < plan->rung_count; i++) {
        const flame_rung_plan *from = &plan->rungs[i];
        ladder->rungs[ladder->rung_count++] = (flame_rung){.name = from->name,
                                                           .slug = from->slug,
                                                           .note = from->note ? from->note : "",
                                                           .job = from->job,
                                                           .command = from->command,
                                                           .own_answer = from->own_answer};
    }
    return FS_OK;
}

void flame_rung_clear(flame_rung *rung)
{
    fs_free(rung->runs);
    rung->runs = NULL;
    rung->run_count = rung->run_capacity = 0;
    for (size_t i = 0; i < rung->answer_count; i++) flame_answer_fini(&rung->answers[i]);
    fs_free(rung->answers);
    rung->answers = NULL;
    rung->answer_count = 0;
    fs_text_clear(&rung->problem);
    fs_text_clear(&rung->errors);
    fs_text_clear(&rung->better);
    fs_text_clear(&rung->recorder);
    fs_text_clear(&rung->no_profile);
    rung->state = FLAME_RUNG_WAITING;
    rung->finished = false;
    rung->samples = 0;
    rung->figures = (flame_figures){0};
}

void flame_ladder_fini(flame_ladder *ladder)
{
    for (size_t i = 0; i < ladder->rung_count; i++) {
        flame_rung *rung = &ladder->rungs[i];
        flame_rung_clear(rung);
        fs_text *texts[] = {&rung->problem, &rung->errors, &rung->better, &rung->recorder, &rung->no_profile};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) fs_text_fini(texts[k]);
    }
    fs_arena_fini(&ladder->arena);
    *ladder = (flame_ladder){0};
}

bool flame_same_job(const flame_rung *a, const flame_rung *b)
{
    return a->job == b->job || strcmp(a->job, b->job) == 0;
}

flame_rung *flame_ladder_rung(const flame_ladder *ladder, const char *name)
{
    for (size_t i = 0; i < ladder->rung_count; i++)
        if (strcmp(ladder->rungs[i].name, name) == 0) return &ladder->rungs[i];
    return NULL;
}

fs_status flame_rung_add(flame_rung *rung, const flame_run *run, fs_error *error)
{
    if (!FS_GROW(rung->runs, rung->run_capacity, rung->run_count + 1))
        return fs_fail_memory(error, "keeping a run", 0);
    rung->runs[rung->run_count++] = *run;
    return FS_OK;
}

/* ---- figures ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The quantile of sorted values, linear between neighbours (type 7 of R. J. Hyndman and Y. Fan, "Sample
 * quantiles in statistical packages", Am. Stat. 50(4), 1996). */
static double quantile(const double *sorted, size_t n, double share)
{
    double place = share * (double)(n - 1);
    size_t below = (size_t)place;
    if (below + 1 >= n) return sorted[n - 1];
    double part = place - (double)below;
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

static void reckon_rung(flame_rung *rung)
{
    flame_figures *f = &rung->figures;
    size_t n = rung->run_count;
    *f = (flame_figures){0};
    if (n == 0) return;
    double few[64];
    double *values = n <= 64 ? few : fs_alloc(n, sizeof *values);
    if (!values) { /* a thousand runs at most: the last is then as good as any */
        f->time = rung->runs[n - 1].time;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        values[i] = rung->runs[i].user + rung->runs[i].system;
        if (rung->runs[i].peak_memory > f->peak_memory) f->peak_memory = rung->runs[i].peak_memory;
    }
    qsort(values, n, sizeof *values, by_value);
    f->cpu = quantile(values, n, 0.5);
    for (size_t i = 0; i < n; i++) values[i] = rung->runs[i].time;
    qsort(values, n, sizeof *values, by_value);
    f->time = quantile(values, n, 0.5);
    f->low = quantile(values, n, 0.25);
    f->high = quantile(values, n, 0.75);
    f->spread = (f->high - f->low) / 2;
    f->least = values[0];
    f->most = values[n - 1];
    if (values != few) fs_free(values);
}

size_t flame_ladder_first(const flame_ladder *ladder, size_t index)
{
    for (size_t i = 0; i < ladder->rung_count; i++) {
        const flame_rung *rung = &ladder->rungs[i];
        if (flame_same_job(rung, &ladder->rungs[index]) && rung->state == FLAME_RUNG_DONE &&
            rung->run_count > 0)
            return i;
    }
    return SIZE_MAX;
}

flame_rung *flame_ladder_reference(const flame_ladder *ladder, const flame_rung *rung)
{
    for (size_t i = 0; i < ladder->rung_count; i++) {
        flame_rung *other = &ladder->rungs[i];
        if (other->own_answer && other != rung) continue;
        if (other->state != FLAME_RUNG_FAILED && other->answers && flame_same_job(other, rung)) return other;
    }
    return NULL;
}

char *flame_answer_file(const char *slug, size_t rule, fs_arena *arena)
{
    return flame_arena_format(arena, "answers/%s-%zu.txt", slug, rule + 1);
}

void flame_ladder_reckon(flame_ladder *ladder)
{
    for (size_t i = 0; i < ladder->rung_count; i++) reckon_rung(&ladder->rungs[i]);
    for (size_t i = 0; i < ladder->rung_count; i++) {
        flame_rung *rung = &ladder->rungs[i];
        size_t first = flame_ladder_first(ladder, i);
        if (rung->state != FLAME_RUNG_DONE || first == SIZE_MAX || !(rung->figures.time > 0)) continue;
        rung->figures.over_first = ladder->rungs[first].figures.time / rung->figures.time;
        for (size_t k = i; k-- > 0;) {
            const flame_rung *before = &ladder->rungs[k];
            if (!flame_same_job(rung, before) || before->state != FLAME_RUNG_DONE) continue;
            rung->figures.over_previous = before->figures.time / rung->figures.time;
            break;
        }
    }
}

/* ---- comparing ---- */

/* Clocks do not tell the same nanoseconds twice. */
static bool same_measurement(const flame_run *a, const flame_run *b)
{
    return a->time == b->time && a->wall == b->wall && a->user == b->user && a->system == b->system;
}

flame_verdict flame_rung_compare(const flame_rung *before, const flame_rung *now, double margin,
                                 double *change)
{
    *change = 0;
    if (before->state != FLAME_RUNG_DONE || before->run_count == 0) return FLAME_NEW;
    if (now->state == FLAME_RUNG_WRONG || now->state == FLAME_RUNG_FAILED) return FLAME_BROKEN;
    if (now->state != FLAME_RUNG_DONE || now->run_count == 0) return FLAME_MISSING;
    if (same_measurement(&before->runs[0], &now->runs[0])) return FLAME_KEPT;
    const flame_figures *a = &before->figures, *b = &now->figures;
    *change = b->time / a->time;
    if (b->low > a->high && b->time > a->time * (1 + margin)) return FLAME_SLOWER;
    if (b->high < a->low && b->time < a->time * (1 - margin)) return FLAME_FASTER;
    return FLAME_SAME;
}
