#include "byte_source.h"

#include "memory.h"
#include "number_parse.h"

#include <string.h>

enum { WINDOW = 1 << 20, TELL_EVERY = 8 << 20, DECODED_LEAST = 8 };

fs_status mds_byte_source_init(mds_byte_source *source, fs_input *input, const mds_read_options *options,
                               fs_error *error)
{
    *source = (mds_byte_source){.input = input, .options = options, .line = 1};
    if (!FS_GROW(source->bytes, source->capacity, (size_t)WINDOW + MDS_NUMBER_PADDING))
        return fs_fail_memory(error, "reading a table", WINDOW);
    memset(source->bytes, 0, MDS_NUMBER_PADDING);
    return FS_OK;
}

void mds_byte_source_fini(mds_byte_source *source)
{
    mds_byte_decoder_destroy(source->decoder);
    fs_free(source->bytes);
    *source = (mds_byte_source){0};
}

/* Count what came, and let the caller show progress or stop. */
static fs_status account(mds_byte_source *source, size_t got, fs_error *error)
{
    source->total += got;
    const mds_read_options *options = source->options;
    if (options->progress && source->total - source->told >= TELL_EVERY) {
        source->told = source->total;
        uint64_t size = 0;
        if (!fs_input_size(source->input, &size)) size = 0;
        if (!options->progress(source->total, size, options->context))
            return fs_fail(error, FS_IO, "%s: reading was stopped", fs_input_name(source->input));
    }
    return FS_OK;
}

static fs_status next_bytes(mds_byte_source *source, void *to, size_t room, size_t *got, fs_error *error)
{
    fs_status status = source->decoder ? mds_byte_decoder_read(source->decoder, to, room, got, error)
                                       : fs_input_read(source->input, to, room, got, error);
    return status == FS_OK ? account(source, *got, error) : status;
}

fs_status mds_byte_source_decode(mds_byte_source *source, mds_decoding decoding, fs_error *error)
{
    fs_status status = mds_byte_decoder_create(decoding, source->input, source->bytes + source->start,
                                               source->end - source->start, source->options->max_unpacked,
                                               &source->decoder, error);
    if (status) return status;
    source->end = source->start;
    source->at_end = false;
    return mds_byte_source_fill(source, error);
}

fs_status mds_byte_source_fill(mds_byte_source *source, fs_error *error)
{
    size_t have = source->end - source->start;
    if (source->start > 0) {
        memmove(source->bytes, source->bytes + source->start, have);
        source->start = 0;
        source->end = have;
    }
    if (have + MDS_NUMBER_PADDING + DECODED_LEAST > source->capacity &&
        !FS_GROW(source->bytes, source->capacity, source->capacity + DECODED_LEAST))
        return fs_fail_memory(error, "reading a table", source->capacity);
    size_t got = 0;
    fs_status status = next_bytes(source, source->bytes + source->end,
                                  source->capacity - MDS_NUMBER_PADDING - have, &got, error);
    source->at_end = got == 0;
    source->end += got;
    memset(source->bytes + source->end, 0, MDS_NUMBER_PADDING);
    return status;
}

fs_status mds_byte_source_take(mds_byte_source *source, void *to, size_t length, size_t *got, fs_error *error)
{
    char *out = to;
    size_t done = source->end - source->start;
    if (done > length) done = length;
    memcpy(out, source->bytes + source->start, done);
    source->start += done;
    while (done < length) {
        size_t now = 0;
        fs_status status = FS_OK;
        if (source->decoder && length - done < DECODED_LEAST) { /* through the window */
            status = mds_byte_source_fill(source, error);
            now = source->end - source->start < length - done ? source->end - source->start : length - done;
            memcpy(out + done, source->bytes + source->start, now);
            source->start += now;
        } else {
            status = next_bytes(source, out + done, length - done, &now, error);
        }
        if (status) return status;
        if (now == 0) {
            source->at_end = true;
            break;
        }
        done += now;
    }
    *got = done;
    return FS_OK;
}

bool mds_byte_source_left(const mds_byte_source *source, uint64_t *bytes)
{
    uint64_t size;
    if (source->decoder || !fs_input_size(source->input, &size)) return false;
    uint64_t before = source->total - (source->end - source->start);
    *bytes = size > before ? size - before : 0;
    return true;
}

fs_status mds_byte_source_line(mds_byte_source *source, size_t *end, size_t *next, bool *more,
                               fs_error *error)
{
    size_t looked = 0; /* bytes of the line known to hold no line end */
    for (;;) {
        const char *at = source->bytes + source->start;
        size_t have = source->end - source->start;
        const char *stop = memchr(at + looked, '\n', have - looked);
        if (!stop && !source->at_end) {
            looked = have;
            fs_status status = mds_byte_source_fill(source, error);
            if (status) return status;
            continue;
        }
        *more = have > 0;
        size_t length = stop ? (size_t)(stop - at) : have;
        *next = source->start + length + (stop != NULL);
        if (length && at[length - 1] == '\r') length--;
        *end = source->start + length;
        return FS_OK;
    }
}
