/*
 * Print a digest of the maps that pattern search ends at, one line for each kind of search. The lines must be
 * the same for every level, number of threads and processor.
 *
 *     same_bits [LEVEL [THREADS]]
 */
#include "mdscale.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 7;

static double uniform(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) * 0x1p-53;
}

static uint64_t digest(uint64_t seed, const void *bytes, size_t length)
{
    const unsigned char *next = bytes;
    for (size_t i = 0; i < length; i++) seed = (seed ^ next[i]) * 0x100000001B3u; /* FNV-1a */
    return seed;
}

static mds_fit_options options = {.size = sizeof options, .method = "pattern"};
static mds_pattern_options pattern = {.size = sizeof pattern};

static void search(const mds_problem *problem, size_t p, const char *what)
{
    mds_error error;
    mds_result result = {.size = sizeof result};
    mds_pattern_statistics statistics = {.size = sizeof statistics};
    options.method_options = &pattern;
    options.method_statistics = &statistics;
    double *map = calloc(problem->n * p, sizeof *map);
    if (!map || mds_fit(problem, p, &options, map, p, &result, &error) != MDS_OK) {
        fprintf(stderr, "same_bits: %s\n", map ? error.message : "out of memory");
        exit(1);
    }
    uint64_t sum = digest(0xCBF29CE484222325u, map, problem->n * p * sizeof *map);
    sum = digest(sum, &result.loss, sizeof result.loss);
    printf("%-24s epochs %llu moves %llu digest %016llx\n", what, (unsigned long long)result.iterations,
           (unsigned long long)statistics.moves, (unsigned long long)sum);
    free(map);
}

int main(int count, char **arguments)
{
    enum { N = 110, M = 6 };
    static double features[N * M], delta[N * N], weights[N * N], grid[36 * 36];
    for (mds_isa isa = MDS_ISA_AUTO; count > 1 && isa <= MDS_ISA_NEON; isa++)
        if (strcmp(arguments[1], mds_isa_name(isa)) == 0) options.isa = isa;
    options.threads = count > 2 ? (unsigned)atoi(arguments[2]) : 1;
    pattern.smallest_radius = 1e-3;
    for (size_t i = 0; i < N * M; i++) features[i] = uniform();
    mds_distance_options scalar = {.size = sizeof scalar, .isa = MDS_ISA_SCALAR};
    mds_error error;
    if (mds_distances(features, N, M, M, &scalar, delta, N, &error) != MDS_OK) return 1;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++)
            weights[i * N + j] = weights[j * N + i] = uniform() < 0.3 ? 0 : uniform();

    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    search(&problem, 1, "line");
    search(&problem, 2, "plane");
    search(&problem, 3, "space");
    search(&problem, 5, "five dimensions");
    options.loss = MDS_LOSS_ABSOLUTE;
    search(&problem, 2, "absolute loss");
    options.loss = MDS_LOSS_SQUARED;
    pattern.order = MDS_ORDER_SHUFFLED;
    pattern.point_share = 0.6;
    pattern.dimension_share = 0.4;
    options.iterations = 200;
    search(&problem, 4, "shuffled shares");
    problem.weights = weights;
    problem.ldw = N;
    search(&problem, 2, "weights");

    /* A grid is full of positions whose row errors are equal but for rounding. */
    for (int i = 0; i < 36; i++)
        for (int j = 0; j < 36; j++) {
            int across = i % 6 - j % 6, down = i / 6 - j / 6;
            grid[i * 36 + j] = sqrt(across * across + down * down);
        }
    problem = (mds_problem){.size = sizeof problem, .n = 36, .delta = grid, .ld = 36};
    options.iterations = 0;
    pattern = (mds_pattern_options){.size = sizeof pattern};
    search(&problem, 2, "grid");
    double start[36 * 2];
    for (int i = 0; i < 36; i++) start[2 * i] = i % 6 + 0.5, start[2 * i + 1] = 0;
    options.start = MDS_START_GIVEN;
    options.method_statistics = NULL;
    mds_result result = {.size = sizeof result};
    if (mds_fit(&problem, 2, &options, start, 2, &result, &error) != MDS_OK) return 1;
    printf("%-24s epochs %llu digest %016llx\n", "grid from a line", (unsigned long long)result.iterations,
           (unsigned long long)digest(0xCBF29CE484222325u, start, sizeof start));
    return 0;
}
