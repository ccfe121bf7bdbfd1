#include "utf8.h"

#include <string.h>

size_t fs_utf8_decode(const char *bytes, size_t length, uint32_t *code_point)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (length == 0) return 0;
    if (b[0] < 0x80) {
        *code_point = b[0];
        return 1;
    }
    size_t want = b[0] >= 0xF0 ? 4 : b[0] >= 0xE0 ? 3 : 2;
    if (b[0] < 0xC2 || b[0] > 0xF4 || length < want) return 0;
    uint32_t value = b[0] & (0x7Fu >> want);
    for (size_t i = 1; i < want; i++) {
        if ((b[i] & 0xC0) != 0x80) return 0;
        value = (value << 6) | (b[i] & 0x3Fu);
    }
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < least[want] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return 0;
    *code_point = value;
    return want;
}

bool fs_utf8_valid(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        uint32_t code_point;
        size_t n = fs_utf8_decode(bytes + i, length - i, &code_point);
        if (n == 0) return false;
        i += n;
    }
    return true;
}

size_t fs_utf8_encode(uint32_t c, char out[4])
{
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = 0xFFFD;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
    static const unsigned char lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(lead[length] | c);
    return length;
}

size_t fs_utf8_clip(const char *text, size_t length)
{
    size_t start = length; /* of what follows the last byte that begins a character */
    while (start > 0 && length - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80) start--;
    if (start == 0) return length;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return want > 1 && length - (start - 1) < want ? start - 1 : length;
}

size_t fs_utf8_prefix(const char *text, size_t length, size_t most)
{
    size_t at = 0;
    for (size_t count = 0; at < length && count < most; count++) {
        uint32_t code_point;
        size_t n = fs_utf8_decode(text + at, length - at, &code_point);
        at += n ? n : 1;
    }
    return at;
}

size_t fs_utf8_excerpt(const char *text, size_t length, char *out, size_t room)
{
    static const char dots[] = "...";
    size_t used = 0, at = 0;
    while (at < length) {
        uint32_t c = 0;
        size_t n = fs_utf8_decode(text + at, length - at, &c);
        bool bad = n == 0 || c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029 ||
                   fs_is_bidi_control(c);
        if (used + (bad ? 1 : n) + sizeof dots > room) break;
        if (bad)
            out[used++] = '?';
        else
            memcpy(out + used, text + at, n);
        used += bad ? 0 : n;
        at += n ? n : 1;
    }
    if (at < length) {
        memcpy(out + used, dots, sizeof dots - 1);
        used += sizeof dots - 1;
    }
    out[used] = '\0';
    return used;
}

bool fs_is_bidi_control(uint32_t code_point)
{
    return (code_point >= 0x202A && code_point <= 0x202E) || (code_point >= 0x2066 && code_point <= 0x2069);
}
