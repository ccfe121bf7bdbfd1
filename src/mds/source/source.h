/*
 * source.h - a problem as a source of rows: tiles of dissimilarities, wherever they come from.
 *
 * Methods that need not hold all n x n dissimilarities ask for tiles of them, some rows by some columns, use
 * each and forget it: of a matrix in memory, of the pairs i < j one after the other, of a file that is read
 * piece by piece, or of features, from which they are computed each time. Everything else that a method knows
 * of a problem (how many objects, how large the numbers) it has from the statistics that came with it.
 *
 * Numbers are given times 2^-exponent, so that they are near 1 (scale.h). A missing one is NaN.
 *
 * Where only some pairs are known, they are all that a source has (`sparse`): nobody asks it for tiles, and
 * what is done over all pairs elsewhere is done over those.
 *
 * The objects of a source may stand in an order of its own: with features in a random one, so that any
 * stretch of rows is a random sample. Methods work in that order; mds_fit goes back to the caller's.
 */
#ifndef MDS_SOURCE_H
#define MDS_SOURCE_H

#include "kernels.h"
#include "sparse_rows.h"
#include "status.h"
#include "thread_pool.h"

#include <stdatomic.h>

/* One of delta and single is there: that of rows i and columns j is at [(i - first) * ld + j - from]. Behind
 * the last column of `single` as many as make MDS_SINGLE_TILE may be read, and mean nothing. */
typedef struct mds_tile {
    const double *delta;
    const float *single;
    size_t ld;
} mds_tile;

enum { MDS_SOURCE_SQUARE = 64 };

typedef struct mds_source mds_source;

/* What a kind of source does. */
typedef struct mds_source_kind {
    /* Rows first <= i < last and columns from <= j < to. The tile stays until `scratch` (source->scratch
     * bytes, 64-byte aligned, one for each thread) is used again. What stands on the diagonal is not defined.
     */
    fs_status (*read)(mds_source *source, void *scratch, size_t first, size_t last, size_t from, size_t to,
                      mds_tile *tile, fs_error *error);
    void (*close)(mds_source *source);
} mds_source_kind;

struct mds_source {
    const mds_source_kind *kind;
    size_t n;
    size_t tile_rows, tile_columns; /* the largest tile, beside squares of MDS_SOURCE_SQUARE */
    bool tiled; /* `first` and `from` are to be multiples of MDS_SINGLE_TILE; else tile_columns is n */
    size_t scratch;
    size_t pair_cost;        /* multiply-adds that a pair costs each time it is read */
    bool single;             /* tiles are in single precision */
    int exponent;            /* set before the first tile is read */
    mds_sparse_rows *sparse; /* NULL, or the pairs, scaled; then no tile is ever read */
    int weight_exponent;     /* theirs: weights are given times 2^-weight_exponent */
    const size_t *order;     /* which of the caller's objects stands where; NULL: all where they are */
    atomic_int failed;       /* 0, 1: `failure` is being written, 2: it is there */
    fs_error failure;
};

/*
 * A tile: false, when it could not be read. The first failure is kept for mds_source_check, and all tiles
 * behind it fail at once, so that a computation on many threads needs no way out of its own: it goes on with
 * nothing, and its caller asks at the end.
 */
bool mds_source_read(mds_source *source, void *scratch, size_t first, size_t last, size_t from, size_t to,
                     mds_tile *tile);
FS_CHECK fs_status mds_source_check(const mds_source *source, fs_error *error);

/* The dissimilarity of a pair (NaN after a failure). */
double mds_source_pair(mds_source *source, void *scratch, size_t i, size_t j);

void mds_source_close(mds_source *source); /* NULL is legal */

/* ---- the kinds ---- */

/* A matrix in memory, n x n with leading dimension ld; not copied. */
FS_CHECK fs_status mds_source_dense(const double *delta, size_t n, size_t ld, mds_source **source,
                                    fs_error *error);

/* The pairs i < j row by row, n (n - 1) / 2 of them; not copied. */
FS_CHECK fs_status mds_source_condensed(const double *delta, size_t n, mds_source **source, fs_error *error);

/* The pairs of `rows`, which become the source's, whatever comes of it. */
FS_CHECK fs_status mds_source_sparse(mds_sparse_rows *rows, mds_source **source, fs_error *error);

/*
 * An .npy file of float64 or float32 (base/npy.h): a square, or the pairs i < j, of one axis. Read in blocks
 * of rows, never whole, and never mapped, so that a file that grows shorter meanwhile is an error, not a
 * signal. *n becomes the number of objects. Errors: FS_IO and its kin; FS_FORMAT; FS_DATA: not a square, or
 * shorter than its header says, or, when it is read, changed since it was opened.
 */
FS_CHECK fs_status mds_source_file(const char *path, size_t *n, mds_source **source, fs_error *error);

/*
 * Features, n x m with leading dimension ld, of which distances are computed tile by tile, in single
 * precision for the metrics that are sums of squares or of absolute differences, or a largest one (Euclidean
 * and its kin, cosine, Manhattan, Chebyshev ...), else in double. The features are copied, scaled and
 * centred, in a random order. A distance of single precision is off by some 2^-23 of itself, and by 2^-23 of
 * the size of the (centred) features. Sets source->exponent and *largest, a bound of the scaled distances.
 * Memory: n m floats (else 2 n m doubles and what distance_plan.h needs). Errors: as mds_distances.
 */
typedef struct mds_feature_settings {
    const double *features;
    size_t n, m, ld;
    mds_metric metric;
    mds_scaling scaling;
    const mds_column *columns;
    double power; /* Minkowski's exponent */
    const mds_kernels *kernels;
} mds_feature_settings;

FS_CHECK fs_status mds_source_features(const mds_feature_settings *settings, mds_thread_pool *pool,
                                       double *largest, mds_source **source, fs_error *error);

#endif
