/*
 * json_scan.h - JSON read where it stands, without building objects.
 *
 * A profile of a gigabyte would take ten as objects. Here the text is checked once from end to end (RFC 8259;
 * nested at most FLAME_VALUE_DEPTH deep; control characters in strings are let pass), and a value is then the
 * place where it begins: a walk goes over the members of an object or the elements of an array, and steps
 * over what is not looked into. Numbers are read from their digits, so whole ones are exact to 64 bits.
 *
 * A walk that has come to its end knows where the value ends; telling the outer walk (flame_value_leave)
 * keeps a nest of them linear.
 */
#ifndef FLAME_JSON_SCAN_H
#define FLAME_JSON_SCAN_H

#include "exact_count.h"
#include "line_source.h"
#include "text.h"

enum { FLAME_VALUE_DEPTH = 20000 };

/* A value; `at` is NULL for one that is not there, which all functions take. */
typedef struct flame_value {
    const char *at, *end; /* where it begins; where the whole text ends */
} flame_value;

typedef struct flame_value_walk {
    const char *key; /* as it is written, without quotes; NULL in an array */
    size_t key_length;
    flame_value value;
    const char *next; /* NULL: behind `value`, which is yet to be stepped over */
} flame_value_walk;

/* All of the input as JSON, checked. With `open_end`, an array that is cut off counts as far as its
 * elements are whole. `what` names the format for the message.
 * Errors: FS_FORMAT with line and column; FS_IO, FS_MEMORY. */
FS_CHECK fs_status flame_value_read(flame_lines *lines, const char *what, bool open_end, flame_value *root,
                                    fs_error *error);

/* Begin with the members of an object or the elements of an array; of anything else there are none. */
flame_value_walk flame_value_enter(flame_value value);
/* The next into walk->key and walk->value; false after the last. */
bool flame_value_next(flame_value_walk *walk);
/* The inner walk, over outer->value, is at its end: go on behind it. */
void flame_value_leave(flame_value_walk *outer, const flame_value_walk *inner);

bool flame_value_key_is(const flame_value_walk *walk, const char *key);
/* The member of that name; linear in the object's length. */
flame_value flame_value_get(flame_value object, const char *key);

/* Several members in one walk: values[i] is that of keys[i], the first of that name. */
void flame_value_get_all(flame_value object, const char *const *keys, flame_value *values, size_t count);

static inline bool flame_value_is_object(flame_value value)
{
    return value.at && value.at < value.end && *value.at == '{';
}

static inline bool flame_value_is_array(flame_value value)
{
    return value.at && value.at < value.end && *value.at == '[';
}

static inline bool flame_value_is_string(flame_value value)
{
    return value.at && value.at < value.end && *value.at == '"';
}

/* The bytes of a string, "" for anything else; they stand in the text, or in `scratch` where escapes had to
 * be undone (a NUL becomes U+2400). False: out of memory. */
FS_CHECK bool flame_value_text(flame_value value, fs_text *scratch, const char **text, size_t *length);
bool flame_value_text_is(flame_value value, const char *text); /* escapes are not undone */
/* False for what is no number; one in quotes is (some tracers write times so). */
bool flame_value_number(flame_value value, flame_exact *number);
double flame_value_double(flame_value value, double otherwise);
/* A whole number below `count`, or FLAME_NONE. */
uint32_t flame_value_index(flame_value value, uint32_t count);

/* For detection: whether a block of JSON has a member of this name, at any depth. */
bool flame_value_has_key(const char *bytes, size_t length, const char *key);
/* Whether the first character that is no white space is this one. */
bool flame_value_begins(const char *bytes, size_t length, char with);

#endif
