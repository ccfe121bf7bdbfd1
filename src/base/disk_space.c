#include "disk_space.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

fs_status fs_disk_check(const char *path, double needed, fs_error *error)
{
    char folder[4096];
    struct stat is;
    struct statvfs disk;
    const char *slash = strrchr(path, '/');
    if (stat(path, &is) == 0 && !S_ISREG(is.st_mode)) return FS_OK;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
    if (statvfs(folder, &disk) != 0 || disk.f_blocks == 0) return FS_OK;
    double left = (double)disk.f_bavail * (double)disk.f_frsize;
    if (needed <= left) return FS_OK;
    return fs_fail(error, FS_IO, "%s takes some %.3g MB, and its disk has %.3g MB free", path, needed * 1e-6,
                   left * 1e-6);
}
