/*
 * frame_name.h - what a frame's name says: function, file, line.
 *
 * Frames recorded from Python are named `file:function:line` ("slow.py:norm:12"), the form that pyflame
 * writes; `function (file:line)`, which other profilers write, is understood too. Any other name is a
 * function and nothing more: `std::vector<int>::push_back`, `C:\x\y.dll`, `foo:12`, `_[k]` and the like.
 */
#ifndef FLAME_FRAME_NAME_H
#define FLAME_FRAME_NAME_H

#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct flame_frame_parts {
    const char *function; /* these point into the name; not NUL-terminated */
    size_t function_length;
    const char *file; /* NULL when the name does not tell */
    size_t file_length;
    int32_t line; /* 0 when the name does not tell */
} flame_frame_parts;

/* O(length). */
flame_frame_parts flame_frame_parse(const char *name, size_t length);

/* The other way: `out` is cleared and becomes file:function:line when `lines` is set and both are known, else
 * the function alone. A failed append shows in out->failed. */
void flame_frame_compose(fs_text *out, const char *function, size_t function_length, const char *file,
                         size_t file_length, int32_t line, bool lines);

#endif
