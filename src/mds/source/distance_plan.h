/*
 * distance_plan.h - what a metric makes of features before tiles of distances are computed (distances.c).
 *
 * Most metrics become sums over features of one of the tile kernels, and a formula that turns a pair's sums
 * into its distance. The numbers that go into the sums are the features themselves or copies of them, in up
 * to MDS_DISTANCE_PARTS parts with a kernel each. There are two sides: rows and columns of the result, which
 * are the same features where a square is wanted.
 */
#ifndef MDS_DISTANCE_PLAN_H
#define MDS_DISTANCE_PLAN_H

#include "kernels.h"
#include "status.h"
#include "thread_pool.h"

#include <stdbool.h>

enum { MDS_DISTANCE_PARTS = 4 };

/* Features of one side. */
typedef struct mds_distance_side {
    const double *features; /* the caller's; later the scaled ones */
    size_t n, ld;
    double *scaled;                     /* n x m, or NULL */
    double *parts[MDS_DISTANCE_PARTS];  /* copies; NULL where the part is `features` */
    double *totals[MDS_DISTANCE_PARTS]; /* for each row what the formula needs of a part, or NULL */
    double *factor, *shift, *scale;     /* for each row, or NULL: (factor * value - shift) * scale is packed,
                                           `factor` being a power of two */
    const char *noun;                   /* "row", or "new row", in messages */
} mds_distance_side;

typedef struct mds_distance_plan {
    mds_metric metric;
    mds_scaling scaling;
    const mds_column *columns;
    double power; /* Minkowski's exponent */
    size_t m;
    const mds_kernels *kernels;
    mds_distance_side sides[2]; /* rows, columns; the second side gives scalings and ranges */
    bool square; /* both sides are the same: only the second is prepared, the first is a copy */
    size_t part_count;
    struct {
        size_t columns;
        mds_tile_kernel *kernel; /* NULL: tile_power */
    } parts[MDS_DISTANCE_PARTS];
    int exponent; /* features are packed times 2^-exponent */
    bool near;    /* some are so small that their sums may vanish */
} mds_distance_plan;

/* Check the features and make the parts. The plan holds metric, options, kernels and both sides' features.
 * Errors: as mds_distances. Free with mds_distance_plan_fini, after an error too. */
FS_CHECK fs_status mds_distance_plan_prepare(mds_distance_plan *plan, mds_thread_pool *pool, fs_error *error);
void mds_distance_plan_fini(mds_distance_plan *plan);

/* Scale the columns of both sides (distance_scaling.c). */
FS_CHECK fs_status mds_distance_plan_scale(mds_distance_plan *plan, mds_scaling scaling, fs_error *error);

/* Make the covariance of the scaled columns of the second side the unit matrix, and both sides to match
 * (distance_scaling.c). */
FS_CHECK fs_status mds_distance_plan_whiten(mds_distance_plan *plan, mds_thread_pool *pool, fs_error *error);

/* Turn the sums of rows i0 + r and columns j0 + c, at tiles[part][r * block + c], into distances in tiles[0],
 * for r < rows and c < columns (distance_finish.c). */
void mds_distance_finish(const mds_distance_plan *plan, size_t i0, size_t j0, size_t rows, size_t columns,
                         double *const tiles[MDS_DISTANCE_PARTS], size_t block);

#endif
