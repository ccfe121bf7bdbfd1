/* Every allocation of the library made to fail in turn. */
#include "alloc_sweep.h"
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 30, M = 5 };

static void fill(double *features)
{
    for (size_t i = 0; i < N * M; i++) features[i] = sin((double)(i * i));
}

static int distances(void *context)
{
    const mds_metric *metric = context;
    double features[N * M], delta[N * N];
    fill(features);
    mds_distance_options options = {.size = sizeof options, .metric = *metric, .threads = 2};
    mds_error error;
    return (int)mds_distances(features, N, M, M, &options, delta, N, &error);
}

static int stress(void *context)
{
    (void)context;
    double features[N * M], delta[N * N] = {0}, per_point[N];
    fill(features);
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    mds_stress_values values;
    mds_error error;
    return (int)mds_stress(&problem, features, M, M, 2, MDS_ISA_AUTO, &values, per_point, &error);
}

static int pattern(void *context)
{
    const mds_pattern_options *options = context;
    double features[N * M], delta[N * N], map[N * 2];
    fill(features);
    fill(map);
    double first = map[0], last = map[N * 2 - 1];
    mds_distance_options distance = {.size = sizeof distance};
    mds_error error;
    mds_status status = mds_distances(features, N, M, M, &distance, delta, N, &error);
    if (status) return (int)status;
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    status = mds_pattern_search(&problem, 2, options, map, 2, NULL, &error);
    if (status) assert_true(map[0] == first && map[N * 2 - 1] == last); /* unchanged on error */
    return (int)status;
}

static void distances_sweep(void **state)
{
    (void)state;
    for (mds_metric metric = MDS_EUCLIDEAN; metric <= MDS_CORRELATION; metric++)
        alloc_sweep(distances, &metric, MDS_MEMORY);
}

static void stress_sweep(void **state)
{
    (void)state;
    assert_true(alloc_sweep(stress, NULL, MDS_MEMORY) >= 3);
}

static void pattern_sweep(void **state)
{
    (void)state;
    mds_pattern_options options = mds_pattern_defaults();
    options.epochs = 3;
    options.threads = 2;
    assert_true(alloc_sweep(pattern, &options, MDS_MEMORY) >= 2);
    options.order = MDS_ORDER_SHUFFLED;
    options.point_share = options.dimension_share = 0.5;
    alloc_sweep(pattern, &options, MDS_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_sweep),
        cmocka_unit_test(stress_sweep),
        cmocka_unit_test(pattern_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
