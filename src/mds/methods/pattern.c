/*
 * Decisions. A row error from a kernel is a sum of rounded terms in the kernel's own order. From
 *   distances: relative error below (p + 4) eps, so a term's error is below 2 |delta - d| d (p + 4) eps, and
 * by Cauchy-Schwarz the row's is below 2 (p + 4) eps sqrt(E) sqrt(sum w d^2), where sqrt(sum w d^2) <=
 * sqrt(sum w delta^2) + sqrt(E); sums: at most MDS_CHUNK + chunks additions one after the other, each within
 * eps of E; there follows a bound on its error. Two positions whose row errors differ by more than the two
 * bounds are in the order that the kernel says. The others, a few in a million, are summed again in one fixed
 * way (settle), so that every instruction set and every number of threads moves the same points.
 *
 * The stress goes down by E - E' with each move, so keeping it up to date costs nothing. Its error is bounded
 * along the way, and where the bound leaves a decision open the stress is summed again, by the kernel that
 * gives the same bits at every level.
 */
#include "pattern.h"

#include "clock.h"
#include "kernels.h"
#include "memory.h"
#include "random.h"
#include "row_sum_cache.h"
#include "thread_pool.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* A sum with the rounding errors carried along (Neumaier 1974). */
struct exact_sum {
    double sum, lost;
};

static void exact_add(struct exact_sum *to, double value)
{
    double sum = to->sum + value;
    to->lost += fabs(to->sum) >= fabs(value) ? (to->sum - sum) + value : (value - sum) + to->sum;
    to->sum = sum;
}

/* A stress, and how far from the truth it may be. */
struct stress {
    double value, doubt;
};

/* One solve. Everything below is made once, before the first epoch. */
struct search {
    const mds_problem *problem;
    const mds_survey *survey;
    const mds_pattern_options *options;
    const mds_kernels *kernels;
    mds_pattern_kernel *kernel;
    mds_team *team;
    mds_row_memory *memory; /* NULL when the tried dimensions change from visit to visit */
    fs_random random;
    size_t n, p, chunks;
    mds_pattern_row row; /* the point at hand */
    double row_size;     /* at least sqrt(sum w delta^2) of any row (absolute loss: sum w delta) */

    double *x;          /* structure of arrays, p * stride */
    double *before;     /* the same at the start of the epoch */
    double *at;         /* p: where the point at hand is */
    double *partial;    /* (chunks + 1) * (2p + 1) */
    double *sums;       /* 2p + 1 */
    double *scratch;    /* for each member, its share of scratch_size */
    double *row_stress; /* n */
    size_t *order;      /* n: points in the order of visits */
    size_t *dimensions; /* p: those to be tried */
    size_t scratch_size;

    struct stress stress;
};

/* ---- one row ---- */

static void take_row(const struct search *search, const double *x, size_t i, double *at, mds_pattern_row *row)
{
    const mds_problem *problem = search->problem;
    for (size_t k = 0; k < search->p; k++) at[k] = x[k * row->stride + i];
    row->x = x;
    row->at = at;
    row->delta = problem->delta + i * problem->ld;
    row->weights = problem->weights ? problem->weights + i * problem->ldw : NULL;
}

/* Ask for the part of the matrix that this member will probably read next, which may be the beginning of the
 * next row: rows are too short for the processor to see by itself where the reading goes on. (A large matrix
 * is passed 1.5 to 2 times as fast; Zen 5.) */
static void fetch_ahead(const struct search *search, const double *row, size_t last)
{
    const mds_problem *problem = search->problem;
    size_t ahead = (size_t)(row - problem->delta) + last + (mds_team_members(search->team) - 1) * MDS_CHUNK;
    if (ahead + MDS_CHUNK > (search->n - 1) * problem->ld + search->n) return;
    for (size_t j = 0; j < MDS_CHUNK; j += MDS_STRIDE) __builtin_prefetch(problem->delta + ahead + j);
}

static void sum_chunk(void *context, unsigned member, size_t chunk)
{
    struct search *search = context;
    mds_pattern_row row = search->row;
    size_t first = chunk * MDS_CHUNK, last = first + MDS_CHUNK < search->n ? first + MDS_CHUNK : search->n;
    row.scratch = search->scratch + member * search->scratch_size;
    fetch_ahead(search, row.delta, last);
    search->kernel(&row, first, last, search->partial + chunk * (2 * row.tried + 1));
}

/* The loss of a pair. */
static double loss(const struct search *search, double weight, double error)
{
    return search->options->loss == MDS_LOSS_SQUARED ? weight * error * error : weight * fabs(error);
}

/* Where try t of the point at hand puts coordinate *k. */
static double tried_value(const struct search *search, size_t t, size_t *k)
{
    *k = search->row.dimensions[(t - 1) / 2];
    return t % 2 ? search->at[*k] + search->row.radius : search->at[*k] - search->row.radius;
}

/* How far from the truth a row error may be that was summed with so many additions one after the other, and
 * is at most `most`. */
static double sum_doubt(const struct search *search, double most, size_t additions)
{
    double terms = search->options->loss == MDS_LOSS_SQUARED
                       ? 2 * sqrt(most) * (search->row_size + sqrt(most))
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
        mds_team_run(search->team, search->chunks, sum_chunk, search);
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
            sums[t] -= loss(search, weight, moved - search->at[k]);
        }
    }
    return sum_doubt(search, most, search->chunks > 1 ? MDS_CHUNK + search->chunks : search->n);
}

/* The same from what the last visit found and the columns that have moved since. */
static double sum_changes(struct search *search, const mds_row_change *change)
{
    double *sums = search->sums, *before = search->partial, *after = before + 2 * search->p + 1;
    size_t count = 2 * search->p + 1;
    if (change->columns == 0) return change->doubt;
    search->kernel(&change->before, 0, change->columns, before);
    search->kernel(&change->after, 0, change->columns, after);
    double most = largest(sums, count), gone = largest(before, count), come = largest(after, count);
    for (size_t t = 0; t < count; t++) sums[t] += after[t] - before[t];
    return change->doubt + sum_doubt(search, gone, change->columns) +
           sum_doubt(search, come, change->columns) + DBL_EPSILON * (most + gone + come);
}

/* Fill search->sums with the row errors of point i; returns how far from the truth each may be. */
static double sum_row(struct search *search, size_t i)
{
    mds_row_change change;
    take_row(search, search->x, i, search->at, &search->row);
    if (search->memory && mds_row_memory_recall(search->memory, i, &search->row, &change, search->sums))
        return sum_changes(search, &change);
    return sum_columns(search, i);
}

/* Row error of point i at try t, in the one fixed way. */
static double settle(const struct search *search, size_t i, size_t t)
{
    const mds_pattern_row *row = &search->row;
    size_t moved = SIZE_MAX;
    double value = t ? tried_value(search, t, &moved) : 0;
    struct exact_sum sum = {0};
    for (size_t j = 0; j < search->n; j++) {
        if (j == i || isnan(row->delta[j])) continue;
        double d2 = 0;
        for (size_t k = 0; k < search->p; k++) {
            double difference = (k == moved ? value : search->at[k]) - row->x[k * row->stride + j];
            d2 += difference * difference;
        }
        exact_add(&sum, loss(search, row->weights ? row->weights[j] : 1, row->delta[j] - sqrt(d2)));
    }
    return sum.sum + sum.lost;
}

/* The first of the least row errors among the tries. */
static size_t best_try(const double *sums, size_t count)
{
    size_t best = 1;
    for (size_t t = 2; t < count; t++)
        if (sums[t] < sums[best]) best = t;
    return best;
}

/* Visit point i. Returns whether it moved. */
static bool visit(struct search *search, size_t i)
{
    double summed = sum_row(search, i);
    if (search->memory) mds_row_memory_keep(search->memory, i, search->sums, summed);
    /* Twice for two sums, and twice again for what settle may be off. */
    double doubt = 4 * summed;
    double *sums = search->sums, least = sums[1];
    size_t count = 2 * search->row.tried + 1, near = 0;
    for (size_t t = 2; t < count; t++) least = sums[t] < least ? sums[t] : least;
    if (least - sums[0] > doubt) return false; /* what most visits come to */

    for (size_t t = 0; t < count; t++) near += fabs(sums[t] - least) <= doubt;
    if (near > 1)
        for (size_t t = 0; t < count; t++)
            if (sums[t] - least <= doubt) sums[t] = settle(search, i, t);
    size_t k, best = best_try(sums, count);
    if (!(sums[best] < sums[0])) return false;

    double value = tried_value(search, best, &k);
    search->x[k * search->row.stride + i] = value;
    if (search->memory) mds_row_memory_move(search->memory, i, search->at, k, value);
    search->stress.value -= sums[0] - sums[best];
    search->stress.doubt += doubt + DBL_EPSILON * search->stress.value;
    return true;
}

/* ---- the stress ---- */

enum { STRESS_ROWS = 32 }; /* in one piece of work */

struct stress_work {
    struct search *search;
    const double *x;
};

static void stress_rows(void *context, unsigned member, size_t block)
{
    const struct stress_work *work = context;
    struct search *search = work->search;
    double *at = search->scratch + member * search->scratch_size;
    mds_pattern_row row = search->row;
    size_t end = (block + 1) * STRESS_ROWS < search->n ? (block + 1) * STRESS_ROWS : search->n;
    for (size_t i = block * STRESS_ROWS; i < end; i++) {
        take_row(search, work->x, i, at, &row);
        mds_stress_sums sums = {0};
        search->kernels->stress(&row, i + 1, search->n, &sums);
        search->row_stress[i] = search->options->loss == MDS_LOSS_SQUARED ? sums.raw : sums.absolute;
    }
}

/* The stress of a configuration, the same bits at every level and number of threads. */
static struct stress sum_stress(struct search *search, const double *x)
{
    struct stress_work work = {search, x};
    mds_team_run(search->team, (search->n + STRESS_ROWS - 1) / STRESS_ROWS, stress_rows, &work);
    struct exact_sum sum = {0};
    for (size_t i = 0; i < search->n; i++) exact_add(&sum, search->row_stress[i]);
    double value = sum.sum + sum.lost, rows = sqrt((double)search->n);
    double terms = search->options->loss == MDS_LOSS_SQUARED
                       ? 2 * sqrt(value) * (search->row_size * rows + sqrt(value))
                       : search->row_size * (double)search->n + value;
    double additions = (double)search->n / MDS_LANES + MDS_LANES;
    return (struct stress){value, DBL_EPSILON * ((double)(search->p + 4) * terms + additions * value)};
}

/* Whether the epoch that is over lowered the stress by less than the tolerance, from `*previous`, the stress
 * of search->before. */
static bool stalled(struct search *search, struct stress *previous)
{
    double tolerance = search->options->tolerance;
    double margin = (previous->value - search->stress.value) - tolerance * previous->value;
    if (fabs(margin) > previous->doubt + search->stress.doubt) return margin < 0;
    *previous = sum_stress(search, search->before);
    search->stress = sum_stress(search, search->x);
    return previous->value - search->stress.value < tolerance * previous->value;
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
    size_t points = share_of(search->options->point_share, search->n);
    size_t tried = share_of(search->options->dimension_share, search->p);
    if (points < search->n) draw_ascending(&search->random, search->order, points, search->n);
    if (search->options->order == MDS_ORDER_SHUFFLED)
        fs_random_shuffle(&search->random, search->order, points);
    uint64_t moves = 0;
    for (size_t v = 0; v < points; v++) {
        if (tried < search->p) draw_ascending(&search->random, search->dimensions, tried, search->p);
        moves += visit(search, search->order[v]);
    }
    return moves;
}

static void run_epochs(struct search *search, mds_result *result)
{
    const mds_pattern_options *options = search->options;
    size_t cells = search->p * search->row.stride;
    search->row.radius = options->radius;
    search->stress = sum_stress(search, search->x);
    result->start = search->stress.value;
    result->stop = search->stress.value == 0 ? MDS_STOP_ZERO : MDS_STOP_EPOCHS;
    while (search->stress.value != 0 && result->epochs < options->epochs) {
        struct stress previous = search->stress;
        double radius = result->radius = search->row.radius;
        memcpy(search->before, search->x, cells * sizeof *search->x);
        uint64_t moves = run_epoch(search);
        bool shrink = stalled(search, &previous);
        if (search->stress.value <= search->stress.doubt) search->stress = sum_stress(search, search->x);

        mds_epoch epoch = {++result->epochs, radius, search->stress.value, moves};
        result->moves += moves;
        if (options->trace && result->trace_used < options->trace_room)
            options->trace[result->trace_used++] = epoch;
        bool go_on = !options->progress || options->progress(&epoch, options->context);

        if (shrink) {
            search->row.radius *= options->shrink;
            if (search->memory) mds_row_memory_forget(search->memory);
        }
        if (search->stress.value == 0) {
            result->stop = MDS_STOP_ZERO;
        } else if (search->row.radius < options->smallest_radius) {
            result->stop = MDS_STOP_RADIUS;
            break;
        } else if (!go_on && result->epochs < options->epochs) {
            result->stop = MDS_STOP_CANCELLED;
            break;
        }
    }
    result->stress = sum_stress(search, search->x).value;
}

/* ---- one solve ---- */

/* Threads that earn their keep: handing out a row and gathering it costs about as much as one chunk in the
 * plane. */
static unsigned useful_members(const struct search *search)
{
    unsigned members = search->options->threads ? search->options->threads : mds_team_processors();
    double most = (double)search->chunks * (double)search->p / 4;
    if (most > (double)search->chunks) most = (double)search->chunks;
    return most < 1 ? 1 : (double)members > most ? (unsigned)most : members;
}

/* A drawn start fills a cube whose size makes the mean squared distance that of the dissimilarities. */
static void place_start(struct search *search, const double *x, size_t ldx)
{
    size_t stride = search->row.stride;
    double half = sqrt(1.5 * search->survey->mean_square / (double)search->p);
    memset(search->x, 0, search->p * stride * sizeof *search->x);
    for (size_t j = 0; j < search->n; j++)
        for (size_t k = 0; k < search->p; k++)
            search->x[k * stride + j] = search->options->start_given
                                            ? x[j * ldx + k]
                                            : half * (2 * fs_random_unit(&search->random) - 1);
}

/* At least sqrt(sum w delta^2) of any row (absolute loss: sum w delta). */
static double row_bound(const struct search *search)
{
    double pairs = (double)search->n * search->survey->largest_weight, largest = search->survey->largest;
    return search->options->loss == MDS_LOSS_SQUARED ? sqrt(pairs) * largest : pairs * largest;
}

static fs_status prepare(struct search *search, const double *x, size_t ldx, void **memory, fs_error *error)
{
    size_t n = search->n, p = search->p, stride = (n + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE;
    fs_status status = mds_team_create(useful_members(search), &search->team, error);
    if (status) return status;
    size_t members = mds_team_members(search->team);
    search->chunks = (n + MDS_CHUNK - 1) / MDS_CHUNK;
    search->scratch_size = (MDS_PATTERN_SCRATCH(p) + 7) / 8 * 8;

    /* No product here overflows once n * p and p * members are known to be far from it. */
    size_t points, scratch;
    if (!fs_size_mul(stride, p, &points) || points > SIZE_MAX / 1024 ||
        !fs_size_mul(search->scratch_size, members, &scratch) || scratch > SIZE_MAX / 1024 ||
        p > SIZE_MAX / 1024)
        return fs_fail(error, FS_ARGUMENT, "n = %zu by p = %zu is too large for this machine", n, p);
    size_t sums = 2 * p + 1, spare = 64 * 16;
    size_t bytes = (2 * points + p + sums * (search->chunks + 2) + scratch + 2 * n + p) * 8 + spare;
    char *next = *memory = fs_alloc_aligned(1, bytes);
    if (!next) return fs_fail_memory(error, "preparing the search", bytes);
    search->x = fs_cut(&next, points, sizeof(double));
    search->before = fs_cut(&next, points, sizeof(double));
    search->at = fs_cut(&next, p, sizeof(double));
    search->partial = fs_cut(&next, sums * (search->chunks + 1), sizeof(double));
    search->sums = fs_cut(&next, sums, sizeof(double));
    search->scratch = fs_cut(&next, scratch, sizeof(double));
    search->row_stress = fs_cut(&next, n, sizeof(double));
    search->order = fs_cut(&next, n, sizeof(size_t));
    search->dimensions = fs_cut(&next, p, sizeof(size_t));

    for (size_t i = 0; i < n; i++) search->order[i] = i;
    for (size_t k = 0; k < p; k++) search->dimensions[k] = k;
    search->row = (mds_pattern_row){.stride = stride,
                                    .p = p,
                                    .scratch = search->scratch,
                                    .dimensions = search->dimensions,
                                    .tried = share_of(search->options->dimension_share, p)};
    fs_random_init(&search->random, search->options->seed);
    place_start(search, x, ldx);
    search->row_size = row_bound(search);
    return search->row.tried < p ? FS_OK : mds_row_memory_create(n, p, &search->memory, error);
}

static mds_pattern_kernel *choose_kernel(const struct search *search)
{
    enum mds_term term = search->options->loss == MDS_LOSS_ABSOLUTE ? MDS_TERM_ABSOLUTE
                         : search->survey->plain                    ? MDS_TERM_PLAIN
                                                                    : MDS_TERM_SQUARED;
    enum mds_shape shape = search->row.tried < search->p ? MDS_SHAPE_ANY
                           : search->p == 2              ? MDS_SHAPE_PLANE
                           : search->p == 3              ? MDS_SHAPE_SPACE
                                                         : MDS_SHAPE_ANY;
    return search->kernels->pattern[term][shape];
}

fs_status mds_pattern_solve(const mds_problem *problem, const mds_survey *survey, size_t p,
                            const mds_pattern_options *options, double *x, size_t ldx, mds_result *result,
                            fs_error *error)
{
    double begun = fs_clock_seconds();
    const mds_kernels *kernels = mds_kernels_for(options->isa);
    struct search search = {.problem = problem,
                            .survey = survey,
                            .options = options,
                            .kernels = kernels,
                            .n = problem->n,
                            .p = p,
                            .chunks = (problem->n + MDS_CHUNK - 1) / MDS_CHUNK};
    void *memory = NULL;
    fs_status status = prepare(&search, x, ldx, &memory, error);
    if (status) goto cleanup;
    search.kernel = choose_kernel(&search);
    *result = (mds_result){.isa = kernels->isa, .threads = mds_team_members(search.team)};
    run_epochs(&search, result);
    for (size_t j = 0; j < search.n; j++)
        for (size_t k = 0; k < p; k++) x[j * ldx + k] = search.x[k * search.row.stride + j];
    result->seconds = fs_clock_seconds() - begun;
cleanup:
    fs_free(memory);
    mds_row_memory_destroy(search.memory);
    mds_team_destroy(search.team);
    return status;
}
