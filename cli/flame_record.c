#include "flame_commands.h"

#include "clock.h"
#include "command.h"
#include "file.h"
#include "flame_record_output.h"
#include "flame_signals.h"
#include "flame_watch.h"
#include "launch.h"
#include "progress.h"
#include "record.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static double seconds;
static bool functions, quiet, empty, kill_after, watch_kernel;
static record_output wanted;
static const char *const format_names[] = {FLAME_FILE_FORMATS(FLAME_OUTPUT_WORD) NULL};

static const command_option options[] = {
#define WATCH_RATE "1000"
#define WATCH_KERNEL
#include "watch_option_rows.h"

    {.kind = COMMAND_HEADING, .help = "How long"},
    {.kind = COMMAND_REAL,
     .letter = 'd',
     .name = "duration",
     .value = "SECONDS",
     .help = "Stop after this long, counted from the first sample. A started command runs on, and flame "
             "waits for "
             "its end. Default: until the program ends, or Ctrl-C.",
     .target = &seconds,
     .least = 0.001,
     .most = 1e9},
    {.kind = COMMAND_FLAG,
     .name = "kill-after",
     .help = "After --duration end the command that was started (SIGTERM; SIGKILL five seconds later).",
     .target = &kill_after},

    {.kind = COMMAND_HEADING, .help = "What to write"},
    {.kind = COMMAND_TEXT,
     .letter = 'o',
     .name = "output",
     .value = "FILE",
     .help =
         "Where the profile goes; its ending chooses the form: .svg or .html (flame graphs to look at), "
         ".folded (text), .json (speedscope), .pb.gz (pprof), .trace.json (what each thread did when, for "
         "Chrome and Perfetto), .cpuprofile, .firefox.json; .gz after it packs it. '-' is standard output. "
         "In the name, {pid} is the "
         "number of the process (flame's own when it starts the command) and {time} when it began, as "
         "20251231-235959. Default: flame-PID.svg.",
     .target = &wanted.path},
    {.kind = COMMAND_TEXT,
     .name = "append-to",
     .value = "FILE",
     .help = "Add the stacks to this folded file instead, at its end; it need not be there yet.",
     .target = &wanted.append},
    {.kind = COMMAND_CHOICE,
     .name = "format",
     .value = "NAME",
     .help = "The form, when the ending does not tell.",
     .target = &wanted.format,
     .choices = format_names,
     .given = &wanted.format_given},
    {.kind = COMMAND_FLAG,
     .name = "function",
     .help = "Merge the lines of a function into one frame.",
     .target = &functions},
    {.kind = COMMAND_FLAG,
     .name = "threads",
     .help = "Each thread under a frame of its own (--no-threads: all together). Default: if there are "
             "several, but not with --kernel.",
     .target = &wanted.split,
     .given = &wanted.threads},
    {.kind = COMMAND_FLAG,
     .name = "imports",
     .help =
         "Show the import system's own frames (importlib._bootstrap). Default: left out between a module and "
         "what it "
         "imports, as in tracebacks.",
     .target = &wanted.imports},
    {.kind = COMMAND_TEXT,
     .name = "title",
     .value = "TEXT",
     .help = "Title of the picture. Default: the command.",
     .target = &wanted.title},
    {.kind = COMMAND_FLAG,
     .letter = 'q',
     .name = "quiet",
     .help = "Say nothing but errors.",
     .target = &quiet},
    {.kind = COMMAND_FLAG,
     .name = "allow-empty",
     .help = "Write the profile even when no sample was taken.",
     .target = &empty,
     .hidden = true},
    {.kind = COMMAND_END},
};

typedef struct recording {
    flame_child child; /* pid -1 when attached */
    flame_recorder *recorder;
    fs_output *output;
    progress bar;
    double next_update; /* seconds of the clock: when the progress line is due */
} recording;

static bool attend(void *context)
{
    recording *run = context;
    double now = fs_clock_seconds();
    /* A command that was started writes to the same terminal: nothing is drawn over its words. */
    if (!quiet && run->bar.terminal && run->child.pid < 0 && now >= run->next_update) {
        run->next_update = now + 0.25;
        flame_statistics so_far;
        flame_recorder_statistics(run->recorder, &so_far);
        char counts[96], detail[200];
        record_output_counts(&so_far, counts, sizeof counts);
        if (so_far.ticks)
            snprintf(detail, sizeof detail, "%.1f s  %s  %llu stacks  (Ctrl-C ends and writes)",
                     so_far.seconds, counts, (unsigned long long)so_far.stacks);
        else
            snprintf(detail, sizeof detail, "waiting for the program to start");
        progress_update(&run->bar, seconds > 0 ? so_far.seconds / seconds : -1, detail);
    }
    const bool over = flame_signals_attend(run->child.pid);
    if (flame_signals_snapshot()) record_output_snapshot(&wanted, run->recorder, run->output, quiet);
    return over;
}

static fs_status begin(recording *run, int count, char **arguments, fs_error *error)
{
    flame_recorder_options options_of;
    flame_watch_options(&options_of);
    options_of.seconds = seconds;
    options_of.functions = functions;
    options_of.kernel = watch_kernel;
    options_of.in_time = flame_output_format_of(wanted.form)->in_time;
    options_of.merge =
        !options_of.in_time && (watch_kernel ? !wanted.split : wanted.threads && !wanted.split);
    options_of.attend = attend;
    options_of.context = run;
    fs_status status = flame_recorder_create(&options_of, &run->recorder, error);
    if (status) return status;
    if (count == 0) return flame_watch_attach(run->recorder, "flame record", error);
    flame_launch_options launch = {.mask = flame_signals_original(), .input = -1, .output = -1};
    status = flame_launch(arguments, &launch, &run->child, error);
    return status ? status : flame_recorder_follow(run->recorder, &run->child, error);
}

static const char *why_empty(void)
{
    return watch_kernel         ? "nothing of it ran on a CPU at any of them"
           : watch_setting.gil  ? "no thread held the interpreter lock at any of them"
           : watch_setting.cpu  ? "no thread ran or waited for a CPU at any of them"
           : watch_setting.idle ? "no thread was there at any of them"
                                : "every thread slept at each of them (--idle shows where they wait)";
}

/* The recording is over: write it, and tell how good it is. Returns the exit status but for the command's. */
static int write_recording(recording *run, fs_status recorded, fs_error *error)
{
    flame_statistics measured;
    flame_recorder_statistics(run->recorder, &measured);
    if (recorded) flame_watch_complain(error, watch_setting.children);
    flame_watch_complain_barred(&measured);
    if (!measured.taken && !(empty && measured.ticks)) {
        if (!recorded) flame_watch_report_nothing(&measured, why_empty());
        return COMMAND_FAILED;
    }
    fs_status status = record_output_write(&wanted, run->recorder, run->output, error);
    if (!status) {
        status = fs_output_commit(run->output, error);
        run->output = NULL;
    }
    if (status) return command_fail(error);
    if (!quiet) {
        flame_watch_report(&measured, watch_setting.freeze, watch_setting.idle);
        if (strcmp(wanted.path, "-") != 0)
            command_complain("%s %s", wanted.append ? "added to" : "wrote", wanted.path);
    }
    return recorded || measured.barred ? COMMAND_FAILED : COMMAND_OK;
}

static int check_usage(int count)
{
    const int usage = flame_watch_check(count, "flame record -- python3 slow.py");
    if (usage != COMMAND_OK) return usage;
    if (kill_after && (seconds <= 0 || count == 0))
        return command_usage("--kill-after needs --duration and a command to start");
    if (watch_kernel &&
        (watch_setting.idle || watch_setting.cpu || watch_setting.gil || watch_setting.freeze ||
         watch_setting.native || watch_setting.tasks || watch_setting.budget))
        return command_usage("--kernel records what runs on a CPU, by perf events: leave out --idle, --cpu, "
                             "--gil, --freeze, --native, --tasks and --budget");
    if (!(watch_setting.rate > 0)) watch_setting.rate = 1000;
    /* The command's number is not known before it runs, and the file must be opened before that. */
    return record_output_choose(&wanted, watch_setting.pid > 0 ? (long long)watch_setting.pid : getpid());
}

static int record(int count, char **arguments)
{
    fs_error error;
    recording run = {.child = {.pid = -1, .pidfd = -1}};
    int result = check_usage(count);
    if (result != COMMAND_OK) return result;
    if (record_output_open(&wanted, &run.output, &error) != FS_OK) return command_fail(&error);
    flame_signals_take(true);
    fs_status status = begin(&run, count, arguments, &error);
    flame_signals_take_ignored();
    if (status) {
        const bool not_started = count > 0 && run.recorder && run.child.pid < 0;
        result = not_started ? flame_watch_launch_exit(status) : COMMAND_FAILED;
        command_fail(&error);
        goto cleanup;
    }
    if (count == 0 && flame_recorder_stopped(run.recorder))
        command_complain("process %lld is stopped; it shows nothing new until it goes on: kill -CONT %lld",
                         (long long)watch_setting.pid, (long long)watch_setting.pid);
    progress_begin(&run.bar, "recording", quiet);
    status = flame_recorder_run(run.recorder, &error);
    progress_end(&run.bar);
    result = write_recording(&run, status, &error);
    flame_statistics measured;
    flame_recorder_statistics(run.recorder, &measured);
    if (count > 0 && kill_after && measured.stop == FLAME_STOP_TIME)
        result = flame_watch_kill(&run.child, result);
    else if (count > 0)
        result = flame_watch_finish(&run.child, quiet || measured.stop == FLAME_STOP_ENDED, result);
    if (!quiet) flame_watch_tell_orphans(&run.child);
cleanup:
    fs_output_discard(run.output);
    flame_recorder_destroy(run.recorder);
    flame_child_fini(&run.child);
    return result;
}

const command flame_record_command = {
    .name = "record",
    .summary = "Record where a program spends its time, line by line: Python or native.",
    .arguments = "[-p PID | -- COMMAND...]",
    .description =
        "Starts a command or attaches to a running process, looks at its Python stacks 1000 times a second "
        "without stopping it (but with --native or --tasks), and writes a flame graph (or a profile for "
        "other tools) "
        "when it ends, on "
        "Ctrl-C, "
        "on SIGTERM or SIGQUIT, or when the program dies. SIGUSR1 writes what there is so far over the same "
        "file, and the recording goes on. CPython 3.8 and newer; the program needs no preparation. Of a "
        "program that "
        "is no Python the native stacks are recorded; its threads are stopped for some microseconds each "
        "time.\n\n"
        "At the end it says how many samples were wanted, taken, missed and why, and late. The exit status "
        "is "
        "that of the command (128 + n after signal n; 127: command not found; 126: not executable), or 1 "
        "when "
        "nothing could be recorded (no file is written then) or the program could not be read to its end.\n\n"
        "A process of another user, or one in a container, may need more rights; the error says which, and "
        "the "
        "command that gives them.",
    .examples =
        "  flame record -o slow.svg -- python3 slow.py    start, record to the end, then open slow.svg\n"
        "  flame record -p 1234 -d 10 -o now.html        ten seconds of a running server\n"
        "  flame record --gil -p 1234 -o lock.svg        who holds the interpreter lock?\n"
        "  flame record --idle -p 1234 -o wait.svg       where do its threads wait?\n"
        "  flame record -p 1234 -o 'p-{pid}-{time}.svg' &  in a script; kill -INT $! ends and writes it\n"
        "  flame record --subprocesses -- pytest -n 4    with its worker processes\n"
        "  flame record --kernel --subprocesses -- sh build.sh   a shell's programs, and the kernel",
    .options = options,
    .least = 0,
    .most = -1,
    .rest = true,
    .run = record,
};
