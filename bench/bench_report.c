#include "bench_report.h"
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bench_times bench_summarise(double *seconds, size_t count)
{
    qsort(seconds, count, sizeof *seconds, ascending);
    return (bench_times){
        .median = count % 2 ? seconds[count / 2] : (seconds[count / 2 - 1] + seconds[count / 2]) / 2,
        .low = seconds[count / 4],
        .high = seconds[count - 1 - count / 4],
        .count = count,
    };
}

static void cpu_name(char *out, size_t room)
{
    snprintf(out, room, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    char line[512];
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon) continue;
        snprintf(out, room, "%s", colon + 2);
        out[strcspn(out, "\n")] = '\0';
        break;
    }
    if (file) fclose(file);
}

static void give_up(const fs_error *error)
{
    fprintf(stderr, "%s\n", error->message);
    exit(1);
}

void bench_report_begin(bench_report *report, const char *path, const char *name)
{
    report->output = NULL;
    if (!path) return;
    fs_error error;
    if (fs_output_open(path, &report->output, &error) != FS_OK) give_up(&error);
    fs_json *json = &report->json;
    fs_json_init(json, report->output, true);
    fs_json_object(json);
    fs_json_key(json, "bench");
    fs_json_string(json, name);
    fs_json_key(json, "machine");
    fs_json_object(json);
    char cpu[256];
    cpu_name(cpu, sizeof cpu);
    fs_json_key(json, "cpu");
    fs_json_string(json, cpu);
    fs_json_key(json, "cores");
    fs_json_integer(json, sysconf(_SC_NPROCESSORS_ONLN));
    fs_json_key(json, "memory_bytes");
    fs_json_number(json, (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE));
    struct utsname system;
    if (uname(&system) == 0) {
        fs_json_key(json, "kernel");
        fs_json_string(json, system.release);
    }
    fs_json_end_object(json);
    fs_json_key(json, "compiler");
    fs_json_string(json, BENCH_COMPILER);
    fs_json_key(json, "commit");
    fs_json_string(json, BENCH_COMMIT);
    fs_json_key(json, "results");
    fs_json_array(json);
}

void bench_result_begin(bench_report *report, const char *what)
{
    if (!report->output) return;
    fs_json_object(&report->json);
    bench_result_text(report, "what", what);
}

void bench_result_number(bench_report *report, const char *key, double value)
{
    if (!report->output) return;
    fs_json_key(&report->json, key);
    fs_json_number(&report->json, value);
}

void bench_result_text(bench_report *report, const char *key, const char *value)
{
    if (!report->output) return;
    fs_json_key(&report->json, key);
    fs_json_string(&report->json, value);
}

void bench_result_times(bench_report *report, bench_times times)
{
    bench_result_number(report, "median_s", times.median);
    bench_result_number(report, "quartile_low_s", times.low);
    bench_result_number(report, "quartile_high_s", times.high);
    bench_result_number(report, "runs", (double)times.count);
}

void bench_result_end(bench_report *report)
{
    if (report->output) fs_json_end_object(&report->json);
}

void bench_report_end(bench_report *report)
{
    if (!report->output) return;
    fs_json_end_array(&report->json);
    fs_json_end_object(&report->json);
    fs_json_fini(&report->json);
    fs_error error;
    if (fs_output_commit(report->output, &error) != FS_OK) give_up(&error);
}

void *bench_need(size_t count, size_t size)
{
    void *memory = fs_alloc_aligned(count, size);
    if (!memory) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

double bench_peak_memory(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024;
}

void bench_wrong(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "wrong answer: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(1);
}
