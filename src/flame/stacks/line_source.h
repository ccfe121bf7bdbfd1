/*
 * line_source.h - the lines of a text, read in large blocks and handed out without a copy.
 *
 * UTF-16 with a byte-order mark becomes UTF-8 on the way; a UTF-8 mark is dropped. The end of a line is LF or
 * CRLF. A line is whole: the block grows to hold it, up to 256 MiB.
 */
#ifndef FLAME_LINE_SOURCE_H
#define FLAME_LINE_SOURCE_H

#include "stack_reader.h"

/* Up to `room` bytes into `buffer`; *got is 0 only at the end. */
typedef fs_status (*flame_read_some)(void *context, void *buffer, size_t room, size_t *got, fs_error *error);

typedef struct flame_lines {
    flame_read_some read;
    void *context;
    const char *name;
    bool (*progress)(void *context, uint64_t bytes);
    void *progress_context;

    char *buffer;
    size_t capacity, begin, end;
    size_t scanned; /* no newline between begin and here */
    bool at_end, stopped;
    bool has_nul; /* somewhere in the buffer */
    uint64_t bytes, number;
    uint64_t size;        /* that there are in all, as far as it is known; 0: not at all */
    uint64_t memory_most; /* that content from a small file may take when it is held as objects; 0: any */

    int utf16; /* 0: no; 1: little-endian; 2: big-endian */
    unsigned char *raw;
    size_t raw_used;
    uint32_t surrogate; /* a high one that waits for its partner */
    bool started;
    char head[256]; /* how the input began */
    size_t head_length;
} flame_lines;

void flame_lines_init(flame_lines *lines, flame_read_some read, void *context, const char *name,
                      const flame_read_options *options);
void flame_lines_fini(flame_lines *lines);

/* Have the first block in the buffer (once), so that it can be examined: `buffer + begin` up to `end`. */
FS_CHECK fs_status flame_lines_start(flame_lines *lines, fs_error *error);

/* The next line without its end, valid until the next call; *line is NULL after the last. */
FS_CHECK fs_status flame_lines_next(flame_lines *lines, const char **line, size_t *length, fs_error *error);

/* Have all that is left in the buffer, without taking it. */
FS_CHECK fs_status flame_lines_hold(flame_lines *lines, fs_error *error);

/* All that is left, as one piece (for formats that are not lines), which the caller may change. */
FS_CHECK fs_status flame_lines_rest(flame_lines *lines, char **bytes, size_t *length, fs_error *error);

/* Count a line as skipped; the first is kept. */
void flame_report_skip(flame_report *report, uint64_t number, const char *line, size_t length,
                       const char *reason);

#endif
