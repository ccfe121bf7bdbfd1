/*
 * table_formats.h - the formats behind mds_table_read: one file with its reader each, and a row in
 * table_read.c.
 *
 * A file is what the first format says that finds itself in its first bytes: the binary ones by their magic;
 * then, once the text has begun (mds_text_begin: UTF-8, 64 KiB and three lines at least at hand), those with
 * a line that says how many objects there are (PHYLIP, mothur, Orange's .dst); lists of pairs; and at last
 * delimited text, which is what no other is.
 */
#ifndef MDS_TABLE_FORMATS_H
#define MDS_TABLE_FORMATS_H

#include "byte_source.h"
#include "table_read.h"

typedef struct mds_table_format {
    bool text; /* asked once the text has begun */
    /* Whether the file is one: what the source has at hand tells, MDS_TABLE_MAGIC bytes at least unless there
     * are no more. It may move past what is before the table. NULL: it is. */
    fs_status (*looks_like)(mds_byte_source *source, mds_table *table, bool *yes, fs_error *error);
    /* Fill the empty `table` from the source's start; on error the caller clears it. */
    fs_status (*read)(mds_byte_source *source, mds_table *table, fs_error *error);
} mds_table_format;

enum { MDS_TABLE_MAGIC = 8 };

extern const mds_table_format mds_table_npy, mds_table_npz, mds_table_counted, mds_table_pairs, mds_table_csv;

#endif
