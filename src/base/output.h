/*
 * output.h - writing files: whole or not at all.
 *
 * An output is one of two things.
 *
 * - A descriptor: "-" (standard output), and whatever a path leads to that is not a regular file: an entry of
 *   /proc/PID/fd (/dev/stdout, /dev/fd/3), a pipe, a terminal, a device. It is written through, where the
 *   shell has set it up to be written; nothing is truncated, replaced or renamed.
 * - A regular file. It is written without a name (O_TMPFILE) and gets its name when it is complete, so that
 *   nobody sees half a file and a killed program leaves nothing behind. Where the file system has no such
 *   files, it has a short name of its own meanwhile; what killed programs left is removed by the next one
 *   that writes into the folder.
 *
 * Opening an output before long work starts finds what cannot be written while nothing is lost.
 */
#ifndef FS_OUTPUT_H
#define FS_OUTPUT_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct fs_output fs_output;

/* A place that the user named. Symbolic links are followed, so that a link stays and what it points to is
 * replaced; but not another user's link in a folder where everybody may make some. The permissions and, as
 * far as this is allowed, the owner of a replaced file are kept; set-user-ID and the like are dropped. */
FS_CHECK fs_status fs_output_open(const char *path, fs_output **output, fs_error *error);

/* A place that the user did not name (a default): the file is made afresh. Whatever bears the name, a link or
 * a pipe that somebody put there, is replaced and neither followed nor written to. */
FS_CHECK fs_status fs_output_open_new(const char *path, fs_output **output, fs_error *error);

/* What is written goes to the end of a regular file, in one piece when all is known: whoever else does so too
 * comes before or after. A file that is not there is made then; one whose last line has no end is given one.
 * What is not committed, or fails, leaves the file as it was. */
FS_CHECK fs_status fs_output_open_append(const char *path, fs_output **output, fs_error *error);

/* From here on gzip is written. FS_MEMORY. */
FS_CHECK fs_status fs_output_gzip(fs_output *output, fs_error *error);

/* Whether the path ends so, whatever the case; standard output does not. */
bool fs_output_ends(const fs_output *output, const char *ending);

/* Whether it becomes a whole file when it is committed, and so may be written again and again: neither a
 * descriptor nor one that is added to. */
bool fs_output_replaces(const fs_output *output);

/* Buffered. Failure is remembered and reported by fs_output_commit, so a run of writes needs no checks. */
void fs_output_write(fs_output *output, const void *bytes, size_t length);
void fs_output_string(fs_output *output, const char *string);
void fs_output_format(fs_output *output, const char *format, ...) FS_PRINTF(2, 3);
bool fs_output_failed(const fs_output *output);

/* On a terminal what is not printable (fs_text_add_printable) is replaced, for names come from other
 * programs; elsewhere bytes are bytes. A writer that colours its output, and cleans the names in it, says so
 * here first. */
void fs_output_has_escapes(fs_output *output);

/* Flush, give the file its name, and free `output` whatever happens. On failure nothing remains, unless all
 * that failed was to give a whole file its name (a folder has come to bear it, say): then it stays under
 * another one in the same folder, which the message tells. */
FS_CHECK fs_status fs_output_commit(fs_output *output, fs_error *error);

/* The same for the outputs of one run (NULL entries are none): all files are written out before the first
 * gets its name, the names come one right after the other, in order, and descriptors are written to after
 * that. The last output should be the one that tells of the others: it does not appear when another file
 * failed. What is whole is kept, for it may be hours of work; the first failure is returned. */
FS_CHECK fs_status fs_outputs_commit(fs_output *const *outputs, size_t count, fs_error *error);

/* Drop what was written (to a descriptor: what was not flushed yet) and free `output`. NULL is legal. */
void fs_output_discard(fs_output *output);

/* Remove the temporary names of all outputs that are open. Async-signal-safe: for a handler that ends the
 * process, as nothing else can come of those outputs afterwards. */
void fs_output_remove_temporaries(void);

/* Whether two outputs would go to one place, and whether an output would go over the regular file that is to
 * be read, however they are spelled: compared by device and inode, or by folder and name where there is no
 * file yet. "-" is standard output, as an input standard input. */
bool fs_output_same(const char *output, const char *other);
bool fs_output_is_input(const char *output, const char *input);

#endif
