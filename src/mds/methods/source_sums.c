#include "source_sums.h"

#include "checkpoint.h"
#include "exact_sum.h"
#include "hash_map.h"
#include "memory.h"
#include "sparse_sums.h"

#include <math.h>
#include <string.h>

enum { ROWS = 32, DRAWS = 64 /* tasks of a sample */, SEGMENT = 512 };

/* Of a sample: sums of what a pair adds, in this order, and of their products. */
enum { RAW, DELTA2, DELTA_D, D2, SUMMED };

struct draw {
    double sum[SUMMED], product[SUMMED][SUMMED], absolute, huber;
    size_t known;
};

struct mds_source_work {
    mds_source *source;
    const mds_kernels *kernels;
    mds_thread_pool *pool;
    mds_share *share, alone;
    size_t p, blocks, rows; /* rows in a block */
    size_t tile, room;      /* bytes of a tile; doubles for each worker: a point, a segment of a row */
    char *tiles;
    double *buffers;
    mds_stress_sums *partial; /* by block */
    struct draw *draws;
    uint64_t *hash;         /* by block */
    mds_sparse_sums sparse; /* of sparse pairs, in `room_of_sparse`, and then nothing else of this */
    void *room_of_sparse;

    /* During a call. */
    const double *x;
    size_t stride, sample;
    double huber;
    uint64_t seed;
};

/* What sparse pairs need in place of all else. */
static fs_status create_sparse(mds_source_work *w, fs_error *error)
{
    mds_workspace workspace = {0};
    mds_sparse_sums_lay_out(&w->sparse, w->source->sparse, w->p, w->pool, &workspace);
    w->room_of_sparse = workspace.too_large ? NULL : fs_alloc_aligned(1, workspace.bytes);
    if (!w->room_of_sparse) return fs_fail_memory(error, "preparing to sum over the pairs", workspace.bytes);
    workspace = (mds_workspace){.next = w->room_of_sparse};
    mds_sparse_sums_lay_out(&w->sparse, w->source->sparse, w->p, w->pool, &workspace);
    return FS_OK;
}

fs_status mds_source_work_create(mds_source *source, size_t p, const mds_kernels *kernels,
                                 mds_thread_pool *pool, mds_share *share, mds_source_work **out,
                                 fs_error *error)
{
    size_t workers = mds_thread_pool_workers(pool), bytes, doubles;
    mds_source_work *w = *out = fs_alloc_0(1, sizeof *w);
    if (w) {
        *w = (mds_source_work){.source = source, .kernels = kernels, .pool = pool, .p = p};
        w->share = share ? share : &w->alone;
        if (source->sparse) {
            fs_status status = create_sparse(w, error);
            if (!status) return FS_OK;
            mds_source_work_destroy(w);
            *out = NULL;
            return status;
        }
        w->rows = source->tiled ? source->tile_rows : ROWS;
        w->blocks = (source->n + w->rows - 1) / w->rows;
        w->tile = (source->scratch + 63) / 64 * 64;
        w->room = (p + 7) / 8 * 8 + SEGMENT;
        if (fs_size_mul(workers, w->tile, &bytes)) w->tiles = fs_alloc_aligned(bytes, 1);
        if (fs_size_mul(workers, w->room, &doubles)) w->buffers = fs_alloc_aligned(doubles, sizeof(double));
        w->partial = fs_alloc(w->blocks, sizeof *w->partial);
        w->draws = fs_alloc(DRAWS, sizeof *w->draws);
        w->hash = fs_alloc(w->blocks, sizeof *w->hash);
        if (w->tiles && w->buffers && w->partial && w->draws && w->hash) return FS_OK;
    }
    mds_source_work_destroy(w);
    *out = NULL;
    return fs_fail_memory(error, "preparing to read the dissimilarities", 0);
}

void mds_source_work_destroy(mds_source_work *w)
{
    if (!w) return;
    fs_free(w->tiles);
    fs_free(w->buffers);
    fs_free(w->partial);
    fs_free(w->draws);
    fs_free(w->hash);
    fs_free(w->room_of_sparse);
    fs_free(w);
}

/* ---- all pairs ---- */

/* The Huber loss of a row takes the place of its squared one. */
static double huber_row(const mds_source_work *w, const double *at, const double *delta, size_t from,
                        size_t to)
{
    mds_exact_sum sum = {0};
    for (size_t j = from; j < to; j++) {
        double d2 = 0;
        for (size_t k = 0; k < w->p; k++) {
            double difference = at[k] - w->x[k * w->stride + j];
            d2 += difference * difference;
        }
        if (!isnan(delta[j - from]))
            mds_exact_add(&sum, mds_huber_pair_loss(w->huber, 1, delta[j - from] - sqrt(d2)));
    }
    return mds_exact_value(&sum);
}

/* Columns from <= j < to of row i, of which only those behind the diagonal count. */
static void sum_row(const mds_source_work *w, double *buffer, const mds_tile *tile, size_t row, size_t i,
                    size_t from, size_t to, mds_stress_sums *total)
{
    double *at = buffer, *wide = buffer + (w->p + 7) / 8 * 8;
    size_t begin = from > i + 1 ? from : i + 1, segment = tile->single ? SEGMENT : to;
    for (size_t k = 0; k < w->p; k++) at[k] = w->x[k * w->stride + i];
    for (size_t j = begin; j < to; j += segment) {
        size_t end = j + segment < to ? j + segment : to;
        const double *delta = wide;
        if (tile->single)
            for (size_t c = j; c < end; c++) wide[c - j] = (double)tile->single[row * tile->ld + c - from];
        else
            delta = tile->delta + row * tile->ld + j - from;
        mds_pattern_row pair = {.x = w->x + j, .stride = w->stride, .at = at, .p = w->p, .delta = delta};
        mds_stress_sums sums = {0};
        w->kernels->stress(&pair, 0, end - j, &sums);
        if (w->huber > 0) sums.raw = huber_row(w, at, delta, j, end);
        mds_stress_sums_add(total, &sums);
    }
}

static void sum_block(void *context, unsigned worker, size_t block)
{
    const mds_source_work *w = context;
    mds_source *source = w->source;
    size_t n = source->n, end = (block + 1) * w->rows < n ? (block + 1) * w->rows : n;
    size_t step = source->tile_rows < w->rows ? source->tile_rows : w->rows;
    mds_stress_sums total = {0};
    for (size_t first = block * w->rows; first < end; first += step) {
        size_t last = first + step < end ? first + step : end;
        for (size_t from = first; from < n; from += source->tile_columns) {
            size_t to = from + source->tile_columns < n ? from + source->tile_columns : n;
            mds_tile tile;
            bool read = mds_source_read(source, w->tiles + worker * w->tile, first, last, from, to, &tile);
            for (size_t i = first; i < last && read; i++)
                sum_row(w, w->buffers + worker * w->room, &tile, i - first, i, from, to, &total);
            if (!read) total.raw = NAN;
        }
    }
    w->partial[block] = total;
}

static mds_stress_sums sum_all(mds_source_work *w)
{
    mds_stress_sums total = {0};
    const mds_shared partial = {w->partial, sizeof *w->partial};
    mds_share_run(w->share, w->pool, w->blocks, MDS_SHARE_TRIANGLE, sum_block, w, &partial, 1);
    for (size_t b = 0; b < w->blocks; b++) mds_stress_sums_add(&total, &w->partial[b]);
    return total;
}

static void hash_block(void *context, unsigned worker, size_t block)
{
    const mds_source_work *w = context;
    mds_source *source = w->source;
    size_t n = source->n, end = (block + 1) * w->rows < n ? (block + 1) * w->rows : n;
    size_t step = source->tile_rows < w->rows ? source->tile_rows : w->rows;
    w->hash[block] = 0;
    for (size_t first = block * w->rows; first < end; first += step) {
        size_t last = first + step < end ? first + step : end;
        mds_tile tile;
        if (!mds_source_read(source, w->tiles + worker * w->tile, first, last, first, n, &tile)) return;
        for (size_t i = first; i < last; i++) {
            const double *row = tile.delta + (i - first) * tile.ld + i + 1 - first;
            w->hash[block] += fs_hash_bytes(i, row, (n - i - 1) * sizeof *row);
        }
    }
}

static uint64_t hash_sparse(const mds_sparse_rows *rows)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < rows->n; i++) {
        size_t begin = rows->begin[i], count = rows->begin[i + 1] - begin;
        sum += fs_hash_bytes(i, rows->column + begin, count * sizeof *rows->column);
        sum += fs_hash_bytes(i, rows->delta + begin, count * sizeof *rows->delta);
        if (rows->weight) sum += 3 * fs_hash_bytes(i, rows->weight + begin, count * sizeof *rows->weight);
    }
    return fs_hash_64(sum);
}

uint64_t mds_source_hash(mds_source_work *w, bool shared)
{
    uint64_t sum = 0;
    if (w->source->sparse) return hash_sparse(w->source->sparse);
    const mds_shared hash = {w->hash, sizeof *w->hash};
    mds_share_run(shared ? w->share : &w->alone, w->pool, w->blocks, MDS_SHARE_TRIANGLE, hash_block, w, &hash,
                  1);
    for (size_t b = 0; b < w->blocks; b++) sum += w->hash[b];
    return fs_hash_64(sum);
}

/* ---- a sample ---- */

static void draw_pairs(void *context, unsigned worker, size_t task)
{
    const mds_source_work *w = context;
    size_t n = w->source->n, count = w->sample / DRAWS + (task < w->sample % DRAWS);
    struct draw *draw = &w->draws[task];
    fs_random random;
    fs_random_init(&random, w->seed ^ (UINT64_C(0x9e3779b97f4a7c15) * (task + 1)));
    *draw = (struct draw){0};
    for (size_t c = 0; c < count; c++) {
        size_t i = fs_random_below(&random, n), j = fs_random_below(&random, n - 1);
        j += j >= i;
        double delta = mds_source_pair(w->source, w->tiles + worker * w->tile, i, j), square = 0;
        for (size_t k = 0; k < w->p; k++) {
            double difference = w->x[k * w->stride + i] - w->x[k * w->stride + j];
            square += difference * difference;
        }
        if (isnan(delta)) continue;
        double d = sqrt(square), error = delta - d;
        const double adds[SUMMED] = {error * error, delta * delta, delta * d, square};
        for (size_t a = 0; a < SUMMED; a++) {
            draw->sum[a] += adds[a];
            for (size_t b = 0; b < SUMMED; b++) draw->product[a][b] += adds[a] * adds[b];
        }
        draw->absolute += fabs(error);
        if (w->huber > 0) draw->huber += mds_huber_pair_loss(w->huber, 1, error);
        draw->known++;
    }
}

static struct draw draw_all(mds_source_work *w)
{
    struct draw total = {0};
    const mds_shared draws = {w->draws, sizeof *w->draws};
    mds_share_run(w->share, w->pool, w->source->n > 1 ? DRAWS : 0, MDS_SHARE_EVEN, draw_pairs, w, &draws, 1);
    for (size_t t = 0; t < DRAWS && w->source->n > 1; t++) {
        const struct draw *d = &w->draws[t];
        for (size_t a = 0; a < SUMMED; a++) {
            total.sum[a] += d->sum[a];
            for (size_t b = 0; b < SUMMED; b++) total.product[a][b] += d->product[a][b];
        }
        total.absolute += d->absolute;
        total.huber += d->huber;
        total.known += d->known;
    }
    return total;
}

/* The standard error of a function of the means whose derivatives by them are `slope`. */
static double error_of(const struct draw *d, const double slope[SUMMED])
{
    double known = (double)d->known, variance = 0;
    for (size_t a = 0; a < SUMMED; a++)
        for (size_t b = 0; b < SUMMED; b++)
            variance +=
                slope[a] * slope[b] * (d->product[a][b] / known - d->sum[a] / known * (d->sum[b] / known));
    return sqrt(fmax(variance, 0) / fmax(known - 1, 1));
}

/* normalized^2 = raw / delta2; stress1^2 = 1 - delta_d^2 / (delta2 d2). */
static void find_errors(const struct draw *d, mds_stress_values *values)
{
    double known = (double)d->known, mean[SUMMED];
    for (size_t a = 0; a < SUMMED; a++) mean[a] = d->sum[a] / known;
    double delta2 = mean[DELTA2], both = mean[DELTA_D], d2 = mean[D2];
    const double of_normalized[SUMMED] = {[RAW] = 1 / delta2, [DELTA2] = -mean[RAW] / (delta2 * delta2)};
    const double of_stress1[SUMMED] = {[DELTA2] = both * both / (delta2 * delta2 * d2),
                                       [DELTA_D] = -2 * both / (delta2 * d2),
                                       [D2] = both * both / (delta2 * d2 * d2)};
    values->normalized_error =
        values->normalized > 0 ? error_of(d, of_normalized) / (2 * values->normalized) : 0;
    values->stress1_error =
        values->stress1 > 0 && d2 > 0 ? error_of(d, of_stress1) / (2 * values->stress1) : 0;
}

/* ---- both ---- */

static void fill(const mds_stress_sums *s, const mds_source *source, mds_stress_values *values)
{
    int exponent = source->exponent, weight = source->weight_exponent;
    double scale = s->d2 > 0 ? s->delta_d / s->d2 : 0,
           residual = fmin(s->delta2 - scale * s->delta_d, s->raw);
    *values = (mds_stress_values){.size = sizeof *values,
                                  .raw = ldexp(s->raw, 2 * exponent + weight),
                                  .normalized = s->delta2 > 0 ? sqrt(s->raw / s->delta2) : 0,
                                  .stress1 = s->delta2 > 0 && residual > 0 ? sqrt(residual / s->delta2) : 0,
                                  .scale = scale,
                                  .absolute = ldexp(s->absolute, exponent + weight),
                                  .pairs = (size_t)s->pairs};
}

void mds_source_stress(mds_source_work *w, const double *x, size_t stride, size_t sample, uint64_t seed,
                       mds_stress_values *values)
{
    w->x = x;
    w->stride = stride;
    w->sample = sample;
    w->seed = seed;
    w->huber = 0;
    if (sample == MDS_ALL_PAIRS || w->source->sparse) {
        mds_stress_sums sums = w->source->sparse ? mds_sparse_stress(&w->sparse, x, stride) : sum_all(w);
        fill(&sums, w->source, values);
        return;
    }
    struct draw drawn = draw_all(w);
    double n = (double)w->source->n, pairs = n * (n - 1) / 2, each = sample ? pairs / (double)sample : 0;
    mds_stress_sums sums = {.raw = drawn.sum[RAW] * each,
                            .delta2 = drawn.sum[DELTA2] * each,
                            .delta_d = drawn.sum[DELTA_D] * each,
                            .d2 = drawn.sum[D2] * each,
                            .absolute = drawn.absolute * each,
                            .pairs = floor((double)drawn.known * each + 0.5)};
    fill(&sums, w->source, values);
    values->sampled_pairs = drawn.known;
    if (drawn.known) find_errors(&drawn, values);
}

double mds_source_loss(mds_source_work *w, const double *x, size_t stride, double huber, size_t sample,
                       uint64_t seed)
{
    w->x = x;
    w->stride = stride;
    w->sample = sample;
    w->seed = seed;
    w->huber = huber;
    if (w->source->sparse) return mds_sparse_loss(&w->sparse, huber > 0 ? huber : HUGE_VAL, x, stride);
    if (sample == MDS_ALL_PAIRS) return sum_all(w).raw;
    struct draw drawn = draw_all(w);
    double n = (double)w->source->n, each = sample ? n * (n - 1) / 2 / (double)sample : 0;
    return (huber > 0 ? drawn.huber : drawn.sum[RAW]) * each;
}
