/*
 * bench_sampler - how many consistent samples of a 20-deep Python stack one core takes in a second, for every
 * python3 named on the command line (or the one on the PATH).
 *
 *     bench_sampler REPORT.json [PYTHON...]
 *
 * The answer is checked first: the functions of the stack, in order, are what the program is made of.
 */
#include "bench_report.h"
#include "clock.h"
#include "interpreter.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Twenty frames: the module, f1 ... f18 of different functions, and the leaf, which works. */
static const char program[] =
    "import sys\n"
    "lines = ['def f19(n):\\n    t = 0\\n    for i in range(n):\\n        t += i * i\\n    return t\\n']\n"
    "lines += ['def f%d(n):\\n    return f%d(n)\\n' % (i, i + 1) for i in range(1, 19)]\n"
    "exec(compile(''.join(lines), 'bench.generated', 'exec'))\n"
    "while True: f1(20000)\n";

enum { DEPTH = 20, RUNS = 9 };

static pid_t start(const char *python)
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execlp(python, python, "-c", program, (char *)NULL);
        _exit(127);
    }
    return pid;
}

static bool is_expected(const flame_interpreter *interpreter, const flame_sample *sample)
{
    if (sample->count != 1 || sample->threads[0].missed || sample->threads[0].depth != DEPTH) return false;
    for (uint32_t i = 0; i < DEPTH; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%u", DEPTH - 1 - i);
        const flame_code *code = flame_interpreter_code(interpreter, sample->threads[0].frames[i].code);
        if (strcmp(code->name, i == DEPTH - 1 ? "<module>" : name) != 0) return false;
    }
    return true;
}

/* Wait for the program to be inside its loop. */
static bool wait_until_in_loop(flame_interpreter *interpreter)
{
    fs_error error;
    for (int i = 0; i < 2000; i++) {
        const flame_sample *sample;
        if (flame_interpreter_sample(interpreter, &sample, &error) != FS_OK) return false;
        if (is_expected(interpreter, sample)) return true;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return false;
}

static int measure(const char *python, bench_report *report)
{
    flame_process *process = NULL;
    flame_interpreter *interpreter = NULL;
    flame_python_state state = FLAME_PYTHON_STARTING;
    fs_error error = {0};
    int result = 1;
    pid_t pid = start(python);
    for (int i = 0; i < 5000 && !interpreter; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        flame_process_close(process);
        process = NULL;
        if (flame_process_open(pid, &process, &error) != FS_OK) break;
        if (flame_interpreter_open(process, NULL, &interpreter, &state, &error) != FS_OK &&
            state != FLAME_PYTHON_STARTING && state != FLAME_PYTHON_NONE && state != FLAME_PYTHON_ENDED)
            break;
    }
    if (!interpreter || !wait_until_in_loop(interpreter)) {
        bench_wrong("%s: %s", python, interpreter ? "its stack is not that of the program" : error.message);
        goto cleanup;
    }
    double per_sample[RUNS], wall[RUNS];
    uint64_t taken = 0, missed = 0, calls = 0, samples = 0;
    for (int run = 0; run < RUNS; run++) {
        double cpu = fs_clock_cpu_seconds(), from = fs_clock_seconds();
        uint64_t before = samples;
        while (fs_clock_seconds() - from < 0.25)
            for (int i = 0; i < 64; i++) {
                const flame_sample *sample;
                if (flame_interpreter_sample(interpreter, &sample, &error) != FS_OK) {
                    bench_wrong("%s", error.message);
                    goto cleanup;
                }
                samples++;
                calls += sample->calls;
                for (size_t k = 0; k < sample->count; k++) {
                    if (sample->threads[k].missed)
                        missed++;
                    else
                        taken++;
                }
            }
        per_sample[run] = (fs_clock_cpu_seconds() - cpu) / (double)(samples - before);
        wall[run] = (fs_clock_seconds() - from) / (double)(samples - before);
    }
    const flame_python_version *version = flame_interpreter_version(interpreter);
    bench_times cpu = bench_summarise(per_sample, RUNS), elapsed = bench_summarise(wall, RUNS);
    double share = (double)missed / (double)(missed + taken), each = (double)calls / (double)samples;
    printf("%-8s %10.0f %12.0f %8.2f%% %8.3f\n", version->text, 1 / cpu.median, 1 / elapsed.median,
           100 * share, each);
    char what[96];
    snprintf(what, sizeof what, "sample a %d-deep stack of Python %s", DEPTH, version->text);
    bench_result_begin(report, what);
    bench_result_times(report, cpu);
    bench_result_number(report, "samples_per_cpu_second", 1 / cpu.median);
    bench_result_number(report, "samples_per_wall_second", 1 / elapsed.median);
    bench_result_number(report, "missed_share", share);
    bench_result_number(report, "system_calls_per_sample", each);
    bench_result_end(report);
    result = 0;
cleanup:
    flame_interpreter_close(interpreter);
    flame_process_close(process);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return result;
}

int main(int argc, char **argv)
{
    bench_report report;
    bench_report_begin(&report, argc > 1 ? argv[1] : NULL, "sampler");
    printf("%-8s %10s %12s %9s %8s\n", "python", "per CPU s", "per second", "missed", "calls");
    int wrong = 0;
    if (argc < 3) wrong = measure("python3", &report);
    for (int i = 2; i < argc; i++) wrong |= measure(argv[i], &report);
    bench_report_end(&report);
    return wrong;
}
