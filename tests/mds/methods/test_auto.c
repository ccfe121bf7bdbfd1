/* The default: the best map known, from every seed. */
#include "mdscale.h"
#include "small_sets.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static mds_result fit(const mds_problem *of, size_t p, const mds_fit_options *options, double *map)
{
    mds_result result = {.size = sizeof result};
    mds_error error = {.message = ""};
    if (mds_fit(of, p, options, map, p, &result, &error) != MDS_OK) fail_msg("%s", error.message);
    return result;
}

static mds_fit_options seeded(uint64_t seed)
{
    return (mds_fit_options){.size = sizeof(mds_fit_options), .seed = seed, .threads = 1};
}

static bool reached(double stress1, double best)
{
    return stress1 - best <= fmax(1e-7, 1e-5 * best);
}

static void the_best_map_known_from_every_seed(void **state)
{
    (void)state;
    static small_set set;
    double map[2 * SMALL_SET_MOST];
    for (size_t s = 0; s < small_sets_count(); s++) {
        assert_true(small_set_load(s, &set));
        for (uint64_t seed = 0; seed < 100; seed++) {
            mds_fit_options options = seeded(seed);
            mds_result result = fit(&set.problem, 2, &options, map);
            if (!reached(result.stress1, set.best) || result.stress1 < set.best - 1e-7)
                fail_msg("%s from seed %d: %.9f, but %.9f is known", set.name, (int)seed, result.stress1,
                         set.best);
            assert_true(result.starts >= result.best_count && result.best_count >= 1);
            assert_true(result.gradient <= 1e-6);
            assert_string_equal(result.method, "auto");
        }
    }
}

/* ---- made data ---- */

enum { N = 40 };

static uint64_t random_state;

static double unit(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(random_state >> 11) * 0x1p-53;
}

static double delta[N * N], weights[N * N];

static mds_problem distances_of(size_t n, size_t m, const double *points)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = 0; k < m; k++)
                sum += (points[i * m + k] - points[j * m + k]) * (points[i * m + k] - points[j * m + k]);
            delta[i * n + j] = sqrt(sum);
        }
    return (mds_problem){.size = sizeof(mds_problem), .n = n, .delta = delta, .ld = n};
}

static mds_problem points_of_space(size_t n, size_t m, uint64_t seed)
{
    double points[N * 3];
    random_state = seed;
    for (size_t i = 0; i < n * m; i++) points[i] = unit();
    return distances_of(n, m, points);
}

static void points_of_the_space_are_found_again(void **state)
{
    (void)state;
    double map[N * 3];
    for (size_t p = 1; p <= 3; p++)
        for (size_t n = p + 2; n <= N; n += 7)
            for (uint64_t seed = 0; seed < 5; seed++) {
                mds_problem of = points_of_space(n, p, seed + 17);
                mds_fit_options options = seeded(seed);
                mds_result result = fit(&of, p, &options, map);
                if (!(result.stress1 <= 1e-7))
                    fail_msg("%zu points in %zu dimensions, seed %d: %g", n, p, (int)seed, result.stress1);
            }
}

/* Too many for exchanges: they are polished in single precision, to a small gradient, and then on. */
static void many_points_of_the_plane_are_found_again(void **state)
{
    (void)state;
    enum { MANY = 1400 };
    double *points = malloc(2 * MANY * sizeof *points), *map = malloc(2 * MANY * sizeof *map);
    double *distances = malloc((size_t)MANY * MANY * sizeof *distances);
    assert_true(points && map && distances);
    random_state = 5;
    for (size_t c = 0; c < 2 * MANY; c++) points[c] = unit();
    for (size_t i = 0; i < MANY; i++)
        for (size_t j = 0; j < MANY; j++)
            distances[i * MANY + j] =
                hypot(points[2 * i] - points[2 * j], points[2 * i + 1] - points[2 * j + 1]);
    for (size_t n = 150; n <= MANY; n += 625)
        for (uint64_t seed = 0; seed < 3; seed++) {
            mds_problem of = {.size = sizeof of, .n = n, .delta = distances, .ld = MANY};
            mds_fit_options options = seeded(seed);
            mds_result result = fit(&of, 2, &options, map);
            if (!(result.stress1 <= 1e-7)) fail_msg("%zu points, seed %d: %g", n, (int)seed, result.stress1);
        }
    free(distances);
    free(map);
    free(points);
}

/* Those of a line in the plane: the loss is the fourth power of what is off the line. */
static void a_line_in_the_plane(void **state)
{
    (void)state;
    double map[2 * N];
    mds_problem of = points_of_space(25, 1, 3);
    for (uint64_t seed = 0; seed < 10; seed++) {
        mds_fit_options options = seeded(seed);
        assert_true(fit(&of, 2, &options, map).stress1 <= 1e-7);
    }
}

static void a_grid_and_a_circle(void **state)
{
    (void)state;
    double points[2 * N], map[2 * N];
    for (size_t i = 0; i < 25; i++) points[2 * i] = (double)(i / 5), points[2 * i + 1] = (double)(i % 5);
    mds_problem of = distances_of(25, 2, points);
    mds_fit_options options = seeded(1);
    assert_true(fit(&of, 2, &options, map).stress1 <= 1e-7);
    for (size_t i = 0; i < 31; i++) {
        points[2 * i] = cos((double)i * 6.283185307179586 / 31);
        points[2 * i + 1] = sin((double)i * 6.283185307179586 / 31);
    }
    of = distances_of(31, 2, points);
    assert_true(fit(&of, 2, &options, map).stress1 <= 1e-7);
}

static void weights_and_missing_pairs(void **state)
{
    (void)state;
    double map[2 * N];
    mds_problem of = points_of_space(20, 2, 5);
    for (size_t i = 0; i < 20; i++)
        for (size_t j = 0; j < i; j++) {
            weights[i * 20 + j] = weights[j * 20 + i] = 0.1 + unit();
            if (unit() < 0.2) delta[i * 20 + j] = delta[j * 20 + i] = NAN;
        }
    of.weights = weights;
    of.ldw = 20;
    for (uint64_t seed = 0; seed < 10; seed++) {
        mds_fit_options options = seeded(seed);
        assert_true(fit(&of, 2, &options, map).stress1 <= 1e-7);
    }
}

/* An error in a pair or two: absolute loss passes it by, Huber's nearly. */
static void losses_that_bear_outliers(void **state)
{
    (void)state;
    double map[2 * N];
    mds_problem of = points_of_space(15, 2, 8);
    delta[3 * 15 + 7] = delta[7 * 15 + 3] += 2;
    for (uint64_t seed = 0; seed < 10; seed++) {
        mds_fit_options options = seeded(seed);
        options.loss = MDS_LOSS_ABSOLUTE;
        mds_result result = fit(&of, 2, &options, map);
        if (!(fabs(result.absolute - 2) < 1e-4)) fail_msg("seed %d: %g", (int)seed, result.absolute);
        options.loss = MDS_LOSS_HUBER;
        options.huber = 1e-3;
        assert_true(fit(&of, 2, &options, map).absolute < 2.1);
    }
}

static bool never_back(const mds_iteration *iteration, void *context)
{
    double *last = context;
    assert_true(iteration->fraction >= *last && iteration->fraction <= 1);
    *last = iteration->fraction;
    return true;
}

/* Absolute loss has no gradient: pattern search ends it, and by its own criterion. */
static void absolute_loss_converges(void **state)
{
    (void)state;
    static small_set set;
    double map[2 * SMALL_SET_MOST];
    for (size_t s = 0; s < 4; s++) {
        assert_true(small_set_load(s, &set));
        double last = 0;
        mds_fit_options options = seeded(s);
        options.loss = MDS_LOSS_ABSOLUTE;
        options.progress = never_back;
        options.context = &last;
        mds_result result = fit(&set.problem, 2, &options, map);
        assert_int_equal(result.stop, MDS_STOP_CONVERGED);
        assert_true(result.loss <= result.start_loss && result.iterations < 10000);
        options.progress = NULL;
        options.start = MDS_START_GIVEN; /* no map is left for a worse one */
        assert_true(fit(&set.problem, 2, &options, map).loss <= result.loss * (1 + 1e-12));
    }
}

static void all_shapes_end_in_numbers(void **state)
{
    (void)state;
    double map[N * 6];
    for (size_t n = 1; n <= N; n = n < 6 ? n + 1 : n * 2)
        for (size_t p = 1; p <= 6; p++)
            for (int kind = 0; kind < 3; kind++) {
                for (size_t c = 0; c < n * n; c++) delta[c] = kind == 0 ? 0 : 1;
                for (size_t i = 0; i < n; i++) delta[i * n + i] = 0;
                if (kind == 2 && n > 2) delta[1] = delta[n] = 0; /* a duplicate */
                mds_problem of = {.size = sizeof of, .n = n, .delta = delta, .ld = n};
                for (mds_loss loss = MDS_LOSS_SQUARED; loss <= MDS_LOSS_HUBER; loss++) {
                    mds_fit_options options = seeded(n);
                    options.loss = loss;
                    mds_result result = fit(&of, p, &options, map);
                    assert_true(isfinite(result.loss) && result.loss <= result.start_loss);
                    for (size_t c = 0; c < n * p; c++) assert_true(isfinite(map[c]));
                    if (kind < 2 && p + 1 >= n && loss == MDS_LOSS_SQUARED)
                        assert_true(result.stress1 <= 1e-7 || kind == 0);
                }
            }
}

/* ---- what the result says ---- */

static void outcomes_agree_with_the_result(void **state)
{
    (void)state;
    static small_set set;
    double map[2 * SMALL_SET_MOST];
    mds_outcome outcomes[200];
    assert_true(small_set_load(2, &set));
    for (unsigned starts = 0; starts <= 9; starts += 9) {
        mds_fit_options options = seeded(4);
        options.starts = starts;
        options.outcomes = outcomes;
        options.outcome_capacity = 200;
        options.outcome_step = sizeof *outcomes;
        mds_result result = fit(&set.problem, 2, &options, map);
        if (starts) assert_int_equal(result.starts, starts);
        unsigned best = 0;
        assert_true(result.best_start < result.starts && result.starts <= 200);
        for (unsigned i = 0; i < result.starts; i++) {
            assert_int_equal(outcomes[i].start, i ? MDS_START_RANDOM : MDS_START_CLASSICAL);
            assert_true(outcomes[i].loss >= result.loss * (1 - 1e-6));
            best += outcomes[i].loss <= result.loss * (1 + 1e-5);
        }
        assert_true(best <= result.best_count);
    }
}

/* A start that is given is descended from, and left alone otherwise. */
static void a_given_start_is_respected(void **state)
{
    (void)state;
    static small_set set;
    double map[2 * SMALL_SET_MOST];
    assert_true(small_set_load(3, &set));
    size_t n = set.problem.n;
    for (size_t c = 0; c < 2 * n; c++) map[c] = 1000 * unit();
    mds_fit_options options = seeded(1);
    options.start = MDS_START_GIVEN;
    double again[2 * SMALL_SET_MOST];
    memcpy(again, map, sizeof map);
    mds_result result = fit(&set.problem, 2, &options, map);
    assert_int_equal(result.starts, 1);
    options.seed = 2;
    mds_result other = fit(&set.problem, 2, &options, again);
    assert_true(other.loss == result.loss && result.loss < result.start_loss);
    for (size_t line = 0; line < 2; line++) { /* which a slope does not leave */
        mds_error error;
        for (size_t c = 0; c < 2 * n; c++) map[c] = line ? (double)(c / 2) : 1;
        memcpy(again, map, sizeof map);
        assert_int_equal(mds_fit(&set.problem, 2, &options, map, 2, NULL, &error), MDS_DATA);
        assert_non_null(strstr(error.message, line ? "on one line" : "in one place"));
        assert_memory_equal(map, again, sizeof map);
    }
}

static bool stop_soon(const mds_iteration *iteration, void *context)
{
    assert_true(iteration->fraction >= 0 && iteration->fraction <= 1);
    return iteration->iteration < *(uint64_t *)context;
}

static void stops_when_told(void **state)
{
    (void)state;
    static small_set set;
    double map[2 * SMALL_SET_MOST];
    assert_true(small_set_load(3, &set));
    for (uint64_t at = 1; at < 300; at = at * 3) {
        mds_fit_options options = seeded(1);
        options.progress = stop_soon;
        options.context = &at;
        mds_result result = fit(&set.problem, 2, &options, map);
        assert_int_equal(result.stop, MDS_STOP_CANCELLED);
        assert_int_equal(result.iterations, at);
        assert_true(result.loss <= result.start_loss);
        options.loss = MDS_LOSS_ABSOLUTE;
        result = fit(&set.problem, 2, &options, map);
        assert_int_equal(result.stop, MDS_STOP_CANCELLED);
        assert_int_equal(result.iterations, at);
        assert_true(result.loss <= result.start_loss);
    }
    mds_fit_options options = seeded(1);
    options.max_seconds = 1e-9;
    assert_int_equal(fit(&set.problem, 2, &options, map).stop, MDS_STOP_TIME);
}

/* Large enough for threads, in which relocation is done. */
static void the_same_bits_at_any_number_of_threads(void **state)
{
    (void)state;
    enum { MANY = 400, M = 5 };
    static double features[MANY * M], large[MANY * MANY], first[2 * MANY], map[2 * MANY];
    random_state = 11;
    for (size_t i = 0; i < MANY * M; i++) features[i] = unit() + (double)(i / M % 4) * (double)(i % M == 0);
    mds_distance_options how = {.size = sizeof how, .threads = 1};
    assert_int_equal(mds_distances(features, MANY, M, M, &how, large, MANY, NULL), MDS_OK);
    mds_problem of = {.size = sizeof of, .n = MANY, .delta = large, .ld = MANY};
    for (mds_loss loss = MDS_LOSS_SQUARED; loss <= MDS_LOSS_HUBER; loss++)
        for (unsigned threads = 1; threads <= 5; threads += threads < 2 ? 1 : 3) {
            mds_fit_options options = seeded(3);
            options.threads = threads;
            options.loss = loss;
            mds_result result = fit(&of, 2, &options, threads == 1 ? first : map);
            assert_true(result.loss < result.start_loss);
            if (threads > 1) assert_memory_equal(map, first, sizeof map);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_map_known_from_every_seed),
        cmocka_unit_test(points_of_the_space_are_found_again),
        cmocka_unit_test(many_points_of_the_plane_are_found_again),
        cmocka_unit_test(a_line_in_the_plane),
        cmocka_unit_test(a_grid_and_a_circle),
        cmocka_unit_test(weights_and_missing_pairs),
        cmocka_unit_test(losses_that_bear_outliers),
        cmocka_unit_test(absolute_loss_converges),
        cmocka_unit_test(all_shapes_end_in_numbers),
        cmocka_unit_test(outcomes_agree_with_the_result),
        cmocka_unit_test(a_given_start_is_respected),
        cmocka_unit_test(stops_when_told),
        cmocka_unit_test(the_same_bits_at_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
