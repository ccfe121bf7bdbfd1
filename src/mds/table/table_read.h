/*
 * table_read.h - tables from CSV, TSV and NPY files.
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
#ifndef MDS_TABLE_READ_H
#define MDS_TABLE_READ_H

#include "table.h"

/* A column is given by its name in the header, or its number from 1. */
typedef struct mds_read_options {
    mds_layout layout;
    char separator; /* ',', ';', '\t', '|' or ' ' (runs of blanks); 0: work it out */
    char decimal;   /* '.' or ','; 0: work it out */
    int header;     /* 1: the first line names the columns; -1: it does not; 0: work it out */
    /* Names of the objects, and the group each belongs to. NULL labels: the one column of text, if there is
     * one, gives the labels. */
    const char *labels, *groups;
    /* A column that the file does not have leaves the table without them: they come from another file
     * (table_names.h). Otherwise it is an error. */
    bool labels_elsewhere, groups_elsewhere;
    const char *const *skip; /* columns to leave out */
    size_t skip_count;
    bool labels_only;      /* take the labels and no numbers: columns of text beside them do not matter */
    uint64_t max_unpacked; /* bytes that gzip may unpack to; 0: FS_UNPACKED_MOST (file.h) */
    size_t rows;           /* only the first so many objects; 0: all */
    /* Lists of pairs of more objects than this stay lists (table->pairs) where they name less than a quarter
     * of all pairs; 0: never. `means`: as mds_pair_list_keep has it. */
    size_t pairs_from;
    bool means;
    /* What the file is for: without it, anything. MAP and FEATURES are never taken for dissimilarities. */
    enum { MDS_USE_ANY = 0, MDS_USE_FEATURES = 1, MDS_USE_DISSIMILARITIES = 2 } use;
    /* Called now and then with the bytes read and the size of the file (0 when unknown). Returning false
     * stops the reading, which then fails with FS_IO. NULL: nobody asks. */
    bool (*progress)(uint64_t bytes, uint64_t size, void *context);
    void *context;
} mds_read_options;

/* Errors: FS_NOT_FOUND, FS_IO, FS_FORMAT (with line, row, column and value), FS_ARGUMENT (an option that does
 * not fit the file), FS_UNSUPPORTED (an NPY type), FS_DATA (no numbers, infinities), FS_LIMIT (max_unpacked),
 * FS_MEMORY. On error *table is empty but for its hint. Free with mds_table_fini. */
FS_CHECK fs_status mds_table_read(const char *path, const mds_read_options *options, mds_table *table,
                                  fs_error *error);

#endif
