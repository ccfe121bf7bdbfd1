/* Ranks that fit one problem together get the map that one would get alone. */
#include "mdscale.h"
#include "scratch_file.h"
#include "thread_ranks.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST = 500, LARGE = 1300 /* several tasks of a sample */, MANY = MDS_MANY_OBJECTS, RANKS = 8 };

static double delta[MOST * MOST], weights[MOST * MOST], features[MANY * 2];

static double noise(size_t a, size_t b)
{
    double value = sin((double)(a * 7919 + b * 104729 + 1)) * 43758.5453;
    return value - floor(value);
}

static mds_problem make(size_t n, bool weighted)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double squares = 0;
            for (size_t k = 0; k < 5; k++) squares += pow(noise(i, k) - noise(j, k), 2);
            delta[i * n + j] = delta[j * n + i] = i == j ? 0 : sqrt(squares) + noise(i + n, j) / 4;
            weights[i * n + j] = weights[j * n + i] = 0.5 + noise(j + 2 * n, i);
        }
    return (mds_problem){.size = sizeof(mds_problem),
                         .n = n,
                         .delta = delta,
                         .ld = n,
                         .weights = weighted ? weights : NULL,
                         .ldw = n};
}

struct one_end {
    double map[MANY * 2];
    mds_result result;
    mds_status status;
    mds_error error;
    unsigned told, written;
};

struct fits {
    const mds_problem *problem;
    mds_fit_options options;
    unsigned stop_at; /* rank 0's callback says so at this iteration; 0: never */
    void (*change)(unsigned rank, mds_problem *problem, mds_fit_options *options);
    struct one_end ends[RANKS];
};

struct watch {
    struct one_end *end;
    unsigned stop_at;
};

static bool count_iteration(const mds_iteration *iteration, void *context)
{
    struct watch *watch = context;
    watch->end->told++;
    return iteration->iteration != watch->stop_at;
}

static bool count_checkpoint(const void *bytes, size_t count, void *context)
{
    struct watch *watch = context;
    (void)bytes, (void)count;
    watch->end->written++;
    return true;
}

static void fit(const mds_ranks *ranks, void *context)
{
    struct fits *fits = context;
    struct one_end *end = &fits->ends[ranks ? ranks->rank : 0];
    struct watch watch = {end, fits->stop_at};
    mds_problem problem = *fits->problem;
    mds_fit_options options = fits->options;
    *end = (struct one_end){.result.size = sizeof end->result};
    options.size = sizeof options;
    options.ranks = ranks;
    options.context = &watch;
    if (options.progress) options.progress = count_iteration;
    if (fits->change && ranks) fits->change(ranks->rank, &problem, &options);
    end->status = mds_fit(&problem, 2, &options, end->map, 2, &end->result, &end->error);
}

static void assert_same(const struct one_end *a, const struct one_end *b)
{
    if (b->status != MDS_OK) fail_msg("%s", b->error.message);
    assert_memory_equal(a->map, b->map, sizeof a->map);
    assert_memory_equal(&a->result.loss, &b->result.loss, sizeof(double));
    assert_memory_equal(&a->result.stress1, &b->result.stress1, sizeof(double));
    assert_memory_equal(&a->result.gradient, &b->result.gradient, sizeof(double));
    assert_int_equal(a->result.iterations, b->result.iterations);
    assert_int_equal(a->result.stop, b->result.stop);
}

/* At 1, 2, 3 and 8 ranks, of one thread or two. */
static void check_at_all_counts(const mds_problem *problem, mds_fit_options options, unsigned stop_at)
{
    static struct fits alone, together;
    static const unsigned counts[] = {1, 2, 3, RANKS};
    options.threads = 1;
    alone = (struct fits){.problem = problem, .options = options, .stop_at = stop_at};
    fit(NULL, &alone);
    assert_int_equal(alone.ends[0].status, MDS_OK);
    size_t most = options.progress ? 3 : 4; /* eight wait for each other too long, where they talk a lot */
    for (size_t c = 0; c < most; c++) {
        together = (struct fits){.problem = problem, .options = options, .stop_at = stop_at};
        together.options.threads = 1 + c % 2;
        thread_ranks_run(counts[c], fit, &together);
        for (unsigned r = 0; r < counts[c]; r++) {
            assert_same(&alone.ends[0], &together.ends[r]);
            assert_int_equal(together.ends[r].told, r ? 0 : alone.ends[0].told);
            assert_true(r == 0 || together.ends[r].written == 0);
        }
    }
}

static void every_method_gives_the_same_bits(void **state)
{
    (void)state;
    static const char *const methods[] = {"auto", "smacof", "lbfgs", "sgd", "pattern", "classical"};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        mds_problem problem = make(m == 4 ? 150 : MOST, m == 1 || m == 3);
        check_at_all_counts(&problem, (mds_fit_options){.method = methods[m], .iterations = 60}, 0);
    }
    mds_problem small = make(30, false);
    check_at_all_counts(&small, (mds_fit_options){.method = "auto"}, 0);
    mds_problem problem = make(300, false);
    check_at_all_counts(&problem, (mds_fit_options){.level = MDS_LEVEL_ORDINAL}, 0);
    check_at_all_counts(&problem, (mds_fit_options){.loss = MDS_LOSS_ABSOLUTE, .iterations = 20}, 0);
    const mds_smacof_options single = {.size = sizeof single, .precision = MDS_PRECISION_SINGLE};
    check_at_all_counts(
        &problem, (mds_fit_options){.method = "smacof", .method_options = &single, .iterations = 50}, 0);
}

static void rows_give_the_same_bits(void **state)
{
    (void)state;
    for (size_t i = 0; i < LARGE * 5; i++) features[i] = noise(i, 1) + (double)(i / 5 % 3) * (double)(i % 2);
    mds_problem by_features = {.size = sizeof by_features,
                               .n = LARGE,
                               .features = features,
                               .m = 5,
                               .ldf = 5,
                               .storage = MDS_STORAGE_ROWS};
    const mds_fit_options all[] = {{.method = "auto", .iterations = 40, .stress_sample = 5000},
                                   {.method = "sgd", .start = MDS_START_RANDOM, .iterations = 40},
                                   {.method = "lbfgs", .start = MDS_START_RANDOM, .iterations = 10},
                                   {.method = "auto",
                                    .loss = MDS_LOSS_HUBER,
                                    .start = MDS_START_RANDOM,
                                    .iterations = 30,
                                    .progress = count_iteration,
                                    .checkpoint = count_checkpoint,
                                    .checkpoint_seconds = 1e-9}};
    for (size_t c = 0; c < sizeof all / sizeof *all; c++)
        check_at_all_counts(&by_features, all[c], c == 3 ? 7 : 0);
    mds_problem rows = make(MOST, false);
    rows.storage = MDS_STORAGE_ROWS;
    check_at_all_counts(&rows, (mds_fit_options){.method = "smacof", .iterations = 20}, 0);
    check_at_all_counts(&rows, (mds_fit_options){.method = "lbfgs", .iterations = 20}, 0);
}

/* Of so many objects a pass has more parts than there are ranks and threads. */
static void many_parts_give_the_same_bits(void **state)
{
    (void)state;
    for (size_t i = 0; i < (size_t)MANY * 2; i++) features[i] = noise(i, 3);
    mds_problem problem = {.size = sizeof problem, .n = MANY, .features = features, .m = 2, .ldf = 2};
    check_at_all_counts(&problem,
                        (mds_fit_options){.method = "lbfgs", .start = MDS_START_RANDOM, .iterations = 2}, 0);
}

static void rank_0_listens_and_says_when_to_stop(void **state)
{
    (void)state;
    static const char *const methods[] = {"auto", "smacof", "lbfgs", "sgd", "pattern"};
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        mds_problem problem = make(200, false);
        mds_fit_options options = {.method = methods[m], .progress = count_iteration, .iterations = 20};
        check_at_all_counts(&problem, options, 0);
        check_at_all_counts(&problem, options, 7);
        options.checkpoint = count_checkpoint;
        options.checkpoint_seconds = 1e-9;
        check_at_all_counts(&problem, options, 7);
    }
}

/* ---- errors ---- */

static void other_seed(unsigned rank, mds_problem *problem, mds_fit_options *options)
{
    (void)problem;
    if (rank == 2) options->seed = 43;
}

static void other_weight(unsigned rank, mds_problem *problem, mds_fit_options *options)
{
    (void)options;
    if (rank == 1) problem->weights = NULL;
}

static void negative(unsigned rank, mds_problem *problem, mds_fit_options *options)
{
    static double bad[4] = {0, -1, -1, 0};
    (void)options;
    if (rank == 1) problem->delta = bad, problem->n = 2, problem->ld = 2, problem->weights = NULL;
}

static void deaf(unsigned rank, mds_problem *problem, mds_fit_options *options)
{
    (void)problem;
    if (rank == 0) options->progress = NULL;
}

static void assert_all_fail(void (*change)(unsigned, mds_problem *, mds_fit_options *), mds_status status,
                            const char *words)
{
    static struct fits fits;
    mds_problem problem = make(50, true);
    fits = (struct fits){.problem = &problem,
                         .options = {.method = "lbfgs", .seed = 42, .progress = count_iteration},
                         .change = change};
    thread_ranks_run(3, fit, &fits);
    for (unsigned r = 0; r < 3; r++) {
        assert_int_equal(fits.ends[r].status, status);
        if (!strstr(fits.ends[r].error.message, words))
            fail_msg("'%s' is not in: %s", words, fits.ends[r].error.message);
    }
}

static void an_error_of_one_rank_is_that_of_all(void **state)
{
    (void)state;
    assert_all_fail(other_seed, MDS_DATA,
                    "rank 2: started with other data or options than rank 0: its seed is 42, here it is 43");
    assert_all_fail(other_weight, MDS_DATA,
                    "rank 1: started with other data or options than rank 0: its weights differ");
    assert_all_fail(negative, MDS_DATA, "rank 1: row 1, column 2");
    assert_all_fail(deaf, MDS_DATA,
                    "progress, trace, checkpoints, limit of time is 0 0 0 0, here it is 1 0 0 0");
    static struct fits fits;
    mds_problem problem = make(2, false);
    fits = (struct fits){.problem = &problem};
    thread_ranks_run(3, fit, &fits);
    for (unsigned r = 0; r < 3; r++) {
        assert_int_equal(fits.ends[r].status, MDS_ARGUMENT);
        assert_string_equal(fits.ends[r].error.message,
                            "3 ranks are more than there are objects, 2: start fewer");
    }
}

/* ---- a file ---- */

static atomic_size_t bytes_read;

ssize_t __real_pread(int file, void *to, size_t count, off_t at);
ssize_t __wrap_pread(int file, void *to, size_t count, off_t at);

ssize_t __wrap_pread(int file, void *to, size_t count, off_t at)
{
    ssize_t got = __real_pread(file, to, count, at);
    if (got > 0) atomic_fetch_add(&bytes_read, (size_t)got);
    return got;
}

/* `delta` as an .npy file of n x n numbers, each times `factor`. */
static void write_square(char path[SCRATCH_PATH], size_t n, double factor)
{
    static char bytes[128 + MOST * MOST * sizeof(double)];
    memcpy(bytes, "\x93NUMPY\x01\x00\x76\x00", 10);
    memset(bytes + 10, ' ', 118);
    int used =
        snprintf(bytes + 10, 118, "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu, %zu), }", n, n);
    bytes[10 + used] = ' ';
    bytes[127] = '\n';
    for (size_t i = 0; i < n * n; i++) {
        double value = factor * delta[i];
        memcpy(bytes + 128 + i * sizeof value, &value, sizeof value);
    }
    scratch_file(path, bytes, 128 + n * n * sizeof(double));
}

/* Numbers near 1 and far from it, for which a file is read once more. */
static void a_file_is_read_by_parts(void **state)
{
    (void)state;
    static struct fits fits;
    static const double factors[] = {1, 1e40};
    const mds_fit_options options = {
        .method = "lbfgs", .start = MDS_START_RANDOM, .iterations = 5, .threads = 1};
    for (size_t f = 0; f < 2; f++) {
        char file[SCRATCH_PATH];
        (void)make(MOST, false);
        write_square(file, MOST, factors[f]);
        mds_problem problem = {.size = sizeof problem, .path = file, .storage = MDS_STORAGE_ROWS};
        check_at_all_counts(&problem, options, 0);
        size_t read[2];
        for (size_t c = 0; c < 2; c++) {
            fits = (struct fits){.problem = &problem, .options = options};
            atomic_store(&bytes_read, 0);
            thread_ranks_run(c ? RANKS : 2, fit, &fits);
            read[c] = atomic_load(&bytes_read);
            assert_int_equal(fits.ends[0].status, MDS_OK);
        }
        /* All together read what two do, but for the beginning of the file. */
        assert_true(read[1] <= read[0] + RANKS * 1000);
        unlink(file);
    }
}

static void what_is_wrong_in_a_file_is_said_by_all(void **state)
{
    (void)state;
    static struct fits fits;
    char file[SCRATCH_PATH];
    (void)make(200, false);
    delta[190 * 200 + 195] = -3;
    write_square(file, 200, 1);
    mds_problem problem = {.size = sizeof problem, .path = file, .storage = MDS_STORAGE_ROWS};
    for (unsigned count = 1; count <= 3; count++) {
        fits = (struct fits){.problem = &problem};
        thread_ranks_run(count, fit, &fits);
        for (unsigned r = 0; r < count; r++) {
            assert_int_equal(fits.ends[r].status, MDS_DATA);
            assert_string_equal(fits.ends[r].error.message, "row 191, column 196: the dissimilarity is -3");
        }
    }
    unlink(file);
}

/* A problem in a file of its own on rank 1, which grows shorter after three iterations. */
static char own_file[SCRATCH_PATH];

static void own_path(unsigned rank, mds_problem *problem, mds_fit_options *options)
{
    (void)options;
    if (rank == 1) problem->path = own_file;
}

static bool cut_file(const void *bytes, size_t count, void *context)
{
    struct watch *watch = context;
    (void)bytes, (void)count;
    return ++watch->end->written < 4 || truncate(own_file, 2000) == 0;
}

static void a_file_that_changes_on_one_rank_ends_all(void **state)
{
    (void)state;
    static struct fits fits;
    char file[SCRATCH_PATH];
    mds_problem problem = make(200, false);
    write_square(file, 200, 1);
    write_square(own_file, 200, 1);
    problem = (mds_problem){.size = sizeof problem, .path = file, .storage = MDS_STORAGE_ROWS};
    fits = (struct fits){.problem = &problem,
                         .options = {.method = "lbfgs",
                                     .start = MDS_START_RANDOM,
                                     .checkpoint = cut_file,
                                     .checkpoint_seconds = 1e-9},
                         .change = own_path};
    thread_ranks_run(3, fit, &fits);
    for (unsigned r = 0; r < 3; r++) {
        assert_int_equal(fits.ends[r].status, MDS_DATA);
        if (!strstr(fits.ends[r].error.message, "rank 1: ") ||
            !strstr(fits.ends[r].error.message, "has changed while it was being read"))
            fail_msg("%s", fits.ends[r].error.message);
    }
    unlink(file);
    unlink(own_file);
}

static bool unreachable(void *data, const size_t *begin, void *context)
{
    atomic_int *calls = context;
    (void)data, (void)begin;
    return atomic_fetch_add(calls, 1) < 6;
}

static void a_rank_that_is_lost_ends_the_fit(void **state)
{
    (void)state;
    mds_problem problem = make(50, false);
    double map[100];
    mds_error error;
    atomic_int calls = 0;
    mds_ranks ranks = {
        .size = sizeof ranks, .rank = 0, .count = 2, .all_gather = unreachable, .context = &calls};
    mds_fit_options options = {.size = sizeof options, .method = "smacof", .ranks = &ranks};
    assert_int_equal(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_INTERNAL);
    assert_int_equal(calls, 7);
}

static void a_table_without_sense_is_refused(void **state)
{
    (void)state;
    mds_problem problem = make(5, false);
    double map[10];
    mds_error error;
    mds_ranks ranks = {.size = sizeof ranks, .rank = 2, .count = 2, .all_gather = unreachable};
    mds_fit_options options = {.size = sizeof options, .ranks = &ranks};
    assert_int_equal(mds_fit(&problem, 2, &options, map, 2, NULL, &error), MDS_ARGUMENT);
    assert_string_equal(error.message, "rank 2 of 2: there is no such rank, or nothing to reach it by");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_method_gives_the_same_bits),
        cmocka_unit_test(rows_give_the_same_bits),
        cmocka_unit_test(many_parts_give_the_same_bits),
        cmocka_unit_test(a_file_that_changes_on_one_rank_ends_all),
        cmocka_unit_test(a_file_is_read_by_parts),
        cmocka_unit_test(what_is_wrong_in_a_file_is_said_by_all),
        cmocka_unit_test(rank_0_listens_and_says_when_to_stop),
        cmocka_unit_test(an_error_of_one_rank_is_that_of_all),
        cmocka_unit_test(a_rank_that_is_lost_ends_the_fit),
        cmocka_unit_test(a_table_without_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
