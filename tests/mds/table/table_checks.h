/*
 * table_checks.h - read bytes as the file that they would be, and compare with one square of four objects.
 */
#ifndef TABLE_CHECKS_H
#define TABLE_CHECKS_H

#include "table_read.h"

/* 0 1 2 4, 1 0 3 5, 2 3 0 6, 4 5 6 0. */
extern const double checked_square[16];

/* NULL options: none. */
fs_status read_bytes(const void *bytes, size_t length, const mds_read_options *options, mds_table *table,
                     fs_error *error);

/* Fails the test unless the bytes are that square, with these labels: "a b c d", or NULL for none. */
void is_square(const void *bytes, size_t length, const mds_read_options *options, const char *labels);

#endif
