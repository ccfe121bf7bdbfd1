/* Distances from features: every metric against its definition. */
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 150, M = 300, LDF = M + 3, LDD = N + 5 };

static double features[N * LDF], delta[N * LDD], other[N * LDD];

static int make_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < N * LDF; i++) features[i] = sin((double)(i * i + 1)) + 2;
    memcpy(features + 9 * LDF, features + 4 * LDF, M * sizeof *features); /* twins */
    return 0;
}

static long double by_definition(mds_metric metric, const double *a, const double *b, size_t m)
{
    long double ma = 0, mb = 0, aa = 0, bb = 0, ab = 0, squares = 0, sum = 0, most = 0;
    for (size_t f = 0; f < m && metric == MDS_CORRELATION; f++) ma += a[f], mb += b[f];
    ma /= (long double)m, mb /= (long double)m;
    for (size_t f = 0; f < m; f++) {
        long double d = fabsl((long double)a[f] - (long double)b[f]), u = a[f] - ma, v = b[f] - mb;
        squares += d * d, sum += d, most = d > most ? d : most;
        aa += u * u, bb += v * v, ab += u * v;
    }
    switch (metric) {
    case MDS_EUCLIDEAN:
        return sqrtl(squares);
    case MDS_SQEUCLIDEAN:
        return squares;
    case MDS_MANHATTAN:
        return sum;
    case MDS_CHEBYSHEV:
        return most;
    default:
        return 1 - ab / sqrtl(aa * bb);
    }
}

static void every_metric(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{1, 1}, {2, 2}, {7, 3}, {64, 64}, {65, 2}, {N, 5}, {N, M}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (mds_metric metric = MDS_EUCLIDEAN; metric <= MDS_CORRELATION; metric++) {
            size_t n = sizes[s][0], m = sizes[s][1];
            if (metric == MDS_CORRELATION && m < 2) continue;
            mds_distance_options options = {.size = sizeof options, .metric = metric, .threads = 1};
            mds_error error = {.message = ""};
            for (size_t i = 0; i < N * LDD; i++) delta[i] = -7;
            if (mds_distances(features, n, m, LDF, &options, delta, LDD, &error) != MDS_OK)
                fail_msg("%s", error.message);
            for (size_t i = 0; i < n; i++) {
                assert_true(delta[i * LDD + i] == 0);
                assert_true(delta[i * LDD + n] == -7); /* nothing behind the row */
                for (size_t j = 0; j < i; j++) {
                    long double want = by_definition(metric, features + i * LDF, features + j * LDF, m);
                    double got = delta[i * LDD + j];
                    assert_true(got == delta[j * LDD + i]);
                    bool angle = metric >= MDS_COSINE; /* absolute error: unit vectors are rounded */
                    if (fabsl(got - want) > (angle ? 1e-14L : 1e-14L * want))
                        fail_msg("%s, n %zu, m %zu: row %zu, column %zu is %.17g, not %.17Lg",
                                 mds_metric_name(metric), n, m, i, j, got, want);
                }
            }
            if (n > 9 && m > 1) assert_true(delta[9 * LDD + 4] == 0);
        }
}

static void threads_change_no_bit_and_levels_little(void **state)
{
    (void)state;
    for (mds_metric metric = MDS_EUCLIDEAN; metric <= MDS_CORRELATION; metric++) {
        mds_distance_options options = {.size = sizeof options, .metric = metric, .threads = 1};
        assert_int_equal(mds_distances(features, N, M, LDF, &options, delta, LDD, NULL), MDS_OK);
        for (options.threads = 0; options.threads <= 5; options.threads++) {
            memset(other, 0, sizeof other);
            assert_int_equal(mds_distances(features, N, M, LDF, &options, other, LDD, NULL), MDS_OK);
            for (size_t i = 0; i < N; i++)
                assert_memory_equal(delta + i * LDD, other + i * LDD, N * sizeof *delta);
        }
        for (options.isa = MDS_ISA_SCALAR; options.isa <= MDS_ISA_NEON; options.isa++) {
            if (!mds_isa_available(options.isa)) continue;
            assert_int_equal(mds_distances(features, N, M, LDF, &options, other, LDD, NULL), MDS_OK);
            for (size_t i = 0; i < N; i++)
                for (size_t j = 0; j < N; j++)
                    assert_true(fabs(delta[i * LDD + j] - other[i * LDD + j]) <=
                                1e-13 * delta[i * LDD + j] + 1e-28);
        }
    }
}

/* Near points keep their digits, far from the origin too. */
static void near_points(void **state)
{
    (void)state;
    double rows[] = {1e6, 1e6, 1e6 + 0x1p-20, 1e6}, angles[] = {1, 0, 1, 1e-9}, d[4];
    mds_distance_options options = {.size = sizeof options};
    assert_int_equal(mds_distances(rows, 2, 2, 2, &options, d, 2, NULL), MDS_OK);
    assert_true(d[1] == 0x1p-20);
    options.metric = MDS_COSINE;
    assert_int_equal(mds_distances(angles, 2, 2, 2, &options, d, 2, NULL), MDS_OK);
    assert_true(fabs(d[1] - 0.5e-18) < 1e-30);
}

static void refuse(const double *rows, size_t n, size_t m, size_t ldf, size_t ldd, mds_metric metric,
                   mds_status status, const char *words)
{
    mds_distance_options options = {.size = sizeof options, .metric = metric};
    mds_error error = {.message = ""};
    delta[0] = -7;
    assert_int_equal(mds_distances(rows, n, m, ldf, &options, delta, ldd, &error), status);
    if (!strstr(error.message, words)) fail_msg("\"%s\" does not say \"%s\"", error.message, words);
    assert_true(delta[0] == -7);
}

static void bad_input_is_named(void **state)
{
    (void)state;
    double rows[] = {1, 2, 3, 4, 5, 6};
    refuse(NULL, 3, 2, 2, 3, MDS_EUCLIDEAN, MDS_ARGUMENT, "NULL");
    refuse(rows, 0, 2, 2, 3, MDS_EUCLIDEAN, MDS_ARGUMENT, "no objects");
    refuse(rows, 3, 0, 2, 3, MDS_EUCLIDEAN, MDS_ARGUMENT, "no features");
    refuse(rows, 3, 2, 1, 3, MDS_EUCLIDEAN, MDS_ARGUMENT, "leading dimension");
    refuse(rows, 3, 2, 2, 2, MDS_EUCLIDEAN, MDS_ARGUMENT, "leading dimension");
    refuse(rows, 3, 2, 2, 3, (mds_metric)99, MDS_ARGUMENT, "99 is not a metric");
    rows[3] = NAN;
    refuse(rows, 3, 2, 2, 3, MDS_EUCLIDEAN, MDS_DATA, "row 2, column 2: the feature is not a number");
    rows[3] = -INFINITY;
    refuse(rows, 3, 2, 2, 3, MDS_MANHATTAN, MDS_DATA, "row 2, column 2: the feature is infinite");
    rows[3] = 3;
    refuse(rows, 3, 2, 2, 3, MDS_CORRELATION, MDS_DATA, "row 2 is constant (3)");
    rows[3] = -1e301;
    refuse(rows, 3, 2, 2, 3, MDS_EUCLIDEAN, MDS_DATA,
           "row 2, column 2: the feature is -1e+301, above 1e+300");
    rows[3] = 1e151;
    refuse(rows, 3, 2, 2, 3, MDS_SQEUCLIDEAN, MDS_DATA,
           "row 2, column 2: the feature is 1e+151, above 1e+150");
    rows[3] = 9e299;
    refuse(rows, 3, 2, 2, 3, MDS_MANHATTAN, MDS_DATA, "row 2, column 2: the feature is 9e+299, above 5e+299");
    rows[3] = 3;
    double tiny[] = {0, 1e-295, 2e-295, -3e-295};
    refuse(tiny, 2, 2, 2, 2, MDS_EUCLIDEAN, MDS_DATA, "the largest feature is 3e-295 in size");
    tiny[3] = 1e-200;
    refuse(tiny, 2, 2, 2, 2, MDS_SQEUCLIDEAN, MDS_DATA, "the largest feature is 1e-200 in size");
    rows[4] = rows[5] = 0;
    refuse(rows, 3, 2, 2, 3, MDS_COSINE, MDS_DATA, "row 3 is all zeros");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_metric),
        cmocka_unit_test(threads_change_no_bit_and_levels_little),
        cmocka_unit_test(near_points),
        cmocka_unit_test(bad_input_is_named),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
