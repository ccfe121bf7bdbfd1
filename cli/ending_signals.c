#include "ending_signals.h"

#include <stddef.h>
#include <string.h>

void ending_signals(sigset_t *set)
{
    static const int numbers[] = {
        SIGINT,    SIGTERM, SIGHUP, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGIO, SIGUSR1, SIGUSR2,
#ifdef SIGPWR
        SIGPWR,
#endif
#ifdef SIGSTKFLT
        SIGSTKFLT,
#endif
    };
    sigemptyset(set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaddset(set, numbers[i]);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++) sigaddset(set, number);
}

static void do_nothing(int number)
{
    (void)number;
}

/* A handler and not SIG_IGN, which started commands would inherit. */
void file_limit_catch(void)
{
    struct sigaction action, before;
    if (sigaction(SIGXFSZ, NULL, &before) != 0 || before.sa_handler == SIG_IGN) return;
    memset(&action, 0, sizeof action);
    action.sa_handler = do_nothing;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGXFSZ, &action, NULL);
}
