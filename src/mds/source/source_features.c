/*
 * Distances computed from features whenever a tile is asked for.
 *
 * In single precision the features stand in panels of MDS_SINGLE_TILE objects, feature by feature, so that a
 * panel is either side of a kernel's tile. They are centred, and brought near 1 by a power of two, so that
 * neither where they lie nor how large they are costs digits. Other metrics go by distance_tiles.h.
 */
#include "distance_tiles.h"
#include "memory.h"
#include "random.h"
#include "scale.h"
#include "source.h"

#include <math.h>
#include <string.h>

/* A tile's columns stay in the second-level cache. */
enum { PANEL = MDS_SINGLE_TILE, ROWS = 64, COLUMNS = 512, BLOCK = MDS_DISTANCE_BLOCK };

struct feature_source {
    mds_source source;
    mds_distance_plan plan; /* single precision: only while it is opened */
    size_t *order;
    double *features; /* in that order; NULL in single precision */

    float *panels;
    size_t m, panel; /* floats of a panel */
    mds_single_tile_kernel *kernel;
    enum mds_single_finish finish;
};

static void close_features(mds_source *source)
{
    struct feature_source *f = (struct feature_source *)source;
    mds_distance_plan_fini(&f->plan);
    fs_free(f->order);
    fs_free(f->features);
    fs_free(f->panels);
    fs_free(f);
}

/* ---- tiles ---- */

static fs_status read_single(mds_source *source, void *scratch, size_t first, size_t last, size_t from,
                             size_t to, mds_tile *tile, fs_error *error)
{
    const struct feature_source *f = (const struct feature_source *)source;
    float *out = scratch;
    (void)error;
    for (size_t i = first; i < last; i += PANEL)
        for (size_t j = from; j < to; j += PANEL)
            f->kernel(f->panels + i / PANEL * f->panel, f->panels + j / PANEL * f->panel, f->m, f->finish,
                      out + (i - first) * COLUMNS + j - from, COLUMNS);
    *tile = (mds_tile){.single = out, .ld = COLUMNS};
    return FS_OK;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static fs_status read_double(mds_source *source, void *scratch, size_t first, size_t last, size_t from,
                             size_t to, mds_tile *tile, fs_error *error)
{
    struct feature_source *f = (struct feature_source *)source;
    double *out = scratch, factor = ldexp(1, -source->exponent);
    mds_distance_buffers *buffers = (mds_distance_buffers *)(void *)(out + (size_t)ROWS * COLUMNS);
    (void)error;
    for (size_t i = first; i < last; i += BLOCK)
        for (size_t j = from; j < to; j += BLOCK) {
            mds_distance_tile(&f->plan, i, j, buffers);
            for (size_t r = 0; r < least(BLOCK, last - i); r++)
                for (size_t c = 0; c < least(BLOCK, to - j); c++)
                    out[(i - first + r) * COLUMNS + j - from + c] = factor * buffers->tiles[0][r * BLOCK + c];
        }
    *tile = (mds_tile){.delta = out, .ld = COLUMNS};
    return FS_OK;
}

/* ---- single precision ---- */

/* Which kernel, and what becomes of its sums: false for metrics that have none. */
static bool find_kernel(struct feature_source *f)
{
    const mds_kernels *kernels = f->plan.kernels;
    enum mds_single_term term = MDS_SINGLE_SQUARED;
    f->finish = MDS_SINGLE_SUM;
    switch (f->plan.metric) {
    case MDS_EUCLIDEAN:
    case MDS_MAHALANOBIS:
    case MDS_HELLINGER:
        f->finish = MDS_SINGLE_ROOT;
        break;
    case MDS_COSINE:
    case MDS_CORRELATION:
        f->finish = MDS_SINGLE_HALF;
        break;
    case MDS_SQEUCLIDEAN:
        break;
    case MDS_MANHATTAN:
        term = MDS_SINGLE_ABSOLUTE;
        break;
    case MDS_CHEBYSHEV:
        term = MDS_SINGLE_MAXIMUM;
        break;
    default:
        return false;
    }
    f->kernel = kernels->single_tile[term];
    return true;
}

/* What goes into the sums for feature c of object i. */
static double value_of(const mds_distance_plan *plan, size_t i, size_t c)
{
    const mds_distance_side *side = &plan->sides[1];
    double value = side->parts[0] ? side->parts[0][i * plan->m + c] : side->features[i * side->ld + c];
    return side->scale ? (side->factor[i] * value - side->shift[i]) * side->scale[i] : value;
}

/* The mean of each feature, and the largest size of what is left without it. */
static double find_centre(const mds_distance_plan *plan, double *centre)
{
    size_t n = plan->sides[1].n;
    double largest = 0;
    memset(centre, 0, plan->m * sizeof *centre);
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < plan->m; c++) centre[c] += value_of(plan, i, c) / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < plan->m; c++) largest = fmax(largest, fabs(value_of(plan, i, c) - centre[c]));
    return largest;
}

/* One panel; returns the largest norm in it: sum of squares, sum of sizes or largest size. */
static double pack_panel(const struct feature_source *f, const double *centre, int exponent, size_t first,
                         float *to)
{
    const mds_distance_plan *plan = &f->plan;
    double factor = ldexp(1, -exponent), most = 0;
    bool sums = plan->metric == MDS_MANHATTAN, maximum = plan->metric == MDS_CHEBYSHEV;
    for (size_t r = 0; r < PANEL && first + r < f->source.n; r++) {
        double norm = 0;
        for (size_t c = 0; c < plan->m; c++) {
            double value = factor * (value_of(plan, f->order[first + r], c) - centre[c]), size = fabs(value);
            to[c * PANEL + r] = (float)value;
            norm = maximum ? fmax(norm, size) : norm + (sums ? size : size * size);
        }
        most = fmax(most, norm);
    }
    return most;
}

static fs_status make_panels(struct feature_source *f, double *largest, fs_error *error)
{
    const mds_distance_plan *plan = &f->plan;
    size_t n = f->source.n, m = plan->m, panels = (n + PANEL - 1) / PANEL, floats, all;
    f->m = m;
    bool fits = fs_size_mul(PANEL, m, &f->panel) && fs_size_mul(panels, f->panel, &floats) &&
                fs_size_mul(floats, sizeof(float), &all);
    f->panels = fits ? fs_alloc_aligned(floats, sizeof(float)) : NULL;
    double *centre = fs_alloc(m, sizeof *centre), most = 0;
    if (!f->panels || !centre) {
        fs_free(centre);
        return fs_fail_memory(error, "keeping the features in single precision", fits ? all : 0);
    }
    memset(f->panels, 0, all);
    double size = find_centre(plan, centre);
    int exponent = 0;
    if (size > 0) (void)frexp(size, &exponent);
    for (size_t panel = 0; panel < panels; panel++)
        most = fmax(most, pack_panel(f, centre, exponent, panel * PANEL, f->panels + panel * f->panel));
    fs_free(centre);
    /* Two objects are no farther apart than twice the farthest one is from the centre. */
    bool squares = f->finish == MDS_SINGLE_HALF || plan->metric == MDS_SQEUCLIDEAN;
    f->source.exponent = squares ? 2 * exponent : exponent;
    *largest = f->finish == MDS_SINGLE_ROOT   ? 2 * sqrt(most)
               : f->finish == MDS_SINGLE_HALF ? 2 * most
               : squares                      ? 4 * most
                                              : 2 * most;
    return FS_OK;
}

/* ---- double precision ---- */

/* The features in the source's order, and the plan anew for them: it has been made once before, so that
 * messages name the caller's rows. */
static fs_status reorder(struct feature_source *f, const mds_feature_settings *settings,
                         mds_thread_pool *pool, fs_error *error)
{
    size_t n = settings->n, m = settings->m, cells;
    f->features = fs_size_mul(n, m, &cells) ? fs_alloc(cells, sizeof(double)) : NULL;
    if (!f->features) return fs_fail_memory(error, "keeping the features", 0);
    for (size_t i = 0; i < n; i++)
        memcpy(f->features + i * m, settings->features + f->order[i] * settings->ld, m * sizeof(double));
    mds_distance_plan_fini(&f->plan);
    mds_distance_plan *plan = &f->plan;
    mds_distance_side side = {.features = f->features, .n = n, .ld = m, .noun = "row"};
    *plan = (mds_distance_plan){.metric = settings->metric,
                                .scaling = settings->scaling,
                                .columns = settings->columns,
                                .power = settings->power,
                                .m = m,
                                .kernels = settings->kernels,
                                .sides = {side, side},
                                .square = true};
    return mds_distance_plan_prepare(plan, pool, error);
}

/* ---- opening ---- */

static fs_status open_features(struct feature_source *f, const mds_feature_settings *settings,
                               mds_thread_pool *pool, double *largest, fs_error *error)
{
    size_t n = settings->n;
    fs_random random;
    f->order = fs_alloc(n, sizeof *f->order);
    if (!f->order) return fs_fail_memory(error, "ordering the objects", n * sizeof *f->order);
    for (size_t i = 0; i < n; i++) f->order[i] = i;
    fs_random_init(&random, n);
    fs_random_shuffle(&random, f->order, n);
    f->source.order = f->order;
    fs_status status = mds_distance_plan_prepare(&f->plan, pool, error);
    if (status) return status;
    if (!find_kernel(f)) return reorder(f, settings, pool, error);
    f->source.single = true;
    status = make_panels(f, largest, error);
    mds_distance_plan_fini(&f->plan);
    f->plan = (mds_distance_plan){.square = true};
    return status;
}

fs_status mds_source_features(const mds_feature_settings *settings, mds_thread_pool *pool, double *largest,
                              mds_source **source, fs_error *error)
{
    static const mds_source_kind single = {.read = read_single, .close = close_features};
    static const mds_source_kind in_double = {.read = read_double, .close = close_features};
    struct feature_source *f = fs_alloc_0(1, sizeof *f);
    *source = NULL;
    *largest = 0;
    if (!f) return fs_fail_memory(error, "preparing the features", sizeof *f);
    mds_distance_side side = {
        .features = settings->features, .n = settings->n, .ld = settings->ld, .noun = "row"};
    *f = (struct feature_source){.source = {.n = settings->n, .pair_cost = settings->m},
                                 .plan = {.metric = settings->metric,
                                          .scaling = settings->scaling,
                                          .columns = settings->columns,
                                          .power = settings->power,
                                          .m = settings->m,
                                          .kernels = settings->kernels,
                                          .sides = {side, side},
                                          .square = true}};
    fs_status status = open_features(f, settings, pool, largest, error);
    if (status) {
        close_features(&f->source);
        return status;
    }
    f->source.kind = f->source.single ? &single : &in_double;
    f->source.tiled = true;
    f->source.tile_rows = ROWS;
    f->source.tile_columns = COLUMNS;
    f->source.scratch =
        (size_t)ROWS * COLUMNS * sizeof(double) + (f->source.single ? 0 : sizeof(mds_distance_buffers));
    *source = &f->source;
    return FS_OK;
}
