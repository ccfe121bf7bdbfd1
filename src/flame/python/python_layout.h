/*
 * python_layout.h - where CPython keeps things, by minor version: one table, and from 3.13 the interpreter's
 * own table of offsets. All offsets are bytes in the release build for 64-bit Linux;
 * tests/flame/python/probe.c checks them against the headers of every interpreter it finds.
 */
#ifndef FLAME_PYTHON_LAYOUT_H
#define FLAME_PYTHON_LAYOUT_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PYTHON_OLDEST = 8, PYTHON_NEWEST = 15 }; /* minor versions that are read */

#define PYTHON_ABSENT UINT32_MAX

/* How a frame says where it stands. */
typedef enum python_counter {
    PYTHON_COUNTS_BYTES,  /* f_lasti, bytes (3.8, 3.9) */
    PYTHON_COUNTS_UNITS,  /* f_lasti, two-byte units (3.10) */
    PYTHON_POINTS_BEFORE, /* prev_instr, address of the unit before the next instruction (3.11, 3.12) */
    PYTHON_POINTS_AT      /* instr_ptr, address of the instruction (3.13 on) */
} python_counter;

typedef enum python_lines {
    PYTHON_LNOTAB,   /* pairs of address and signed line increments (to 3.9) */
    PYTHON_PAIRS,    /* PEP 626 pairs (3.10) */
    PYTHON_LOCATIONS /* variable-length entries with columns (3.11 on) */
} python_lines;

/* How a cached code object is known to be the one that lives at its address now (code_cache.h). */
typedef enum python_validation {
    PYTHON_VALIDATE_CONTENT,   /* compare what is kept of it with what is there */
    PYTHON_VALIDATE_VERSION,   /* compare its fields, among them co_version, which no other code object has */
    PYTHON_VALIDATE_GENERATION /* compare a counter of the interpreter that moves before an address is reused
                                */
} python_validation;

typedef struct python_layout {
    uint32_t minor;
    bool free_threaded;   /* no thread holds an interpreter lock; several may run Python at once */
    uint32_t object_head; /* bytes in front of the type of an object */
    struct {
        uint32_t interpreters; /* first interpreter */
        uint32_t current;      /* thread state that holds the GIL (to 3.11) */
        uint32_t collecting;   /* not 0 while garbage is collected (3.8; then that is the interpreter's) */
    } runtime;
    struct {
        uint32_t next, id, threads;
        uint32_t
            copies_generation; /* a number of 4 bytes that moves when copies (see code) are freed, or 0 */
        uint32_t generation, generation_size; /* counter for PYTHON_VALIDATE_GENERATION, 4 or 8 bytes */
        uint32_t collecting;                  /* gc.collecting, an int (from 3.9) */
        uint32_t collected_from; /* gc.frame: which frame was on top when that began (from 3.15) */
    } interpreter;
    struct {
        uint32_t previous, next, interpreter;
        uint32_t frame;          /* top frame, or the _PyCFrame that points to it (3.11, 3.12) */
        uint32_t through_cframe; /* offset of current_frame in the _PyCFrame; PYTHON_ABSENT: no such detour */
        uint32_t ident, native;  /* pthread_self(), gettid() (from 3.11) */
        uint32_t serial;         /* a number that no other thread of the interpreter gets (to 3.10) */
        uint32_t status, active; /* word of flags, and the one that means: holds the GIL, or without one, may
                                    run Python (from 3.12) */
    } thread;
    struct {
        uint32_t previous, code, counter, owner, size; /* size: of what comes before the locals */
        uint32_t copy;        /* which copy of the instructions it runs, an int, or 0: there is one only */
        uint32_t slots;       /* locals and value stack of a frame object, ob_size of them (to 3.10) */
        uint8_t shown_owners; /* frames with an owner from this one on are not Python */
        uint8_t owners;       /* how many values there are */
        bool tagged;          /* the code pointer carries tag bits */
    } frame;
    struct {
        uint32_t file, name, qualname, first_line, lines;
        uint32_t bytes;     /* the bytes object with the instructions (to 3.10), or ... */
        uint32_t body;      /* ... where they begin inside the code object */
        uint32_t copies;    /* pointer to a count and the addresses of copies, each for some threads; or 0 */
        uint32_t flags;     /* co_flags */
        uint32_t version;   /* co_version, for PYTHON_VALIDATE_VERSION */
        uint32_t fields[2]; /* from, to: what never changes while the object lives */
    } code;
    struct {
        uint32_t cached_keys; /* of attributes that lie beside their object (from 3.11) */
    } type;
    struct {
        uint32_t length, state, ascii, compact; /* data of ASCII and of other compact strings */
        uint32_t kind; /* bit of the state at which the size of characters begins; then compact, and ascii */
    } text;
    struct {
        uint32_t length, data;
    } bytes;
    python_counter counter;
    python_lines lines;
    python_validation validation;
} python_layout;

/* Bytes of a PyThreadState, from its start, in which all that is read of it lies. */
enum { PYTHON_THREAD_BLOCK = 1024 };

/* The fixed layout of 3.`minor`, NULL when it is not known; for 3.13 on, what the table does not say. */
const python_layout *python_layout_fixed(unsigned minor);

/* Make it that of a free-threaded build (from 3.13), as far as the table does not say. */
void python_layout_free_thread(python_layout *layout);

/* ---- from 3.13: the table that _PyRuntime begins with ---- */

#define PYTHON_COOKIE "xdebugpy"
enum { PYTHON_TABLE_WORDS = 128 }; /* how much of it is read, eight-byte words */

/* `words` as read at _PyRuntime, in which the cookie was seen. Takes the minor version from the table itself.
 * FS_UNSUPPORTED for a version or build that is not known, FS_FORMAT when the offsets make no sense. */
FS_CHECK fs_status python_layout_from_table(const uint64_t words[PYTHON_TABLE_WORDS], python_layout *layout,
                                            fs_error *error);

/* Names and positions (in words) of the table's entries that are used, for the probe; count in *count. */
typedef struct python_table_entry {
    const char *name;
    uint16_t word[PYTHON_NEWEST - 12]; /* in 3.13, 3.14, ...; 0: not there */
} python_table_entry;
const python_table_entry *python_layout_entries(size_t *count);

#endif
