/*
 * Distances in tiles: BLOCK rows against BLOCK rows, both packed by feature so that the kernel reads whole
 * vectors. Cosine and correlation distances are half the squared Euclidean distance of the rows made unit
 * vectors (and centred), which keeps all digits of near rows; packing does that on the way. Only tiles on and
 * above the diagonal are computed, and written to both sides.
 *
 * Features are packed times a power of two that brings the largest near 1, where they are not ordinary, so no
 * square overflows. Rows so near to each other that the squares of their differences vanish are taken again.
 */
#include "library.h"

#include "kernels.h"
#include "memory.h"
#include "scale.h"
#include "sized_struct.h"
#include "thread_pool.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 64, FEATURES = 256 /* packed at a time */ };

/* What one worker works in. */
struct buffers {
    double rows[BLOCK * FEATURES], columns[BLOCK * FEATURES], tile[BLOCK * BLOCK];
};

struct work {
    const double *features;
    size_t n, m, ldf;
    mds_metric metric;
    double *delta;
    size_t ldd;
    const mds_kernels *kernels;
    mds_tile_kernel *kernel;
    int exponent; /* values are packed times 2^-exponent */
    bool near;    /* some are so small that squares of differences may vanish */
    /* n each, or NULL: (factor * value - shift) * scale is packed, `factor` being a power of two. */
    double *factor, *shift, *scale;
    struct buffers *buffers;
    size_t blocks;
};

/* Pack features f0 .. f0 + count of rows first .. first + BLOCK in groups of `group` rows. Rows behind the
 * last are zero. */
static void pack(const struct work *work, size_t first, size_t f0, size_t count, size_t group, double *packed)
{
    for (size_t r = 0; r < BLOCK; r++) {
        double *to = packed + r / group * group * count + r % group;
        size_t i = first + r;
        if (i >= work->n) {
            for (size_t f = 0; f < count; f++) to[f * group] = 0;
            continue;
        }
        const double *from = work->features + i * work->ldf + f0;
        if (work->scale) {
            double factor = work->factor[i], shift = work->shift[i], scale = work->scale[i];
            for (size_t f = 0; f < count; f++) to[f * group] = (factor * from[f] - shift) * scale;
        } else if (work->exponent) {
            double factor = ldexp(1, -work->exponent);
            for (size_t f = 0; f < count; f++) to[f * group] = factor * from[f];
        } else {
            for (size_t f = 0; f < count; f++) to[f * group] = from[f];
        }
    }
}

/* The Euclidean distance of two near rows, by their largest difference. */
static double near_distance(const double *a, const double *b, size_t m)
{
    double largest = 0, sum = 0;
    for (size_t f = 0; f < m; f++) {
        double difference = fabs(a[f] - b[f]);
        largest = difference > largest ? difference : largest;
    }
    if (largest == 0) return 0;
    for (size_t f = 0; f < m; f++) {
        double part = (a[f] - b[f]) / largest;
        sum += part * part;
    }
    return largest * sqrt(sum);
}

/* Scaled features not less than this, but for 0, differ by 0 or by 2^-450 at least, whose square is a normal
 * number. */
static const double NEAR = 0x1p-390;

/* Where squares vanished, or lost digits below the smallest normal number. */
static void recompute_near_rows(const struct work *work, size_t i0, size_t j0, double *tile)
{
    const double least = ldexp(1, work->exponent - 450);
    for (size_t r = 0; r < BLOCK && i0 + r < work->n; r++)
        for (size_t c = 0; c < BLOCK && j0 + c < work->n; c++) {
            double *distance = &tile[r * BLOCK + c];
            if (*distance < least && i0 + r != j0 + c)
                *distance = near_distance(work->features + (i0 + r) * work->ldf,
                                          work->features + (j0 + c) * work->ldf, work->m);
        }
}

static void fill_tile(const struct work *work, size_t i0, size_t j0, struct buffers *buffers)
{
    memset(buffers->tile, 0, sizeof buffers->tile);
    for (size_t f0 = 0; f0 < work->m; f0 += FEATURES) {
        size_t count = work->m - f0 < FEATURES ? work->m - f0 : FEATURES;
        pack(work, i0, f0, count, MDS_TILE_ROWS, buffers->rows);
        pack(work, j0, f0, count, MDS_TILE_COLUMNS, buffers->columns);
        for (size_t c = 0; c < BLOCK; c += MDS_TILE_COLUMNS)
            for (size_t r = 0; r < BLOCK; r += MDS_TILE_ROWS)
                work->kernel(buffers->rows + r * count, buffers->columns + c * count, count,
                             buffers->tile + r * BLOCK + c, BLOCK);
    }
    if (work->metric == MDS_EUCLIDEAN) {
        work->kernels->square_root(buffers->tile, BLOCK * BLOCK);
        if (work->exponent) mds_scale(buffers->tile, BLOCK * BLOCK, -work->exponent, buffers->tile);
        if (work->near) recompute_near_rows(work, i0, j0, buffers->tile);
    }
    if (work->scale)
        for (size_t k = 0; k < BLOCK * BLOCK; k++) buffers->tile[k] *= 0.5;
}

static void write_tile(const struct work *work, size_t i0, size_t j0, const struct buffers *buffers)
{
    size_t rows = work->n - i0 < BLOCK ? work->n - i0 : BLOCK;
    size_t columns = work->n - j0 < BLOCK ? work->n - j0 : BLOCK;
    if (i0 == j0) {
        for (size_t r = 0; r < rows; r++) {
            work->delta[(i0 + r) * work->ldd + i0 + r] = 0;
            for (size_t c = r + 1; c < columns; c++)
                work->delta[(i0 + r) * work->ldd + i0 + c] = work->delta[(i0 + c) * work->ldd + i0 + r] =
                    buffers->tile[r * BLOCK + c];
        }
        return;
    }
    for (size_t r = 0; r < rows; r++)
        memcpy(work->delta + (i0 + r) * work->ldd + j0, buffers->tile + r * BLOCK, columns * sizeof(double));
    for (size_t c = 0; c < columns; c++)
        for (size_t r = 0; r < rows; r++)
            work->delta[(j0 + c) * work->ldd + i0 + r] = buffers->tile[r * BLOCK + c];
}

static void fill_block_row(void *context, unsigned worker, size_t block)
{
    struct work *work = context;
    struct buffers *buffers = &work->buffers[worker];
    for (size_t other = block; other < work->blocks; other++) {
        fill_tile(work, block * BLOCK, other * BLOCK, buffers);
        write_tile(work, block * BLOCK, other * BLOCK, buffers);
    }
}

/* Factor, shift and scale that make row i a unit vector. */
static fs_status make_unit(struct work *work, size_t i, fs_error *error)
{
    const double *row = work->features + i * work->ldf;
    double mean = 0, largest = 0, sum = 0;
    bool constant = work->metric == MDS_CORRELATION;
    for (size_t f = 0; f < work->m; f++) {
        largest = fmax(largest, fabs(row[f]));
        constant = constant && row[f] == row[0];
    }
    if (constant)
        return fs_fail(error, FS_DATA,
                       "row %zu is constant (%g), so it has no correlation with others; leave it out or "
                       "choose another metric",
                       i + 1, row[0]);
    if (largest == 0)
        return fs_fail(error, FS_DATA,
                       "row %zu is all zeros, so it has no direction; leave it out or choose another metric",
                       i + 1);
    double factor = work->factor[i] = ldexp(1, -mds_exponent(largest));
    if (work->metric == MDS_CORRELATION)
        for (size_t f = 0; f < work->m; f++) mean += factor * row[f] / (double)work->m;
    largest = 0;
    for (size_t f = 0; f < work->m; f++) largest = fmax(largest, fabs(factor * row[f] - mean));
    for (size_t f = 0; f < work->m; f++) {
        double part = (factor * row[f] - mean) / largest;
        sum += part * part;
    }
    work->shift[i] = mean;
    work->scale[i] = 1 / (largest * sqrt(sum));
    return FS_OK;
}

/* The largest feature that a distance of a metric can be computed of; below the least, if all are, nothing
 * but rounding would be left of it. */
static void bounds_of(mds_metric metric, size_t m, double *least, double *most)
{
    *least = metric == MDS_SQEUCLIDEAN ? 1e-140 : MDS_SMALLEST;
    *most = metric == MDS_SQEUCLIDEAN ? 1e150
            : metric == MDS_MANHATTAN ? MDS_LARGEST / (double)m
                                      : MDS_LARGEST;
}

/* Also finds the largest feature, and the smallest that is not 0. */
static fs_status check_features(const struct work *work, double *largest, double *smallest, fs_error *error)
{
    double least, most;
    bounds_of(work->metric, work->m, &least, &most);
    *largest = 0;
    *smallest = HUGE_VAL;
    for (size_t i = 0; i < work->n; i++)
        for (size_t f = 0; f < work->m; f++) {
            double value = work->features[i * work->ldf + f], size = fabs(value);
            if (size <= most) {
                *largest = size > *largest ? size : *largest;
                *smallest = size > 0 && size < *smallest ? size : *smallest;
                continue;
            }
            if (isnan(value) || isinf(value))
                return fs_fail(error, FS_DATA, "row %zu, column %zu: the feature is %s", i + 1, f + 1,
                               isnan(value) ? "not a number" : "infinite");
            return fs_fail(error, FS_DATA,
                           "row %zu, column %zu: the feature is %g, above %g in size; scale the data down",
                           i + 1, f + 1, value, most);
        }
    if (*largest > 0 && *largest < least)
        return fs_fail(error, FS_DATA, "the largest feature is %g in size, below %g; scale the data up",
                       *largest, least);
    return FS_OK;
}

static fs_status distances(const double *features, size_t n, size_t m, size_t ldf,
                           const mds_distance_options *given, double *delta, size_t ldd, fs_error *error)
{
    mds_distance_options options;
    fs_status status = mds_struct_take("mds_distance_options", given, &options, sizeof options, error);
    if (status) return status;
    if (!mds_metric_name(options.metric))
        return fs_fail(error, FS_ARGUMENT, "%d is not a metric", (int)options.metric);
    status = mds_isa_check(options.isa, error);
    if (!status) status = mds_matrix_check("the features", features, n, m, "features", 'm', ldf, error);
    if (!status) status = mds_matrix_check("delta", delta, n, n, "objects", 'n', ldd, error);
    if (status) return status;

    const mds_kernels *kernels = mds_kernels_for(options.isa);
    struct work work = {.features = features,
                        .n = n,
                        .m = m,
                        .ldf = ldf,
                        .metric = options.metric,
                        .delta = delta,
                        .ldd = ldd,
                        .kernels = kernels,
                        .kernel = options.metric == MDS_MANHATTAN   ? kernels->tile_absolute
                                  : options.metric == MDS_CHEBYSHEV ? kernels->tile_maximum
                                                                    : kernels->tile_squared,
                        .blocks = (n + BLOCK - 1) / BLOCK};
    double largest, smallest;
    if ((status = check_features(&work, &largest, &smallest, error))) return status;
    if (work.metric == MDS_EUCLIDEAN) work.exponent = mds_exponent(largest);
    work.near = smallest < ldexp(NEAR, work.exponent);
    mds_thread_pool *pool = NULL;
    unsigned workers = options.threads ? options.threads : mds_available_processors();
    if ((status =
             mds_thread_pool_create(workers < work.blocks ? workers : (unsigned)work.blocks, &pool, error)))
        return status;
    work.buffers = fs_alloc_aligned(mds_thread_pool_workers(pool), sizeof *work.buffers);
    bool enough = work.buffers != NULL;
    if (options.metric == MDS_COSINE || options.metric == MDS_CORRELATION) {
        work.shift = fs_alloc(n, sizeof(double));
        work.scale = fs_alloc(n, sizeof(double));
        work.factor = fs_alloc(n, sizeof(double));
        enough = enough && work.shift && work.scale && work.factor;
        for (size_t i = 0; i < n && enough && !status; i++) status = make_unit(&work, i, error);
    }
    if (!enough) status = fs_fail_memory(error, "computing distances", 0);
    if (!status) mds_thread_pool_run(pool, work.blocks, fill_block_row, &work);
    mds_thread_pool_destroy(pool);
    fs_free(work.buffers);
    fs_free(work.shift);
    fs_free(work.scale);
    fs_free(work.factor);
    return status;
}

mds_status mds_distances(const double *features, size_t n, size_t m, size_t ldf,
                         const mds_distance_options *options, double *delta, size_t ldd, mds_error *error)
{
    fs_error inner;
    return mds_report(distances(features, n, m, ldf, options, delta, ldd, &inner), &inner, error);
}
