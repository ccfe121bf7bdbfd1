/*
 * Placing 10,000 new objects in a map of 1,797, on one thread and on two, beside the floor: the estimates of
 * roots that judging 66 candidates takes, as the kernel of relocation does them with all in the first-level
 * cache. The answer is checked first: objects whose dissimilarities are distances from known places are found
 * there.
 */
#include "bench_report.h"
#include "kernels.h"
#include "memory.h"
#include "random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N = 1797, COUNT = 10000, P = 2, RUNS = 5, CANDIDATES = 66, FLOOR_ROW = 1792 };

static bench_report report;

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double *need(size_t count)
{
    double *memory = fs_alloc_aligned(count, sizeof *memory);
    if (memory) return memory;
    fputs("out of memory\n", stderr);
    exit(1);
}

/* Dissimilarities to the mapped objects, times 1 + noise: maps of real data fit no better. */
static void make(double *map, double *fresh, double *delta, double noise)
{
    fs_random random;
    fs_random_init(&random, 1);
    for (size_t i = 0; i < N * P; i++) map[i] = fs_random_normal(&random);
    for (size_t i = 0; i < COUNT * P; i++) fresh[i] = fs_random_normal(&random);
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < N; j++)
            delta[i * N + j] = hypot(fresh[i * P] - map[j * P], fresh[i * P + 1] - map[j * P + 1]) *
                               (1 + noise * (2 * fs_random_unit(&random) - 1));
}

static void place(const double *map, const double *delta, unsigned threads, double *out)
{
    mds_place_options options = {.size = sizeof options, .threads = threads};
    mds_error error;
    if (mds_place(map, N, P, P, delta, COUNT, N, NULL, 0, &options, out, P, NULL, &error) == MDS_OK) return;
    fprintf(stderr, "%s\n", error.message);
    exit(1);
}

static void check(const double *map, const double *fresh, const double *delta, double *out)
{
    place(map, delta, 0, out);
    for (size_t i = 0; i < COUNT * P; i++)
        if (fabs(out[i] - fresh[i]) > 1e-9) {
            bench_wrong("object %zu is at %.17g, not %.17g", i / P, out[i], fresh[i]);
            return;
        }
}

static double floor_seconds(void)
{
    static _Alignas(64) float x[P * FLOOR_ROW], delta[FLOOR_ROW], weights[FLOOR_ROW];
    float places[CANDIDATES * P], losses[CANDIDATES];
    double best = HUGE_VAL;
    for (size_t j = 0; j < FLOOR_ROW; j++) delta[j] = weights[j] = 1, x[j] = (float)j / FLOOR_ROW;
    for (size_t i = 0; i < CANDIDATES * P; i++) places[i] = (float)i / CANDIDATES;
    mds_relocation_row row = {
        .x = x, .stride = FLOOR_ROW, .delta = delta, .weights = weights, .columns = FLOOR_ROW, .p = P};
    for (int run = 0; run < 200; run++) {
        double begun = seconds_of(CLOCK_THREAD_CPUTIME_ID);
        mds_kernels_for(MDS_ISA_AUTO)->relocation.losses(&row, places, CANDIDATES, losses);
        best = fmin(best, seconds_of(CLOCK_THREAD_CPUTIME_ID) - begun);
    }
    return best * COUNT;
}

static void measure(const char *what, const double *map, const double *delta, unsigned threads, double floor,
                    double *out)
{
    double wall[RUNS], cpu[RUNS];
    for (size_t run = 0; run < RUNS; run++) {
        double begun = seconds_of(CLOCK_MONOTONIC), begun_cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
        place(map, delta, threads, out);
        cpu[run] = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - begun_cpu;
        wall[run] = seconds_of(CLOCK_MONOTONIC) - begun;
    }
    bench_times times = bench_summarise(wall, RUNS), busy = bench_summarise(cpu, RUNS);
    printf("%-28s %u thread%s   %.3f s   %.3f s of processors   floor %.3f s   %.1f times\n", what, threads,
           threads == 1 ? " " : "s", times.median, busy.median, floor, busy.median / floor);
    bench_result_begin(&report, what);
    bench_result_number(&report, "threads", threads);
    bench_result_number(&report, "cpu_s", busy.median);
    bench_result_number(&report, "floor_s", floor);
    bench_result_times(&report, times);
    bench_result_end(&report);
}

int main(int argc, char **argv)
{
    double *map = need(N * P), *fresh = need(COUNT * P), *delta = need((size_t)COUNT * N),
           *out = need(COUNT * P);
    bench_report_begin(&report, argc > 1 ? argv[1] : NULL, "place");
    double floor = floor_seconds();
    make(map, fresh, delta, 0);
    check(map, fresh, delta, out);
    measure("10,000 that fit exactly", map, delta, 2, floor, out);
    make(map, fresh, delta, 0.6);
    for (unsigned threads = 1; threads <= 2; threads++)
        measure("10,000 of 60 % noise", map, delta, threads, floor, out);
    bench_report_end(&report);
    fs_free(map);
    fs_free(fresh);
    fs_free(delta);
    fs_free(out);
    return 0;
}
