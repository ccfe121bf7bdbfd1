#include "search.h"

#include "random_start.h"

#include <math.h>
#include <string.h>

void mds_search_lay_out(mds_search *s, mds_job *job, mds_workspace *workspace)
{
    size_t row = job->p * sizeof(double);
    *s = (mds_search){.job = job, .plan = mds_search_plan_for(job)};
    s->squares = job->statistics->weight * job->statistics->mean_square;
    mds_lbfgs_lay_out(&s->lbfgs, job, workspace);
    if (s->plan.single) mds_lbfgs_lay_out_single(&s->lbfgs, workspace);
    if (s->plan.passes) mds_sgd_lay_out(&s->sgd, job, workspace);
    if (s->plan.small) mds_swaps_lay_out(&s->swaps, job, workspace);
    mds_relocation_lay_out(&s->relocation, job, workspace);
    s->trial = mds_workspace_take(workspace, job->stride, row);
    if (s->plan.trials > 1) s->rough = mds_workspace_take(workspace, job->stride, row);
    for (unsigned i = 0; i < s->plan.kept; i++)
        s->found[i].x = mds_workspace_take(workspace, job->stride, row);
    s->ends = mds_workspace_take(workspace, s->plan.most, sizeof(double));
}

size_t mds_search_bytes(const mds_search *s)
{
    return s->job->p * s->job->stride * sizeof(double);
}

bool mds_search_same(const mds_search *s, double a, double b)
{
    return mds_job_as_good(s->job, a, b) && mds_job_as_good(s->job, b, a);
}

bool mds_search_exact(const mds_search *s, double loss)
{
    /* An order can be kept in many ways, to which descents come ever slower: stress-1 of 1e-6 is as good as
     * 0. */
    return loss <= (s->job->level == MDS_LEVEL_RATIO ? 1e-20 : 1e-12) * s->squares;
}

void mds_search_start(mds_search *s, unsigned number)
{
    mds_job *job = s->job;
    job->done_before = job->done;
    if (number == 0) {
        memcpy(s->trial, job->x, mds_search_bytes(s));
        return;
    }
    memset(s->trial, 0, mds_search_bytes(s));
    mds_random_start(&job->random, job->statistics->mean_square, job->problem->n, job->p, s->trial,
                     job->stride);
}

double mds_search_polish(mds_search *s, double *x, double tolerance, uint64_t iterations)
{
    mds_job *job = s->job;
    bool silent = !job->fit->progress && !job->fit->trace;
    uint64_t spent = job->done - job->done_before, most = job->fit->iterations;
    uint64_t left = most > spent ? most - spent : 0;
    s->limited = s->limited || left < iterations;
    double share = 1.0 / s->plan.most, from = fmin(s->starts, s->plan.most - 1) * share;
    mds_lbfgs_settings settings = {.iterations = left < iterations ? left : iterations,
                                   .tolerance = tolerance,
                                   .decrease = s->plan.small ? 0 : 1e-7,
                                   .fraction_from = from,
                                   .fraction_to = from + share,
                                   .silent = silent,
                                   .single = s->plan.single,
                                   .rough = s->plan.single && tolerance >= MDS_SEARCH_ROUGH};
    mds_descent_end end = mds_lbfgs_minimize(&s->lbfgs, &settings, x);
    if (silent) job->done += end.iterations;
    if (end.stop == MDS_STOP_CANCELLED || end.stop == MDS_STOP_TIME) s->stopped = true;
    job->stop = end.stop;
    return end.loss;
}

void mds_search_keep(mds_search *s, double loss, unsigned start)
{
    unsigned most = s->plan.kept, at = s->kept;
    for (unsigned i = 0; i < s->kept; i++)
        if (mds_search_same(s, loss, s->found[i].loss)) return;
    if (at == most && !(loss < s->found[at - 1].loss)) return;
    if (at < most)
        s->kept++;
    else
        at--;
    double *room = s->found[at].x;
    for (; at > 0 && loss < s->found[at - 1].loss; at--) s->found[at] = s->found[at - 1];
    s->found[at] = (mds_found){.x = room, .loss = loss, .start = start};
    memcpy(room, s->trial, mds_search_bytes(s));
}

void mds_search_ended(mds_search *s, unsigned number, double loss, uint64_t begun)
{
    mds_job *job = s->job;
    s->ends[number] = loss;
    s->starts = number + 1;
    if (job->fit->loss == MDS_LOSS_ABSOLUTE) return; /* what is searched here are starts for that loss */
    mds_job_start_ended(job, number == 0 ? job->start : MDS_START_RANDOM, loss, job->done - begun, job->stop);
}

/* Anew each time, as maps change their places. */
static void name_pieces(mds_search *s, mds_search_stage *loop)
{
    size_t count = 0;
    mds_piece *pieces = loop->pieces;
    pieces[count++] = (mds_piece)MDS_PIECE(loop->number);
    pieces[count++] = (mds_piece)MDS_PIECE(s->kept);
    pieces[count++] = (mds_piece)MDS_PIECE(s->starts);
    pieces[count++] = (mds_piece)MDS_PIECE(s->limited);
    pieces[count++] = (mds_piece){s->ends, s->plan.most * sizeof *s->ends};
    pieces[count++] =
        (mds_piece){s->rough, s->rough ? mds_search_bytes(s) : 0}; /* once limited it is used again */
    pieces[count++] = (mds_piece)MDS_PIECE(s->sgd.ordered);
    pieces[count++] = (mds_piece){s->sgd.order, s->sgd.stride * sizeof *s->sgd.order};
    for (unsigned i = 0; i < s->plan.kept; i++) {
        mds_found *found = &s->found[i];
        pieces[count++] = (mds_piece){found->x, mds_search_bytes(s)};
        pieces[count++] = (mds_piece)MDS_PIECE(found->loss);
        pieces[count++] = (mds_piece)MDS_PIECE(found->start);
        pieces[count++] = (mds_piece)MDS_PIECE(found->tried);
    }
    loop->stage.count = loop->stage.result = count;
}

void mds_search_begin(mds_search *s, mds_search_stage *loop)
{
    *loop = (mds_search_stage){.stage = {.name = "search", .nests = true}};
    loop->stage.pieces = loop->pieces;
    name_pieces(s, loop);
    (void)mds_stage_begin(s->job, &loop->stage);
    bool holds = s->kept <= s->plan.kept && s->starts <= s->plan.most;
    for (size_t slot = 0; s->sgd.ordered && slot < s->sgd.n; slot++)
        holds = holds && s->sgd.order[slot] < s->sgd.n;
    if (mds_stage_require(s->job, holds)) return;
    s->kept = s->starts = 0;
    s->sgd.ordered = false;
}

void mds_search_pass(mds_search *s, mds_search_stage *loop)
{
    loop->number++;
    name_pieces(s, loop);
    mds_stage_pass(s->job, &loop->stage);
}

unsigned mds_search_agreed(const mds_search *s)
{
    unsigned agreed = 0;
    for (unsigned i = 0; i < s->starts; i++) agreed += mds_job_as_good(s->job, s->ends[i], s->found[0].loss);
    return agreed;
}
