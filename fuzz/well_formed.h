/*
 * well_formed.h - a cheap check that bytes are well-formed XML, for fuzz targets of writers. Strict about
 * what hostile names could break (characters, entities, quotes, comments, CDATA, nesting), ignorant of the
 * rest.
 */
#ifndef FUZZ_WELL_FORMED_H
#define FUZZ_WELL_FORMED_H

#include <stdbool.h>
#include <stddef.h>

bool xml_well_formed(const char *text, size_t length);

#endif
