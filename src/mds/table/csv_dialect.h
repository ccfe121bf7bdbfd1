/*
 * csv_dialect.h - what kind of text table this is, worked out from its first rows.
 *
 * In this order: a line "sep=;" decides the separator. Lines of text before the table are titles. The
 * separator is the first of tab, semicolon, comma, bar, blanks, and blanks in twos at least, that makes rows
 * alike (of one length; growing or shrinking by one; the header one shorter). The decimal mark is what the
 * numbers leave no doubt about. The first row is a header when it holds text above numbers, or an empty
 * corner above numbers that count or are the rows' own labels, or quotes that no other row has, or is one
 * shorter than all others. The column of text is the labels; a first one whose head is empty, or quoted when
 * no other is.
 */
#ifndef MDS_CSV_DIALECT_H
#define MDS_CSV_DIALECT_H

#include "byte_source.h"
#include "table_read.h"
#include "text_sample.h"

typedef enum mds_column_role {
    MDS_ROLE_VALUE,
    MDS_ROLE_LABEL,
    MDS_ROLE_GROUP,
    MDS_ROLE_SKIP
} mds_column_role;

typedef struct mds_csv_dialect {
    char separator, decimal;
    bool header;
    int growth;           /* fields a row has more than the one before: 1 lower triangle, -1 upper, 0 */
    size_t fields;        /* in the first row of data; 0: unknown, as that row is too long to look at */
    size_t first_values;  /* how many of them are values */
    unsigned char *roles; /* mds_column_role of each field; fields past role_count are values */
    size_t role_count;
    char **names; /* of the fields, in the table's arena; NULL without a header */
    size_t name_count;
} mds_csv_dialect;

/* Looks at the rows at hand, after mds_text_begin; moves the source past titles, and not past the header.
 * `table` lends its arena and takes notes. Free with mds_csv_dialect_fini. */
FS_CHECK fs_status mds_csv_dialect_find(mds_byte_source *source, mds_table *table, mds_csv_dialect *dialect,
                                        fs_error *error);
void mds_csv_dialect_fini(mds_csv_dialect *dialect);

/* The first part of that: separator, titles, decimal mark, with a full sample behind the titles. */
FS_CHECK fs_status mds_csv_lines_find(mds_byte_source *source, mds_table *table, mds_csv_dialect *dialect,
                                      mds_sample *sample, fs_error *error);

/* Parts of it, in csv_columns.c: whether the sample begins with a header; its names; the columns' roles. */
bool mds_csv_has_header(const mds_sample *sample, char decimal);
FS_CHECK fs_status mds_csv_take_names(const mds_sample *sample, size_t fields, mds_table *table,
                                      mds_csv_dialect *dialect, fs_error *error);
FS_CHECK fs_status mds_csv_find_roles(const mds_byte_source *source, const mds_sample *sample,
                                      mds_csv_dialect *dialect, mds_table *table, fs_error *error);

/* The text of a field as a name in `arena`: doubled quotes made single, and what is not UTF-8 taken as
 * Windows-1252. NULL: out of memory. */
char *mds_field_name(const char *text, size_t length, bool doubled, fs_arena *arena);

/* "TSV", "CSV", "blank-separated text". */
const char *mds_separator_form(char separator);

/* Whether a program heads a column of row names so: "", "Unnamed: 0", "index", ... */
bool mds_index_name(const char *text, size_t length);

/* A value as it may stand in a message: at most 40 bytes, nothing that does not print. */
enum { MDS_EXCERPT_SIZE = 44 };
const char *mds_excerpt(const char *text, size_t length, char out[MDS_EXCERPT_SIZE]);

/* "a header name", or a number from 1: the field meant by `column`, or SIZE_MAX. */
size_t mds_csv_column(const mds_csv_dialect *dialect, const char *column);

#endif
