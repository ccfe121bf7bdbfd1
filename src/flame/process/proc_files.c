#include "proc_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#define PROC_MAGIC  0x9FA0 /* PROC_SUPER_MAGIC, linux/magic.h */
#define LIMIT_WORDS " (raise the limit on open files: ulimit -n)"

fs_status flame_proc_check(fs_error *error)
{
    char self[32];
    ssize_t length = readlink("/proc/self", self, sizeof self - 1);
    int reason = errno;
    struct statfs about;
    if (length > 0) {
        self[length] = '\0';
        if (strtol(self, NULL, 10) == getpid()) return FS_OK;
        return fs_fail(
            error, FS_UNSUPPORTED,
            "/proc shows another pid namespace: this is process %d, and there it is %s\n  mount /proc "
            "anew here (mount -t proc proc /proc; unshare has --mount-proc), or run flame where "
            "/proc belongs",
            (int)getpid(), self);
    }
    if (statfs("/proc", &about) == 0 && about.f_type == PROC_MAGIC)
        return fs_fail(
            error, FS_UNSUPPORTED,
            "/proc does not show this process (%s): it belongs to another pid namespace\n  mount /proc "
            "anew here: mount -t proc proc /proc",
            strerror(reason));
    return fs_fail(error, FS_UNSUPPORTED,
                   "/proc is not mounted here, and only through it can other processes be read\n  mount it: "
                   "mount -t proc proc /proc");
}

bool flame_no_descriptor(int reason)
{
    return reason == EMFILE || reason == ENFILE || reason == ENOMEM;
}

fs_status flame_proc_failed(const char *path, int reason, fs_error *error)
{
    fs_status code = reason == ENOENT || reason == ESRCH   ? FS_GONE
                     : reason == EACCES || reason == EPERM ? FS_PERMISSION
                     : reason == ENOMEM                    ? FS_MEMORY
                                                           : FS_IO;
    return fs_fail(error, code, "%s: %s%s", path, strerror(reason), reason == EMFILE ? LIMIT_WORDS : "");
}

fs_status flame_proc_read(const char *path, char *text, size_t room, size_t *length, fs_error *error)
{
    size_t used = 0;
    ssize_t got = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC), reason = errno;
    text[0] = '\0';
    if (length) *length = 0;
    if (file < 0) return flame_proc_failed(path, reason, error);
    while (used + 1 < room && (got = read(file, text + used, room - 1 - used)) > 0) used += (size_t)got;
    reason = errno;
    close(file);
    text[used] = '\0';
    if (length) *length = used;
    return got < 0 ? flame_proc_failed(path, reason, error) : FS_OK;
}

int flame_proc_thread_open(pid_t pid, pid_t tid, const char *name)
{
    char path[96];
    snprintf(path, sizeof path, "/proc/%d/task/%d/%s", (int)pid, (int)tid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

bool flame_proc_read_again(int file, char *text, size_t room)
{
    ssize_t got = pread(file, text, room - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    return got > 0;
}

int flame_pidfd_open(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

fs_status flame_pidfd_failed(pid_t pid, int reason, fs_error *error)
{
    if (reason == ESRCH) return fs_fail(error, FS_NOT_FOUND, "there is no process %d", (int)pid);
    if (flame_no_descriptor(reason))
        return fs_fail(error, FS_IO, "no descriptor can be had for process %d: %s%s", (int)pid,
                       strerror(reason), reason == EMFILE ? LIMIT_WORDS : "");
    return fs_fail(error, FS_UNSUPPORTED,
                   "this kernel or container does not allow pidfd_open (Linux 5.3 or later has it): %s",
                   strerror(reason));
}
