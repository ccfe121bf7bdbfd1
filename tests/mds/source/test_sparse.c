/* Sparse pairs that are kept as rows: the answers of the same problem as a matrix, and what is refused. */
#include "mdscale.h"
#include "problem_open.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { N = 150, P = 2, MOST = N * (N - 1) / 2 };

static mds_pair list[MOST];
static double start[N * 3];

static double wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return t - floor(t);
}

/* Objects that have noisy distances in the plane; a pair is named where its number says so, in either
 * direction, and those of neighbours always. */
static mds_problem make(bool weighted, mds_storage storage)
{
    mds_problem problem = {.size = sizeof problem, .n = N, .pairs = list, .storage = storage};
    for (size_t i = 0; i < N * 3; i++) start[i] = 4 * wave(i + 5000);
    for (size_t i = 0; i < N; i++)
        for (size_t j = i + 1; j < N; j++) {
            if (j != i + 1 && wave(i * N + j) > 0.1) continue;
            double a = 3 * (wave(2 * i) - wave(2 * j)), b = 3 * (wave(2 * i + 1) - wave(2 * j + 1));
            double delta = sqrt(a * a + b * b) + 0.3 * wave(i + j * N);
            bool turned = wave(i + 3 * j) < 0.5;
            list[problem.pair_count++] = (mds_pair){.i = turned ? j : i,
                                                    .j = turned ? i : j,
                                                    .delta = delta,
                                                    .weight = weighted ? 0.5 + wave(i * j) : 0};
        }
    return problem;
}

static mds_result fit(const mds_problem *problem, size_t p, mds_fit_options options, double *x)
{
    mds_result result = {.size = sizeof result};
    mds_error error = {.code = MDS_OK};
    options.size = sizeof options;
    memcpy(x, start, problem->n * p * sizeof *x);
    if (mds_fit(problem, p, &options, x, p, &result, &error) != MDS_OK) fail_msg("%s", error.message);
    return result;
}

static void assert_near(double a, double b, double relative)
{
    if (!(fabs(a - b) <= relative * fmax(fabs(a), fabs(b)))) fail_msg("%.17g is not %.17g", a, b);
}

/* ---- as a matrix ---- */

/* The first steps of a descent, before rounding leads two of them apart. */
static void steps_of_a_matrix(void **state)
{
    (void)state;
    const mds_fit_options kinds[] = {
        {.method = "lbfgs"},
        {.method = "smacof"},
        {.method = "lbfgs", .loss = MDS_LOSS_HUBER, .huber = 0.2},
        {.method = "smacof", .loss = MDS_LOSS_HUBER, .huber = 0.2},
        {.method = "lbfgs", .weighting = MDS_WEIGHTING_INVERSE_SQUARE},
        {.method = "smacof", .weighting = MDS_WEIGHTING_INVERSE},
    };
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t p = 1; p <= 3; p++)
            for (int weighted = 0; weighted < 2; weighted++) {
                double x[N * 3], y[N * 3];
                mds_fit_options options = kinds[k];
                options.start = MDS_START_GIVEN;
                options.iterations = 5;
                mds_problem rows = make(weighted, MDS_STORAGE_ROWS), matrix = rows;
                matrix.storage = MDS_STORAGE_MATRIX;
                mds_result a = fit(&rows, p, options, x), b = fit(&matrix, p, options, y);
                assert_near(a.start_loss, b.start_loss, 1e-12);
                assert_near(a.loss, b.loss, 1e-9);
                assert_near(a.raw, b.raw, 1e-9);
                assert_near(a.stress1, b.stress1, 1e-9);
                assert_near(a.absolute, b.absolute, 1e-9);
                assert_near(a.gradient, b.gradient, 1e-6);
                assert_int_equal(a.pairs, b.pairs);
                assert_int_equal(a.sampled_pairs, 0);
                for (size_t i = 0; i < N * p; i++) assert_true(fabs(x[i] - y[i]) < 1e-7);
            }
}

static void stress_of_a_matrix(void **state)
{
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        mds_problem rows = make(weighted, MDS_STORAGE_ROWS), matrix = rows;
        matrix.storage = MDS_STORAGE_MATRIX;
        mds_stress_options options = {.size = sizeof options, .sample = 10}; /* pairs are not sampled */
        mds_stress_values a = {.size = sizeof a}, b = {.size = sizeof b};
        assert_int_equal(mds_stress(&rows, P, &options, start, P, &a, NULL), MDS_OK);
        assert_int_equal(mds_stress(&matrix, P, NULL, start, P, &b, NULL), MDS_OK);
        assert_near(a.raw, b.raw, 1e-13);
        assert_near(a.normalized, b.normalized, 1e-13);
        assert_near(a.stress1, b.stress1, 1e-13);
        assert_near(a.scale, b.scale, 1e-13);
        assert_near(a.absolute, b.absolute, 1e-13);
        assert_int_equal(a.pairs, b.pairs);
        assert_int_equal(a.sampled_pairs, 0);
    }
}

/* It is a matrix that is held in one precision or another. */
static void no_precision_is_asked_for(void **state)
{
    (void)state;
    const mds_smacof_options single = {.size = sizeof single, .precision = MDS_PRECISION_SINGLE};
    const mds_problem problem = make(true, MDS_STORAGE_ROWS);
    double x[N * P], y[N * P];
    fit(&problem, P, (mds_fit_options){.method = "smacof"}, x);
    fit(&problem, P, (mds_fit_options){.method = "smacof", .method_options = &single}, y);
    assert_memory_equal(x, y, sizeof x);
}

/* Whatever the order and the directions of the list, and the number of threads. */
static void same_bits(void **state)
{
    (void)state;
    static const char *const methods[] = {"auto", "lbfgs", "smacof", "sgd"};
    for (size_t m = 0; m < 4; m++)
        for (int from = MDS_START_RANDOM; from <= MDS_START_CLASSICAL; from++) {
            double expected[N * P], x[N * P];
            mds_problem problem = make(true, MDS_STORAGE_ROWS);
            mds_fit_options options = {
                .method = methods[m], .start = (mds_start)from, .threads = 1, .seed = 7, .iterations = 30};
            mds_result first = fit(&problem, P, options, expected);
            for (size_t a = 0, b = problem.pair_count - 1; a < b; a++, b--) {
                mds_pair pair = list[a];
                list[a] = list[b];
                list[b] = (mds_pair){.i = pair.j, .j = pair.i, .delta = pair.delta, .weight = pair.weight};
            }
            for (options.threads = 1; options.threads < 6; options.threads += 2) {
                mds_result result = fit(&problem, P, options, x);
                assert_memory_equal(x, expected, sizeof x);
                assert_true(result.loss == first.loss && result.stress1 == first.stress1);
                assert_true(result.loss <= result.start_loss);
            }
        }
}

/* Numbers 2^k times as large make a map 2^k times as large, bit by bit. */
static void magnitudes(void **state)
{
    (void)state;
    static const int lengths[] = {600, -700}, weights[] = {-500, 300};
    double expected[N * P], x[N * P];
    mds_problem problem = make(true, MDS_STORAGE_ROWS);
    mds_fit_options options = {.method = "lbfgs", .iterations = 20};
    mds_result first = fit(&problem, P, options, expected);
    for (size_t s = 0; s < 2; s++) {
        problem = make(true, MDS_STORAGE_ROWS);
        for (size_t k = 0; k < problem.pair_count; k++) {
            list[k].delta = ldexp(list[k].delta, lengths[s]);
            list[k].weight = ldexp(list[k].weight, weights[s]);
        }
        mds_result result = fit(&problem, P, options, x);
        for (size_t i = 0; i < N * P; i++) assert_true(x[i] == ldexp(expected[i], lengths[s]));
        assert_true(result.stress1 == first.stress1);
        assert_true(result.absolute == ldexp(first.absolute, lengths[s] + weights[s]));
    }
}

/* ---- the start ---- */

/* A square grid of which each object knows how far those within two steps are: the map is the grid. */
static void grid(void **state)
{
    (void)state;
    enum { SIDE = 30, OBJECTS = SIDE * SIDE };
    static mds_pair near[OBJECTS * 12];
    static double x[OBJECTS * P];
    mds_problem problem = {.size = sizeof problem, .n = OBJECTS, .pairs = near, .storage = MDS_STORAGE_ROWS};
    for (size_t i = 0; i < OBJECTS; i++)
        for (size_t j = i + 1; j < OBJECTS; j++) {
            double down = (double)(j / SIDE) - (double)(i / SIDE),
                   along = (double)(j % SIDE) - (double)(i % SIDE);
            if (down * down + along * along <= 4)
                near[problem.pair_count++] =
                    (mds_pair){.i = i, .j = j, .delta = sqrt(down * down + along * along)};
        }
    static const char *const methods[] = {"auto", "lbfgs", "smacof", "sgd"};
    for (size_t m = 0; m < 4; m++) {
        mds_fit_options options = {.size = sizeof options, .method = methods[m]};
        mds_result result = {.size = sizeof result};
        assert_int_equal(mds_fit(&problem, P, &options, x, P, &result, NULL), MDS_OK);
        assert_true(result.stress1 < (m == 3 ? 0.05 : 1e-4));
        assert_int_equal(result.pairs, problem.pair_count);
        /* The diagonal, of which no pair is known. */
        double a = x[0] - x[(OBJECTS - 1) * P], b = x[1] - x[(OBJECTS - 1) * P + 1];
        assert_near(sqrt(a * a + b * b), (SIDE - 1) * sqrt(2), m == 3 ? 0.05 : 1e-2);
    }
}

/* All are in one place: a map without width, and no loss. */
static void all_alike(void **state)
{
    (void)state;
    double x[N * P];
    mds_problem problem = make(false, MDS_STORAGE_ROWS);
    for (size_t k = 0; k < problem.pair_count; k++) list[k].delta = 0;
    mds_result result = {.size = sizeof result};
    assert_int_equal(mds_fit(&problem, P, NULL, x, P, &result, NULL), MDS_OK);
    assert_true(result.loss == 0);
    for (size_t i = 0; i < N * P; i++) assert_true(x[i] == 0);
}

/* ---- what is refused ---- */

static void expect(const mds_problem *problem, mds_fit_options options, mds_status status, const char *words)
{
    double x[N * P];
    mds_error error = {.code = MDS_OK};
    options.size = sizeof options;
    for (size_t i = 0; i < N * P; i++) x[i] = 42;
    assert_int_equal(mds_fit(problem, P, &options, x, P, NULL, &error), status);
    if (!strstr(error.message, words)) fail_msg("'%s' does not say '%s'", error.message, words);
    for (size_t i = 0; i < N * P; i++) assert_true(x[i] == 42);
}

static void bad_pairs(void **state)
{
    (void)state;
    const mds_fit_options plain = {.size = 0};
    mds_problem problem = make(true, MDS_STORAGE_ROWS);
    mds_pair kept = list[3];
    list[3].j = N;
    expect(&problem, plain, MDS_DATA, "pair 4: there is no object 150 among 150");
    list[3] = (mds_pair){.i = 5, .j = 5, .delta = 1};
    expect(&problem, plain, MDS_DATA, "pair 4 is of object 5 and itself");
    list[3] = (mds_pair){.i = list[2].j, .j = list[2].i, .delta = list[2].delta};
    expect(&problem, plain, MDS_DATA, "pair 4: objects");
    expect(&problem, plain, MDS_DATA, "have been named before");
    list[3] = kept;
    list[3].delta = NAN;
    expect(&problem, plain, MDS_DATA, "the dissimilarity is nan");
    list[3] = kept;
    list[3].weight = -1;
    expect(&problem, plain, MDS_DATA, "the weight is -1");
    list[3].weight = 1e-200;
    expect(&problem, plain, MDS_DATA, "the weight 1e-200 is too small beside the largest");
    list[3] = kept;
    problem.pair_count = 0;
    expect(&problem, plain, MDS_ARGUMENT, "there are no pairs");
    problem = make(true, MDS_STORAGE_ROWS);
    size_t left = 0;
    for (size_t k = 0; k < problem.pair_count; k++)
        if (list[k].i != 17 && list[k].j != 17) list[left++] = list[k];
    problem.pair_count = left;
    expect(&problem, plain, MDS_DATA,
           "no chain of pairs joins object 17 to object 0 (counted from 0), which 149 of");
}

static void what_rows_lack(void **state)
{
    (void)state;
    mds_problem problem = make(false, MDS_STORAGE_ROWS);
    expect(&problem, (mds_fit_options){.level = MDS_LEVEL_ORDINAL}, MDS_UNSUPPORTED, "level ordinal");
    expect(&problem, (mds_fit_options){.loss = MDS_LOSS_ABSOLUTE}, MDS_UNSUPPORTED, "not absolute");
    expect(&problem, (mds_fit_options){.method = "pattern"}, MDS_UNSUPPORTED, "kept as rows");
    problem.completion = MDS_COMPLETION_PATHS;
    expect(&problem, (mds_fit_options){.size = 0}, MDS_UNSUPPORTED, "are kept as a matrix, not as rows");
}

/* More than 10,000 objects, and less than a quarter of all pairs. */
static void which_are_rows(void **state)
{
    (void)state;
    assert_false(mds_pairs_by_rows(10000, 10000));
    assert_true(mds_pairs_by_rows(10001, 10001));
    assert_true(mds_pairs_by_rows(16000, (size_t)16000 * 1999));
    assert_false(mds_pairs_by_rows(16000, (size_t)16000 * 2000));
    mds_problem problem = {.n = 20000, .pairs = list, .pair_count = 60000};
    assert_true(mds_problem_by_rows(&problem));
    problem.completion = MDS_COMPLETION_PATHS;
    assert_false(mds_problem_by_rows(&problem));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_of_a_matrix),
        cmocka_unit_test(stress_of_a_matrix),
        cmocka_unit_test(no_precision_is_asked_for),
        cmocka_unit_test(same_bits),
        cmocka_unit_test(magnitudes),
        cmocka_unit_test(grid),
        cmocka_unit_test(all_alike),
        cmocka_unit_test(bad_pairs),
        cmocka_unit_test(what_rows_lack),
        cmocka_unit_test(which_are_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
