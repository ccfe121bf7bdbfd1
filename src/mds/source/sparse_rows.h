/*
 * sparse_rows.h - the dissimilarities of some pairs only, object by object, and the graph that they make.
 *
 * Each pair is there twice, with either of its objects. So what is summed over the pairs of an object stands
 * in one place and is written by one task, and a pass needs no sums beside. Memory: 24 bytes a pair, with
 * weights 40, and 8 an object.
 */
#ifndef MDS_SPARSE_ROWS_H
#define MDS_SPARSE_ROWS_H

#include "mdscale.h"
#include "status.h"

typedef struct mds_sparse_rows {
    size_t n;
    size_t *begin;    /* n + 1: those of object i are begin[i] <= e < begin[i + 1], by the other's number */
    uint32_t *column; /* the other object */
    double *delta;
    double *weight; /* NULL: all 1 */
    size_t blocks;  /* stretches of rows of about as many pairs each, which tasks take: */
    size_t *first;  /* blocks + 1: first rows */
} mds_sparse_rows;

/* More objects than this have no numbers of 32 bits. */
#define MDS_SPARSE_MOST (UINT32_MAX - 1)

/* Of `count` pairs, each of two objects below n, which is at most MDS_SPARSE_MOST; `weighted`: their weights
 * count, 0 standing for 1. The order of the list does not matter. Where a pair is named twice, it stands
 * twice in both rows. Cost: O(count), and a sort of each row that does not come in order. */
FS_CHECK fs_status mds_sparse_rows_create(const mds_pair *pairs, size_t count, size_t n, bool weighted,
                                          mds_sparse_rows **rows, fs_error *error);
void mds_sparse_rows_destroy(mds_sparse_rows *rows); /* NULL is legal */

/* Something as large as rows of so many pairs would be, for who asks only that: n and blocks are set. */
mds_sparse_rows mds_sparse_rows_sizes(size_t n, size_t count);

/* How many pairs there are. */
size_t mds_sparse_count(const mds_sparse_rows *rows);

/* Breadth first from one object: `hops` (n) becomes how many pairs lie between, UINT32_MAX where no chain
 * leads. `queue`: room for n. Returns how many objects were reached. */
size_t mds_sparse_reach(const mds_sparse_rows *rows, uint32_t from, uint32_t *queue, uint32_t *hops);

/* What mds_sparse_paths works in: a binary heap of objects by their distance, which knows where each stands
 * (place 0: not in it). */
typedef struct mds_sparse_heap {
    size_t count;
    uint32_t *items; /* room for n + 1 */
    uint32_t *place; /* room for n */
    const double *distance;
} mds_sparse_heap;

/* The lengths of the shortest paths from one object to all, infinity where there is none (Dijkstra, Numer.
 * Math. 1, 1959). Cost: O((n + pairs) log n). */
void mds_sparse_paths(const mds_sparse_rows *rows, mds_sparse_heap *heap, size_t from, double *distance);

#endif
