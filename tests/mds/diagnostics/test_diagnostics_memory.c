/* Every allocation of the diagnostics and of the report made to fail in turn. */
#include "alloc_sweep.h"
#include "mdscale.h"
#include "report_page.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 9, P = 2, M = 3, MAPS = 4 };

static double features[N * M], delta[N * N], x[N * P], covariances[N * P * P], influence[N], stress[MAPS],
    maps[MAPS * N * P];
static size_t group[MAPS];

static int make_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < N * M; i++) features[i] = sin((double)(i * i));
    if (mds_distances(features, N, M, M, NULL, delta, N, NULL) != MDS_OK) return 1;
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    return mds_fit(&problem, P, NULL, x, P, NULL, NULL) != MDS_OK;
}

static int diagnose(void *context)
{
    static const mds_fit_options ordinal = {
        .size = sizeof ordinal, .level = MDS_LEVEL_ORDINAL, .iterations = 3};
    int which = *(int *)context;
    mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    mds_resample_options o = {.size = sizeof o, .count = MAPS, .threads = 2};
    mds_error error;
    if (which == 1) o.fit = &ordinal;
    if (which == 2 || which == 4) {
        o.features = features;
        o.m = o.ldf = M;
    }
    if (which == 5) o.count = 0;
    return (int)(which == 0   ? mds_jackknife(&problem, P, x, P, &o, covariances, influence, NULL, &error)
                 : which <= 2 ? mds_bootstrap(&problem, P, x, P, &o, covariances, stress, NULL, &error)
                 : which <= 4 ? mds_permutation_test(&problem, P, 0.1, &o, stress, NULL, &error)
                 : which == 5 ? mds_stress_by_dimension(&problem, 2, &o, stress, NULL, NULL, &error)
                              : mds_local_minima(&problem, P, &o, maps, stress, group, NULL, &error));
}

static void diagnostics_sweep(void **state)
{
    (void)state;
    for (int which = 0; which < 7; which++) assert_true(alloc_sweep(diagnose, &which, MDS_MEMORY) >= 8);
}

static mds_report_view view(void)
{
    static const char *const names[N] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    static const char *const groups[N] = {"x", "y", "x", "y", "x", "y", "x", "y", "z"};
    static const double shares[N] = {0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    mds_report_view v = {.title = "t", .input = "i", .read_as = "r", .labels = names, .groups = groups};
    v.pairs = (mds_pairs){.n = N, .p = P, .x = x, .delta = delta};
    v.shares = shares;
    v.fit.stress1 = 0.1;
    v.bootstrap_covariances = v.jackknife_covariances = covariances;
    v.influence = influence;
    v.minima_maps = maps;
    v.minima_stress = v.bootstrap_stress = v.permutation_stress = v.dimension_stress = stress;
    v.minima_group = group;
    v.minima = (mds_minima){.starts = MAPS, .groups = 1, .best_count = MAPS};
    v.permutation.maps = v.dimensions = MAPS;
    return v;
}

static int write_page(void *context)
{
    mds_report_view v = view();
    fs_output *out;
    fs_error error;
    fs_status status = fs_output_open("/dev/null", &out, &error);
    if (status) return (int)status;
    status = mds_pair_facts_init(&v.facts, &v.pairs, &error);
    if (!status)
        status = *(bool *)context ? mds_report_page_write(out, &v, &error)
                                  : mds_report_json_write(out, &v, true, &error);
    mds_pair_facts_fini(&v.facts);
    fs_output_discard(out);
    return (int)status;
}

static void page_sweep(void **state)
{
    (void)state;
    for (size_t k = 0; k < MAPS; k++) group[k] = 0;
    bool page = true;
    assert_true(alloc_sweep(write_page, &page, FS_MEMORY) >= 10);
    page = false;
    alloc_sweep(write_page, &page, FS_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(diagnostics_sweep), cmocka_unit_test(page_sweep)};
    return cmocka_run_group_tests(tests, make_data, NULL);
}
