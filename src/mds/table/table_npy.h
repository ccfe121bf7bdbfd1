/*
 * table_npy.h - an NPY array as a table, from a file of its own or out of an archive.
 */
#ifndef MDS_TABLE_NPY_H
#define MDS_TABLE_NPY_H

#include "byte_source.h"
#include "table.h"

/* With `alone` nothing may follow the array. */
FS_CHECK fs_status mds_table_read_npy(mds_byte_source *source, mds_table *table, bool alone, fs_error *error);

#endif
