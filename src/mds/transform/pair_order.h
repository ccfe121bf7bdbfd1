/*
 * pair_order.h - the pairs of a problem in the order of their dissimilarities, found once.
 *
 * Pairs of equal dissimilarity form a group, and groups are numbered from the smallest on. Of more than 2^23
 * different values (n above 4,096) every 2^k that follow each other form one, so that what there is for each
 * group stays small beside the matrix.
 */
#ifndef MDS_PAIR_ORDER_H
#define MDS_PAIR_ORDER_H

#include "mdscale.h"
#include "sort_records.h"
#include "status.h"
#include "thread_pool.h"

#include <stdbool.h>

/* Groups, or groups of groups. */
typedef struct mds_groups {
    unsigned shift; /* a pair's group is its rank >> shift */
    size_t count;
    uint32_t missing; /* rank >> shift of pairs that do not count: at least `count` */
    double *value;    /* the dissimilarity, or the mean of them */
    double *weight;   /* the sum of the weights */
} mds_groups;

typedef struct mds_pair_order {
    size_t n, pairs;   /* i < j that count */
    uint32_t *rank;    /* of all pairs i < j, row by row: see mds_pair_at */
    mds_groups exact;  /* shift 0 */
    mds_groups coarse; /* at most 2^15; their values are means */
    uint32_t *size;    /* pairs in each exact group */
    uint32_t largest;  /* of these */
} mds_pair_order;

/* Pair i < j is number mds_pair_at(n, i) + j; wraps around for i = 0, and back. */
static inline size_t mds_pair_at(size_t n, size_t i)
{
    return i * n - i * (i + 1) / 2 - i - 1;
}

/* The largest n whose pairs have numbers. */
enum { MDS_ORDER_MOST = 92000 };

/* Sort. `room` is for n^2 doubles, of no use afterwards. O(n^2 log n) at worst, some 10 ns a pair; memory: 4
 * bytes a pair and at most 2^23 * 24 bytes. FS_MEMORY; FS_UNSUPPORTED for an n above MDS_ORDER_MOST. */
FS_CHECK fs_status mds_pair_order_create(const mds_problem *problem, mds_thread_pool *pool, void *room,
                                         mds_pair_order *order, fs_error *error);
void mds_pair_order_fini(mds_pair_order *order);

#endif
