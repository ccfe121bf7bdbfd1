/* Pattern search: what must hold whatever the data. */
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

enum { N = 120, MOST = 260, TRACE = 2000 };

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
            weights[i * N + j] = weights[j * N + i] = wave(i * N + j) < 0.2 ? 0 : wave(j * N + i);
    mds_distance_options options = {.size = sizeof options};
    return mds_distances(features, N, 8, 8, &options, delta, N, NULL) != MDS_OK;
}

/* The common options and the method's own. */
struct options {
    mds_fit_options fit;
    mds_pattern_options pattern;
};

static struct options defaults(void)
{
    /* The numbers that zeros stand for, written out for the naive program. */
    return (struct options){
        .fit = {.size = sizeof(mds_fit_options), .method = "pattern", .iterations = 10000, .tolerance = 1e-4},
        .pattern = {.size = sizeof(mds_pattern_options), .shrink = 0.5}};
}

static mds_pattern_statistics statistics; /* of the last fit */

static mds_status fit(const mds_problem *of, size_t p, const struct options *options, double *map, size_t ldx,
                      mds_result *result, mds_error *error)
{
    mds_fit_options fit = options ? options->fit : defaults().fit;
    fit.method_options = options ? &options->pattern : NULL;
    statistics = (mds_pattern_statistics){.size = sizeof statistics};
    fit.method_statistics = &statistics;
    return mds_fit(of, p, &fit, map, ldx, result, error);
}

static mds_result solve(const mds_problem *of, size_t p, const struct options *options, double *map)
{
    mds_result result = {.size = sizeof result};
    mds_error error = {.message = ""};
    if (fit(of, p, options, map, p, &result, &error) != MDS_OK) fail_msg("%s", error.message);
    return result;
}

static struct options from_start(size_t p, double *map)
{
    struct options options = defaults();
    options.fit.start = MDS_START_GIVEN;
    memcpy(map, start, N * p * sizeof *map);
    return options;
}

static mds_stress_values stress_of(const mds_problem *of, const double *map, size_t p)
{
    mds_stress_values values = {.size = sizeof values};
    mds_stress_options options = {.size = sizeof options, .threads = 1};
    assert_int_equal(mds_stress(of, p, &options, map, p, &values, NULL), MDS_OK);
    return values;
}

static void the_example_of_the_header(void **state)
{
    (void)state;
    double triangle[] = {0, 3, 4, 3, 0, 5, 4, 5, 0};
    mds_problem of = {.size = sizeof of, .n = 3, .delta = triangle, .ld = 3};
    struct options options = defaults();
    double map[3 * 2];
    mds_result result = solve(&of, 2, &options, map);
    mds_stress_values values = stress_of(&of, map, 2);
    assert_true(values.normalized < 1e-3);
    assert_true(fabs(values.raw - result.loss) < 1e-9);
    assert_true(result.loss <= result.start_loss);
}

/* ---- the same algorithm written as the header tells it, with nothing clever ---- */

static double naive_row(const mds_problem *of, const double *map, size_t p, size_t i, mds_loss loss)
{
    double sum = 0;
    for (size_t j = 0; j < of->n; j++) {
        double g = of->delta[i * of->ld + j], w = of->weights ? of->weights[i * of->ldw + j] : 1, d2 = 0;
        if (j == i || isnan(g)) continue;
        for (size_t k = 0; k < p; k++)
            d2 += (map[i * p + k] - map[j * p + k]) * (map[i * p + k] - map[j * p + k]);
        double error = g - sqrt(d2);
        sum += loss == MDS_LOSS_SQUARED ? w * error * error : w * fabs(error);
    }
    return sum;
}

/* `take` of `from`, ascending (selection sampling, Knuth vol. 2, 3.4.2 S). */
static void naive_draw(fs_random *random, size_t *items, size_t take, size_t from)
{
    for (size_t i = 0, taken = 0; taken < take; i++)
        if (fs_random_below(random, from - i) < take - taken) items[taken++] = i;
}

/* The best of the moves of point i in these dimensions, if it lowers the row error. */
static void naive_try(const mds_problem *of, double *map, size_t p, size_t i, const size_t *dimensions,
                      size_t tried, double r, mds_loss loss)
{
    double present = naive_row(of, map, p, i, loss), least = HUGE_VAL, best_value = 0;
    size_t best = 0;
    for (size_t d = 0; d < tried; d++)
        for (int sign = 1; sign >= -1; sign -= 2) {
            double *at = &map[i * p + dimensions[d]], old = *at;
            *at = old + sign * r;
            double error = naive_row(of, map, p, i, loss);
            if (error < least) least = error, best = dimensions[d], best_value = *at;
            *at = old;
        }
    if (least < present) map[i * p + best] = best_value;
}

/* From a given start. Returns the epochs. */
static uint64_t naive_search(const mds_problem *of, double *map, size_t p, const struct options *options)
{
    const mds_pattern_options *pattern = &options->pattern;
    double r = pattern->radius, previous = 0;
    size_t order[MOST], dimensions[8], points = of->n, tried = p;
    fs_random random;
    fs_random_init(&random, options->fit.seed);
    if (pattern->point_share > 0) points = (size_t)ceil(pattern->point_share * (double)of->n);
    if (pattern->dimension_share > 0) tried = (size_t)ceil(pattern->dimension_share * (double)p);
    for (size_t i = 0; i < of->n; i++) order[i] = i;
    for (size_t k = 0; k < p; k++) dimensions[k] = k;
    for (size_t i = 0; i < of->n; i++) previous += naive_row(of, map, p, i, options->fit.loss) / 2;
    for (uint64_t epoch = 1;; epoch++) {
        if (points < of->n) naive_draw(&random, order, points, of->n);
        if (pattern->order == MDS_ORDER_SHUFFLED) fs_random_shuffle(&random, order, points);
        for (size_t v = 0; v < points; v++) {
            if (tried < p) naive_draw(&random, dimensions, tried, p);
            naive_try(of, map, p, order[v], dimensions, tried, r, options->fit.loss);
        }
        double stress = 0;
        for (size_t i = 0; i < of->n; i++) stress += naive_row(of, map, p, i, options->fit.loss) / 2;
        if (previous - stress < options->fit.tolerance * previous) r *= pattern->shrink;
        if (stress == 0 || r < pattern->smallest_radius || epoch == options->fit.iterations) return epoch;
        previous = stress;
    }
}

static void decides_as_the_naive_program(void **state)
{
    (void)state;
    double map[N * 8], naive[N * 8];
    for (size_t p = 1; p <= 5; p++)
        for (int variant = 0; variant < 3; variant++) {
            mds_problem of = problem;
            struct options options = from_start(p, map);
            options.pattern.radius = 4;
            options.pattern.smallest_radius = 1e-3;
            options.fit.loss = variant == 1 ? MDS_LOSS_ABSOLUTE : MDS_LOSS_SQUARED;
            if (variant == 2) of.weights = weights, of.ldw = N;
            memcpy(naive, map, sizeof naive);
            mds_result result = solve(&of, p, &options, map);
            assert_int_equal(naive_search(&of, naive, p, &options), result.iterations);
            assert_memory_equal(map, naive, N * p * sizeof *map);
        }
}

/* At every level and with several threads, in any order, also where the matrix is not quite its own mirror
 * image: large enough for blocks that are summed by several, and for sums that are kept from epoch to epoch.
 */
static void every_thread_and_level_decides_as_the_naive_program(void **state)
{
    (void)state;
    enum { PLAIN, ABSOLUTE, WEIGHTS, MISSING, ASYMMETRIC, DATA };
    static double plain[MOST * MOST], missing[MOST * MOST], asymmetric[MOST * MOST], some[MOST * MOST];
    static double begin[MOST * 5], naive[MOST * 5], map[MOST * 5];
    static const struct {
        mds_order order;
        double points, dimensions;
    } ways[] = {
        {0, 0, 0}, {MDS_ORDER_SHUFFLED, 0, 0}, {0, 0.3, 0}, {0, 0, 0.5}, {MDS_ORDER_SHUFFLED, 0.7, 0.5}};
    for (size_t i = 0; i < MOST; i++)
        for (size_t j = 0; j <= i; j++) {
            double g = i == j ? 0 : 1 + 3 * wave(i * MOST + j);
            plain[i * MOST + j] = plain[j * MOST + i] = missing[i * MOST + j] = missing[j * MOST + i] = g;
            some[i * MOST + j] = some[j * MOST + i] = wave(j * MOST + i) < 0.2 ? 0 : wave(i * MOST + j + 7);
            asymmetric[i * MOST + j] = g;
            asymmetric[j * MOST + i] = g * (1 + 5e-10 * wave(i + j * MOST));
            if (i != j && wave(i * 7 + j * 13) < 0.2) missing[i * MOST + j] = missing[j * MOST + i] = NAN;
        }
    for (size_t i = 0; i < MOST * 5; i++) begin[i] = 4 * wave(i + 777) - 2;
    for (int data = 0; data < DATA; data++)
        for (size_t way = 0; way < sizeof ways / sizeof *ways; way++)
            for (size_t p = 1; p <= 5; p++) {
                if (p == 4 || (way > 0 && p != (data % 2 ? 5 : way > 2 ? 3 : 2))) continue;
                mds_problem of = {.size = sizeof of, .n = MOST, .delta = plain, .ld = MOST};
                struct options options = defaults();
                options.fit.start = MDS_START_GIVEN;
                options.fit.loss = data == ABSOLUTE ? MDS_LOSS_ABSOLUTE : MDS_LOSS_SQUARED;
                options.fit.iterations = 10;
                options.fit.tolerance = 0.02;
                options.pattern.radius = 0.5;
                options.pattern.smallest_radius = 1e-6;
                options.pattern.order = ways[way].order;
                options.pattern.point_share = ways[way].points;
                options.pattern.dimension_share = ways[way].dimensions;
                if (data == WEIGHTS) of.weights = some, of.ldw = MOST;
                if (data == MISSING) of.delta = missing;
                if (data == ASYMMETRIC) of.delta = asymmetric;
                memcpy(naive, begin, sizeof naive);
                uint64_t epochs = naive_search(&of, naive, p, &options);
                for (unsigned threads = 1; threads <= 5; threads += threads == 2 ? 3 : 1)
                    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++) {
                        if (!mds_isa_available(isa)) continue;
                        options.fit.threads = threads;
                        options.fit.isa = isa;
                        memcpy(map, begin, sizeof map);
                        mds_result result = solve(&of, p, &options, map);
                        assert_int_equal(result.iterations, epochs);
                        assert_memory_equal(map, naive, MOST * p * sizeof *map);
                    }
            }
}

/* ---- invariants ---- */

struct watch {
    double last;
    uint64_t epochs, stop_at;
};

static bool watch_epoch(const mds_iteration *epoch, void *context)
{
    struct watch *watch = context;
    assert_int_equal(epoch->iteration, ++watch->epochs);
    assert_true(epoch->loss <= watch->last);
    assert_true(epoch->moves <= N);
    watch->last = epoch->loss;
    return watch->epochs != watch->stop_at;
}

static void stress_never_rises(void **state)
{
    (void)state;
    static mds_iteration trace[TRACE];
    double map[N * 8];
    for (size_t p = 1; p <= 4; p++)
        for (int loss = 0; loss < 2; loss++)
            for (int order = 0; order < 2; order++) {
                struct options options = from_start(p, map);
                struct watch watch = {.last = HUGE_VAL};
                options.fit.loss = (mds_loss)loss;
                options.pattern.order = (mds_order)order;
                options.pattern.point_share = order ? 0.7 : 0;
                options.pattern.dimension_share = order ? 0.5 : 0;
                options.fit.iterations = 300;
                options.fit.progress = watch_epoch;
                options.fit.context = &watch;
                options.fit.trace = trace;
                options.fit.trace_capacity = TRACE;
                options.fit.trace_step = sizeof *trace;
                mds_result result = solve(&problem, p, &options, map);
                mds_stress_values values = stress_of(&problem, map, p);
                double again = loss ? values.absolute : values.raw;
                assert_true(fabs(again - result.loss) <= 1e-12 * again);
                assert_true(fabs(watch.last - result.loss) <= 1e-11 * again);
                assert_true(result.loss < result.start_loss);
                assert_int_equal(result.iterations, watch.epochs);
                assert_int_equal(result.trace_used, result.iterations);
                uint64_t moves = 0;
                for (size_t e = 0; e < result.trace_used; e++) moves += trace[e].moves;
                assert_int_equal(moves, statistics.moves);
                assert_true(trace[result.trace_used - 1].step == statistics.radius);
            }
}

static void a_perfect_map_is_found_again(void **state)
{
    (void)state;
    static double flat[N * N];
    double map[N * 2];
    mds_distance_options distance = {.size = sizeof distance};
    assert_int_equal(mds_distances(features, N, 2, 8, &distance, flat, N, NULL), MDS_OK);
    mds_problem of = {.size = sizeof of, .n = N, .delta = flat, .ld = N};
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < 2; k++) map[2 * i + k] = features[8 * i + k] + 0.8 * (wave(i + 50 * k) - 0.5);
    struct options options = defaults();
    options.fit.start = MDS_START_GIVEN;
    options.pattern.radius = 1;
    options.pattern.smallest_radius = 1e-9;
    options.fit.tolerance = 1e-2;
    solve(&of, 2, &options, map);
    assert_true(stress_of(&of, map, 2).normalized < 1e-8);

    /* Nothing to do: the start is already it. */
    for (size_t i = 0; i < N; i++) memcpy(map + 2 * i, features + 8 * i, 2 * sizeof *map);
    double stress = stress_of(&of, map, 2).raw;
    mds_result result = solve(&of, 2, &options, map);
    assert_true(result.loss <= stress);
    for (size_t i = 0; i < N * N; i++) flat[i] = 0;
    memset(map, 0, sizeof map);
    result = solve(&of, 2, &options, map);
    assert_int_equal(result.stop, MDS_STOP_EXACT);
    assert_int_equal(result.iterations, 0);
}

/* Mirrored, with its axes swapped, or twice as large, a problem has the answer mirrored, swapped, twice as
 * large: exactly, because decisions do not depend on rounding. */
static void symmetries(void **state)
{
    (void)state;
    static double twice[N * N];
    double map[N * 2], other[N * 2];
    struct options options = from_start(2, map);
    options.pattern.radius = 4;
    mds_result result = solve(&problem, 2, &options, map);

    for (size_t i = 0; i < N; i++) other[2 * i] = -start[2 * i], other[2 * i + 1] = start[2 * i + 1];
    solve(&problem, 2, &options, other);
    for (size_t i = 0; i < N; i++)
        assert_true(other[2 * i] == -map[2 * i] && other[2 * i + 1] == map[2 * i + 1]);

    for (size_t i = 0; i < N; i++) other[2 * i] = start[2 * i + 1], other[2 * i + 1] = start[2 * i];
    solve(&problem, 2, &options, other);
    for (size_t i = 0; i < N; i++)
        assert_true(other[2 * i] == map[2 * i + 1] && other[2 * i + 1] == map[2 * i]);

    for (size_t i = 0; i < N * N; i++) twice[i] = 2 * delta[i];
    for (size_t i = 0; i < N * 2; i++) other[i] = 2 * start[i];
    mds_problem larger = problem;
    larger.delta = twice;
    options.pattern.radius = 8;
    mds_result doubled = solve(&larger, 2, &options, other);
    for (size_t i = 0; i < N * 2; i++) assert_true(other[i] == 2 * map[i]);
    assert_true(doubled.loss == 4 * result.loss && doubled.iterations == result.iterations);
}

static void weight_zero_is_missing_is_nan(void **state)
{
    (void)state;
    static double zeros[N * N], holes[N * N];
    double map[N * 2], other[N * 2];
    for (size_t i = 0; i < N * N; i++) {
        zeros[i] = weights[i] > 0;
        holes[i] = weights[i] > 0 ? delta[i] : NAN;
    }
    for (size_t i = 0; i < N; i++) holes[i * N + i] = 0;
    mds_problem weighted = problem, holed = problem;
    weighted.weights = zeros, weighted.ldw = N, holed.delta = holes;
    for (int loss = 0; loss < 2; loss++) {
        struct options options = from_start(2, map);
        options.fit.loss = (mds_loss)loss;
        memcpy(other, map, sizeof map);
        mds_result a = solve(&weighted, 2, &options, map), b = solve(&holed, 2, &options, other);
        assert_true(a.loss == b.loss);
        assert_memory_equal(map, other, sizeof map);
    }
    /* The diagonal may be missing; it counts for nothing. */
    struct options diagonal = from_start(2, map);
    memcpy(other, map, sizeof map);
    memcpy(holes, delta, sizeof holes);
    for (size_t i = 0; i < N; i++) holes[i * N + i] = NAN;
    solve(&holed, 2, &diagonal, map);
    solve(&problem, 2, &diagonal, other);
    assert_memory_equal(map, other, sizeof map);
    /* Weights that are all 1 are none. */
    for (size_t i = 0; i < N * N; i++) zeros[i] = 1;
    struct options options = from_start(2, map);
    memcpy(other, map, sizeof map);
    solve(&weighted, 2, &options, map);
    solve(&problem, 2, &options, other);
    assert_memory_equal(map, other, sizeof map);
}

/* ---- sizes ---- */

static void few_objects_and_many_dimensions(void **state)
{
    (void)state;
    double map[3 * 9] = {0}, pair[] = {0, 5, 5, 0};
    mds_problem of = {.size = sizeof of, .n = 1, .delta = pair, .ld = 1};
    mds_result result = solve(&of, 2, NULL, map);
    assert_int_equal(result.stop, MDS_STOP_EXACT);
    of.n = of.ld = 2;
    for (size_t p = 1; p <= 9; p++) {
        solve(&of, p, NULL, map);
        assert_true(fabs(stress_of(&of, map, p).raw) < 1e-5);
    }
    double triangle[] = {0, 3, 4, 3, 0, 5, 4, 5, 0};
    of = (mds_problem){.size = sizeof of, .n = 3, .delta = triangle, .ld = 3};
    for (size_t p = 2; p <= 9; p++) {
        solve(&of, p, NULL, map);
        assert_true(stress_of(&of, map, p).normalized < 1e-3);
    }
    mds_error error;
    of.n = 0;
    assert_int_equal(fit(&of, 2, NULL, map, 2, NULL, &error), MDS_ARGUMENT);
    of.n = 3;
    assert_int_equal(fit(&of, 0, NULL, map, 2, NULL, &error), MDS_ARGUMENT);
    assert_int_equal(fit(&of, 3, NULL, map, 2, NULL, &error), MDS_ARGUMENT);
    assert_int_equal(fit(NULL, 2, NULL, map, 2, NULL, &error), MDS_ARGUMENT);
    assert_int_equal(fit(&of, SIZE_MAX / 64, NULL, map, SIZE_MAX / 64, NULL, &error), MDS_ARGUMENT);
}

static void leading_dimensions(void **state)
{
    (void)state;
    enum { LD = N + 7, LDX = 5 };
    static double wide[N * LD], wide_map[N * LDX];
    double map[N * 2];
    for (size_t i = 0; i < N * LD; i++) wide[i] = NAN;
    for (size_t i = 0; i < N * LDX; i++) wide_map[i] = 42;
    struct options options = from_start(2, map);
    for (size_t i = 0; i < N; i++) {
        memcpy(wide + i * LD, delta + i * N, N * sizeof *wide);
        memcpy(wide_map + i * LDX, map + 2 * i, 2 * sizeof *map);
    }
    mds_problem of = {.size = sizeof of, .n = N, .delta = wide, .ld = LD};
    solve(&problem, 2, &options, map);
    assert_int_equal(fit(&of, 2, &options, wide_map, LDX, NULL, NULL), MDS_OK);
    for (size_t i = 0; i < N; i++) {
        assert_memory_equal(wide_map + i * LDX, map + 2 * i, 2 * sizeof *map);
        assert_true(wide_map[i * LDX + 2] == 42 && wide_map[i * LDX + 4] == 42);
    }
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    enum { MANY = 2600, P = 6 };
    double *large = malloc(sizeof(double) * MANY * MANY), *first = malloc(sizeof(double) * MANY * P);
    double *map = malloc(sizeof(double) * MANY * P);
    assert_true(large && first && map);
    for (size_t i = 0; i < MANY; i++)
        for (size_t j = 0; j <= i; j++)
            large[i * MANY + j] = large[j * MANY + i] = i == j ? 0 : 1 + wave(i * 31 + j * 7);
    mds_problem of = {.size = sizeof of, .n = MANY, .delta = large, .ld = MANY};
    struct options options = defaults();
    options.fit.iterations = 2;
    options.fit.threads = 1;
    mds_result one = solve(&of, P, &options, first);
    uint64_t moves = statistics.moves;
    static const unsigned counts[] = {2, 5};
    for (size_t c = 0; c < 2; c++) {
        options.fit.threads = counts[c];
        mds_result result = solve(&of, P, &options, map);
        assert_int_equal(result.threads, counts[c]);
        assert_true(result.loss == one.loss && statistics.moves == moves);
        assert_memory_equal(map, first, sizeof(double) * MANY * P);
    }
    free(large);
    free(first);
    free(map);
}

/* ---- options ---- */

static void cancelling_keeps_the_map_so_far(void **state)
{
    (void)state;
    double map[N * 2], three[N * 2];
    struct options options = from_start(2, map);
    struct watch watch = {.last = HUGE_VAL, .stop_at = 3};
    options.fit.progress = watch_epoch;
    options.fit.context = &watch;
    mds_result result = solve(&problem, 2, &options, map);
    assert_int_equal(result.stop, MDS_STOP_CANCELLED);
    assert_int_equal(result.iterations, 3);
    options = from_start(2, three);
    options.fit.iterations = 3;
    mds_iteration trace[2];
    options.fit.trace = trace;
    options.fit.trace_capacity = 2;
    options.fit.trace_step = sizeof *trace;
    result = solve(&problem, 2, &options, three);
    assert_int_equal(result.stop, MDS_STOP_LIMIT);
    assert_int_equal(result.trace_used, 2);
    assert_memory_equal(map, three, sizeof map);
}

static void the_seed_decides(void **state)
{
    (void)state;
    double a[N * 2], b[N * 2];
    struct options options = defaults();
    options.pattern.order = MDS_ORDER_SHUFFLED;
    options.pattern.point_share = 0.5;
    options.pattern.dimension_share = 0.5;
    options.fit.iterations = 20;
    options.fit.seed = 11;
    solve(&problem, 2, &options, a);
    assert_true(statistics.moves <= 20 * N / 2);
    solve(&problem, 2, &options, b);
    assert_memory_equal(a, b, sizeof a);
    options.fit.seed = 12;
    solve(&problem, 2, &options, b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void refuse(struct options options, const char *words)
{
    double map[N * 2];
    memcpy(map, start, sizeof map);
    mds_error error = {.message = ""};
    assert_int_equal(fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT);
    if (!strstr(error.message, words)) fail_msg("\"%s\" does not say \"%s\"", error.message, words);
    assert_memory_equal(map, start, sizeof map);
}

static void options_are_checked(void **state)
{
    (void)state;
    struct options options = defaults();
#define REFUSE(field, value, words) options = defaults(), options.field = (value), refuse(options, words)
    REFUSE(fit.size, 8, "size");
    REFUSE(pattern.size, 8, "size");
    REFUSE(pattern.radius, -1, "start radius -1");
    REFUSE(pattern.radius, NAN, "start radius nan");
    REFUSE(pattern.shrink, 1, "shrink factor 1");
    REFUSE(fit.tolerance, -0.1, "tolerance");
    REFUSE(pattern.smallest_radius, -1, "smallest radius");
    REFUSE(pattern.smallest_radius, 1e9, "smallest radius 1e+09 is above the start radius");
    REFUSE(pattern.point_share, 1.5, "share of points 1.5");
    REFUSE(pattern.dimension_share, -1, "share of dimensions");
    REFUSE(pattern.order, (mds_order)7, "order");
    REFUSE(fit.loss, (mds_loss)7, "loss");
    REFUSE(fit.isa, (mds_isa)77, "instruction set");

    double map[N * 2] = {0};
    map[5] = INFINITY;
    options = defaults();
    options.fit.start = MDS_START_GIVEN;
    mds_error error;
    assert_int_equal(fit(&problem, 2, &options, map, 2, NULL, &error), MDS_DATA);
    assert_non_null(strstr(error.message, "row 3, column 2 of the configuration"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_header),
        cmocka_unit_test(decides_as_the_naive_program),
        cmocka_unit_test(every_thread_and_level_decides_as_the_naive_program),
        cmocka_unit_test(stress_never_rises),
        cmocka_unit_test(a_perfect_map_is_found_again),
        cmocka_unit_test(symmetries),
        cmocka_unit_test(weight_zero_is_missing_is_nan),
        cmocka_unit_test(few_objects_and_many_dimensions),
        cmocka_unit_test(leading_dimensions),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(cancelling_keeps_the_map_so_far),
        cmocka_unit_test(the_seed_decides),
        cmocka_unit_test(options_are_checked),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
