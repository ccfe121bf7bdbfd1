/*
 * path_start.h - where to begin where most dissimilarities are missing. Classical scaling then knows little
 * of the others (centred_squares.h), least of all where it is the large ones that are missing: of neighbours
 * alone it makes a heap that no method unfolds. Here the lengths of the shortest paths over what is known
 * stand for them, from some pivots (pivot_map.h), of which the next is always the object farthest from those
 * before (Gonzalez, Theor. Comput. Sci. 38, 1985).
 */
#ifndef MDS_PATH_START_H
#define MDS_PATH_START_H

#include "mdscale.h"
#include "pivot_map.h"

typedef struct mds_path_start {
    const mds_problem *problem; /* known are dissimilarities that are numbers, with a weight that is not 0 */
    mds_pivot_map map;
    double *distance, *waiting, *nearest; /* n each */
    double *x;                            /* p x stride: the map */
    size_t stride;
} mds_path_start;

/* Whether it is of use: fewer than half of the pairs are known. */
bool mds_path_start_is_for(size_t n, size_t pairs);

void mds_path_start_lay_out(mds_path_start *start, const mds_problem *problem, size_t p, size_t stride,
                            mds_thread_pool *pool, mds_workspace *workspace);

/* Put its map into x (coordinate k of object i at x[k * stride + i]) where that fits what is known better
 * than the map that is there, both sized to fit. When it is `deadline` before (fs_clock_seconds), x stays.
 * Cost: for each of 2 p + 20 pivots at most Dijkstra's algorithm on the matrix, n^2 steps; and two passes
 * over the matrix. */
void mds_path_start_improve(mds_path_start *start, double deadline, double *x);

#endif
