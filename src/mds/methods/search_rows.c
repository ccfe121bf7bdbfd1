#include "search_rows.h"

#include "lbfgs.h"
#include "sampled.h"
#include "sparse_descent.h"

#include <math.h>
#include <string.h>

/* Rounds of the sample; epochs over sparse pairs, of a random start. */
enum { ROUNDS = 1000, ROUNDS_LOW = 250, ROUNDS_HIGH = 4000, EPOCHS = 30 };

static const double FIRST_STEP = 1, LAST_STEP = 0.02;

/* What descends over the pairs before the polish. */
struct descent {
    mds_sampled sampled;
    mds_sparse_descent sparse;
};

static void lay_out(struct descent *d, mds_job *job, mds_workspace *workspace)
{
    if (job->source->sparse)
        mds_sparse_descent_lay_out(&d->sparse, job, workspace);
    else
        mds_sampled_lay_out(&d->sampled, job, workspace);
}

static bool descend(struct descent *d, mds_job *job, const mds_sampled_settings *settings)
{
    return job->source->sparse ? mds_sparse_descend(&d->sparse, settings, job->x)
                               : mds_sampled_descend(&d->sampled, settings, job->x);
}

void mds_search_rows_measure(const mds_job *job, mds_workspace *workspace)
{
    mds_job sizes = *job;
    struct descent descent;
    mds_lbfgs lbfgs;
    mds_workspace exact = *workspace;
    lay_out(&descent, &sizes, workspace);
    if (mds_job_samples(job)) return;
    mds_lbfgs_lay_out(&lbfgs, &sizes, &exact);
    if (exact.bytes > workspace->bytes) *workspace = exact; /* one after the other */
}

uint64_t mds_search_rows_rounds(mds_effort effort)
{
    return effort == MDS_EFFORT_LOW ? ROUNDS_LOW : effort == MDS_EFFORT_HIGH ? ROUNDS_HIGH : ROUNDS;
}

/* All pairs. */
static void polish(mds_job *job)
{
    mds_lbfgs lbfgs;
    mds_workspace workspace = {.next = job->workspace};
    mds_lbfgs_lay_out(&lbfgs, job, &workspace);
    /* The neighbours of a large graph are near beside its size, by which a gradient is measured. */
    double fine = job->source->sparse              ? 1e-8
                  : job->effort == MDS_EFFORT_LOW  ? 1e-3
                  : job->effort == MDS_EFFORT_HIGH ? 1e-5
                                                   : 3e-4;
    double decrease = job->effort == MDS_EFFORT_HIGH                         ? 1e-7
                      : job->effort == MDS_EFFORT_LOW && job->source->sparse ? 1e-4
                                                                             : 1e-5;
    mds_lbfgs_settings settings = {.iterations = job->iterations - job->done,
                                   .tolerance = job->tolerance > 0 ? job->tolerance : fine,
                                   .decrease = decrease,
                                   .single = job->source->single,
                                   .fraction_from = 0.3,
                                   .fraction_to = 1};
    mds_descent_end end = mds_lbfgs_minimize(&lbfgs, &settings, job->x);
    job->stop = end.stop;
    job->gradient = end.gradient;
}

void mds_search_rows(mds_job *job)
{
    struct descent descent;
    mds_workspace workspace = {.next = job->workspace};
    bool sparse = job->source->sparse != NULL, samples = mds_job_samples(job),
         given = job->start == MDS_START_GIVEN;
    lay_out(&descent, job, &workspace);
    mds_sampled_settings settings = {.rounds = sparse ? EPOCHS : mds_search_rows_rounds(job->effort),
                                     .first_step = given ? 0.1 : FIRST_STEP,
                                     .last_step = LAST_STEP,
                                     .fraction_to = samples ? 1 : 0.3};
    uint64_t left = job->iterations - job->done;
    if (settings.rounds > left) settings.rounds = left;
    job->stop = MDS_STOP_CONVERGED;
    if (sparse ? job->start == MDS_START_RANDOM : samples || !given)
        if (!descend(&descent, job, &settings)) return;
    if (!samples) polish(job);
}

void mds_sampled_measure(const mds_job *job, mds_workspace *workspace)
{
    mds_job sizes = *job;
    struct descent descent;
    lay_out(&descent, &sizes, workspace);
    if (job->source->sparse) mds_workspace_take(workspace, job->stride, job->p * sizeof(double));
}

bool mds_sampled_solve(mds_job *job, double first, double last)
{
    struct descent descent;
    mds_workspace workspace = {.next = job->workspace};
    size_t bytes = job->p * job->stride * sizeof(double);
    lay_out(&descent, job, &workspace);
    mds_sampled_settings settings = {
        .rounds = job->iterations - job->done, .first_step = first, .last_step = last, .fraction_to = 1};
    job->stop = MDS_STOP_CONVERGED;
    double *start = job->source->sparse ? mds_workspace_take(&workspace, bytes, 1) : NULL;
    if (start) memcpy(start, job->x, bytes);
    (void)descend(&descent, job, &settings);
    if (!start) return true;
    job->end_loss = mds_sparse_loss(&descent.sparse.sums, HUGE_VAL, job->x, job->stride);
    if (job->end_loss < job->start_loss) return true;
    job->end_loss = job->start_loss;
    memcpy(job->x, start, bytes);
    return false;
}
