#include "search_rows.h"

#include "lbfgs.h"
#include "sampled.h"

#include <math.h>

/* Rounds of the sample. */
enum { ROUNDS = 1000, ROUNDS_LOW = 250, ROUNDS_HIGH = 4000 };

static const double FIRST_STEP = 1, LAST_STEP = 0.02;

void mds_search_rows_measure(const mds_job *job, mds_workspace *workspace)
{
    mds_job sizes = *job;
    mds_sampled sampled;
    mds_lbfgs lbfgs;
    mds_workspace exact = *workspace;
    mds_sampled_lay_out(&sampled, &sizes, workspace);
    if (mds_job_samples(job)) return;
    mds_lbfgs_lay_out(&lbfgs, &sizes, &exact);
    if (exact.bytes > workspace->bytes) *workspace = exact; /* one after the other */
}

uint64_t mds_search_rows_rounds(mds_effort effort)
{
    return effort == MDS_EFFORT_LOW ? ROUNDS_LOW : effort == MDS_EFFORT_HIGH ? ROUNDS_HIGH : ROUNDS;
}

static uint64_t rounds_for(const mds_job *job)
{
    uint64_t rounds = mds_search_rows_rounds(job->effort);
    uint64_t left = job->iterations - job->done;
    return rounds < left ? rounds : left;
}

/* All pairs. */
static void polish(mds_job *job)
{
    mds_lbfgs lbfgs;
    mds_workspace workspace = {.next = job->workspace};
    mds_lbfgs_lay_out(&lbfgs, job, &workspace);
    double tolerance = job->tolerance > 0               ? job->tolerance
                       : job->effort == MDS_EFFORT_LOW  ? 1e-3
                       : job->effort == MDS_EFFORT_HIGH ? 1e-5
                                                        : 3e-4;
    mds_lbfgs_settings settings = {.iterations = job->iterations - job->done,
                                   .tolerance = tolerance,
                                   .decrease = job->effort == MDS_EFFORT_HIGH ? 1e-7 : 1e-5,
                                   .single = job->source->single,
                                   .fraction_from = 0.3,
                                   .fraction_to = 1};
    mds_descent_end end = mds_lbfgs_minimize(&lbfgs, &settings, job->x);
    job->stop = end.stop;
    job->gradient = end.gradient;
}

void mds_search_rows(mds_job *job)
{
    mds_sampled sampled;
    mds_workspace workspace = {.next = job->workspace};
    bool samples = mds_job_samples(job), given = job->start == MDS_START_GIVEN;
    mds_sampled_lay_out(&sampled, job, &workspace);
    mds_sampled_settings settings = {.rounds = rounds_for(job),
                                     .first_step = given ? 0.1 : FIRST_STEP,
                                     .last_step = LAST_STEP,
                                     .fraction_to = samples ? 1 : 0.3};
    job->stop = MDS_STOP_CONVERGED;
    if (samples || !given)
        if (!mds_sampled_descend(&sampled, &settings, job->x)) return;
    if (!samples) polish(job);
}

void mds_sampled_measure(const mds_job *job, mds_workspace *workspace)
{
    mds_job sizes = *job;
    mds_sampled sampled;
    mds_sampled_lay_out(&sampled, &sizes, workspace);
}

void mds_sampled_solve(mds_job *job, double first, double last)
{
    mds_sampled sampled;
    mds_workspace workspace = {.next = job->workspace};
    mds_sampled_lay_out(&sampled, job, &workspace);
    mds_sampled_settings settings = {
        .rounds = job->iterations - job->done, .first_step = first, .last_step = last, .fraction_to = 1};
    job->stop = MDS_STOP_CONVERGED;
    (void)mds_sampled_descend(&sampled, &settings, job->x);
}
