/* Unidimensional scaling: against every order in turn, and what must hold whatever the data. */
#include "mdscale.h"
#include "memory.h"
#include "random.h"
#include "unidimensional.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 120 };

static double delta[MOST * MOST], weights[MOST * MOST];

static double wave(size_t i)
{
    double t = sin((double)i * 12.9898) * 43758.5453;
    return t - floor(t);
}

/* Dissimilarities of n objects in three dimensions or of none at all; weights, some of them 0. */
static mds_problem make_problem(size_t n, size_t seed, bool of_points, bool weighted)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double d2 = 0;
            for (size_t k = 0; k < 3; k++) d2 += pow(wave(seed + i * 3 + k) - wave(seed + j * 3 + k), 2);
            double value = i == j ? 0 : of_points ? sqrt(d2) : 0.2 + wave(seed * 977 + i * 131 + j);
            double weight = wave(seed * 31 + i * 17 + j * 5);
            delta[i * n + j] = delta[j * n + i] = value;
            weights[i * n + j] = weights[j * n + i] = weight < 0.25 && i != j + 1 ? 0 : 0.2 + weight;
        }
    return (mds_problem){.size = sizeof(mds_problem),
                         .n = n,
                         .delta = delta,
                         .ld = n,
                         .weights = weighted ? weights : NULL,
                         .ldw = weighted ? n : 0};
}

static mds_fit_options defaults(void)
{
    return (mds_fit_options){.size = sizeof(mds_fit_options), .method = "unidimensional"};
}

static mds_unidimensional_statistics statistics; /* of the last fit */

static mds_result solve(const mds_problem *of, mds_fit_options options, double *x)
{
    mds_result result = {.size = sizeof result};
    mds_error error = {.message = ""};
    statistics = (mds_unidimensional_statistics){.size = sizeof statistics};
    options.method_statistics = &statistics;
    if (mds_fit(of, 1, &options, x, 1, &result, &error) != MDS_OK) fail_msg("%s", error.message);
    for (size_t i = 0; i < of->n; i++) assert_true(isfinite(x[i]));
    assert_true(result.loss <= result.start_loss);
    return result;
}

static double loss_of(const mds_problem *of, const double *x)
{
    double loss = 0;
    for (size_t i = 0; i < of->n; i++)
        for (size_t j = 0; j < i; j++) {
            double weight = of->weights ? of->weights[i * of->n + j] : 1;
            loss += weight * pow(of->delta[i * of->n + j] - fabs(x[i] - x[j]), 2);
        }
    return loss;
}

/* ---- every order in turn ---- */

/* The coordinates of the least sum of w (delta - (x_i - x_j))^2, j standing before i in the order: normal
 * equations by elimination, x of the first object held at 0. */
static void solve_order(const mds_problem *of, const size_t *order, double *x)
{
    size_t n = of->n, place[8];
    double a[8][9] = {{0}};
    for (size_t b = 0; b < n; b++) place[order[b]] = b;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double weight = i == j ? 0 : of->weights ? of->weights[i * n + j] : 1;
            a[i][i] += weight;
            a[i][j] -= weight;
            a[i][n] += weight * of->delta[i * n + j] * (place[i] > place[j] ? 1 : -1);
        }
    for (size_t i = 1; i < n; i++)
        for (size_t k = i + 1; k < n; k++) {
            double factor = a[k][i] / a[i][i];
            for (size_t c = 1; c <= n; c++) a[k][c] -= factor * a[i][c];
        }
    x[0] = 0;
    for (size_t i = n; i-- > 1;) {
        x[i] = a[i][n];
        for (size_t k = i + 1; k < n; k++) x[i] -= a[i][k] * x[k];
        x[i] /= a[i][i];
    }
}

static bool next_order(size_t *order, size_t n)
{
    size_t i = n - 1;
    while (i > 0 && order[i - 1] > order[i]) i--;
    if (i == 0) return false;
    size_t j = n - 1;
    while (order[j] < order[i - 1]) j--;
    size_t kept = order[i - 1];
    order[i - 1] = order[j], order[j] = kept;
    for (size_t a = i, b = n - 1; a < b; a++, b--) kept = order[a], order[a] = order[b], order[b] = kept;
    return true;
}

static double least_loss(const mds_problem *of)
{
    size_t order[8];
    double x[8], least = HUGE_VAL;
    for (size_t i = 0; i < of->n; i++) order[i] = i;
    do {
        solve_order(of, order, x);
        least = fmin(least, loss_of(of, x));
    } while (next_order(order, of->n));
    return least;
}

static void no_order_of_a_few_is_better(void **state)
{
    (void)state;
    double x[8];
    for (size_t n = 2; n <= 8; n++)
        for (size_t seed = 0; seed < (n < 8 ? 20 : 4); seed++) {
            mds_problem of = make_problem(n, seed, seed % 2, false);
            double least = least_loss(&of);
            mds_result result = solve(&of, defaults(), x);
            assert_true(fabs(result.loss - least) <= 1e-12 * (1 + least));
            assert_true(fabs(loss_of(&of, x) - least) <= 1e-12 * (1 + least));
            assert_int_equal(statistics.optimum, MDS_OPTIMUM_GLOBAL);
        }
}

static void nor_with_weights(void **state)
{
    (void)state;
    double x[8];
    for (size_t n = 3; n <= 7; n++)
        for (size_t seed = 0; seed < 10; seed++) {
            mds_problem of = make_problem(n, seed, seed % 2, true);
            double least = least_loss(&of);
            mds_result result = solve(&of, defaults(), x);
            assert_true(fabs(result.loss - least) <= 1e-6 * (1e-3 + least));
            assert_int_equal(statistics.optimum, MDS_OPTIMUM_LOCAL);
        }
}

/* ---- the parts ---- */

struct line {
    mds_line_order order;
    void *block;
};

static struct line make_line(const mds_problem *of, bool exact)
{
    struct line line;
    mds_workspace workspace = {0};
    mds_line_order_lay_out(&line.order, of, exact, &workspace);
    line.block = fs_alloc_aligned(1, workspace.bytes);
    assert_non_null(line.block);
    workspace = (mds_workspace){.next = line.block};
    mds_line_order_lay_out(&line.order, of, exact, &workspace);
    for (size_t i = 0; i < of->n; i++) line.order.order[i] = (uint32_t)i;
    return line;
}

static double sum_of_squares(const double *r, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += r[i] * r[i];
    return sum;
}

/* What the steps keep up to date is what is summed anew, and no step makes an order worse. */
static void steps_better_the_order(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 40; n += 19) {
        mds_problem of = make_problem(n, n, false, false);
        struct line line = make_line(&of, false);
        double quality = mds_line_quality(&line.order);
        for (int sweep = 0; sweep < 12; sweep++) {
            size_t moves =
                sweep % 2 ? mds_line_exchange(&line.order, 1e-9) : mds_line_insert(&line.order, 1e-9);
            double kept = sum_of_squares(line.order.r, n), anew = mds_line_quality(&line.order);
            assert_true(fabs(kept - anew) <= 1e-9 * anew);
            assert_true(moves ? anew > quality : fabs(anew - quality) <= 1e-9 * anew);
            quality = anew;
        }
        /* At the end the coordinates stand in the order. */
        for (size_t a = 1; a < n; a++)
            assert_true(line.order.r[line.order.order[a - 1]] <= line.order.r[line.order.order[a]] + 1e-9);
        fs_free(line.block);
    }
}

/* Searches from 40 random orders find the order that is the best of all. */
static void the_search_finds_the_exact_order(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 1);
    for (size_t seed = 0; seed < 6; seed++) {
        mds_problem of = make_problem(14, seed, seed % 2, false);
        struct line line = make_line(&of, true);
        mds_line_exact(&line.order);
        double exact = mds_line_quality(&line.order), best = 0;
        for (int start = 0; start < 40; start++) {
            for (size_t i = of.n; i > 1; i--) {
                size_t j = (size_t)fs_random_below(&random, i);
                uint32_t kept = line.order.order[i - 1];
                line.order.order[i - 1] = line.order.order[j], line.order.order[j] = kept;
            }
            (void)mds_line_quality(&line.order);
            while (mds_line_insert(&line.order, 1e-9) || mds_line_exchange(&line.order, 1e-9)) continue;
            double quality = mds_line_quality(&line.order);
            assert_true(quality <= exact * (1 + 1e-12));
            best = fmax(best, quality);
        }
        assert_true(best >= exact * (1 - 1e-12));
        fs_free(line.block);
    }
}

/* ---- the whole ---- */

/* Objects that lie on a line are put back where they were, from every seed. */
static void a_line_is_found_again(void **state)
{
    (void)state;
    static const size_t sizes[] = {6, 20, 21, 60};
    double x[MOST];
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int variant = 0; variant < 2; variant++) {
            size_t n = sizes[s];
            mds_problem of = make_problem(n, 1, true, variant);
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++) delta[i * n + j] = fabs(wave(i) - wave(j));
            mds_fit_options options = defaults();
            options.start = MDS_START_RANDOM;
            for (options.seed = 0; options.seed < (n == 6 ? 100 : 5); options.seed++)
                assert_true(solve(&of, options, x).normalized < 1e-6);
        }
}

/* From other seeds the same map, and the result says from how many starts. */
static void starts_are_counted(void **state)
{
    (void)state;
    double x[MOST];
    mds_problem of = make_problem(40, 5, true, false);
    mds_outcome outcomes[300];
    mds_fit_options options = defaults();
    options.outcomes = outcomes;
    options.outcome_capacity = 300;
    options.outcome_step = sizeof *outcomes;
    mds_result first = solve(&of, options, x);
    assert_true(first.starts >= 5 && first.best_count >= 1 && first.best_count <= first.starts);
    double least = HUGE_VAL;
    for (size_t s = 0; s < first.starts; s++) least = fmin(least, outcomes[s].loss);
    assert_true(least == first.loss && outcomes[first.best_start].loss == least);
    for (options.seed = 1; options.seed < 8; options.seed++)
        assert_true(fabs(solve(&of, options, x).loss - first.loss) <= 1e-9 * first.loss);
    options.starts = 3;
    assert_int_equal(solve(&of, options, x).starts, 3);
    options.starts = 0;
    options.effort = MDS_EFFORT_LOW;
    assert_int_equal(solve(&of, options, x).starts, 1);
}

static void weight_zero_is_missing_is_nan(void **state)
{
    (void)state;
    static double ones[MOST * MOST];
    double x[MOST], y[MOST];
    mds_problem of = make_problem(30, 3, true, true), holed = of;
    for (size_t i = 0; i < 900; i++) ones[i] = weights[i] > 0;
    of.weights = ones;
    mds_result a = solve(&of, defaults(), x);
    static double holes[MOST * MOST];
    for (size_t i = 0; i < 900; i++) holes[i] = ones[i] > 0 || i % 31 == 0 ? delta[i] : NAN;
    holed.weights = NULL, holed.delta = holes;
    mds_result b = solve(&holed, defaults(), y);
    assert_true(fabs(a.loss - b.loss) <= 1e-12 * a.loss);
    for (size_t i = 0; i < 30; i++) assert_true(fabs(x[i] - y[i]) < 1e-9);
}

static void what_is_right_already_stays(void **state)
{
    (void)state;
    double x[MOST];
    mds_problem of = make_problem(30, 3, true, false);
    mds_fit_options options = defaults();
    mds_result first = solve(&of, options, x);
    options.start = MDS_START_GIVEN;
    options.starts = 1;
    mds_result again = solve(&of, options, x);
    assert_true(again.loss == first.loss);
}

static void few_equal_and_coinciding_objects(void **state)
{
    (void)state;
    double x[30], same[900], none[900] = {0}, twins[900];
    for (size_t i = 0; i < 900; i++) same[i] = i % 31 ? 3 : 0;
    for (size_t n = 1; n <= 30; n++) {
        mds_problem of = {.size = sizeof of, .n = n, .delta = none, .ld = 30};
        solve(&of, defaults(), x);
        of.delta = same;
        double loss = solve(&of, defaults(), x).loss, least = 0;
        /* Equal steps, d of the two neighbours at distance k being 3 * 2 k / n; Sum over pairs. */
        for (size_t k = 1; k < n; k++) least += (double)(n - k) * pow(3 - 6 * (double)k / (double)n, 2);
        assert_true(fabs(loss - least) <= 1e-9 * (1 + least));
    }
    for (size_t i = 0; i < 30; i++)
        for (size_t j = 0; j < 30; j++) twins[i * 30 + j] = fabs(wave(i / 2) - wave(j / 2));
    mds_problem of = {.size = sizeof of, .n = 30, .delta = twins, .ld = 30};
    assert_true(solve(&of, defaults(), x).normalized < 1e-6);
}

static bool stop_at_once(const mds_iteration *iteration, void *context)
{
    (void)iteration, (void)context;
    return false;
}

static void what_it_does_not_do(void **state)
{
    (void)state;
    double x[MOST * 2];
    mds_problem of = make_problem(30, 3, true, false);
    mds_fit_options options = defaults();
    mds_error error = {.message = ""};
    assert_int_equal(mds_fit(&of, 2, &options, x, 2, NULL, &error), MDS_ARGUMENT);
    assert_non_null(strstr(error.message, "1 dimension, not in 2"));
    options.loss = MDS_LOSS_ABSOLUTE;
    assert_int_equal(mds_fit(&of, 1, &options, x, 1, NULL, &error), MDS_UNSUPPORTED);
    options = defaults();
    options.tolerance = 1e-3;
    assert_int_equal(mds_fit(&of, 1, &options, x, 1, NULL, &error), MDS_UNSUPPORTED);
    assert_non_null(strstr(error.message, "takes no tolerance"));
    options = defaults();
    options.progress = stop_at_once;
    mds_result result = solve(&of, options, x);
    assert_int_equal(result.stop, MDS_STOP_CANCELLED);
    assert_int_equal(result.iterations, 1);
    options = defaults();
    options.iterations = 1;
    options.starts = 1;
    assert_int_equal(solve(&of, options, x).stop, MDS_STOP_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_order_of_a_few_is_better),
        cmocka_unit_test(nor_with_weights),
        cmocka_unit_test(steps_better_the_order),
        cmocka_unit_test(the_search_finds_the_exact_order),
        cmocka_unit_test(a_line_is_found_again),
        cmocka_unit_test(starts_are_counted),
        cmocka_unit_test(weight_zero_is_missing_is_nan),
        cmocka_unit_test(what_is_right_already_stays),
        cmocka_unit_test(few_equal_and_coinciding_objects),
        cmocka_unit_test(what_it_does_not_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
