/* Majorization and the quasi-Newton method: what must hold of a descent whatever the data. */
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 400, M = 6, TRACE = 400, MOST_P = 4 };

static double features[N * M], delta[N * N], weights[N * N], start[N * MOST_P];
static mds_problem problem = {.size = sizeof(mds_problem), .n = N, .delta = delta, .ld = N};

static double wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return t - floor(t);
}

static int make_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < N * M; i++) features[i] = 10 * wave(i);
    for (size_t i = 0; i < N * MOST_P; i++) start[i] = 8 * wave(i + 10000) - 4;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++)
            weights[i * N + j] = weights[j * N + i] = wave(i * N + j) < 0.2 ? 0 : wave(j * N + i);
    mds_distance_options options = {.size = sizeof options};
    return mds_distances(features, N, M, M, &options, delta, N, NULL) != MDS_OK;
}

/* A variant of a method. */
struct variant {
    const char *method;
    mds_acceleration acceleration;
    mds_precision precision;
    mds_loss loss;
};

static const struct variant variants[] = {
    {.method = "lbfgs"},
    {.method = "lbfgs", .loss = MDS_LOSS_HUBER},
    {.method = "smacof"},
    {.method = "smacof", .acceleration = MDS_ACCELERATION_RELAXED},
    {.method = "smacof", .acceleration = MDS_ACCELERATION_NONE},
    {.method = "smacof", .precision = MDS_PRECISION_SINGLE},
    {.method = "smacof", .loss = MDS_LOSS_HUBER},
    {.method = "smacof", .loss = MDS_LOSS_ABSOLUTE},
};
enum { VARIANTS = sizeof variants / sizeof *variants };

static mds_iteration trace[TRACE];

static mds_fit_options options_of(const struct variant *variant)
{
    return (mds_fit_options){.size = sizeof(mds_fit_options),
                             .method = variant->method,
                             .loss = variant->loss,
                             .huber = variant->loss == MDS_LOSS_HUBER ? 2 : 0,
                             .start = MDS_START_GIVEN,
                             .iterations = 60,
                             .threads = 1,
                             .trace = trace,
                             .trace_capacity = TRACE,
                             .trace_step = sizeof *trace};
}

static mds_result fit(const mds_problem *of, size_t p, const struct variant *variant, mds_fit_options options,
                      double *map)
{
    mds_result result = {.size = sizeof result};
    mds_smacof_options smacof = {
        .size = sizeof smacof, .acceleration = variant->acceleration, .precision = variant->precision};
    mds_error error;
    if (strcmp(variant->method, "smacof") == 0) options.method_options = &smacof;
    if (mds_fit(of, p, &options, map, p, &result, &error) != MDS_OK)
        fail_msg("%s: %s", variant->method, error.message);
    for (size_t i = 0; i < of->n * p; i++) assert_true(isfinite(map[i]));
    return result;
}

/* ---- brute force ---- */

static double pair_loss(mds_loss loss, double h, double error)
{
    double size = fabs(error);
    if (loss == MDS_LOSS_ABSOLUTE) return size;
    return loss == MDS_LOSS_SQUARED || size <= h ? size * size : h * (2 * size - h);
}

static double loss_of(const mds_problem *of, const double *map, size_t p, mds_loss loss, double h)
{
    double sum = 0;
    for (size_t i = 0; i < of->n; i++)
        for (size_t j = 0; j < i; j++) {
            double g = of->delta[i * of->ld + j], w = of->weights ? of->weights[i * of->ldw + j] : 1, d2 = 0;
            if (isnan(g)) continue;
            for (size_t k = 0; k < p; k++) d2 += pow(map[i * p + k] - map[j * p + k], 2);
            sum += w * pair_loss(loss, h, g - sqrt(d2));
        }
    return sum;
}

/* The norm of the gradient as mds_result defines it, by central differences. */
static double numeric_gradient(const mds_problem *of, double *map, size_t p, mds_loss loss, double h)
{
    double norm2 = 0, size2 = 0, weight = 0;
    for (size_t k = 0; k < p; k++) {
        double mean = 0;
        for (size_t i = 0; i < of->n; i++) mean += map[i * p + k] / (double)of->n;
        for (size_t i = 0; i < of->n; i++) {
            double at = map[i * p + k], by = 1e-5;
            map[i * p + k] = at + by;
            double above = loss_of(of, map, p, loss, h);
            map[i * p + k] = at - by;
            double below = loss_of(of, map, p, loss, h);
            map[i * p + k] = at;
            norm2 += pow((above - below) / (2 * by), 2);
            size2 += pow(at - mean, 2);
        }
    }
    for (size_t i = 0; i < of->n; i++)
        for (size_t j = 0; j < i; j++)
            if (!isnan(of->delta[i * of->ld + j])) weight += of->weights ? of->weights[i * of->ldw + j] : 1;
    double mean_weight = weight / ((double)of->n * (double)(of->n - 1) / 2);
    return sqrt(norm2) / (2 * (double)of->n * mean_weight * sqrt(size2));
}

/* The first `n` objects, with weights and a missing pair where `hard`. */
static mds_problem part(size_t n, bool hard, double *storage)
{
    mds_problem of = problem;
    of.n = n;
    if (!hard) return of;
    memcpy(storage, delta, N * N * sizeof *storage);
    for (size_t i = 0; i + 3 < n; i += 4) storage[i * N + i + 2] = storage[(i + 2) * N + i] = NAN;
    of.delta = storage;
    of.weights = weights;
    of.ldw = N;
    return of;
}

/* ---- tests ---- */

static void never_uphill(void **state)
{
    (void)state;
    static double map[N * MOST_P], storage[N * N];
    for (int v = 0; v < VARIANTS; v++)
        for (size_t p = 1; p <= 4; p++)
            for (int hard = 0; hard < 2; hard++) {
                mds_problem of = part(60, hard, storage);
                memcpy(map, start, sizeof map);
                mds_result result = fit(&of, p, &variants[v], options_of(&variants[v]), map);
                assert_true(result.loss <= result.start_loss);
                double slack = variants[v].precision == MDS_PRECISION_SINGLE ? 1e-6 : 1e-12;
                for (size_t t = 1; t < result.trace_used; t++)
                    assert_true(trace[t].loss <= trace[t - 1].loss * (1 + 1e-15));
                if (variants[v].loss == MDS_LOSS_ABSOLUTE) continue; /* the trace bounds it */
                double want = loss_of(&of, map, p, variants[v].loss, 2);
                assert_true(fabs(result.loss - want) <= 1e-11 * want);
                assert_true(fabs(trace[result.trace_used - 1].loss - want) <= slack * want);
            }
}

static void the_absolute_loss_is_bounded_by_its_trace(void **state)
{
    (void)state;
    static double map[N * MOST_P];
    struct variant variant = {.method = "smacof", .loss = MDS_LOSS_ABSOLUTE};
    mds_problem of = problem;
    of.n = 40;
    mds_fit_options options = options_of(&variant);
    options.iterations = 2000;
    memcpy(map, start, sizeof map);
    mds_result result = fit(&of, 2, &variant, options, map);
    double want = loss_of(&of, map, 2, MDS_LOSS_ABSOLUTE, 0), size = 0;
    assert_true(fabs(result.loss - want) <= 1e-11 * want);
    assert_true(trace[TRACE - 1].loss >= want || result.trace_used < TRACE);

    /* Pattern search, which needs no gradient, finds nothing better nearby. */
    struct variant pattern = {.method = "pattern", .loss = MDS_LOSS_ABSOLUTE};
    options = options_of(&pattern);
    options.iterations = 0;
    mds_pattern_options moves = {.size = sizeof moves, .radius = 0.01, .smallest_radius = 1e-6};
    options.method_options = &moves;
    for (size_t i = 0; i < 40 * 2; i++) size += fabs(map[i]);
    mds_result better = fit(&of, 2, &pattern, options, map);
    assert_true(size > 0 && better.loss <= want && better.loss > want * (1 - 2e-3));
}

static void the_gradient_is_that_of_central_differences(void **state)
{
    (void)state;
    static double map[N * MOST_P], storage[N * N];
    for (int v = 0; v < VARIANTS; v++) {
        if (variants[v].loss == MDS_LOSS_ABSOLUTE) continue;
        for (size_t p = 1; p <= 4; p++)
            for (int hard = 0; hard < 2; hard++) {
                mds_problem of = part(23, hard, storage);
                mds_fit_options options = options_of(&variants[v]);
                options.iterations = 2;
                memcpy(map, start, sizeof map);
                mds_result result = fit(&of, p, &variants[v], options, map);
                double want = numeric_gradient(&of, map, p, variants[v].loss, 2);
                assert_true(fabs(result.gradient - want) <= 1e-5 * want + 1e-7);
            }
    }
}

static void ends_at_a_stationary_point(void **state)
{
    (void)state;
    static double map[N * MOST_P], storage[N * N];
    for (int v = 0; v < VARIANTS; v++) {
        if (variants[v].loss == MDS_LOSS_ABSOLUTE) continue;
        for (int hard = 0; hard < 2; hard++) {
            mds_problem of = part(30, hard, storage);
            mds_fit_options options = options_of(&variants[v]);
            options.iterations = 0;
            memcpy(map, start, sizeof map);
            mds_result result = fit(&of, 2, &variants[v], options, map);
            assert_int_equal(result.stop, MDS_STOP_CONVERGED);
            bool rough = variants[v].precision == MDS_PRECISION_SINGLE;
            assert_true(result.gradient < (rough                                 ? 1e-3
                                           : strcmp(variants[v].method, "lbfgs") ? 1e-4
                                                                                 : 1.1e-7));
        }
    }
}

static void the_same_bits_at_any_number_of_threads(void **state)
{
    (void)state;
    static double one[N * MOST_P], many[N * MOST_P], storage[N * N];
    for (int v = 0; v < VARIANTS; v++)
        for (size_t p = 2; p <= 4; p += 2) {
            mds_problem of = part(N, p == 4, storage);
            mds_fit_options options = options_of(&variants[v]);
            options.iterations = 4;
            memcpy(one, start, sizeof one);
            double loss = fit(&of, p, &variants[v], options, one).loss;
            for (unsigned threads = 2; threads <= 5; threads += 3) {
                options.threads = threads;
                memcpy(many, start, sizeof many);
                assert_true(fit(&of, p, &variants[v], options, many).loss == loss);
                assert_memory_equal(one, many, N * p * sizeof *one);
            }
        }
}

static void levels_agree(void **state)
{
    (void)state;
    static double plain[N * MOST_P], map[N * MOST_P], storage[N * N];
    for (int v = 0; v < VARIANTS; v++)
        for (int isa = MDS_ISA_AVX2; isa <= MDS_ISA_NEON; isa++) {
            if (!mds_isa_available((mds_isa)isa)) continue;
            for (int hard = 0; hard < 2; hard++) {
                mds_problem of = part(100, hard, storage);
                mds_fit_options options = options_of(&variants[v]);
                options.iterations = 3; /* rounding errors grow with the path */
                options.isa = MDS_ISA_SCALAR;
                memcpy(plain, start, sizeof plain);
                double want = fit(&of, 2, &variants[v], options, plain).loss;
                options.isa = (mds_isa)isa;
                memcpy(map, start, sizeof map);
                double got = fit(&of, 2, &variants[v], options, map).loss;
                bool single = variants[v].precision == MDS_PRECISION_SINGLE;
                assert_true(fabs(got - want) <= (single ? 1e-5 : 1e-9) * want);
            }
        }
}

static void data_2_to_the_k_times_as_large(void **state)
{
    (void)state;
    static double large[N * N], one[N * MOST_P], map[N * MOST_P];
    for (int v = 0; v < VARIANTS; v++)
        for (int k = -700; k <= 700; k += 350) {
            mds_problem of = part(40, false, NULL), scaled = of;
            mds_fit_options options = options_of(&variants[v]);
            options.iterations = 20;
            memcpy(one, start, sizeof one);
            mds_result want = fit(&of, 2, &variants[v], options, one);
            for (size_t i = 0; i < N * N; i++) large[i] = ldexp(delta[i], k);
            for (size_t i = 0; i < N * MOST_P; i++) map[i] = ldexp(start[i], k);
            scaled.delta = large;
            options.huber = ldexp(options.huber, k);
            mds_result got = fit(&scaled, 2, &variants[v], options, map);
            for (size_t i = 0; i < 40 * 2; i++) assert_true(map[i] == ldexp(one[i], k));
            assert_true(got.normalized == want.normalized);
            assert_true(got.gradient == want.gradient || isnan(want.gradient));
        }
}

static void turned_and_renumbered(void **state)
{
    (void)state;
    static double other[N * N], map[N * MOST_P];
    enum { n = 50 };
    double c = cos(1), s = sin(1);
    for (int v = 0; v < VARIANTS; v++) {
        mds_problem of = part(n, false, NULL), renumbered = of;
        mds_fit_options options = options_of(&variants[v]);
        options.iterations = 3;
        memcpy(map, start, sizeof map);
        double want = fit(&of, 2, &variants[v], options, map).loss;
        for (size_t i = 0; i < n; i++) {
            size_t from = (i * 7 + 3) % n;
            for (size_t j = 0; j < n; j++) other[i * N + j] = delta[from * N + (j * 7 + 3) % n];
            map[2 * i] = c * start[2 * from] - s * start[2 * from + 1] + 5;
            map[2 * i + 1] = s * start[2 * from] + c * start[2 * from + 1] - 1;
        }
        renumbered.delta = other;
        double got = fit(&renumbered, 2, &variants[v], options, map).loss;
        bool single = variants[v].precision == MDS_PRECISION_SINGLE;
        assert_true(fabs(got - want) <= (single ? 1e-5 : 1e-9) * want);
    }
}

/* Points that coincide, and all of them: no NaN, and never worse. */
static void coinciding_points(void **state)
{
    (void)state;
    static double map[N * MOST_P], zero[N * N];
    for (int v = 0; v < VARIANTS; v++)
        for (int kind = 0; kind < 4; kind++) {
            mds_problem of = part(20, false, NULL);
            if (kind == 3) of.delta = zero;
            memcpy(map, start, sizeof map);
            for (size_t i = 0; i < 20; i++)
                for (size_t k = 0; k < 2; k++) {
                    if (kind == 0 && i % 2) map[2 * i + k] = map[2 * i + k - 2];
                    if (kind == 1) map[2 * i + k] = 0;
                    if (kind == 2) map[2 * i + k] = 3 + (double)i * 1e-200;
                }
            if (kind == 1 || kind == 2) { /* no gradient leads away from there */
                mds_fit_options options = options_of(&variants[v]);
                mds_error error;
                assert_int_equal(mds_fit(&of, 2, &options, map, 2, NULL, &error), MDS_DATA);
                assert_non_null(strstr(error.message, "in one place"));
                continue;
            }
            mds_result result = fit(&of, 2, &variants[v], options_of(&variants[v]), map);
            assert_true(result.loss <= result.start_loss && isfinite(result.loss));
            if (kind == 3) assert_true(result.loss <= 1e-6 * result.start_loss);
        }
}

static void few_objects_and_many_dimensions(void **state)
{
    (void)state;
    static double map[N * MOST_P];
    for (int v = 0; v < VARIANTS; v++)
        for (size_t n = 1; n <= 6; n++)
            for (size_t p = 1; p <= MOST_P; p++) {
                mds_problem of = part(n, false, NULL);
                mds_fit_options options = options_of(&variants[v]);
                options.iterations = 3000;
                memcpy(map, start, sizeof map);
                mds_result result = fit(&of, p, &variants[v], options, map);
                assert_true(result.loss <= result.start_loss);
                bool squared = variants[v].loss == MDS_LOSS_SQUARED;
                if (n <= 2 || (squared && n <= 3 && p >= 2)) assert_true(result.normalized < 1e-3);
            }
}

/* Two groups without a pair between them: each is placed as if alone. */
static void parts_without_a_pair_between(void **state)
{
    (void)state;
    static double map[N * MOST_P], storage[N * N];
    enum { n = 24 };
    for (int v = 0; v < VARIANTS; v++) {
        memcpy(storage, delta, sizeof storage);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                if ((i < n / 2) != (j < n / 2)) storage[i * N + j] = NAN;
        mds_problem of = part(n, false, NULL);
        of.delta = storage;
        memcpy(map, start, sizeof map);
        mds_result result = fit(&of, 2, &variants[v], options_of(&variants[v]), map);
        assert_true(result.loss < result.start_loss);
        for (size_t k = 0; k < 2 && variants[v].loss == MDS_LOSS_SQUARED; k++) { /* weights all equal */
            double before = 0, after = 0;
            for (size_t i = 0; i < n / 2; i++) before += start[2 * i + k], after += map[2 * i + k];
            assert_true(fabs(before - after) < (variants[v].precision ? 1e-4 : 1e-9));
        }
    }
}

static bool stop_at_third(const mds_iteration *iteration, void *context)
{
    *(double *)context = iteration->loss;
    return iteration->iteration < 3;
}

static void a_stop_keeps_the_best_so_far(void **state)
{
    (void)state;
    static double map[N * MOST_P];
    for (int v = 0; v < VARIANTS; v++) {
        double last = 0;
        mds_problem of = part(50, false, NULL);
        mds_fit_options options = options_of(&variants[v]);
        options.progress = stop_at_third;
        options.context = &last;
        memcpy(map, start, sizeof map);
        mds_result result = fit(&of, 2, &variants[v], options, map);
        assert_int_equal(result.stop, MDS_STOP_CANCELLED);
        assert_int_equal(result.iterations, 3);
        assert_true(result.loss <= last * (1 + 1e-5));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_uphill),
        cmocka_unit_test(the_absolute_loss_is_bounded_by_its_trace),
        cmocka_unit_test(the_gradient_is_that_of_central_differences),
        cmocka_unit_test(ends_at_a_stationary_point),
        cmocka_unit_test(the_same_bits_at_any_number_of_threads),
        cmocka_unit_test(levels_agree),
        cmocka_unit_test(data_2_to_the_k_times_as_large),
        cmocka_unit_test(turned_and_renumbered),
        cmocka_unit_test(coinciding_points),
        cmocka_unit_test(few_objects_and_many_dimensions),
        cmocka_unit_test(parts_without_a_pair_between),
        cmocka_unit_test(a_stop_keeps_the_best_so_far),
    };
    return cmocka_run_group_tests_name("descent", tests, make_data, NULL);
}
