/*
 * byte_marks.h - where a byte occurs in 64 bytes of text: a bit for each of them, the lowest for the first.
 *
 * Without a branch: in stacks, how far it is to the next ';' cannot be predicted. Where the processor has no
 * such instruction it is done in words of eight bytes (H. S. Warren, Hacker's Delight, 6-1: find first
 * 0-byte), the lowest byte first in memory.
 */
#ifndef FLAME_BYTE_MARKS_H
#define FLAME_BYTE_MARKS_H

#include <stdint.h>

enum { FLAME_MARKED = 64 };

#ifdef __SSE2__

#include <emmintrin.h>

static inline uint64_t flame_byte_marks(const char *text, char byte)
{
    uint64_t marks = 0;
    for (int i = 0; i < FLAME_MARKED; i += 16) {
        __m128i equal = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(text + i)), _mm_set1_epi8(byte));
        marks |= (uint64_t)_mm_movemask_epi8(equal) << i;
    }
    return marks;
}

#else

#include "hash.h"

static inline uint64_t flame_byte_marks(const char *text, char byte)
{
    const uint64_t low = 0x7F7F7F7F7F7F7F7Fu, pack = 0x0102040810204080u;
    uint64_t wanted = 0x0101010101010101u * (unsigned char)byte, marks = 0;
    for (int i = 0; i < FLAME_MARKED; i += 8) {
        uint64_t word = flame_hash_word(text + i) ^ wanted;
        uint64_t zero = ~(((word & low) + low) | word | low) >> 7; /* 1 in each byte that is 0 */
        marks |= (zero * pack >> 56) << i;                         /* packed into eight bits */
    }
    return marks;
}

#endif

#endif
