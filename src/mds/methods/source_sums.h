/*
 * source_sums.h - the stress of a configuration of a source of rows: over all pairs, or estimated from a
 * sample of them.
 *
 * Over all pairs, tile by tile: with tiles of whole rows the same bits as of a matrix (api/stress.c), with
 * any the same bits at any number of threads. Cost: as much as a gradient, and a half more. Sparse pairs are
 * never sampled, and summed on each rank (sparse_sums.h).
 *
 * A sample is of independent pairs, drawn with replacement, each as probable as any, so the mean of what they
 * add is an unbiased estimate, and its standard error follows from their spread. Stress is a ratio of such
 * means; its error is that of the ratio made linear (the delta method; Cochran, "Sampling Techniques", 1977,
 * section 6.4).
 */
#ifndef MDS_SOURCE_SUMS_H
#define MDS_SOURCE_SUMS_H

#include "kernels.h"
#include "share.h"
#include "source.h"

enum { MDS_STRESS_SAMPLE = 1 << 20 };

typedef struct mds_source_work mds_source_work;

/* `share`: among ranks, which then have to make the same calls; NULL: alone. */
FS_CHECK fs_status mds_source_work_create(mds_source *source, size_t p, const mds_kernels *kernels,
                                          mds_thread_pool *pool, mds_share *share, mds_source_work **work,
                                          fs_error *error);
void mds_source_work_destroy(mds_source_work *work); /* NULL is legal */

/* The stress of x, a structure of arrays (job.h) in the order and the unit of the source; the values are in
 * the caller's unit. `sample`: so many pairs, or MDS_ALL_PAIRS. NaN where the source could not be read. */
void mds_source_stress(mds_source_work *work, const double *x, size_t stride, size_t sample, uint64_t seed,
                       mds_stress_values *values);

/* A hash of the dissimilarities i < j, whatever holds them, of a source that has no order of its own. Cost:
 * each is read once, on each rank; `shared`: on one of them, as all have the same. */
uint64_t mds_source_hash(mds_source_work *work, bool shared);

/* The loss in the unit of the source: squared, or, with `huber` above 0, the Huber loss. */
double mds_source_loss(mds_source_work *work, const double *x, size_t stride, double huber, size_t sample,
                       uint64_t seed);

#endif
