/*
 * pivot_map.h - classical scaling by some of the objects, the pivots: the map is that of the largest singular
 * vectors of the squared distances of all objects from them, centred by rows and columns (Brandes and Pich,
 * "Eigensolver methods for progressive multidimensional scaling of large data", Graph Drawing 2006). Where
 * not all dissimilarities are known, the lengths of the shortest paths stand for them, as in Isomap.
 */
#ifndef MDS_PIVOT_MAP_H
#define MDS_PIVOT_MAP_H

#include "thread_pool.h"
#include "workspace.h"

typedef struct mds_pivot_map {
    size_t n, p, count; /* pivots */
    mds_thread_pool *pool;
    float *paths; /* count x n: the distances of all objects from each pivot, the caller's to fill */

    double *column_mean; /* count: of the squares */
    double mean;
    double *products, *row;          /* for each task: count x count, and count */
    double *values, *vectors, *work; /* of the sum of the products */
    double *factor;                  /* p: of each axis */
} mds_pivot_map;

/* How many pivots there are at most for n objects and p dimensions. */
size_t mds_pivot_count(size_t n, size_t p);

void mds_pivot_map_lay_out(mds_pivot_map *map, size_t n, size_t count, size_t p, mds_thread_pool *pool,
                           mds_workspace *workspace);

/* The map of map->paths: coordinate k of object i into x[k * stride + i], 0 on axes that the paths do not
 * have. The same bits at any number of threads. Cost: n count^2 multiply-adds. */
void mds_pivot_map_place(mds_pivot_map *map, double *x, size_t stride);

#endif
