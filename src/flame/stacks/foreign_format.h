/*
 * foreign_format.h - what an input seems to be that is not read here, so that it is refused by name and not
 * drawn as a picture of nonsense.
 */
#ifndef FLAME_FOREIGN_FORMAT_H
#define FLAME_FOREIGN_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

/* Recognised by what cannot be mistaken at its beginning: what it is, and what to do; NULL when it is nothing
 * known. Static text: "a recording of Java's Flight Recorder (JFR): ...". */
const char *flame_foreign_format(const char *bytes, size_t length);

/* The same of JSON, by its members. */
const char *flame_foreign_json(const char *bytes, size_t length);

/* What bytes that gave few or no stacks seem to be: "binary", "JSON", ...; NULL: nothing in particular. */
const char *flame_foreign_guess(const char *bytes, size_t length);

/* Whether a tenth of the bytes are such as no text has. */
bool flame_foreign_is_binary(const char *bytes, size_t length);

#endif
