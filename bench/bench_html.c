/*
 * Writing the HTML page: seconds and bytes for 200,000 and 1,000,000 distinct frames, from the tree in memory
 * to a file, after the page was looked at: its frame count and that it is whole. How soon a browser has it
 * open is bench_page.py.
 */
#include "bench_report.h"
#include "clock.h"
#include "graph.h"
#include "html_writer.h"
#include "memory.h"
#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUNS = 7, FUNCTIONS = 20000, DEPTH_MOST = 24 };

/* Walks from the root that turn off at random, until there are enough frames; most lie below few others. */
static flame_tree *make_tree(uint32_t frames)
{
    fs_random random;
    fs_error error;
    flame_tree *tree = NULL;
    char name[64];
    uint32_t node = 0, id = 0;
    fs_random_init(&random, 11);
    if (flame_tree_create(&tree, &error) != FS_OK) bench_wrong("%s", error.message);
    while (flame_tree_nodes(tree) <= frames) {
        uint32_t depth = 4 + (uint32_t)fs_random_below(&random, DEPTH_MOST - 4);
        node = 0;
        for (uint32_t level = 0; level < depth; level++) {
            uint64_t choice = fs_random_below(&random, level < 3 ? 40 : FUNCTIONS);
            int length = snprintf(name, sizeof name, "module_%u::function_name_%u", (unsigned)choice % 20,
                                  (unsigned)choice);
            if (flame_tree_name(tree, name, (size_t)length, false, &id, &error) != FS_OK ||
                flame_tree_child(tree, node, id, &node, &error) != FS_OK)
                bench_wrong("%s", error.message);
        }
        flame_tree_add(tree, node, 1 + (double)fs_random_below(&random, 5), 0);
    }
    flame_tree_finish(tree);
    return tree;
}

static double write_page(const flame_tree *tree, const char *path)
{
    flame_graph_options options;
    fs_output *output = NULL;
    fs_error error;
    flame_graph_options_default(&options);
    double start = fs_clock_seconds();
    fs_status status = fs_output_open(path, &output, &error);
    if (status == FS_OK) status = flame_write_html(tree, &options, output, &error);
    if (status == FS_OK) status = fs_output_commit(output, &error);
    if (status != FS_OK) bench_wrong("%s", error.message);
    return fs_clock_seconds() - start;
}

static size_t check_page(const flame_tree *tree, const char *path)
{
    char *page = NULL, want[64];
    size_t length = 0;
    fs_error error;
    if (fs_file_read(path, 0, &page, &length, &error) != FS_OK) bench_wrong("%s", error.message);
    snprintf(want, sizeof want, "\"nodes\":%u,", flame_tree_nodes(tree));
    if (!strstr(page, want)) bench_wrong("the page does not say %s", want);
    if (length < 8 || strcmp(page + length - 8, "</html>\n") != 0) bench_wrong("the page has no end");
    fs_free(page);
    return length;
}

int main(int count, char **arguments)
{
    static const uint32_t sizes[] = {200000, 1000000};
    bench_report report;
    char path[] = "/tmp/bench_html_XXXXXX";
    int file = mkstemp(path);
    if (file < 0) bench_wrong("cannot make a file in /tmp");
    close(file);
    bench_report_begin(&report, count > 1 ? arguments[1] : NULL, "html");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        flame_tree *tree = make_tree(sizes[i]);
        double seconds[RUNS];
        write_page(tree, path);
        size_t bytes = check_page(tree, path);
        for (int run = 0; run < RUNS; run++) seconds[run] = write_page(tree, path);
        bench_times times = bench_summarise(seconds, RUNS);
        char what[64];
        snprintf(what, sizeof what, "%u frames", flame_tree_nodes(tree));
        printf("  %-16s %6.3f s (%.3f to %.3f)  %5.2f MB  %4.1f bytes a frame\n", what, times.median,
               times.low, times.high, (double)bytes / 1e6, (double)bytes / flame_tree_nodes(tree));
        bench_result_begin(&report, what);
        bench_result_number(&report, "frames", flame_tree_nodes(tree));
        bench_result_number(&report, "bytes", (double)bytes);
        bench_result_times(&report, times);
        bench_result_end(&report);
        flame_tree_destroy(tree);
    }
    bench_report_end(&report);
    unlink(path);
    return 0;
}
