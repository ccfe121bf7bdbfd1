/*
 * file.h - files in whole or not at all.
 *
 * Output goes to a temporary file beside its destination and takes the destination's name only when it is
 * complete, so that nobody ever sees half a file; opening it early finds an unwritable place before long
 * work starts. "-" means standard input or standard output.
 */
#ifndef FS_FILE_H
#define FS_FILE_H

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
 * the read is FS_DATA, with a message that names the option --max-unpacked. 0, as without a call: the
 * default. */
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

/* ---- writing ---- */

typedef struct fs_output fs_output;

/* Create the temporary file (or take standard output for "-"). A destination that exists and is not a
 * regular file (a pipe, /dev/null) is written directly. */
FS_CHECK fs_status fs_output_open(const char *path, fs_output **output, fs_error *error);

/* Buffered. Failure is remembered and reported by fs_output_commit, so a run of writes needs no checks. */
void fs_output_write(fs_output *output, const void *bytes, size_t length);
void fs_output_string(fs_output *output, const char *string);
void fs_output_format(fs_output *output, const char *format, ...) FS_PRINTF(2, 3);
bool fs_output_failed(const fs_output *output);

/* On a terminal what is not printable (fs_text_add_printable) is replaced, for names come from other
 * programs; elsewhere bytes are bytes. A writer that colours its output, and cleans the names in it, says so
 * here first. */
void fs_output_has_escapes(fs_output *output);

/* Flush, give the file its name, and free `output` whatever happens. On failure nothing remains. */
FS_CHECK fs_status fs_output_commit(fs_output *output, fs_error *error);

/* Remove the temporary file and free `output`. NULL is legal. */
void fs_output_discard(fs_output *output);

/* Remove the temporary files of all outputs that are open. Async-signal-safe: for a handler that ends the
 * process, as nothing else can come of those outputs afterwards. */
void fs_output_remove_temporaries(void);

/* ---- names ---- */

/* True when `path` ends in `ending` (with its dot), whatever the case. */
bool fs_path_ends(const char *path, const char *ending);

/* The part after the last '/'. */
const char *fs_path_base(const char *path);

#endif
