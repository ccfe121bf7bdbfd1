/*
 * Decisions. A row error from a kernel is a sum of rounded terms in the kernel's own order. From
 *   distances: relative error below (p + 4) eps, so a term's error is below 2 |delta - d| d (p + 4) eps, and
 * by Cauchy-Schwarz the row's is below 2 (p + 4) eps sqrt(E) sqrt(sum w d^2), where sqrt(sum w d^2) <=
 * sqrt(sum w delta^2) + sqrt(E); sums: at most MDS_CHUNK + chunks additions one after the other, each within
 * eps of E; there follows a bound on its error. Two positions whose row errors differ by more than the two
 * bounds are in the order that the kernel says. The others, a few in a million, are summed again in one fixed
 * way (row_error_exact), so that every instruction set and every number of threads moves the same points.
 *
 * The loss goes down by E - E' with each move, so keeping it up to date costs nothing. Its error is bounded
 * along the way, and where the bound leaves a decision open the loss is summed again, by the kernel that
 * gives the same bits at every level.
 */
#include "pattern.h"

#include "exact_sum.h"
#include "row_sum_cache.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* A number, and how far from the truth it may be. */
struct bounded {
    double value, error_bound;
};

/* One solve. Everything below is made once, before the first epoch. */
struct search {
    mds_job *job;
    const mds_pattern_options *options;
    mds_pattern_kernel *kernel;
    mds_thread_pool *pool;
    mds_row_sum_cache cache;
    bool cached; /* not when the dimensions that are tried change from point to point */
    size_t n, p, chunks;
    mds_pattern_row row; /* of the point at hand */
    double row_size;     /* at least sqrt(sum w delta^2) of any row (absolute loss: sum w delta) */

    double *before;     /* job->x at the start of the epoch */
    double *at;         /* p: where the point at hand is */
    double *partial;    /* (chunks + 1) * (2p + 1) */
    double *sums;       /* 2p + 1 */
    double *scratch;    /* for each worker, scratch_size */
    size_t *order;      /* n: points in the order they are tried in */
    size_t *dimensions; /* p: those to be tried */
    size_t scratch_size;

    struct bounded loss;
};

/* ---- one row ---- */

/* Ask for the part of the matrix that this worker will probably read next, which may be the beginning of the
 * next row: rows are too short for the processor to see by itself where the reading goes on. (A large matrix
 * is passed 1.5 to 2 times as fast; Zen 5.) */
static void fetch_ahead(const struct search *search, const double *row, size_t last)
{
    const mds_problem *problem = search->job->problem;
    size_t ahead =
        (size_t)(row - problem->delta) + last + (mds_thread_pool_workers(search->pool) - 1) * MDS_CHUNK;
    if (ahead + MDS_CHUNK > (search->n - 1) * problem->ld + search->n) return;
    for (size_t j = 0; j < MDS_CHUNK; j += MDS_STRIDE) __builtin_prefetch(problem->delta + ahead + j);
}

static void sum_chunk(void *context, unsigned worker, size_t chunk)
{
    struct search *search = context;
    mds_pattern_row row = search->row;
    size_t first = chunk * MDS_CHUNK, last = first + MDS_CHUNK < search->n ? first + MDS_CHUNK : search->n;
    row.scratch = search->scratch + worker * search->scratch_size;
    fetch_ahead(search, row.delta, last);
    search->kernel(&row, first, last, search->partial + chunk * (2 * row.tried + 1));
}

/* Where try t of the point at hand puts coordinate *k. */
static double tried_value(const struct search *search, size_t t, size_t *k)
{
    *k = search->row.dimensions[(t - 1) / 2];
    return t % 2 ? search->at[*k] + search->row.radius : search->at[*k] - search->row.radius;
}

/* How far from the truth a row error may be that was summed with so many additions one after the other, and
 * is at most `most`. */
static double sum_error_bound(const struct search *search, double most, size_t additions)
{
    double terms = search->job->loss == MDS_LOSS_SQUARED ? 2 * sqrt(most) * (search->row_size + sqrt(most))
                                                         : search->row_size + most;
    return DBL_EPSILON * ((double)(search->p + 4) * terms + (double)(additions + 8) * most);
}

static double largest(const double *sums, size_t count)
{
    double most = 0;
    for (size_t t = 0; t < count; t++) most = sums[t] > most ? sums[t] : most;
    return most;
}

/* Fill search->sums with the row errors of point i from all columns; returns how far from the truth each may
 * be. */
static double sum_columns(struct search *search, size_t i)
{
    mds_pattern_row *row = &search->row;
    double *sums = search->sums;
    size_t count = 2 * row->tried + 1;
    if (search->chunks == 1) {
        search->kernel(row, 0, search->n, sums);
    } else {
        mds_thread_pool_run(search->pool, search->chunks, sum_chunk, search);
        memcpy(sums, search->partial, count * sizeof *sums);
        for (size_t c = 1; c < search->chunks; c++)
            for (size_t t = 0; t < count; t++) sums[t] += search->partial[c * count + t];
    }
    double most = largest(sums, count);

    /* Moved, the point is a radius away from the column where it was; that is no pair. */
    if (!isnan(row->delta[i])) {
        double weight = row->weights ? row->weights[i] : 1;
        for (size_t t = 1; t < count; t++) {
            size_t k;
            double moved = tried_value(search, t, &k);
            sums[t] -= mds_pair_loss(search->job->loss, weight, moved - search->at[k]);
        }
    }
    return sum_error_bound(search, most, search->chunks > 1 ? MDS_CHUNK + search->chunks : search->n);
}

/* The same from the stored sums and the columns that have moved since. */
static double sum_changes(struct search *search, const mds_row_change *change)
{
    double *sums = search->sums, *before = search->partial, *after = before + 2 * search->p + 1;
    size_t count = 2 * search->p + 1;
    if (change->columns == 0) return change->error_bound;
    search->kernel(&change->before, 0, change->columns, before);
    search->kernel(&change->after, 0, change->columns, after);
    double most = largest(sums, count), removed = largest(before, count), added = largest(after, count);
    for (size_t t = 0; t < count; t++) sums[t] += after[t] - before[t];
    return change->error_bound + sum_error_bound(search, removed, change->columns) +
           sum_error_bound(search, added, change->columns) + DBL_EPSILON * (most + removed + added);
}

/* Fill search->sums with the row errors of point i; returns how far from the truth each may be. */
static double sum_row(struct search *search, size_t i)
{
    mds_row_change change;
    mds_job_row(search->job, search->job->x, i, search->at, &search->row);
    if (search->cached && mds_row_sum_cache_lookup(&search->cache, i, &search->row, &change, search->sums))
        return sum_changes(search, &change);
    return sum_columns(search, i);
}

/* Row error of point i at try t, in the one fixed way. */
static double row_error_exact(const struct search *search, size_t i, size_t t)
{
    const mds_pattern_row *row = &search->row;
    size_t moved = SIZE_MAX;
    double value = t ? tried_value(search, t, &moved) : 0;
    mds_exact_sum sum = {0};
    for (size_t j = 0; j < search->n; j++) {
        if (j == i || isnan(row->delta[j])) continue;
        double d2 = 0;
        for (size_t k = 0; k < search->p; k++) {
            double difference = (k == moved ? value : search->at[k]) - row->x[k * row->stride + j];
            d2 += difference * difference;
        }
        double weight = row->weights ? row->weights[j] : 1;
        mds_exact_add(&sum, mds_pair_loss(search->job->loss, weight, row->delta[j] - sqrt(d2)));
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

/* Try point i at its 2p positions, and move it if one is better. Returns whether it moved. */
static bool try_point(struct search *search, size_t i)
{
    double row_bound = sum_row(search, i);
    if (search->cached) mds_row_sum_cache_store(&search->cache, i, search->sums, row_bound);
    /* Twice for two sums, and twice again for what row_error_exact may be off. */
    double bound = 4 * row_bound;
    double *sums = search->sums, least = sums[1];
    size_t count = 2 * search->row.tried + 1, near = 0;
    for (size_t t = 2; t < count; t++) least = sums[t] < least ? sums[t] : least;
    if (least - sums[0] > bound) return false; /* what most tries come to */

    for (size_t t = 0; t < count; t++) near += fabs(sums[t] - least) <= bound;
    if (near > 1)
        for (size_t t = 0; t < count; t++)
            if (sums[t] - least <= bound) sums[t] = row_error_exact(search, i, t);
    size_t k, best = best_try(sums, count);
    if (!(sums[best] < sums[0])) return false;

    double value = tried_value(search, best, &k);
    search->job->x[k * search->row.stride + i] = value;
    if (search->cached) mds_row_sum_cache_move(&search->cache, i, search->at, k, value);
    search->loss.value -= sums[0] - sums[best];
    search->loss.error_bound += bound + DBL_EPSILON * search->loss.value;
    return true;
}

/* ---- the loss ---- */

/* With the bound on its error, a loss from mds_job_loss. */
static struct bounded with_bound(const struct search *search, double value)
{
    double rows = sqrt((double)search->n);
    double terms = search->job->loss == MDS_LOSS_SQUARED
                       ? 2 * sqrt(value) * (search->row_size * rows + sqrt(value))
                       : search->row_size * (double)search->n + value;
    double additions = (double)search->n / MDS_LANES + MDS_LANES;
    return (struct bounded){value, DBL_EPSILON * ((double)(search->p + 4) * terms + additions * value)};
}

static struct bounded sum_loss(struct search *search, const double *x)
{
    return with_bound(search, mds_job_loss(search->job, x));
}

/* Whether the epoch that is over lowered the loss by less than the tolerance, from `*previous`, the loss of
 * search->before. */
static bool stalled(struct search *search, struct bounded *previous)
{
    double tolerance = search->job->tolerance;
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

static uint64_t run_epoch(struct search *search)
{
    fs_random *random = &search->job->random;
    size_t points = share_of(search->options->point_share, search->n), tried = search->row.tried;
    if (points < search->n) draw_ascending(random, search->order, points, search->n);
    if (search->options->order == MDS_ORDER_SHUFFLED) fs_random_shuffle(random, search->order, points);
    uint64_t moves = 0;
    for (size_t v = 0; v < points; v++) {
        if (tried < search->p) draw_ascending(random, search->dimensions, tried, search->p);
        moves += try_point(search, search->order[v]);
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

static void run_epochs(struct search *search, mds_pattern_statistics *statistics)
{
    mds_job *job = search->job;
    size_t cells = search->p * job->stride;
    search->row.radius = search->options->radius;
    search->loss = with_bound(search, job->start_loss);
    job->stop = search->loss.value == 0 ? MDS_STOP_EXACT : MDS_STOP_LIMIT;
    while (search->loss.value != 0 && job->done < job->iterations) {
        struct bounded previous = search->loss;
        double radius = statistics->radius = search->row.radius;
        memcpy(search->before, job->x, cells * sizeof *job->x);
        uint64_t moves = run_epoch(search);
        bool shrink = stalled(search, &previous);
        if (search->loss.value <= search->loss.error_bound) search->loss = sum_loss(search, job->x);

        statistics->moves += moves;
        bool go_on =
            mds_job_report(job, search->loss.value, radius, moves, fraction_done(search->options, radius));

        if (shrink) {
            search->row.radius *= search->options->shrink;
            if (search->cached) mds_row_sum_cache_invalidate(&search->cache);
        }
        if (search->loss.value == 0) {
            job->stop = MDS_STOP_EXACT;
        } else if (search->row.radius < search->options->smallest_radius) {
            job->stop = MDS_STOP_CONVERGED;
            break;
        } else if (job->done >= job->iterations) {
            job->stop = MDS_STOP_LIMIT;
        } else if (!go_on) {
            break;
        }
    }
}

/* ---- one solve ---- */

/* Threads that earn their keep: handing out a row and gathering it costs about as much as one chunk in the
 * plane. */
unsigned mds_pattern_useful_workers(const mds_job *job, unsigned granted)
{
    size_t chunks = (job->problem->n + MDS_CHUNK - 1) / MDS_CHUNK;
    double most = (double)chunks * (double)job->p / 4;
    if (most > (double)chunks) most = (double)chunks;
    return most < 1 ? 1 : (double)granted > most ? (unsigned)most : granted;
}

/* At least sqrt(sum w delta^2) of any row (absolute loss: sum w delta). */
static double row_bound(const mds_job *job)
{
    double pairs = (double)job->problem->n * job->statistics->largest_weight;
    return job->loss == MDS_LOSS_SQUARED ? sqrt(pairs) * job->statistics->largest
                                         : pairs * job->statistics->largest;
}

static void lay_out(struct search *search, const mds_job *job, mds_workspace *workspace)
{
    size_t n = job->problem->n, p = job->p, sums = 2 * p + 1, workers = mds_thread_pool_workers(job->pool);
    search->options = job->options;
    search->n = n;
    search->p = p;
    search->pool = job->pool;
    search->chunks = (n + MDS_CHUNK - 1) / MDS_CHUNK;
    search->scratch_size = (MDS_PATTERN_SCRATCH(p) + 7) / 8 * 8;
    search->before = mds_workspace_take(workspace, job->stride, p * sizeof(double));
    search->at = mds_workspace_take(workspace, p, sizeof(double));
    search->partial = mds_workspace_take(workspace, search->chunks + 1, sums * sizeof(double));
    search->sums = mds_workspace_take(workspace, sums, sizeof(double));
    search->scratch = mds_workspace_take(workspace, search->scratch_size, workers * sizeof(double));
    search->order = mds_workspace_take(workspace, n, sizeof(size_t));
    search->dimensions = mds_workspace_take(workspace, p, sizeof(size_t));
    search->row = (mds_pattern_row){.stride = job->stride,
                                    .p = p,
                                    .scratch = search->scratch,
                                    .dimensions = search->dimensions,
                                    .tried = share_of(search->options->dimension_share, p)};
    search->cached = search->row.tried == p;
    if (search->cached) mds_row_sum_cache_lay_out(&search->cache, n, p, workspace);
}

void mds_pattern_measure(const mds_job *job, mds_workspace *workspace)
{
    struct search search;
    lay_out(&search, job, workspace);
}

static mds_pattern_kernel *choose_kernel(const struct search *search)
{
    const mds_job *job = search->job;
    enum mds_term term = job->loss == MDS_LOSS_ABSOLUTE ? MDS_TERM_ABSOLUTE
                         : job->statistics->plain       ? MDS_TERM_PLAIN
                                                        : MDS_TERM_SQUARED;
    enum mds_shape shape = search->row.tried < search->p ? MDS_SHAPE_ANY
                           : search->p == 2              ? MDS_SHAPE_PLANE
                           : search->p == 3              ? MDS_SHAPE_SPACE
                                                         : MDS_SHAPE_ANY;
    return job->kernels->pattern[term][shape];
}

fs_status mds_pattern_solve(mds_job *job, fs_error *error)
{
    (void)error;
    struct search search = {.job = job};
    mds_workspace workspace = {.next = job->workspace};
    lay_out(&search, job, &workspace);
    for (size_t i = 0; i < search.n; i++) search.order[i] = i;
    for (size_t k = 0; k < search.p; k++) search.dimensions[k] = k;
    search.row_size = row_bound(job);
    search.kernel = choose_kernel(&search);
    mds_pattern_statistics statistics = {.size = sizeof statistics};
    run_epochs(&search, &statistics);
    statistics.radius = ldexp(statistics.radius, job->length_exponent);
    memcpy(job->method_statistics, &statistics, sizeof statistics);
    return FS_OK;
}
