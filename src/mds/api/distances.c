/*
 * Distances in tiles (distance_tiles.h). Of a square only tiles on and above the diagonal are computed, and
 * written to both sides.
 */
#include "distance_tiles.h"
#include "library.h"

#include "memory.h"
#include "sized_struct.h"

#include <math.h>
#include <string.h>

enum { BLOCK = MDS_DISTANCE_BLOCK };

struct work {
    mds_distance_plan plan;
    double *delta;
    size_t ldd;
    mds_distance_buffers *buffers;
    size_t row_blocks, column_blocks;
};

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void write_tile(const struct work *work, size_t i0, size_t j0, const double *tile)
{
    size_t rows = least_of(work->plan.sides[0].n - i0, BLOCK);
    size_t columns = least_of(work->plan.sides[1].n - j0, BLOCK);
    if (i0 == j0 && work->plan.square) {
        for (size_t r = 0; r < rows; r++) {
            work->delta[(i0 + r) * work->ldd + i0 + r] = 0;
            for (size_t c = r + 1; c < columns; c++)
                work->delta[(i0 + r) * work->ldd + i0 + c] = work->delta[(i0 + c) * work->ldd + i0 + r] =
                    tile[r * BLOCK + c];
        }
        return;
    }
    for (size_t r = 0; r < rows; r++)
        memcpy(work->delta + (i0 + r) * work->ldd + j0, tile + r * BLOCK, columns * sizeof(double));
    for (size_t c = 0; c < columns && work->plan.square; c++)
        for (size_t r = 0; r < rows; r++) work->delta[(j0 + c) * work->ldd + i0 + r] = tile[r * BLOCK + c];
}

static void fill_block_row(void *context, unsigned worker, size_t block)
{
    struct work *work = context;
    mds_distance_buffers *buffers = &work->buffers[worker];
    for (size_t other = work->plan.square ? block : 0; other < work->column_blocks; other++) {
        mds_distance_tile(&work->plan, block * BLOCK, other * BLOCK, buffers);
        write_tile(work, block * BLOCK, other * BLOCK, buffers->tiles[0]);
    }
}

/* ---- options ---- */

static fs_status check_columns(const mds_distance_options *options, size_t m, fs_error *error)
{
    if (options->columns && options->metric != MDS_GOWER)
        return fs_fail(error, FS_ARGUMENT, "types of columns are for Gower's metric, not for %s",
                       mds_metric_name(options->metric));
    for (size_t f = 0; options->columns && f < m; f++)
        if (options->columns[f] < MDS_COLUMN_NUMBER || options->columns[f] > MDS_COLUMN_PRESENCE)
            return fs_fail(error, FS_ARGUMENT, "column %zu: %d is not a type of column", f + 1,
                           (int)options->columns[f]);
    return FS_OK;
}

static fs_status check_options(const mds_distance_options *options, size_t m, fs_error *error)
{
    mds_metric metric = options->metric;
    if (!mds_metric_name(metric)) return fs_fail(error, FS_ARGUMENT, "%d is not a metric", (int)metric);
    if (!mds_scaling_name(options->scaling))
        return fs_fail(error, FS_ARGUMENT, "%d is not a scaling", (int)options->scaling);
    if (options->scaling &&
        (metric == MDS_HAMMING || metric == MDS_JACCARD || metric == MDS_GOWER || metric == MDS_HAVERSINE))
        return fs_fail(error, FS_ARGUMENT,
                       "the metric %s goes by the features as they are; leave scaling out",
                       mds_metric_name(metric));
    if (options->exponent != 0 && metric != MDS_MINKOWSKI)
        return fs_fail(error, FS_ARGUMENT, "an exponent is for the metric minkowski, not for %s",
                       mds_metric_name(metric));
    if (options->exponent != 0 && !(options->exponent >= 1 && options->exponent <= 1000))
        return fs_fail(
            error, FS_ARGUMENT,
            "the exponent is %g; it should be from 1 (below, detours would be shorter than straight "
            "lines) to 1000 (the metric chebyshev is the limit)",
            options->exponent);
    if (metric == MDS_HAVERSINE && m != 2)
        return fs_fail(error, FS_ARGUMENT,
                       "the metric haversine takes two features, latitude and longitude; these are %zu", m);
    return check_columns(options, m, error);
}

static fs_status compute(struct work *work, unsigned threads, fs_error *error)
{
    mds_distance_plan *plan = &work->plan;
    mds_thread_pool *pool = NULL;
    work->row_blocks = (plan->sides[0].n + BLOCK - 1) / BLOCK;
    work->column_blocks = (plan->sides[1].n + BLOCK - 1) / BLOCK;
    unsigned workers = threads ? threads : mds_available_processors();
    fs_status status = mds_thread_pool_create(
        workers < work->row_blocks ? workers : (unsigned)work->row_blocks, &pool, error);
    if (status) return status;
    status = mds_distance_plan_prepare(plan, pool, error);
    if (!status) {
        work->buffers = fs_alloc_aligned(mds_thread_pool_workers(pool), sizeof *work->buffers);
        if (!work->buffers) status = fs_fail_memory(error, "computing distances", 0);
    }
    if (!status) mds_thread_pool_run(pool, work->row_blocks, fill_block_row, work);
    mds_thread_pool_destroy(pool);
    fs_free(work->buffers);
    mds_distance_plan_fini(plan);
    return status;
}

fs_status mds_distance_options_take(const mds_distance_options *given, const double *features, size_t n,
                                    size_t m, size_t ldf, mds_distance_options *options, fs_error *error)
{
    fs_status status = mds_struct_take("mds_distance_options", given, options, sizeof *options, error);
    if (!status) status = mds_isa_check(options->isa, error);
    if (!status) status = mds_matrix_check("the features", features, n, m, "features", 'm', ldf, error);
    return status ? status : check_options(options, m, error);
}

/* `square`: the others are the features themselves. */
static fs_status distances(const double *features, size_t n, size_t m, size_t ldf, const double *others,
                           size_t count, size_t ldo, bool square, const mds_distance_options *given,
                           double *delta, size_t ldd, fs_error *error)
{
    mds_distance_options options;
    fs_status status = mds_distance_options_take(given, features, n, m, ldf, &options, error);
    if (!status && count && !square)
        status = mds_matrix_check("the other features", others, count, m, "features", 'm', ldo, error);
    if (!status && count) status = mds_matrix_check("delta", delta, count, n, "objects", 'n', ldd, error);
    if (status || count == 0) return status;
    struct work work = {.plan = {.metric = options.metric,
                                 .scaling = options.scaling,
                                 .columns = options.columns,
                                 .power = options.exponent > 0 ? options.exponent : 2,
                                 .m = m,
                                 .kernels = mds_kernels_for(options.isa),
                                 .sides = {{.features = others, .n = count, .ld = ldo, .noun = "new row"},
                                           {.features = features, .n = n, .ld = ldf, .noun = "row"}},
                                 .square = square},
                        .delta = delta,
                        .ldd = ldd};
    return compute(&work, options.threads, error);
}

fs_status mds_distances_fill(const double *features, size_t n, size_t m, size_t ldf,
                             const mds_distance_options *options, double *delta, size_t ldd, fs_error *error)
{
    return distances(features, n, m, ldf, features, n, ldf, true, options, delta, ldd, error);
}

mds_status mds_distances(const double *features, size_t n, size_t m, size_t ldf,
                         const mds_distance_options *options, double *delta, size_t ldd, mds_error *error)
{
    fs_error inner;
    return mds_report(mds_distances_fill(features, n, m, ldf, options, delta, ldd, &inner), &inner, error);
}

mds_status mds_distances_between(const double *features, size_t n, size_t m, size_t ldf, const double *others,
                                 size_t count, size_t ldo, const mds_distance_options *options, double *delta,
                                 size_t ldd, mds_error *error)
{
    fs_error inner;
    return mds_report(distances(features, n, m, ldf, others, count, ldo, false, options, delta, ldd, &inner),
                      &inner, error);
}
