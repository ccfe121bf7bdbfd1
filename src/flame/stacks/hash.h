/*
 * hash.h - a fast hash of short byte strings, for the tables of names and stacks.
 *
 * Sixteen bytes a step, each folded by one 64 x 64 -> 128 bit multiplication whose halves are xored (the
 * "folded multiply" known from Wang Yi's wyhash). Not for secrets: it spreads names over a table, and every
 * table that uses it compares the bytes afterwards.
 */
#ifndef FLAME_HASH_H
#define FLAME_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t flame_hash_fold(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t flame_hash_word(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static inline uint64_t flame_hash(const char *bytes, size_t length, uint64_t seed)
{
    /* The fractional parts of the golden ratio, of sqrt 2 and of sqrt 3: nothing up the sleeve. */
    const uint64_t k0 = 0x9E3779B97F4A7C15u, k1 = 0x6A09E667F3BCC909u, k2 = 0xBB67AE8584CAA73Bu;
    uint64_t state = seed ^ k0;
    uint64_t a = 0, b = 0;
    if (length >= 16) {
        const char *last = bytes + length - 16;
        for (; bytes < last; bytes += 16)
            state = flame_hash_fold(flame_hash_word(bytes) ^ k1, flame_hash_word(bytes + 8) ^ state);
        a = flame_hash_word(last);
        b = flame_hash_word(last + 8);
    } else if (length >= 8) {
        a = flame_hash_word(bytes);
        b = flame_hash_word(bytes + length - 8);
    } else if (length >= 4) {
        uint32_t low, high;
        memcpy(&low, bytes, 4);
        memcpy(&high, bytes + length - 4, 4);
        a = low;
        b = high;
    } else if (length > 0) {
        a = (uint64_t)(unsigned char)bytes[0] << 16 | (uint64_t)(unsigned char)bytes[length / 2] << 8 |
            (unsigned char)bytes[length - 1];
    }
    return flame_hash_fold(k2 ^ length, flame_hash_fold(a ^ k1, b ^ state));
}

#endif
