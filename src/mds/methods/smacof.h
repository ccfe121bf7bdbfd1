/*
 * smacof.h - majorization (de Leeuw, "Applications of convex analysis to multidimensional scaling", 1977;
 * Borg & Groenen, "Modern Multidimensional Scaling", 2005, ch. 8). mdscale.h tells the algorithm.
 */
#ifndef MDS_SMACOF_H
#define MDS_SMACOF_H

#include "gradient.h"
#include "laplacian_solve.h"
#include "method.h"

extern const mds_method mds_smacof_method;

/* The functions of its row. */
void mds_smacof_measure(const mds_job *job, mds_workspace *workspace);
FS_CHECK fs_status mds_smacof_solve(mds_job *job, fs_error *error);

#endif
