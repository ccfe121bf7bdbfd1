/*
 * csv_write.h - a matrix as CSV.
 */
#ifndef MDS_CSV_WRITE_H
#define MDS_CSV_WRITE_H

#include "file.h"

/*
 * CSV with a header and, when `labels` is not NULL, a first column of labels. `names` are the column names
 * after that; `label_name` heads the labels. Each number is the shortest text that reads back as the same
 * double; NaN becomes an empty field. Failures are remembered by `output`.
 */
void mds_write_csv(fs_output *output, const double *matrix, size_t rows, size_t columns, size_t ld,
                   char separator, const char *label_name, const char *const *labels,
                   const char *const *names);

/* A field, in quotes where it must be; a number as above. */
void mds_csv_field(fs_output *output, const char *text, char separator);
void mds_csv_number(fs_output *output, double value);

#endif
