/* Every level of the tiles in single precision, and of gradients of a part of the columns, against plain
 * sums. */
#include "kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { T = MDS_SINGLE_TILE, MOST = 67, LD = T + 16 };

static _Alignas(64) float a[MOST * T], b[MOST * T], out[T * LD];

static float wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return (float)(t - floor(t));
}

static double sum_of(enum mds_single_term term, size_t m, size_t row, size_t column)
{
    double sum = 0;
    for (size_t f = 0; f < m; f++) {
        double d = fabs((double)a[f * T + row] - (double)b[f * T + column]);
        sum = term == MDS_SINGLE_SQUARED ? sum + d * d : term == MDS_SINGLE_ABSOLUTE ? sum + d : fmax(sum, d);
    }
    return sum;
}

static void tiles(void **state)
{
    (void)state;
    for (size_t i = 0; i < MOST * T; i++) a[i] = wave(i) - 0.5f, b[i] = wave(i + 90000) - 0.5f;
    for (size_t f = 0; f < MOST; f++) b[f * T + 3] = a[f * T + 5]; /* distance 0 */
    for (int isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++) {
        const mds_kernels *kernels = mds_kernels_for((mds_isa)isa);
        if (!kernels) continue;
        for (size_t m = 0; m <= MOST; m += m < 4 ? 1 : 21)
            for (int term = 0; term < MDS_SINGLE_TERMS; term++)
                for (int finish = 0; finish <= MDS_SINGLE_HALF; finish++) {
                    for (size_t c = 0; c < T * LD; c++) out[c] = -7;
                    kernels->single_tile[term](a, b, m, (enum mds_single_finish)finish, out, LD);
                    for (size_t r = 0; r < T; r++)
                        for (size_t c = 0; c < LD; c++) {
                            double found = (double)out[r * LD + c], sum = c < T ? sum_of(term, m, r, c) : -7;
                            if (c < T && finish == MDS_SINGLE_ROOT) sum = sqrt(sum);
                            if (c < T && finish == MDS_SINGLE_HALF) sum /= 2;
                            assert_true(fabs(found - sum) <= ((double)m + 4) * 0x1p-23 * fabs(sum));
                        }
                }
    }
}

/* A triangle in two pieces of columns is the triangle: loss and gradient in both precisions. */
static void parts_of_columns(void **state)
{
    (void)state;
    enum { N = 83, STRIDE = 96, CUT = 48 };
    static _Alignas(64) double x[3 * STRIDE], delta[8 * STRIDE], whole[3 * STRIDE], parts[3 * STRIDE];
    static _Alignas(64) double scratch[MDS_GRADIENT_SCRATCH(3)];
    static _Alignas(64) float x1[3 * STRIDE], delta1[8 * STRIDE];
    for (size_t i = 0; i < 3 * STRIDE; i++) x[i] = i % STRIDE < N ? (double)wave(i) : 0, x1[i] = (float)x[i];
    for (size_t i = 0; i < 8 * STRIDE; i++) delta[i] = (double)wave(i + 777), delta1[i] = (float)delta[i];
    for (int isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++)
        for (size_t p = 2; p <= 3; p++)
            for (int single = 0; single < 2; single++) {
                const mds_kernels *kernels = mds_kernels_for((mds_isa)isa);
                if (!kernels) continue;
                mds_gradient_rows rows = {
                    .x = x, .stride = STRIDE, .p = p, .first = 16, .ld = STRIDE, .scratch = scratch};
                mds_gradient_rows_single rows1 = {.x = x1,
                                                  .stride = STRIDE,
                                                  .p = p,
                                                  .first = 16,
                                                  .ld = STRIDE,
                                                  .scratch = (float *)(void *)scratch};
                const size_t from[] = {0, 0, CUT}, to[] = {N, CUT, N};
                double loss[3];
                memset(whole, 0, sizeof whole);
                memset(parts, 0, sizeof parts);
                for (size_t k = 0; k < 3; k++) {
                    double *gradient = k ? parts : whole;
                    rows.n = rows1.n = to[k];
                    rows.from = rows.column = rows1.from = rows1.column = from[k];
                    rows.delta = delta + from[k];
                    rows1.delta = delta1 + from[k];
                    loss[k] = single ? kernels->gradient.single[MDS_GRADIENT_PLAIN][p - 2](&rows1, gradient)
                                     : kernels->gradient.gradient[MDS_GRADIENT_PLAIN][p - 2](&rows, gradient);
                }
                double rounding = single ? 1e-5 : 1e-13;
                assert_true(fabs(loss[1] + loss[2] - loss[0]) <= rounding * loss[0]);
                for (size_t c = 0; c < p * STRIDE; c++)
                    assert_true(fabs(whole[c] - parts[c]) <= 50 * rounding);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tiles), cmocka_unit_test(parts_of_columns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
