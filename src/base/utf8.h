/*
 * utf8.h - UTF-8: reading and writing characters, and cutting text between them.
 */
#ifndef FS_UTF8_H
#define FS_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decode one UTF-8 sequence of at most `length` bytes. Returns its length (1..4), or 0 when it is not valid
 * (overlong, surrogate, past U+10FFFF, truncated). */
size_t fs_utf8_decode(const char *bytes, size_t length, uint32_t *code_point);
bool fs_utf8_valid(const char *bytes, size_t length);

/* The other way: 1 to 4 bytes, without a NUL; returns how many. A surrogate, and what lies past U+10FFFF,
 * comes out as U+FFFD. */
size_t fs_utf8_encode(uint32_t code_point, char out[4]);

/* `length`, or up to 3 bytes less when the text was cut there inside a character. */
size_t fs_utf8_clip(const char *text, size_t length);

/* How many bytes the first `most` characters take; a byte that is not UTF-8 counts as one. */
size_t fs_utf8_prefix(const char *text, size_t length, size_t most);

/* The beginning of `text` on one line, for a message: what does not print becomes '?', and "..." follows when
 * it does not fit into `room` bytes with its NUL (at least 8). Returns its length. */
size_t fs_utf8_excerpt(const char *text, size_t length, char *out, size_t room);

/* The bidirectional embeddings, overrides and isolates (Unicode Standard Annex 9): one in a name reorders
 * what is shown after it. The marks (U+200E, U+200F) are harmless. */
bool fs_is_bidi_control(uint32_t code_point);

#endif
