/* Maps of few of the pairs: of neighbours alone, and of pairs drawn at random. */
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 400 };

static double delta[MOST * MOST], weights[MOST * MOST], map[2 * MOST], other[2 * MOST];
static uint64_t random_state;

static double unit(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(random_state >> 11) * 0x1p-53;
}

/* Distances of points of the unit square that are nearer than `radius`, of which a part is drawn at random.
 */
static mds_problem points_of_square(size_t n, double radius, double part)
{
    double points[2 * MOST];
    random_state = n;
    for (size_t i = 0; i < 2 * n; i++) points[i] = unit();
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            const double d = hypot(points[2 * i] - points[2 * j], points[2 * i + 1] - points[2 * j + 1]);
            const bool known = i == j || (d < radius && unit() < part);
            delta[i * n + j] = delta[j * n + i] = known ? d : NAN;
        }
    return (mds_problem){.size = sizeof(mds_problem), .n = n, .delta = delta, .ld = n};
}

static double stress_of_fit(const mds_problem *of, uint64_t seed, unsigned threads, double *to)
{
    mds_fit_options options = {.size = sizeof options, .seed = seed, .threads = threads};
    mds_result result = {.size = sizeof result};
    mds_error error = {.message = ""};
    if (mds_fit(of, 2, &options, to, 2, &result, &error) != MDS_OK) fail_msg("%s", error.message);
    return result.stress1;
}

/* Of neighbours alone classical scaling makes a heap, whose stress stays above 0.1. */
static void neighbours_unfold(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        double radius, most;
    } cases[] = {{100, 0.3, 1e-6}, {100, 0.4, 1e-6}, {300, 0.2, 0.02}, {300, 0.3, 0.01}, {400, 0.3, 0.01}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (uint64_t seed = 0; seed < 3; seed++) {
            const mds_problem of = points_of_square(cases[c].n, cases[c].radius, 1);
            const double stress = stress_of_fit(&of, seed, 1, map);
            if (!(stress <= cases[c].most))
                fail_msg("%zu points to %.1f, seed %d: %g", cases[c].n, cases[c].radius, (int)seed, stress);
        }
}

static void pairs_at_random_are_exact(void **state)
{
    (void)state;
    static const size_t numbers[] = {100, 300};
    for (size_t c = 0; c < 2; c++)
        for (int tenths = 1; tenths <= 5; tenths += 2) {
            const mds_problem of = points_of_square(numbers[c], INFINITY, tenths / 10.0);
            const double stress = stress_of_fit(&of, 0, 1, map);
            if (!(stress <= 1e-6)) fail_msg("%zu points, %d tenths: %g", numbers[c], tenths, stress);
        }
}

/* Whether missing is said by NaN or by a weight of 0, and however many threads there are. */
static void said_either_way(void **state)
{
    (void)state;
    mds_problem of = points_of_square(300, 0.3, 1);
    stress_of_fit(&of, 7, 1, map);
    stress_of_fit(&of, 7, 2, other);
    assert_memory_equal(map, other, 600 * sizeof *map);
    for (size_t i = 0; i < 300 * 300; i++) {
        weights[i] = isnan(delta[i]) ? 0 : 1;
        if (isnan(delta[i])) delta[i] = 0.001;
    }
    of.weights = weights;
    of.ldw = 300;
    assert_true(stress_of_fit(&of, 7, 1, other) <= 0.01);
}

/* Groups of which nothing is known between them are each placed as they are. */
static void what_does_not_hang_together(void **state)
{
    (void)state;
    const mds_problem of = points_of_square(100, INFINITY, 1);
    for (size_t i = 0; i < 50; i++)
        for (size_t j = 50; j < 100; j++) delta[i * 100 + j] = delta[j * 100 + i] = NAN;
    for (size_t i = 50; i < 100; i++)
        for (size_t j = 50; j < 75; j++)
            if (i >= 75) delta[i * 100 + j] = delta[j * 100 + i] = NAN;
    assert_true(stress_of_fit(&of, 0, 1, map) <= 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_unfold),
        cmocka_unit_test(pairs_at_random_are_exact),
        cmocka_unit_test(said_either_way),
        cmocka_unit_test(what_does_not_hang_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
