/*
 * share.h - tasks shared among ranks: processes that do the same computation together (mds_ranks).
 *
 * Every rank does all that is short by itself, with the same bits. What takes long is cut into tasks, each of
 * which one rank runs, on its threads; then what the tasks have written is handed to all ranks, in place. So
 * the bits do not depend on how many ranks there are, as long as what is made of the tasks' results depends
 * on the tasks alone. What hangs on a clock or on the caller is decided by rank 0 for all.
 */
#ifndef MDS_SHARE_H
#define MDS_SHARE_H

#include "mdscale.h"
#include "thread_pool.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct mds_share {
    const mds_ranks *ranks; /* NULL: this process alone */
    size_t *begin;          /* count + 1 */
    uint64_t *pieces;       /* where ranks have no `add`: PIECE numbers of each */
    bool strict;            /* a single task is one rank's too, as on some rank it may fail */
    bool failed;            /* the others cannot be reached, and nothing is shared any longer */
} mds_share;

/* FS_ARGUMENT: a table that makes no sense. NULL ranks, or one, are this process alone. */
FS_CHECK fs_status mds_share_init(mds_share *share, const mds_ranks *ranks, fs_error *error);
void mds_share_fini(mds_share *share);

unsigned mds_share_rank(const mds_share *share); /* 0 alone */
unsigned mds_share_count(const mds_share *share);

/* How the tasks' costs go: all alike, or as the rows of a triangle, the first the longest. */
typedef enum mds_share_costs { MDS_SHARE_EVEN, MDS_SHARE_TRIANGLE } mds_share_costs;

/* The tasks that this rank runs: *first <= task < *last. A single one is run by all, unless
 * share->strict. */
void mds_share_own(const mds_share *share, size_t tasks, mds_share_costs costs, size_t *first, size_t *last);

/* What the tasks write: task t the bytes from t * bytes on. */
typedef struct mds_shared {
    void *at;
    size_t bytes;
} mds_shared;

/* As mds_thread_pool_run. Afterwards all that the tasks have written to `results` is there. */
void mds_share_run(mds_share *share, mds_thread_pool *pool, size_t tasks, mds_share_costs costs,
                   mds_task *run, void *context, const mds_shared *results, size_t count);

/* After mds_share_run: more that the tasks have written, up to byte `end`, where the last one ends. */
void mds_share_hand_over(mds_share *share, size_t tasks, mds_share_costs costs, const mds_shared *result,
                         size_t end);

/* Each number becomes the sum of those of all ranks, as integers, which wrap. */
void mds_share_add(mds_share *share, uint64_t *numbers, size_t count);

/* The bytes at `data` become those of rank `from`. */
void mds_share_from(mds_share *share, unsigned from, void *data, size_t bytes);

/* Whether all ranks, if there are several, say the same, and not 0. */
bool mds_share_same(mds_share *share, uint64_t word);

/* What rank 0 says. */
uint64_t mds_share_agree(mds_share *share, uint64_t word);

/* FS_OK where all ranks are; else, on all of them, what the first that is not has to say. */
FS_CHECK fs_status mds_share_status(mds_share *share, fs_status status, fs_error *error);

#endif
