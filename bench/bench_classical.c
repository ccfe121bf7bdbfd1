/*
 * Classical scaling: the product of the double-centred squares with a panel of vectors, against what it must
 * at least do; the two largest eigenpairs of the digits; the start of other methods; two threads against one.
 *
 * A "cell" is one dissimilarity of the triangle that is read: 8 bytes, a square, and 2 x 8 multiply-adds. The
 * floor of a product is the longer of the cells through the tile kernel when all is in the first-level cache,
 * and the triangle through a loop that only adds it up. Seconds are of processor time but for two threads.
 * Eigenvalues are checked first, against NumPy's eigh.
 */
#include "bench_report.h"
#include "classical_start.h"
#include "clock.h"
#include "memory.h"
#include "panel.h"
#include "random.h"
#include "table_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { RUNS = 9, TILE_COLUMNS = 128 };

static bench_report report;

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* In large pages, as NumPy's arrays are. */
static double *need_matrix(size_t n)
{
    double *matrix = bench_need(n * n, sizeof *matrix);
    size_t page = 4096, from = ((size_t)matrix + page - 1) / page * page;
    if (madvise((void *)from, (n * n * sizeof *matrix) / page * page, MADV_HUGEPAGE) !=
        0) /* it is but slower */
        perror("large pages");
    return matrix;
}

static mds_thread_pool *pool_of(unsigned workers)
{
    mds_thread_pool *pool;
    fs_error error;
    if (mds_thread_pool_create(workers, &pool, &error) == FS_OK) return pool;
    fprintf(stderr, "%s\n", error.message);
    exit(1);
}

/* ---- one matrix ---- */

struct data {
    size_t n;
    double *delta;
    double largest, mean_square;
};

static struct data distances_of(const double *features, size_t n, size_t m, size_t ld)
{
    struct data data = {.n = n, .delta = need_matrix(n)};
    mds_error error;
    if (mds_distances(features, n, m, ld, NULL, data.delta, n, &error) != MDS_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double delta = data.delta[i * n + j];
            data.largest = fmax(data.largest, delta);
            data.mean_square += delta * delta;
        }
    data.mean_square /= (double)(n * (n - 1) / 2);
    return data;
}

struct scaling {
    mds_problem problem;
    mds_classical classical;
    void *block;
};

static void make_scaling(struct scaling *s, const struct data *data, mds_isa isa, mds_thread_pool *pool)
{
    s->problem = (mds_problem){.size = sizeof s->problem, .n = data->n, .delta = data->delta, .ld = data->n};
    mds_classical_init(&s->classical, &s->problem, data->largest, data->mean_square,
                       data->n * (data->n - 1) / 2, 2, mds_kernels_for(isa), pool);
    mds_workspace workspace = {0};
    mds_classical_lay_out(&s->classical, &workspace);
    s->block = bench_need(1, workspace.bytes);
    workspace = (mds_workspace){.next = s->block};
    mds_classical_lay_out(&s->classical, &workspace);
}

/* ---- floors ---- */

/* Seconds of a cell where the multiply-adds are all that is done. */
static double time_cell(const mds_kernels *kernels)
{
    enum { CALLS = 2000 };
    double *d = bench_need(MDS_PANEL * TILE_COLUMNS, sizeof *d),
           *v = bench_need(MDS_PANEL * TILE_COLUMNS, sizeof *v);
    double *y = bench_need(MDS_PANEL * TILE_COLUMNS, sizeof *y), seconds[RUNS];
    _Alignas(64) double rows[MDS_PANEL_CELLS] = {0}, sums[MDS_PANEL_CELLS] = {0};
    for (size_t i = 0; i < MDS_PANEL * TILE_COLUMNS; i++) d[i] = 1e-9 * (double)i, v[i] = y[i] = 0;
    for (size_t run = 0; run < RUNS; run++) {
        double began = cpu_seconds();
        for (size_t call = 0; call < CALLS; call++)
            kernels->panel_tile(d, TILE_COLUMNS, TILE_COLUMNS, rows, sums, v, y, d, 0);
        seconds[run] = (cpu_seconds() - began) / CALLS / (MDS_PANEL * TILE_COLUMNS);
    }
    fs_free(d);
    fs_free(v);
    fs_free(y);
    return bench_summarise(seconds, RUNS).median;
}

/* Seconds of reading the triangle once. */
static double time_reading(const struct data *data)
{
    double seconds[RUNS], kept = 0;
    for (size_t run = 0; run < RUNS; run++) {
        double began = cpu_seconds(), sums[32] = {0};
        for (size_t i = 0; i < data->n; i++) {
            const double *row = data->delta + i * data->n;
            for (size_t j = i; j + 32 <= data->n; j += 32)
                for (size_t l = 0; l < 32; l++) sums[l] += row[j + l];
        }
        seconds[run] = cpu_seconds() - began;
        kept += sums[0];
    }
    if (isnan(kept)) bench_wrong("a dissimilarity is not a number");
    return bench_summarise(seconds, RUNS).median;
}

static void bench_product(const struct data *data)
{
    double reading = time_reading(data), *v = bench_need(mds_panel_rows(data->n), MDS_PANEL * sizeof *v);
    double *y = bench_need(mds_panel_rows(data->n), MDS_PANEL * sizeof *y);
    size_t cells = data->n * (data->n - 1) / 2;
    memset(v, 0, mds_panel_rows(data->n) * MDS_PANEL * sizeof *v);
    for (size_t i = 0; i < data->n * MDS_PANEL; i++) v[i] = (double)(i % 7) - 3;
    for (mds_isa isa = MDS_ISA_SCALAR; isa <= MDS_ISA_NEON; isa++) {
        if (!mds_isa_available(isa)) continue;
        double cell = time_cell(mds_kernels_for(isa)), seconds[RUNS];
        mds_thread_pool *pool = pool_of(1);
        struct scaling s;
        make_scaling(&s, data, isa, pool);
        mds_operator of = mds_centred_squares_operator(&s.classical.squares);
        for (size_t run = 0; run < RUNS; run++) {
            double began = cpu_seconds();
            of.apply(of.context, v, y);
            seconds[run] = cpu_seconds() - began;
        }
        bench_times times = bench_summarise(seconds, RUNS);
        double multiplying = cell * (double)cells, floor_s = fmax(multiplying, reading);
        printf(
            "  %-7s n %-5zu %8.3f ms   floors: multiply-adds %.3f, reading %.3f ms; %.2f times the longer\n",
            mds_isa_name(isa), data->n, times.median * 1e3, multiplying * 1e3, reading * 1e3,
            times.median / floor_s);
        bench_result_begin(&report, "product");
        bench_result_text(&report, "isa", mds_isa_name(isa));
        bench_result_number(&report, "n", (double)data->n);
        bench_result_times(&report, times);
        bench_result_number(&report, "multiply_adds_s", multiplying);
        bench_result_number(&report, "reading_s", reading);
        bench_result_end(&report);
        fs_free(s.block);
        mds_thread_pool_destroy(pool);
    }
    fs_free(v);
    fs_free(y);
}

/* ---- the digits ---- */

static void bench_digits(const struct data *digits)
{
    static const double known[] = {321496.446455958, 294037.073399492}; /* NumPy's eigh */
    double seconds[RUNS], starts[RUNS], *x = bench_need(2 * (digits->n + 8), sizeof *x);
    mds_thread_pool *pool = pool_of(1);
    struct scaling s;
    make_scaling(&s, digits, MDS_ISA_AUTO, pool);
    mds_eigenpairs *pairs = &s.classical.pairs;
    uint64_t products = 0, start_products = 0;
    for (size_t run = 0; run < RUNS; run++) {
        pairs->tolerance = 1e-10;
        double began = cpu_seconds();
        mds_classical_find(&s.classical);
        seconds[run] = cpu_seconds() - began;
        products = pairs->done;
        for (size_t k = 0; k < 2; k++)
            if (!(fabs(pairs->values[k] - known[k]) <= 1e-11 * known[k]))
                bench_wrong("eigenvalue %zu is %.17g, not %.17g", k + 1, pairs->values[k], known[k]);
        pairs->tolerance = 1e-3;
        began = cpu_seconds();
        mds_classical_start(&s.classical, x, digits->n + 8);
        starts[run] = cpu_seconds() - began;
        start_products = pairs->done;
        if (!(fabs(pairs->values[1] - known[1]) <= 1e-5 * known[1]))
            bench_wrong("eigenvalue 2 of the start is %.17g, not %.17g", pairs->values[1], known[1]);
    }
    bench_times whole = bench_summarise(seconds, RUNS), start = bench_summarise(starts, RUNS);
    printf("  two eigenpairs to 1e-10: %.2f ms (%d products); as a start: %.2f ms (%d products)\n",
           whole.median * 1e3, (int)products, start.median * 1e3, (int)start_products);
    bench_result_begin(&report, "digits");
    bench_result_times(&report, whole);
    bench_result_number(&report, "products", (double)products);
    bench_result_number(&report, "start_s", start.median);
    bench_result_number(&report, "start_products", (double)start_products);
    bench_result_end(&report);
    fs_free(s.block);
    fs_free(x);
    mds_thread_pool_destroy(pool);
}

/* ---- two threads ---- */

static void multiply_add(void *context, unsigned worker, size_t task)
{
    (void)worker;
    (void)task;
    (void)time_cell(context);
}

static double wall(void (*run)(void *), void *context)
{
    double began = fs_clock_seconds();
    run(context);
    return fs_clock_seconds() - began;
}

struct threads {
    mds_thread_pool *pool;
    struct scaling scaling;
};

static void run_loop(void *context)
{
    struct threads *t = context;
    mds_thread_pool_run(t->pool, 8, multiply_add, (void *)t->scaling.classical.squares.kernels);
}

static void run_scaling(void *context)
{
    struct threads *t = context;
    mds_classical_find(&t->scaling.classical);
}

static void bench_threads(const struct data *data)
{
    struct threads t[2];
    double loops[2][RUNS], finds[2][RUNS];
    for (unsigned w = 0; w < 2; w++) {
        t[w].pool = pool_of(w + 1);
        make_scaling(&t[w].scaling, data, MDS_ISA_AUTO, t[w].pool);
        t[w].scaling.classical.pairs.tolerance = 1e-10;
    }
    for (size_t run = 0; run < RUNS; run++)
        for (unsigned w = 0; w < 2; w++) {
            loops[w][run] = wall(run_loop, &t[w]);
            finds[w][run] = wall(run_scaling, &t[w]);
        }
    const mds_eigenpairs *one = &t[0].scaling.classical.pairs, *two = &t[1].scaling.classical.pairs;
    if (memcmp(one->vectors[0], two->vectors[0], data->n * MDS_PANEL * sizeof(double)) != 0)
        bench_wrong("two threads find other vectors than one");
    double loop = bench_summarise(loops[0], RUNS).median / bench_summarise(loops[1], RUNS).median;
    double gain = bench_summarise(finds[0], RUNS).median / bench_summarise(finds[1], RUNS).median;
    bool judged = loop >= 1.9;
    printf("  n %zu: two threads gain %.2f, a loop of multiply-adds %.2f: %s\n", data->n, gain, loop,
           !judged       ? "not judged, the processors are busy"
           : gain >= 1.5 ? "good"
                         : "below 1.5");
    bench_result_begin(&report, "threads");
    bench_result_number(&report, "n", (double)data->n);
    bench_result_number(&report, "gain", gain);
    bench_result_number(&report, "multiply_add_gain", loop);
    bench_result_text(&report, "judged", judged ? "yes" : "no");
    bench_result_end(&report);
    if (judged && gain < 1.5) bench_wrong("two threads gain %.2f, less than 1.5", gain);
    for (unsigned w = 0; w < 2; w++) {
        fs_free(t[w].scaling.block);
        mds_thread_pool_destroy(t[w].pool);
    }
}

int main(int count, char **arguments)
{
    bench_report_begin(&report, count > 1 ? arguments[1] : NULL, "classical");
    mds_table table;
    mds_read_options read = {.labels = "digit"};
    fs_error error;
    if (mds_table_read(FLAMESCALE_DATA "/digits.csv", &read, &table, &error) != FS_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    struct data digits = distances_of(table.values, table.rows, 64, table.columns);
    mds_table_fini(&table);
    enum { N = 5000, M = 10 };
    double *features = bench_need(N * M, sizeof *features);
    fs_random random;
    fs_random_init(&random, 3);
    for (size_t i = 0; i < N * M; i++) features[i] = (double)(10 + i % M) * fs_random_normal(&random);
    struct data large = distances_of(features, N, M, M);
    puts("one product of B with 8 vectors, one core");
    bench_product(&digits);
    bench_product(&large);
    puts("handwritten digits, one core");
    bench_digits(&digits);
    bench_threads(&large);
    fs_free(features);
    fs_free(digits.delta);
    fs_free(large.delta);
    bench_report_end(&report);
    return 0;
}
