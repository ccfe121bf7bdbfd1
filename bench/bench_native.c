/*
 * Native stacks: frames unwound a second on one core once the code has been seen, and how long a thread
 * stands still for a copy. The stacks are copies of a thread of this process that recurses 30 deep; each must
 * come out whole and with the same places before it is timed.
 */
#include "bench_report.h"
#include "clock.h"
#include "memory.h"
#include "native.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEPTH = 30, ROUNDS = 200000, RUNS = 7, COPIES = 300 };

static volatile unsigned sink;

__attribute__((noinline)) static void recurse(int depth)
{
    char room[128];
    memset(room, depth, sizeof room);
    while (depth == 0 && sink < UINT32_MAX) sink += 2;
    if (depth >= 0) recurse(depth - 1);
    sink += (unsigned char)room[sink % sizeof room];
}

static pid_t start(void)
{
    pid_t pid = fork();
    if (pid != 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    recurse(DEPTH);
    _exit(0);
}

/* A copy whose stack is whole: the child is where it stays. */
static bool settle(flame_native *native, pid_t pid, uint8_t *bytes, flame_native_snapshot *snapshot,
                   uint32_t *depth)
{
    flame_native_stack stack;
    for (int i = 0; i < 1000; i++) {
        flame_ptrace_stop stop;
        if (flame_native_stop_and_copy(&stop, pid, pid, bytes, 16384, snapshot) != FLAME_PTRACE_STOPPED)
            return false;
        if (flame_native_unwind(native, snapshot, &stack, NULL) != FS_OK) return false;
        *depth = stack.depth;
        if (stack.end == FLAME_NATIVE_WHOLE && stack.depth > DEPTH) return true;
        usleep(1000);
    }
    return false;
}

static void time_frames(flame_native *native, const flame_native_snapshot *snapshot, uint32_t depth,
                        bench_report *report)
{
    double seconds[RUNS];
    for (int run = 0; run < RUNS; run++) {
        double started = fs_clock_cpu_seconds();
        for (int i = 0; i < ROUNDS; i++) {
            flame_native_stack stack;
            if (flame_native_unwind(native, snapshot, &stack, NULL) != FS_OK || stack.depth != depth) {
                bench_wrong("a stack of %u frames instead of %u", stack.depth, depth);
                exit(1);
            }
        }
        seconds[run] = fs_clock_cpu_seconds() - started;
    }
    bench_times times = bench_summarise(seconds, RUNS);
    double rate = (double)depth * ROUNDS / times.median;
    printf("unwound          %8.1f million frames/s  %6.1f ns a frame\n", rate / 1e6, 1e9 / rate);
    bench_result_begin(report, "unwind");
    bench_result_times(report, times);
    bench_result_number(report, "frames_per_second", rate);
    bench_result_end(report);
}

/* How long the whole call takes, which is a little more than the thread stands still. */
static void time_copies(pid_t pid, uint8_t *bytes, size_t wanted, bench_report *report)
{
    double seconds[COPIES];
    for (int i = 0; i < COPIES; i++) {
        flame_ptrace_stop stop;
        flame_native_snapshot snapshot;
        usleep(1000);
        double started = fs_clock_seconds();
        if (flame_native_stop_and_copy(&stop, pid, pid, bytes, wanted, &snapshot) != FLAME_PTRACE_STOPPED) {
            bench_wrong("the child could not be stopped");
            exit(1);
        }
        seconds[i] = fs_clock_seconds() - started;
    }
    bench_times times = bench_summarise(seconds, COPIES);
    printf("copied %6zu KiB %8.1f us  (%.1f to %.1f)\n", wanted / 1024, times.median * 1e6, times.low * 1e6,
           times.high * 1e6);
    bench_result_begin(report, "copy");
    bench_result_number(report, "bytes", (double)wanted);
    bench_result_times(report, times);
    bench_result_end(report);
}

int main(int argc, char **argv)
{
    bench_report report;
    fs_error error = {.message = "the child does not stand still"};
    flame_process *process = NULL;
    flame_native_files *files = NULL;
    flame_native *native = NULL;
    flame_native_snapshot snapshot;
    uint32_t depth;
    uint8_t *bytes = fs_alloc(FLAME_NATIVE_STACK, 1);
    pid_t pid = start();
    bool ready = bytes && pid > 0 && flame_process_open(pid, &process, &error) == FS_OK &&
                 flame_native_files_create(&files, &error) == FS_OK &&
                 flame_native_open(process, files, &native, &error) == FS_OK &&
                 settle(native, pid, bytes, &snapshot, &depth);
    if (ready) {
        bench_report_begin(&report, argc > 1 ? argv[1] : NULL, "native");
        time_frames(native, &snapshot, depth, &report);
        time_copies(pid, bytes, 16384, &report);
        time_copies(pid, bytes, 131072, &report);
        bench_report_end(&report);
    } else {
        bench_wrong("%s", error.message);
    }
    flame_native_close(native);
    flame_native_files_destroy(files);
    flame_process_close(process);
    fs_free(bytes);
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return ready ? 0 : 1;
}
