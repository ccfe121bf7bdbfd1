#include "source.h"

#include <math.h>

bool mds_source_read(mds_source *source, void *scratch, size_t first, size_t last, size_t from, size_t to,
                     mds_tile *tile)
{
    fs_error error;
    if (atomic_load(&source->failed)) return false;
    if (source->kind->read(source, scratch, first, last, from, to, tile, &error) == FS_OK) return true;
    int none = 0;
    if (atomic_compare_exchange_strong(&source->failed, &none, 1)) {
        source->failure = error;
        atomic_store(&source->failed, 2);
    }
    return false;
}

fs_status mds_source_check(const mds_source *source, fs_error *error)
{
    if (atomic_load(&source->failed) != 2) return FS_OK;
    if (error) *error = source->failure;
    return source->failure.code;
}

double mds_source_pair(mds_source *source, void *scratch, size_t i, size_t j)
{
    mds_tile tile;
    size_t unit = source->tiled ? MDS_SINGLE_TILE : 1;
    size_t first = i / unit * unit, from = j / unit * unit;
    if (!mds_source_read(source, scratch, first, i + 1, from, j + 1, &tile)) return NAN;
    size_t at = (i - first) * tile.ld + j - from;
    return tile.delta ? tile.delta[at] : (double)tile.single[at];
}

void mds_source_close(mds_source *source)
{
    if (source) source->kind->close(source);
}
