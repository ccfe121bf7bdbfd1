/*
 * bench_report.h - what every bench does the same way: repeat, take the median, write down where it ran.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "json_writer.h"

/* The median and the quartiles of `count` seconds; sorts them. */
typedef struct bench_times {
    double median, low, high;
    size_t count;
} bench_times;
bench_times bench_summarise(double *seconds, size_t count);

/* Open the JSON file (NULL: none is wanted, all calls below then do nothing but compute) and write the
 * machine: CPU, cores, memory, kernel, compiler, commit. The report is one object; "results" is an array of
 * objects. Ends the process with a message when the file cannot be written: a bench is a program, not a
 * library. */
typedef struct bench_report {
    fs_output *output;
    fs_json json;
} bench_report;
void bench_report_begin(bench_report *report, const char *path, const char *name);

/* One entry of "results": key(s) by the caller between these two through report->json. */
void bench_result_begin(bench_report *report, const char *what);
void bench_result_number(bench_report *report, const char *key, double value);
void bench_result_text(bench_report *report, const char *key, const char *value);
void bench_result_times(bench_report *report,
                        bench_times times); /* median_s, quartile_low_s, quartile_high_s, runs */
void bench_result_end(bench_report *report);

void bench_report_end(bench_report *report);

/* Aligned memory for `count` elements, for fs_free; without it the process ends. */
void *bench_need(size_t count, size_t size);

/* Peak resident memory of this process so far, in bytes. */
double bench_peak_memory(void);

/* "wrong answer: ..." on standard error, and status 1. */
void bench_wrong(const char *format, ...) FS_PRINTF(1, 2);

#endif
