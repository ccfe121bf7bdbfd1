/*
 * demangle.h - what linkers know a function by, as its programmer wrote it: C++ (Itanium ABI) and Rust, by
 * libiberty.
 */
#ifndef FLAME_DEMANGLE_H
#define FLAME_DEMANGLE_H

#include "text.h"

/* Append the name that a mangled one stands for; false and nothing when it is none. A name that would come
 * out longer than 64 KiB (a few bytes can stand for millions) counts as none. A failed append shows in
 * out->failed. */
bool flame_demangle(const char *name, size_t length, fs_text *out);

#endif
