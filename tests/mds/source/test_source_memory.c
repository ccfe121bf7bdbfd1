/* Every allocation of a fit that keeps its problem as rows made to fail in turn. */
#include "alloc_sweep.h"
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 130, M = 3, P = 2 };

static double features[N * M], condensed[N * (N - 1) / 2], map[N * P];

struct fit_of {
    const mds_problem *problem;
    const mds_fit_options *options;
};

static int fit_with(void *context)
{
    const struct fit_of *f = context;
    mds_result result = {.size = sizeof result};
    mds_error error;
    for (size_t i = 0; i < N * P; i++) map[i] = 42;
    mds_status status = mds_fit(f->problem, P, f->options, map, P, &result, &error);
    if (status) assert_true(map[0] == 42 && map[N * P - 1] == 42); /* unchanged on error */
    return (int)status;
}

static int fit(void *context)
{
    const mds_fit_options options = {.size = sizeof options, .threads = 2, .iterations = 2};
    struct fit_of f = {context, &options};
    return fit_with(&f);
}

static int stress(void *context)
{
    mds_stress_options options = {.size = sizeof options, .threads = 2, .sample = 100};
    mds_stress_values values = {.size = sizeof values};
    mds_error error;
    return (int)mds_stress(context, P, &options, features, P, &values, &error);
}

static int stress_of_pairs(void *context)
{
    mds_stress_values values = {.size = sizeof values};
    mds_error error;
    return (int)mds_stress(context, P, NULL, features, P, &values, &error);
}

static void rows(void **state)
{
    (void)state;
    mds_distance_options canberra = {.size = sizeof canberra, .metric = MDS_CANBERRA};
    mds_problem problems[] = {
        {.size = sizeof *problems,
         .n = N,
         .features = features,
         .m = M,
         .ldf = M,
         .storage = MDS_STORAGE_ROWS},
        {.size = sizeof *problems,
         .n = N,
         .features = features,
         .m = M,
         .ldf = M,
         .distances = &canberra,
         .storage = MDS_STORAGE_ROWS},
        {.size = sizeof *problems, .n = N, .condensed = condensed, .storage = MDS_STORAGE_ROWS},
        {.size = sizeof *problems, .n = N, .condensed = condensed}};
    for (size_t s = 0; s < 4; s++) alloc_sweep(fit, &problems[s], MDS_MEMORY);
    alloc_sweep(stress, &problems[0], MDS_MEMORY);
}

static void pairs(void **state)
{
    (void)state;
    mds_pair ring[12];
    for (size_t i = 0; i < 12; i++) ring[i] = (mds_pair){.i = i, .j = (i + 1) % 12, .delta = 1};
    mds_problem problem = {
        .size = sizeof problem, .n = 12, .pairs = ring, .pair_count = 12, .completion = MDS_COMPLETION_PATHS};
    alloc_sweep(stress_of_pairs, &problem, MDS_MEMORY);
}

static void sparse(void **state)
{
    (void)state;
    mds_pair list[2 * N];
    for (size_t i = 0; i < N; i++) {
        list[i] = (mds_pair){.i = i, .j = (i + 1) % N, .delta = 1, .weight = 1};
        list[N + i] = (mds_pair){.i = (i + 7) % N, .j = i, .delta = 3, .weight = 2};
    }
    mds_problem problem = {
        .size = sizeof problem, .n = N, .pairs = list, .pair_count = 2 * N, .storage = MDS_STORAGE_ROWS};
    mds_fit_options options = {.size = sizeof options, .threads = 2, .iterations = 2};
    for (size_t m = 0; m < 3; m++) {
        static const char *const methods[] = {"auto", "smacof", "sgd"};
        options.method = methods[m];
        struct fit_of f = {&problem, &options};
        alloc_sweep(fit_with, &f, MDS_MEMORY);
    }
    options = (mds_fit_options){.size = sizeof options, .iterations = 2, .weighting = MDS_WEIGHTING_INVERSE};
    problem.pair_count = N + 1; /* of weight 1 but for one */
    list[N].weight = 1;
    struct fit_of f = {&problem, &options};
    alloc_sweep(fit_with, &f, MDS_MEMORY);
    alloc_sweep(stress_of_pairs, &problem, MDS_MEMORY);
}

static int make_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < N * M; i++) features[i] = 1 + sin((double)(i * i));
    for (size_t i = 0; i < N * (N - 1) / 2; i++) condensed[i] = 1 + fabs(sin((double)i));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows), cmocka_unit_test(pairs),
                                       cmocka_unit_test(sparse)};
    return cmocka_run_group_tests(tests, make_data, NULL);
}
