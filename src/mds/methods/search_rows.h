/*
 * search_rows.h - what `auto` and `sgd` do with a problem that is kept as rows: a descent over sampled pairs,
 * and, where all pairs are few enough for that (mds_job_samples), the quasi-Newton method over all of them.
 * Sparse pairs are all taken, each time: by stochastic descent (sparse_descent.h) after a random start, and
 * by the quasi-Newton method.
 */
#ifndef MDS_SEARCH_ROWS_H
#define MDS_SEARCH_ROWS_H

#include "method.h"

void mds_search_rows_measure(const mds_job *job, mds_workspace *workspace);

/* Rounds of the sample that `auto` takes. */
uint64_t mds_search_rows_rounds(mds_effort effort);

/* From the start in job->x. */
void mds_search_rows(mds_job *job);

/* Sampled pairs only, job->iterations rounds with steps from `first` to `last`. Sparse pairs: epochs over
 * all; where they end no better than they began, the map is the start. Returns whether it is not. */
void mds_sampled_measure(const mds_job *job, mds_workspace *workspace);
bool mds_sampled_solve(mds_job *job, double first, double last);

#endif
