/* flame top: where the time goes, while it goes. */
#include "flame_top.h"

#include "clock.h"
#include "command.h"
#include "flame_commands.h"
#include "flame_signals.h"
#include "flame_watch.h"
#include "launch.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KEPT = 65536, PIPE_SIZE = 1 << 20, PIECES = 64 };

static int64_t tables, rows = 20;
static double delay = 1;
static bool batch, line_rows;
static int sort;
static const char *const sorts[] = {"self", "total", NULL};

static const command_option options[] = {
#define WATCH_RATE "200"
#include "watch_option_rows.h"

    {.kind = COMMAND_HEADING, .help = "What to show"},
    {.kind = COMMAND_REAL,
     .name = "delay",
     .value = "SECONDS",
     .help = "Time between two tables. Default: 1.",
     .target = &delay,
     .least = 0.05,
     .most = 3600},
    {.kind = COMMAND_CHOICE,
     .name = "sort",
     .value = "BY",
     .help = "Default: self.",
     .target = &sort,
     .choices = sorts},
    {.kind = COMMAND_FLAG,
     .letter = 'l',
     .name = "lines",
     .help = "A row for each line. Default: for each function.",
     .target = &line_rows},
    {.kind = COMMAND_FLAG,
     .letter = 'b',
     .name = "batch",
     .help = "Plain tables one after the other; so too when standard output is no terminal.",
     .target = &batch},
    {.kind = COMMAND_INTEGER,
     .letter = 'n',
     .name = "iterations",
     .value = "N",
     .help = "End after this many tables. Default: when the program ends.",
     .target = &tables,
     .least = 1,
     .most = 1e9},
    {.kind = COMMAND_INTEGER,
     .name = "rows",
     .value = "N",
     .help = "Rows of a plain table. Default: 20.",
     .target = &rows,
     .least = 1,
     .most = 100000},
    {.kind = COMMAND_END},
};

/* What a started command prints while the screen is in use: its last 64 KiB, shown afterwards. */
typedef struct kept_output {
    int end; /* our end of the pipe; -1: none */
    char *text;
    size_t length;
} kept_output;

typedef struct watching {
    flame_child child;
    flame_recorder *recorder;
    top_view view;
    kept_output kept;
    double next_table, next_keys;
    int64_t shown;
    bool left; /* by the user's wish */
    fs_status trouble;
    fs_error error;
} watching;

/* ---- the command's output ---- */

static void drain(kept_output *kept)
{
    char piece[16384];
    for (int i = 0; i < PIECES && kept->end >= 0; i++) { /* there may be no end of it */
        ssize_t got = read(kept->end, piece, sizeof piece);
        if (got < 0) return;
        if (got == 0) {
            close(kept->end);
            kept->end = -1;
            return;
        }
        size_t fresh = (size_t)got;
        if (kept->length + fresh > KEPT) {
            size_t drop = kept->length + fresh - KEPT;
            memmove(kept->text, kept->text + drop, kept->length - drop);
            kept->length -= drop;
        }
        memcpy(kept->text + kept->length, piece, fresh);
        kept->length += fresh;
    }
}

static fs_status keep_output(kept_output *kept, int *theirs, fs_error *error)
{
    int ends[2];
    kept->text = fs_alloc(KEPT, 1);
    if (!kept->text) return fs_fail_memory(error, "keeping the command's output", KEPT);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fs_fail(error, FS_IO, "cannot make a pipe for the command's output: %s", strerror(errno));
    fcntl(ends[0], F_SETPIPE_SZ, PIPE_SIZE);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    kept->end = ends[0];
    *theirs = ends[1];
    return FS_OK;
}

/* The screen is over: show what was kept, then pass on what comes until the command ends. */
static void pass_on(watching *top)
{
    kept_output *kept = &top->kept;
    if (!kept->text) return;
    drain(kept);
    fwrite(kept->text, 1, kept->length, stdout);
    fflush(stdout);
    kept->length = 0;
    while (kept->end >= 0 && !flame_child_ended(&top->child)) {
        struct pollfd waits[2] = {{.fd = kept->end, .events = POLLIN},
                                  {.fd = top->child.pidfd, .events = POLLIN}};
        ppoll(waits, 2, NULL, flame_signals_waiting());
        flame_signals_attend(top->child.pid);
        drain(kept);
        fwrite(kept->text, 1, kept->length, stdout);
        fflush(stdout);
        kept->length = 0;
    }
    drain(kept);
    fwrite(kept->text, 1, kept->length, stdout);
    fflush(stdout);
    kept->length = 0;
}

/* ---- tables ---- */

static void make_table(watching *top)
{
    top_view *view = &top->view;
    flame_layers layers = {.processes = FLAME_LAYER_HIDE,
                           .threads = FLAME_LAYER_HIDE,
                           .only = view->only,
                           .since_mark = !view->whole};
    flame_hot_fini(&view->hot);
    flame_tree_destroy(view->tree);
    view->tree = NULL;
    flame_recorder_statistics(top->recorder, &view->at);
    if (!view->title) view->title = flame_recorder_title(top->recorder);
    top->trouble = flame_hot_make(top->recorder, view->lines, view->only, view->order, !view->whole,
                                  &view->hot, &top->error);
    if (!top->trouble) top->trouble = flame_recorder_tree(top->recorder, &layers, &view->tree, &top->error);
    if (view->first >= view->hot.count) view->first = 0;
}

void top_print(const top_view *view, size_t most)
{
    const flame_hot *hot = &view->hot;
    command_print("%s  %.1f s  %llu samples for %llu ticks\n  SELF%%  TOTAL%%  SELF TIME  FUNCTION  %s\n",
                  view->title ? view->title : "(waiting)", view->at.seconds,
                  (unsigned long long)view->at.samples, (unsigned long long)view->at.taken,
                  view->lines ? "LINE" : "FILE");
    for (size_t i = 0; i < hot->count && i < most; i++) {
        const flame_hot_row *row = &hot->rows[i];
        if (row->recent_total == 0) break;
        double whole = (double)hot->recent / 100;
        flame_hot_place place = flame_hot_place_of(view->recorder, row);
        command_print("%6.1f%% %6.1f%%  %8.2fs  %s  %s", (double)row->recent_self / whole,
                      (double)row->recent_total / whole, (double)row->self / view->at.rate, place.function,
                      place.file);
        if (view->lines && place.line) printf(":%u", (unsigned)place.line);
        printf("\n");
    }
    printf("\n");
    fflush(stdout);
}

static void next_table(watching *top)
{
    if (!top->view.paused) {
        make_table(top);
        flame_recorder_mark(top->recorder);
        top->shown++;
    }
    if (batch)
        top_print(&top->view, (size_t)rows);
    else
        top_screen_draw(&top->view);
}

static void obey(watching *top, top_wish wish)
{
    if (wish == TOP_NOTHING) return;
    if (wish == TOP_QUIT) {
        top->left = true;
        return;
    }
    if (wish == TOP_RESET) flame_recorder_reset(top->recorder);
    if (wish != TOP_REDRAW) make_table(top);
    top_screen_draw(&top->view);
}

static bool attend(void *context)
{
    watching *top = context;
    double now = fs_clock_seconds();
    if (now >= top->next_keys) {
        top->next_keys = now + 0.03;
        drain(&top->kept);
        if (!batch) obey(top, top_screen_keys(&top->view));
    }
    if (now >= top->next_table) {
        bool first = top->next_table == 0;
        top->next_table = now + (first && batch ? delay : top->view.interval);
        if (!first || !batch) next_table(top);
    }
    return flame_signals_attend(top->child.pid) || top->left || top->trouble ||
           (tables && top->shown >= tables);
}

/* ---- the command ---- */

static fs_status begin(watching *top, int count, char **arguments, fs_error *error)
{
    flame_recorder_options wanted;
    flame_watch_options(&wanted);
    wanted.attend = attend;
    wanted.attend_every = 0.03;
    wanted.context = top;
    fs_status status = flame_recorder_create(&wanted, &top->recorder, error);
    if (status) return status;
    top->view.recorder = top->recorder;
    if (count == 0) return flame_watch_attach(top->recorder, "flame top", error);
    flame_launch_options launch = {.mask = flame_signals_original(), .input = -1, .output = -1};
    if (!batch) {
        /* The screen and the keys are ours now. */
        status = keep_output(&top->kept, &launch.output, error);
        if (!status && (launch.input = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 0)
            status = fs_fail(error, FS_IO, "cannot open /dev/null: %s", strerror(errno));
    }
    if (!status) status = flame_launch(arguments, &launch, &top->child, error);
    if (launch.output >= 0) close(launch.output);
    if (launch.input >= 0) close(launch.input);
    return status ? status : flame_recorder_follow(top->recorder, &top->child, error);
}

static int top_run(int count, char **arguments)
{
    const int usage = flame_watch_check(count, "flame top -- python3 slow.py");
    if (usage != COMMAND_OK) return usage;
    if (!(watch_setting.rate > 0)) watch_setting.rate = 200;
    if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) batch = true;
    watching top = {.child = {.pid = -1, .pidfd = -1}, .kept = {.end = -1}};
    top.view = (top_view){.lines = line_rows, .only = -1, .order = (flame_hot_order)sort, .interval = delay};
    fs_error error;
    flame_signals_take(false);
    fs_status status = begin(&top, count, arguments, &error);
    flame_signals_take_ignored();
    int result = COMMAND_FAILED;
    if (status) {
        result = count > 0 && top.child.pid < 0 ? flame_watch_launch_exit(status) : COMMAND_FAILED;
        command_fail(&error);
        goto cleanup;
    }
    if (!batch && !top_screen_begin()) {
        command_complain("this terminal (TERM) has no screen to draw on; printing plain tables instead");
        batch = true;
    }
    status = flame_recorder_run(top.recorder, &error);
    if (!status && batch && !top.left && (!tables || top.shown < tables)) next_table(&top);
    top_screen_end();
    if (!status && top.trouble) {
        status = top.trouble;
        error = top.error;
    }
    if (status && !top.left) flame_watch_complain(&error, watch_setting.children);
    result = status && !top.left ? COMMAND_FAILED : COMMAND_OK;
    flame_statistics measured;
    flame_recorder_statistics(top.recorder, &measured);
    flame_watch_complain_barred(&measured);
    if (measured.barred) result = COMMAND_FAILED;
    if (count > 0) {
        pass_on(&top);
        result = flame_watch_finish(&top.child, !top.left, result);
        flame_watch_tell_orphans(&top.child);
    }
cleanup:
    flame_hot_fini(&top.view.hot);
    flame_tree_destroy(top.view.tree);
    flame_recorder_destroy(top.recorder);
    flame_child_fini(&top.child);
    if (top.kept.end >= 0) close(top.kept.end);
    fs_free(top.kept.text);
    return result;
}

const command flame_top_command = {
    .name = "top",
    .summary = "Watch live which functions and lines of a program take the time.",
    .arguments = "[-p PID | -- COMMAND...]",
    .description = "A table of functions (or lines, key l) by self and total time in the last second, under "
                   "a small flame graph "
                   "of the same. Keys: s and t sort, l functions or lines, c since the beginning, < and > "
                   "one thread, p holds "
                   "the view, h shows all keys, q leaves.\n\n"
                   "What a started command prints is kept and shown afterwards (its last 64 KiB); it has no "
                   "input. After q it "
                   "goes on, and its exit status is this command's.",
    .examples =
        "  flame top -p 1234\n  flame top --lines -- python3 slow.py\n  flame top -p 1234 --batch -n 1",
    .options = options,
    .least = 0,
    .most = -1,
    .rest = true,
    .run = top_run,
};
