/*
 * wire.h - the wire format of protocol buffers (protobuf.dev/programming-guides/encoding), as far as pprof
 * uses it: varints, and pieces that carry their length.
 *
 * By hand, because a profile is read in place, without a copy of every string and message, and a generated
 * parser would bring a build step and a run-time library for these few lines.
 */
#ifndef FLAME_WIRE_H
#define FLAME_WIRE_H

#include "text.h"

typedef enum flame_wire_type {
    FLAME_WIRE_VARINT = 0,
    FLAME_WIRE_64 = 1,
    FLAME_WIRE_BYTES = 2,
    FLAME_WIRE_32 = 5
} flame_wire_type;

typedef struct flame_wire {
    const unsigned char *at, *end;
    const char *damage; /* static text: what is wrong; NULL while nothing is */
} flame_wire;

typedef struct flame_field {
    uint32_t number; /* 1 ... */
    flame_wire_type type;
    uint64_t value;   /* a varint's */
    flame_wire bytes; /* what a FLAME_WIRE_BYTES field holds */
} flame_field;

/* The next field of a message; false at its end and when it is damaged. */
bool flame_wire_next(flame_wire *wire, flame_field *field);

/* The next number of a packed field, whose bytes `packed` walks; false at the end and when damaged. */
bool flame_wire_number(flame_wire *packed, uint64_t *value);

/* Writing: a varint field that is left out when 0, as proto3 does; a piece with its length. */
void flame_wire_put_varint(fs_text *out, uint64_t value);
void flame_wire_put_field(fs_text *out, uint32_t number, uint64_t value);
void flame_wire_put_bytes(fs_text *out, uint32_t number, const void *bytes, size_t length);

#endif
