/*
 * half.h - floats in two bytes (IEEE 754 binary16): 11 bits of precision, 6e-8 to 65504, NaN.
 *
 * Where memory is the limit and roots are right to 11 bits anyway, dissimilarities are kept so. Vector units
 * convert them as they are loaded; these do the same in plain C.
 */
#ifndef MDS_HALF_H
#define MDS_HALF_H

#include <stdint.h>
#include <string.h>

typedef uint16_t mds_half;

/* The nearest one, ties (below 6e-5: near ties too) to even. value: 0 <= value < 65520, or NaN. */
static inline mds_half mds_half_from(float value)
{
    uint32_t bits;
    float low =
        value * 0x1p-112f; /* now the exponents agree, and what is too small for a half is subnormal */
    memcpy(&bits, &low, sizeof bits);
    bits += 0xFFF + (bits >> 13 & 1);
    return value >= 0 ? (mds_half)(bits >> 13) : 0x7E00;
}

static inline float mds_half_value(mds_half half)
{
    float value;
    uint32_t bits = half < 0x7C00 ? (uint32_t)half << 13 : 0x7FC00000;
    memcpy(&value, &bits, sizeof value);
    return value * 0x1p112f;
}

#endif
