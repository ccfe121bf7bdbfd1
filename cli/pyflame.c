/* pyflame: the command line and the output of pyflame 1.6.7, whose own program ended with Python 3.7. */
#include "command.h"
#include "file.h"
#include "flame_commands.h"
#include "flame_dump.h"
#include "flame_signals.h"
#include "flame_watch.h"
#include "launch.h"
#include "record.h"
#include "stack_writer.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t pid;
static double seconds = 1, interval = 0.01;
static const char *output_path = "-";
static const char *abi;
static bool trace, threads, exclude_idle, no_lines, stacks_now, flamechart, version;

static const command_option options[] = {
    {.kind = COMMAND_INTEGER,
     .letter = 'p',
     .name = "pid",
     .value = "PID",
     .help = "The process to watch.",
     .target = &pid,
     .least = 1,
     .most = INT_MAX},
    {.kind = COMMAND_FLAG,
     .letter = 't',
     .name = "trace",
     .help = "Run the command that follows and watch it to its end; must be the last option, what follows "
             "belongs to "
             "the "
             "command.",
     .target = &trace},
    {.kind = COMMAND_REAL,
     .letter = 's',
     .name = "seconds",
     .value = "SECONDS",
     .help = "How long to watch a process. Default: 1; 0 takes one sample, less than 0 never stops. With -t "
             "it is "
             "ignored.",
     .target = &seconds,
     .least = -1e9,
     .most = 1e9},
    {.kind = COMMAND_REAL,
     .letter = 'r',
     .name = "rate",
     .value = "SECONDS",
     .help = "Time between samples. Default: 0.01.",
     .target = &interval,
     .least = 0.00001,
     .most = 3600},
    {.kind = COMMAND_TEXT,
     .letter = 'o',
     .name = "output",
     .value = "FILE",
     .help = "Default: standard output.",
     .target = &output_path},
    {.kind = COMMAND_FLAG,
     .letter = 'L',
     .name = "threads",
     .help = "All threads. Default: the one that holds the interpreter lock, and \"(idle)\" when none does.",
     .target = &threads},
    {.kind = COMMAND_FLAG,
     .letter = 'x',
     .name = "exclude-idle",
     .help = "Leave out \"(idle)\".",
     .target = &exclude_idle},
    {.kind = COMMAND_FLAG,
     .letter = 'n',
     .name = "no-line-numbers",
     .help = "Frames are file:function.",
     .target = &no_lines},
    {.kind = COMMAND_FLAG,
     .letter = 'd',
     .name = "dump",
     .help = "Print the stack of every thread and end.",
     .target = &stacks_now},
    {.kind = COMMAND_FLAG,
     .letter = 'T',
     .name = "flamechart",
     .help = "One time stamp (microseconds) and one stack for each sample, in order of time.",
     .target = &flamechart},
    {.kind = COMMAND_FLAG,
     .name = "timestamp",
     .help = "The older name of --flamechart.",
     .target = &flamechart,
     .hidden = true},
    {.kind = COMMAND_TEXT,
     .name = "abi",
     .value = "VERSION",
     .help = "Accepted and ignored: the version is found out.",
     .target = &abi},
    {.kind = COMMAND_FLAG, .letter = 'v', .help = "Print the version.", .target = &version},
    {.kind = COMMAND_END},
};

typedef struct tracing {
    flame_child child;
    flame_recorder *recorder;
    fs_output *output;
    flame_recorder_options wanted;
    fs_text line;
} tracing;

static bool attend(void *context)
{
    tracing *run = context;
    return flame_signals_attend(run->child.pid);
}

/* For each tick a time stamp, then the stack with ';' after each frame. */
static void chart(const flame_taken *taken, void *context)
{
    tracing *run = context;
    if (!taken->thread && exclude_idle) return;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const long long micros = (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    if (!taken->thread) {
        fs_output_format(run->output, "%lld\n(idle)\n", micros);
        return;
    }
    fs_text_clear(&run->line);
    for (uint32_t i = taken->thread->depth; i > 0; i--) {
        const flame_frame *frame = &taken->thread->frames[i - 1];
        flame_frame_text(&run->wanted, flame_interpreter_code(taken->interpreter, frame->code), frame->line,
                         NULL, &run->line);
        fs_text_char(&run->line, ';');
    }
    fs_text_char(&run->line, '\n');
    for (uint32_t left = taken->thread->ticks; left-- > 0;) {
        fs_output_format(run->output, "%lld\n", micros - (long long)(left * interval * 1e6));
        fs_output_write(run->output, fs_text_string(&run->line), run->line.length);
    }
}

/* Whether anything is written. */
static bool has_lines(const flame_statistics *measured)
{
    uint64_t missed = 0;
    for (int kind = 1; kind < FLAME_MISSED_KINDS; kind++) missed += measured->missed[kind];
    bool idle = measured->empty && !exclude_idle && (flamechart || !threads);
    return measured->taken || idle || (missed && !flamechart);
}

static fs_status write_folded(const tracing *run, const flame_statistics *measured, fs_error *error)
{
    if (measured->empty && !exclude_idle && !threads)
        fs_output_format(run->output, "(idle) %llu\n", (unsigned long long)measured->empty);
    uint64_t missed = 0;
    for (int kind = 1; kind < FLAME_MISSED_KINDS; kind++) missed += measured->missed[kind];
    if (missed) fs_output_format(run->output, "(failed) %llu\n", (unsigned long long)missed);
    flame_layers layers = {
        .processes = FLAME_LAYER_HIDE, .threads = FLAME_LAYER_HIDE, .only = -1, .imports = true};
    flame_tree *tree;
    fs_status status = flame_recorder_tree(run->recorder, &layers, &tree, error);
    if (status) return status;
    if (measured->taken) status = flame_write_folded(tree, run->output, error);
    flame_tree_destroy(tree);
    return status;
}

static fs_status begin(tracing *run, char **arguments, fs_error *error)
{
    flame_recorder_options *wanted = &run->wanted;
    flame_recorder_options_default(wanted);
    wanted->rate = 1 / interval;
    wanted->seconds = trace || seconds < 0 ? 0 : seconds > 0 ? seconds : 1e-9;
    wanted->gil = !threads;
    wanted->idle = threads;
    wanted->merge = true;
    wanted->names = true;
    wanted->no_lines = no_lines;
    wanted->waiting = flame_signals_waiting();
    wanted->attend = attend;
    wanted->taken = flamechart ? chart : NULL;
    wanted->context = run;
    fs_status status = flame_recorder_create(wanted, &run->recorder, error);
    if (status) return status;
    if (!trace) {
        char action[64];
        snprintf(action, sizeof action, "pyflame -p %lld", (long long)pid);
        return flame_recorder_attach(run->recorder, (pid_t)pid, action, error);
    }
    flame_launch_options launch = {.mask = flame_signals_original(), .input = -1, .output = -1};
    status = flame_launch(arguments, &launch, &run->child, error);
    return status ? status : flame_recorder_follow(run->recorder, &run->child, error);
}

static int watch(char **arguments)
{
    fs_error error;
    tracing run = {.child = {.pid = -1, .pidfd = -1}};
    if (fs_output_open(output_path, &run.output, &error) != FS_OK) return command_fail(&error);
    fs_text_init(&run.line);
    flame_signals_take(false);
    fs_status status = begin(&run, arguments, &error);
    flame_signals_take_ignored();
    bool failed = status != FS_OK;
    if (!failed && flame_recorder_run(run.recorder, &error) != FS_OK) failed = true;
    if (failed) command_fail(&error);
    flame_statistics measured = {0};
    if (run.recorder) flame_recorder_statistics(run.recorder, &measured);
    /* On standard output nothing is an answer, as it was with pyflame; a file that is there is kept. */
    if (!failed && !has_lines(&measured) && !fs_output_same(output_path, "-")) {
        flame_watch_report_nothing(&measured, exclude_idle
                                                  ? "no thread held the interpreter lock at any of them"
                                                  : "no thread was there at any of them");
        failed = true;
    } else if (measured.ticks) {
        status = flamechart ? FS_OK : write_folded(&run, &measured, &error);
        if (!status) {
            status = fs_output_commit(run.output, &error);
            run.output = NULL;
        }
        if (status) command_fail(&error);
        failed = failed || status;
    }
    /* As pyflame did: the exit status tells of the profile, not of the command. */
    if (run.child.pid > 0) flame_watch_finish(&run.child, true, COMMAND_OK);
    fs_output_discard(run.output);
    fs_text_fini(&run.line);
    flame_recorder_destroy(run.recorder);
    flame_child_fini(&run.child);
    return failed ? COMMAND_FAILED : COMMAND_OK;
}

/* The id of each thread, '*' beside the one that holds the lock, and its frames, innermost first. */
static int dump(void)
{
    char action[64];
    snprintf(action, sizeof action, "pyflame -d -p %lld", (long long)pid);
    flame_recorder_options form;
    flame_recorder_options_default(&form);
    form.names = true;
    form.no_lines = no_lines;
    flame_dumped dumped;
    fs_error error;
    fs_output *output = NULL;
    const flame_dump_options wanted = {.action = action, .calls_only = true};
    fs_status status = flame_dump_take((pid_t)pid, &wanted, &dumped, &error);
    if (!status) status = fs_output_open(output_path, &output, &error);
    fs_text line;
    fs_text_init(&line);
    for (size_t i = 0; !status && i < dumped.sample.count; i++) {
        const flame_thread_sample *thread = &dumped.sample.threads[i];
        fs_output_format(output, "%s%llu%s:\n", i ? "\n" : "", (unsigned long long)thread->ident,
                         thread->holds_gil ? "*" : "");
        for (uint32_t j = 0; j < thread->depth; j++) {
            fs_text_clear(&line);
            flame_frame_text(&form, flame_interpreter_code(dumped.interpreter, thread->frames[j].code),
                             thread->frames[j].line, NULL, &line);
            fs_text_char(&line, '\n');
            fs_output_write(output, fs_text_string(&line), line.length);
        }
    }
    fs_text_fini(&line);
    if (!status) {
        status = fs_output_commit(output, &error);
        output = NULL;
    }
    fs_output_discard(output);
    flame_dumped_fini(&dumped);
    return status ? command_fail(&error) : COMMAND_OK;
}

static int usage(const char *message)
{
    command_usage("%s", message);
    return COMMAND_FAILED; /* pyflame's own status for it */
}

static int run(int count, char **arguments)
{
    if (version) {
        printf("pyflame (flamescale) %s\n", FLAMESCALE_VERSION);
        return COMMAND_OK;
    }
    if (!output_path[0]) output_path = "-"; /* as it was there */
    if (trace) {
        if (stacks_now) return usage("-t and -d are not mutually compatible");
        if (pid) return usage("-t and -p are not mutually compatible");
        if (count == 0) return usage("-t requires a command to run: pyflame -t python3 my_script.py");
        return watch(arguments);
    }
    if (pid == 0) {
        char *end = NULL;
        long number = count == 1 ? strtol(arguments[0], &end, 10) : 0;
        if (number <= 0 || number > INT_MAX || *end)
            return usage("give a process to watch (-p PID) or a command to run (-t COMMAND...)");
        pid = number;
        command_complain("WARNING: a process without -p is an old form; write: pyflame -p %lld",
                         (long long)pid);
    } else if (count > 0) {
        return usage("what follows -p PID? To run a command, use -t COMMAND...");
    }
    return stacks_now ? dump() : watch(arguments);
}

const command pyflame_command = {
    .name = "pyflame",
    .summary = "Stacks of a running Python program as folded lines, file:function:line.",
    .arguments = "[-p PID | -t COMMAND...]",
    .description =
        "The command line of pyflame 1.6.7, for scripts that use it; flame record does more. CPython 3.8 and "
        "newer. "
        "The output is one line for each distinct stack, callers first, with the number of samples: what "
        "flamegraph reads. \"(idle) N\" counts the samples at which no thread held the interpreter lock, "
        "\"(failed) "
        "N\" those that were missed.\n\n"
        "The exit status is 0 when the profile was written, whatever the command's own status.",
    .examples = "  pyflame -s 10 -r 0.01 -p 1234 | flamegraph > perf.svg\n"
                "  pyflame -o perf.data -t python3 my_script.py\n"
                "  pyflame -d -p 1234",
    .options = options,
    .least = 0,
    .most = -1,
    .rest = true,
    .run = run,
};
