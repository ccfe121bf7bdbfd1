/*
 * pprof_copy.h - a pprof profile out as it came in: all its sample types, labels, mappings, comments and what
 * else there is, with changed names.
 */
#ifndef FLAME_PPROF_COPY_H
#define FLAME_PPROF_COPY_H

#include "file.h"
#include "name_change.h"

typedef struct flame_pprof_changes {
    const char *title;               /* a further comment; NULL: none */
    const char *sample_type;         /* becomes the default one; NULL: stays */
    const flame_name_options *names; /* of functions; NULL: stay */
} flame_pprof_changes;

/* `bytes` are a profile that flame_stacks_read has read, unpacked; the output is gzipped, and not committed.
 * Linear. */
FS_CHECK fs_status flame_pprof_copy(const char *bytes, size_t length, const flame_pprof_changes *changes,
                                    fs_output *output, fs_error *error);

#endif
