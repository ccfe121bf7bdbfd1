/*
 * library.h - what the public functions share: the house's status under its public name, and what a check of
 * the problem finds out on its way.
 */
#ifndef MDS_LIBRARY_H
#define MDS_LIBRARY_H

#include "mdscale.h"
#include "status.h"
#include "problem_statistics.h"

/* Hand a status and its message to the caller. */
mds_status mds_report(fs_status status, const fs_error *from, mds_error *to);

/* FS_UNSUPPORTED, with the levels there are, unless `isa` can run here. */
FS_CHECK fs_status mds_isa_check(mds_isa isa, fs_error *error);

/*
 * Check the shape of a caller's matrix, `what` in messages: `columns` (so many `noun`, `letter` in the
 * header) and rows, at least one of each, `ld` apart, that an address space can hold. No index computed from
 * a shape that passes overflows.
 */
FS_CHECK fs_status mds_matrix_check(const char *what, const void *matrix, size_t rows, size_t columns,
                                    const char *noun, char letter, size_t ld, fs_error *error);

/* mds_problem_check, telling what it saw. */
FS_CHECK fs_status mds_problem_survey(const mds_problem *problem, double tolerance, mds_survey *survey,
                                      fs_error *error);

/* Check the arguments that every function with a configuration has. When `largest` is not NULL, x is read: it
 * must be finite, and *largest becomes the size of its largest coordinate. */
FS_CHECK fs_status mds_configuration_check(const double *x, size_t n, size_t p, size_t ldx, double *largest,
                                           fs_error *error);

#endif
