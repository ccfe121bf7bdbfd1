/*
 * library.h - what the public functions share: statuses under their public names, and the checks of what a
 * caller passes.
 */
#ifndef MDS_LIBRARY_H
#define MDS_LIBRARY_H

#include "mdscale.h"
#include "problem_statistics.h"
#include "status.h"

/* Hand a status and its message to the caller. */
mds_status mds_report(fs_status status, const fs_error *from, mds_error *to);

/* FS_UNSUPPORTED, with the best level there is, unless `isa` can run here. */
FS_CHECK fs_status mds_isa_check(mds_isa isa, fs_error *error);

/*
 * Check the shape of a caller's matrix, `what` in messages: `columns` (so many `noun`, `letter` in the
 * header) and rows, at least one of each, `ld` apart, that an address space can hold. No index computed from
 * a shape that passes overflows.
 */
FS_CHECK fs_status mds_matrix_check(const char *what, const void *matrix, size_t rows, size_t columns,
                                    const char *noun, char letter, size_t ld, fs_error *error);

/* mds_problem_check, copying the caller's `given` to *problem and telling what it is like. */
FS_CHECK fs_status mds_problem_take(const mds_problem *given, double tolerance, mds_problem *problem,
                                    mds_problem_statistics *statistics, fs_error *error);

/* Take the caller's options of distances, and check them and the shape of the features. */
FS_CHECK fs_status mds_distance_options_take(const mds_distance_options *given, const double *features,
                                             size_t n, size_t m, size_t ldf, mds_distance_options *options,
                                             fs_error *error);

/* mds_distances. */
FS_CHECK fs_status mds_distances_fill(const double *features, size_t n, size_t m, size_t ldf,
                                      const mds_distance_options *options, double *delta, size_t ldd,
                                      fs_error *error);

/* Check the arguments that every function with a configuration has. When `largest` is not NULL, x is read: it
 * must be finite, and *largest becomes the size of its largest coordinate. */
FS_CHECK fs_status mds_configuration_check(const double *x, size_t n, size_t p, size_t ldx, double *largest,
                                           fs_error *error);

#endif
