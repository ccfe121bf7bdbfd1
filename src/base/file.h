/*
 * file.h - reading files, and what their names say. "-" means standard input. Writing is in output.h.
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include "output.h" /* who reads files mostly writes some too */
#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- reading ---- */

/* The whole file in memory, with a NUL after the end that is not counted. Free with fs_free. `most` bytes at
 * most (0: no limit but memory); a longer file is FS_DATA. */
FS_CHECK fs_status fs_file_read(const char *path, size_t most, char **bytes, size_t *length, fs_error *error);

/* A file or standard input read in pieces. gzip is undone on the way when the content begins so. */
typedef struct fs_input fs_input;
FS_CHECK fs_status fs_input_open(const char *path, fs_input **input, fs_error *error);
/* A few kilobytes of gzip can unpack to gigabytes, so it is bounded: when more than `most` bytes come out,
 * the read is FS_LIMIT. 0, as without a call: the default. */
#define FS_UNPACKED_MOST ((uint64_t)4 << 30)
void fs_input_max_unpacked(fs_input *input, uint64_t most);
bool fs_input_is_packed(const fs_input *input); /* gzip; known once something was read */
/* Up to `room` bytes into `buffer`; *got is 0 only at the end. */
FS_CHECK fs_status fs_input_read(fs_input *input, void *buffer, size_t room, size_t *got, fs_error *error);
/* A signal that arrives while a read waits makes it ask `go_on`; when that says no, the read is FS_IO. */
void fs_input_interruptible(fs_input *input, bool (*go_on)(void *context), void *context);
const char *fs_input_name(const fs_input *input); /* for messages: the path, or "standard input" */
/* The number of bytes that reading will give, when it can be known: a regular file, not compressed. */
bool fs_input_size(const fs_input *input, uint64_t *size);
void fs_input_close(fs_input *input); /* NULL is legal */

/* ---- names ---- */

/* True when `path` ends in `ending` (with its dot), whatever the case. */
bool fs_path_ends(const char *path, const char *ending);

/* The part after the last '/'. */
const char *fs_path_base(const char *path);

#endif
