/*
 * row_memory.h - what the visits of pattern search found, kept right by what has moved since.
 *
 * A visit sums a point's row error at 2p + 1 positions over all n columns. Where only m points have moved
 * since its last visit, and the radius is the same, the sums change in m columns only: take off what those
 * columns gave before, add what they give now. That is 2m columns in place of n, and it takes the same
 * decisions: the bound on the rounding error grows with every such change and is remembered with the sums. At
 * the larger radii, where most epochs are spent, few points move.
 *
 * Memory: n (2p + 3) doubles for the sums, and a log of the last n moves or so.
 */
#ifndef MDS_ROW_MEMORY_H
#define MDS_ROW_MEMORY_H

#include "kernels.h"
#include "status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct mds_row_memory mds_row_memory;

FS_CHECK fs_status mds_row_memory_create(size_t n, size_t p, mds_row_memory **memory, fs_error *error);
void mds_row_memory_destroy(mds_row_memory *memory); /* NULL is legal */

/* The radius has changed: nothing that was found holds any longer. O(n). */
void mds_row_memory_forget(mds_row_memory *memory);

/* Point i has been visited, and stays: its 2p + 1 sums, each within `doubt` of the truth. */
void mds_row_memory_keep(mds_row_memory *memory, size_t i, const double *sums, double doubt);

/* Point i moves, in coordinate k, to `value`; `at` is where it was. */
void mds_row_memory_move(mds_row_memory *memory, size_t i, const double *at, size_t k, double value);

/* How the columns that have moved since the last visit of a point look from there. */
typedef struct mds_row_change {
    mds_pattern_row before, after; /* rows of `columns` columns for a pattern kernel */
    size_t columns;
    double doubt; /* of the sums that are remembered */
} mds_row_change;

/* Whether it pays to bring the sums of point i up to date rather than sum them anew. If so, *change holds the
 * columns, and `sums` the sums as they were. `row` is the point's row. */
bool mds_row_memory_recall(mds_row_memory *memory, size_t i, const mds_pattern_row *row,
                           mds_row_change *change, double *sums);

#endif
