/* The field numbers are those of profile.proto (read_pprof.c). */
#include "pprof_detect.h"

#include "wire.h"

/* Which fields of a profile are messages, strings and numbers; any may come first. */
static bool is_profile_field(const flame_field *field)
{
    enum { PIECES = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 11 | 1 << 13 };
    enum { NUMBERS = 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 15 };
    if (field->number > 15) return false;
    int known = field->type == FLAME_WIRE_BYTES ? PIECES : field->type == FLAME_WIRE_VARINT ? NUMBERS : 0;
    return known >> field->number & 1;
}

/* Whether a piece, of which the end may not be seen, is a message of few fields. */
static bool is_inner_message(flame_wire wire)
{
    flame_field field = {0};
    bool more = true;
    while (more && wire.at < wire.end) {
        more = flame_wire_next(&wire, &field);
        if (field.number > 10 || (field.type != FLAME_WIRE_VARINT && field.type != FLAME_WIRE_BYTES))
            return false;
    }
    return true;
}

/* What can be seen of it are fields that a profile has; the last may be cut off. And no text has bytes below
 * 9 at its beginning, unless someone means it. */
bool flame_looks_like_pprof(const char *bytes, size_t length)
{
    const unsigned char *start = (const unsigned char *)bytes, *end = start + length;
    bool control = false, more = true;
    for (size_t i = 0; i < length && i < 64; i++) control = control || start[i] < 9;
    flame_wire wire = {.at = start, .end = end};
    if (!control) return false;
    for (int seen = 0; more && seen < 16 && wire.at < end; seen++) {
        flame_field field = {0};
        more = flame_wire_next(&wire, &field);
        if (!more && field.number == 0) return seen > 0; /* cut off within its number */
        if (!is_profile_field(&field)) return false;
        if (field.type != FLAME_WIRE_BYTES || field.number == 6 || field.number == 13) continue;
        flame_wire inner = more ? field.bytes : (flame_wire){.at = wire.at, .end = end};
        if (!is_inner_message(inner)) return false;
    }
    return true;
}
