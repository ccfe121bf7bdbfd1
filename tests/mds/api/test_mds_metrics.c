/* Metrics beyond the Euclidean family, and scalings: values of SciPy, vegan and cluster with the calls that
 * made them; new rows against old ones; what a metric refuses. */
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 4, M = 4, PAIRS = 6 };

/* X in the calls below. */
static const double x[N * M] = {1, 0, 3, 5.5, 2, 4, 0, 1, 0, 1, 1, 0.25, 7, 2, 2, 2};

static const struct {
    const char *call;
    mds_metric metric;
    double exponent;
    mds_scaling scaling;
    double values[PAIRS]; /* condensed */
} known[] = {
    /* SciPy 1.17.1, scipy.spatial.distance */
    {"pdist(X, 'braycurtis')",
     MDS_BRAYCURTIS,
     0,
     MDS_SCALING_NONE,
     {0.7575757575757576, 0.7872340425531915, 0.5555555555555556, 0.7297297297297297, 0.5,
      0.7049180327868853}},
    {"pdist(X, 'canberra')",
     MDS_CANBERRA,
     0,
     MDS_SCALING_NONE,
     {3.0256410256410255, 3.4130434782608696, 2.4166666666666665, 3.2, 2.2222222222222223,
      2.444444444444444}},
    {"pdist(X, 'jensenshannon')",
     MDS_JENSENSHANNON,
     0,
     MDS_SCALING_NONE,
     {0.6322399761300764, 0.5318459238286185, 0.4614886952053527, 0.5079636295600748, 0.37024416378944514,
      0.5118562929789291}},
    {"pdist(X, 'minkowski', p=1.5)",
     MDS_MINKOWSKI,
     1.5,
     MDS_SCALING_NONE,
     {8.260620670000115, 6.5745396170626655, 8.566575999807485, 4.54018629081806, 6.826808063010113,
      8.048921791724156}},
    {"pdist(X, 'minkowski', p=3)",
     MDS_MINKOWSKI,
     3,
     MDS_SCALING_NONE,
     {5.678703747710205, 5.36825365965811, 6.44630319176214, 3.314775344275423, 5.217103446276167,
      7.0497099288797465}},
    {"pdist(X > 0, 'jaccard')", MDS_JACCARD, 0, MDS_SCALING_NONE, {0.5, 0.5, 0.25, 0.5, 0.25, 0.25}},
    {"pdist(X, 'seuclidean')",
     MDS_EUCLIDEAN,
     0,
     MDS_SCALING_SD,
     {3.8400109766388413, 2.8212318049001364, 2.822769964162683, 2.050330513661034, 2.5579567459902655,
      2.5651390999568635}},
    {"pdist((X - X.min(0)) / (X.max(0) - X.min(0)), 'cityblock')",
     MDS_MANHATTAN,
     0,
     MDS_SCALING_RANGE,
     {3.0, 2.0595238095238093, 2.3571428571428577, 1.5119047619047616, 2.071428571428571,
      1.9166666666666665}},
    {"q = numpy.percentile(X, [25, 50, 75], axis=0); pdist((X - q[1]) / (q[2] - q[0]), 'chebyshev')",
     MDS_CHEBYSHEV,
     0,
     MDS_SCALING_ROBUST,
     {2.2857142857142856, 2.5454545454545454, 2.4000000000000004, 1.7142857142857144, 2.0,
      2.8000000000000003}},
    /* vegan 2.6.4 in R */
    {"vegdist(X, 'jaccard')",
     MDS_WEIGHTED_JACCARD,
     0,
     MDS_SCALING_NONE,
     {0.8620689655172413, 0.8809523809523810, 0.7142857142857143, 0.8437500000000000, 0.6666666666666666,
      0.8269230769230769}},
    {"dist(decostand(X, 'hellinger'))",
     MDS_HELLINGER,
     0,
     MDS_SCALING_NONE,
     {1.0382583146851025, 0.8622494286648480, 0.6972295549402557, 0.8603013560971386, 0.5709958664070541,
      0.8322013572920757}},
};

static void near(const char *call, double got, double want)
{
    if (!(fabs(got - want) <= 1e-12 * fabs(want))) fail_msg("%s: %.17g, not %.17g", call, got, want);
}

static void compare(const char *call, const double *d, const double *values, size_t n)
{
    for (size_t i = 0, k = 0; i < n; i++) {
        assert_true(d[i * n + i] == 0);
        for (size_t j = i + 1; j < n; j++, k++) {
            near(call, d[i * n + j], values[k]);
            assert_true(d[j * n + i] == d[i * n + j]);
        }
    }
}

static void compute(const double *features, size_t n, size_t m, const mds_distance_options *options,
                    double *d)
{
    mds_error error;
    if (mds_distances(features, n, m, m, options, d, n, &error) != MDS_OK) fail_msg("%s", error.message);
}

static void values_of_other_programs(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++) {
            double d[N * N];
            if (!mds_isa_available(isa)) continue;
            mds_distance_options options = {.size = sizeof options,
                                            .metric = known[k].metric,
                                            .isa = isa,
                                            .exponent = known[k].exponent,
                                            .scaling = known[k].scaling};
            compute(x, N, M, &options, d);
            compare(known[k].call, d, known[k].values, N);
        }
}

static void mahalanobis(void **state)
{
    (void)state;
    const double y[] = {1, 0, 2, 4, 0, 1, 7, 2}; /* pdist(Y, 'mahalanobis') */
    const double values[] = {2.3688286211548886, 0.7750112246199651, 2.0371286001671187,
                             1.763294560979374,  2.336059384420155,  2.2520511706830137};
    double d[N * N];
    mds_distance_options options = {.size = sizeof options, .metric = MDS_MAHALANOBIS};
    compute(y, N, 2, &options, d);
    compare("pdist(Y, 'mahalanobis')", d, values, N);
}

/* d <- data.frame(a = c(1, 2, NA, 7), b = factor(c("x", "y", "x", NA)), c = c(1, 0, 0, 1))
 * daisy(d, "gower", type = list(asymm = 3)), cluster in R */
static void gower(void **state)
{
    (void)state;
    const double rows[] = {1, 0, 1, 2, 1, 0, NAN, 0, 0, 7, NAN, 1};
    const mds_column columns[] = {MDS_COLUMN_NUMBER, MDS_COLUMN_CATEGORY, MDS_COLUMN_PRESENCE};
    const double values[] = {0.7222222222222223, 0.5, 0.5, 1, 0.9166666666666667, 1};
    double d[N * N];
    mds_distance_options options = {.size = sizeof options, .metric = MDS_GOWER, .columns = columns};
    compute(rows, N, 3, &options, d);
    compare("daisy", d, values, N);
    const double strangers[] = {1, NAN, NAN, 2}; /* nothing known of both */
    options.columns = NULL;
    compute(strangers, 2, 2, &options, d);
    assert_true(isnan(d[1]) && isnan(d[2]) && d[0] == 0 && d[3] == 0);
}

static void hamming(void **state)
{
    (void)state;
    const double rows[] = {1, 0, 3, 1, 4, 3, 0, 4, 1}, values[] = {1. / 3, 1, 2. / 3};
    double d[9];
    mds_distance_options options = {.size = sizeof options, .metric = MDS_HAMMING};
    compute(rows, 3, 3, &options, d);
    compare("hamming", d, values, 3);
}

/* Between poles, along the equator, and a metre apart: arcs that are known without the formula. */
static void haversine(void **state)
{
    (void)state;
    const double rows[] = {90, 0, -90, 77, 0, 0, 0, 90, 0, 90 + 1e-5}, pi = acos(-1), radius = 6371.0088;
    double d[25];
    mds_distance_options options = {.size = sizeof options, .metric = MDS_HAVERSINE};
    compute(rows, 5, 2, &options, d);
    near("poles", d[1], pi * radius);
    near("quarter", d[2], pi / 2 * radius);
    near("quarter", d[2 * 5 + 3], pi / 2 * radius);
    if (fabs(d[3 * 5 + 4] - 1e-5 * pi / 180 * radius) > 1e-8 * d[3 * 5 + 4]) fail_msg("%g", d[3 * 5 + 4]);
}

/* Rows that hardly differ keep their digits: JSD is sum d^2 / (8 p) to first order. */
static void near_proportions(void **state)
{
    (void)state;
    const double h = 0x1p-30, rows[] = {0.5, 0.25, 0.25, 0.5, 0.25 + h, 0.25 - h};
    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++) {
        double d[4];
        if (!mds_isa_available(isa)) continue;
        mds_distance_options options = {.size = sizeof options, .metric = MDS_JENSENSHANNON, .isa = isa};
        compute(rows, 2, 3, &options, d);
        if (fabs(d[1] - h) > 1e-8 * h) fail_msg("%s: %.17g", mds_isa_name(isa), d[1]);
    }
}

static void powers_of_any_size(void **state)
{
    (void)state;
    mds_distance_options options = {.size = sizeof options, .metric = MDS_MINKOWSKI, .exponent = 100};
    const double sizes[] = {1e-280, 1e-5, 1, 1e5, 1e290};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        double rows[] = {0, 3 * sizes[s], sizes[s] * 1e-9, 3 * sizes[s], sizes[s], 0}, d[9];
        compute(rows, 3, 2, &options, d);
        near("of near rows", d[1], sizes[s] * 1e-9);
        near("of far ones", d[2], 3 * sizes[s]);
    }
}

enum { ROWS = 130, COLUMNS = 70, OTHERS = 67 };
static double features[ROWS * COLUMNS], others[OTHERS * COLUMNS], square[ROWS * ROWS], between[OTHERS * ROWS],
    alone[ROWS];

static void fill(void)
{
    for (size_t i = 0; i < ROWS * COLUMNS; i++) features[i] = fabs(sin((double)(i * i + 1)));
    for (size_t i = 0; i < OTHERS * COLUMNS; i++) others[i] = fabs(sin((double)(i * i * 3 + 2)));
}

/* A new row gets the distances that it would get alone; a row of the old ones those of the square. */
static void new_rows(void **state)
{
    (void)state;
    for (mds_metric metric = MDS_EUCLIDEAN; metric <= MDS_HAVERSINE; metric++)
        for (mds_scaling scaling = MDS_SCALING_NONE; scaling <= MDS_SCALING_SD; scaling++) {
            fill();
            size_t m = metric == MDS_HAVERSINE ? 2 : COLUMNS;
            bool scaled = metric <= MDS_CORRELATION || metric == MDS_CANBERRA || metric == MDS_MINKOWSKI;
            if (scaling && !scaled) continue;
            mds_distance_options options = {
                .size = sizeof options, .metric = metric, .scaling = scaling, .threads = 2};
            memcpy(others + 3 * COLUMNS, features + 5 * COLUMNS, m * sizeof *others);
            assert_int_equal(mds_distances(features, ROWS, m, COLUMNS, &options, square, ROWS, NULL), MDS_OK);
            assert_int_equal(mds_distances_between(features, ROWS, m, COLUMNS, others, OTHERS, COLUMNS,
                                                   &options, between, ROWS, NULL),
                             MDS_OK);
            for (size_t i = 0; i < OTHERS; i++) {
                options.threads = 1;
                assert_int_equal(mds_distances_between(features, ROWS, m, COLUMNS, others + i * COLUMNS, 1,
                                                       COLUMNS, &options, alone, ROWS, NULL),
                                 MDS_OK);
                assert_memory_equal(alone, between + i * ROWS, sizeof alone);
            }
            for (size_t j = 0; j < ROWS; j++) {
                double got = between[3 * ROWS + j], want = square[5 * ROWS + j];
                if (!(fabs(got - want) <= 1e-13 * (1 + want)))
                    fail_msg("%s: %.17g, not %.17g", mds_metric_name(metric), got, want);
            }
        }
}

static void threads_and_levels(void **state)
{
    (void)state;
    static double other[ROWS * ROWS];
    fill();
    for (mds_metric metric = MDS_BRAYCURTIS; metric <= MDS_JENSENSHANNON; metric++) {
        mds_distance_options options = {.size = sizeof options, .metric = metric, .threads = 1};
        compute(features, ROWS, COLUMNS, &options, square);
        options.threads = 3;
        compute(features, ROWS, COLUMNS, &options, other);
        assert_memory_equal(square, other, sizeof square);
        for (options.isa = MDS_ISA_SCALAR; options.isa <= MDS_ISA_NEON; options.isa++) {
            if (!mds_isa_available(options.isa)) continue;
            compute(features, ROWS, COLUMNS, &options, other);
            for (size_t i = 0; i < ROWS * ROWS; i++)
                if (!(fabs(square[i] - other[i]) <= 1e-13 * square[i]))
                    fail_msg("%s, %s: %.17g, not %.17g", mds_metric_name(metric), mds_isa_name(options.isa),
                             other[i], square[i]);
        }
    }
}

static void refuse(const double *rows, size_t n, size_t m, mds_distance_options options, mds_status status,
                   const char *words)
{
    double d[64] = {-7};
    mds_error error = {.message = ""};
    options.size = sizeof options;
    assert_int_equal(mds_distances(rows, n, m, m, &options, d, n, &error), status);
    if (!strstr(error.message, words)) fail_msg("\"%s\" does not say \"%s\"", error.message, words);
    assert_true(d[0] == -7);
}

#define WITH(...) ((mds_distance_options){__VA_ARGS__})

static void refusals(void **state)
{
    (void)state;
    double rows[] = {1, 2, 0, 0, 3, -1, 0, 0};
    static const mds_metric counts[] = {MDS_BRAYCURTIS, MDS_JACCARD, MDS_WEIGHTED_JACCARD, MDS_HELLINGER,
                                        MDS_JENSENSHANNON};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
        refuse(rows, 4, 2, WITH(.metric = counts[k]), MDS_DATA,
               "row 3, column 2: the feature is -1: negative");
    rows[5] = 1;
    refuse(rows, 4, 2, WITH(.metric = MDS_BRAYCURTIS), MDS_DATA, "row 2 and row 4 are all zeros");
    refuse(rows, 4, 2, WITH(.metric = MDS_HELLINGER), MDS_DATA, "row 2 is all zeros");
    rows[4] = 91;
    refuse(rows, 4, 2, WITH(.metric = MDS_HAVERSINE), MDS_DATA, "row 3, column 1: the feature is 91: no lat");
    rows[4] = 3, rows[5] = 361;
    refuse(rows, 4, 2, WITH(.metric = MDS_HAVERSINE), MDS_DATA,
           "row 3, column 2: the feature is 361: no lon");
    refuse(rows, 2, 4, WITH(.metric = MDS_HAVERSINE), MDS_ARGUMENT, "two features");
    const double line[] = {1, 2, 2, 4, 3, 6, 5, 10};
    refuse(line, 4, 2, WITH(.metric = MDS_MAHALANOBIS), MDS_DATA, "column 2 is constant, or is made up");
    refuse(line, 2, 4, WITH(.metric = MDS_MAHALANOBIS), MDS_DATA, "2 objects are too few");
    const double mostly[] = {0, 0, 0, 0, 0, 0, 0, 1};
    refuse(mostly, 8, 1, WITH(.scaling = MDS_SCALING_ROBUST), MDS_DATA, "column 1: the quartiles are both 0");
    refuse(line, 4, 2, WITH(.scaling = MDS_SCALING_SD, .metric = MDS_JACCARD), MDS_ARGUMENT, "leave scaling");
    refuse(line, 4, 2, WITH(.scaling = (mds_scaling)9), MDS_ARGUMENT, "9 is not a scaling");
    refuse(line, 4, 2, WITH(.scaling = MDS_SCALING_SD, .metric = MDS_BRAYCURTIS), MDS_DATA,
           "after scaling: negative");
    refuse(line, 4, 2, WITH(.exponent = 3), MDS_ARGUMENT, "an exponent is for the metric minkowski");
    refuse(line, 4, 2, WITH(.exponent = 0.5, .metric = MDS_MINKOWSKI), MDS_ARGUMENT, "the exponent is 0.5");
    refuse(line, 4, 2, WITH(.exponent = (double)NAN, .metric = MDS_MINKOWSKI), MDS_ARGUMENT, "nan");
    const mds_column types[] = {MDS_COLUMN_NUMBER, (mds_column)7};
    refuse(line, 4, 2, WITH(.columns = types), MDS_ARGUMENT, "types of columns are for Gower's");
    refuse(line, 4, 2, WITH(.columns = types, .metric = MDS_GOWER), MDS_ARGUMENT,
           "column 2: 7 is not a type");
    double d[4];
    const double fresh[] = {1, -1};
    mds_error error;
    mds_distance_options options = {.size = sizeof options, .metric = MDS_BRAYCURTIS};
    assert_int_equal(mds_distances_between(line, 4, 2, 2, fresh, 1, 2, &options, d, 4, &error), MDS_DATA);
    assert_non_null(strstr(error.message, "new row 1, column 2: the feature is -1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_other_programs),
        cmocka_unit_test(mahalanobis),
        cmocka_unit_test(gower),
        cmocka_unit_test(hamming),
        cmocka_unit_test(haversine),
        cmocka_unit_test(near_proportions),
        cmocka_unit_test(powers_of_any_size),
        cmocka_unit_test(new_rows),
        cmocka_unit_test(threads_and_levels),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
