/*
 * Each transformation against slow definitions: a projection onto a cone C is the f in C with <d - f, f> = 0
 * and <d - f, g> <= 0 for all g in C; the rising numbers nearest to d are f_i = max over s <= i of min over t
 * >= i of the mean of d from s to t (Robertson, Wright, Dykstra, "Order restricted statistical inference",
 * 1988, th. 1.4.4).
 */
#include "isotonic.h"
#include "monotone_spline.h"
#include "power_curve.h"
#include "random.h"

#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 13, P = 2, CELLS = N * N, MOST = 200 };

/* ---- the parts ---- */

static void sorting(void **state)
{
    (void)state;
    static mds_record records[5000];
    fs_random random;
    fs_random_init(&random, 1);
    for (int kind = 0; kind < 5; kind++)
        for (size_t count = 0; count <= 5000; count += count < 40 ? 1 : 1240) {
            double sum = 0, after = 0;
            for (size_t i = 0; i < count; i++) {
                double u = fs_random_unit(&random);
                double key = kind == 0   ? u
                             : kind == 1 ? floor(7 * u)
                             : kind == 2 ? 42
                             : kind == 3 ? ldexp(u, (int)(600 * fs_random_unit(&random)) - 300)
                                         : (double)(count - i);
                records[i] = (mds_record){.key = key, .pair = i};
                sum += (double)i * (kind == 3 ? 1 : key);
            }
            mds_sort_records(records, count);
            for (size_t i = 0; i < count; i++) {
                if (i > 0) assert_true(records[i - 1].key <= records[i].key);
                after += (double)records[i].pair * (kind == 3 ? 1 : records[i].key);
            }
            assert_true(fabs(after - sum) <= 1e-9 * (1 + sum)); /* each key still has its payload */
        }
}

static void slow_isotonic(const double *d, const double *w, size_t count, double *f)
{
    for (size_t i = 0; i < count; i++) {
        f[i] = -HUGE_VAL;
        for (size_t s = 0; s <= i; s++) {
            double least = HUGE_VAL, sum = 0, weight = 0;
            for (size_t t = s; t < count; t++) {
                sum += w[t] * d[t];
                weight += w[t];
                if (t >= i) least = fmin(least, sum / weight);
            }
            f[i] = fmax(f[i], least);
        }
    }
}

static void isotonic_is_the_definition(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 2);
    for (int round = 0; round < 300; round++) {
        size_t count = 1 + fs_random_below(&random, 40);
        double d[40], w[40], want[40], squares = 0;
        mds_record records[40];
        uint32_t length[40];
        for (size_t i = 0; i < count; i++) {
            d[i] = floor(fs_random_unit(&random) * (round % 3 ? 1e6 : 4)) / 8;
            w[i] = round % 2 ? 1 : 0.1 + fs_random_unit(&random);
            records[i] = (mds_record){.key = d[i], .weight = w[i]};
        }
        slow_isotonic(d, w, count, want);
        double sum = mds_isotonic(records, round % 4 == 1 ? NULL : length, count);
        for (size_t i = 0; i < count; i++) {
            assert_true(fabs(records[i].key - want[i]) <= 1e-12 * (1 + fabs(want[i])));
            squares += w[i] * want[i] * want[i];
        }
        assert_true(fabs(sum - squares) <= 1e-12 * (1 + squares));
        for (size_t i = 0; i < count; i++) d[i] = records[i].key, records[i].weight = w[i];
        (void)mds_isotonic(records, length, count); /* again changes nothing */
        for (size_t i = 0; i < count; i++)
            assert_true(fabs(records[i].key - d[i]) <= 1e-15 * (1 + fabs(d[i])));
    }
}

static void splines_are_projections(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 3);
    double x[MOST], w[MOST], sums[MOST], f[MOST];
    for (int round = 0; round < 200; round++) {
        size_t count = 2 + fs_random_below(&random, MOST - 2);
        unsigned degree = 1 + (unsigned)fs_random_below(&random, 5),
                 knots = (unsigned)fs_random_below(&random, 8);
        double at = fs_random_unit(&random), size = 0;
        for (size_t g = 0; g < count; g++) {
            x[g] = at += 0.01 + fs_random_unit(&random);
            w[g] = 0.5 + fs_random_unit(&random);
            sums[g] = w[g] * (sqrt(at) + 3 * fs_random_unit(&random)) * (round % 2 ? 1 : 1 / at);
            size += sums[g] * sums[g] / w[g];
        }
        mds_spline s;
        mds_spline_init(&s, degree, knots, x, w, count);
        double squares = mds_spline_fit(&s, x, sums, count), own = 0, sum = 0;
        for (size_t g = 0; g < count; g++) {
            f[g] = mds_spline_at(&s, x[g]);
            assert_true(f[g] >= -1e-9 && (g == 0 || f[g] >= f[g - 1] - 1e-9 * fabs(f[g])));
            own += (sums[g] - w[g] * f[g]) * f[g];
            sum += w[g] * f[g] * f[g];
        }
        assert_true(fabs(own) <= 1e-9 * size);
        assert_true(fabs(sum - squares) <= 1e-9 * size);
        mds_spline other = s; /* any other of the cone: rising coefficients */
        for (unsigned trial = 0; trial < 60; trial++) {
            double inner = 0, norm = 0;
            for (unsigned k = 0; k < s.size; k++)
                other.coefficients[k] = (trial < s.size ? k >= trial : fs_random_unit(&random)) +
                                        (k && trial >= s.size ? other.coefficients[k - 1] : 0);
            for (size_t g = 0; g < count; g++) {
                double value = mds_spline_at(&other, x[g]);
                inner += (sums[g] - w[g] * f[g]) * value;
                norm += w[g] * value * value;
            }
            assert_true(inner <= 1e-9 * sqrt(size * norm));
        }
        for (size_t g = 0; g < count; g++) sums[g] = w[g] * f[g];
        (void)mds_spline_fit(&s, x, sums, count); /* again changes nothing */
        for (size_t g = 0; g < count; g++)
            assert_true(fabs(mds_spline_at(&s, x[g]) - f[g]) <= 1e-6 * (1 + f[g]));
    }
}

/* A smooth piece between knots: differences of order degree + 1 vanish, and one less does not jump. */
static void splines_are_splines(void **state)
{
    (void)state;
    double x[MOST], w[MOST], sums[MOST];
    for (size_t g = 0; g < MOST; g++) {
        x[g] = (double)g / (MOST - 1);
        w[g] = 1;
        sums[g] = 1 / (1 + exp(-12 * (x[g] - 0.5)));
    }
    for (unsigned degree = 1; degree <= 5; degree++) {
        mds_spline s;
        mds_spline_init(&s, degree, 4, x, w, MOST);
        assert_int_equal(s.size, degree + 5);
        (void)mds_spline_fit(&s, x, sums, MOST);
        /* by Lagrange: the polynomial through degree + 1 points of the first piece meets the others of it */
        double to = s.knots[degree + 1], at[6], value[6];
        for (unsigned k = 0; k <= degree; k++) {
            at[k] = to * (k + 0.5) / (degree + 1);
            value[k] = mds_spline_at(&s, at[k]);
        }
        for (double here = 0; here < to; here += to / 17) {
            double sum = 0;
            for (unsigned k = 0; k <= degree; k++) {
                double term = value[k];
                for (unsigned l = 0; l <= degree; l++)
                    if (l != k) term *= (here - at[l]) / (at[k] - at[l]);
                sum += term;
            }
            assert_true(fabs(sum - mds_spline_at(&s, here)) < 1e-10);
        }
        double before = mds_spline_at(&s, to - 1e-9), behind = mds_spline_at(&s, to + 1e-9);
        assert_true(fabs(behind - before) < 1e-6);
    }
}

static double power_error(const double *u, const double *w, const double *sums, size_t count, double b)
{
    double inner = 0, square = 0;
    for (size_t g = 0; g < count; g++) {
        double value = isinf(u[g]) ? 0 : exp(b * u[g]);
        inner += sums[g] * value;
        square += w[g] * value * value;
    }
    return -inner * inner / square;
}

static void powers_are_the_best(void **state)
{
    (void)state;
    fs_random random;
    fs_random_init(&random, 4);
    double u[50], w[50], sums[50];
    for (int round = 0; round < 100; round++) {
        size_t count = 3 + fs_random_below(&random, 47);
        double true_power = 4 * fs_random_unit(&random), power = 1;
        for (size_t g = 0; g < count; g++) {
            double x = round % 5 == 0 && g == 0 ? 0 : (double)(g + 1) / (double)count;
            u[g] = log(x);
            w[g] = 0.5 + fs_random_unit(&random);
            sums[g] = w[g] * (pow(x, true_power) + (round % 2 ? 0.3 * fs_random_unit(&random) : 0));
        }
        double c = mds_power_fit(u, w, sums, count, &power), least = HUGE_VAL;
        for (int t = 0; t <= 16000; t++) least = fmin(least, power_error(u, w, sums, count, t * 1e-3));
        assert_true(power_error(u, w, sums, count, power) <= least + 1e-12 * fabs(least));
        if (round % 2 == 0) assert_true(fabs(power - true_power) < 1e-7 && fabs(c - 1) < 1e-7);
    }
}

/* ---- the public function ---- */

struct data {
    mds_problem problem;
    double delta[CELLS], weights[CELLS], x[N * P], d[CELLS];
};

/* `kind`: bit 0 weights (some 0), bit 1 missing ones, bit 2 ties. */
static void make(struct data *data, unsigned kind, uint64_t seed)
{
    fs_random random;
    fs_random_init(&random, seed);
    memset(data, 0, sizeof *data);
    for (size_t c = 0; c < N * P; c++) data->x[c] = fs_random_normal(&random);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++) {
            double dx = data->x[i * P] - data->x[j * P], dy = data->x[i * P + 1] - data->x[j * P + 1];
            double d = sqrt(dx * dx + dy * dy), delta = fabs(d + 0.7 * fs_random_normal(&random)) + 0.01;
            if (kind & 4) delta = 1 + floor(2 * delta);
            if (kind & 2 && fs_random_below(&random, 8) == 0 && i != j + 1) delta = NAN;
            double weight =
                fs_random_below(&random, 9) && kind & 1 ? 0.2 + fs_random_unit(&random) : i == j + 1;
            data->d[i * N + j] = data->d[j * N + i] = d;
            data->delta[i * N + j] = data->delta[j * N + i] = delta;
            data->weights[i * N + j] = data->weights[j * N + i] = weight;
        }
    data->problem =
        (mds_problem){.size = sizeof data->problem, .n = N, .delta = data->delta, .ld = N, .ldw = N};
    if (kind & 1) data->problem.weights = data->weights;
}

static double weight_of(const struct data *data, size_t i, size_t j)
{
    if (isnan(data->delta[i * N + j])) return 0;
    return data->problem.weights ? data->weights[i * N + j] : 1;
}

static void find(const struct data *data, mds_level level, mds_ties ties, const double *x, double *out)
{
    mds_error error;
    mds_disparity_options options = {.size = sizeof options, .level = level, .ties = ties};
    if (mds_disparities(&data->problem, P, x, P, &options, out, N, &error) != MDS_OK)
        fail_msg("%s", error.message);
}

/* sum w (d - f) g and sum w g^2 over the pairs that count. */
static double inner(const struct data *data, const double *f, const double *g, double *norm)
{
    double sum = 0;
    *norm = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++) {
            size_t c = i * N + j;
            double weight = weight_of(data, i, j);
            if (weight == 0) continue;
            sum += weight * (data->d[c] - f[c]) * g[c];
            *norm += weight * g[c] * g[c];
        }
    return sum;
}

static bool kept_in_order(const struct data *data, mds_level level, mds_ties ties, const double *f)
{
    if (ties == MDS_TIES_TERTIARY) return true; /* means only, which the projection below tests */
    for (size_t a = 0; a < CELLS; a++)
        for (size_t b = 0; b < CELLS; b++) {
            if (weight_of(data, a / N, a % N) == 0 || weight_of(data, b / N, b % N) == 0) continue;
            if (a / N == a % N || b / N == b % N) continue;
            double slack = 1e-12 * fabs(f[a]);
            if (data->delta[a] < data->delta[b] && f[a] > f[b] + slack) return false;
            bool equal = level != MDS_LEVEL_ORDINAL || ties == MDS_TIES_SECONDARY;
            if (equal && data->delta[a] == data->delta[b] && fabs(f[a] - f[b]) > slack) return false;
        }
    return true;
}

static void check_projection(unsigned kind, uint64_t seed, mds_level level, mds_ties ties)
{
    static struct data data, other;
    static double f[CELLS], g[CELLS];
    make(&data, kind, seed);
    find(&data, level, ties, data.x, f);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            if (i == j) assert_true(f[i * N + j] == 0);
            if (i == j) continue;
            assert_true(isnan(f[i * N + j]) == (weight_of(&data, i, j) == 0));
            if (weight_of(&data, i, j) > 0) assert_true(f[i * N + j] == f[j * N + i]);
        }
    assert_true(kept_in_order(&data, level, ties, f));
    double norm, size, own = inner(&data, f, f, &size);
    assert_true(fabs(own) <= 1e-12 * (size + 1));
    for (uint64_t s = 1; s <= 20; s++) { /* what other maps lead to is in the cone, too */
        make(&other, kind, seed);
        fs_random random;
        fs_random_init(&random, 1000 * seed + s);
        for (size_t c = 0; c < N * P; c++) other.x[c] += (double)s / 10 * fs_random_normal(&random);
        find(&data, level, ties, other.x, g);
        double along = inner(&data, f, g, &norm);
        if (level != MDS_LEVEL_LOG) assert_true(along <= 1e-11 * (size + norm));
        double error_f = inner(&data, f, data.d, &norm) - own; /* and nothing of it is nearer */
        double error_g = inner(&data, g, data.d, &norm) - inner(&data, g, g, &norm);
        assert_true(error_f <= error_g + 1e-11 * size);
    }
}

static void disparities_are_projections(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++)
        for (unsigned kind = 0; kind < 8; kind++) {
            for (mds_ties ties = MDS_TIES_PRIMARY; ties <= MDS_TIES_TERTIARY; ties++)
                check_projection(kind, seed, MDS_LEVEL_ORDINAL, ties);
            check_projection(kind, seed, MDS_LEVEL_RATIO, MDS_TIES_PRIMARY);
            check_projection(kind, seed, MDS_LEVEL_INTERVAL, MDS_TIES_PRIMARY);
            check_projection(kind, seed, MDS_LEVEL_SPLINE, MDS_TIES_PRIMARY);
            check_projection(kind, seed, MDS_LEVEL_LOG, MDS_TIES_PRIMARY);
        }
}

/* Numbers of any size, and any number of threads. */
static void magnitude_and_threads(void **state)
{
    (void)state;
    enum { BIG = 300 };
    static double delta[BIG * BIG], x[BIG * P], scaled[BIG * P], one[BIG * BIG], two[BIG * BIG];
    fs_random random;
    fs_random_init(&random, 5);
    for (size_t c = 0; c < BIG * P; c++) x[c] = fs_random_normal(&random);
    for (size_t i = 0; i < BIG; i++)
        for (size_t j = 0; j < i; j++)
            delta[i * BIG + j] = delta[j * BIG + i] = 1 + floor(300 * fs_random_unit(&random));
    mds_problem problem = {.size = sizeof problem, .n = BIG, .delta = delta, .ld = BIG};
    for (int level = MDS_LEVEL_INTERVAL; level <= MDS_LEVEL_LOG; level++)
        for (int ties = 0; ties < (level == MDS_LEVEL_ORDINAL ? 3 : 1); ties++) {
            mds_disparity_options options = {
                .size = sizeof options, .level = (mds_level)level, .ties = (mds_ties)ties, .threads = 1};
            assert_int_equal(mds_disparities(&problem, P, x, P, &options, one, BIG, NULL), MDS_OK);
            options.threads = 3;
            options.isa = MDS_ISA_SCALAR;
            assert_int_equal(mds_disparities(&problem, P, x, P, &options, two, BIG, NULL), MDS_OK);
            assert_memory_equal(one, two, sizeof one);
            for (size_t c = 0; c < BIG * P; c++) scaled[c] = ldexp(x[c], 700);
            for (size_t c = 0; c < BIG * BIG; c++) delta[c] = ldexp(delta[c], -600);
            assert_int_equal(mds_disparities(&problem, P, scaled, P, &options, two, BIG, NULL), MDS_OK);
            for (size_t c = 0; c < BIG * BIG; c++) delta[c] = ldexp(delta[c], 600);
            for (size_t c = 0; c < BIG * BIG; c++)
                assert_true(fabs(ldexp(two[c], -700) - one[c]) <= 1e-12 * fabs(one[c]));
        }
}

static void mistakes(void **state)
{
    (void)state;
    static struct data data;
    static double out[CELLS];
    mds_error error;
    make(&data, 0, 1);
    mds_disparity_options options = {.size = sizeof options, .level = (mds_level)9};
    assert_int_equal(mds_disparities(&data.problem, P, data.x, P, &options, out, N, &error), MDS_ARGUMENT);
    assert_non_null(strstr(error.message, "9 is not a level"));
    options.level = MDS_LEVEL_ORDINAL;
    assert_int_equal(mds_disparities(&data.problem, P, data.x, P, &options, out, N - 1, &error),
                     MDS_ARGUMENT);
    assert_int_equal(mds_disparities(&data.problem, P, data.x, P, &options, NULL, N, &error), MDS_ARGUMENT);
    data.x[3] = NAN;
    assert_int_equal(mds_disparities(&data.problem, P, data.x, P, &options, out, N, &error), MDS_DATA);
    make(&data, 0, 1);
    for (size_t c = 0; c < CELLS; c++) data.delta[c] = c % (N + 1) ? 3 : 0;
    for (int level = MDS_LEVEL_INTERVAL; level <= MDS_LEVEL_LOG; level++) {
        options.level = (mds_level)level;
        assert_int_equal(mds_disparities(&data.problem, P, data.x, P, &options, out, N, &error), MDS_DATA);
        assert_non_null(strstr(error.message, "all dissimilarities are the same"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorting),
        cmocka_unit_test(isotonic_is_the_definition),
        cmocka_unit_test(splines_are_projections),
        cmocka_unit_test(splines_are_splines),
        cmocka_unit_test(powers_are_the_best),
        cmocka_unit_test(disparities_are_projections),
        cmocka_unit_test(magnitude_and_threads),
        cmocka_unit_test(mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
