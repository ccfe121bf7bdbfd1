/* The kernels of stochastic descent: the reference against long double, every level against the reference. */
#include "kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { GROUPS = 9, MOST_P = 5, STRIDE = GROUPS * MDS_SGD_GROUP, CELLS = MOST_P * STRIDE };

static _Alignas(64) float start[CELLS];
static _Alignas(64) mds_half delta[MDS_SGD_TOGETHER * MDS_SGD_TILE];
static _Alignas(64) uint8_t codes[MDS_SGD_TOGETHER * MDS_SGD_TILE];
static _Alignas(64) float weights[MDS_SGD_TOGETHER * MDS_SGD_TILE];

static double scale = 1; /* of coordinates: codes go up to 254, squared */

static double wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return t - floor(t);
}

/* A symmetric number for each pair of points. */
static double of_pair(size_t i, size_t j, size_t kind)
{
    return i < j ? wave(kind + i * 211 + j) : wave(kind + j * 211 + i);
}

/* Tiles (0, 1), (2, 3), ... or (0), (1), ...; missing pairs, coinciding points, and a group that is partly
 * empty. */
static mds_sgd_tiles make_tiles(float *x, size_t p, size_t count, bool within, enum mds_sgd_kind kind)
{
    bool weighted = kind == MDS_SGD_WEIGHTED;
    mds_sgd_tiles tiles = {.x = x,
                           .stride = STRIDE,
                           .p = p,
                           .count = count,
                           .delta = kind == MDS_SGD_CODES ? NULL : delta,
                           .codes = kind == MDS_SGD_CODES ? codes : NULL,
                           .weights = weighted ? weights : NULL,
                           .step = 0.7f};
    scale = kind == MDS_SGD_CODES ? 20000 : 1;
    for (size_t i = 0; i < CELLS; i++) start[i] = (float)(scale * (4 * wave(i) - 2));
    for (size_t c = 0; c < MOST_P; c++) start[c * STRIDE + 17] = start[c * STRIDE + 3];
    for (size_t t = 0; t < count; t++) {
        tiles.a[t] = (uint32_t)(within ? t : 2 * t);
        tiles.b[t] = (uint32_t)(within ? t : 2 * t + 1);
        for (size_t row = 0; row < MDS_SGD_GROUP; row++)
            for (size_t column = 0; column < MDS_SGD_GROUP; column++) {
                size_t i = tiles.a[t] * MDS_SGD_GROUP + row, j = tiles.b[t] * MDS_SGD_GROUP + column;
                size_t at = t * MDS_SGD_TILE + mds_sgd_place(row, column, within);
                bool missing = of_pair(i, j, 1) < 0.2 || (t == 1 && column > 11) ||
                               (within && (row > 11 || column > 11));
                delta[at] = mds_half_from(missing ? (weighted ? 0 : NAN) : (float)(3 * of_pair(i, j, 2)));
                codes[at] = (uint8_t)(missing ? MDS_SGD_MISSING : sqrt(scale * 3.2 * of_pair(i, j, 2)));
                weights[at] = missing ? 0 : (float)(2 * of_pair(i, j, 3));
            }
    }
    memcpy(x, start, sizeof start);
    return tiles;
}

/* The header's words, pair by pair: steps in order, in each every pair once. */
static void move_naively(const mds_sgd_tiles *tiles, bool within, long double *x)
{
    for (size_t t = 0; t < tiles->count; t++)
        for (size_t step = within; step < MDS_SGD_GROUP; step++)
            for (size_t row = 0; row < MDS_SGD_GROUP; row++) {
                size_t column = row ^ (within ? step : step ^ (step >> 1));
                if (within && column < row) continue;
                size_t i = tiles->a[t] * MDS_SGD_GROUP + row, j = tiles->b[t] * MDS_SGD_GROUP + column;
                size_t at = t * MDS_SGD_TILE + mds_sgd_place(row, column, within);
                long double mu = tiles->step, d2 = 0;
                if (tiles->weights) mu = fminl(1, mu * (long double)tiles->weights[at]);
                float pair = tiles->codes ? (float)codes[at] * codes[at] : mds_half_value(delta[at]);
                if (isnan(pair) || (tiles->codes && codes[at] == 255)) continue;
                for (size_t c = 0; c < tiles->p; c++) d2 += powl(x[c * STRIDE + i] - x[c * STRIDE + j], 2);
                if (d2 == 0) continue;
                for (size_t c = 0; c < tiles->p; c++) {
                    long double apart = mu * ((long double)pair - sqrtl(d2)) / 2 / sqrtl(d2) *
                                        (x[c * STRIDE + i] - x[c * STRIDE + j]);
                    x[c * STRIDE + i] += apart;
                    x[c * STRIDE + j] -= apart;
                }
            }
}

static mds_sgd_kernel *kernel_of(const mds_kernels *kernels, size_t p, bool within, enum mds_sgd_kind kind,
                                 bool any)
{
    enum mds_shape shape = any      ? MDS_SHAPE_ANY
                           : p == 2 ? MDS_SHAPE_PLANE
                           : p == 3 ? MDS_SHAPE_SPACE
                                    : MDS_SHAPE_ANY;
    return kernels->sgd[within][kind][shape];
}

static double farthest(const float *x, const float *y)
{
    double most = 0;
    for (size_t i = 0; i < CELLS; i++) {
        assert_true(isfinite(x[i]));
        most = fmax(most, fabs((double)x[i] - (double)y[i]));
    }
    return most;
}

static void the_reference_does_what_the_header_says(void **state)
{
    (void)state;
    static _Alignas(64) float x[CELLS];
    static long double naive[CELLS];
    for (size_t p = 1; p <= MOST_P; p++)
        for (int variant = 0; variant < 6; variant++) {
            bool within = variant & 1;
            enum mds_sgd_kind kind = (enum mds_sgd_kind)(variant / 2 % MDS_SGD_KINDS);
            mds_sgd_tiles tiles = make_tiles(x, p, 3, within, kind);
            for (size_t i = 0; i < CELLS; i++) naive[i] = (long double)x[i];
            kernel_of(mds_kernels_for(MDS_ISA_SCALAR), p, within, kind, false)(&tiles);
            move_naively(&tiles, within, naive);
            for (size_t i = 0; i < CELLS; i++)
                assert_true(fabsl((long double)x[i] - naive[i]) < 1e-4L * scale);
        }
}

/* An estimate of a root is within 2^-11; a tile is 16 moves of each point, and a near pair makes of a small
 * error a large one. In the line points jump over one another, where any error grows. */
static void levels_agree(void **state)
{
    (void)state;
    static _Alignas(64) float x[CELLS], expected[CELLS];
    for (mds_isa isa = MDS_ISA_AVX2; isa <= MDS_ISA_NEON; isa++) {
        const mds_kernels *kernels = mds_kernels_for(isa);
        if (!kernels) continue;
        for (size_t p = 2; p <= MOST_P; p++)
            for (int variant = 0; variant < 12; variant++)
                for (size_t count = 1; count <= MDS_SGD_TOGETHER; count++) {
                    bool within = variant & 1;
                    enum mds_sgd_kind kind = (enum mds_sgd_kind)(variant / 2 % MDS_SGD_KINDS);
                    mds_sgd_tiles tiles = make_tiles(x, p, count, within, kind);
                    kernel_of(kernels, p, within, kind, variant >= 6)(&tiles);
                    memcpy(expected, start, sizeof start);
                    tiles.x = expected;
                    kernel_of(mds_kernels_for(MDS_ISA_SCALAR), p, within, kind, false)(&tiles);
                    assert_true(farthest(x, expected) < 0.02 * scale);
                    assert_true(farthest(x, start) > 0.1 * scale);
                }
    }
}

/* What has no pair does not move by a bit: groups that are not named, points whose pairs are all missing. */
static void nothing_else_moves(void **state)
{
    (void)state;
    static _Alignas(64) float x[CELLS];
    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++)
        for (size_t p = 1; mds_kernels_for(isa) && p <= MOST_P; p++)
            for (int variant = 0; variant < 6; variant++) {
                bool within = variant & 1;
                enum mds_sgd_kind kind = (enum mds_sgd_kind)(variant / 2 % MDS_SGD_KINDS);
                mds_sgd_tiles tiles = make_tiles(x, p, 2, within, kind);
                for (size_t row = 0; row < MDS_SGD_GROUP; row++)
                    for (size_t column = 0; column < MDS_SGD_GROUP; column++) {
                        if (row != 5 && !(within && column == 5)) continue;
                        size_t at = mds_sgd_place(row, column, within);
                        delta[at] = mds_half_from(kind == MDS_SGD_WEIGHTED ? 0 : NAN), weights[at] = 0;
                        codes[at] = MDS_SGD_MISSING;
                    }
                kernel_of(mds_kernels_for(isa), p, within, kind, false)(&tiles);
                for (size_t c = 0; c < MOST_P; c++) {
                    assert_true(x[c * STRIDE + 5] == start[c * STRIDE + 5]);
                    for (size_t i = (within ? 2 : 4) * MDS_SGD_GROUP; i < STRIDE; i++)
                        assert_true(x[c * STRIDE + i] == start[c * STRIDE + i]);
                }
            }
}

/* Every number that a half can hold comes back, and what lies between goes to the nearer one, ties to even.
 */
static void halves_are_the_nearest(void **state)
{
    (void)state;
    for (unsigned h = 0; h < 0x7BFF; h++) {
        float low = mds_half_value((mds_half)h), high = mds_half_value((mds_half)(h + 1));
        float middle = low + (high - low) / 2;
        assert_true(low < high);
        assert_int_equal(mds_half_from(low), h);
        assert_int_equal(mds_half_from(middle), h + (h & 1));
        assert_int_equal(mds_half_from(middle - (high - low) / 1024), h);
        assert_int_equal(mds_half_from(middle + (high - low) / 1024), h + 1);
    }
    assert_float_equal(mds_half_value(1), 0x1p-24f, 0);
    assert_float_equal(mds_half_value(0x7BFF), 65504.0f, 0);
    assert_true(isnan(mds_half_value(mds_half_from(NAN))));
}

static void roots_in_single_precision(void **state)
{
    (void)state;
    float values[40];
    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++)
        for (size_t n = 0; mds_kernels_for(isa) && n < 40; n++) {
            for (size_t j = 0; j < 40; j++) values[j] = j == 3 ? NAN : j == 4 ? 0 : (float)(64516 * wave(j));
            mds_kernels_for(isa)->square_root_single(values, n);
            for (size_t j = 0; j < 40; j++) {
                double square = j == 4 ? 0 : (double)(float)(64516 * wave(j));
                double expected = j < n ? sqrt(square) : square;
                if (j == 3)
                    assert_true(isnan(values[j]));
                else
                    assert_true(fabs((double)values[j] - expected) <= 0x1p-22 * expected);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_are_the_nearest),
        cmocka_unit_test(the_reference_does_what_the_header_says),
        cmocka_unit_test(levels_agree),
        cmocka_unit_test(nothing_else_moves),
        cmocka_unit_test(roots_in_single_precision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
