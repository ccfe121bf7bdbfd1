/*
 * byte_source.h - the input as a window of bytes that slides and grows, for parsers that look ahead.
 */
#ifndef MDS_BYTE_SOURCE_H
#define MDS_BYTE_SOURCE_H

#include "byte_decoder.h"
#include "file.h"
#include "table_read.h"

/* bytes[start..end) are at hand and followed by MDS_NUMBER_PADDING zeros. */
typedef struct mds_byte_source {
    fs_input *input; /* borrowed */
    const mds_read_options *options;
    mds_byte_decoder *decoder; /* NULL: the bytes are taken as they are */
    char *bytes;
    size_t start, end, capacity;
    bool at_end;    /* nothing follows bytes[end - 1] */
    char separator; /* that the file itself names ("sep=;"), or 0 */
    size_t line;    /* number of the line at `start`, from 1; kept by who reads text */
    uint64_t total; /* bytes read from the input so far */
    uint64_t told;  /* at the last progress report */
} mds_byte_source;

FS_CHECK fs_status mds_byte_source_init(mds_byte_source *source, fs_input *input,
                                        const mds_read_options *options, fs_error *error);
void mds_byte_source_fini(mds_byte_source *source);

/* Decode what is at hand and all that follows. Once. */
FS_CHECK fs_status mds_byte_source_decode(mds_byte_source *source, mds_decoding decoding, fs_error *error);

/* Bring at least one more byte, or set at_end. What lies before `start` is dropped; pointers into the window
 * are void afterwards. The window grows when all of it is still wanted. */
FS_CHECK fs_status mds_byte_source_fill(mds_byte_source *source, fs_error *error);

/* The line at `start`, all of it at hand: bytes[start..*end) without its line end, which lies before *next.
 * *more is false, and nothing set, where the input ends. */
FS_CHECK fs_status mds_byte_source_line(mds_byte_source *source, size_t *end, size_t *next, bool *more,
                                        fs_error *error);

/* Copy exactly `length` bytes out, past the window and without it for the rest; *got < length only at the
 * end of the input. */
FS_CHECK fs_status mds_byte_source_take(mds_byte_source *source, void *to, size_t length, size_t *got,
                                        fs_error *error);

/* How many bytes are still to come, where that is known. */
bool mds_byte_source_left(const mds_byte_source *source, uint64_t *bytes);

#endif
