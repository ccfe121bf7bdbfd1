#include "sgd.h"

#include "checkpoint.h"

#include <math.h>
#include <string.h>

enum {
    WITHIN_GROUPS = 32, /* groups in one task of the pairs within groups */
    CODED = 1024        /* objects from which on tiles are codes: halves would take 1 MB and more */
};

#define NO_TILE UINT32_MAX

/* Coordinates are brought below this, so that no square overflows a float. */
#define FARTHEST 1e12

/* ---- who meets whom ---- */

/* Pair `index` of round `round` of a round-robin tournament of an even number of players (the circle method,
 * known for chess since Schurig 1886): the last player stands still, the others walk around. Pair `index` of
 * a round has met in the pairs index - 1 and index + 1 of the round before. */
static void tournament_pair(size_t players, size_t round, size_t index, size_t *a, size_t *b)
{
    size_t circle = players - 1, left = round + index, right = round + circle - index;
    *a = index == 0 ? circle : left < circle ? left : left - circle;
    *b = index == 0 ? round : right < circle ? right : right - circle;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t players_of(const mds_sgd *sgd)
{
    return sgd->groups + (sgd->groups & 1);
}

/* Stage 0 takes the pairs within groups; then come two for each band of rounds. */
static size_t stages_of(const mds_sgd *sgd)
{
    size_t rounds = players_of(sgd) - 1;
    return 1 + 2 * ((rounds + sgd->band - 1) / sgd->band);
}

static size_t tasks_of(const mds_sgd *sgd, size_t stage)
{
    if (stage == 0) return (sgd->groups + WITHIN_GROUPS - 1) / WITHIN_GROUPS;
    return stage % 2 ? sgd->cuts + 1 : sgd->cuts;
}

static size_t task_number(const mds_sgd *sgd, size_t stage, size_t task)
{
    if (stage == 0) return task;
    return tasks_of(sgd, 0) + (stage - 1) / 2 * (2 * sgd->cuts + 1) + (stage % 2 ? 0 : sgd->cuts + 1) + task;
}

/* Where the pairs of a round are cut: two halves at the ends, wholes between them. */
static size_t cut(const mds_sgd *sgd, size_t number)
{
    size_t pairs = players_of(sgd) / 2;
    if (number == 0) return 0;
    return number > sgd->cuts ? pairs : (2 * number - 1) * pairs / (2 * sgd->cuts);
}

/* ---- tiles ---- */

/* Some tiles that run side by side, on their way to the kernel. */
struct batch {
    mds_sgd *sgd;
    mds_sgd_tiles tiles;
    bool within;
    size_t next; /* tile */
};

/* The same in codes. NaN is no number below MDS_SGD_MOST. */
static void place_codes(uint8_t *tile, const float *values, const size_t *points, size_t row, bool within)
{
    uint8_t codes[MDS_SGD_GROUP];
    for (size_t i = 0; i < MDS_SGD_GROUP; i++) {
        float value = values[points[i]] + 0.5f;
        codes[i] = value < MDS_SGD_MISSING ? (uint8_t)value : MDS_SGD_MISSING;
    }
    for (size_t mask = 0; mask < MDS_SGD_GROUP; mask++)
        tile[mds_sgd_place(0, mask, within) + row] = codes[row ^ mask];
}

/* One row of a tile: pairs with the points of a group, taken from the row of the matrix to where the steps
 * want them. */
static void place_row(mds_half *tile, const float *values, const size_t *points, size_t row, bool within)
{
    mds_half halves[MDS_SGD_GROUP];
    for (size_t i = 0; i < MDS_SGD_GROUP; i++) halves[i] = mds_half_from(values[points[i]]);
    for (size_t mask = 0; mask < MDS_SGD_GROUP; mask++)
        tile[mds_sgd_place(0, mask, within) + row] = halves[row ^ mask];
}

static void place_weights(float *tile, const float *values, const size_t *points, size_t row, bool within)
{
    for (size_t mask = 0; mask < MDS_SGD_GROUP; mask++)
        tile[mds_sgd_place(0, mask, within) + row] = values[points[row ^ mask]];
}

/* Row i in floats, while that of point `next` is asked for; and for the point that slots without one stand
 * for. A missing pair is NaN without weights, and has weight 0 with them. */
static void read_row(const mds_sgd *sgd, size_t i, size_t next, float *delta, float *weights)
{
    const mds_problem *problem = sgd->job->problem;
    size_t n = sgd->n, known = i < n ? n : 0;
    const double *ahead = next < n ? problem->delta + next * problem->ld : NULL;
    if (known)
        sgd->job->kernels->relocation.narrow(problem->delta + i * problem->ld, ahead, n, sgd->unit, delta);
    for (size_t j = known; j <= n; j++) delta[j] = NAN;
    if (sgd->codes) sgd->job->kernels->square_root_single(delta, known);
    if (!sgd->weighted) return;
    for (size_t j = 0; j <= n; j++) {
        weights[j] = isnan(delta[j]) ? 0 : (float)problem->weights[i * problem->ldw + j];
        if (isnan(delta[j])) delta[j] = 0;
    }
}

/* Copy the tiles of one group's rows to where they are run. The rows are read in ascending order, and dealt
 * from a buffer that stays in the cache. */
static void copy_rows(void *context, unsigned worker, size_t a)
{
    const mds_sgd *sgd = context;
    const size_t *points = sgd->order;
    float *delta = sgd->rows + worker * (1u + sgd->weighted) * (sgd->n + 1), *weights = delta + sgd->n + 1;
    for (size_t row = 0; row < MDS_SGD_GROUP; row++) {
        size_t slot = a * MDS_SGD_GROUP + row, next = slot + 1 < sgd->stride ? points[slot + 1] : sgd->n;
        read_row(sgd, points[slot], next, delta, weights);
        for (size_t b = 0; b < sgd->groups; b++) {
            size_t number = sgd->numbers[a * sgd->groups + b];
            if (number == NO_TILE) continue;
            const size_t *of = points + b * MDS_SGD_GROUP;
            if (sgd->codes)
                place_codes(sgd->codes + number * MDS_SGD_TILE, delta, of, row, a == b);
            else
                place_row(sgd->delta + number * MDS_SGD_TILE, delta, of, row, a == b);
            if (sgd->weighted) place_weights(sgd->weights + number * MDS_SGD_TILE, weights, of, row, a == b);
        }
    }
}

/* The tiles from cell `at` on: a pass over 1,797 points takes 0.46 in place of 0.6 ms. */
static void prefetch(const mds_sgd *sgd, size_t at)
{
    enum { CELLS = MDS_SGD_TOGETHER * MDS_SGD_TILE };
    for (size_t c = 0; sgd->codes && c < CELLS; c += 64) __builtin_prefetch(sgd->codes + at + c);
    for (size_t c = 0; sgd->delta && c < CELLS; c += 32) __builtin_prefetch(sgd->delta + at + c);
    for (size_t c = 0; sgd->weights && c < CELLS; c += 16) __builtin_prefetch(sgd->weights + at + c);
}

static void run_batch(struct batch *batch)
{
    mds_sgd *sgd = batch->sgd;
    mds_sgd_tiles *tiles = &batch->tiles;
    size_t p = sgd->p, count = tiles->count;
    enum mds_shape shape = p == 2 ? MDS_SHAPE_PLANE : p == 3 ? MDS_SHAPE_SPACE : MDS_SHAPE_ANY;
    tiles->count = 0;
    if (count == 0) return;
    if (sgd->numbering) {
        for (size_t t = 0; t < count; t++)
            sgd->numbers[tiles->a[t] * sgd->groups + tiles->b[t]] = (uint32_t)(*sgd->numbering)++;
        return;
    }
    tiles->count = count;
    size_t at = batch->next * MDS_SGD_TILE, next = (batch->next + count) * MDS_SGD_TILE;
    prefetch(sgd, next);
    enum mds_sgd_kind kind = sgd->codes ? MDS_SGD_CODES : sgd->weighted ? MDS_SGD_WEIGHTED : MDS_SGD_PLAIN;
    if (sgd->codes)
        tiles->codes = sgd->codes + at;
    else
        tiles->delta = sgd->delta + at;
    if (sgd->weighted) tiles->weights = sgd->weights + at;
    sgd->job->kernels->sgd[batch->within][kind][shape](tiles);
    tiles->count = 0;
    batch->next += count;
}

static void add_tile(struct batch *batch, size_t a, size_t b)
{
    mds_sgd_tiles *tiles = &batch->tiles;
    tiles->a[tiles->count] = (uint32_t)a;
    tiles->b[tiles->count] = (uint32_t)b;
    if (++tiles->count == MDS_SGD_TOGETHER) run_batch(batch);
}

/* The pairs of a round from `first` to `last`. */
static void run_pairs(struct batch *batch, size_t round, size_t first, size_t last)
{
    for (size_t index = first; index < last; index++) {
        size_t a, b;
        tournament_pair(players_of(batch->sgd), round, index, &a, &b);
        if (a < batch->sgd->groups && b < batch->sgd->groups) add_tile(batch, a, b);
    }
    run_batch(batch);
}

/* One task: of the first stage of a band, the pairs between two cuts that need none from beyond them, fewer
 * with each round; of the second, those that are left around a cut. */
static void run_task(void *context, unsigned worker, size_t task)
{
    mds_sgd *sgd = context;
    size_t first = sgd->first_tile[task_number(sgd, sgd->stage, task)];
    (void)worker;
    struct batch batch = {.sgd = sgd,
                          .tiles = {.x = sgd->x, .stride = sgd->stride, .p = sgd->p, .step = sgd->step},
                          .within = sgd->stage == 0,
                          .next = first};
    if (sgd->stage == 0) {
        size_t last = least(sgd->groups, (task + 1) * WITHIN_GROUPS);
        for (size_t a = task * WITHIN_GROUPS; a < last; a++) add_tile(&batch, a, a);
        run_batch(&batch);
        return;
    }
    size_t round = (sgd->stage - 1) / 2 * sgd->band, rounds = least(sgd->band, players_of(sgd) - 1 - round);
    size_t part = (task + 1) % (sgd->cuts + 1); /* the halves last */
    size_t left = cut(sgd, part), right = cut(sgd, part + 1), middle = cut(sgd, task + 1);
    for (size_t k = 0; k < rounds; k++)
        if (sgd->stage % 2)
            run_pairs(&batch, round + k, part ? left + k : 0, part < sgd->cuts ? right - k : right);
        else
            run_pairs(&batch, round + k, middle - k, middle + k);
}

/* Every pair once. */
static void run_pass(mds_sgd *sgd)
{
    for (sgd->stage = 0; sgd->stage < stages_of(sgd); sgd->stage++)
        mds_thread_pool_run(sgd->job->pool, tasks_of(sgd, sgd->stage), run_task, sgd);
}

/* ---- a descent ---- */

static void draw_order(mds_sgd *sgd, fs_random *random)
{
    for (size_t slot = 0; slot < sgd->stride; slot++) sgd->order[slot] = slot < sgd->n ? slot : sgd->n;
    fs_random_shuffle(random, sgd->order, sgd->n);
    sgd->ordered = true;
}

/* To floats, around the origin, and smaller where it is too large for them. */
static void take_map(mds_sgd *sgd, const double *x)
{
    size_t n = sgd->n, from = sgd->job->stride;
    double farthest = 0;
    for (size_t c = 0; c < sgd->p * from; c++) farthest = fmax(farthest, fabs(x[c]));
    double factor = sgd->unit;
    if (farthest * factor > FARTHEST) factor = FARTHEST / farthest;
    for (size_t c = 0; c < sgd->p; c++) {
        double centre = 0;
        for (size_t i = 0; i < n; i++) centre += x[c * from + i] * factor / (double)n;
        float *to = sgd->x + c * sgd->stride;
        for (size_t slot = 0; slot < sgd->stride; slot++)
            to[slot] = slot < n ? (float)(x[c * from + sgd->order[slot]] * factor - centre) : 0;
    }
}

static void give_map(const mds_sgd *sgd, double *x)
{
    for (size_t c = 0; c < sgd->p; c++)
        for (size_t slot = 0; slot < sgd->n; slot++)
            x[c * sgd->job->stride + sgd->order[slot]] = (double)sgd->x[c * sgd->stride + slot] / sgd->unit;
}

static void find_weights(mds_sgd *sgd)
{
    const mds_problem *problem = sgd->job->problem;
    sgd->smallest_weight = sgd->largest_weight = 0;
    for (size_t i = 0; i < sgd->n; i++)
        for (size_t j = 0; j < i; j++) {
            double weight =
                isnan(problem->delta[i * problem->ld + j]) ? 0 : problem->weights[i * problem->ldw + j];
            if (!(weight > 0)) continue;
            sgd->largest_weight = fmax(sgd->largest_weight, weight);
            sgd->smallest_weight = sgd->smallest_weight > 0 ? fmin(sgd->smallest_weight, weight) : weight;
        }
}

static double step_of_pass(const mds_sgd *sgd, const mds_sgd_settings *settings, unsigned pass)
{
    double first = settings->first_step, last = settings->last_step;
    if (sgd->weighted) first /= sgd->smallest_weight, last /= sgd->largest_weight;
    return settings->passes < 2 ? first : first * pow(last / first, (double)pass / (settings->passes - 1));
}

struct pass_map {
    mds_sgd *sgd;
    double *x;
};

static double pass_loss(void *context)
{
    const struct pass_map *map = context;
    give_map(map->sgd, map->x);
    return mds_job_loss(map->sgd->job, map->x);
}

/* A pass is over. */
static bool report_pass(mds_sgd *sgd, const mds_sgd_settings *settings, unsigned pass, double step, double *x)
{
    mds_job *job = sgd->job;
    if (settings->silent) {
        return !mds_job_time_is_up(job);
    }
    struct pass_map map = {sgd, x};
    double done = (pass + 1.0) / settings->passes;
    return mds_job_report(job, mds_job_told_loss(job, pass_loss, &map), ldexp(step, -job->length_exponent),
                          sgd->n,
                          settings->fraction_from + done * (settings->fraction_to - settings->fraction_from));
}

/* Copy the tiles: of the dissimilarities, or of disparities that follow x. */
static void take_tiles(mds_sgd *sgd, const double *x)
{
    mds_transform *transform = sgd->job->transform;
    if (transform && x) mds_job_follow(sgd->job, x);
    if (transform && !x) mds_transform_reset(transform);
    mds_thread_pool_run(sgd->job->pool, sgd->groups, copy_rows, sgd);
}

/* After `pass` passes: the disparities of the map. One of large steps would only lead them astray. */
static void take_disparities(mds_sgd *sgd, const mds_sgd_settings *settings, unsigned pass, double *x)
{
    if (pass == 0 || pass >= settings->passes || 2 * (pass - 1) < settings->passes) return;
    give_map(sgd, x);
    take_tiles(sgd, x);
}

bool mds_sgd_descend(mds_sgd *sgd, const mds_sgd_settings *settings, fs_random *random, double *x)
{
    bool go_on = true, follows = sgd->job->transform && !sgd->job->transform->held;
    unsigned pass = 0;
    const mds_piece pieces[] = {
        {sgd->x, sgd->p * sgd->stride * sizeof *sgd->x}, MDS_PIECE(sgd->step), MDS_PIECE(pass)};
    mds_stage stage = MDS_STAGE("passes", pieces);
    if (!sgd->ordered) draw_order(sgd, random);
    if (!sgd->dealt || follows) take_tiles(sgd, NULL);
    sgd->dealt = true;
    if (sgd->weighted && sgd->largest_weight == 0) find_weights(sgd);
    take_map(sgd, x);
    if (mds_stage_begin(sgd->job, &stage) == MDS_STAGE_RESUMED && follows)
        take_disparities(sgd, settings, pass, x);
    while (go_on && pass < settings->passes) {
        double step = step_of_pass(sgd, settings, pass);
        sgd->step = (float)fmin(step, 1e30);
        run_pass(sgd);
        go_on = report_pass(sgd, settings, pass++, fmin(step, 1), x);
        if (follows) take_disparities(sgd, settings, pass, x);
        mds_stage_pass(sgd->job, &stage);
    }
    mds_stage_end(sgd->job, &stage);
    give_map(sgd, x);
    return go_on;
}

/* ---- memory ---- */

static size_t groups_for(size_t n)
{
    return (n + MDS_SGD_GROUP - 1) / MDS_SGD_GROUP;
}

/* Each has 16 pairs of groups in a round. */
unsigned mds_sgd_useful_workers(const mds_job *job, unsigned granted)
{
    if (job->source) return granted;
    size_t most = groups_for(job->problem->n) / 32;
    return most < 1 ? 1 : granted > most ? (unsigned)most : granted;
}

/* Where the tiles of each task begin, and which tile has which number. */
static void number_tiles(mds_sgd *sgd)
{
    size_t before = 0;
    for (size_t i = 0; i < sgd->groups * sgd->groups; i++) sgd->numbers[i] = NO_TILE;
    sgd->numbering = &before;
    for (sgd->stage = 0; sgd->stage < stages_of(sgd); sgd->stage++)
        for (size_t task = 0; task < tasks_of(sgd, sgd->stage); task++) {
            sgd->first_tile[task_number(sgd, sgd->stage, task)] = before;
            run_task(sgd, 0, task);
        }
    sgd->numbering = NULL;
}

void mds_sgd_lay_out(mds_sgd *sgd, mds_job *job, mds_workspace *workspace)
{
    size_t n = job->problem->n, groups = groups_for(n), workers = mds_thread_pool_workers(job->pool);
    size_t tiles = groups * (groups + 1) / 2, tile = MDS_SGD_TILE;
    bool weighted = job->problem->weights != NULL;
    bool coded =
        n >= CODED && !weighted && job->level == MDS_LEVEL_RATIO; /* disparities have no largest yet */
    *sgd = (mds_sgd){.job = job,
                     .n = n,
                     .p = job->p,
                     .groups = groups,
                     .stride = groups * MDS_SGD_GROUP,
                     .unit = 1,
                     .weighted = weighted};
    if (coded && job->statistics->largest > 0)
        sgd->unit = MDS_SGD_MOST * MDS_SGD_MOST / job->statistics->largest;
    size_t pairs = players_of(sgd) / 2;
    sgd->cuts = workers > 1 ? least(workers, pairs / 2) : 0;
    sgd->band = sgd->cuts ? pairs / (2 * sgd->cuts) : players_of(sgd);
    sgd->order = mds_workspace_take(workspace, sgd->stride, sizeof *sgd->order);
    sgd->x = mds_workspace_take(workspace, sgd->stride, sgd->p * sizeof *sgd->x);
    if (coded)
        sgd->codes = mds_workspace_take(workspace, tiles, tile * sizeof *sgd->codes);
    else
        sgd->delta = mds_workspace_take(workspace, tiles, tile * sizeof *sgd->delta);
    if (weighted) sgd->weights = mds_workspace_take(workspace, tiles, tile * sizeof *sgd->weights);
    size_t tasks = task_number(sgd, stages_of(sgd), 0);
    sgd->rows = mds_workspace_take(workspace, workers * (n + 1), (1u + weighted) * sizeof *sgd->rows);
    sgd->first_tile = mds_workspace_take(workspace, tasks, sizeof *sgd->first_tile);
    sgd->numbers = mds_workspace_take(workspace, groups * groups, sizeof *sgd->numbers);
    if (sgd->numbers) number_tiles(sgd);
}
