/*
 * relocation_kernels.h - the kernels of relocation (methods/relocation.h): what a point's row would cost
 * elsewhere, in single precision.
 *
 * Roots are right to 11 bits: whoever moves a point asks the kernels in double precision first.
 */
#ifndef MDS_RELOCATION_KERNELS_H
#define MDS_RELOCATION_KERNELS_H

#include <stddef.h>

enum { MDS_FLOATS = 16 }; /* rows of floats are padded to a multiple of this many */

/* Added to every squared distance, so that coinciding points need no branch. */
#define MDS_RELOCATION_TINY 1e-30f

/* One row; lengths and weights up to about 1. */
typedef struct mds_relocation_row {
    const float *x; /* coordinate k of point j at k * stride + j */
    size_t stride;
    const float *delta, *weights; /* weight 0: the point itself, missing pairs, and what pads the row */
    size_t columns;               /* a multiple of MDS_FLOATS; all of them are read */
    size_t p;
} mds_relocation_row;

/* losses[t] = sum over j of w (delta - |x_j - place t|)^2. places: count * p, point by point. */
typedef void mds_relocation_losses_kernel(const mds_relocation_row *row, const float *places, size_t count,
                                          float *losses);

/* The same for places whose distances are known: that from place t to point j is distances[t * stride + j].
 */
typedef void mds_relocation_known_kernel(const mds_relocation_row *row, const float *distances, size_t count,
                                         float *losses);

/* The distances from a place to all columns, as the kernel above takes them. */
typedef void mds_relocation_distances_kernel(const mds_relocation_row *row, const float *place,
                                             float *distances);

/* to[j] = unit * from[j] for j < n. Meanwhile the memory is asked for ahead[j], wanted next, or NULL. */
typedef void mds_relocation_narrow_kernel(const double *from, const double *ahead, size_t n, double unit,
                                          float *to);

/* sums[k] = sum over j of w (x_j + delta (at - x_j) / |at - x_j|), coordinate k of it: over the sum of the
 * weights, where majorization puts the point that is at `at`. */
typedef void mds_relocation_step_kernel(const mds_relocation_row *row, const float *at, float *sums);

typedef struct mds_relocation_kernels {
    mds_relocation_losses_kernel *losses;
    mds_relocation_step_kernel *step;
    mds_relocation_known_kernel *known;
    mds_relocation_distances_kernel *distances;
    mds_relocation_narrow_kernel *narrow;
} mds_relocation_kernels;

#endif
