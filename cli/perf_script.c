#include "perf_script.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

bool perf_recorded(const char *path)
{
    static const char begins[] = "PERFILE2";
    char magic[sizeof begins - 1];
    struct stat info;
    if (strcmp(path, "-") == 0 || stat(path, &info) != 0 || !S_ISREG(info.st_mode)) return false;
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    bool recorded =
        fread(magic, 1, sizeof magic, file) == sizeof magic && memcmp(magic, begins, sizeof magic) == 0;
    fclose(file);
    return recorded;
}

fs_status perf_script_start(perf_script *script, const char *path, bool processes, fs_error *error)
{
    /* After -i a path that begins with a dash is still a path. */
    char *words[] = {"perf", "script", "--header", "-i", (char *)path, processes ? "-F" : NULL, "+pid", NULL};
    int ends[2];
    posix_spawn_file_actions_t actions;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fs_fail(error, FS_IO, "cannot run 'perf script -i %s': %s", path, strerror(errno));
    int reason = posix_spawn_file_actions_init(&actions);
    if (!reason) {
        reason = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        if (!reason)
            reason = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        if (!reason) reason = posix_spawnp(&script->process, "perf", &actions, NULL, words, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    close(ends[1]);
    if (reason) {
        close(ends[0]);
        return fs_fail(error, reason == ENOENT ? FS_NOT_FOUND : FS_IO, "cannot run 'perf script -i %s': %s",
                       path, strerror(reason));
    }
    script->pipe = ends[0];
    snprintf(script->path, sizeof script->path, "/dev/fd/%d", ends[0]);
    return FS_OK;
}

bool perf_script_end(perf_script *script)
{
    int state = 0;
    pid_t ended;
    close(script->pipe); /* a perf that still writes ends by that */
    script->pipe = -1;
    do ended = waitpid(script->process, &state, 0);
    while (ended < 0 && errno == EINTR);
    return ended == script->process && WIFEXITED(state) && WEXITSTATUS(state) == 0;
}
