/*
 * table.h - a table of numbers, with names, from a CSV, TSV or NPY file.
 *
 * The file is read in one pass into one array of doubles that grows as the data comes: nothing is held twice,
 * and a header that lies about sizes cannot claim memory. gzip is undone on the way; "-" is standard input.
 *
 * Text: fields separated by a comma, semicolon, tab, bar or runs of blanks; quotes around fields as in
 * RFC 4180; LF or CRLF; a UTF-8 byte order mark; lines that begin with '#' before the first row are comments;
 * blank lines are skipped. An empty field, NA, N/A, NaN, null, None and ? are missing values (NaN). Whether
 * there is a header and a column of labels is worked out from the first rows unless the options say so.
 *
 * NPY (NumPy's format, versions 1 to 3): floating point of 2, 4 or 8 bytes, integers and booleans, either
 * byte order, C or Fortran order, one or two axes.
 */
#ifndef MDS_TABLE_H
#define MDS_TABLE_H

#include "memory.h"
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the numbers stand in `values`. */
typedef enum mds_layout {
    MDS_LAYOUT_AUTO = 0,         /* in options: work it out */
    MDS_LAYOUT_RECTANGLE = 1,    /* every row has the same number of values */
    MDS_LAYOUT_LOWER = 2,        /* lower triangle with diagonal: row i has i + 1 values */
    MDS_LAYOUT_LOWER_STRICT = 3, /* lower triangle without it: row i has i values; one value or none first */
    MDS_LAYOUT_CONDENSED = 4     /* one line: pairs (0,1) (0,2) ... (0,n-1) (1,2) ..., as SciPy's pdist */
} mds_layout;

/* Which file column holds names: its name in the header, or its number from 1. */
typedef struct mds_read_options {
    mds_layout layout;
    char separator; /* ',', ';', '\t', '|' or ' ' (runs of blanks); 0: work it out */
    char decimal;   /* '.' or ','; 0: work it out */
    int header;     /* 1: the first line names the columns; -1: it does not; 0: work it out */
    /* Names of the objects, and the group each belongs to: a column of this file, or another file with one
     * name a line, or "FILE:COLUMN". NULL: the one column of text, if there is one, gives the labels. */
    const char *labels, *groups;
    const char *const *skip; /* columns to leave out */
    size_t skip_count;
    bool labels_only;      /* take the labels and no numbers: columns of text beside them do not matter */
    uint64_t max_unpacked; /* bytes that gzip may unpack to; 0: FS_UNPACKED_MOST (file.h) */
    size_t rows;           /* only the first so many objects; 0: all */
    /* Called now and then with the bytes read and the size of the file (0 when unknown). Returning false
     * stops the reading, which then fails with FS_IO. NULL: nobody asks. */
    bool (*progress)(uint64_t bytes, uint64_t size, void *context);
    void *context;
} mds_read_options;

typedef struct mds_table {
    mds_layout layout; /* never AUTO */
    size_t rows;       /* lower triangles: lines with values; condensed: 1 */
    size_t columns;    /* rectangle: values in a row; condensed: how many values; else 0 */
    double *values;    /* NaN: missing */
    size_t count;      /* how many values */
    size_t capacity;   /* room in `values` */
    char **labels;     /* one for each row, or NULL */
    size_t label_count;
    char **groups; /* one for each row, or NULL */
    size_t group_count;
    char **names; /* header: names of the value columns, or NULL */
    size_t name_count;
    size_t missing;          /* how many values are missing */
    char first_missing[160]; /* where the first stands: "line 3 (row 2), column 5 (income)" */
    char form[48];           /* what was read: "CSV", "TSV", "NPY float32" */
    fs_arena names_arena;
} mds_table;

/* Errors: FS_NOT_FOUND, FS_IO, FS_FORMAT (with line, row, column and value), FS_ARGUMENT (an option that does
 * not fit the file), FS_UNSUPPORTED (an NPY type), FS_DATA (no numbers, infinities), FS_MEMORY. On error
 * *table is empty. Free with mds_table_fini. */
FS_CHECK fs_status mds_table_read(const char *path, const mds_read_options *options, mds_table *table,
                                  fs_error *error);

void mds_table_fini(mds_table *table);

#endif
