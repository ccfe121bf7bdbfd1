/* The largest eigenpairs of matrices whose eigenvalues are known, and the double-centred squares as an
 * operator. */
#include "centred_squares.h"
#include "eigenpairs.h"
#include "memory.h"
#include "panel.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static double wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return t - floor(t);
}

/* ---- Q diag Q^T, with Q the product of three reflections ---- */

struct known {
    size_t n;
    const double *diagonal; /* falling */
    double *mirrors;        /* 3 n, each of length 1 */
};

static void reflect(const struct known *known, size_t mirror, double *v)
{
    const double *m = known->mirrors + mirror * known->n;
    double along = 0;
    for (size_t i = 0; i < known->n; i++) along += m[i] * v[i];
    for (size_t i = 0; i < known->n; i++) v[i] -= 2 * along * m[i];
}

static void apply_known(void *context, const double *v, double *y)
{
    const struct known *known = context;
    size_t n = known->n;
    double *column = malloc(n * sizeof *column);
    assert_non_null(column);
    memset(y, 0, mds_panel_rows(n) * MDS_PANEL * sizeof *y);
    for (size_t k = 0; k < MDS_PANEL; k++) {
        for (size_t i = 0; i < n; i++) column[i] = v[i * MDS_PANEL + k];
        for (size_t m = 0; m < 3; m++) reflect(known, m, column);
        for (size_t i = 0; i < n; i++) column[i] *= known->diagonal[i];
        for (size_t m = 3; m-- > 0;) reflect(known, m, column);
        for (size_t i = 0; i < n; i++) y[i * MDS_PANEL + k] = column[i];
    }
    free(column);
}

static mds_thread_pool *pool_of(unsigned workers)
{
    mds_thread_pool *pool;
    assert_int_equal(mds_thread_pool_create(workers, &pool, NULL), FS_OK);
    return pool;
}

/* Find `count` pairs of the operator, in a block that the caller frees. */
static mds_eigenpairs find(const mds_operator *of, size_t n, size_t count, mds_thread_pool *pool, mds_isa isa,
                           void **block)
{
    mds_eigenpairs pairs = {.n = n,
                            .count = count,
                            .tolerance = 1e-10,
                            .products = 2000,
                            .kernels = mds_kernels_for(isa),
                            .pool = pool};
    mds_workspace workspace = {0};
    mds_eigenpairs_lay_out(&pairs, &workspace);
    *block = fs_alloc_aligned(1, workspace.bytes);
    assert_non_null(*block);
    memset(*block, 0x7f, workspace.bytes);
    workspace = (mds_workspace){.next = *block};
    mds_eigenpairs_lay_out(&pairs, &workspace);
    mds_eigenpairs_find(&pairs, of);
    return pairs;
}

/* Residuals by another product, lengths and angles. */
static void check_pairs(const mds_eigenpairs *pairs, const mds_operator *of, double size)
{
    size_t n = pairs->n, cells = mds_panel_rows(n) * MDS_PANEL;
    double *image = fs_alloc_aligned(cells, sizeof *image);
    assert_non_null(image);
    assert_true(pairs->converged);
    for (size_t k = 0; k < pairs->count; k++) {
        const double *vectors = pairs->vectors[k / MDS_PANEL];
        size_t c = k % MDS_PANEL;
        if (c == 0) of->apply(of->context, vectors, image);
        double residual = 0;
        for (size_t i = 0; i < n; i++) {
            double part = image[i * MDS_PANEL + c] - pairs->values[k] * vectors[i * MDS_PANEL + c];
            residual += part * part;
        }
        assert_true(sqrt(residual) <= 1.1e-10 * fabs(pairs->values[k]) + 200 * DBL_EPSILON * size);
        for (size_t l = 0; l <= k; l++) {
            const double *other = pairs->vectors[l / MDS_PANEL];
            double product = l == k ? -1 : 0;
            for (size_t i = 0; i < n; i++)
                product += vectors[i * MDS_PANEL + c] * other[i * MDS_PANEL + l % MDS_PANEL];
            assert_true(fabs(product) <= 1e-12);
        }
    }
    fs_free(image);
}

static void check_known(const double *diagonal, size_t n, size_t count)
{
    double *mirrors = malloc(3 * n * sizeof *mirrors);
    assert_non_null(mirrors);
    for (size_t m = 0; m < 3; m++) {
        double length = 0;
        for (size_t i = 0; i < n; i++) mirrors[m * n + i] = wave(m * n + i) - 0.5;
        for (size_t i = 0; i < n; i++) length += mirrors[m * n + i] * mirrors[m * n + i];
        for (size_t i = 0; i < n; i++) mirrors[m * n + i] /= sqrt(length);
    }
    struct known known = {n, diagonal, mirrors};
    double size = fmax(fabs(diagonal[0]), fabs(diagonal[n - 1]));
    mds_operator of = {.apply = apply_known, .context = &known, .rounding = 20 * DBL_EPSILON * size};
    mds_thread_pool *pool = pool_of(1);
    void *block;
    mds_eigenpairs pairs = find(&of, n, count, pool, MDS_ISA_AUTO, &block);
    check_pairs(&pairs, &of, size);
    for (size_t k = 0; k < count; k++)
        if (!(fabs(pairs.values[k] - diagonal[k]) <= 1e-10 * fabs(diagonal[k]) + 200 * DBL_EPSILON * size))
            fail_msg("n %zu: value %zu of %zu is %.17g, not %.17g", n, k + 1, count, pairs.values[k],
                     diagonal[k]);
    free(mirrors);
    fs_free(block);
    mds_thread_pool_destroy(pool);
}

enum { MOST = 450 };

static double diagonal[MOST];

static void falling_spectra(void **state)
{
    (void)state;
    static const size_t ns[] = {1, 2, 3, 7, 8, 9, 63, 64, 65, 71, 72, 73, 100, 250, MOST};
    for (size_t q = 0; q < sizeof ns / sizeof *ns; q++)
        for (size_t count = 1; count <= 20 && count <= ns[q]; count = 3 * count + 2) {
            for (size_t i = 0; i < ns[q]; i++) diagonal[i] = 100 / (double)(i + 1) - 1;
            check_known(diagonal, ns[q], count);
        }
}

/* The largest are wanted, however far below 0 the others lie. */
static void very_negative_spectrum(void **state)
{
    (void)state;
    enum { N = 400 };
    for (size_t i = 0; i < N; i++) diagonal[i] = i < 5 ? 5 - (double)i : -1e4 * (double)(i - 4);
    check_known(diagonal, N, 3);
    for (size_t i = 0; i < N; i++) diagonal[i] = -1 - (double)i; /* none positive */
    check_known(diagonal, N, 2);
}

/* More often multiple than a panel is wide; all the same; nothing at all; close together. */
static void multiple_values(void **state)
{
    (void)state;
    enum { N = 300 };
    for (size_t i = 0; i < N; i++) diagonal[i] = i < 13 ? 7 : 3 / (double)i;
    check_known(diagonal, N, 2);
    check_known(diagonal, N, 13);
    check_known(diagonal, N, 20);
    for (size_t i = 0; i < N; i++) diagonal[i] = 1;
    check_known(diagonal, N, 10);
    for (size_t i = 0; i < N; i++) diagonal[i] = 0;
    check_known(diagonal, N, 3);
    for (size_t i = 0; i < N; i++) diagonal[i] = i < 2 ? 1 : 0; /* few are not 0 */
    check_known(diagonal, N, 5);
    for (size_t i = 0; i < MOST; i++) diagonal[i] = 1 - (double)i / MOST; /* needs restarts */
    check_known(diagonal, MOST, 3);
    check_known(diagonal, MOST, 20);
}

/* ---- double-centred squares ---- */

static double *dissimilarities(size_t n, size_t ld)
{
    double *delta = malloc(n * ld * sizeof *delta);
    assert_non_null(delta);
    for (size_t i = 0; i < n * ld; i++) delta[i] = NAN;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            delta[i * ld + j] = delta[j * ld + i] = i == j ? 0 : 1 + wave(i * 31 + j * 7);
    return delta;
}

static void lay_out_squares(mds_centred_squares *squares, void **block)
{
    mds_workspace workspace = {0};
    mds_centred_squares_lay_out(squares, &workspace);
    *block = fs_alloc_aligned(1, workspace.bytes);
    assert_non_null(*block);
    workspace = (mds_workspace){.next = *block};
    mds_centred_squares_lay_out(squares, &workspace);
}

/* (+-B + ridge J) v in long double, for missing squares that are `filled`. */
static long double exact_product(const double *squares_of, size_t n, const double *v, size_t i, size_t c,
                                 const mds_centred_squares *of)
{
    long double mean = 0, all = 0, row = 0, sum = 0, factor = of->negative ? 0.5L : -0.5L;
    for (size_t j = 0; j < n; j++) mean += (long double)v[j * MDS_PANEL + c] / (long double)n;
    for (size_t k = 0; k < n; k++) {
        long double part = 0;
        for (size_t j = 0; j < n; j++)
            part += (long double)squares_of[k * n + j] * ((long double)v[j * MDS_PANEL + c] - mean);
        all += part / (long double)n;
        if (k == i) row = part;
    }
    sum = factor * (row - all);
    return sum + (long double)of->ridge * ((long double)v[i * MDS_PANEL + c] - mean);
}

static void check_product(size_t n, mds_isa isa, bool missing)
{
    size_t ld = n + 3, cells = mds_panel_rows(n) * MDS_PANEL;
    double *delta = dissimilarities(n, ld), *square = malloc(n * n * sizeof *square);
    double *v = fs_alloc_aligned(cells, sizeof *v), *y = fs_alloc_aligned(cells, sizeof *y);
    assert_true(square && v && y);
    for (size_t i = 0; missing && i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (wave(i * n + j) < 0.3) delta[i * ld + j] = delta[j * ld + i] = NAN;
    memset(v, 0, cells * sizeof *v);
    for (size_t i = 0; i < n * MDS_PANEL; i++) v[i] = wave(i + 17) - 0.3;
    mds_thread_pool *pool = pool_of(2);
    mds_centred_squares squares = {.delta = delta,
                                   .n = n,
                                   .ld = ld,
                                   .largest = 2,
                                   .mean_square = 2.3,
                                   .missing = missing,
                                   .add = missing ? 0 : 0.25,
                                   .negative = n % 2,
                                   .ridge = (double)(n % 3),
                                   .kernels = mds_kernels_for(isa),
                                   .pool = pool};
    void *block;
    lay_out_squares(&squares, &block);
    if (missing) mds_centred_squares_fill(&squares);
    mds_operator of = mds_centred_squares_operator(&squares);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double known = delta[i * ld + j] + squares.add;
            square[i * n + j] =
                i == j ? 0
                : !isnan(known)
                    ? known * known
                    : fmax(0, squares.row_square[i] + squares.row_square[j] - squares.mean_square);
        }
    of.apply(of.context, v, y);
    for (size_t i = 0; i < n; i += 1 + n / 20)
        for (size_t c = 0; c < MDS_PANEL; c++) {
            double want = (double)exact_product(square, n, v, i, c, &squares);
            assert_true(fabs(y[i * MDS_PANEL + c] - want) <= of.rounding * sqrt((double)n));
        }
    for (size_t i = n * MDS_PANEL; i < cells; i++) assert_true(y[i] == 0);
    mds_thread_pool_destroy(pool);
    fs_free(block);
    fs_free(v);
    fs_free(y);
    free(square);
    free(delta);
}

static void products_are_right(void **state)
{
    (void)state;
    static const size_t ns[] = {1, 2, 3, 8, 9, 127, 128, 129, 300};
    for (size_t q = 0; q < sizeof ns / sizeof *ns; q++)
        for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++)
            if (mds_kernels_for(isa)) {
                check_product(ns[q], isa, false);
                check_product(ns[q], isa, ns[q] > 3);
            }
    check_product(1100, MDS_ISA_AUTO, false); /* more than a strip */
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    enum { N = 1300, COUNT = 9 };
    double *delta = dissimilarities(N, N), first[COUNT] = {0};
    double *vectors = malloc(N * 2 * MDS_PANEL * sizeof *vectors);
    assert_non_null(vectors);
    static const unsigned workers[] = {1, 2, 5};
    for (size_t w = 0; w < 3; w++) {
        mds_thread_pool *pool = pool_of(workers[w]);
        mds_centred_squares squares = {.delta = delta,
                                       .n = N,
                                       .ld = N,
                                       .largest = 2,
                                       .mean_square = 2.3,
                                       .kernels = mds_kernels_for(MDS_ISA_AUTO),
                                       .pool = pool};
        void *block, *found;
        lay_out_squares(&squares, &block);
        mds_operator of = mds_centred_squares_operator(&squares);
        mds_eigenpairs pairs = find(&of, N, COUNT, pool, MDS_ISA_AUTO, &found);
        if (w == 0) check_pairs(&pairs, &of, N);
        for (size_t k = 0; k < 2; k++) {
            double *kept = vectors + k * N * MDS_PANEL;
            if (w == 0) memcpy(kept, pairs.vectors[k], N * MDS_PANEL * sizeof *kept);
            assert_memory_equal(kept, pairs.vectors[k], N * MDS_PANEL * sizeof *kept);
        }
        if (w == 0) memcpy(first, pairs.values, sizeof first);
        assert_memory_equal(first, pairs.values, sizeof first);
        fs_free(found);
        fs_free(block);
        mds_thread_pool_destroy(pool);
    }
    free(vectors);
    free(delta);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(falling_spectra),       cmocka_unit_test(very_negative_spectrum),
        cmocka_unit_test(multiple_values),       cmocka_unit_test(products_are_right),
        cmocka_unit_test(threads_change_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
