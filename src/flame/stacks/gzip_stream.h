/*
 * gzip_stream.h - an output through gzip.
 */
#ifndef FLAME_GZIP_STREAM_H
#define FLAME_GZIP_STREAM_H

#include "file.h"

#include <zlib.h>

typedef struct flame_gzip {
    fs_output *output; /* not committed here */
    z_stream zlib;
    bool open;
} flame_gzip;

FS_CHECK fs_status flame_gzip_start(flame_gzip *gzip, fs_output *output, fs_error *error);
void flame_gzip_fini(flame_gzip *gzip);

/* Compress these bytes; with `last`, all that is still held back too. */
FS_CHECK fs_status flame_gzip_write(flame_gzip *gzip, const void *bytes, size_t length, bool last,
                                    fs_error *error);

#endif
