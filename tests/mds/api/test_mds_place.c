/* New objects in a map: found again where their place is known, no worse than a search of the whole plane
 * elsewhere, each on its own. */
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 150, COUNT = 37, P = 7 };

static double map[N * P], fresh[COUNT * P], delta[COUNT * N], out[COUNT * P], alone[P], stress[COUNT],
    weights[COUNT * N];

static double uniform(uint64_t *state) /* -1 .. 1 */
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(int64_t)(*state >> 11) * 0x1p-52 - 1;
}

static double distance(const double *a, const double *b, size_t p)
{
    double sum = 0;
    for (size_t k = 0; k < p; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
    return sqrt(sum);
}

/* New points within the map, and their distances, times 1 + noise. */
static void make(size_t n, size_t p, double noise)
{
    uint64_t state = 7;
    for (size_t i = 0; i < n * p; i++) map[i] = 100 + 3 * uniform(&state);
    for (size_t i = 0; i < COUNT * p; i++) fresh[i] = 100 + 3 * uniform(&state);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < n; j++) {
            delta[i * n + j] = distance(fresh + i * p, map + j * p, p) * (1 + noise * uniform(&state));
            weights[i * n + j] = 1.5 + uniform(&state);
        }
}

static void place(size_t n, size_t p, size_t count, const mds_place_options *options)
{
    mds_error error;
    if (mds_place(map, n, p, p, delta, count, n, NULL, 0, options, out, p, stress, &error) != MDS_OK)
        fail_msg("%s", error.message);
}

static void known_places_are_found(void **state)
{
    (void)state;
    for (size_t p = 1; p <= P; p++)
        for (mds_loss loss = MDS_LOSS_SQUARED; loss <= MDS_LOSS_HUBER; loss++)
            for (int missing = 0; missing < 2; missing++)
                for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++) {
                    if (!mds_isa_available(isa)) continue;
                    mds_place_options options = {.size = sizeof options, .loss = loss, .isa = isa};
                    make(N, p, 0);
                    for (size_t i = 0; missing && i < COUNT * N; i++)
                        if (i * i % 7 < 3) delta[i] = (double)NAN;
                    place(N, p, COUNT, &options);
                    for (size_t i = 0; i < COUNT; i++) {
                        assert_true(stress[i] < 1e-6);
                        for (size_t k = 0; k < p; k++)
                            if (fabs(out[i * p + k] - fresh[i * p + k]) > 1e-5)
                                fail_msg("p %zu, %s, %s: %.17g, not %.17g", p, mds_loss_name(loss),
                                         mds_isa_name(isa), out[i * p + k], fresh[i * p + k]);
                    }
                }
}

static void each_on_its_own(void **state)
{
    (void)state;
    for (size_t p = 1; p <= P; p++) {
        make(N, p, 0.5);
        mds_place_options options = {.size = sizeof options, .threads = 1};
        static double other[COUNT * P];
        place(N, p, COUNT, &options);
        memcpy(other, out, sizeof out);
        for (options.threads = 2; options.threads < 5; options.threads++) {
            place(N, p, COUNT, &options);
            assert_memory_equal(out, other, COUNT * p * sizeof *out);
        }
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(
                mds_place(map, N, p, p, delta + i * N, 1, N, NULL, 0, NULL, alone, p, NULL, NULL), MDS_OK);
            assert_memory_equal(alone, out + i * p, p * sizeof *alone);
        }
    }
}

static double loss_at(const double *y, size_t i, size_t n, mds_loss loss, double huber)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        double e = fabs(delta[i * n + j] - distance(y, map + 2 * j, 2)), w = weights[i * n + j];
        sum += loss == MDS_LOSS_SQUARED ? w * e * e : e <= huber ? w * e * e : w * huber * (2 * e - huber);
    }
    return sum;
}

/* The least loss on a grid over twice the map, finer around the best of it. */
static double best_of_grid(size_t i, size_t n, mds_loss loss, double huber)
{
    double at[2] = {100, 100}, best = HUGE_VAL;
    for (double half = 6; half > 1e-5; half *= 0.2) {
        double centre[2] = {at[0], at[1]};
        for (int a = -30; a <= 30; a++)
            for (int b = -30; b <= 30; b++) {
                double y[2] = {centre[0] + half * a / 30, centre[1] + half * b / 30};
                double here = loss_at(y, i, n, loss, huber);
                if (here < best) best = here, at[0] = y[0], at[1] = y[1];
            }
    }
    return best;
}

static void no_place_is_better(void **state)
{
    (void)state;
    static const size_t sizes[] = {4, 12, 40};
    size_t missed = 0, tried = 0;
    for (size_t s = 0; s < 3; s++)
        for (int huber = 0; huber < 2; huber++) {
            size_t n = sizes[s];
            make(n, 2, 0.9);
            mds_loss loss = huber ? MDS_LOSS_HUBER : MDS_LOSS_SQUARED;
            mds_place_options options = {.size = sizeof options, .loss = loss, .huber = huber ? 0.3 : 0};
            assert_int_equal(
                mds_place(map, n, 2, 2, delta, COUNT, n, weights, n, &options, out, 2, NULL, NULL), MDS_OK);
            for (size_t i = 0; i < COUNT; i++, tried++)
                missed += loss_at(out + 2 * i, i, n, loss, 0.3) > 1.0001 * best_of_grid(i, n, loss, 0.3);
        }
    if (missed * 50 > tried) fail_msg("%zu of %zu", missed, tried);
}

static void twins_and_small_maps(void **state)
{
    (void)state;
    make(N, 3, 0.5);
    delta[5 * N + 17] = 0;
    place(N, 3, COUNT, NULL);
    assert_memory_equal(out + 5 * 3, map + 17 * 3, 3 * sizeof *out);
    /* One object, and several in one place: at the given distance, somewhere. */
    for (size_t n = 1; n < 4; n++) {
        for (size_t j = 0; j < n; j++) map[2 * j] = 5, map[2 * j + 1] = -3, delta[j] = 4;
        place(n, 2, 1, NULL);
        assert_true(fabs(distance(out, map, 2) - 4) < 1e-9);
    }
    assert_int_equal(mds_place(map, 1, 2, 2, NULL, 0, 1, NULL, 0, NULL, NULL, 2, NULL, NULL), MDS_OK);
}

/* A weight of 0 is a missing value; twice all weights change nothing. */
static void weighted(void **state)
{
    (void)state;
    static double one[COUNT * P];
    make(N, 2, 0.5);
    for (size_t i = 0; i < COUNT * N; i++) weights[i] = i % 3 ? 2 : 0;
    assert_int_equal(mds_place(map, N, 2, 2, delta, COUNT, N, weights, N, NULL, one, 2, NULL, NULL), MDS_OK);
    for (size_t i = 0; i < COUNT * N; i++)
        if (i % 3 == 0) delta[i] = (double)NAN;
    place(N, 2, COUNT, NULL);
    assert_memory_equal(one, out, COUNT * 2 * sizeof *out);
}

/* The place for data 2^k times as large is 2^k times as far. */
static void any_magnitude(void **state)
{
    (void)state;
    static double one[COUNT * P];
    make(N, 2, 0.5);
    place(N, 2, COUNT, NULL);
    memcpy(one, out, sizeof out);
    static const int exponents[] = {-900, -30, 30, 900};
    for (size_t e = 0; e < 4; e++) {
        make(N, 2, 0.5);
        for (size_t i = 0; i < N * 2; i++) map[i] = ldexp(map[i], exponents[e]);
        for (size_t i = 0; i < COUNT * N; i++) delta[i] = ldexp(delta[i], exponents[e]);
        place(N, 2, COUNT, NULL);
        for (size_t i = 0; i < COUNT * 2; i++) assert_true(out[i] == ldexp(one[i], exponents[e]));
    }
}

static bool stop_at_once(const mds_iteration *iteration, void *context)
{
    *(uint64_t *)context += iteration->iteration;
    return false;
}

static void cancelled(void **state)
{
    (void)state;
    enum { MANY = 2000 };
    static double rows[MANY * 3], places[MANY * 2];
    const double corners[] = {0, 0, 1, 0, 0, 1};
    uint64_t told = 0;
    for (size_t i = 0; i < MANY * 3; i++) rows[i] = 1;
    mds_place_options options = {.size = sizeof options, .progress = stop_at_once, .context = &told};
    assert_int_equal(mds_place(corners, 3, 2, 2, rows, MANY, 3, NULL, 0, &options, places, 2, NULL, NULL),
                     MDS_OK);
    assert_true(told > 0 && told < MANY && !isnan(places[0]) && isnan(places[MANY * 2 - 1]));
}

static void refuse(size_t n, const double *w, const mds_place_options *options, mds_status status,
                   const char *words)
{
    mds_error error = {.message = ""};
    out[0] = -7;
    assert_int_equal(mds_place(map, n, 2, 2, delta, 3, n, w, n, options, out, 2, NULL, &error), status);
    if (!strstr(error.message, words)) fail_msg("\"%s\" does not say \"%s\"", error.message, words);
    assert_true(out[0] == -7);
}

static void bad_input(void **state)
{
    (void)state;
    make(5, 2, 0.5);
    delta[5 + 2] = -1;
    refuse(5, NULL, NULL, MDS_DATA, "row 2, column 3: the dissimilarity is -1");
    delta[5 + 2] = INFINITY;
    refuse(5, NULL, NULL, MDS_DATA, "row 2, column 3: the dissimilarity is inf");
    delta[5 + 2] = 1e30;
    refuse(5, NULL, NULL, MDS_DATA, "are the two in the same unit?");
    for (size_t j = 0; j < 5; j++) delta[5 + j] = (double)NAN;
    refuse(5, NULL, NULL, MDS_DATA, "new object 2 has no known dissimilarity");
    make(5, 2, 0.5);
    weights[7] = -1;
    refuse(5, weights, NULL, MDS_DATA, "row 2, column 3: the weight is -1");
    for (size_t j = 0; j < 5; j++) weights[5 + j] = 0;
    refuse(5, weights, NULL, MDS_DATA, "new object 2 has no known dissimilarity");
    mds_place_options options = {.size = sizeof options, .starts = 65};
    refuse(5, NULL, &options, MDS_ARGUMENT, "starts is 65; the most is 64");
    options = (mds_place_options){.size = sizeof options, .loss = (mds_loss)9};
    refuse(5, NULL, &options, MDS_ARGUMENT, "9 is not a loss");
    map[3] = NAN;
    refuse(5, NULL, NULL, MDS_DATA, "row 2, column 2 of the configuration");
    refuse(0, NULL, NULL, MDS_ARGUMENT, "no objects");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_places_are_found),
        cmocka_unit_test(each_on_its_own),
        cmocka_unit_test(no_place_is_better),
        cmocka_unit_test(twins_and_small_maps),
        cmocka_unit_test(weighted),
        cmocka_unit_test(any_magnitude),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
