/* A fit that its caller or the clock ends early: nobody is asked again, and the map is no worse than the
 * start. */
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 150 };

static double delta[N * N], map[N * 2];

static void make_problem(void)
{
    double x[N][3];
    srand(5);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < 3; k++) x[i][k] = rand() / (double)RAND_MAX;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            delta[i * N + j] =
                sqrt(pow(x[i][0] - x[j][0], 2) + pow(x[i][1] - x[j][1], 2) + pow(x[i][2] - x[j][2], 2));
}

struct caller {
    unsigned calls, patience;
};

static bool ask(const mds_iteration *iteration, void *context)
{
    struct caller *caller = context;
    (void)iteration;
    return ++caller->calls < caller->patience;
}

/* A good start, which a descent that begins by shaking the points leaves at first. */
static void place_start(size_t p)
{
    const mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    const mds_fit_options options = {.size = sizeof options, .method = "lbfgs", .seed = 3};
    assert_int_equal(mds_fit(&problem, p, &options, map, p, NULL, NULL), MDS_OK);
}

static bool starts_anywhere(const mds_method_info *info)
{
    return info->starts >> MDS_START_GIVEN & 1;
}

static void every_method_stops_when_asked(void **state)
{
    (void)state;
    const mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    const mds_method_info *info;
    for (size_t m = 0; (info = mds_method_at(m)); m++)
        for (unsigned patience = 1; patience <= 9; patience += 4) {
            size_t p = strcmp(info->name, "unidimensional") == 0 ? 1 : 2;
            struct caller caller = {.patience = patience};
            mds_fit_options options = {.size = sizeof options,
                                       .method = info->name,
                                       .effort = info->abilities & MDS_ABILITY_STARTS ? MDS_EFFORT_HIGH
                                                                                      : MDS_EFFORT_NORMAL,
                                       .start = starts_anywhere(info) ? MDS_START_GIVEN : MDS_START_DEFAULT,
                                       .progress = ask,
                                       .context = &caller};
            mds_result result = {.size = sizeof result};
            place_start(p);
            assert_int_equal(mds_fit(&problem, p, &options, map, p, &result, NULL), MDS_OK);
            assert_true(caller.calls <= patience);
            if (caller.calls == patience && result.stop != MDS_STOP_CONVERGED &&
                result.stop != MDS_STOP_LIMIT)
                assert_int_equal(result.stop, MDS_STOP_CANCELLED);
            assert_true(isfinite(result.loss));
            if (starts_anywhere(info)) assert_true(result.loss <= result.start_loss);
        }
}

static void every_method_stops_in_time(void **state)
{
    (void)state;
    const mds_problem problem = {.size = sizeof problem, .n = N, .delta = delta, .ld = N};
    const mds_method_info *info;
    for (size_t m = 0; (info = mds_method_at(m)); m++) {
        size_t p = strcmp(info->name, "unidimensional") == 0 ? 1 : 2;
        mds_fit_options options = {
            .size = sizeof options, .method = info->name, .starts = 1, .max_seconds = 1e-9};
        mds_result result = {.size = sizeof result};
        assert_int_equal(mds_fit(&problem, p, &options, map, p, &result, NULL), MDS_OK);
        assert_true(result.stop == MDS_STOP_TIME || result.iterations <= 1);
        for (size_t i = 0; i < N * p; i++) assert_true(isfinite(map[i]));
    }
}

int main(void)
{
    make_problem();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_stops_when_asked),
        cmocka_unit_test(every_method_stops_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
