/*
 * short_name.h - names made short for people: `std::vector<int>::push_back(int const&)` is
 * `vector::push_back`, `net/http.(*conn).serve` is `http.(*conn).serve`, `java.util.ArrayList.add` is
 * `ArrayList.add`.
 */
#ifndef FLAME_SHORT_NAME_H
#define FLAME_SHORT_NAME_H

#include "text.h"

/* Append the short form of a function's name, which may be the name itself. By what the name looks like:
 *
 *   C++, Rust  without template arguments, parameters, return type, hash and clone; the last two of its parts
 *   Go         without the folders of the package
 *   Java       class and method, without package, parameters and the numbers of lambdas
 *   Node       without the compiler's prefix; a file by its last part
 *
 * O(length). A failed append shows in out->failed. */
void flame_short_name(const char *name, size_t length, fs_text *out);

#endif
