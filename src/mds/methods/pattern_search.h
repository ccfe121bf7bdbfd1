/*
 * pattern_search.h - what the files of pattern search share.
 *
 * Points depend on each other only through those that have moved. So an epoch goes by blocks of points: the
 * row errors of a block are brought up to date in parallel, for the configuration at the block's start; then
 * its points are decided on in order, and what a move changes in the rows of the points behind it is
 * corrected. The decisions are those of going point by point, and the threads meet once a block.
 */
#ifndef MDS_PATTERN_SEARCH_H
#define MDS_PATTERN_SEARCH_H

#include "job.h"
#include "move_log.h"
#include "row_sum_cache.h"

enum {
    MDS_BLOCK = 32, /* points in a block, at most; a multiple of MDS_ROW_TILE */
    MDS_BLOCK_TILES = MDS_BLOCK / MDS_ROW_TILE,

    /* Square roots that a task should have at least: handing one out takes about as long as a tenth of them.
     */
    MDS_PATTERN_GRAIN = 4000
};

/* A number, and how far from the truth it may be. */
struct bounded {
    double value, error_bound;
};

/* What workers read and write lies in cache lines apart from what is written while they wait. */
enum { MDS_CACHE_LINE = 64 };

/* The points at hand. Slot b is point points[b]. The row errors of MDS_ROW_TILE slots stand side by side, as
 * in an mds_row_tile, and so do the coordinates: [k * MDS_BLOCK + b]. */
typedef struct mds_pattern_block {
    /* To be done in parallel: units of the cache to correct, slots whose rows are to be summed. */
    _Alignas(MDS_CACHE_LINE) const size_t *points;
    size_t count, units, rows;
    unsigned char row[MDS_BLOCK];
    size_t unit[MDS_BLOCK];

    _Alignas(MDS_CACHE_LINE) uint64_t start; /* how many moves there had been at its start */
    double bounds[MDS_BLOCK];                /* how far from the truth the sums were at the start */
    double most[MDS_BLOCK];                  /* the largest of them, or more */
    double turnover[MDS_BLOCK];              /* what the moves since have added and taken off */
    double gain[MDS_BLOCK];                  /* of the best of the tries */
    size_t corrected[MDS_BLOCK_TILES];       /* for how many moves since the start */
    bool adjacent[MDS_BLOCK_TILES];          /* the points lie side by side in a row of the matrix */
} mds_pattern_block;

/* One solve. */
typedef struct mds_pattern_search {
    /* Made once, before the first epoch. */
    mds_job *job;
    mds_thread_pool *pool;
    const mds_pattern_options *options;
    mds_pattern_kernel *kernel;
    mds_change_kernel *change;
    size_t n, p, tried; /* tried: dimensions */
    size_t count;       /* sums of a row: 2p + 1; infinite where a dimension is not tried */
    size_t row_work;    /* square roots of a row */
    size_t rows_in_task;
    bool cached; /* not when the dimensions that are tried change from point to point */
    unsigned workers;
    double *before; /* job->x at the start of the epoch */
    double *sums;   /* 2p + 1, of the point to be decided on */
    size_t *order;  /* n: points in the order they are tried in */
    double *room;   /* for each worker, room_size */
    size_t room_size;
    size_t *dimensions;          /* tried * MDS_BLOCK: those to be tried, slot by slot */
    double *slot_sums, *slot_at; /* of the block */
    double *rows; /* row_size for each slot: 2p + 1 sums, how far from the truth, the largest */
    size_t row_size;
    mds_row_sum_cache cache;
    double radius;

    mds_pattern_block block;
    mds_move_log log;
    bool keep; /* what is summed now: not when too many points move */
    struct bounded loss;
} mds_pattern_search;

/* Points in a block. */
size_t mds_pattern_block_size(size_t n);

/* The arrays of the block, the log and the cache. */
void mds_pattern_block_lay_out(mds_pattern_search *search, mds_workspace *workspace);

/* The points to be decided on next. Where not all dimensions are tried, those to be tried are in
 * search->dimensions. Returns whether there is enough to do for more than one worker. */
bool mds_pattern_begin_block(mds_pattern_search *search, const size_t *points, size_t count);

/* Bring the row errors of these points up to date, in parallel. */
void mds_pattern_evaluate(mds_pattern_search *search);

/* What was found for slot b: its sums, `step` apart. Returns how far from the truth they may be. */
double mds_pattern_take(mds_pattern_search *search, size_t b, double *sums, size_t step);

/* The same for all, side by side in slot_sums, to be corrected for the moves of the block from now on. */
void mds_pattern_fill_slots(mds_pattern_search *search);

/* Correct the row errors of a tile of slots for the moves of the block so far, and find the gains. */
void mds_pattern_correct(mds_pattern_search *search, size_t tile);

/* How far from the truth the row errors of slot b are. */
double mds_pattern_row_bound(const mds_pattern_search *search, size_t b);

#endif
