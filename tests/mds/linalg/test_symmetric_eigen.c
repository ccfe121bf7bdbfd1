/* The dense eigen-solver: A v = value v, orthogonal vectors, and matrices whose eigenvalues are known. */
#include "symmetric_eigen.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 130 };

static double a[MOST * MOST], copy[MOST * MOST], values[MOST], again[MOST], vectors[MOST * MOST],
    work[4 * MOST];

static double wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return t - floor(t);
}

/* Solve, and check all that must hold of any matrix; `values` are left for more. */
static void solve(size_t n)
{
    double size = 0;
    for (size_t i = 0; i < n * n; i++) size = fmax(size, fabs(a[i]));
    double allowed = 20 * (double)n * DBL_EPSILON * size * sqrt((double)n);
    memcpy(copy, a, n * n * sizeof *a);
    mds_symmetric_eigen(copy, n, n, again, NULL, 0, work);
    memcpy(copy, a, n * n * sizeof *a);
    mds_symmetric_eigen(copy, n, n, values, vectors, n, work);
    double trace = 0, sum = 0;
    for (size_t k = 0; k < n; k++) {
        trace += a[k * n + k];
        sum += values[k];
        assert_true(k == 0 || values[k] <= values[k - 1]);
        assert_true(values[k] == again[k]);
        for (size_t i = 0; i < n; i++) {
            double left = -values[k] * vectors[k * n + i];
            for (size_t j = 0; j < n; j++) left += a[i * n + j] * vectors[k * n + j];
            assert_true(fabs(left) <= allowed);
        }
        for (size_t l = 0; l <= k; l++) {
            double product = l == k ? -1 : 0;
            for (size_t i = 0; i < n; i++) product += vectors[k * n + i] * vectors[l * n + i];
            assert_true(fabs(product) <= 20 * (double)n * DBL_EPSILON);
        }
    }
    assert_true(fabs(trace - sum) <= (double)n * allowed);
}

static void random_matrices(void **state)
{
    (void)state;
    for (size_t n = 0; n <= MOST; n += n < 20 ? 1 : 37) {
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = wave(i * 999 + j) - 0.5;
        solve(n);
    }
}

static void second_differences(void **state)
{
    (void)state;
    enum { N = 60 };
    memset(a, 0, sizeof a);
    for (size_t i = 0; i < N; i++) {
        a[i * N + i] = 2;
        if (i + 1 < N) a[i * N + i + 1] = a[(i + 1) * N + i] = -1;
    }
    solve(N);
    for (size_t k = 0; k < N; k++)
        assert_true(fabs(values[k] - (2 + 2 * cos(acos(-1) * (double)(k + 1) / (N + 1)))) < 1e-13);
}

/* Multiple eigenvalues: nothing at all, the identity, all ones, blocks that repeat, and a graded diagonal. */
static void multiple_values(void **state)
{
    (void)state;
    enum { N = 48 };
    memset(a, 0, sizeof a);
    solve(N);
    for (size_t i = 0; i < N; i++) a[i * N + i] = 1;
    solve(N);
    for (size_t k = 0; k < N; k++) assert_true(values[k] == 1);
    for (size_t i = 0; i < N * N; i++) a[i] = 1;
    solve(N);
    assert_true(fabs(values[0] - N) < 1e-12 && fabs(values[1]) < 1e-13 && fabs(values[N - 1]) < 1e-13);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) a[i * N + j] = i / 3 == j / 3 ? 1 + (i == j) : 0;
    solve(N);
    for (size_t k = 0; k < N; k++) assert_true(fabs(values[k] - (k < N / 3 ? 4 : 1)) < 1e-13);
    memset(a, 0, sizeof a);
    for (size_t i = 0; i < N; i++) a[i * N + i] = pow(10, -(double)i);
    solve(N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_matrices),
        cmocka_unit_test(second_differences),
        cmocka_unit_test(multiple_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
