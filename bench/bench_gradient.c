/*
 * Descents by the gradient: a majorization step in double and single precision, a quasi-Newton iteration,
 * beside what must at least be done: half the matrix read once, a root for each pair; two threads against
 * one; small problems. Answers are checked first: each loss against mds_stress, and the same map at any
 * number of threads.
 *
 * Times of one core are processor time, those of two threads wall time; both are differences between many
 * iterations and few, so that what is done once a fit is not in them.
 */
#include "bench_report.h"
#include "clock.h"
#include "kernels.h"
#include "mdscale.h"
#include "memory.h"
#include "random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 9, FEW = 2, MANY = 22, FEATURES = 20 };

static bench_report report;

static void must(mds_status status, const mds_error *error)
{
    if (status == MDS_OK) return;
    fprintf(stderr, "%s\n", error->message);
    exit(1);
}

static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* ---- data ---- */

struct data {
    size_t n, p;
    double *delta, *start, *map;
};

static struct data make_data(size_t n, size_t p)
{
    struct data data = {.n = n, .p = p};
    double *features = bench_need(n * FEATURES, sizeof *features);
    data.delta = bench_need(n * n, sizeof(double));
    data.start = bench_need(n * p, sizeof(double));
    data.map = bench_need(n * p, sizeof(double));
    fs_random random;
    fs_random_init(&random, 1);
    for (size_t i = 0; i < n * FEATURES; i++) features[i] = fs_random_normal(&random);
    for (size_t i = 0; i < n * p; i++) data.start[i] = 3 * fs_random_normal(&random);
    mds_error error;
    mds_distance_options options = {.size = sizeof options};
    must(mds_distances(features, n, FEATURES, FEATURES, &options, data.delta, n, &error), &error);
    fs_free(features);
    return data;
}

static void free_data(struct data *data)
{
    fs_free(data->delta);
    fs_free(data->start);
    fs_free(data->map);
}

/* ---- fits ---- */

struct variant {
    const char *name, *method;
    mds_precision precision;
};

static const struct variant variants[] = {
    {"majorization, double", "smacof", MDS_PRECISION_DOUBLE},
    {"majorization, single", "smacof", MDS_PRECISION_SINGLE},
    {"quasi-Newton, double", "lbfgs", MDS_PRECISION_DOUBLE},
};

static mds_result fit(const struct data *data, const struct variant *variant, uint64_t iterations,
                      unsigned threads, mds_isa isa)
{
    mds_smacof_options smacof = {
        .size = sizeof smacof, .acceleration = MDS_ACCELERATION_NONE, .precision = variant->precision};
    mds_fit_options options = {.size = sizeof options,
                               .method = variant->method,
                               .start = MDS_START_GIVEN,
                               .iterations = iterations,
                               .tolerance = 1e-15,
                               .threads = threads,
                               .isa = isa};
    if (strcmp(variant->method, "smacof") == 0) options.method_options = &smacof;
    mds_problem problem = {.size = sizeof problem, .n = data->n, .delta = data->delta, .ld = data->n};
    mds_result result = {.size = sizeof result};
    mds_error error;
    memcpy(data->map, data->start, data->n * data->p * sizeof(double));
    must(mds_fit(&problem, data->p, &options, data->map, data->p, &result, &error), &error);
    if (result.iterations != iterations)
        bench_wrong("%s ended after %llu iterations", variant->name, (unsigned long long)result.iterations);
    return result;
}

/* The loss is the stress, did not rise, and the map is the same at any number of threads. */
static void check(const struct data *data, const struct variant *variant)
{
    mds_result one = fit(data, variant, FEW, 1, MDS_ISA_AUTO),
               many = fit(data, variant, FEW, 3, MDS_ISA_AUTO);
    mds_result plain = fit(data, variant, FEW, 1, MDS_ISA_SCALAR);
    double off = variant->precision == MDS_PRECISION_SINGLE ? 1e-5 : 1e-10;
    if (!(fabs(one.loss - one.raw) <= 1e-10 * one.raw) || !(one.loss < one.start_loss))
        bench_wrong("%s: loss %g, stress %g", variant->name, one.loss, one.raw);
    if (one.loss != many.loss) bench_wrong("%s depends on threads", variant->name);
    if (!(fabs(one.loss - plain.loss) <= off * plain.loss))
        bench_wrong("%s: loss %.15g, plain C %.15g", variant->name, one.loss, plain.loss);
}

/* Seconds an iteration. */
static double time_iteration(const struct data *data, const struct variant *variant, unsigned threads,
                             mds_isa isa)
{
    double (*now)(void) = threads == 1 ? processor_seconds : fs_clock_seconds;
    double a = now();
    fit(data, variant, FEW, threads, isa);
    double b = now();
    fit(data, variant, MANY, threads, isa);
    return (now() - b - (b - a)) / (MANY - FEW);
}

/* ---- floors ---- */

static double time_reading(const struct data *data, const mds_kernels *kernels)
{
    double began = processor_seconds(), kept = 0;
    for (size_t i = 0; i + 1 < data->n; i++) {
        const double *row = data->delta + i * data->n + i + 1;
        kept += kernels->sum_squared_difference(row, row, data->n - i - 1);
    }
    if (kept != 0) bench_wrong("numbers differ from themselves");
    return processor_seconds() - began;
}

static double time_roots(double pairs, const mds_kernels *kernels)
{
    enum { N = 512, CALLS = 500 };
    static double values[N];
    for (size_t i = 0; i < N; i++) values[i] = 1 + (double)i;
    double began = processor_seconds();
    for (size_t call = 0; call < CALLS; call++) kernels->square_root(values, N);
    return (processor_seconds() - began) / CALLS / N * pairs;
}

/* ---- what is measured ---- */

static void bench_steps(size_t n, size_t p, mds_isa isa)
{
    enum { VARIANTS = sizeof variants / sizeof *variants };
    struct data data = make_data(n, p);
    const mds_kernels *kernels = mds_kernels_for(isa);
    double seconds[VARIANTS][RUNS], reading[RUNS], roots[RUNS], pairs = (double)n * (double)(n - 1) / 2;
    for (int v = 0; v < VARIANTS; v++) check(&data, &variants[v]);
    for (size_t run = 0; run < RUNS; run++) {
        for (int v = 0; v < VARIANTS; v++) seconds[v][run] = time_iteration(&data, &variants[v], 1, isa);
        reading[run] = time_reading(&data, kernels);
        roots[run] = time_roots(pairs, kernels);
    }
    double read = bench_summarise(reading, RUNS).median, root = bench_summarise(roots, RUNS).median;
    printf("n %zu, p %zu, one core, %s: reading the half takes %.3f ms, its roots by the divider %.3f ms\n",
           n, p, mds_isa_name(isa), read * 1e3, root * 1e3);
    for (int v = 0; v < VARIANTS; v++) {
        bench_times times = bench_summarise(seconds[v], RUNS);
        printf("  %-22s %8.3f ms an iteration, %.3f ns a pair\n", variants[v].name, times.median * 1e3,
               times.median / pairs * 1e9);
        bench_result_begin(&report, variants[v].name);
        bench_result_number(&report, "n", (double)n);
        bench_result_number(&report, "p", (double)p);
        bench_result_text(&report, "isa", mds_isa_name(isa));
        bench_result_times(&report, times);
        bench_result_number(&report, "reading_s", read);
        bench_result_number(&report, "roots_s", root);
        bench_result_end(&report);
    }
    free_data(&data);
}

static void bench_threads(size_t n)
{
    struct data data = make_data(n, 2);
    double ratios[RUNS];
    check(&data, &variants[0]);
    for (size_t run = 0; run < RUNS; run++) {
        double began = fs_clock_seconds();
        fit(&data, &variants[0], MANY, 1, MDS_ISA_AUTO);
        double one = fs_clock_seconds() - began;
        began = fs_clock_seconds();
        fit(&data, &variants[0], MANY, 2, MDS_ISA_AUTO);
        ratios[run] = one / (fs_clock_seconds() - began);
    }
    bench_times times = bench_summarise(ratios, RUNS);
    printf("n %zu: two threads %.2f times as fast as one (%.2f to %.2f)\n", n, times.median, times.low,
           times.high);
    bench_result_begin(&report, "two threads");
    bench_result_number(&report, "n", (double)n);
    bench_result_number(&report, "ratio", times.median);
    bench_result_end(&report);
    free_data(&data);
}

int main(int argc, char **argv)
{
    bench_report_begin(&report, argc > 1 ? argv[1] : NULL, "gradient");
    bench_steps(14, 2, mds_isa_best());
    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++)
        if (mds_isa_available(isa)) bench_steps(1797, 2, isa);
    bench_steps(1797, 3, mds_isa_best());
    bench_steps(1797, 10, mds_isa_best());
    bench_threads(5000);
    bench_report_end(&report);
    return 0;
}
