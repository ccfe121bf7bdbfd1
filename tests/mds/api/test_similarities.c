/* Dissimilarities from similarities: each formula against its definition, in place, and what is refused. */
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 4 };

/* Inner products of (1,0), (0.8,0.6), (0,1), (0.6,0.8): unit vectors. */
static const double products[N * N] = {1, .8, 0, .6, .8, 1, .6, .96, 0, .6, 1, .8, .6, .96, .8, 1};

static double defined(mds_similarity how, double most, double sii, double sij, double sjj)
{
    switch (how) {
    case MDS_SIMILARITY_ONE_MINUS:
        return 1 - sij;
    case MDS_SIMILARITY_MAX_MINUS:
        return most - sij;
    case MDS_SIMILARITY_ROOT:
        return sqrt(1 - sij);
    case MDS_SIMILARITY_KERNEL:
        return sqrt(sii - 2 * sij + sjj);
    case MDS_SIMILARITY_LOG:
        return -log(sij);
    }
    return NAN;
}

static void formulas(void **state)
{
    (void)state;
    for (int how = 0; mds_similarity_name((mds_similarity)how); how++) {
        double s[N * N], out[N * N], place[N * N];
        memcpy(s, products, sizeof s);
        if (how == MDS_SIMILARITY_LOG) s[2] = s[8] = .25; /* 0 has no logarithm */
        s[1] = s[4] = NAN;
        mds_error error;
        assert_int_equal(mds_dissimilarities_from_similarities(s, N, N, (mds_similarity)how, out, N, &error),
                         MDS_OK);
        memcpy(place, s, sizeof s);
        assert_int_equal(
            mds_dissimilarities_from_similarities(place, N, N, (mds_similarity)how, place, N, &error),
            MDS_OK);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < N; j++) {
                double d = out[i * N + j];
                double want =
                    i == j ? 0 : defined((mds_similarity)how, 1, s[i * N + i], s[i * N + j], s[j * N + j]);
                if (isnan(want))
                    assert_true(isnan(d) && isnan(place[i * N + j]));
                else
                    assert_true(fabs(d - want) < 1e-15 && place[i * N + j] == d);
            }
    }
    assert_null(mds_similarity_name((mds_similarity)5));
    assert_string_equal(mds_similarity_name(MDS_SIMILARITY_MAX_MINUS), "max-minus");
}

/* The kernel distance of inner products is the distance of the vectors. */
static void kernel_is_euclidean(void **state)
{
    (void)state;
    static const double v[N][2] = {{1, 0}, {.8, .6}, {0, 1}, {.6, .8}};
    double out[N * N];
    mds_error error;
    assert_int_equal(
        mds_dissimilarities_from_similarities(products, N, N, MDS_SIMILARITY_KERNEL, out, N, &error), MDS_OK);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            assert_true(fabs(out[i * N + j] - hypot(v[i][0] - v[j][0], v[i][1] - v[j][1])) < 1e-12);
}

static void refused(const double *s, mds_similarity how, mds_status code, const char *part)
{
    double out[9] = {7, 7, 7, 7, 7, 7, 7, 7, 7};
    mds_error error;
    assert_int_equal(mds_dissimilarities_from_similarities(s, 3, 3, how, out, 3, &error), code);
    if (!strstr(error.message, part)) fail_msg("'%s' does not say '%s'", error.message, part);
    for (size_t i = 0; i < 9; i++) assert_true(out[i] == 7);
}

static void bad_similarities(void **state)
{
    (void)state;
    const double percent[9] = {100, 97, 80, 97, 100, 81, 80, 81, 100};
    refused(percent, MDS_SIMILARITY_ONE_MINUS, MDS_DATA, "row 1, column 2: the similarity 97 is above 1");
    refused(percent, MDS_SIMILARITY_LOG, MDS_DATA, "above 1");
    const double zero[9] = {1, 0, .5, 0, 1, .5, .5, .5, 1};
    refused(zero, MDS_SIMILARITY_LOG, MDS_DATA, "row 1, column 2: the similarity 0 has no logarithm");
    const double skew[9] = {1, .5, .5, .4, 1, .5, .5, .5, 1};
    refused(skew, MDS_SIMILARITY_ROOT, MDS_DATA, "not symmetric");
    const double no_own[9] = {NAN, .5, .5, .5, 1, .5, .5, .5, 1};
    refused(no_own, MDS_SIMILARITY_KERNEL, MDS_DATA, "row 1: the object's similarity to itself is missing");
    const double no_kernel[9] = {1, 2, 0, 2, 1, 0, 0, 0, 1};
    refused(no_kernel, MDS_SIMILARITY_KERNEL, MDS_DATA, "no kernel");
    const double infinite[9] = {1, (double)INFINITY, 0, (double)INFINITY, 1, 0, 0, 0, 1};
    refused(infinite, MDS_SIMILARITY_ONE_MINUS, MDS_DATA, "infinite");
    refused(zero, (mds_similarity)9, MDS_ARGUMENT, "9 is no way");
}

static void rounding_is_corrected(void **state)
{
    (void)state;
    double s[4] = {1, 1.0000001192092896, 1.0000001192092896, 1}, out[4];
    mds_error error;
    assert_int_equal(mds_dissimilarities_from_similarities(s, 2, 2, MDS_SIMILARITY_ROOT, out, 2, &error),
                     MDS_OK);
    for (size_t i = 0; i < 4; i++) assert_true(out[i] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formulas),
        cmocka_unit_test(kernel_is_euclidean),
        cmocka_unit_test(bad_similarities),
        cmocka_unit_test(rounding_is_corrected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
