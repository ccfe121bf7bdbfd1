#include "distance_tiles.h"

#include <math.h>
#include <string.h>

enum { BLOCK = MDS_DISTANCE_BLOCK, FEATURES = MDS_DISTANCE_FEATURES };

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

static void add_features(const mds_distance_plan *plan, size_t part, size_t count,
                         mds_distance_buffers *buffers)
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

void mds_distance_tile(const mds_distance_plan *plan, size_t i0, size_t j0, mds_distance_buffers *buffers)
{
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
