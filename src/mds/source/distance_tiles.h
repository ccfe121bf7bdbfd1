/*
 * distance_tiles.h - distances in tiles: MDS_DISTANCE_BLOCK rows against as many, both packed by feature so
 * that the kernel reads whole vectors.
 *
 * Cosine and correlation distances are half the squared Euclidean distance of the rows made unit vectors (and
 * centred), which keeps all digits of near rows; packing does that on the way. What other metrics make of the
 * features first is in distance_plan.h.
 *
 * Features are packed times a power of two that brings the largest near 1, where they are not ordinary, so no
 * square overflows. Rows so near to each other that the squares of their differences vanish are taken again.
 */
#ifndef MDS_DISTANCE_TILES_H
#define MDS_DISTANCE_TILES_H

#include "distance_plan.h"

enum { MDS_DISTANCE_BLOCK = 64, MDS_DISTANCE_FEATURES = 256 /* packed at a time */ };

/* What one worker works in; 64-byte aligned. */
typedef struct mds_distance_buffers {
    double rows[MDS_DISTANCE_BLOCK * MDS_DISTANCE_FEATURES];
    double columns[MDS_DISTANCE_BLOCK * MDS_DISTANCE_FEATURES];
    double tiles[MDS_DISTANCE_PARTS][MDS_DISTANCE_BLOCK * MDS_DISTANCE_BLOCK];
} mds_distance_buffers;

/* buffers->tiles[0][r * MDS_DISTANCE_BLOCK + c] = the distance of rows i0 + r of the first side and j0 + c of
 * the second. What lies behind the last row of a side means nothing. */
void mds_distance_tile(const mds_distance_plan *plan, size_t i0, size_t j0, mds_distance_buffers *buffers);

#endif
