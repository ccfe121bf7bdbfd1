#include "wire.h"

static bool damaged(flame_wire *wire, const char *what)
{
    wire->damage = what;
    return false;
}

static bool read_varint(flame_wire *wire, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (wire->at == wire->end) return damaged(wire, "a number is cut off");
        unsigned byte = *wire->at++;
        if (shift == 63 && byte > 1) return damaged(wire, "a number is longer than 64 bits");
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) return true;
    }
    return damaged(wire, "a number is longer than 64 bits");
}

bool flame_wire_number(flame_wire *packed, uint64_t *value)
{
    return packed->at < packed->end && !packed->damage && read_varint(packed, value);
}

bool flame_wire_next(flame_wire *wire, flame_field *field)
{
    if (wire->at == wire->end || wire->damage) return false;
    uint64_t tag;
    *field = (flame_field){0};
    if (!read_varint(wire, &tag)) return false;
    *field = (flame_field){.number = (uint32_t)(tag >> 3), .type = (flame_wire_type)(tag & 7)};
    if (tag >> 32 || field->number == 0) return damaged(wire, "a field has an impossible number");
    size_t left = (size_t)(wire->end - wire->at), size = 0;
    switch (field->type) {
    case FLAME_WIRE_VARINT:
        return read_varint(wire, &field->value);
    case FLAME_WIRE_64:
        size = 8;
        break;
    case FLAME_WIRE_32:
        size = 4;
        break;
    case FLAME_WIRE_BYTES: {
        uint64_t length;
        if (!read_varint(wire, &length)) return false;
        left = (size_t)(wire->end - wire->at);
        if (length > left) return damaged(wire, "a field claims to be longer than what holds it");
        size = (size_t)length;
        break;
    }
    default:
        return damaged(wire, "a field is of an unknown type");
    }
    if (size > left) return damaged(wire, "a field is cut off");
    field->bytes = (flame_wire){.at = wire->at, .end = wire->at + size};
    wire->at += size;
    return true;
}

void flame_wire_put_varint(fs_text *out, uint64_t value)
{
    char bytes[10];
    size_t n = 0;
    while (value >= 0x80) {
        bytes[n++] = (char)(value | 0x80);
        value >>= 7;
    }
    bytes[n++] = (char)value;
    fs_text_append(out, bytes, n);
}

void flame_wire_put_field(fs_text *out, uint32_t number, uint64_t value)
{
    if (value == 0) return;
    flame_wire_put_varint(out, (uint64_t)number << 3 | FLAME_WIRE_VARINT);
    flame_wire_put_varint(out, value);
}

void flame_wire_put_bytes(fs_text *out, uint32_t number, const void *bytes, size_t length)
{
    flame_wire_put_varint(out, (uint64_t)number << 3 | FLAME_WIRE_BYTES);
    flame_wire_put_varint(out, length);
    if (length) fs_text_append(out, bytes, length);
}
