#include "flame_signals.h"

#include "ending_signals.h"
#include "proc_files.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FROM_PROCESS = 1, FROM_KERNEL = 2, SIGNALS = _NSIG };

static volatile sig_atomic_t pending[SIGNALS];
static sigset_t original, waiting, ignored; /* ignored: by a background job, and ours nevertheless */
static bool ending, snapshots, snapshot;

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    pending[number] = info->si_code > 0 ? FROM_KERNEL : FROM_PROCESS;
}

/* Handled, but only while we wait. */
static void handle(const sigset_t *taken)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO;
    for (int number = 1; number < SIGNALS; number++) {
        if (sigismember(taken, number) != 1) continue;
        sigaction(number, &action, NULL);
        sigdelset(&waiting, number);
    }
}

void flame_signals_take(bool with_snapshots)
{
    struct sigaction before;
    sigset_t taken, blocked;
    snapshots = with_snapshots;
    ending_signals(&taken);
    sigaddset(&taken, SIGQUIT);
    sigemptyset(&ignored);
    blocked = taken;
    for (int number = 1; number < SIGNALS; number++) {
        if (sigismember(&taken, number) != 1 || sigaction(number, NULL, &before) != 0 ||
            before.sa_handler != SIG_IGN)
            continue;
        sigdelset(&taken, number);
        if (number == SIGINT || number == SIGQUIT)
            sigaddset(&ignored, number);
        else
            sigdelset(&blocked, number);
    }
    /* No handler, but blocked too: with --freeze a Ctrl-Z must not leave the program stopped. */
    sigaddset(&blocked, SIGTSTP);
    sigprocmask(SIG_BLOCK, &blocked, &original);
    waiting = original;
    handle(&taken);
}

void flame_signals_take_ignored(void)
{
    handle(&ignored);
}

const sigset_t *flame_signals_original(void)
{
    return &original;
}

const sigset_t *flame_signals_waiting(void)
{
    return &waiting;
}

/* Whether a process catches or ignores the signal (SigCgt and SigIgn of proc(5)). */
static bool survives(pid_t process, int number)
{
    char path[64], text[8192];
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    if (flame_proc_read(path, text, sizeof text, NULL, NULL) != FS_OK) return false;
    const char *ignores = strstr(text, "\nSigIgn:"), *catches = strstr(text, "\nSigCgt:");
    if (!ignores || !catches) return false;
    const uint64_t mask =
        strtoull(ignores + strlen("\nSigIgn:"), NULL, 16) | strtoull(catches + strlen("\nSigCgt:"), NULL, 16);
    return mask >> (number - 1) & 1;
}

bool flame_signals_attend(pid_t child)
{
    for (int number = 1; number < SIGNALS; number++) {
        if (!pending[number]) continue;
        bool from_kernel = pending[number] == FROM_KERNEL;
        pending[number] = 0;
        const bool asks = snapshots && number == SIGUSR1;
        if (asks) snapshot = true;
        if (child > 0 && !from_kernel && (!asks || survives(child, number))) kill(child, number);
        if (!asks && (child <= 0 || (number != SIGUSR1 && number != SIGUSR2))) ending = true;
    }
    return ending;
}

bool flame_signals_snapshot(void)
{
    const bool asked = snapshot;
    snapshot = false;
    return asked;
}
