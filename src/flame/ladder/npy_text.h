/*
 * npy_text.h - a NumPy array file as text, so that answers in it are compared number by number.
 */
#ifndef FLAME_NPY_TEXT_H
#define FLAME_NPY_TEXT_H

#include "text.h"

/* Whether these bytes begin as a .npy file does. */
bool flame_is_npy(const char *bytes, size_t length);

/* The shape on the first line, then one number a line in C order. Types: float32/64, int32/64, uint8, bool,
 * little-endian (NEP 1, versions 1 to 3). FS_FORMAT, FS_UNSUPPORTED with what the file says instead. */
FS_CHECK fs_status flame_npy_text(const char *bytes, size_t length, fs_text *out, fs_error *error);

#endif
