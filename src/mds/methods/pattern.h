/*
 * pattern.h - pattern search: coordinate moves of fixed radius (arXiv:1806.00416).
 */
#ifndef MDS_PATTERN_H
#define MDS_PATTERN_H

#include "mdscale.h"
#include "status.h"
#include "problem_statistics.h"

/* See mds_pattern_search for the meaning of everything. Here the problem has been checked and scaled, and the
 * options are complete (zero stands for a default only in threads). x is written only when the solve
 * succeeds. */
FS_CHECK fs_status mds_pattern_solve(const mds_problem *problem, const mds_survey *survey, size_t p,
                                     const mds_pattern_options *options, double *x, size_t ldx,
                                     mds_result *result, fs_error *error);

#endif
