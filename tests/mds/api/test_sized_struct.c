/* Structs of callers with an older or a newer header, and the options that a method does not have. */
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const double triangle[] = {0, 3, 4, 3, 0, 5, 4, 5, 0}, points[] = {0, 0, 3, 0, 0, 4};
static const mds_problem problem = {.size = sizeof problem, .n = 3, .delta = triangle, .ld = 3};
static mds_error error;

static void says(mds_status status, mds_status wanted, const char *words)
{
    assert_int_equal(status, wanted);
    if (!strstr(error.message, words)) fail_msg("\"%s\" does not say \"%s\"", error.message, words);
}

/* A struct of today and what a newer header may have behind it. */
#define NEWER(type)                                                                                          \
    struct {                                                                                                 \
        type it;                                                                                             \
        uint64_t behind[3];                                                                                  \
    }

static void shorter_options_are_taken(void **state)
{
    (void)state;
    double map[6], other[6];
    /* Only the size: all defaults. What lies behind the size is not read. */
    mds_fit_options whole = {.size = sizeof whole, .seed = 4}, part = whole;
    memset(&part.threads, 0xFF, sizeof part - offsetof(mds_fit_options, threads));
    part.size = offsetof(mds_fit_options, threads);
    assert_int_equal(mds_fit(&problem, 2, &whole, map, 2, NULL, NULL), MDS_OK);
    assert_int_equal(mds_fit(&problem, 2, &part, other, 2, NULL, &error), MDS_OK);
    assert_memory_equal(map, other, sizeof map);

    mds_pattern_options pattern = {.size = offsetof(mds_pattern_options, shrink), .radius = 2, .shrink = 77};
    whole.method = "pattern";
    whole.method_options = &pattern;
    assert_int_equal(mds_fit(&problem, 2, &whole, map, 2, NULL, NULL), MDS_OK);
    pattern.size = sizeof pattern;
    says(mds_fit(&problem, 2, &whole, map, 2, NULL, &error), MDS_ARGUMENT, "shrink factor 77");

    mds_problem unweighted = problem;
    unweighted.weights = (const double *)(uintptr_t)8;
    unweighted.size = offsetof(mds_problem, weights);
    assert_int_equal(mds_problem_check(&unweighted, 0, NULL), MDS_OK);
    assert_int_equal(mds_fit(&unweighted, 2, NULL, map, 2, NULL, NULL), MDS_OK);

    mds_distance_options distances = {.size = offsetof(mds_distance_options, isa), .isa = (mds_isa)77};
    double delta[9];
    assert_int_equal(mds_distances(points, 3, 2, 2, &distances, delta, 3, NULL), MDS_OK);
    mds_stress_values values = {.size = sizeof values};
    mds_stress_options stress = {.size = offsetof(mds_stress_options, per_point),
                                 .per_point = (double *)(uintptr_t)8};
    assert_int_equal(mds_stress(&problem, 2, &stress, points, 2, &values, NULL), MDS_OK);
}

static void shorter_results_are_filled_so_far(void **state)
{
    (void)state;
    double map[6];
    mds_result whole = {.size = sizeof whole}, part;
    assert_int_equal(mds_fit(&problem, 2, NULL, map, 2, &whole, NULL), MDS_OK);
    memset(&part, 0xA5, sizeof part);
    part.size = offsetof(mds_result, raw);
    assert_int_equal(mds_fit(&problem, 2, NULL, map, 2, &part, NULL), MDS_OK);
    assert_int_equal(part.size, offsetof(mds_result, raw));
    assert_true(part.loss == whole.loss && part.start_loss == whole.start_loss);
    for (size_t i = part.size; i < sizeof part; i++) assert_int_equal(((unsigned char *)&part)[i], 0xA5);

    mds_stress_values values = {.size = sizeof values}, some;
    assert_int_equal(mds_stress(&problem, 2, NULL, points, 2, &values, NULL), MDS_OK);
    memset(&some, 0xA5, sizeof some);
    some.size = offsetof(mds_stress_values, stress1);
    assert_int_equal(mds_stress(&problem, 2, NULL, points, 2, &some, NULL), MDS_OK);
    assert_true(some.raw == values.raw && some.normalized == values.normalized);
    for (size_t i = some.size; i < sizeof some; i++) assert_int_equal(((unsigned char *)&some)[i], 0xA5);

    mds_pattern_statistics statistics;
    memset(&statistics, 0xA5, sizeof statistics);
    statistics.size = offsetof(mds_pattern_statistics, radius);
    mds_iteration trace[2];
    enum { STEP = offsetof(mds_iteration, step) }; /* as if the struct ended there */
    memset(trace, 0xA5, sizeof trace);
    mds_fit_options options = {.size = sizeof options,
                               .method = "pattern",
                               .method_statistics = &statistics,
                               .trace = trace,
                               .trace_capacity = 2,
                               .trace_step = STEP};
    assert_int_equal(mds_fit(&problem, 2, &options, map, 2, NULL, NULL), MDS_OK);
    assert_true(statistics.moves < 1000);
    assert_int_equal(((unsigned char *)&statistics.radius)[0], 0xA5);
    mds_iteration second;
    memcpy(&second, (char *)trace + STEP, STEP);
    assert_true(trace[0].size == STEP && second.size == STEP);
    assert_true(trace[0].iteration == 1 && second.iteration == 2);
    for (size_t i = 2 * STEP; i < sizeof trace; i++) assert_int_equal(((unsigned char *)trace)[i], 0xA5);
    options.trace_step = 0;
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT, "sizeof(mds_iteration)");
}

static void longer_structs_may_ask_for_nothing_new(void **state)
{
    (void)state;
    double map[6];
    NEWER(mds_fit_options) options = {.it.size = sizeof options};
    NEWER(mds_problem) longer = {.it = problem};
    longer.it.size = sizeof longer;
    assert_int_equal(mds_fit(&longer.it, 2, &options.it, map, 2, NULL, NULL), MDS_OK);
    options.behind[1] = 1;
    says(mds_fit(&problem, 2, &options.it, map, 2, NULL, &error), MDS_ARGUMENT,
         "asks for something behind the");
    longer.behind[2] = 1;
    says(mds_problem_check(&longer.it, 0, &error), MDS_ARGUMENT, "mds_problem is of");

    /* What a longer result has is set to zero. */
    NEWER(mds_result) result = {.it.size = sizeof result, .behind = {1, 2, 3}};
    assert_int_equal(mds_fit(&problem, 2, NULL, map, 2, &result.it, NULL), MDS_OK);
    assert_int_equal(result.it.size, sizeof result);
    assert_true(result.behind[0] == 0 && result.behind[1] == 0 && result.behind[2] == 0);
    assert_string_equal(result.it.method, mds_method_auto(3, 2)->name);
}

static void sizes_that_no_version_has(void **state)
{
    (void)state;
    static const size_t bad[] = {0, 4, 8, 4097, SIZE_MAX};
    double map[6] = {1, 2, 3, 4, 5, 6}, delta[9] = {-7};
    for (size_t b = 0; b < sizeof bad / sizeof *bad; b++) {
        mds_problem of = problem;
        mds_fit_options options = {.size = bad[b]};
        mds_pattern_options pattern = {.size = bad[b]};
        mds_pattern_statistics statistics = {.size = bad[b]};
        mds_result result = {.size = bad[b]};
        mds_stress_values values = {.size = bad[b]};
        mds_stress_options stress = {.size = bad[b]};
        mds_distance_options distances = {.size = bad[b]};
        says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT, "sizeof(mds_fit_options)");
        says(mds_fit(&problem, 2, NULL, map, 2, &result, &error), MDS_ARGUMENT, "sizeof(mds_result)");
        says(mds_stress(&problem, 2, NULL, points, 2, &values, &error), MDS_ARGUMENT,
             "sizeof(mds_stress_values)");
        says(mds_stress(&problem, 2, &stress, points, 2, &values, &error), MDS_ARGUMENT,
             "sizeof(mds_stress_options)");
        says(mds_distances(points, 3, 2, 2, &distances, delta, 3, &error), MDS_ARGUMENT,
             "sizeof(mds_distance_options)");
        options = (mds_fit_options){.size = sizeof options, .method = "pattern", .method_options = &pattern};
        says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT,
             "sizeof(mds_pattern_options)");
        options =
            (mds_fit_options){.size = sizeof options, .method = "pattern", .method_statistics = &statistics};
        says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT,
             "sizeof(mds_pattern_statistics)");
        of.size = bad[b];
        says(mds_problem_check(&of, 0, &error), MDS_ARGUMENT, "sizeof(mds_problem)");
    }
    assert_true(map[0] == 1 && map[5] == 6 && delta[0] == -7);
}

static void what_a_method_does_not_have(void **state)
{
    (void)state;
    double map[6];
    mds_fit_options options = {.size = sizeof options};
    mds_pattern_options pattern = {.size = sizeof pattern};
    options.method = "smacoff";
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT,
         "there is no method 'smacoff'; there are: auto, classical, smacof, lbfgs, sgd, pattern, "
         "unidimensional");
    options.method = "auto";
    options.method_options = &pattern;
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT,
         "has no options or statistics of its own");
    options = (mds_fit_options){.size = sizeof options, .method = "classical", .level = MDS_LEVEL_ORDINAL};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_UNSUPPORTED,
         "method classical does not support the level ordinal; it does support: ratio; these methods do: "
         "auto, "
         "smacof, lbfgs, sgd, pattern");
    options = (mds_fit_options){.size = sizeof options, .level = MDS_LEVEL_LOG, .loss = MDS_LOSS_ABSOLUTE};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_UNSUPPORTED,
         "the level log is for the squared loss, not for absolute");
    options = (mds_fit_options){.size = sizeof options, .ties = MDS_TIES_SECONDARY};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT,
         "secondary ties are for the level ordinal, not for ratio");
    options = (mds_fit_options){.size = sizeof options, .ties = (mds_ties)3, .level = MDS_LEVEL_ORDINAL};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT, "3 is not a treatment of ties");
    options = (mds_fit_options){.size = sizeof options, .level = MDS_LEVEL_ORDINAL, .spline_knots = 2};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT, "are for the level spline");
    options = (mds_fit_options){.size = sizeof options, .level = MDS_LEVEL_SPLINE, .spline_knots = 21};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT, "at most 20 interior knots");
    options = (mds_fit_options){.size = sizeof options, .level = MDS_LEVEL_SPLINE, .spline_degree = 6};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT, "a degree of at most 5");
    options = (mds_fit_options){.size = sizeof options, .level = (mds_level)5};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT, "5 is not a level");
    options = (mds_fit_options){.size = sizeof options, .start = (mds_start)9};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT, "9 is not a start");
    options = (mds_fit_options){.size = sizeof options, .starts = 1000001};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT,
         "1000001 starts are more than 1000000");
    options = (mds_fit_options){.size = sizeof options, .effort = (mds_effort)7};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT, "7 is not an effort");
    options = (mds_fit_options){.size = sizeof options, .effort = MDS_EFFORT_HIGH, .method = "lbfgs"};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_UNSUPPORTED,
         "method lbfgs does not support an effort; these do: auto, unidimensional");
    options = (mds_fit_options){.size = sizeof options, .loss = MDS_LOSS_ABSOLUTE, .method = "lbfgs"};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_UNSUPPORTED,
         "it does support: squared, huber; these methods do: auto, smacof, pattern");
    options = (mds_fit_options){.size = sizeof options, .starts = 3, .method = "classical"};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_UNSUPPORTED, "these do: auto, smacof");
    options = (mds_fit_options){.size = sizeof options, .huber = 1};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT, "is for the loss huber");
    options = (mds_fit_options){.size = sizeof options, .weighting = (mds_weighting)7};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT, "7 is not a weighting");
    options = (mds_fit_options){.size = sizeof options, .max_seconds = -1};
    says(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT, "the limit of -1 seconds");
}

/* Enough for a command to offer every option of every method. */
static void the_table_is_complete(void **state)
{
    (void)state;
    const mds_method_info *info;
    for (size_t m = 0; (info = mds_method_at(m)); m++) {
        assert_ptr_equal(mds_method_find(info->name), info);
        assert_true(info->size == sizeof *info && info->losses && info->levels && info->starts);
        assert_true(*info->title && *info->summary && *info->iteration && *info->step && *info->stop_help);
        const mds_option_info *option, *other;
        for (size_t i = 0; (option = mds_method_option(info, i)); i++) {
            assert_true(option->size == sizeof *option && *option->name && *option->help);
            assert_true(option->offset >= sizeof(size_t) && option->offset < info->options_size);
            assert_true(option->kind == MDS_OPTION_CHOICE ? option->choices != NULL : option->most > 0);
            const mds_method_info *rival;
            for (size_t r = 0; (rival = mds_method_at(r)); r++)
                for (size_t k = 0; (other = mds_method_option(rival, k)); k++)
                    assert_true(other == option || strcmp(other->name, option->name) != 0);
        }
    }
    assert_null(mds_method_option(NULL, 0));
    assert_null(mds_method_statistic(NULL, 0));
    assert_ptr_equal(mds_method_auto(1, 1), mds_method_at(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shorter_options_are_taken),
        cmocka_unit_test(shorter_results_are_filled_so_far),
        cmocka_unit_test(longer_structs_may_ask_for_nothing_new),
        cmocka_unit_test(sizes_that_no_version_has),
        cmocka_unit_test(what_a_method_does_not_have),
        cmocka_unit_test(the_table_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
