#include "search.h"

#include <math.h>
#include <string.h>

/* Polish in two stages: what is clearly worse than `limit` after the first is left there. */
static double polish_towards(mds_search *s, double limit)
{
    double loss = mds_search_polish(s, s->trial, s->plan.rough, s->plan.iterations);
    if (loss > 1.01 * limit || s->stopped) return loss;
    return mds_search_polish(s, s->trial, s->plan.coarse, s->plan.iterations);
}

/* Exchange all points that are better exchanged, each at most once. */
static bool exchange(mds_search *s)
{
    size_t moved[2 * MDS_SWAPS_MOST], count = 0;
    mds_job_follow(s->job, s->trial);
    mds_swaps_find(&s->swaps, s->trial, MDS_SWAPS_MOST / 4);
    for (size_t t = 0; t < s->swaps.count && s->swaps.best[t].change < 0; t++) {
        const mds_swap *swap = &s->swaps.best[t];
        bool free = true;
        for (size_t m = 0; m < count; m++) free = free && moved[m] != swap->first && moved[m] != swap->second;
        if (!free) continue;
        moved[count++] = swap->first;
        moved[count++] = swap->second;
        mds_swaps_apply(&s->swaps, swap, s->trial);
    }
    return count > 0;
}

/* Exchange and polish, as long as that lowers the loss; trial is left where it ends. */
static double repair(mds_search *s, double loss)
{
    for (;;) {
        if (s->stopped || !exchange(s)) return loss;
        double found = mds_search_polish(s, s->trial, s->plan.coarse, s->plan.iterations);
        if (!(found < loss)) return found;
        loss = found;
    }
}

/* Polish search->trial, which began at found[from] changed; true: it is a better map, and kept. */
static bool try_trial(mds_search *s, unsigned from)
{
    double before = s->found[from].loss, loss = polish_towards(s, before);
    if (!(loss < before) || mds_search_same(s, loss, before)) return false;
    mds_search_keep(s, repair(s, loss), s->found[from].start);
    return true;
}

/* The exchanges and moves of single points that raise the loss of found[from] the least, until one leads to a
 * better map. */
static bool better(mds_search *s, unsigned from)
{
    const double *x = s->found[from].x;
    mds_job_follow(s->job, x);
    mds_swaps_find(&s->swaps, x, s->plan.swaps);
    size_t count = s->swaps.count;
    memcpy(s->swap_list, s->swaps.best, sizeof s->swap_list);
    for (size_t t = 0; t < count && !s->stopped; t++) {
        memcpy(s->trial, x, mds_search_bytes(s));
        mds_swaps_apply(&s->swaps, &s->swap_list[t], s->trial);
        if (try_trial(s, from)) return true;
    }
    if (s->plan.moves == 0 || s->stopped) return false;
    mds_job_follow(s->job, x);
    count = mds_relocation_find(&s->relocation, &s->plan.relocation, x, s->plan.moves, s->move_list);
    for (size_t t = 0; t < count && !s->stopped; t++) {
        memcpy(s->trial, x, mds_search_bytes(s));
        mds_relocation_apply(&s->relocation, &s->move_list[t], s->trial);
        if (try_trial(s, from)) return true;
    }
    return false;
}

/* Make trials from the maps that are kept, the best first, until none leads to a better one. */
static void better_all(mds_search *s)
{
    for (unsigned i = 0; i < s->kept && !s->stopped && !mds_search_exact(s, s->found[0].loss);) {
        if (s->found[i].tried) {
            i++;
        } else {
            s->found[i].tried = true;
            if (better(s, i)) i = 0;
        }
    }
}

void mds_search_small(mds_search *s)
{
    mds_search_stage loop;
    mds_search_begin(s, &loop);
    for (; loop.number < s->plan.most; mds_search_pass(s, &loop)) {
        unsigned i = loop.number;
        uint64_t begun = s->job->done;
        mds_search_start(s, i);
        double loss = polish_towards(s, s->kept ? s->found[s->kept - 1].loss : HUGE_VAL);
        if (s->plan.swaps) loss = repair(s, loss);
        mds_search_keep(s, loss, i);
        mds_search_ended(s, i, loss, begun);
        if (s->stopped || mds_search_exact(s, s->found[0].loss)) return;
        if (i + 1 < s->plan.starts) continue;
        if (s->plan.swaps) better_all(s);
        if (s->stopped || mds_search_agreed(s) >= s->plan.agreeing) return;
    }
}
