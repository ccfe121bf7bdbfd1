#include "flame_signals.h"

#include "ending_signals.h"

#include <string.h>

enum { FROM_PROCESS = 1, FROM_KERNEL = 2, SIGNALS = _NSIG };

static volatile sig_atomic_t pending[SIGNALS];
static sigset_t original, waiting;
static bool ending;

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    pending[number] = info->si_code > 0 ? FROM_KERNEL : FROM_PROCESS;
}

void flame_signals_take(bool launching)
{
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO;
    sigset_t taken;
    ending_signals(&taken);
    if (launching) sigaddset(&taken, SIGQUIT);
    for (int number = 1; number < SIGNALS; number++)
        if (sigismember(&taken, number) == 1 && sigaction(number, NULL, &before) == 0 &&
            before.sa_handler == SIG_IGN)
            sigdelset(&taken, number);
    /* No handler, but only while we wait: with --freeze a Ctrl-Z must not leave the program stopped too. */
    sigset_t blocked = taken;
    sigaddset(&blocked, SIGTSTP);
    sigprocmask(SIG_BLOCK, &blocked, &original);
    waiting = original;
    for (int number = 1; number < SIGNALS; number++) {
        if (sigismember(&taken, number) != 1) continue;
        sigaction(number, &action, NULL);
        sigdelset(&waiting, number);
    }
}

const sigset_t *flame_signals_original(void)
{
    return &original;
}

const sigset_t *flame_signals_waiting(void)
{
    return &waiting;
}

bool flame_signals_attend(pid_t child)
{
    for (int number = 1; number < SIGNALS; number++) {
        if (!pending[number]) continue;
        bool from_kernel = pending[number] == FROM_KERNEL;
        pending[number] = 0;
        if (child > 0 && !from_kernel) kill(child, number);
        if (child <= 0 || (number != SIGUSR1 && number != SIGUSR2)) ending = true;
    }
    return ending;
}
