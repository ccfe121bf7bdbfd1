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
        nodes->in->report->lines++;
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

fs_status flame_chrome_samples_count(flame_reading *in, const flame_chrome_chunk *chunks, size_t count,
                                     uint32_t base, fs_error *error)
{
    flame_cpu_nodes nodes = {.in = in, .base = base};
    flame_value last = {0};
    fs_status status = FS_OK;
    for (size_t i = 0; i < count && !status; i++) status = count_chunk(&nodes, chunks[i].data, &last, error);
    flame_cpu_nodes_fini(&nodes);
    return status;
}

static const char *const frame_keys[] = {"ts", "sf", "tid"};
enum { AT, FRAME, THREAD, FRAME_KEYS, THREADS_MOST = 64 };

/* The samples of one thread. */
static fs_status count_thread(flame_cpu_nodes *nodes, flame_value samples, double thread, fs_error *error)
{
    flame_value last = {0};
    flame_exact before = {0};
    flame_value_walk walk = flame_value_enter(samples);
    fs_status status = FS_OK;
    for (uint64_t number = 1; !status && flame_value_next(&walk); number++) {
        flame_value values[FRAME_KEYS];
        flame_exact now;
        flame_value_get_all(walk.value, frame_keys, values, FRAME_KEYS);
        if (flame_value_double(values[THREAD], 0) != thread) continue;
        nodes->in->report->lines++;
        if (!flame_value_number(values[AT], &now)) {
            flame_report_skip(nodes->in->report, number, "", 0, "it has no time");
            continue;
        }
        if (last.at)
            status =
                flame_cpu_nodes_count(nodes, last, flame_exact_add(now, flame_exact_minus(before)), error);
        last = values[FRAME];
        before = now;
    }
    return status;
}

/* The threads that have samples, in order of appearance. */
static fs_status list_threads(flame_value samples, double *threads, size_t *count, fs_error *error)
{
    flame_value_walk walk = flame_value_enter(samples);
    while (flame_value_next(&walk)) {
        double thread = flame_value_double(flame_value_get(walk.value, "tid"), 0);
        size_t which = 0;
        while (which < *count && threads[which] != thread) which++;
        if (which == THREADS_MOST)
            return fs_fail(error, FS_LIMIT, "a Chrome trace with samples of more than %d threads",
                           THREADS_MOST);
        if (which == *count) threads[(*count)++] = thread;
    }
    return FS_OK;
}

static fs_status add_thread(flame_cpu_nodes *nodes, double thread, fs_error *error)
{
    uint32_t name;
    char text[FS_NUMBER_SIZE];
    fs_number_format(thread, text);
    fs_text_clear(&nodes->name);
    fs_text_format(&nodes->name, "thread %s", text);
    if (nodes->name.failed) return fs_fail_memory(error, "reading a Chrome trace", 0);
    fs_status status =
        flame_tree_name(nodes->in->tree, nodes->name.data, nodes->name.length, false, &name, error);
    return status ? status : flame_read_child(nodes->in, 0, name, &nodes->base, error);
}

fs_status flame_chrome_frames_count(flame_reading *in, flame_value trace, fs_error *error)
{
    double threads[THREADS_MOST];
    size_t count = 0;
    flame_value samples = flame_value_get(trace, "samples"), frames = flame_value_get(trace, "stackFrames");
    fs_status status = list_threads(samples, threads, &count, error);
    for (size_t i = 0; i < count && !status; i++) {
        flame_cpu_nodes nodes = {.in = in};
        if (count > 1) status = add_thread(&nodes, threads[i], error);
        if (!status) status = flame_cpu_nodes_read(&nodes, frames, error);
        if (!status) status = count_thread(&nodes, samples, threads[i], error);
        flame_cpu_nodes_fini(&nodes);
    }
    return status;
}
