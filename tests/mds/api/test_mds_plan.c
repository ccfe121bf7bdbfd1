/* What a fit will need: counted by hand, decided as the fit decides, and memory as a fit was measured. */
#include "alloc_sweep.h"
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static mds_plan_result plan(const mds_plan_options *options)
{
    mds_plan_result result = {.size = sizeof result};
    mds_error error = {.message = ""};
    if (mds_plan(options, &result, &error) != MDS_OK) fail_msg("%s", error.message);
    return result;
}

static void check_total(const mds_plan_result *r)
{
    const mds_plan_stage *stages[] = {&r->start, &r->rounds, &r->passes, &r->stress};
    double least = 0, most = 0;
    for (size_t s = 0; s < 4; s++) {
        assert_true(stages[s]->least <= stages[s]->most);
        assert_true(stages[s]->seconds >= stages[s]->network_seconds);
        least += stages[s]->least * stages[s]->seconds;
        most += stages[s]->most * stages[s]->seconds;
    }
    assert_true(least > 0);
    assert_true(fabs(r->least_seconds - least) <= 1e-12 * least);
    assert_true(fabs(r->most_seconds - most) <= 1e-12 * most);
}

static void counted_rows(void **state)
{
    (void)state;
    /* 20,000 objects are 199,990,000 pairs; in the plane a pair takes 64 + 3 * 2 + 1 multiply-adds, and the
     * root of its distance from features beside that of its distance in the map. */
    mds_plan_options options = {.size = sizeof options, .n = 20000, .m = 64, .threads = 1};
    mds_plan_result r = plan(&options);
    assert_string_equal(r.method, "auto");
    assert_true(r.rows && !r.all_pairs_are_many);
    assert_true(r.passes.pairs == 199990000.0);
    assert_true(r.passes.multiply_adds == 199990000.0 * 71);
    assert_true(r.passes.roots == 2 * 199990000.0);
    assert_true(r.passes.least >= 1 && r.passes.most > r.passes.least);
    /* In a round each object meets 64 others. */
    assert_true(r.rounds.pairs == 20000.0 * 64 / 2);
    assert_true(r.rounds.least == 1000 && r.rounds.most == 1000);
    assert_true(r.start.pairs == 512.0 * 20000);
    assert_true(r.input == 20000.0 * 64 * 8);
    assert_true(r.passes.network == 0 && r.passes.network_seconds == 0);
    assert_true(r.ranks == 1 && r.threads == 1 && r.shared == 1);
    check_total(&r);

    options.effort = MDS_EFFORT_LOW;
    options.metric = MDS_MANHATTAN; /* whose distances are no roots */
    options.p = 3;
    r = plan(&options);
    assert_true(r.rounds.most == 250);
    assert_true(r.passes.multiply_adds == 199990000.0 * 74);
    assert_true(r.passes.roots == 199990000.0);
}

/* Sparse pairs of 20,000 objects are met from both ends, with 3 * 2 + 1 multiply-adds and a root each. */
static void counted_pairs(void **state)
{
    (void)state;
    mds_plan_options options = {.size = sizeof options, .n = 20000, .pairs = 300000, .threads = 1};
    mds_plan_result r = plan(&options);
    assert_string_equal(r.method, "auto");
    assert_true(r.rows && !r.all_pairs_are_many);
    assert_true(r.passes.pairs == 300000);
    assert_true(r.passes.multiply_adds == 600000.0 * 7);
    assert_true(r.passes.roots == 600000);
    assert_true(r.passes.bytes == 300000.0 * 24 + 20000.0 * 2 * 8);
    assert_true(r.passes.least >= 1 && r.passes.most > r.passes.least);
    assert_true(r.rounds.most == 0);
    assert_true(r.input == 300000.0 * sizeof(mds_pair));
    assert_true(r.memory > r.input + 300000.0 * 24 && r.memory < 300000.0 * 56 + 20000.0 * 60 * 8);
    check_total(&r);
    options.method = "sgd";
    r = plan(&options);
    assert_true(r.passes.least == 30 && r.passes.most == 30);
    options = (mds_plan_options){.size = sizeof options, .n = 10000, .pairs = 300000, .threads = 1};
    r = plan(&options);
    assert_true(!r.rows && r.input == 8e8); /* few enough for a matrix */
}

static void counted_ranks(void **state)
{
    (void)state;
    /* The 20,000 x 2 sums of all parts, each of four ranks adding up a quarter of them, and handing it to
     * all; places and how fast they move in a round. Four turns of messages go through log2(4) = 2 ranks
     * each. */
    mds_plan_options options = {.size = sizeof options,
                                .n = 20000,
                                .m = 64,
                                .threads = 1,
                                .ranks = 4,
                                .latency = 0.5,
                                .bandwidth = 1e6};
    mds_plan_result r = plan(&options);
    assert_true(r.passes.network == 2 * 20000.0 * 2 * 8 * 3 / 4);
    assert_true(fabs(r.passes.network_seconds - (4 * 2 * 0.5 + 0.48)) < 1e-9);
    assert_true(r.rounds.network == 2 * 20000.0 * 2 * 8 * 3 / 4);
    assert_true(r.shared == 4);
    check_total(&r);
    options.threads = 8;
    options.method = "lbfgs";
    r = plan(&options);
    assert_true(r.shared == 32); /* 156 parts */
    assert_true(r.rounds.most == 0 && r.passes.most > 0);
    options.n = MDS_MANY_OBJECTS - 1;
    r = plan(&options);
    assert_true(r.shared == 16); /* of 32 workers; the sums of 16 parts go to all */
    assert_true(r.passes.network == 16 * 16383.0 * 2 * 8 * 3 / 4);
}

static void decisions(void **state)
{
    (void)state;
    /* n^2 / 2 (64 + 16 * 2 + 16) passes 1e12 between these (mds_fit). */
    mds_plan_options options = {.size = sizeof options, .n = 133630, .m = 64};
    assert_true(sqrt(2e12 / 112) > 133630 && sqrt(2e12 / 112) < 133631);
    mds_plan_result r = plan(&options);
    assert_true(!r.all_pairs_are_many && r.passes.most > 0);
    options.n++;
    r = plan(&options);
    assert_true(r.all_pairs_are_many && r.passes.most == 0 && r.rounds.most == 1000);
    options.method = "smacof";
    r = plan(&options);
    assert_true(r.all_pairs_are_many && r.passes.most > 0 && r.rounds.most == 0);

    options = (mds_plan_options){.size = sizeof options, .n = 10000, .m = 5};
    r = plan(&options);
    assert_true(!r.rows && r.memory > 10000.0 * 10000 * 8);
    options.n++;
    r = plan(&options);
    assert_true(r.rows && r.memory < 1e8);
    options = (mds_plan_options){.size = sizeof options, .n = 1000000};
    r = plan(&options);
    assert_true(!r.rows && r.input == 8e12 && r.memory >= r.input);
    assert_true(r.passes.pairs == 1e6 * 999999 / 2);
    options = (mds_plan_options){.size = sizeof options, .n = 300, .method = "classical"};
    r = plan(&options);
    assert_true(r.passes.most == 0 && r.start.seconds > 0);
}

/* ---- memory ---- */

enum { N = 20000, M = 16 };

static double peak(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024;
}

/* One iteration of each kind, in a process of its own. Returns by how much its memory grew. */
static double measured_fit(const double *features, double *map)
{
    int ends[2];
    double grown = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const mds_problem problem = {.size = sizeof problem, .n = N, .features = features, .m = M, .ldf = M};
        const mds_fit_options options = {
            .size = sizeof options, .iterations = 1, .threads = 2, .stress_sample = 1024};
        double before = peak();
        mds_status status = mds_fit(&problem, 2, &options, map, 2, NULL, NULL);
        grown = peak() - before;
        bool written = write(ends[1], &grown, sizeof grown) == sizeof grown;
        _exit(status || !written);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], &grown, sizeof grown), sizeof grown);
    close(ends[0]);
    close(ends[1]);
    return grown;
}

static void memory_measured(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* memory is not what the program asks for */
#endif
    double *features = malloc(sizeof(double) * N * M), *map = malloc(sizeof(double) * N * 2);
    assert_true(features && map);
    for (size_t i = 0; i < (size_t)N * M; i++) features[i] = sin((double)(i * i % 100003));
    memset(map, 0, sizeof(double) * N * 2);
    const mds_plan_options options = {.size = sizeof options, .n = N, .m = M, .threads = 2};
    double grown = measured_fit(features, map); /* before a plan has left memory that is had again */
    double told = plan(&options).memory - sizeof(double) * N * (M + 2);
    if (!(grown > 0.6 * told && grown < 1.2 * told)) fail_msg("%.0f bytes told, %.0f used", told, grown);
    free(features);
    free(map);
}

/* ---- what is wrong ---- */

static void expect(const mds_plan_options *options, mds_status status, const char *words)
{
    mds_plan_result result = {.size = sizeof result, .ranks = 77};
    mds_error error = {.message = ""};
    assert_int_equal(mds_plan(options, &result, &error), status);
    assert_int_equal(result.ranks, 77);
    if (!strstr(error.message, words)) fail_msg("'%s' lacks '%s'", error.message, words);
}

static void refused(void **state)
{
    (void)state;
    mds_plan_options o = {.size = sizeof o};
    expect(&o, MDS_ARGUMENT, "no objects");
    expect(NULL, MDS_ARGUMENT, "no objects");
    o.n = 100;
    o.method = "magic";
    expect(&o, MDS_ARGUMENT, "there is no method 'magic'");
    o.method = "unidimensional";
    expect(&o, MDS_ARGUMENT, "");
    o.p = 1;
    expect(&o, MDS_UNSUPPORTED, "cannot be told from the size");
    o.method = NULL;
    expect(&o, MDS_UNSUPPORTED, "cannot be told from the size");
    o.p = 1001;
    expect(&o, MDS_ARGUMENT, "1001 dimensions");
    o.p = 2;
    o.ranks = 101;
    expect(&o, MDS_ARGUMENT, "101 ranks");
    o.ranks = 1;
    o.bandwidth = -1;
    expect(&o, MDS_ARGUMENT, "bandwidth");
    o.bandwidth = NAN;
    expect(&o, MDS_ARGUMENT, "bandwidth");
    o.bandwidth = 0;
    o.pairs = 4951;
    expect(&o, MDS_ARGUMENT, "4951 pairs are more than there are");
    o.pairs = 10;
    o.m = 3;
    expect(&o, MDS_ARGUMENT, "10 pairs are not for a problem of features");
    o.pairs = o.m = 0;
    o.metric = (mds_metric)99;
    expect(&o, MDS_ARGUMENT, "99 is not a metric");
    o.metric = MDS_HAVERSINE;
    o.m = 3;
    o.n = 20000;
    expect(&o, MDS_ARGUMENT, "haversine");
    o.metric = MDS_EUCLIDEAN;
    o.n = SIZE_MAX;
    expect(&o, MDS_ARGUMENT, "too large for this machine");
    o.n = 20000;
    o.method = "pattern";
    expect(&o, MDS_UNSUPPORTED, "method pattern does not support");
    o.method = NULL;
    o.size = 3;
    expect(&o, MDS_ARGUMENT, "mds_plan_options");
    o.size = sizeof o;
    mds_error error;
    assert_int_equal(mds_plan(&o, NULL, &error), MDS_ARGUMENT);
}

static int some_plan(void *context)
{
    mds_plan_result result = {.size = sizeof result};
    mds_error error;
    return (int)mds_plan(context, &result, &error);
}

static void memory_sweep(void **state)
{
    (void)state;
    mds_plan_options options = {.size = sizeof options, .n = 20000, .m = 4, .threads = 2};
    assert_true(alloc_sweep(some_plan, &options, MDS_MEMORY) >= 10);
    options.n = 200;
    assert_true(alloc_sweep(some_plan, &options, MDS_MEMORY) >= 5);
    options = (mds_plan_options){.size = sizeof options, .n = 10001, .pairs = 10001, .threads = 1};
    assert_true(alloc_sweep(some_plan, &options, MDS_MEMORY) >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_measured), /* first, as it forks */
        cmocka_unit_test(counted_rows),    cmocka_unit_test(counted_pairs), cmocka_unit_test(counted_ranks),
        cmocka_unit_test(decisions),       cmocka_unit_test(refused),       cmocka_unit_test(memory_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
