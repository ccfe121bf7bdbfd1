/*
 * byte_decoder.h - what stands between the bytes of a file and the bytes a reader wants: UTF-16 text made
 * UTF-8, and the deflated member of a ZIP archive.
 */
#ifndef MDS_BYTE_DECODER_H
#define MDS_BYTE_DECODER_H

#include "file.h"

typedef enum mds_decoding {
    MDS_DECODE_NONE,
    MDS_DECODE_UTF16LE,
    MDS_DECODE_UTF16BE,
    MDS_DECODE_DEFLATE /* raw, as in ZIP: what follows its end is left */
} mds_decoding;

typedef struct mds_byte_decoder mds_byte_decoder;

/* `ahead` are bytes of `input` that were read already. At most `most` bytes come out (0: FS_UNPACKED_MOST);
 * more is FS_LIMIT. */
FS_CHECK fs_status mds_byte_decoder_create(mds_decoding decoding, fs_input *input, const char *ahead,
                                           size_t length, uint64_t most, mds_byte_decoder **decoder,
                                           fs_error *error);
void mds_byte_decoder_destroy(mds_byte_decoder *decoder); /* NULL is legal */

/* As fs_input_read; `room` is at least 8. */
FS_CHECK fs_status mds_byte_decoder_read(mds_byte_decoder *decoder, void *buffer, size_t room, size_t *got,
                                         fs_error *error);

/* Bytes at hand behind the end of a deflated member. */
const char *mds_byte_decoder_rest(const mds_byte_decoder *decoder, size_t *length);

/* Whether text begins as UTF-16: with its byte order mark, or (without) with Latin characters whose other
 * byte is zero. */
mds_decoding mds_decoding_of_text(const char *bytes, size_t length);

#endif
