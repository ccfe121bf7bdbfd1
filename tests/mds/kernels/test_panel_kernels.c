/* The panel kernels at every level of this processor, against long double; and the vector levels against each
 * other, bit by bit. */
#include "kernels.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef long double wide;

enum { MOST = 520, LD = 131, CELLS = MDS_PANEL * MDS_PANEL };

static const size_t lengths[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 100, 128};
enum { LENGTHS = sizeof lengths / sizeof *lengths };

static _Alignas(64) double a[MOST * MDS_PANEL], b[MOST * MDS_PANEL], y[MOST * MDS_PANEL],
    before[MOST * MDS_PANEL];
static _Alignas(64) double tile[MDS_PANEL * LD + MDS_PANEL], rows[CELLS], sums[CELLS], sums_before[CELLS];

static uint64_t state;

static double uniform(void) /* -1 .. 1 */
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(int64_t)(state >> 11) * 0x1p-52 - 1;
}

static void fill(void)
{
    state = 1;
    for (size_t i = 0; i < MOST * MDS_PANEL; i++)
        a[i] = uniform(), b[i] = uniform(), y[i] = before[i] = uniform();
    for (size_t i = 0; i < sizeof tile / sizeof *tile; i++) tile[i] = 10 * uniform();
    for (size_t i = 0; i < CELLS; i++) rows[i] = uniform(), sums[i] = sums_before[i] = uniform();
}

static void near(const mds_kernels *kernels, double got, wide want, wide sizes, size_t terms)
{
    wide allowed = (wide)DBL_EPSILON * (wide)(terms + 1) * sizes;
    if (fabsl((wide)got - want) > allowed)
        fail_msg("%s: %.17g, not %.17Lg +- %.3Lg", mds_isa_name(kernels->isa), got, want, allowed);
}

static void check_square(const mds_kernels *kernels, size_t n)
{
    double out[200];
    out[n] = 42;
    kernels->panel_square(tile + 1, n, 0.5, 3, out);
    assert_true(out[n] == 42);
    for (size_t j = 0; j < n; j++) {
        wide moved = (wide)(tile[1 + j] + 0.5), square = moved * moved;
        near(kernels, out[j], square - 3, square + 3, 1);
    }
}

static void check_tile(const mds_kernels *kernels, size_t columns)
{
    fill();
    kernels->panel_tile(tile, LD, columns, rows, sums, b, y, b, 0);
    for (size_t r = 0; r < MDS_PANEL; r++)
        for (size_t c = 0; c < MDS_PANEL; c++) {
            wide want = (wide)sums_before[r * MDS_PANEL + c], sizes = fabsl(want);
            for (size_t j = 0; j < columns; j++) {
                wide term = (wide)tile[r * LD + j] * (wide)b[j * MDS_PANEL + c];
                want += term;
                sizes += fabsl(term);
            }
            near(kernels, sums[r * MDS_PANEL + c], want, sizes, columns);
        }
    for (size_t j = 0; j < MOST; j++)
        for (size_t c = 0; c < MDS_PANEL; c++) {
            wide want = (wide)before[j * MDS_PANEL + c], sizes = fabsl(want);
            for (size_t r = 0; j < columns && r < MDS_PANEL; r++) {
                wide term = (wide)tile[r * LD + j] * (wide)rows[r * MDS_PANEL + c];
                want += term;
                sizes += fabsl(term);
            }
            near(kernels, y[j * MDS_PANEL + c], want, sizes, j < columns ? MDS_PANEL : 0);
        }
}

static void check_products(const mds_kernels *kernels, size_t n)
{
    fill();
    kernels->panel_inner(a, b, n, sums);
    kernels->panel_combine(a, rows, n, y);
    for (size_t k = 0; k < MDS_PANEL; k++)
        for (size_t c = 0; c < MDS_PANEL; c++) {
            wide want = (wide)sums_before[k * MDS_PANEL + c], sizes = fabsl(want);
            for (size_t i = 0; i < n; i++) {
                wide term = (wide)a[i * MDS_PANEL + k] * (wide)b[i * MDS_PANEL + c];
                want += term;
                sizes += fabsl(term);
            }
            near(kernels, sums[k * MDS_PANEL + c], want, sizes, n);
        }
    for (size_t i = 0; i < MOST; i++)
        for (size_t c = 0; c < MDS_PANEL; c++) {
            wide want = (wide)before[i * MDS_PANEL + c], sizes = fabsl(want);
            for (size_t k = 0; i < n && k < MDS_PANEL; k++) {
                wide term = (wide)a[i * MDS_PANEL + k] * (wide)rows[k * MDS_PANEL + c];
                want += term;
                sizes += fabsl(term);
            }
            near(kernels, y[i * MDS_PANEL + c], want, sizes, i < n ? MDS_PANEL : 0);
        }
}

static void right_at_every_level(void **unused)
{
    (void)unused;
    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++) {
        const mds_kernels *kernels = mds_kernels_for(isa);
        for (size_t l = 0; kernels && l < LENGTHS; l++) {
            fill();
            check_square(kernels, lengths[l]);
            check_tile(kernels, lengths[l]);
            check_products(kernels, lengths[l]);
        }
        if (kernels) check_products(kernels, 513);
    }
}

static void vector_levels_agree_bit_by_bit(void **unused)
{
    (void)unused;
    const mds_kernels *narrow = mds_kernels_for(MDS_ISA_AVX2), *broad = mds_kernels_for(MDS_ISA_AVX512);
    if (!narrow || !broad) skip();
    static double y_narrow[MOST * MDS_PANEL], sums_narrow[CELLS];
    for (size_t l = 0; l < LENGTHS; l++) {
        const mds_kernels *const levels[] = {narrow, broad};
        for (int level = 0; level < 2; level++) {
            double out[200] = {0};
            fill();
            levels[level]->panel_tile(tile, LD, lengths[l], rows, sums, b, y, b, 0);
            levels[level]->panel_inner(a, b, lengths[l], sums);
            levels[level]->panel_combine(a, rows, lengths[l], y);
            levels[level]->panel_square(tile, lengths[l], 0.5, 3, out);
            memcpy(y, out, lengths[l] * sizeof *y);
            if (level == 0) memcpy(y_narrow, y, sizeof y), memcpy(sums_narrow, sums, sizeof sums);
        }
        assert_memory_equal(y, y_narrow, sizeof y);
        assert_memory_equal(sums, sums_narrow, sizeof sums);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_at_every_level),
        cmocka_unit_test(vector_levels_agree_bit_by_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
