#include "byte_source.h"

#include "memory.h"
#include "number_parse.h"

#include <string.h>

enum { WINDOW = 1 << 20, TELL_EVERY = 8 << 20 };

fs_status mds_byte_source_init(mds_byte_source *source, fs_input *input, const mds_read_options *options,
                               fs_error *error)
{
    *source = (mds_byte_source){.input = input, .options = options};
    if (!FS_GROW(source->bytes, source->capacity, (size_t)WINDOW + MDS_NUMBER_PADDING))
        return fs_fail_memory(error, "reading a table", WINDOW);
    memset(source->bytes, 0, MDS_NUMBER_PADDING);
    return FS_OK;
}

void mds_byte_source_fini(mds_byte_source *source)
{
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

fs_status mds_byte_source_fill(mds_byte_source *source, fs_error *error)
{
    size_t have = source->end - source->start;
    if (source->start > 0) {
        memmove(source->bytes, source->bytes + source->start, have);
        source->start = 0;
        source->end = have;
    }
    if (have + MDS_NUMBER_PADDING == source->capacity &&
        !FS_GROW(source->bytes, source->capacity, source->capacity + 1))
        return fs_fail_memory(error, "reading a table", source->capacity);
    size_t got = 0;
    fs_status status = fs_input_read(source->input, source->bytes + source->end,
                                     source->capacity - MDS_NUMBER_PADDING - have, &got, error);
    if (status == FS_OK) status = account(source, got, error);
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
        fs_status status = fs_input_read(source->input, out + done, length - done, &now, error);
        if (status == FS_OK) status = account(source, now, error);
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
