#include "run_command.h"

#include "clock.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICK_MILLISECONDS = 100, PIECE = 1 << 16 };

/* ---- output in bounds ---- */

static bool capture_add(flame_capture *capture, const char *bytes, size_t length)
{
    size_t room = FLAME_CAPTURE_HEAD - capture->head.length;
    size_t first = length < room ? length : room;
    if (!fs_text_append(&capture->head, bytes, first)) return false;
    bytes += first;
    length -= first;
    if (length == 0) return true;
    /* The tail grows to twice its size, then its older half goes: each byte is moved once. */
    if (!fs_text_append(&capture->tail, bytes, length)) return false;
    if (capture->tail.length >= 2 * (size_t)FLAME_CAPTURE_TAIL) {
        size_t away = capture->tail.length - FLAME_CAPTURE_TAIL;
        memmove(capture->tail.data, capture->tail.data + away, FLAME_CAPTURE_TAIL);
        capture->tail.length = FLAME_CAPTURE_TAIL;
        capture->tail.data[FLAME_CAPTURE_TAIL] = '\0';
        capture->dropped += away;
    }
    return true;
}

/* Nothing was dropped: the two parts are one. Otherwise the tail begins with a whole line. */
static bool capture_close(flame_capture *capture)
{
    if (capture->dropped == 0 && capture->tail.length > 0) {
        bool ok = fs_text_append(&capture->head, capture->tail.data, capture->tail.length);
        fs_text_clear(&capture->tail);
        return ok;
    }
    if (capture->dropped == 0) return true;
    const char *line = memchr(capture->tail.data, '\n', capture->tail.length);
    size_t away = line ? (size_t)(line + 1 - capture->tail.data) : 0;
    memmove(capture->tail.data, capture->tail.data + away, capture->tail.length - away + 1);
    capture->tail.length -= away;
    capture->dropped += away;
    return true;
}

void flame_capture_end(const flame_capture *capture, size_t bytes, fs_text *out)
{
    const fs_text *part = capture->tail.length ? &capture->tail : &capture->head;
    const char *text = fs_text_string(part);
    size_t length = part->length;
    while (length > 0 && strchr(" \t\r\n", text[length - 1])) length--;
    size_t from = length > bytes ? length - bytes : 0;
    if (from > 0) {
        const char *line = memchr(text + from, '\n', length - from);
        if (line) from = (size_t)(line + 1 - text);
    }
    for (size_t i = from; i < length;) {
        uint32_t code;
        size_t n = fs_utf8_decode(text + i, length - i, &code);
        if (n == 0) {
            fs_text_add(out, "\xEF\xBF\xBD");
            i++;
        } else {
            if (code >= ' ' || code == '\n' || code == '\t') fs_text_append(out, text + i, n);
            i += n;
        }
    }
}

/* ---- starting ---- */

/* What the child tells through a pipe that exec closes: once before exec, and again when that failed. It
 * says itself when it began, for on a busy machine we may hear of it late. */
typedef struct start_word {
    double began; /* seconds */
    int number;   /* errno; 0: nothing is wrong yet */
    int step;     /* 0: chdir, 1: exec */
} start_word;

static void apply_environment(const flame_pairs_list *environment)
{
    for (size_t i = 0; environment && i < environment->count; i++) {
        if (environment->values[i])
            setenv(environment->names[i], environment->values[i], 1);
        else
            unsetenv(environment->names[i]);
    }
}

static _Noreturn void become(const flame_command_options *options, int out, int err, int tell)
{
    start_word word = {0};
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a measurement nobody waits for should not run on */
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0) dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
    if (options->directory && chdir(options->directory) != 0) {
        word.number = errno;
    } else {
        apply_environment(options->environment);
        word.step = 1;
        word.began = fs_clock_seconds();
        if (write(tell, &word, sizeof word) == (ssize_t)sizeof word)
            execvp(options->words[0], (char *const *)(uintptr_t)options->words);
        word.number = errno;
    }
    ssize_t told = write(tell, &word, sizeof word);
    _exit(told == (ssize_t)sizeof word ? 127 : 126); /* child */
}

/* A script that exists but cannot start lacks the interpreter that its first line names. */
static bool missing_interpreter(const char *program, const char *directory, char *name, size_t room)
{
    char path[4096];
    if (!strchr(program, '/')) return false;
    if (program[0] == '/' || !directory)
        snprintf(path, sizeof path, "%s", program);
    else
        snprintf(path, sizeof path, "%s/%s", directory, program);
    char *text = NULL;
    size_t length = 0;
    FILE *file = fopen(path, "re");
    if (!file) return false;
    char line[256] = "";
    if (fgets(line, sizeof line, file)) {
        text = line;
        length = strcspn(line, "\r\n");
    }
    fclose(file);
    if (!text || length < 3 || strncmp(text, "#!", 2) != 0) return false;
    text[length] = '\0';
    text += 2 + strspn(text + 2, " \t");
    text[strcspn(text, " \t")] = '\0';
    snprintf(name, room, "%s", text);
    return true;
}

static fs_status explain_start(const flame_command_options *options, start_word failure, fs_error *error)
{
    const char *program = options->words[0];
    const char *why = strerror(failure.number);
    char interpreter[256];
    if (failure.step == 0)
        return fs_fail(error, FS_NOT_FOUND, "cannot start in the directory '%s': %s", options->directory,
                       why);
    if (failure.number == ENOENT &&
        missing_interpreter(program, options->directory, interpreter, sizeof interpreter))
        return fs_fail(error, FS_NOT_FOUND,
                       "'%s' is there, but the interpreter in its first line is not: '%s'", program,
                       interpreter);
    if (failure.number == ENOENT && strcmp(program, "python") == 0)
        return fs_fail(error, FS_NOT_FOUND, "there is no command 'python' here; is it 'python3'?");
    if (failure.number == ENOENT)
        return fs_fail(error, FS_NOT_FOUND, "there is no command '%s'%s", program,
                       strchr(program, '/') ? "" : " on the PATH; is it installed?");
    if (failure.number == EACCES)
        return fs_fail(error, FS_PERMISSION,
                       "'%s' may not be executed; chmod +x, or name its interpreter first", program);
    if (failure.number == ENOEXEC)
        return fs_fail(error, FS_FORMAT, "'%s' is neither a program nor a script with #! in its first line",
                       program);
    return fs_fail(error, FS_IO, "cannot start '%s': %s", program, why);
}

/* Wait until the command runs; the child is waited for when it does not. */
static fs_status hear_of_start(const flame_command_options *options, pid_t pid, int tell, double *began,
                               fs_error *error)
{
    start_word word = {0};
    ssize_t told;
    do {
        told = read(tell, &word, sizeof word); /* written at once, so read at once */
        if (told == (ssize_t)sizeof word && word.number == 0) *began = word.began;
    } while ((told < 0 && errno == EINTR) || (told == (ssize_t)sizeof word && word.number == 0));
    if (told == 0 && word.began > 0) return FS_OK;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
    return told == (ssize_t)sizeof word ? explain_start(options, word, error)
                                        : fs_fail(error, FS_IO, "cannot start '%s'", options->words[0]);
}

static void close_pair(int pair[2])
{
    for (int i = 0; i < 2; i++) {
        if (pair[i] >= 0) close(pair[i]);
        pair[i] = -1;
    }
}

/* ---- watching ---- */

typedef struct watch {
    const flame_command_options *options;
    flame_command_result *result;
    pid_t pid;
    int pidfd; /* -1: this kernel has none, so the end is polled for */
    int out, err;
    double started;
    bool ended;
    bool no_memory;
    char *piece; /* PIECE bytes */
} watch;

/* Read what is there; closes at the end of the stream. */
static void drain(watch *w, int *descriptor, flame_capture *capture)
{
    ssize_t got = read(*descriptor, w->piece, PIECE);
    if (got > 0) {
        if (!capture_add(capture, w->piece, (size_t)got)) w->no_memory = true;
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        close(*descriptor);
        *descriptor = -1;
    }
}

static void look_for_end(watch *w)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)w->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == w->pid) {
        w->ended = true;
        w->result->wall = fs_clock_seconds() - w->started;
    }
}

/* Wait for output, the end, or `seconds`. */
static void wait_once(watch *w, double seconds)
{
    struct pollfd set[3] = {{.fd = w->out, .events = POLLIN},
                            {.fd = w->err, .events = POLLIN},
                            {.fd = w->ended ? -1 : w->pidfd, .events = POLLIN}};
    int milliseconds = (int)fmax(0, ceil(seconds * 1000));
    if (w->pidfd < 0 && !w->ended && milliseconds > 2) milliseconds = 2;
    int ready = poll(set, 3, milliseconds);
    if (!w->ended && (w->pidfd < 0 || (ready > 0 && set[2].revents))) look_for_end(w);
    if (ready <= 0) return;
    if (set[0].revents) drain(w, &w->out, &w->result->output);
    if (set[1].revents) drain(w, &w->err, &w->result->errors);
}

static void watch_it(watch *w)
{
    const flame_command_options *options = w->options;
    double next_tick = w->started;
    while (!w->ended && !w->no_memory) {
        double now = fs_clock_seconds();
        double left = next_tick - now;
        if (left <= 0) {
            if (options->tick && !options->tick(options->context, now - w->started)) {
                w->result->ending = FLAME_STOPPED;
                return;
            }
            next_tick = now + TICK_MILLISECONDS / 1000.0;
            left = TICK_MILLISECONDS / 1000.0;
        }
        if (options->time_limit > 0) {
            double until = w->started + options->time_limit - now;
            if (until <= 0) {
                w->result->ending = FLAME_TIMED_OUT;
                return;
            }
            if (until < left) left = until;
        }
        wait_once(w, left);
    }
}

/* The program is over. Its children are killed with it; what is still in the pipes is read. */
static void finish(watch *w)
{
    kill(-w->pid, SIGKILL);
    if (!w->ended) w->result->wall = fs_clock_seconds() - w->started;
    int status = 0;
    struct rusage usage;
    memset(&usage, 0, sizeof usage);
    while (wait4(w->pid, &status, 0, &usage) < 0 && errno == EINTR) continue;
    w->ended = true;
    /* A child that left the group may hold the pipes open: a moment is enough for what was written. */
    double until = fs_clock_seconds() + 0.2;
    while ((w->out >= 0 || w->err >= 0) && !w->no_memory && fs_clock_seconds() < until) wait_once(w, 0.05);
    flame_command_result *result = w->result;
    result->user = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec * 1e-6;
    result->system = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec * 1e-6;
    result->peak_memory = (uint64_t)usage.ru_maxrss * 1024;
    if (result->ending != FLAME_ENDED) return;
    if (WIFSIGNALED(status)) {
        result->ending = FLAME_SIGNALLED;
        result->signal = WTERMSIG(status);
    } else {
        result->exit_code = WEXITSTATUS(status);
    }
}

fs_status flame_command_run(const flame_command_options *options, flame_command_result *result,
                            fs_error *error)
{
    *result = (flame_command_result){0};
    fs_status status = FS_OK;
    int out[2] = {-1, -1}, err[2] = {-1, -1}, tell[2] = {-1, -1};
    watch w = {.options = options, .result = result, .pidfd = -1, .out = -1, .err = -1};
    w.piece = fs_alloc(PIECE, 1);
    if (!w.piece) return fs_fail_memory(error, "starting a command", PIECE);
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0 || pipe2(tell, O_CLOEXEC) != 0) {
        status = fs_fail(error, FS_IO, "cannot make a pipe: %s", strerror(errno));
        goto cleanup;
    }
    w.pid = fork();
    if (w.pid < 0) {
        status = fs_fail(error, FS_IO, "cannot start a process: %s", strerror(errno));
        goto cleanup;
    }
    if (w.pid == 0) become(options, out[1], err[1], tell[1]);
    setpgid(w.pid, w.pid); /* on both sides, so that it holds whoever comes first */
    close(out[1]);
    close(err[1]);
    close(tell[1]);
    out[1] = err[1] = tell[1] = -1;
    status = hear_of_start(options, w.pid, tell[0], &w.started, error);
    if (status != FS_OK) goto cleanup;
    w.pidfd = (int)syscall(SYS_pidfd_open, w.pid, 0);
    w.out = out[0];
    w.err = err[0];
    fcntl(w.out, F_SETFL, O_NONBLOCK);
    fcntl(w.err, F_SETFL, O_NONBLOCK);
    watch_it(&w);
    finish(&w);
    out[0] = w.out;
    err[0] = w.err;
    if (!capture_close(&result->output) || !capture_close(&result->errors)) w.no_memory = true;
    if (w.no_memory) status = fs_fail_memory(error, "keeping a command's output", 0);
cleanup:
    close_pair(out);
    close_pair(err);
    close_pair(tell);
    if (w.pidfd >= 0) close(w.pidfd);
    fs_free(w.piece);
    return status;
}

void flame_command_fini(flame_command_result *result)
{
    fs_text_fini(&result->output.head);
    fs_text_fini(&result->output.tail);
    fs_text_fini(&result->errors.head);
    fs_text_fini(&result->errors.tail);
}

void flame_command_describe(const flame_command_result *result, double time_limit, fs_text *out)
{
    switch (result->ending) {
    case FLAME_ENDED:
        fs_text_format(out, "ended with status %d", result->exit_code);
        break;
    case FLAME_SIGNALLED:
        fs_text_format(out, "was killed by signal %d (%s)", result->signal, strsignal(result->signal));
        if (result->signal == SIGKILL) fs_text_add(out, "; was there too little memory?");
        break;
    case FLAME_TIMED_OUT:
        fs_text_format(out, "ran past its time limit of %g s and was stopped (\"time_limit\" sets it)",
                       time_limit);
        break;
    case FLAME_STOPPED:
        fs_text_add(out, "was stopped");
        break;
    }
}
