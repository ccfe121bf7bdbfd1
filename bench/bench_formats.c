/*
 * Reading what other profilers write: MB/s for each format that is text. Each is generated from one program
 * (40 MB, or FORMATS_MB) whose stacks repeat as real ones do, held in memory, and its sum is checked against
 * the generator's. Timed is the CPU of the one thread that reads.
 */
#include "bench_report.h"
#include "clock.h"
#include "random.h"
#include "stack_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FUNCTIONS = 3000, STACKS = 5000, DEPTH = 40, RUNS = 5 };

typedef struct generated {
    fs_text text;
    double sum;
    fs_random random;
    uint16_t stacks[STACKS][DEPTH];
    int depths[STACKS];
} generated;

static void make_stacks(generated *g)
{
    fs_random_init(&g->random, 11);
    for (int i = 0; i < STACKS; i++) {
        g->depths[i] = 8 + (int)fs_random_below(&g->random, DEPTH - 8);
        for (int j = 0; j < g->depths[i]; j++)
            g->stacks[i][j] =
                (uint16_t)(j == 0 ? 0
                                  : (g->stacks[i][j - 1] * 7 + j + (int)(fs_random_unit(&g->random) * 1.2)) %
                                        FUNCTIONS);
    }
}

/* Few stacks are hot and most are rare. */
static int pick(generated *g)
{
    double u = fs_random_unit(&g->random);
    return (int)(u * u * u * STACKS);
}

#define NAME "app::net::evaluate_row_%d"

static void chrome(generated *g, size_t bytes)
{
    double ts = 0;
    fs_text_add(&g->text, "[\n");
    while (g->text.length < bytes) {
        int which = pick(g);
        for (int j = 0; j < g->depths[which]; j++)
            fs_text_format(&g->text,
                           "{\"name\":\"" NAME
                           "\",\"cat\":\"a\",\"ph\":\"B\",\"ts\":%.0f,\"pid\":1,\"tid\":7},\n",
                           g->stacks[which][j], ts);
        ts += 5;
        g->sum += 5;
        for (int j = g->depths[which] - 1; j >= 0; j--)
            fs_text_format(&g->text,
                           "{\"name\":\"" NAME "\",\"ph\":\"E\",\"ts\":%.0f,\"pid\":1,\"tid\":7},\n",
                           g->stacks[which][j], ts);
    }
}

static void dtrace(generated *g, size_t bytes)
{
    fs_text_add(&g->text, "CPU     ID                    FUNCTION:NAME\n  0  1 :tick-10s\n\n");
    while (g->text.length < bytes) {
        int which = pick(g);
        for (int j = g->depths[which] - 1; j >= 0; j--)
            fs_text_format(&g->text, "              libwork.so.1`" NAME "+0x%x\n", g->stacks[which][j],
                           j * 4);
        fs_text_add(&g->text, "               12\n\n");
        g->sum += 12;
    }
}

/* A tree whose lines have one sample of their own each. */
static void vtune(generated *g, size_t bytes)
{
    fs_text_add(&g->text, "Function Stack,CPU Time:Self,Module\nTotal,0.0,\n");
    while (g->text.length < bytes) {
        int which = pick(g);
        for (int j = 0; j < g->depths[which]; j++) {
            fs_text_format(&g->text, "%*s\"" NAME "<int, char>\",0.25,libwork.so\n", j + 1, "",
                           g->stacks[which][j]);
            g->sum += 250;
        }
    }
}

static void ghc(generated *g, size_t bytes)
{
    fs_text_add(&g->text, "COST CENTRE MODULE SRC no. entries %time %alloc %time %alloc ticks bytes\n\n");
    fs_text_add(&g->text, "MAIN MAIN <built-in> 1 0 0.0 0.0 100.0 100.0 0 0\n");
    while (g->text.length < bytes) {
        int which = pick(g);
        for (int j = 0; j < g->depths[which]; j++) {
            fs_text_format(
                &g->text,
                "%*sevaluate_row_%d   App.Net   src/App/Net.hs:12:1-20   %d  7  0.1 0.2  0.3 0.4  3 512\n",
                j + 1, "", g->stacks[which][j], j);
            g->sum += 3;
        }
    }
}

static void callgrind(generated *g, size_t bytes)
{
    fs_text_add(&g->text, "# callgrind format\nevents: Ir Dr\n");
    for (int i = 0; i < FUNCTIONS; i++) fs_text_format(&g->text, "fn=(%d) " NAME "\n1 0 0\n", i, i);
    for (int f = 0; g->text.length < bytes; f = (f + 1) % FUNCTIONS) {
        fs_text_format(&g->text, "fl=(%d) file.c\nfn=(%d)\n", f % 50, f);
        for (int j = 0; j < 40; j++) fs_text_format(&g->text, "+%d %d 3\n", j % 7, 100 + f % 10);
        g->sum += 40 * (100 + f % 10);
        if (f + 1 < FUNCTIONS) fs_text_format(&g->text, "cfn=(%d)\ncalls=3 +4\n* 100 9\n", f + 1);
    }
}

static void cpuprofile(generated *g, size_t bytes)
{
    fs_text_add(&g->text, "{\"nodes\":[{\"id\":1,\"callFrame\":{\"functionName\":\"(root)\"}}");
    for (int i = 2; i < STACKS; i++)
        fs_text_format(
            &g->text,
            ",{\"id\":%d,\"callFrame\":{\"functionName\":\"" NAME
            "\",\"scriptId\":\"5\",\"url\":\"file:///a/b.js\",\"lineNumber\":%d,\"columnNumber\":3},"
            "\"hitCount\":1,\"parent\":%d}",
            i, i % FUNCTIONS, i % 999, 1 + i / 3);
    fs_text_add(&g->text, "],\"startTime\":0,\"endTime\":0,\"samples\":[1");
    size_t count = 0;
    for (; g->text.length < bytes; count++) fs_text_format(&g->text, ",%d", 2 + pick(g) % (STACKS - 2));
    fs_text_add(&g->text, "],\"timeDeltas\":[0");
    for (size_t i = 0; i < count; i++) fs_text_format(&g->text, ",%d", 1000 + (int)(i % 9));
    fs_text_add(&g->text, "]}");
    for (size_t i = 0; i < count; i++) g->sum += 1000 + (double)(i % 9);
}

static void memray(generated *g, size_t bytes)
{
    fs_text_add(&g->text, "allocator,num_allocations,size,tid,thread_name,stack_trace\n");
    while (g->text.length < bytes) {
        int which = pick(g), size = 64 + (int)(g->text.length % 999);
        fs_text_format(&g->text, "MALLOC,2,%d,1,,", size);
        for (int j = g->depths[which] - 1; j >= 0; j--)
            fs_text_format(&g->text, "evaluate_row_%d;/usr/lib/python3/app/rows.py;%d%s", g->stacks[which][j],
                           g->stacks[which][j] * 7 % 900, j ? "|" : "\n");
        g->sum += size;
    }
}

static void vsprof(generated *g, size_t bytes)
{
    fs_text_add(&g->text, "Level,Function Name,Inclusive Samples,Exclusive Samples,Module Name\n");
    while (g->text.length < bytes) {
        int which = pick(g);
        for (int j = 0; j < g->depths[which]; j++) {
            fs_text_format(&g->text, "%d,\"" NAME "(int32,string)\",\"1,010\",%d,\"work.exe\"\n", j,
                           g->stacks[which][j], j % 9);
            g->sum += j % 9;
        }
    }
}

static void measure(bench_report *report, const char *name, void (*generate)(generated *g, size_t bytes),
                    generated *g, size_t bytes)
{
    fs_text_clear(&g->text);
    g->sum = 0;
    generate(g, bytes);
    if (g->text.failed) bench_wrong("no memory for %s", name);
    double seconds[RUNS];
    for (int run = 0; run < RUNS; run++) {
        flame_tree *tree;
        flame_report read;
        fs_error error;
        if (flame_tree_create(&tree, &error)) bench_wrong("%s", error.message);
        double start = fs_clock_cpu_seconds();
        if (flame_stacks_read_memory(g->text.data, g->text.length, name, NULL, tree, &read, &error))
            bench_wrong("%s", error.message);
        flame_tree_finish(tree);
        seconds[run] = fs_clock_cpu_seconds() - start;
        double total = flame_tree_counts(tree, 0).total_after;
        if (!(total > g->sum * (1 - 1e-9) && total < g->sum * (1 + 1e-9)) || read.skipped)
            bench_wrong("%s: %.17g, not %.17g; %llu skipped", name, total, g->sum,
                        (unsigned long long)read.skipped);
        flame_tree_destroy(tree);
    }
    bench_times times = bench_summarise(seconds, RUNS);
    double speed = (double)g->text.length / times.median / 1e6;
    printf("%-12s %6.0f MB %8.0f MB/s\n", name, (double)g->text.length / 1e6, speed);
    bench_result_begin(report, name);
    bench_result_number(report, "megabytes", (double)g->text.length / 1e6);
    bench_result_number(report, "megabytes_per_second", speed);
    bench_result_times(report, times);
    bench_result_end(report);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*generate)(generated *g, size_t bytes);
    } formats[] = {
        {"chrome", chrome}, {"cpuprofile", cpuprofile}, {"callgrind", callgrind}, {"dtrace", dtrace},
        {"ghc", ghc},       {"vtune", vtune},           {"memray", memray},       {"vsprof", vsprof}};
    const char *megabytes = getenv("FORMATS_MB");
    size_t bytes = (size_t)((megabytes ? atof(megabytes) : 40) * 1e6);
    bench_report report;
    bench_report_begin(&report, argc > 1 ? argv[1] : NULL, "formats");
    generated *g = calloc(1, sizeof *g);
    if (!g) bench_wrong("no memory");
    make_stacks(g);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        measure(&report, formats[i].name, formats[i].generate, g, bytes);
    fs_text_fini(&g->text);
    free(g);
    bench_report_end(&report);
    return 0;
}
