#include "stop_signal.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

void flame_stop_signal_open(flame_stop_signal *stops, const sigset_t *waiting)
{
    sigset_t one;
    *stops = (flame_stop_signal){.file = -1};
    sigemptyset(&one);
    sigaddset(&one, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &one, &stops->before);
    /* Where it is ignored, as the caller may have left it, ends of threads are not told. */
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &usual, &stops->action);
    stops->file = signalfd(-1, &one, SFD_NONBLOCK | SFD_CLOEXEC);
    stops->waiting = waiting ? *waiting : stops->before;
    sigaddset(&stops->waiting, SIGCHLD);
    stops->has_waiting = true;
}

void flame_stop_signal_close(flame_stop_signal *stops)
{
    if (stops->file >= 0) close(stops->file);
    if (stops->has_waiting) sigaction(SIGCHLD, &stops->action, NULL);
    if (stops->has_waiting) pthread_sigmask(SIG_SETMASK, &stops->before, NULL);
    *stops = (flame_stop_signal){.file = -1};
}

void flame_stop_signal_drain(const flame_stop_signal *stops)
{
    struct signalfd_siginfo info[4];
    while (stops->file >= 0 && read(stops->file, info, sizeof info) > 0) continue;
}
