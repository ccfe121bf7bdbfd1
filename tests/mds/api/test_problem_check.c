/*
 * What a matrix is found to be, at sizes around those of the blocks it is read in: the numbers that are told
 * of it, against long double, and the place of a fault wherever it is.
 */
#include "library.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 531, GAP = 3, LD = MOST + GAP };

static double delta[MOST * LD];

/* 0 .. 1 */
static double uniform(void)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) * 0x1p-53;
}

static mds_problem make(size_t n)
{
    for (size_t i = 0; i < n; i++) {
        delta[i * LD + i] = 0;
        for (size_t j = i + 1; j < n; j++)
            delta[i * LD + j] = delta[j * LD + i] = j % 7 ? 1 + 50 * uniform() : 0;
        for (size_t j = n; j < LD; j++) delta[i * LD + j] = -NAN; /* nobody looks there */
    }
    return (mds_problem){.size = sizeof(mds_problem), .n = n, .delta = delta, .ld = LD};
}

static mds_problem_statistics take(const mds_problem *problem)
{
    mds_problem taken;
    mds_problem_statistics found;
    fs_error error;
    if (mds_problem_take(problem, 0, &taken, &found, &error)) fail_msg("%s", error.message);
    return found;
}

static void numbers_are_those_of_the_pairs(const mds_problem *problem)
{
    size_t n = problem->n, pairs = 0;
    long double squares = 0;
    double largest = 0;
    bool missing = false;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            double number = delta[i * LD + j];
            missing |= isnan(number);
            if (isnan(number)) continue;
            squares += (long double)number * (long double)number;
            largest = fmax(largest, number);
            pairs++;
        }
    mds_problem_statistics found = take(problem);
    double unit = ldexp(1, found.delta_exponent), mean = pairs ? (double)(squares / (long double)pairs) : 0;
    double got = found.mean_square * unit * unit;
    assert_true(found.pairs == pairs && found.weight == (double)pairs);
    assert_true(found.largest * unit == largest);
    assert_true(found.missing == missing && found.plain == !missing);
    if (!(fabs(got - mean) <= 1e-12 * mean)) fail_msg("n %zu: mean square %.17g, not %.17g", n, got, mean);
}

static void sizes(void **state)
{
    (void)state;
    for (size_t n = 1; n <= MOST; n += n < 40 ? 1 : n == 40 ? 209 : n < 275 ? 3 : 16) {
        mds_problem problem = make(n);
        numbers_are_those_of_the_pairs(&problem);
        if (n < 3) continue;
        size_t i = n / 2, j = n - 1;
        delta[i * LD + j] = delta[j * LD + i] = NAN;
        numbers_are_those_of_the_pairs(&problem);
    }
}

/* Numbers whose squares no double holds. */
static void magnitudes(void **state)
{
    (void)state;
    mds_problem problem = make(300);
    mds_problem_statistics before = take(&problem);
    for (int power = -800; power <= 800; power += 1600) {
        for (size_t c = 0; c < 300 * LD; c++) delta[c] = ldexp(delta[c], power);
        mds_problem_statistics found = take(&problem);
        assert_true(found.pairs == before.pairs && found.plain);
        assert_true(ldexp(found.largest, found.delta_exponent - power) == before.largest);
        assert_true(fabs(ldexp(found.mean_square, 2 * (found.delta_exponent - power)) - before.mean_square) <=
                    1e-12 * before.mean_square);
        for (size_t c = 0; c < 300 * LD; c++) delta[c] = ldexp(delta[c], -power);
    }
}

static void expect_fault(const mds_problem *problem, size_t i, size_t j, const char *words)
{
    char place[80];
    mds_error error = {.message = ""};
    snprintf(place, sizeof place, "row %zu, column %zu", i + 1, j + 1);
    assert_int_equal(mds_problem_check(problem, 0, &error), MDS_DATA);
    if (!strstr(error.message, place) || !strstr(error.message, words))
        fail_msg("\"%s\" does not say \"%s\" and \"%s\"", error.message, place, words);
}

static void a_fault_is_named_wherever_it_is(void **state)
{
    (void)state;
    enum { N = 300 };
    mds_problem problem = make(N);
    const struct {
        double value;
        const char *words;
    } faults[] = {{-1, "is negative (-1)"},
                  {INFINITY, "is infinite"},
                  {2e300, "above 1e300"},
                  {NAN, "one of them is missing"},
                  {123, "not symmetric"}};
    for (size_t i = 0; i < N; i += i < 20 ? 1 : 7)
        for (size_t j = 0; j < N; j += j < 20 ? 1 : 7)
            for (size_t f = 0; f < sizeof faults / sizeof *faults; f++) {
                double *cell = &delta[i * LD + j], before = *cell;
                *cell = faults[f].value;
                size_t row = i, column = j;
                if (f >= 3 && i > j)
                    row = j, column = i; /* told of the pair as it stands above the diagonal */
                if (i != j) expect_fault(&problem, row, column, faults[f].words);
                if (i == j && f != 3) expect_fault(&problem, i, i, "to itself");
                *cell = before;
            }
    assert_int_equal(mds_problem_check(&problem, 0, NULL), MDS_OK);
}

/* Of several the first of the first row is told, block by block. */
static void the_first_fault_is_named(void **state)
{
    (void)state;
    mds_problem problem = make(300);
    delta[17 * LD + 90] = delta[18 * LD + 40] = delta[250 * LD + 20] = -1;
    expect_fault(&problem, 17, 90, "is negative");
    delta[12 * LD + 280] = -1; /* in the next block */
    expect_fault(&problem, 17, 90, "is negative");
    delta[18 * LD + 17] = -1; /* next to the diagonal */
    expect_fault(&problem, 18, 17, "is negative");
}

static void nearly_symmetric(void **state)
{
    (void)state;
    mds_problem problem = make(300), taken;
    mds_problem_statistics found;
    assert_false(take(&problem).asymmetric);
    delta[70 * LD + 269] = delta[269 * LD + 70] * (1 + 1e-12);
    numbers_are_those_of_the_pairs(&problem);
    assert_true(take(&problem).asymmetric);
    delta[70 * LD + 269] = 1.25 * delta[269 * LD + 70];
    expect_fault(&problem, 70, 269, "not symmetric");
    assert_int_equal(mds_problem_take(&problem, 0.5, &taken, &found, NULL), FS_OK);
    assert_true(found.asymmetric && found.plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes),
        cmocka_unit_test(magnitudes),
        cmocka_unit_test(a_fault_is_named_wherever_it_is),
        cmocka_unit_test(the_first_fault_is_named),
        cmocka_unit_test(nearly_symmetric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
