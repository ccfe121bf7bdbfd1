#include "flame_signals.h"

#include <string.h>

enum { FROM_PROCESS = 1, FROM_TERMINAL = 2, SIGNAL_COUNT = 6 };

static const int numbers[SIGNAL_COUNT] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
static volatile sig_atomic_t pending[SIGNAL_COUNT];
static sigset_t original, waiting;
static bool ending;

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    for (int i = 0; i < SIGNAL_COUNT; i++)
        if (numbers[i] == number) pending[i] = info->si_code > 0 ? FROM_TERMINAL : FROM_PROCESS;
}

void flame_signals_take(bool launching)
{
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO;
    sigset_t taken;
    sigemptyset(&taken);
    for (int i = 0; i < (launching ? SIGNAL_COUNT : 3); i++) {
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_IGN) continue;
        sigaddset(&taken, numbers[i]);
    }
    /* No handler, but only while we wait: with --freeze a Ctrl-Z must not leave the program stopped too. */
    sigaddset(&taken, SIGTSTP);
    sigprocmask(SIG_BLOCK, &taken, &original);
    waiting = original;
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        if (!sigismember(&taken, numbers[i])) continue;
        sigaction(numbers[i], &action, NULL);
        sigdelset(&waiting, numbers[i]);
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
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        if (!pending[i]) continue;
        bool from_terminal = pending[i] == FROM_TERMINAL;
        pending[i] = 0;
        if (child > 0 && !from_terminal) kill(child, numbers[i]);
        if (numbers[i] != SIGUSR1 && numbers[i] != SIGUSR2) ending = true;
    }
    return ending;
}
