/* Stress: its definitions, its invariances, and what it refuses. */
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { N = 83, P = 3 };

static double delta[N * N], weights[N * N], x[N * P];
static mds_problem problem = {.size = sizeof(mds_problem), .n = N, .delta = delta, .ld = N};

static int make_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < N * P; i++) x[i] = sin((double)(i * i + 1));
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++) {
            delta[i * N + j] = delta[j * N + i] = 1 + cos((double)(i * j));
            weights[i * N + j] = weights[j * N + i] = (i + j) % 5 ? 0.5 + 0.1 * (double)((i + j) % 7) : 0;
        }
    return 0;
}

static mds_stress_values stress_of(const mds_problem *of, const double *map, size_t p, double *per_point)
{
    mds_stress_values values = {.size = sizeof values};
    mds_stress_options options = {.size = sizeof options, .threads = 1, .per_point = per_point};
    mds_error error = {.message = ""};
    if (mds_stress(of, p, &options, map, p, &values, &error) != MDS_OK) fail_msg("%s", error.message);
    return values;
}

static void assert_near(double a, double b)
{
    if (fabs(a - b) > 1e-12 * fabs(b)) fail_msg("%.17g is not %.17g", a, b);
}

/* Borg and Groenen, Modern Multidimensional Scaling (2nd ed.), p. 154. */
static void the_example_of_the_book(void **state)
{
    (void)state;
    static const double d[] = {0, 5, 3, 4, 5, 0, 2, 2, 3, 2, 0, 1, 4, 2, 1, 0};
    static const double before[] = {-.266, -.539, .451, .252, .016, -.238, -.200, .524};
    static const double after[] = {-1.415, -2.471, 1.633, 1.107, .249, -.067, -.468, 1.431};
    mds_problem book = {.size = sizeof book, .n = 4, .delta = d, .ld = 4};
    assert_true(fabs(stress_of(&book, before, 2, NULL).raw - 34.299) < 0.01);
    assert_true(fabs(stress_of(&book, after, 2, NULL).raw - 0.584) < 0.002);
}

static void definitions(void **state)
{
    (void)state;
    problem.weights = weights;
    problem.ldw = N;
    long double raw = 0, absolute = 0, delta2 = 0, delta_d = 0, d2 = 0;
    double rows[N] = {0}, per_point[N], sum = 0;
    size_t pairs = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            long double s = 0, w = weights[i * N + j], g = delta[i * N + j];
            for (size_t k = 0; k < P; k++) {
                long double difference = (long double)x[i * P + k] - (long double)x[j * P + k];
                s += difference * difference;
            }
            long double d = sqrtl(s);
            rows[i] += (double)(w * (g - d) * (g - d));
            if (j <= i) continue;
            raw += w * (g - d) * (g - d), absolute += w * fabsl(g - d);
            delta2 += w * g * g, delta_d += w * g * d, d2 += w * s;
            pairs += w > 0;
        }
    mds_stress_values values = stress_of(&problem, x, P, per_point);
    assert_near(values.raw, (double)raw);
    assert_near(values.absolute, (double)absolute);
    assert_near(values.normalized, (double)sqrtl(raw / delta2));
    assert_near(values.scale, (double)(delta_d / d2));
    assert_near(values.stress1, (double)sqrtl((delta2 - delta_d * delta_d / d2) / delta2));
    assert_true(values.stress1 <= values.normalized);
    assert_int_equal(values.pairs, pairs);
    for (size_t i = 0; i < N; i++) {
        assert_near(per_point[i], rows[i] / 2 / (double)raw);
        sum += per_point[i];
    }
    assert_near(sum, 1);
    problem.weights = NULL;
}

static void turning_and_moving_the_map_changes_nothing(void **state)
{
    (void)state;
    mds_stress_values before = stress_of(&problem, x, P, NULL);
    double moved[N * P], c = cos(0.7), s = sin(0.7);
    for (size_t i = 0; i < N; i++) {
        moved[i * P] = c * x[i * P] - s * x[i * P + 1] + 3;
        moved[i * P + 1] = s * x[i * P] + c * x[i * P + 1] - 2;
        moved[i * P + 2] = -x[i * P + 2];
    }
    mds_stress_values after = stress_of(&problem, moved, P, NULL);
    assert_near(after.raw, before.raw);
    assert_near(after.stress1, before.stress1);
    for (size_t i = 0; i < N * P; i++) moved[i] *= 7; /* stress-1 is taken at the best scale */
    assert_near(stress_of(&problem, moved, P, NULL).stress1, before.stress1);
}

static void the_order_of_the_objects_does_not_matter(void **state)
{
    (void)state;
    static double other_delta[N * N];
    double other_x[N * P], per_point[N], other_per_point[N];
    for (size_t i = 0; i < N; i++) {
        size_t from = i * 17 % N;
        memcpy(other_x + i * P, x + from * P, P * sizeof *x);
        for (size_t j = 0; j < N; j++) other_delta[i * N + j] = delta[from * N + j * 17 % N];
    }
    mds_problem other = {.size = sizeof other, .n = N, .delta = other_delta, .ld = N};
    assert_near(stress_of(&other, other_x, P, other_per_point).raw, stress_of(&problem, x, P, per_point).raw);
    for (size_t i = 0; i < N; i++) assert_near(other_per_point[i], per_point[i * 17 % N]);
}

static void weight_zero_is_missing_is_nan(void **state)
{
    (void)state;
    static double holes[N * N], zeros[N * N];
    for (size_t i = 0; i < N * N; i++) {
        zeros[i] = weights[i] > 0;
        holes[i] = weights[i] > 0 ? delta[i] : NAN;
    }
    for (size_t i = 0; i < N; i++) holes[i * N + i] = 0;
    mds_problem weighted = problem, holed = problem;
    weighted.weights = zeros, weighted.ldw = N, holed.delta = holes;
    mds_stress_values a = stress_of(&weighted, x, P, NULL), b = stress_of(&holed, x, P, NULL);
    assert_memory_equal(&a, &b, sizeof a);
    assert_true(a.pairs < N * (N - 1) / 2);
}

static void threads_and_levels_change_no_bit(void **state)
{
    (void)state;
    double one[N], other[N];
    mds_stress_values first = stress_of(&problem, x, P, one), values = {.size = sizeof values};
    for (mds_isa isa = MDS_ISA_AUTO; isa <= MDS_ISA_NEON; isa++)
        for (unsigned threads = 0; threads <= 5; threads++) {
            if (!mds_isa_available(isa)) continue;
            mds_stress_options options = {
                .size = sizeof options, .threads = threads, .isa = isa, .per_point = other};
            assert_int_equal(mds_stress(&problem, P, &options, x, P, &values, NULL), MDS_OK);
            assert_memory_equal(&values, &first, sizeof values);
            assert_memory_equal(one, other, sizeof one);
        }
}

static void a_zero_map_and_a_zero_matrix(void **state)
{
    (void)state;
    static const double zeros[N * N];
    mds_stress_values values = stress_of(&problem, zeros, 2, NULL);
    assert_near(values.normalized, 1);
    assert_near(values.stress1, 1);
    assert_true(values.scale == 0);
    mds_problem nothing = {.size = sizeof nothing, .n = N, .delta = zeros, .ld = N};
    double per_point[N];
    values = stress_of(&nothing, zeros, 2, per_point);
    assert_true(values.raw == 0 && values.normalized == 0 && values.stress1 == 0 && per_point[3] == 0);
    mds_problem alone = {.size = sizeof alone, .n = 1, .delta = zeros, .ld = 1};
    values = stress_of(&alone, zeros, 2, per_point);
    assert_true(values.raw == 0 && values.pairs == 0);
}

static void refuse(mds_problem bad, const double *map, mds_status status, const char *words)
{
    mds_stress_values values = {.size = sizeof values};
    mds_error error = {.message = ""};
    assert_int_equal(mds_stress(&bad, P, NULL, map, P, &values, &error), status);
    assert_int_equal(error.code, status);
    if (!strstr(error.message, words)) fail_msg("\"%s\" does not say \"%s\"", error.message, words);
}

static void bad_input_is_named(void **state)
{
    (void)state;
    static double bad[N * N], bad_x[N * P];
    mds_problem with = problem;
    with.delta = bad;
#define SPOIL(i, j, value) memcpy(bad, delta, sizeof bad), bad[(i)*N + (j)] = (value)
    SPOIL(3, 5, -2), bad[5 * N + 3] = -2;
    refuse(with, x, MDS_DATA, "row 4, column 6: the dissimilarity is negative (-2)");
    SPOIL(3, 5, 77);
    refuse(with, x, MDS_DATA, "not symmetric: the dissimilarity of row 4, column 6 is 77");
    SPOIL(3, 5, NAN);
    refuse(with, x, MDS_DATA, "one of them is missing");
    SPOIL(5, 3, INFINITY);
    refuse(with, x, MDS_DATA, "row 6, column 4: the dissimilarity is infinite");
    SPOIL(8, 8, 0.25);
    refuse(with, x, MDS_DATA, "row 9, column 9: an object's dissimilarity to itself is 0.25");
    SPOIL(0, 1, 1e301), bad[N] = 1e301;
    refuse(with, x, MDS_DATA, "row 1, column 2: the dissimilarity 1e+301 is above 1e300");
    for (size_t i = 0; i < N * N; i++) bad[i] = delta[i] * 1e-300;
    refuse(with, x, MDS_DATA, "below 1e-290");
    SPOIL(0, 0, 0);
    for (size_t j = 0; j < N; j++)
        if (j != 7) bad[7 * N + j] = bad[j * N + 7] = NAN;
    refuse(with, x, MDS_DATA, "row 8: the object has no known dissimilarity");
    memcpy(bad_x, x, sizeof x);
    bad_x[4 * P + 1] = NAN;
    refuse(problem, bad_x, MDS_DATA, "row 5, column 2 of the configuration");
    bad_x[4 * P + 1] = -2e300;
    refuse(problem, bad_x, MDS_DATA, "row 5, column 2 of the configuration is -2e+300");
    with = problem, with.n = 0;
    refuse(with, x, MDS_ARGUMENT, "no objects");
    with = problem, with.ld = N - 1;
    refuse(with, x, MDS_ARGUMENT, "leading dimension");
    with = problem, with.size = 4;
    refuse(with, x, MDS_ARGUMENT, "size");
    refuse(problem, NULL, MDS_ARGUMENT, "NULL");
    with = problem, with.weights = bad, with.ldw = N;
    memcpy(bad, weights, sizeof bad), bad[2] = -1;
    refuse(with, x, MDS_DATA, "row 1, column 3: the weight is negative");
    bad[2] = bad[2 * N] = 1e-190;
    refuse(with, x, MDS_DATA, "row 1, column 3: the weight 1e-190 is too small beside the largest, 1.1,");
    for (size_t i = 0; i < N * N; i++) bad[i] = weights[i] * 1e-300;
    refuse(with, x, MDS_DATA, "the largest weight is 1.1e-300");
    mds_stress_values values = {.size = sizeof values};
    mds_stress_options options = {.size = sizeof options, .isa = (mds_isa)99};
    mds_error error;
    assert_int_equal(mds_stress(&problem, P, &options, x, P, &values, &error), MDS_ARGUMENT);
    options.isa = mds_isa_available(MDS_ISA_NEON) ? MDS_ISA_AVX2 : MDS_ISA_NEON;
    assert_int_equal(mds_stress(&problem, P, &options, x, P, &values, &error), MDS_UNSUPPORTED);
    assert_int_equal(mds_problem_check(&problem, 0, &error), MDS_OK);
    memcpy(bad, delta, sizeof bad), bad[1] *= 1.01;
    with = problem, with.delta = bad;
    assert_int_equal(mds_problem_check(&with, 0, NULL), MDS_DATA);
    assert_int_equal(mds_problem_check(&with, 0.02, NULL), MDS_OK);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(mds_status_text(MDS_MEMORY), "out of memory");
    assert_string_equal(mds_isa_name(MDS_ISA_AVX512), "avx512");
    assert_null(mds_isa_name((mds_isa)17));
    assert_string_equal(mds_metric_name(MDS_CORRELATION), "correlation");
    assert_string_equal(mds_metric_name(MDS_HAVERSINE), "haversine");
    assert_null(mds_metric_name((mds_metric)17));
    assert_string_equal(mds_scaling_name(MDS_SCALING_ROBUST), "robust");
    assert_null(mds_scaling_name((mds_scaling)4));
    assert_string_equal(mds_stop_name(MDS_STOP_EXACT), "exact");
    assert_true(mds_isa_available(mds_isa_best()) && mds_isa_available(MDS_ISA_SCALAR));
    int major, minor, patch;
    assert_int_equal(sscanf(mds_version(), "%d.%d.%d", &major, &minor, &patch), 3);
    assert_true(major == MDS_VERSION_MAJOR && minor == MDS_VERSION_MINOR && patch == MDS_VERSION_PATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_book),
        cmocka_unit_test(definitions),
        cmocka_unit_test(turning_and_moving_the_map_changes_nothing),
        cmocka_unit_test(the_order_of_the_objects_does_not_matter),
        cmocka_unit_test(weight_zero_is_missing_is_nan),
        cmocka_unit_test(threads_and_levels_change_no_bit),
        cmocka_unit_test(a_zero_map_and_a_zero_matrix),
        cmocka_unit_test(bad_input_is_named),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
