/*
 * text_sample.h - the first rows of a text, field by field, for whoever works out what they are.
 */
#ifndef MDS_TEXT_SAMPLE_H
#define MDS_TEXT_SAMPLE_H

#include "byte_source.h"
#include "csv_fields.h"

enum { MDS_SAMPLE_RECORDS = 64 };

/* A field, small enough to keep millions of. */
typedef struct mds_cell {
    const char *text;
    uint32_t length;
    bool quoted, doubled;
} mds_cell;

/* The first records that are not blank; pointers into the source's window. */
typedef struct mds_sample {
    mds_cell *fields;
    size_t count, capacity;
    size_t first[MDS_SAMPLE_RECORDS + 1];   /* record r is fields[first[r] .. first[r + 1]) */
    const char *begins[MDS_SAMPLE_RECORDS]; /* where record r does */
    size_t records;
    bool whole; /* nothing follows */
} mds_sample;

/* Make UTF-8 of UTF-16, go past the byte order mark, comments ('#') and blank lines, and bring enough of the
 * text to tell what it is: 64 KiB and three lines at least. Errors: FS_FORMAT (binary), FS_MEMORY, FS_IO. */
FS_CHECK fs_status mds_text_begin(mds_byte_source *source, fs_error *error);

/* The first `most` records at hand. Free sample->fields. */
FS_CHECK fs_status mds_sample_take(const mds_byte_source *source, char separator, size_t most,
                                   mds_sample *sample, fs_error *error);

size_t mds_sample_size(const mds_sample *sample, size_t record);
const mds_cell *mds_sample_cell(const mds_sample *sample, size_t record, size_t field);
mds_field_kind mds_cell_kind(const mds_cell *cell, char decimal);

/* Lines between two places of the window. */
size_t mds_lines_between(const char *from, const char *to);

/* How exactly the numbers are printed: see table.h. */
void mds_sample_digits(const mds_sample *sample, char decimal, int *digits, int *decimals);
void mds_count_digits(const char *text, size_t length, char decimal, int *digits, int *decimals);

#endif
