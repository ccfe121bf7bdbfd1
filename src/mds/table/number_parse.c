#include "number_parse.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

enum { DIGITS_MOST = 19, POWER_MOST = 27 }; /* 10^19 < 2^64, 5^27 < 2^63 */

static const uint64_t power_of_five[POWER_MOST + 1] = {
    1u,
    5u,
    25u,
    125u,
    625u,
    3125u,
    15625u,
    78125u,
    390625u,
    1953125u,
    9765625u,
    48828125u,
    244140625u,
    1220703125u,
    6103515625u,
    30517578125u,
    152587890625u,
    762939453125u,
    3814697265625u,
    19073486328125u,
    95367431640625u,
    476837158203125u,
    2384185791015625u,
    11920928955078125u,
    59604644775390625u,
    298023223876953125u,
    1490116119384765625u,
    7450580596923828125u,
};

/* Powers of ten that are doubles exactly. */
static const double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* 2^e for a normal double. */
static double power_of_two(int e)
{
    uint64_t bits = (uint64_t)(e + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/*
 * w * 10^e rounded once, for 0 < w < 2^64 and |e| <= 27. Upwards the product w * 5^e is an exact 128-bit
 * integer. Downwards the quotient of the two numbers, both shifted to fill 64 bits, has at least 63 bits, ten
 * more than a double holds; the remainder only has to leave a mark in the last of them for the rounding to
 * be right.
 */
static double scale_exactly(uint64_t w, int e)
{
    if (w <= (UINT64_C(1) << 53) && e >= -22 && e <= 22)
        return e < 0 ? (double)w / power_of_ten[-e] : (double)w * power_of_ten[e];
    if (e >= 0) return (double)((uint128)w * power_of_five[e]) * power_of_two(e);
    uint64_t d = power_of_five[-e];
    int shift_w = __builtin_clzll(w), shift_d = __builtin_clzll(d);
    uint128 numerator = (uint128)(w << shift_w) << 63;
    uint64_t divisor = d << shift_d;
    uint64_t quotient = (uint64_t)(numerator / divisor);
    if ((uint128)quotient * divisor != numerator) quotient |= 1;
    return (double)quotient * power_of_two(shift_d - shift_w - 63 + e);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static uint64_t load_8(const char *text)
{
    uint64_t bytes;
    memcpy(&bytes, text, sizeof bytes);
    return bytes;
}

/* True when all eight bytes are '0'..'9': the high half of each must be 3, also after adding 6. */
static bool are_8_digits(uint64_t bytes)
{
    uint64_t high = UINT64_C(0xF0F0F0F0F0F0F0F0);
    return ((bytes & high) | (((bytes + UINT64_C(0x0606060606060606)) & high) >> 4)) ==
           UINT64_C(0x3333333333333333);
}

/* Pairs, then fours, then all eight digits are joined inside one word. */
static uint64_t value_of_8_digits(uint64_t bytes)
{
    bytes -= UINT64_C(0x3030303030303030);
    bytes = (bytes * 10 + (bytes >> 8)) & UINT64_C(0x00FF00FF00FF00FF);
    bytes = (bytes * 100 + (bytes >> 16)) & UINT64_C(0x0000FFFF0000FFFF);
    return (bytes * 10000 + (bytes >> 32)) & UINT64_C(0xFFFFFFFF);
}
#endif

/* Digits at `at` joined to *w (which wraps when there are more than 19; the caller counts). */
static const char *take_digits(const char *at, uint64_t *w)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    for (uint64_t bytes; are_8_digits(bytes = load_8(at)); at += 8)
        *w = *w * 100000000u + value_of_8_digits(bytes);
#endif
    for (; is_digit(*at); at++) *w = *w * 10 + (uint64_t)(*at - '0');
    return at;
}

/* The exponent after 'e', clamped; returns the end, or `at` when it is not an exponent. */
static const char *take_exponent(const char *at, int64_t *exponent)
{
    const char *digit = at + 1;
    bool negative = *digit == '-';
    if (*digit == '-' || *digit == '+') digit++;
    if (!is_digit(*digit)) return at;
    int64_t e = 0;
    for (; is_digit(*digit); digit++)
        if (e < 100000) e = e * 10 + (*digit - '0');
    *exponent += negative ? -e : e;
    return digit;
}

const char *mds_number_parse(const char *text, double *value)
{
    const char *at = text;
    bool negative = *at == '-';
    if (*at == '-' || *at == '+') at++;

    uint64_t w = 0;
    const char *first = at;
    at = take_digits(at, &w);
    size_t digits = (size_t)(at - first);
    int64_t exponent = 0;
    if (*at == '.') {
        const char *point = at + 1;
        at = take_digits(point, &w);
        exponent = -(int64_t)(at - point);
        digits += (size_t)(at - point);
    }
    if (digits == 0) return text;
    if (digits > DIGITS_MOST) { /* zeros in front are not digits that count */
        const char *zero = first;
        while (digits > 0 && (*zero == '0' || *zero == '.')) digits -= *zero++ == '0';
    }
    if (*at == 'e' || *at == 'E') at = take_exponent(at, &exponent);

    if (digits > DIGITS_MOST || exponent < -POWER_MOST || exponent > POWER_MOST) {
        *value = strtod(text, NULL);
        return at;
    }
    double magnitude = w == 0 ? 0 : exponent == 0 ? (double)w : scale_exactly(w, (int)exponent);
    *value = negative ? -magnitude : magnitude;
    return at;
}
