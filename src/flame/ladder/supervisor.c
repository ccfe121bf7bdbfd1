#include "supervisor.h"

#include "clock.h"
#include "memory.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long ending what a command left behind may take. Only what may not be killed takes longer. */
static const double patience = 2;

/* ---- the command ---- */

static void apply_environment(const flame_pairs_list *environment)
{
    for (size_t i = 0; environment && i < environment->count; i++) {
        if (environment->values[i])
            setenv(environment->names[i], environment->values[i], 1);
        else
            unsetenv(environment->names[i]);
    }
}

static _Noreturn void become(const flame_command_options *options, const flame_supervisor_ends *ends)
{
    flame_start_report report = {.step = FLAME_START_DIRECTORY};
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a measurement nobody waits for should not run on */
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0) dup2(null, STDIN_FILENO);
    dup2(ends->output, STDOUT_FILENO);
    dup2(ends->errors, STDERR_FILENO);
    for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (options->directory && chdir(options->directory) != 0) {
        report.number = errno;
    } else {
        apply_environment(options->environment);
        report.step = FLAME_START_EXEC;
        report.began = fs_clock_seconds();
        if (write(ends->started, &report, sizeof report) == (ssize_t)sizeof report)
            execvp(options->words[0], (char *const *)(uintptr_t)options->words);
        report.number = errno;
    }
    ssize_t told = write(ends->started, &report, sizeof report);
    _exit(told == (ssize_t)sizeof report ? 127 : 126); /* child */
}

/* ---- its end ---- */

static void on_child(int number)
{
    (void)number; /* it only ends the waiting */
}

/* Collect children that have ended. True once the command is among them; it stays to be collected, so that
 * its number is still its own. */
static bool collect_others(pid_t command)
{
    siginfo_t info = {0};
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
        if (info.si_pid == command) return true;
        waitpid(info.si_pid, NULL, 0);
        info.si_pid = 0;
    }
    return false;
}

static void wait_for_end(pid_t command, int control)
{
    sigset_t child;
    sigfillset(&child);
    sigdelset(&child, SIGCHLD);
    struct pollfd set = {.fd = control, .events = POLLIN};
    while (!collect_others(command))
        if (ppoll(&set, 1, NULL, &child) > 0) return;
}

/* End the children until there are none: a dead child's children become ours. */
static void end_children(void)
{
    double until = fs_clock_seconds() + patience;
    for (;;) {
        pid_t collected = waitpid(-1, NULL, WNOHANG);
        if (collected > 0) continue;
        if (collected < 0 || fs_clock_seconds() > until) return;
        pid_t *pids;
        size_t count;
        if (flame_process_children(getpid(), &pids, &count, NULL) != FS_OK) return;
        for (size_t i = 0; i < count; i++) kill(pids[i], SIGKILL);
        fs_free(pids);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

_Noreturn void flame_supervise(const flame_command_options *options, const flame_supervisor_ends *ends)
{
    /* A group of its own and no signals: what the terminal sends is the ladder's to answer. */
    setpgid(0, 0);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child}, NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t command = fork();
    if (command == 0) become(options, ends);
    if (command < 0) {
        flame_start_report report = {.number = errno, .step = FLAME_START_FORK};
        ssize_t told = write(ends->started, &report, sizeof report);
        _exit(told == (ssize_t)sizeof report ? 127 : 126); /* child */
    }
    setpgid(command, command); /* on both sides, so that it holds whoever comes first */
    close(ends->output);
    close(ends->errors);
    close(ends->started);
    wait_for_end(command, ends->control);
    flame_end_report report = {.at = fs_clock_seconds()};
    kill(-command, SIGKILL);
    while (wait4(command, &report.status, 0, &report.usage) < 0 && errno == EINTR) continue;
    end_children();
    ssize_t told = write(ends->ended, &report, sizeof report);
    _exit(told == (ssize_t)sizeof report ? 0 : 1); /* child */
}
