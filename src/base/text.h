/*
 * text.h - growable byte strings, escaping, and the nearest known word to a misspelt one.
 */
#ifndef FS_TEXT_H
#define FS_TEXT_H

#include "status.h"
#include "utf8.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A growable byte string, always NUL-terminated once something was appended. After a failed append it stays
 * as it was and remembers the failure, so a long run of appends may be checked once at the end. */
typedef struct fs_text {
    char *data; /* NULL while empty */
    size_t length;
    size_t capacity;
    bool failed; /* an append ran out of memory */
} fs_text;

void fs_text_init(fs_text *text);
void fs_text_fini(fs_text *text);
void fs_text_clear(fs_text *text);                 /* length 0, memory kept, failure forgotten */
bool fs_text_reserve(fs_text *text, size_t extra); /* room for so many bytes more */

/* The next three are inlined: writers of long texts spend most of their time here. */
static inline bool fs_text_append(fs_text *text, const char *bytes, size_t length)
{
    bool fits = text->data && !text->failed && length < text->capacity - text->length;
    if (!fits && !fs_text_reserve(text, length)) return false;
    if (length) memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
    return true;
}

static inline bool fs_text_add(fs_text *text, const char *string)
{
    return fs_text_append(text, string, strlen(string));
}

static inline bool fs_text_char(fs_text *text, char c)
{
    return fs_text_append(text, &c, 1);
}

bool fs_text_whole(fs_text *text, uint64_t value); /* its digits */
bool fs_text_format(fs_text *text, const char *format, ...) FS_PRINTF(2, 3);
bool fs_text_format_v(fs_text *text, const char *format, va_list args) FS_PRINTF(2, 0);
const char *fs_text_string(const fs_text *text); /* never NULL */

/* As the format "%.Nf" does with N = `decimals`, up to 2, and faster. */
bool fs_text_fixed(fs_text *text, double value, unsigned decimals);

/* The shortest decimal that reads back as the same double ("0.1", "1e+300", "nan", "inf"). `out` has room
 * for FS_NUMBER_SIZE; returns the length. Independent of the locale. */
#define FS_NUMBER_SIZE 32
size_t fs_number_format(double value, char *out);

/* 1234567 as "1,234,567"; `out` has room for FS_NUMBER_SIZE. */
size_t fs_number_grouped(uint64_t value, char *out);

/* A size in bytes as "4 GiB", "500 MiB", or "1,234 bytes" where no larger unit is exact; returns `out`, which
 * has room for FS_SIZE_SIZE. */
#define FS_SIZE_SIZE 48
char *fs_size_format(uint64_t bytes, char *out);

/* The other way: a whole number with K, M, G or T (of 1024) after it, or none; "GiB" and the like as well.
 * False for anything else, and for more than 64 bits hold. */
bool fs_size_parse(const char *text, uint64_t *bytes);

/* Append with the characters that matter escaped. Bytes that are not valid UTF-8, and control characters
 * that XML forbids, come out as U+FFFD; in XML also bidirectional controls. */
bool fs_text_add_xml(fs_text *text, const char *bytes, size_t length); /* for element text and attributes */
bool fs_text_add_json(fs_text *text, const char *bytes,
                      size_t length); /* inside quotes; also safe in <script> */

/* Append with U+FFFD for each byte that is not valid UTF-8. */
bool fs_text_add_utf8(fs_text *text, const char *bytes, size_t length);

/* Append what is safe to show on a terminal: control characters (C0 with ESC, DEL, C1), bidirectional
 * controls and bytes that are not valid UTF-8 come out as U+FFFD, one cell each. With `lines`, newlines and
 * tabs stay: for a message that may have several lines; a single name is given without. */
bool fs_text_add_printable(fs_text *text, const char *bytes, size_t length, bool lines);

/* In JSON that is about to be parsed into C strings, which a NUL would end: make each escape \u0000 one of
 * U+2400 (the symbol for NUL), in place. */
void fs_json_show_nulls(char *json, size_t length);

/* The entry of `words` (count of them) nearest to `word` by edit distance, NULL when none is near enough to
 * suggest. */
const char *fs_nearest(const char *word, const char *const *words, size_t count);

#endif
