/*
 * The row errors of a block of points.
 *
 * A row error from a kernel is a sum of rounded terms in the kernel's own order. From
 *   distances: relative error below (p + 4) eps, so a term's error is below 2 |delta - d| d (p + 4) eps, and
 * by Cauchy-Schwarz that of so many columns is below 2 (p + 4) eps sqrt(E) sqrt(sum w d^2), where
 * sqrt(sum w d^2) <= sqrt(sum w delta^2) + sqrt(E); sums: so many additions one after the other, each within
 * eps of E; there follows a bound on its error. It is kept with the sums, and every correction adds its own.
 */
#include "pattern_search.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum {
    /* The sums of a single point are brought up to date when at most this share of the columns has moved (1
     * in so many): the dissimilarities are gathered one by one. */
    PAYS = 3,
    GATHERED = 64, /* moves in one call of a change kernel */
    COLUMNS = 256, /* and of a pattern kernel */
    CHUNK = 2048   /* columns of a row in one partial sum */
};

size_t mds_pattern_block_size(size_t n)
{
    return n < 200 ? MDS_BLOCK / 2 : MDS_BLOCK;
}

/* ---- bounds ---- */

/* How far from the truth a sum over so many columns may be that was made with so many additions one after the
 * other, and is at most `most`. */
static double sum_error_bound(const mds_pattern_search *search, double most, size_t columns, size_t additions)
{
    const mds_problem_statistics *of = search->job->statistics;
    double weight = (double)columns * of->largest_weight;
    double largest = mds_job_largest(search->job);
    double terms = search->job->loss == MDS_LOSS_SQUARED ? 2 * (sqrt(most * weight) * largest + most)
                                                         : weight * largest + most;
    return DBL_EPSILON * ((double)(search->p + 4) * terms + (double)(additions + 8) * most);
}

/* How much further it may be once it has been corrected for so many moves in so many calls. `turnover` is
 * what they added and took off, `most` the largest that the sum has been before. */
static double change_error_bound(const mds_pattern_search *search, double turnover, size_t moves,
                                 size_t calls, double most)
{
    return sum_error_bound(search, turnover, 2 * moves, moves) +
           DBL_EPSILON * (double)calls * (most + 2 * turnover);
}

/* ---- a row from all columns ---- */

static size_t padded(size_t count)
{
    return (count + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE;
}

/* A worker's own: coordinates of a point, sums of some columns twice, scratch. */
static double *room_of(const mds_pattern_search *search, unsigned worker)
{
    return search->room + worker * search->room_size;
}

static double *scratch_of(const mds_pattern_search *search, unsigned worker)
{
    return room_of(search, worker) + padded(search->p) + padded(2 * search->count);
}

/* Sum the row errors of slot b from all columns. */
static void sum_row(mds_pattern_search *search, unsigned worker, size_t b)
{
    const mds_pattern_block *block = &search->block;
    size_t n = search->n, i = block->points[b], count = 2 * search->tried + 1;
    double *at = room_of(search, worker), *chunk_sums = at + padded(search->p);
    double *sums = search->rows + b * search->row_size;
    mds_pattern_row row = {.stride = search->job->stride,
                           .p = search->p,
                           .radius = search->radius,
                           .dimensions =
                               search->dimensions + (search->tried < search->p ? b * search->tried : 0),
                           .tried = search->tried,
                           .scratch = scratch_of(search, worker)};
    mds_job_row(search->job, search->job->x, i, at, &row);
    for (size_t first = 0; first < n; first += CHUNK) {
        size_t last = first + CHUNK < n ? first + CHUNK : n;
        search->kernel(&row, first, last, first ? chunk_sums : sums);
        for (size_t t = 0; first && t < count; t++) sums[t] += chunk_sums[t];
    }
    size_t chunks = (n + CHUNK - 1) / CHUNK;
    double most = 0;
    for (size_t t = 0; t < count; t++) most = sums[t] > most ? sums[t] : most;
    sums[search->count + 1] = most;
    sums[search->count] = sum_error_bound(search, most, n, chunks > 1 ? CHUNK + chunks : n);

    /* Moved, the point is a radius away from the column where it was; that is no pair. */
    if (isnan(row.delta[i])) return;
    double weight = row.weights ? row.weights[i] : 1;
    for (size_t t = 1; t < count; t++) {
        double here = at[row.dimensions[(t - 1) / 2]], moved = t % 2 ? here + row.radius : here - row.radius;
        sums[t] -= mds_pair_loss(search->job->loss, weight, moved - here);
    }
}

/* ---- corrections for moves ---- */

/* Up to MDS_ROW_TILE points whose row errors stand side by side. */
struct tile_points {
    const size_t *points;
    size_t count;
    bool adjacent; /* they lie side by side in a row of the matrix, which is its column too */
};

/* What a moved point is to the points of a tile: where that stands in the matrix, or gathered into `room`. */
static const double *column_of(const mds_pattern_search *search, const double *matrix, size_t ld,
                               size_t moved, const struct tile_points *of, double *room)
{
    if (of->adjacent) {
        const double *column = matrix + moved * ld + of->points[0];
        __builtin_prefetch(column);
        return column;
    }
    bool mirrored = !search->job->statistics->asymmetric;
    for (size_t l = 0; l < MDS_ROW_TILE; l++) {
        size_t i = of->points[l < of->count ? l : 0];
        room[l] = mirrored ? matrix[moved * ld + i] : matrix[i * ld + moved];
    }
    return room;
}

/* Correct a tile for the moves from entry `first` of the log on to its end. */
static void apply_moves(const mds_pattern_search *search, const mds_row_tile *tile,
                        const struct tile_points *of, size_t first)
{
    const mds_problem *problem = search->job->problem;
    const mds_move_log *log = &search->log;
    const double *delta[GATHERED], *weights[GATHERED];
    _Alignas(64) double room[2][GATHERED][MDS_ROW_TILE];
    do {
        size_t count = log->used - first < GATHERED ? log->used - first : GATHERED;
        for (size_t e = 0; e < count; e++) {
            size_t moved = log->moved[first + e];
            delta[e] = column_of(search, problem->delta, problem->ld, moved, of, room[0][e]);
            if (problem->weights)
                weights[e] = column_of(search, problem->weights, problem->ldw, moved, of, room[1][e]);
        }
        const mds_moves moves = {.from = log->from + first,
                                 .to = log->to + first,
                                 .stride = log->capacity,
                                 .count = count,
                                 .delta = delta,
                                 .weights = problem->weights ? weights : NULL};
        search->change(tile, &moves);
        first += count;
    } while (first < log->used);
}

/* Bring a tile of the cache up to date, for `moves` moves from entry `first` of the log on. */
static void correct_tile(mds_pattern_search *search, unsigned worker, size_t number, size_t first,
                         size_t moves)
{
    mds_row_sum_cache *cache = &search->cache;
    size_t points[MDS_ROW_TILE], i = number * MDS_ROW_TILE;
    struct tile_points of = {points, i + MDS_ROW_TILE <= search->n ? MDS_ROW_TILE : search->n - i, false};
    for (size_t l = 0; l < MDS_ROW_TILE; l++) points[l] = l < of.count ? i + l : i; /* beyond: any */
    of.adjacent = of.count == MDS_ROW_TILE && !search->job->statistics->asymmetric;

    double turnover[MDS_ROW_TILE] = {0}, gain[MDS_ROW_TILE];
    const mds_row_tile tile = {.at = search->job->x + i,
                               .stride = search->job->stride,
                               .p = search->p,
                               .radius = search->radius,
                               .sums = mds_row_sum_cache_of(cache, i),
                               .turnover = turnover,
                               .gain = gain,
                               .scratch = scratch_of(search, worker)};
    apply_moves(search, &tile, &of, first);
    for (size_t l = 0; l < of.count; l++) {
        cache->error_bounds[i + l] += change_error_bound(
            search, turnover[l], moves, (moves + GATHERED - 1) / GATHERED, cache->most[i + l]);
        cache->most[i + l] += turnover[l];
    }
}

/* The same for a single point: the moves are the columns of a row. */
static void correct_point(mds_pattern_search *search, unsigned worker, size_t i, size_t first, size_t moves)
{
    const mds_move_log *log = &search->log;
    mds_row_sum_cache *cache = &search->cache;
    _Alignas(64) double delta[COLUMNS], weights[COLUMNS];
    double *sums = mds_row_sum_cache_of(cache, i), turnover = 0;
    double *at = room_of(search, worker), *before = at + padded(search->p), *after = before + search->count;
    mds_pattern_row row = {.p = search->p,
                           .radius = search->radius,
                           .dimensions = search->dimensions,
                           .tried = search->p,
                           .scratch = scratch_of(search, worker)};
    mds_job_row(search->job, search->job->x, i, at, &row);
    const double *delta_row = row.delta, *weight_row = row.weights;
    row.stride = log->capacity;
    row.delta = delta;
    row.weights = weight_row ? weights : NULL;
    for (size_t done = 0, count; done < moves; done += count) {
        const size_t *moved = log->moved + first + done;
        count = moves - done < COLUMNS ? moves - done : COLUMNS;
        for (size_t e = 0; e < count; e++) delta[e] = delta_row[moved[e]];
        for (size_t e = 0; weight_row && e < count; e++) weights[e] = weight_row[moved[e]];
        row.x = log->from + first + done;
        search->kernel(&row, 0, count, before);
        row.x = log->to + first + done;
        search->kernel(&row, 0, count, after);
        double most = 0;
        for (size_t t = 0; t < search->count; t++) {
            sums[t] += after[t] - before[t];
            most = before[t] + after[t] > most ? before[t] + after[t] : most;
        }
        turnover += most;
    }
    cache->error_bounds[i] +=
        change_error_bound(search, turnover, moves, (moves + COLUMNS - 1) / COLUMNS, cache->most[i]);
    cache->most[i] += turnover;
}

static void correct_cached(mds_pattern_search *search, unsigned worker, size_t unit)
{
    mds_row_sum_cache *cache = &search->cache;
    size_t first = (size_t)(cache->right_at[unit] - search->log.first), moves = search->log.used - first;
    if (cache->shift)
        correct_tile(search, worker, unit, first, moves);
    else
        correct_point(search, worker, unit, first, moves);
    cache->right_at[unit] = mds_move_log_end(&search->log);
}

/* ---- the slots of a block ---- */

void mds_pattern_correct(mds_pattern_search *search, size_t number)
{
    mds_pattern_block *block = &search->block;
    size_t b = number * MDS_ROW_TILE, done = block->corrected[number];
    struct tile_points of = {block->points + b,
                             b + MDS_ROW_TILE <= block->count ? MDS_ROW_TILE : block->count - b,
                             block->adjacent[number]};
    const mds_row_tile tile = {.at = block->adjacent[number] ? search->job->x + block->points[b]
                                                             : search->slot_at + b,
                               .stride = block->adjacent[number] ? search->job->stride : MDS_BLOCK,
                               .p = search->p,
                               .radius = search->radius,
                               .sums = search->slot_sums + b * search->count,
                               .turnover = block->turnover + b,
                               .gain = block->gain + b,
                               .scratch = scratch_of(search, 0)};
    apply_moves(search, &tile, &of, (size_t)(block->start - search->log.first) + done);
    block->corrected[number] = (size_t)(mds_move_log_end(&search->log) - block->start);
}

double mds_pattern_row_bound(const mds_pattern_search *search, size_t b)
{
    const mds_pattern_block *block = &search->block;
    size_t moves = block->corrected[b / MDS_ROW_TILE];
    if (moves == 0) return block->bounds[b];
    return block->bounds[b] + change_error_bound(search, block->turnover[b], moves, moves, block->most[b]);
}

/* Bring the sums of slot b, `step` apart, to where they are decided on: from what was summed from all
 * columns, or from the cache. Returns how far from the truth they may be. */
double mds_pattern_take(mds_pattern_search *search, size_t b, double *sums, size_t step)
{
    mds_pattern_block *block = &search->block;
    const double *row = search->rows + b * search->row_size;
    size_t i = block->points[b], tried = search->tried;
    if (search->cached && mds_row_sum_cache_has(&search->cache, i)) {
        const mds_row_sum_cache *cache = &search->cache;
        const double *kept = mds_row_sum_cache_of(cache, i);
        for (size_t t = 0; t < search->count; t++) sums[t * step] = kept[t << cache->shift];
        block->most[b] = cache->most[i];
        return block->bounds[b] = cache->error_bounds[i];
    }
    for (size_t t = 0; t < search->count; t++)
        sums[t * step] = tried == search->p || t == 0 ? row[t] : HUGE_VAL;
    for (size_t d = 0; tried < search->p && d < 2 * tried; d++)
        sums[(1 + 2 * search->dimensions[b * tried + d / 2] + d % 2) * step] = row[1 + d];
    block->most[b] = row[search->count + 1];
    return block->bounds[b] = row[search->count];
}

/* The tile of slots: its sums, and where its points are. */
static void fill_tile(mds_pattern_search *search, size_t tile)
{
    mds_pattern_block *block = &search->block;
    size_t first = tile * MDS_ROW_TILE, end = first + MDS_ROW_TILE;
    const size_t *points = block->points;
    bool adjacent = end <= block->count && !search->job->statistics->asymmetric;
    if (end > block->count) end = block->count;
    for (size_t b = first; b < end; b++) {
        mds_pattern_take(search, b, search->slot_sums + first * search->count + (b - first), MDS_ROW_TILE);
        adjacent = adjacent && points[b] == points[first] + (b - first);
        block->turnover[b] = 0;
    }
    block->adjacent[tile] = adjacent;
    block->corrected[tile] = 0;
    for (size_t k = 0; !adjacent && k < search->p; k++)
        for (size_t b = first; b < end; b++)
            search->slot_at[k * MDS_BLOCK + b] = search->job->x[k * search->job->stride + points[b]];
}

void mds_pattern_fill_slots(mds_pattern_search *search)
{
    for (size_t r = 0; r < search->block.rows; r++) /* most were written by others */
        __builtin_prefetch(search->rows + search->block.row[r] * search->row_size);
    for (size_t tile = 0; tile * MDS_ROW_TILE < search->block.count; tile++) fill_tile(search, tile);
}

/* ---- the row errors of a block ---- */

/* Decide how the row errors of a unit of the cache are brought up to date: a correction sums both ways of
 * each move, for all the points of a tile, also for those whose sums are gone since they moved. */
static void plan_unit(mds_pattern_search *search, size_t unit)
{
    mds_row_sum_cache *cache = &search->cache;
    uint64_t now = mds_move_log_end(&search->log), moves = now - cache->right_at[unit];
    size_t known = (size_t)__builtin_popcount(cache->valid[unit]);
    if (cache->right_at[unit] < search->log.first ||
        moves * (cache->shift ? 2 * MDS_ROW_TILE : PAYS) > search->n * known)
        cache->valid[unit] = 0;
    if (cache->valid[unit] == 0) cache->right_at[unit] = now;
    if (cache->right_at[unit] < now) search->block.unit[search->block.units++] = unit;
}

/* Find what there is to do; returns how many square roots that is. */
static size_t plan_block(mds_pattern_search *search)
{
    mds_pattern_block *block = &search->block;
    const mds_row_sum_cache *cache = &search->cache;
    size_t columns = 0, last = SIZE_MAX;
    block->units = block->rows = 0;
    for (size_t b = 0; b < block->count; b++) {
        size_t i = block->points[b], unit = search->cached ? i >> cache->shift : SIZE_MAX;
        if (unit != last) plan_unit(search, last = unit);
        if (!search->cached || !mds_row_sum_cache_has(cache, i)) block->row[block->rows++] = (unsigned char)b;
    }
    for (size_t u = 0; u < block->units; u++)
        columns += (size_t)(mds_move_log_end(&search->log) - cache->right_at[block->unit[u]]) << cache->shift;
    return 2 * columns * search->count + block->rows * search->row_work;
}

/* Units first: they are the larger tasks. */
static void run_task(void *context, unsigned worker, size_t task)
{
    mds_pattern_search *search = context;
    const mds_pattern_block *block = &search->block;
    if (task < block->units) {
        correct_cached(search, worker, block->unit[task]);
        return;
    }
    size_t first = (task - block->units) * search->rows_in_task, last = first + search->rows_in_task;
    for (size_t r = first; r < last && r < block->rows; r++) sum_row(search, worker, block->row[r]);
}

static void keep_rows(mds_pattern_search *search)
{
    const mds_pattern_block *block = &search->block;
    for (size_t r = 0; r < block->rows; r++) {
        size_t b = block->row[r], i = block->points[b];
        const double *row = search->rows + b * search->row_size;
        double *kept = mds_row_sum_cache_keep(&search->cache, i, row[search->count], row[search->count + 1]);
        for (size_t t = 0; t < search->count; t++) kept[t << search->cache.shift] = row[t];
    }
}

bool mds_pattern_begin_block(mds_pattern_search *search, const size_t *points, size_t count)
{
    mds_pattern_block *block = &search->block;
    block->points = points;
    block->count = count;
    mds_move_log_reserve(&search->log, MDS_BLOCK);
    block->start = mds_move_log_end(&search->log);
    return plan_block(search) >= 2 * MDS_PATTERN_GRAIN;
}

void mds_pattern_evaluate(mds_pattern_search *search)
{
    const mds_pattern_block *block = &search->block;
    if (block->count == 1) {
        for (size_t u = 0; u < block->units; u++) correct_cached(search, 0, block->unit[u]);
        for (size_t r = 0; r < block->rows; r++) sum_row(search, 0, block->row[r]);
    } else {
        size_t tasks = block->units + (block->rows + search->rows_in_task - 1) / search->rows_in_task;
        mds_thread_pool_run(search->pool, tasks, run_task, search);
    }
    if (search->cached && search->keep) keep_rows(search);
}

void mds_pattern_block_lay_out(mds_pattern_search *search, mds_workspace *workspace)
{
    size_t n = search->n, p = search->p, count = search->count;
    search->workers = mds_thread_pool_workers(search->pool);
    bool natural = search->options->order == MDS_ORDER_NATURAL && search->options->point_share == 1;
    search->row_work = n * (2 * search->tried + 1);
    size_t even = mds_pattern_block_size(n) / (2 * search->workers),
           least = MDS_PATTERN_GRAIN / search->row_work;
    search->rows_in_task = even > least ? even : least ? least : 1;
    search->dimensions = mds_workspace_take(workspace, p * MDS_BLOCK, sizeof(size_t));
    search->slot_sums = mds_workspace_take(workspace, count * MDS_BLOCK, sizeof(double));
    search->slot_at = mds_workspace_take(workspace, p * MDS_BLOCK, sizeof(double));
    search->row_size = padded(count + 2);
    search->rows = mds_workspace_take(workspace, search->row_size * MDS_BLOCK, sizeof(double));
    search->room_size = padded(p) + padded(2 * count) + padded(MDS_PATTERN_SCRATCH(p));
    search->room = mds_workspace_take(workspace, search->room_size, search->workers * sizeof(double));
    mds_move_log_lay_out(&search->log, (search->cached ? n / 2 : 0) + MDS_BLOCK, p, workspace);
    if (search->cached) mds_row_sum_cache_lay_out(&search->cache, n, p, natural ? 3 : 0, workspace);
    if (!search->slot_sums) return;
    /* Free slots are corrected along with the others of their tile, whatever they hold. */
    memset(search->slot_sums, 0, count * MDS_BLOCK * sizeof *search->slot_sums);
    memset(search->slot_at, 0, p * MDS_BLOCK * sizeof *search->slot_at);
    for (size_t k = 0; k < p; k++) search->dimensions[k] = k;
}
