#include "gzip_stream.h"

enum { CHUNK = 64 * 1024 };

fs_status flame_gzip_start(flame_gzip *gzip, fs_output *output, fs_error *error)
{
    *gzip = (flame_gzip){.output = output};
    gzip->open =
        deflateInit2(&gzip->zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK;
    return gzip->open ? FS_OK : fs_fail_memory(error, "compressing", 0);
}

void flame_gzip_fini(flame_gzip *gzip)
{
    if (gzip->open) deflateEnd(&gzip->zlib);
    gzip->open = false;
}

fs_status flame_gzip_write(flame_gzip *gzip, const void *bytes, size_t length, bool last, fs_error *error)
{
    z_stream *z = &gzip->zlib;
    const unsigned char *from = bytes;
    unsigned char chunk[CHUNK];
    int code = Z_OK;
    do {
        size_t part = length < CHUNK ? length : CHUNK;
        z->next_in = (unsigned char *)from;
        z->avail_in = (uInt)part;
        from += part;
        length -= part;
        do {
            z->next_out = chunk;
            z->avail_out = CHUNK;
            code = deflate(z, last && length == 0 ? Z_FINISH : Z_NO_FLUSH);
            fs_output_write(gzip->output, chunk, CHUNK - z->avail_out);
        } while (z->avail_out == 0);
    } while (length > 0);
    if (last && code != Z_STREAM_END) return fs_fail(error, FS_INTERNAL, "the gzip stream did not end");
    return FS_OK;
}
