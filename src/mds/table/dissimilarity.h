/*
 * dissimilarity.h - from a table as it was written to a square matrix of dissimilarities.
 */
#ifndef MDS_DISSIMILARITY_H
#define MDS_DISSIMILARITY_H

#include "table.h"

/*
 * Whether the table reads as dissimilarities between its rows: a triangle, a condensed line, a column
 * without names whose length is that of a condensed line, or a square that has nothing but zeros (or nothing)
 * on its diagonal, or is symmetric, or whose columns bear the names of its rows: what is meant as
 * dissimilarities and is wrong in one respect shall be reported, not taken for features. With `part` (only
 * the first rows were read) the rows may be longer than they are many, and their leading square must have a
 * zero diagonal and be symmetric.
 */
bool mds_table_is_dissimilarities(const mds_table *table, bool part);

/*
 * Make `values` the full n x n matrix (n = rows = columns), in place: nothing is held twice. Triangles are
 * mirrored; a square of which one triangle is empty counts as the other one; an empty diagonal becomes 0.
 * `first` keeps only the first so many objects (0: all). Labels are brought to n: a square's header gives
 * them when the rows have none. `name` is the file's, for messages. Errors: FS_DATA (not square, not the
 * length of a condensed line), FS_MEMORY. Cost: one pass.
 */
FS_CHECK fs_status mds_table_to_square(mds_table *table, const char *name, size_t first, fs_error *error);

/* The pair of a square matrix that differs most from its mirror image. */
typedef struct mds_asymmetry {
    double relative;    /* |a - b| / max(|a|, |b|); infinity when only one is missing */
    double difference;  /* |a - b|; NaN when one is missing */
    size_t row, column; /* from 0 */
    size_t pairs;       /* how many pairs differ by more than `tolerance` */
} mds_asymmetry;

mds_asymmetry mds_matrix_asymmetry(const double *matrix, size_t n, double tolerance);

/* Each pair becomes the mean of its two values, or the one that is known. */
void mds_matrix_symmetrize(double *matrix, size_t n);

/* The connected components of the graph whose edges are the known dissimilarities (not missing, and not of
 * weight 0; `weights` may be NULL). With more than one, a map shows nothing about where they stand to each
 * other. Cost: one pass over the matrix. Errors: FS_MEMORY. */
FS_CHECK fs_status mds_matrix_components(const double *matrix, const double *weights, size_t n,
                                         size_t *components, fs_error *error);

#endif
