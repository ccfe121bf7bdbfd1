/*
 * classical.h - classical scaling: the largest eigenpairs of the double-centred squares. mdscale.h tells the
 * method.
 */
#ifndef MDS_CLASSICAL_H
#define MDS_CLASSICAL_H

#include "method.h"

extern const mds_method mds_classical_method;

/* The functions of its row. */
unsigned mds_classical_useful_workers(const mds_job *job, unsigned granted);
void mds_classical_measure(const mds_job *job, mds_workspace *workspace);
FS_CHECK fs_status mds_classical_solve(mds_job *job, fs_error *error);

#endif
