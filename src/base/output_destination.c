#include "output_destination.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/statfs.h>
#include <unistd.h>

/* ---- where a path leads ---- */

enum { LINKS_MOST = 40 }; /* as the kernel */

/* Open the directory part of `path`, which is relative to `*folder`, and put what is left into `name`. */
static int enter(int *folder, char *path, char name[NAME_MAX + 1])
{
    char *slash = strrchr(path, '/');
    const char *last = slash ? slash + 1 : path;
    if (strlen(last) > NAME_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(name, last[0] ? last : ".");
    if (slash) slash[slash == path] = '\0';
    int next = openat(*folder, slash ? path : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*folder >= 0) close(*folder);
    *folder = next;
    return next < 0 ? -1 : 0;
}

static bool on_proc(int folder)
{
    struct statfs system;
    return fstatfs(folder, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

/* The rule of the kernel's fs.protected_symlinks, which does not see links that are followed by hand: where
 * everybody may make entries and none may remove another's, a link counts only from oneself or the owner of
 * the folder. */
static bool foreign_link(int folder, const struct stat *link)
{
    struct stat holder;
    if (fstat(folder, &holder) != 0) return true;
    bool shared = (holder.st_mode & S_ISVTX) && (holder.st_mode & S_IWOTH);
    return shared && link->st_uid != geteuid() && link->st_uid != holder.st_uid;
}

fs_status fs_destination_find(const char *path, bool links, fs_destination *place, fs_error *error)
{
    char left[PATH_MAX];
    fs_status status = FS_OK;
    place->folder = AT_FDCWD;
    if (strlen(path) >= sizeof left) {
        place->folder = -1;
        return fs_fail_errno(error, "write", path, ENAMETOOLONG);
    }
    strcpy(left, path);
    for (int hops = 0;; hops++) {
        bool failed = enter(&place->folder, left, place->name) != 0;
        place->info.st_mode = 0;
        if (!failed && fstatat(place->folder, place->name, &place->info, AT_SYMLINK_NOFOLLOW) != 0)
            failed = errno != ENOENT;
        if (!failed && hops > LINKS_MOST) {
            errno = ELOOP;
            failed = true;
        }
        if (failed) {
            status = fs_fail_errno(error, "write", path, errno);
            break;
        }
        place->proc = on_proc(place->folder);
        if (!S_ISLNK(place->info.st_mode) || !links || place->proc) return FS_OK;
        if (foreign_link(place->folder, &place->info)) {
            status =
                fs_fail(error, FS_PERMISSION,
                        "cannot write %s: it is another user's link in a folder that everybody may write "
                        "to; name another file",
                        path);
            break;
        }
        ssize_t length = readlinkat(place->folder, place->name, left, sizeof left);
        if (length < 0 || (size_t)length >= sizeof left) {
            status = fs_fail_errno(error, "write", path, length < 0 ? errno : ENAMETOOLONG);
            break;
        }
        left[length] = '\0';
    }
    if (place->folder >= 0) close(place->folder);
    place->folder = -1;
    return status;
}

/* The number of our own descriptor that the entry stands for, or -1. */
static int own_descriptor(const fs_destination *place)
{
    struct stat own, here;
    char *end;
    if (stat("/proc/self/fd", &own) != 0 || fstat(place->folder, &here) != 0) return -1;
    if (own.st_dev != here.st_dev || own.st_ino != here.st_ino) return -1;
    long number = strtol(place->name, &end, 10);
    return *end || number < 0 || number > INT_MAX ? -1 : (int)number;
}

/* Our own is duplicated, which keeps its place in the file and that it appends; opening it again would begin
 * at the start. Another process's is opened to append. */
int fs_destination_open(const fs_destination *place)
{
    int number = place->proc ? own_descriptor(place) : -1;
    if (number < 0) {
        int append = place->proc ? O_APPEND : 0;
        return openat(place->folder, place->name, O_WRONLY | append | O_CLOEXEC | O_NOCTTY);
    }
    int flags = fcntl(number, F_GETFD), mode = fcntl(number, F_GETFL);
    /* What closes when a program is started was not given to us, but opened since. */
    if (flags < 0 || (flags & FD_CLOEXEC) || mode < 0 || (mode & O_ACCMODE) == O_RDONLY) {
        errno = EBADF;
        return -1;
    }
    return fcntl(number, F_DUPFD_CLOEXEC, 3);
}

/* ---- temporary names ---- */

#define PREFIX ".flamescale-"

enum { ATTEMPTS = 100, DIGITS = 16 };

bool fs_temporary_is_ours(const char *name, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(name, prefix, length) == 0 && strspn(name + length, "0123456789abcdef") == DIGITS &&
           name[length + DIGITS] == '\0';
}

static void make_name(char name[FS_TEMPORARY_SIZE])
{
    uint64_t number;
    if (getrandom(&number, sizeof number, 0) != sizeof number) number = (uint64_t)getpid();
    snprintf(name, FS_TEMPORARY_SIZE, PREFIX "%016" PRIx64, number);
}

/* Waits while somebody who cleans holds it. A file system without locks has nothing cleaned either. */
static void take_lock(int fd)
{
    while (flock(fd, LOCK_EX) != 0 && errno == EINTR) continue;
}

int fs_temporary_link(int folder, int fd, char name[FS_TEMPORARY_SIZE])
{
    char self[32];
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    take_lock(fd);
    for (int i = 0; i < ATTEMPTS; i++) {
        make_name(name);
        if (linkat(AT_FDCWD, self, folder, name, AT_SYMLINK_FOLLOW) == 0) return 0;
        if (errno != EEXIST) break;
    }
    name[0] = '\0';
    return -1;
}

int fs_temporary_create(int folder, char name[FS_TEMPORARY_SIZE])
{
    for (int i = 0; i < ATTEMPTS; i++) {
        struct stat info;
        make_name(name);
        int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd < 0) {
            if (errno == EEXIST) continue;
            break;
        }
        take_lock(fd); /* until then it looked like one that is left over */
        if (fstat(fd, &info) == 0 && info.st_nlink > 0) return fd;
        close(fd);
        errno = EEXIST;
    }
    name[0] = '\0';
    return -1;
}

static void remove_if_left(int folder, const char *name)
{
    struct stat info;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (!S_ISREG(info.st_mode) || info.st_uid != geteuid()) return;
    int fd =
        openat(folder, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC); /* NFS locks what is written */
    if (fd < 0) return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) unlinkat(folder, name, 0);
    close(fd);
}

void fs_temporary_clean(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    if (!entries) {
        if (fd >= 0) close(fd);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(entries));)
        if (fs_temporary_is_ours(entry->d_name, PREFIX)) remove_if_left(folder, entry->d_name);
    closedir(entries);
}
