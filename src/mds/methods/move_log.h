/*
 * move_log.h - the moves of a pattern search, the latest of them: which point, from where, to where.
 *
 * A row error that was right when there had been m moves is right again once the moves from m on are applied.
 */
#ifndef MDS_MOVE_LOG_H
#define MDS_MOVE_LOG_H

#include "workspace.h"

#include <stdint.h>

/* Entry e is move `first + e` of all. Coordinates are structures of arrays: [k * capacity + e]. */
typedef struct mds_move_log {
    size_t p, capacity, used;
    uint64_t first;
    size_t *moved;
    double *from, *to;
} mds_move_log;

/* At least the last `entries` moves are there at any time. */
void mds_move_log_lay_out(mds_move_log *log, size_t entries, size_t p, mds_workspace *workspace);

/* Until so many moves (at most `entries`) have been added, none is dropped and none changes its place. Drops
 * the older half where there is no room. */
void mds_move_log_reserve(mds_move_log *log, size_t moves);

/* Point i moves, in coordinate k, to `value`. It is at x[c * stride + i]. */
void mds_move_log_add(mds_move_log *log, size_t i, const double *x, size_t stride, size_t k, double value);

/* How many moves there have been. */
static inline uint64_t mds_move_log_end(const mds_move_log *log)
{
    return log->first + log->used;
}

#endif
