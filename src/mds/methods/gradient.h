/*
 * gradient.h - the loss of a configuration and its gradient, squared or Huber, on all threads. (Where the
 * job's loss is the absolute one, it is the Huber loss with gradient->threshold.)
 *
 *   loss      sum over pairs i < j of w (delta - d)^2, or the Huber loss
 *   gradient  of point i: 2 sum_j w (1 - delta / d) (x_i - x_j); pairs of points that coincide add nothing
 *
 * One pass over half of the matrix, nothing of size n^2 beside it (de Leeuw, "Applications of convex analysis
 * to multidimensional scaling", 1977, has the gradient). Cost: n^2 / 2 roots. The rows are cut into tasks by
 * n and p alone: the same bits at any number of threads. Up to MDS_MOST_PARTS tasks have sums of their own,
 * which are added in order: n^2 / 32 numbers at most, and 16 n p. Many tasks add to common sums, whose order
 * does not matter (fixed_sums.h): n p numbers and as many for each worker.
 *
 * From a source of rows (source.h) each task reads its tiles, from the diagonal on. Tiles of whole rows give
 * the same bits as the matrix. Where a tile cannot be read, the loss is NaN. Sparse pairs are summed by
 * sparse_sums.h, on each rank.
 */
#ifndef MDS_GRADIENT_H
#define MDS_GRADIENT_H

#include "fixed_sums.h"
#include "job.h"
#include "sparse_sums.h"
#include "workspace.h"

typedef struct mds_gradient {
    const mds_job *job;
    size_t tasks, stride; /* coordinates of `sums`, for either precision */
    size_t *begin;        /* tasks + 1: first rows, multiples of MDS_GRADIENT_ROWS */
    bool many;            /* tasks, so that they add to `totals` */
    double *sums;         /* for each task, or each worker where there are many tasks, p x stride */
    mds_fixed_sums totals, row_losses;
    double *loss;    /* for each task */
    double *scratch; /* for each worker */
    size_t scratch_size;
    char *tiles;            /* with a source: job->source->scratch bytes for each worker */
    double threshold;       /* of the Huber loss, and of mds_gradient_laplacian; may be changed */
    mds_sparse_sums sparse; /* of sparse pairs, and then nothing else of this */

    /* In single precision: half the matrix, row blocks of MDS_GRADIENT_ROWS one behind the other. */
    bool holds_single, packed;
    bool single;     /* whether mds_gradient_compute is to use it */
    bool rough;      /* and estimates of roots, where the kernels have that */
    float *x_single; /* p x stride */
    float *delta_single, *weights_single;
    size_t *block_at; /* where each row block begins */
    int length_exponent, weight_exponent;

    /* During a call. */
    const double *x, *along;
    mds_gradient_kernel *kernel;
    mds_gradient_kernel_single *kernel_single; /* NULL: not this one */
    mds_gradient_kernel_rough *kernel_rough;   /* NULL: not this one */
    bool rows_wanted;
} mds_gradient;

/* Tasks that a pass over all pairs is cut into. */
size_t mds_gradient_parts(size_t n, size_t p);

/* How many threads are worth having. */
unsigned mds_gradient_useful_workers(const mds_job *job, unsigned granted);

void mds_gradient_lay_out(mds_gradient *gradient, const mds_job *job, mds_workspace *workspace);

/* The same with so many parts. */
void mds_gradient_lay_out_parts(mds_gradient *gradient, const mds_job *job, size_t parts,
                                mds_workspace *workspace);

/* After that: room for a copy of half the matrix in single precision, n^2 / 2 floats (as many again for
 * weights), which is made by the first call with gradient->single set. */
void mds_gradient_lay_out_single(mds_gradient *gradient, mds_workspace *workspace);

/* The loss at x, and its gradient, for which disparities are brought up to date (transform.h); both are laid
 * out as job->x, with zeros behind the last point. With gradient->single the loss is right to about 1e-7 of
 * itself and what is far from a minimum in the gradient to 1e-6 (with ->rough, 1e-5 and 1e-4); a
 * configuration more than 2^40 times as large as the dissimilarities is computed with in double all the same.
 */
double mds_gradient_compute(mds_gradient *gradient, const double *x, double *to);

/* With gradient->single and ->rough: what the pairs of each point add to the loss at x, times `unit`, to
 * about 1e-5 of itself. False: not for this problem. */
bool mds_gradient_row_losses(mds_gradient *gradient, const double *x, double unit, float *losses);

/* V y for the Laplacian V of the weights, as in gradient_kernels.h; `reweighted`: of those that majorize the
 * Huber loss with gradient->threshold at x. Returns y'Vy. */
double mds_gradient_laplacian(mds_gradient *gradient, bool reweighted, const double *x, const double *y,
                              double *to);

/* For each point and coordinate (as x) the step of a majorization along one unit of the gradient, were all
 * other points to weigh the same: (n - 1) / (2 n sum_j w_ij); 1 / 2n without weights. Cost: one pass over the
 * weights. */
void mds_gradient_inverse_weights(const mds_job *job, double *to);

/* |gradient| / (2 n mean w |x|) with x about its centroid, mean w over all pairs: the share of its own size
 * by which one majorization step would move the map. 0 when both are 0. */
double mds_gradient_norm(const mds_job *job, const double *x, const double *gradient);

#endif
