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
static const double end_seconds = 2;

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

static bool report(int channel, const flame_run_message *message)
{
    return write(channel, message, sizeof *message) == (ssize_t)sizeof *message;
}

static _Noreturn void start_command(const flame_command_options *options, int output, int errors, int channel)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a measurement nobody waits for should not run on */
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0) dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    flame_run_message failure = {.kind = FLAME_RUN_NOT_STARTED, .step = FLAME_START_DIRECTORY};
    if (!options->directory || chdir(options->directory) == 0) {
        apply_environment(options->environment);
        failure.step = FLAME_START_EXEC;
        if (report(channel, &(flame_run_message){.kind = FLAME_RUN_BEGAN, .at = fs_clock_seconds()}))
            execvp(options->words[0], (char *const *)(uintptr_t)options->words);
    }
    failure.number = errno;
    _exit(report(channel, &failure) ? 127 : 126); /* child */
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

static void wait_for_end(pid_t command, int channel)
{
    sigset_t child;
    sigfillset(&child);
    sigdelset(&child, SIGCHLD);
    struct pollfd set = {.fd = channel, .events = POLLIN};
    while (!collect_others(command))
        if (ppoll(&set, 1, NULL, &child) > 0) return;
}

/* End the children until there are none: a dead child's children become ours. */
static void end_children(void)
{
    double until = fs_clock_seconds() + end_seconds;
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

_Noreturn void flame_supervise(const flame_command_options *options, int output, int errors, int channel)
{
    /* A group of its own and no signals: what the terminal sends is the ladder's to answer. */
    setpgid(0, 0);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child}, NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t command = fork();
    if (command == 0) start_command(options, output, errors, channel);
    if (command < 0) {
        flame_run_message failure = {
            .kind = FLAME_RUN_NOT_STARTED, .step = FLAME_START_FORK, .number = errno};
        _exit(report(channel, &failure) ? 127 : 126); /* child */
    }
    setpgid(command, command); /* on both sides, so that it holds whoever comes first */
    close(output);
    close(errors);
    wait_for_end(command, channel);
    flame_run_message end = {.kind = FLAME_RUN_OVER, .at = fs_clock_seconds()};
    kill(-command, SIGKILL);
    while (wait4(command, &end.status, 0, &end.usage) < 0 && errno == EINTR) continue;
    end_children();
    _exit(report(channel, &end) ? 0 : 1); /* child */
}
