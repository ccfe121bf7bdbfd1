/*
 * scratch_file.h - a file for the length of a test.
 */
#ifndef SCRATCH_FILE_H
#define SCRATCH_FILE_H

#include <stddef.h>

enum { SCRATCH_PATH = 64 };

/* Make a file in the temporary folder that holds `bytes`; its path goes to `path`. Fails the test when that
 * is not possible. Remove it with unlink. */
void scratch_file(char path[SCRATCH_PATH], const void *bytes, size_t length);

#endif
