/*
 * native_names.h - from places in native code to functions and lines, each looked
 * up once, when it is first asked for.
 */
#ifndef FLAME_NATIVE_NAMES_H
#define FLAME_NATIVE_NAMES_H

#include "hash_map.h"
#include "memory.h"
#include "native.h"
#include "text.h"

/* A function as people read it; or a piece of code without a symbol. */
typedef struct native_function {
    const char *name;   /* demangled and short: "vector::push_back"; "libc.so.6+0x1f30" without a symbol */
    const char *module; /* "libc.so.6"; "": none */
    const char *source; /* the source file's name without its folders; NULL: not known */
    bool unnamed;       /* the name is that of the module, and a place in it */
} native_function;

/* A frame: a function and a line in it (0: not known). */
typedef struct native_line {
    uint32_t function, line;
} native_line;

/* All zero but for `native`: nothing was looked up yet. */
typedef struct native_names {
    flame_native *native;
    bool inlines; /* inlined functions are frames of their own */
    native_function *functions;
    size_t function_count, function_capacity;
    fs_map by_name;
    native_line *lines; /* of places, one after another */
    size_t line_count, line_capacity;
    uint32_t *first; /* of each place: where its lines begin in `lines`; UINT32_MAX: not looked up */
    uint8_t *counts; /* ... and how many they are, innermost first */
    size_t place_capacity;
    fs_arena text;
} native_names;

void native_names_init(native_names *names, flame_native *native, bool inlines);
void native_names_fini(native_names *names);

/* The frames at a place, innermost first; at least one. The pointer is valid until the next call. */
FS_CHECK fs_status native_names_find(native_names *names, uint32_t place, const native_line **lines,
                                     uint32_t *count, fs_error *error);

/* Append "function (source:line)", with what is not known left out or in its place: "function (module)".
 * `lines`: with the line. */
void native_name_text(const native_names *names, const native_line *line, bool lines, fs_text *text);

#endif
