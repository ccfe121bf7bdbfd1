#include "search.h"

#include "path_start.h"

#include <math.h>
#include <string.h>

/* A few passes leave a map whose errors are those of single points; the order of the pairs stays the same in
 * all of them, which descends less far than a new one would but leaves a map that polishes better. */
static void descend(mds_search *s, unsigned number, unsigned trial)
{
    mds_job *job = s->job;
    double most = s->plan.most, share = 0.5 / s->plan.trials;
    bool silent = !job->fit->progress && !job->fit->trace;
    mds_sgd_settings settings = {.passes = s->plan.passes,
                                 .first_step = s->plan.first_step,
                                 .last_step = s->plan.last_step,
                                 .fraction_from = (number + trial * share) / most,
                                 .fraction_to = (number + (trial + 1) * share) / most,
                                 .silent = silent};
    mds_search_start(s, number + trial);
    if (!mds_sgd_descend(&s->sgd, &settings, &job->random, s->trial)) s->stopped = true;
    if (silent) job->done += s->plan.passes;
}

/* A map in which groups lie in the wrong order, or that is folded, stays so: whether it is shows after a few
 * iterations, so the best of some maps goes on. */
static double begin(mds_search *s, unsigned number)
{
    if (s->plan.passes == 0 || (number == 0 && s->job->start == MDS_START_GIVEN)) {
        mds_search_start(s, number);
        return HUGE_VAL;
    }
    double best = HUGE_VAL;
    uint64_t begun = s->job->done;
    /* The long steps of a descent would fold again what the start has unfolded. */
    const bool unfolded = number == 0 && s->job->start == MDS_START_CLASSICAL &&
                          mds_path_start_is_for(s->job->problem->n, s->job->statistics->pairs);
    for (unsigned t = 0; t < s->plan.trials && !s->stopped && !s->limited; t++) {
        if (t == 0 && unfolded)
            mds_search_start(s, 0);
        else
            descend(s, number, t);
        s->job->done_before = begun; /* all are one start */
        if (s->plan.trials == 1) return best;
        double loss = mds_search_polish(s, s->trial, s->plan.coarse, s->plan.trial_iterations);
        if (t > 0 && !(loss < best)) continue;
        best = loss;
        memcpy(s->rough, s->trial, mds_search_bytes(s));
    }
    memcpy(s->trial, s->rough, mds_search_bytes(s));
    return best;
}

/* It takes as long as some iterations. */
static double pass_of_relocation(mds_search *s, double *x, double loss)
{
    size_t moves;
    double gain = 0;
    const mds_piece pieces[] = {{x, mds_search_bytes(s)}, MDS_PIECE(gain)};
    mds_stage stage = MDS_STAGE("relocation", pieces);
    if (mds_stage_begin(s->job, &stage) == MDS_STAGE_OVER) return gain;
    mds_job_follow(s->job, x);
    mds_relocation *r = &s->relocation;
    double unit = (double)r->unit * (double)r->unit;
    s->lbfgs.gradient.single = s->lbfgs.gradient.rough = s->plan.single; /* as in the polish before */
    bool known = mds_gradient_row_losses(&s->lbfgs.gradient, x, unit, r->present);
    gain = mds_relocation_pass(r, &s->plan.relocation, loss, known, x, &moves);
    mds_stage_end(s->job, &stage);
    return gain;
}

/* Carry points of x to where they belong, and polish; false: none was. */
static bool relocate(mds_search *s, double *x, double *loss)
{
    if (s->stopped || pass_of_relocation(s, x, *loss) == 0) return false;
    *loss = mds_search_polish(s, x, s->plan.coarse, s->plan.iterations);
    return true;
}

static void search_starts(mds_search *s)
{
    mds_search_stage loop;
    mds_search_begin(s, &loop);
    for (; loop.number < s->plan.most && !s->stopped; mds_search_pass(s, &loop)) {
        unsigned i = loop.number;
        uint64_t begun = s->job->done;
        double loss = begin(s, i);
        if (!s->stopped || !(loss < HUGE_VAL))
            loss = mds_search_polish(s, s->trial, s->plan.coarse, s->plan.iterations);
        if (s->plan.relocations) relocate(s, s->trial, &loss);
        mds_search_keep(s, loss, i);
        mds_search_ended(s, i, loss, begun);
    }
}

static void repair(mds_search *s, mds_found *best)
{
    for (unsigned r = 1; r < s->plan.relocations; r++)
        if (!relocate(s, best->x, &best->loss)) return;
}

/* The best map of the dissimilarities as they are is where the search for disparities begins, or the start
 * that was given: first of few steps, then, near the end, in all their detail. */
static void change_level(mds_search *s, mds_found *best)
{
    s->job->transform->held = false;
    if (!s->stopped) best->loss = mds_search_polish(s, best->x, s->plan.coarse, s->plan.iterations);
    if (!s->stopped) repair(s, best);
    if (!s->stopped) best->loss = mds_search_polish(s, best->x, s->plan.fine, s->plan.iterations);
    s->job->transform->coarse = false;
}

void mds_search_large(mds_search *s)
{
    mds_transform *transform = s->job->transform;
    mds_found *best = &s->found[0];
    if (transform) {
        mds_transform_reset(transform);
        transform->coarse = true;
        transform->held = s->job->start != MDS_START_GIVEN;
    }
    search_starts(s);
    if (!s->stopped) repair(s, best);
    if (transform) change_level(s, best);
    if (!s->stopped) best->loss = mds_search_polish(s, best->x, s->plan.fine, s->plan.iterations);
}
