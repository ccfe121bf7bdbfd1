/*
 * problem_open.h - a caller's problem brought into the form in which it is worked on: a matrix, or a source
 * of rows (source.h).
 */
#ifndef MDS_PROBLEM_OPEN_H
#define MDS_PROBLEM_OPEN_H

#include "library.h"
#include "share.h"
#include "source.h"

/* Objects up to which dissimilarities that are not given as a matrix are made one: 800 MB. */
enum { MDS_MATRIX_MOST = 10000 };

typedef struct mds_opened {
    mds_problem problem; /* with delta, or, where there is a source, without */
    mds_source *source;  /* NULL: a matrix */
    double *matrix;      /* NULL, or what was made of the pairs, file or features */
    double *weights;     /* the same of weights of pairs */
    mds_problem_statistics statistics;
} mds_opened;

/* Take the caller's problem as mds_problem_take does; every kind of it. `kernels`: of the level wanted. With
 * a share, of ranks that all have the same file, each reads its part of the rows. Errors: as mds_fit. Close
 * in any case. */
FS_CHECK fs_status mds_problem_open(const mds_problem *given, const mds_kernels *kernels, unsigned threads,
                                    mds_share *share, mds_opened *opened, fs_error *error);

/* What ranks are to have in common, so that each may read a part of what all need: a number from the file,
 * and from how it is kept as rows. 0: not such a problem, or none that can be taken. */
uint64_t mds_problem_file(const mds_problem *given);
void mds_problem_close(mds_opened *opened);

/* Whether it is kept as rows, or else as a matrix: it follows from the numbers of objects and pairs. */
bool mds_problem_by_rows(const mds_problem *problem);
bool mds_pairs_by_rows(size_t n, size_t pair_count);

/* Fill the n x n `delta` (0 at first) and, where some weight is not 1, *weights (else NULL) from sparse
 * pairs. */
FS_CHECK fs_status mds_pairs_fill(const mds_problem *problem, double *delta, double **weights,
                                  fs_error *error);

/* Keep the sparse pairs as rows: opened->source, and statistics. Then, once, multiply their weights by those
 * that have a name. */
FS_CHECK fs_status mds_pairs_open(mds_opened *opened, fs_error *error);
FS_CHECK fs_status mds_pairs_weight(mds_opened *opened, mds_weighting weighting, fs_error *error);

#endif
