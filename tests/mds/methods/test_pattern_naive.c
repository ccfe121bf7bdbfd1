/* Pattern search decides as the header tells it: beside the same algorithm with nothing clever. */
#include "pattern_problem.h"

enum { MOST = 260 };

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides_as_the_naive_program),
        cmocka_unit_test(every_thread_and_level_decides_as_the_naive_program),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
