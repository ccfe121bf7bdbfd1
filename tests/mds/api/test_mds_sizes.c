/* Sizes that no memory holds: every public function that takes one says so and touches nothing. */
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const double triangle[] = {0, 3, 4, 3, 0, 5, 4, 5, 0}, points[] = {0, 0, 3, 0, 0, 4};

/* Rows, columns and the leading dimension of a matrix; as a square, rows and the leading dimension. */
static const struct {
    size_t rows, columns, ld;
} absurd[] = {
    {3, 2, SIZE_MAX / 4},
    {3, 2, SIZE_MAX / 2 + 1},
    {3, 2, SIZE_MAX / 16},
    {3, 2, SIZE_MAX},
    {SIZE_MAX, 2, 2},
    {SIZE_MAX / 2 + 2, 2, 2},
    {SIZE_MAX / 16, 2, 3},
    {SIZE_MAX, SIZE_MAX, SIZE_MAX},
    {1, SIZE_MAX, SIZE_MAX},
    {1, SIZE_MAX / 8, SIZE_MAX},
    {3, SIZE_MAX / 16, SIZE_MAX / 16},
    {(size_t)1 << 32, (size_t)1 << 32, (size_t)1 << 32},
};
enum { ABSURD = sizeof absurd / sizeof *absurd };

static bool as_square(size_t a)
{
    return absurd[a].ld >= absurd[a].rows && absurd[a].rows > 1;
}

static bool too_far_apart(size_t a) /* for three rows */
{
    return absurd[a].ld >= SIZE_MAX / 16;
}

static void refused(mds_status status, const mds_error *error)
{
    assert_int_equal(status, MDS_ARGUMENT);
    if (!strstr(error->message, "memory can hold") && !strstr(error->message, "leading dimension"))
        fail_msg("\"%s\" does not tell of the size", error->message);
}

static mds_problem good(void)
{
    return (mds_problem){.size = sizeof(mds_problem), .n = 3, .delta = triangle, .ld = 3};
}

static void problems(void **state)
{
    (void)state;
    for (size_t a = 0; a < ABSURD; a++) {
        if (!as_square(a)) continue;
        mds_error error;
        double x[6], per_point[3];
        mds_stress_values values = {.size = sizeof values};
        mds_stress_options options = {.size = sizeof options, .threads = 1, .per_point = per_point};
        mds_problem matrix = good(), weights = good();
        matrix.n = absurd[a].rows, matrix.ld = absurd[a].ld;
        weights.weights = triangle, weights.ldw = absurd[a].ld;
        const mds_problem *bad[] = {&matrix, &weights};
        for (size_t b = 0; b < (too_far_apart(a) ? 2 : 1); b++) {
            refused(mds_problem_check(bad[b], 0, &error), &error);
            refused(mds_fit(bad[b], 2, NULL, x, 2, NULL, &error), &error);
            refused(mds_stress(bad[b], 2, &options, points, 2, &values, &error), &error);
        }
    }
}

static void configurations(void **state)
{
    (void)state;
    mds_fit_options given = {.size = sizeof given, .start = MDS_START_GIVEN};
    for (size_t a = 0; a < ABSURD; a++) {
        if (absurd[a].rows > 3) continue;
        mds_error error;
        double x[6] = {1, 2, 3, 4, 5, 6};
        mds_stress_values values = {.size = sizeof values};
        mds_problem problem = good();
        problem.n = absurd[a].rows;
        size_t p = absurd[a].columns, ld = absurd[a].ld;
        refused(mds_fit(&problem, p, NULL, x, ld, NULL, &error), &error);
        refused(mds_fit(&problem, p, &given, x, ld, NULL, &error), &error);
        refused(mds_stress(&problem, p, NULL, points, ld, &values, &error), &error);
        assert_true(x[0] == 1 && x[5] == 6);
    }
}

static void features(void **state)
{
    (void)state;
    for (size_t a = 0; a < ABSURD; a++) {
        mds_error error;
        double delta[9] = {-7};
        size_t n = absurd[a].rows, m = absurd[a].columns, ld = absurd[a].ld;
        refused(mds_distances(points, n, m, ld, NULL, delta, n, &error), &error);
        if (as_square(a)) refused(mds_distances(points, n, 2, 2, NULL, delta, ld, &error), &error);
        if (too_far_apart(a)) refused(mds_distances(points, 3, 2, 2, NULL, delta, ld, &error), &error);
        assert_true(delta[0] == -7);
    }
}

static void loops(void **state)
{
    (void)state;
    double out[3] = {-7, -7, -7};
    const double y[2] = {0, 0};
    for (size_t a = 0; a < ABSURD; a++)
        assert_int_equal(mds_distance_from_point(points, absurd[a].rows, absurd[a].columns, absurd[a].ld, y,
                                                 out, MDS_ISA_AUTO),
                         MDS_ARGUMENT);
    assert_int_equal(mds_distance_from_point(points, 3, 2, 1, y, out, MDS_ISA_AUTO), MDS_ARGUMENT);
    assert_int_equal(mds_distance_from_point(points, 3, 0, 2, y, out, MDS_ISA_AUTO), MDS_ARGUMENT);
    assert_int_equal(mds_distance_from_point(NULL, 3, 2, 2, y, out, MDS_ISA_AUTO), MDS_ARGUMENT);
    assert_int_equal(mds_distance_from_point(points, 3, 2, 2, NULL, out, MDS_ISA_AUTO), MDS_ARGUMENT);
    assert_int_equal(mds_distance_from_point(points, 3, 2, 2, y, NULL, MDS_ISA_AUTO), MDS_ARGUMENT);
    assert_true(out[0] == -7 && out[2] == -7);
    assert_int_equal(mds_distance_from_point(points, 0, 2, 2, y, out, MDS_ISA_AUTO), MDS_OK);
    assert_int_equal(mds_distance_from_point(points, 3, 2, 2, y, out, MDS_ISA_AUTO), MDS_OK);
    assert_true(out[0] == 0 && out[1] == 3 && out[2] == 4);
    assert_int_equal(mds_distance_from_point(points, 3, 2, 2, y, out, (mds_isa)99), MDS_OK);
    assert_true(out[0] == 0 && out[1] == 3 && out[2] == 4);

    assert_true(isnan(mds_sum_squared_difference(points, points, SIZE_MAX, MDS_ISA_AUTO)));
    assert_true(isnan(mds_sum_squared_difference(points, points, SIZE_MAX / 16 + 1, MDS_ISA_AUTO)));
    assert_true(isnan(mds_sum_squared_difference(NULL, points, 3, MDS_ISA_AUTO)));
    assert_true(mds_sum_squared_difference(NULL, NULL, 0, MDS_ISA_AUTO) == 0);
    assert_true(mds_sum_squared_difference(points, triangle, 3, MDS_ISA_AUTO) == 10);
}

/* A lone row has no next one, so any leading dimension will do. */
static void a_lone_row(void **state)
{
    (void)state;
    double x[2] = {0}, delta[1];
    mds_problem alone = {.size = sizeof alone, .n = 1, .delta = triangle, .ld = SIZE_MAX};
    assert_int_equal(mds_fit(&alone, 2, NULL, x, SIZE_MAX, NULL, NULL), MDS_OK);
    assert_int_equal(mds_distances(points, 1, 2, SIZE_MAX, NULL, delta, SIZE_MAX, NULL), MDS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(problems), cmocka_unit_test(configurations), cmocka_unit_test(features),
        cmocka_unit_test(loops),    cmocka_unit_test(a_lone_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
