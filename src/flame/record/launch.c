#include "launch.h"

#include "memory.h"
#include "proc_files.h"
#include "process.h"
#include "process_freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Why a path that exists could not be started: the interpreter named in its first line may be missing. */
static fs_status fail_no_interpreter(const char *path, fs_error *error)
{
    char line[256] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, line, sizeof line - 1) : 0;
    if (file >= 0) close(file);
    line[got > 0 ? got : 0] = '\0';
    if (strncmp(line, "#!", 2) != 0)
        return fs_fail(error, FS_PERMISSION, "cannot run '%s': the loader it asks for is missing", path);
    line[strcspn(line, "\n")] = '\0';
    return fs_fail(error, FS_PERMISSION,
                   "cannot run '%s': its first line asks for '%s', which does not exist", path, line + 2);
}

static fs_status fail_start(const char *name, int reason, fs_error *error)
{
    if (reason == ENOENT || reason == ENOTDIR) {
        if (strchr(name, '/') && access(name, F_OK) == 0) return fail_no_interpreter(name, error);
        return fs_fail(error, FS_NOT_FOUND, "command not found: '%s'%s", name,
                       strchr(name, '/') ? "" : " (looked along PATH)");
    }
    struct stat about;
    if (reason == EACCES && stat(name, &about) == 0 && S_ISDIR(about.st_mode))
        return fs_fail(error, FS_PERMISSION, "cannot run '%s': it is a folder", name);
    if (reason == EACCES)
        return fs_fail(error, FS_PERMISSION,
                       "cannot run '%s': it is not executable (chmod +x it, or name the "
                       "program that reads it: python %s)",
                       name, name);
    if (reason == ENOEXEC)
        return fs_fail(
            error, FS_PERMISSION,
            "cannot run '%s': it is neither a program for this machine nor a script whose first line "
            "begins with #!",
            name);
    return fs_fail(error, FS_PERMISSION, "cannot run '%s': %s", name, strerror(reason));
}

fs_status flame_launch(char *const *arguments, const flame_launch_options *options, flame_child *child,
                       fs_error *error)
{
    *child = (flame_child){.pid = -1, .pidfd = -1};
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    if (posix_spawnattr_init(&attributes) != 0) return fs_fail_memory(error, "starting the command", 0);
    if (posix_spawn_file_actions_init(&files) != 0) {
        posix_spawnattr_destroy(&attributes);
        return fs_fail_memory(error, "starting the command", 0);
    }
    fs_status status = FS_OK;
    int reason = 0, probe = -1;
    status = flame_proc_check(error);
    if (status) goto cleanup;
    probe = flame_pidfd_open(getpid());
    if (probe < 0) {
        status = flame_pidfd_failed(getpid(), errno, error);
        goto cleanup;
    }
    close(probe);
    signal(SIGCHLD, SIG_DFL); /* inherited as ignored it would keep the exit status from us */
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (options && options->mask) {
        reason = posix_spawnattr_setsigmask(&attributes, options->mask);
        if (!reason) reason = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    }
    if (!reason && options && options->input >= 0)
        reason = posix_spawn_file_actions_adddup2(&files, options->input, STDIN_FILENO);
    if (!reason && options && options->output >= 0) {
        reason = posix_spawn_file_actions_adddup2(&files, options->output, STDOUT_FILENO);
        if (!reason) reason = posix_spawn_file_actions_adddup2(&files, options->output, STDERR_FILENO);
    }
    if (!reason) reason = posix_spawnp(&child->pid, arguments[0], &files, &attributes, arguments, environ);
    if (reason) {
        child->pid = -1;
        status = fail_start(arguments[0], reason, error);
        goto cleanup;
    }
    child->pidfd = flame_pidfd_open(child->pid);
    if (child->pidfd < 0) status = flame_pidfd_failed(child->pid, errno, error);
cleanup:
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return status;
}

typedef enum child_end { CHILD_LIVES, CHILD_ENDED, CHILD_UNKNOWN } child_end;

/* Reaps what has ended. CHILD_UNKNOWN: somebody else has waited for it, nobody knows how it ended. */
static child_end reap(pid_t pid, siginfo_t *info)
{
    int got;
    do {
        info->si_pid = 0;
        got = waitid(P_PID, (id_t)pid, info, WEXITED | WNOHANG | WNOWAIT);
    } while (got != 0 && errno == EINTR);
    if (got != 0 && errno == ECHILD) return CHILD_UNKNOWN;
    if (got != 0 || info->si_pid != pid || !flame_wait_is_end(info)) return CHILD_LIVES;
    waitid(P_PID, (id_t)pid, info, WEXITED | WNOHANG);
    return CHILD_ENDED;
}

bool flame_child_ended(flame_child *child)
{
    siginfo_t info;
    if (child->pid <= 0 || child->reaped) return child->reaped;
    child_end end = reap(child->pid, &info);
    if (end == CHILD_LIVES) return false;
    child->status = end == CHILD_UNKNOWN         ? 0
                    : info.si_code == CLD_EXITED ? info.si_status
                                                 : 128 + info.si_status;
    child->reaped = true;
    return true;
}

fs_status flame_child_orphans(const flame_child *child, pid_t **pids, size_t *count, fs_error *error)
{
    enum { PASSES_MOST = 100 };
    siginfo_t info;
    for (int pass = 1;; pass++) {
        fs_status status = flame_process_children(getpid(), pids, count, error);
        if (status) return status;
        size_t kept = 0;
        bool reaped = false;
        for (size_t i = 0; i < *count; i++) {
            if ((*pids)[i] == child->pid) continue;
            const child_end end = reap((*pids)[i], &info);
            if (end == CHILD_LIVES) (*pids)[kept++] = (*pids)[i];
            reaped |= end == CHILD_ENDED;
        }
        *count = kept;
        if (!reaped || kept || pass == PASSES_MOST) return FS_OK;
        fs_free(*pids); /* one that ended a moment ago has left its children to this program just then */
    }
}

int flame_child_exit(const flame_child *child)
{
    return child->status;
}

void flame_child_fini(flame_child *child)
{
    if (child->pidfd >= 0) close(child->pidfd);
    child->pidfd = -1;
}
