/*
 * Problems that are kept as rows: a pass over all pairs of features and a round of sampled ones, beside what
 * they must at least do, beside each other as the number of objects doubles, and beside what mds_plan says.
 * Answers are checked first: the losses of a matrix, and the same map at any number of threads.
 *
 *     bench_scale [OUT.json [long]]      long: exact to 40,000 objects, sampled to 1,000,000 (a minute more)
 *
 * Times are processor time of one thread, differences between many iterations and few. The floor of a pass
 * is, for each pair, as many differences and multiply-adds as features, by the tile's own kernel with all it
 * reads in the first-level cache, 3 p + 1 more at that rate, and two roots, by the kernel of roots alone.
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

enum { RUNS = 3, M = 64, P = 2, CLUSTERS = 12 };

static bench_report report;

static void must(mds_status status, const mds_error *error)
{
    if (status == MDS_OK) return;
    fprintf(stderr, "%s\n", error->message);
    exit(1);
}

/* ---- data: clusters in 64 dimensions ---- */

struct data {
    size_t n;
    double *features, *start, *map;
};

static struct data make_data(size_t n)
{
    struct data data = {n, bench_need(n * M, sizeof(double)), bench_need(n * P, sizeof(double)),
                        bench_need(n * P, sizeof(double))};
    double centres[CLUSTERS][M];
    fs_random random;
    fs_random_init(&random, 1);
    for (size_t c = 0; c < CLUSTERS; c++)
        for (size_t f = 0; f < M; f++) centres[c][f] = 2 * fs_random_normal(&random);
    for (size_t i = 0; i < n; i++)
        for (size_t f = 0; f < M; f++)
            data.features[i * M + f] = centres[i % CLUSTERS][f] + fs_random_unit(&random);
    for (size_t i = 0; i < n * P; i++) data.start[i] = 10 * fs_random_unit(&random);
    return data;
}

static void free_data(struct data *data)
{
    fs_free(data->features);
    fs_free(data->start);
    fs_free(data->map);
}

/* ---- fits ---- */

/* So many iterations from the start: of majorization, a pass each, or rounds of sampled pairs. */
static mds_result fit(const struct data *data, const char *method, uint64_t iterations, unsigned threads,
                      mds_storage storage)
{
    const mds_smacof_options plain = {.size = sizeof plain, .acceleration = MDS_ACCELERATION_NONE};
    mds_fit_options options = {.size = sizeof options,
                               .method = method,
                               .start = MDS_START_GIVEN,
                               .iterations = iterations,
                               .threads = threads,
                               .stress_sample = data->n > 5000 ? 1024 : 0};
    if (strcmp(method, "smacof") == 0) options.method_options = &plain;
    if (strcmp(method, "smacof") == 0) options.tolerance = 1e-15;
    const mds_problem problem = {.size = sizeof problem,
                                 .n = data->n,
                                 .features = data->features,
                                 .m = M,
                                 .ldf = M,
                                 .storage = storage};
    mds_result result = {.size = sizeof result};
    mds_error error;
    memcpy(data->map, data->start, data->n * P * sizeof(double));
    must(mds_fit(&problem, P, &options, data->map, P, &result, &error), &error);
    if (result.iterations != iterations)
        bench_wrong("%s ended after %llu iterations", method, (unsigned long long)result.iterations);
    return result;
}

/* As from a matrix, and the same map at any number of threads. */
static void check(void)
{
    struct data data = make_data(2000);
    double matrix = fit(&data, "smacof", 5, 1, MDS_STORAGE_MATRIX).raw,
           rows = fit(&data, "smacof", 5, 1, MDS_STORAGE_ROWS).raw;
    if (!(fabs(rows - matrix) <= 1e-5 * matrix))
        bench_wrong("stress %.9g from rows, %.9g of a matrix", rows, matrix);
    double *one = bench_need(data.n * P, sizeof *one);
    for (int m = 0; m < 2; m++) {
        const char *method = m ? "sgd" : "smacof";
        fit(&data, method, 5, 1, MDS_STORAGE_ROWS);
        memcpy(one, data.map, data.n * P * sizeof *one);
        fit(&data, method, 5, 3, MDS_STORAGE_ROWS);
        if (memcmp(one, data.map, data.n * P * sizeof *one) != 0)
            bench_wrong("%s depends on threads", method);
    }
    fs_free(one);
    free_data(&data);
}

/* Seconds of an iteration. */
static bench_times time_iteration(const struct data *data, const char *method, uint64_t few, uint64_t more)
{
    double seconds[RUNS];
    for (size_t run = 0; run < RUNS; run++) {
        double a = fs_clock_cpu_seconds();
        fit(data, method, few, 1, MDS_STORAGE_ROWS);
        double b = fs_clock_cpu_seconds();
        fit(data, method, few + more, 1, MDS_STORAGE_ROWS);
        seconds[run] = (fs_clock_cpu_seconds() - b - (b - a)) / (double)more;
    }
    return bench_summarise(seconds, RUNS);
}

/* ---- floors ---- */

/* Seconds of a pair. */
static double floor_of_pair(const mds_kernels *kernels)
{
    enum { PANEL = MDS_SINGLE_TILE, TILES = 400, ROOTS = 512, CALLS = 2000 };
    static _Alignas(64) float a[M * PANEL], b[M * PANEL], out[PANEL * PANEL], values[ROOTS];
    for (size_t i = 0; i < M * PANEL; i++) a[i] = (float)(i % 7), b[i] = (float)(i % 5);
    for (size_t i = 0; i < ROOTS; i++) values[i] = 1 + (float)i;
    double multiply = HUGE_VAL, root = HUGE_VAL;
    for (int run = 0; run < 5; run++) {
        double began = fs_clock_cpu_seconds();
        for (size_t t = 0; t < TILES; t++)
            kernels->single_tile[MDS_SINGLE_SQUARED](a, b, M, MDS_SINGLE_SUM, out, PANEL);
        double between = fs_clock_cpu_seconds();
        for (size_t call = 0; call < CALLS; call++) kernels->square_root_single(values, ROOTS);
        multiply = fmin(multiply, (between - began) / TILES / PANEL / PANEL);
        root = fmin(root, (fs_clock_cpu_seconds() - between) / CALLS / ROOTS);
    }
    return multiply * (M + 3 * P + 1) / M + 2 * root;
}

/* ---- what is measured ---- */

static void tell(const char *what, size_t n, double pairs, bench_times times, double floor_s, double planned)
{
    printf("  %-14s n %-8zu %9.3f ms, %.3f ns a pair; floor %.3f ms, %.2f times it; planned %.3f ms, %.2f of "
           "it\n",
           what, n, times.median * 1e3, times.median / pairs * 1e9, floor_s * 1e3, times.median / floor_s,
           planned * 1e3, planned / times.median);
    bench_result_begin(&report, what);
    bench_result_number(&report, "n", (double)n);
    bench_result_times(&report, times);
    bench_result_number(&report, "pairs", pairs);
    bench_result_number(&report, "floor_s", floor_s);
    bench_result_number(&report, "times_floor", times.median / floor_s);
    bench_result_number(&report, "planned_s", planned);
    bench_result_number(&report, "planned_over_measured", planned / times.median);
    bench_result_end(&report);
}

static void tell_growth(const char *what, double from, double to, double ratio, double least, double aim)
{
    printf("  %s, %.0f to %.0f objects: %.2f times the time (%.1f asked, %.1f aimed at)\n", what, from, to,
           ratio, least, aim);
    bench_result_begin(&report, "growth");
    bench_result_text(&report, "of", what);
    bench_result_number(&report, "from", from);
    bench_result_number(&report, "to", to);
    bench_result_number(&report, "ratio", ratio);
    bench_result_end(&report);
}

/* One size; returns the seconds of a step. */
static double measure(const char *method, size_t n, double pair_floor)
{
    bool exact = strcmp(method, "smacof") == 0;
    const mds_plan_options options = {.size = sizeof options, .n = n, .m = M, .method = method, .threads = 1};
    mds_plan_result plan = {.size = sizeof plan};
    mds_error error;
    must(mds_plan(&options, &plan, &error), &error);
    const mds_plan_stage *stage = exact ? &plan.passes : &plan.rounds;
    struct data data = make_data(n);
    uint64_t more = exact ? (n < 15000 ? 4 : 2) : 4000000 / n + 2;
    bench_times times = time_iteration(&data, method, 1, more);
    tell(exact ? "all pairs" : "sampled pairs", n, stage->pairs, times, pair_floor * stage->pairs,
         stage->seconds);
    free_data(&data);
    return times.median;
}

int main(int argc, char **argv)
{
    bool all = argc > 2 && strcmp(argv[2], "long") == 0;
    bench_report_begin(&report, argc > 1 ? argv[1] : NULL, "scale");
    check();
    double pair_floor = floor_of_pair(mds_kernels_for(MDS_ISA_AUTO));
    printf("%d features, %s, one thread: a pair takes %.3f ns at least\n", M, mds_isa_name(mds_isa_best()),
           pair_floor * 1e9);
    const size_t exact[] = {10001, 20000, 40000}; /* to 10,000 a plan is of a matrix */
    double before = 0;
    for (size_t i = 0; i < (all ? 3 : 2); i++) {
        double seconds = measure("smacof", exact[i], pair_floor);
        if (i > 0)
            tell_growth("all pairs", (double)exact[i - 1], (double)exact[i], seconds / before, 4.2, 4.0);
        before = seconds;
    }
    size_t from = all ? 250000 : 62500;
    double few = measure("sgd", from, pair_floor), many = measure("sgd", 4 * from, pair_floor);
    tell_growth("sampled pairs", (double)from, 4 * (double)from, many / few, 4.4, 4.0);
    bench_report_end(&report);
    return 0;
}
