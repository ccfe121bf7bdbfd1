/* Maps laid on each other: values of SciPy and vegan, and turns that are known. */
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 4 };
static const double a[N * 2] = {1, 3, 1, 2, 1, 1, 2, 1}, c[N * 2] = {4, -2, 3.5, -4, 4, -6.5, 2, -6};

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-13 * (1 + fabs(want)))) fail_msg("%.17g, not %.17g", got, want);
}

/* scipy.spatial.procrustes(a, c)[2] (SciPy 1.17.1); vegan's procrustes(a, c, symmetric = TRUE)$ss and
 * procrustes(a, c)$scale (2.6.4); R, s = scipy.linalg.orthogonal_procrustes(c - c.mean(0), a - a.mean(0)) for
 * the places; pdist(a) @ pdist(c) / sqrt(...) for the congruence. */
static void values_of_other_programs(void **state)
{
    (void)state;
    const double places[] = {0.9552845528455284, 2.9878048780487805, 1.1910569105691056, 2.0447154471544717,
                             0.9552845528455285, 0.8658536585365854, 1.8983739837398375, 1.1016260162601625};
    double x[N * 2];
    memcpy(x, c, sizeof c);
    mds_procrustes_result result = {.size = sizeof result};
    assert_int_equal(mds_procrustes(a, 2, x, 2, N, 2, true, &result, NULL), MDS_OK);
    near(result.m2, 0.023228803716608598);
    near(result.r2, 1 - 0.023228803716608598);
    near(result.scale, 0.47154471544715448);
    near(result.congruence, 0.99541106482674);
    for (size_t i = 0; i < N * 2; i++) near(x[i], places[i]);
}

/* A map turned, reflected, moved and stretched comes back. */
static void the_same_map_comes_back(void **state)
{
    (void)state;
    enum { MANY = 40, P = 5 };
    static double reference[MANY * P], x[MANY * P];
    for (size_t p = 1; p <= P; p++)
        for (int exponent = -900; exponent <= 900; exponent += 450) {
            for (size_t i = 0; i < MANY * p; i++) reference[i] = ldexp(sin((double)(i * i)) + 3, exponent);
            for (size_t i = 0; i < MANY; i++)
                for (size_t k = 0; k < p; k++) {
                    double from = reference[i * p + (k + 1) % p];
                    x[i * p + k] = (k % 2 ? 2 : -2) * from + ldexp(7, exponent);
                }
            mds_procrustes_result result = {.size = sizeof result};
            assert_int_equal(mds_procrustes(reference, p, x, p, MANY, p, true, &result, NULL), MDS_OK);
            near(result.scale, 0.5);
            near(result.r2, 1);
            near(result.congruence, 1);
            assert_true(result.m2 < 1e-14);
            for (size_t i = 0; i < MANY * p; i++)
                near(ldexp(x[i], -exponent), ldexp(reference[i], -exponent));
        }
}

/* Without scaling distances stay, on maps too that are flat in some dimensions. */
static void distances_stay(void **state)
{
    (void)state;
    enum { MANY = 30, P = 3 };
    double reference[MANY * P], x[MANY * P], before[MANY * P];
    for (size_t flat = 0; flat < 3; flat++) {
        for (size_t i = 0; i < MANY * P; i++) {
            reference[i] = i % P < flat ? 4 : sin((double)(i * i));
            x[i] = before[i] = i % P < 2 * flat ? 0 : cos((double)(3 * i * i));
        }
        if (flat == 2) /* a line */
            for (size_t i = 0; i < MANY; i++) x[i * P] = before[i * P] = (double)i;
        assert_int_equal(mds_procrustes(reference, P, x, P, MANY, P, false, NULL, NULL), MDS_OK);
        for (size_t i = 0; i < MANY; i++)
            for (size_t j = 0; j < i; j++) {
                double was = 0, is = 0;
                for (size_t k = 0; k < P; k++) {
                    was += pow(before[i * P + k] - before[j * P + k], 2);
                    is += pow(x[i * P + k] - x[j * P + k], 2);
                }
                near(sqrt(is), sqrt(was));
            }
    }
}

static void refusals(void **state)
{
    (void)state;
    double x[N * 2] = {1, 1, 1, 1, 1, 1, 1, 1}, other[N * 2];
    mds_error error;
    assert_int_equal(mds_procrustes(a, 2, x, 2, N, 2, true, NULL, &error), MDS_DATA);
    assert_non_null(strstr(error.message, "the points of the map are all in one place"));
    memcpy(other, c, sizeof c);
    assert_int_equal(mds_procrustes(x, 2, other, 2, N, 2, true, NULL, &error), MDS_DATA);
    assert_non_null(strstr(error.message, "the points of the reference are all in one place"));
    x[3] = NAN;
    assert_int_equal(mds_procrustes(x, 2, other, 2, N, 2, true, NULL, &error), MDS_DATA);
    assert_non_null(strstr(error.message, "reference: row 2, column 2"));
    assert_int_equal(mds_procrustes(a, 2, other, 1, N, 2, true, NULL, &error), MDS_ARGUMENT);
    assert_memory_equal(other, c, sizeof c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_other_programs),
        cmocka_unit_test(the_same_map_comes_back),
        cmocka_unit_test(distances_stay),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
