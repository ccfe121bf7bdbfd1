#include "run_command.h"

#include "clock.h"
#include "supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
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

static fs_status explain_start(const flame_command_options *options, flame_start_report failure,
                               fs_error *error)
{
    const char *program = options->words[0];
    const char *why = strerror(failure.number);
    char interpreter[256];
    if (failure.step == FLAME_START_FORK) return fs_fail(error, FS_IO, "cannot start a process: %s", why);
    if (failure.step == FLAME_START_DIRECTORY)
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

/* Wait until the command runs, or has failed to. */
static fs_status hear_of_start(const flame_command_options *options, int started, double *began,
                               fs_error *error)
{
    flame_start_report report = {0};
    ssize_t told;
    do {
        told = read(started, &report, sizeof report); /* written at once, so read at once */
        if (told == (ssize_t)sizeof report && report.number == 0) *began = report.began;
    } while ((told < 0 && errno == EINTR) || (told == (ssize_t)sizeof report && report.number == 0));
    if (told == 0 && report.began > 0) return FS_OK;
    return told == (ssize_t)sizeof report ? explain_start(options, report, error)
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
    int out, err;
    int end; /* the supervisor's report; -1 when it has come */
    flame_end_report report;
    bool reported;
    double started;
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

/* The report is written at once, so it is read at once; nothing means that the supervisor is dead. */
static void hear_of_end(watch *w)
{
    ssize_t got = read(w->end, &w->report, sizeof w->report);
    if (got < 0 && errno == EINTR) return;
    w->reported = got == (ssize_t)sizeof w->report;
    close(w->end);
    w->end = -1;
}

/* Wait for output, the end, or `seconds`. */
static void wait_once(watch *w, double seconds)
{
    struct pollfd set[3] = {
        {.fd = w->out, .events = POLLIN}, {.fd = w->err, .events = POLLIN}, {.fd = w->end, .events = POLLIN}};
    if (poll(set, 3, (int)fmax(0, ceil(seconds * 1000))) <= 0) return;
    if (set[2].revents) hear_of_end(w);
    if (set[0].revents) drain(w, &w->out, &w->result->output);
    if (set[1].revents) drain(w, &w->err, &w->result->errors);
}

static void watch_it(watch *w)
{
    const flame_command_options *options = w->options;
    double next_tick = w->started;
    while (w->end >= 0 && !w->no_memory) {
        double now = fs_clock_seconds();
        double left = next_tick - now;
        if (left <= 0) {
            if (options->tick && !options->tick(options->context, now - w->started)) {
                w->result->ending = FLAME_RUN_STOPPED;
                return;
            }
            next_tick = now + TICK_MILLISECONDS / 1000.0;
            left = TICK_MILLISECONDS / 1000.0;
        }
        if (options->time_limit > 0) {
            double until = w->started + options->time_limit - now;
            if (until <= 0) {
                w->result->ending = FLAME_RUN_TIMED_OUT;
                return;
            }
            if (until < left) left = until;
        }
        wait_once(w, left);
    }
}

/* The program is over, or is to be: the supervisor ends it with all that it started, and what is still in the
 * pipes is read. */
static fs_status finish(watch *w, int *control, fs_error *error)
{
    close(*control);
    *control = -1;
    while (w->end >= 0 && !w->no_memory) wait_once(w, 1);
    /* Something that may not be killed can hold the pipes open: a moment is enough for what was written. */
    double until = fs_clock_seconds() + 0.2;
    while ((w->out >= 0 || w->err >= 0) && !w->no_memory && fs_clock_seconds() < until) wait_once(w, 0.05);
    if (!w->reported && !w->no_memory)
        return fs_fail(error, FS_IO, "the process that watched '%s' was killed", w->options->words[0]);
    flame_command_result *result = w->result;
    const struct rusage *usage = &w->report.usage;
    result->wall = w->report.at - w->started;
    result->user = (double)usage->ru_utime.tv_sec + (double)usage->ru_utime.tv_usec * 1e-6;
    result->system = (double)usage->ru_stime.tv_sec + (double)usage->ru_stime.tv_usec * 1e-6;
    result->peak_memory = (uint64_t)usage->ru_maxrss * 1024;
    if (result->ending != FLAME_RUN_ENDED) return FS_OK;
    if (WIFSIGNALED(w->report.status)) {
        result->ending = FLAME_RUN_SIGNALLED;
        result->signal = WTERMSIG(w->report.status);
    } else {
        result->exit_code = WEXITSTATUS(w->report.status);
    }
    return FS_OK;
}

fs_status flame_command_run(const flame_command_options *options, flame_command_result *result,
                            fs_error *error)
{
    *result = (flame_command_result){0};
    fs_status status = FS_OK;
    enum { OUTPUT, ERRORS, STARTED, ENDED, CONTROL, PIPES };
    int pipes[PIPES][2];
    for (int i = 0; i < PIPES; i++) pipes[i][0] = pipes[i][1] = -1;
    pid_t supervisor = -1;
    watch w = {.options = options, .result = result};
    w.piece = fs_alloc(PIECE, 1);
    if (!w.piece) return fs_fail_memory(error, "starting a command", PIECE);
    for (int i = 0; i < PIPES; i++) {
        if (pipe2(pipes[i], O_CLOEXEC) == 0) continue;
        status = fs_fail(error, FS_IO, "cannot make a pipe: %s", strerror(errno));
        goto cleanup;
    }
    supervisor = fork();
    if (supervisor < 0) {
        status = fs_fail(error, FS_IO, "cannot start a process: %s", strerror(errno));
        goto cleanup;
    }
    if (supervisor == 0) {
        close(pipes[CONTROL][1]);
        flame_supervise(options, &(flame_supervisor_ends){.output = pipes[OUTPUT][1],
                                                          .errors = pipes[ERRORS][1],
                                                          .started = pipes[STARTED][1],
                                                          .ended = pipes[ENDED][1],
                                                          .control = pipes[CONTROL][0]});
    }
    for (int i = 0; i < PIPES; i++) {
        int theirs = i == CONTROL ? 0 : 1;
        close(pipes[i][theirs]);
        pipes[i][theirs] = -1;
    }
    status = hear_of_start(options, pipes[STARTED][0], &w.started, error);
    if (status != FS_OK) goto cleanup;
    w.out = pipes[OUTPUT][0];
    w.err = pipes[ERRORS][0];
    w.end = pipes[ENDED][0];
    fcntl(w.out, F_SETFL, O_NONBLOCK);
    fcntl(w.err, F_SETFL, O_NONBLOCK);
    watch_it(&w);
    status = finish(&w, &pipes[CONTROL][1], error);
    pipes[OUTPUT][0] = w.out;
    pipes[ERRORS][0] = w.err;
    pipes[ENDED][0] = w.end;
    if (!capture_close(&result->output) || !capture_close(&result->errors)) w.no_memory = true;
    if (w.no_memory) status = fs_fail_memory(error, "keeping a command's output", 0);
cleanup:
    for (int i = 0; i < PIPES; i++) close_pair(pipes[i]);
    while (supervisor > 0 && waitpid(supervisor, NULL, 0) < 0 && errno == EINTR) continue;
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
    case FLAME_RUN_ENDED:
        fs_text_format(out, "ended with status %d", result->exit_code);
        break;
    case FLAME_RUN_SIGNALLED:
        fs_text_format(out, "was killed by signal %d (%s)", result->signal, strsignal(result->signal));
        if (result->signal == SIGKILL) fs_text_add(out, "; was there too little memory?");
        break;
    case FLAME_RUN_TIMED_OUT:
        fs_text_format(out, "ran past its time limit of %g s and was stopped (\"time_limit\" sets it)",
                       time_limit);
        break;
    case FLAME_RUN_STOPPED:
        fs_text_add(out, "was stopped");
        break;
    }
}
