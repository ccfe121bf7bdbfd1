/*
 * table_shape.h - what a rectangle of numbers turns out to be, once all of it is known.
 *
 * A table without a header whose first row is whole numbers, or without labels whose first column is, and
 * which without them is a symmetric square with an empty or zero diagonal: those are the labels (a data frame
 * saved with numbers for names). n rows of n - 1 fields, or n, of which only a triangle is filled, to the
 * left or in place: the triangle. Rows of nothing at the end: left out.
 */
#ifndef MDS_TABLE_SHAPE_H
#define MDS_TABLE_SHAPE_H

#include "table_read.h"

/* Brings what was read as a rectangle into that shape, with notes; also keeps no more rows than the options
 * ask for. Errors: FS_MEMORY. Cost: one pass where the shape fits, else a few values. */
FS_CHECK fs_status mds_table_find_shape(mds_table *table, const mds_read_options *options, fs_error *error);

/* Whether the first row holds whole numbers that count from 0 or 1; leave it out. */
bool mds_table_first_row_counts(const mds_table *table);
void mds_table_drop_first_row(mds_table *table);

/* The same of the first column. */
bool mds_table_first_column_counts(const mds_table *table);
void mds_table_drop_first_column(mds_table *table);

#endif
