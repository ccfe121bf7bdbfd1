/*
 * pattern.h - pattern search: coordinate moves of fixed radius (arXiv:1806.00416). mdscale.h tells the
 * algorithm.
 */
#ifndef MDS_PATTERN_H
#define MDS_PATTERN_H

#include "method.h"

extern const mds_method mds_pattern_method;

/* The functions of its row. */
unsigned mds_pattern_useful_workers(const mds_job *job, unsigned granted);
void mds_pattern_measure(const mds_job *job, mds_workspace *workspace);
FS_CHECK fs_status mds_pattern_solve(mds_job *job, fs_error *error);

#endif
