/*
 * The choices of `auto`. docs/choosing.md has the rates and times behind them.
 */
#include "search.h"

#include "path_start.h"

#include <math.h>

/* Exchanges of two points cost n^3 to find: beyond so many objects relocation does better. */
enum { SMALL = 120 };

/* Copies of the matrix in single precision, and stochastic descent, which needs one, are for up to so many
 * objects: above, `auto` takes little memory beside the matrix, and begins at the classical start, which for
 * 8,000 objects in clusters led to a lower stress (0.2757) than 12 passes from a random one (0.2769). */
enum { COPIED = 4096 };

/* Random starts and no stochastic descent before the polish: that leads to the widest basins, so easy sets
 * need fewer starts, but on hard ones all of them end in the same few maps. (Of 320 runs on 16 hard sets 16
 * missed the best map without it, 35 with 30 passes, 21 with 12 small ones, in the same time.) */
static void plan_small(const mds_job *job, mds_search_plan *plan)
{
    double pairs = fmax(1, (double)job->statistics->pairs * (double)job->p / 2);
    *plan = (mds_search_plan){.small = true,
                              .starts = 12,
                              .most = (unsigned)fmax(24, fmin(100, 3.5e4 / pairs)),
                              .agreeing = 8,
                              .rough = 1e-3,
                              .coarse = 1e-5,
                              .fine = 1e-9,
                              .iterations = 200,
                              .kept = 3,
                              .swaps = 20,
                              .moves = 5,
                              .relocation = {.nodes = 36, .steps = 5}};
    if (job->effort != MDS_EFFORT_HIGH) return;
    plan->starts *= 2;
    plan->agreeing *= 2;
    plan->most *= 5;
    plan->kept = 6;
    plan->swaps = 40;
    plan->moves = 10;
}

/* Starts as long as they cost less than a few milliseconds. Of 60 runs on three sets of clusters in 20
 * dimensions, 13 missed the best map by more than 0.5 % with one descent of 20 passes, 4 with the best of
 * four of 12 (others, on five sets: 8, and 1 with three, none with four). Passes of these four, of 120 runs
 * on three such sets: with 12, 61 end more than 0.1 % above the best known and 14 more than 0.5 %; with 10,
 * 61 and 16; with 8, 60 and 15; with 6 more. (Trees and random integers, fewer objects, lose 0.03 % of the
 * mean stress by 8, and with one relocation more; they keep 12.) Two relocations on 16 nodes after 12 passes
 * lead above 0.3269 on digits from 1 to 3 of 100 seeds, three on 25 nodes after 8 passes, in less time, from
 * 1, two of these from 6. With 2 in place of 3 iterations before they are compared, high effort ends above
 * 0.32682 on digits from 3 of 20 seeds in place of none. With a coarse tolerance of 4e-3 the worst of 20
 * seeds on digits rose from 0.32688 to 0.32716, with one relocation the median from 0.32684 to 0.32687. At
 * high effort 4 of 40 seeds end above 0.32682 with 64 nodes and 6 relocations, none with 144 and 8. */
static void plan_large(const mds_job *job, mds_search_plan *plan)
{
    size_t n = job->problem->n;
    double pairs = fmax(1, (double)job->statistics->pairs);
    bool high = job->effort == MDS_EFFORT_HIGH, low = job->effort == MDS_EFFORT_LOW;
    unsigned starts = (unsigned)fmax(1, fmin(10, 4e5 / pairs));
    bool once = starts == 1 && !low;
    *plan = (mds_search_plan){.starts = starts,
                              .single = n <= COPIED,
                              .coarse = high ? 5e-4 : 2e-3,
                              .fine = high  ? 1e-6
                                      : low ? 1e-3
                                            : 3e-4,
                              .iterations = high ? 200 : 100,
                              .kept = 1,
                              .trials = n > COPIED ? 1
                                        : high     ? 6
                                                   : 4,
                              .trial_iterations = 3,
                              .passes = n > COPIED ? 0
                                        : high     ? 15
                                        : once     ? 8
                                                   : 12,
                              .first_step = 1,
                              .last_step = 0.005,
                              .relocations = high  ? 8
                                             : low ? 1
                                                   : 3,
                              .relocation = {.nodes = 25, .margin = 1.2, .steps = 5}};
    if (high) plan->relocation = (mds_relocation_settings){.nodes = 144, .margin = 1.4, .steps = 5};
    plan->most = plan->starts;
}

/* Where four descents compete, one from classical scaling does not win more often than the others, and takes
 * 9 ms at n = 1797. But where most pairs are missing no descent from anywhere unfolds what paths do. */
mds_start mds_search_default_start(size_t n, size_t pairs, mds_effort effort)
{
    if (mds_path_start_is_for(n, pairs)) return MDS_START_CLASSICAL;
    return n <= SMALL || n > COPIED || effort == MDS_EFFORT_LOW ? MDS_START_CLASSICAL : MDS_START_RANDOM;
}

mds_search_plan mds_search_plan_for(const mds_job *job)
{
    mds_search_plan plan;
    if (job->problem->n <= SMALL)
        plan_small(job, &plan);
    else
        plan_large(job, &plan);
    bool given = job->start == MDS_START_GIVEN && job->starts < 2;
    if (job->effort == MDS_EFFORT_LOW || given) plan.starts = plan.most = 1;
    if (job->effort == MDS_EFFORT_LOW) plan.swaps = plan.moves = 0;
    if (given && job->effort != MDS_EFFORT_HIGH) plan.swaps = plan.moves = plan.relocations = 0;
    if (job->starts) plan.starts = plan.most = job->starts;
    if (job->level != MDS_LEVEL_RATIO) plan.single = false; /* disparities change with every step */
    if (plan.small && job->fit->loss == MDS_LOSS_ABSOLUTE) plan.kept = MDS_SEARCH_KEPT;
    if (job->tolerance > 0) {
        plan.fine = job->tolerance;
        plan.single = plan.single && plan.fine >= 1e-5; /* as far as floats go */
    }
    return plan;
}
