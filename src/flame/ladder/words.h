/*
 * words.h - a command line split into words as a shell would, without a shell.
 *
 * Spaces separate; single quotes take everything as it stands; in double quotes a backslash takes the next
 * ", \, $ or ` as it stands; elsewhere it takes any next character. Nothing is expanded. What only a shell
 * can do (pipes, redirections, variables, patterns, several commands) is refused and named.
 */
#ifndef FLAME_WORDS_H
#define FLAME_WORDS_H

#include "memory.h"
#include "status.h"
#include "text.h"

/* Words of `line`, ended by NULL, in `arena`. FS_FORMAT with what is wrong, or FS_UNSUPPORTED when the line
 * needs a shell. */
FS_CHECK fs_status flame_words_split(const char *line, fs_arena *arena, char ***words, size_t *count,
                                     fs_error *error);

/* `text` with each {name} of `names` replaced by its value; other braces stay. NULL when out of memory. */
char *flame_words_fill(const char *text, const char *const *names, const char *const *values, size_t count,
                       fs_arena *arena);

/* The words as one line that a shell would split again in the same way, for people to read and copy. */
char *flame_words_join(const char *const *words, fs_arena *arena);

/* An arena's copy of a text, which is released; of what a format makes. NULL: out of memory. */
char *flame_text_keep(fs_text *text, fs_arena *arena);
char *flame_arena_format(fs_arena *arena, const char *format, ...) FS_PRINTF(2, 3);

/* `name` relative to `directory` unless it is absolute or the directory is ".". NULL: out of memory. */
const char *flame_path_join(const char *directory, const char *name, fs_arena *arena);

#endif
