/*
 * jit_symbols.h - the names of code that a program makes while it runs, as it tells them itself: a perf map
 * (/tmp/perf-PID.map, linux/tools/perf/Documentation/jit-interface.txt) or a jitdump file
 * (jitdump-specification.txt there), which the program has mapped.
 */
#ifndef FLAME_JIT_SYMBOLS_H
#define FLAME_JIT_SYMBOLS_H

#include "memory.h"
#include "process.h"

typedef struct jit_symbol {
    uint64_t start, size;
    const char *name;
    uint32_t order; /* in which the program told */
} jit_symbol;

typedef struct jit_symbols {
    pid_t pid;         /* as the program knows itself, for the file's name */
    pid_t thread;      /* through whose /proc files are found */
    char *dump;        /* path of the jitdump file, as we see it; NULL: none */
    jit_symbol *items; /* by start, and code made later behind what it replaced */
    size_t count, capacity;
    uint64_t read_at; /* nanoseconds */
    fs_arena names;
} jit_symbols;

void jit_symbols_init(jit_symbols *jit, pid_t pid, pid_t thread);
void jit_symbols_fini(jit_symbols *jit);

/* A mapping of the process: it may be that of its jitdump file. */
void jit_symbols_notice(jit_symbols *jit, const flame_map *map);

/* Read what the program has written until now. What cannot be read counts as not there. */
void jit_symbols_read(jit_symbols *jit);

/* The same, if that was not done within the last second. */
void jit_symbols_update(jit_symbols *jit);

/* Valid until they are read again. */
const jit_symbol *jit_symbols_find(const jit_symbols *jit, uint64_t address);

#endif
