/*
 * python_string.h - a str of another interpreter, of every kind it can be.
 */
#ifndef FLAME_PYTHON_STRING_H
#define FLAME_PYTHON_STRING_H

#include "process.h"
#include "python_layout.h"

typedef struct python_string {
    char *text;   /* UTF-8, NUL-terminated; what UTF-8 cannot hold (NUL, surrogates) is U+FFFD */
    uint8_t *raw; /* memory that says what it is: from its length to the end of its characters */
    uint64_t raw_address;
    uint32_t raw_length;
    uint32_t skip[2]; /* bytes of `raw` that may change: the hash, and flags that say it is interned */
} python_string;

/* FS_FORMAT when there is no string at `address`. Of one that is longer than 64 Ki characters the beginning
 * is read, and `text` ends in an ellipsis. */
FS_CHECK fs_status python_string_read(const flame_reader *reader, const python_layout *layout,
                                      uint64_t address, python_string *string, fs_error *error);

/* The same with another limit than 64 Ki characters, and no more. */
FS_CHECK fs_status python_string_beginning(const flame_reader *reader, const python_layout *layout,
                                           uint64_t address, uint32_t most, python_string *string,
                                           fs_error *error);
void python_string_fini(python_string *string);

#endif
