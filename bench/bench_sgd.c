/*
 * Stochastic descent: its kernels at every level beside their floor, a pass over the digits, two threads, and
 * how good its maps are.
 *
 * Answers are checked first: every level must end a pass near where plain C does, and one and two threads at
 * the same bits. Seconds of a pass are the difference of two fits that differ by their passes, in processor
 * time, except for two threads, where wall time counts.
 */
#include "bench_report.h"
#include "clock.h"
#include "kernels.h"
#include "mdscale.h"
#include "memory.h"
#include "random.h"
#include "table_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 7 };

static bench_report report;

static double processor_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* ---- kernels ---- */

enum { GROUPS = 128, TILES = 1024 };

static mds_sgd_tiles some_tiles(size_t first, float *x, size_t p, const mds_half *delta, const float *weights)
{
    mds_sgd_tiles tiles = {.x = x,
                           .stride = GROUPS * MDS_SGD_GROUP,
                           .p = p,
                           .count = MDS_SGD_TOGETHER,
                           .delta = delta + first * MDS_SGD_TILE,
                           .weights = weights ? weights + first * MDS_SGD_TILE : NULL,
                           .step = 0.05f};
    for (size_t t = 0; t < MDS_SGD_TOGETHER; t++) {
        tiles.a[t] = (uint32_t)((first + 2 * t) % GROUPS);
        tiles.b[t] = (uint32_t)((first + 2 * t + 1) % GROUPS);
    }
    return tiles;
}

/* What one vector of floats needs at least: a root's estimate each, and the bytes of its dissimilarities. */
static void bench_kernels(void)
{
    float *x = bench_need(GROUPS * MDS_SGD_GROUP * 4, sizeof *x);
    mds_half *delta = bench_need(TILES * MDS_SGD_TILE, sizeof *delta);
    float *weights = bench_need(TILES * MDS_SGD_TILE, sizeof *weights);
    fs_random random;
    fs_random_init(&random, 1);
    for (size_t i = 0; i < TILES * MDS_SGD_TILE; i++) {
        delta[i] = mds_half_from((float)(0.5 + fs_random_unit(&random)));
        weights[i] = (float)fs_random_unit(&random);
    }
    puts("kernels, one core: ns per pair (operations a pair: 5 p + 4; 2 bytes, with weights 6)");
    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++)
        for (size_t p = 2; mds_kernels_for(isa) && p <= 4; p++)
            for (int weighted = 0; weighted < 2; weighted++) {
                enum mds_shape shape = p == 2 ? MDS_SHAPE_PLANE : p == 3 ? MDS_SHAPE_SPACE : MDS_SHAPE_ANY;
                mds_sgd_kernel *kernel = mds_kernels_for(isa)->sgd[0][weighted][shape];
                double seconds[RUNS];
                for (size_t i = 0; i < GROUPS * MDS_SGD_GROUP * p; i++)
                    x[i] = (float)(2 * fs_random_unit(&random) - 1);
                for (size_t run = 0; run < RUNS; run++) {
                    double began = processor_seconds();
                    for (size_t pass = 0; pass < (isa == MDS_ISA_SCALAR ? 2 : 12); pass++)
                        for (size_t t = 0; t < TILES; t += MDS_SGD_TOGETHER) {
                            mds_sgd_tiles tiles = some_tiles(t, x, p, delta, weighted ? weights : NULL);
                            kernel(&tiles);
                        }
                    seconds[run] = (processor_seconds() - began) / (isa == MDS_ISA_SCALAR ? 2 : 12);
                }
                if (!isfinite(x[0])) bench_wrong("a coordinate is not a number");
                bench_times times = bench_summarise(seconds, RUNS);
                double ns = times.median / TILES / MDS_SGD_TILE * 1e9;
                printf("  %-7s p %zu %-9s %6.3f\n", mds_isa_name(isa), p, weighted ? "weighted" : "plain",
                       ns);
                bench_result_begin(&report, "kernel");
                bench_result_text(&report, "isa", mds_isa_name(isa));
                bench_result_number(&report, "p", (double)p);
                bench_result_number(&report, "weighted", weighted);
                bench_result_number(&report, "ns_per_pair", ns);
                bench_result_end(&report);
            }
    fs_free(x);
    fs_free(delta);
    fs_free(weights);
}

/* ---- fits ---- */

struct job {
    size_t n;
    const double *delta;
    uint64_t passes, seed;
    unsigned threads;
    mds_isa isa;
    double last_step; /* 0: the default */
};

static mds_result run(const struct job *job, double *map)
{
    mds_problem problem = {.size = sizeof problem, .n = job->n, .delta = job->delta, .ld = job->n};
    mds_sgd_options sgd = {.size = sizeof sgd, .last_step = job->last_step};
    mds_fit_options options = {.size = sizeof options,
                               .method = "sgd",
                               .iterations = job->passes,
                               .seed = job->seed,
                               .threads = job->threads,
                               .isa = job->isa,
                               .method_options = &sgd};
    mds_result result = {.size = sizeof result};
    mds_error error;
    if (mds_fit(&problem, 2, &options, map, 2, &result, &error) != MDS_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    return result;
}

/* Seconds of a pass: long fits against short ones, so that what a fit costs besides falls out. */
static bench_times time_pass(struct job job, bool wall, double *map)
{
    enum { SHORT = 2, LONG = 42 };
    double seconds[RUNS];
    for (size_t i = 0; i < RUNS; i++) {
        double spent[2];
        for (int k = 0; k < 2; k++) {
            job.passes = k ? LONG : SHORT;
            double began = processor_seconds();
            mds_result result = run(&job, map);
            spent[k] = wall ? result.seconds : processor_seconds() - began;
        }
        seconds[i] = fmax(0, spent[1] - spent[0]) / (LONG - SHORT);
    }
    return bench_summarise(seconds, RUNS);
}

static void bench_digits(const double *delta, size_t n)
{
    double *map = bench_need(2 * n, sizeof *map), *scalar = bench_need(2 * n, sizeof *scalar);
    printf("digits, n = %zu, p = 2, one core\n", n);
    struct job job = {
        .n = n, .delta = delta, .threads = 1, .passes = 1, .isa = MDS_ISA_SCALAR, .last_step = 0.5};
    double of_scalar = run(&job, scalar).normalized;
    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++) {
        if (!mds_isa_available(isa)) continue;
        job.isa = isa;
        job.passes = 1;
        job.last_step = 0.5;
        double after_one = run(&job, map).normalized;
        if (fabs(after_one - of_scalar) > 1e-3 * of_scalar)
            bench_wrong("%s: stress %g after one pass, plain C has %g", mds_isa_name(isa), after_one,
                        of_scalar);
        job.last_step = 0;
        bench_times times = time_pass(job, false, map);
        double pairs = (double)n * (double)(n - 1) / 2;
        printf("  %-7s %8.3f ms a pass, %.3f ns a pair\n", mds_isa_name(isa), times.median * 1e3,
               times.median / pairs * 1e9);
        bench_result_begin(&report, "digits");
        bench_result_text(&report, "isa", mds_isa_name(isa));
        bench_result_times(&report, times);
        bench_result_number(&report, "ns_per_pair", times.median / pairs * 1e9);
        bench_result_end(&report);
    }
    job = (struct job){.n = n, .delta = delta, .threads = 1};
    double most = 0;
    for (job.seed = 0; job.seed < 10; job.seed++) most = fmax(most, run(&job, map).normalized);
    printf("  default schedule, the worst of 10 seeds: normalised stress %.5f\n", most);
    if (!(most < 0.3285)) bench_wrong("a seed ended at stress %g", most);
    bench_result_begin(&report, "digits_stress");
    bench_result_number(&report, "worst_of_10", most);
    bench_result_end(&report);
    fs_free(map);
    fs_free(scalar);
}

static void bench_threads(void)
{
    static const size_t sizes[] = {1797, 5000};
    puts("two threads against one");
    for (size_t s = 0; s < 2; s++) {
        size_t n = sizes[s];
        double *features = bench_need(n * 10, sizeof *features), *delta = bench_need(n * n, sizeof *delta);
        double *map = bench_need(2 * n, sizeof *map), *one = bench_need(2 * n, sizeof *one);
        fs_random random;
        fs_random_init(&random, 3);
        for (size_t i = 0; i < n * 10; i++) features[i] = 10 * fs_random_normal(&random);
        if (mds_distances(features, n, 10, 10, NULL, delta, n, NULL) != MDS_OK) exit(1);
        struct job job = {.n = n, .delta = delta, .threads = 1};
        bench_times single = time_pass(job, true, one);
        job.threads = 2;
        bench_times two = time_pass(job, true, map);
        if (memcmp(map, one, 2 * n * sizeof *map) != 0) bench_wrong("n = %zu: two threads, another map", n);
        printf("  n %-5zu %.3f ms and %.3f ms a pass: %.2f times\n", n, single.median * 1e3, two.median * 1e3,
               single.median / two.median);
        bench_result_begin(&report, "threads");
        bench_result_number(&report, "n", (double)n);
        bench_result_number(&report, "one_s", single.median);
        bench_result_number(&report, "two_s", two.median);
        bench_result_end(&report);
        fs_free(features);
        fs_free(delta);
        fs_free(map);
        fs_free(one);
    }
}

int main(int count, char **arguments)
{
    bench_report_begin(&report, count > 1 ? arguments[1] : NULL, "sgd");
    mds_table digits;
    mds_read_options read = {.labels = "digit"};
    fs_error error;
    if (mds_table_read(FLAMESCALE_DATA "/digits.csv", &read, &digits, &error) != FS_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    size_t n = digits.rows;
    double *delta = bench_need(n * n, sizeof *delta);
    if (mds_distances(digits.values, n, 64, digits.columns, NULL, delta, n, NULL) != MDS_OK) return 1;
    mds_table_fini(&digits);
    bench_kernels();
    bench_digits(delta, n);
    fs_free(delta);
    bench_threads();
    bench_report_end(&report);
    return 0;
}
