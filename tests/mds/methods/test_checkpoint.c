/* A fit that is resumed ends as one that was never interrupted, wherever it was interrupted. */
#include "alloc_sweep.h"
#include "mdscale.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 180, STARTS = 8, KEPT = 3 };

static double delta[MOST * MOST], weights[MOST * MOST], features[MOST * 5], pairs[MOST * (MOST - 1) / 2];
static mds_pair listed[MOST * (MOST - 1) / 2];

static double noise(size_t a, size_t b)
{
    double value = sin((double)(a * 7919 + b * 104729 + 1)) * 43758.5453;
    return value - floor(value);
}

/* Distances of points in five dimensions with noise on them, some missing, some equal. */
static mds_problem make(size_t n, bool weighted)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double squares = 0;
            for (size_t k = 0; k < 5; k++) squares += pow(noise(i, k) - noise(j, k), 2);
            double value = i == j ? 0 : floor(64 * (sqrt(squares) + noise(i + n, j) / 4)) / 64;
            if (i != j && weighted && noise(i, j + n) < 0.1) value = NAN;
            delta[i * n + j] = delta[j * n + i] = value;
            weights[i * n + j] = weights[j * n + i] = 0.5 + noise(j + 2 * n, i);
        }
    return (mds_problem){.size = sizeof(mds_problem),
                         .n = n,
                         .delta = delta,
                         .ld = n,
                         .weights = weighted ? weights : NULL,
                         .ldw = n};
}

enum { ROWS, PAIRS, SPARSE, FEATURES, BRAYCURTIS, KINDS }; /* BRAYCURTIS: features kept in double precision */

/* The same data, kept as rows. */
static mds_problem make_rows(size_t n, int kind)
{
    static const mds_distance_options braycurtis = {.size = sizeof braycurtis, .metric = MDS_BRAYCURTIS};
    (void)make(n, kind != FEATURES); /* some are missing */
    for (size_t i = 0, at = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) pairs[at++] = delta[i * n + j];
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 5; k++) features[i * 5 + k] = noise(i, k);
    mds_problem problem = {.size = sizeof problem, .n = n, .storage = MDS_STORAGE_ROWS};
    if (kind == ROWS) problem.delta = delta, problem.ld = n;
    if (kind == PAIRS) problem.condensed = pairs;
    if (kind == SPARSE) problem.pairs = listed;
    for (size_t i = 0; i < n && kind == SPARSE; i++)
        for (size_t j = i + 1; j < n; j++)
            if (!isnan(delta[i * n + j]))
                listed[problem.pair_count++] =
                    (mds_pair){.i = i, .j = j, .delta = delta[i * n + j], .weight = weights[i * n + j]};
    if (kind >= FEATURES) problem.features = features, problem.m = problem.ldf = 5;
    if (kind == BRAYCURTIS) problem.distances = &braycurtis;
    return problem;
}

/* What a fit has led to, all of which is to be the same. */
typedef struct outcome_of_fit {
    double map[MOST * 3];
    mds_result result;
    mds_outcome outcomes[STARTS];
    _Alignas(max_align_t) char statistics[256];
} outcome_of_fit;

static mds_status fit(const mds_problem *problem, size_t p, mds_fit_options options, outcome_of_fit *to,
                      mds_error *error)
{
    const mds_method_info *method = mds_method_find(options.method);
    memset(to, 0, sizeof *to);
    for (size_t i = 0; i < problem->n * p; i++) to->map[i] = noise(i, 3);
    to->result.size = sizeof to->result;
    options.outcomes = to->outcomes;
    options.outcome_capacity = STARTS;
    options.outcome_step = sizeof *to->outcomes;
    memcpy(to->statistics, &method->statistics_size, sizeof method->statistics_size);
    if (method->statistics_size) options.method_statistics = to->statistics;
    return mds_fit(problem, p, &options, to->map, p, &to->result, error);
}

static void assert_same(const outcome_of_fit *a, const outcome_of_fit *b)
{
    assert_memory_equal(a->map, b->map, sizeof a->map);
    assert_memory_equal(&a->result.loss, &b->result.loss, sizeof(double));
    assert_memory_equal(&a->result.start_loss, &b->result.start_loss, sizeof(double));
    assert_memory_equal(&a->result.gradient, &b->result.gradient, sizeof(double));
    assert_memory_equal(&a->result.stress1, &b->result.stress1, sizeof(double));
    assert_int_equal(a->result.iterations, b->result.iterations);
    assert_int_equal(a->result.stop, b->result.stop);
    assert_int_equal(a->result.best_start, b->result.best_start);
    assert_int_equal(a->result.best_count, b->result.best_count);
    assert_int_equal(a->result.starts, b->result.starts);
    assert_memory_equal(a->outcomes, b->outcomes, sizeof a->outcomes);
    assert_memory_equal(a->statistics, b->statistics, sizeof a->statistics);
}

/* ---- checkpoints that are kept ---- */

struct kept {
    uint64_t seen, random;
    size_t most, count;
    char *bytes[KEPT];
    size_t sizes[KEPT];
};

/* Each that was seen is kept with the same chance (reservoir sampling); the last one always. */
static bool keep(const void *bytes, size_t count, void *context)
{
    struct kept *kept = context;
    kept->random = kept->random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    uint64_t at = kept->seen++;
    if (at >= kept->most) at = (kept->random >> 33) % kept->seen;
    if (at >= kept->most) at = kept->most - 1;
    if (at < kept->count) free(kept->bytes[at]);
    if (at >= kept->count) kept->count++;
    kept->bytes[at] = malloc(count);
    kept->sizes[at] = count;
    assert_non_null(kept->bytes[at]);
    memcpy(kept->bytes[at], bytes, count);
    return true;
}

static void drop(struct kept *kept)
{
    for (size_t i = 0; i < kept->count; i++) free(kept->bytes[i]);
    kept->count = 0;
}

/* Keep checkpoints of one fit, resume from each at other numbers of threads, and compare. */
static void check_resumed(const mds_problem *problem, size_t p, mds_fit_options options)
{
    static outcome_of_fit plain, watched, resumed;
    struct kept kept = {.most = KEPT, .random = options.seed};
    mds_error error = {.message = ""};
    options.size = sizeof options;
    options.threads = 1;
    assert_int_equal(fit(problem, p, options, &plain, &error), MDS_OK);
    options.checkpoint = keep;
    options.checkpoint_seconds = 1e-9;
    options.context = &kept;
    assert_int_equal(fit(problem, p, options, &watched, &error), MDS_OK);
    assert_same(&plain, &watched);
    options.checkpoint = NULL;
    for (size_t i = 0; i < kept.count; i++) {
        options.threads = (unsigned)(1 + i % 3);
        options.resume = kept.bytes[i];
        options.resume_bytes = kept.sizes[i];
        if (fit(problem, p, options, &resumed, &error) != MDS_OK) fail_msg("%s", error.message);
        if (memcmp(plain.map, resumed.map, sizeof plain.map) != 0 ||
            memcmp(plain.outcomes, resumed.outcomes, sizeof plain.outcomes) != 0)
            print_message("%s level %d loss %d n %zu: checkpoint %zu of %llu bytes\n", options.method,
                          (int)options.level, (int)options.loss, problem->n, i,
                          (unsigned long long)kept.sizes[i]);
        assert_same(&plain, &resumed);
    }
    drop(&kept);
}

static void every_method_goes_on(void **state)
{
    (void)state;
    const mds_smacof_options single = {.size = sizeof single, .precision = MDS_PRECISION_SINGLE};
    const mds_pattern_options shuffled = {.size = sizeof shuffled, .order = MDS_ORDER_SHUFFLED};
    const mds_fit_options all[] = {
        {.method = "smacof"},
        {.method = "smacof", .starts = 3, .method_options = &single},
        {.method = "smacof", .loss = MDS_LOSS_ABSOLUTE, .iterations = 300},
        {.method = "lbfgs", .starts = 4, .start = MDS_START_RANDOM},
        {.method = "lbfgs", .loss = MDS_LOSS_HUBER},
        {.method = "sgd", .starts = 2},
        {.method = "pattern", .start = MDS_START_GIVEN},
        {.method = "pattern", .loss = MDS_LOSS_ABSOLUTE, .iterations = 60, .method_options = &shuffled},
        {.method = "auto", .starts = 3},
        {.method = "auto", .loss = MDS_LOSS_ABSOLUTE},
        {.method = "classical"},
    };
    for (size_t c = 0; c < sizeof all / sizeof *all; c++)
        for (int weighted = 0; weighted < 2 && (c < sizeof all / sizeof *all - 1 || !weighted); weighted++) {
            const mds_problem small = make(37, weighted), large = make(MOST, weighted);
            check_resumed(&large, 2, all[c]);
            make(37, weighted);
            check_resumed(&small, 3, all[c]);
        }
}

static void rows_go_on(void **state)
{
    (void)state;
    const mds_fit_options all[] = {
        {.method = "auto", .iterations = 300},
        {.method = "auto", .loss = MDS_LOSS_HUBER, .start = MDS_START_RANDOM, .iterations = 300},
        {.method = "sgd", .starts = 2, .iterations = 50},
        {.method = "lbfgs", .start = MDS_START_RANDOM, .iterations = 50},
        {.method = "smacof", .start = MDS_START_GIVEN, .iterations = 50},
    };
    for (size_t c = 0; c < sizeof all / sizeof *all; c++)
        for (int kind = 0; kind < (c == 0 ? KINDS : BRAYCURTIS); kind++) { /* the last is slow */
            mds_problem problem = make_rows(MOST, kind);
            check_resumed(&problem, 2, all[c]);
        }
}

static void every_level_goes_on(void **state)
{
    (void)state;
    static const char *const methods[] = {"smacof", "lbfgs", "sgd", "pattern", "auto"};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++)
        for (int level = MDS_LEVEL_INTERVAL; level <= MDS_LEVEL_LOG; level++) {
            mds_problem problem = make(150, m % 2);
            check_resumed(&problem, 2,
                          (mds_fit_options){.method = methods[m],
                                            .level = (mds_level)level,
                                            .iterations = 40,
                                            .seed = (uint64_t)level});
        }
}

/* A resumed fit writes checkpoints that can be resumed too. */
static void it_goes_on_again_and_again(void **state)
{
    (void)state;
    static outcome_of_fit plain, resumed;
    mds_problem problem = make(MOST, false);
    mds_error error;
    mds_fit_options options = {.size = sizeof options, .method = "auto", .starts = 2, .threads = 1};
    assert_int_equal(fit(&problem, 2, options, &plain, &error), MDS_OK);
    struct kept kept = {.most = 1};
    options.checkpoint = keep;
    options.checkpoint_seconds = 1e-9;
    for (int round = 0; round < 6; round++) {
        struct kept next = {.most = KEPT, .random = (uint64_t)round};
        options.context = &next;
        assert_int_equal(fit(&problem, 2, options, &resumed, &error), MDS_OK);
        assert_same(&plain, &resumed);
        drop(&kept);
        size_t which = next.count / 2;
        kept = (struct kept){.count = 1, .bytes = {next.bytes[which]}, .sizes = {next.sizes[which]}};
        next.bytes[which] = NULL;
        drop(&next);
        options.resume = kept.bytes[0];
        options.resume_bytes = kept.sizes[0];
    }
    drop(&kept);
}

/* ---- what is refused ---- */

static void assert_refused(const mds_problem *problem, mds_fit_options options, const struct kept *kept,
                           const char *words)
{
    static outcome_of_fit ended;
    mds_error error = {.message = ""};
    options.resume = kept->bytes[0];
    options.resume_bytes = kept->sizes[0];
    assert_int_equal(fit(problem, 2, options, &ended, &error), MDS_DATA);
    assert_memory_equal(ended.map, (double[]){noise(0, 3)}, sizeof(double));
    if (!strstr(error.message, words)) fail_msg("'%s' is not in: %s", words, error.message);
}

static void a_checkpoint_of_another_fit_is_refused_by_name(void **state)
{
    (void)state;
    static outcome_of_fit ended;
    mds_problem problem = make(30, true);
    const mds_fit_options base = {.size = sizeof base, .method = "lbfgs", .seed = 42, .iterations = 20};
    struct kept kept = {.most = 1};
    mds_fit_options o = base;
    mds_error error;
    o.checkpoint = keep;
    o.context = &kept;
    assert_int_equal(fit(&problem, 2, o, &ended, &error), MDS_OK);

    o = base, o.seed = 43;
    assert_refused(&problem, o, &kept, "its seed is 42, here it is 43");
    o = base, o.method = "smacof";
    assert_refused(&problem, o, &kept, "its method is lbfgs, here it is smacof");
    o = base, o.loss = MDS_LOSS_HUBER;
    assert_refused(&problem, o, &kept, "its loss is squared, here it is huber");
    o = base, o.iterations = 21;
    assert_refused(&problem, o, &kept, "its number of iterations is 20, here it is 21");
    o = base, o.isa = MDS_ISA_SCALAR;
    if (mds_isa_best() != MDS_ISA_SCALAR) assert_refused(&problem, o, &kept, "here it is scalar");
    const mds_lbfgs_options history = {.size = sizeof history, .history = 5};
    o = base, o.method_options = &history;
    assert_refused(&problem, o, &kept, "its history is 8, here it is 5");

    mds_problem fewer = problem;
    fewer.n = 29;
    assert_refused(&fewer, base, &kept, "its number of objects is 30, here it is 29");
    weights[7 * 30 + 3] = weights[3 * 30 + 7] = 2;
    assert_refused(&problem, base, &kept, "its weights differ");
    problem = make(30, true);
    delta[7 * 30 + 2] = delta[2 * 30 + 7] = 2;
    assert_refused(&problem, base, &kept, "its dissimilarities differ");
    problem.weights = NULL;
    drop(&kept);
}

static void rows_of_another_fit_are_refused_by_name(void **state)
{
    (void)state;
    static outcome_of_fit ended;
    const mds_fit_options base = {.size = sizeof base, .method = "lbfgs", .seed = 42, .iterations = 5};
    static const mds_distance_options manhattan = {.size = sizeof manhattan, .metric = MDS_MANHATTAN};
    struct kept of_features = {.most = 1}, of_pairs = {.most = 1};
    mds_fit_options o = base;
    mds_error error;
    mds_problem matrix = make(40, false), rows = make_rows(40, PAIRS);
    o.checkpoint = keep;
    o.context = &of_pairs;
    assert_int_equal(fit(&rows, 2, o, &ended, &error), MDS_OK);
    mds_problem by_features = make_rows(40, FEATURES);
    o.context = &of_features;
    assert_int_equal(fit(&by_features, 2, o, &ended, &error), MDS_OK);

    assert_refused(&by_features, base, &of_pairs, "its problem is kept as rows, here it is kept as features");
    assert_refused(&matrix, base, &of_pairs, "its problem is kept as rows, here it is kept as a matrix");
    by_features.distances = &manhattan;
    assert_refused(&by_features, base, &of_features, "its metric is euclidean, here it is manhattan");
    by_features.distances = NULL;
    by_features.m = 4;
    assert_refused(&by_features, base, &of_features, "its number of features is 5, here it is 4");
    by_features.m = 5;
    features[7] += 1;
    assert_refused(&by_features, base, &of_features, "its features differ");

    rows = make_rows(40, ROWS); /* the same numbers from somewhere else are the same problem */
    o = base, o.resume = of_pairs.bytes[0], o.resume_bytes = of_pairs.sizes[0];
    assert_int_equal(fit(&rows, 2, o, &ended, &error), MDS_OK);
    delta[7 * 40 + 2] = delta[2 * 40 + 7] = 2;
    assert_refused(&rows, base, &of_pairs, "its dissimilarities differ");
    drop(&of_features);
    drop(&of_pairs);
}

/* The hash at the end, as a program that means harm would write it. */
static void mend_hash(char *bytes, size_t count)
{
    uint64_t hash = 0, word;
    size_t left = count - sizeof hash, at = 0;
    for (; left >= sizeof word; left -= sizeof word, at += sizeof word) {
        memcpy(&word, bytes + at, sizeof word);
        hash ^= word;
        hash += UINT64_C(0x9E3779B97F4A7C15);
        hash = (hash ^ hash >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        hash = (hash ^ hash >> 27) * UINT64_C(0x94D049BB133111EB);
        hash ^= hash >> 31;
    }
    word = left;
    memcpy(&word, bytes + at, left);
    hash ^= word ^ (uint64_t)left << 56;
    hash += UINT64_C(0x9E3779B97F4A7C15);
    hash = (hash ^ hash >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    hash = (hash ^ hash >> 27) * UINT64_C(0x94D049BB133111EB);
    hash ^= hash >> 31;
    memcpy(bytes + count - sizeof hash, &hash, sizeof hash);
}

static void what_is_cut_off_or_changed_is_refused(void **state)
{
    (void)state;
    static outcome_of_fit ended;
    static const char *const methods[] = {"lbfgs", "pattern", "auto", "sgd", "sgd"};
    for (size_t m = 0; m < 5; m++) {
        mds_problem problem = m == 4 ? make_rows(150, FEATURES) : make(12, false);
        struct kept kept = {.most = 1};
        mds_error error;
        mds_fit_options o = {.size = sizeof o, .method = methods[m], .iterations = 8, .threads = 1};
        o.checkpoint = keep;
        o.checkpoint_seconds = 1e-9;
        o.context = &kept;
        assert_int_equal(fit(&problem, 2, o, &ended, &error), MDS_OK);
        o.checkpoint = NULL;
        o.resume = kept.bytes[0];
        for (o.resume_bytes = 0; o.resume_bytes < kept.sizes[0]; o.resume_bytes += 1 + o.resume_bytes / 64)
            assert_int_equal(fit(&problem, 2, o, &ended, &error), MDS_DATA);
        o.resume_bytes = kept.sizes[0];
        for (size_t at = 0; at < kept.sizes[0]; at += 1 + kept.sizes[0] / (m == 4 ? 500 : 2000)) {
            kept.bytes[0][at] ^= 0x41;
            assert_int_equal(fit(&problem, 2, o, &ended, &error), MDS_DATA);
            mend_hash(kept.bytes[0], kept.sizes[0]); /* now it may be anything but a crash */
            (void)!fit(&problem, 2, o, &ended, &error);
            kept.bytes[0][at] ^= 0x41;
            mend_hash(kept.bytes[0], kept.sizes[0]);
        }
        assert_int_equal(fit(&problem, 2, o, &ended, &error), MDS_OK);
        drop(&kept);
    }
}

static bool refuse(const void *bytes, size_t count, void *context)
{
    (void)bytes, (void)count, (void)context;
    return false;
}

static void the_callback_ends_the_fit(void **state)
{
    (void)state;
    static outcome_of_fit ended;
    mds_problem problem = make(40, false);
    mds_error error;
    mds_fit_options o = {.size = sizeof o, .method = "lbfgs", .checkpoint = refuse};
    assert_int_equal(fit(&problem, 2, o, &ended, &error), MDS_OK);
    assert_int_equal(ended.result.stop, MDS_STOP_CANCELLED);
    assert_int_equal(ended.result.iterations, 0);
}

static bool ignore(const void *bytes, size_t count, void *context)
{
    (void)bytes, (void)count, (void)context;
    return true;
}

static int write_checkpoints(void *context)
{
    static outcome_of_fit ended;
    mds_error error;
    mds_fit_options o = {.size = sizeof o,
                         .method = "auto",
                         .iterations = 5,
                         .threads = 1,
                         .checkpoint = ignore,
                         .checkpoint_seconds = 1e-9};
    return (int)fit(context, 2, o, &ended, &error);
}

static void every_failing_allocation_is_told(void **state)
{
    (void)state;
    mds_problem problem = make(40, false);
    assert_true(alloc_sweep(write_checkpoints, &problem, MDS_MEMORY) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_goes_on),
        cmocka_unit_test(rows_go_on),
        cmocka_unit_test(every_level_goes_on),
        cmocka_unit_test(it_goes_on_again_and_again),
        cmocka_unit_test(a_checkpoint_of_another_fit_is_refused_by_name),
        cmocka_unit_test(rows_of_another_fit_are_refused_by_name),
        cmocka_unit_test(what_is_cut_off_or_changed_is_refused),
        cmocka_unit_test(the_callback_ends_the_fit),
        cmocka_unit_test(every_failing_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
