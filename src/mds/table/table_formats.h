/*
 * table_formats.h - the two formats behind mds_table_read.
 */
#ifndef MDS_TABLE_FORMATS_H
#define MDS_TABLE_FORMATS_H

#include "byte_source.h"
#include "table_read.h"

/* Each fills the empty `table` from the source's start; on error the caller clears it. */
FS_CHECK fs_status mds_read_csv(mds_byte_source *source, mds_table *table, fs_error *error);
FS_CHECK fs_status mds_read_npy(mds_byte_source *source, mds_table *table, fs_error *error);

/* Room for `more` values; FS_MEMORY if there is none. */
FS_CHECK fs_status mds_table_reserve(mds_table *table, size_t more, fs_error *error);

#endif
