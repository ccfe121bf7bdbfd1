/*
 * table_names.h - names of a table's objects from another file.
 */
#ifndef MDS_TABLE_NAMES_H
#define MDS_TABLE_NAMES_H

#include "table_read.h"

/* Both fill *names (free it with fs_free) with *count names that live as long as `table`, whose labels or
 * groups they are meant for. Errors: those of reading a file; FS_ARGUMENT (no such column), FS_MEMORY. */

/* One name a line. */
FS_CHECK fs_status mds_names_read_lines(const char *path, mds_table *table, char ***names, size_t *count,
                                        fs_error *error);

/* A column of another table. */
FS_CHECK fs_status mds_names_read_column(const char *path, const char *column, uint64_t max_unpacked,
                                         mds_table *table, char ***names, size_t *count, fs_error *error);

#endif
