/*
 * stress.h - the stress of a configuration, for those that have threads already.
 */
#ifndef MDS_STRESS_H
#define MDS_STRESS_H

#include "kernels.h"
#include "problem_statistics.h"
#include "status.h"
#include "thread_pool.h"

typedef struct mds_stress_work mds_stress_work;

/* Everything that can fail, for configurations of p dimensions. The problem and its statistics have been
 * checked, and, like the pool, stay as they are while the work lives. */
FS_CHECK fs_status mds_stress_work_create(const mds_problem *problem,
                                          const mds_problem_statistics *statistics, size_t p,
                                          const mds_kernels *kernels, mds_thread_pool *pool,
                                          mds_stress_work **work, fs_error *error);
void mds_stress_work_destroy(mds_stress_work *work); /* NULL is legal */

/* The stress of x, and the shares of the objects unless `per_point` is NULL (see mds_stress). The same bits
 * at every level and number of threads. */
void mds_stress_compute(mds_stress_work *work, const double *x, size_t ldx, mds_stress_values *values,
                        double *per_point);

/* Tasks that one configuration of n points is cut into: more workers than that are idle. */
size_t mds_stress_tasks(size_t n);

#endif
