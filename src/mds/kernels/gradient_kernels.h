/*
 * gradient_kernels.h - the loss over half of a matrix and its gradient, in one pass over eight rows.
 *
 * Each pair i < j is met once: its distance, what it adds to the loss, and what it adds to the gradient of
 * both of its points. Nothing of size n^2 is stored.
 */
#ifndef MDS_GRADIENT_KERNELS_H
#define MDS_GRADIENT_KERNELS_H

#include <stddef.h>

enum { MDS_GRADIENT_ROWS = 8 }; /* in one call */

/*
 * Rows first <= i < min(first + MDS_GRADIENT_ROWS, n), each with the columns i < j < n, of which those before
 * `from` are left out: with n the end of a tile's columns in place of that of all, it is the tile that is
 * summed over. Coordinates are a structure of arrays: coordinate k of point j is x[k * stride + j], zeros
 * behind the last point.
 */
typedef struct mds_gradient_rows {
    const double *x;
    size_t stride; /* a multiple of MDS_STRIDE */
    size_t n, p;
    size_t first;          /* a multiple of MDS_GRADIENT_ROWS */
    size_t from;           /* columns before it are left out; a multiple of 16, 0: none are */
    size_t column;         /* the first column that is stored, at most `first` and `from` */
    const double *delta;   /* delta[r * ld + j - column] is that of points first + r and j; any alignment */
    const double *weights; /* the same with ldw, or NULL */
    size_t ld, ldw;
    double threshold;    /* of the Huber loss */
    const double *along; /* of the Laplacian: as x; multiplied by it */
    double *scratch;     /* MDS_GRADIENT_SCRATCH(p) doubles, 64-byte aligned */
} mds_gradient_rows;

/* The same in single precision. Dissimilarities and coordinates are to be near 1 (below 1e15). */
typedef struct mds_gradient_rows_single {
    const float *x; /* stride: a multiple of 16 */
    size_t stride;
    size_t n, p;
    size_t first;
    size_t from;          /* columns before it are left out; a multiple of 16, 0: none are */
    size_t column;        /* the first column that is stored */
    const float *delta;   /* delta[r * ld + j - column] */
    const float *weights; /* the same, or NULL */
    size_t ld;
    float threshold;
    float *scratch; /* MDS_GRADIENT_SCRATCH(p) doubles of room */
} mds_gradient_rows_single;

#define MDS_GRADIENT_SCRATCH(p) (8 * 4 * (size_t)(p))

/*
 * Returns the loss of the pairs and adds half of its gradient to `gradient`, which is laid out as x (of
 * doubles in both precisions; its stride is that of x). With e = delta - d:
 *
 *   loss      PLAIN e^2; WEIGHTED w e^2; HUBER w e^2 where |e| <= threshold, else
 *             w (2 threshold |e| - threshold^2). NaN in delta counts as weight 0, but in PLAIN.
 *   gradient  its derivative, halved; points that coincide (nearer than 1e-145, in single precision 1e-15)
 *             contribute nothing
 *
 * A distance is right to a few units in the last place (2^-22 in single precision), and so is what a pair
 * adds. A row is summed in vectors; single precision goes over to double every MDS_CHUNK columns.
 *
 * LAPLACIAN adds V y to `gradient` and returns y'Vy, where y is `along` and V the Laplacian of the weights
 * (v_ij = -w_ij): V y = sum over pairs w (y_i - y_j). REWEIGHTED does so with the weights
 * w min(1, threshold / |e|) that make a squared loss touch the Huber loss.
 */
typedef double mds_gradient_kernel(const mds_gradient_rows *rows, double *gradient);
typedef double mds_gradient_kernel_single(const mds_gradient_rows_single *rows, double *gradient);

/* PLAIN in two or three dimensions, with roots right to 11 bits, and with sums in floats; `losses`, unless
 * NULL, receives in addition what the pairs of each point add to the loss (each of its two points gets all of
 * it). The arrays are 64-byte aligned. What a root is off changes the place of a minimum by less than other
 * roundings do. */
typedef double mds_gradient_kernel_rough(const mds_gradient_rows_single *rows, float *gradient,
                                         float *losses);

enum mds_gradient_term {
    MDS_GRADIENT_PLAIN,
    MDS_GRADIENT_WEIGHTED,
    MDS_GRADIENT_HUBER,
    MDS_GRADIENT_TERMS, /* those for each number of dimensions end here */
    MDS_GRADIENT_LAPLACIAN = MDS_GRADIENT_TERMS,
    MDS_GRADIENT_REWEIGHTED
};

/* By term, then for two dimensions, three, any number of them. */
typedef struct mds_gradient_kernels {
    mds_gradient_kernel *gradient[MDS_GRADIENT_TERMS][3];
    mds_gradient_kernel_single *single[MDS_GRADIENT_TERMS][3];
    mds_gradient_kernel_rough *rough[2]; /* for two and three dimensions */
    mds_gradient_kernel *laplacian[2];   /* LAPLACIAN, REWEIGHTED */
} mds_gradient_kernels;

#endif
