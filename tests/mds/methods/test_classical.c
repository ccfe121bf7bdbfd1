/* Classical scaling: published values, what must hold whatever the data, and the start that other methods
 * take. */
#include "dissimilarity.h"
#include "mdscale.h"
#include "table_read.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 150, P = 3 };

static double features[N * P], delta[N * N];
static mds_problem problem = {.size = sizeof(mds_problem), .n = N, .delta = delta, .ld = N};
static mds_classical_statistics statistics; /* of the last fit */

static double wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return t - floor(t);
}

static int make_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < N * P; i++) features[i] = (double)(3 - i % P) * 10 * wave(i);
    return mds_distances(features, N, P, P, NULL, delta, N, NULL) != MDS_OK;
}

static mds_status fit(const mds_problem *of, size_t p, mds_correction correction, mds_fit_options options,
                      double *map, mds_result *result, mds_error *error)
{
    mds_classical_options own = {.size = sizeof own, .correction = correction};
    statistics = (mds_classical_statistics){.size = sizeof statistics};
    options.size = sizeof options;
    options.method = "classical";
    options.method_options = &own;
    options.method_statistics = &statistics;
    return mds_fit(of, p, &options, map, p, result, error);
}

static mds_result solve_with(const mds_problem *of, size_t p, mds_correction correction,
                             mds_fit_options options, double *map)
{
    mds_result result = {.size = sizeof result};
    mds_error error = {.message = ""};
    if (fit(of, p, correction, options, map, &result, &error) != MDS_OK) fail_msg("%s", error.message);
    return result;
}

static mds_result solve(const mds_problem *of, size_t p, double *map)
{
    return solve_with(of, p, MDS_CORRECTION_NONE, (mds_fit_options){0}, map);
}

static double distance(const double *map, size_t p, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < p; k++)
        sum += (map[i * p + k] - map[j * p + k]) * (map[i * p + k] - map[j * p + k]);
    return sqrt(sum);
}

static void close_to(double got, double want, double allowed)
{
    if (!(fabs(got - want) <= allowed)) fail_msg("%.17g, not %.17g", got, want);
}

/* ---- published values ---- */

static void read_square(const char *path, mds_table *table)
{
    mds_read_options read = {.layout = MDS_LAYOUT_AUTO};
    fs_error error;
    if (mds_table_read(path, &read, table, &error) != FS_OK) fail_msg("%s", error.message);
    if (mds_table_to_square(table, path, 0, &error) != FS_OK) fail_msg("%s", error.message);
}

/* What R's cmdscale gives for its eurodist: coordinates, eigenvalues, GOF, and with add = TRUE the constant.
 * The smallest eigenvalue, which is Lingoes's constant, from NumPy. */
static void eurodist(void **state)
{
    (void)state;
    mds_table table;
    read_square(FLAMESCALE_DATA "/eurodist.csv", &table);
    mds_problem of = {.size = sizeof of, .n = 21, .delta = table.values, .ld = 21};
    double map[21 * 2], corrected[21 * 2];
    mds_result result = solve(&of, 2, map);
    assert_int_equal(result.stop, MDS_STOP_CONVERGED);
    close_to(fabs(map[0]), 2290.274680, 1e-6);
    close_to(fabs(map[1]), 1798.80293, 1e-5);
    close_to(statistics.eigenvalues[0], 19538377.0895, 1e-4);
    close_to(statistics.eigenvalues[1], 11856555.3340, 1e-4);
    close_to(statistics.goodness_of_fit, 0.7537543, 1e-7);
    close_to(statistics.goodness_of_fit_positive, 0.8679134, 1e-7);
    close_to(statistics.smallest_eigenvalue, -2251844.331736155, 1e-6);
    assert_int_equal(statistics.axes, 2);
    assert_int_equal(statistics.eigenvalues_known, 21);
    assert_true(statistics.constant == 0 && statistics.residual < 1e-10);

    solve_with(&of, 2, MDS_CORRECTION_LINGOES, (mds_fit_options){0}, corrected);
    close_to(statistics.constant, 2251844.331736155, 1e-5);
    close_to(statistics.eigenvalues[0], 19538377.0895 + 2251844.3317, 1e-3);
    assert_true(statistics.negative_share == 0);
    for (size_t k = 0; k < 2; k++) /* the axes stay, and are longer */
        close_to(corrected[k] / map[k], sqrt(1 + 2251844.331736155 / (k ? 11856555.3340 : 19538377.0895)),
                 1e-9);

    solve_with(&of, 2, MDS_CORRECTION_CAILLIEZ, (mds_fit_options){0}, corrected);
    close_to(statistics.constant, 2132.678495197944, 1e-8);
    close_to(statistics.eigenvalues[0], 42271880.80057, 1e-3);
    assert_true(statistics.negative_share == 0);
    mds_table_fini(&table);
}

/* ---- what must hold ---- */

static void euclidean_points_are_found_again(void **state)
{
    (void)state;
    double map[N * 5];
    for (size_t p = P; p <= 5; p++) {
        mds_result result = solve(&problem, p, map);
        assert_int_equal(statistics.axes, P);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < i; j++) close_to(distance(map, p, i, j), delta[i * N + j], 1e-9);
        for (size_t i = 0; i < N; i++)
            for (size_t k = P; k < p; k++) assert_true(map[i * p + k] == 0);
        assert_true(result.stress1 < 1e-10);
        close_to(statistics.goodness_of_fit, 1, 1e-12);
        close_to(statistics.negative_share, 0, 1e-12);
    }
    solve(&problem, 2, map);
    double sum[2] = {0}, product = 0, cubes[2] = {0}, squares[2] = {0};
    for (size_t i = 0; i < N; i++) {
        product += map[2 * i] * map[2 * i + 1];
        for (size_t k = 0; k < 2; k++) {
            sum[k] += map[2 * i + k];
            squares[k] += map[2 * i + k] * map[2 * i + k];
            cubes[k] += pow(map[2 * i + k], 3);
        }
    }
    close_to(sum[0], 0, 1e-9);
    close_to(sum[1], 0, 1e-9);
    close_to(product, 0, 1e-7);
    assert_true(cubes[0] < 0 && cubes[1] < 0);
    for (size_t k = 0; k < 2; k++) close_to(squares[k], statistics.eigenvalues[k], 1e-9 * squares[k]);
}

/* With as many dimensions as there are positive eigenvalues the corrected dissimilarities are distances. */
static void corrected_dissimilarities_are_distances(void **state)
{
    (void)state;
    enum { M = 80 };
    static double wild[M * M], map[M * (M - 1)];
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < i; j++) wild[i * M + j] = wild[j * M + i] = 1 + wave(i * 31 + j);
    mds_problem of = {.size = sizeof of, .n = M, .delta = wild, .ld = M};
    for (mds_correction c = MDS_CORRECTION_LINGOES; c <= MDS_CORRECTION_CAILLIEZ; c++) {
        solve_with(&of, M - 1, c, (mds_fit_options){0}, map);
        double constant = statistics.constant;
        assert_true(constant > 0 && statistics.negative_share < 1e-12);
        for (size_t i = 0; i < M; i++)
            for (size_t j = 0; j < i; j++) {
                double given = wild[i * M + j];
                double want =
                    c == MDS_CORRECTION_LINGOES ? sqrt(given * given + 2 * constant) : given + constant;
                close_to(distance(map, M - 1, i, j), want, 1e-7);
            }
        /* They need no more: the smallest constant was found. */
        assert_true(statistics.axes < M - 1);
        solve_with(&problem, 2, c, (mds_fit_options){0}, map);
        assert_true(statistics.constant == 0);
    }
}

static void scale_order_and_leading_dimensions(void **state)
{
    (void)state;
    enum { LD = N + 5 };
    static double changed[N * LD];
    double map[N * 2], other[N * 2];
    solve(&problem, 2, map);
    double eigenvalue = statistics.eigenvalues[0];
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < LD; j++) changed[i * LD + j] = j < N ? ldexp(delta[i * N + j], 500) : NAN;
    for (size_t i = 0; i < N; i++) changed[i * LD + i] = NAN; /* may be missing */
    mds_problem large = {.size = sizeof large, .n = N, .delta = changed, .ld = LD};
    solve(&large, 2, other);
    for (size_t i = 0; i < N * 2; i++) close_to(ldexp(other[i], -500), map[i], 1e-12 * fabs(map[i]) + 1e-12);
    close_to(ldexp(statistics.eigenvalues[0], -1000), eigenvalue, 1e-12 * eigenvalue);

    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) changed[i * LD + j] = delta[(N - 1 - i) * N + N - 1 - j];
    solve(&large, 2, other);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < 2; k++) close_to(other[2 * (N - 1 - i) + k], map[2 * i + k], 1e-9);
}

static void few_objects_and_odd_data(void **state)
{
    (void)state;
    double map[4 * 9], one[1] = {0}, pair[4] = {0, 5, 5, 0}, triangle[9] = {0, 3, 4, 3, 0, 5, 4, 5, 0};
    mds_problem of = {.size = sizeof of, .n = 1, .delta = one, .ld = 1};
    for (size_t p = 1; p <= 9; p++) {
        of = (mds_problem){.size = sizeof of, .n = 1, .delta = one, .ld = 1};
        assert_int_equal(solve(&of, p, map).stop, MDS_STOP_EXACT);
        for (size_t k = 0; k < p; k++) assert_true(map[k] == 0);
        of = (mds_problem){.size = sizeof of, .n = 2, .delta = pair, .ld = 2};
        solve(&of, p, map);
        close_to(distance(map, p, 0, 1), 5, 1e-14);
        of = (mds_problem){.size = sizeof of, .n = 3, .delta = triangle, .ld = 3};
        solve(&of, p, map);
        if (p == 1) continue;
        close_to(distance(map, p, 0, 1), 3, 1e-14);
        close_to(distance(map, p, 0, 2), 4, 1e-14);
        close_to(distance(map, p, 1, 2), 5, 1e-14);
        assert_int_equal(statistics.axes, 2);
        assert_true(isnan(statistics.eigenvalues[3]));
    }
    /* All equal: a regular simplex, any plane of which will do; all 0; duplicates. */
    static double same[N * N], flat[N * 2];
    of = (mds_problem){.size = sizeof of, .n = N, .delta = same, .ld = N};
    assert_int_equal(solve(&of, 2, flat).stop, MDS_STOP_EXACT);
    assert_true(flat[0] == 0 && flat[2 * N - 1] == 0 && statistics.axes == 0);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) same[i * N + j] = i != j;
    solve(&of, 2, flat);
    for (size_t k = 0; k < MDS_EIGENVALUES; k++) close_to(statistics.eigenvalues[k], 0.5, 1e-12);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) same[i * N + j] = (i < N / 2) != (j < N / 2);
    solve(&of, 2, flat);
    assert_int_equal(statistics.axes, 1); /* two places: a line */
    close_to(fabs(flat[0] - flat[2 * N - 2]), 1, 1e-12);
    close_to(flat[0], flat[2], 1e-12);
}

/* ---- threads, instruction sets, watching ---- */

enum { MANY = 1100 };

static double *large_data(void)
{
    double *large = malloc(sizeof(double) * MANY * MANY);
    assert_non_null(large);
    for (size_t i = 0; i < MANY; i++)
        for (size_t j = 0; j <= i; j++) {
            double apart = hypot(3 * (wave(i) - wave(j)), 2 * (wave(i + 5000) - wave(j + 5000)));
            large[i * MANY + j] = large[j * MANY + i] = i == j ? 0 : apart + 0.3 * wave(i * 31 + j * 7);
        }
    return large;
}

static void threads_change_no_bit_and_levels_little(void **state)
{
    (void)state;
    static double first[MANY * 2], map[MANY * 2];
    double *large = large_data();
    mds_problem of = {.size = sizeof of, .n = MANY, .delta = large, .ld = MANY};
    solve_with(&of, 2, MDS_CORRECTION_NONE, (mds_fit_options){.threads = 1}, first);
    assert_true(statistics.residual <= 1e-10 && isnan(statistics.goodness_of_fit));
    assert_int_equal(statistics.eigenvalues_known, 2);
    mds_classical_statistics told = statistics;
    static const unsigned counts[] = {2, 5};
    for (size_t c = 0; c < 2; c++) {
        mds_result result =
            solve_with(&of, 2, MDS_CORRECTION_NONE, (mds_fit_options){.threads = counts[c]}, map);
        assert_true(result.threads > 1);
        assert_memory_equal(map, first, sizeof map);
        assert_true(statistics.eigenvalues[1] == told.eigenvalues[1] && statistics.residual == told.residual);
    }
    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++) {
        if (!mds_isa_available(isa)) continue;
        solve_with(&of, 2, MDS_CORRECTION_NONE, (mds_fit_options){.isa = isa}, map);
        for (size_t i = 0; i < MANY * 2; i++) close_to(map[i], first[i], 1e-9); /* of coordinates up to 2 */
        if (isa != MDS_ISA_SCALAR) assert_memory_equal(map, first, sizeof map);
    }
    free(large);
}

struct watch {
    uint64_t calls, stop_at;
    double loss;
};

static bool watch_product(const mds_iteration *product, void *context)
{
    struct watch *watch = context;
    assert_true(product->loss > 0 && product->step >= 0 && product->fraction >= 0 && product->fraction <= 1);
    watch->loss = product->loss;
    return ++watch->calls != watch->stop_at;
}

static void watched_and_cancelled(void **state)
{
    (void)state;
    static double map[MANY * 2], other[MANY * 2];
    double *large = large_data();
    mds_problem of = {.size = sizeof of, .n = MANY, .delta = large, .ld = MANY};
    struct watch watch = {0};
    mds_iteration trace[50];
    mds_fit_options options = {.progress = watch_product,
                               .context = &watch,
                               .trace = trace,
                               .trace_capacity = 50,
                               .trace_step = sizeof *trace};
    mds_result result = solve_with(&of, 2, MDS_CORRECTION_NONE, options, map);
    assert_int_equal(result.stop, MDS_STOP_CONVERGED);
    assert_int_equal(result.trace_used, watch.calls);
    assert_int_equal(trace[result.trace_used - 1].iteration, result.iterations);
    close_to(watch.loss, result.loss, 1e-9 * result.loss);
    solve(&of, 2, other);
    assert_memory_equal(map, other, sizeof map); /* being watched changes nothing */

    watch = (struct watch){.stop_at = 1};
    result = solve_with(&of, 2, MDS_CORRECTION_NONE, options, map);
    assert_int_equal(result.stop, MDS_STOP_CANCELLED);
    close_to(watch.loss, result.loss, 1e-9 * result.loss);
    result = solve_with(&of, 2, MDS_CORRECTION_NONE, (mds_fit_options){.iterations = 2}, map);
    assert_int_equal(result.stop, MDS_STOP_LIMIT);
    assert_int_equal(result.iterations, 2);
    free(large);
}

/* ---- what it does not do ---- */

static void refuse(mds_problem of, mds_fit_options options, mds_status status, const char *words)
{
    double map[N * 2] = {42};
    mds_error error = {.message = ""};
    assert_int_equal(fit(&of, 2, MDS_CORRECTION_NONE, options, map, NULL, &error), status);
    if (!strstr(error.message, words)) fail_msg("\"%s\" does not say \"%s\"", error.message, words);
    assert_true(map[0] == 42);
}

static void unsupported(void **state)
{
    (void)state;
    static double weights[N * N], holes[N * N];
    mds_problem weighted = problem, holed = problem;
    for (size_t i = 0; i < N * N; i++) weights[i] = 1, holes[i] = delta[i];
    holes[1] = holes[N] = NAN;
    weighted.weights = weights, weighted.ldw = N, holed.delta = holes;
    refuse(weighted, (mds_fit_options){0}, MDS_UNSUPPORTED,
           "method classical does not support weights; these do: ");
    refuse(weighted, (mds_fit_options){0}, MDS_UNSUPPORTED, "pattern");
    refuse(holed, (mds_fit_options){0}, MDS_UNSUPPORTED,
           "does not support missing dissimilarities; these do: ");
    refuse(problem, (mds_fit_options){.loss = MDS_LOSS_ABSOLUTE}, MDS_UNSUPPORTED, "loss absolute");
    refuse(problem, (mds_fit_options){.starts = 2}, MDS_UNSUPPORTED, "2 starts");
    refuse(problem, (mds_fit_options){.start = MDS_START_GIVEN}, MDS_UNSUPPORTED, "start given");
    double map[N * 2];
    mds_error error;
    assert_int_equal(fit(&problem, 2, (mds_correction)7, (mds_fit_options){0}, map, NULL, &error),
                     MDS_ARGUMENT);
    assert_non_null(strstr(error.message, "7 is not a correction"));
}

/* ---- the start of other methods ---- */

static mds_result start(const mds_problem *of, size_t p, double *map)
{
    mds_fit_options options = {.size = sizeof options,
                               .method = "pattern",
                               .start = MDS_START_CLASSICAL,
                               .iterations = 1,
                               .seed = 5};
    mds_result result = {.size = sizeof result};
    mds_error error = {.message = ""};
    if (mds_fit(of, p, &options, map, p, &result, &error) != MDS_OK) fail_msg("%s", error.message);
    return result;
}

static void start_of_other_methods(void **state)
{
    (void)state;
    static double map[N * 5], holes[N * N], weights[N * N];
    mds_problem of = problem;
    double size = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++) size += delta[i * N + j] * delta[i * N + j];
    assert_true(start(&of, P, map).start_loss < 1e-6 * size);
    assert_true(start(&of, 5, map).start_loss < 1e-5 * size); /* and no axis is without extent */
    assert_true(map[3] != 0 && map[4] != 0);

    /* Weights do not matter; a quarter of the pairs is estimated. */
    for (size_t i = 0; i < N * N; i++) weights[i] = 1 + (double)((i / N + i % N) % 3);
    of.weights = weights, of.ldw = N;
    assert_true(start(&of, P, map).start_loss < 1e-5 * size);
    of.weights = NULL;
    of.delta = holes;
    memcpy(holes, delta, sizeof holes);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++)
            if (wave(i * N + j) < 0.25) holes[i * N + j] = holes[j * N + i] = NAN;
    assert_true(start(&of, P, map).start_loss < 0.05 * size);
    /* Weight 0 is missing: whatever stands there. */
    double first = start(&of, P, map).start_loss;
    for (size_t i = 0; i < N * N; i++)
        weights[i] = !isnan(holes[i]), holes[i] = isnan(holes[i]) ? 1e3 : holes[i];
    of.weights = weights;
    close_to(start(&of, P, map).start_loss, first, 1e-9 * first);

    double one[1] = {0}, pair[4] = {0, 5, 5, 0};
    of = (mds_problem){.size = sizeof of, .n = 1, .delta = one, .ld = 1};
    start(&of, 2, map);
    of = (mds_problem){.size = sizeof of, .n = 2, .delta = pair, .ld = 2};
    assert_true(start(&of, 2, map).start_loss < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eurodist),
        cmocka_unit_test(euclidean_points_are_found_again),
        cmocka_unit_test(corrected_dissimilarities_are_distances),
        cmocka_unit_test(scale_order_and_leading_dimensions),
        cmocka_unit_test(few_objects_and_odd_data),
        cmocka_unit_test(threads_change_no_bit_and_levels_little),
        cmocka_unit_test(watched_and_cancelled),
        cmocka_unit_test(unsupported),
        cmocka_unit_test(start_of_other_methods),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
