/* Problems that are kept as rows: the same answers as a matrix gives, and errors that say what is wrong. */
#include "mdscale.h"
#include "scratch_file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { N = 203, M = 7, P = 2 };

static double features[N * M], delta[N * N], condensed[N * (N - 1) / 2], start[N * P];

static double wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return t - floor(t);
}

static int make_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < N; i++)
        for (size_t f = 0; f < M; f++)
            features[i * M + f] = 3 * (double)(i % 5) * (f == i % 3) + wave(i * M + f);
    for (size_t i = 0; i < N * P; i++) start[i] = 4 * wave(i + 5000);
    if (mds_distances(features, N, M, M, NULL, delta, N, NULL) != MDS_OK) return 1;
    for (size_t i = 0, at = 0; i < N; i++)
        for (size_t j = i + 1; j < N; j++) condensed[at++] = delta[i * N + j];
    return 0;
}

/* An .npy file; shape in Python's words. */
static void write_npy(char *path, const char *type, const char *shape, const void *bytes, size_t length)
{
    char header[128], lead[10] = "\x93NUMPY\x01\x00\x76\x00";
    memset(header, ' ', sizeof header);
    int used = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }",
                        type, shape);
    header[used] = ' ';
    header[117] = '\n';
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(lead, 1, 10, file), 10);
    assert_int_equal(fwrite(header, 1, 118, file), 118);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void square_file(char *path)
{
    char shape[40];
    scratch_file(path, "", 0);
    snprintf(shape, sizeof shape, "%d, %d", N, N);
    write_npy(path, "<f8", shape, delta, sizeof delta);
}

static void pairs_file(char *path)
{
    char shape[40];
    scratch_file(path, "", 0);
    snprintf(shape, sizeof shape, "%d,", N * (N - 1) / 2);
    write_npy(path, "<f8", shape, condensed, sizeof condensed);
}

static mds_result fit_for(const mds_problem *problem, const char *method, mds_start from, unsigned threads,
                          uint64_t iterations, double *x)
{
    mds_fit_options options = {.size = sizeof options,
                               .method = method,
                               .start = from,
                               .seed = 3,
                               .iterations = iterations,
                               .threads = threads};
    mds_result result = {.size = sizeof result};
    mds_error error = {.code = MDS_OK};
    memcpy(x, start, sizeof start);
    mds_status status = mds_fit(problem, P, &options, x, P, &result, &error);
    if (status) fail_msg("%s: %s", method, error.message);
    return result;
}

static mds_result fit(const mds_problem *problem, const char *method, mds_start from, unsigned threads,
                      double *x)
{
    return fit_for(problem, method, from, threads, 30, x);
}

/* Four ways to the same numbers, with 1, 2 and 5 threads. */
static void same_bits(void **state)
{
    (void)state;
    char square[SCRATCH_PATH], pairs[SCRATCH_PATH];
    square_file(square);
    pairs_file(pairs);
    const mds_problem rows[] = {
        {.size = sizeof *rows, .n = N, .delta = delta, .ld = N, .storage = MDS_STORAGE_ROWS},
        {.size = sizeof *rows, .n = N, .condensed = condensed, .storage = MDS_STORAGE_ROWS},
        {.size = sizeof *rows, .path = square, .storage = MDS_STORAGE_ROWS},
        {.size = sizeof *rows, .n = N, .path = pairs, .storage = MDS_STORAGE_ROWS},
    };
    const mds_problem matrix = {.size = sizeof matrix, .n = N, .delta = delta, .ld = N};
    const unsigned threads[] = {1, 2, 5};
    const char *const methods[] = {"lbfgs", "smacof", "auto", "sgd"};
    for (size_t m = 0; m < 4; m++)
        for (int given = 0; given < 2; given++) {
            double expected[N * P], x[N * P];
            mds_start from = given ? MDS_START_GIVEN : MDS_START_DEFAULT;
            bool dense = given && m < 2; /* the matrix itself: methods that do not change */
            mds_result first = fit(dense ? &matrix : &rows[0], methods[m], from, 1, expected);
            for (size_t s = 0; s < 4; s++) {
                mds_result result = fit(&rows[s], methods[m], from, threads[(s + m + (size_t)given) % 3], x);
                assert_memory_equal(x, expected, sizeof x);
                assert_true(result.raw == first.raw && result.stress1 == first.stress1);
                assert_int_equal(result.iterations, first.iterations);
                assert_int_equal(result.sampled_pairs, 0);
            }
        }
    unlink(square);
    unlink(pairs);
}

/* Held as a matrix, every kind is that matrix. */
static void as_a_matrix(void **state)
{
    (void)state;
    char square[SCRATCH_PATH];
    square_file(square);
    double expected[N * P], x[N * P];
    const mds_problem matrix = {.size = sizeof matrix, .n = N, .delta = delta, .ld = N};
    const mds_problem others[] = {{.size = sizeof *others, .n = N, .condensed = condensed},
                                  {.size = sizeof *others, .path = square},
                                  {.size = sizeof *others, .n = N, .features = features, .m = M, .ldf = M}};
    fit(&matrix, "auto", MDS_START_DEFAULT, 1, expected);
    for (size_t s = 0; s < 3; s++) {
        fit(&others[s], "auto", MDS_START_DEFAULT, 2, x);
        assert_memory_equal(x, expected, sizeof x);
    }
    unlink(square);
}

/* Distances of single precision: the stress of a map is off by no more than they are. */
static void features_within_rounding(void **state)
{
    (void)state;
    static double moved[N * M], square[N * N];
    for (mds_metric metric = 0; mds_metric_name(metric); metric++) /* every one, by itself and scaled */
        for (int far = 0; far < 3; far++) {
            mds_distance_options how = {.size = sizeof how, .metric = metric};
            if (metric == MDS_HAVERSINE) continue; /* has two features */
            if (far == 2) how.scaling = MDS_SCALING_RANGE;
            if (far == 2 && mds_distances(features, N, M, M, &how, square, N, NULL))
                continue;                          /* not for all */
            bool shifts = metric <= MDS_CHEBYSHEV; /* distances do not depend on where the features lie */
            double at = far && shifts ? 1000 : 0, unit = far ? 0x1p40 : 1;
            for (size_t i = 0; i < N * M; i++) moved[i] = unit * (features[i] + at);
            mds_error error;
            if (mds_distances(moved, N, M, M, &how, square, N, &error)) fail_msg("%s", error.message);
            const mds_problem matrix = {.size = sizeof matrix, .n = N, .delta = square, .ld = N};
            const mds_problem rows = {.size = sizeof rows,
                                      .n = N,
                                      .features = moved,
                                      .m = M,
                                      .ldf = M,
                                      .distances = &how,
                                      .storage = MDS_STORAGE_ROWS};
            double x[N * P], largest = 0;
            for (size_t c = 0; c < N * N; c++) largest = fmax(largest, square[c]);
            for (size_t c = 0; c < N * P; c++) x[c] = start[c] * largest / 4;
            mds_stress_values exact = {.size = sizeof exact}, found = {.size = sizeof found};
            assert_int_equal(mds_stress(&matrix, P, NULL, x, P, &exact, NULL), MDS_OK);
            if (mds_stress(&rows, P, NULL, x, P, &found, &error)) fail_msg("%s", error.message);
            assert_true(fabs(found.normalized - exact.normalized) < 2e-6 * exact.normalized);
            assert_true(fabs(found.stress1 - exact.stress1) < 2e-6);
            assert_true(fabs(found.scale - exact.scale) < 2e-6 * exact.scale);
            assert_true(fabs(found.absolute - exact.absolute) < 2e-6 * exact.absolute);
            assert_int_equal(found.pairs, exact.pairs);
        }
}

/* lbfgs from one start comes to one end, whether distances are held or computed anew. */
static void features_fit(void **state)
{
    (void)state;
    double expected[N * P], x[N * P], again[N * P];
    const mds_problem matrix = {.size = sizeof matrix, .n = N, .delta = delta, .ld = N};
    const mds_problem rows = {
        .size = sizeof rows, .n = N, .features = features, .m = M, .ldf = M, .storage = MDS_STORAGE_ROWS};
    mds_result exact = fit_for(&matrix, "auto", MDS_START_DEFAULT, 1, 0, expected);
    mds_result found = fit_for(&rows, "auto", MDS_START_DEFAULT, 1, 0, x);
    assert_true(found.stress1 < 1.002 * exact.stress1);
    for (unsigned threads = 2; threads < 6; threads += 3) {
        mds_result same = fit_for(&rows, "auto", MDS_START_DEFAULT, threads, 0, again);
        assert_memory_equal(x, again, sizeof x);
        assert_true(same.raw == found.raw);
    }
    mds_stress_values values = {.size = sizeof values};
    assert_int_equal(mds_stress(&matrix, P, NULL, x, P, &values, NULL), MDS_OK);
    assert_true(fabs(values.stress1 - found.stress1) < 2e-6); /* and in the caller's order */
}

/* Of 200 samples the exact stress lies within 1.96 standard errors in 95 %, within 1 in 68 %: the numbers
 * that do are binomial, and those allowed are beyond 3.5 of its standard deviations. */
static void estimates_cover(void **state)
{
    (void)state;
    const mds_problem rows = {
        .size = sizeof rows, .n = N, .features = features, .m = M, .ldf = M, .storage = MDS_STORAGE_ROWS};
    mds_stress_values exact = {.size = sizeof exact};
    assert_int_equal(mds_stress(&rows, P, NULL, start, P, &exact, NULL), MDS_OK);
    int within[2][2] = {{0}};
    double mean = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        mds_stress_options options = {.size = sizeof options, .sample = 3000, .seed = seed};
        mds_stress_values found = {.size = sizeof found};
        assert_int_equal(mds_stress(&rows, P, &options, start, P, &found, NULL), MDS_OK);
        assert_int_equal(found.sampled_pairs, 3000);
        double off[] = {fabs(found.normalized - exact.normalized) / found.normalized_error,
                        fabs(found.stress1 - exact.stress1) / found.stress1_error};
        for (int k = 0; k < 2; k++) within[k][0] += off[k] < 1, within[k][1] += off[k] < 1.96;
        mean += found.raw / 200;
    }
    for (int k = 0; k < 2; k++) {
        assert_in_range(within[k][0], 136 - 23, 136 + 23);
        assert_in_range(within[k][1], 190 - 11, 199);
    }
    assert_true(fabs(mean - exact.raw) < 0.01 * exact.raw);
}

static void expect(const mds_problem *problem, const mds_fit_options *options, mds_status status,
                   const char *words)
{
    double x[N * P];
    mds_error error = {.code = MDS_OK};
    assert_int_equal(mds_fit(problem, P, options, x, P, NULL, &error), status);
    if (!strstr(error.message, words)) fail_msg("'%s' is not in '%s'", words, error.message);
}

static void bad_files(void **state)
{
    (void)state;
    char path[SCRATCH_PATH];
    square_file(path);
    const mds_problem file = {.size = sizeof file, .path = path, .storage = MDS_STORAGE_ROWS};
    assert_int_equal(truncate(path, 128 + 8 * N * 100), 0);
    expect(&file, NULL, MDS_DATA, "shorter than its header says");
    write_npy(path, "<f8", "20, 30", delta, 600 * 8);
    expect(&file, NULL, MDS_DATA, "no square");
    write_npy(path, "<f8", "11,", delta, 11 * 8);
    expect(&file, NULL, MDS_DATA, "no n (n - 1) / 2");
    write_npy(path, "<i4", "4, 4", delta, 64);
    expect(&file, NULL, MDS_UNSUPPORTED, "float64 and float32");
    double bad[16] = {0, 1, 2, -3, 1, 0, 1, 1, 2, 1, 0, 1, -3, 1, 1, 0};
    write_npy(path, "<f8", "4, 4", bad, sizeof bad);
    expect(&file, NULL, MDS_DATA, "row 1, column 4: the dissimilarity is -3");
    unlink(path);
    expect(&file, NULL, MDS_IO, "No such file");
}

/* In the middle of a fit the file grows shorter. */
static bool cut_file(const mds_iteration *iteration, void *context)
{
    (void)iteration;
    assert_int_equal(truncate(context, 5000), 0);
    return true;
}

static void changed_file(void **state)
{
    (void)state;
    char path[SCRATCH_PATH];
    square_file(path);
    const mds_problem file = {.size = sizeof file, .path = path, .storage = MDS_STORAGE_ROWS};
    const mds_fit_options options = {
        .size = sizeof options, .method = "lbfgs", .progress = cut_file, .context = path, .threads = 2};
    expect(&file, &options, MDS_DATA, "has changed while it was being read");
    unlink(path);
}

static void bad_problems(void **state)
{
    (void)state;
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N, .condensed = condensed};
    expect(&problem, NULL, MDS_ARGUMENT, "has 2 of delta, condensed");
    problem =
        (mds_problem){.size = sizeof problem, .n = N, .condensed = condensed, .storage = MDS_STORAGE_ROWS};
    mds_fit_options options = {.size = sizeof options, .method = "pattern"};
    expect(&problem, &options, MDS_UNSUPPORTED, "these do: auto, smacof, lbfgs, sgd");
    options = (mds_fit_options){.size = sizeof options, .level = MDS_LEVEL_ORDINAL};
    expect(&problem, &options, MDS_UNSUPPORTED, "ordinal");
    options = (mds_fit_options){.size = sizeof options, .weighting = MDS_WEIGHTING_INVERSE};
    expect(&problem, &options, MDS_UNSUPPORTED, "held as a matrix");
    problem = (mds_problem){
        .size = sizeof problem, .n = 100000000, .condensed = condensed, .storage = MDS_STORAGE_MATRIX};
    options = (mds_fit_options){.size = sizeof options};
    expect(&problem, &options, MDS_MEMORY, "enough for");
}

/* ---- sparse pairs ---- */

static void pairs(void **state)
{
    (void)state;
    mds_pair list[N * (N - 1) / 2];
    size_t count = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = i + 1; j < N; j++, count++)
            list[count] =
                (mds_pair){.i = count % 2 ? i : j, .j = count % 2 ? j : i, .delta = condensed[count]};
    double expected[N * P], x[N * P];
    const mds_problem matrix = {.size = sizeof matrix, .n = N, .delta = delta, .ld = N};
    mds_problem problem = {.size = sizeof problem, .n = N, .pairs = list, .pair_count = count};
    fit(&matrix, "auto", MDS_START_DEFAULT, 1, expected);
    fit(&problem, "auto", MDS_START_DEFAULT, 1, x);
    assert_memory_equal(x, expected, sizeof x);
    /* Distances keep the triangle inequality, so no way is shorter than the straight one. */
    problem.completion = MDS_COMPLETION_PATHS;
    fit(&problem, "auto", MDS_START_DEFAULT, 1, x);
    assert_memory_equal(x, expected, sizeof x);
}

/* A ring of 12 objects, each joined to its neighbours by 1: ways are the numbers of steps. */
static void ring(void **state)
{
    (void)state;
    enum { RING = 12 };
    mds_pair list[RING];
    double steps[RING * RING], expected[RING * P], x[RING * P];
    for (size_t i = 0; i < RING; i++) {
        list[i] = (mds_pair){.i = i, .j = (i + 1) % RING, .delta = 1};
        for (size_t j = 0; j < RING; j++) {
            size_t apart = i > j ? i - j : j - i;
            steps[i * RING + j] = (double)(apart < RING - apart ? apart : RING - apart);
        }
    }
    const mds_problem matrix = {.size = sizeof matrix, .n = RING, .delta = steps, .ld = RING};
    mds_problem problem = {.size = sizeof problem,
                           .n = RING,
                           .pairs = list,
                           .pair_count = RING,
                           .completion = MDS_COMPLETION_PATHS};
    assert_int_equal(mds_fit(&matrix, P, NULL, expected, P, NULL, NULL), MDS_OK);
    assert_int_equal(mds_fit(&problem, P, NULL, x, P, NULL, NULL), MDS_OK);
    assert_memory_equal(x, expected, sizeof x);

    problem.pair_count = RING - 2; /* still a chain of 11; objects 11 and 10 are cut off */
    expect(&problem, NULL, MDS_DATA, "no chain of pairs joins object 11 to object 0");
    problem.pair_count = RING;
    list[5].j = RING;
    expect(&problem, NULL, MDS_DATA, "pair 6: there is no object 12");
    list[5].j = 5;
    expect(&problem, NULL, MDS_DATA, "pair 6 is of object 5 and itself");
    list[5] = list[4];
    expect(&problem, NULL, MDS_DATA, "pair 6: objects 4 and 5 have been named before");
    list[5] = (mds_pair){.i = 5, .j = 6, .delta = -1};
    expect(&problem, NULL, MDS_DATA, "the dissimilarity is -1");
    list[5] = (mds_pair){.i = 5, .j = 6, .delta = 1, .weight = 2};
    expect(&problem, NULL, MDS_UNSUPPORTED, "have no weights");
}

static void weighted_pairs(void **state)
{
    (void)state;
    const mds_pair list[] = {{0, 1, 3, 2}, {0, 2, 4, 0}, {1, 2, 5, 1}, {2, 3, 1, 4}, {1, 3, 2, 1}};
    const double full[] = {0, 3, 4, NAN, 3, 0, 5, 2, 4, 5, 0, 1, NAN, 2, 1, 0};
    const double weights[] = {0, 2, 1, 0, 2, 0, 1, 1, 1, 1, 0, 4, 0, 1, 4, 0};
    const mds_problem problem = {.size = sizeof problem, .n = 4, .pairs = list, .pair_count = 5};
    const mds_problem matrix = {
        .size = sizeof matrix, .n = 4, .delta = full, .ld = 4, .weights = weights, .ldw = 4};
    mds_stress_values a = {.size = sizeof a}, b = {.size = sizeof b};
    assert_int_equal(mds_stress(&problem, P, NULL, start, P, &a, NULL), MDS_OK);
    assert_int_equal(mds_stress(&matrix, P, NULL, start, P, &b, NULL), MDS_OK);
    assert_true(a.raw == b.raw && a.stress1 == b.stress1 && a.pairs == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits),
        cmocka_unit_test(as_a_matrix),
        cmocka_unit_test(features_within_rounding),
        cmocka_unit_test(features_fit),
        cmocka_unit_test(estimates_cover),
        cmocka_unit_test(bad_files),
        cmocka_unit_test(changed_file),
        cmocka_unit_test(bad_problems),
        cmocka_unit_test(pairs),
        cmocka_unit_test(ring),
        cmocka_unit_test(weighted_pairs),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
