/*
 * A program that was compiled with the first header whose structs begin with their size, mdscale.h in this
 * folder, and runs with today's library. That header stays as it is; what it promised must hold from now on.
 */
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 12, P = 2 };

static double features[N * 3], delta[N * N], weights[N * N];
static mds_problem problem = {.size = sizeof(mds_problem), .n = N, .delta = delta, .ld = N};

/* What lies behind a struct of the caller's must stay as it is. */
#define GUARDED(type)                                                                                        \
    struct {                                                                                                 \
        type it;                                                                                             \
        unsigned char behind[256];                                                                           \
    }
#define GUARD(guarded)                                                                                       \
    (memset(&(guarded), 0xA5, sizeof(guarded)), memset(&(guarded).it, 0, sizeof(guarded).it),                \
     (guarded).it.size = sizeof(guarded).it)

static void untouched(const unsigned char behind[256])
{
    for (size_t i = 0; i < 256; i++) assert_int_equal(behind[i], 0xA5);
}

static int make_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < N * 3; i++) features[i] = sin((double)(i * i));
    for (size_t i = 0; i < N * N; i++) weights[i] = 1;
    mds_distance_options options = {.size = sizeof options, .metric = MDS_EUCLIDEAN, .threads = 1};
    return mds_distances(features, N, 3, 3, &options, delta, N, NULL) != MDS_OK;
}

static bool count_iterations(const mds_iteration *iteration, void *context)
{
    uint64_t *count = context;
    assert_true(iteration->size >= sizeof *iteration);
    assert_int_equal(iteration->iteration, ++*count);
    assert_true(iteration->loss >= 0 && iteration->step > 0 && iteration->moves <= N);
    assert_true(iteration->fraction >= 0 && iteration->fraction <= 1);
    return true;
}

static void fits(void **state)
{
    (void)state;
    GUARDED(mds_result) result;
    GUARDED(mds_pattern_statistics) statistics;
    GUARDED(mds_pattern_options) pattern;
    GUARDED(mds_fit_options) options;
    GUARDED(mds_stress_values) values;
    struct {
        mds_iteration it[4];
        unsigned char behind[256];
    } trace;
    double map[N * P], again[N * P];
    uint64_t count = 0;
    mds_error error = {.message = ""};
    GUARD(result), GUARD(statistics), GUARD(pattern), GUARD(options), GUARD(values);
    memset(&trace, 0xA5, sizeof trace);

    pattern.it.smallest_radius = 1e-6;
    options.it.method = "pattern";
    options.it.level = MDS_LEVEL_RATIO;
    options.it.loss = MDS_LOSS_SQUARED;
    options.it.start = MDS_START_RANDOM;
    options.it.starts = 1;
    options.it.iterations = 5000;
    options.it.tolerance = 1e-3;
    options.it.seed = 3;
    options.it.threads = 1;
    options.it.isa = MDS_ISA_AUTO;
    options.it.progress = count_iterations;
    options.it.context = &count;
    options.it.trace = trace.it;
    options.it.trace_capacity = 4;
    options.it.trace_step = sizeof *trace.it;
    options.it.method_options = &pattern.it;
    options.it.method_statistics = &statistics.it;
    if (mds_fit(&problem, P, &options.it, map, P, &result.it, &error) != MDS_OK)
        fail_msg("%s", error.message);
    untouched(result.behind), untouched(statistics.behind), untouched(trace.behind),
        untouched(options.behind);

    assert_int_equal(result.it.size, sizeof result.it);
    assert_string_equal(result.it.method, "pattern");
    assert_int_equal(result.it.stop, MDS_STOP_CONVERGED);
    assert_string_equal(mds_stop_name(result.it.stop), "converged");
    assert_int_equal(result.it.iterations, count);
    assert_int_equal(result.it.trace_used, 4);
    assert_int_equal(trace.it[3].iteration, 4);
    assert_int_equal(trace.it[3].size, sizeof *trace.it);
    assert_int_equal(result.it.threads, 1);
    assert_int_equal(result.it.isa, mds_isa_best());
    assert_int_equal(result.it.best_start, 0);
    assert_true(result.it.seconds >= 0 && result.it.loss < result.it.start_loss);
    assert_true(statistics.it.moves > 0 && statistics.it.radius > 0);

    mds_stress_options how = {.size = sizeof how, .threads = 1};
    assert_int_equal(mds_stress(&problem, P, &how, map, P, &values.it, &error), MDS_OK);
    untouched(values.behind);
    assert_true(values.it.raw == result.it.raw && values.it.normalized == result.it.normalized);
    assert_true(values.it.stress1 == result.it.stress1 && values.it.scale == result.it.scale);
    assert_true(values.it.absolute == result.it.absolute && values.it.pairs == result.it.pairs);
    assert_int_equal(values.it.pairs, N * (N - 1) / 2);
    assert_true(fabs(result.it.raw - result.it.loss) <= 1e-12 * result.it.loss);

    /* Weights that are all 1 are none. */
    problem.weights = weights, problem.ldw = N;
    count = 0;
    memcpy(again, map, sizeof map);
    options.it.start = MDS_START_GIVEN;
    assert_int_equal(mds_fit(&problem, P, &options.it, again, P, NULL, NULL), MDS_OK);
    problem.weights = NULL;
    count = 0;
    assert_int_equal(mds_fit(&problem, P, &options.it, map, P, NULL, NULL), MDS_OK);
    assert_memory_equal(map, again, sizeof map);
}

static void numbers_of_statuses_and_enums(void **state)
{
    (void)state;
    double map[N * P];
    mds_error error;
    mds_problem none = {.size = sizeof none};
    assert_int_equal(mds_fit(&none, P, NULL, map, P, NULL, &error), MDS_ARGUMENT);
    assert_int_equal(error.code, MDS_ARGUMENT);
    double bad[] = {0, -1, -1, 0};
    mds_problem negative = {.size = sizeof negative, .n = 2, .delta = bad, .ld = 2};
    assert_int_equal(mds_problem_check(&negative, 0, &error), MDS_DATA);
    assert_non_null(strstr(error.message, "row 1, column 2"));
    mds_fit_options many = {.size = sizeof many, .level = (mds_level)99};
    assert_int_equal(mds_fit(&problem, P, &many, map, P, NULL, &error), MDS_ARGUMENT);
    assert_string_equal(mds_status_text(MDS_MEMORY), "out of memory");
    assert_string_equal(mds_loss_name(MDS_LOSS_ABSOLUTE), "absolute");
    assert_string_equal(mds_level_name(MDS_LEVEL_LOG), "log");
    assert_string_equal(mds_start_name(MDS_START_GIVEN), "given");
    assert_string_equal(mds_metric_name(MDS_CORRELATION), "correlation");
    assert_string_equal(mds_isa_name(MDS_ISA_NEON), "neon");
}

static void the_table_of_methods(void **state)
{
    (void)state;
    assert_string_equal(mds_method_at(0)->name, "auto");
    const mds_method_info *pattern = mds_method_find("pattern");
    assert_non_null(pattern);
    assert_true(pattern->size >= sizeof *pattern);
    assert_true(pattern->options_size >= sizeof(mds_pattern_options));
    assert_true(pattern->losses & 1u << MDS_LOSS_ABSOLUTE);
    assert_null(mds_method_find("none of that name"));
    const mds_option_info *radius = mds_method_option(pattern, 0);
    assert_string_equal(radius->name, "radius");
    assert_int_equal(radius->offset, offsetof(mds_pattern_options, radius));
    assert_int_equal(radius->kind, MDS_OPTION_LENGTH);
    assert_non_null(mds_method_auto(N, P));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits),
        cmocka_unit_test(numbers_of_statuses_and_enums),
        cmocka_unit_test(the_table_of_methods),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
