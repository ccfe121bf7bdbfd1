#include "scratch.h"

#include "memory.h"
#include "output_destination.h"
#include "text.h"
#include "words.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX ".flame-ladder-"

enum { ATTEMPTS = 100 };

static const char *where_to(void)
{
    const char *where = getenv("TMPDIR");
    return where && where[0] ? where : "/tmp";
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    int ignored = remove(path);
    (void)ignored;
    return 0;
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static int open_directory(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void remove_if_left(const char *path)
{
    struct stat info;
    int fd = open_directory(path);
    if (fd < 0) return;
    if (fstat(fd, &info) == 0 && info.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0)
        remove_tree(path);
    close(fd);
}

static void remove_left_over(const char *where)
{
    DIR *entries = opendir(where);
    if (!entries) return;
    for (const struct dirent *entry; (entry = readdir(entries));) {
        if (!fs_temporary_is_ours(entry->d_name, PREFIX)) continue;
        fs_text path;
        fs_text_init(&path);
        fs_text_format(&path, "%s/%s", where, entry->d_name);
        if (!path.failed) remove_if_left(fs_text_string(&path));
        fs_text_fini(&path);
    }
    closedir(entries);
}

/* False: try again, for a ladder that cleans up took it for one that is left over. */
static bool locked(flame_scratch *scratch)
{
    struct stat info;
    scratch->lock = open_directory(scratch->path);
    if (scratch->lock < 0) return false;
    while (flock(scratch->lock, LOCK_EX) != 0 && errno == EINTR) continue; /* without locks nobody cleans */
    if (fstat(scratch->lock, &info) == 0 && info.st_nlink > 0) return true;
    close(scratch->lock);
    scratch->lock = -1;
    return false;
}

fs_status flame_scratch_make(flame_scratch *scratch, fs_arena *arena, fs_error *error)
{
    const char *where = where_to();
    *scratch = (flame_scratch){.lock = -1};
    remove_left_over(where);
    for (int i = 0; i < ATTEMPTS; i++) {
        uint64_t number;
        if (getrandom(&number, sizeof number, 0) != sizeof number) number = (uint64_t)getpid() + (uint64_t)i;
        scratch->path = flame_arena_format(arena, "%s/" PREFIX "%016" PRIx64, where, number);
        if (!scratch->path) return fs_fail_memory(error, "naming a directory", 0);
        bool made = mkdir(scratch->path, 0700) == 0;
        if (made && locked(scratch)) return FS_OK;
        scratch->path = NULL;
        if (!made && errno != EEXIST)
            return fs_fail(error, FS_IO, "cannot make a directory in '%s': %s", where, strerror(errno));
    }
    return fs_fail(error, FS_IO, "cannot keep a directory in '%s': it is removed at once", where);
}

void flame_scratch_remove(flame_scratch *scratch)
{
    if (scratch->path) remove_tree(scratch->path);
    if (scratch->lock >= 0) close(scratch->lock);
    *scratch = (flame_scratch){.lock = -1};
}
