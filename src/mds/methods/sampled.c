#include "sampled.h"

#include "checkpoint.h"
#include "exact_sum.h"

#include <math.h>
#include <string.h>

enum { GROUP = MDS_SAMPLED_GROUP, BOTH = 2 * GROUP, TOGETHER = 8 /* pairs of groups in a task */ };

static const double MOMENTUM = 0.9;

/* What a worker works in. */
struct room {
    float *x, *delta, *scratch;
    double *gradient;
    char *tile;
};

static struct room room_of(const mds_sampled *s, unsigned worker)
{
    size_t p = s->job->p;
    char *at = s->room + worker * s->room_size;
    struct room room = {.gradient = (double *)(void *)at};
    room.x = (float *)(void *)(room.gradient + p * BOTH);
    room.delta = room.x + p * BOTH;
    room.scratch = room.delta + GROUP * GROUP;
    room.tile = (char *)(room.scratch + 2 * MDS_GRADIENT_SCRATCH(p));
    return room;
}

static size_t task_count(const mds_sampled *s)
{
    return (s->groups / 2 + TOGETHER - 1) / TOGETHER;
}

void mds_sampled_lay_out(mds_sampled *s, mds_job *job, mds_workspace *workspace)
{
    size_t n = job->source->n, p = job->p;
    *s = (mds_sampled){.job = job, .groups = (n + GROUP - 1) / GROUP};
    s->tile = (job->source->scratch + 63) / 64 * 64;
    s->room_size = (p * BOTH * 12 + GROUP * GROUP * 4 + MDS_GRADIENT_SCRATCH(p) * 8 + s->tile + 63) / 64 * 64;
    s->order = mds_workspace_take(workspace, s->groups, sizeof *s->order);
    s->velocity = mds_workspace_take(workspace, job->stride, p * sizeof *s->velocity);
    size_t room = task_count(s) * TOGETHER + 1; /* whole tasks, and a byte a group for order_holds */
    s->loss = mds_workspace_take(workspace, room, sizeof *s->loss);
    s->pairs = mds_workspace_take(workspace, room, sizeof *s->pairs);
    if (mds_share_count(job->share) > 1)
        s->moved = mds_workspace_take(workspace, room, 2 * p * BOTH * sizeof *s->moved);
    s->room = mds_workspace_take(workspace, mds_thread_pool_workers(job->pool), s->room_size);
}

/* ---- one round ---- */

/* The points of two groups, the second behind the first. */
static void gather(const mds_sampled *s, size_t a, size_t b, size_t count, float *x)
{
    const mds_job *job = s->job;
    for (size_t k = 0; k < job->p; k++) {
        const double *axis = s->x + k * job->stride;
        for (size_t r = 0; r < GROUP; r++) x[k * BOTH + r] = (float)axis[a * GROUP + r];
        for (size_t r = 0; r < GROUP; r++)
            x[k * BOTH + GROUP + r] = r < count ? (float)axis[b * GROUP + r] : 0;
    }
}

/* Move `count` points by the mean of what `partners` others have pulled. */
static void move(const mds_sampled *s, size_t group, size_t count, size_t partners, const double *gradient)
{
    const mds_job *job = s->job;
    double factor = s->step * (1 - MOMENTUM) / (double)partners;
    for (size_t k = 0; k < job->p; k++) {
        double *axis = s->x + k * job->stride + group * GROUP,
               *velocity = s->velocity + k * job->stride + group * GROUP;
        for (size_t r = 0; r < count; r++) {
            velocity[r] = MOMENTUM * velocity[r] - factor * gradient[k * BOTH + r];
            axis[r] += velocity[r];
        }
    }
}

/* The two groups of a pair, the second of which may be short, and how many points that has. */
static size_t groups_of(const mds_sampled *s, size_t pair, size_t *a, size_t *b)
{
    size_t n = s->job->source->n;
    *a = s->order[2 * pair], *b = s->order[2 * pair + 1];
    if (*a > *b) *a = s->order[2 * pair + 1], *b = s->order[2 * pair];
    return n - *b * GROUP < GROUP ? n - *b * GROUP : GROUP;
}

static void meet(mds_sampled *s, unsigned worker, size_t pair)
{
    mds_job *job = s->job;
    size_t p = job->p, a, b, count = groups_of(s, pair, &a, &b);
    struct room room = room_of(s, worker);
    mds_tile tile;
    s->loss[pair] = NAN;
    s->pairs[pair] = GROUP * count;
    if (!mds_source_read(job->source, room.tile, a * GROUP, (a + 1) * GROUP, b * GROUP, b * GROUP + count,
                         &tile))
        return;
    if (tile.delta) {
        for (size_t r = 0; r < GROUP; r++)
            for (size_t c = 0; c < count; c++) room.delta[r * GROUP + c] = (float)tile.delta[r * tile.ld + c];
        tile = (mds_tile){.single = room.delta, .ld = GROUP};
    }
    gather(s, a, b, count, room.x);
    memset(room.gradient, 0, p * BOTH * sizeof *room.gradient);
    mds_gradient_rows_single rows = {.x = room.x,
                                     .stride = BOTH,
                                     .n = GROUP + count,
                                     .p = p,
                                     .from = GROUP,
                                     .column = GROUP,
                                     .ld = tile.ld,
                                     .threshold = (float)job->huber,
                                     .scratch = room.scratch};
    enum mds_gradient_term term = job->loss == MDS_LOSS_HUBER ? MDS_GRADIENT_HUBER
                                  : job->statistics->plain    ? MDS_GRADIENT_PLAIN
                                                              : MDS_GRADIENT_WEIGHTED;
    mds_gradient_kernel_single *kernel = job->kernels->gradient.single[term][p == 2 ? 0 : p == 3 ? 1 : 2];
    double loss = 0;
    for (rows.first = 0; rows.first < GROUP; rows.first += MDS_GRADIENT_ROWS) {
        rows.delta = tile.single + rows.first * tile.ld;
        loss += kernel(&rows, room.gradient);
    }
    s->loss[pair] = loss;
    move(s, a, GROUP, count, room.gradient);
    move(s, b, count, GROUP, room.gradient + GROUP);
}

/* ---- what ranks send each other ---- */

/* Coordinates of the pair's points, and their velocities, from where they are to `moved`, or back. */
static void carry(const mds_sampled *s, size_t pair, bool back)
{
    size_t stride = s->job->stride, p = s->job->p, a, b, count = groups_of(s, pair, &a, &b);
    double *moved = s->moved + pair * 2 * p * BOTH;
    for (size_t k = 0; k < 2 * p; k++, moved += BOTH) {
        double *axis = k < p ? s->x + k * stride : s->velocity + (k - p) * stride;
        double *first = axis + a * GROUP, *second = axis + b * GROUP;
        memcpy(back ? first : moved, back ? moved : first, GROUP * sizeof *axis);
        memcpy(back ? second : moved + GROUP, back ? moved + GROUP : second, count * sizeof *axis);
    }
}

static void run_task(void *context, unsigned worker, size_t task)
{
    mds_sampled *s = context;
    for (size_t pair = task * TOGETHER; pair < s->groups / 2 && pair < (task + 1) * TOGETHER; pair++) {
        meet(s, worker, pair);
        if (s->moved) carry(s, pair, false);
    }
}

/* The pairs of all tasks. */
static void run_tasks(mds_sampled *s)
{
    mds_job *job = s->job;
    const mds_shared results[] = {{s->loss, TOGETHER * sizeof *s->loss},
                                  {s->pairs, TOGETHER * sizeof *s->pairs},
                                  {s->moved, 2 * job->p * BOTH * TOGETHER * sizeof *s->moved}};
    mds_share_run(job->share, job->pool, task_count(s), MDS_SHARE_EVEN, run_task, s, results, 3);
    for (size_t pair = 0; pair < s->groups / 2 && s->moved; pair++) carry(s, pair, true);
}

/* Returns the estimate of the loss before it. */
static double run_round(mds_sampled *s)
{
    mds_exact_sum loss = {0};
    double pairs = 0;
    fs_random_shuffle(&s->job->random, s->order, s->groups);
    run_tasks(s);
    for (size_t pair = 0; pair < s->groups / 2; pair++) {
        mds_exact_add(&loss, s->loss[pair]);
        pairs += (double)s->pairs[pair];
    }
    return pairs > 0 ? mds_exact_value(&loss) / pairs * s->job->statistics->weight : 0;
}

/* Whether each group is in the order once; a checkpoint may hold anything. */
static bool order_holds(mds_sampled *s)
{
    char *seen = (char *)s->loss; /* has room for a byte a group */
    memset(seen, 0, s->groups);
    for (size_t g = 0; g < s->groups; g++)
        if (s->order[g] >= s->groups || seen[s->order[g]]++) return false;
    return true;
}

/* The rounds from number *round on. */
static bool run_rounds(mds_sampled *s, const mds_sampled_settings *settings, mds_stage *stage,
                       uint64_t *round)
{
    mds_job *job = s->job;
    while (*round < settings->rounds) {
        uint64_t r = (*round)++;
        double done = (double)r / (double)settings->rounds;
        s->step = settings->first_step * pow(settings->last_step / settings->first_step, done);
        double loss = run_round(s);
        if (isnan(loss)) return true; /* the source has failed, and whoever reads it asks */
        double fraction = settings->fraction_from + done * (settings->fraction_to - settings->fraction_from);
        /* a step is a share, and no length */
        if (!mds_job_report(job, loss, ldexp(s->step, -job->length_exponent), job->source->n, fraction))
            return false;
        mds_stage_pass(job, stage);
    }
    return true;
}

bool mds_sampled_descend(mds_sampled *s, const mds_sampled_settings *settings, double *x)
{
    mds_job *job = s->job;
    size_t bytes = job->p * job->stride * sizeof *x;
    uint64_t round = 0;
    const mds_piece pieces[] = {
        {x, bytes}, {s->velocity, bytes}, {s->order, s->groups * sizeof *s->order}, MDS_PIECE(round)};
    mds_stage stage = MDS_STAGE("sampled pairs", pieces);
    stage.result = 1;
    s->x = x;
    for (size_t g = 0; g < s->groups; g++) s->order[g] = g;
    memset(s->velocity, 0, bytes);
    if (mds_stage_begin(job, &stage) == MDS_STAGE_OVER) return true;
    if (!mds_stage_require(job, order_holds(s)) || !run_rounds(s, settings, &stage, &round)) return false;
    mds_stage_end(job, &stage);
    return true;
}
