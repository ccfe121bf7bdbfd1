/*
 * bench_table - how fast tables are read, and how much memory that takes.
 *
 * A square matrix of n x n dissimilarities is written as CSV in three shapes (17 digits as NumPy and pandas
 * write them, 6 digits, small whole numbers), as PHYLIP (names in front, blanks between), as pairs (each
 * once, ids of text) and as NPY, then read. Checked: every value read is the one written (17 digits, NPY), or
 * as near as its digits allow. The aim: text at 150 MB/s on one core; at most 1.3 times one matrix of memory.
 */
#include "bench_report.h"
#include "clock.h"
#include "csv_write.h"
#include "memory.h"
#include "npy.h"
#include "random.h"
#include "table_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N = 3000, RUNS = 5 };

typedef enum shape { MATRIX, PHYLIP, PAIRS } shape;

typedef struct form {
    const char *name, *format; /* printf format of a value; NULL: NPY */
    double scale, tolerance;
    shape shape;
} form;

static const form forms[] = {
    {"csv_17_digits", "%.17g", 1, 0, MATRIX},     {"csv_6_digits", "%.6g", 1, 1e-5, MATRIX},
    {"csv_integers", "%.0f", 1000, 0.5, MATRIX},  {"phylip_17_digits", "%.17g", 1, 0, PHYLIP},
    {"phylip_6_digits", "%.6g", 1, 1e-5, PHYLIP}, {"pairs_17_digits", "%.17g", 1, 0, PAIRS},
    {"pairs_6_digits", "%.6g", 1, 1e-5, PAIRS},   {"npy_float64", NULL, 1, 0, MATRIX},
};

static char path[] = "/tmp/bench_table_XXXXXX";

static void fill(double *matrix)
{
    fs_random random;
    fs_random_init(&random, 1);
    for (size_t i = 0; i < N; i++) {
        matrix[i * N + i] = 0;
        for (size_t j = 0; j < i; j++) matrix[i * N + j] = matrix[j * N + i] = fs_random_unit(&random);
    }
}

static void write_value(fs_output *output, double value, const form *f, bool last)
{
    char text[64];
    /* The format is one of the constants above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int length = snprintf(text, sizeof text, f->format, value * f->scale);
#pragma GCC diagnostic pop
    text[length] = last ? '\n' : f->shape == PHYLIP ? ' ' : ',';
    fs_output_write(output, text, (size_t)length + 1);
}

static bool write_form(const double *matrix, const form *f)
{
    fs_output *output;
    fs_error error;
    if (fs_output_open(path, &output, &error) != FS_OK) {
        bench_wrong("%s", error.message);
        return false;
    }
    if (!f->format) {
        fs_npy_write(output, matrix, N, N, N);
    } else {
        if (f->shape == PHYLIP) fs_output_format(output, "%d\n", N);
        for (size_t i = 0; i < N; i++) {
            if (f->shape == PHYLIP) fs_output_format(output, "seq%-7zu", i);
            for (size_t j = f->shape == PAIRS ? i + 1 : 0; j < N; j++) {
                if (f->shape == PAIRS) fs_output_format(output, "seq%zu,seq%zu,", i, j);
                write_value(output, matrix[i * N + j], f, f->shape == PAIRS || j == N - 1);
            }
        }
    }
    if (fs_output_commit(output, &error) == FS_OK) return true;
    bench_wrong("%s", error.message);
    return false;
}

static bool right(const double *matrix, const mds_table *t, const form *f)
{
    if (t->rows != N || t->columns != N) return false;
    for (size_t i = 0; i < N * (size_t)N; i++)
        if (f->shape == PAIRS && i % (N + 1) == 0) /* no pair */
            continue;
        else if (!(fabs(t->values[i] - matrix[i] * f->scale) <= f->tolerance))
            return false;
    return true;
}

/* The peak of a process that does nothing but read the file, over one matrix. */
static double peak_ratio(void)
{
    pid_t child = fork();
    if (child == 0) {
        mds_read_options options = {0};
        mds_table table;
        fs_error error;
        _exit(mds_table_read(path, &options, &table, &error) == FS_OK ? 0 : 1);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) return NAN;
    return (double)usage.ru_maxrss * 1024 / ((double)N * N * sizeof(double));
}

static int bench_form(const double *matrix, const form *f, bench_report *report)
{
    double seconds[RUNS];
    struct stat info;
    if (!write_form(matrix, f) || stat(path, &info) != 0) return 1;
    for (int run = 0; run < RUNS; run++) {
        mds_read_options options = {0};
        mds_table table;
        fs_error error;
        double started = fs_clock_cpu_seconds(); /* one thread: other processes do not count */
        fs_status status = mds_table_read(path, &options, &table, &error);
        seconds[run] = fs_clock_cpu_seconds() - started;
        bool good = status == FS_OK && right(matrix, &table, f);
        if (status == FS_OK) mds_table_fini(&table);
        if (!good) {
            bench_wrong("%s: %s", f->name, status == FS_OK ? "a value differs" : error.message);
            return 1;
        }
    }
    bench_times times = bench_summarise(seconds, RUNS);
    double megabytes = (double)info.st_size / 1e6;
    printf("%-16s %8.1f MB  %8.1f ms  %8.0f MB/s  %6.1f million values/s\n", f->name, megabytes,
           times.median * 1e3, megabytes / times.median, N * (double)N / times.median / 1e6);
    bench_result_begin(report, f->name);
    bench_result_number(report, "megabytes", megabytes);
    bench_result_times(report, times);
    bench_result_number(report, "megabytes_per_second", megabytes / times.median);
    bench_result_end(report);
    return 0;
}

int main(int argc, char **argv)
{
    bench_report report;
    double *matrix = fs_alloc(N, N * sizeof *matrix);
    int fd = mkstemp(path);
    if (!matrix || fd < 0) {
        bench_wrong("no memory or no temporary file");
        return 1;
    }
    close(fd);
    fill(matrix);
    bench_report_begin(&report, argc > 1 ? argv[1] : NULL, "table");
    int wrong = 0;
    for (size_t k = 0; k < sizeof forms / sizeof *forms && !wrong; k++)
        wrong = bench_form(matrix, &forms[k], &report);
    /* The last file is the NPY one; then the CSV. The matrix is let go first: a child would show it. */
    bool csv = false;
    fs_free(matrix);
    for (int k = 0; k < 2 && !wrong; k++) {
        double ratio = peak_ratio();
        printf("%-16s peak memory %.2f x one matrix\n", csv ? "csv" : "npy", ratio);
        bench_result_begin(&report, csv ? "csv_peak_memory" : "npy_peak_memory");
        bench_result_number(&report, "matrices", ratio);
        bench_result_end(&report);
        csv = true;
        double *again = fs_alloc(N, N * sizeof *again);
        if (again) {
            fill(again);
            wrong = !write_form(again, &forms[0]);
        }
        fs_free(again);
    }
    bench_report_end(&report);
    unlink(path);
    return wrong;
}
