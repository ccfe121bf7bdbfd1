/*
 * Decisions. A row error from a kernel is a sum of rounded terms in the kernel's own order, and there is a
 * bound on its error (pattern_rows.c). Two positions whose row errors differ by more than the two bounds are
 * in the order that the kernel says. The others, a few in a million, are summed again in one fixed way
 * (row_error_exact), so that every instruction set and every number of threads moves the same points.
 *
 * The loss goes down by E - E' with each move, so keeping it up to date costs nothing. Its error is bounded
 * along the way, and where the bound leaves a decision open the loss is summed again, by the kernel that
 * gives the same bits at every level.
 */
#include "pattern.h"

#include "checkpoint.h"
#include "exact_sum.h"
#include "pattern_search.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* ---- one point ---- */

/* Where try t of point i puts coordinate *k. */
static double tried_value(const mds_pattern_search *search, size_t i, size_t t, size_t *k)
{
    *k = (t - 1) / 2;
    double at = search->job->x[*k * search->job->stride + i];
    return t % 2 ? at + search->radius : at - search->radius;
}

/* Row error of point i at try t, in the one fixed way. */
static double row_error_exact(const mds_pattern_search *search, size_t i, size_t t)
{
    const mds_job *job = search->job;
    const double *delta = job->problem->delta + i * job->problem->ld;
    const double *weights = job->problem->weights ? job->problem->weights + i * job->problem->ldw : NULL;
    size_t moved = SIZE_MAX;
    double value = t ? tried_value(search, i, t, &moved) : 0;
    mds_exact_sum sum = {0};
    for (size_t j = 0; j < search->n; j++) {
        if (j == i || isnan(delta[j])) continue;
        double d2 = 0;
        for (size_t k = 0; k < search->p; k++) {
            const double *x = job->x + k * job->stride;
            double difference = (k == moved ? value : x[i]) - x[j];
            d2 += difference * difference;
        }
        mds_exact_add(&sum, mds_pair_loss(job->loss, weights ? weights[j] : 1, delta[j] - sqrt(d2)));
    }
    return mds_exact_value(&sum);
}

/* The first of the least row errors among the tries. */
static size_t best_try(const double *sums, size_t count)
{
    size_t best = 1;
    for (size_t t = 2; t < count; t++)
        if (sums[t] < sums[best]) best = t;
    return best;
}

/* Move point i to the best of its 2p positions if that is better. Its row errors are `sums`, each within
 * `bound` of the truth. Returns whether it moved. */
static bool decide(mds_pattern_search *search, size_t i, double *sums, double bound)
{
    /* Twice for two sums, and twice again for what row_error_exact may be off. */
    bound *= 4;
    double least = sums[1];
    size_t count = search->count, near = 0;
    for (size_t t = 2; t < count; t++) least = sums[t] < least ? sums[t] : least;
    if (least - sums[0] > bound) return false; /* what most tries come to */

    for (size_t t = 0; t < count; t++) near += fabs(sums[t] - least) <= bound;
    if (near > 1)
        for (size_t t = 0; t < count; t++)
            if (sums[t] - least <= bound) sums[t] = row_error_exact(search, i, t);
    size_t k, best = best_try(sums, count);
    if (!(sums[best] < sums[0])) return false;

    double value = tried_value(search, i, best, &k), *x = search->job->x;
    mds_move_log_add(&search->log, i, x, search->job->stride, k, value);
    if (search->cached) mds_row_sum_cache_drop(&search->cache, i);
    x[k * search->job->stride + i] = value;
    search->loss.value -= sums[0] - sums[best];
    search->loss.error_bound += bound + DBL_EPSILON * search->loss.value;
    return true;
}

/* The same for slot b of the block. */
static bool decide_slot(mds_pattern_search *search, size_t b)
{
    const mds_pattern_block *block = &search->block;
    double bound = mds_pattern_row_bound(search, b), *sums = search->sums;
    if (-block->gain[b] > 4 * bound) return false;
    const double *slot =
        search->slot_sums + b / MDS_ROW_TILE * search->count * MDS_ROW_TILE + b % MDS_ROW_TILE;
    for (size_t t = 0; t < search->count; t++) sums[t] = slot[t * MDS_ROW_TILE];
    return decide(search, block->points[b], sums, bound);
}

/* Decide on the points of the block in order. A tile of slots learns of the moves before it when it is
 * reached, and of those in it at once. Returns how many moved. */
static uint64_t decide_block(mds_pattern_search *search)
{
    size_t count = search->block.count;
    uint64_t moves = 0;
    for (size_t b = 0; b < count; b++) {
        if (b % MDS_ROW_TILE == 0) mds_pattern_correct(search, b / MDS_ROW_TILE);
        if (!decide_slot(search, b)) continue;
        moves++;
        if ((b + 1) % MDS_ROW_TILE && b + 1 < count) mds_pattern_correct(search, b / MDS_ROW_TILE);
    }
    return moves;
}

/* ---- the loss ---- */

/* At least sqrt(sum w delta^2) of any row (absolute loss: sum w delta). */
static double row_bound(const mds_job *job)
{
    double pairs = (double)job->problem->n * job->statistics->largest_weight;
    return job->loss == MDS_LOSS_SQUARED ? sqrt(pairs) * mds_job_largest(job) : pairs * mds_job_largest(job);
}

/* With the bound on its error, a loss from mds_job_loss. */
static struct bounded with_bound(const mds_pattern_search *search, double value)
{
    double rows = sqrt((double)search->n), row_size = row_bound(search->job);
    double terms = search->job->loss == MDS_LOSS_SQUARED ? 2 * sqrt(value) * (row_size * rows + sqrt(value))
                                                         : row_size * (double)search->n + value;
    double additions = (double)search->n / MDS_LANES + MDS_LANES;
    return (struct bounded){value, DBL_EPSILON * ((double)(search->p + 4) * terms + additions * value)};
}

static struct bounded sum_loss(mds_pattern_search *search, const double *x)
{
    return with_bound(search, mds_job_loss(search->job, x));
}

/* Whether the epoch that is over lowered the loss by less than the tolerance, from `*previous`, the loss of
 * search->before. */
static bool stalled(mds_pattern_search *search, struct bounded *previous)
{
    double tolerance = search->job->tolerance;
    if (search->job->transform) { /* new disparities, from which no old loss can be summed again */
        search->loss = sum_loss(search, search->job->x);
        mds_transform_mirror(search->job->transform);
        if (search->cached) mds_row_sum_cache_invalidate(&search->cache);
        return previous->value - search->loss.value < tolerance * previous->value;
    }
    double margin = (previous->value - search->loss.value) - tolerance * previous->value;
    if (fabs(margin) > previous->error_bound + search->loss.error_bound) return margin < 0;
    *previous = sum_loss(search, search->before);
    search->loss = sum_loss(search, search->job->x);
    return previous->value - search->loss.value < tolerance * previous->value;
}

/* ---- one epoch ---- */

/* `take` of `from`, ascending, each subset as likely as any (selection sampling, Knuth vol. 2, 3.4.2 S). */
static void draw_ascending(fs_random *random, size_t *items, size_t take, size_t from)
{
    for (size_t i = 0, taken = 0; taken < take; i++)
        if (fs_random_below(random, from - i) < take - taken) items[taken++] = i;
}

static size_t share_of(double share, size_t count)
{
    double taken = ceil(share * (double)count);
    return taken < 1 ? 1 : taken > (double)count ? count : (size_t)taken;
}

/* Try points that follow each other in the order. Returns how many moved. */
static uint64_t try_points(mds_pattern_search *search, const size_t *points, size_t count)
{
    size_t tried = search->tried;
    for (size_t b = 0; tried < search->p && b < count; b++)
        draw_ascending(&search->job->random, search->dimensions + b * tried, tried, search->p);
    if (mds_pattern_begin_block(search, points, count) && count > 1) {
        mds_pattern_evaluate(search);
        mds_pattern_fill_slots(search);
        return decide_block(search);
    }
    /* One by one: no row has to be corrected for what moves meanwhile. */
    uint64_t moves = 0;
    for (size_t b = 0; b < count; b++) {
        if (count > 1) { /* each is a block of its own, the first slot of it */
            size_t *dimensions = search->dimensions;
            if (tried < search->p) memmove(dimensions, dimensions + b * tried, tried * sizeof *dimensions);
            (void)mds_pattern_begin_block(search, points + b, 1);
        }
        mds_pattern_evaluate(search);
        double bound = mds_pattern_take(search, 0, search->sums, 1);
        moves += decide(search, points[b], search->sums, bound);
    }
    return moves;
}

static uint64_t run_epoch(mds_pattern_search *search)
{
    fs_random *random = &search->job->random;
    size_t points = share_of(search->options->point_share, search->n), count;
    size_t size = search->workers > 1 ? mds_pattern_block_size(search->n) : 1;
    if (points < search->n) draw_ascending(random, search->order, points, search->n);
    if (search->options->order == MDS_ORDER_SHUFFLED) fs_random_shuffle(random, search->order, points);
    uint64_t moves = 0;
    for (size_t v = 0; v < points; v += count) {
        count = points - v < size ? points - v : size;
        search->keep = search->cache.shift == 0 || 5 * moves < 2 * v;
        moves += try_points(search, search->order + v, count);
    }
    return moves;
}

/* The radius falls by steps to the smallest: how far it has come is the best guess at how far the work has.
 */
static double fraction_done(const mds_pattern_options *options, double radius)
{
    double whole = log(options->radius / options->smallest_radius);
    return whole > 0 ? log(options->radius / radius) / whole : 0;
}

static bool all_below(const size_t *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (items[i] >= n) return false;
    return true;
}

static void run_epochs(mds_pattern_search *search, mds_pattern_statistics *statistics)
{
    mds_job *job = search->job;
    size_t cells = search->p * job->stride;
    search->radius = search->options->radius;
    search->loss = with_bound(search, job->start_loss);
    const mds_piece pieces[] = {{job->x, cells * sizeof *job->x},
                                MDS_PIECE(search->radius),
                                MDS_PIECE(search->loss),
                                {search->order, search->n * sizeof *search->order},
                                {statistics, sizeof *statistics}};
    mds_stage stage = MDS_STAGE("pattern", pieces);
    job->stop = search->loss.value == 0 ? MDS_STOP_EXACT : MDS_STOP_LIMIT;
    if (mds_stage_begin(job, &stage) == MDS_STAGE_OVER) return;
    if (!mds_stage_require(job, all_below(search->order, search->n))) return;
    for (; search->loss.value != 0 && job->done < job->iterations; mds_stage_pass(job, &stage)) {
        struct bounded previous = search->loss;
        double radius = statistics->radius = search->radius;
        memcpy(search->before, job->x, cells * sizeof *job->x);
        uint64_t moves = run_epoch(search);
        bool shrink = stalled(search, &previous);
        if (search->loss.value <= search->loss.error_bound && !job->transform)
            search->loss = sum_loss(search, job->x);

        statistics->moves += moves;
        bool go_on =
            mds_job_report(job, search->loss.value, radius, moves, fraction_done(search->options, radius));

        if (shrink) {
            search->radius *= search->options->shrink;
            if (search->cached) mds_row_sum_cache_invalidate(&search->cache);
        }
        if (search->loss.value == 0) {
            job->stop = MDS_STOP_EXACT;
        } else if (search->radius < search->options->smallest_radius) {
            job->stop = MDS_STOP_CONVERGED;
            break;
        } else if (job->done >= job->iterations) {
            job->stop = MDS_STOP_LIMIT;
        } else if (!go_on) {
            break;
        }
    }
    mds_stage_end(job, &stage);
}

/* ---- one solve ---- */

/* Threads that earn their keep: each gets a few tasks of a block whose rows are all to be summed. */
unsigned mds_pattern_useful_workers(const mds_job *job, unsigned granted)
{
    size_t n = job->problem->n, rows = mds_pattern_block_size(n);
    double work = (double)rows * (double)n * (2 * (double)job->p + 1) / MDS_PATTERN_GRAIN;
    double most = fmin(work, (double)rows) / 2;
    return most < 1 ? 1 : (double)granted > most ? (unsigned)most : granted;
}

static void lay_out(mds_pattern_search *search, const mds_job *job, mds_workspace *workspace)
{
    size_t n = job->problem->n, p = job->p;
    const mds_pattern_options *options = job->options;
    *search = (mds_pattern_search){.pool = job->pool, .options = options, .n = n, .p = p, .count = 2 * p + 1};
    search->tried = share_of(options->dimension_share, p);
    search->cached = search->tried == p;
    search->before = mds_workspace_take(workspace, job->stride, p * sizeof(double));
    search->sums = mds_workspace_take(workspace, search->count, sizeof(double));
    search->order = mds_workspace_take(workspace, n, sizeof(size_t));
    mds_pattern_block_lay_out(search, workspace);
}

void mds_pattern_measure(const mds_job *job, mds_workspace *workspace)
{
    mds_pattern_search search;
    lay_out(&search, job, workspace);
}

static void choose_kernels(mds_pattern_search *search)
{
    const mds_job *job = search->job;
    enum mds_term term = job->loss == MDS_LOSS_ABSOLUTE ? MDS_TERM_ABSOLUTE
                         : job->statistics->plain       ? MDS_TERM_PLAIN
                                                        : MDS_TERM_SQUARED;
    enum mds_shape shape = search->p == 2   ? MDS_SHAPE_PLANE
                           : search->p == 3 ? MDS_SHAPE_SPACE
                                            : MDS_SHAPE_ANY;
    search->change = job->kernels->change[term][shape];
    search->kernel = job->kernels->pattern[term][search->tried < search->p ? MDS_SHAPE_ANY : shape];
}

fs_status mds_pattern_solve(mds_job *job, fs_error *error)
{
    (void)error;
    mds_pattern_search search;
    mds_workspace workspace = {.next = job->workspace};
    lay_out(&search, job, &workspace);
    search.job = job;
    if (job->transform) mds_transform_mirror(job->transform);
    for (size_t i = 0; i < search.n; i++) search.order[i] = i;
    choose_kernels(&search);
    mds_pattern_statistics statistics = {.size = sizeof statistics};
    run_epochs(&search, &statistics);
    statistics.radius = ldexp(statistics.radius, job->length_exponent);
    memcpy(job->method_statistics, &statistics, sizeof statistics);
    return FS_OK;
}
