/* Numbers of any magnitude: answers for data 2^k times as large are 2^k times as large, bit by bit. */
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 60, P = 3, TRACE = 400 };

static const int exponents[] = {-900, -520, -480, -330, -160, -108, -101, -1,
                                1,    95,   99,   130,  330,  480,  520,  900};
enum { EXPONENTS = sizeof exponents / sizeof *exponents };

static double features[N * P], delta[N * N], weights[N * N], start[N * P];

static double wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return t - floor(t);
}

static int make_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < N * P; i++) features[i] = 10 * wave(i), start[i] = 8 * wave(i + 10000) - 4;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++)
            weights[i * N + j] = weights[j * N + i] = wave(i * N + j) < 0.2 ? 0 : wave(j * N + i);
    mds_status status = mds_distances(features, N, P, P, NULL, delta, N, NULL);
    for (size_t i = 0; i < N * N; i++)
        delta[i] *= 1 + 0.25 * wave(i % N * (i / N)); /* the map is not perfect */
    return status != MDS_OK;
}

static void scale(const double *from, size_t count, int exponent, double *to)
{
    for (size_t i = 0; i < count; i++) to[i] = ldexp(from[i], exponent);
}

static bool same(double scaled, double plain, int exponent)
{
    return scaled == ldexp(plain, exponent);
}

/* ---- pattern search ---- */

struct solution {
    double x[N * P];
    mds_result result;
    mds_pattern_statistics statistics;
    mds_iteration trace[TRACE];
    double last_told;
};

static bool note(const mds_iteration *epoch, void *context)
{
    ((struct solution *)context)->last_told = epoch->loss;
    return true;
}

struct search {
    size_t p;
    mds_loss loss;
    bool weighted, start_given;
};

static void solve(const struct search *search, int length, int weight, struct solution *out)
{
    static double scaled[N * N], scaled_weights[N * N];
    mds_pattern_options pattern = {.size = sizeof pattern};
    mds_fit_options options = {.size = sizeof options,
                               .method = "pattern",
                               .method_options = &pattern,
                               .method_statistics = &out->statistics};
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = scaled, .ld = N};
    mds_error error = {.message = ""};
    scale(delta, N * N, length, scaled);
    if (search->weighted) {
        scale(weights, N * N, weight, scaled_weights);
        problem.weights = scaled_weights;
        problem.ldw = N;
    }
    memset(out, 0, sizeof *out);
    out->result.size = sizeof out->result;
    out->statistics.size = sizeof out->statistics;
    options.loss = search->loss;
    options.start = search->start_given ? MDS_START_GIVEN : MDS_START_RANDOM;
    if (search->start_given) {
        scale(start, N * search->p, length, out->x);
        pattern.radius = ldexp(5, length);
        pattern.smallest_radius = ldexp(1, length - 9);
    }
    options.trace = out->trace;
    options.trace_capacity = TRACE;
    options.trace_step = sizeof *out->trace;
    options.progress = note;
    options.context = out;
    if (mds_fit(&problem, search->p, &options, out->x, search->p, &out->result, &error) != MDS_OK)
        fail_msg("2^%d, weights 2^%d: %s", length, weight, error.message);
}

static void compare(const struct search *search, const struct solution *plain, int length, int weight)
{
    static struct solution scaled;
    int loss = (search->loss == MDS_LOSS_SQUARED ? 2 * length : length) + (search->weighted ? weight : 0);
    solve(search, length, weight, &scaled);
    for (size_t i = 0; i < N * search->p; i++)
        if (!same(scaled.x[i], plain->x[i], length))
            fail_msg("2^%d, weights 2^%d: coordinate %zu is %a, not %a", length, weight, i, scaled.x[i],
                     ldexp(plain->x[i], length));
    assert_int_equal(scaled.result.iterations, plain->result.iterations);
    assert_int_equal(scaled.statistics.moves, plain->statistics.moves);
    assert_int_equal(scaled.result.stop, plain->result.stop);
    assert_int_equal(scaled.result.trace_used, plain->result.trace_used);
    assert_true(same(scaled.result.loss, plain->result.loss, loss)); /* infinity and 0 too */
    assert_true(same(scaled.result.start_loss, plain->result.start_loss, loss));
    assert_true(same(scaled.statistics.radius, plain->statistics.radius, length));
    assert_true(same(scaled.last_told, plain->last_told, loss));
    for (size_t e = 0; e < plain->result.trace_used; e++) {
        assert_true(same(scaled.trace[e].loss, plain->trace[e].loss, loss));
        assert_true(same(scaled.trace[e].step, plain->trace[e].step, length));
        assert_int_equal(scaled.trace[e].moves, plain->trace[e].moves);
    }
}

static void search_scales(void **state)
{
    (void)state;
    static struct solution plain;
    for (int variant = 0; variant < 16; variant++) {
        struct search search = {.p = variant & 1 ? 2 : 3,
                                .loss = variant & 2 ? MDS_LOSS_ABSOLUTE : MDS_LOSS_SQUARED,
                                .weighted = variant & 4,
                                .start_given = variant & 8};
        solve(&search, 0, 0, &plain);
        assert_int_equal(plain.result.stop, MDS_STOP_CONVERGED);
        assert_true(plain.result.loss > 0);
        for (size_t e = 0; e < EXPONENTS; e++) {
            compare(&search, &plain, exponents[e], 0);
            if (!search.weighted) continue;
            compare(&search, &plain, 0, exponents[e]);
            compare(&search, &plain, exponents[e], exponents[EXPONENTS - 1 - e]);
            compare(&search, &plain, exponents[e], exponents[e]);
        }
    }
}

/* What once ended at the origin with a stress of zero, or with a stress that is no number. */
static void decimal_magnitudes(void **state)
{
    (void)state;
    static const struct {
        double delta, weight;
    } cases[] = {{1e-100, 1e-130}, {1e149, 1e9}, {1e150, 0}, {1e-139, 0}, {1e-280, 1e-280}, {1e290, 1e290}};
    static double scaled[N * N], equal[N * N];
    double x[N * 2];
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    mds_stress_values plain = {.size = sizeof plain}, values = {.size = sizeof values};
    mds_result result = {.size = sizeof result};
    mds_fit_options options = {.size = sizeof options};
    assert_int_equal(mds_fit(&problem, 2, &options, x, 2, &result, NULL), MDS_OK);
    assert_int_equal(mds_stress(&problem, 2, NULL, x, 2, &plain, NULL), MDS_OK);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        for (size_t i = 0; i < N * N; i++) scaled[i] = delta[i] * cases[c].delta, equal[i] = cases[c].weight;
        problem.delta = scaled;
        problem.weights = cases[c].weight > 0 ? equal : NULL;
        problem.ldw = N;
        assert_int_equal(mds_fit(&problem, 2, &options, x, 2, &result, NULL), MDS_OK);
        assert_int_equal(result.stop, MDS_STOP_CONVERGED);
        assert_int_equal(mds_stress(&problem, 2, NULL, x, 2, &values, NULL), MDS_OK);
        assert_true(fabs(values.normalized - plain.normalized) < 1e-6 * plain.normalized);
        assert_false(isnan(result.loss) || isnan(values.raw));
        assert_true(x[0] != 0 && isfinite(x[0]));
    }
}

static void refuse(const mds_problem *problem, const mds_fit_options *options, double *x, mds_status status,
                   const char *words)
{
    mds_error error = {.message = ""};
    assert_int_equal(mds_fit(problem, 2, options, x, 2, NULL, &error), status);
    if (!strstr(error.message, words)) fail_msg("\"%s\" does not say \"%s\"", error.message, words);
}

static void what_is_too_far_apart_is_refused(void **state)
{
    (void)state;
    static double zeros[N * N];
    double x[N * 2] = {0};
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    mds_pattern_options pattern = {.size = sizeof pattern, .radius = 1e200};
    mds_fit_options options = {.size = sizeof options, .method = "pattern", .method_options = &pattern};
    refuse(&problem, &options, x, MDS_ARGUMENT, "the start radius 1e+200 is too large beside");
    options = (mds_fit_options){.size = sizeof options, .start = MDS_START_GIVEN};
    x[7] = -1e200;
    refuse(&problem, &options, x, MDS_DATA,
           "row 4, column 2 of the configuration is -1e+200, too large beside");
    assert_true(x[7] == -1e200);

    /* Where all dissimilarities are 0 there is nothing to be beside. */
    problem.delta = zeros;
    mds_result result = {.size = sizeof result};
    for (double size = 0x1p-1020; size < 1e300; size *= 0x1p200) {
        x[7] = size;
        assert_int_equal(mds_fit(&problem, 2, &options, x, 2, &result, NULL), MDS_OK);
        assert_true(result.stop == MDS_STOP_EXACT && x[7] == x[5]);
    }
}

/* ---- stress ---- */

static void stress_scales(void **state)
{
    (void)state;
    static double scaled[N * N], scaled_weights[N * N];
    double x[N * P], shares[N], plain_shares[N];
    mds_problem problem = {
        .size = sizeof problem, .n = N, .delta = delta, .ld = N, .weights = weights, .ldw = N};
    mds_stress_values plain = {.size = sizeof plain}, values = {.size = sizeof values};
    assert_int_equal(mds_stress(&problem, P,
                                &(mds_stress_options){.size = sizeof(mds_stress_options),
                                                      .threads = 1,
                                                      .per_point = plain_shares},
                                start, P, &plain, NULL),
                     MDS_OK);
    mds_stress_options two = {.size = sizeof two, .threads = 2, .per_point = shares};
    problem.delta = scaled;
    problem.weights = scaled_weights;
    for (size_t e = 0; e < EXPONENTS; e++)
        for (size_t w = 0; w < EXPONENTS; w++) {
            int length = exponents[e], weight = exponents[w];
            scale(delta, N * N, length, scaled);
            scale(weights, N * N, weight, scaled_weights);
            scale(start, N * P, length, x);
            assert_int_equal(mds_stress(&problem, P, &two, x, P, &values, NULL), MDS_OK);
            assert_true(same(values.raw, plain.raw, 2 * length + weight));
            assert_true(same(values.absolute, plain.absolute, length + weight));
            assert_true(values.normalized == plain.normalized && values.stress1 == plain.stress1);
            assert_true(values.scale == plain.scale && values.pairs == plain.pairs);
            assert_memory_equal(shares, plain_shares, sizeof shares);
        }
}

/* Stress-1 is taken at the best scale, however far that is. */
static void stress1_at_any_scale(void **state)
{
    (void)state;
    static double scaled[N * N];
    double x[N * P];
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    mds_stress_values plain = {.size = sizeof plain}, values = {.size = sizeof values};
    assert_int_equal(mds_stress(&problem, P, NULL, start, P, &plain, NULL), MDS_OK);
    double sum2 = 0, sum = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++) sum2 += delta[i * N + j] * delta[i * N + j], sum += delta[i * N + j];
    problem.delta = scaled;
    for (size_t d = 0; d < EXPONENTS; d++)
        for (size_t e = 0; e < EXPONENTS; e++) {
            int length = exponents[d], map = exponents[e];
            scale(delta, N * N, length, scaled);
            scale(start, N * P, map, x);
            assert_int_equal(mds_stress(&problem, P, NULL, x, P, &values, NULL), MDS_OK);
            /* As it stands it is worse, where that is a matter of digits. */
            assert_true(fabs(values.stress1 - plain.stress1) < 1e-12);
            assert_true(same(values.scale, plain.scale, length - map));
            if (length - map > 100) { /* the map is a point */
                assert_true(fabs(values.normalized - 1) < 1e-15);
                assert_true(fabs(ldexp(values.absolute, -length) - sum) < 1e-12 * sum);
            }
            if (map - length > 100 && map - length < 900) /* the dissimilarities are nothing */
                assert_true(fabs(ldexp(values.normalized, length - map) * plain.scale /
                                     sqrt(1 - plain.stress1 * plain.stress1) -
                                 1) < 1e-12);
        }
    assert_true(sum2 > 0);
}

/* Where a map lies does not matter, only how wide it is. */
static void a_point_far_away(void **state)
{
    (void)state;
    double x[N * P], shares[N];
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    mds_stress_values plain = {.size = sizeof plain}, values = {.size = sizeof values};
    for (size_t i = 0; i < N * P; i++) x[i] = 0;
    assert_int_equal(mds_stress(&problem, P, NULL, x, P, &plain, NULL), MDS_OK);
    assert_true(plain.normalized == 1);
    mds_stress_options options = {.size = sizeof options, .threads = 1, .per_point = shares};
    for (double at = 1; at < 1e300; at *= 1e33) {
        for (size_t i = 0; i < N * P; i++) x[i] = at;
        assert_int_equal(mds_stress(&problem, P, &options, x, P, &values, NULL), MDS_OK);
        assert_memory_equal(&values, &plain, sizeof values);
    }
}

/* ---- distances ---- */

static void distances_scale(void **state)
{
    (void)state;
    static double plain[N * N], scaled[N * N];
    double x[N * P];
    for (mds_metric metric = MDS_EUCLIDEAN; metric <= MDS_CORRELATION; metric++)
        for (mds_isa isa = MDS_ISA_AUTO; isa <= MDS_ISA_SCALAR; isa++) {
            mds_distance_options options = {
                .size = sizeof options, .metric = metric, .isa = isa, .threads = 1};
            assert_int_equal(mds_distances(features, N, P, P, &options, plain, N, NULL), MDS_OK);
            for (size_t e = 0; e < EXPONENTS; e++) {
                int power = metric == MDS_SQEUCLIDEAN ? 2 : metric >= MDS_COSINE ? 0 : 1;
                if (metric == MDS_SQEUCLIDEAN && abs(exponents[e]) > 450) continue;
                scale(features, N * P, exponents[e], x);
                assert_int_equal(mds_distances(x, N, P, P, &options, scaled, N, NULL), MDS_OK);
                for (size_t i = 0; i < N * N; i++)
                    assert_true(same(scaled[i], plain[i], power * exponents[e]));
            }
        }
}

/* Rows that are nearer to each other than squares can tell, beside others that are far. */
static void near_and_far_rows(void **state)
{
    (void)state;
    double d[36];
    const double rows[] = {0, 0, 3e-200, 4e-200, -6e-170, 8e-170, 3e8, 4e8, 3e8, 4e8, 0, 5e-324};
    assert_int_equal(mds_distances(rows, 6, 2, 2, NULL, d, 6, NULL), MDS_OK);
    assert_true(fabs(d[1] / 5e-200 - 1) < 1e-15 && d[6] == d[1]);
    assert_true(fabs(d[2] / 1e-169 - 1) < 1e-15);
    assert_true(d[3] == 5e8 && d[4] == 5e8);
    assert_true(d[3 * 6 + 4] == 0);
    assert_true(d[5] == 5e-324);
    const double huge[] = {3e290, 4e290, -3e290, -4e290, 3e290, 4.5e290};
    assert_int_equal(mds_distances(huge, 3, 2, 2, NULL, d, 3, NULL), MDS_OK);
    assert_true(fabs(d[1] / 1e291 - 1) < 1e-15 && fabs(d[2] / 5e289 - 1) < 1e-13);

    /* A direction has no size: cosine distances of tiny rows beside huge ones. */
    const double angles[] = {1e-310, 0, 0, 1e290, 1e-200, 1e-200};
    mds_distance_options cosine = {.size = sizeof cosine, .metric = MDS_COSINE};
    assert_int_equal(mds_distances(angles, 3, 2, 2, &cosine, d, 3, NULL), MDS_OK);
    assert_true(fabs(d[1] - 1) < 1e-15);
    assert_true(fabs(d[2] - (1 - sqrt(0.5))) < 1e-15 && fabs(d[5] - (1 - sqrt(0.5))) < 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(search_scales),
        cmocka_unit_test(decimal_magnitudes),
        cmocka_unit_test(what_is_too_far_apart_is_refused),
        cmocka_unit_test(stress_scales),
        cmocka_unit_test(stress1_at_any_scale),
        cmocka_unit_test(a_point_far_away),
        cmocka_unit_test(distances_scale),
        cmocka_unit_test(near_and_far_rows),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
