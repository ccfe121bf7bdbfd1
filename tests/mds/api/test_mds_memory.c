/* Every allocation of the library made to fail in turn. */
#include "alloc_sweep.h"
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 600, M = 8 }; /* enough for the solver to use two threads */

static double features[N * M], delta[N * N], map[N * M];

static int distances(void *context)
{
    const mds_metric *metric = context;
    mds_distance_options options = {.size = sizeof options, .metric = *metric, .threads = 2};
    mds_error error;
    return (int)mds_distances(features, N, M, M, &options, delta, N, &error);
}

static int stress(void *context)
{
    (void)context;
    double per_point[N];
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    mds_stress_values values = {.size = sizeof values};
    mds_stress_options options = {.size = sizeof options, .threads = 2, .per_point = per_point};
    mds_error error;
    return (int)mds_stress(&problem, M, &options, features, M, &values, &error);
}

static int pattern(void *context)
{
    for (size_t i = 0; i < N * M; i++) map[i] = 42;
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    mds_result result = {.size = sizeof result};
    mds_error error;
    mds_status status = mds_fit(&problem, M, context, map, M, &result, &error);
    if (status)
        assert_true(map[0] == 42 && map[N * M - 1] == 42); /* unchanged on error */
    else
        assert_int_equal(result.threads, 2);
    return (int)status;
}

static int make_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < N * M; i++) features[i] = sin((double)(i * i));
    return mds_distances(features, N, M, M, NULL, delta, N, NULL) != MDS_OK;
}

static int distances_between(void *context)
{
    const mds_distance_options *options = context;
    mds_error error;
    return (int)mds_distances_between(features, 100, M, M, features, 70, M, options, delta, 100, &error);
}

static void distances_sweep(void **state)
{
    (void)state;
    for (mds_metric metric = MDS_EUCLIDEAN; metric <= MDS_CORRELATION; metric++)
        alloc_sweep(distances, &metric, MDS_MEMORY);
    double kept[N * M], kept_delta[N];
    memcpy(kept, features, sizeof kept);
    memcpy(kept_delta, delta, sizeof kept_delta);
    for (size_t i = 0; i < N * M; i++) features[i] = fabs(features[i]);
    for (mds_metric metric = MDS_BRAYCURTIS; metric < MDS_HAVERSINE; metric++) {
        mds_distance_options options = {.size = sizeof options, .metric = metric, .threads = 2};
        alloc_sweep(distances, &metric, MDS_MEMORY);
        alloc_sweep(distances_between, &options, MDS_MEMORY);
    }
    mds_distance_options scaled = {.size = sizeof scaled, .scaling = MDS_SCALING_ROBUST, .threads = 2};
    assert_true(alloc_sweep(distances_between, &scaled, MDS_MEMORY) >= 4);
    memcpy(features, kept, sizeof kept);
    assert_int_equal(mds_distances(features, N, M, M, NULL, delta, N, NULL), MDS_OK);
}

static int place(void *context)
{
    (void)context;
    for (size_t i = 0; i < 50 * M; i++) map[i] = 42;
    mds_place_options options = {.size = sizeof options, .threads = 2};
    mds_error error;
    mds_status status = mds_place(features, N, M, M, delta, 50, N, NULL, 0, &options, map, M, NULL, &error);
    if (status) assert_true(map[0] == 42);
    return (int)status;
}

static int procrustes(void *context)
{
    (void)context;
    for (size_t i = 0; i < N * M; i++) map[i] = (double)(i % 7);
    mds_procrustes_result result = {.size = sizeof result};
    mds_error error;
    mds_status status = mds_procrustes(features, M, map, M, N, M, true, &result, &error);
    if (status) assert_true(map[1] == 1 && map[6] == 6);
    return (int)status;
}

static void maps_sweep(void **state)
{
    (void)state;
    assert_true(alloc_sweep(place, NULL, MDS_MEMORY) >= 5);
    assert_true(alloc_sweep(procrustes, NULL, MDS_MEMORY) >= 4);
}

static void stress_sweep(void **state)
{
    (void)state;
    assert_true(alloc_sweep(stress, NULL, MDS_MEMORY) >= 3);
}

static void pattern_sweep(void **state)
{
    (void)state;
    mds_pattern_options own = {
        .size = sizeof own, .order = MDS_ORDER_SHUFFLED, .point_share = 0.5, .dimension_share = 0.5};
    mds_fit_options options = {.size = sizeof options, .method = "pattern", .iterations = 2, .threads = 2};
    assert_true(alloc_sweep(pattern, &options, MDS_MEMORY) >= 2);
    options.method_options = &own;
    alloc_sweep(pattern, &options, MDS_MEMORY);
}

static int classical(void *context)
{
    static mds_classical_statistics statistics = {.size = sizeof statistics};
    for (size_t i = 0; i < N * M; i++) map[i] = 42;
    mds_fit_options options = {.size = sizeof options,
                               .method = "classical",
                               .threads = 2,
                               .method_options = context,
                               .method_statistics = &statistics};
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    mds_result result = {.size = sizeof result};
    mds_error error;
    mds_status status = mds_fit(&problem, M, &options, map, M, &result, &error);
    if (status) assert_true(map[0] == 42 && map[N * M - 1] == 42);
    return (int)status;
}

static void classical_sweep(void **state)
{
    (void)state;
    mds_classical_options own = {.size = sizeof own, .correction = MDS_CORRECTION_CAILLIEZ};
    assert_true(alloc_sweep(classical, NULL, MDS_MEMORY) >= 3);
    alloc_sweep(classical, &own, MDS_MEMORY);
    mds_fit_options options = {.size = sizeof options,
                               .method = "pattern",
                               .start = MDS_START_CLASSICAL,
                               .iterations = 1,
                               .threads = 2};
    alloc_sweep(pattern, &options, MDS_MEMORY);
}

/* The other methods that have memory of their own; one dimension is all that every one of them takes. */
static int line_method(void *context)
{
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    mds_fit_options options = {
        .size = sizeof options, .method = context, .iterations = 2, .threads = 2, .starts = 1};
    mds_error error;
    return (int)mds_fit(&problem, 1, &options, map, 1, NULL, &error);
}

static void method_sweep(void **state)
{
    (void)state;
    static char sgd[] = "sgd", unidimensional[] = "unidimensional";
    assert_true(alloc_sweep(line_method, sgd, MDS_MEMORY) >= 2);
    assert_true(alloc_sweep(line_method, unidimensional, MDS_MEMORY) >= 2);
}

static int level_fit(void *context)
{
    enum { FEW = 60 };
    for (size_t i = 0; i < FEW * 2; i++) map[i] = 42;
    mds_problem problem = {.size = sizeof problem, .n = FEW, .delta = delta, .ld = N};
    mds_result result = {.size = sizeof result};
    mds_error error;
    mds_status status = mds_fit(&problem, 2, context, map, 2, &result, &error);
    if (status) assert_true(map[0] == 42 && map[FEW * 2 - 1] == 42);
    return (int)status;
}

static int level_stress(void *context)
{
    double per_point[N];
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    mds_stress_values values = {.size = sizeof values};
    mds_stress_options options = {.size = sizeof options, .per_point = per_point};
    options.level = *(const mds_level *)context;
    mds_error error;
    return (int)mds_stress(&problem, M, &options, features, M, &values, &error);
}

static int level_disparities(void *context)
{
    static double out[N * N];
    out[0] = 42;
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    mds_disparity_options options = {.size = sizeof options, .level = *(const mds_level *)context};
    mds_error error;
    mds_status status = mds_disparities(&problem, M, features, M, &options, out, N, &error);
    if (status) assert_true(out[0] == 42);
    return (int)status;
}

static void level_sweep(void **state)
{
    (void)state;
    for (mds_level level = MDS_LEVEL_RATIO; level <= MDS_LEVEL_LOG; level++) {
        mds_fit_options options = {.size = sizeof options, .level = level, .iterations = 2, .starts = 1};
        assert_true(alloc_sweep(level_stress, &level, MDS_MEMORY) >= 3);
        assert_true(alloc_sweep(level_disparities, &level, MDS_MEMORY) >= 3);
        assert_true(alloc_sweep(level_fit, &options, MDS_MEMORY) >= 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_sweep), cmocka_unit_test(stress_sweep),    cmocka_unit_test(pattern_sweep),
        cmocka_unit_test(method_sweep),    cmocka_unit_test(classical_sweep), cmocka_unit_test(level_sweep),
        cmocka_unit_test(maps_sweep),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
