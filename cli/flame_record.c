#include "flame_commands.h"

#include "clock.h"
#include "command.h"
#include "file.h"
#include "flame_signals.h"
#include "flame_watch.h"
#include "launch.h"
#include "progress.h"
#include "record.h"
#include "recording_output.h"
#include "text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t pid;
static const char *output_path;
static double seconds;
static double rate = 1000;
static bool threads, threads_given, imports, children, gil, cpu, idle, functions, freeze, quiet, empty;
static int64_t only_thread;
static const char *title;
static int format;
static flame_output_form form; /* worked out from it and the output's ending */
static bool format_given;
static const char *const format_names[] = {FLAME_FILE_FORMATS(FLAME_OUTPUT_WORD) NULL};

static const command_option options[] = {
    {.kind = COMMAND_HEADING, .help = "What to record"},
    {.kind = COMMAND_INTEGER,
     .letter = 'p',
     .name = "pid",
     .value = "PID",
     .help = "Attach to this running process instead of starting a command.",
     .target = &pid,
     .least = 1,
     .most = INT_MAX},
    {.kind = COMMAND_REAL,
     .letter = 'd',
     .name = "duration",
     .value = "SECONDS",
     .help =
         "Stop after this long, counted from the first sample. Default: until the program ends, or Ctrl-C.",
     .target = &seconds,
     .least = 0.001,
     .most = 1e9},
    {.kind = COMMAND_REAL,
     .letter = 'r',
     .name = "rate",
     .value = "HZ",
     .help = "Samples a second. Default: 1000.",
     .target = &rate,
     .least = 0.01,
     .most = 100000},
    {.kind = COMMAND_FLAG,
     .name = "subprocesses",
     .help = "Follow the processes it starts as well; each becomes a frame of its own.",
     .target = &children},
    {.kind = COMMAND_INTEGER,
     .name = "thread",
     .value = "TID",
     .help = "Only this thread (its kernel thread id, as flame dump shows it).",
     .target = &only_thread,
     .least = 1,
     .most = INT_MAX},

    {.kind = COMMAND_HEADING, .help = "Which moments count"},
    {.kind = COMMAND_FLAG,
     .name = "idle",
     .help = "Count sleeping threads too: where does the program wait? Default: only threads that work, or "
             "hold the "
             "interpreter lock.",
     .target = &idle},
    {.kind = COMMAND_FLAG,
     .name = "cpu",
     .help = "Only threads that run on a CPU or are in the queue for one.",
     .target = &cpu},
    {.kind = COMMAND_FLAG,
     .name = "gil",
     .help = "Only the thread that holds the interpreter lock.",
     .target = &gil},
    {.kind = COMMAND_FLAG,
     .name = "freeze",
     .help = "Stop the program while each sample is read: no sample is missed, but the program is slowed. "
             "Default: "
             "it is "
             "never stopped.",
     .target = &freeze},

    {.kind = COMMAND_HEADING, .help = "What to write"},
    {.kind = COMMAND_TEXT,
     .letter = 'o',
     .name = "output",
     .value = "FILE",
     .help =
         "Where the profile goes; its ending chooses the form: .svg or .html (flame graphs to look at), "
         ".folded "
         "(text), .json (speedscope), .pb.gz (pprof), .trace.json (what each thread did when, for Chrome and "
         "Perfetto). '-' is standard output. Default: flame-PID.svg.",
     .target = &output_path},
    {.kind = COMMAND_CHOICE,
     .name = "format",
     .value = "NAME",
     .help = "The form, when the ending does not tell.",
     .target = &format,
     .choices = format_names,
     .given = &format_given},
    {.kind = COMMAND_FLAG,
     .name = "function",
     .help = "Merge the lines of a function into one frame.",
     .target = &functions},
    {.kind = COMMAND_FLAG,
     .name = "threads",
     .help =
         "Each thread under a frame of its own (--no-threads: all together). Default: if there are several.",
     .target = &threads,
     .given = &threads_given},
    {.kind = COMMAND_FLAG,
     .name = "imports",
     .help =
         "Show the import system's own frames (importlib._bootstrap). Default: left out between a module and "
         "what it "
         "imports, as in tracebacks.",
     .target = &imports},
    {.kind = COMMAND_TEXT,
     .name = "title",
     .value = "TEXT",
     .help = "Title of the picture. Default: the command.",
     .target = &title},
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
        char detail[160];
        if (so_far.ticks)
            snprintf(detail, sizeof detail, "%.1f s  %llu samples  %llu stacks  (Ctrl-C ends and writes)",
                     so_far.seconds, (unsigned long long)so_far.taken, (unsigned long long)so_far.stacks);
        else
            snprintf(detail, sizeof detail, "waiting for Python to start");
        progress_update(&run->bar, seconds > 0 ? so_far.seconds / seconds : -1, detail);
    }
    return flame_signals_attend(run->child.pid);
}

/* "flame record -p 12": what to run again with more rights. */
static void describe_action(char *text, size_t room)
{
    snprintf(text, room, "flame record -p %lld", (long long)pid);
}

static fs_status begin(recording *run, int count, char **arguments, fs_error *error)
{
    flame_recorder_options wanted;
    flame_recorder_options_default(&wanted);
    wanted.rate = rate;
    wanted.seconds = seconds;
    wanted.idle = idle;
    wanted.cpu = cpu;
    wanted.gil = gil;
    wanted.functions = functions;
    wanted.freeze = freeze;
    wanted.children = children;
    wanted.in_time = flame_output_format_of(form)->in_time;
    wanted.merge = threads_given && !threads && !wanted.in_time;
    wanted.thread = (pid_t)only_thread;
    wanted.waiting = flame_signals_waiting();
    wanted.attend = attend;
    wanted.context = run;
    fs_status status = flame_recorder_create(&wanted, &run->recorder, error);
    if (status) return status;
    if (count == 0) {
        char action[64];
        describe_action(action, sizeof action);
        return flame_recorder_attach(run->recorder, (pid_t)pid, action, error);
    }
    flame_launch_options launch = {.mask = flame_signals_original(), .input = -1, .output = -1};
    status = flame_launch(arguments, &launch, &run->child, error);
    return status ? status : flame_recorder_follow(run->recorder, &run->child, error);
}

static fs_status write_profile(const recording *run, fs_output *output, const flame_statistics *result,
                               uint64_t start, fs_error *error)
{
    flame_layers layers = {.only = -1, .imports = imports};
    if (threads_given) layers.threads = threads ? FLAME_LAYER_SHOW : FLAME_LAYER_HIDE;
    flame_tree *tree;
    const bool in_time = flame_output_format_of(form)->in_time;
    fs_status status = in_time ? flame_recorder_timeline(run->recorder, imports, &tree, error)
                               : flame_recorder_tree(run->recorder, &layers, &tree, error);
    if (status) return status;
    char subtitle[160];
    snprintf(subtitle, sizeof subtitle, "%llu samples in %.1f s at %g Hz%s",
             (unsigned long long)result->taken, result->seconds, rate,
             gil    ? ", holders of the interpreter lock"
             : cpu  ? ", running threads"
             : idle ? ", sleeping threads too"
                    : "");
    flame_recording_info info = {.title = title ? title : flame_recorder_title(run->recorder),
                                 .subtitle = subtitle,
                                 .period = 1e9 / rate,
                                 .start = start,
                                 .threads = in_time};
    status = flame_recording_write(tree, form, &info, output, error);
    flame_tree_destroy(tree);
    return status;
}

static const char *why_empty(void)
{
    return gil    ? "no thread held the interpreter lock at any of them"
           : cpu  ? "no thread ran or waited for a CPU at any of them"
           : idle ? "no thread was there at any of them"
                  : "every thread slept at each of them (--idle shows where they wait)";
}

/* What is written and where, by the options. */
static int choose_form(void)
{
    static char default_path[64];
    if (format_given) form = (flame_output_form)(FLAME_OUTPUT_SVG + format);
    if (!output_path) {
        if (!format_given) form = FLAME_OUTPUT_SVG;
        /* The command's number is not known before it runs, and the file must be opened before that. */
        snprintf(default_path, sizeof default_path, "flame-%lld%s", (long long)(pid > 0 ? pid : getpid()),
                 flame_output_format_of(form)->endings[0]);
        output_path = default_path;
    } else if (!format_given) {
        form = strcmp(output_path, "-") == 0 ? FLAME_OUTPUT_FOLDED : flame_output_form_of(output_path);
    }
    if (form != FLAME_OUTPUT_UNKNOWN) return COMMAND_OK;
    char endings[FLAME_ENDINGS_SIZE];
    return command_usage("-o %s: the ending chooses the form: %s (or say --format NAME)", output_path,
                         flame_output_endings(FLAME_OUTPUT_SVG, FLAME_OUTPUT_CHROME, endings));
}

static int record(int count, char **arguments)
{
    if ((pid > 0) == (count > 0))
        return command_usage(pid > 0 ? "give either -p PID or a command, not both"
                                     : "give -p PID, or a command to start: flame record -- python3 slow.py");
    if (gil + cpu + idle > 1) return command_usage("choose one of --gil, --cpu and --idle");
    const bool named = output_path != NULL;
    if (choose_form() != COMMAND_OK) return COMMAND_USAGE;
    fs_error error;
    fs_output *output;
    fs_status status = named ? fs_output_open(output_path, &output, &error)
                             : fs_output_open_new(output_path, &output, &error);
    if (status) return command_fail(&error);

    recording run = {.child = {.pid = -1, .pidfd = -1}};
    uint64_t start = (uint64_t)time(NULL) * 1000000000u;
    int result = COMMAND_FAILED;
    bool to_stdout = strcmp(output_path, "-") == 0;
    flame_signals_take(count > 0);
    status = begin(&run, count, arguments, &error);
    if (status) {
        result = count > 0 && run.child.pid < 0 ? flame_watch_launch_exit(status) : COMMAND_FAILED;
        command_fail(&error);
        goto cleanup;
    }
    if (pid > 0 && flame_recorder_stopped(run.recorder))
        command_complain("process %lld is stopped; it shows nothing new until it goes on: kill -CONT %lld",
                         (long long)pid, (long long)pid);
    progress_begin(&run.bar, "recording", quiet);
    status = flame_recorder_run(run.recorder, &error);
    progress_end(&run.bar);
    flame_statistics measured;
    flame_recorder_statistics(run.recorder, &measured);
    const fs_status recorded = status;
    if (status) flame_watch_complain(&error, children);
    bool taken = measured.taken || (empty && measured.ticks);
    if (!status && !taken) flame_watch_report_nothing(&measured, why_empty());
    if (taken) {
        status = write_profile(&run, output, &measured, start, &error);
        if (!status) {
            status = fs_output_commit(output, &error);
            output = NULL;
        }
        if (status) {
            command_fail(&error);
        } else {
            result = recorded ? COMMAND_FAILED : COMMAND_OK;
            if (!quiet) {
                flame_watch_report(&measured, freeze, idle);
                if (!to_stdout) command_complain("wrote %s", output_path);
            }
        }
    }
    if (count > 0)
        result = flame_watch_finish(&run.child, quiet || measured.stop == FLAME_STOP_ENDED, result);
cleanup:
    fs_output_discard(output);
    flame_recorder_destroy(run.recorder);
    flame_child_fini(&run.child);
    return result;
}

const command flame_record_command = {
    .name = "record",
    .summary = "Record where a Python program spends its time, line by line.",
    .arguments = "[-p PID | -- COMMAND...]",
    .description = "Starts a command or attaches to a running process, looks at its Python stacks 1000 times "
                   "a second without "
                   "stopping it, and writes a flame graph (or a profile for other tools) when it ends, on "
                   "Ctrl-C, on SIGTERM, "
                   "or when the program dies. CPython 3.8 and newer; the program needs no preparation.\n\n"
                   "At the end it says how many samples were wanted, taken, missed and why, and late. The "
                   "exit status is "
                   "that of the command (128 + n after signal n; 127: command not found; 126: not "
                   "executable), or 1 when "
                   "nothing could be recorded: no file is written then.\n\n"
                   "A process of another user, or one in a container, may need more rights; the error says "
                   "which, and the "
                   "command that gives them.",
    .examples =
        "  flame record -o slow.svg -- python3 slow.py    start, record to the end, then open slow.svg\n"
        "  flame record -p 1234 -d 10 -o now.html        ten seconds of a running server\n"
        "  flame record --gil -p 1234 -o lock.svg        who holds the interpreter lock?\n"
        "  flame record --idle -p 1234 -o wait.svg       where do its threads wait?\n"
        "  flame record --subprocesses -- pytest -n 4    with its worker processes",
    .options = options,
    .least = 0,
    .most = -1,
    .rest = true,
    .run = record,
};
