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
#include <sys/socket.h>
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

/* The two parts become one; where something was dropped, a line ends between them. */
static bool capture_close(flame_capture *capture)
{
    fs_text *tail = &capture->tail;
    size_t from = 0;
    bool ok = true;
    if (capture->dropped > 0) {
        const char *line = memchr(tail->data, '\n', tail->length);
        from = line ? (size_t)(line + 1 - tail->data) : 0;
        capture->dropped += from;
        ok = fs_text_char(&capture->head, '\n');
    }
    if (tail->length > from)
        ok = fs_text_append(&capture->head, tail->data + from, tail->length - from) && ok;
    fs_text_fini(tail);
    return ok;
}

void flame_capture_end(const flame_capture *capture, size_t bytes, fs_text *out)
{
    const char *text = fs_text_string(&capture->head);
    size_t length = capture->head.length;
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

bool flame_script_line(const char *directory, const char *program, char *line, int size)
{
    char path[4096];
    if (!strchr(program, '/')) return false;
    bool absolute = program[0] == '/' || !directory;
    snprintf(path, sizeof path, "%s%s%s", absolute ? "" : directory, absolute ? "" : "/", program);
    FILE *file = fopen(path, "re");
    if (!file) return false;
    bool script = fgets(line, size, file) && strncmp(line, "#!", 2) == 0;
    fclose(file);
    if (!script) return false;
    size_t length = strcspn(line + 2, "\r\n");
    memmove(line, line + 2, length);
    line[length] = '\0';
    return true;
}

/* A script that exists but cannot start lacks the interpreter that its first line names. */
static bool missing_interpreter(const flame_command_options *options, char *line, int size, const char **name)
{
    if (!flame_script_line(options->directory, options->words[0], line, size)) return false;
    *name = line + strspn(line, " \t");
    line[(size_t)(*name - line) + strcspn(*name, " \t")] = '\0';
    return (*name)[0] != '\0';
}

static fs_status explain_start(const flame_command_options *options, const flame_run_message *failure,
                               fs_error *error)
{
    const char *program = options->words[0];
    const char *why = strerror(failure->number), *interpreter;
    char line[256];
    if (failure->step == FLAME_START_FORK) return fs_fail(error, FS_IO, "cannot start a process: %s", why);
    if (failure->step == FLAME_START_DIRECTORY)
        return fs_fail(error, FS_NOT_FOUND, "cannot start in the directory '%s': %s", options->directory,
                       why);
    if (failure->number == ENOENT && missing_interpreter(options, line, sizeof line, &interpreter))
        return fs_fail(error, FS_NOT_FOUND,
                       "'%s' is there, but the interpreter in its first line is not: '%s'", program,
                       interpreter);
    if (failure->number == ENOENT && strcmp(program, "python") == 0)
        return fs_fail(error, FS_NOT_FOUND, "there is no command 'python' here; is it 'python3'?");
    if (failure->number == ENOENT)
        return fs_fail(error, FS_NOT_FOUND, "there is no command '%s'%s", program,
                       strchr(program, '/') ? "" : " on the PATH; is it installed?");
    if (failure->number == EACCES)
        return fs_fail(error, FS_PERMISSION,
                       "'%s' may not be executed; chmod +x, or name its interpreter first", program);
    if (failure->number == ENOEXEC)
        return fs_fail(error, FS_FORMAT, "'%s' is neither a program nor a script with #! in its first line",
                       program);
    return fs_fail(error, FS_IO, "cannot start '%s': %s", program, why);
}

/* ---- watching ---- */

typedef struct watch {
    const flame_command_options *options;
    flame_command_result *result;
    int output, errors, channel;
    flame_run_message failure, end; /* .kind tells whether they have come */
    bool over;                      /* nothing more comes through the channel */
    double started;
    bool no_memory;
    char *piece; /* PIECE bytes */
} watch;

static void close_end(int *descriptor)
{
    if (*descriptor >= 0) close(*descriptor);
    *descriptor = -1;
}

/* Read what is there; closes at the end of the stream. */
static void drain(watch *w, int *descriptor, flame_capture *capture)
{
    ssize_t got = read(*descriptor, w->piece, PIECE);
    if (got > 0) {
        if (!capture_add(capture, w->piece, (size_t)got)) w->no_memory = true;
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        close_end(descriptor);
    }
}

/* No message means that the supervisor has ended, or is dead. */
static void read_message(watch *w)
{
    flame_run_message message;
    ssize_t got = read(w->channel, &message, sizeof message);
    if (got < 0 && errno == EINTR) return;
    w->over = got != (ssize_t)sizeof message || message.kind == FLAME_RUN_OVER;
    if (got != (ssize_t)sizeof message) return;
    if (message.kind == FLAME_RUN_BEGAN) w->started = message.at;
    if (message.kind == FLAME_RUN_NOT_STARTED) w->failure = message;
    if (message.kind == FLAME_RUN_OVER) w->end = message;
}

/* Wait for output, a message, or `seconds`. */
static void wait_once(watch *w, double seconds)
{
    struct pollfd set[3] = {{.fd = w->output, .events = POLLIN},
                            {.fd = w->errors, .events = POLLIN},
                            {.fd = w->over ? -1 : w->channel, .events = POLLIN}};
    if (poll(set, 3, (int)fmax(0, ceil(seconds * 1000))) <= 0) return;
    if (set[2].revents) read_message(w);
    if (set[0].revents) drain(w, &w->output, &w->result->output);
    if (set[1].revents) drain(w, &w->errors, &w->result->errors);
}

/* Until the command ends, or is to: then result->ending says why. */
static void watch_command(watch *w)
{
    const flame_command_options *options = w->options;
    double next_tick = w->started;
    while (!w->over && !w->no_memory) {
        double now = fs_clock_seconds();
        if (now >= next_tick) {
            next_tick = now + TICK_MILLISECONDS / 1000.0;
            if (options->tick && !options->tick(options->context, now - w->started))
                w->result->ending = FLAME_RUN_STOPPED;
        }
        double limit = options->time_limit > 0 ? w->started + options->time_limit : INFINITY;
        if (now >= limit) w->result->ending = FLAME_RUN_TIMED_OUT;
        if (w->result->ending != FLAME_RUN_ENDED) return;
        wait_once(w, fmin(next_tick, limit) - now);
    }
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

/* The command is over, or is to be: the supervisor ends it with all that it started, and what is still in the
 * pipes is read. */
static fs_status finish(watch *w, fs_error *error)
{
    flame_command_result *result = w->result;
    shutdown(w->channel, SHUT_WR);
    while (!w->over && !w->no_memory) wait_once(w, 1);
    /* Something that may not be killed can hold the pipes open: a moment is enough for what was written. */
    double until = fs_clock_seconds() + 0.2;
    while ((w->output >= 0 || w->errors >= 0) && !w->no_memory && fs_clock_seconds() < until)
        wait_once(w, 0.05);
    if (!capture_close(&result->output) || !capture_close(&result->errors) || w->no_memory)
        return fs_fail_memory(error, "keeping a command's output", 0);
    if (w->failure.kind == FLAME_RUN_NOT_STARTED) return explain_start(w->options, &w->failure, error);
    if (w->end.kind != FLAME_RUN_OVER)
        return fs_fail(error, FS_IO, "the process that watched '%s' was killed", w->options->words[0]);
    result->wall = w->end.at - w->started;
    result->user = seconds_of(w->end.usage.ru_utime);
    result->system = seconds_of(w->end.usage.ru_stime);
    result->peak_memory = (uint64_t)w->end.usage.ru_maxrss * 1024;
    if (result->ending != FLAME_RUN_ENDED) return FS_OK;
    result->exit_code = WIFEXITED(w->end.status) ? WEXITSTATUS(w->end.status) : 0;
    result->signal = WIFSIGNALED(w->end.status) ? WTERMSIG(w->end.status) : 0;
    if (result->signal) result->ending = FLAME_RUN_SIGNALLED;
    return FS_OK;
}

fs_status flame_command_run(const flame_command_options *options, flame_command_result *result,
                            fs_error *error)
{
    *result = (flame_command_result){0};
    fs_status status = FS_OK;
    int output[2] = {-1, -1}, errors[2] = {-1, -1}, channel[2] = {-1, -1};
    watch w = {.options = options, .result = result, .started = fs_clock_seconds()};
    pid_t supervisor = -1;
    w.piece = fs_alloc(PIECE, 1);
    if (!w.piece) return fs_fail_memory(error, "starting a command", PIECE);
    if (pipe2(output, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0)
        status = fs_fail(error, FS_IO, "cannot make a pipe: %s", strerror(errno));
    else if ((supervisor = fork()) < 0)
        status = fs_fail(error, FS_IO, "cannot start a process: %s", strerror(errno));
    if (supervisor == 0) {
        close(channel[0]);
        flame_supervise(options, output[1], errors[1], channel[1]);
    }
    close_end(&output[1]);
    close_end(&errors[1]);
    close_end(&channel[1]);
    w.output = output[0];
    w.errors = errors[0];
    w.channel = channel[0];
    if (status == FS_OK) {
        fcntl(w.output, F_SETFL, O_NONBLOCK);
        fcntl(w.errors, F_SETFL, O_NONBLOCK);
        watch_command(&w);
        status = finish(&w, error);
    }
    close_end(&w.output);
    close_end(&w.errors);
    close_end(&w.channel);
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

bool flame_command_succeeded(const flame_command_result *result, const flame_command_options *options,
                             const char *between, size_t bytes, fs_text *how)
{
    if (result->ending == FLAME_RUN_ENDED && result->exit_code == 0) return true;
    switch (result->ending) {
    case FLAME_RUN_ENDED:
        fs_text_format(how, "ended with status %d", result->exit_code);
        break;
    case FLAME_RUN_SIGNALLED:
        fs_text_format(how, "was killed by signal %d (%s)", result->signal, strsignal(result->signal));
        if (result->signal == SIGKILL) fs_text_add(how, "; was there too little memory?");
        break;
    case FLAME_RUN_TIMED_OUT:
        fs_text_format(how, "ran past its time limit of %g s and was stopped (\"time_limit\" sets it)",
                       options->time_limit);
        break;
    case FLAME_RUN_STOPPED:
        fs_text_add(how, "was stopped");
        break;
    }
    fs_text end;
    fs_text_init(&end);
    if (bytes > 0) flame_capture_end(&result->errors, bytes, &end);
    if (end.length) fs_text_format(how, "%s%s", between, fs_text_string(&end));
    fs_text_fini(&end);
    return false;
}
