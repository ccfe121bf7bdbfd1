/*
 * mdscale_mpi.h - fits on several processes with MPI. Link with -lmdscale-mpi -lmdscale.
 *
 *     mds_ranks ranks = { .size = sizeof ranks };
 *     if (mds_mpi_begin(&ranks, &error) != MDS_OK) ...
 *     mds_fit_options options = { .size = sizeof options, .ranks = &ranks };
 *     ... mds_fit(&problem, 2, &options, map, 2, &result, &error) on all ranks ...
 *     mds_mpi_end();
 *
 * Started by mpirun, each process is a rank, and all of them get the map. The library is of the MPI that it
 * was built with.
 */
#ifndef MDSCALE_MPI_H
#define MDSCALE_MPI_H

#include "mdscale.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fill the table with the ranks of MPI_COMM_WORLD, for the thread that calls; MPI is initialised where it is
 * not. Called by all ranks, once. MDS_UNSUPPORTED: MPI cannot be had. An error of MPI's own ends the program,
 * as is its default. */
MDS_API MDS_CHECK mds_status mds_mpi_begin(mds_ranks *ranks, mds_error *error);

/* When all ranks are done: MPI is finalised if mds_mpi_begin has initialised it. */
MDS_API void mds_mpi_end(void);

#ifdef __cplusplus
}
#endif

#endif
