#include "progress.h"

#include "clock.h"
#include "ending_signals.h"
#include "file.h"
#include "text.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Whether a bar stands on the terminal's last line. */
static volatile sig_atomic_t bar_shown;

void progress_begin(progress *bar, const char *label, bool quiet)
{
    *bar = (progress){.label = label, .quiet = quiet, .terminal = isatty(STDERR_FILENO) != 0};
    bar->started = bar->last = fs_clock_seconds();
}

static void format_seconds(double seconds, char out[32])
{
    if (seconds < 90)
        snprintf(out, 32, "%.0f s", seconds);
    else if (seconds < 5400)
        snprintf(out, 32, "%.0f min", seconds / 60);
    else
        snprintf(out, 32, "%.1f h", seconds / 3600);
}

void progress_update(progress *bar, double fraction, const char *detail)
{
    if (bar->quiet) return;
    double now = fs_clock_seconds();
    if (now - bar->last < (bar->terminal ? 0.1 : 2.0)) return;
    bar->last = now;
    char left[48] = "";
    if (fraction > 0.01 && fraction <= 1) {
        char time[32];
        format_seconds((now - bar->started) * (1 - fraction) / fraction, time);
        snprintf(left, sizeof left, "  %s left", time);
    }
    fs_text line;
    fs_text_init(&line);
    fs_text_add_printable(&line, bar->label, strlen(bar->label), false); /* it may be a file's name */
    fs_text_add(&line, bar->terminal ? " " : "  ");
    if (fraction >= 0 && bar->terminal) {
        enum { CELLS = 24 };
        int full = (int)(fraction * CELLS + 0.5);
        fs_text_char(&line, '[');
        for (int i = 0; i < CELLS; i++) fs_text_char(&line, i < full ? '#' : '.');
        fs_text_char(&line, ']');
    }
    if (fraction >= 0) fs_text_format(&line, "%s%3.0f%%  ", bar->terminal ? " " : "", fraction * 100);
    fs_text_add_printable(&line, detail, strlen(detail), false);
    fs_text_add(&line, left);
    if (bar->terminal) {
        struct winsize size;
        int width = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
        size_t shown = line.length < (size_t)width ? line.length : (size_t)width - 1;
        shown = fs_utf8_clip(fs_text_string(&line), shown);
        fprintf(stderr, "\r%.*s\033[K", (int)shown, fs_text_string(&line));
        fflush(stderr);
        bar->drawn = true;
        bar_shown = 1;
    } else {
        fprintf(stderr, "%s\n", fs_text_string(&line));
    }
    fs_text_fini(&line);
}

void progress_end(progress *bar)
{
    if (bar->drawn) fprintf(stderr, "\r\033[K");
    bar->drawn = false;
    bar_shown = 0;
    fflush(stderr);
}

/* ---- interruption ---- */

static volatile sig_atomic_t interrupted; /* the number of the signal */
static char farewell[128];

static void end_by_signal(int number)
{
    fs_output_remove_temporaries();
    _exit(128 + number);
}

static void on_interrupt_end(int number)
{
    ssize_t ignored = bar_shown ? write(STDERR_FILENO, "\r\033[K", 4) : 0;
    (void)ignored;
    ignored = write(STDERR_FILENO, farewell, strlen(farewell));
    (void)ignored;
    end_by_signal(number);
}

static void on_interrupt(int number)
{
    if (interrupted && number == SIGINT) end_by_signal(number);
    interrupted = number;
}

/* System calls are not restarted: what waits is to notice. */
static void catch_signal(int number, void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void catch_interrupts(void (*handler)(int))
{
    sigset_t set;
    ending_signals(&set);
    for (int number = 1; number < _NSIG; number++) {
        struct sigaction before;
        if (sigismember(&set, number) != 1) continue;
        bool always = number == SIGINT || number == SIGTERM; /* a shell's background jobs ignore SIGINT */
        if (always || (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN))
            catch_signal(number, handler);
    }
}

void interrupt_end(const char *command)
{
    snprintf(farewell, sizeof farewell, "%s: interrupted; no file was written\n", command);
    catch_interrupts(on_interrupt_end);
}

void interrupt_catch(void)
{
    catch_interrupts(on_interrupt);
}

bool interrupt_seen(void)
{
    return interrupted != 0;
}

int interrupt_status(void)
{
    return 128 + (int)interrupted;
}

static volatile sig_atomic_t pipe_broken;

static void on_broken_pipe(int number)
{
    (void)number;
    pipe_broken = 1;
}

void broken_pipe_catch(void)
{
    catch_signal(SIGPIPE, on_broken_pipe);
}

bool broken_pipe_seen(void)
{
    return pipe_broken != 0;
}
