/* What the tests of pattern search share: a problem of 120 objects, its weights and a start. */
#ifndef PATTERN_PROBLEM_H
#define PATTERN_PROBLEM_H

#include "mdscale.h"
#include "random.h"

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

static inline double wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return t - floor(t);
}

static inline int make_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < N * 8; i++) features[i] = 10 * wave(i), start[i] = 8 * wave(i + 10000) - 4;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++)
            weights[i * N + j] = weights[j * N + i] = wave(i * N + j) < 0.2 ? 0 : wave(j * N + i);
    mds_distance_options options = {.size = sizeof options};
    return mds_distances(features, N, 8, 8, &options, delta, N, NULL) != MDS_OK;
}

/* The common options and the method's own. */
struct options {
    mds_fit_options fit;
    mds_pattern_options pattern;
};

static inline struct options defaults(void)
{
    /* The numbers that zeros stand for, written out for the naive program. */
    return (struct options){
        .fit = {.size = sizeof(mds_fit_options), .method = "pattern", .iterations = 10000, .tolerance = 1e-4},
        .pattern = {.size = sizeof(mds_pattern_options), .shrink = 0.5}};
}

static mds_pattern_statistics statistics; /* of the last fit */

static inline mds_status fit(const mds_problem *of, size_t p, const struct options *options, double *map,
                             size_t ldx, mds_result *result, mds_error *error)
{
    mds_fit_options fit = options ? options->fit : defaults().fit;
    fit.method_options = options ? &options->pattern : NULL;
    statistics = (mds_pattern_statistics){.size = sizeof statistics};
    fit.method_statistics = &statistics;
    return mds_fit(of, p, &fit, map, ldx, result, error);
}

static inline mds_result solve(const mds_problem *of, size_t p, const struct options *options, double *map)
{
    mds_result result = {.size = sizeof result};
    mds_error error = {.message = ""};
    if (fit(of, p, options, map, p, &result, &error) != MDS_OK) fail_msg("%s", error.message);
    return result;
}

static inline struct options from_start(size_t p, double *map)
{
    struct options options = defaults();
    options.fit.start = MDS_START_GIVEN;
    memcpy(map, start, N * p * sizeof *map);
    return options;
}

static inline mds_stress_values stress_of(const mds_problem *of, const double *map, size_t p)
{
    mds_stress_values values = {.size = sizeof values};
    mds_stress_options options = {.size = sizeof options, .threads = 1};
    assert_int_equal(mds_stress(of, p, &options, map, p, &values, NULL), MDS_OK);
    return values;
}

#endif
