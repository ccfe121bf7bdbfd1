/*
 * distance_template.h - the kernels of tiles of distances for any vector width. Included by
 * kernel_template.h, whose macros it uses. Bits of doubles are handled as integers by the vector extensions
 * that gcc and clang share.
 */

typedef long long distance_bits __attribute__((vector_size(sizeof(V))));

/* A whole number of size below 2^51 added to ROUNDER stands in the low bits of the sum. */
#define ROUNDER 0x1.8p52

/* ((c[0] x + c[1]) x + c[2]) x + ... */
INLINE V v_polynomial(const double *c, size_t count, V x)
{
    V sum = V_SET(c[0]);
    for (size_t i = 1; i < count; i++) sum = V_FMA(sum, x, V_SET(c[i]));
    return sum;
}

/* log(x) for normal x > 0, within 2 ulp of max(1, |log x|): x = 2^e m with m from sqrt(1/2) to sqrt(2), and
 * log m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172, by its series. */
INLINE V v_log(V x)
{
    const V half_root = V_SET(0x1.6a09e667f3bcdp-1), rounder = V_SET(ROUNDER);
    distance_bits e = ((distance_bits)x - (distance_bits)half_root) >> 52;
    V m = (V)((distance_bits)x - (e << 52)), exponent = V_SUB((V)(e + (distance_bits)rounder), rounder);
    V s = V_DIV(V_SUB(m, V_SET(1.0)), V_ADD(m, V_SET(1.0))), z = V_MUL(s, s);
    static const double series[] = {2. / 21, 2. / 19, 2. / 17, 2. / 15, 2. / 13,
                                    2. / 11, 2. / 9,  2. / 7,  2. / 5,  2. / 3};
    V log_m = V_FMA(V_MUL(s, z), v_polynomial(series, 10, z), V_ADD(s, s));
    /* log 2 in two parts, the first with zeros at its end, so that its multiples are exact */
    return V_FMA(exponent, V_SET(0x1.62e42fee00000p-1), V_FMA(exponent, V_SET(0x1.a39ef35793c76p-33), log_m));
}

/* exp(y) for y <= 709, within a few ulp; 0 below -708. */
INLINE V v_exp(V y)
{
    const V rounder = V_SET(ROUNDER);
    V kept = V_MAX(y, V_SET(-708.0)), shifted = V_FMA(kept, V_SET(0x1.71547652b82fep0), rounder);
    V k = V_SUB(shifted, rounder);
    V r = V_FNMA(k, V_SET(0x1.a39ef35793c76p-33), V_FNMA(k, V_SET(0x1.62e42fee00000p-1), kept));
    static const double series[] = {
        1. / 6227020800, 1. / 479001600, 1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320, 1. / 5040,
        1. / 720,        1. / 120,       1. / 24,       1. / 6,       1. / 2,      1.,         1.};
    V power = (V)(((distance_bits)shifted - (distance_bits)rounder + 1023) << 52);
    return V_MUL(V_MUL(v_polynomial(series, 14, r), power), V_POSITIVE(V_ADD(y, V_SET(708.0))));
}

INLINE V distance_canberra(V a, V b)
{
    V sizes = V_MAX(V_ADD(V_ABS(a), V_ABS(b)), V_SET(0x1p-1074));
    return V_DIV(V_ABS(V_SUB(a, b)), sizes);
}

/* distance_scalar.c has the formula. Where t is small, the series in its square: no first orders to cancel.
 */
INLINE V distance_divergence(V a, V b)
{
    const V one = V_SET(1.0), least = V_SET(0x1p-1022);
    V sum = V_ADD(a, b), t = V_DIV(V_SUB(a, b), V_MAX(sum, least)), u = V_MUL(t, t);
    static const double terms[] = {1. / 231, 1. / 190, 1. / 153, 1. / 120, 1. / 91, 1. / 66,
                                   1. / 45,  1. / 28,  1. / 15,  1. / 6,   1.};
    V series = V_MUL(v_polynomial(terms, 11, u), u);
    V more = V_ADD(one, t), less = V_SUB(one, t);
    V logs = V_FMA(more, v_log(V_MAX(more, least)), V_MUL(less, v_log(V_MAX(less, least))));
    V large = V_POSITIVE(V_SUB(u, V_SET(0.03)));
    return V_MUL(V_MUL(sum, V_SET(0.25)), V_FMA(large, V_SUB(logs, series), series));
}

INLINE V distance_power(V a, V b, V exponent)
{
    V difference = V_MAX(V_ABS(V_SUB(a, b)), V_SET(0x1p-1022));
    return v_exp(V_MIN(V_MUL(exponent, v_log(difference)), V_SET(709.0)));
}

/* Four rows by two vectors of columns: eight sums in registers, each operand loaded once. UPDATE(sum, a, b).
 */
#define TILE_BODY(UPDATE)                                                                                    \
    for (size_t c = 0; c < MDS_TILE_COLUMNS; c += 2 * WIDTH) {                                               \
        double *s = sums + c;                                                                                \
        V s00 = V_LOAD(s), s01 = V_LOAD(s + WIDTH);                                                          \
        V s10 = V_LOAD(s + ld), s11 = V_LOAD(s + ld + WIDTH);                                                \
        V s20 = V_LOAD(s + 2 * ld), s21 = V_LOAD(s + 2 * ld + WIDTH);                                        \
        V s30 = V_LOAD(s + 3 * ld), s31 = V_LOAD(s + 3 * ld + WIDTH);                                        \
        for (size_t f = 0; f < m; f++) {                                                                     \
            const double *column = b + f * MDS_TILE_COLUMNS + c, *row = a + f * MDS_TILE_ROWS;               \
            V b0 = V_LOAD(column), b1 = V_LOAD(column + WIDTH);                                              \
            V a0 = V_SET(row[0]), a1 = V_SET(row[1]), a2 = V_SET(row[2]), a3 = V_SET(row[3]);                \
            s00 = UPDATE(s00, a0, b0), s01 = UPDATE(s01, a0, b1);                                            \
            s10 = UPDATE(s10, a1, b0), s11 = UPDATE(s11, a1, b1);                                            \
            s20 = UPDATE(s20, a2, b0), s21 = UPDATE(s21, a2, b1);                                            \
            s30 = UPDATE(s30, a3, b0), s31 = UPDATE(s31, a3, b1);                                            \
        }                                                                                                    \
        V_STORE(s, s00), V_STORE(s + WIDTH, s01);                                                            \
        V_STORE(s + ld, s10), V_STORE(s + ld + WIDTH, s11);                                                  \
        V_STORE(s + 2 * ld, s20), V_STORE(s + 2 * ld + WIDTH, s21);                                          \
        V_STORE(s + 3 * ld, s30), V_STORE(s + 3 * ld + WIDTH, s31);                                          \
    }

#define TILE(name, UPDATE)                                                                                   \
    static void name(const double *a, const double *b, size_t m, double *sums, size_t ld)                    \
    {                                                                                                        \
        TILE_BODY(UPDATE)                                                                                    \
    }

#define UPDATE_SQUARED(sum, a, b)    v_add_square(sum, V_SUB(a, b))
#define UPDATE_ABSOLUTE(sum, a, b)   V_ADD(sum, V_ABS(V_SUB(a, b)))
#define UPDATE_MAXIMUM(sum, a, b)    V_MAX(sum, V_ABS(V_SUB(a, b)))
#define UPDATE_KNOWN(sum, a, b)      V_ADD(sum, V_NUMBER(V_SUB(a, b), V_ABS(V_SUB(a, b))))
#define UPDATE_DIFFERING(sum, a, b)  V_ADD(sum, V_POSITIVE(V_ABS(V_SUB(a, b))))
#define UPDATE_CANBERRA(sum, a, b)   V_ADD(sum, distance_canberra(a, b))
#define UPDATE_DIVERGENCE(sum, a, b) V_ADD(sum, distance_divergence(a, b))
#define UPDATE_POWER(sum, a, b)      V_ADD(sum, distance_power(a, b, power))

TILE(tile_squared, UPDATE_SQUARED)
TILE(tile_absolute, UPDATE_ABSOLUTE)
TILE(tile_maximum, UPDATE_MAXIMUM)
TILE(tile_known, UPDATE_KNOWN)
TILE(tile_differing, UPDATE_DIFFERING)
TILE(tile_canberra, UPDATE_CANBERRA)
TILE(tile_divergence, UPDATE_DIVERGENCE)

static void tile_power(const double *a, const double *b, size_t m, double exponent, double *sums, size_t ld)
{
    V power = V_SET(exponent);
    TILE_BODY(UPDATE_POWER)
}

/* ---- single precision ---- */

INLINE F single_tile_finish(F sum, enum mds_single_finish finish)
{
    if (finish == MDS_SINGLE_ROOT) return F_MUL(sum, f_rsqrt(F_ADD(sum, F_SET(1e-36f))));
    return finish == MDS_SINGLE_HALF ? F_MUL(sum, F_SET(0.5f)) : sum;
}

/* Four rows by two vectors of columns, as above. */
#define SINGLE_TILE(name, UPDATE)                                                                            \
    static void name(const float *a, const float *b, size_t m, enum mds_single_finish finish, float *out,    \
                     size_t ld)                                                                              \
    {                                                                                                        \
        for (size_t c = 0; c < MDS_SINGLE_TILE; c += 2 * F_WIDTH)                                            \
            for (size_t r = 0; r < MDS_SINGLE_TILE; r += 4) {                                                \
                F s[4][2];                                                                                   \
                UNROLL                                                                                       \
                for (size_t k = 0; k < 4; k++) s[k][0] = s[k][1] = F_SET(0);                                 \
                for (size_t f = 0; f < m; f++) {                                                             \
                    const float *column = b + f * MDS_SINGLE_TILE + c, *row = a + f * MDS_SINGLE_TILE + r;   \
                    F b0 = F_LOAD(column), b1 = F_LOAD(column + F_WIDTH);                                    \
                    UNROLL                                                                                   \
                    for (size_t k = 0; k < 4; k++) {                                                         \
                        F at = F_SET(row[k]);                                                                \
                        s[k][0] = UPDATE(s[k][0], F_SUB(at, b0));                                            \
                        s[k][1] = UPDATE(s[k][1], F_SUB(at, b1));                                            \
                    }                                                                                        \
                }                                                                                            \
                UNROLL                                                                                       \
                for (size_t k = 0; k < 4; k++) {                                                             \
                    F_STORE(out + (r + k) * ld + c, single_tile_finish(s[k][0], finish));                    \
                    F_STORE(out + (r + k) * ld + c + F_WIDTH, single_tile_finish(s[k][1], finish));          \
                }                                                                                            \
            }                                                                                                \
    }

#define SINGLE_UPDATE_SQUARED(sum, d)  F_FMA(d, d, sum)
#define SINGLE_UPDATE_ABSOLUTE(sum, d) F_ADD(sum, F_ABS(d))
#define SINGLE_UPDATE_MAXIMUM(sum, d)  F_MAX(sum, F_ABS(d))

SINGLE_TILE(single_tile_squared, SINGLE_UPDATE_SQUARED)
SINGLE_TILE(single_tile_absolute, SINGLE_UPDATE_ABSOLUTE)
SINGLE_TILE(single_tile_maximum, SINGLE_UPDATE_MAXIMUM)
