/*
 * matrix_write.h - a matrix as CSV or NPY.
 */
#ifndef MDS_MATRIX_WRITE_H
#define MDS_MATRIX_WRITE_H

#include "file.h"

/*
 * CSV with a header and, when `labels` is not NULL, a first column of labels. `names` are the column names
 * after that; `label_name` heads the labels. Each number is the shortest text that reads back as the same
 * double; NaN becomes an empty field. Failures are remembered by `output`.
 */
void mds_write_csv(fs_output *output, const double *matrix, size_t rows, size_t columns, size_t ld,
                   char separator, const char *label_name, const char *const *labels,
                   const char *const *names);

/* NPY version 1.0, little-endian float64, C order. */
void mds_write_npy(fs_output *output, const double *matrix, size_t rows, size_t columns, size_t ld);

#endif
