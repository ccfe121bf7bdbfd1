/*
 * symbol_name.h - what a symbol's name is made of, in the languages that profiles are of.
 */
#ifndef FLAME_SYMBOL_NAME_H
#define FLAME_SYMBOL_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Where the parameters begin: the first '(' outside of template arguments that is not part of the name, as
 * those of `(anonymous namespace)` and `operator()` are; `length` when there are none. */
size_t flame_symbol_end(const char *name, size_t length);

/* net/http.(*Client).Do: a Go method keeps its brackets. */
bool flame_symbol_is_go_method(const char *name, size_t length);

/* Whether the name begins with "(anonymous namespace)", whose brackets are part of it. */
bool flame_symbol_is_anonymous(const char *name, size_t length);

#endif
