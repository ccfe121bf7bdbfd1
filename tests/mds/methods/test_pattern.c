/* Pattern search: what must hold whatever the data. */
#include "pattern_problem.h"

enum { TRACE = 2000 };

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
