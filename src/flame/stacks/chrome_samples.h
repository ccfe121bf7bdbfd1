/*
 * chrome_samples.h - the sampled profiles inside a Chrome trace: what the developer tools' "Performance"
 * records of JavaScript, "ProfileChunk" events with pieces of V8's call tree, samples and times.
 */
#ifndef FLAME_CHROME_SAMPLES_H
#define FLAME_CHROME_SAMPLES_H

#include "json_scan.h"
#include "read_formats.h"

/* A piece: the profile that it belongs to, and its "data". */
typedef struct flame_chrome_chunk {
    uint32_t profile;
    uint32_t order; /* in the input */
    flame_value data;
} flame_chrome_chunk;

/* By profile, each in the order of the input. */
void flame_chrome_chunks_sort(flame_chrome_chunk *chunks, size_t count);

/* Count the samples of one profile's pieces below `base`. A sample lasts until the next. */
FS_CHECK fs_status flame_chrome_samples_count(flame_reading *in, const flame_chrome_chunk *chunks,
                                              size_t count, uint32_t base, fs_error *error);

/* Count the "samples" of a trace, whose stacks are its "stackFrames", as React Native's Hermes writes it. A
 * sample lasts until the next of its thread; a thread is a root frame when it is not the only one. */
FS_CHECK fs_status flame_chrome_frames_count(flame_reading *in, flame_value trace, fs_error *error);

#endif
