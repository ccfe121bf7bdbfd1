/* What many maps have in common: against identities, data that leave no doubt, and a slow reference. */
#include "mdscale.h"
#include "small_sets.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 12, P = 2, M = 5 };

static double features[N * M], points[N * P], exact[N * N], noisy[N * N];

static double wave(size_t k)
{
    return sin(12.9898 * (double)(k + 1)) * 3 + cos(78.233 * (double)(k * k + 1));
}

static int make_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < N * P; i++) points[i] = wave(i);
    for (size_t i = 0; i < N * M; i++) features[i] = wave(i + 100);
    if (mds_distances(points, N, P, P, NULL, exact, N, NULL) != MDS_OK) return 1;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < i; j++)
            noisy[i * N + j] = noisy[j * N + i] =
                exact[i * N + j] * (1 + 0.15 * sin((double)(i * 31 + j * 17)));
    return 0;
}

static mds_problem problem_of(const double *delta)
{
    return (mds_problem){.size = sizeof(mds_problem), .n = N, .delta = delta, .ld = N};
}

static double fit(const double *delta, double *x)
{
    mds_problem problem = problem_of(delta);
    mds_result result = {.size = sizeof result};
    assert_int_equal(mds_fit(&problem, P, NULL, x, P, &result, NULL), MDS_OK);
    return result.stress1;
}

/* ---- data without errors: every map is the same ---- */

static void exact_data_leave_no_doubt(void **state)
{
    (void)state;
    double x[N * P], covariances[N * P * P], influence[N], stress[20];
    mds_problem problem = problem_of(exact);
    mds_resample_options options = {.size = sizeof options, .count = 20, .seed = 5};
    mds_stability s = {.size = sizeof s};
    fit(exact, x);
    assert_int_equal(mds_jackknife(&problem, P, x, P, NULL, covariances, influence, &s, NULL), MDS_OK);
    assert_int_equal(s.maps, N);
    assert_true(fabs(s.stability - 1) < 1e-9 && fabs(s.cross_validity - 1) < 1e-9 &&
                fabs(s.dispersion) < 1e-9);
    for (size_t i = 0; i < N; i++) assert_true(influence[i] < 1e-4);
    assert_int_equal(mds_bootstrap(&problem, P, x, P, &options, covariances, stress, &s, NULL), MDS_OK);
    assert_int_equal(s.maps, 20);
    assert_true(fabs(s.stability - 1) < 1e-9);
    for (size_t k = 0; k < N * P * P; k++) assert_true(fabs(covariances[k]) < 1e-9);
    assert_true(s.stress_high < 1e-6);
}

/* Features that are all the same give the same distances whichever are drawn, but for their number. */
static void equal_features_are_drawn_alike(void **state)
{
    (void)state;
    double same[N * M], delta[N * N], x[N * P], covariances[N * P * P];
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < M; k++) same[i * M + k] = wave(i);
    assert_int_equal(mds_distances(same, N, M, M, NULL, delta, N, NULL), MDS_OK);
    mds_problem problem = problem_of(delta);
    mds_resample_options options = {.size = sizeof options, .count = 8, .features = same, .m = M, .ldf = M};
    mds_stability s = {.size = sizeof s};
    fit(delta, x);
    assert_int_equal(mds_bootstrap(&problem, P, x, P, &options, covariances, NULL, &s, NULL), MDS_OK);
    for (size_t k = 0; k < N * P * P; k++) assert_true(fabs(covariances[k]) < 1e-9);
}

/* Types of columns are drawn with their columns: numbers and categories that say the same can be told apart
 * by nothing else. */
static void types_are_drawn_with_their_columns(void **state)
{
    (void)state;
    double mixed[N * 2], delta[N * N], x[N * P], stress[6];
    static const mds_column types[2] = {MDS_COLUMN_NUMBER, MDS_COLUMN_CATEGORY};
    for (size_t i = 0; i < N; i++) mixed[2 * i] = mixed[2 * i + 1] = (double)i;
    mds_distance_options how = {.size = sizeof how, .metric = MDS_GOWER, .columns = types};
    assert_int_equal(mds_distances(mixed, N, 2, 2, &how, delta, N, NULL), MDS_OK);
    mds_problem problem = problem_of(delta);
    mds_resample_options options = {
        .size = sizeof options, .count = 6, .features = mixed, .m = 2, .ldf = 2, .distances = &how};
    fit(delta, x);
    assert_int_equal(mds_bootstrap(&problem, P, x, P, &options, NULL, stress, NULL, NULL), MDS_OK);
    /* Two numbers: points on a line. Two categories: all equally far. The one fits, the other does not. */
    assert_true(stress[0] < 1e-3 && stress[5] > 0.1);
}

/* ---- a slow reference for two dimensions ---- */

static void centre(double *x, size_t n, size_t without)
{
    for (size_t k = 0; k < P; k++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++)
            if (i != without) mean += x[i * P + k] / (double)(n - (without < n));
        for (size_t i = 0; i < n; i++) x[i * P + k] -= mean;
    }
}

/* Turned by the best angle, mirrored or not: closed forms of the plane. */
static void turn_in_plane(const double *reference, double *x, size_t without)
{
    double to[N * P], from[N * P], least = HUGE_VAL, best[N * P], mean[P] = {0};
    memcpy(to, reference, sizeof to);
    memcpy(from, x, sizeof from);
    for (size_t k = 0; k < P; k++)
        for (size_t i = 0; i < N; i++)
            if (i != without) mean[k] += reference[i * P + k] / (double)(N - (without < N));
    centre(to, N, without);
    centre(from, N, without);
    for (int mirror = 0; mirror < 2; mirror++) {
        double dot = 0, cross = 0, off = 0, turned[N * P];
        for (size_t i = 0; i < N; i++) {
            if (mirror) from[2 * i] = -from[2 * i];
            if (i == without) continue;
            dot += from[2 * i] * to[2 * i] + from[2 * i + 1] * to[2 * i + 1];
            cross += from[2 * i] * to[2 * i + 1] - from[2 * i + 1] * to[2 * i];
        }
        double angle = atan2(cross, dot);
        for (size_t i = 0; i < N; i++) {
            turned[2 * i] = cos(angle) * from[2 * i] - sin(angle) * from[2 * i + 1];
            turned[2 * i + 1] = sin(angle) * from[2 * i] + cos(angle) * from[2 * i + 1];
            for (size_t k = 0; k < P && i != without; k++) off += pow(turned[2 * i + k] - to[2 * i + k], 2);
        }
        if (off < least) {
            least = off;
            memcpy(best, turned, sizeof best);
        }
    }
    for (size_t i = 0; i < N * P; i++) x[i] = best[i] + mean[i % P];
}

static void jackknife_reference(const double *x, double *st, double *cv, double *di)
{
    static double maps[N][N * P];
    double mean[N * P], about = 0, size = 0, off = 0, apart = 0;
    for (size_t b = 0; b < N; b++) {
        double delta[(N - 1) * (N - 1)], start[(N - 1) * P];
        for (size_t i = 0, r = 0; i < N; i++) {
            if (i == b) continue;
            for (size_t j = 0, c = 0; j < N; j++)
                if (j != b) delta[r * (N - 1) + c++] = noisy[i * N + j];
            memcpy(start + r++ * P, x + i * P, P * sizeof *start);
        }
        mds_problem problem = {.size = sizeof problem, .n = N - 1, .delta = delta, .ld = N - 1};
        mds_fit_options options = {.size = sizeof options,
                                   .method = "smacof",
                                   .start = MDS_START_GIVEN,
                                   .iterations = 100000,
                                   .tolerance = 1e-15};
        assert_int_equal(mds_fit(&problem, P, &options, start, P, NULL, NULL), MDS_OK);
        for (size_t i = 0, r = 0; i < N; i++)
            if (i != b) memcpy(maps[b] + i * P, start + r++ * P, P * sizeof *start);
    }
    memcpy(mean, x, sizeof mean);
    for (int round = 0; round < 2000; round++) {
        for (size_t b = 0; b < N; b++) turn_in_plane(mean, maps[b], b);
        for (size_t i = 0; i < N; i++)
            for (size_t k = 0; k < P; k++) {
                mean[i * P + k] = 0;
                for (size_t b = 0; b < N; b++)
                    if (b != i) mean[i * P + k] += maps[b][i * P + k] / (N - 1);
            }
        centre(mean, N, N);
    }
    for (size_t b = 0; b < N; b++) {
        turn_in_plane(mean, maps[b], b);
        memcpy(maps[b] + b * P, mean + b * P, P * sizeof *mean);
        for (size_t k = 0; k < N * P; k++) about += pow(maps[b][k] - mean[k], 2), size += pow(maps[b][k], 2);
    }
    double turned[N * P];
    memcpy(turned, x, sizeof turned);
    turn_in_plane(mean, turned, N);
    for (size_t b = 0; b < N; b++)
        for (size_t k = 0; k < N * P; k++) apart += pow(maps[b][k] - turned[k], 2);
    for (size_t k = 0; k < N * P; k++) off += pow(turned[k] - mean[k], 2);
    *st = 1 - about / size;
    *cv = 1 - N * off / size;
    *di = apart / size;
}

static void jackknife_agrees_with_the_reference(void **state)
{
    (void)state;
    double x[N * P], st, cv, di;
    mds_problem problem = problem_of(noisy);
    mds_stability s = {.size = sizeof s};
    fit(noisy, x);
    jackknife_reference(x, &st, &cv, &di);
    assert_int_equal(mds_jackknife(&problem, P, x, P, NULL, NULL, NULL, &s, NULL), MDS_OK);
    assert_true(st < 0.9999 && st > 0.5);
    assert_true(fabs(s.stability - st) < 1e-7);
    assert_true(fabs(s.cross_validity - cv) < 1e-7);
    assert_true(fabs(s.dispersion - di) < 1e-7); /* the sum of squares itself, not 2 - st - cv */
}

static void load_ekman(small_set *set)
{
    size_t index = 0;
    do assert_true(index < small_sets_count() && small_set_load(index++, set));
    while (!strstr(set->name, "ekman"));
}

/* The same numbers from a program of its own: NumPy, plain majorization to 1e-15, generalised Procrustes by
 * singular value decompositions. */
static void jackknife_of_ekman(void **state)
{
    (void)state;
    static small_set set;
    double x[14 * P];
    mds_stability s = {.size = sizeof s};
    load_ekman(&set);
    assert_int_equal(mds_fit(&set.problem, P, NULL, x, P, NULL, NULL), MDS_OK);
    assert_int_equal(mds_jackknife(&set.problem, P, x, P, NULL, NULL, NULL, &s, NULL), MDS_OK);
    assert_true(fabs(s.stability - 0.99892608) < 2e-8);
    assert_true(fabs(s.cross_validity - 0.99999956) < 2e-8);
    assert_true(fabs(s.dispersion - 0.00107436) < 2e-8);
}

/* The object whose dissimilarities are wrong is the one that bends the map. */
static void influence_names_the_outlier(void **state)
{
    (void)state;
    double delta[N * N], x[N * P], influence[N];
    memcpy(delta, exact, sizeof delta);
    for (size_t j = 0; j < N; j++)
        if (j != 4) delta[4 * N + j] = delta[j * N + 4] = 4;
    mds_problem problem = problem_of(delta);
    fit(delta, x);
    assert_int_equal(mds_jackknife(&problem, P, x, P, NULL, NULL, influence, NULL, NULL), MDS_OK);
    for (size_t i = 0; i < N; i++)
        if (i != 4) assert_true(influence[i] < influence[4]);
}

/* ---- the same bits at any number of threads ---- */

static void threads_change_nothing(void **state)
{
    (void)state;
    double x[N * P], one[N * P * P], three[N * P * P], stress[2][15];
    mds_problem problem = problem_of(noisy);
    fit(noisy, x);
    mds_resample_options options = {.size = sizeof options, .count = 15, .seed = 3, .threads = 1};
    assert_int_equal(mds_bootstrap(&problem, P, x, P, &options, one, stress[0], NULL, NULL), MDS_OK);
    options.threads = 3;
    assert_int_equal(mds_bootstrap(&problem, P, x, P, &options, three, stress[1], NULL, NULL), MDS_OK);
    assert_memory_equal(one, three, sizeof one);
    assert_memory_equal(stress[0], stress[1], sizeof stress[0]);
    options.seed = 4;
    assert_int_equal(mds_bootstrap(&problem, P, x, P, &options, three, stress[1], NULL, NULL), MDS_OK);
    assert_memory_not_equal(one, three, sizeof one);
}

/* ---- other levels, weights and gaps ---- */

static void ordinal_maps_are_judged_by_their_disparities(void **state)
{
    (void)state;
    double x[N * P], bent[N * N], covariances[N * P * P];
    mds_fit_options fitting = {.size = sizeof fitting, .level = MDS_LEVEL_ORDINAL};
    mds_resample_options options = {.size = sizeof options, .fit = &fitting, .count = 10};
    mds_stability s = {.size = sizeof s};
    /* Exact distances, bent: in their order nothing is left over, so all data drawn again are the same. */
    for (size_t k = 0; k < N * N; k++) bent[k] = pow(exact[k], 3);
    mds_problem problem = problem_of(bent);
    assert_int_equal(mds_fit(&problem, P, &fitting, x, P, NULL, NULL), MDS_OK);
    assert_int_equal(mds_bootstrap(&problem, P, x, P, &options, covariances, NULL, &s, NULL), MDS_OK);
    assert_true(s.stability > 0.999 && s.stress_high < 0.02);
}

static void gaps_and_weights_stay_where_they_are(void **state)
{
    (void)state;
    double delta[N * N], weights[N * N], x[N * P], influence[N], stress[12];
    memcpy(delta, exact, sizeof delta);
    for (size_t k = 0; k < N * N; k++) weights[k] = 1;
    delta[3 * N + 7] = delta[7 * N + 3] = (double)NAN;
    /* A wrong number of no weight counts for nothing, whoever draws or leaves out. */
    delta[2 * N + 5] = delta[5 * N + 2] = 99;
    weights[2 * N + 5] = weights[5 * N + 2] = 0;
    mds_problem problem = problem_of(delta);
    problem.weights = weights;
    problem.ldw = N;
    mds_resample_options options = {.size = sizeof options, .count = 12};
    mds_stability s = {.size = sizeof s};
    assert_int_equal(mds_fit(&problem, P, NULL, x, P, NULL, NULL), MDS_OK);
    assert_int_equal(mds_jackknife(&problem, P, x, P, NULL, NULL, influence, &s, NULL), MDS_OK);
    assert_true(fabs(s.stability - 1) < 1e-8);
    assert_int_equal(mds_bootstrap(&problem, P, x, P, &options, NULL, stress, &s, NULL), MDS_OK);
    assert_true(fabs(s.stability - 1) < 1e-8);
    mds_permutation q = {.size = sizeof q};
    assert_int_equal(mds_permutation_test(&problem, P, 0, &options, stress, &q, NULL), MDS_OK);
    assert_true(stress[0] > 0.05);
}

/* ---- permutation test ---- */

static void structure_is_told_from_none(void **state)
{
    (void)state;
    double x[N * P], stress[40], level[N * N];
    mds_problem problem = problem_of(noisy);
    mds_resample_options options = {.size = sizeof options, .count = 40, .seed = 1};
    mds_permutation q = {.size = sizeof q};
    double observed = fit(noisy, x);
    assert_int_equal(mds_permutation_test(&problem, P, observed, &options, stress, &q, NULL), MDS_OK);
    assert_int_equal(q.maps, 40);
    assert_true(q.p_value == 1.0 / 41 && q.smallest == stress[0] && q.mean > observed);
    for (size_t k = 1; k < 40; k++) assert_true(stress[k - 1] <= stress[k]);
    /* Every order of equal numbers is the same. */
    for (size_t k = 0; k < N * N; k++) level[k] = k % (N + 1) != 0;
    problem = problem_of(level);
    assert_int_equal(mds_permutation_test(&problem, P, 1, &options, NULL, &q, NULL), MDS_OK);
    assert_true(q.p_value == 1);
}

/* The permuted values are those given, so the sum that stress is measured by stays what it was: with p = n -
 * 1 enough dimensions and equal-sized features nothing is lost. Here: each feature keeps its values. */
static void features_are_permuted_one_by_one(void **state)
{
    (void)state;
    double delta[N * N], stress[10];
    assert_int_equal(mds_distances(features, N, M, M, NULL, delta, N, NULL), MDS_OK);
    mds_problem problem = problem_of(delta);
    mds_resample_options options = {
        .size = sizeof options, .count = 10, .features = features, .m = M, .ldf = M};
    mds_permutation q = {.size = sizeof q};
    /* Distances between points of M dimensions fit into M dimensions, whatever their order. */
    assert_int_equal(mds_permutation_test(&problem, M, 0, &options, stress, &q, NULL), MDS_OK);
    assert_true(stress[9] < 1e-3);
    /* Those of the pairs themselves do not. */
    options.features = NULL;
    assert_int_equal(mds_permutation_test(&problem, M, 0, &options, stress, &q, NULL), MDS_OK);
    assert_true(stress[0] > 0.02);
}

/* ---- dimensions ---- */

static void dimensions_are_fitted_and_the_elbow_found(void **state)
{
    (void)state;
    double stress[5], x[N * 5];
    size_t elbow = 99;
    mds_problem problem = problem_of(exact);
    assert_int_equal(mds_stress_by_dimension(&problem, 5, NULL, stress, &elbow, NULL, NULL), MDS_OK);
    assert_int_equal(elbow, 2); /* points of two dimensions */
    assert_true(stress[0] > 0.1 && stress[1] < 1e-6 && stress[4] < 1e-6);
    problem = problem_of(noisy);
    assert_int_equal(mds_stress_by_dimension(&problem, 4, NULL, stress, NULL, NULL, NULL), MDS_OK);
    for (size_t p = 1; p <= 4; p++) {
        mds_result result = {.size = sizeof result};
        assert_int_equal(mds_fit(&problem, p, NULL, x, p, &result, NULL), MDS_OK);
        assert_true(fabs(result.stress1 - stress[p - 1]) < 1e-9);
        if (p > 1) assert_true(stress[p - 1] < stress[p - 2]);
    }
}

/* ---- local minima ---- */

static void random_starts_of_ekman_are_sorted_out(void **state)
{
    (void)state;
    enum { STARTS = 200, EKMAN = 14 };
    static double maps[STARTS * EKMAN * P], stress[STARTS];
    static size_t group[STARTS];
    static small_set set;
    load_ekman(&set);
    mds_problem problem = set.problem;
    assert_int_equal(problem.n, EKMAN);
    mds_resample_options options = {.size = sizeof options, .count = STARTS};
    mds_minima m = {.size = sizeof m};
    assert_int_equal(mds_local_minima(&problem, P, &options, maps, stress, group, &m, NULL), MDS_OK);
    assert_int_equal(m.starts, STARTS);
    assert_true(fabs(m.smallest - 0.131199) < 1e-5); /* sqrt(0.0172132), smacof's */
    /* 13 of 100 random starts miss it, by the field's notes. */
    assert_true(m.best_count > STARTS * 3 / 4 && m.best_count < STARTS);
    size_t members[STARTS] = {0};
    double lowest[STARTS];
    for (size_t k = 0; k < STARTS; k++) {
        assert_true(group[k] < m.groups);
        if (members[group[k]]++ == 0 || stress[k] < lowest[group[k]]) lowest[group[k]] = stress[k];
    }
    assert_int_equal(members[0], m.best_count);
    for (size_t g = 1; g < m.groups; g++) assert_true(members[g] > 0 && lowest[g - 1] <= lowest[g]);
}

/* ---- cancelled, and refused ---- */

static bool never(double fraction, void *context)
{
    assert_true(fraction >= 0 && fraction <= 1);
    ++*(int *)context;
    return false;
}

static bool rising(double fraction, void *context)
{
    double *last = context;
    assert_true(fraction >= *last && fraction <= 1);
    *last = fraction;
    return true;
}

static void progress_rises_and_cancels(void **state)
{
    (void)state;
    double x[N * P], covariances[1] = {42}, last = 0;
    int calls = 0;
    mds_problem problem = problem_of(noisy);
    mds_stability s = {.size = sizeof s};
    mds_stop stop = MDS_STOP_EXACT;
    fit(noisy, x);
    mds_resample_options options = {
        .size = sizeof options, .progress = rising, .context = &last, .threads = 2};
    assert_int_equal(mds_bootstrap(&problem, P, x, P, &options, NULL, NULL, &s, NULL), MDS_OK);
    assert_int_equal(s.stop, MDS_STOP_CONVERGED);
    assert_true(last > 0.5);
    options.progress = never;
    options.context = &calls;
    assert_int_equal(mds_bootstrap(&problem, P, x, P, &options, covariances, covariances, &s, NULL), MDS_OK);
    assert_int_equal(s.stop, MDS_STOP_CANCELLED);
    assert_true(covariances[0] == 42 && calls == 1);
    assert_int_equal(mds_stress_by_dimension(&problem, 1, &options, covariances, NULL, &stop, NULL), MDS_OK);
    assert_int_equal(stop, MDS_STOP_CANCELLED);
    assert_true(covariances[0] == 42);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    double x[N * P];
    mds_error error;
    mds_problem problem = problem_of(noisy), two = problem_of(noisy);
    mds_stability s = {.size = 3};
    two.n = 2;
    fit(noisy, x);
    assert_int_equal(mds_jackknife(&two, P, x, P, NULL, NULL, NULL, NULL, &error), MDS_DATA);
    assert_non_null(strstr(error.message, "at least 3"));
    assert_int_equal(mds_jackknife(&problem, P, x, P, NULL, NULL, NULL, &s, &error), MDS_ARGUMENT);
    assert_int_equal(mds_jackknife(&problem, P, NULL, P, NULL, NULL, NULL, NULL, &error), MDS_ARGUMENT);
    assert_int_equal(mds_bootstrap(&problem, 0, x, P, NULL, NULL, NULL, NULL, &error), MDS_ARGUMENT);
    mds_resample_options options = {.size = sizeof options, .features = features, .m = M, .ldf = 1};
    assert_int_equal(mds_bootstrap(&problem, P, x, P, &options, NULL, NULL, NULL, &error), MDS_ARGUMENT);
    assert_int_equal(mds_permutation_test(&problem, P, (double)NAN, NULL, NULL, NULL, &error), MDS_ARGUMENT);
    options = (mds_resample_options){.size = sizeof options, .count = 2};
    assert_int_equal(mds_stress_by_dimension(&problem, 2, &options, x, NULL, NULL, &error), MDS_ARGUMENT);
    mds_fit_options fitting = {.size = sizeof fitting, .method = "nonsense"};
    options = (mds_resample_options){.size = sizeof options, .fit = &fitting};
    assert_int_equal(mds_local_minima(&problem, P, &options, NULL, NULL, NULL, NULL, &error), MDS_ARGUMENT);
    assert_non_null(strstr(error.message, "nonsense"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_data_leave_no_doubt),
        cmocka_unit_test(equal_features_are_drawn_alike),
        cmocka_unit_test(types_are_drawn_with_their_columns),
        cmocka_unit_test(jackknife_agrees_with_the_reference),
        cmocka_unit_test(jackknife_of_ekman),
        cmocka_unit_test(influence_names_the_outlier),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(ordinal_maps_are_judged_by_their_disparities),
        cmocka_unit_test(gaps_and_weights_stay_where_they_are),
        cmocka_unit_test(structure_is_told_from_none),
        cmocka_unit_test(features_are_permuted_one_by_one),
        cmocka_unit_test(dimensions_are_fitted_and_the_elbow_found),
        cmocka_unit_test(random_starts_of_ekman_are_sorted_out),
        cmocka_unit_test(progress_rises_and_cancels),
        cmocka_unit_test(bad_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
