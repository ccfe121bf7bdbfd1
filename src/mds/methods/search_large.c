#include "search.h"

#include <string.h>

/* A few passes leave a map whose errors are those of single points; the order of the pairs stays the same in
 * all of them, which descends less far than a new one would but leaves a map that polishes better. */
static void descend(mds_search *s, unsigned number)
{
    mds_job *job = s->job;
    bool given = number == 0 && job->start == MDS_START_GIVEN;
    bool silent = !job->fit->progress && !job->fit->trace;
    mds_search_start(s, number);
    if (given || s->plan.passes == 0) return;
    mds_sgd_settings settings = {.passes = s->plan.passes,
                                 .first_step = s->plan.first_step,
                                 .last_step = s->plan.last_step,
                                 .fraction_from = (double)number / s->plan.most,
                                 .fraction_to = (number + 0.5) / s->plan.most,
                                 .silent = silent};
    if (!mds_sgd_descend(&s->sgd, &settings, &job->random, s->trial)) s->stopped = true;
    if (silent) job->done += s->plan.passes;
}

/* Carry points of x to where they belong, and polish; false: none was. */
static bool relocate(mds_search *s, double *x, double tolerance, double *loss)
{
    size_t moves;
    if (s->stopped || mds_relocation_pass(&s->relocation, &s->plan.relocation, *loss, x, &moves) == 0) return false;
    *loss = mds_search_polish(s, x, tolerance, s->plan.iterations);
    return true;
}

void mds_search_large(mds_search *s)
{
    for (unsigned i = 0; i < s->plan.most && !s->stopped; i++) {
        uint64_t begun = s->job->done;
        descend(s, i);
        double loss = mds_search_polish(s, s->trial, s->plan.coarse, s->plan.iterations);
        if (s->plan.relocations) relocate(s, s->trial, s->plan.coarse, &loss);
        mds_search_keep(s, loss, i);
        mds_search_ended(s, i, loss, begun);
    }
    mds_found *best = &s->found[0];
    for (unsigned r = 1; r < s->plan.relocations; r++) {
        bool last = r + 1 == s->plan.relocations;
        if (!relocate(s, best->x, last ? s->plan.fine : s->plan.coarse, &best->loss)) break;
    }
}
