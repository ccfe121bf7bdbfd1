#include "byte_decoder.h"

#include "memory.h"
#include "text.h"

#include <string.h>
#include <zlib.h>

enum { RAW = 64 << 10 };

struct mds_byte_decoder {
    mds_decoding decoding;
    fs_input *input; /* borrowed */
    unsigned char *raw;
    size_t start, end, capacity; /* raw[start..end) is still to be decoded */
    bool raw_ended, ended;
    uint64_t out, most;
    z_stream zlib;
    bool zlib_open;
};

mds_decoding mds_decoding_of_text(const char *bytes, size_t length)
{
    if (length >= 2 && memcmp(bytes, "\xFF\xFE", 2) == 0) return MDS_DECODE_UTF16LE;
    if (length >= 2 && memcmp(bytes, "\xFE\xFF", 2) == 0) return MDS_DECODE_UTF16BE;
    size_t zero[2] = {0, 0}, pairs = length < 128 ? length / 2 : 64;
    for (size_t i = 0; i < 2 * pairs; i++) zero[i % 2] += bytes[i] == '\0';
    if (pairs >= 2 && zero[0] == 0 && zero[1] > pairs / 2) return MDS_DECODE_UTF16LE;
    if (pairs >= 2 && zero[1] == 0 && zero[0] > pairs / 2) return MDS_DECODE_UTF16BE;
    return MDS_DECODE_NONE;
}

fs_status mds_byte_decoder_create(mds_decoding decoding, fs_input *input, const char *ahead, size_t length,
                                  uint64_t most, mds_byte_decoder **decoder, fs_error *error)
{
    mds_byte_decoder *d = fs_alloc_0(1, sizeof *d);
    if (!d) return fs_fail_memory(error, "reading a table", sizeof *d);
    *d = (mds_byte_decoder){.decoding = decoding, .input = input, .most = most ? most : FS_UNPACKED_MOST};
    if (FS_GROW(d->raw, d->capacity, length > RAW ? length : RAW)) {
        if (length) memcpy(d->raw, ahead, length);
        d->end = length;
        if (decoding != MDS_DECODE_DEFLATE || inflateInit2(&d->zlib, -15) == Z_OK) {
            d->zlib_open = decoding == MDS_DECODE_DEFLATE;
            *decoder = d;
            return FS_OK;
        }
    }
    mds_byte_decoder_destroy(d);
    return fs_fail_memory(error, "reading a table", RAW);
}

void mds_byte_decoder_destroy(mds_byte_decoder *decoder)
{
    if (!decoder) return;
    if (decoder->zlib_open) inflateEnd(&decoder->zlib);
    fs_free(decoder->raw);
    fs_free(decoder);
}

const char *mds_byte_decoder_rest(const mds_byte_decoder *decoder, size_t *length)
{
    *length = decoder->end - decoder->start;
    return (const char *)decoder->raw + decoder->start;
}

/* More raw bytes behind those that are left. */
static fs_status fill(mds_byte_decoder *d, fs_error *error)
{
    size_t have = d->end - d->start, got = 0;
    memmove(d->raw, d->raw + d->start, have);
    d->start = 0;
    d->end = have;
    fs_status status = fs_input_read(d->input, d->raw + have, d->capacity - have, &got, error);
    d->end += got;
    if (status == FS_OK && got == 0) d->raw_ended = true;
    return status;
}

/* The character at `raw`, of which `length` bytes are there; *used is 0 when its second half is not. */
static uint32_t utf16_character(const mds_byte_decoder *d, size_t *used)
{
    const unsigned char *raw = d->raw + d->start;
    size_t length = d->end - d->start, high = d->decoding == MDS_DECODE_UTF16BE ? 0 : 1;
    *used = 0;
    if (length < 2) {
        *used = d->raw_ended ? length : 0;
        return 0xFFFD;
    }
    uint32_t unit = (uint32_t)raw[high] << 8 | raw[1 - high];
    if (unit < 0xD800 || unit > 0xDBFF) {
        *used = 2;
        return unit == 0 ? 0xFFFD : unit; /* a lone low surrogate is made U+FFFD by the encoder */
    }
    if (length < 4) {
        *used = d->raw_ended ? 2 : 0;
        return 0xFFFD;
    }
    uint32_t next = (uint32_t)raw[2 + high] << 8 | raw[3 - high];
    bool pair = next >= 0xDC00 && next <= 0xDFFF;
    *used = pair ? 4 : 2;
    return pair ? 0x10000 + ((unit - 0xD800) << 10) + (next - 0xDC00) : 0xFFFD;
}

static size_t decode_utf16(mds_byte_decoder *d, char *out, size_t room)
{
    size_t written = 0, used;
    while (written + 4 <= room && d->start < d->end) {
        uint32_t character = utf16_character(d, &used);
        if (used == 0) break;
        d->start += used;
        written += fs_utf8_encode(character, out + written);
    }
    return written;
}

static fs_status inflate_some(mds_byte_decoder *d, char *out, size_t room, size_t *got, fs_error *error)
{
    z_stream *z = &d->zlib;
    z->next_in = d->raw + d->start;
    z->avail_in = (uInt)(d->end - d->start);
    z->next_out = (unsigned char *)out;
    z->avail_out = room > UINT32_MAX / 2 ? (uInt)(UINT32_MAX / 2) : (uInt)room;
    uInt before = z->avail_out;
    int code = inflate(z, Z_NO_FLUSH);
    d->start = d->end - z->avail_in;
    *got = before - z->avail_out;
    if (code == Z_STREAM_END) d->ended = true;
    if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR) return FS_OK;
    if (code == Z_MEM_ERROR) return fs_fail_memory(error, "unpacking", 0);
    return fs_fail(error, FS_FORMAT, "%s: the packed data are damaged", fs_input_name(d->input));
}

fs_status mds_byte_decoder_read(mds_byte_decoder *d, void *buffer, size_t room, size_t *got, fs_error *error)
{
    *got = 0;
    while (*got == 0 && !d->ended) {
        fs_status status = FS_OK;
        if (d->decoding == MDS_DECODE_DEFLATE)
            status = inflate_some(d, buffer, room, got, error);
        else
            *got = decode_utf16(d, buffer, room);
        if (status) return status;
        if (*got || d->ended) break;
        if (d->raw_ended && d->decoding == MDS_DECODE_DEFLATE)
            return fs_fail(error, FS_FORMAT, "%s: the packed data end too soon (a truncated file?)",
                           fs_input_name(d->input));
        if (d->raw_ended && d->start == d->end) break;
        if (!d->raw_ended && (status = fill(d, error))) return status;
    }
    d->out += *got;
    if (d->decoding != MDS_DECODE_DEFLATE || d->out <= d->most) return FS_OK;
    char most[FS_SIZE_SIZE];
    return fs_fail(error, FS_LIMIT, "%s: the packed data unpack to more than %s", fs_input_name(d->input),
                   fs_size_format(d->most, most));
}
