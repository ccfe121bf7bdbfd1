/*
 * Fits at scale levels: numbers of R's vegan and of the field, exact recoveries, and what holds for every
 * method.
 *
 * vegan's are those of vegan 2.6-4 in R 4.2.2, for d <- as.dist(m) of the files in data/:
 *     monoMDS(d, y = cmdscale(d, 2), k = 2, model = M, weakties = W, maxit = 5000, smin = 1e-9, sfgrmin =
 * 1e-9, sratmax = 1 - 1e-9)$stress where M is "global", W TRUE for primary ties and FALSE for secondary ones;
 * M is "linear" for the level interval (the best of 60 random starts). Where its line is below 0 for some
 * dissimilarity (ekman), ours is not allowed to be. MASS 7.3-58.2's isoMDS keeps the order in which equal
 * dissimilarities happen to stand.
 */
#include "random.h"
#include "small_sets.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LEVELS = 5, TRACE = 400 };

static const char *const methods[] = {"auto", "smacof", "lbfgs", "pattern", "sgd"};
enum { METHODS = sizeof methods / sizeof *methods };

static mds_iteration trace[TRACE];

static mds_result fit(const mds_problem *problem, size_t p, const mds_fit_options *options, double *x)
{
    mds_result result = {.size = sizeof result};
    mds_error error;
    if (mds_fit(problem, p, options, x, p, &result, &error) != MDS_OK) fail_msg("%s", error.message);
    return result;
}

static const small_set *set_named(const char *name)
{
    static small_set set;
    for (size_t i = 0; i < small_sets_count(); i++)
        if (small_set_load(i, &set) && strcmp(set.name, name) == 0) return &set;
    fail_msg("there is no set %s", name);
    return NULL;
}

/* ---- published numbers ---- */

static void numbers_of_vegan(void **state)
{
    (void)state;
    static const struct {
        const char *set;
        mds_level level;
        mds_ties ties;
        double stress1;
    } cases[] = {
        {"ekman", MDS_LEVEL_ORDINAL, MDS_TIES_PRIMARY, 0.02310251},
        {"ekman", MDS_LEVEL_ORDINAL, MDS_TIES_SECONDARY, 0.03158585},
        {"eurodist", MDS_LEVEL_ORDINAL, MDS_TIES_PRIMARY, 0.05800697},
        {"eurodist", MDS_LEVEL_ORDINAL, MDS_TIES_SECONDARY, 0.05929896},
        {"eurodist", MDS_LEVEL_INTERVAL, MDS_TIES_PRIMARY, 0.07123868},
        {"us_cities_road", MDS_LEVEL_INTERVAL, MDS_TIES_PRIMARY, 0.01399029},
        {"us_cities_air", MDS_LEVEL_INTERVAL, MDS_TIES_PRIMARY, 0.00165759},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (size_t m = 0; m < 3; m++) {
            double x[2 * SMALL_SET_MOST];
            const small_set *set = set_named(cases[c].set);
            mds_fit_options options = {
                .size = sizeof options, .method = methods[m], .level = cases[c].level, .ties = cases[c].ties};
            mds_result result = fit(&set->problem, 2, &options, x);
            assert_true(fabs(result.stress1 - cases[c].stress1) < 2e-8 + 1e-6 * (m == 1));
        }
}

/* From Torgerson's map, a plain Guttman step for the dissimilarities as they are, then such steps for
 * disparities, until sigma^2, over sum d^^2, falls by less than 1e-10. How many, and where: of an independent
 * program. */
static void steps_of_the_field(void **state)
{
    (void)state;
    static const struct {
        mds_ties ties;
        size_t steps;
        double value;
    } cases[] = {{MDS_TIES_PRIMARY, 103, 0.0005337}, {MDS_TIES_SECONDARY, 51, 0.0009977}};
    const small_set *set = set_named("ekman");
    for (size_t c = 0; c < 2; c++) {
        double x[2 * SMALL_SET_MOST];
        mds_fit_options classical = {.size = sizeof classical, .method = "classical"};
        (void)fit(&set->problem, 2, &classical, x);
        mds_smacof_options smacof = {.size = sizeof smacof, .acceleration = MDS_ACCELERATION_NONE};
        mds_fit_options options = {.size = sizeof options,
                                   .method = "smacof",
                                   .start = MDS_START_GIVEN,
                                   .iterations = 1,
                                   .tolerance = 1e-15,
                                   .method_options = &smacof};
        (void)fit(&set->problem, 2, &options, x);
        options.level = MDS_LEVEL_ORDINAL;
        options.ties = cases[c].ties;
        options.iterations = options.trace_capacity = TRACE;
        options.trace = trace;
        options.trace_step = sizeof *trace;
        mds_result result = fit(&set->problem, 2, &options, x);
        double size = result.raw / (result.normalized * result.normalized), before = result.start_loss / size;
        size_t t = 0;
        while (t < result.trace_used && before - trace[t].loss / size >= 1e-10)
            before = trace[t++].loss / size;
        assert_true(fabs(trace[t].loss / size - cases[c].value) < 6e-8);
        assert_int_equal(1 + t + 1, cases[c].steps);
    }
}

/* ---- exact recoveries ---- */

enum { N = 20 };

struct known {
    mds_problem problem;
    double delta[N * N], x[N * 2];
};

/* Dissimilarities that a transformation makes of the distances. */
static void make(struct known *k, double (*of)(double d), uint64_t seed)
{
    fs_random random;
    fs_random_init(&random, seed);
    for (size_t c = 0; c < N * 2; c++) k->x[c] = fs_random_normal(&random);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            double dx = k->x[2 * i] - k->x[2 * j], dy = k->x[2 * i + 1] - k->x[2 * j + 1];
            k->delta[i * N + j] = i == j ? 0 : of(sqrt(dx * dx + dy * dy));
        }
    k->problem = (mds_problem){.size = sizeof k->problem, .n = N, .delta = k->delta, .ld = N};
}

static double line(double d)
{
    return 5 + 2 * d;
}

static double power(double d)
{
    return 3 * sqrt(d);
}

static double bent(double d)
{
    return d < 2 ? d : 2 + 0.01 * (d - 2);
}

static void recovers_the_transformation(void **state)
{
    (void)state;
    struct known k;
    double x[N * 2];
    mds_fit_options options = {.size = sizeof options, .level = MDS_LEVEL_INTERVAL};
    make(&k, line, 1);
    mds_result result = fit(&k.problem, 2, &options, x);
    assert_true(result.stress1 < 1e-6);
    assert_true(fabs(result.intercept / result.slope + 5) < 1e-4); /* d^ = slope (delta - 5) */

    make(&k, power, 2);
    options.level = MDS_LEVEL_LOG;
    result = fit(&k.problem, 2, &options, x);
    assert_true(result.stress1 < 1e-6);
    assert_true(fabs(result.power - 2) < 1e-5);
    assert_true(result.intercept == 0 && result.slope == 0);

    make(&k, bent, 3);
    options.level = MDS_LEVEL_ORDINAL;
    result = fit(&k.problem, 2, &options, x);
    assert_true(result.stress1 < 1e-5);
    assert_true(result.power == 0);
    options.level = MDS_LEVEL_RATIO;
    assert_true(fit(&k.problem, 2, &options, x).stress1 > 0.05);
}

/* What the order of the dissimilarities tells does not change with a rising function of them. */
static void ordinal_sees_the_order_only(void **state)
{
    (void)state;
    const small_set *set = set_named("eurodist");
    size_t n = set->problem.n;
    static double delta[SMALL_SET_MOST * SMALL_SET_MOST];
    double start[2 * SMALL_SET_MOST], x[2 * SMALL_SET_MOST], y[2 * SMALL_SET_MOST];
    fs_random random;
    fs_random_init(&random, 6);
    for (size_t c = 0; c < 2 * n; c++) start[c] = fs_random_normal(&random);
    for (size_t c = 0; c < n * n; c++) delta[c] = set->problem.delta[c] > 0 ? log(set->problem.delta[c]) : 0;
    mds_problem other = {.size = sizeof other, .n = n, .delta = delta, .ld = n};
    for (mds_ties ties = MDS_TIES_PRIMARY; ties <= MDS_TIES_TERTIARY; ties++) {
        mds_fit_options options = {.size = sizeof options,
                                   .method = "lbfgs",
                                   .start = MDS_START_GIVEN,
                                   .level = MDS_LEVEL_ORDINAL,
                                   .ties = ties};
        memcpy(x, start, sizeof x);
        for (size_t c = 0; c < 2 * n; c++) y[c] = start[c] * 1e-3;
        double one = fit(&set->problem, 2, &options, x).stress1;
        for (int again = 0; again < 3; again++) (void)fit(&other, 2, &options, y);
        double two = fit(&other, 2, &options, y).stress1;
        /* other scales of the start make other paths, which may end elsewhere; the end of one is that of both
         */
        mds_stress_values values = {.size = sizeof values};
        mds_stress_options how = {.size = sizeof how, .level = MDS_LEVEL_ORDINAL, .ties = ties};
        assert_int_equal(mds_stress(&other, 2, &how, x, 2, &values, NULL), MDS_OK);
        assert_true(fabs(values.stress1 - one) < 1e-12);
        assert_int_equal(mds_stress(&set->problem, 2, &how, y, 2, &values, NULL), MDS_OK);
        assert_true(fabs(values.stress1 - two) < 1e-12);
    }
}

/* ---- every method ---- */

enum { BIG = 200 };

static double features[BIG * 4], big[BIG * BIG], map[BIG * 3], other_map[BIG * 3];

static int make_big(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 9);
    for (size_t c = 0; c < BIG * 4; c++) features[c] = fs_random_normal(&random);
    if (mds_distances(features, BIG, 4, 4, NULL, big, BIG, NULL) != MDS_OK) return 1;
    for (size_t c = 0; c < BIG * BIG; c++) big[c] = ceil(5 * big[c]) / 5; /* with ties */
    return 0;
}

typedef void check_case(const char *method, mds_level level, mds_ties ties);

static void for_every_level(check_case *check)
{
    for (size_t m = 0; m < METHODS; m++)
        for (int level = MDS_LEVEL_RATIO; level < LEVELS; level++)
            for (int ties = 0; ties < (level == MDS_LEVEL_ORDINAL ? 3 : 1); ties++)
                check(methods[m], (mds_level)level, (mds_ties)ties);
}

/* The result is what mds_stress says of the map, and of what mds_disparities makes of it; a level that allows
 * more fits no worse than the map of the dissimilarities as they are. */
static void check_result(const char *method, mds_level level, mds_ties ties)
{
    mds_problem problem = {.size = sizeof problem, .n = BIG, .delta = big, .ld = BIG};
    mds_fit_options options = {.size = sizeof options, .method = method, .level = level, .ties = ties};
    mds_result result = fit(&problem, 3, &options, map);
    mds_stress_options how = {.size = sizeof how, .level = level, .ties = ties};
    mds_stress_values values = {.size = sizeof values};
    assert_int_equal(mds_stress(&problem, 3, &how, map, 3, &values, NULL), MDS_OK);
    assert_true(fabs(values.stress1 - result.stress1) < 1e-12);
    assert_true(fabs(values.raw - result.raw) <= 1e-12 * (1 + values.raw));
    assert_true(fabs(result.loss - result.raw) <= 1e-9 * (1 + result.raw));
    assert_true(result.loss <= result.start_loss);
    assert_int_equal(result.heaps, 0);
    options.level = MDS_LEVEL_RATIO;
    options.ties = MDS_TIES_PRIMARY;
    double ratio = fit(&problem, 3, &options, map).stress1;
    bool noisy = strcmp(method, "sgd") == 0;
    assert_true(result.stress1 <= ratio * (noisy ? 1.02 : 1 + 1e-9));
}

static void results_are_judged_by_level(void **state)
{
    (void)state;
    for_every_level(check_result);
}

static void check_bits(const char *method, mds_level level, mds_ties ties)
{
    mds_problem problem = {.size = sizeof problem, .n = BIG, .delta = big, .ld = BIG};
    mds_fit_options options = {.size = sizeof options,
                               .method = method,
                               .level = level,
                               .ties = ties,
                               .iterations = 12,
                               .threads = 1};
    mds_result one = fit(&problem, 2, &options, map);
    options.threads = 3;
    mds_result three = fit(&problem, 2, &options, other_map);
    assert_true(one.loss == three.loss && one.stress1 == three.stress1);
    assert_memory_equal(map, other_map, BIG * 2 * sizeof *map);
}

static void the_same_bits_at_any_number_of_threads(void **state)
{
    (void)state;
    for_every_level(check_bits);
}

/* Where new disparities are found in every step, the loss never rises. */
static void check_descent(const char *method, mds_level level, mds_ties ties)
{
    if (strcmp(method, "auto") == 0 || strcmp(method, "sgd") == 0) return;
    mds_problem problem = {.size = sizeof problem, .n = 60, .delta = big, .ld = BIG};
    mds_fit_options options = {.size = sizeof options,
                               .method = method,
                               .level = level,
                               .ties = ties,
                               .iterations = 60,
                               .trace = trace,
                               .trace_capacity = TRACE,
                               .trace_step = sizeof *trace};
    mds_result result = fit(&problem, 2, &options, map);
    double before = result.start_loss;
    for (size_t t = 0; t < result.trace_used; t++) {
        assert_true(trace[t].loss <= before * (1 + 1e-12));
        before = trace[t].loss;
    }
}

static void the_loss_never_rises(void **state)
{
    (void)state;
    for_every_level(check_descent);
}

/* A pair of weight 0 is one that is missing. */
static void check_missing(const char *method, mds_level level, mds_ties ties)
{
    enum { FEW = 40 };
    static double weights[FEW * FEW], delta[FEW * FEW], ones[FEW * FEW];
    for (size_t i = 0; i < FEW; i++)
        for (size_t j = 0; j < FEW; j++) {
            size_t c = i * FEW + j;
            bool missing = (i + j) % 7 == 3;
            ones[c] = 1;
            weights[c] = !missing;
            delta[c] = missing && i != j ? NAN : big[i * BIG + j];
        }
    mds_problem without = {
        .size = sizeof without, .n = FEW, .delta = delta, .ld = FEW, .weights = ones, .ldw = FEW};
    mds_problem weighted = {
        .size = sizeof weighted, .n = FEW, .delta = big, .ld = BIG, .weights = weights, .ldw = FEW};
    mds_fit_options options = {
        .size = sizeof options, .method = method, .level = level, .ties = ties, .iterations = 20};
    mds_result one = fit(&without, 2, &options, map), two = fit(&weighted, 2, &options, other_map);
    assert_int_equal(one.pairs, two.pairs);
    assert_true(one.stress1 == two.stress1);
    assert_memory_equal(map, other_map, FEW * 2 * sizeof *map);
}

static void weight_0_is_missing(void **state)
{
    (void)state;
    for_every_level(check_missing);
}

/* A start that is given to auto is where it descends from: a map of disparities stays what it is. */
static void a_given_start_is_respected(void **state)
{
    (void)state;
    mds_problem problem = {.size = sizeof problem, .n = BIG, .delta = big, .ld = BIG};
    mds_fit_options options = {.size = sizeof options, .level = MDS_LEVEL_ORDINAL, .effort = MDS_EFFORT_HIGH};
    double best = fit(&problem, 2, &options, map).stress1;
    options = (mds_fit_options){.size = sizeof options, .level = MDS_LEVEL_ORDINAL, .start = MDS_START_GIVEN};
    memcpy(other_map, map, BIG * 2 * sizeof *map);
    mds_result result = fit(&problem, 2, &options, other_map);
    assert_true(result.stress1 <= best * (1 + 1e-6));
    double moved = 0, size = 0;
    for (size_t c = 0; c < BIG * 2; c++) {
        moved += (map[c] - other_map[c]) * (map[c] - other_map[c]);
        size += map[c] * map[c];
    }
    assert_true(moved < 1e-3 * size);
}

/* ---- what is told ---- */

/* Two groups: everything within them is more alike than anything between. */
static void degenerate_maps_are_told(void **state)
{
    (void)state;
    enum { FEW = 12 };
    double delta[FEW * FEW] = {0}, x[FEW * 2];
    fs_random random;
    fs_random_init(&random, 4);
    for (size_t i = 0; i < FEW; i++)
        for (size_t j = 0; j < i; j++) {
            bool together = (i < FEW / 2) == (j < FEW / 2);
            delta[i * FEW + j] = delta[j * FEW + i] = (together ? 1 : 2) + 0.5 * fs_random_unit(&random);
        }
    mds_problem problem = {.size = sizeof problem, .n = FEW, .delta = delta, .ld = FEW};
    for (size_t m = 0; m < 4; m++) {
        mds_fit_options options = {.size = sizeof options, .method = methods[m], .level = MDS_LEVEL_ORDINAL};
        mds_result result = fit(&problem, 2, &options, x);
        printf("%s: %zu heaps, stress-1 %.6f\n", methods[m], result.heaps, result.stress1);
        assert_int_equal(result.heaps, 2);
        assert_true(result.stress1 < 0.01);
        options.level = MDS_LEVEL_RATIO;
        assert_int_equal(fit(&problem, 2, &options, x).heaps, 0);
    }
}

static void dissimilarities_that_are_all_the_same(void **state)
{
    (void)state;
    double delta[] = {0, 3, 3, 3, 0, 3, 3, 3, 0}, x[6] = {42};
    mds_problem problem = {.size = sizeof problem, .n = 3, .delta = delta, .ld = 3};
    mds_fit_options options = {.size = sizeof options, .level = MDS_LEVEL_ORDINAL};
    mds_error error;
    assert_int_equal(mds_fit(&problem, 2, &options, x, 2, NULL, &error), MDS_DATA);
    assert_non_null(strstr(error.message, "all dissimilarities are the same"));
    assert_true(x[0] == 42);
    problem.n = 1; /* nothing to follow, and nothing wrong */
    assert_int_equal(mds_fit(&problem, 2, &options, x, 2, NULL, &error), MDS_OK);
}

/* One dimension: the best order is found though it is not known which disparities will be the best. */
static void on_a_line(void **state)
{
    (void)state;
    struct known k;
    double x[N];
    make(&k, power, 5);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) k.delta[i * N + j] = sqrt(fabs(k.x[2 * i] - k.x[2 * j]));
    for (int level = MDS_LEVEL_ORDINAL; level < LEVELS; level++) {
        if (level == MDS_LEVEL_SPLINE) continue; /* a square is not among them */
        mds_fit_options options = {.size = sizeof options, .level = (mds_level)level};
        assert_true(fit(&k.problem, 1, &options, x).stress1 < 1e-5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_vegan),
        cmocka_unit_test(steps_of_the_field),
        cmocka_unit_test(recovers_the_transformation),
        cmocka_unit_test(ordinal_sees_the_order_only),
        cmocka_unit_test(results_are_judged_by_level),
        cmocka_unit_test(the_same_bits_at_any_number_of_threads),
        cmocka_unit_test(the_loss_never_rises),
        cmocka_unit_test(weight_0_is_missing),
        cmocka_unit_test(a_given_start_is_respected),
        cmocka_unit_test(degenerate_maps_are_told),
        cmocka_unit_test(dissimilarities_that_are_all_the_same),
        cmocka_unit_test(on_a_line),
    };
    return cmocka_run_group_tests(tests, make_big, NULL);
}
