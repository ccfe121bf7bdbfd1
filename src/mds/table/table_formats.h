/*
 * table_formats.h - the formats behind mds_table_read: one file with its reader each, and a row in
 * table_read.c.
 */
#ifndef MDS_TABLE_FORMATS_H
#define MDS_TABLE_FORMATS_H

#include "byte_source.h"
#include "table_read.h"

typedef struct mds_table_format {
    /* Whether a file begins so: its first bytes (MDS_TABLE_MAGIC of them, fewer only when there are no more).
     * NULL: what no other is. */
    bool (*looks_like)(const char *bytes, size_t length);
    /* Fill the empty `table` from the source's start; on error the caller clears it. */
    fs_status (*read)(mds_byte_source *source, mds_table *table, fs_error *error);
} mds_table_format;

enum { MDS_TABLE_MAGIC = 6 };

extern const mds_table_format mds_table_npy, mds_table_csv;

#endif
