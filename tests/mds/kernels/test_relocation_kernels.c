/* Every level of the relocation kernels against double precision. */
#include "kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MOST = 4 * MDS_FLOATS, DIMENSIONS = 5, PLACES = 7 };

static float x[DIMENSIONS * MOST], delta[MOST], weights[MOST], places[PLACES * DIMENSIONS];

static float wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return (float)(t - floor(t));
}

static double distance(const mds_relocation_row *row, const float *at, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < row->p; k++) {
        double difference = (double)at[k] - (double)row->x[k * row->stride + j];
        sum += difference * difference;
    }
    return sqrt(sum);
}

/* Losses from distances that are known, those distances, and doubles made floats. */
static void check_known(const mds_relocation_kernels *kernels, const mds_relocation_row *row, size_t count)
{
    static float known[PLACES * MOST];
    float losses[PLACES + 1];
    losses[count] = -1;
    for (size_t t = 0; t < count; t++) {
        const float *at = places + t * row->p;
        kernels->distances(row, at, known + t * row->stride);
        for (size_t j = 0; j < row->columns; j++) {
            double d = distance(row, at, j);
            assert_true(fabs((double)known[t * row->stride + j] - d) <= 1e-3 * d + 2e-15);
        }
    }
    kernels->known(row, known, count, losses);
    assert_true(losses[count] == -1);
    for (size_t t = 0; t < count; t++) {
        double loss = 0;
        for (size_t j = 0; j < row->columns; j++) {
            double error = (double)row->delta[j] - (double)known[t * row->stride + j];
            loss += (double)row->weights[j] * error * error;
        }
        assert_true(fabs((double)losses[t] - loss) <= 1e-5 * loss);
    }
}

static void check_narrow(const mds_relocation_kernels *kernels, size_t n)
{
    double from[MOST] = {0};
    float to[MOST + 1];
    for (size_t j = 0; j < n; j++) from[j] = (double)wave(j + 77) / 3;
    if (n > 5) from[5] = (double)NAN;
    to[n] = -1;
    kernels->narrow(from, n % 2 ? from : NULL, n, 0.625, to);
    assert_true(to[n] == -1);
    for (size_t j = 0; j < n; j++) assert_true(to[j] == (float)(0.625 * from[j]) || (j == 5 && isnan(to[j])));
}

static void check(const mds_relocation_kernels *kernels, const mds_relocation_row *row, size_t count)
{
    float losses[PLACES + 1], sums[DIMENSIONS];
    losses[count] = -1;
    kernels->losses(row, places, count, losses);
    assert_true(losses[count] == -1); /* writes no more than it is asked for */
    for (size_t t = 0; t < count; t++) {
        const float *at = places + t * row->p;
        double loss = 0, size = 0, sum[DIMENSIONS] = {0};
        for (size_t j = 0; j < row->columns; j++) {
            double d = distance(row, at, j), w = (double)row->weights[j], error = (double)row->delta[j] - d;
            loss += w * error * error;
            size += w * (d + (double)row->delta[j]) * (d + (double)row->delta[j]);
            for (size_t k = 0; k < row->p; k++) {
                double from = (double)row->x[k * row->stride + j];
                sum[k] += w * (from + (d > 0 ? (double)row->delta[j] / d * ((double)at[k] - from) : 0));
            }
        }
        assert_true(fabs((double)losses[t] - loss) <= 1e-3 * size);
        kernels->step(row, at, sums);
        for (size_t k = 0; k < row->p; k++)
            assert_true(fabs((double)sums[k] - sum[k]) <= 2e-3 * sqrt(size) * 8);
    }
}

static void all_levels(void **state)
{
    (void)state;
    for (size_t i = 0; i < DIMENSIONS * MOST; i++) x[i] = wave(i) - 0.5f;
    for (size_t i = 0; i < PLACES * DIMENSIONS; i++) places[i] = wave(i + 5000) - 0.5f;
    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++) {
        const mds_kernels *kernels = mds_kernels_for(isa);
        if (!kernels) continue;
        for (size_t n = 0; n <= MOST; n++) check_narrow(&kernels->relocation, n);
        for (size_t n = 1; n <= MOST; n++)
            for (size_t p = 1; p <= DIMENSIONS; p++) {
                for (size_t j = 0; j < MOST; j++) {
                    delta[j] = j < n ? wave(j + 900) : 0;
                    weights[j] = j < n && j % 5 != 3 ? wave(j + 400) : 0;
                }
                /* one place coincides with a point */
                for (size_t k = 0; k < p; k++) places[k] = x[k * MOST];
                mds_relocation_row row = {.x = x,
                                          .stride = MOST,
                                          .delta = delta,
                                          .weights = weights,
                                          .columns = (n + MDS_FLOATS - 1) / MDS_FLOATS * MDS_FLOATS,
                                          .p = p};
                for (size_t count = 1; count <= PLACES; count++) {
                    check(&kernels->relocation, &row, count);
                    check_known(&kernels->relocation, &row, count);
                }
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_levels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
