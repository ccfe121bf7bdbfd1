/*
 * locals_layout.h - where code objects and frames say what local variables there are, by minor version, in
 * bytes; tests/flame/python/probe.c compares it with the headers. The slots themselves are in python_layout.
 */
#ifndef FLAME_LOCALS_LAYOUT_H
#define FLAME_LOCALS_LAYOUT_H

#include <stdint.h>

typedef struct locals_layout {
    uint32_t names;       /* of a code object: a tuple for its slots in order; to 3.10 the variables', ... */
    uint32_t cells, free; /* ... then those of cells; 0: none, the first has all */
    uint32_t dict;        /* of a frame: f_locals, for a module's or class's names */
} locals_layout;

static inline locals_layout locals_layout_of(unsigned minor)
{
    if (minor <= 10) return (locals_layout){.names = 72, .cells = 88, .free = 80, .dict = 56};
    return (locals_layout){.names = 96, .dict = minor == 11 ? 24 : 40};
}

#endif
