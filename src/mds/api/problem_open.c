#include "problem_open.h"

#include "exact_sum.h"
#include "file_identity.h"
#include "hash_map.h"
#include "memory.h"
#include "memory_limit.h"
#include "random.h"
#include "scale.h"
#include "sized_struct.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLED_TILES = 256, ROWS = 32 };

/* ---- what is given ---- */

static fs_status check_one(const mds_problem *p, fs_error *error)
{
    int given = (p->delta != NULL) + (p->condensed != NULL) + (p->path != NULL) + (p->features != NULL) +
                (p->pairs != NULL);
    if (given > 1)
        return fs_fail(error, FS_ARGUMENT,
                       "the problem has %d of delta, condensed, path, features and pairs; one is needed",
                       given);
    if ((unsigned)p->storage > MDS_STORAGE_ROWS)
        return fs_fail(error, FS_ARGUMENT, "%d is no way to store a problem", (int)p->storage);
    if ((unsigned)p->completion > MDS_COMPLETION_PATHS)
        return fs_fail(error, FS_ARGUMENT, "%d is not a completion", (int)p->completion);
    if (p->weights && !p->delta)
        return fs_fail(error, FS_UNSUPPORTED, "weights as a matrix are for problems with delta");
    if (p->weights && p->storage == MDS_STORAGE_ROWS)
        return fs_fail(error, FS_UNSUPPORTED, "a problem that is kept as rows has no weights");
    return FS_OK;
}

/* A pair among the rows takes three times the room of one in a matrix, and is met from both its ends. */
bool mds_pairs_by_rows(size_t n, size_t pair_count)
{
    return n > MDS_MATRIX_MOST && pair_count / n < n / 8;
}

bool mds_problem_by_rows(const mds_problem *p)
{
    if (p->storage != MDS_STORAGE_AUTO) return p->storage == MDS_STORAGE_ROWS;
    if (p->pairs) return p->completion == MDS_COMPLETION_NONE && mds_pairs_by_rows(p->n, p->pair_count);
    return !p->delta && p->n > MDS_MATRIX_MOST;
}

static fs_status new_matrix(size_t n, double **matrix, fs_error *error)
{
    size_t cells;
    double size = (double)n;
    char what[80];
    snprintf(what, sizeof what, "a matrix of %zu x %zu dissimilarities", n, n);
    *matrix = NULL;
    fs_status status = fs_memory_check(size * size * sizeof **matrix, what, size, 2, error);
    if (status) return status;
    if (fs_size_mul(n, n, &cells)) *matrix = fs_alloc_0(cells, sizeof **matrix);
    return *matrix ? FS_OK : fs_fail_memory(error, "making a matrix of the dissimilarities", 0);
}

/* ---- sources ---- */

static fs_status open_features(const mds_problem *p, const mds_kernels *kernels, mds_thread_pool *pool,
                               double *largest, mds_source **source, fs_error *error)
{
    mds_distance_options options;
    fs_status status =
        mds_distance_options_take(p->distances, p->features, p->n, p->m, p->ldf, &options, error);
    double numbers = (double)p->n * (double)p->m;
    if (!status)
        status = fs_memory_check(numbers * sizeof(float), "a copy of the features", (double)p->n, 1, error);
    if (status) return status;
    const mds_feature_settings settings = {.features = p->features,
                                           .n = p->n,
                                           .m = p->m,
                                           .ld = p->ldf,
                                           .metric = options.metric,
                                           .scaling = options.scaling,
                                           .columns = options.columns,
                                           .power = options.exponent > 0 ? options.exponent : 2,
                                           .kernels = kernels};
    return mds_source_features(&settings, pool, largest, source, error);
}

static fs_status open_source(mds_opened *o, const mds_kernels *kernels, mds_thread_pool *pool,
                             double *largest, fs_error *error)
{
    const mds_problem *p = &o->problem;
    if (p->features) return open_features(p, kernels, pool, largest, &o->source, error);
    if (p->path) return o->source ? FS_OK : mds_source_file(p->path, &o->problem.n, &o->source, error);
    const double *numbers = p->delta ? p->delta : p->condensed;
    fs_status status = mds_matrix_check(p->delta ? "delta" : "condensed", numbers, p->n, p->delta ? p->n : 1,
                                        "objects", 'n', p->delta ? p->ld : 1, error);
    if (status) return status;
    return p->delta ? mds_source_dense(p->delta, p->n, p->ld, &o->source, error)
                    : mds_source_condensed(p->condensed, p->n, &o->source, error);
}

/* ---- statistics ---- */

/* On the way to the statistics of a source. */
struct survey {
    mds_source *source;
    char *scratch;
    size_t tile; /* bytes of scratch a worker */
    struct survey_part {
        double largest, squares;
        size_t pairs, row, column; /* row 0: all is well, else of a bad number, counted from 1 */
        double bad;
    } * parts; /* by task */
};

static void survey_value(struct survey_part *part, double value, size_t i, size_t j)
{
    if (isnan(value)) return;
    if (!(value >= 0 && value <= MDS_LARGEST)) {
        if (!part->row) part->row = i + 1, part->column = j + 1, part->bad = value;
        return;
    }
    part->largest = fmax(part->largest, value);
    part->squares += value * value;
    part->pairs++;
}

/* All pairs of ROWS rows. */
static void survey_rows(void *context, unsigned worker, size_t task)
{
    struct survey *s = context;
    size_t n = s->source->n, step = s->source->tile_rows < ROWS ? s->source->tile_rows : ROWS;
    for (size_t first = task * ROWS; first < n && first < (task + 1) * ROWS; first += step) {
        size_t last = first + step < n ? first + step : n;
        mds_tile tile;
        if (!mds_source_read(s->source, s->scratch + worker * s->tile, first, last, first, n, &tile)) return;
        for (size_t i = first; i < last; i++)
            for (size_t j = i + 1; j < n; j++)
                survey_value(&s->parts[task], tile.delta[(i - first) * tile.ld + j - first], i, j);
    }
}

/* The pairs of a tile of features, drawn by the number of the task. */
static void survey_tile(void *context, unsigned worker, size_t task)
{
    struct survey *s = context;
    size_t n = s->source->n, panels = (n + MDS_SINGLE_TILE - 1) / MDS_SINGLE_TILE;
    fs_random random;
    mds_tile tile;
    fs_random_init(&random, task);
    size_t first = fs_random_below(&random, panels) * MDS_SINGLE_TILE;
    size_t from = fs_random_below(&random, panels) * MDS_SINGLE_TILE;
    size_t last = first + MDS_SINGLE_TILE < n ? first + MDS_SINGLE_TILE : n;
    size_t to = from + MDS_SINGLE_TILE < n ? from + MDS_SINGLE_TILE : n;
    if (!mds_source_read(s->source, s->scratch + worker * s->tile, first, last, from, to, &tile)) return;
    for (size_t i = first; i < last; i++)
        for (size_t j = from; j < to; j++) {
            size_t at = (i - first) * tile.ld + j - from;
            if (i != j)
                survey_value(&s->parts[task], tile.delta ? tile.delta[at] : (double)tile.single[at], i, j);
        }
}

/* Sums over all pairs, or, with features, over a sample of them. */
static fs_status survey(mds_source *source, mds_thread_pool *pool, mds_share *share,
                        struct survey_part *found, size_t *tried, fs_error *error)
{
    bool sampled = source->order != NULL;
    size_t tasks = sampled ? SAMPLED_TILES : (source->n + ROWS - 1) / ROWS, bytes;
    struct survey s = {.source = source, .tile = (source->scratch + 63) / 64 * 64};
    bool fits = fs_size_mul(mds_thread_pool_workers(pool), s.tile, &bytes);
    s.scratch = fits ? fs_alloc_aligned(bytes, 1) : NULL;
    s.parts = fs_alloc_0(tasks, sizeof *s.parts);
    fs_status status = s.scratch && s.parts ? FS_OK : fs_fail_memory(error, "reading the dissimilarities", 0);
    status = mds_share_status(share, status, error);
    if (!status) {
        const mds_shared parts = {s.parts, sizeof *s.parts};
        mds_share_run(share, pool, tasks, MDS_SHARE_TRIANGLE, sampled ? survey_tile : survey_rows, &s, &parts,
                      1);
        status = mds_share_status(share, mds_source_check(source, error), error);
    }
    mds_exact_sum squares = {0};
    *found = (struct survey_part){0};
    for (size_t t = 0; t < tasks && !status; t++) {
        const struct survey_part *part = &s.parts[t];
        found->largest = fmax(found->largest, part->largest);
        found->pairs += part->pairs;
        mds_exact_add(&squares, part->squares);
        if (part->row)
            status = fs_fail(error, FS_DATA, "row %zu, column %zu: the dissimilarity is %g", part->row,
                             part->column, part->bad);
    }
    found->squares = mds_exact_value(&squares);
    *tried = sampled ? 0 : source->n * (source->n - 1) / 2;
    fs_free(s.parts);
    fs_free(s.scratch);
    return status;
}

/* The first survey tells how large the numbers are, a second one, where they are not near 1, the rest. */
static fs_status find_statistics(mds_opened *o, mds_thread_pool *pool, mds_share *share, double largest,
                                 fs_error *error)
{
    mds_source *source = o->source;
    struct survey_part found;
    size_t tried, n = source->n;
    fs_status status = survey(source, pool, share, &found, &tried, error);
    if (!status && !source->single && found.largest > 0 && found.largest < MDS_SMALLEST)
        return fs_fail(error, FS_DATA, "the largest dissimilarity is %g, below 1e-290; scale the data up",
                       found.largest);
    if (!status && !source->single && (source->exponent = mds_exponent(found.largest)))
        status = survey(source, pool, share, &found, &tried, error);
    if (status) return status;
    if (found.pairs == 0 && n > 1) return fs_fail(error, FS_DATA, "no dissimilarity is known");
    size_t all = n * (n - 1) / 2;
    o->statistics =
        (mds_problem_statistics){.largest = fmax(largest, found.largest),
                                 .largest_weight = 1,
                                 .mean_square = found.pairs ? found.squares / (double)found.pairs : 0,
                                 .pairs = tried ? found.pairs : all,
                                 .weight = (double)(tried ? found.pairs : all),
                                 .plain = tried ? found.pairs == all
                                                : source->single || o->problem.distances == NULL ||
                                                      o->problem.distances->metric != MDS_GOWER,
                                 .delta_exponent = source->exponent};
    o->statistics.missing = !o->statistics.plain;
    return FS_OK;
}

/* ---- matrices ---- */

static fs_status fill_from_file(mds_opened *o, fs_error *error)
{
    mds_source *source = o->source;
    size_t n = source->n;
    char *scratch = fs_alloc_aligned(source->scratch, 1);
    if (!scratch) return fs_fail_memory(error, "reading the dissimilarities", source->scratch);
    for (size_t first = 0; first < n; first += source->tile_rows) {
        mds_tile tile;
        size_t last = first + source->tile_rows < n ? first + source->tile_rows : n;
        if (!mds_source_read(source, scratch, first, last, 0, n, &tile)) break;
        for (size_t i = first; i < last; i++)
            memcpy(o->matrix + i * n, tile.delta + (i - first) * tile.ld, n * sizeof(double));
    }
    fs_free(scratch);
    return mds_source_check(source, error);
}

static fs_status fill_from_features(mds_opened *o, const mds_kernels *kernels, unsigned threads,
                                    fs_error *error)
{
    const mds_problem *p = &o->problem;
    mds_distance_options options;
    fs_status status =
        mds_distance_options_take(p->distances, p->features, p->n, p->m, p->ldf, &options, error);
    if (status) return status;
    options.threads = threads;
    options.isa = kernels->isa;
    return mds_distances_fill(p->features, p->n, p->m, p->ldf, &options, o->matrix, p->n, error);
}

static fs_status make_matrix(mds_opened *o, const mds_kernels *kernels, unsigned threads, fs_error *error)
{
    mds_problem *p = &o->problem;
    size_t n = p->n;
    if (n == 0) return fs_fail(error, FS_ARGUMENT, "there are no objects (n is 0)");
    fs_status status = new_matrix(n, &o->matrix, error);
    if (status) return status;
    if (p->features)
        status = fill_from_features(o, kernels, threads, error);
    else if (p->pairs)
        status = mds_pairs_fill(p, o->matrix, &o->weights, error);
    else
        status = fill_from_file(o, error); /* or the pairs i < j: any source */
    if (status) return status;
    mds_source_close(o->source);
    o->source = NULL;
    const mds_problem matrix = {
        .size = sizeof matrix, .n = n, .delta = o->matrix, .ld = n, .weights = o->weights, .ldw = n};
    return mds_problem_take(&matrix, 0, p, &o->statistics, error);
}

/* ---- all of it ---- */

static fs_status open_rows(mds_opened *o, const mds_kernels *kernels, unsigned threads, mds_share *share,
                           fs_error *error)
{
    mds_thread_pool *pool;
    mds_share alone = {0};
    double largest = 0;
    if (o->problem.pairs) return mds_pairs_open(o, error);
    fs_status status = mds_thread_pool_create(threads ? threads : mds_available_processors(), &pool, error);
    if (!status) status = open_source(o, kernels, pool, &largest, error);
    if (share) status = mds_share_status(share, status, error);
    if (!status) status = find_statistics(o, pool, share ? share : &alone, largest, error);
    mds_thread_pool_destroy(pool);
    o->problem.delta = NULL;
    return status;
}

uint64_t mds_problem_file(const mds_problem *given)
{
    mds_problem p;
    if (!given || mds_struct_take("mds_problem", given, &p, sizeof p, NULL) != FS_OK) return 0;
    uint64_t file = p.path && check_one(&p, NULL) == FS_OK ? fs_file_identity(p.path) : 0;
    const uint64_t facts[] = {file, p.n, p.storage};
    return file ? fs_hash_bytes(2, facts, sizeof facts) | 1 : 0;
}

fs_status mds_problem_open(const mds_problem *given, const mds_kernels *kernels, unsigned threads,
                           mds_share *share, mds_opened *opened, fs_error *error)
{
    mds_problem *p = &opened->problem;
    *opened = (mds_opened){0};
    if (!given) return fs_fail(error, FS_ARGUMENT, "the problem is NULL");
    fs_status status = mds_struct_take("mds_problem", given, p, sizeof *p, error);
    if (!status) status = check_one(p, error);
    if (!status && p->path) {
        size_t wanted = p->n;
        status = mds_source_file(p->path, &p->n, &opened->source, error);
        if (!status && wanted && wanted != p->n)
            status = fs_fail(error, FS_ARGUMENT, "%s has %zu objects, not n = %zu", p->path, p->n, wanted);
    }
    if (share) status = mds_share_status(share, status, error);
    if (status) return status;
    if (mds_problem_by_rows(p)) return open_rows(opened, kernels, threads, share, error);
    if (!p->condensed && !p->path && !p->features && !p->pairs)
        return mds_problem_take(given, 0, p, &opened->statistics, error);
    if (p->condensed) status = open_source(opened, kernels, NULL, NULL, error);
    return status ? status : make_matrix(opened, kernels, threads, error);
}

void mds_problem_close(mds_opened *opened)
{
    mds_source_close(opened->source);
    fs_free(opened->matrix);
    fs_free(opened->weights);
}
