#include "chrome_samples.h"

#include "cpu_nodes.h"

#include <stdlib.h>

static fs_status count_chunk(flame_cpu_nodes *nodes, flame_value data, flame_value *last, fs_error *error)
{
    flame_value profile = flame_value_get(data, "cpuProfile");
    fs_status status = flame_cpu_nodes_read(nodes, flame_value_get(profile, "nodes"), error);
    flame_value_walk samples = flame_value_enter(flame_value_get(profile, "samples"));
    flame_value_walk deltas = flame_value_enter(flame_value_get(data, "timeDeltas"));
    while (!status && flame_value_next(&samples)) {
        flame_exact passed = flame_exact_of(0);
        if (flame_value_next(&deltas)) flame_value_number(deltas.value, &passed);
        nodes->report->lines++;
        if (last->at) status = flame_cpu_nodes_count(nodes, *last, passed, error);
        *last = samples.value;
    }
    return status;
}

static int by_profile(const void *left, const void *right)
{
    const flame_chrome_chunk *a = left, *b = right;
    if (a->profile != b->profile) return a->profile < b->profile ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

void flame_chrome_chunks_sort(flame_chrome_chunk *chunks, size_t count)
{
    if (count > 1) qsort(chunks, count, sizeof *chunks, by_profile);
}

fs_status flame_chrome_samples_count(const flame_chrome_chunk *chunks, size_t count,
                                     const flame_read_options *options, flame_tree *tree, uint32_t base,
                                     flame_report *report, fs_error *error)
{
    flame_cpu_nodes nodes = {.options = options, .tree = tree, .report = report, .base = base};
    flame_value last = {0};
    fs_status status = FS_OK;
    for (size_t i = 0; i < count && !status; i++) status = count_chunk(&nodes, chunks[i].data, &last, error);
    flame_cpu_nodes_fini(&nodes);
    return status;
}

/* The sample before of a thread. */
typedef struct last_sample {
    double thread;
    flame_value frame;
    flame_exact at;
} last_sample;

enum { THREADS_MOST = 256 };

static fs_status count_frame(flame_cpu_nodes *nodes, flame_value sample, last_sample *last, size_t *threads,
                             fs_error *error)
{
    static const char *const keys[] = {"ts", "sf", "tid"};
    flame_value values[3];
    flame_exact now;
    size_t which = 0;
    flame_value_get_all(sample, keys, values, 3);
    nodes->report->lines++;
    if (!flame_value_number(values[0], &now)) {
        flame_report_skip(nodes->report, nodes->report->lines, "", 0, "it has no time");
        return FS_OK;
    }
    double thread = flame_value_double(values[2], 0);
    while (which < *threads && last[which].thread != thread) which++;
    if (which == THREADS_MOST)
        return fs_fail(error, FS_LIMIT, "a Chrome trace with samples of more than %d threads", THREADS_MOST);
    fs_status status = FS_OK;
    if (which < *threads)
        status = flame_cpu_nodes_count(nodes, last[which].frame,
                                       flame_exact_add(now, flame_exact_minus(last[which].at)), error);
    else
        ++*threads;
    last[which] = (last_sample){.thread = thread, .frame = values[1], .at = now};
    return status;
}

fs_status flame_chrome_frames_count(flame_value trace, const flame_read_options *options, flame_tree *tree,
                                    flame_report *report, fs_error *error)
{
    flame_cpu_nodes nodes = {.options = options, .tree = tree, .report = report};
    last_sample last[THREADS_MOST];
    size_t threads = 0;
    fs_status status = flame_cpu_nodes_read(&nodes, flame_value_get(trace, "stackFrames"), error);
    flame_value_walk samples = flame_value_enter(flame_value_get(trace, "samples"));
    while (!status && flame_value_next(&samples))
        status = count_frame(&nodes, samples.value, last, &threads, error);
    flame_cpu_nodes_fini(&nodes);
    return status;
}
