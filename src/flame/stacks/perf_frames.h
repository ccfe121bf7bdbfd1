/*
 * perf_frames.h - the frames of a sample of `perf script`, leaf first, as names of the tree.
 *
 * What becomes of names follows stackcollapse-perf.pl, so that people's scripts see the same frames, except
 * where it damages them: a '(' inside a template does not end a name, and `->` separates inlined calls only
 * in a run-time compiler's map (in C++ it is an operator).
 */
#ifndef FLAME_PERF_FRAMES_H
#define FLAME_PERF_FRAMES_H

#include "perf_line.h"
#include "read_formats.h"
#include "text_cache.h"

typedef struct perf_frames {
    const flame_perf_options *options;
    flame_tree *tree;
    bool java;                 /* the sample is of a Java process */
    bool nameless;             /* frames without addresses */
    flame_cache line_cache[2]; /* what a frame's line came to; the second one for Java processes */
    uint32_t *sequences;       /* count, then names */
    size_t sequence_used, sequence_capacity;
    uint32_t *names; /* of the sample, leaf first */
    size_t count, capacity;
    fs_text scratch;
} perf_frames;

void perf_frames_init(perf_frames *frames, flame_tree *tree, const flame_perf_options *options,
                      bool nameless);
void perf_frames_fini(perf_frames *frames);

/* The frames of a line go to the end of `names`; several where calls were inlined. A line that is no frame is
 * reported as skipped. */
FS_CHECK fs_status perf_frames_line(perf_frames *frames, const flame_reading *in, const char *line,
                                    size_t length, fs_error *error);

/* The same of a frame that was taken apart. */
FS_CHECK fs_status perf_frames_add(perf_frames *frames, const perf_frame *frame, fs_error *error);

#endif
