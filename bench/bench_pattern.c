/*
 * Pattern search: its kernels at every level, against what the processor must at least do; the job of the
 * ladder on handwritten digits; how the cost grows with n and p; two threads against one; memory.
 *
 * A "pair-trial" is one pair of objects at one tried position, the unit in which the job is counted: an epoch
 * has 2p n^2 of them. Answers are checked first: all levels and numbers of threads must end at the same map,
 * and no epoch may go uphill.
 */
#include "bench_report.h"
#include "clock.h"
#include "kernels.h"
#include "mdscale.h"
#include "memory.h"
#include "random.h"
#include "table_read.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 9 };

static bench_report report;

static void must(mds_status status, const mds_error *error)
{
    if (status == MDS_OK) return;
    fprintf(stderr, "%s\n", error->message);
    exit(1);
}

/* ---- kernels ---- */

/* Nanoseconds a call of a row kernel takes, per column. */
static bench_times time_row(mds_pattern_kernel *kernel, const mds_pattern_row *row, size_t n)
{
    double seconds[RUNS], sums[64], kept = 0;
    size_t calls = 4000000 / n / row->p;
    for (size_t run = 0; run < RUNS; run++) {
        double began = fs_clock_seconds();
        for (size_t call = 0; call < calls; call++) {
            kernel(row, 0, n, sums);
            kept += sums[0];
        }
        seconds[run] = (fs_clock_seconds() - began) / (double)calls / (double)n;
    }
    if (isnan(kept)) bench_wrong("a kernel's sum is not a number");
    return bench_summarise(seconds, RUNS);
}

/* The same for a change kernel, per point of a tile and side of a move; each reads a line of its own. */
static bench_times time_change(mds_change_kernel *kernel, const mds_pattern_row *row)
{
    enum { MOVES = 64 };
    double seconds[RUNS], sums[64 * MDS_ROW_TILE] = {0}, turnover[MDS_ROW_TILE] = {0}, gain[MDS_ROW_TILE];
    const double *delta[MOVES], *weights[MOVES];
    size_t calls = 200000 / MOVES / row->p;
    for (size_t e = 0; e < MOVES; e++) {
        delta[e] = row->delta + e % 60 * MDS_ROW_TILE;
        weights[e] = row->weights ? row->weights + e % 60 * MDS_ROW_TILE : NULL;
    }
    const mds_row_tile tile = {.at = row->x,
                               .stride = row->stride,
                               .p = row->p,
                               .radius = row->radius,
                               .sums = sums,
                               .turnover = turnover,
                               .gain = gain,
                               .scratch = row->scratch};
    const mds_moves moves = {.from = row->x + 64,
                             .to = row->x + 128,
                             .stride = row->stride,
                             .count = MOVES,
                             .delta = delta,
                             .weights = row->weights ? weights : NULL};
    for (size_t run = 0; run < RUNS; run++) {
        double began = fs_clock_seconds();
        for (size_t call = 0; call < calls; call++) kernel(&tile, &moves);
        seconds[run] = (fs_clock_seconds() - began) / (double)calls / (2 * MOVES * MDS_ROW_TILE);
    }
    if (isnan(sums[0])) bench_wrong("a kernel's sum is not a number");
    return bench_summarise(seconds, RUNS);
}

/* What one square root costs when nothing else is done: the divider's floor. */
static double time_root(const mds_kernels *kernels)
{
    enum { N = 512, CALLS = 20000 };
    double *values = bench_need(N, sizeof *values), seconds[RUNS];
    for (size_t i = 0; i < N; i++) values[i] = 1 + (double)i;
    for (size_t run = 0; run < RUNS; run++) {
        double began = fs_clock_seconds();
        for (size_t call = 0; call < CALLS; call++) kernels->square_root(values, N);
        seconds[run] = (fs_clock_seconds() - began) / CALLS / N;
    }
    fs_free(values);
    return bench_summarise(seconds, RUNS).median;
}

static void bench_kernels(void)
{
    enum { N = 512, MOST = 10 };
    static const size_t ps[] = {1, 2, 3, MOST}, every[MOST] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    double *x = bench_need(N * MOST, sizeof *x), *delta = bench_need(N, sizeof *delta),
           *weights = bench_need(N, sizeof *weights);
    double *scratch = bench_need(MDS_PATTERN_SCRATCH(MOST), sizeof *scratch), at[MOST];
    fs_random random;
    fs_random_init(&random, 1);
    for (size_t i = 0; i < N * MOST; i++) x[i] = 40 * fs_random_unit(&random) - 20;
    for (size_t i = 0; i < N; i++) delta[i] = 20 + 40 * fs_random_unit(&random), weights[i] = 1;
    for (size_t k = 0; k < MOST; k++) at[k] = fs_random_unit(&random);

    puts("kernels, one core, n = 512: ns per pair-trial (the divider's roots alone; bytes read per pair)");
    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++) {
        const mds_kernels *kernels = mds_kernels_for(isa);
        if (!kernels) continue;
        double root = time_root(kernels);
        for (size_t q = 0; q < sizeof ps / sizeof *ps; q++)
            for (int term = 0; term < MDS_TERMS; term++) {
                static const char *const terms[] = {"plain", "weighted", "absolute"};
                size_t p = ps[q];
                mds_pattern_row row = {.x = x,
                                       .stride = N,
                                       .at = at,
                                       .delta = delta,
                                       .p = p,
                                       .radius = 1,
                                       .weights = term ? weights : NULL,
                                       .dimensions = every,
                                       .tried = p,
                                       .scratch = scratch};
                enum mds_shape shape = p == 2 ? MDS_SHAPE_PLANE : p == 3 ? MDS_SHAPE_SPACE : MDS_SHAPE_ANY;
                bench_times times = time_row(kernels->pattern[term][shape], &row, N);
                double trials = 2 * (double)p, floor_ns = root * (trials + 1) / trials * 1e9;
                double bytes = 8 * (double)(p + 1 + (term > 0));
                bench_times change = time_change(kernels->change[term][shape], &row);
                printf("  %-7s p %-2zu %-9s %6.3f   (%.3f; %.0f B)   side by side %6.3f\n", mds_isa_name(isa),
                       p, terms[term], times.median / trials * 1e9, floor_ns, bytes,
                       change.median / trials * 1e9);
                bench_result_begin(&report, "kernel");
                bench_result_text(&report, "isa", mds_isa_name(isa));
                bench_result_number(&report, "p", (double)p);
                bench_result_text(&report, "terms", terms[term]);
                bench_result_number(&report, "ns_per_pair_trial", times.median / trials * 1e9);
                bench_result_number(&report, "ns_quartile_low", times.low / trials * 1e9);
                bench_result_number(&report, "ns_quartile_high", times.high / trials * 1e9);
                bench_result_number(&report, "ns_of_roots_by_divider", floor_ns);
                bench_result_number(&report, "ns_side_by_side", change.median / trials * 1e9);
                bench_result_number(&report, "bytes_per_pair", bytes);
                bench_result_end(&report);
            }
    }
    fs_free(x);
    fs_free(delta);
    fs_free(weights);
    fs_free(scratch);
}

/* ---- searches ---- */

struct job {
    size_t n, p;
    const double *delta, *start;
    uint64_t epochs; /* 0: to the end */
    unsigned threads;
    mds_isa isa;
};

static bool downhill(const mds_iteration *epoch, void *context)
{
    double *last = context;
    if (epoch->loss > *last)
        bench_wrong("stress rose to %.17g in epoch %g", epoch->loss, (double)epoch->iteration);
    *last = epoch->loss;
    return true;
}

static mds_result run_job(const struct job *job, double *map)
{
    mds_problem problem = {.size = sizeof problem, .n = job->n, .delta = job->delta, .ld = job->n};
    mds_pattern_options pattern = {.size = sizeof pattern, .radius = 16, .smallest_radius = 1e-3};
    double last = HUGE_VAL;
    mds_fit_options options = {.size = sizeof options,
                               .method = "pattern",
                               .start = MDS_START_GIVEN,
                               .iterations = job->epochs,
                               .threads = job->threads,
                               .isa = job->isa,
                               .progress = downhill,
                               .context = &last,
                               .method_options = &pattern};
    memcpy(map, job->start, job->n * job->p * sizeof *map);
    mds_result result = {.size = sizeof result};
    mds_error error;
    must(mds_fit(&problem, job->p, &options, map, job->p, &result, &error), &error);
    return result;
}

/* Time a job and write it down; every run must end at the same map as the `expected` one, if given, which is
 * filled by the first. */
static double bench_job(const char *what, struct job job, size_t runs, double *expected, bool *have)
{
    double seconds[RUNS], *map = bench_need(job.n * job.p, sizeof *map);
    mds_result result = {0};
    for (size_t run = 0; run < runs; run++) {
        result = run_job(&job, map);
        seconds[run] = result.seconds;
        if (*have && memcmp(map, expected, job.n * job.p * sizeof *map) != 0)
            bench_wrong("%s: the map differs from that of another level or number of threads", what);
        memcpy(expected, map, job.n * job.p * sizeof *map);
        *have = true;
    }
    bench_times times = bench_summarise(seconds, runs);
    double trials = 2 * (double)job.p * (double)job.n * (double)job.n * (double)result.iterations;
    printf(
        "  %-8s n %-5zu p %-2zu threads %u  %4llu epochs  %9.4f s  (%.4f .. %.4f)  %.3f ns per pair-trial\n",
        mds_isa_name(result.isa), job.n, job.p, result.threads, (unsigned long long)result.iterations,
        times.median, times.low, times.high, times.median / trials * 1e9);
    bench_result_begin(&report, what);
    bench_result_text(&report, "isa", mds_isa_name(result.isa));
    bench_result_number(&report, "n", (double)job.n);
    bench_result_number(&report, "p", (double)job.p);
    bench_result_number(&report, "threads", result.threads);
    bench_result_number(&report, "epochs", (double)result.iterations);
    bench_result_number(&report, "stress", result.loss);
    bench_result_times(&report, times);
    bench_result_number(&report, "ns_per_pair_trial", times.median / trials * 1e9);
    bench_result_end(&report);
    fs_free(map);
    return times.median;
}

/* Start as the ladder's: uniform, as wide as the largest dissimilarity. */
static double *random_start(const double *delta, size_t n, size_t p)
{
    double *start = bench_need(n * p, sizeof *start), largest = 0;
    fs_random random;
    fs_random_init(&random, 42);
    for (size_t i = 0; i < n * n; i++) largest = fmax(largest, delta[i]);
    for (size_t i = 0; i < n * p; i++) start[i] = largest * (fs_random_unit(&random) - 0.5);
    return start;
}

static double *distances_of(const double *features, size_t n, size_t m, size_t ld)
{
    double *delta = bench_need(n * n, sizeof *delta);
    mds_error error;
    must(mds_distances(features, n, m, ld, NULL, delta, n, &error), &error);
    return delta;
}

static double *random_features(size_t n, size_t m)
{
    double *features = bench_need(n * m, sizeof *features);
    fs_random random;
    fs_random_init(&random, 3);
    for (size_t i = 0; i < n * m; i++) features[i] = 10 * fs_random_normal(&random);
    return features;
}

static void bench_digits(const mds_table *digits)
{
    static const size_t sizes[] = {200, 600, 1797};
    puts("handwritten digits to the plane, to the end, one core");
    for (size_t s = 0; s < 3; s++) {
        size_t n = sizes[s] < digits->rows ? sizes[s] : digits->rows;
        double *delta = distances_of(digits->values, n, 64, digits->columns);
        double *start = random_start(delta, n, 2), *expected = bench_need(2 * n, sizeof *expected);
        bool have = false;
        for (mds_isa isa = MDS_ISA_NEON; isa >= MDS_ISA_SCALAR; isa--)
            if (mds_isa_available(isa))
                bench_job("digits", (struct job){n, 2, delta, start, 0, 1, isa}, n > 1000 ? 3 : RUNS,
                          expected, &have);
        mds_problem problem = {.size = sizeof problem, .n = n, .delta = delta, .ld = n};
        mds_stress_values values = {.size = sizeof values};
        mds_error error;
        must(mds_stress(&problem, 2, NULL, expected, 2, &values, &error), &error);
        printf("  normalised stress %.5f\n", values.normalized);
        /* The best that anybody has seen for all of the digits. */
        if (n == 1797 && values.normalized < 0.3268)
            bench_wrong("a stress of %g is too good to be true", values.normalized);
        fs_free(delta);
        fs_free(start);
        fs_free(expected);
    }
}

static void bench_growth(void)
{
    static const size_t ns[] = {100, 250, 500, 1000, 2500, 5000}, ps[] = {1, 2, 3, 5, 10};
    puts("growth with n (p = 2; random points in 10 dimensions; 10 epochs)");
    for (size_t s = 0; s < sizeof ns / sizeof *ns; s++) {
        size_t n = ns[s];
        double *features = random_features(n, 10), *delta = distances_of(features, n, 10, 10);
        double *start = random_start(delta, n, 2), *expected = bench_need(2 * n, sizeof *expected);
        bool have = false;
        bench_job("growth", (struct job){n, 2, delta, start, 10, 1, 0}, 5, expected, &have);
        fs_free(features);
        fs_free(delta);
        fs_free(start);
        fs_free(expected);
    }
    puts("growth with p (n = 1000; 10 epochs)");
    double *features = random_features(1000, 10), *delta = distances_of(features, 1000, 10, 10);
    for (size_t q = 0; q < sizeof ps / sizeof *ps; q++) {
        double *start = random_start(delta, 1000, ps[q]),
               *expected = bench_need(1000 * ps[q], sizeof *expected);
        bool have = false;
        bench_job("dimensions", (struct job){1000, ps[q], delta, start, 10, 1, 0}, 5, expected, &have);
        fs_free(start);
        fs_free(expected);
    }
    fs_free(features);
    fs_free(delta);
}

/* ---- two threads against one ---- */

/* A chain of multiplications and additions, which needs nothing but a processor. */
static void *multiply_add(void *result)
{
    double values[8];
    for (size_t k = 0; k < 8; k++) values[k] = (double)k;
    for (size_t i = 0; i < 3000000; i++)
        for (size_t k = 0; k < 8; k++) values[k] = 0.999 * values[k] + 0.5;
    for (size_t k = 1; k < 8; k++) values[0] += values[k];
    *(double *)result = values[0];
    return NULL;
}

/* What a second thread gains where nothing is shared: 2 when two processors are ours. */
static double second_processor(void)
{
    double results[2], began = fs_clock_seconds();
    multiply_add(&results[0]);
    double alone = fs_clock_seconds() - began;
    pthread_t thread;
    began = fs_clock_seconds();
    if (pthread_create(&thread, NULL, multiply_add, &results[1]) != 0) return 0;
    multiply_add(&results[0]);
    pthread_join(thread, NULL);
    if (results[0] != results[1]) bench_wrong("two threads of one sum differ");
    return 2 * alone / (fs_clock_seconds() - began);
}

/* One and two threads in turn; a pair of runs is judged where the processors were ours before and after. */
static void bench_two_threads(const char *what, struct job job, size_t runs, double wanted)
{
    double *expected = bench_need(job.n * job.p, sizeof *expected),
           *map = bench_need(job.n * job.p, sizeof *map);
    double ratios[RUNS];
    size_t judged = 0;
    for (size_t run = 0; run < runs; run++) {
        double seconds[2], before = second_processor();
        for (job.threads = 1; job.threads <= 2; job.threads++) {
            seconds[job.threads - 1] = run_job(&job, map).seconds;
            if (run + job.threads > 1 && memcmp(map, expected, job.n * job.p * sizeof *map) != 0)
                bench_wrong("%s: %u threads end at another map", what, job.threads);
            memcpy(expected, map, job.n * job.p * sizeof *map);
        }
        if (before >= 1.9 && second_processor() >= 1.9) ratios[judged++] = seconds[0] / seconds[1];
    }
    bench_result_begin(&report, "two_threads");
    bench_result_text(&report, "job", what);
    bench_result_number(&report, "n", (double)job.n);
    bench_result_number(&report, "judged", (double)judged);
    bench_result_number(&report, "runs", (double)runs);
    if (judged) {
        bench_times times = bench_summarise(ratios, judged);
        printf("  %-34s %.2f times as fast (%.2f .. %.2f; wanted %.2f; %zu of %zu runs judged)\n", what,
               times.median, times.low, times.high, wanted, judged, runs);
        bench_result_number(&report, "ratio", times.median);
    } else {
        printf("  %-34s not judged: a second processor was not ours\n", what);
    }
    bench_result_end(&report);
    fs_free(expected);
    fs_free(map);
}

static void bench_threads(const mds_table *digits)
{
    static const struct {
        const char *what;
        size_t n;
        double wanted;
    } jobs[] = {{"the tutorial's 410 digits", 410, 1.5}, {"all digits", 1797, 1.5}};
    puts("two threads against one, the same maps");
    for (size_t k = 0; k < sizeof jobs / sizeof *jobs; k++) {
        size_t n = jobs[k].n;
        double *delta = distances_of(digits->values, n, 64, digits->columns);
        double *start = random_start(delta, n, 2);
        bench_two_threads(jobs[k].what, (struct job){n, 2, delta, start, 0, 0, 0}, n > 1000 ? 5 : RUNS,
                          jobs[k].wanted);
        fs_free(delta);
        fs_free(start);
    }
    enum { N = 5000 };
    double *features = random_features(N, 10), *delta = distances_of(features, N, 10, 10);
    double *start = random_start(delta, N, 2);
    bench_two_threads("5000 random points, 10 epochs", (struct job){N, 2, delta, start, 10, 0, 0}, 5, 1.7);
    fs_free(features);
    fs_free(delta);
    fs_free(start);
}

/* The last: the peak of the process is then that of this job. */
static void bench_memory(void)
{
    enum { N = 10000 };
    puts("memory: n = 10000 from features, distances and two epochs");
    double *features = random_features(N, 64), *delta = distances_of(features, N, 64, 64);
    double *start = random_start(delta, N, 2), *map = bench_need(2 * N, sizeof *map);
    bool have = false;
    bench_job("large", (struct job){N, 2, delta, start, 2, 0, 0}, 1, map, &have);
    double matrix = (double)N * N * sizeof(double), peak = bench_peak_memory();
    printf("  peak memory %.0f MB, %.3f of one matrix of doubles\n", peak / 1e6, peak / matrix);
    if (peak > 1.3 * matrix) bench_wrong("more than 1.3 matrices of memory were used");
    bench_result_begin(&report, "memory");
    bench_result_number(&report, "n", N);
    bench_result_number(&report, "peak_bytes", peak);
    bench_result_number(&report, "matrices", peak / matrix);
    bench_result_end(&report);
    fs_free(features);
    fs_free(delta);
    fs_free(start);
    fs_free(map);
}

int main(int count, char **arguments)
{
    bench_report_begin(&report, count > 1 ? arguments[1] : NULL, "pattern");
    mds_table digits;
    mds_read_options read = {.labels = "digit"};
    fs_error error;
    if (mds_table_read(FLAMESCALE_DATA "/digits.csv", &read, &digits, &error) != FS_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    bench_kernels();
    bench_digits(&digits);
    bench_threads(&digits);
    mds_table_fini(&digits);
    bench_growth();
    bench_memory();
    bench_report_end(&report);
    return 0;
}
