/*
 * csv_dialect.h - what kind of text table this is, worked out from its first rows.
 */
#ifndef MDS_CSV_DIALECT_H
#define MDS_CSV_DIALECT_H

#include "byte_source.h"
#include "table_read.h"

typedef enum mds_column_role {
    MDS_ROLE_VALUE,
    MDS_ROLE_LABEL,
    MDS_ROLE_GROUP,
    MDS_ROLE_SKIP
} mds_column_role;

typedef struct mds_csv_dialect {
    char separator, decimal;
    bool header;
    bool lower;           /* rows grow by one value: a lower triangle */
    size_t fields;        /* in the first row of data; 0: unknown, as that row is too long to look at */
    size_t first_values;  /* how many of them are values */
    unsigned char *roles; /* mds_column_role of each field; fields past role_count are values */
    size_t role_count;
    char **names; /* of the fields, in the table's arena; NULL without a header */
    size_t name_count;
    size_t line; /* line number of the source's start when this was called, from 1 */
} mds_csv_dialect;

/* Looks at the rows at hand, bringing more when they are few; moves the source past a byte order mark,
 * comments and blank lines, and not past the header. `table` lends its arena. Free with
 * mds_csv_dialect_fini. */
FS_CHECK fs_status mds_csv_dialect_find(mds_byte_source *source, mds_table *table, mds_csv_dialect *dialect,
                                        fs_error *error);
void mds_csv_dialect_fini(mds_csv_dialect *dialect);

/* The text of a field as a name in `arena`: doubled quotes made single. NULL: out of memory. */
char *mds_field_name(const char *text, size_t length, bool doubled, fs_arena *arena);

/* A value as it may stand in a message: at most 40 bytes, nothing that does not print. */
enum { MDS_EXCERPT_SIZE = 44 };
const char *mds_excerpt(const char *text, size_t length, char out[MDS_EXCERPT_SIZE]);

/* "a header name", or a number from 1: the field meant by `column`, or SIZE_MAX. */
size_t mds_csv_column(const mds_csv_dialect *dialect, const char *column);

#endif
