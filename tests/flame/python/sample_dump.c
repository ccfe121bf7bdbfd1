/*
 * sample_dump - the sampler's interface as a program, for the tests: one sample as text, or many as folded
 * stacks with what was missed.
 *
 *     sample_dump dump PID              every thread's stack now
 *     sample_dump fold PID SECONDS HZ   folded lines "tid;file:function:line;... count"; HZ 0: as fast as it
 * goes
 *     sample_dump attach PID TIMES      open, sample, close; every other time frozen
 *     sample_dump snapshot PID FILE     the memory that a sample reads, for the fuzz target
 *     sample_dump hold PID              freeze and wait to be killed
 *
 * Options after these: freeze, gil, running, activity, quiet (figures only), trace
 * (each stack by itself, after the times before and after it was read).
 */
#include "clock.h"
#include "interpreter.h"
#include "memory.h"
#include "process_freeze.h"
#include "snapshot.h"
#include "text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { USUAL = 20000 /* nanoseconds of a sample that follows another at once */ };

static int complain(const fs_error *error)
{
    fprintf(stderr, "sample_dump: %s\n", error->message);
    return 10 + (int)error->code;
}

static void add_frames(fs_text *line, const flame_interpreter *interpreter, const flame_thread_sample *thread)
{
    for (uint32_t i = thread->depth; i-- > 0;) {
        const flame_frame *frame = &thread->frames[i];
        const flame_code *code = flame_interpreter_code(interpreter, frame->code);
        fs_text_format(line, ";%s:%s:%u", code->file, code->name, frame->line);
    }
}

static int dump(flame_interpreter *interpreter, pid_t pid)
{
    const flame_sample *sample;
    fs_error error;
    if (flame_interpreter_sample(interpreter, &sample, &error) != FS_OK) return complain(&error);
    const flame_python_version *version = flame_interpreter_version(interpreter);
    printf("version %s file %s\n", version->text, version->file);
    if (sample->missed) printf("missed %s\n", flame_missed_text(sample->missed));
    for (size_t i = 0; i < sample->count; i++) {
        const flame_thread_sample *thread = &sample->threads[i];
        char name[FLAME_THREAD_NAME_SIZE] = "";
        if (thread->tid && flame_thread_name(pid, thread->tid, name, NULL) != FS_OK) name[0] = '\0';
        printf("thread %d ident %" PRIu64 " interpreter %" PRId64 " gil %d activity %d missed %d name %s\n",
               (int)thread->tid, thread->ident, thread->interpreter, thread->holds_gil, (int)thread->activity,
               (int)thread->missed, name);
        for (uint32_t k = 0; k < thread->depth; k++) {
            const flame_code *code = flame_interpreter_code(interpreter, thread->frames[k].code);
            flame_position position = flame_interpreter_position(interpreter, &thread->frames[k]);
            printf("  %s\t%s\t%s\t%u\t%u\t%u\t%u\t%u\n", code->file, code->name, code->qualname,
                   thread->frames[k].line, code->first_line, position.end_line, position.column,
                   position.end_column);
        }
    }
    return 0;
}

/* ---- counting stacks ---- */

typedef struct stack_count {
    char *line;
    uint64_t hash, count;
} stack_count;

typedef struct stack_counts {
    stack_count *slots;
    size_t capacity, used;
} stack_counts;

static uint64_t hash_line(const char *line)
{
    uint64_t hash = 0xCBF29CE484222325U;
    for (; *line; line++) hash = (hash ^ (uint8_t)*line) * 0x100000001B3U;
    return hash;
}

static void count_stack(stack_counts *counts, const char *line, uint64_t ticks)
{
    if ((counts->used + 1) * 2 > counts->capacity) {
        size_t capacity = counts->capacity ? counts->capacity * 2 : 1024;
        stack_count *slots = fs_alloc_0(capacity, sizeof *slots);
        if (!slots) exit(3);
        for (size_t i = 0; i < counts->capacity; i++) {
            if (!counts->slots[i].line) continue;
            size_t at = (size_t)counts->slots[i].hash & (capacity - 1);
            while (slots[at].line) at = (at + 1) & (capacity - 1);
            slots[at] = counts->slots[i];
        }
        fs_free(counts->slots);
        counts->slots = slots;
        counts->capacity = capacity;
    }
    uint64_t hash = hash_line(line);
    size_t at = (size_t)hash & (counts->capacity - 1);
    while (counts->slots[at].line &&
           (counts->slots[at].hash != hash || strcmp(counts->slots[at].line, line) != 0))
        at = (at + 1) & (counts->capacity - 1);
    if (!counts->slots[at].line) {
        counts->slots[at] = (stack_count){.line = fs_strdup(line), .hash = hash};
        counts->used++;
    }
    counts->slots[at].count += ticks;
}

static void sleep_until(double when)
{
    struct timespec until = {.tv_sec = (time_t)when};
    until.tv_nsec = (long)((when - (double)until.tv_sec) * 1e9);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static int fold(flame_interpreter *interpreter, double seconds, double rate, bool print, bool trace)
{
    stack_counts counts = {0};
    uint64_t samples = 0, taken = 0, own = 0, missed[FLAME_MISSED_KINDS] = {0}, retries = 0, holds = 0,
             calls = 0;
    fs_text line;
    fs_text_init(&line);
    fs_error error = {0};
    fs_status status = FS_OK;
    double start = fs_clock_seconds(), cpu = fs_clock_cpu_seconds(), next = start;
    while (true) {
        double now = fs_clock_seconds();
        if (now - start >= seconds) break;
        if (rate > 0) {
            if (next > now) sleep_until(next);
            /* Late ticks are left out: several samples of one moment would count it several times. */
            next += 1 / rate;
            if (next < now) next = now;
        }
        const flame_sample *sample;
        double before = fs_clock_seconds();
        status = flame_interpreter_sample(interpreter, &sample, &error);
        if (status != FS_OK) break;
        double after = fs_clock_seconds();
        samples++;
        retries += sample->retries;
        calls += sample->calls;
        holds += sample->holds;
        if (sample->missed) missed[sample->missed]++;
        for (size_t i = 0; i < sample->count; i++) {
            const flame_thread_sample *thread = &sample->threads[i];
            if (thread->missed) {
                missed[thread->missed] += thread->ticks;
                continue;
            }
            taken += thread->ticks;
            own += thread->ticks > 0;
            if (!print || !thread->ticks) continue;
            fs_text_clear(&line);
            fs_text_format(&line, "%d%s%s", (int)thread->tid, thread->activity == FLAME_IDLE ? " idle" : "",
                           thread->holds_gil ? " gil" : "");
            add_frames(&line, interpreter, thread);
            if (trace)
                printf("%.9f %.9f %s %" PRIu32 "\n", before, after, fs_text_string(&line), thread->ticks);
            else
                count_stack(&counts, fs_text_string(&line), thread->ticks);
        }
    }
    double wall = fs_clock_seconds() - start;
    cpu = fs_clock_cpu_seconds() - cpu;
    for (size_t i = 0; i < counts.capacity; i++) {
        if (!counts.slots[i].line) continue;
        printf("%s %" PRIu64 "\n", counts.slots[i].line, counts.slots[i].count);
        fs_free(counts.slots[i].line);
    }
    fs_free(counts.slots);
    fs_text_fini(&line);
    fprintf(stderr,
            "samples %" PRIu64 " taken %" PRIu64 " own %" PRIu64 " torn %" PRIu64 " unmapped %" PRIu64
            " deep %" PRIu64 " code %" PRIu64 " list %" PRIu64 " retries %" PRIu64 " holds %" PRIu64
            " calls %" PRIu64 " wall %.6f cpu %.6f bytes %zu ended %d from %.6f to %.6f\n",
            samples, taken, own, missed[FLAME_MISSED_TORN], missed[FLAME_MISSED_UNMAPPED],
            missed[FLAME_MISSED_DEEP], missed[FLAME_MISSED_CODE], missed[FLAME_MISSED_LIST], retries, holds,
            calls, wall, cpu, flame_interpreter_bytes(interpreter), status == FS_GONE, start, start + wall);
    return status == FS_OK || status == FS_GONE ? 0 : complain(&error);
}

/* Open, sample and close again and again, every other time with the process frozen. */
static int attach(pid_t pid, long times)
{
    fs_error error;
    for (long i = 0; i < times; i++) {
        flame_process *process = NULL;
        flame_interpreter *interpreter = NULL;
        flame_interpreter_options options = {.size = sizeof options, .freeze = i % 2 != 0};
        const flame_sample *sample;
        fs_status status = flame_process_open(pid, &process, &error);
        if (status == FS_OK) status = flame_interpreter_open(process, &options, &interpreter, NULL, &error);
        if (status == FS_OK) status = flame_interpreter_sample(interpreter, &sample, &error);
        flame_interpreter_close(interpreter);
        flame_process_close(process);
        if (status != FS_OK) return complain(&error);
    }
    return 0;
}

/* Sample through a recorder, with the process stopped, and keep what was read. */
static int record_snapshot(pid_t pid, const char *path)
{
    flame_process *process = NULL;
    flame_freezer *freezer = NULL;
    flame_interpreter *found = NULL, *interpreter = NULL;
    snapshot memory = {0};
    const flame_sample *sample;
    fs_error error;
    fs_status status = flame_process_open(pid, &process, &error);
    if (status == FS_OK) status = flame_interpreter_open(process, NULL, &found, NULL, &error);
    if (status == FS_OK) status = flame_freezer_create(pid, &freezer, &error);
    if (status == FS_OK) status = flame_freeze(freezer, &error);
    if (status == FS_OK) {
        memory.minor = (unsigned)flame_interpreter_version(found)->minor;
        memory.runtime = found->runtime.address;
        memory.code_type = found->runtime.code_type;
        memory.source = flame_process_reader(process);
        flame_reader recorder = snapshot_recorder(&memory);
        status = snapshot_interpreter(&memory, &recorder, NULL, &interpreter, &error);
        for (int i = 0; i < 3 && status == FS_OK; i++)
            status = flame_interpreter_sample(interpreter, &sample, &error);
        if (status == FS_OK) status = snapshot_write(&memory, path, &error);
        flame_interpreter_close(interpreter);
    }
    snapshot_fini(&memory);
    flame_freezer_destroy(freezer);
    flame_interpreter_close(found);
    flame_process_close(process);
    return status == FS_OK ? 0 : complain(&error);
}

/* Freeze and wait to be killed. */
static int hold(pid_t pid)
{
    flame_freezer *freezer = NULL;
    fs_error error;
    fs_status status = flame_freezer_create(pid, &freezer, &error);
    if (status == FS_OK) status = flame_freeze(freezer, &error);
    if (status != FS_OK) {
        flame_freezer_destroy(freezer);
        return complain(&error);
    }
    puts("frozen");
    fflush(stdout);
    sleep_until(fs_clock_seconds() + 20);
    flame_freezer_destroy(freezer);
    return 0;
}

static bool has(int count, char **words, const char *word)
{
    for (int i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0) return true;
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr,
                "usage: sample_dump dump PID | fold PID SECONDS HZ [freeze] [gil|running|work] [activity]\n");
        return 2;
    }
    pid_t pid = (pid_t)atoi(argv[2]);
    if (strcmp(argv[1], "attach") == 0) return attach(pid, argc > 3 ? atol(argv[3]) : 1);
    if (strcmp(argv[1], "snapshot") == 0 && argc > 3) return record_snapshot(pid, argv[3]);
    if (strcmp(argv[1], "hold") == 0) return hold(pid);
    flame_interpreter_options options = {
        .size = sizeof options,
        .freeze = has(argc, argv, "freeze"),
        .threads = has(argc, argv, "gil")       ? FLAME_THREADS_HOLDER
                   : has(argc, argv, "running") ? FLAME_THREADS_RUNNING
                   : has(argc, argv, "work")    ? FLAME_THREADS_AT_WORK
                                                : FLAME_THREADS_ALL,
        .activity = has(argc, argv, "activity"),
    };
    double rate = strcmp(argv[1], "fold") == 0 && argc > 4 ? atof(argv[4]) : 0;
    if (strcmp(argv[1], "fold") == 0) options.interval = rate > 0 ? (uint64_t)(1e9 / rate) : USUAL;
    flame_process *process = NULL;
    flame_interpreter *interpreter = NULL;
    flame_python_state state;
    fs_error error;
    int result = 0;
    double give_up = fs_clock_seconds() + 5;
    if (flame_process_open(pid, &process, &error) != FS_OK) return complain(&error);
    while (true) {
        fs_status status = flame_interpreter_open(process, &options, &interpreter, &state, &error);
        if (status == FS_OK) break;
        if (state == FLAME_PYTHON_STARTING && fs_clock_seconds() < give_up) {
            sleep_until(fs_clock_seconds() + 0.001);
            continue;
        }
        result = complain(&error);
        break;
    }
    if (interpreter && strcmp(argv[1], "dump") == 0) result = dump(interpreter, pid);
    if (interpreter && strcmp(argv[1], "fold") == 0 && argc > 4)
        result = fold(interpreter, atof(argv[3]), rate, !has(argc, argv, "quiet"), has(argc, argv, "trace"));
    flame_interpreter_close(interpreter);
    flame_process_close(process);
    return result;
}
