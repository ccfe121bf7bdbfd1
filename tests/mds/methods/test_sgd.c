/* Stochastic descent: the order of its pairs against the naive program, and what must hold whatever the
 * data. */
#include "mdscale.h"
#include "memory.h"
#include "sgd.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 120 };

static double features[N * 8], delta[N * N], weights[N * N], start[N * 8];
static mds_problem problem = {.size = sizeof(mds_problem), .n = N, .delta = delta, .ld = N};

static double wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return t - floor(t);
}

static int make_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < N * 8; i++) features[i] = 10 * wave(i), start[i] = 8 * wave(i + 10000) - 4;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++)
            weights[i * N + j] = weights[j * N + i] = wave(i * N + j) < 0.2 ? 0 : 0.1 + wave(j * N + i);
    mds_distance_options options = {.size = sizeof options};
    return mds_distances(features, N, 8, 8, &options, delta, N, NULL) != MDS_OK;
}

static mds_fit_options defaults(void)
{
    return (mds_fit_options){.size = sizeof(mds_fit_options), .method = "sgd"};
}

static mds_result solve(const mds_problem *of, size_t p, mds_fit_options options, double *map)
{
    mds_result result = {.size = sizeof result};
    mds_error error = {.message = ""};
    if (mds_fit(of, p, &options, map, p, &result, &error) != MDS_OK) fail_msg("%s", error.message);
    for (size_t i = 0; i < of->n * p; i++) assert_true(isfinite(map[i]));
    assert_true(result.loss <= result.start_loss);
    return result;
}

/* ---- the order of the pairs ---- */

/* A job as mds_fit makes it, from `start`. */
struct bench {
    mds_job job;
    mds_share share; /* alone */
    mds_fit_options fit;
    mds_sgd sgd;
    void *block;
};

static void set_up(struct bench *bench, const mds_problem *of, size_t p, unsigned threads, mds_isa isa)
{
    static mds_problem_statistics statistics = {.largest = 1, .largest_weight = 1};
    size_t n = of->n;
    *bench = (struct bench){.job = {.problem = of,
                                    .statistics = &statistics,
                                    .p = p,
                                    .kernels = mds_kernels_for(isa),
                                    .share = &bench->share,
                                    .fit = &bench->fit,
                                    .deadline = HUGE_VAL,
                                    .stride = (n + MDS_STRIDE - 1) / MDS_STRIDE * MDS_STRIDE}};
    assert_int_equal(mds_thread_pool_create(threads, &bench->job.pool, NULL), FS_OK);
    mds_workspace workspace = {0};
    mds_sgd_lay_out(&bench->sgd, &bench->job, &workspace);
    bench->block = fs_alloc_aligned(1, workspace.bytes);
    assert_non_null(bench->block);
    workspace = (mds_workspace){.next = bench->block};
    mds_sgd_lay_out(&bench->sgd, &bench->job, &workspace);
}

static void tear_down(struct bench *bench)
{
    mds_thread_pool_destroy(bench->job.pool);
    fs_free(bench->block);
}

static void descend(struct bench *bench, unsigned passes, double *x)
{
    mds_sgd_settings settings = {.passes = passes, .first_step = 0.4, .last_step = 0.1, .silent = true};
    fs_random random;
    fs_random_init(&random, 5);
    assert_true(mds_sgd_descend(&bench->sgd, &settings, &random, x));
}

/* Group a (slots 16 a on) against group b, in plain C, as the headers tell it. */
static void naive_tile(const mds_problem *of, const size_t *order, float *x, size_t stride, size_t p,
                       size_t a, size_t b, float step)
{
    for (size_t k = a == b; k < 16; k++)
        for (size_t row = 0; row < 16; row++) {
            size_t column = row ^ (a == b ? k : k ^ (k >> 1)), s = 16 * a + row, t = 16 * b + column;
            if ((a == b && column < row) || s >= of->n || t >= of->n) continue;
            size_t i = order[s], j = order[t];
            float weight = of->weights ? (float)of->weights[i * of->ldw + j] : 1;
            float target = mds_half_value(mds_half_from((float)of->delta[i * of->ld + j])), d2 = 1e-30f;
            if (isnan(target) || weight == 0) continue;
            for (size_t c = 0; c < p; c++) {
                float difference = x[c * stride + t] - x[c * stride + s];
                d2 += difference * difference;
            }
            float half = 0.5f * fminf(step * weight, 1), factor = half - half * target / sqrtf(d2);
            for (size_t c = 0; c < p; c++) {
                float move = factor * (x[c * stride + t] - x[c * stride + s]);
                x[c * stride + s] += move;
                x[c * stride + t] -= move;
            }
        }
}

/* All rounds of the tournament, one pair after the other: groups 0 .. players - 2 stand in a circle, and in
 * round r the pairs are those at equal distance from r. */
static void naive_pass(const mds_problem *of, const size_t *order, float *x, size_t stride, size_t p,
                       float step)
{
    size_t groups = stride / 16, players = groups + groups % 2, circle = players - 1;
    for (size_t a = 0; a < groups; a++) naive_tile(of, order, x, stride, p, a, a, step);
    for (size_t round = 0; round < circle; round++)
        for (size_t i = 0; i < players / 2; i++) {
            size_t a = i ? (round + i) % circle : circle, b = (round + circle - i) % circle;
            if (a < groups && b < groups) naive_tile(of, order, x, stride, p, a, b, step);
        }
}

static void check_order(const mds_problem *of, size_t p, unsigned threads)
{
    size_t n = of->n, stride = (n + 15) / 16 * 16, from = (n + 7) / 8 * 8;
    double *x = calloc(from * p, sizeof *x), *naive = calloc(from * p, sizeof *naive);
    float *y = calloc(stride * p, sizeof *y);
    assert_true(x && y && naive);
    for (size_t c = 0; c < p; c++)
        for (size_t i = 0; i < n; i++) x[c * from + i] = wave(c * n + i);
    memcpy(naive, x, from * p * sizeof *x);
    struct bench bench;
    set_up(&bench, of, p, threads, MDS_ISA_SCALAR);
    descend(&bench, 2, x);
    const size_t *order = bench.sgd.order;
    size_t *seen = calloc(n, sizeof *seen);
    assert_non_null(seen);
    for (size_t c = 0; c < p; c++) {
        double centre = 0;
        for (size_t i = 0; i < n; i++) centre += naive[c * from + i] / (double)n;
        for (size_t s = 0; s < n; s++) {
            assert_true(order[s] < n);
            seen[order[s]]++;
            y[c * stride + s] = (float)(naive[c * from + order[s]] - centre);
        }
    }
    for (size_t i = 0; i < n; i++) assert_int_equal(seen[i], p); /* each point has one slot */
    double first = 0.4, last = 0.1;
    if (of->weights) first /= bench.sgd.smallest_weight, last /= bench.sgd.largest_weight;
    naive_pass(of, order, y, stride, p, (float)first);
    naive_pass(of, order, y, stride, p, (float)last);
    for (size_t c = 0; c < p; c++)
        for (size_t s = 0; s < n; s++) assert_true(x[c * from + order[s]] == (double)y[c * stride + s]);
    tear_down(&bench);
    free(seen);
    free(x);
    free(y);
    free(naive);
}

static void pairs_are_taken_in_the_order_that_is_told(void **state)
{
    (void)state;
    mds_problem weighted = problem, few = problem, holed = problem;
    static double holes[N * N];
    for (size_t i = 0; i < N * N; i++) holes[i] = weights[i] > 0 || i % (N + 1) == 0 ? delta[i] : NAN;
    weighted.weights = weights, weighted.ldw = N;
    holed.delta = holes;
    for (size_t p = 1; p <= 4; p++)
        for (unsigned threads = 1; threads <= 3; threads++) {
            check_order(&problem, p, threads);
            check_order(&weighted, p, threads);
            check_order(&holed, p, threads);
            for (few.n = 1; few.n < 40; few.n += 3) check_order(&few, p, threads);
        }
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    enum { MANY = 2600, P = 2 };
    double *large = malloc(sizeof(double) * MANY * MANY), *first = malloc(sizeof(double) * MANY * P);
    double *map = malloc(sizeof(double) * MANY * P);
    assert_true(large && first && map);
    for (size_t i = 0; i < MANY; i++)
        for (size_t j = 0; j <= i; j++)
            large[i * MANY + j] = large[j * MANY + i] = i == j ? 0 : 1 + wave(i * 31 + j * 7);
    mds_problem of = {.size = sizeof of, .n = MANY, .delta = large, .ld = MANY};
    mds_fit_options options = defaults();
    options.iterations = 3;
    options.threads = 1;
    mds_result one = solve(&of, P, options, first);
    static const unsigned counts[] = {2, 5};
    for (size_t c = 0; c < 2; c++) {
        options.threads = counts[c];
        mds_result result = solve(&of, P, options, map);
        assert_int_equal(result.threads, counts[c]);
        assert_true(result.loss == one.loss);
        assert_memory_equal(map, first, sizeof(double) * MANY * P);
    }
    free(large);
    free(first);
    free(map);
}

/* ---- invariants ---- */

static void a_perfect_map_is_found(void **state)
{
    (void)state;
    static double flat[N * N];
    double map[N * 3];
    for (size_t p = 2; p <= 3; p++) {
        assert_int_equal(mds_distances(features, N, p, 8, NULL, flat, N, NULL), MDS_OK);
        mds_problem of = {.size = sizeof of, .n = N, .delta = flat, .ld = N};
        mds_fit_options options = defaults();
        options.iterations = 200;
        mds_result result = solve(&of, p, options, map);
        assert_true(result.normalized < 1e-3);
    }
}

/* A start that cannot be bettered is kept, to the bit. */
static void never_worse_than_the_start(void **state)
{
    (void)state;
    static double flat[N * N];
    double map[N * 2], kept[N * 2];
    for (size_t i = 0; i < N; i++) memcpy(map + 2 * i, features + 8 * i, 2 * sizeof *map);
    memcpy(kept, map, sizeof map);
    assert_int_equal(mds_distances(features, N, 2, 8, NULL, flat, N, NULL), MDS_OK);
    mds_problem of = {.size = sizeof of, .n = N, .delta = flat, .ld = N};
    mds_sgd_statistics statistics = {.size = sizeof statistics};
    mds_fit_options options = defaults();
    options.start = MDS_START_GIVEN;
    options.method_statistics = &statistics;
    solve(&of, 2, options, map);
    assert_memory_equal(map, kept, sizeof map);
    assert_int_equal(statistics.best_epoch, 0);

    for (size_t i = 0; i < N * N; i++) flat[i] = 0;
    memset(map, 0, sizeof map);
    mds_result result = solve(&of, 2, options, map);
    assert_int_equal(result.stop, MDS_STOP_EXACT);
}

static void scale_does_not_matter(void **state)
{
    (void)state;
    static double large[N * N];
    double map[N * 2], other[N * 2];
    for (size_t i = 0; i < N * N; i++) large[i] = ldexp(delta[i], 200);
    mds_problem of = problem;
    of.delta = large;
    mds_result result = solve(&problem, 2, defaults(), map), scaled = solve(&of, 2, defaults(), other);
    assert_true(scaled.normalized == result.normalized);
    for (size_t i = 0; i < N * 2; i++) assert_true(other[i] == ldexp(map[i], 200));
}

static void weight_zero_is_missing_is_nan(void **state)
{
    (void)state;
    static double ones[N * N], holes[N * N];
    double map[N * 2], other[N * 2];
    for (size_t i = 0; i < N * N; i++) {
        ones[i] = weights[i] > 0;
        holes[i] = weights[i] > 0 || i % (N + 1) == 0 ? delta[i] : NAN;
    }
    mds_problem weighted = problem, holed = problem;
    weighted.weights = ones, weighted.ldw = N, holed.delta = holes;
    mds_result a = solve(&weighted, 2, defaults(), map), b = solve(&holed, 2, defaults(), other);
    assert_true(a.loss == b.loss);
    assert_memory_equal(map, other, sizeof map);
    assert_true(a.normalized < 0.5);
}

static void weights_are_heeded(void **state)
{
    (void)state;
    double map[N * 2];
    mds_problem weighted = problem;
    weighted.weights = weights, weighted.ldw = N;
    mds_fit_options options = defaults();
    options.iterations = 100;
    double of_all = solve(&problem, 2, options, map).normalized;
    mds_stress_values values = {.size = sizeof values};
    assert_int_equal(mds_stress(&weighted, 2, NULL, map, 2, &values, NULL), MDS_OK);
    double by_weights = solve(&weighted, 2, options, map).normalized;
    assert_true(by_weights < values.normalized && of_all > 0);
}

static void far_and_degenerate_starts(void **state)
{
    (void)state;
    double map[N * 2];
    mds_fit_options options = defaults();
    options.start = MDS_START_GIVEN;
    options.iterations = 60;
    for (size_t i = 0; i < N * 2; i++) map[i] = 1e60 * start[i];
    assert_true(solve(&problem, 2, options, map).normalized < 0.5);
    for (size_t i = 0; i < N * 2; i++) map[i] = 1e9 + start[i];
    assert_true(solve(&problem, 2, options, map).normalized < 0.5);
    for (size_t i = 0; i < N; i++) map[2 * i] = start[i / 2], map[2 * i + 1] = start[N + i / 2]; /* twins */
    assert_true(solve(&problem, 2, options, map).normalized < 0.5);
    memset(map, 0, sizeof map);
    mds_error error;
    assert_int_equal(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_DATA);
    assert_non_null(strstr(error.message, "in one place"));
}

static void few_objects_and_many_dimensions(void **state)
{
    (void)state;
    double map[3 * 9] = {0}, triangle[] = {0, 3, 4, 3, 0, 5, 4, 5, 0}, same[9] = {0, 2, 2, 2, 0, 2, 2, 2, 0};
    for (size_t n = 1; n <= 3; n++)
        for (size_t p = 1; p <= 9; p++) {
            mds_problem of = {.size = sizeof of, .n = n, .delta = triangle, .ld = 3};
            mds_fit_options options = defaults();
            options.iterations = 200;
            mds_result result = solve(&of, p, options, map);
            if (n > 1 && p >= n - 1) assert_true(result.normalized < 2e-3);
            of.delta = same;
            solve(&of, p, options, map);
        }
}

/* ---- options ---- */

struct watch {
    uint64_t epochs, stop_at;
    double step;
};

static bool watch_epoch(const mds_iteration *epoch, void *context)
{
    struct watch *watch = context;
    assert_int_equal(epoch->iteration, ++watch->epochs);
    assert_true(epoch->step > 0 && epoch->step < watch->step);
    watch->step = epoch->step;
    return watch->epochs != watch->stop_at;
}

static void cancelling_keeps_the_map_so_far(void **state)
{
    (void)state;
    double map[N * 2];
    struct watch watch = {.stop_at = 20, .step = 1};
    mds_sgd_statistics statistics = {.size = sizeof statistics};
    mds_fit_options options = defaults();
    options.progress = watch_epoch;
    options.context = &watch;
    options.method_statistics = &statistics;
    mds_result result = solve(&problem, 2, options, map);
    assert_int_equal(result.stop, MDS_STOP_CANCELLED);
    assert_int_equal(result.iterations, 20);
    assert_int_equal(statistics.best_epoch, 20);
    assert_true(fabs(statistics.step - watch.step) < 1e-6 * watch.step);
    watch = (struct watch){.step = 1};
    result = solve(&problem, 2, options, map);
    assert_int_equal(result.stop, MDS_STOP_CONVERGED);
    assert_int_equal(watch.epochs, result.iterations);
}

static void the_seed_decides(void **state)
{
    (void)state;
    double a[N * 2], b[N * 2];
    mds_fit_options options = defaults();
    options.seed = 11;
    solve(&problem, 2, options, a);
    solve(&problem, 2, options, b);
    assert_memory_equal(a, b, sizeof a);
    options.seed = 12;
    solve(&problem, 2, options, b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void options_are_checked(void **state)
{
    (void)state;
    static const struct {
        double first, last;
        const char *words;
    } cases[] = {{-1, 0, "first step -1"},
                 {1.5, 0, "first step 1.5"},
                 {NAN, 0, "first step nan"},
                 {0.1, 0.2, "last step 0.2"},
                 {0, -1, "last step -1"}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        mds_sgd_options sgd = {.size = sizeof sgd, .first_step = cases[c].first, .last_step = cases[c].last};
        mds_fit_options options = defaults();
        options.method_options = &sgd;
        double map[N * 2];
        mds_error error = {.message = ""};
        assert_int_equal(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT);
        if (!strstr(error.message, cases[c].words))
            fail_msg("\"%s\" does not say \"%s\"", error.message, cases[c].words);
    }
    double map[N * 2];
    mds_fit_options options = defaults();
    options.loss = MDS_LOSS_ABSOLUTE;
    assert_int_equal(mds_fit(&problem, 2, &options, map, 2, NULL, NULL), MDS_UNSUPPORTED);
    mds_error error = {.message = ""};
    options = defaults();
    options.tolerance = 1e-3;
    assert_int_equal(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_UNSUPPORTED);
    assert_non_null(strstr(error.message, "method sgd takes no tolerance"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_taken_in_the_order_that_is_told),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(a_perfect_map_is_found),
        cmocka_unit_test(never_worse_than_the_start),
        cmocka_unit_test(scale_does_not_matter),
        cmocka_unit_test(weight_zero_is_missing_is_nan),
        cmocka_unit_test(weights_are_heeded),
        cmocka_unit_test(far_and_degenerate_starts),
        cmocka_unit_test(few_objects_and_many_dimensions),
        cmocka_unit_test(cancelling_keeps_the_map_so_far),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(options_are_checked),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
