/*
 * Distances in tiles: BLOCK rows against BLOCK rows, both packed by feature so that the kernel reads whole
 * vectors. Cosine and correlation distances are half the squared Euclidean distance of the rows made unit
 * vectors (and centred), which keeps all digits of near rows; packing does that on the way. What other
 * metrics make of the features first is in distance_plan.h. Of a square only tiles on and above the diagonal
 * are computed, and written to both sides.
 *
 * Features are packed times a power of two that brings the largest near 1, where they are not ordinary, so no
 * square overflows. Rows so near to each other that the squares of their differences vanish are taken again.
 */
#include "distance_plan.h"
#include "library.h"

#include "memory.h"
#include "sized_struct.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 64, FEATURES = 256 /* packed at a time */ };

/* What one worker works in. */
struct buffers {
    double rows[BLOCK * FEATURES], columns[BLOCK * FEATURES];
    double tiles[MDS_DISTANCE_PARTS][BLOCK * BLOCK];
};

struct work {
    mds_distance_plan plan;
    double *delta;
    size_t ldd;
    struct buffers *buffers;
    size_t row_blocks, column_blocks;
};

/* Pack features f0 .. f0 + count of a part of rows first .. first + BLOCK in groups of `group` rows. Rows
 * behind the last are zero. */
static void pack(const mds_distance_plan *plan, const mds_distance_side *side, size_t part, size_t first,
                 size_t f0, size_t count, size_t group, double *packed)
{
    const double *values = side->parts[part] ? side->parts[part] : side->features;
    size_t ld = side->parts[part] ? plan->parts[part].columns : side->ld;
    double unit = ldexp(1, -plan->exponent);
    for (size_t r = 0; r < BLOCK; r++) {
        double *to = packed + r / group * group * count + r % group;
        size_t i = first + r;
        if (i >= side->n) {
            for (size_t f = 0; f < count; f++) to[f * group] = 0;
            continue;
        }
        const double *from = values + i * ld + f0;
        if (side->scale) {
            double factor = side->factor[i], shift = side->shift[i], scale = side->scale[i];
            for (size_t f = 0; f < count; f++) to[f * group] = (factor * from[f] - shift) * scale;
        } else if (plan->exponent) {
            for (size_t f = 0; f < count; f++) to[f * group] = unit * from[f];
        } else {
            for (size_t f = 0; f < count; f++) to[f * group] = from[f];
        }
    }
}

static void add_features(const mds_distance_plan *plan, size_t part, size_t count, struct buffers *buffers)
{
    mds_tile_kernel *kernel = plan->parts[part].kernel;
    for (size_t c = 0; c < BLOCK; c += MDS_TILE_COLUMNS)
        for (size_t r = 0; r < BLOCK; r += MDS_TILE_ROWS) {
            const double *rows = buffers->rows + r * count, *columns = buffers->columns + c * count;
            double *sums = buffers->tiles[part] + r * BLOCK + c;
            if (kernel)
                kernel(rows, columns, count, sums, BLOCK);
            else
                plan->kernels->tile_power(rows, columns, count, plan->power, sums, BLOCK);
        }
}

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void fill_tile(const struct work *work, size_t i0, size_t j0, struct buffers *buffers)
{
    const mds_distance_plan *plan = &work->plan;
    double *tiles[MDS_DISTANCE_PARTS];
    for (size_t part = 0; part < MDS_DISTANCE_PARTS; part++) tiles[part] = buffers->tiles[part];
    for (size_t part = 0; part < plan->part_count; part++) {
        memset(tiles[part], 0, sizeof buffers->tiles[part]);
        size_t m = plan->parts[part].columns;
        for (size_t f0 = 0; f0 < m; f0 += FEATURES) {
            size_t count = least_of(m - f0, FEATURES);
            pack(plan, &plan->sides[0], part, i0, f0, count, MDS_TILE_ROWS, buffers->rows);
            pack(plan, &plan->sides[1], part, j0, f0, count, MDS_TILE_COLUMNS, buffers->columns);
            add_features(plan, part, count, buffers);
        }
    }
    mds_distance_finish(plan, i0, j0, least_of(plan->sides[0].n - i0, BLOCK),
                        least_of(plan->sides[1].n - j0, BLOCK), tiles, BLOCK);
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
    struct buffers *buffers = &work->buffers[worker];
    for (size_t other = work->plan.square ? block : 0; other < work->column_blocks; other++) {
        fill_tile(work, block * BLOCK, other * BLOCK, buffers);
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
    if (plan->square) {
        const char *noun = plan->sides[0].noun;
        plan->sides[0] = plan->sides[1];
        plan->sides[0].noun = noun;
    }
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

/* `others` NULL: the square of `features`. */
static fs_status distances(const double *features, size_t n, size_t m, size_t ldf, const double *others,
                           size_t count, size_t ldo, bool square, const mds_distance_options *given,
                           double *delta, size_t ldd, fs_error *error)
{
    mds_distance_options options;
    fs_status status = mds_struct_take("mds_distance_options", given, &options, sizeof options, error);
    if (!status) status = mds_isa_check(options.isa, error);
    if (!status) status = mds_matrix_check("the features", features, n, m, "features", 'm', ldf, error);
    if (!status && count)
        status = mds_matrix_check(square ? "the features" : "the other features", others, count, m,
                                  "features", 'm', ldo, error);
    if (!status && count) status = mds_matrix_check("delta", delta, count, n, "objects", 'n', ldd, error);
    if (!status) status = check_options(&options, m, error);
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

mds_status mds_distances(const double *features, size_t n, size_t m, size_t ldf,
                         const mds_distance_options *options, double *delta, size_t ldd, mds_error *error)
{
    fs_error inner;
    return mds_report(distances(features, n, m, ldf, features, n, ldf, true, options, delta, ldd, &inner),
                      &inner, error);
}

mds_status mds_distances_between(const double *features, size_t n, size_t m, size_t ldf, const double *others,
                                 size_t count, size_t ldo, const mds_distance_options *options, double *delta,
                                 size_t ldd, mds_error *error)
{
    fs_error inner;
    return mds_report(distances(features, n, m, ldf, others, count, ldo, false, options, delta, ldd, &inner),
                      &inner, error);
}
