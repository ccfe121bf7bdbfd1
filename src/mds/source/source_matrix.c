/* Dissimilarities in memory: a matrix, the pairs i < j one after the other, or some pairs. */
#include "memory.h"
#include "scale.h"
#include "source.h"

enum { ROWS = 32 }; /* in a tile */

struct matrix_source {
    mds_source source;
    const double *delta;
    size_t ld;
};

static void close_matrix(mds_source *source)
{
    fs_free(source);
}

/* As it stands, unless it must be scaled. */
static fs_status read_dense(mds_source *source, void *scratch, size_t first, size_t last, size_t from,
                            size_t to, mds_tile *tile, fs_error *error)
{
    const struct matrix_source *matrix = (const struct matrix_source *)source;
    (void)error;
    *tile = (mds_tile){.delta = matrix->delta + first * matrix->ld + from, .ld = matrix->ld};
    if (!source->exponent) return FS_OK;
    size_t columns = to - from;
    double *copy = scratch;
    for (size_t i = first; i < last; i++)
        mds_scale(tile->delta + (i - first) * matrix->ld, columns, source->exponent,
                  copy + (i - first) * columns);
    *tile = (mds_tile){.delta = copy, .ld = columns};
    return FS_OK;
}

/* Where the pair i < j stands. */
static size_t place_of(size_t n, size_t i, size_t j)
{
    return i * (2 * n - i - 1) / 2 + j - i - 1;
}

static fs_status read_condensed(mds_source *source, void *scratch, size_t first, size_t last, size_t from,
                                size_t to, mds_tile *tile, fs_error *error)
{
    const struct matrix_source *pairs = (const struct matrix_source *)source;
    size_t n = source->n, columns = to - from;
    double *out = scratch;
    (void)error;
    *tile = (mds_tile){.delta = out, .ld = columns};
    for (size_t i = first; i < last; i++, out += columns) {
        size_t j = from;
        for (; j < to && j < i; j++) out[j - from] = pairs->delta[place_of(n, j, i)];
        if (j < to && j == i) out[j++ - from] = 0;
        if (j < to) mds_scale(pairs->delta + place_of(n, i, j), to - j, 0, out + (j - from));
        if (source->exponent) mds_scale(out, columns, source->exponent, out);
    }
    return FS_OK;
}

static fs_status open_matrix(const mds_source_kind *kind, const double *delta, size_t n, size_t ld,
                             mds_source **source, fs_error *error)
{
    struct matrix_source *made = fs_alloc_0(1, sizeof *made);
    *source = made ? &made->source : NULL;
    if (!made) return fs_fail_memory(error, "preparing the dissimilarities", sizeof *made);
    *made = (struct matrix_source){.source = {.kind = kind, .n = n}, .delta = delta, .ld = ld};
    made->source.tile_rows = ROWS;
    made->source.tile_columns = n;
    size_t square = (size_t)MDS_SOURCE_SQUARE * MDS_SOURCE_SQUARE;
    made->source.scratch = (n * ROWS > square ? n * ROWS : square) * sizeof(double);
    return FS_OK;
}

fs_status mds_source_dense(const double *delta, size_t n, size_t ld, mds_source **source, fs_error *error)
{
    static const mds_source_kind kind = {.read = read_dense, .close = close_matrix};
    return open_matrix(&kind, delta, n, ld, source, error);
}

fs_status mds_source_condensed(const double *delta, size_t n, mds_source **source, fs_error *error)
{
    static const mds_source_kind kind = {.read = read_condensed, .close = close_matrix};
    return open_matrix(&kind, delta, n, n, source, error);
}

/* ---- some pairs ---- */

static void close_sparse(mds_source *source)
{
    mds_sparse_rows_destroy(source->sparse);
    fs_free(source);
}

static fs_status read_sparse(mds_source *source, void *scratch, size_t first, size_t last, size_t from,
                             size_t to, mds_tile *tile, fs_error *error)
{
    (void)source, (void)scratch, (void)first, (void)last, (void)from, (void)to, (void)tile;
    return fs_fail(error, FS_INTERNAL, "sparse pairs have no tiles");
}

fs_status mds_source_sparse(mds_sparse_rows *rows, mds_source **source, fs_error *error)
{
    static const mds_source_kind kind = {.read = read_sparse, .close = close_sparse};
    mds_source *made = *source = fs_alloc_0(1, sizeof *made);
    if (!made) {
        mds_sparse_rows_destroy(rows);
        return fs_fail_memory(error, "preparing the pairs", sizeof *made);
    }
    *made =
        (mds_source){.kind = &kind, .n = rows->n, .tile_rows = ROWS, .tile_columns = rows->n, .sparse = rows};
    return FS_OK;
}
