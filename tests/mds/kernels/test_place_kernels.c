/* The kernels of placing and of tiles of distances at every level of this processor, against plain C. */
#include "kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 48, P = 9, LD = MDS_TILE_COLUMNS, CELLS = MDS_TILE_ROWS * MDS_TILE_COLUMNS };

static uint64_t state;

static double uniform(void) /* -1 .. 1 */
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(int64_t)(state >> 11) * 0x1p-52 - 1;
}

static void near(const mds_kernels *kernels, const char *what, double got, double want, double size)
{
    if (!(fabs(got - want) <= 1e-13 * size))
        fail_msg("%s, %s: %.17g, not %.17g", mds_isa_name(kernels->isa), what, got, want);
}

static void check_place(const mds_kernels *kernels, size_t columns, size_t p, double threshold)
{
    static _Alignas(64) double x[P * MOST], delta[MOST], weights[MOST], scratch[MDS_PLACE_SCRATCH(P)];
    double at[P], got[MDS_PLACE_SUMS(P)], want[MDS_PLACE_SUMS(P)];
    for (size_t j = 0; j < MOST; j++) {
        delta[j] = 1 + uniform();
        weights[j] = j % 5 ? 1 + uniform() : 0;
    }
    for (size_t i = 0; i < P * MOST; i++) x[i] = uniform();
    for (size_t k = 0; k < p; k++) at[k] = columns > 8 ? x[k * MOST + 3] : uniform(); /* coinciding */
    mds_place_row row = {.x = x,
                         .stride = MOST,
                         .delta = delta,
                         .weights = weights,
                         .columns = columns,
                         .p = p,
                         .threshold = threshold,
                         .scratch = scratch};
    kernels->place(&row, at, got);
    mds_kernels_for(MDS_ISA_SCALAR)->place(&row, at, want);
    for (size_t s = 0; s < MDS_PLACE_SUMS(p); s++)
        near(kernels, "place", got[s], want[s], 2e3 * (double)(columns + 1));
    near(kernels, "loss", got[MDS_PLACE_LOSS], want[MDS_PLACE_LOSS], 1 + want[MDS_PLACE_LOSS]);
    for (size_t k = 0; k < p; k++)
        near(kernels, "gradient", got[MDS_PLACE_GRADIENT + k], want[MDS_PLACE_GRADIENT + k],
             2 * (double)(columns + 1));
}

static void place(void **unused)
{
    (void)unused;
    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++) {
        const mds_kernels *kernels = mds_kernels_for(isa);
        state = 1;
        for (size_t columns = 0; kernels && columns <= MOST; columns += MDS_STRIDE)
            for (size_t p = 1; p <= P; p++) {
                check_place(kernels, columns, p, HUGE_VAL);
                check_place(kernels, columns, p, 0.3);
            }
    }
}

/* The gradient and the second derivatives are those of the loss (by differences), where no point is near. */
static void derivatives(void **unused)
{
    (void)unused;
    static _Alignas(64) double x[2 * 8] = {1, 2, -1, 0.5, 3, 2, 1, 1, 0, 1, 1, -2, 2, 3, 3, -1};
    static _Alignas(64) double delta[8] = {1, 2, 1, 3, 2, 0.5, 2, 1}, weights[8] = {1, 2, 1, 0, 1, 3, 1, 1},
                               scratch[MDS_PLACE_SCRATCH(2)];
    mds_place_row row = {.x = x,
                         .stride = 8,
                         .delta = delta,
                         .weights = weights,
                         .columns = 8,
                         .p = 2,
                         .threshold = HUGE_VAL,
                         .scratch = scratch};
    const double h = 1e-5;
    double middle[MDS_PLACE_SUMS(2)], up[MDS_PLACE_SUMS(2)], down[MDS_PLACE_SUMS(2)], at[2] = {0.2, 0.3};
    const mds_kernels *kernels = mds_kernels_for(MDS_ISA_SCALAR);
    kernels->place(&row, at, middle);
    for (size_t k = 0; k < 2; k++) {
        double moved[2] = {at[0], at[1]};
        moved[k] += h;
        kernels->place(&row, moved, up);
        moved[k] -= 2 * h;
        kernels->place(&row, moved, down);
        double slope = (up[MDS_PLACE_LOSS] - down[MDS_PLACE_LOSS]) / (4 * h);
        assert_true(fabs(slope - middle[MDS_PLACE_GRADIENT + k]) < 1e-7);
        for (size_t l = 0; l <= k; l++) {
            double bend = (up[MDS_PLACE_GRADIENT + l] - down[MDS_PLACE_GRADIENT + l]) / (2 * h);
            assert_true(fabs(bend - middle[MDS_PLACE_SECOND(2) + k * (k + 1) / 2 + l]) < 1e-7);
        }
    }
}

static const double special[] = {0, 1, 0.5, 1e-300, 0x1p-1074, 1e-8, 1 - 0x1p-53, NAN, 1e-30, 0.25};

/* Values from 0 to 1, those that are likely to go wrong among them. */
static void fill(double *values, size_t count, bool missing)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = fabs(uniform());
        if (uniform() > 0.3) values[i] = special[(size_t)(fabs(uniform()) * 10) % 10];
        if (!missing && isnan(values[i])) values[i] = 0.125;
    }
}

static void check_tile(const mds_kernels *kernels, const char *what, mds_tile_kernel *one,
                       mds_tile_kernel *reference, size_t m, bool missing)
{
    static _Alignas(64) double a[MDS_TILE_ROWS * MOST], b[MDS_TILE_COLUMNS * MOST];
    double got[CELLS], want[CELLS];
    fill(a, MDS_TILE_ROWS * m, missing);
    fill(b, MDS_TILE_COLUMNS * m, missing);
    for (size_t i = 0; i < CELLS; i++) got[i] = want[i] = 0;
    one(a, b, m, got, LD);
    reference(a, b, m, want, LD);
    for (size_t i = 0; i < CELLS; i++) near(kernels, what, got[i], want[i], want[i]);
    if (missing) return;
    for (int e = 1; e < 50; e += 12) {
        kernels->tile_power(a, b, m, e, got, LD);
        mds_kernels_for(MDS_ISA_SCALAR)->tile_power(a, b, m, e, want, LD);
        for (size_t i = 0; i < CELLS; i++) near(kernels, "power", got[i], want[i], want[i]);
    }
}

static void tiles(void **unused)
{
    (void)unused;
    const mds_kernels *plain = mds_kernels_for(MDS_ISA_SCALAR);
    for (mds_isa isa = MDS_ISA_AVX2; isa <= MDS_ISA_NEON; isa++) {
        const mds_kernels *kernels = mds_kernels_for(isa);
        state = 1;
        for (size_t m = 0; kernels && m <= MOST; m++) {
            check_tile(kernels, "known", kernels->tile_known, plain->tile_known, m, true);
            check_tile(kernels, "differing", kernels->tile_differing, plain->tile_differing, m, true);
            check_tile(kernels, "canberra", kernels->tile_canberra, plain->tile_canberra, m, false);
            check_tile(kernels, "divergence", kernels->tile_divergence, plain->tile_divergence, m, false);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(place),
        cmocka_unit_test(derivatives),
        cmocka_unit_test(tiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
