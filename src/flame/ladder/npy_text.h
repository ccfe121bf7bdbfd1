/*
 * npy_text.h - a NumPy array file as text, so that answers in it are compared number by number.
 */
#ifndef FLAME_NPY_TEXT_H
#define FLAME_NPY_TEXT_H

#include "text.h"

/* The shape on the first line, then one number a line in C order; what npy.h reads. Errors: FS_FORMAT,
 * FS_UNSUPPORTED with what the file says instead, FS_MEMORY. */
FS_CHECK fs_status flame_npy_text(const char *bytes, size_t length, fs_text *out, fs_error *error);

#endif
