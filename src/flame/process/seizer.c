#include "seizer.h"

#include "process_freeze.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ALARM_EVERY = 5000000 }; /* nanoseconds */

static _Thread_local const flame_seizer *volatile seizing; /* not NULL only during the call */

bool flame_reap_ended(pid_t tid)
{
    siginfo_t info = {0};
    waitid(P_PID, (id_t)tid, &info, WEXITED | WNOWAIT | WNOHANG | __WALL);
    return info.si_pid == tid && flame_wait_is_end(&info) &&
           waitid(P_PID, (id_t)tid, &info, WEXITED | WNOHANG | __WALL) == 0;
}

static void on_alarm(int number)
{
    (void)number;
    const int before = errno;
    const flame_seizer *seizer = seizing;
    if (seizer) seizer->reap(seizer->context);
    errno = before;
}

void flame_seizer_alarm(flame_seizer *seizer, bool on)
{
    if (!seizer->has_alarm && on) {
        const int number = SIGRTMAX - 2;
        struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
        struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = number};
        sigset_t one;
        sigemptyset(&one);
        sigaddset(&one, number);
        event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
        if (sigaction(number, &action, NULL) != 0 || pthread_sigmask(SIG_UNBLOCK, &one, NULL) != 0) return;
        seizer->has_alarm = timer_create(CLOCK_MONOTONIC, &event, &seizer->alarm) == 0;
    }
    if (!seizer->has_alarm) return;
    const struct timespec every = {.tv_nsec = on ? ALARM_EVERY : 0};
    const struct itimerspec when = {.it_value = every, .it_interval = every};
    timer_settime(seizer->alarm, 0, &when, NULL);
}

void flame_seizer_fini(flame_seizer *seizer)
{
    if (seizer->has_alarm) timer_delete(seizer->alarm);
    seizer->has_alarm = false;
}

int flame_seize(flame_seizer *seizer, pid_t tid)
{
    seizing = seizer;
    const int number = ptrace(PTRACE_SEIZE, tid, NULL, NULL) == 0 ? 0 : errno;
    seizing = NULL;
    return number;
}
