/*
 * Reading stacks and drawing them: MB/s and memory, on text that repeats as real profiles do, on text in
 * which nearly every stack is new, and on the output of perf script. Each is generated (40 MB, or
 * STACKS_MB), read in a process of its own so that its peak memory is its own, and its sums are checked
 * against the generator's. Timed are the clock, and the CPU of all threads, for which it does not count what
 * else runs on the machine. Two threads read where stacks hardly repeat: the longer of their times, and that
 * of what one thread does after it, is the way through both, which is the clock's time on an idle machine.
 * Memory is compared with the text of
 * the stacks that differ.
 */
#include "bench_report.h"
#include "clock.h"
#include "graph.h"
#include "memory.h"
#include "random.h"
#include "stack_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FUNCTIONS = 4000, DEPTH_MOST = 60, STACKS = 20000, RUNS = 5 };

typedef struct expected {
    double samples, bytes, distinct; /* distinct: bytes of text in stacks that differ */
    uint64_t stacks;
} expected;

typedef struct result {
    double seconds[RUNS], svg_seconds[RUNS];          /* of CPU: reading; reading and drawing */
    double clock[RUNS], svg_clock[RUNS];              /* of the clock */
    double svg_way[RUNS];                             /* of the longer way through two threads */
    double samples, tree_bytes, peak, peak_svg, base; /* base: resident before reading */
    uint32_t nodes;
    uint64_t stacks, skipped;
    bool failed;
} result;

static char names[FUNCTIONS][64];
static uint32_t callees[FUNCTIONS][4]; /* who a function calls */

static void make_program(fs_random *random)
{
    static const char *const spaces[] = {"std::", "app::net::", "boost::detail::", "_Py", "", "db::"};
    static const char *const verbs[] = {"read", "parse", "evaluate", "dispatch", "write", "compress"};
    static const char *const nouns[] = {"_request", "Frame", "_buffer", "Expression", "_row", "<int, char>"};
    for (int i = 0; i < FUNCTIONS; i++) {
        snprintf(names[i], sizeof names[i], "%s%s%s_%d", spaces[fs_random_below(random, 6)],
                 verbs[fs_random_below(random, 6)], nouns[fs_random_below(random, 6)], i);
        for (int j = 0; j < 4; j++) callees[i][j] = (uint32_t)fs_random_below(random, FUNCTIONS);
    }
}

/* A walk down the call graph; the first callee is the likely one, and the deeper, the more choice. */
static int walk(fs_random *random, uint32_t *stack)
{
    int depth = 12 + (int)fs_random_below(random, DEPTH_MOST - 12);
    stack[0] = 0;
    for (int i = 1; i < depth; i++) {
        uint64_t choice = fs_random_below(random, 16);
        stack[i] = callees[stack[i - 1]][choice < 13 ? 0 : choice - 12];
    }
    return depth;
}

static size_t folded_text(const uint32_t *stack, int depth, char *out)
{
    size_t n = 0;
    for (int i = 0; i < depth; i++) {
        if (i) out[n++] = ';';
        size_t length = strlen(names[stack[i]]);
        memcpy(out + n, names[stack[i]], length);
        n += length;
    }
    return n;
}

static void write_folded(fs_random *random, FILE *file, double bytes, bool repeats, expected *sums)
{
    static uint32_t stacks[STACKS][DEPTH_MOST];
    static int depths[STACKS];
    char line[DEPTH_MOST * 64 + 32];
    if (repeats) {
        for (int i = 0; i < STACKS; i++) {
            depths[i] = walk(random, stacks[i]);
            sums->distinct += (double)folded_text(stacks[i], depths[i], line);
        }
    }
    while (sums->bytes < bytes) {
        uint32_t fresh[DEPTH_MOST], *stack = fresh;
        int depth;
        if (repeats) {
            /* Few stacks are hot and most are rare. */
            double u = fs_random_unit(random);
            size_t i = (size_t)(u * u * u * STACKS);
            stack = stacks[i];
            depth = depths[i];
        } else {
            depth = walk(random, fresh);
            fresh[depth - 1] = (uint32_t)fs_random_below(random, FUNCTIONS);
        }
        size_t n = folded_text(stack, depth, line);
        if (!repeats) sums->distinct += (double)n;
        unsigned count = 1 + (unsigned)fs_random_below(random, 99);
        n += (size_t)sprintf(line + n, " %u\n", count);
        fwrite(line, 1, n, file);
        sums->bytes += (double)n;
        sums->samples += count;
        sums->stacks++;
    }
}

static void write_perf(fs_random *random, FILE *file, double bytes, expected *sums)
{
    static uint32_t stacks[STACKS][DEPTH_MOST];
    static int depths[STACKS];
    for (int i = 0; i < STACKS; i++) depths[i] = walk(random, stacks[i]);
    long at = 0;
    while (sums->bytes < bytes) {
        double u = fs_random_unit(random);
        size_t which = (size_t)(u * u * u * STACKS);
        at += fprintf(file, "worker %u/%u [%03u] %u.%06u:     10101 cycles: \n", 4000u,
                      4000u + (unsigned)fs_random_below(random, 16), (unsigned)fs_random_below(random, 8),
                      100000u + (unsigned)(sums->stacks / 1000), (unsigned)(sums->stacks % 1000) * 1000u);
        for (int i = depths[which] - 1; i >= 0; i--) {
            uint32_t f = stacks[which][i];
            /* A return address is fixed by caller and callee; where a sample was taken is not. */
            unsigned offset = i == depths[which] - 1 ? (unsigned)fs_random_below(random, 64) * 4
                                                     : (f * 7 + stacks[which][i + 1]) % 61 * 4;
            at += fprintf(file, "\t%16x %s+0x%x (/usr/lib/x86_64-linux-gnu/libworker.so.%u)\n",
                          0x400000 + f * 256 + offset, names[f], offset, f % 5);
        }
        at += fprintf(file, "\n");
        sums->bytes = (double)at;
        sums->samples += 10101;
        sums->stacks++;
    }
}

static fs_status draw(const flame_tree *tree, fs_error *error)
{
    flame_graph_options options;
    fs_output *output = NULL;
    flame_graph_options_default(&options);
    fs_status status = fs_output_open("/dev/null", &output, error);
    if (!status) status = flame_write_svg(tree, &options, output, error);
    if (!status) return fs_output_commit(output, error);
    fs_output_discard(output);
    return status;
}

static result read_here(const char *path)
{
    result r = {0};
    for (int run = 0; run < RUNS && !r.failed; run++) {
        flame_tree *tree = NULL;
        flame_report report;
        fs_error error;
        double start = fs_clock_cpu_seconds(), began = fs_clock_seconds(),
               own = fs_clock_thread_cpu_seconds();
        if (run == 0) r.base = bench_peak_memory();
        fs_status status = flame_tree_create(&tree, &error);
        if (!status) status = flame_stacks_read(path, NULL, tree, &report, &error);
        own = fs_clock_thread_cpu_seconds() - own;
        double other = fs_clock_cpu_seconds() - start - own;
        if (!status) flame_tree_finish(tree);
        r.seconds[run] = fs_clock_cpu_seconds() - start;
        r.clock[run] = fs_clock_seconds() - began;
        if (!status && run == 0) r.peak = bench_peak_memory();
        start = fs_clock_cpu_seconds();
        if (!status) status = draw(tree, &error);
        r.svg_seconds[run] = r.seconds[run] + fs_clock_cpu_seconds() - start;
        r.svg_clock[run] = fs_clock_seconds() - began;
        r.svg_way[run] = r.svg_seconds[run] - (own < other ? own : other);
        if (!status && run == 0) r.peak_svg = bench_peak_memory();
        if (status) {
            fprintf(stderr, "%s\n", error.message);
            r.failed = true;
        } else {
            r.samples = flame_tree_counts(tree, 0).total_after;
            r.tree_bytes = (double)flame_tree_bytes(tree);
            r.nodes = flame_tree_nodes(tree);
            r.stacks = report.stacks;
            r.skipped = report.skipped;
        }
        flame_tree_destroy(tree);
    }
    return r;
}

/* In a child, whose peak memory is that of the reading. */
static result read_apart(const char *path)
{
    result r = {.failed = true};
    int ends[2];
    if (pipe(ends) != 0) return r;
    pid_t child = fork();
    if (child == 0) {
        result own = read_here(path);
        ssize_t n = write(ends[1], &own, sizeof own);
        _exit(n == (ssize_t)sizeof own ? 0 : 1);
    }
    close(ends[1]);
    if (child < 0 || read(ends[0], &r, sizeof r) != (ssize_t)sizeof r) r.failed = true;
    close(ends[0]);
    int state;
    if (child > 0) waitpid(child, &state, 0);
    return r;
}

int main(int argc, char **argv)
{
    const char *megabytes = getenv("STACKS_MB"), *folder = getenv("TMPDIR");
    double bytes = (megabytes ? atof(megabytes) : 40) * 1e6;
    static const char *const cases[] = {"folded, repeating", "folded, all new", "perf script"};
    bench_report report;
    bench_report_begin(&report, argc > 1 ? argv[1] : NULL, "stacks");
    char path[4096];
    snprintf(path, sizeof path, "%s/bench_stacks.%d", folder ? folder : "/tmp", (int)getpid());
    printf("%-20s %6s %8s %9s %10s %12s %10s %12s %12s %12s %9s\n", "", "MB", "stacks", "nodes", "MB/s read",
           "MB/s to SVG", "of CPU", "CPU, to SVG", "two threads", "memory/text", "with SVG");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fs_random random;
        fs_random_init(&random, 7 + i);
        make_program(&random);
        FILE *file = fopen(path, "w");
        if (!file) bench_wrong("cannot write %s", path);
        expected sums = {0};
        if (i < 2)
            write_folded(&random, file, bytes, i == 0, &sums);
        else
            write_perf(&random, file, bytes, &sums);
        if (fclose(file) != 0) bench_wrong("cannot write %s", path);
        result r = read_apart(path);
        unlink(path);
        if (r.failed || r.samples != sums.samples || r.stacks != sums.stacks || r.skipped)
            bench_wrong("%s: %.17g samples in %llu stacks, not %.17g in %llu", cases[i], r.samples,
                        (unsigned long long)r.stacks, sums.samples, (unsigned long long)sums.stacks);
        bench_times times = bench_summarise(r.seconds, RUNS);
        bench_times svg_times = bench_summarise(r.svg_seconds, RUNS);
        double speed = sums.bytes / times.median / 1e6, svg_speed = sums.bytes / svg_times.median / 1e6;
        bench_times clock_times = bench_summarise(r.clock, RUNS),
                    svg_clock_times = bench_summarise(r.svg_clock, RUNS);
        double clock_speed = sums.bytes / clock_times.median / 1e6;
        double svg_clock_speed = sums.bytes / svg_clock_times.median / 1e6;
        double way_speed = sums.bytes / bench_summarise(r.svg_way, RUNS).median / 1e6;
        double ratio = sums.distinct > 0 ? (r.peak - r.base) / sums.distinct : 0;
        double svg_ratio = sums.distinct > 0 ? (r.peak_svg - r.base) / sums.distinct : 0;
        printf("%-20s %6.0f %8llu %9u %10.0f %12.0f %10.0f %12.0f %12.0f %12.2f %9.2f\n", cases[i],
               sums.bytes / 1e6, (unsigned long long)sums.stacks, r.nodes, clock_speed, svg_clock_speed,
               speed, svg_speed, way_speed, ratio, svg_ratio);
        bench_result_begin(&report, cases[i]);
        bench_result_number(&report, "megabytes", sums.bytes / 1e6);
        bench_result_number(&report, "stacks", (double)sums.stacks);
        bench_result_number(&report, "nodes", r.nodes);
        bench_result_number(&report, "distinct_text_bytes", sums.distinct);
        bench_result_number(&report, "tree_bytes", r.tree_bytes);
        bench_result_number(&report, "peak_bytes", r.peak - r.base);
        bench_result_number(&report, "peak_over_distinct_text", ratio);
        bench_result_number(&report, "to_svg_peak_over_distinct_text", svg_ratio);
        bench_result_number(&report, "megabytes_per_second", speed);
        bench_result_number(&report, "clock_megabytes_per_second", clock_speed);
        bench_result_number(&report, "clock_to_svg_megabytes_per_second", svg_clock_speed);
        bench_result_number(&report, "two_threads_to_svg_megabytes_per_second", way_speed);
        bench_result_times(&report, times);
        bench_result_number(&report, "to_svg_median_s", svg_times.median);
        bench_result_number(&report, "to_svg_quartile_low_s", svg_times.low);
        bench_result_number(&report, "to_svg_quartile_high_s", svg_times.high);
        bench_result_number(&report, "to_svg_megabytes_per_second", svg_speed);
        bench_result_end(&report);
    }
    bench_report_end(&report);
    return 0;
}
